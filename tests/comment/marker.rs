//! The comment's first line: the same for every run of a spec in a context, whatever became of it, and another for another.

use std::collections::BTreeSet;

use testkit::{Konnect, Served};

const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";
const TOKEN: &str = "kpat_commentTokenAAAABBBB";

/// Contexts of a server that is not talked to, and one of a server that is not there.
const KUBECONFIG: &str = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "prod-eks",
  "clusters": [{"name": "plain", "cluster": {"server": "http://192.0.2.1"}},
               {"name": "gone", "cluster": {"server": "https://127.0.0.1:1"}}],
  "users": [{"name": "nobody", "user": {"token": "not-a-secret-at-all"}}],
  "contexts": [{"name": "prod-eks", "context": {"cluster": "plain", "user": "nobody"}},
               {"name": "dev-eks", "context": {"cluster": "plain", "user": "nobody"}},
               {"name": "gone-eks", "context": {"cluster": "gone", "user": "nobody"}},
               {"name": "broken", "context": {"cluster": "not-in-the-file"}}]}"#;

fn konnect() -> Konnect {
    testkit::konnect!().spec(SPEC).file("config", KUBECONFIG).env("KUBECONFIG", "config").env("PAT", TOKEN)
}

/// The first line of the comment, of a run that ends so.
#[track_caller]
fn marker(konnect: &Konnect, args: &[&str], code: i32) -> String {
    let ran = konnect.run_with(&[&["plan", "--format", "markdown", "--timeout", "3s"], args].concat());
    ran.assert_code(code);
    ran.stdout.lines().next().expect("a line").to_owned()
}

#[test]
fn it_holds_the_chosen_context_whatever_fails() {
    let prod = "<!-- konnect plan konnect.toml on prod-eks -->";
    let dev = "<!-- konnect plan konnect.toml on dev-eks -->";
    let with_context = |spec: &str, context: &str| format!("{spec}[cluster]\ncontext = \"{context}\"\n");
    let broken = SPEC.replace("secret =", "secrt =");
    let not_toml = SPEC.replace("\"kong\"", "kong");
    let rows: [(&str, String, &[&str], i32, &str); 12] = [
        ("the cluster is not talked to", SPEC.to_owned(), &[], 1, prod),
        (
            "the server is not there",
            SPEC.to_owned(),
            &["--context", "gone-eks"],
            1,
            "<!-- konnect plan konnect.toml on gone-eks -->",
        ),
        ("the flag chooses", SPEC.to_owned(), &["--context", "dev-eks"], 1, dev),
        ("the spec chooses", with_context(SPEC, "dev-eks"), &[], 1, dev),
        ("the flag wins", with_context(SPEC, "dev-eks"), &["--context", "prod-eks"], 1, prod),
        ("the spec is wrong", broken.clone(), &[], 1, prod),
        ("the spec is wrong, and chooses", with_context(&broken, "dev-eks"), &[], 1, dev),
        ("the spec is no TOML, and chooses", with_context(&not_toml, "dev-eks"), &[], 1, dev),
        ("there is no such context", SPEC.to_owned(), &["--context", "none"], 1, "<!-- konnect plan konnect.toml on none -->"),
        (
            "the context is of no use",
            SPEC.to_owned(),
            &["--context", "broken"],
            1,
            "<!-- konnect plan konnect.toml on broken -->",
        ),
        ("the spec may not choose", with_context(SPEC, "dev-eks"), &["--untrusted-spec", "--allow-pat-env", "PAT"], 3, prod),
        (
            "the spec may choose, but is wrong",
            with_context(&broken, "dev-eks"),
            &["--untrusted-spec", "--allow-pat-env", "PAT", "--allow-context", "dev-eks"],
            1,
            dev,
        ),
    ];
    for (what, spec, args, code, expected) in rows {
        let konnect = konnect().spec(&spec);
        assert_eq!(marker(&konnect, args, code), expected, "{what}");
    }
    assert_eq!(marker(&konnect().env("PAT", "PASTE_YOUR_TOKEN"), &[], 1), prod, "the token is none");
    let missing = konnect();
    std::fs::remove_file(missing.folder().join("konnect.toml")).expect("removed");
    assert_eq!(marker(&missing, &[], 1), prod, "there is no spec");
    let none = "<!-- konnect plan konnect.toml -->";
    assert_eq!(marker(&konnect().env("KUBECONFIG", "no-file"), &[], 1), none, "nothing chooses");
}

#[test]
fn a_run_that_fails_replaces_the_comment_of_one_that_did_not() {
    let served = Served::start(testkit::konnect!());
    let config = std::fs::read_to_string(served.kubeconfig()).expect("the kubeconfig");
    let konnect = testkit::konnect!().spec(SPEC).file("config", &config).env("KUBECONFIG", "config").env("PAT", TOKEN);
    let planned = marker(&konnect, &[], 0);
    assert!(planned.starts_with("<!-- konnect plan konnect.toml on ") && planned.ends_with(" -->"), "{planned}");
    assert_eq!(marker(&konnect.spec("namespace = 1\n"), &[], 1), planned);
    let konnect = testkit::konnect!().spec(SPEC).file("config", &config.replace(&served.url, "https://127.0.0.1:1"));
    assert_eq!(marker(&konnect.env("KUBECONFIG", "config").env("PAT", TOKEN), &[], 1), planned);
}

#[test]
fn the_sandbox_is_called_that() {
    let expected = "<!-- konnect plan konnect.toml on sandbox -->";
    let konnect = konnect();
    assert_eq!(marker(&konnect, &["--sandbox=s"], 0), expected);
    assert_eq!(marker(&konnect.spec("namespace = 1\n"), &["--sandbox=s"], 1), expected);
}

#[test]
fn a_matrix_of_environments_has_a_comment_each() {
    let konnect = konnect().file("other.toml", SPEC);
    let mut markers = BTreeSet::new();
    for spec in ["konnect.toml", "other.toml"] {
        for context in ["prod-eks", "dev-eks"] {
            let args = ["-f", spec, "--context", context];
            assert!(markers.insert(marker(&konnect, &args, 1)), "{markers:?}");
            assert!(markers.contains(&marker(&konnect, &args, 1)), "the same twice");
        }
    }
}
