//! Opening a cluster: the one that flags, spec and kubeconfig choose, with its credentials, or the sandbox.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::exec_plugin::Surroundings;
use super::kubeconfig::Selected;
use super::plugin_runs::PluginRuns;
use super::{Cluster, Notice, Notices, connection, kubeconfig, sandbox};
use crate::deadline::Deadline;
use crate::outcome::Failure;
use crate::outside::Outside;
use crate::pat::Scrubber;

/// What the sandbox is called where a cluster has its context's name.
pub const SANDBOX: &str = "sandbox";

/// What the user said about which cluster is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSelector {
    /// `--kubeconfig`.
    pub kubeconfig_flag: Option<Outside>,
    /// The spec's `cluster.kubeconfig`: as it spells it, and where that is.
    pub kubeconfig_spec: Option<(Outside, PathBuf)>,
    /// `--context`, or the spec's.
    pub context: Option<Outside>,
    /// `--sandbox`: its file, or empty for the default one. No kubeconfig is read then.
    pub sandbox: Option<Outside>,
}

/// What a credential plugin may not have.
#[derive(Clone, Copy)]
pub struct PluginLimits<'a> {
    /// Whether a variable, by name and value, is withheld from it.
    pub withheld: &'a dyn Fn(&OsStr, &OsStr) -> bool,
    /// Whether it may ask on our standard input, if that is a terminal.
    pub may_ask: bool,
}

/// Tells which context is chosen, for whoever will not open the cluster. No more of the kubeconfig is read than that needs, and nothing
/// that is wrong with it is told.
pub async fn tell_context(choice: &ClusterSelector, deadline: &Deadline, notices: &Notices, secrets: &Scrubber) {
    match (&choice.sandbox, &choice.context) {
        (Some(_), _) => notices(Notice::Context(SANDBOX.into())),
        (None, Some(context)) => notices(Notice::Context(context.clone())),
        (None, None) => drop(kubeconfig::select(choice, deadline, notices, secrets).await),
    }
}

/// Opens the chosen cluster of the kubeconfig. Sends nothing, but may run the context's credential plugin. The credentials are taught to
/// `secrets`.
///
/// # Errors
/// Anything wrong with the kubeconfig, its credentials or the server's address.
pub async fn connect(
    choice: &ClusterSelector,
    deadline: Deadline,
    notices: Notices,
    secrets: &Scrubber,
    plugin: PluginLimits<'_>,
) -> Result<Cluster, Failure> {
    if let Some(named) = &choice.sandbox {
        return open_sandbox(named, deadline, notices);
    }
    let selected = kubeconfig::select(choice, &deadline, &notices, secrets).await?;
    open(selected, deadline, notices, (secrets, plugin), &PluginRuns::default()).await
}

/// Makes a cluster of a selected context, with the credentials that its plugin prints.
pub(super) async fn open(
    mut selected: Selected,
    deadline: Deadline,
    notices: Notices,
    (secrets, plugin): (&Scrubber, PluginLimits<'_>),
    runs: &PluginRuns,
) -> Result<Cluster, Failure> {
    let PluginLimits { withheld, may_ask } = plugin;
    let surroundings = Surroundings { withheld, may_ask, deadline: &deadline, notices: &notices, secrets };
    runs.resolve(&mut selected.config.auth_info, &surroundings).await?;
    let client = connection::client(&selected, &notices)?;
    let server = Outside::from(selected.config.cluster_url.to_string().trim_end_matches('/'));
    Ok(Cluster::over(client, selected.context, server, deadline, notices))
}

/// The sandbox in place of a cluster.
pub(super) fn open_sandbox(named: &Outside, deadline: Deadline, notices: Notices) -> Result<Cluster, Failure> {
    notices(Notice::Context(SANDBOX.into()));
    let sandbox::OpenedSandbox { file, service } = sandbox::open(named, sandbox::Controllers::On, &deadline, &notices)?;
    let client = kube::Client::new(service, "default");
    Ok(Cluster::over(client, SANDBOX, Outside::from(file.as_path()), deadline, notices))
}
