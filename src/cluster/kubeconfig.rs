//! Which kubeconfig, which context of it, and what it says, read as kubectl reads it. kube's own reading is not used: it takes empty for
//! set, trips over entries that nobody asked for, and panics on some. Never an in-cluster fallback, never an override from the environment.
//!
//! * `files`: which files, and how much of each is read.
//! * `document`: bytes to a tree, without types, so that only what is looked at can be wrong.
//! * `entry`: a context, cluster or user, and its values by name.
//! * `server`: the cluster: its address and whom to believe that it is the one.
//! * `user`: the credentials, and as whom to act; `exec`: a credential plugin's part of them.

mod address;
mod document;
mod entry;
mod exec;
mod files;
mod server;
mod user;

use zeroize::Zeroizing;

pub use files::{SameFiles, read_bounded};
pub use user::unsendable;

use super::{ClusterSelector, Deadline, Notice, Notices};
use crate::blocking::within;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::pat::Scrubber;
use crate::text;
use document::YamlNode;
use entry::Entry;
use files::Loaded;

/// Every bearer token, password and token file's content that was read, for the masker.
pub type Secrets = Vec<Zeroizing<Vec<u8>>>;

/// The chosen context, resolved.
pub struct Selected {
    /// Its name.
    pub context: Outside,
    /// What to connect with: certificates and tokens are in it, no path is. Its `exec` has not been run.
    pub config: kube::Config,
    /// `proxy-url` of the cluster was set.
    pub has_proxy_url: bool,
}

/// Something is wrong with the kubeconfig itself.
fn wrong(what: impl Into<Text>) -> Failure {
    Failure::new(FailureCode::Kubeconfig, what)
        .hint("correct it there, or choose another context with --context or another kubeconfig with --kubeconfig")
}

/// Reads the kubeconfig files and picks the context, which is told as soon as it is known, whatever is wrong with the rest.
///
/// # Errors
/// No file, an unreadable one, an unknown context (the message lists those there are), or an entry that can't be used.
pub async fn select(
    choice: &ClusterSelector,
    deadline: &Deadline,
    notices: &Notices,
    secrets: &Scrubber,
) -> Result<Selected, Failure> {
    let mut selected = select_each(choice, std::slice::from_ref(&choice.context), deadline, notices, secrets).await;
    let none = || Err(Failure::new(FailureCode::Context, "no context was chosen"));
    selected.pop().unwrap_or_else(none)
}

/// The same for several contexts of the same files, which are read once. `None` among them is the current one.
pub async fn select_each(
    choice: &ClusterSelector,
    contexts: &[Option<Outside>],
    deadline: &Deadline,
    notices: &Notices,
    secrets: &Scrubber,
) -> Vec<Result<Selected, Failure>> {
    contexts.iter().flatten().for_each(|context| notices(Notice::Context(context.clone())));
    let (choice, wanted) = (choice.clone(), contexts.to_vec());
    let read = within(deadline, "reading the kubeconfig and the files that it names", move || {
        let mut met = Secrets::new();
        let loaded = Loaded::read(&choice).inspect(|loaded| credentials_of_all(loaded, &mut met));
        let each = wanted.iter().map(|context| {
            let (mut chosen, loaded) = (None, loaded.as_ref().map_err(Clone::clone)?);
            let selected = resolve(loaded, context.as_ref(), &mut met, &mut chosen);
            Ok((selected, chosen.filter(|_| context.is_none())))
        });
        (each.collect::<Vec<Result<_, Failure>>>(), met)
    });
    let (each, met) = match read.await {
        Ok(read) => read,
        Err(failure) => return contexts.iter().map(|_| Err(failure.clone())).collect(),
    };
    met.iter().for_each(|secret| secrets.learn(secret));
    let tell = |(selected, current): (_, Option<Outside>)| {
        current.into_iter().for_each(|context| notices(Notice::Context(context)));
        selected
    };
    each.into_iter().map(|read| read.and_then(tell)).collect()
}

/// Reads them and picks the context. `secrets` gets what was read before something was found wrong too, and the tokens and passwords of users
/// that nobody chose.
///
/// # Errors
/// As `select`.
pub fn read(choice: &ClusterSelector, secrets: &mut Secrets) -> Result<Selected, Failure> {
    let loaded = Loaded::read(choice)?;
    credentials_of_all(&loaded, secrets);
    resolve(&loaded, choice.context.as_ref(), secrets, &mut None)
}

