//! What people type who know Terraform, kubectl and cargo, and what it is called here. Data: a row of a table for each habit.

/// Words that are typed, and what to do instead. The words are ours, never what somebody typed: a token may stand in that.
pub(super) struct Habit {
    /// What is typed, without a value.
    pub(super) typed: &'static [&'static str],
    /// Where it is typed; empty: anywhere.
    pub(super) of: &'static str,
    /// What to do instead.
    pub(super) hint: &'static str,
}

const fn habit(typed: &'static [&'static str], hint: &'static str) -> Habit {
    Habit { typed, of: "", hint }
}

const fn habit_of(of: &'static str, typed: &'static [&'static str], hint: &'static str) -> Habit {
    Habit { typed, of, hint }
}

const NO_DELETING: &str = "konnect never deletes. To remove the token, with the spec's `secret` and `namespace`: `kubectl --context CONTEXT delete secret NAME -n NAMESPACE`";
const NO_STATE: &str = "konnect keeps no state: every plan reads the live cluster, which records who owns each field";
const NO_YAML: &str = "there is no YAML of this: --format json is for programs";
const TAKE_BY_FORCE: &str =
    "to apply without being asked: `konnect apply --auto-approve`; to take a field from another tool: --take-over FIELD";
const NO_VARIABLES: &str = "konnect has no variables: each environment is a spec of its own, named with -f SPEC";
const WHOLE: &str = "a spec is always planned as a whole: it names three objects, and nothing else is looked at";
const SERVER_SIDE: &str =
    "konnect always applies server-side, as the field manager `konnect`; --take-over FIELD takes a field from another manager";
pub(super) const NO_TOKEN_HERE: &str = "never put a token on the command line, where other users and the shell history see it: put it in the variable \
                             or file that the spec names (pat_env, pat_file), or pipe it to --pat-stdin; revoke the one that was typed";

/// Commands.
pub(super) const COMMANDS: &[Habit] = &[
    habit(
        &["init", "new"],
        "there is nothing to set up: `konnect --help` shows the four lines of a spec; save them as konnect.toml",
    ),
    habit(&["destroy", "delete", "rm", "remove", "uninstall", "down"], NO_DELETING),
    habit(
        &["diff", "preview", "dry-run", "status", "drift", "refresh"],
        "`konnect plan` compares the spec with the live cluster; it changes nothing",
    ),
    habit(
        &["get", "describe", "list", "ls", "logs"],
        "`konnect plan` shows how the cluster differs from the spec; `kubectl get` shows the objects themselves",
    ),
    habit(
        &["import", "adopt"],
        "there is nothing to import: `konnect plan` reads what is in the cluster, and apply takes over what was made by hand",
    ),
    habit(
        &["run-all", "apply-all", "plan-all"],
        "`konnect plan -f FOLDER` and `konnect apply -f FOLDER` take every spec of a folder",
    ),
    habit(&["workspace", "env"], "each environment is a spec of its own, named with -f SPEC, and needs no workspace"),
    habit(&["output", "outputs"], "konnect has no outputs: `konnect plan --format json` shows the objects to programs"),
    habit(&["state", "taint", "untaint", "force-unlock", "graph", "console", "providers"], NO_STATE),
    habit(
        &["rollback", "undo", "revert", "rollout"],
        "konnect keeps no history: bring back the earlier spec, by `git revert` say, then run `konnect apply`",
    ),
    habit(&["edit", "set", "label", "annotate", "patch"], "edit the spec, then run `konnect apply`: it changes what differs"),
    habit(&["fmt", "format"], "konnect does not rewrite specs; `konnect validate` checks one"),
    habit(
        &["lint", "check", "test", "verify"],
        "`konnect validate` checks a spec without a cluster, `konnect plan` against the cluster",
    ),
    habit(
        &["create", "run", "deploy", "up", "install", "upgrade", "sync", "replace"],
        "`konnect apply` creates what is missing and changes what differs, after showing the plan",
    ),
    habit(
        &["login", "logout", "auth", "config", "whoami", "use-context"],
        "konnect uses kubectl's kubeconfig: choose a context with --context NAME; `konnect plan` says which cluster and user it found",
    ),
    habit(&["rotate"], "put the new token where the spec says (its pat_env or pat_file), then run `konnect apply`"),
    habit(&["doctor", "debug"], "`konnect plan -v` shows each request and its outcome"),
    habit(&["serve", "server", "start"], "only the sandbox has a server: `konnect sandbox serve`"),
    habit(&["reset", "clean", "purge"], "only the sandbox can be emptied: `konnect sandbox reset`"),
    habit(&["explain", "docs", "man"], "`konnect schema spec` describes every key, `konnect help COMMAND` every flag"),
    habit(
        &["template", "render", "build", "kustomize"],
        "`konnect plan` shows what would be written; `konnect plan --format json` shows it to programs",
    ),
];

/// Flags. The first row that fits counts.
pub(super) const FLAGS: &[Habit] = &[
    habit(
        &["-n", "--namespace", "-namespace"],
        "the namespace is in the spec (`namespace = \"kong\"`); -f SPEC names another spec",
    ),
    habit(
        &["-A", "--all-namespaces", "-l", "--selector", "--all"],
        "konnect looks only at the objects that the spec names, in the spec's namespace; leave the flag out",
    ),
    habit_of(
        "plan",
        &["--auto-approve", "-auto-approve", "-y", "--yes", "--force", "-force", "--approve"],
        "plan changes nothing and asks nothing; `konnect apply --auto-approve` applies without asking",
    ),
    habit(
        &["-y", "--yes", "-yes", "--approve", "--assume-yes", "--no-confirm", "--autoapprove", "-autoapprove"],
        "to apply without being asked: `konnect apply --auto-approve`",
    ),
    habit(&["--force", "-force"], TAKE_BY_FORCE),
    habit(&["--confirm", "-confirm", "--ask"], "apply asks by itself, unless --auto-approve is given: leave the flag out"),
    habit(&["--var-file", "-var-file", "--var", "-var", "--values", "--set", "--env", "-e"], NO_VARIABLES),
    habit(&["--target", "-target", "--replace", "-replace"], WHOLE),
    habit_of(
        "rbac",
        &["-o", "--output", "-output", "--format", "--json", "-json", "--yaml", "-yaml"],
        "rbac prints YAML, and nothing else: leave the flag out",
    ),
    habit_of(
        "rbac",
        &["--user", "--group", "--serviceaccount", "--service-account", "--as"],
        "it is --subject User:NAME, --subject Group:NAME or --subject ServiceAccount:NAMESPACE/NAME",
    ),
    habit_of(
        "version",
        &["-o", "--output", "-output", "--format", "--json", "-json", "--client", "--short"],
        "version prints one line, and nothing else: leave the flag out",
    ),
    habit_of(
        "schema",
        &["-o", "--output", "-output", "--format", "--json", "-json"],
        "a schema is JSON already: leave the flag out",
    ),
    habit_of("plan", &["-o", "--output", "-output"], "--format json prints JSON, --out PLAN saves the plan to a file"),
    habit(&["-o", "--output", "-output"], "--format json prints JSON"),
    habit(&["--json", "-json"], "it is --format json"),
    habit(&["--yaml", "-yaml"], NO_YAML),
    habit(&["--markdown", "--md"], "it is --format markdown"),
    habit_of(
        "plan",
        &["--dry-run", "-dry-run", "--server-dry-run", "--check"],
        "plan is the dry run already: leave the flag out",
    ),
    habit(
        &["--dry-run", "-dry-run", "--server-dry-run", "--check"],
        "`konnect plan` shows what apply would do, and has the server check each change by a dry run",
    ),
    habit(&["-k", "--kustomize"], "konnect reads no manifests: its spec is one TOML file, named with -f SPEC"),
    habit(
        &["--insecure", "--insecure-skip-tls-verify", "--certificate-authority", "--client-certificate", "--client-key"],
        "TLS settings are in the kubeconfig; name one with --kubeconfig FILE",
    ),
    habit(
        &["--token", "--pat", "-t", "--konnect-token", "--pat-token", "--konnect-pat", "--password", "--secret"],
        NO_TOKEN_HERE,
    ),
    habit(&["--pat-env", "--pat-file"], "it is a key of the spec: pat_env = \"PAT\" or pat_file = \"token.txt\""),
    habit(
        &["-w", "--watch", "-watch", "--interval"],
        "konnect runs once; `konnect plan --detailed-exitcode` on a schedule tells when the cluster differs",
    ),
    habit(
        &["--wait", "--atomic"],
        "apply ends when everything is written and read again; there is nothing more to wait for: leave the flag out",
    ),
    habit(&["--kube-context", "--kubecontext", "--ctx"], "it is --context NAME"),
    habit(&["--kube-config", "--config", "-config", "-c"], "--kubeconfig FILE names the kubeconfig, -f SPEC the spec"),
    habit(
        &["--cluster", "--server", "-s", "--user", "--in-cluster"],
        "cluster and user come from the kubeconfig: choose one of its contexts with --context NAME",
    ),
    habit(&["--as", "--as-group"], "to act as somebody else, name them under `as` of the user in the kubeconfig"),
    habit(&["--spec", "--filename", "-filename", "-file", "--input-file"], "the spec is named with -f SPEC or --file SPEC"),
    habit(
        &["--detailed-exit-code", "--detailed-exitcodes", "--exit-code", "--exitcode"],
        "it is --detailed-exitcode, for plan and show",
    ),
    habit(&["--no-color", "-no-color", "--no-colour", "--colour"], "it is --color never, or set NO_COLOR"),
    habit(&["-format"], "it is --format, with two dashes"),
    habit(
        &["--debug", "-d", "--trace", "-x", "--log-level", "--loglevel", "--verbosity"],
        "-v shows each request and its outcome",
    ),
    habit(&["-destroy", "--destroy", "--prune", "--cascade", "--grace-period"], NO_DELETING),
    habit(
        &[
            "-refresh",
            "-refresh-only",
            "--refresh",
            "--refresh-only",
            "-lock",
            "--lock",
            "-lock-timeout",
            "-state",
            "--state",
            "-state-out",
        ],
        NO_STATE,
    ),
    habit(&["-backend-config", "-upgrade", "-reconfigure", "-migrate-state"], NO_STATE),
    habit(&["--locked", "--frozen", "--offline"], "konnect has no lock file, and loads nothing: leave the flag out"),
    habit(
        &["-parallelism", "-j", "--jobs", "--concurrency", "--workers"],
        "it is --parallelism N: so many requests at a time, to each cluster",
    ),
    habit(&["-compact-warnings"], "konnect has no such setting: leave the flag out"),
    habit(
        &["-R", "--recursive"],
        "a folder is always read with all below it: -f FOLDER; --only and --except choose among its specs",
    ),
    habit(&["--include", "--filter"], "it is --only GLOB"),
    habit(&["--exclude", "--ignore"], "it is --except GLOB"),
    habit(&["--shard", "--shards", "--chunk"], "it is --partition hash:I/N"),
    habit(&["--stages", "--waves", "--wave"], "it is --order NAMES, or `stage` below [policy] of each spec"),
    habit(
        &["--keep-going", "--continue-on-error", "--no-fail-fast", "--ignore-errors"],
        "apply writes what can be, though other specs can't, with --partial; --max-failures N goes on after failed writes",
    ),
    habit(&["--fail-fast"], "apply stops at the first failure by itself; --max-failures N goes on: leave the flag out"),
    habit(
        &["-input", "--input", "--no-input"],
        "without a terminal konnect never asks: apply needs --auto-approve or a saved plan then",
    ),
    habit(
        &["-chdir", "--chdir", "-C", "--cwd"],
        "point -f at the spec, as in -f FOLDER/konnect.toml; relative paths in a spec start at its own folder",
    ),
    habit(&["--field-manager", "--server-side", "--force-conflicts", "--overwrite", "--validate", "--save-config"], SERVER_SIDE),
    habit(&["--takeover", "--adopt", "--import", "--take"], "it is --take-over FIELD, as the plan shows the field"),
    habit(&["--request-timeout", "-timeout"], "it is --timeout, such as --timeout 30s"),
    habit(&["--silent"], "-q shows only the plan, warnings and errors"),
    habit(
        &["--plan", "-plan", "--planfile", "--plan-file"],
        "a saved plan is named without a flag: `konnect apply PLAN`, `konnect show PLAN`",
    ),
    habit(
        &["--digest", "--sha256", "--checksum", "--sha"],
        "it is --expect DIGEST, with the digest that `konnect plan --out PLAN` prints",
    ),
    habit(&["--untrusted", "--untrust"], "it is --untrusted-spec"),
    habit(&["--version", "-V", "-version"], "`konnect version` prints the version"),
];

/// Values of flags: what is typed, in lower case, and what to write.
pub(super) const VALUES: &[Habit] = &[
    habit_of("--format", &["yaml", "yml"], NO_YAML),
    habit_of("--format", &["md", "comment", "github", "markdown"], "--format markdown is for plan and show"),
    habit_of("--format", &["text", "table", "wide", "plain", "name", "tty"], "--format human is for people"),
    habit_of("--format", &["jsonl", "ndjson", "json-lines", "jsonlines"], "--format json of apply prints one event a line"),
    habit_of(
        "--auto-approve",
        &["true", "yes", "1", "on", "false", "no", "0"],
        "--auto-approve alone applies all of it without asking; without it apply asks",
    ),
    habit_of("--color", &["yes", "true", "on", "1", "force"], "it is --color always"),
    habit_of("--color", &["no", "false", "off", "0", "none"], "it is --color never"),
];
