//! Canaries in every string of a kubeconfig, with every kind of credential.

use serde_json::{Value, json};

use super::case::{CanaryCase, KUBECONFIG, SERVER, flavour_of};
use super::commands::COMMANDS;
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::positions::{self, planted};
use super::secret::{Canary, Flavour, KINDS, Whose};
use super::state::{ClusterState, script};
use testkit::Rng;

const BEARER: Canary = Canary { whose: Whose::Bearer, flavour: Flavour::Prefixed };
const PASSWORD: Canary = Canary { whose: Whose::Password, flavour: Flavour::Prefixed };

/// A kubeconfig with everything in it that is looked at or not.
fn full(user: &Value, cluster: &Value) -> Value {
    let extension = json!([{"name": "note", "extension": {"about": "nothing"}}]);
    let mut main = json!({"server": SERVER, "extensions": extension});
    main.as_object_mut().expect("an object").extend(cluster.as_object().expect("an object").clone());
    let other =
        json!({"server": "https://other.example:6443", "tls-server-name": "other.example", "certificate-authority": "other.pem"});
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {"colors": true}, "extensions": extension, "current-context": "main",
        "contexts": [
            {"name": "main", "context": {"cluster": "main", "user": "ci", "namespace": "default", "extensions": extension}},
            {"name": "other", "context": {"cluster": "other", "user": "other"}},
        ],
        "clusters": [{"name": "main", "cluster": main}, {"name": "other", "cluster": other}],
        "users": [{"name": "ci", "user": user}, {"name": "other", "user": {"token": "unrelated-0000"}}],
    })
}

/// Each kind of credential and of cluster, by name.
fn variants() -> Vec<(&'static str, Value, Value)> {
    let exec = |command: &str, args: Value| {
        json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": args, "interactiveMode": "Never",
            "env": [{"name": "PLUGIN_MODE", "value": "quiet"}], "installHint": "install the plugin", "provideClusterInfo": true,
        }})
    };
    let token = || json!({"token": BEARER.text()});
    let with = |more: Value| {
        let mut user = token();
        user.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        user
    };
    vec![
        ("token", token(), json!({})),
        ("password", json!({"username": "ci", "password": PASSWORD.text()}), json!({})),
        ("tokenFile", json!({"tokenFile": "input-token"}), json!({})),
        ("exec", exec("cat", json!(["input-credential.json"])), json!({})),
        ("exec that fails", exec("sh", json!(["-c", "exit 3"])), json!({})),
        ("exec that is missing", exec("no-such-plugin", json!(["login"])), json!({})),
        (
            "as somebody else",
            with(json!({"as": "deployer", "as-uid": "u-1", "as-groups": ["gateway"], "as-user-extra": {"scope": ["all"]}})),
            json!({}),
        ),
        (
            "auth-provider",
            with(
                json!({"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://idp.example", "refresh-token": "r"}}}),
            ),
            json!({}),
        ),
        (
            "auth-provider alone",
            json!({"auth-provider": {"name": "gcp", "config": {"cmd-path": "gcloud", "expiry-key": "{.e}"}}}),
            json!({}),
        ),
        ("certificate files", with(json!({"client-certificate": "client.pem", "client-key": "client.key"})), json!({})),
        ("certificate data", with(json!({"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="})), json!({})),
        ("authority file", token(), json!({"certificate-authority": "ca.pem", "tls-server-name": "kube.example"})),
        ("authority data", token(), json!({"certificate-authority-data": "bm9uZQ==", "server": "https://127.0.0.1:1"})),
        ("server name", token(), json!({"tls-server-name": "not a name", "server": "https://127.0.0.1:1"})),
        ("proxy", token(), json!({"proxy-url": "http://proxy.example:3128"})),
        ("not checked", token(), json!({"insecure-skip-tls-verify": true, "server": "https://127.0.0.1:1"})),
    ]
}

