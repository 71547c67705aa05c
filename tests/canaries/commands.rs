//! Every command that meets a cluster, in every format and at every verbosity.

/// Their command lines.
pub const COMMANDS: [&[&str]; 11] = [
    &["plan", "--format", "json"],
    &["plan"],
    &["apply", "--auto-approve", "--format", "json"],
    &["plan", "--format", "markdown", "-v"],
    &["plan", "--out", "out.plan"],
    &["apply", "--auto-approve", "-v"],
    &["plan", "-vv", "--color", "always", "--detailed-exitcode"],
    &["plan", "--out", "out.plan", "--format", "json", "-q"],
    &["apply", "--auto-approve", "-q"],
    &["plan", "--format", "json", "--take-over", "secret.data.token", "-vv"],
    &["apply", "--format", "json"],
];

/// Those that read a spec, beside them.
pub const WITHOUT_A_CLUSTER: [&[&str]; 4] =
    [&["validate"], &["validate", "--format", "json", "-v"], &["rbac"], &["rbac", "--for", "plan", "--subject", "User:ci"]];
