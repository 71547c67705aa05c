//! A kubeconfig's exec credential plugin: run once a run, with a time limit, without the token's variable, its output never shown.

use crate::text;
use std::process::Stdio;
use std::time::Duration;

use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::pat::Scrubber;

/// The longest a plugin may take.
const LIMIT: Duration = Duration::from_secs(30);
/// The most bytes that are read of it.
const MOST_BYTES: u64 = 1024 * 1024;

/// Runs the plugin, if there is one, and puts the credentials it prints in its place: kube itself would run it up to three times.
///
/// # Errors
/// The plugin is missing, fails, takes too long or prints no credential. No message quotes its output.
pub async fn resolve(
    auth: &mut AuthInfo,
    hidden_env: Option<&Outside>,
    remaining: Duration,
    secrets: &Scrubber,
) -> Result<(), Failure> {
    let Some(exec) = auth.exec.take() else { return Ok(()) };
    if auth.token.is_some() || auth.token_file.is_some() || auth.username.is_some() {
        return Ok(());
    }
    let printed = run(&exec, hidden_env, remaining.min(LIMIT)).await?;
    accept(auth, &exec, &printed, secrets)
}

fn name(exec: &ExecConfig) -> Text {
    text!("the credential plugin `{}` of the kubeconfig", Outside::from(exec.command.as_deref().unwrap_or_default()))
}

async fn run(exec: &ExecConfig, hidden_env: Option<&Outside>, limit: Duration) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let fail = |what: Text| Failure::new("exec_plugin", text!("{} {}", name(exec), what));
    let Some(program) = exec.command.as_deref().filter(|command| !command.is_empty()) else {
        return Err(fail("has no command".into()));
    };
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(fail("wants a terminal of its own (interactiveMode: Always)".into())
            .hint("log in with it first, or use another context"));
    }
    let mut command = tokio::process::Command::new(program);
    command.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    if let Some(hidden) = hidden_env {
        command.env_remove(hidden.expose());
    }
    command.env("KUBERNETES_EXEC_INFO", exec_info(exec)?);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        let failure = fail(text!("can't be started: {}", error.kind()));
        match &exec.install_hint {
            Some(hint) => failure.hint(Outside::from(hint.trim())),
            None => failure.hint("install it, or put it on the PATH"),
        }
    })?;
    let mut printed = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let finish = async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST_BYTES).read_to_end(&mut printed).await?;
        }
        child.wait().await
    };
    let again =
        text!("run `{}` by hand to see why; its output is not shown here, since it may hold credentials", Outside::from(program));
    match tokio::time::timeout(limit, finish).await {
        Err(_) => Err(fail(text!("did not finish within {} s", limit.as_secs())).hint(again)),
        Ok(Err(error)) => Err(fail(text!("can't be read: {}", error.kind()))),
        Ok(Ok(status)) if !status.success() => Err(fail(text!("failed ({})", status)).hint(again)),
        Ok(Ok(_)) => Ok(printed),
    }
}

/// What the plugin is told about its task.
fn exec_info(exec: &ExecConfig) -> Result<String, Failure> {
    let mut spec = json!({ "interactive": false });
    if let Some(cluster) = &exec.cluster {
        spec["cluster"] = serde_json::to_value(cluster)
            .map_err(|_| Failure::new("exec_plugin", text!("{} can't be told about the cluster", name(exec))))?;
    }
    Ok(json!({ "apiVersion": version(exec), "kind": "ExecCredential", "spec": spec }).to_string())
}

fn version(exec: &ExecConfig) -> &str {
    exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1")
}

fn accept(auth: &mut AuthInfo, exec: &ExecConfig, printed: &[u8], secrets: &Scrubber) -> Result<(), Failure> {
    let fail = |what: Text| Failure::new("exec_plugin", text!("{} {}", name(exec), what));
    let credential: Value = serde_json::from_slice(printed).map_err(|_| fail("did not print an ExecCredential".into()))?;
    if credential.get("kind").and_then(Value::as_str) != Some("ExecCredential") {
        return Err(fail("did not print an ExecCredential".into()));
    }
    if credential.get("apiVersion").and_then(Value::as_str) != Some(version(exec)) {
        return Err(fail(text!("printed another apiVersion than {}", Outside::from(version(exec)))));
    }
    let text = |key: &str| {
        credential.pointer("/status").and_then(|status| status.get(key)).and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    for key in ["token", "clientKeyData"] {
        secrets.learn(text(key).unwrap_or_default().as_bytes());
    }
    let pem = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    // What can't be sent must not reach kube, which panics on it.
    if let Some(why) = text("token").and_then(super::kubeconfig::unsendable) {
        return Err(fail(text!("printed a token that can't be sent: {}", why)));
    }
    match (text("token"), text("clientCertificateData"), text("clientKeyData")) {
        (None, None, None) => return Err(fail("printed no credentials (status is empty)".into())),
        (token, Some(certificate), Some(key)) => {
            auth.client_certificate_data = Some(pem(certificate));
            auth.client_key_data = Some(pem(key).into());
            auth.token = token.map(|token| token.to_owned().into());
        }
        (Some(token), None, None) => auth.token = Some(token.to_owned().into()),
        _ => return Err(fail("printed a client certificate without its key, or a key without its certificate".into())),
    }
    Ok(())
}