/// Every position of the first, and of the others where they differ from it.
pub fn positions() -> Vec<CanaryCase> {
    let (mut cases, mut rng, mut turn) = (Vec::new(), Rng::new(50), 0);
    for (n, (name, user, cluster)) in variants().into_iter().enumerate() {
        let tree = full(&user, &cluster);
        let differs = |path: &[String]| match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["users", "0", "user", ..] => true,
            ["clusters", "0", "cluster", key, ..] => key != "extensions",
            _ => false,
        };
        for position in positions::all(&tree).into_iter().filter(|one| n == 0 || differs(&one.path)) {
            for k in 0..if long() { COMMANDS.len() * KINDS.len() } else { KINDS.len() } {
                let canary = KINDS[k % KINDS.len()];
                // A key that no other variant has is shown by none: every second kind is enough there.
                if n > 0 && position.is_key && k % 2 == n % 2 && !long() {
                    continue;
                }
                let credential = if name == "password" { PASSWORD } else { BEARER };
                if matches!(canary.whose, Whose::Bearer | Whose::Password) && canary != credential {
                    continue;
                }
                let form = Form::any(&mut rng);
                let text = form.write(canary.text(), &mut rng);
                let config = planted(&tree, &position, &text, rng.one_in(4));
                let place = format!("kubeconfig ({name}) {}", position.name());
                let mut case = case(place, COMMANDS[turn % COMMANDS.len()], &config, Planted { canary, form });
                case.facts.credential = Some(credential);
                case.facts.kubeconfig_is_read = holds(&config, credential);
                // Where nobody answers it is tried again until the time is out.
                if n > 3 || config.pointer("/clusters/0/cluster/server") != Some(&json!(SERVER)) {
                    case.args.extend(["--timeout".to_owned(), "300ms".to_owned()]);
                }
                cases.push(case);
                turn += 1;
            }
            turn += 1;
        }
    }
    cases
}

fn case(place: String, command: &[&str], config: &Value, planted: Planted) -> CanaryCase {
    let mut case = CanaryCase::new(place, command, script(ClusterState::Differs, flavour_of(planted.canary)), planted);
    let credential =
        json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": BEARER.text()}});
    case.inputs.insert("input-credential.json".to_owned(), credential.to_string());
    case.inputs.insert("input-token".to_owned(), format!("{}\n", BEARER.text()));
    case.inputs.insert(KUBECONFIG.to_owned(), config.to_string());
    case
}

/// Whether the file has this credential where credentials stand; one that a file or a plugin gives is met when it was used.
fn holds(config: &Value, credential: Canary) -> bool {
    let users = config.get("users").and_then(Value::as_array);
    let is = |value: Option<&Value>| value == Some(&json!(credential.text()));
    users.into_iter().flatten().any(|user| is(user.pointer("/user/token")) || is(user.pointer("/user/password")))
}

/// A password in the server's own address, and what a plugin says while it works.
pub fn addresses_and_plugins() -> Vec<CanaryCase> {
    let addresses = [
        "http://ci:{}@127.0.0.1:1",
        "https://ci:{}@kube.example:6443",
        "https://{}@127.0.0.1:1",
        "https://{}:x@127.0.0.1:1/path",
        "ci:{}@127.0.0.1:1",
        "https://ci:{}@kube example",
    ];
    let (mut cases, mut rng) = (Vec::new(), Rng::new(51));
    for address in addresses {
        for (n, canary) in KINDS.into_iter().enumerate() {
            let form = [Form::Whole, Form::Percent, Form::PercentAll][n % 3];
            let server = address.replace("{}", &form.write(canary.text(), &mut rng));
            let config = full(&json!({"token": BEARER.text()}), &json!({"server": server}));
            let place = format!("kubeconfig server: {address}");
            for command in [COMMANDS[n % 4], COMMANDS[4]] {
                let mut case = case(place.clone(), command, &config, Planted { canary, form });
                // User information is a secret, whoever's it is.
                case.facts.exposed = Some(canary);
                case.must_refuse = true;
                case.args.extend(["--timeout".to_owned(), "300ms".to_owned()]);
                cases.push(case);
            }
        }
    }
    let said = "cat input-words >&2; cat input-credential.json";
    let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", said], "interactiveMode": "Never"}});
    for (n, canary) in KINDS.into_iter().enumerate().filter(|(_, canary)| canary.whose == Whose::New) {
        for k in 0..COMMANDS.len() {
            let form = Form::any(&mut rng);
            let planted = Planted { canary, form };
            let mut case =
                case("what a plugin says".to_owned(), COMMANDS[(n + k) % COMMANDS.len()], &full(&user, &json!({})), planted);
            case.inputs.insert("input-words".to_owned(), format!("open {} now\n", form.write(canary.text(), &mut rng)));
            cases.push(case);
        }
    }
    cases
}
