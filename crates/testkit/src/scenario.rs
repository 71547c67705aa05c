//! The folders of `tests/scenarios`: what is there before, the spec, how konnect is run, and how each run must end.

pub mod normal;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::root;

/// One folder.
pub struct Scenario {
    /// Where it is.
    pub folder: PathBuf,
    settings: Settings,
}

/// `scenario.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// One sentence: why the scenario exists.
    about: String,
    /// More arguments for plan and apply.
    #[serde(default)]
    args: Vec<String>,
    /// Whether `$PAT` is set.
    #[serde(default = "is_set")]
    pat: bool,
    /// The exit code of `plan --detailed-exitcode`.
    plan: i32,
    /// The exit code of `apply --auto-approve`.
    apply: i32,
    /// The exit code of the same plan after that apply.
    plan_again: i32,
}

const fn is_set() -> bool {
    true
}

/// Where the scenarios are, by name.
#[must_use]
pub fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/scenarios")).expect("the scenarios");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
}

/// All of them, by name. Panics where one can't be read.
#[must_use]
pub fn all() -> Vec<Scenario> {
    folders().into_iter().map(|folder| Scenario::read(folder).unwrap_or_else(|why| panic!("{why}"))).collect()
}

impl Scenario {
    /// Reads a folder.
    pub fn read(folder: PathBuf) -> Result<Self, String> {
        let path = folder.join("scenario.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let settings = settings(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(Self { folder, settings })
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.folder)
    }

    /// More arguments for plan and apply.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        self.settings.args.clone()
    }

    /// The exit code of a plan that tells pending changes.
    #[must_use]
    pub const fn plan_code(&self) -> i32 {
        self.settings.plan
    }

    /// The exit code of an apply.
    #[must_use]
    pub const fn apply_code(&self) -> i32 {
        self.settings.apply
    }

    /// The exit code of the same plan after that apply.
    #[must_use]
    pub const fn plan_again_code(&self) -> i32 {
        self.settings.plan_again
    }

    /// Whether there is a token.
    #[must_use]
    pub const fn pat(&self) -> bool {
        self.settings.pat
    }

    /// The spec's text.
    #[must_use]
    pub fn spec(&self) -> String {
        std::fs::read_to_string(self.folder.join("konnect.toml")).expect("the spec")
    }

    /// The namespace that the spec names.
    #[must_use]
    pub fn namespace(&self) -> String {
        let spec: toml::Table = self.spec().parse().expect("TOML");
        let name = spec["namespace"].as_str().or_else(|| spec["namespace"].get("name")?.as_str());
        name.expect("the namespace").to_owned()
    }

    /// Makes the state it begins with: by POST, then by PUT with the managedFields, which a server keeps.
    pub fn load(&self, mut send: impl FnMut(&str, &str, String) -> (u16, Value)) {
        let Ok(before) = std::fs::read_to_string(self.folder.join("before.json")) else { return };
        let before: Value = before.parse().expect("JSON");
        for object in before.as_array().expect("a list of objects") {
            let (collection, path) = paths(object);
            let (code, made) = send("POST", &collection, object.to_string());
            assert_eq!(code, 201, "{made}");
            if object.pointer("/metadata/managedFields").is_some() {
                let (code, put) = send("PUT", &path, object.to_string());
                assert_eq!(code, 200, "{put}");
                assert_eq!(put["metadata"]["managedFields"], object["metadata"]["managedFields"], "the server keeps them");
            }
        }
        // Only now: in a namespace that is being deleted nothing can be made.
        for object in before.as_array().into_iter().flatten() {
            if object.pointer("/metadata/deletionTimestamp").is_some() {
                let (code, gone) = send("DELETE", &paths(object).1, String::new());
                assert_eq!(code, 200, "{gone}");
            }
        }
    }
}

/// The name of a scenario's folder.
#[must_use]
pub fn name(folder: &Path) -> String {
    folder.file_name().expect("a name").to_string_lossy().into_owned()
}

fn settings(text: &str) -> Result<Settings, String> {
    let settings: Settings = toml::from_str(text).map_err(|e| e.to_string())?;
    let about = settings.about.trim();
    if about.is_empty() || !about.ends_with('.') || about.contains('\n') {
        return Err("`about` is one sentence, on one line, that says why the scenario exists".to_owned());
    }
    Ok(settings)
}

/// The collection and the object's path.
fn paths(object: &Value) -> (String, String) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let collection = match text("/kind") {
        "Namespace" => "/api/v1/namespaces".to_owned(),
        "ServiceAccount" => format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
        "Secret" => format!("/api/v1/namespaces/{namespace}/secrets"),
        other => panic!("{other} is no kind of ours"),
    };
    let path = format!("{collection}/{name}");
    (collection, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "about = \"A reason.\"\nplan = 2\napply = 0\nplan_again = 0\n";

    #[test]
    fn what_is_not_said_is_usual() {
        let settings = settings(SOUND).expect("sound");
        assert!(settings.pat && settings.args.is_empty());
    }

    #[test]
    fn what_is_unknown_missing_or_no_sentence_is_an_error_that_says_so() {
        let bad = [
            (format!("{SOUND}aply = 3\n"), "unknown field `aply`"),
            (SOUND.replace("plan_again = 0\n", ""), "missing field `plan_again`"),
            (SOUND.replace("about = \"A reason.\"\n", ""), "missing field `about`"),
            (SOUND.replace("apply = 0", "apply = \"0\""), "expected i32"),
            (SOUND.replace("A reason.", ""), "`about` is one sentence"),
            (SOUND.replace("A reason.", "Reasons"), "`about` is one sentence"),
        ];
        for (text, expected) in bad {
            let why = settings(&text).err().expect("an error");
            assert!(why.contains(expected), "{why}");
        }
    }
}
