//! Objects that several specs of a run want exactly alike, such as a Namespace in which two environments are: each is written once, for the
//! spec that comes to it first, and the others wait for what becomes of it.

use std::collections::BTreeMap;

use tokio::sync::{Mutex, MutexGuard};

use crate::object::ObjectRef;
use crate::outside::Outside;
use crate::report::WriteResult;

/// What became of an object, and for which spec.
type Written = Option<(Outside, WriteResult)>;

/// The shared objects of one cluster.
#[derive(Debug, Default)]
pub struct SharedWrites(BTreeMap<ObjectRef, Mutex<Written>>);

impl SharedWrites {
    /// None of them is written yet.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = ObjectRef>) -> Self {
        Self(objects.into_iter().map(|object| (object, Mutex::default())).collect())
    }

    /// Waits until nobody else is writing the object; `None` for one that is not shared.
    pub(super) async fn turn(&self, object: &ObjectRef) -> Option<Turn<'_>> {
        Some(Turn(self.0.get(object)?.lock().await))
    }
}

/// Nobody else writes the object meanwhile.
pub(super) struct Turn<'a>(MutexGuard<'a, Written>);

impl Turn<'_> {
    /// What its being written for another spec means for this one; `None`: it was not.
    pub(super) fn of_another(&self) -> Option<WriteResult> {
        let (spec, result) = self.0.as_ref()?;
        Some(match result {
            WriteResult::Created | WriteResult::Updated | WriteResult::ConfirmedByReading => {
                WriteResult::WrittenForAnother { spec: spec.clone() }
            }
            other => other.clone(),
        })
    }

    /// It was written, or not, for this spec.
    pub(super) fn ends(&mut self, spec: &Outside, result: &WriteResult) {
        *self.0 = Some((spec.clone(), result.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::ResourceType;

    fn named(name: &str) -> ObjectRef {
        ObjectRef { resource: ResourceType::namespace(), namespace: None, name: name.into() }
    }

    #[tokio::test]
    async fn what_became_of_it_for_one_spec_is_told_to_the_next() {
        let shared = SharedWrites::of([named("a")]);
        assert!(shared.turn(&named("b")).await.is_none(), "it is not shared");
        let (spec, failed) = (Outside::from("one.toml"), WriteResult::DoneByAnother);
        let for_another = WriteResult::WrittenForAnother { spec: spec.clone() };
        for (result, told) in [
            (WriteResult::Created, &for_another),
            (WriteResult::Updated, &for_another),
            (WriteResult::ConfirmedByReading, &for_another),
            (failed.clone(), &failed),
        ] {
            let shared = SharedWrites::of([named("a")]);
            let mut first = shared.turn(&named("a")).await.unwrap_or_else(|| panic!("it is shared"));
            assert_eq!(first.of_another(), None);
            first.ends(&spec, &result);
            drop(first);
            let second = shared.turn(&named("a")).await.unwrap_or_else(|| panic!("it is shared"));
            assert_eq!(second.of_another().as_ref(), Some(told));
        }
    }
}
