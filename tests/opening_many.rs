//! The clusters of many choices are opened once each: what is read and run for that, and what fails alone.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use konnect::cluster::{ClusterSelector, OpenedClusters, PluginLimits, connect_all};
use konnect::outcome::FailureCode;
use konnect::view::Door;
use serde_json::{Value, json};

/// Prints a token, and writes down that it ran, with what.
const PLUGIN: &str = r#"#!/bin/sh
echo "$1 $WHO" >> "$(dirname "$0")/runs"
[ "$1" = fail ] && exit 3
[ "$1" = hang ] && exec sleep 600
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"of-%s"}}' "$1"
"#;

struct World(tempfile::TempDir);

impl World {
    /// A kubeconfig whose contexts each have a cluster and a user of their own, by what the user's plugin is told.
    fn new(contexts: &[(&str, &str, &str)]) -> Self {
        let world = Self(tempfile::tempdir().expect("a folder"));
        let plugin = world.path("plugin");
        std::fs::write(&plugin, PLUGIN).expect("written");
        std::fs::set_permissions(&plugin, PermissionsExt::from_mode(0o755)).expect("executable");
        let entry = |name: &str, kind: &str, value: Value| json!({"name": name, kind: value});
        let user = |argument: &str, who: &str| {
            json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "args": [argument],
                "env": [{"name": "WHO", "value": who}], "interactiveMode": "Never"}})
        };
        let names = || contexts.iter().map(|(name, ..)| *name);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": contexts[0].0,
            "contexts": names().map(|name| entry(name, "context", json!({"cluster": name, "user": name}))).collect::<Vec<_>>(),
            "clusters": names().map(|name| entry(name, "cluster", json!({"server": format!("https://{name}.example")}))).collect::<Vec<_>>(),
            "users": contexts.iter().map(|(name, argument, who)| entry(name, "user", user(argument, who))).collect::<Vec<_>>(),
        });
        std::fs::write(world.path("config"), config.to_string()).expect("written");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The plugin's runs, sorted.
    fn runs(&self) -> Vec<String> {
        let mut runs: Vec<String> =
            std::fs::read_to_string(self.path("runs")).unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect();
        runs.sort();
        runs
    }
}

fn choice(kubeconfig: &Path, context: Option<&str>) -> ClusterSelector {
    ClusterSelector {
        kubeconfig_spec: Some(("as the spec spells it".into(), kubeconfig.to_owned())),
        context: context.map(Into::into),
        ..ClusterSelector::default()
    }
}

fn open(choices: &[ClusterSelector], timeout: Duration) -> OpenedClusters {
    let withheld = |_: &OsStr, _: &OsStr| false;
    let plugin = PluginLimits { withheld: &withheld, may_ask: false };
    let notices: konnect::cluster::Notices = Arc::new(|_| {});
    let door = Door::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let opened = runtime.block_on(connect_all(choices, timeout, &notices, door.secrets(), plugin));
    assert_eq!(opened.of.len(), choices.len());
    // A plugin that hangs in a thread of its own must not hold the test.
    runtime.shutdown_background();
    opened
}

/// Which cluster each choice has, by its context, or why not.
fn contexts(opened: &OpenedClusters) -> Vec<Result<&str, FailureCode>> {
    let context = |of: &Result<usize, konnect::outcome::Failure>| match of {
        Ok(place) => Ok(opened.clusters[*place].context.expose()),
        Err(failure) => Err(failure.code),
    };
    opened.of.iter().map(context).collect()
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn however_it_is_spelled_a_context_is_one_cluster() {
    let world = World::new(&[("a", "one", "x"), ("b", "one", "x"), ("c", "one", "y")]);
    let config = world.path("config");
    std::fs::create_dir_all(world.path("envs/deep")).expect("made");
    let by_another_way = world.path("envs/deep/../../config");
    std::os::unix::fs::symlink(world.0.path(), world.path("envs/link")).expect("a link");
    let through_a_link = world.path("envs/link/config");
    let choices = [
        choice(&config, Some("b")),
        choice(&config, None),
        choice(&by_another_way, Some("a")),
        choice(&config, Some("c")),
        choice(&through_a_link, Some("b")),
        choice(&config, None),
    ];
    let opened = open(&choices, LONG);
    assert_eq!(contexts(&opened), [Ok("b"), Ok("a"), Ok("a"), Ok("c"), Ok("b"), Ok("a")]);
    let order: Vec<&str> = opened.clusters.iter().map(|cluster| cluster.context.expose()).collect();
    assert_eq!(order, ["b", "a", "c"], "each once, as they are first chosen");
    // The same command with the same arguments and environment serves both contexts; another environment is another run.
    assert_eq!(world.runs(), ["one x", "one y"]);
}

#[test]
fn a_link_at_the_end_of_a_path_is_another_kubeconfig() {
    // Its paths are relative to where it was found: here there is no plugin.
    let world = World::new(&[("a", "one", "x")]);
    std::fs::create_dir(world.path("elsewhere")).expect("made");
    let link = world.path("elsewhere/config");
    std::os::unix::fs::symlink(world.path("config"), &link).expect("a link");
    let opened = open(&[choice(&world.path("config"), None), choice(&link, None)], LONG);
    assert_eq!(contexts(&opened), [Ok("a"), Err(FailureCode::ExecPlugin)]);
}

#[test]
fn what_is_wrong_with_one_is_no_other_s_failure() {
    let world = World::new(&[("good", "one", ""), ("failing", "fail", ""), ("also-failing", "fail", ""), ("better", "two", "")]);
    let (config, broken) = (world.path("config"), world.path("broken"));
    std::fs::write(&broken, "{\"apiVersion\": ").expect("written");
    let choices = [
        choice(&config, Some("failing")),
        choice(&config, Some("good")),
        choice(&config, Some("no-such")),
        choice(&broken, Some("good")),
        choice(&world.path("not-there"), None),
        choice(&config, Some("also-failing")),
        choice(&config, Some("better")),
    ];
    let opened = open(&choices, LONG);
    let plugin = Err(FailureCode::ExecPlugin);
    let kubeconfig = Err(FailureCode::Kubeconfig);
    assert_eq!(contexts(&opened), [plugin, Ok("good"), Err(FailureCode::Context), kubeconfig, kubeconfig, plugin, Ok("better")]);
    assert_eq!(world.runs(), ["fail", "one", "two"], "a failing plugin is not asked twice either");
}

#[test]
fn a_plugin_that_hangs_takes_its_own_time_alone() {
    let world = World::new(&[("hanging", "hang", ""), ("good", "one", "")]);
    let config = world.path("config");
    // A pipe that nobody writes to.
    let pipe = world.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let choices = [choice(&config, Some("hanging")), choice(&config, Some("good")), choice(&pipe, None)];
    let opened = open(&choices, Duration::from_secs(2));
    assert_eq!(contexts(&opened), [Err(FailureCode::ExecPlugin), Ok("good"), Err(FailureCode::Timeout)]);
}

#[test]
fn a_sandbox_is_one_cluster_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sandbox.json").display().to_string();
    let choice = |context: Option<&str>| ClusterSelector {
        sandbox: Some(file.clone().into()),
        context: context.map(Into::into),
        ..ClusterSelector::default()
    };
    let opened = open(&[choice(None), choice(Some("x")), choice(None)], LONG);
    assert_eq!((opened.clusters.len(), contexts(&opened)), (1, vec![Ok("sandbox"); 3]));
}

#[test]
fn nothing_chosen_opens_nothing() {
    assert!(open(&[], LONG).clusters.is_empty());
}
