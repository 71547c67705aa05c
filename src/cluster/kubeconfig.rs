//! Which kubeconfig, and which context of it. Never an in-cluster fallback, never an override from the environment.

use crate::text;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::Choice;
use crate::outcome::Failure;
use crate::outside::{Outside, Part as _, Text};

/// The most bytes of a kubeconfig that are read.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The chosen context, resolved.
pub struct Selected {
    /// Its name.
    pub context: Outside,
    /// kube's own reading of it: certificates loaded, paths absolute. Its `exec` has not been run.
    pub config: kube::Config,
    /// `proxy-url` of the cluster was set.
    pub has_proxy_url: bool,
}

/// Reads the kubeconfig files and picks the context.
///
/// # Errors
/// No file, an unreadable one, an unknown context (the message lists those there are), or an incomplete entry.
pub async fn select(choice: &Choice) -> Result<Selected, Failure> {
    let (kubeconfig, shown) = load(choice)?;
    let context = pick(&kubeconfig, choice.context.as_ref().map(Outside::expose), &shown)?;
    let cluster_name =
        kubeconfig.contexts.iter().find(|c| c.name == context).and_then(|c| c.context.as_ref()).map(|c| c.cluster.clone());
    let cluster = kubeconfig.clusters.iter().find(|c| Some(&c.name) == cluster_name.as_ref()).and_then(|c| c.cluster.as_ref());
    let has_proxy_url = cluster.and_then(|c| c.proxy_url.as_ref()).is_some_and(|url| !url.is_empty());
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| {
        let what = text!("context {} of {} is not usable: {}", Outside::from(&context), shown, words(&error));
        Failure::new("kubeconfig", what)
    })?;
    // kube takes a proxy from the environment and applies NO_PROXY wrongly; ours is refused by its own rule instead.
    config.proxy_url = None;
    Ok(Selected { context: context.into(), config, has_proxy_url })
}

fn load(choice: &Choice) -> Result<(Kubeconfig, Text), Failure> {
    let (files, from_list) = files(choice)?;
    let shown = Text::join(files.iter().map(|(shown, _)| shown.into()), ", ");
    let mut merged: Option<Kubeconfig> = None;
    for (shown, path) in &files {
        if from_list && !path.exists() {
            continue;
        }
        let read = read(shown, path)?;
        merged = Some(match merged {
            None => read,
            Some(before) => before.merge(read).map_err(|error| unreadable(shown, &error))?,
        });
    }
    let merged = merged.ok_or_else(|| {
        Failure::new("kubeconfig", text!("no kubeconfig: none of the files in KUBECONFIG is there: {}", shown))
            .hint("correct KUBECONFIG, or name a file with --kubeconfig")
    })?;
    Ok((merged, shown))
}

/// Reads one file, of which kube itself would read any length.
fn read(shown: &Outside, path: &Path) -> Result<Kubeconfig, Failure> {
    let of_io = |error: std::io::Error| unreadable(shown, &KubeconfigError::ReadConfig(error, path.to_owned()));
    let metadata = std::fs::metadata(path).map_err(of_io)?;
    let too_long = || Failure::new("kubeconfig", text!("{} is longer than 16 MiB: is it a kubeconfig?", shown));
    if metadata.is_file() || metadata.is_dir() {
        if is_half_of_utf16(path, metadata.len()) {
            return Err(Failure::new(
                "kubeconfig",
                text!("the kubeconfig {} can't be used: it begins as UTF-16 and isn't", shown),
            )
            .hint("save it as UTF-8"));
        }
        return if metadata.len() > MOST_BYTES {
            Err(too_long())
        } else {
            Kubeconfig::read_from(path).map_err(|error| unreadable(shown, &error))
        };
    }
    // A pipe, such as the shell's <(…), can be read once only, and has no folder that paths could be relative to.
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text)).map_err(of_io)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(too_long());
    }
    Kubeconfig::from_yaml(&text).map_err(|error| unreadable(shown, &error))
}

