//! The test server itself, what runs `konnect` against it, and the facts about kube-apiserver the project leans on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Server;
use testkit::child::is_there;
use testkit::terminal::Terminal;

const APPLY: &str = "application/apply-patch+yaml";

/// A server-side apply as konnect sends it.
fn apply(server: &Server, path: &str, object: &Value) -> (u16, Value) {
    server.raw("PATCH", &format!("{path}?fieldManager=konnect"), APPLY, object.to_string())
}

/// A new namespace and its path.
fn new_namespace(server: &Server, prefix: &str) -> String {
    let name = server.namespace(prefix);
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let (status, answer) = server.raw("POST", "/api/v1/namespaces", "application/json", object.to_string());
    assert_eq!(status, 201, "{answer}");
    format!("/api/v1/namespaces/{name}")
}

fn secret(metadata: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {"token": "b25l"}})
}

#[test]
fn is_the_version_we_say() {
    let Some(server) = testkit::server() else { return };
    let (status, version) = server.raw("GET", "/version", "", "");
    assert_eq!((status, &version["gitVersion"]), (200, &json!("v1.36.3")));
    let versions: Value = serde_json::from_str(&server.kubectl_ok(&["version", "-o", "json"], None)).unwrap();
    assert_eq!(versions["clientVersion"]["gitVersion"], "v1.36.3");
    assert_eq!(versions["serverVersion"]["gitVersion"], "v1.36.3");
}

#[test]
fn a_user_without_rights_gets_403_until_a_role_gives_them() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("rights");
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    let user = server.user("nobody", &["readers", "others"]);
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    let (status, answer) = server.raw_as(&user, "GET", &path, &[], "");
    assert_eq!((status, &answer["reason"]), (403, &json!("Forbidden")));
    assert!(answer["message"].as_str().unwrap().contains("User \"nobody\" cannot list"), "{answer}");

    server.rbac(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: read, namespace: {namespace}}}\n\
         rules: [{{apiGroups: [''], resources: [secrets], verbs: [list]}}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: read, namespace: {namespace}}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: read}}\n\
         subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: others}}]\n"
    ));
    // The authorizer reads Roles from a cache that follows the store: an answer of yes may take a moment.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (status, answer) = server.raw_as(&user, "GET", &path, &[], "");
        if status == 200 {
            break;
        }
        assert!(status == 403 && Instant::now() < deadline, "{answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_we_are_by_certificate_and_by_bearer_token() {
    let Some(server) = testkit::server() else { return };
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).to_string();
    let rows = [
        (server.kubeconfig(), "test-admin", &["system:masters", "system:authenticated"][..]),
        (server.kubeconfig_token(), "test-token-admin", &["system:masters", "system:authenticated"]),
        (server.user("ci", &[]), "ci", &["system:authenticated"]),
        (server.user("jane", &["a", "b"]), "jane", &["a", "b", "system:authenticated"]),
    ];
    for (kubeconfig, name, groups) in rows {
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let (status, answer) = server.raw_as(&kubeconfig, "POST", path, &[("content-type", "application/json")], review.as_str());
        assert_eq!(status, 201, "{answer}");
        assert_eq!(answer["status"]["userInfo"]["username"], name);
        assert_eq!(answer["status"]["userInfo"]["groups"], json!(groups));
        let mode = std::fs::metadata(&kubeconfig).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others can read the kubeconfig of {name}");
    }
    let by_token = std::fs::read_to_string(server.kubeconfig_token()).unwrap();
    assert!(!by_token.contains("client-certificate"), "the bearer's kubeconfig must hold a token alone");
}

