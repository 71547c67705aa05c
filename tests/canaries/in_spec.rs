//! Canaries in the spec: every value and key of it, comments, and lines that are no TOML.

use serde_json::{Value, json};

use super::case::{CanaryCase, KUBECONFIG, flavour_of, is_the_wanted_token, kubeconfig};
use super::commands::{COMMANDS, WITHOUT_A_CLUSTER};
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::positions::{self, planted};
use super::secret::{Canary, KINDS};
use super::state::{ClusterState, SPEC, UID, script};
use testkit::Rng;

fn spec() -> Value {
    let table: toml::Table = SPEC.parse().expect("the spec is TOML");
    let mut spec = serde_json::to_value(table).expect("and so JSON");
    spec["cluster"] = json!({"context": "main", "kubeconfig": KUBECONFIG, "uid": UID});
    spec["unknown"] = json!({"key": "value"});
    spec
}

/// Every position, by every command that reads a spec; with `pat_env` and with `pat_file`.
pub fn positions() -> Vec<CanaryCase> {
    let commands = [&COMMANDS[..], &WITHOUT_A_CLUSTER].concat();
    let (mut cases, mut rng) = (Vec::new(), Rng::new(20));
    for source in ["pat_env", "pat_file"] {
        let mut tree = spec();
        // An unknown key would hide what a valid spec leads to: it has a place of its own.
        let unknown = tree.as_object_mut().expect("a table").remove("unknown");
        if source == "pat_file" {
            tree.as_object_mut().expect("a table").remove("pat_env");
            tree["pat_file"] = json!("input-token");
        }
        let mut all: Vec<(Value, positions::Position)> =
            positions::all(&tree).into_iter().map(|one| (tree.clone(), one)).collect();
        tree["unknown"] = unknown.expect("it was there");
        all.extend(positions::all(&tree).into_iter().filter(|one| one.path[0] == "unknown").map(|one| (tree.clone(), one)));
        for (i, (tree, position)) in all.into_iter().enumerate() {
            // A key is shown by whatever is said of it; there is no value of it that a command could go on with.
            let several = if long() {
                commands.len() * KINDS.len()
            } else if source == "pat_file" && position.path[0] != "pat_file" {
                2
            } else {
                commands.len()
            };
            for n in 0..several {
                let canary = KINDS[(i + n + n / commands.len()) % KINDS.len()];
                let form = Form::any(&mut rng);
                let text = form.write(canary.text(), &mut rng);
                let spec = planted(&tree, &position, &text, rng.one_in(5));
                cases.push(case(&spec, &position, commands[(n + i) % commands.len()], Planted { canary, form }));
            }
        }
    }
    cases
}

fn case(spec: &Value, position: &positions::Position, command: &[&str], planted: Planted) -> CanaryCase {
    let base = script(ClusterState::Differs, flavour_of(planted.canary));
    let mut case = CanaryCase::new(format!("spec {}", position.name()), command, base, planted);
    let token = Canary::new(flavour_of(planted.canary));
    case.inputs.insert("konnect.toml".to_owned(), toml::to_string(spec).expect("a table"));
    if spec.get("pat_env") != Some(&json!("PAT")) {
        case.facts.wanted = None;
    }
    if spec.get("pat_env").is_none() {
        case.env.retain(|(name, _)| name != "PAT");
    }
    if let Some(path) = spec.get("pat_file").and_then(Value::as_str) {
        case.inputs.insert(path.to_owned(), token.text().to_owned());
        case.facts.wanted = Some(token);
    }
    let meets_a_cluster = matches!(command[0], "plan" | "apply");
    match position.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // It has no such context: that is said when the kubeconfig has been read.
        ["cluster", "context"] => {
            case.facts.kubeconfig_is_read =
                meets_a_cluster && !position.is_key && !matches!(planted.form, Form::Broken | Form::BrokenSlice)
        }
        ["cluster", "kubeconfig"] if !position.is_key => {
            let path = spec["cluster"]["kubeconfig"].as_str().expect("a path").to_owned();
            let user = json!({"token": case.facts.credential.map(Canary::text)});
            case.facts.kubeconfig_is_read = false;
            let mut other = kubeconfig(&user);
            other["current-context"] = json!("gone");
            case.inputs.entry(path).or_insert_with(|| other.to_string());
        }
        _ => {}
    }
    case.must_refuse = is_the_wanted_token(&planted) && case.facts.wanted.is_some();
    case
}

/// Where no value stands: comments, and what is no TOML at all.
pub fn lines() -> Vec<CanaryCase> {
    let commands = [&COMMANDS[..], &WITHOUT_A_CLUSTER].concat();
    let texts = [
        "{SPEC}# {}\n",
        "# {}\n{SPEC}",
        "{SPEC}x = \"{}\"\n",
        "{SPEC}x = {}\n",
        "{}\n{SPEC}",
        "\"{}\" = 1\n{SPEC}",
        "about = \"{}\n{SPEC}",
        "{SPEC}[{}]\n",
        "{SPEC}[[secret.{}]]\n",
        "{SPEC}about = '''\n{}\n'''\n",
        "{SPEC}[namespace]\nname = \"{}\"\n",
        "{SPEC}extra = { a = \"{}\" b }\n",
    ];
    let (mut cases, mut rng) = (Vec::new(), Rng::new(21));
    for (i, text) in texts.into_iter().enumerate() {
        for n in 0..if long() { commands.len() * KINDS.len() } else { 2 * KINDS.len() } {
            let canary = KINDS[n % KINDS.len()];
            let form = Form::any(&mut rng);
            let spec = text.replace("{SPEC}", SPEC).replace("{}", &form.write(canary.text(), &mut rng));
            let planted = Planted { canary, form };
            let base = script(ClusterState::Differs, flavour_of(canary));
            let place = format!("spec {}", text.replace("{SPEC}", "…").escape_debug());
            let mut case = CanaryCase::new(place, commands[(i + n + n / KINDS.len()) % commands.len()], base, planted);
            case.inputs.insert("konnect.toml".to_owned(), spec);
            case.must_refuse = is_the_wanted_token(&planted);
            cases.push(case);
        }
    }
    cases
}
