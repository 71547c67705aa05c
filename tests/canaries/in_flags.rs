//! Canaries on the command line: the value of every flag, every positional argument, and flags that don't exist.

use serde_json::json;

use super::case::{CanaryCase, flavour_of, is_the_wanted_token, kubeconfig};
use super::findings::long;
use super::form::Form;
use super::met::Planted;
use super::secret::{Canary, KINDS};
use super::state::{ClusterState, SPEC, script};
use testkit::Rng;

/// What konnect finds where the argument leads it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    /// A sound spec in its place; what the argument names is not there.
    Spec,
    /// The same, and the kubeconfig is read.
    Kubeconfig,
    /// The argument names a kubeconfig without the context that it says is current.
    NamesAKubeconfig,
    /// The argument names a sound spec.
    NamesASpec,
    /// The argument names a spec with an error.
    NamesABadSpec,
    /// The argument names a file of no use.
    NamesRubbish,
    /// Nothing that would say where the token is.
    Nothing,
}

const ARGUMENTS: [(&str, There); 53] = [
    ("plan --context {}", There::Kubeconfig),
    ("plan --context={}", There::Kubeconfig),
    ("apply --auto-approve --context {}", There::Kubeconfig),
    ("validate --context {}", There::Spec),
    ("plan --kubeconfig {}", There::Spec),
    ("plan --kubeconfig {}", There::NamesAKubeconfig),
    ("plan --kubeconfig {}", There::NamesRubbish),
    ("validate --kubeconfig {}", There::Spec),
    ("plan -f {}", There::Nothing),
    ("plan -f {}", There::NamesASpec),
    ("plan --file={}", There::NamesABadSpec),
    ("apply --auto-approve -f {}", There::NamesASpec),
    ("apply -f {}", There::NamesABadSpec),
    ("validate -f {}", There::NamesASpec),
    ("validate -f {}", There::NamesABadSpec),
    ("rbac -f {}", There::NamesABadSpec),
    ("plan --take-over secret.metadata.labels.{}", There::Spec),
    ("apply --auto-approve --take-over namespace.metadata.annotations.{}", There::Spec),
    ("plan --take-over {}", There::Spec),
    ("plan --take-over {}.data.token", There::Spec),
    ("plan --sandbox=sandbox-{}", There::Spec),
    ("apply --auto-approve --sandbox=sandbox-{}", There::Spec),
    ("plan --sandbox={}", There::NamesRubbish),
    ("plan --sandbox=/dev/null/{}", There::Spec),
    ("plan --out {}", There::Spec),
    ("plan --out missing/{}", There::Spec),
    ("plan --timeout {}", There::Spec),
    ("plan --out p --expires {}", There::Spec),
    ("plan --format {}", There::Spec),
    ("plan --color {}", There::Spec),
    ("plan --pat-stdin={}", There::Spec),
    ("plan {}", There::Spec),
    ("plan --{}", There::Spec),
    ("plan --{}=x", There::Spec),
    ("validate {}", There::Spec),
    ("apply --{}", There::Nothing),
    ("show --{}", There::Nothing),
    ("apply {}", There::Nothing),
    ("apply {}", There::NamesRubbish),
    ("apply some.plan --expect {}", There::Nothing),
    ("show {}", There::Nothing),
    ("show {}", There::NamesRubbish),
    ("rbac {}", There::Spec),
    ("rbac --for {}", There::Spec),
    ("rbac --subject {}", There::Spec),
    ("rbac --subject User:{}", There::Spec),
    ("rbac --subject ServiceAccount:kong/{}", There::Spec),
    ("schema {}", There::Nothing),
    ("completions {}", There::Nothing),
    ("sandbox {}", There::Nothing),
    ("sandbox serve --kubeconfig-out /dev/null/{}", There::Nothing),
    ("{}", There::Nothing),
    ("-{}", There::Nothing),
];

/// All of them.
pub fn all() -> Vec<CanaryCase> {
    let (mut cases, mut rng) = (Vec::new(), Rng::new(30));
    for (i, (template, there)) in ARGUMENTS.into_iter().enumerate() {
        for n in 0..if long() { 12 * KINDS.len() } else { 2 * KINDS.len() } {
            let canary = KINDS[n % KINDS.len()];
            let form = Form::any(&mut rng);
            let text = form.write(canary.text(), &mut rng);
            let mut args: Vec<String> = template.split(' ').map(|word| word.replace("{}", &text)).collect();
            args.extend(format_for(template, n / 2 + i).iter().map(|word| (*word).to_owned()));
            let planted = Planted { canary, form };
            let place = format!("konnect {template}{}", if there == There::NamesRubbish { " (rubbish)" } else { "" });
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            cases.push(case(
                CanaryCase::new(place, &args, script(ClusterState::Differs, flavour_of(canary)), planted),
                there,
                text,
            ));
        }
    }
    cases
}

/// The formats and verbosities of a command, one for each turn.
fn format_for(template: &str, turn: usize) -> &'static [&'static str] {
    let all: &[&[&str]] = match template.split(' ').next() {
        _ if template.contains("--format") => &[&[]],
        Some("plan" | "show") => &[&[], &["--format", "json"], &["--format", "markdown"], &["-vv"]],
        Some("apply" | "validate") => &[&["--format", "json"], &[], &["-v"]],
        _ => &[&[]],
    };
    all[turn % all.len()]
}

fn case(mut case: CanaryCase, there: There, text: String) -> CanaryCase {
    match there {
        There::Spec => {}
        There::Kubeconfig => case.facts.kubeconfig_is_read = true,
        There::NamesAKubeconfig => {
            let mut other = kubeconfig(&json!({"token": case.facts.credential.map(Canary::text)}));
            other["current-context"] = json!("gone");
            case.inputs.insert(text, other.to_string());
        }
        There::NamesASpec => drop(case.inputs.insert(text, SPEC.to_owned())),
        There::NamesABadSpec => drop(case.inputs.insert(text, format!("bogus = 1\n{SPEC}"))),
        There::NamesRubbish => {
            case.inputs.insert(text, "rubbish".to_owned());
            // A plan that is none doesn't say where the token is; a kubeconfig that is none comes after the spec.
            if matches!(case.args[0].as_str(), "apply" | "show") {
                case.facts.wanted = None;
            }
        }
        There::Nothing => case.facts.wanted = None,
    }
    case.must_refuse = case.planted.iter().all(is_the_wanted_token) && case.facts.wanted.is_some();
    case
}
