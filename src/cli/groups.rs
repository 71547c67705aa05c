//! The flags that several commands share, in the groups of their help: the spec, the cluster, the output.

use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::select::SelectArgs;
use super::take_over::take_over;
use super::values::{not_empty, timeout};
use super::{CLUSTER, OUTPUT, SPEC};
use crate::cluster::PARALLELISM;
use crate::desired::FieldOfType;
use crate::outside::Outside;
use crate::pat::Accept;
use crate::view::Color;

/// Which spec, and what is said beside it.
#[derive(Debug, Args)]
#[command(next_help_heading = SPEC)]
pub struct SpecArgs {
    /// Which.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Read the token from standard input
    ///
    /// Whatever the spec says about where it is.
    #[arg(long)]
    pub pat_stdin: bool,
    /// Accept a token without the kpat_ or spat_ prefix
    #[arg(long)]
    pub accept_any_token: bool,
    /// Take over a field from the tool that owns it
    ///
    /// As the plan shows it, below the key of the spec that names the object: secret.data.token, or
    /// secret.labels."konghq.com/secret". May be repeated.
    #[arg(long, value_name = "FIELD", value_parser = take_over)]
    pub take_over: Vec<FieldOfType>,
}

/// How far whoever wrote the spec is trusted. Not for apply: what is applied is trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = SPEC)]
pub struct TrustArgs {
    /// Do not trust the spec, as in a pull request
    ///
    /// It may choose only what --allow-context and --allow-pat-env name, and the token is sent nowhere.
    #[arg(long)]
    pub untrusted_spec: bool,
    /// A context that the untrusted spec may choose
    ///
    /// May be repeated.
    #[arg(long, value_name = "NAME", requires = "untrusted_spec", value_parser = not_empty)]
    pub allow_context: Vec<Outside>,
    /// A variable that it may name for the token
    ///
    /// May be repeated.
    #[arg(long, value_name = "NAME", requires = "untrusted_spec", value_parser = not_empty)]
    pub allow_pat_env: Vec<Outside>,
}

/// Which cluster, and how long it may take: of a real one or the sandbox.
#[derive(Debug, Args)]
#[command(next_help_heading = CLUSTER)]
pub struct ClusterArgs {
    /// The real one, and the time.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Use a sandbox instead of a cluster
    ///
    /// An API server of konnect's own, kept in FILE; no kubeconfig is read. Without FILE it is konnect/sandbox.json in the user's state
    /// folder ($XDG_STATE_HOME, else ~/.local/state). What is applied to it is kept there, the token included.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["context", "kubeconfig"])]
    pub sandbox: Option<Outside>,
    /// Requests at a time, to each cluster
    #[arg(long, hide_short_help = true, value_name = "N", default_value_t = PARALLELISM, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub parallelism: usize,
}

/// Which kubeconfig and context, and how long the run may take.
#[derive(Debug, Args)]
#[command(next_help_heading = CLUSTER)]
pub struct ChoiceArgs {
    /// The kubeconfig context
    ///
    /// Without this, `cluster.context` of the spec, else the kubeconfig's current context.
    #[arg(long, value_name = "NAME", value_parser = not_empty)]
    pub context: Option<Outside>,
    /// The kubeconfig
    ///
    /// Without this, `cluster.kubeconfig` of the spec, else $KUBECONFIG, else ~/.kube/config.
    #[arg(long, value_name = "FILE", value_parser = not_empty)]
    pub kubeconfig: Option<Outside>,
    /// Time limit, such as 30s or 5m
    ///
    /// For the whole run; waiting for your answer does not count. With many specs: for reading each cluster, and for writing each spec.
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = timeout)]
    pub timeout: Duration,
}

/// What is shown, and how.
#[derive(Clone, Copy, Debug, Default, Args)]
// Help is told of in this group, not in one of its own.
#[command(next_help_heading = OUTPUT, disable_help_flag = true)]
pub struct ScreenArgs {
    /// Show each request and its outcome on stderr
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Show only the plan, warnings and errors
    ///
    /// The header and the progress are left out.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// auto, always or never
    ///
    /// auto: colour where there is a terminal that wants it.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_possible_values = true)]
    pub color: Color,
    /// Print help (see more with --help)
    #[arg(short, long, action = clap::ArgAction::Help, long_help = "Print help (see a summary with -h)")]
    pub help: Option<bool>,
}

impl SpecArgs {
    /// What is taken for a token.
    #[must_use]
    pub const fn accept(&self) -> Accept {
        if self.accept_any_token { Accept::Anything } else { Accept::Tokens }
    }
}
