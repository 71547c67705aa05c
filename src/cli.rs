//! What was typed. No behaviour.

mod examples;
mod format;
mod groups;
mod help;
mod sandbox;
mod select;
mod take_over;
mod values;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::outside::Outside;
use crate::view::{Format, Limit, Output};
pub use examples::{CommandHelp, Example, OF_COMMANDS, Variable};
use format::FormatParser;
pub use groups::{ChoiceArgs, ClusterArgs, ScreenArgs, SpecArgs, TrustArgs};
pub use sandbox::{ResetArgs, SandboxCommand, ServeArgs};
pub use select::{Grade, PartitionArgs, RollOutArgs, SelectArgs};
use values::{digest, lifetime, limit, new_file, plan, subject};

/// Connect a Kubernetes cluster to Kong Konnect from one checked-in file
#[derive(Debug, Parser)]
#[command(name = "konnect", version, arg_required_else_help = true, after_help = help::BEGIN, after_long_help = help::of_all())]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The groups of flags in a command's help.
const SPEC: &str = "Spec";
const CLUSTER: &str = "Cluster";
const RIGHTS: &str = "Rights";
const SANDBOX: &str = "Sandbox";
const OUTPUT: &str = "Output";
const SAVED: &str = "Saved plans";
const MANY: &str = "Many specs";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would change; never changes the cluster
    ///
    /// Reads the spec and the live cluster, and shows the difference. A plan needs only rights to read; where the user may write too, each
    /// change is verified by a server dry run. A token that is not set is a warning, not an error.
    #[command(after_long_help = help::of("plan"))]
    Plan(PlanArgs),
    /// Bring the cluster in line with the spec: plan, ask, write, verify
    ///
    /// Shows the plan, asks (only `yes` is accepted), writes, and reads everything again. With PLAN it applies that saved plan,
    /// without asking, or says what changed since. Nothing is ever deleted; what another tool owns is blocked until --take-over names it.
    #[command(after_long_help = help::of("apply"))]
    Apply(ApplyArgs),
    /// Check the spec; needs no cluster and no token
    ///
    /// Shows every error of the file at once, each with its line.
    #[command(after_long_help = help::of("validate"))]
    Validate(ValidateArgs),
    /// Show a saved plan; needs no cluster and no token
    ///
    /// Computes the plan from the file, as `konnect apply PLAN` will, and prints its digest for `--expect`.
    #[command(after_long_help = help::of("show"))]
    Show(ShowArgs),
    /// Print the minimum RBAC for a spec, as YAML; needs no cluster
    ///
    /// Roles for exactly what plan or apply does with this spec, and with --subject the bindings too. An administrator applies them.
    #[command(after_long_help = help::of("rbac"))]
    Rbac(RbacArgs),
    /// Print the JSON schema of a document
    #[command(after_long_help = help::of("schema"))]
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    #[command(after_help = help::COMPLETIONS, after_long_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Run the sandbox server, or empty the sandbox
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print the version, as --version does
    Version,
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
    /// human, json or markdown
    ///
    /// human is for people, json is one document for programs, markdown is one comment for a pull request.
    #[arg(long, value_parser = FormatParser(Output::Plan), default_value = "human", hide_possible_values = true, help_heading = OUTPUT)]
    pub format: Format,
    /// How long a comment may be, by name or in bytes
    ///
    /// For --format markdown: github (65536 bytes), gitlab (999900), bitbucket (32768), azure (150000), github-summary (1048576), or a number
    /// from 32768. What does not fit is counted.
    #[arg(long, value_name = "LIMIT", hide_short_help = true, value_parser = limit, default_value = "github", help_heading = OUTPUT)]
    pub limit: Limit,
    /// Exit with 2 if changes are pending
    ///
    /// Blocked ones included. Without this, a plan that could be made exits with 0.
    #[arg(long, help_heading = OUTPUT)]
    pub detailed_exitcode: bool,
    /// Save the plan, for `konnect apply PLAN`
    ///
    /// The file holds no token. It is bound to the cluster, the token and the state that it was made from, and its digest is printed.
    #[arg(long, value_name = "PLAN", value_parser = new_file, conflicts_with = "untrusted_spec", help_heading = SAVED)]
    pub out: Option<Outside>,
    /// How long the saved plan may be applied
    ///
    /// Such as 8h or 90m; at most 90 days.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = lifetime, requires = "out", help_heading = SAVED)]
    pub expires: Duration,
    /// Part.
    #[command(flatten)]
    pub part: PartitionArgs,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The saved plan, a file that `konnect plan --out` wrote
    #[arg(value_name = "PLAN", value_parser = plan)]
    pub plan: Outside,
    /// human, json or markdown
    ///
    /// human is for people, json is one document for programs, markdown is one comment for a pull request.
    #[arg(long, value_parser = FormatParser(Output::Plan), default_value = "human", hide_possible_values = true, help_heading = OUTPUT)]
    pub format: Format,
    /// How long a comment may be, by name or in bytes
    ///
    /// For --format markdown: github (65536 bytes), gitlab (999900), bitbucket (32768), azure (150000), github-summary (1048576), or a number
    /// from 32768. What does not fit is counted.
    #[arg(long, value_name = "LIMIT", hide_short_help = true, value_parser = limit, default_value = "github", help_heading = OUTPUT)]
    pub limit: Limit,
    /// Exit with 2 if changes are pending
    ///
    /// Blocked ones included. Without this, a plan that could be made exits with 0.
    #[arg(long, help_heading = OUTPUT)]
    pub detailed_exitcode: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// `konnect rbac`.
