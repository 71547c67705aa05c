//! Refuses a plan that can't be carried out: apply before it asks or writes anything, and `plan --out` before it saves anything.

use crate::outcome::{Failure, FailureCode};
use crate::outside::Text;
use crate::plan::{Change, Plan, Refusal};
use crate::text;

/// Refuses a plan of which something is unknown or blocked. `instead` says what was therefore not done.
///
/// # Errors
/// It can't be carried out: what apply would do is not known (exit code 1), or is blocked (3).
pub(super) fn refuse(instead: &'static str, plan: &Plan) -> Result<(), Failure> {
    let refusals = plan.refusals();
    let unknown: Vec<&Change> =
        refusals.iter().filter_map(|refusal| if let Refusal::Unknown(change) = refusal { Some(*change) } else { None }).collect();
    if !unknown.is_empty() {
        let what = text!("{}: {} could not be read, so what apply would do is not known", instead, titles(&unknown));
        return Err(Failure::new(FailureCode::Unknown, what));
    }
    let blocked: Vec<&Change> =
        refusals.iter().filter_map(|refusal| if let Refusal::Blocked(change) = refusal { Some(*change) } else { None }).collect();
    if blocked.is_empty() {
        return Ok(());
    }
    let verb = if blocked.len() == 1 { "is" } else { "are" };
    let what = text!("{}: {} {} blocked: {}", instead, titles(&blocked), verb, reasons(&blocked));
    let failure = Failure::new(FailureCode::Blocked, what);
    Err(match hints(&blocked, plan) {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

fn titles(changes: &[&Change]) -> Text {
    Text::join(changes.iter().map(|change| change.wanted.object.title()), ", ")
}

/// Each reason once: two objects of one namespace that is being deleted say the same.
fn reasons(changes: &[&Change]) -> Text {
    Text::join(distinct(changes.iter().map(|change| change.reason())), "; ")
}

fn hints(changes: &[&Change], plan: &Plan) -> Option<Text> {
    let hints = distinct(changes.iter().filter_map(|change| change.hint(&plan.cluster)));
    (!hints.is_empty()).then(|| Text::join(hints, "; "))
}

fn distinct(texts: impl Iterator<Item = Text>) -> Vec<Text> {
    texts.fold(Vec::new(), |mut distinct, text| {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
        distinct
    })
}
