//! The whole pipeline on real servers, as `docs/ci.md` describes it: a reader plans for the pull request, the merge plans again and keeps the
//! plan, somebody else applies it elsewhere; then each way in which the world can have moved on between.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use testkit::{Ran, Server};

const TOKEN: &str = "kpat_pipelineQwErTyUiOpAsDfGh1";
const OLD: &str = "kpat_pipelineOldZxCvBnMlKjHgF2";
const ROTATED: &str = "kpat_pipelineRotatedPoIuYtReW3";

struct Pipeline<'a> {
    server: &'a Server,
    namespace: String,
    planner: PathBuf,
    applier: PathBuf,
}

impl<'a> Pipeline<'a> {
    fn new(server: &'a Server) -> Self {
        let namespace = server.namespace("ci");
        let user = |role: &str| {
            let name = format!("{role}-of-{namespace}");
            let kubeconfig = server.user(&name, &[]);
            let spec = Self::spec(&namespace);
            let rights =
                testkit::konnect!().spec(&spec).args(["rbac", "--for", role, "--subject", &format!("User:{name}")]).run();
            rights.assert_code(0);
            server.rbac(&rights.stdout);
            kubeconfig
        };
        let (planner, applier) = (user("plan"), user("apply"));
        Self { server, planner, applier, namespace }
    }

    fn spec(namespace: &str) -> String {
        format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n")
    }

    fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    /// The Secret as somebody made it by hand.
    fn by_hand(&self) {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat"}, "data": {"token": BASE64.encode(OLD)}});
        let path = format!("{}?fieldManager=kubectl-create", self.path());
        assert_eq!(self.server.raw("POST", &path, "application/json", secret.to_string()).0, 201);
    }

    fn edit(&self, manager: &str, patch: &Value) {
        let path = format!("{}/konnect-pat?fieldManager={manager}", self.path());
        assert_eq!(self.server.raw("PATCH", &path, "application/merge-patch+json", patch.to_string()).0, 200);
    }

    fn live(&self) -> Value {
        self.server.raw("GET", &format!("{}/konnect-pat", self.path()), "", "").1
    }

    /// The merge's job: the plan's text and its digest.
    fn planned(&self) -> (String, String) {
        let konnect = testkit::konnect!().spec(&Self::spec(&self.namespace)).env("PAT", TOKEN).env("KUBECONFIG", &self.planner);
        let konnect = konnect.args(["plan", "--out", "prod.plan"]);
        let ran = konnect.run();
        ran.assert_code(0);
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "no colour in a job's log");
        let text = std::fs::read_to_string(konnect.folder().join("prod.plan")).expect("the plan");
        let digest = ran.stdout.split(['(', ')']).find(|word| word.starts_with("sha256:")).expect("the digest");
        (text, digest.to_owned())
    }

    /// The job that applies, in a folder that never saw the spec.
    fn apply(&self, plan: &str, token: &str, args: &[&str]) -> Ran {
        self.apply_with(plan, token, args, &self.applier)
    }

    fn apply_with(&self, plan: &str, token: &str, args: &[&str], kubeconfig: &Path) -> Ran {
        let konnect = testkit::konnect!().file("artefact", plan).env("PAT", token).env("KUBECONFIG", kubeconfig);
        konnect.args(["apply", "artefact"].iter().chain(args)).run()
    }
}

