//! What `extends` may lead to by mistake, or by somebody's will: nothing of it is shown, and nothing waits for it.

use konnect::outside::Outside;
use konnect::spec::Policy;

use super::BASE;
use super::tree::Tree;

const TOKEN: &str = "kpat_Q7wZ3mT9xL2vB8nR5yK1";

/// Files that are no spec, and words of theirs.
const FOREIGN: [(&str, &str); 9] = [
    ("root:$6$hunter2hunter2:19000:0:99999:7:::\ndaemon:*:19000\n", "hunter2"),
    ("apiVersion: v1\nusers:\n- name: admin\n  user: {token: hunter2hunter2}\n", "hunter2"),
    ("-----BEGIN PRIVATE KEY-----\nMIIhunter2hunter2\n-----END PRIVATE KEY-----\n", "MII"),
    ("{\"password\": \"hunter2hunter2\"}\n", "hunter2"),
    ("DATABASE=\"postgres://hunter2hunter2@db\"\nAWS=\"hunter2hunter2\"\n", "hunter2"),
    ("[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic hunter2hunter2\n", "hunter2"),
    ("export SECRET='hunter2hunter2'\nnamespace = \"kong\"\n", "hunter2"),
    ("secret = \"hunter2hunter2\"\nkey = \"a\"\nid = \"b\"\n", "hunter2"),
    ("a = \"hunter2hunter2\nb = 1\n", "hunter2"),
];

/// All that is said of a spec, by its author's friend and by whoever does not trust the author.
fn said(tree: &Tree, name: &str) -> [String; 2] {
    let policy = Policy { pat_envs: vec!["PAT".into()], ..Policy::default() };
    let path = Outside::from(tree.path(name).as_path());
    let untrusted = policy.check(&path, None, &mut Vec::new()).map(|_| "valid".to_owned());
    let trusted = tree.check(name).map(|_| "valid".to_owned());
    [trusted, untrusted].map(|checked| checked.unwrap_or_else(|errors| tree.shown(&errors)))
}

#[test]
fn of_what_is_no_base_nothing_is_shown() {
    let tree = Tree::new();
    tree.write("spec.toml", format!("extends = \"it.toml\"\n{BASE}"));
    for (text, word) in FOREIGN {
        tree.write("it.toml", text);
        let [trusted, untrusted] = said(&tree, "spec.toml");
        assert!(trusted.contains("it.toml:") && trusted.contains("nothing of any other file is shown"), "{trusted}");
        assert!(untrusted.contains("spec.toml:1:11: the file that this extends is wrong in one place"), "{untrusted}");
        for shown in [trusted, untrusted] {
            assert!(!shown.contains(word), "{shown}");
        }
        // The file that was given is the user's own: its errors show where.
        tree.write("it.toml", text);
        let own = tree.check("it.toml").map(|_| ()).expect_err("no spec");
        assert!(own.count() > 0);
    }
}

#[test]
fn a_stranger_sees_nothing_of_a_base_of_ours() {
    let tree = Tree::new();
    tree.write("spec.toml", format!("extends = \"base.toml\"\n{BASE}"));
    let wrong = "namespace = \"Hunter2\"\n[secret.labels]\n\"hunter2 x\" = \"hunter2\"\nb = 2\n[hunter2]\na = 1\n";
    tree.write("base.toml", wrong);
    let [trusted, untrusted] = said(&tree, "spec.toml");
    assert!(trusted.contains("base.toml:1:13") && trusted.contains("Hunter2"), "{trusted}");
    assert!(untrusted.contains("the file that this extends is wrong in 4 places"), "{untrusted}");
    assert!(!untrusted.to_lowercase().contains("hunter2"), "{untrusted}");
    // What is wrong with the spec is told as ever.
    tree.write("spec.toml", "extends = \"base.toml\"\nnamespcae = \"kong\"\n");
    let [_, untrusted] = said(&tree, "spec.toml");
    assert!(untrusted.contains("namespcae") && !untrusted.to_lowercase().contains("hunter2"), "{untrusted}");
}

