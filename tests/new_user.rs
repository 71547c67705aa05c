//! The main job, tried as a new user would, against a real kube-apiserver.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use konnect::plan::FIELD_MANAGER;
use serde_json::{Value, json};
use testkit::{Konnect, Ran, Server};

const OLD: &str = "kpat_oldAAAAbbbbCCCCdddd1111";
const NEW: &str = "kpat_newZZZZyyyyXXXXwwww2222";

fn spec(namespace: &str) -> String {
    format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n")
}

fn konnect(server: &Server, namespace: &str, token: &str) -> Konnect {
    testkit::konnect!().spec(&spec(namespace)).env("KUBECONFIG", server.kubeconfig()).env("PAT", token)
}

fn run(konnect: Konnect, args: &[&str]) -> (Konnect, Ran) {
    let konnect = konnect.args(args);
    let ran = konnect.run();
    (konnect, ran)
}

/// The four commands of the workshop.
fn workshop(server: &Server, namespace: &str) {
    let kubectl = |args: &[&str]| server.kubectl_ok(args, None);
    kubectl(&["create", "namespace", namespace]);
    kubectl(&["create", "sa", "podid", "-n", namespace]);
    kubectl(&["create", "secret", "generic", "konnect-pat", "-n", namespace, &format!("--from-literal=token={OLD}")]);
    kubectl(&["label", "secret", "konnect-pat", "-n", namespace, "konghq.com/credential=konnect"]);
}

fn secret(server: &Server, namespace: &str) -> Value {
    let (code, body) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}/secrets/konnect-pat"), "application/json", "");
    assert_eq!(code, 200, "{body}");
    body
}

fn live_token(server: &Server, namespace: &str) -> String {
    let path = "jsonpath={.data.token}";
    let encoded = server.kubectl_ok(&["get", "secret", "konnect-pat", "-n", namespace, "-o", path], None);
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).expect("base64");
    String::from_utf8(bytes).expect("text")
}

fn no_changes(konnect: Konnect) -> Konnect {
    let (konnect, ran) = run(konnect, &["plan", "--detailed-exitcode"]);
    ran.assert_code(0);
    assert!(ran.stdout.ends_with("No changes. The cluster matches the spec.\n"), "{}", ran.stdout);
    konnect
}