#[test]
fn from_the_pull_request_to_the_cluster() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    ci.by_hand();
    // The pull request: no token, reading only, one comment.
    let konnect = testkit::konnect!().spec(&Pipeline::spec(&ci.namespace)).env("KUBECONFIG", &ci.planner);
    let comment = konnect.args(["plan", "--format", "markdown", "--detailed-exitcode"]).run();
    comment.assert_code(2);
    assert!(comment.stdout.starts_with("<!-- konnect plan konnect.toml on test -->\n"), "{}", comment.stdout);
    assert!(comment.stdout.contains("1 to add, 1 to change") && comment.stdout.contains("```diff"), "{}", comment.stdout);

    // The merge: a plan that is kept, and applied elsewhere by somebody else.
    let (plan, digest) = ci.planned();
    let shown = testkit::konnect!().file("artefact", &plan).args(["show", "artefact", "--format", "markdown"]).run();
    shown.assert_says(0, &["1 to add, 1 to change", &digest]);
    let ran = ci.apply(&plan, TOKEN, &["--expect", &digest]);
    ran.assert_says(0, &["Resources: 1 added, 1 changed", "Verified: no changes remain."]);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "no colour in a job's log");
    assert_eq!(ci.live()["data"]["token"], BASE64.encode(TOKEN));
    ci.apply(&plan, TOKEN, &["--expect", &digest]).assert_says(0, &["Nothing left to do"]);

    // No slice of either token, raw or in base64, in the file.
    for token in [TOKEN, OLD] {
        for skipped in 0..3 {
            let encoded = BASE64.encode([&b"xx"[..skipped], token.as_bytes()].concat());
            for secret in [&token[5..], &encoded[8..encoded.len() - 4]] {
                for slice in secret.as_bytes().windows(8) {
                    assert!(!plan.contains(std::str::from_utf8(slice).expect("ASCII")), "the plan holds {slice:?}");
                }
            }
        }
    }
}

#[test]
fn what_concerns_the_plan_stops_it_and_what_does_not_is_said() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    ci.by_hand();
    let (plan, digest) = ci.planned();

    ci.apply(&plan, ROTATED, &[]).assert_says(4, &["is not the one the plan was made with"]);
    let konnect = testkit::konnect!().file("artefact", &plan).env("KUBECONFIG", &ci.applier).args(["apply", "artefact"]);
    konnect.run().assert_says(1, &["$PAT is not set"]);
    ci.apply(&plan, TOKEN, &["--expect", &format!("sha256:{}", "1".repeat(64))]).assert_says(4, &["--expect"]);
    let other_digest_first = ci.apply(&plan.replace("podid", "other"), ROTATED, &["--expect", &digest]);
    other_digest_first.assert_says(4, &["was changed after it was saved"]);
    assert_eq!(ci.live()["data"]["token"], BASE64.encode(OLD), "nothing was written");

    // Another token by hand: what is replaced is no longer what the reviewer saw.
    ci.edit("kubectl-edit", &json!({"data": {"token": BASE64.encode(ROTATED)}}));
    let ran = ci.apply(&plan, TOKEN, &[]);
    ran.assert_says(
        4,
        &[
            "when the plan was made",
            "another value than when the plan was made",
            "kubectl-edit",
            "when planned: data.token",
            "now: data.token",
        ],
    );
    assert_eq!(ci.live()["data"]["token"], BASE64.encode(ROTATED));

    // The same hand, the same verdict, another value: the owner's name alone would not tell.
    let (plan, _) = ci.planned();
    ci.edit("kubectl-edit", &json!({"data": {"token": BASE64.encode(OLD)}}));
    ci.apply(&plan, TOKEN, &[]).assert_says(4, &["another value than when the plan was made"]);

    // A foreign label is no concern of the plan's.
    let (plan, _) = ci.planned();
    ci.edit("kubectl-label", &json!({"metadata": {"labels": {"team": "x"}}}));
    let ran = ci.apply(&plan, TOKEN, &[]);
    ran.assert_says(0, &["changed since the plan was made, but nothing that the plan reads or writes"]);
    assert_eq!(ci.live()["metadata"]["labels"]["team"], "x");

    // A wanted label, spoiled by hand, is.
    ci.edit("kubectl-label", &json!({"metadata": {"labels": {"konghq.com/secret": "false"}}}));
    let (plan, _) = ci.planned();
    ci.edit("kubectl-label", &json!({"metadata": {"labels": {"konghq.com/secret": "maybe"}}}));
    ci.apply(&plan, TOKEN, &[]).assert_says(
        4,
        &["when planned: labels.\"konghq.com/secret\" is \"false\"", "now: labels.\"konghq.com/secret\" is \"maybe\""],
    );

    // Made anew under the same name.
    let (plan, _) = ci.planned();
    assert_eq!(server.raw("DELETE", &format!("{}/konnect-pat", ci.path()), "", "").0, 200);
    ci.apply(&plan, TOKEN, &[]).assert_says(4, &["now: does not exist"]);
}

