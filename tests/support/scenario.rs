//! A folder of `tests/scenarios`: what is there before, the spec, and how it is to be applied.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One folder.
pub struct Scenario {
    /// Where it is.
    pub folder: PathBuf,
    /// From `scenario.toml`: arguments for plan and apply, apply's exit code, and whether `$PAT` is set.
    settings: toml::Table,
}

/// All of them, by name.
pub fn all() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = std::fs::read_dir(root).expect("the scenarios");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let settings = std::fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default();
        Scenario { settings: settings.parse().expect("scenario.toml"), folder }
    };
    folders.into_iter().map(read).collect()
}

impl Scenario {
    /// The folder's name.
    pub fn name(&self) -> String {
        self.folder.file_name().expect("a name").to_string_lossy().into_owned()
    }

    /// More arguments for plan and apply.
    pub fn args(&self) -> Vec<String> {
        let args = self.settings.get("args").and_then(toml::Value::as_array);
        args.into_iter().flatten().filter_map(toml::Value::as_str).map(str::to_owned).collect()
    }

    /// The exit code of an apply.
    pub fn code(&self) -> i32 {
        self.settings.get("apply").and_then(toml::Value::as_integer).map_or(0, |code| i32::try_from(code).expect("an exit code"))
    }

    /// Whether there is a token.
    pub fn pat(&self) -> bool {
        self.settings.get("pat").and_then(toml::Value::as_bool).unwrap_or(true)
    }

    /// The spec's text.
    pub fn spec(&self) -> String {
        std::fs::read_to_string(self.folder.join("konnect.toml")).expect("the spec")
    }

    /// The namespace that the spec names.
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