#[test]
fn after_the_workshop_only_the_missing_label_is_added_and_another_token_is_taken_over() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("workshop");
    workshop(server, &namespace);
    let (konnect, ran) = run(konnect(server, &namespace, OLD), &["plan", "--detailed-exitcode"]);
    ran.assert_code(2);
    assert!(
        ran.stdout.contains("+ labels.\"konghq.com/secret\" = \"true\"\n        # 2 unchanged fields not shown"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("\nPlan: 0 to add, 1 to change, 0 to destroy. 2 unchanged.\n\nApply it with:\n  konnect apply\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("(computed"), "verified by the server: {}", ran.stdout);
    let (konnect, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("Apply complete! Resources: 0 added, 1 changed, 0 destroyed."), "{}", ran.stdout);
    let konnect = no_changes(konnect);

    let foreign =
        json!({"metadata": {"finalizers": ["example.com/hold"], "labels": {"team": "x"}}, "data": {"foreign": "aGVsbG8="}});
    server.kubectl_ok(&["patch", "secret", "konnect-pat", "-n", &namespace, "--type=merge", "-p", &foreign.to_string()], None);
    let (konnect, ran) = run(konnect.env("PAT", NEW), &["plan"]);
    ran.assert_code(0);
    assert!(
        ran.stdout.contains("~ data.token = (sensitive) differs from $PAT\n          set by kubectl-create "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains(" ago; will be taken over"), "{}", ran.stdout);
    let (konnect, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(0);
    no_changes(konnect);
    assert_eq!(live_token(server, &namespace), NEW);
    let live = secret(server, &namespace);
    assert_eq!(live["metadata"]["finalizers"], json!(["example.com/hold"]));
    assert_eq!(live["metadata"]["labels"]["team"], "x");
    assert_eq!(live["data"]["foreign"], "aGVsbG8=");
}

#[test]
fn from_nothing_three_creations_and_then_nothing() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("fresh");
    let (konnect, ran) = run(konnect(server, &namespace, NEW), &["plan"]);
    ran.assert_code(0);
    assert!(
        ran.stdout.ends_with("\nPlan: 3 to add, 0 to change, 0 to destroy.\n\nApply it with:\n  konnect apply\n"),
        "{}",
        ran.stdout
    );
    let (konnect, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("Apply complete! Resources: 3 added, 0 changed, 0 destroyed."), "{}", ran.stdout);
    let konnect = no_changes(konnect);
    let before = secret(server, &namespace)["metadata"]["resourceVersion"].clone();
    let (_, ran) = run(konnect, &["apply"]);
    ran.assert_code(0);
    assert_eq!(secret(server, &namespace)["metadata"]["resourceVersion"], before, "a second run changes nothing");
}

#[test]
fn who_may_only_get_sees_a_full_plan_and_every_missing_right() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("getter");
    let user = server.namespace("getter-user");
    server.rbac(&cluster_role(&user, &["namespaces", "serviceaccounts", "secrets"], &["get"]));
    let konnect = konnect(server, &namespace, NEW).env("KUBECONFIG", server.user(&user, &[]));
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    let (konnect, ran) = run(konnect, &["plan"]);
    ran.assert_code(0);
    assert_eq!(
        ran.stdout.matches("(not verified by the server: no permission for a server dry run)").count(),
        2,
        "{}",
        ran.stdout
    );
    let (_, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(1);
    for right in
        ["patch serviceaccounts podid", "create serviceaccounts podid", "patch secrets konnect-pat", "create secrets konnect-pat"]
    {
        assert!(ran.stderr.contains(&format!("{right} in namespace {namespace}")), "{right}: {}", ran.stderr);
    }
    assert!(!ran.stdout.contains("Creating"), "before any write: {}", ran.stdout);
}

fn cluster_role(user: &str, resources: &[&str], verbs: &[&str]) -> String {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user},
        "rules": [{"apiGroups": [""], "resources": resources, "verbs": verbs}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}).to_string()
}

#[test]
fn what_may_not_be_read_is_unknown_and_not_to_be_added() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("blind");
    let user = server.namespace("blind-user");
    server.rbac(&cluster_role(&user, &["namespaces", "serviceaccounts"], &["get"]));
    workshop(server, &namespace);
    let konnect = konnect(server, &namespace, NEW).env("KUBECONFIG", server.user(&user, &[]));
    let (konnect, ran) = run(konnect, &["plan", "--detailed-exitcode"]);
    ran.assert_code(1);
    assert!(ran.stdout.contains("? Secret"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\nPlan: 0 to add, 0 to change, 0 to destroy. 2 unchanged, 1 unknown. Apply will refuse: "),
        "{}",
        ran.stdout
    );
    let (_, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(1);
    assert_eq!(live_token(server, &namespace), OLD);
}

#[test]
fn a_role_in_one_namespace_is_enough_where_the_namespace_is_somebody_else_s() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("tenant");
    let user = server.namespace("tenant-user");
    let text = format!(
        "service_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[namespace]\nname = \"{namespace}\"\nmanage = false\n"
    );
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": user, "namespace": namespace},
        "rules": [{"apiGroups": [""], "resources": ["serviceaccounts", "secrets"], "verbs": ["get", "create", "patch"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": user, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
    });
    let admin = testkit::konnect!().spec(&text).env("KUBECONFIG", server.kubeconfig()).env("PAT", NEW);
    let (_, ran) = run(admin, &["plan"]);
    assert!(ran.stdout.contains(&format!("namespace {namespace} does not exist")), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nPlan: 0 to add, 0 to change, 0 to destroy. 2 blocked. Apply will refuse: "), "{}", ran.stdout);

    server.kubectl_ok(&["create", "namespace", &namespace], None);
    server.rbac(&json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}).to_string());
    let konnect = testkit::konnect!().spec(&text).env("KUBECONFIG", server.user(&user, &[])).env("PAT", NEW);
    let (konnect, ran) = run(konnect, &["apply", "--auto-approve"]);
    ran.assert_code(0);
    assert!(ran.stdout.contains("UID      unknown"), "kube-system is not theirs to read: {}", ran.stdout);
    assert!(ran.stdout.contains("Resources: 2 added"), "{}", ran.stdout);
    no_changes(konnect);
}

#[test]
fn an_admission_policy_speaks_at_plan_time() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("policy");
    workshop(server, &namespace);
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": namespace},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["secrets"]}]},
            "validations": [{"expression": "!('konghq.com/secret' in object.metadata.?labels.orValue({}))", "message": "no kong labels here", "reason": "Forbidden"}],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": namespace},
        "spec": {"policyName": namespace, "validationActions": ["Deny"],
                 "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}},
    });
    server.rbac(&json!({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}).to_string());
    let konnect = konnect(server, &namespace, OLD).args(["plan", "--detailed-exitcode"]);
    // A policy takes a moment until the server enforces it: the dry run itself tells when.
    let enforced = (0..600).find_map(|_| {
        let ran = konnect.run();
        ran.stdout.contains("is blocked").then_some(ran)
    });
    let ran = enforced.expect("the policy is enforced");
    ran.assert_code(2);
    assert!(ran.stdout.contains("no kong labels here"), "{}", ran.stdout);
    konnect.args(["apply", "--auto-approve"]).run().assert_code(3);
}

