//! `examples/fleet-job/`: the command of its container is taken from the YAML and run as the pods of the Job would run it, all at once, on a
//! ConfigMap's volume: each spec is applied by exactly one of them. The real server takes the manifests, and the rights that the README has
//! `konnect rbac` print suffice for the Job's ServiceAccount.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "fleet_job/job.rs"]
mod job;

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use job::{Job, Pods, text};
use konnect::outcome::Outcome;
use serde_json::Value;
use testkit::relay::{Relay, RelayFault};
use testkit::{Konnect, Served, Server, konnect};

const TOKEN: &str = "kpat_fleetJobAAAABBBBCCCC1111";
const SPECS: usize = 12;

/// A base that is never planned, and what extends it; the names are no other test's.
fn specs() -> Vec<(String, String)> {
    let base = "template = true\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
    let spec = |i: usize| (format!("env-{i:02}.toml"), format!("extends = \"base.toml\"\nnamespace = \"fleet-job-{i:02}\"\n"));
    std::iter::once(("base.toml".to_owned(), base.to_owned())).chain((0..SPECS).map(spec)).collect()
}

/// A root folder as the container has it.
fn container(job: &Job, specs: &[(String, String)], kubeconfig: &str) -> Konnect {
    let konnect = konnect!();
    job.mount(konnect.folder(), "specs", specs);
    job.mount(konnect.folder(), "kubeconfig", &[("config".to_owned(), kubeconfig.to_owned())]);
    konnect
}

fn run(job: &Job, root: &Path) -> Pods {
    job.run(root, Path::new(env!("CARGO_BIN_EXE_konnect")), TOKEN)
}

/// Which specs each pod applied, and that all of them together are all.
fn each_once(pods: &Pods, objects: usize) {
    pods.assert_code(0);
    let mut written: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut applied: Vec<String> = Vec::new();
    let mut busy = 0;
    for pod in 0..pods.count() {
        let events = pods.events(pod);
        for event in events.iter().filter(|event| event["type"] == "apply_complete") {
            *written.entry((text(&event["spec"]), event["object"].to_string())).or_default() += 1;
        }
        let own: Vec<String> =
            pods.results(pod).into_iter().filter(|(_, result)| result == "applied").map(|(spec, _)| spec).collect();
        busy += usize::from(!own.is_empty());
        applied.extend(own);
    }
    applied.sort();
    assert_eq!(applied, (0..SPECS).map(|i| format!("specs/env-{i:02}.toml")).collect::<Vec<_>>());
    assert!(busy > 1, "one pod did all of it");
    assert_eq!(written.len(), objects, "{written:#?}");
    assert!(written.values().all(|times| *times == 1), "{written:#?}");
}

#[test]
fn each_spec_is_applied_by_one_pod() {
    let job = Job::read();
    let served = Served::start(konnect!());
    let folder = konnect!();
    let relay = Relay::start(&served.kubeconfig(), folder.folder(), |_| RelayFault::None);
    let kubeconfig = std::fs::read_to_string(&relay.kubeconfig).expect("a kubeconfig");
    let konnect = container(&job, &specs(), &kubeconfig);
    each_once(&run(&job, konnect.folder()), SPECS * 3);
    let writes = |relay: &Relay| {
        let dry = |what: &str| what.ends_with(" dry");
        relay
            .calls()
            .into_iter()
            .map(|call| call.what)
            .filter(|what| what.starts_with("PATCH ") && !dry(what))
            .collect::<Vec<_>>()
    };
    for resource in ["namespaces", "serviceaccounts", "secrets"] {
        let of_resource = writes(&relay).iter().filter(|what| **what == format!("PATCH {resource}")).count();
        assert_eq!(of_resource, SPECS, "{resource}");
    }

    // As a pod that is begun anew finds it.
    let again = run(&job, konnect.folder());
    again.assert_code(0);
    assert_eq!(writes(&relay).len(), SPECS * 3, "nothing is written twice");
    let results: Vec<String> = (0..again.count()).flat_map(|pod| again.results(pod)).map(|(_, result)| result).collect();
    assert_eq!(results, vec!["no_changes"; SPECS]);
}

/// Every pod checks all of the folder: one mistake, and none of them writes.
#[test]
fn one_broken_spec_stops_every_pod() {
    let job = Job::read();
    let served = Served::start(konnect!());
    let kubeconfig = std::fs::read_to_string(served.kubeconfig()).expect("a kubeconfig");
    let mut specs = specs();
    specs[SPECS].1.push_str("secrt = \"x\"\n");
    let pods = run(&job, container(&job, &specs, &kubeconfig).folder());
    pods.assert_code(1);
    for pod in 0..pods.count() {
        assert!(!pods.results(pod).iter().any(|(_, result)| result == "applied"), "pod {pod}");
        assert!(pods.events(pod).iter().any(|event| event.to_string().contains("unknown key `secrt`")), "pod {pod}");
    }
}

/// There may be more pods than specs.
#[test]
fn a_pod_without_specs_has_nothing_to_do() {
    let job = Job::read().with_shards(9);
    let served = Served::start(konnect!());
    let kubeconfig = std::fs::read_to_string(served.kubeconfig()).expect("a kubeconfig");
    let pods = run(&job, container(&job, &specs()[..4], &kubeconfig).folder());
    pods.assert_code(0);
    let results: Vec<(String, String)> = (0..pods.count()).flat_map(|pod| pods.results(pod)).collect();
    assert_eq!((results.len(), pods.count()), (3, 9), "{results:?}");
}

