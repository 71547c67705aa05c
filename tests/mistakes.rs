//! A folder each: what somebody typed who meant something else, and every byte of the answer but for a plan that it may come after.
//! `cargo test --test mistakes -- spec` runs those whose name holds the word. Each answer says what is wrong, where, and what to do; none
//! holds the token. `mistake.toml`:
//!
//! ```toml
//! about = "Why somebody does this."
//! command = "konnect apply prod.toml"   # a line of shell
//! exit = 1
//! names = ["prod.toml"]                 # what and where: words that the answer must hold
//! before = ["konnect plan --out p"]     # run first, and must succeed
//! spec = '''…'''                        # konnect.toml; without it the four lines of help; false: there is none
//! pat = "…"                             # $PAT; without it a token; false: it is not set
//! served = true                         # KUBECONFIG leads to a served sandbox
//! scenario = "immutable"                # the same, with what that scenario begins with; its spec is konnect.toml
//! no_hint = "…"                         # why the answer needs no line of advice
//! [files]                               # by name
//! "prod.toml" = '''…'''
//! [env]                                 # more variables
//! ```
//!
//! `KONNECT_BLESS=1` writes `expected.txt` of those that ended as they must: read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Trial, run};
use serde::Deserialize;
use testkit::scenario::{self, Scenario};
use testkit::{Konnect, Served, golden, konnect, request, root};

/// The mistakes shall not get fewer unnoticed.
const AT_LEAST: usize = 200;

/// What `$PAT` holds, unless the mistake says otherwise.
const TOKEN: &str = "kpat_Mistake7Qw3ZmTxLvBnR5yK1";

/// `mistake.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    about: String,
    command: String,
    exit: i32,
    names: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    spec: Given,
    #[serde(default)]
    pat: Given,
    #[serde(default)]
    served: bool,
    scenario: Option<String>,
    no_hint: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// A text, or `false`: none.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    There(bool),
    #[default]
    Usual,
}

impl Given {
    fn or<'g>(&'g self, usual: &'g str) -> Option<&'g str> {
        match self {
            Self::Text(text) => Some(text),
            Self::There(false) => None,
            Self::There(true) | Self::Usual => Some(usual),
        }
    }
}

fn main() -> ExitCode {
    let entries = std::fs::read_dir(root().join("tests/mistakes")).expect("the mistakes");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    assert!(folders.len() >= AT_LEAST, "{} mistakes are found", folders.len());
    let sandbox: Arc<LazyLock<Served>> = Arc::new(LazyLock::new(|| Served::start(konnect!())));
    let trial = |folder: PathBuf| {
        let sandbox = Arc::clone(&sandbox);
        Trial::test(scenario::name(&folder), move || Ok(check(&folder, &sandbox)?))
    };
    run(&Arguments::from_args(), folders.into_iter().map(trial).collect()).exit_code()
}

fn check(folder: &Path, sandbox: &LazyLock<Served>) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join("mistake.toml")).map_err(|e| e.to_string())?;
    let mistake: Mistake = toml::from_str(&text).map_err(|e| e.to_string())?;
    let scene = mistake.scenario.as_deref().map(Scene::begin).transpose()?;
    let konnect = prepare(&mistake, sandbox, scene.as_ref());
    for line in &mistake.before {
        let (code, stdout, stderr) = shell(&konnect, line);
        ensure(code == 0, || format!("{line}: {code}\n{stdout}{stderr}"))?;
    }
    let (code, stdout, stderr) = shell(&konnect, &mistake.command);
    let shown = masked(&format!("{}{stderr}", without_plan(&stdout)), konnect.folder());
    let of = |what: &str| format!("{what}\n$ {}\n{shown}exit code {code}", mistake.command);

    ensure(mistake.about.trim().ends_with('.') && !mistake.names.is_empty(), || of("`about` is a sentence, `names` has words"))?;
    ensure(code == mistake.exit, || of(&format!("exit code {code}, not {}", mistake.exit)))?;
    for word in &mistake.names {
        ensure(shown.contains(word), || of(&format!("{word:?} is not in it")))?;
    }
    let advises = stderr.contains("hint: ") || stdout.contains("\"hint\"") || stdout.contains("to take it: ");
    ensure(advises != mistake.no_hint.is_some(), || of("a hint, or the reason why there is none, and not both"))?;
    let pat = mistake.pat.or(TOKEN).filter(|pat| pat.len() > 15).unwrap_or(TOKEN);
    ensure(!shown.contains(pat) && !shows_a_token(&shown), || of("it shows a token"))?;
    ensure(!shown.contains("panicked") && !shown.contains("a bug in konnect"), || of("it is a bug"))?;

    let expected = format!("$ {}\n{shown}exit code {code}\n", mistake.command);
    let compare = if golden::blessing() { golden::bless } else { golden::file };
    compare(&folder.join("expected.txt"), &expected)
}

