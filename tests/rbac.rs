//! `konnect rbac` on the real server: a user with exactly these rights can plan and apply; with any one of them taken away not, and the error
//! names what is missing.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use serde_json::Value;
use testkit::{Ran, Server};

const TOKEN: &str = "kpat_rbacTokenAAAABBBBCCCC1234";

struct Job<'a> {
    server: &'a Server,
    namespace: String,
    user: String,
    kubeconfig: std::path::PathBuf,
    spec: String,
}

impl<'a> Job<'a> {
    fn new(server: &'a Server, labels: bool) -> Self {
        let namespace = server.namespace("rbac");
        let user = format!("user-of-{namespace}");
        let kubeconfig = server.user(&user, &[]);
        let labels = if labels { "\nlabels = { team = \"x\" }" } else { "\nmanage = false" };
        let spec = format!(
            "service_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[namespace]\nname = \"{namespace}\"{labels}\n"
        );
        Self { server, namespace, user, kubeconfig, spec }
    }

    fn konnect(&self, args: &[&str]) -> Ran {
        let konnect = testkit::konnect!().spec(&self.spec).env("PAT", TOKEN).env("KUBECONFIG", &self.kubeconfig);
        konnect.args(args).run()
    }

    /// The printed objects, as the server would read them.
    fn rights(&self, purpose: &str) -> Vec<Value> {
        self.rights_for(&self.spec, purpose)
    }

    fn rights_for(&self, spec: &str, purpose: &str) -> Vec<Value> {
        let subject = format!("User:{}", self.user);
        let ran = testkit::konnect!().spec(spec).args(["rbac", "--for", purpose, "--subject", &subject]).run();
        ran.assert_code(0);
        assert_eq!(ran.stderr, "");
        assert!(!ran.stdout.contains('*'), "{}", ran.stdout);
        let listed = self.server.kubectl_ok(&["create", "--dry-run=client", "-o", "json", "-f", "-"], Some(&ran.stdout));
        // kubectl prints one JSON object after the other.
        serde_json::Deserializer::from_str(&listed).into_iter().map(|object| object.expect("JSON")).collect()
    }

    fn grant(&self, objects: &[Value]) {
        for object in objects {
            self.server.rbac(&object.to_string());
        }
    }

    /// As docs/ci.md says.
    fn revoke(&self) {
        let grants = format!("app.kubernetes.io/managed-by=konnect,app.kubernetes.io/instance={}", self.namespace);
        self.server.kubectl_ok(&["delete", "clusterrole,clusterrolebinding,role,rolebinding", "-A", "-l", &grants], None);
    }

    /// Back to a namespace alone.
    fn reset(&self) {
        for kind in ["secret/konnect-pat", "serviceaccount/podid"] {
            self.server.kubectl_ok(&["delete", "-n", &self.namespace, kind, "--ignore-not-found"], None);
        }
        self.server.kubectl_ok(&["label", "namespace", &self.namespace, "team-"], None);
    }
}

/// Every way to take one verb out of one rule: the objects that are left, and the verb and resource that are missing.
fn with_one_less(objects: &[Value]) -> Vec<(Vec<Value>, String, String)> {
    let mut ways = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        for (r, rule) in object["rules"].as_array().into_iter().flatten().enumerate() {
            for verb in rule["verbs"].as_array().expect("verbs") {
                let mut left = objects.to_vec();
                left[i]["rules"][r]["verbs"].as_array_mut().expect("verbs").retain(|v| v != verb);
                if left[i]["rules"][r]["verbs"].as_array().is_some_and(Vec::is_empty) {
                    left[i]["rules"].as_array_mut().expect("rules").remove(r);
                }
                let word = |value: &Value| value.as_str().expect("a word").to_owned();
                ways.push((left, word(verb), word(&rule["resources"][0])));
            }
        }
    }
    ways
}

