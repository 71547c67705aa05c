//! What moved between a plan and now, in words: in a sentence, or as a difference that people can read line by line.

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use crate::field_path::FieldPath;
use crate::outside::Text;
use crate::plan::{Change, Field, FieldValue, Manager, ObservedVersion};
use crate::text;
use crate::token::TokenMove;

/// A change as it was planned, and as it would be planned now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As it was planned.
    pub planned: Change,
    /// As it would be planned now.
    pub now: Change,
    /// Whether the live token is another one.
    pub token: TokenMove,
}

impl Difference {
    /// `Secret kong/konnect-pat changed since the plan was made: data.token`.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let what = match (&self.planned.observed, &self.now.observed) {
            (None, Some(_)) => "appeared since the plan was made, and differs from the spec".into(),
            (Some(_), None) => "was deleted since the plan was made".into(),
            (Some(before), Some(after)) if before.uid != after.uid => "was deleted and recreated since the plan was made".into(),
            _ => match self.moved_fields() {
                moved if moved.is_empty() => "changed since the plan was made".into(),
                moved => text!("changed since the plan was made: {}", Text::join(moved.iter().map(FieldPath::dotted), ", ")),
            },
        };
        text!("{} {}", self.planned.wanted.object.title(), what)
    }

    /// The fields whose value, owners or plan are no longer the same.
    fn moved_fields(&self) -> Vec<FieldPath> {
        let (planned, now) = (&self.planned.fields, &self.now.fields);
        let changed = now.iter().filter(|field| !planned.iter().any(|was| was.same_effect(field)));
        let gone = planned.iter().filter(|field| !now.iter().any(|now| now.path == field.path));
        let mut moved: Vec<FieldPath> = changed.chain(gone).map(|field| field.path.clone()).collect();
        let token = planned.iter().find(|field| matches!(field.value, FieldValue::Token(_))).map(|field| field.path.clone());
        if let Some(token) = token.filter(|token| self.token != TokenMove::Unmoved && !moved.contains(token)) {
            moved.insert(0, token);
        }
        moved
    }

    /// A unified diff of all that the plan reads of the object, from plan time to now. `token_source` names the wanted token.
    #[must_use]
    pub fn diff(&self, token_source: &Text) -> Text {
        let title = self.planned.wanted.object.title();
        let before = facts(&self.planned, TokenMove::Unmoved, token_source);
        let after = facts(&self.now, self.token, token_source);
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
}

/// One line for each thing that the plan reads.
fn facts(change: &Change, token: TokenMove, token_source: &Text) -> Vec<Text> {
    let mut facts = vec![change.reason()];
    facts.push(match &change.observed {
        None => "not there".into(),
        Some(ObservedVersion { uid, resource_version, token: _ }) => text!("uid {}, resourceVersion {}", uid, resource_version),
    });
    for Field { path, action, sensitive: _, value, managers } in &change.fields {
        let value = match value {
            FieldValue::Token(verdict) => {
                text!("(sensitive) {}; {} compared with {}", words(token), verdict.word(), token_source)
            }
            FieldValue::Hidden => "(sensitive)".into(),
            FieldValue::Plain { before: None, after: _ } => "not set".into(),
            FieldValue::Plain { before: Some(before), after: _ } => text!("\"{}\"", before),
        };
        let owner = |Manager { name, operation, time: _, through: _ }: &Manager| text!("{} ({})", name, operation);
        // The server sorts them by time, which is no difference.
        let mut owners: Vec<Text> = managers.iter().map(owner).collect();
        owners.sort_unstable();
        let owners = Text::join(owners, ", ");
        let owners = if managers.is_empty() { owners } else { text!("; owned by {}", owners) };
        facts.push(text!("{} = {}{}; {}", path.dotted(), value, owners, action.word()));
    }
    facts
}

const fn words(token: TokenMove) -> &'static str {
    match token {
        TokenMove::Unmoved => "as when the plan was made",
        TokenMove::Moved => "another value than when the plan was made",
        TokenMove::Unknown => "too easily guessed for the plan to tell whether it is the same",
    }
}
