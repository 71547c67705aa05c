//! Many specs in one run, as their users meet them, on the sandbox: what is begun and what is not, what is shared, stages, and exit codes.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use serde_json::Value;
use testkit::{Konnect, Ran};

const TOKEN: &str = "kpat_fleetsAAAABBBBCCCC1111";

/// Four lines, and more.
fn spec(namespace: &str, more: &str) -> String {
    format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n{more}")
}

fn fleet(specs: &[(&str, String)]) -> Konnect {
    let konnect = testkit::konnect!().env("PAT", TOKEN).env("KUBECONFIG", "/nonexistent");
    specs.iter().fold(konnect, |konnect, (path, text)| konnect.file(&format!("envs/{path}"), text))
}

fn run(konnect: &Konnect, line: &str) -> Ran {
    let words: Vec<&str> = line.split(' ').chain(["-f", "envs", "--sandbox=s.json"]).collect();
    konnect.run_with(&words)
}

fn apply(konnect: &Konnect, more: &str) -> (i32, Value) {
    let ran = run(konnect, format!("apply --auto-approve --format json {more}").trim());
    let last = ran.stdout.lines().last().expect("a summary").parse().expect("JSON");
    (ran.code, last)
}

/// `path: result` of each spec.
fn results(summary: &Value) -> Vec<String> {
    let specs = summary["specs"].as_array().expect("specs");
    let text = |of: &Value, key: &str| of[key].as_str().expect("a text").to_owned();
    specs.iter().map(|of| format!("{}: {}", text(of, "spec").trim_start_matches("envs/"), text(of, "result"))).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let konnect = fleet(&[("a.toml", spec("a", "")), ("eu/b.toml", spec("b", "")), (".hidden.toml", "no spec".into())]);
    run(&konnect, "plan --detailed-exitcode").assert_code(2);
    let (code, summary) = apply(&konnect, "");
    assert_eq!((code, results(&summary)), (0, vec!["a.toml: applied".to_owned(), "eu/b.toml: applied".to_owned()]));
    assert_eq!((&summary["add"], &summary["confirmed"]), (&6.into(), &true.into()));
    let again = run(&konnect, "plan --detailed-exitcode");
    again.assert_code(0);
    assert!(again.stdout.ends_with("No changes. 2 environments match their specs.\n"), "{}", again.stdout);
    let (code, summary) = apply(&konnect, "");
    assert_eq!((code, &summary["add"], &summary["change"]), (0, &0.into(), &0.into()));
}

/// Nothing is begun unless everything could be; with --partial the others are, and the exit code still tells.
#[test]
fn one_broken_spec_holds_all_back_unless_partial() {
    let konnect = fleet(&[("a.toml", spec("a", "")), ("b.toml", "namespace = \"b\"\n".into()), ("c.toml", spec("c", ""))]);
    let plan = run(&konnect, "plan");
    plan.assert_code(1);
    assert!(
        plan.stdout.contains("Plan: 6 to add, 0 to change, 0 to destroy, in 2 of 3 environments. 1 failed."),
        "{}",
        plan.stdout
    );
    let (code, summary) = apply(&konnect, "");
    assert_eq!(
        (code, results(&summary)),
        (1, vec!["a.toml: not_begun".into(), "b.toml: failed".into(), "c.toml: not_begun".into()])
    );
    assert_eq!(summary["add"], 0);
    run(&konnect, "plan --detailed-exitcode --except b.toml").assert_code(2);
    let (code, summary) = apply(&konnect, "--partial");
    assert_eq!((code, results(&summary)), (5, vec!["a.toml: applied".into(), "b.toml: failed".into(), "c.toml: applied".into()]));
    assert_eq!(summary["add"], 6);
    run(&konnect, "plan --detailed-exitcode --except b.toml").assert_code(0);
}

