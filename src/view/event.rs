//! What happens in a run, as data. Commands emit it; the views show it, each in its own way.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Cleared;
use crate::apply::Progress;
use crate::cluster::Notice;
use crate::fleet::{Ending, Fleet, FleetSpec};
use crate::outcome::{Failure, Outcome};
use crate::outside::{Outside, Text};
use crate::plan::{Change, ClusterIdentity, Plan, Warning};
use crate::report::{Report, WriteResult};
use crate::spec::SpecErrors;

/// What happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The command line is wrong, or asks for help. The run ends with it.
    Usage(clap::Error),
    /// The system would not even let us begin. The run ends with it.
    NotStarted(std::io::ErrorKind),
    /// A bug of ours. The process ends with it.
    Panicked(&'a Failure),

    /// A command begins. `spec` is empty where the command line names none.
    Begun {
        /// The spec's path as the user gave it.
        spec: &'a Outside,
    },
    /// Something a request met on the way.
    Notice(Notice),
    /// The spec is wrong, so there is nothing to work on.
    SpecErrors(&'a SpecErrors),
    /// Something went wrong.
    Failed(&'a Failure),
    /// Something to know.
    Warning(&'a Warning),
    /// Something worth a line that is no warning.
    Info(&'a Text),

    /// The spec is valid.
    Valid {
        /// Its path as the user gave it.
        spec: &'a Outside,
        /// It is only there for others to extend.
        template: bool,
    },
    /// A text that has one form whatever the format: rights, a schema, completions.
    Text(&'a Cleared),
    /// The sandbox listens.
    Serving {
        /// Its file.
        file: Outside,
        /// Its address and port.
        address: Outside,
        /// The kubeconfig that leads to it.
        kubeconfig: Outside,
    },

    /// The sandbox was emptied.
    SandboxReset {
        /// Its file.
        file: Outside,
        /// What was in it: kind and name of each object.
        removed: &'a [Text],
    },

    /// A plan was made, or opened.
    Plan(&'a Plan),
    /// The plan was saved.
    Saved {
        /// Where, as the user gave it.
        path: &'a Outside,
        /// From when on it is refused.
        expires: Timestamp,
        /// The file's digest, `sha256:…`.
        digest: &'a str,
    },
    /// The plan came from a file.
    Opened {
        /// When it was made.
        created: Timestamp,
        /// From when on it is refused.
        expires: Timestamp,
        /// The file's digest, `sha256:…`.
        digest: &'a str,
    },

    /// What to run next.
    Next {
        /// The words of the command, each fit for a shell.
        command: &'a [Text],
    },

    /// The token is about to be read from standard input, though this command line does not say so.
    WaitingForToken,
    /// The user is asked to approve the plan.
    Asked {
        /// Where it would be carried out.
        cluster: &'a ClusterIdentity,
    },
    /// The user did not approve it. The run ends with it.
    Cancelled,
    /// Writing begins.
    Writing,
    /// A write is about to be sent.
    WriteStarted(&'a Change),
    /// A write ended, after this time.
    WriteEnded(&'a Change, &'a WriteResult, Duration),
    /// What became of everything that was to be written.
    Summary(&'a Report),
    /// Reading everything again showed no changes.
    Confirmed,

    /// Every spec of a fleet was checked, by `validate`. What is wrong stands in the fleet's specs.
    ValidFleet {
        /// The specs, and of each whether it is a template and what is wrong with it.
        checked: &'a [CheckedSpec],
    },
    /// How many specs were read so far, of so many; `written` where they are being applied. For a terminal alone.
    Reached {
        /// What is being done.
        doing: Doing,
        /// So many are done.
        done: usize,
        /// Of so many.
        of: usize,
    },
    /// The plans of many specs, in the order of the specs.
    Fleet(&'a Arc<Fleet>),
    /// The user is asked to approve all of them at once.
    AskedFleet {
        /// How many specs would be written.
        specs: usize,
        /// To how many clusters.
        clusters: usize,
    },
    /// A write of one spec of many, as it happens.
    SpecProgress {
        /// The spec's path as it is shown.
        spec: &'a Outside,
        /// What happens.
        progress: Progress<'a>,
    },
    /// One of many specs came to its end; told in the order of the specs.
    SpecEnded {
        /// The spec.
        spec: &'a FleetSpec,
        /// What became of it.
        ending: &'a Ending,
    },
    /// What became of every spec of a fleet that was to be applied.
    FleetEnded {
        /// The specs.
        fleet: &'a Fleet,
        /// What became of each, in their order.
        endings: &'a [Ending],
    },

    /// The command ends.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// What is being done to many specs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Their clusters are read.
    Reading,
    /// They are applied.
    Applying,
}

/// One of many specs, as `validate` found it.
#[derive(Debug)]
pub struct CheckedSpec {
    /// Its path as it is shown.
    pub path: Outside,
    /// What is wrong with it, or else whether it is a template.
    pub result: Result<bool, CheckError>,
}

/// Why a spec is not valid.
#[derive(Debug)]
pub enum CheckError {
    /// It is wrong.
    Spec(SpecErrors),
    /// Something else, such as a token that stands in it.
    Failed(Failure),
}

impl<'a> From<Progress<'a>> for Event<'a> {
    fn from(progress: Progress<'a>) -> Self {
        match progress {
            Progress::Started(change) => Self::WriteStarted(change),
            Progress::Ended(change, result, time) => Self::WriteEnded(change, result, time),
        }
    }
}
