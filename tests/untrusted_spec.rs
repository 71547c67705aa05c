//! `--untrusted-spec`: whoever writes the pull request writes the spec, and gets to choose neither the cluster nor what is read as the token.

use serde_json::{Value, json};
use testkit::Konnect;
use testkit::relay::{Relay, RelayFault};

const TOKEN: &str = "kpat_untrustedAAAABBBBCCCC1111";
const OLD: &str = "kpat_untrustedOldXXXXYYYYZZZZ22";

fn spec(namespace: &str, rest: &str) -> String {
    format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\n{rest}\n")
}

fn untrusted(rest: &str, args: &[&str]) -> Konnect {
    let args = [args, &["--untrusted-spec"]].concat();
    testkit::konnect!().spec(&spec("kong", rest)).env("PAT", TOKEN).env("OTHER", OLD).args(args)
}

#[test]
fn it_is_for_plan_and_validate_and_the_allowances_need_it() {
    let wrong: [&[&str]; 8] = [
        &["plan", "--allow-context", "ci"],
        &["plan", "--allow-pat-env", "PAT"],
        &["validate", "--allow-context", "ci"],
        &["validate", "--allow-pat-env", "PAT"],
        &["apply", "--untrusted-spec", "--auto-approve"],
        &["apply", "--allow-pat-env", "PAT"],
        &["rbac", "--untrusted-spec"],
        // What is saved is to be applied, and what is applied is trusted.
        &["plan", "--untrusted-spec", "--allow-pat-env", "PAT", "--out", "konnect.plan"],
    ];
    for args in wrong {
        let ran = testkit::konnect!().spec(&spec("kong", "pat_env = \"PAT\"")).env("PAT", TOKEN).args(args).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{args:?}\n{}", ran.stderr);
    }
}

#[test]
fn what_it_may_not_say_is_refused_in_each_format() {
    let rows = [
        ("pat_env = \"OTHER\"", "konnect.toml:4:11", "--allow-pat-env"),
        ("pat_file = \"token\"", "konnect.toml:4:12", "--pat-stdin"),
        ("pat_file = \"../token\"", "konnect.toml:4:12", "--pat-stdin"),
        ("pat_env = \"PAT\"\n[cluster]\ncontext = \"prod\"", "konnect.toml:6:11", "--allow-context"),
        ("pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"../x\"", "konnect.toml:6:14", "--kubeconfig"),
    ];
    let allowed = ["--allow-context", "ci", "--allow-context", "staging", "--allow-pat-env", "PAT"];
    for (rest, place, flag) in rows {
        for command in ["plan", "validate"] {
            untrusted(rest, &[&[command], &allowed[..]].concat()).run().assert_says(3, &[place, flag]);
            let ran = untrusted(rest, &[&[command, "--format", "json"], &allowed[..]].concat()).run();
            ran.assert_code(3);
            let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
            let error = &document["specs"][0]["errors"][0];
            assert_eq!(error["code"], "untrusted_spec", "{document:#}");
            assert!(error["message"].as_str().expect("a message").contains(place), "{document:#}");
        }
        let ran = untrusted(rest, &[&["plan", "--format", "markdown"], &allowed[..]].concat()).run();
        ran.assert_says(3, &["<!-- konnect plan konnect.toml -->", flag]);
    }
    // Named on the command line, it may.
    untrusted("pat_env = \"OTHER\"", &["validate", "--allow-pat-env", "OTHER"]).run().assert_says(0, &[]);
    untrusted("pat_env = \"PAT\"\n[cluster]\ncontext = \"staging\"", &[&["validate"], &allowed[..]].concat())
        .run()
        .assert_says(0, &[]);
    // What a flag chooses is the operator's choice: the spec's is not used.
    let elsewhere = "pat_file = \"token\"\n[cluster]\ncontext = \"prod\"";
    untrusted(elsewhere, &["validate", "--context", "ci", "--pat-stdin"]).run().assert_says(0, &[]);
    untrusted("pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"x\"", &["validate", "--allow-pat-env", "PAT"])
        .run()
        .assert_says(0, &["is ignored"]);
}

/// A pipe that nobody writes to: whoever opened it would wait for ever.
#[test]
fn nothing_of_a_refused_spec_is_opened() {
    let konnect = untrusted("pat_file = \"pipe\"\n[cluster]\nkubeconfig = \"pipe\"", &["plan"]);
    let made = std::process::Command::new("mkfifo").arg(konnect.folder().join("pipe")).status().expect("mkfifo");
    assert!(made.success());
    konnect.run().assert_says(3, &["pat_file"]);
}

#[test]
fn a_spec_that_is_a_link_is_not_followed() {
    let konnect = testkit::konnect!().file("secrets", "password = hunter2hunter2\n").args(["plan", "--untrusted-spec"]);
    std::os::unix::fs::symlink("secrets", konnect.folder().join("konnect.toml")).expect("a link");
    let ran = konnect.run();
    ran.assert_says(3, &["symbolic link"]);
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
    std::os::unix::fs::symlink(".", konnect.folder().join("envs")).expect("a link");
    let konnect = konnect.file("real.toml", "password = hunter2hunter2\n");
    konnect.args(["validate", "--untrusted-spec", "-f", "envs/real.toml"]).run().assert_says(3, &["symbolic link"]);
}

