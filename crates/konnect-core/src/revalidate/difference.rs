//! What moved between a plan and now, in words: in a sentence, or as it was then and as it is now.

use crate::field_path::FieldPath;
use crate::outside::Text;
use crate::plan::{Action, Change, Field, FieldAction, FieldValue, Manager, ObservedVersion};
use crate::text;
use crate::token::{TokenMove, Verdict};

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

    /// What the plan reads of the object and is no longer so: how it was when the plan was made, and how it is now. `token_source` names
    /// the wanted token.
    #[must_use]
    pub fn told(&self, token_source: &Text) -> Text {
        let title = self.planned.wanted.object.title();
        let mut before = facts(&self.planned, TokenMove::Unmoved, token_source);
        // Of an object that was not there, no token was there to be the same.
        let moved = if self.planned.observed.is_some() { self.token } else { TokenMove::Unmoved };
        let mut after = facts(&self.now, moved, token_source);
        let same: Vec<Fact> = before.iter().filter(|fact| after.contains(fact)).cloned().collect();
        for side in [&mut before, &mut after] {
            side.retain(|fact| !same.contains(fact));
        }
        if before.is_empty() && after.is_empty() {
            return text!("{}\n  moved, and can't be compared", title);
        }
        let (was_there, is_there) = (self.planned.observed.is_some(), self.now.observed.is_some());
        // Beside an object that is not there it says enough what is to be done.
        let told = |facts: Vec<Fact>, there: bool, both: bool| {
            let facts = facts.into_iter().filter(|fact| fact.about.is_none() || there && (both || fact.pending));
            let words: Vec<Text> = facts.map(|fact| fact.words).collect();
            if words.is_empty() { "not so".into() } else { Text::join(words, ", ") }
        };
        let planned = told(before, was_there, is_there);
        let now = told(after, is_there, was_there);
        text!("{}\n  when planned: {}\n  now: {}", title, planned, now)
    }
}

/// One thing that the plan reads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    /// The field; `None`: the object itself.
    about: Option<FieldPath>,
    /// Whether something is to be done about it.
    pending: bool,
    /// What is to be done, which may be all that differs.
    action: &'static str,
    words: Text,
}

/// All that the plan reads of an object.
fn facts(change: &Change, token: TokenMove, token_source: &Text) -> Vec<Fact> {
    let of_object = |words: Text| Fact { about: None, pending: false, action: "", words };
    let mut facts = vec![of_object(match &change.observed {
        None => "does not exist".into(),
        Some(ObservedVersion { uid, resource_version: _, token: _ }) => text!("exists (uid {})", uid),
    })];
    facts.push(of_object(match change.action {
        Action::Create => "to be created".into(),
        Action::Update => "to be updated".into(),
        Action::None => "matching the spec".into(),
        Action::Blocked | Action::Unknown => text!("{}: {}", change.action.word(), change.reason()),
    }));
    for Field { path, action, sensitive: _, value, managers } in &change.fields {
        let value = match value {
            FieldValue::Token(verdict) => text!("{}{}", of_token(*verdict, token_source), words(token)),
            FieldValue::Hidden => "is (sensitive)".into(),
            FieldValue::Plain { before: None, after: _ } => "is not set".into(),
            FieldValue::Plain { before: Some(before), after: _ } => text!("is \"{}\"", before),
        };
        let owner = |Manager { name, operation, time: _, through: _ }: &Manager| text!("{} ({})", name, operation);
        // The server sorts them by time, which is no difference.
        let mut owners: Vec<Text> = managers.iter().map(owner).collect();
        owners.sort_unstable();
        let owners = Text::join(owners, " and ");
        let owners = if managers.is_empty() { owners } else { text!(", owned by {}", owners) };
        let words = text!("{} {}{}", path.short(), value, owners);
        facts.push(Fact { about: Some(path.clone()), pending: *action != FieldAction::None, action: action.word(), words });
    }
    facts
}

fn of_token(verdict: Verdict, token_source: &Text) -> Text {
    match verdict {
        Verdict::Missing => "is not set".into(),
        Verdict::Empty => "is empty".into(),
        Verdict::Same => text!("is the token in {}", token_source),
        Verdict::Different => text!("differs from {}", token_source),
        Verdict::NotCompared => text!("is not compared with {}", token_source),
    }
}

const fn words(token: TokenMove) -> &'static str {
    match token {
        TokenMove::Unmoved => "",
        TokenMove::Moved => ", another value than when the plan was made",
        TokenMove::Unknown => ", too easily guessed for the plan to tell whether it is the same",
    }
}