/// What must not be shown, whoever it belongs to.
fn credentials_of_all(loaded: &Loaded, secrets: &mut Secrets) {
    for user in loaded.documents.iter().flat_map(|document| document.root.entries("users")) {
        let texts = ["token", "password"].map(|key| user.get("user").and_then(|user| user.get(key)).and_then(YamlNode::text));
        secrets.extend(texts.into_iter().flatten().map(|secret| Zeroizing::new(secret.as_bytes().to_vec())));
    }
}

/// What the context says. `chosen` gets its name, also where something else is found wrong then.
fn resolve(
    loaded: &Loaded,
    wanted: Option<&Outside>,
    secrets: &mut Secrets,
    chosen: &mut Option<Outside>,
) -> Result<Selected, Failure> {
    let name = context(loaded, wanted.map(Outside::expose))?;
    *chosen = Some(Outside::from(&name));
    let context = Entry::find(loaded, "contexts", "context", &name)?.unwrap_or_else(|| Entry::none("context", &name));
    let server = server(loaded, &context)?;
    let user = match context.text("user")? {
        // As kubectl: a user without an entry is anonymous.
        Some(user) => Entry::find(loaded, "users", "user", user)?.unwrap_or_else(|| Entry::none("user", user)),
        None => Entry::none("user", ""),
    };
    let credentials = user::Credentials::read(&user, server.is_tls(), secrets)?;
    let mut config = kube::Config::new(server.uri.clone());
    let exec = credentials.apply(&mut config);
    if let Some(mut exec) = exec {
        if exec.provide_cluster_info {
            exec.cluster = Some(server.told());
        }
        config.auth_info.exec = Some(exec);
    }
    let has_proxy_url = server.has_proxy_url;
    server.apply(&mut config);
    Ok(Selected { context: name.into(), config, has_proxy_url })
}

fn server(loaded: &Loaded, context: &Entry<'_>) -> Result<server::Server, Failure> {
    let Some(name) = context.text("cluster")? else {
        return Err(wrong(text!("{} names no cluster", context.shown())));
    };
    match Entry::find(loaded, "clusters", "cluster", name)? {
        Some(cluster) => server::Server::read(&cluster),
        None => {
            let what = text!("{} is not usable: its cluster {} is not in the file", context.shown(), Outside::from(name));
            Err(wrong(what))
        }
    }
}

/// The name of the chosen context, or else of the first current one.
fn context(loaded: &Loaded, wanted: Option<&str>) -> Result<String, Failure> {
    let contexts = || loaded.documents.iter().flat_map(|document| document.root.entries("contexts"));
    let names: Vec<&str> = contexts().filter_map(|entry| entry.get("name")).filter_map(YamlNode::text).collect();
    let all = || Text::join(names.iter().map(|name| Outside::from(*name).into()), ", ");
    let has = || {
        if names.is_empty() { text!("{} has no contexts", loaded.shown) } else { text!("{} has: {}", loaded.shown, all()) }
    };
    if names.is_empty() && current(loaded)?.is_none() {
        let what = if loaded.documents.iter().all(|document| matches!(document.root, YamlNode::Null)) {
            text!("{} has no contexts: it is empty", loaded.shown)
        } else {
            text!("{} has no contexts", loaded.shown)
        };
        return Err(Failure::new(FailureCode::Context, what)
            .hint("name another kubeconfig with --kubeconfig, or have your cloud's command line write this one"));
    }
    let name = match wanted {
        Some(wanted) => wanted,
        None => match current(loaded)? {
            Some(current) => current,
            None => {
                let what = text!("no context is chosen, and {} has no current-context", loaded.shown);
                let hint = text!("choose one with --context or cluster.context in the spec; {}", has());
                return Err(Failure::new(FailureCode::Context, what).hint(hint));
            }
        },
    };
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    let close = similar::get_close_matches(name, &names, 1, 0.6);
    let hint = match close.first() {
        None => has(),
        Some(close) if names.len() == 1 => text!("did you mean {}?", Outside::from(*close)),
        Some(close) => text!("did you mean {}? {}", Outside::from(*close), has()),
    };
    Err(Failure::new(FailureCode::Context, text!("there is no context {}", Outside::from(name))).hint(hint))
}

/// The first `current-context` that is not empty.
fn current(loaded: &Loaded) -> Result<Option<&str>, Failure> {
    for document in &loaded.documents {
        match document.root.get("current-context") {
            None | Some(YamlNode::Null) => {}
            Some(YamlNode::Text(name)) if name.is_empty() => {}
            Some(YamlNode::Text(name)) => return Ok(Some(name)),
            Some(other) => {
                let what =
                    text!("the kubeconfig {} can't be used: its current-context is {}, not text", document.shown, other.is());
                return Err(wrong(what).hint("put it in quotes"));
            }
        }
    }
    Ok(None)
}
