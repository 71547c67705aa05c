//! TOML → Spec.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Path as given.
    pub path: String,
    /// Folder.
    pub folder: PathBuf,
    /// Namespace.
    pub namespace: Object,
    /// Managed.
    pub manage_namespace: bool,
    /// SA.
    pub service_account: Object,
    /// Secret.
    pub secret: Object,
    /// Token key.
    pub pat: Option<PatKey>,
    /// Cluster keys.
    pub cluster: ClusterKeys,
}
/// Object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}
/// Where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatKey {
    /// Env.
    Env(String),
    /// File.
    File(String, PathBuf),
}
/// Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterKeys {
    /// context
    pub context: Option<String>,
    /// kubeconfig
    pub kubeconfig: Option<(String, PathBuf)>,
    /// uid
    pub uid: Option<String>,
}
/// Errors.
#[derive(Debug)]
pub struct SpecErrors;
impl SpecErrors {
    /// m
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        Vec::new()
    }
    /// r
    #[must_use]
    pub fn render(&self, _color: bool) -> String {
        String::new()
    }
}
/// Read.
///
/// # Errors
/// x
pub fn read(path: &str, _pat_from_stdin: bool) -> Result<Spec, SpecErrors> {
    let text = std::fs::read_to_string(path).map_err(|_| SpecErrors)?;
    let table: toml::Table = text.parse().map_err(|_| SpecErrors)?;
    let strings = |v: Option<&toml::Value>| -> BTreeMap<String, String> {
        v.and_then(|v| v.as_table())
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
            .collect()
    };
    let object = |key: &str| match &table[key] {
        toml::Value::String(name) => Object { name: name.clone(), ..Object::default() },
        v => Object {
            name: v["name"].as_str().unwrap_or_default().to_owned(),
            labels: strings(v.get("labels")),
            annotations: strings(v.get("annotations")),
        },
    };
    let cluster = table.get("cluster");
    let text = |key: &str| cluster.and_then(|c| c.get(key)).and_then(|v| v.as_str()).map(str::to_owned);
    Ok(Spec {
        path: path.to_owned(),
        folder: PathBuf::from("."),
        namespace: object("namespace"),
        manage_namespace: table["namespace"].get("manage").and_then(toml::Value::as_bool).unwrap_or(true),
        service_account: object("service_account"),
        secret: object("secret"),
        pat: table.get("pat_env").and_then(|v| v.as_str()).map(|v| PatKey::Env(v.to_owned())),
        cluster: ClusterKeys { context: text("context"), kubeconfig: None, uid: text("uid") },
    })
}
/// m
#[must_use]
pub fn mask_tokens(text: &str) -> String {
    text.to_owned()
}
