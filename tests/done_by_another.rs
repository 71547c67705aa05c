//! What somebody else did while the prompt was open: told as that, and not written again.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use konnect::apply::{self, ApplyContext};
use konnect::cluster::Cluster;
use konnect::deadline::Deadline;
use konnect::desired::TakeOver;
use konnect::outcome::Outcome;
use konnect::report::WriteResult;
use konnect::session::Session;
use konnect::spec;
use konnect::view::{CapturedOutput, Door, Event, Format, Output, Printer, Reporter, Streams, Style};
use kube_sandbox::Sandbox;
use serde_json::Value;
use testkit::Served;

const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\n";
const TOKEN: &str = "kpat_doneByAnotherAAAABBBB1234";

fn asked_and_overtaken(kubeconfig: &Path, namespace: &str) {
    let spec = format!("{}pat_env = \"PAT\"\n", SPEC.replace("\"kong\"", &format!("\"{namespace}\"")));
    let konnect = testkit::konnect!().spec(&spec).env("PAT", TOKEN).env("KUBECONFIG", kubeconfig).args(["apply"]);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("Only 'yes' will be accepted:");
    // Somebody else does all of it.
    let other = testkit::konnect!().spec(&spec).env("PAT", TOKEN).env("KUBECONFIG", kubeconfig).args(["apply", "--auto-approve"]);
    other.run().assert_code(0);
    terminal.send_line("yes");
    terminal.expect(&format!("Namespace {namespace}: Appeared meanwhile, as wanted; not written"));
    terminal.expect(&format!("Secret {namespace}/konnect-pat: Appeared meanwhile, as wanted; not written"));
    terminal.expect("Apply complete! Resources: 0 added, 0 changed, 0 destroyed. 3 done by another.");
    terminal.expect("Verified: no changes remain.");
    assert_eq!(terminal.wait().0, 0);
}

#[test]
fn while_a_person_was_asked_on_the_real_server() {
    let Some(server) = testkit::server() else { return };
    asked_and_overtaken(&server.kubeconfig(), &server.namespace("overtaken"));
}

#[test]
fn while_a_person_was_asked_on_the_sandbox() {
    let served = Served::start(testkit::konnect!());
    asked_and_overtaken(&served.kubeconfig(), "overtaken");
}

fn apply_all(sandbox: &Sandbox, folder: &Path, text: &str) -> (Session, Cluster) {
    std::fs::write(folder.join("pat"), TOKEN).expect("written");
    let text = format!("{text}pat_file = \"pat\"\n");
    let spec = spec::parse("konnect.toml", folder, &text, false).unwrap_or_else(|_| panic!("{text}"));
    let client = kube::Client::new(sandbox.clone(), "default");
    let cluster = Cluster::over(client, "sandbox", "sandbox", Deadline::after(Duration::from_secs(60)), Arc::new(|_| {}));
    let wanted = Session::new(spec, false, konnect::pat::Accept::Anything, TakeOver::new(), &Door::default(), &mut Vec::new())
        .expect("a token");
    (wanted, cluster)
}

/// One of three objects, in the report, the events and the summary.
#[tokio::test]
async fn in_the_report_and_the_events() {
    let (sandbox, folder) = (Sandbox::in_memory(), tempfile::tempdir().expect("a folder"));
    let (wanted, cluster) = apply_all(&sandbox, folder.path(), SPEC);
    let plan = wanted.plan(&cluster).await.expect("a plan").plan;
    let body = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kong"}}"#;
    let mut made = kube_sandbox::request::Request::new("POST", "/api/v1/namespaces", body);
    made.content_type = Some("application/json".to_owned());
    assert_eq!(sandbox.send(&made).await.expect("an answer").code, 201);

    let interrupted = AtomicBool::new(false);
    let pat = wanted.pat.as_ref().expect("a token");
    let context = ApplyContext { pat, comparison: wanted.comparison(), interrupted: &interrupted, shared: None };
    let revalidated = apply::look_again(&cluster, plan, context).await.expect("not stale");
    assert_eq!((revalidated.done.len(), revalidated.writes().count()), (1, 2));
    let output = CapturedOutput::default();
    let printer = Printer::new(Streams::Captured(output.clone()), Style::default());
    let reporter = Reporter::new(Format::Json, Output::Apply, printer);
    let report = apply::apply(&cluster, &revalidated, context, &|progress| reporter.emit(progress.into())).await;
    reporter.emit(Event::Summary(&report));
    assert_eq!(reporter.finish(Outcome::Done, Outcome::Failed), Outcome::Done);
    let told: Vec<Value> = output.stdout().lines().map(|line| line.parse().expect("JSON")).collect();
    let results: Vec<&WriteResult> = report.results.iter().map(|(_, result)| result).collect();
    assert_eq!(results, [&WriteResult::DoneByAnother, &WriteResult::Created, &WriteResult::Created]);
    assert!(report.is_complete() && report.outcome() == Outcome::Done);
    let first = &told[0];
    assert_eq!((&first["type"], &first["result"]), (&"apply_complete".into(), &"done_by_another".into()), "{first}");
    assert_eq!((&first["object"]["kind"], &first["action"]), (&"Namespace".into(), &"create".into()), "{first}");
    let summary = told.last().expect("a summary");
    assert_eq!((&summary["add"], &summary["done_by_another"]), (&2.into(), &1.into()), "{summary}");
    let schema: Value = include_str!("../schema/events.json").parse().expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for event in &told {
        assert!(schema.is_valid(event), "{event}");
    }
}
