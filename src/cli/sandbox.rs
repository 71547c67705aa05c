//! `konnect sandbox`: what was typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::ScreenArgs;
use super::values::timeout;
use crate::outside::Outside;

const SERVE_EXAMPLES: &str = "\
Examples:
  konnect sandbox serve                        # then, in another terminal:
  export KUBECONFIG=~/.local/state/konnect/kubeconfig
  kubectl get secrets -n kong -w               # what apply --sandbox does shows here";

const RESET_EXAMPLES: &str = "\
Examples:
  konnect sandbox reset                        # the one that --sandbox uses
  konnect sandbox reset --sandbox=demo.json    # the one in a file";

/// `konnect sandbox`.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the sandbox on loopback, for kubectl and other clients, until interrupted
    ///
    /// Other commands may use the same sandbox meanwhile, with --sandbox: kubectl sees what they do, also in a watch.
    #[command(after_long_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Empty the sandbox, without asking: everything in it is removed, the token included
    ///
    /// A new cluster begins in its place, so plans that were saved for the old one are refused. A sandbox that is being served may be
    /// emptied too: whoever watches it sees its objects go.
    #[command(after_long_help = RESET_EXAMPLES)]
    Reset(ResetArgs),
}

/// `konnect sandbox serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The sandbox's file [default: konnect/sandbox.json in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<Outside>,
    /// Where to write the kubeconfig that leads to it [default: kubeconfig beside the sandbox's file]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig_out: Option<PathBuf>,
    /// Leave a deleted namespace in Terminating, as a server without kube-controller-manager does
    #[arg(long)]
    pub no_controllers: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect sandbox reset`.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// The sandbox's file [default: konnect/sandbox.json in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<Outside>,
    /// How long to wait for another process that is using the sandbox, such as 30s or 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub timeout: Duration,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}
