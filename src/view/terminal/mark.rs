//! The signs in front of objects and fields, and the line that says what they mean.

use std::collections::BTreeSet;

use super::{Line, Sign, fields};
use crate::outside::Text;
use crate::plan::{Action, FieldAction, Plan};
use crate::text;
use crate::view::Paint;

/// A sign, in the order of the line that explains them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It comes.
    Add,
    /// It gets another value.
    Change,
    /// It goes.
    Remove,
    /// It stays, and is ours no longer.
    Release,
    /// Something forbids its change.
    Blocked,
    /// It could not be read.
    Unknown,
}

impl Mark {
    /// In front of an object.
    pub(super) const fn of_object(action: Action) -> Option<Self> {
        match action {
            Action::Create => Some(Self::Add),
            Action::Update => Some(Self::Change),
            Action::Blocked => Some(Self::Blocked),
            Action::Unknown => Some(Self::Unknown),
            Action::None => None,
        }
    }

    /// In front of a field.
    pub(super) const fn of_field(action: FieldAction) -> Option<Self> {
        match action {
            FieldAction::Add => Some(Self::Add),
            FieldAction::Change | FieldAction::TakeOver => Some(Self::Change),
            FieldAction::Remove => Some(Self::Remove),
            FieldAction::Release => Some(Self::Release),
            FieldAction::Blocked => Some(Self::Blocked),
            FieldAction::None => None,
        }
    }

    /// What its line means.
    pub(super) const fn sign(self) -> Sign {
        match self {
            Self::Add => Sign::Add,
            Self::Remove | Self::Release => Sign::Remove,
            Self::Change | Self::Blocked | Self::Unknown => Sign::Change,
        }
    }

    /// As it is drawn.
    pub(super) fn drawn(self, paint: Paint) -> Text {
        match self {
            Self::Add => paint.green("+"),
            Self::Change => paint.yellow("~"),
            Self::Remove => paint.red("-"),
            Self::Release => paint.yellow("-"),
            Self::Blocked => paint.red("!"),
            Self::Unknown => paint.yellow("?"),
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Release => "release",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

/// What the signs of a plan mean, those that were not explained before; no line where all were.
pub fn legend(plan: &Plan, paint: Paint, explained: &mut BTreeSet<Mark>) -> Option<Line> {
    let shown = plan.changes.iter().filter(|change| change.action != Action::None);
    let of_change = |change| fields::shown(change).into_iter().filter_map(|field| Mark::of_field(field.action));
    let met: BTreeSet<Mark> =
        shown.flat_map(|change| Mark::of_object(change.action).into_iter().chain(of_change(change))).collect();
    let fresh: Vec<Mark> = met.into_iter().filter(|mark| explained.insert(*mark)).collect();
    // Two of them are drawn alike.
    let both = fresh.contains(&Mark::Remove) && fresh.contains(&Mark::Release);
    let meaning = |mark: Mark| if both && mark == Mark::Remove { "remove or release" } else { mark.meaning() };
    let each = fresh.iter().filter(|mark| !(both && **mark == Mark::Release));
    let each = each.map(|mark| text!("{} {}", mark.drawn(paint), meaning(*mark)));
    (!fresh.is_empty()).then(|| super::labelled("Signs", &Text::join(each, "  ")))
}
