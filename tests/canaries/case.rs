//! One run of konnect with a canary planted somewhere, and the search of everything it wrote.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::findings::Finding;
use super::form::Form;
use super::met::{Facts, Planted, met};
use super::search::search;
use super::secret::{Canary, Flavour, Whose};
use super::server::{Log, Script, ScriptedServer};
use super::state::SPEC;
use testkit::{Konnect, Ran};

/// Stands for the server's address in what is written before the server is known.
pub const SERVER: &str = "http://server.invalid";

/// The kubeconfig of every run that has no other.
pub const KUBECONFIG: &str = "input-kubeconfig.json";

/// One run.
pub struct CanaryCase {
    /// Where the canary is, for findings.
    pub place: String,
    /// The command line.
    pub args: Vec<String>,
    /// The environment, beside `PATH` and `HOME`.
    pub env: Vec<(String, String)>,
    /// The files that are there before.
    pub inputs: BTreeMap<String, String>,
    /// What the server answers.
    pub script: Script,
    /// What was planted.
    pub planted: Vec<Planted>,
    /// What konnect can know.
    pub facts: Facts,
    /// Whether the spec or a flag holds the whole wanted token, so that the run must be refused.
    pub must_refuse: bool,
    /// Whether a file that `--out` names must not be there in the end.
    pub no_plan: bool,
}

impl CanaryCase {
    /// A sound spec, the wanted token in `$PAT`, and a kubeconfig with a bearer token.
    pub fn new(place: String, args: &[&str], script: Script, planted: Planted) -> Self {
        let flavour = flavour_of(planted.canary);
        let password = planted.canary.whose == Whose::Password;
        let credential = Canary { whose: if password { Whose::Password } else { Whose::Bearer }, flavour: Flavour::Prefixed };
        let user =
            if password { json!({"username": "ci", "password": credential.text()}) } else { json!({"token": credential.text()}) };
        Self {
            place,
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: vec![
                ("PAT".to_owned(), Canary::new(flavour).text().to_owned()),
                ("KUBECONFIG".to_owned(), KUBECONFIG.to_owned()),
            ],
            inputs: BTreeMap::from([
                ("konnect.toml".to_owned(), SPEC.to_owned()),
                (KUBECONFIG.to_owned(), kubeconfig(&user).to_string()),
            ]),
            script,
            planted: vec![planted],
            facts: Facts {
                wanted: Some(Canary::new(flavour)),
                credential: Some(credential),
                kubeconfig_is_read: false,
                exposed: None,
            },
            must_refuse: false,
            no_plan: false,
        }
    }

