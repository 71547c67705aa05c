//! A user's credential plugin: what kubectl demands of its entry, even where it is not run.

use kube::config::{ExecConfig, ExecInteractiveMode};

use super::document::YamlNode;
use super::entry::Entry;
use crate::outcome::Failure;
use crate::text;

/// The versions of the plugins' interface that there are; the first demands that interactiveMode is said.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/// Reads it.
pub fn read(user: &Entry<'_>) -> Result<Option<ExecConfig>, Failure> {
    let Some(exec) = user.below("exec")? else { return Ok(None) };
    let wrong = |what| user.wrong(text!("is not usable: its exec {}", what));
    let Some(command) = exec.text("command")? else { return Err(wrong(text!("has no command"))) };
    let Some(version) = exec.text("apiVersion")? else { return Err(wrong(text!("has no apiVersion"))) };
    if !VERSIONS.contains(&version) {
        return Err(wrong(text!("has another apiVersion than {} or {}", VERSIONS[0], VERSIONS[1])));
    }
    let mode = match exec.text("interactiveMode")? {
        Some("Never") => ExecInteractiveMode::Never,
        Some("IfAvailable") => ExecInteractiveMode::IfAvailable,
        Some("Always") => ExecInteractiveMode::Always,
        None if version != VERSIONS[0] => ExecInteractiveMode::IfAvailable,
        _ => {
            return Err(wrong(text!("has no interactiveMode that there is")).hint("it is Never, IfAvailable or Always"));
        }
    };
    let mut env = Vec::new();
    for variable in exec.list("env")? {
        let part = |key| exec.item("env", variable.get(key).unwrap_or(&YamlNode::Null)).map(str::to_owned);
        let (name, value) = (part("name")?, part("value")?);
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(wrong(text!("has a variable without a name, or with one that can't be")));
        }
        env.push([("name".to_owned(), name), ("value".to_owned(), value)].into());
    }
    // Only a command with a slash is a path: others are looked for on the PATH.
    let command = if command.contains('/') { exec.absolute(command).display().to_string() } else { command.to_owned() };
    Ok(Some(ExecConfig {
        api_version: Some(version.to_owned()),
        command: Some(command),
        args: Some(exec.texts("args")?.into_iter().map(str::to_owned).collect()),
        env: Some(env),
        install_hint: exec.text("installHint")?.map(str::to_owned),
        interactive_mode: Some(mode),
        provide_cluster_info: exec.flag("provideClusterInfo")?,
        ..ExecConfig::default()
    }))
}
