//! What moved between a plan and now, as a difference that people can read.

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use crate::outside::Text;
use crate::plan::{Change, Field, FieldValue, Manager, Seen};
use crate::text;
use crate::view::terminal;

/// The live token, held against the one that was read when the plan was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LiveToken {
    /// It did not move.
    AsItWas,
    /// It is another one.
    Another,
    /// The object moved, and of such a token there is no fingerprint.
    CantTell,
}

impl LiveToken {
    const fn words(self) -> &'static str {
        match self {
            Self::AsItWas => "as when the plan was made",
            Self::Another => "another value than when the plan was made",
            Self::CantTell => "too easily guessed for the plan to tell whether it is the same",
        }
    }
}

/// The difference of one object, plan time → now. `source` is the wanted token's.
pub(super) fn of(planned: &Change, now: &Change, token: LiveToken, source: &Text) -> Text {
    let title = planned.wanted.title();
    let (before, after) = (facts(planned, LiveToken::AsItWas, source), facts(now, token, source));
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    if ops.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
        return text!("{}\n  moved, and can't be compared", title);
    }
    let mut lines = vec![title, "--- when the plan was made".into(), "+++ now".into()];
    for group in group_diff_ops(ops, 1) {
        lines.push("@@".into());
        for change in group.iter().flat_map(|op| op.iter_changes(before.as_slice(), after.as_slice())) {
            let sign = match change.tag() {
                ChangeTag::Equal => " ",
                ChangeTag::Insert => "+",
                ChangeTag::Delete => "-",
            };
            lines.push(text!("{}{}", sign, change.value()));
        }
    }
    Text::join(lines, "\n")
}

/// One line for each thing the plan read.
fn facts(change: &Change, token: LiveToken, source: &Text) -> Vec<Text> {
    let mut facts = vec![terminal::reason(change)];
    facts.push(match &change.seen {
        None => "not there".into(),
        Some(Seen { uid, resource_version, token_mark: _ }) => text!("uid {}, resourceVersion {}", uid, resource_version),
    });
    for Field { path, action, value, managers } in &change.fields {
        let value = match value {
            FieldValue::Token(verdict) => {
                text!("(sensitive) {}; {} compared with {}", token.words(), verdict.word(), source)
            }
            FieldValue::Hidden => "(sensitive)".into(),
            FieldValue::Plain { before: None, after: _ } => "not set".into(),
            FieldValue::Plain { before: Some(before), after: _ } => text!("\"{}\"", before),
        };
        let owner = |Manager { name, operation, time: _ }: &Manager| text!("{} ({})", name, operation);
        // The server sorts them by time, which is no difference.
        let mut owners: Vec<Text> = managers.iter().map(owner).collect();
        owners.sort_unstable();
        let owners = Text::join(owners, ", ");
        let owners = if managers.is_empty() { owners } else { text!("; owned by {}", owners) };
        facts.push(text!("{} = {}{}; {}", path.dotted(), value, owners, action.word()));
    }
    facts
}