#[derive(Debug, Args)]
pub struct RbacArgs {
    /// Which specs.
    #[command(flatten)]
    pub select: SelectArgs,
    /// For plan, or for apply
    ///
    /// plan only reads; the rights of apply include those of plan.
    #[arg(long = "for", value_name = "COMMAND", value_enum, default_value_t = RbacFor::Apply, hide_possible_values = true, help_heading = RIGHTS)]
    pub purpose: RbacFor,
    /// Who gets the rights, such as User:NAME
    ///
    /// User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME. Without this no bindings are printed.
    #[arg(long, value_name = "SUBJECT", value_parser = subject, help_heading = RIGHTS)]
    pub subject: Option<Subject>,
    /// The spec need not say where the token is
    ///
    /// For plan and apply it will come from standard input.
    #[arg(long, help_heading = SPEC)]
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
    /// Apply this saved plan without prompting
    #[arg(value_name = "PLAN", value_parser = plan, conflicts_with_all = ["file", "only", "except", "take_over", "partition", "order"])]
    pub plan: Option<Outside>,
    /// The spec and how it is read.
    #[command(flatten)]
    pub spec: SpecArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Do not ask: all, create-only or no-token
    ///
    /// create-only: objects that are not there yet. no-token: what changes no live token. What lies outside is asked for on a terminal, and
    /// refused where there is none.
    #[arg(long, value_name = "GRADE", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all", hide_possible_values = true, help_heading = OUTPUT)]
    pub auto_approve: Option<Grade>,
    /// human or json
    ///
    /// human is for people, json is one event a line for programs.
    #[arg(long, value_parser = FormatParser(Output::Apply), default_value = "human", hide_possible_values = true, help_heading = OUTPUT)]
    pub format: Format,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// Part.
    #[command(flatten)]
    pub part: PartitionArgs,
    /// Roll-out.
    #[command(flatten)]
    pub roll_out: RollOutArgs,
    /// Refuse PLAN unless it has this digest
    ///
    /// As `konnect plan --out PLAN` printed it, and `konnect show PLAN` prints it: so that what is applied is what was approved.
    #[arg(long, value_name = "DIGEST", value_parser = digest, requires = "plan", help_heading = SAVED)]
    pub expect: Option<String>,
}

/// `konnect validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Which specs.
    #[command(flatten)]
    pub select: SelectArgs,
    /// The spec need not say where the token is
    ///
    /// For plan and apply it will come from standard input.
    #[arg(long, help_heading = SPEC)]
    pub pat_stdin: bool,
    /// How far the spec is trusted.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Accepted as everywhere, so that one set of flags serves all commands; validate meets no cluster.
    #[command(flatten)]
    pub cluster: ChoiceArgs,
    /// human or json
    ///
    /// human is for people, json is for programs.
    #[arg(long, value_parser = FormatParser(Output::Validation), default_value = "human", hide_possible_values = true, help_heading = OUTPUT)]
    pub format: Format,
    /// Print the spec with all that it extends, as TOML
    ///
    /// Everything is merged, and each value has the file and the line that set it. This has no other format: --format can't be given.
    #[arg(long, conflicts_with = "format", help_heading = OUTPUT)]
    pub show_effective: bool,
    /// Screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
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