    /// Runs it, and searches all that it wrote.
    pub fn run(&self, server: &ScriptedServer) -> (Vec<Finding>, Log) {
        let konnect = self.prepared(server);
        let ran = konnect.run();
        let log = server.log();
        let met: Vec<&str> = met(&self.facts, &self.planted, &log, ran.code, &self.env).into_iter().map(Canary::text).collect();
        let mut found = Vec::new();
        for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            found.extend(self.shown(stream, text, &met));
        }
        self.search_files(konnect.folder(), Path::new(""), (server, &met), &mut found);
        found.extend(self.wrong_end(&ran, konnect.folder()));
        (found, log)
    }

    /// The server and the folder, ready for the run.
    pub fn prepared(&self, server: &ScriptedServer) -> Konnect {
        server.begin(self.script.clone());
        let mut konnect = testkit::konnect!();
        for (name, text) in &self.inputs {
            let path = konnect.folder().join(name);
            // A name that no file can have is tried without the file.
            let _ = path.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(path, text.replace(SERVER, &server.url));
        }
        let extra = match self.facts.wanted {
            Some(canary) if canary.flavour != Flavour::Prefixed => accept_any(self.args.first()),
            _ => None,
        };
        konnect = konnect.args(self.args.iter().map(String::as_str).chain(extra));
        for (name, value) in &self.env {
            konnect = konnect.env(name, value);
        }
        konnect
    }

    fn shown(&self, stream: &str, text: &str, met: &[&str]) -> Vec<Finding> {
        let hits = search(text).into_iter().filter(|hit| met.contains(&hit.canary));
        hits.map(|hit| self.finding(&format!("{stream} shows a slice of {}: …{}…", hit.canary, hit.excerpt.escape_debug())))
            .collect()
    }

    fn finding(&self, what: &str) -> Finding {
        let planted: Vec<String> = self.planted.iter().map(|one| format!("{} {:?}", one.canary.name(), one.form)).collect();
        Finding {
            place: self.place.clone(),
            args: self.args.join(" ").escape_debug().to_string(),
            planted: planted.join(", "),
            what: what.to_owned(),
        }
    }

    /// Every file that isn't as we wrote it was written by konnect; so was its name.
    fn search_files(&self, folder: &Path, below: &Path, (server, met): (&ScriptedServer, &[&str]), found: &mut Vec<Finding>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), below.join(entry.file_name()));
            let shown = name.display().to_string();
            let ours = |input: &String| Path::new(input).starts_with(&name);
            if path.is_dir() {
                self.search_files(&path, &name, (server, met), found);
            } else if let Ok(bytes) = std::fs::read(&path) {
                let text = String::from_utf8_lossy(&bytes);
                let unchanged = self.inputs.get(&shown).is_some_and(|input| input.replace(SERVER, &server.url) == text);
                // What was applied to the sandbox is kept in its file, the token included: that is said when it begins.
                let sandbox = shown.contains("sandbox");
                if !unchanged && !sandbox {
                    found.extend(self.shown(&format!("the file {shown}"), &text, met));
                }
            }
            // A name that the user chose, and that is not the whole wanted token, stays.
            if self.must_refuse && !self.inputs.keys().any(ours) {
                found.extend(self.shown("a file's name", &shown, met));
            }
        }
    }

    fn wrong_end(&self, ran: &Ran, folder: &Path) -> Option<Finding> {
        if self.no_plan && folder.join("out.plan").exists() {
            return Some(self.finding(&format!("a plan that holds a secret was saved (exit code {})", ran.code)));
        }
        // One that is blocked besides is refused for that (3).
        if self.no_plan && !matches!(ran.code, 1 | 3) {
            return Some(self.finding(&format!("exit code {}, though a secret was about to get into a plan file", ran.code)));
        }
        if self.must_refuse && !matches!(ran.code, 1 | 64) {
            return Some(self.finding(&format!("exit code {}, though spec or flags hold the whole token", ran.code)));
        }
        (ran.code < 0 || ran.code == 70 || ran.code == 101)
            .then(|| self.finding(&format!("konnect broke: {} {}", ran.code, ran.stderr)))
    }
}

/// The flavour of the tokens in a run with this canary.
pub fn flavour_of(canary: Canary) -> Flavour {
    match canary.whose {
        Whose::Old | Whose::New => canary.flavour,
        // They are no tokens; the tokens beside them are the ones that are hardest to recognise.
        Whose::Bearer | Whose::Password => Flavour::Bare,
    }
}

/// A kubeconfig with one context and this user.
pub fn kubeconfig(user: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "main",
        "contexts": [{"name": "main", "context": {"cluster": "main", "user": "ci", "namespace": "default"}}],
        "clusters": [{"name": "main", "cluster": {"server": SERVER}}], "users": [{"name": "ci", "user": user}],
    })
}

/// Whether the canary is the whole wanted token, as it is.
pub fn is_the_wanted_token(planted: &Planted) -> bool {
    planted.canary.whose == Whose::New && planted.form.is_clear()
}

/// The flag without which a token of another make is refused, where this konnect's command knows it.
fn accept_any(command: Option<&String>) -> Option<&'static str> {
    static KNOWN: OnceLock<Vec<&str>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let knows = |command: &&str| testkit::konnect!().args([command, "--help"]).run().stdout.contains("--accept-any-token");
        ["plan", "apply", "validate", "rbac"].into_iter().filter(knows).collect()
    });
    command.filter(|command| known.contains(&command.as_str())).map(|_| "--accept-any-token")
}

/// The whole canary, alone.
pub const fn whole(canary: Canary) -> Planted {
    Planted { canary, form: Form::Whole }
}
