//! `konnect sandbox`: what was typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::values::timeout;
use super::{SANDBOX, ScreenArgs, help};
use crate::outside::Outside;

/// `konnect sandbox`.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the sandbox on loopback, for kubectl, until interrupted
    ///
    /// Other commands may use the same sandbox meanwhile, with --sandbox: kubectl sees what they do, also in a watch.
    #[command(after_long_help = help::of("sandbox serve"))]
    Serve(ServeArgs),
    /// Empty the sandbox, without asking
    ///
    /// Everything in it is removed, the token included. A new cluster begins in its place, so plans that were saved for the old one are refused. A sandbox that is being served may be
    /// emptied too: whoever watches it sees its objects go.
    #[command(after_long_help = help::of("sandbox reset"))]
    Reset(ResetArgs),
}

/// `konnect sandbox serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The sandbox's file
    ///
    /// Without this, konnect/sandbox.json in the user's state folder ($XDG_STATE_HOME, else ~/.local/state).
    #[arg(long, help_heading = SANDBOX, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<Outside>,
    /// Where to write its kubeconfig
    ///
    /// Without this, `kubeconfig` beside the sandbox's file.
    #[arg(long, help_heading = SANDBOX, value_name = "FILE")]
    pub kubeconfig_out: Option<PathBuf>,
    /// Leave a deleted namespace in Terminating
    ///
    /// As a server without kube-controller-manager does.
    #[arg(long, help_heading = SANDBOX)]
    pub no_controllers: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect sandbox reset`.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// The sandbox's file
    ///
    /// Without this, konnect/sandbox.json in the user's state folder ($XDG_STATE_HOME, else ~/.local/state).
    #[arg(long, help_heading = SANDBOX, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<Outside>,
    /// Time limit, such as 30s or 2m
    ///
    /// How long to wait for another process that is using the sandbox.
    #[arg(long, help_heading = SANDBOX, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub timeout: Duration,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}
