//! What was typed. No behaviour.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::Kind;

/// Connect a Kubernetes cluster to Kong Konnect from one checked-in file.
#[derive(Debug, Parser)]
#[command(name = "konnect", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would change; never changes the cluster
    Plan(PlanArgs),
    /// Make the cluster as the spec says: plan, ask, write, read again
    Apply(ApplyArgs),
    /// Check the spec; needs no cluster and no token
    Validate(ValidateArgs),
    /// The sandbox itself
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

/// `konnect sandbox`.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the sandbox on loopback, for kubectl and other clients, until interrupted
    Serve(ServeArgs),
}

/// `konnect sandbox serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The sandbox's file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<String>,
    /// Where to write the kubeconfig that leads to it [default: kubeconfig beside the sandbox's file]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig_out: Option<std::path::PathBuf>,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The spec and how it is read.
    #[command(flatten)]
    pub spec: SpecArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Exit with 2 if changes are pending, blocked ones included
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The spec and how it is read.
    #[command(flatten)]
    pub spec: SpecArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = ApplyFormat::Human)]
    pub format: ApplyFormat,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The spec
    #[arg(short, long, value_name = "SPEC", default_value = "konnect.toml")]
    pub file: String,
    /// The token will come from standard input, so the spec need not say where it is
    #[arg(long)]
    pub pat_stdin: bool,
    /// Accepted as everywhere, so that one set of flags serves all commands; validate meets no cluster.
    #[command(flatten)]
    pub cluster: ChoiceArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// Which spec, and what is said beside it.
#[derive(Debug, Args)]
pub struct SpecArgs {
    /// The spec
    #[arg(short, long, value_name = "SPEC", default_value = "konnect.toml")]
    pub file: String,
    /// Read the token from standard input, whatever the spec says
    #[arg(long)]
    pub pat_stdin: bool,
    /// Take a field from the tool that owns it, such as secret.data.token; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = take_over)]
    pub take_over: Vec<(Kind, String)>,
}

/// Which cluster, and how long it may take: of a real one or the sandbox.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// The real one, and the time.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Use the sandbox, an API server of konnect's own kept in FILE, instead of a cluster; no kubeconfig is read
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["context", "kubeconfig"])]
    pub sandbox: Option<String>,
}

/// Which kubeconfig and context, and how long the run may take.
#[derive(Debug, Args)]
pub struct ChoiceArgs {
    /// The kubeconfig context
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig file
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// How long the run may take, such as 30s or 2m; waiting for your answer does not count
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = timeout)]
    pub timeout: Duration,
}

/// What is shown, and how.
#[derive(Clone, Copy, Debug, Args)]
pub struct ScreenArgs {
    /// Show each request and its outcome on stderr
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Show only the plan, the closing line, warnings and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// apply's `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ApplyFormat {
    /// For people
    Human,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where there is a terminal that wants it
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn timeout(text: &str) -> Result<Duration, String> {
    let advice = "write it as 30s, 2m or 1h";
    let parsed = text.parse::<jiff::SignedDuration>().map_err(|_| format!("it is not a length of time: {advice}"))?;
    let time = Duration::try_from(parsed).map_err(|_| "it is negative".to_owned())?;
    if time.is_zero() || time > Duration::from_secs(24 * 3600) {
        return Err("it must be more than nothing and at most 24h".to_owned());
    }
    Ok(time)
}

fn take_over(text: &str) -> Result<(Kind, String), String> {
    let fault = || {
        "write KIND.PATH, such as secret.data.token, secret.metadata.labels.konghq.com/secret or namespace.metadata.labels.team"
            .to_owned()
    };
    let (kind, path) = text.split_once('.').ok_or_else(fault)?;
    let kind =
        [Kind::Namespace, Kind::ServiceAccount, Kind::Secret].into_iter().find(|k| k.spec_key() == kind).ok_or_else(fault)?;
    let key = ["metadata.labels.", "metadata.annotations."].into_iter().find_map(|map| path.strip_prefix(map));
    let known = key.is_some_and(|key| !key.is_empty()) || (kind == Kind::Secret && path == "data.token");
    if known { Ok((kind, path.to_owned())) } else { Err(fault()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn times() {
        assert_eq!(timeout("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(timeout("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "0s", "-3s", "soon", "25h", "99999999999999999999s"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_to_take_over() {
        let label = take_over("secret.metadata.labels.konghq.com/secret").expect("a field");
        assert_eq!(label, (Kind::Secret, "metadata.labels.konghq.com/secret".to_owned()));
        assert!(take_over("secret.data.token").is_ok());
        for bad in
            ["", "secret", "secret.", "pod.data.token", "namespace.data.token", "secret.data.other", "secret.metadata.labels."]
        {
            assert!(take_over(bad).is_err(), "{bad}");
        }
    }
}
