//! Runs the shell of a job as its runner would, against the sandbox, with stand-ins for what it calls beside konnect.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::Ran;
use testkit::child::{code, run_to_end};

pub const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[cluster]\ncontext = \"prod-eks\"\n";
pub const TOKEN: &str = "kpat_examplesQwErTyUiOp1234567890";
pub const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// What stands in for konnect: the built one, on the sandbox.
const KONNECT: &str = r#"#!/bin/sh
echo "konnect $*" >> "$CALLS"
case "$1" in
plan | apply) exec "$REAL_KONNECT" "$@" --sandbox="$SANDBOX" ;;
*) exec "$REAL_KONNECT" "$@" ;;
esac
"#;

/// "Builds" it, into the folder that --root names.
const CARGO: &str = r#"#!/bin/sh
echo "cargo $*" >> "$CALLS"
while [ "$#" -gt 1 ]; do
    if [ "$1" = --root ]; then root=$2; fi
    shift
done
mkdir -p "$root/bin"
cp "$STAND_INS/konnect" "$root/bin/konnect"
"#;

/// Answers a listing with the file of comments, and keeps what is written.
const GH: &str = r#"#!/bin/sh
echo "gh $*" >> "$CALLS"
[ ! -e "$WORLD/gh-fails" ] || exit 1
for argument; do
    case "$argument" in body=@*) cp "${argument#body=@}" "$WORLD/written" && exit ;; esac
done
cat "$WORLD/comments"
"#;

/// The same for the notes of a merge request, page by page. The token must come as a header, and that by stdin.
const CURL: &str = r#"#!/bin/sh
echo "curl $*" >> "$CALLS"
[ "$(cat)" = "PRIVATE-TOKEN: $NOTES_TOKEN" ] || { echo "no token" >&2; exit 22; }
for argument; do
    case "$argument" in
    body@*) cp "${argument#body@}" "$WORLD/written" && exit ;;
    *headers) headers=$argument ;;
    */user) echo '{"username": "konnect-bot"}' && exit ;;
    *page=*) page=${argument##*page=} ;;
    esac
done
next=$((page + 1))
[ -e "$WORLD/notes-$next" ] || next=
printf 'HTTP/2 200\r\nX-Next-Page: %s\r\n\r\n' "$next" > "$headers"
cat "$WORLD/notes-$page"
"#;

/// One run of a pipeline: its files, and what was called.
pub struct JobFolder {
    folder: tempfile::TempDir,
    /// What the job's shell finds in its environment, beside what each script is given.
    env: BTreeMap<String, String>,
}

impl JobFolder {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("konnect-example-").tempdir().expect("a folder");
        let world = Self { folder, env: BTreeMap::new() };
        for folder in ["stand-ins", "temp", "project"] {
            fs::create_dir(world.path(folder)).expect("a folder");
        }
        for (name, text) in [("konnect", KONNECT), ("cargo", CARGO), ("gh", GH), ("curl", CURL), ("apt-get", "#!/bin/sh\n")] {
            world.stand_in(name, text);
        }
        fs::write(world.path("project/konnect.toml"), SPEC).expect("the spec");
        fs::write(world.path("calls"), "").expect("no calls");
        world
    }

    /// With a jq among the stand-ins; `None` where none can be had.
    #[track_caller]
    pub fn with_jq() -> Option<Self> {
        let tools = crate::tools()?;
        let world = Self::new();
        std::os::unix::fs::symlink(tools.join("gojq"), world.path("stand-ins/jq")).expect("a link");
        Some(world)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Beside the job's other files; an absolute path, for scripts.
    pub fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    /// A file's text; empty where there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn stand_in(&self, name: &str, text: &str) {
        let path = self.path("stand-ins").join(name);
        fs::write(&path, text).expect("a stand-in");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    /// Every program that was called since this was asked before.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.read("calls").lines().map(str::to_owned).collect();
        self.write("calls", "");
        calls
    }

    /// For all scripts from here on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// As both GitHub (`shell: bash`) and GitLab run it.
    pub fn run(&self, script: &str, env: &BTreeMap<String, String>, path: &str) -> Ran {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(self.path("project")).env_clear();
        let system = std::env::var("PATH").unwrap_or_default();
        bash.env("PATH", format!("{path}{}:{system}", self.shown("stand-ins"))).env("HOME", self.shown("temp"));
        bash.env("CALLS", self.path("calls")).env("WORLD", self.folder.path()).env("STAND_INS", self.path("stand-ins"));
        bash.env("SANDBOX", self.path("sandbox.json")).env("REAL_KONNECT", env!("CARGO_BIN_EXE_konnect"));
        let output = run_to_end(
            {
                bash.envs(&self.env).envs(env);
                bash
            },
            None,
        );
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: code(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// An artefact, handed on: it loses its mode.
pub fn hand_on(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    fs::set_permissions(to, fs::Permissions::from_mode(0o644)).expect("chmod");
}
