//! What stands below the flags in a command's long help: examples, the variables that it reads, and how it can end. Data; `help.rs` draws
//! it, and `tests/help.rs` runs every example.

use crate::outcome::Outcome::{self, *};

/// A command line, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it is for.
    pub what: &'static str,
    /// What is typed.
    pub line: &'static str,
}

/// A variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
}

/// One command's.
#[derive(Clone, Copy, Debug)]
pub struct CommandHelp {
    /// The command, as it is typed.
    pub command: &'static str,
    /// Two or three.
    pub examples: &'static [Example],
    /// What it reads.
    pub variables: &'static [Variable],
    /// How it can end, beside a usage error, a bug and an interrupt.
    pub outcomes: &'static [Outcome],
}

const fn example(what: &'static str, line: &'static str) -> Example {
    Example { what, line }
}

/// The token.
pub const TOKEN: Variable =
    Variable { name: "$PAT", what: "The token, if the spec says pat_env = \"PAT\"; any other name will do." };
/// The kubeconfigs.
pub const KUBECONFIG: Variable = Variable {
    name: "KUBECONFIG",
    what: "The kubeconfigs, as for kubectl. --kubeconfig and `cluster.kubeconfig` of the spec come first, ~/.kube/config last.",
};
/// Proxies.
pub const PROXY: Variable = Variable {
    name: "HTTPS_PROXY, NO_PROXY",
    what: "konnect can't use a proxy yet: it stops where HTTPS_PROXY would apply to the cluster, unless NO_PROXY exempts the cluster.",
};
/// Colour.
pub const COLOR: Variable = Variable { name: "NO_COLOR", what: "No colour, unless --color says otherwise." };
/// The sandbox's place.
pub const STATE: Variable =
    Variable { name: "XDG_STATE_HOME", what: "The sandbox is in konnect/sandbox.json under it, else under ~/.local/state." };

/// Every command that has more to say than its flags.
pub const OF_COMMANDS: &[CommandHelp] = &[
    CommandHelp {
        command: "plan",
        examples: &[
            example("Show what apply would change", "konnect plan"),
            example("Try it without a cluster", "konnect plan --sandbox"),
            example(
                "Exit with 2 if the cluster is not as the spec says, for a nightly check",
                "konnect plan -f konnect.toml --detailed-exitcode",
            ),
            example("Save the plan, to be approved and applied as it is", "konnect plan --out konnect.plan"),
        ],
        variables: &[TOKEN, KUBECONFIG, PROXY, STATE, COLOR],
        outcomes: &[Done, Failed, ChangesPending, Refused],
    },
    CommandHelp {
        command: "apply",
        examples: &[
            example("Apply a saved plan, and only the one that was approved", "konnect apply konnect.plan --expect \"$DIGEST\""),
            example("Plan, and apply without asking", "konnect apply --auto-approve"),
            example("Take a field from the tool that owns it", "konnect apply --auto-approve --take-over secret.data.token"),
        ],
        variables: &[TOKEN, KUBECONFIG, PROXY, STATE, COLOR],
        outcomes: &[Done, Failed, Refused, Stale, Partial, Unconfirmed],
    },
    CommandHelp {
        command: "validate",
        examples: &[
            example("Check konnect.toml", "konnect validate"),
            example("Check another spec, for a program", "konnect validate -f konnect.toml --format json"),
        ],
        variables: &[COLOR],
        outcomes: &[Done, Failed, Refused],
    },
    CommandHelp {
        command: "show",
        examples: &[
            example("Show a saved plan, and its digest", "konnect show konnect.plan"),
            example("Print it as JSON", "konnect show konnect.plan --format json"),
        ],
        variables: &[COLOR],
        outcomes: &[Done, Failed, ChangesPending, Stale],
    },
    CommandHelp {
        command: "rbac",
        examples: &[
            example("Print the roles that apply needs", "konnect rbac"),
            example(
                "Let a ServiceAccount make plans",
                "konnect rbac --for plan --subject ServiceAccount:ci/konnect-plan | kubectl apply -f -",
            ),
        ],
        variables: &[COLOR],
        outcomes: &[Done, Failed],
    },
    CommandHelp {
        command: "schema",
        examples: &[
            example("Let an editor check and complete specs", "konnect schema spec > konnect.schema.json"),
            example("What `konnect plan --format json` prints", "konnect schema plan"),
        ],
        variables: &[],
        outcomes: &[Done, Failed],
    },
    CommandHelp {
        command: "sandbox serve",
        examples: &[
            example("Let kubectl look into the sandbox", "konnect sandbox serve"),
            example(
                "Then, in another terminal: what apply --sandbox does shows here",
                "KUBECONFIG=~/.local/state/konnect/kubeconfig kubectl get secrets -n kong -w",
            ),
            example(
                "The same for a separate sandbox",
                "konnect sandbox serve --sandbox=demo.json --kubeconfig-out demo.kubeconfig",
            ),
        ],
        variables: &[STATE, COLOR],
        outcomes: &[Done, Failed],
    },
    CommandHelp {
        command: "sandbox reset",
        examples: &[
            example("Empty the sandbox that --sandbox uses", "konnect sandbox reset"),
            example("Empty the one in a file", "konnect sandbox reset --sandbox=demo.json"),
        ],
        variables: &[STATE, COLOR],
        outcomes: &[Done, Failed],
    },
];
