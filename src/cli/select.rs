//! The flags that say which specs a run is about, and those of a run about many.

use clap::{Args, ValueEnum};

use super::values::{not_empty, order, partition, pattern};
use super::{MANY, SPEC};
use crate::outside::Outside;
use crate::selection::{Order, Partition, Pattern, Patterns};

/// Which specs.
#[derive(Debug, Args)]
#[command(next_help_heading = SPEC)]
pub struct SelectArgs {
    /// The spec, or a folder
    ///
    /// A folder stands for every *.toml in it and below it, but for what is hidden. May be repeated.
    #[arg(short, long, value_name = "SPEC", default_value = "konnect.toml", value_parser = not_empty)]
    pub file: Vec<Outside>,
    /// Only the specs whose path matches
    ///
    /// prod-*.toml for a file's name, eu/*.toml for the end of its path, eu/ for all in a folder. May be repeated.
    #[arg(long, value_name = "GLOB", value_parser = pattern)]
    pub only: Vec<Pattern>,
    /// Not the specs whose path matches
    ///
    /// As --only. May be repeated.
    #[arg(long, value_name = "GLOB", value_parser = pattern)]
    pub except: Vec<Pattern>,
}

impl SelectArgs {
    /// The first file or folder.
    #[must_use]
    pub fn first(&self) -> &Outside {
        static NONE: Outside = Outside::EMPTY;
        self.file.first().unwrap_or(&NONE)
    }

    /// What was named, in one line: it tells runs about different specs apart.
    #[must_use]
    pub fn named(&self) -> Outside {
        match self.file.as_slice() {
            [one] => one.clone(),
            many => Outside::new(many.iter().map(Outside::expose).collect::<Vec<_>>().join(" ")),
        }
    }

    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> Patterns {
        Patterns::new(self.only.clone(), self.except.clone())
    }
}

/// Which part of them this run takes.
#[derive(Debug, Args)]
#[command(next_help_heading = MANY)]
pub struct PartitionArgs {
    /// Only the I-th of N parts, as hash:I/N
    ///
    /// For a run that is spread over N jobs: I counts from 1, and each spec is in exactly one part, by a hash of its path.
    #[arg(long, value_name = "PART", value_parser = partition, hide_short_help = true)]
    pub partition: Option<Partition>,
}

impl PartitionArgs {
    /// Whether this run takes the spec.
    #[must_use]
    pub fn takes(&self, path: &Outside) -> bool {
        self.partition.is_none_or(|partition| partition.contains(path.expose()))
    }
}

/// How many specs are rolled out.
#[derive(Debug, Args)]
#[command(next_help_heading = MANY)]
pub struct RollOutArgs {
    /// Apply what can be, though other specs can't
    ///
    /// Without this nothing is written unless every spec can be applied. The exit code tells all the same.
    #[arg(long)]
    pub partial: bool,
    /// Go on until more than N specs failed
    ///
    /// What is being written is finished, nothing else is begun.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_failures: usize,
    /// Stages by name, such as dev,staging,prod
    ///
    /// A spec is in the stage whose name is a part of its path; without this `[policy] stage` of the spec says it. A stage begins when all
    /// of the one before was applied and confirmed.
    #[arg(long, value_name = "NAMES", value_parser = order, conflicts_with = "partition")]
    pub order: Option<Order>,
    /// Only stage N, from 1
    ///
    /// Refused while an earlier one has changes pending.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "partition")]
    pub stage: Option<u32>,
}

/// What is applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Grade {
    /// Only what creates objects
    CreateOnly,
    /// Only what changes no live token
    NoToken,
    /// Everything
    All,
}