/// Whether the missing right is named: its verb, and the object by its resource or its kind.
fn names(ran: &Ran, verb: &str, resource: &str) -> bool {
    let said = ran.stderr.to_lowercase();
    said.contains(verb) && said.contains(resource.trim_end_matches('s'))
}

#[test]
fn exactly_these_rights_suffice_and_each_is_needed() {
    let Some(server) = testkit::server() else { return };
    for labels in [true, false] {
        let job = Job::new(server, labels);
        server.kubectl_ok(&["create", "namespace", &job.namespace], None);
        let (plan, apply) = (job.rights("plan"), job.rights("apply"));

        job.grant(&plan);
        let ran = job.konnect(&["plan", "--out", "p", "--detailed-exitcode"]);
        ran.assert_code(2);
        assert!(ran.stdout.contains("(not verified by the server: no permission for a server dry run)"), "{}", ran.stdout);
        job.konnect(&["apply", "--auto-approve"]).assert_code(1);
        for (left, verb, resource) in with_one_less(&plan) {
            job.revoke();
            job.grant(&left);
            let ran = job.konnect(&["plan", "--out", "p"]);
            ran.assert_code(1);
            assert!(names(&ran, &verb, &resource), "{verb} {resource} in\n{}", ran.stderr);
        }

        job.revoke();
        job.grant(&apply);
        let ran = job.konnect(&["plan", "--detailed-exitcode"]);
        ran.assert_code(2);
        assert!(!ran.stdout.contains("not verified"), "{}", ran.stdout);
        job.konnect(&["apply", "--auto-approve"]).assert_code(0);
        job.konnect(&["plan", "--detailed-exitcode"]).assert_code(0);
        for (left, verb, resource) in with_one_less(&apply) {
            job.revoke();
            job.reset();
            job.grant(&left);
            let saved = if verb == "get" && resource == "namespaces" {
                &["plan", "--out", "p"][..]
            } else {
                &["apply", "--auto-approve"]
            };
            let ran = job.konnect(saved);
            ran.assert_code(1);
            assert!(names(&ran, &verb, &resource), "{verb} {resource} in\n{}", ran.stderr);
        }
    }
}

#[test]
fn one_grant_does_not_take_another_s_rights_away() {
    let Some(server) = testkit::server() else { return };
    let job = Job::new(server, true);
    server.kubectl_ok(&["create", "namespace", &job.namespace], None);
    let other = job.spec.replace("konnect-pat", "another-pat");
    let grants = [job.rights("apply"), job.rights_for(&other, "apply"), job.rights("plan")];
    grants.iter().for_each(|grant| job.grant(grant));
    job.konnect(&["apply", "--auto-approve"]).assert_code(0);
    let konnect = testkit::konnect!().spec(&other).env("PAT", TOKEN).env("KUBECONFIG", &job.kubeconfig);
    konnect.args(["apply", "--auto-approve"]).run().assert_code(0);
    let list = server.kubectl_ok(&["get", "role", "-n", &job.namespace, "-o", "name"], None);
    assert_eq!(list.lines().count(), 3, "{list}");
    job.revoke();
    let left = server.kubectl_ok(&["get", "clusterrole,clusterrolebinding,role,rolebinding", "-A", "-o", "name"], None);
    assert!(!left.contains(&format!("-{}-", job.namespace)), "{left}");
    job.konnect(&["plan"]).assert_code(1);
}

#[test]
fn the_last_label_of_a_namespace_can_be_taken_away() {
    let Some(server) = testkit::server() else { return };
    let job = Job::new(server, true);
    server.kubectl_ok(&["create", "namespace", &job.namespace], None);
    let bare = job.spec.replace("\nlabels = { team = \"x\" }", "");
    let names = |rights: &[Value]| rights.iter().map(|object| object["metadata"]["name"].clone()).collect::<Vec<_>>();
    let rights = job.rights_for(&bare, "apply");
    assert_eq!(names(&rights), names(&job.rights("apply")), "a label makes no other grant of it");
    job.grant(&rights);
    job.konnect(&["apply", "--auto-approve"]).assert_code(0);
    let konnect = testkit::konnect!().spec(&bare).env("PAT", TOKEN).env("KUBECONFIG", &job.kubeconfig);
    let ran = konnect.args(["apply", "--auto-approve"]).run();
    ran.assert_code(0);
    assert!(ran.stdout.contains("0 added, 1 changed"), "{}", ran.stdout);
}