/// A byte order mark of UTF-16 before an odd number of bytes: kube-client 5.0 reads past the end of that, and panics.
fn is_half_of_utf16(path: &Path, length: u64) -> bool {
    let mut mark = [0; 2];
    let marked = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut mark)).is_ok();
    marked && length % 2 == 1 && matches!(mark, [0xff, 0xfe] | [0xfe, 0xff])
}

type Shown = (Outside, PathBuf);

/// The files, and whether they are a list of which some may be missing.
fn files(choice: &Choice) -> Result<(Vec<Shown>, bool), Failure> {
    if let Some(flag) = &choice.kubeconfig_flag {
        return Ok((vec![(flag.clone(), PathBuf::from(flag.expose()))], false));
    }
    if let Some(from_spec) = &choice.kubeconfig_spec {
        return Ok((vec![from_spec.clone()], false));
    }
    let listed: Vec<Shown> = std::env::var_os("KUBECONFIG").map_or_else(Vec::new, |list| {
        let paths = std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty());
        paths.map(|path| (Outside::from(path.as_path()), path)).collect()
    });
    if !listed.is_empty() {
        return Ok((listed, true));
    }
    let advice = "name one with --kubeconfig, KUBECONFIG or cluster.kubeconfig in the spec; konnect never falls back to in-cluster credentials";
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let Some(home) = home else {
        return Err(Failure::new("kubeconfig", "no kubeconfig: KUBECONFIG and HOME are not set").hint(advice));
    };
    let default = Path::new(&home).join(".kube").join("config");
    if !default.exists() {
        return Err(
            Failure::new("kubeconfig", "no kubeconfig: KUBECONFIG is not set and ~/.kube/config does not exist").hint(advice)
        );
    }
    Ok((vec![("~/.kube/config".into(), default)], false))
}

fn pick(kubeconfig: &Kubeconfig, wanted: Option<&str>, shown: &Text) -> Result<String, Failure> {
    let names: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
    let has = || Text::join(names.iter().map(|name| Outside::from(*name).into()), ", ");
    let list = if names.is_empty() { text!("{} has no contexts", shown) } else { text!("{} has: {}", shown, has()) };
    let current = kubeconfig.current_context.as_deref().filter(|name| !name.is_empty());
    let Some(name) = wanted.or(current) else {
        return Err(Failure::new("context", text!("no context is chosen, and {} has no current-context", shown))
            .hint(text!("choose one with --context or cluster.context in the spec; {}", list)));
    };
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    let close = similar::get_close_matches(name, &names, 1, 0.6);
    let advice = close.first().map_or_else(|| list.clone(), |close| text!("did you mean {}? {}", Outside::from(*close), list));
    Err(Failure::new("context", text!("there is no context {}", Outside::from(name))).hint(advice))
}

fn unreadable(shown: &Outside, error: &KubeconfigError) -> Failure {
    Failure::new("kubeconfig", text!("the kubeconfig {} can't be used: {}", shown, words(error)))
}

/// What is wrong, without the file's own text: a kubeconfig holds credentials, and the YAML parser's message quotes it.
fn words(error: &KubeconfigError) -> Text {
    match error {
        KubeconfigError::ReadConfig(source, _) => source.kind().text(),
        KubeconfigError::Parse(source) => match source.location() {
            Some(place) => text!(
                "it is not the YAML of a kubeconfig (near line {}, column {})",
                Outside::new(place.line().to_string()),
                Outside::new(place.column().to_string())
            ),
            None => "it is not the YAML of a kubeconfig".into(),
        },
        KubeconfigError::LoadContext(_) => "the context has no entry of its own".into(),
        KubeconfigError::LoadClusterOfContext(name) => text!("its cluster {} is not in the file", Outside::from(name)),
        KubeconfigError::MissingClusterUrl => "its cluster has no server address".into(),
        KubeconfigError::ParseClusterUrl(_) => "its cluster's server is not a URL".into(),
        KubeconfigError::ParseProxyUrl(_) => "the proxy named for it is not a URL".into(),
        other => Outside::new(other.to_string()).into(),
    }
}