/// What two specs want alike is written once; what they want otherwise is neither's.
#[test]
fn two_specs_for_one_object() {
    let own = |name: &str, rest: &str| {
        format!("namespace = \"kong\"\nservice_account = \"{name}\"\nsecret = \"{name}\"\npat_env = \"PAT\"\n{rest}")
    };
    let shared = fleet(&[("a.toml", own("a", "")), ("b.toml", own("b", ""))]);
    let (code, summary) = apply(&shared, "");
    assert_eq!((code, &summary["add"]), (0, &5.into()), "{summary:#}");
    assert_eq!(results(&summary), ["a.toml: applied", "b.toml: applied"]);

    let labelled =
        own("b", "[policy]\n").replace("namespace = \"kong\"", "namespace = { name = \"kong\", labels = { team = \"b\" } }");
    let konnect = fleet(&[("a.toml", own("a", "")), ("b.toml", labelled), ("c.toml", spec("c", ""))]);
    let plan = run(&konnect, "plan");
    plan.assert_code(1);
    for words in [
        "envs/a.toml: line 1 names Namespace kong, which envs/b.toml:1 wants differently in the same cluster",
        "envs/b.toml: line 1 names Namespace kong",
    ] {
        assert!(plan.stderr.contains(words), "{}", plan.stderr);
    }
    let (code, summary) = apply(&konnect, "--partial");
    assert_eq!((code, results(&summary)), (5, vec!["a.toml: failed".into(), "b.toml: failed".into(), "c.toml: applied".into()]));
}