#[test]
fn another_controller_s_token_is_blocked_until_it_is_taken_by_name() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("controller");
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat", "namespace": namespace},
                          "stringData": {"token": OLD}});
    server.kubectl_ok(&["apply", "--server-side", "--field-manager=external-secrets", "-f", "-"], Some(&manifest.to_string()));
    let (konnect, ran) = run(konnect(server, &namespace, NEW), &["apply", "--auto-approve"]);
    ran.assert_code(3);
    assert!(ran.stdout.contains("owned by external-secrets (Apply)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("ServiceAccount"), "the other objects are planned: {}", ran.stdout);
    assert_eq!(live_token(server, &namespace), OLD);
    let (konnect, ran) = run(konnect, &["apply", "--auto-approve", "--take-over", "secret.data.token"]);
    ran.assert_code(0);
    assert_eq!(live_token(server, &namespace), NEW);
    let managed = secret(server, &namespace)["metadata"]["managedFields"].clone();
    assert!(
        managed
            .as_array()
            .expect("entries")
            .iter()
            .any(|entry| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply")
    );
    no_changes(konnect);
}

#[test]
fn nobody_to_ask_is_a_refusal() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("unasked");
    for stdin in [None, Some("yes\n")] {
        let konnect = konnect(server, &namespace, NEW).args(["apply"]);
        let konnect = match stdin {
            None => konnect,
            Some(text) => konnect.stdin(text),
        };
        konnect.run().assert_code(3);
    }
    let (code, _) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}"), "application/json", "");
    assert_eq!(code, 404, "nothing was written");
}

#[test]
fn the_prompt_on_a_terminal() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("asked");
    let konnect = konnect(server, &namespace, NEW).args(["apply"]);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("Only 'yes' will be accepted:").send_line("no");
    assert_eq!(terminal.wait().0, 3);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("Only 'yes' will be accepted:").send_line("yes");
    let (code, text) = terminal.wait();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Resources: 3 added"), "{text}");

    let konnect = konnect.env("PAT", OLD);
    let mut terminal = konnect.spawn_pty();
    terminal.expect("Only 'yes' will be accepted:");
    let other = json!({"data": {"token": "a3BhdF9vdGhlcg=="}}).to_string();
    server.kubectl_ok(
        &["patch", "secret", "konnect-pat", "-n", &namespace, "--type=merge", "--field-manager=rotator", "-p", &other],
        None,
    );
    terminal.send_line("yes");
    let (code, text) = terminal.wait();
    assert_eq!(code, 4, "{text}");
    assert_eq!(live_token(server, &namespace), "kpat_other", "nothing was written");
}

#[test]
fn two_applies_at_once_add_each_object_once() {
    let Some(server) = testkit::server() else { return };
    for _ in 0..5 {
        let namespace = server.namespace("twice");
        let runs: Vec<Ran> = std::thread::scope(|scope| {
            let start = || konnect(server, &namespace, NEW).args(["apply", "--auto-approve"]).run();
            let threads = [scope.spawn(start), scope.spawn(start)];
            threads.into_iter().map(|thread| thread.join().expect("ran")).collect()
        });
        let mut added = 0;
        for ran in &runs {
            ran.assert_code(0);
            added += ran.stdout.matches("Creation complete").count();
        }
        assert_eq!(added, 3, "{runs:#?}");
        no_changes(konnect(server, &namespace, NEW));
    }
}
