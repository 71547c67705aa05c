//! Bad input: every file of the fuzz targets' corpora, and seeded mutations of it, on stable; and what is too big to keep in a file. No
//! panic, no hang, no memory that grows with what somebody sends. What a fuzz run finds is added to `fuzz/corpus`.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "bad_input/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use testkit::Rng;
use testkit::extent::{Extent, extent};

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("readable"))).collect()
}

/// The kubeconfigs that kubectl and konnect are compared with, their placeholders filled.
fn kubeconfigs() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubeconfigs");
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        entries.map(|entry| entry.expect("an entry").path()).collect()
    };
    let mut files: Vec<PathBuf> =
        below(&folder).into_iter().flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect();
    files.retain(|path| path.is_file() && path.extension().is_none_or(|extension| extension == "yaml"));
    files.sort();
    // Every run is the same: a certificate and a key that were made once.
    let made = include_str!("../fuzz/corpus/kubeconfig/certificate.yaml");
    let value = |key: &str| made.split_once(key).and_then(|(_, rest)| rest.lines().next()).expect("in that file").trim();
    let values = [
        ("{{server}}", "https://127.0.0.1:6443"),
        ("{{ca-data}}", value("certificate-authority-data:")),
        ("{{cert-data}}", value("client-certificate-data:")),
        ("{{key-data}}", value("client-key-data:")),
    ];
    let filled = |path: PathBuf| {
        let mut text = std::fs::read_to_string(&path).expect("a text");
        for (name, value) in &values {
            text = text.replace(name, value);
        }
        (path, text.replace("{{", "").replace("}}", "").into_bytes())
    };
    files.into_iter().map(filled).collect()
}

/// One to four changes: bytes spoiled, taken away, repeated, or words put in that parsers know.
fn mutate(rng: &mut Rng, mut bytes: Vec<u8>, words: &[&[u8]]) -> Vec<u8> {
    for _ in 0..=rng.index(4) {
        let at = rng.index(bytes.len());
        let end = (at + 1 + rng.index(12)).min(bytes.len());
        match rng.index(5) {
            0 if !bytes.is_empty() => bytes[at] = u8::try_from(rng.index(256)).expect("a byte"),
            1 if !bytes.is_empty() => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes.get(at..end).unwrap_or_default().repeat(1 + rng.index(50));
                bytes.splice(at..at, again);
            }
            3 => drop(bytes.splice(at..at, words[rng.index(words.len())].iter().copied())),
            _ => bytes.truncate(bytes.len() - rng.index(bytes.len() / 4 + 1)),
        }
    }
    bytes
}

const WORDS: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[[",
    b"]",
    b"\"",
    b"'''",
    b"\n",
    b"\xff\xfe",
    b"\0",
    b"null",
    b"-1e999",
    b"kpat_abcdefgh12345678",
    b"f:",
    b"k:{\"",
    b"&a *a",
    b"\xe2\x80\xae",
];

#[test]
fn every_corpus_and_mutations_of_it() {
    let rounds = match extent() {
        Extent::Quick => 15,
        Extent::Usual => 150,
        Extent::Long => 20_000,
    };
    let others = [("kubeconfig", targets::kubeconfig as targets::Target, kubeconfigs(), rounds / 5)];
    let corpora = targets::ALL.map(|(name, target)| (name, target, corpus(name), rounds));
    for (name, target, corpus, rounds) in corpora.into_iter().chain(others) {
        assert!(corpus.len() >= 8, "the corpus of {name} is there");
        for (i, (path, bytes)) in corpus.iter().enumerate() {
            target(bytes);
            let mut rng = Rng::new(i as u64);
            for round in 0..rounds {
                let mutated = mutate(&mut rng, bytes.clone(), &WORDS);
                let ran = std::panic::catch_unwind(|| target(&mutated));
                assert!(ran.is_ok(), "{}, mutation {round}: {:?}", path.display(), String::from_utf8_lossy(&mutated));
            }
        }
        testkit::skipped::say(&format!("bad input, {name}: {} files, {} mutations", corpus.len(), corpus.len() * rounds));
    }
}

fn body(object: &Value) -> Vec<u8> {
    [&[0], object.to_string().as_bytes()].concat()
}

#[test]
fn what_is_far_too_much() {
    if extent() == Extent::Quick {
        testkit::skipped::say("KONNECT_QUICK: what is far too much takes too long");
        return;
    }
    let labels: Map<String, Value> = (0..100_000).map(|i| (format!("l{i}"), json!("v"))).collect();
    let owned: Map<String, Value> = (0..100_000).map(|i| (format!("f:l{i}"), json!({}))).collect();
    let entry = json!({"manager": "konnect", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": owned}}});
    let metadata = json!({"name": "pat", "namespace": "kong", "uid": "u", "resourceVersion": "1", "labels": labels, "managedFields": [entry]});
    targets::answer(&body(&json!({"kind": "Secret", "apiVersion": "v1", "metadata": metadata})));
    targets::managed_fields(json!([entry]).to_string().as_bytes());

    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for (open, close) in [("[", "]"), ("{\"f:a\":", "}"), ("{a = ", "}"), ("a:\n ", "")] {
        let text = deep(open, close);
        for (_, target) in targets::ALL {
            target(text.as_bytes());
            target(format!("a = {text}").as_bytes());
            target(format!("POST /api/v1/namespaces\napplication/json\n{text}").as_bytes());
            target(format!("PATCH /api/v1/namespaces/a?fieldManager=x\napplication/apply-patch+yaml\n{text}").as_bytes());
        }
    }
    for line in ["= \n", "a.b.c.d = 1\n", "[[a]]\n", "'''\n", "a = \"kpat_aaaaaaaaaaaa\"\n"] {
        targets::spec(line.repeat(20_000).as_bytes());
    }
}

/// Memory must not grow with what is sent: the built program gets 300 MB of address space, of which it needs a quarter to start.
#[test]
fn an_answer_of_64_megabytes_ends_in_an_error() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 67108864\r\n\r\n{\"a\":\"");
                while stream.write_all(&[b'x'; 65536]).is_ok() {}
            });
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "big",
        "contexts": [{"name": "big", "context": {"cluster": "big", "user": "big"}}],
        "clusters": [{"name": "big", "cluster": {"server": format!("http://{address}")}}], "users": [{"name": "big", "user": {}}],
    });
    std::fs::write(folder.path().join("config"), config.to_string()).expect("written");
    let spec = "namespace = \"a\"\nservice_account = \"b\"\nsecret = \"c\"\npat_env = \"PAT\"\n";
    std::fs::write(folder.path().join("konnect.toml"), spec).expect("written");
    let mut sh = std::process::Command::new("sh");
    sh.args(["-c", "ulimit -v 300000; exec \"$0\" plan --kubeconfig config --timeout 60s", env!("CARGO_BIN_EXE_konnect")]);
    // glibc sets address space aside for each thread: one arena, so that it is konnect's own memory that is bounded.
    let sh = sh.current_dir(folder.path()).env("PAT", "kpat_bigAnswer1234567").env("MALLOC_ARENA_MAX", "1");
    let output = sh.output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("more than 16 MiB"), "{stderr}");
}