#[test]
fn a_token_is_found_in_every_file_and_shown_of_none() {
    let escaped = TOKEN.replacen('k', "\\u006b", 1);
    let tree = Tree::new();
    let (spec, mid) = ("extends = \"mid.toml\"\n", "extends = \"base.toml\"\n");
    for bad in [
        format!("# {TOKEN}\n"),
        format!("secret = \"{TOKEN}\"\n"),
        format!("secret = \"{escaped}\"\n"),
        format!("[secret.labels]\n\"{escaped}\" = \"x\"\n"),
        format!("x = \"{TOKEN}\n"),
        format!("x: {TOKEN}\n"),
    ] {
        for (name, before) in [("spec.toml", spec), ("mid.toml", mid), ("base.toml", "")] {
            tree.write("spec.toml", spec);
            tree.write("mid.toml", mid);
            tree.write("base.toml", BASE);
            let others = if bad.starts_with('x') || name == "base.toml" { "" } else { before };
            tree.write(name, format!("{others}{bad}"));
            let errors = tree.check("spec.toml").map(|_| ()).expect_err(&bad);
            assert!(tree.messages(&errors).iter().any(|line| line.contains("contains a token")), "{bad} in {name}: {errors:?}");
            for shown in said(&tree, "spec.toml") {
                let pieces = TOKEN.as_bytes().windows(8).map(|piece| std::str::from_utf8(piece).expect("ASCII"));
                pieces.for_each(|piece| assert!(!shown.contains(piece), "{bad} in {name}: {shown}"));
            }
        }
    }
    for key in [
        format!("extends = \"{TOKEN}\"\n{BASE}"),
        format!("extends = \"{escaped}\"\n{BASE}"),
        format!("unset = [\"{TOKEN}\"]\n{BASE}"),
        format!("unset = [\"{escaped}\"]\n{BASE}"),
        format!("template = \"{TOKEN}\"\n{BASE}"),
    ] {
        tree.write("spec.toml", &key);
        for shown in said(&tree, "spec.toml") {
            assert!(shown.contains("contains a token") && !shown.contains(&TOKEN[5..]), "{key}: {shown}");
        }
    }
}

#[test]
fn what_is_no_ordinary_file_is_refused_at_once() {
    let tree = Tree::new();
    std::fs::create_dir(tree.path("folder.toml")).expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(tree.path("pipe.toml")).status().expect("mkfifo");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("socket.toml")).expect("a socket");
    tree.write("big.toml", "#".repeat(1024 * 1024 + 1));
    tree.write("binary.toml", b"a = \"\xff\"\n");
    for (extends, expected) in [
        ("folder.toml", "folder.toml is not a file"),
        ("pipe.toml", "pipe.toml is not a file"),
        ("socket.toml", "socket.toml is not a file"),
        ("big.toml", "big.toml: longer than 1 MiB"),
        ("binary.toml", "binary.toml: not UTF-8: line 1, column 6"),
        ("none.toml", "none.toml: no such file"),
        ("", "`extends` is empty"),
        (".", ". is not a file"),
        ("spec.toml/x", "spec.toml/x: can't be read: not a directory"),
        ("nul\\u0000.toml", "can't be read"),
        ("~/base.toml", "~/base.toml: no such file"),
    ] {
        tree.write("spec.toml", format!("extends = \"{extends}\"\n{BASE}"));
        let errors = tree.errors("spec.toml");
        assert!(errors.len() == 1 && errors[0].contains(expected), "{extends}: {errors:?}");
        assert!(errors[0].starts_with("spec.toml:1:11: "), "{errors:?}");
    }
    // The given one may be a pipe, as ever; of what fits in one file each may have all of it.
    tree.write("spec.toml", format!("extends = \"base.toml\"\n{BASE}#{}\n", "x".repeat(1_000_000)));
    tree.write("base.toml", format!("#{}\n", "x".repeat(1_000_000)));
    assert_eq!(tree.spec("spec.toml").layers.len(), 2);
}