#[test]
fn different_tokens_for_one_secret_are_a_conflict_and_one_token_under_two_names_is_a_warning() {
    let with = |variable: &str| spec("kong", "").replace("\"PAT\"", &format!("\"{variable}\""));
    let konnect = fleet(&[("a.toml", with("PAT")), ("b.toml", with("OTHER"))]).env("OTHER", "kpat_anotherAAAABBBBCCCC2222");
    let ran = run(&konnect, "plan");
    ran.assert_code(1);
    assert!(ran.stderr.contains("names Secret kong/konnect-pat, which envs/b.toml:3 wants with another token"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(TOKEN) && !ran.stdout.contains(TOKEN));
    let ran = run(&konnect.env("OTHER", TOKEN), "plan");
    ran.assert_code(0);
    assert!(ran.stderr.contains("hold the same token"), "{}", ran.stderr);
}

/// A stage begins when all of the one before was confirmed; `--stage` refuses to go first.
#[test]
fn stages_go_one_after_the_other() {
    let staged = |namespace: &str, stage: u32| spec(namespace, &format!("[policy]\nstage = {stage}\n"));
    let konnect = fleet(&[("a.toml", staged("a", 2)), ("b.toml", staged("b", 1)), ("c.toml", staged("c", 3))]);
    let (code, summary) = apply(&konnect, "--stage 2");
    assert_eq!((code, results(&summary)), (3, vec!["a.toml: not_begun".into(), "b.toml: not_begun".into()]));
    let ran = run(&konnect, "apply --auto-approve --format json");
    ran.assert_code(0);
    let created = |line: &str| line.contains("apply_complete").then(|| line.parse::<Value>().expect("JSON")["spec"].clone());
    let order: Vec<Value> = ran.stdout.lines().filter_map(created).collect();
    let mut once = order.clone();
    once.dedup();
    assert_eq!(once, ["envs/b.toml", "envs/a.toml", "envs/c.toml"], "{order:?}");
    let (code, _) = apply(&konnect, "--stage 2");
    assert_eq!(code, 0);
    let mixed = fleet(&[("a.toml", staged("a", 1)), ("b.toml", spec("b", ""))]);
    assert_eq!(apply(&mixed, "").0, 1);
    assert_eq!(apply(&mixed, "--order b,a").0, 0);
    assert_eq!(run(&mixed, "apply --auto-approve --partition hash:1/2").code, 64);
}

/// Each part of a run takes its own, all of them together every spec once.
#[test]
fn parts_make_the_whole() {
    let specs: Vec<(String, String)> = (0..9).map(|i| (format!("e{i}.toml"), spec(&format!("n{i}"), ""))).collect();
    let specs: Vec<(&str, String)> = specs.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let konnect = fleet(&specs);
    let mut seen = Vec::new();
    for part in 1..=3 {
        let (code, summary) = apply(&konnect, &format!("--partition hash:{part}/3"));
        assert_eq!(code, 0, "{summary:#}");
        seen.extend(results(&summary));
    }
    seen.sort();
    assert_eq!(seen, (0..9).map(|i| format!("e{i}.toml: applied")).collect::<Vec<_>>());
    run(&konnect, "plan --detailed-exitcode").assert_code(0);
}

/// What lies outside the grade needs somebody to say yes.
#[test]
fn grades_of_approval() {
    let konnect = fleet(&[("a.toml", spec("a", ""))]);
    assert_eq!(run(&konnect, "apply --auto-approve=create-only").code, 0);
    let konnect = konnect
        .file("envs/a.toml", &spec("a", "").replace("\"konnect-pat\"", "{ name = \"konnect-pat\", labels = { x = \"y\" } }"));
    let ran = run(&konnect, "apply --auto-approve=create-only");
    ran.assert_code(3);
    assert!(
        ran.stderr.contains("Secret a/konnect-pat of envs/a.toml is not covered by --auto-approve=create-only"),
        "{}",
        ran.stderr
    );
    assert_eq!(run(&konnect, "apply --auto-approve=no-token").code, 0);
    let konnect = konnect.env("PAT", "kpat_rotatedAAAABBBBCCCC3333");
    run(&konnect, "apply --auto-approve=no-token").assert_code(3);
    assert_eq!(run(&konnect, "apply --auto-approve=all").code, 0);
}

#[test]
fn what_could_only_be_meant_for_one_is_refused_for_many() {
    let konnect = fleet(&[("a.toml", spec("a", "")), ("b.toml", spec("b", ""))]);
    for (flags, named) in [("--pat-stdin", "--pat-stdin"), ("--take-over secret.data.token", "--take-over")] {
        let ran = run(&konnect, &format!("plan {flags}"));
        ran.assert_code(64);
        assert!(ran.stderr.contains(&format!("{named} can't be used with 2 specs")), "{}", ran.stderr);
    }
    // Of a folder with one spec there is one.
    run(&konnect, "plan --only a.toml --take-over secret.data.token").assert_code(0);
}

/// What was confirmed in this run alone lets the next stage begin: not one whose spec is broken, whatever stage it would have said.
#[test]
fn a_broken_spec_lets_no_later_stage_go_first() {
    let staged = |namespace: &str, stage: u32| spec(namespace, &format!("[policy]\nstage = {stage}\n"));
    let konnect = fleet(&[("dev.toml", "nothing = 1\n".into()), ("prod.toml", staged("prod", 2)), ("qa.toml", staged("qa", 1))]);
    for flags in ["--partial", "--partial --order dev,qa,prod"] {
        let (code, summary) = apply(&konnect, flags);
        let results = results(&summary);
        assert_eq!((results[0].as_str(), results[1].as_str()), ("dev.toml: failed", "prod.toml: not_begun"), "{flags}: {code}");
    }
    let (code, summary) = apply(&konnect, "--partial --stage 2");
    assert_eq!((code, results(&summary)[1].as_str(), &summary["add"]), (1, "prod.toml: not_begun", &0.into()), "{summary:#}");
    run(&konnect, "apply --auto-approve --stage 7").assert_code(1);
}

/// Every part checks all of it: what contradicts a spec of another part is found by both, and nothing is written.
#[test]
fn parts_find_what_contradicts_another_part() {
    let label = |of: &str| {
        spec("kong", "").replace("\"konnect-pat\"", &format!("{{ name = \"konnect-pat\", labels = {{ of = \"{of}\" }} }}"))
    };
    let specs: Vec<(String, String)> = (0..6).map(|i| (format!("e{i}.toml"), label(&i.to_string()))).collect();
    let specs: Vec<(&str, String)> = specs.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    let konnect = fleet(&specs);
    for part in 1..=6 {
        let (code, summary) = apply(&konnect, &format!("--partition hash:{part}/6"));
        assert_eq!((code, results(&summary).len(), &summary["add"]), (1, 6, &0.into()), "{summary:#}");
    }
    let alone = fleet(&[("a.toml", spec("a", ""))]);
    let empty = (1..=2).map(|part| run(&alone, &format!("plan --partition hash:{part}/2")).stdout);
    assert!(empty.into_iter().any(|said| said.contains("No environment is in this part.")));
}

/// A flag that is refused for many is refused before anybody is asked for a token.
#[test]
fn no_token_is_read_that_would_be_all_specs_token() {
    let konnect = fleet(&[("a.toml", spec("a", "")), ("b.toml", spec("b", ""))]).stdin("not a token");
    let ran = run(&konnect, "plan --pat-stdin");
    ran.assert_code(64);
    assert!(!ran.stderr.contains("starts neither"), "{}", ran.stderr);
}