#[test]
fn another_cluster_behind_the_same_name() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    let (plan, _) = ci.planned();
    let other = Server::start();
    let ran = ci.apply_with(&plan, TOKEN, &[], &other.kubeconfig());
    ran.assert_says(4, &["is not the cluster the plan was made for"]);
    let (code, _) = other.raw("GET", &format!("/api/v1/namespaces/{}", ci.namespace), "", "");
    assert_eq!(code, 404, "nothing was written there");
    ci.apply(&plan, TOKEN, &[]).assert_says(0, &["Resources: 2 added"]);
}

/// The planner's kubeconfig calls the cluster otherwise than the applier's: its uid is what binds.
#[test]
fn contexts_of_other_names_are_the_same_cluster() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    let (plan, digest) = ci.planned();
    let kubeconfig = std::fs::read_to_string(&ci.applier).expect("the kubeconfig");
    let mut kubeconfig: Value = kubeconfig.parse().expect("JSON");
    (kubeconfig["current-context"], kubeconfig["contexts"][0]["name"]) = (json!("prod"), json!("prod"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kubeconfig");
    testkit::users::write_private(&path, &kubeconfig.to_string());
    let ran = ci.apply_with(&plan, TOKEN, &["--expect", &digest], &path);
    ran.assert_says(0, &["Cluster  prod (", "Resources: 2 added"]);
}

/// The server sorts owners by when they last wrote: one of two writing something else makes them change places.
#[test]
fn owners_that_change_places_do_not_make_a_plan_stale() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    ci.by_hand();
    let apply = |manager: &str, labels: &Value| {
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat", "labels": labels}});
        let path = format!("{}/konnect-pat?fieldManager={manager}", ci.path());
        assert_eq!(server.raw("PATCH", &path, "application/apply-patch+yaml", object.to_string()).0, 200);
        // The server's times are whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    };
    let owners = || -> Vec<String> {
        let entries = ci.live()["metadata"]["managedFields"].as_array().expect("entries").clone();
        entries.iter().map(|entry| entry["manager"].to_string()).collect()
    };
    for manager in ["one", "two"] {
        apply(manager, &json!({"konghq.com/secret": "true"}));
    }
    let (plan, _) = ci.planned();
    let before = owners();
    // The second one changed nothing, and has no time until now.
    apply("two", &json!({"konghq.com/secret": "true", "team": "x"}));
    assert_ne!(before, owners(), "they changed places");
    ci.apply(&plan, TOKEN, &[])
        .assert_says(0, &["changed since the plan was made, but nothing that the plan reads or writes", "1 changed"]);
}

#[test]
fn what_was_left_half_done_is_finished() {
    let Some(server) = testkit::server() else { return };
    let ci = Pipeline::new(server);
    let (plan, _) = ci.planned();
    let folder = tempfile::tempdir().expect("a folder");
    // The applier's rights, and a server that goes away before the Secret is written.
    let relay = testkit::relay::Relay::start(&ci.applier, folder.path(), |call| {
        if call.what == "PATCH secrets" { testkit::relay::RelayFault::CloseBefore } else { testkit::relay::RelayFault::None }
    });
    // Retries of a lost answer end in "unknown" where it stays away.
    let ran = ci.apply_with(&plan, TOKEN, &["--context", "relay", "--timeout", "20s"], &relay.kubeconfig);
    ran.assert_code(5);
    assert!(ran.stdout.contains("  written      ServiceAccount"), "{}", ran.stdout);
    let ran = ci.apply(&plan, TOKEN, &[]);
    ran.assert_says(0, &["Resources: 1 added, 0 changed"]);
    ci.apply(&plan, TOKEN, &[]).assert_says(0, &["Nothing left to do"]);
}