/// Whether there is anything in it that looks like a token, but for the one that help makes up.
fn shows_a_token(shown: &str) -> bool {
    let shown = shown.replace("kpat_only_for_the_sandbox", "");
    let is_of_a_token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let long = |rest: &str| rest.chars().take_while(|c| is_of_a_token(*c)).count() >= 8;
    ["kpat_", "spat_"].iter().any(|prefix| shown.split(prefix).skip(1).any(long))
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// A sandbox of its own with what a scenario begins with.
struct Scene {
    served: Served,
    spec: String,
}

impl Scene {
    fn begin(name: &str) -> Result<Self, String> {
        let scenario = Scenario::read(root().join("tests/scenarios").join(name))?;
        let served = Served::without_controllers(konnect!());
        let headers = [("content-type", "application/json")];
        scenario.load(|method, path, body| request::send(&served.kubeconfig(), method, path, &headers, body).expect("an answer"));
        Ok(Self { served, spec: scenario.spec() })
    }
}

/// The folder that it happens in.
fn prepare(mistake: &Mistake, sandbox: &LazyLock<Served>, scene: Option<&Scene>) -> Konnect {
    let mut konnect = konnect!();
    let usual = scene.map_or(konnect::spec::FOUR_LINES, |scene| &scene.spec);
    if let Some(spec) = mistake.spec.or(usual) {
        konnect = konnect.spec(spec);
    }
    if let Some(token) = mistake.pat.or(TOKEN) {
        konnect = konnect.env("PAT", token);
    }
    if mistake.served {
        konnect = konnect.env("KUBECONFIG", sandbox.kubeconfig());
    }
    if let Some(scene) = scene {
        konnect = konnect.env("KUBECONFIG", scene.served.kubeconfig());
    }
    for (name, text) in &mistake.files {
        konnect = konnect.file(name, text);
    }
    mistake.env.iter().fold(konnect, |konnect, (name, value)| konnect.env(name, value))
}

/// What somebody typed, with konnect in the path.
fn shell(konnect: &Konnect, line: &str) -> (i32, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_konnect")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_clear().current_dir(konnect.folder());
    command.envs(konnect.command().get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = testkit::child::run_to_end(command, None);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (testkit::child::code(output.status), text(output.stdout), text(output.stderr))
}

/// A plan that was right, and is no part of the answer: the scenarios hold every byte of plans.
fn without_plan(stdout: &str) -> String {
    match stdout.split_once("\nPlan: ") {
        Some((_, rest)) => format!("[the plan]\n{}", rest.split_once('\n').map_or("", |(_, after)| after)),
        None => stdout.to_owned(),
    }
}

/// What differs from run to run stands as `[…]`; how often a request was sent again is not the answer.
fn masked(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[folder]");
    let lines = text.lines().filter(|line| !line.starts_with("retry: "));
    lines.map(|line| line.split_inclusive([' ', '(', ')', ',', '"']).map(word).collect::<String>() + "\n").collect()
}

/// A word without what differs: digests, uids, times, ports.
fn word(word: &str) -> String {
    let core = word.trim_end_matches([' ', '(', ')', ',', '"', ':', ';']);
    let end = &word[core.len()..];
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let is_digest = core.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && is_hex(hex));
    let is_uid = core.len() == 36 && is_hex(core) && core.matches('-').count() == 4;
    let is_time = core.len() == 20 && core.ends_with('Z') && core.as_bytes()[10] == b'T';
    match core {
        _ if is_digest => format!("sha256:[…]{end}"),
        _ if is_uid || is_time => format!("[…]{end}"),
        _ if core.starts_with("https://127.0.0.1:") && !core.ends_with(":1") => format!("https://127.0.0.1:[…]{end}"),
        _ => word.to_owned(),
    }
}