/// Parts count from 1, and the requests of a cluster are divided among the pods: at least one each.
#[test]
fn what_each_pod_is_told() {
    for (shards, requests) in [(1, 16), (3, 6), (4, 4), (16, 1), (40, 1)] {
        let job = Job::read().with_shards(shards);
        let konnect = konnect!().file("bin/konnect", "#!/bin/sh\necho \"$*\"\n");
        let program = konnect.folder().join("bin/konnect");
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("executable");
        let pods = job.run(konnect.folder(), &program, TOKEN);
        pods.assert_code(0);
        for pod in 0..pods.count() {
            let part = format!("--partition hash:{}/{shards} --parallelism {requests}\n", pod + 1);
            assert_eq!(pods.said(pod), format!("apply -f specs --auto-approve --format json {part}"));
        }
    }
}

/// The numbers of the Job agree with each other, and its codes with ours.
#[test]
fn the_manifest_agrees_with_itself() {
    let job = Job::read();
    let spec = &job.manifest()["spec"];
    let shards = job.env()["SHARDS"].as_str().expect("a number").parse::<u64>().expect("a number");
    assert_eq!((&spec["completions"], &spec["parallelism"]), (&shards.into(), &shards.into()));
    assert_eq!((&spec["completionMode"], &spec["backoffLimitPerIndex"]), (&"Indexed".into(), &2.into()));
    assert_eq!(spec["template"]["spec"]["restartPolicy"], "Never");
    let rule = &spec["podFailurePolicy"]["rules"][0];
    assert_eq!((&rule["action"], &rule["onExitCodes"]["containerName"]), (&"FailIndex".into(), &job.container()["name"]));
    let codes = [Outcome::Refused, Outcome::Stale, Outcome::Usage].map(|outcome| Value::from(outcome.code()));
    assert_eq!(rule["onExitCodes"]["values"], Value::from(codes.to_vec()));
}

#[test]
fn on_the_real_server_with_the_rights_of_its_own_service_account() {
    let Some(server) = testkit::server() else { return };
    let job = Job::read();
    server.kubectl_ok(&["create", "-f", "-"], Some(&job::file("setup.yaml")));
    server.kubectl_ok(&["create", "-f", "-"], Some(&job::file("job.yaml")));
    // Nobody makes pods of it here; the namespace lets one in.
    server.kubectl_ok(&["create", "--dry-run=server", "-f", "-"], Some(&job.pod().to_string()));

    let konnect = container(&job, &specs(), &kubeconfig_of_the_pod(server)).env("PAT", TOKEN);
    let rbac = konnect.run_with(&["rbac", "-f", "specs", "--subject", "ServiceAccount:konnect-fleet/konnect-fleet"]);
    rbac.assert_code(0);
    server.rbac(&rbac.stdout);
    until_granted(&konnect);

    // `konnect rbac` prints the namespaces, since a Role needs one.
    each_once(&run(&job, konnect.folder()), SPECS * 2);
    // A bare ServiceAccount has no managers.
    for i in 0..SPECS {
        let args = ["get", "secret", "konnect-pat", "-n", &format!("fleet-job-{i:02}"), "-o", "json", "--show-managed-fields"];
        let found: Value = server.kubectl_ok(&args, None).parse().expect("JSON");
        let managers = found["metadata"]["managedFields"].as_array().expect("managedFields");
        let managers: Vec<(&Value, &Value)> = managers.iter().map(|of| (&of["manager"], &of["operation"])).collect();
        assert_eq!(managers, [(&"konnect".into(), &"Apply".into())], "{args:?}");
    }
    let again = run(&job, konnect.folder());
    again.assert_code(0);
    assert!((0..again.count()).flat_map(|pod| again.results(pod)).all(|(_, result)| result == "no_changes"));
}

/// The kubeconfig of `setup.yaml`, with what a kubelet would put into the pod.
fn kubeconfig_of_the_pod(server: &Server) -> String {
    let token = server.kubectl_ok(&["create", "token", "konnect-fleet", "-n", "konnect-fleet"], None);
    let put = |name: &str, text: &str| -> PathBuf {
        let path = server.folder().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let (token, authority) = (put("pod-token", token.trim()), put("pod-ca.crt", server.ca_pem()));
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    let config = job::documents("setup.yaml").into_iter().find(|of| of["kind"] == "ConfigMap").expect("a ConfigMap");
    text(&config["data"]["config"])
        .replace("https://kubernetes.default.svc", server.url())
        .replace(&format!("{account}/ca.crt"), &authority.display().to_string())
        .replace(&format!("{account}/token"), &token.display().to_string())
}

/// The authorizer reads Roles from a cache that follows the store.
fn until_granted(konnect: &Konnect) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let args = ["plan", "-f", "specs", "--kubeconfig", "kubeconfig/config", "--detailed-exitcode"];
        let (code, said) = konnect.command_with(&args);
        if code == 2 && !said.contains("not verified") {
            return;
        }
        assert!(Instant::now() < deadline, "{code}\n{said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