#[test]
fn a_grant_is_named_after_what_it_is_for() {
    let name = |spec: &str, args: &[&str]| {
        let ran = testkit::konnect!().spec(spec).args(["rbac"].iter().chain(args)).run();
        ran.assert_code(0);
        let names: std::collections::BTreeSet<String> =
            ran.stdout.lines().filter(|line| line.starts_with("  name: \"konnect-")).map(str::to_owned).collect();
        assert_eq!(names.len(), 1, "{}", ran.stdout);
        names.into_iter().next().expect("a name")
    };
    let long = "n".repeat(63);
    let spec = format!("service_account = \"a\"\nsecret = \"b\"\npat_env = \"PAT\"\n[namespace]\nname = \"{long}\"\n");
    let first = name(&spec, &["--subject", "User:u"]);
    assert!(first.len() <= 253 && first.starts_with(&format!("  name: \"konnect-apply-{long}-")), "{first}");
    let same = format!("# of no concern\n{}labels = {{ a = \"b\" }}\n", spec.replace("\"PAT\"", "\"OTHER\""));
    assert_eq!(name(&same, &["--subject", "User:u"]), first);
    let others = [
        name(&spec, &["--for", "plan", "--subject", "User:u"]),
        name(&spec, &[]),
        name(&spec, &["--subject", "Group:u"]),
        name(&spec, &["--subject", "User:v"]),
        name(&spec, &["--subject", "ServiceAccount:u/u"]),
        name(&spec.replace("\"a\"", "\"c\""), &["--subject", "User:u"]),
        name(&spec.replace("\"b\"", "\"c\""), &["--subject", "User:u"]),
        name(&format!("{spec}manage = false\n"), &["--subject", "User:u"]),
    ];
    let all: std::collections::BTreeSet<&String> = others.iter().chain([&first]).collect();
    assert_eq!(all.len(), others.len() + 1, "{all:?}");
}

#[test]
fn it_needs_neither_cluster_nor_token_and_prints_yaml_alone() {
    let spec = "namespace = \"kong\"\nservice_account = \"a\"\nsecret = \"b\"\npat_env = \"PAT\"\n";
    for subject in ["User:a: b\n- c", "Group:system:authenticated", "ServiceAccount:ci/deployer"] {
        let ran = testkit::konnect!().spec(spec).args(["rbac", "--subject", subject]).run();
        ran.assert_code(0);
        assert_eq!(ran.stderr, "");
        assert_eq!(ran.stdout.matches("kind: RoleBinding").count(), 1, "{}", ran.stdout);
    }
    let ran = testkit::konnect!().spec(spec).args(["rbac", "--for", "plan"]).run();
    assert!(!ran.stdout.contains("Binding") && !ran.stdout.contains("patch"), "{}", ran.stdout);
    testkit::konnect!().spec("namespace = 1\n").args(["rbac"]).run().assert_code(1);
}

/// A masked name would be another grant, and kubectl would take it.
#[test]
fn no_grant_is_printed_with_a_masked_name() {
    let spec = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
    let konnect =
        testkit::konnect!().spec(spec).env("PAT", "kpat_xyzteam-blue-77Qw").args(["rbac", "--subject", "User:team-blue"]);
    let ran = konnect.run();
    ran.assert_code(1);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("nothing was printed"), "{}{}", ran.stdout, ran.stderr);
    testkit::konnect!().spec(spec).args(["rbac", "--subject", "User:team-blue"]).run().assert_code(0);
}