/// What it extends is its author's as well: the result is judged, and nothing of it is shown but where it stands.
#[test]
fn what_it_extends_is_trusted_no_more() {
    let allowed = ["--allow-pat-env", "PAT", "--allow-context", "ci"];
    let konnect = untrusted("", &[&["validate"], &allowed[..]].concat());
    for folder in [".git", "envs"] {
        std::fs::create_dir(konnect.folder().join(folder)).expect("a folder");
    }
    let objects = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\n";
    let run = |spec: &str, base: &str| {
        std::fs::write(konnect.folder().join("envs/x.toml"), spec).expect("written");
        std::fs::write(konnect.folder().join("base.toml"), format!("{objects}{base}")).expect("written");
        let mut args = vec!["validate", "--untrusted-spec", "-f", "envs/x.toml"];
        args.extend(allowed);
        konnect.command_with(&args)
    };
    let extends = "extends = \"../base.toml\"\n";
    for (spec, base) in [
        (extends.to_owned(), "pat_env = \"PAT\"\n[cluster]\ncontext = \"ci\"\nuid = \"u\"\n"),
        // The result is what counts.
        (format!("{extends}pat_env = \"PAT\"\n"), "pat_file = \"token\"\n"),
        (format!("{extends}unset = [\"cluster.context\"]\n"), "pat_env = \"PAT\"\n[cluster]\ncontext = \"prod\"\n"),
    ] {
        assert_eq!(run(&spec, base).0, 0, "{spec}{base}{}", run(&spec, base).1);
    }
    for (base, place, flag) in [
        ("pat_env = \"OTHER\"\n", "base.toml:4:11", "--allow-pat-env"),
        ("pat_file = \"token\"\n", "base.toml:4:12", "--pat-stdin"),
        ("pat_env = \"PAT\"\n[cluster]\ncontext = \"hunter2\"\n", "base.toml:6:11", "--allow-context"),
    ] {
        let (code, said) = run(extends, base);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(place) && said.contains(flag), "{said}");
        assert!(!["hunter2", "OTHER", "token\""].iter().any(|word| said.contains(word)), "{said}");
    }
}

#[test]
fn what_it_may_not_extend_is_not_looked_at() {
    let konnect = untrusted("", &[]);
    let write = |name: &str, text: &str| std::fs::write(konnect.folder().join(name), text).expect("written");
    for folder in [".git", "envs", "repo"] {
        std::fs::create_dir(konnect.folder().join(folder)).expect("a folder");
    }
    let base = "namespace = \"hunter2\"\n";
    ["base.toml", ".hidden.toml", ".git/config.toml", "base.txt", "envs/real.toml"].iter().for_each(|name| write(name, base));
    std::os::unix::fs::symlink("real.toml", konnect.folder().join("envs/link.toml")).expect("a link");
    std::os::unix::fs::symlink("envs", konnect.folder().join("linked")).expect("a link");
    let folder = konnect.folder().file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    let absolute = konnect.folder().join("base.toml").display().to_string();
    for (extends, why) in [
        ("link.toml", "a symbolic link is on the way"),
        ("../linked/real.toml", "a symbolic link is on the way"),
        ("../.hidden.toml", "its path is hidden"),
        ("../.git/config.toml", "its path is hidden"),
        ("../base.txt", "its name does not end in .toml"),
        ("../.git/config", "its name does not end in .toml"),
        ("/etc/passwd", "its name does not end in .toml"),
        (absolute.as_str(), "its path is absolute"),
        ("../../none.toml", "outside what is under review"),
        (&format!("../../{folder}/base.toml"), "outside what is under review"),
    ] {
        write("envs/x.toml", &format!("extends = \"{extends}\"\npat_env = \"PAT\"\n"));
        for command in ["validate", "plan"] {
            let args = [command, "--untrusted-spec", "--allow-pat-env", "PAT", "-f", "envs/x.toml"];
            let (code, said) = konnect.command_with(&args);
            assert_eq!(code, 3, "{extends}: {said}");
            assert!(said.contains("envs/x.toml:1:11") && said.contains(why) && !said.contains("hunter2"), "{extends}: {said}");
        }
        // A friend's spec may.
        let (code, said) = konnect.command_with(&["validate", "-f", "envs/x.toml"]);
        assert!(code == 1 && !said.contains("untrusted"), "{said}");
    }
}