#[test]
fn kubectl_failures_are_seen() {
    let Some(server) = testkit::server() else { return };
    let output = server.kubectl(&["get", "namespace", "there-is-none"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("(NotFound)"));
}

#[test]
fn a_second_server_is_another_and_is_gone_when_dropped() {
    let Some(first) = testkit::server() else { return };
    let second = Server::start();
    assert_ne!(first.url(), second.url());
    let uid = |server: &Server| server.raw("GET", "/api/v1/namespaces/kube-system", "", "").1["metadata"]["uid"].clone();
    let name = second.namespace("second");
    second.kubectl_ok(&["create", "namespace", &name], None);
    let path = format!("/api/v1/namespaces/{name}");
    assert_eq!(second.raw("GET", &path, "", "").0, 200);
    assert_eq!(first.raw("GET", &path, "", "").0, 404, "the servers share a store");
    assert_ne!(uid(first), uid(&second));

    let (pids, folder) = (second.pids(), second.folder().to_owned());
    assert!(pids.iter().all(|pid| is_there(*pid)) && folder.is_dir());
    drop(second);
    assert!(!pids.iter().any(|pid| is_there(*pid)), "etcd or kube-apiserver lives on: {pids:?}");
    assert!(!folder.exists(), "{} is still there", folder.display());
    assert_eq!(first.raw("GET", "/readyz", "", "").0, 200, "the wrong server was ended");
}

/// Starts a server for the test below, says what it started, and waits to be killed.
#[test]
#[ignore = "the child process of nothing_is_left_when_the_test_process_is_killed"]
fn child_that_holds_a_server() {
    if std::env::var_os("KONNECT_TEST_CHILD").is_none() {
        return;
    }
    let server = Server::start();
    let [etcd, apiserver] = server.pids();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "\nstarted {etcd} {apiserver} {}", server.folder().display()).unwrap();
    stdout.flush().unwrap();
    // Ends when the parent goes without a kill, so that a failed test leaves nothing either.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn nothing_is_left_when_the_test_process_is_killed() {
    if testkit::server().is_none() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_holds_a_server", "--ignored", "--nocapture"])
        .env("KONNECT_TEST_CHILD", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("started ")).expect("the child started no server");
    let words: Vec<&str> = line.split_whitespace().collect();
    let pids: Vec<u32> = words[1..3].iter().map(|pid| pid.parse().unwrap()).collect();
    let folder = Path::new(words[3]);
    assert!(pids.iter().all(|pid| is_there(*pid)) && folder.is_dir());

    // SIGKILL: no destructor, no handler.
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while pids.iter().any(|pid| is_there(*pid)) || folder.exists() {
        assert!(Instant::now() < deadline, "{pids:?} or {} is left", folder.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn resource_version_1_creates_only() {
    let Some(server) = testkit::server() else { return };
    let namespace = new_namespace(server, "create-only");
    let path = format!("{namespace}/secrets/a");
    let wanted = secret(json!({"name": "a", "resourceVersion": "1"}));
    let (status, created) = apply(server, &path, &wanted);
    assert_eq!(status, 201, "{created}");
    for force in ["", "&force=true"] {
        let path = format!("{path}?fieldManager=konnect{force}");
        let (status, answer) = server.raw("PATCH", &path, APPLY, wanted.to_string());
        assert_eq!((status, &answer["reason"]), (409, &json!("Conflict")));
        assert_eq!(answer["details"]["causes"], Value::Null, "a field conflict would have causes");
    }
}

#[test]
fn a_wrong_uid_is_422_and_a_uid_that_is_gone_409() {
    let Some(server) = testkit::server() else { return };
    let namespace = new_namespace(server, "uid");
    let path = format!("{namespace}/secrets/a");
    assert_eq!(apply(server, &path, &secret(json!({"name": "a"}))).0, 201);
    let uid = "11111111-2222-3333-4444-555555555555";
    let (status, answer) = apply(server, &path, &secret(json!({"name": "a", "uid": uid})));
    assert_eq!((status, &answer["reason"]), (422, &json!("Invalid")));
    assert_eq!(answer["details"]["causes"][0]["field"], "metadata.uid");
    let (status, answer) = apply(server, &format!("{namespace}/secrets/b"), &secret(json!({"name": "b", "uid": uid})));
    assert_eq!((status, &answer["reason"]), (409, &json!("Conflict")));
}

#[test]
fn a_missing_namespace_is_a_404_of_namespaces() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("missing");
    let secret = secret(json!({"name": "a"}));
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}});
    for (plural, object) in [("secrets", secret), ("serviceaccounts", account)] {
        for dry_run in ["", "&dryRun=All"] {
            let path = format!("/api/v1/namespaces/{namespace}/{plural}/a?fieldManager=konnect{dry_run}");
            let (status, answer) = server.raw("PATCH", &path, APPLY, object.to_string());
            assert_eq!((status, &answer["reason"]), (404, &json!("NotFound")), "{path}");
            assert_eq!(answer["details"]["kind"], "namespaces", "{path}");
            assert_eq!(answer["details"]["name"], json!(namespace), "{path}");
        }
    }
    let (status, answer) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}/secrets/a"), "", "");
    assert_eq!((status, &answer["details"]["kind"]), (404, &json!("secrets")), "a read does not tell");
}

#[test]
fn an_apply_that_changes_nothing_keeps_the_resource_version() {
    let Some(server) = testkit::server() else { return };
    let namespace = new_namespace(server, "no-op");
    let path = format!("{namespace}/secrets/a");
    let wanted = secret(json!({"name": "a", "labels": {"konghq.com/secret": "true"}}));
    let (first, created) = apply(server, &path, &wanted);
    let (second, again) = apply(server, &path, &wanted);
    assert_eq!((first, second), (201, 200));
    assert_eq!(created["metadata"], again["metadata"]);
    let changed = secret(json!({"name": "a", "labels": {"konghq.com/secret": "false"}}));
    let (_, changed) = apply(server, &path, &changed);
    assert_ne!(created["metadata"]["resourceVersion"], changed["metadata"]["resourceVersion"]);
}

#[test]
fn konnect_runs_in_its_own_folder_without_our_environment() {
    let konnect = testkit::konnect!().spec("namespace = \"kong\"\n").env("PAT", "x").args(["--version"]);
    let command = konnect.command();
    let names: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
    assert_eq!(names, ["HOME", "PAT", "PATH"]);
    assert_eq!(command.get_current_dir(), Some(konnect.folder()));
    assert!(konnect.folder().join("konnect.toml").is_file());
    konnect.run().assert_code(0);
    let (code, _) = konnect.spawn_pty().wait();
    assert_eq!(code, 0);
}

#[test]
fn a_program_on_the_terminal_sees_a_terminal_and_hears_what_is_typed() {
    let mut sh = Command::new("sh");
    sh.args(["-c", "test -t 0 && test -t 1 && test -t 2 || exit 9; printf 'sure? '; read -r answer; echo \"<$answer>\"; exit 7"]);
    let mut terminal = Terminal::spawn(sh);
    terminal.expect("sure? ").send_line("yes").expect("<yes>");
    assert_eq!(terminal.wait(), (7, "sure? yes\r\n<yes>\r\n".to_owned()));

    let mut sleeper = Command::new("sh");
    sleeper.args(["-c", "echo ready; read -r _"]);
    let mut terminal = Terminal::spawn(sleeper);
    // Not SIGINT: a shell that runs the tests in the background has it ignored, and that is inherited.
    terminal.expect("ready").signal(rustix::process::Signal::TERM);
    assert_eq!(terminal.wait().0, -15);
}
