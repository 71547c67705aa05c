//! What was typed. No behaviour.

mod format;
mod sandbox;
mod values;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::desired::FieldOfType;
use crate::outside::Outside;
use crate::pat::Accept;
use crate::view::{Color, Format, Output};
use format::FormatParser;
pub use sandbox::{ResetArgs, SandboxCommand, ServeArgs};
use values::{digest, lifetime, subject, take_over, timeout};

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
    /// Bring the cluster in line with the spec: plan, ask, write, verify
    Apply(ApplyArgs),
    /// Check the spec; needs no cluster and no token
    Validate(ValidateArgs),
    /// Show a saved plan; needs no cluster and no token
    Show(ShowArgs),
    /// Print the minimum RBAC that plan or apply needs for a spec, as YAML; needs no cluster and no token
    Rbac(RbacArgs),
    /// Print the JSON schema of a document
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Run the sandbox server, or empty the sandbox
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

/// `konnect plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The spec and how it is read.
    #[command(flatten)]
    pub spec: SpecArgs,
    /// How far the spec is trusted.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output format
    #[arg(long, value_parser = FormatParser(Output::Plan), default_value = "human")]
    pub format: Format,
    /// Exit with 2 if changes are pending, blocked ones included
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Save the plan to a file, to be applied later by `konnect apply PLAN`
    #[arg(long, value_name = "PLAN", conflicts_with = "untrusted_spec")]
    pub out: Option<Outside>,
    /// How long a saved plan may be applied, such as 8h or 90m
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = lifetime, requires = "out")]
    pub expires: Duration,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    pub plan: Outside,
    /// Output format
    #[arg(long, value_parser = FormatParser(Output::Plan), default_value = "human")]
    pub format: Format,
    /// Exit with 2 if changes are pending, blocked ones included
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect rbac`.
#[derive(Debug, Args)]
pub struct RbacArgs {
    /// The spec
    #[arg(short, long, value_name = "SPEC", default_value = "konnect.toml")]
    pub file: Outside,
    /// The command that needs the rights; those of apply include those of plan
    #[arg(long = "for", value_name = "COMMAND", value_enum, default_value_t = RbacFor::Apply)]
    pub purpose: RbacFor,
    /// Who gets them: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME; without this no bindings are printed
    #[arg(long, value_name = "SUBJECT", value_parser = subject)]
    pub subject: Option<Subject>,
    /// The token will come from standard input, so the spec need not say where it is
    #[arg(long)]
    pub pat_stdin: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect rbac --for`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RbacFor {
    /// Reading only
    Plan,
    /// Reading and writing
    Apply,
}

/// Who rights are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user's name.
    User(Outside),
    /// A group's name.
    Group(Outside),
    /// A ServiceAccount's namespace and name.
    ServiceAccount(Outside, Outside),
}

/// `konnect schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which document
    #[arg(value_name = "DOCUMENT", value_enum)]
    pub document: SchemaOf,
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What `plan --format json` and `show --format json` print
    Plan,
    /// Each line that `apply --format json` prints
    Events,
    /// The spec, konnect.toml
    Spec,
}

/// `konnect completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

/// `konnect apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A saved plan: apply this saved plan without prompting
    #[arg(value_name = "PLAN", conflicts_with_all = ["file", "take_over"])]
    pub plan: Option<Outside>,
    /// Refuse the saved plan unless it has this digest, as `plan --out` printed it
    #[arg(long, value_name = "sha256:DIGEST", value_parser = digest, requires = "plan")]
    pub expect: Option<String>,
    /// The spec and how it is read.
    #[command(flatten)]
    pub spec: SpecArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Apply without asking
    #[arg(long)]
    pub auto_approve: bool,
    /// Output format; json is one event a line
    #[arg(long, value_parser = FormatParser(Output::Apply), default_value = "human")]
    pub format: Format,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The spec
    #[arg(short, long, value_name = "SPEC", default_value = "konnect.toml")]
    pub file: Outside,
    /// The token will come from standard input, so the spec need not say where it is
    #[arg(long)]
    pub pat_stdin: bool,
    /// How far the spec is trusted.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Accepted as everywhere, so that one set of flags serves all commands; validate meets no cluster.
    #[command(flatten)]
    pub cluster: ChoiceArgs,
    /// Output format
    #[arg(long, value_parser = FormatParser(Output::Validation), default_value = "human")]
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
    pub file: Outside,
    /// Read the token from standard input, whatever the spec says
    #[arg(long)]
    pub pat_stdin: bool,
    /// Take a token that starts neither with kpat_ nor with spat_
    #[arg(long)]
    pub accept_any_token: bool,
    /// Take a field from the tool that owns it, such as secret.data.token; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = take_over)]
    pub take_over: Vec<FieldOfType>,
}

/// How far whoever wrote the spec is trusted. Not for apply: what is applied is trusted.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// The spec's author is not trusted, as in a pull request: it may choose only what --allow-* names, and the token is sent nowhere
    #[arg(long)]
    pub untrusted_spec: bool,
    /// A context that the untrusted spec may choose; may be repeated
    #[arg(long, value_name = "NAME", requires = "untrusted_spec")]
    pub allow_context: Vec<Outside>,
    /// A variable that the untrusted spec may name as the token's; may be repeated
    #[arg(long, value_name = "NAME", requires = "untrusted_spec")]
    pub allow_pat_env: Vec<Outside>,
}

/// Which cluster, and how long it may take: of a real one or the sandbox.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// The real one, and the time.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Use the sandbox, an API server of konnect's own kept in FILE, instead of a cluster; no kubeconfig is read
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["context", "kubeconfig"])]
    pub sandbox: Option<Outside>,
}

/// Which kubeconfig and context, and how long the run may take.
#[derive(Debug, Args)]
pub struct ChoiceArgs {
    /// The kubeconfig context
    #[arg(long, value_name = "NAME")]
    pub context: Option<Outside>,
    /// The kubeconfig file
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<Outside>,
    /// How long the run may take, such as 30s or 2m; waiting for your answer does not count
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = timeout)]
    pub timeout: Duration,
}

/// What is shown, and how.
#[derive(Clone, Copy, Debug, Default, Args)]
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

impl SpecArgs {
    /// What is taken for a token.
    #[must_use]
    pub const fn accept(&self) -> Accept {
        if self.accept_any_token { Accept::Anything } else { Accept::Tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