#[test]
fn the_token_is_compared_and_sent_nowhere() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("untrusted");
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    assert_eq!(server.raw("POST", "/api/v1/namespaces", "application/json", object.to_string()).0, 201);
    let folder = tempfile::tempdir().expect("a folder");
    let relay = Relay::start(&server.kubeconfig(), folder.path(), |_| RelayFault::None);
    // The spec's kubeconfig doesn't exist, and its context is the relay's.
    let text = spec(&namespace, "pat_env = \"PAT\"\n[cluster]\ncontext = \"relay\"\nkubeconfig = \"not-there\"");
    let konnect = testkit::konnect!().spec(&text).env("PAT", TOKEN).env("KUBECONFIG", &relay.kubeconfig);
    let allowed = ["plan", "--untrusted-spec", "--allow-context", "relay", "--allow-pat-env", "PAT"];
    let asked = || relay.calls().iter().map(|call| call.what.clone()).collect::<Vec<_>>();

    // Refused: not one request.
    let konnect = konnect.args(&allowed[..4]);
    konnect.run().assert_says(3, &["--allow-pat-env"]);
    assert_eq!(asked(), Vec::<String>::new());

    // Absent: created, as computed. The ServiceAccount holds no token, and is asked about.
    let konnect = konnect.args(allowed);
    let ran = konnect.run();
    ran.assert_says(
        0,
        &[
            "2 to add",
            "will be created (not verified by the server: the spec is not trusted, so the token is not sent)",
            "is ignored",
        ],
    );
    assert!(asked().iter().any(|what| what.starts_with("PATCH serviceaccounts")), "{:?}", asked());
    assert!(!asked().iter().any(|what| what.starts_with("PATCH secrets")), "{:?}", asked());

    // Another token is there: the difference is told, and still nothing is sent.
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "konnect-pat"}, "stringData": {"token": OLD}});
    let path = format!("/api/v1/namespaces/{namespace}/secrets?fieldManager=kubectl-create");
    assert_eq!(server.raw("POST", &path, "application/json", secret.to_string()).0, 201);
    let konnect = konnect.args([&allowed[..], &["--format", "json", "--detailed-exitcode"]].concat());
    let ran = konnect.run();
    ran.assert_code(2);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let change = &document["specs"][0]["changes"][2];
    assert_eq!((&change["action"], &change["verification"]), (&json!("update"), &json!("computed")), "{document:#}");
    assert_eq!(change["fields"][0]["token"], "different", "{document:#}");
    assert!(!asked().iter().any(|what| what.starts_with("PATCH secrets")), "{:?}", asked());

    // A trusted spec's is sent: the test would see it.
    let trusted =
        testkit::konnect!().spec(&spec(&namespace, "pat_env = \"PAT\"")).env("PAT", TOKEN).env("KUBECONFIG", &relay.kubeconfig);
    trusted.args(["plan"]).run().assert_code(0);
    assert!(asked().iter().any(|what| what.starts_with("PATCH secrets")), "{:?}", asked());
}

/// Neither the spec nor a flag names a context: the kubeconfig is the operator's, and so is what it has as the current one.
#[test]
fn the_current_context_is_the_operators() {
    let Some(server) = testkit::server() else { return };
    let text = spec(&server.namespace("untrusted"), "pat_env = \"PAT\"");
    let konnect = testkit::konnect!().spec(&text).env("PAT", TOKEN).env("KUBECONFIG", server.kubeconfig());
    konnect.args(["plan", "--untrusted-spec", "--allow-pat-env", "PAT"]).run().assert_says(0, &["3 to add"]);
    let other =
        testkit::konnect!().spec(&format!("{text}[cluster]\ncontext = \"prod\"\n")).env("KUBECONFIG", server.kubeconfig());
    let current = server.kubectl_ok(&["config", "current-context"], None);
    let chosen = ["plan", "--untrusted-spec", "--allow-pat-env", "PAT", "--context", current.trim()];
    other.args(chosen).run().assert_says(0, &["3 to add"]);
}

/// Masks answer guesses: eight bytes of the live token, then one more, and so on. A stranger's spec gets no such answer.
#[test]
fn no_guess_of_a_part_of_a_token_is_answered() {
    const LIVE: &str = "kpat_Qw8RtZ5yUi3OpAs7DfG2Hj";
    let objects = "namespace = \"kong\"\nservice_account = \"podid\"\npat_env = \"PAT\"\n";
    let konnect = testkit::konnect!().spec(&format!("{objects}secret = \"konnect-pat\"\n")).env("PAT", LIVE);
    let konnect = konnect.args(["apply", "--sandbox=s", "--auto-approve"]);
    konnect.run().assert_code(0);
    for guess in [&LIVE[..8], &LIVE[5..13], &LIVE[8..20], &LIVE[5..LIVE.len() - 1]] {
        let annotated = format!("{objects}[secret]\nname = \"konnect-pat\"\nannotations = {{ guess = \"{guess}\" }}\n");
        std::fs::write(konnect.folder().join("konnect.toml"), annotated).expect("written");
        for format in ["human", "json", "markdown"] {
            let args = ["plan", "--sandbox=s", "--untrusted-spec", "--allow-pat-env", "PAT", "--format", format];
            let ran = konnect.command_with(&args);
            assert_eq!(ran.0, 0, "{}", ran.1);
            let shown = ran.1.replace("&#95;", "_");
            assert!(shown.contains(guess), "{format}: the guess {guess} is answered by a mask\n{shown}");
        }
    }
}
