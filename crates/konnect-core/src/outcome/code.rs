//! The codes of failures: words for programs, each with its exit code, what it means and what to do. `docs/errors.md` is made from here.

use super::Outcome;
use crate::outside::{Part, Text};

macro_rules! codes {
    ($($code:ident = $word:literal, $outcome:ident, $means:literal, $hint:literal;)*) => {
        /// Why a run failed, as a stable word. Public: programs branch on the words, so one never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FailureCode {
            $(
                #[doc = $means]
                $code,
            )*
        }

        impl FailureCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The word in JSON documents and events.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$code => $word),* }
            }

            /// The exit code where nothing else is said.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$code => Outcome::$outcome),* }
            }

            /// What happened.
            #[must_use]
            pub const fn means(self) -> &'static str {
                match self { $(Self::$code => $means),* }
            }

            /// What to do.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$code => $hint),* }
            }
        }
    };
}

codes! {
    Spec = "spec", Failed, "the spec is wrong, or is not there", "Correct the places that the message names; `konnect validate` checks the spec without a cluster.";
    UntrustedSpec = "untrusted_spec", Refused, "an untrusted spec (`--untrusted-spec`) sets what it may not", "Remove it from the spec, or allow it with the flag that the message names.";
    TokenSource = "token_source", Failed, "the spec does not say where the token is", "Set `pat_env` or `pat_file`, or pass the token with `--pat-stdin`.";
    TokenUnset = "token_unset", Failed, "apply or a saved plan needs the token, and there is none", "Set the variable or write the file that the message names.";
    TokenUnreadable = "token_unreadable", Failed, "the token can't be read", "Check the file's permissions, or what standard input is connected to.";
    TokenInvalid = "token_invalid", Failed, "what is where the token should be is not a token", "Copy the token again, whole; `--accept-any-token` accepts one that starts with neither `kpat_` nor `spat_`.";
    TokenInTheOpen = "token_in_the_open", Failed, "the token is in the spec or on the command line", "Remove it, and revoke it if the file was shared or the command logged.";
    Timeout = "timeout", Failed, "something could not be read to its end within `--timeout`", "Check whether it is a pipe or a terminal that nothing writes to, or allow more time.";
    Kubeconfig = "kubeconfig", Failed, "the kubeconfig can't be used", "Correct the entry that the message names; `kubectl auth whoami` reads the same file.";
    Context = "context", Failed, "no context is chosen, or none has that name", "Choose one that the message lists, with `--context` or `cluster.context`.";
    ExecPlugin = "exec_plugin", Failed, "the kubeconfig's credential plugin failed", "Read what it said, and run it by hand.";
    PlainHttp = "plain_http", Failed, "the server's address is not https", "Use its https address: the token would cross the network in clear text.";
    Proxy = "proxy", Failed, "a proxy would stand between us and the cluster", "Reach the cluster directly, or add it to `NO_PROXY`.";
    Connection = "connection", Failed, "the server did not answer", "Check that the cluster is up and reachable from here, and that the context is right.";
    Unavailable = "unavailable", Failed, "the server, or something in front of it, is overloaded or down", "Try again later.";
    BadAnswer = "bad_answer", Failed, "the answer did not come from a Kubernetes API server", "Check the server's address.";
    Unauthorized = "unauthorized", Failed, "the server rejected our credentials (401)", "Log in again, or choose another context.";
    Forbidden = "forbidden", Failed, "there is no permission to read an object", "Ask for the rights that `konnect rbac` prints.";
    UidUnreadable = "uid_unreadable", Failed, "the cluster's uid is needed, and there is no permission to read it", "Ask for `get` on the namespace `kube-system`; `konnect rbac` prints it.";
    OtherCluster = "other_cluster", Refused, "the cluster is not the one that the spec pins (3), or that the plan was made for (4)", "Choose the right context, or correct `cluster.uid`; for a saved plan, plan again.";
    Unknown = "unknown", Failed, "an object could not be read, so what apply would do is not known", "Fix what the plan says about that object, and run again.";
    Blocked = "blocked", Refused, "an object is blocked, so nothing was written", "The plan says why; `--take-over FIELD` takes a field from another manager.";
    NotApproved = "not_approved", Refused, "nobody said yes", "Answer `yes`, pass `--auto-approve`, or apply a saved plan.";
    Selection = "selection", Failed, "the specs of the run can't be made out", "Correct the `-f`, `--only` or `--except` that the message names.";
    Usage = "usage", Usage, "flags that don't go together with what they are used for", "Leave out one of those that the message names.";
    Stage = "stage", Failed, "it is not known when a spec is to be rolled out, or an earlier stage is not done (3)", "Give each spec a stage, or name them with `--order`; apply the stages in their order.";
    Conflict = "conflict", Failed, "two specs of the run want the same object of the same cluster, each otherwise", "Give each environment its own namespace or names, or make both say the same.";
    OthersRefused = "others_refused", Failed, "other specs of the run can't be applied, so nothing was written, or saved (it ends as they do)", "Mend those that the table names, or apply the others with `--partial`.";
    Permission = "permission", Failed, "rights to write are missing, so nothing was written", "Ask the administrator for those listed; `konnect rbac` prints all that are needed.";
    NamespaceMissing = "namespace_missing", Failed, "the namespace does not exist, and `manage = false` leaves it to somebody else", "Create it, or let konnect manage it.";
    NamespaceTerminating = "namespace_terminating", Failed, "the namespace is being deleted", "Wait until it is gone and created again, then apply.";
    Rejected = "rejected", Failed, "the server refused a write", "Its message says why; correct the spec, or ask whoever maintains the policy.";
    WebhookFailed = "webhook_failed", Failed, "an admission webhook does not answer", "Make sure that it is up, then apply again.";
    Stale = "stale", Stale, "the cluster is no longer what the plan was made from", "Plan again, and look at what changed.";
    Unconfirmed = "unconfirmed", Unconfirmed, "all was written, but reading it again did not confirm it", "Run `konnect plan` to see what is there.";
    NotBegun = "not_begun", Failed, "a write was not begun", "The message says why; run again.";
    PlanFile = "plan_file", Failed, "the saved plan can't be read or written, or is not a saved plan", "Name the file that `plan --out` wrote, or a place where one can be written.";
    PlanFormat = "plan_format", Stale, "the saved plan has another format", "Apply it with the version that made it, or plan again.";
    PlanVersion = "plan_version", Stale, "the saved plan was made by another version of konnect", "Apply it with the version that made it, or plan again.";
    PlanChanged = "plan_changed", Stale, "the saved plan was changed after it was saved", "Find out by whom, and plan again.";
    PlanDisagrees = "plan_disagrees", Stale, "the parts of the saved plan contradict each other", "Find out where the file comes from, and plan again.";
    PlanUnexpected = "plan_unexpected", Stale, "the saved plan is not the one that `--expect` names", "Find out where it comes from: it is not what was approved.";
    PlanExpired = "plan_expired", Stale, "the saved plan has expired", "Plan again.";
    PlanFromTheFuture = "plan_from_the_future", Stale, "the saved plan was made in the future, by this machine's clock", "Correct the clock of one of the machines, and plan again.";
    OtherToken = "other_token", Stale, "the token is not the one that the plan was made with", "Plan again with this token, or apply with the other one.";
    SecretInPlan = "secret_in_plan", Failed, "a saved plan would have to contain a token or a password", "Look for it in the spec, and in the names, labels, annotations and managers of the live objects.";
    SecretInGrant = "secret_in_grant", Failed, "a name in what `konnect rbac` would print contains part of the token", "Unset the token's variable for this command, or choose another name.";
    Sandbox = "sandbox", Failed, "there is no place for the sandbox", "Name a file: `--sandbox=FILE`.";
    SandboxFile = "sandbox_file", Failed, "the sandbox's file can't be used", "Check its permissions, or name another file: `--sandbox=FILE`.";
    SandboxDamaged = "sandbox_damaged", Failed, "the sandbox's file is damaged", "Move it away to start with an empty sandbox.";
    SandboxVersion = "sandbox_version", Failed, "the sandbox's file was written by another version of konnect", "Use the version that wrote it, or move it away.";
    SandboxLocked = "sandbox_locked", Failed, "another process is using the sandbox", "Wait for it to end, and try again.";
    Serve = "serve", Failed, "the sandbox's server can't be started", "The message says what the system refused.";
    Stdout = "stdout", Failed, "stdout can't be written", "Make room, or write elsewhere; the exit code says whether something was written to the cluster.";
    Interrupted = "interrupted", Interrupted, "somebody interrupted the run", "Run again; what was written is listed.";
    Internal = "internal", Internal, "a bug in konnect", "Run `konnect plan` to see what is there, and report it.";
}

impl Part for FailureCode {
    fn text(&self) -> Text {
        self.word().into()
    }
}

#[cfg(test)]
mod tests {
    use super::FailureCode;

    #[test]
    fn words_are_words_and_differ() {
        let words: std::collections::BTreeSet<&str> = FailureCode::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), FailureCode::ALL.len());
        for word in words {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
        }
    }
}
