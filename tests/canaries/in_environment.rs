//! Canaries in environment variables: those that konnect reads, those that its libraries read, and the token's own.

use serde_json::json;

use super::case::{CanaryCase, KUBECONFIG, flavour_of, kubeconfig};
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::secret::{Canary, KINDS};
use super::state::{ClusterState, script};
use testkit::Rng;

const VARIABLES: [(&str, &str, &str); 34] = [
    ("KUBECONFIG", "{}", "plan"),
    ("KUBECONFIG", "{}:{}", "plan --format json"),
    ("KUBECONFIG", "{}:input-gone.json", "apply --auto-approve"),
    ("HOME", "{}", "plan"),
    ("HOME", "/dev/null/{}", "plan --sandbox"),
    ("HOME", "/dev/null/{}", "sandbox serve"),
    ("XDG_STATE_HOME", "/dev/null/{}", "plan --sandbox --format json"),
    ("XDG_STATE_HOME", "/dev/null/{}", "apply --auto-approve --sandbox"),
    ("XDG_CONFIG_HOME", "{}", "plan"),
    ("HTTPS_PROXY", "{}", "plan --format json"),
    ("https_proxy", "http://u:{}@proxy.example:3128", "plan"),
    ("NO_PROXY", "{}", "plan"),
    ("ALL_PROXY", "{}", "plan"),
    ("PATH", "{}", "plan -vv"),
    ("TMPDIR", "{}", "plan --out out.plan"),
    ("TERM", "{}", "plan"),
    ("COLUMNS", "{}", "plan --help"),
    ("LANG", "{}", "plan"),
    ("CLICOLOR_FORCE", "{}", "plan"),
    ("RUST_LOG", "{}", "plan -vv"),
    ("RUST_LOG", "trace", "apply --auto-approve -vv"),
    ("RUST_BACKTRACE", "{}", "plan"),
    ("SSL_CERT_FILE", "{}", "plan"),
    ("KUBERNETES_SERVICE_HOST", "{}", "plan"),
    ("API_TOKEN", "{}", "plan"),
    ("API_TOKEN", "{}", "plan {}"),
    ("PAT", "{} {}", "plan"),
    ("PAT", "\"{}\"", "plan --format json"),
    ("PAT", "{}\u{1b}", "apply --auto-approve"),
    ("PAT", "<{}>", "plan --format markdown"),
    ("PAT", " {}", "plan --out out.plan"),
    ("PAT", "{}\n", "apply --auto-approve --format json"),
    ("PAT", "YOUR_{}", "plan"),
    ("PAT", "{}é", "validate"),
];

/// All of them.
pub fn all() -> Vec<CanaryCase> {
    let (mut cases, mut rng) = (Vec::new(), Rng::new(40));
    for (name, template, command) in VARIABLES {
        for n in 0..if long() { 12 * KINDS.len() } else { KINDS.len() } {
            let canary = KINDS[n % KINDS.len()];
            // What is in the token's own variable is a token as it is.
            let form = if matches!(name, "PAT" | "API_TOKEN") { Form::Whole } else { Form::any(&mut rng) };
            let text = form.write(canary.text(), &mut rng);
            let args: Vec<String> = command.split(' ').map(|word| word.replace("{}", &text)).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let script = script(ClusterState::Differs, flavour_of(canary));
            let mut case = CanaryCase::new(
                format!("{name}={template} konnect {command}").escape_debug().to_string(),
                &args,
                script,
                Planted { canary, form },
            );
            let credential = json!({"token": case.facts.credential.map(Canary::text)});
            let mut config = kubeconfig(&credential);
            config["current-context"] = json!("gone");
            case.inputs.insert("input-gone.json".to_owned(), config.to_string());
            if name.to_uppercase().ends_with("PROXY") {
                let mut config = kubeconfig(&credential);
                config["clusters"][0]["cluster"]["server"] = json!("https://kube.invalid:6443");
                case.inputs.insert(KUBECONFIG.to_owned(), config.to_string());
                case.env.push(("HTTPS_PROXY".to_owned(), "http://proxy.example:3128".to_owned()));
            }
            if matches!(name, "HOME" | "KUBECONFIG" | "PAT") {
                case.env.retain(|(known, _)| known != if name == "HOME" { "KUBECONFIG" } else { name });
            }
            case.env.retain(|(known, _)| known != name);
            case.env.push((name.to_owned(), template.replace("{}", &text)));
            if name == "PAT" {
                case.facts.wanted = Some(canary);
            }
            if command == "sandbox serve" {
                case.facts.wanted = None;
            }
            cases.push(case);
        }
    }
    cases
}
