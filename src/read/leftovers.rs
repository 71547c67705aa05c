//! What konnect wrote once and the spec no longer names: a Secret that was renamed in the spec stays behind, with its token.

use std::time::Duration;

use serde_json::Value;

use super::selector::selector;
use crate::cluster::{Cluster, in_parallel};
use crate::object::ObjectRef;
use crate::outside::Outside;
use crate::ownership::is_us;
use crate::plan::{Action, Change, Plan};

/// The most objects that are named.
const MAX_NAMED: usize = 10;
/// How long the question may take: nothing but a warning depends on its answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Looks beside each object with a token that the plan creates: one list, of metadata only, of what has the same labels and our manager.
/// Where that may not be read, or can't be, there is nothing to say.
pub async fn leftovers(cluster: &Cluster, plan: &Plan) -> Vec<ObjectRef> {
    let is_new = |change: &&Change| change.action == Action::Create && change.wanted.holds_token() && change.waits_for.is_none();
    let asked = plan.changes.iter().filter(is_new);
    let found = in_parallel(asked.map(|change| async move {
        tokio::time::timeout(TIMEOUT, beside(cluster, change)).await.ok().flatten().unwrap_or_default()
    }));
    found.await.into_iter().flatten().filter(|found| plan.change(found).is_none()).collect()
}

async fn beside(cluster: &Cluster, change: &Change) -> Option<Vec<ObjectRef>> {
    let ObjectRef { resource, namespace, name: _ } = &change.wanted.object;
    let path = change.wanted.object.api_path();
    let (collection, _) = path.rsplit_once('/')?;
    let answer =
        cluster.list_metadata(&format!("{collection}?limit=500&labelSelector={}", selector(&change.wanted))).await.ok()?;
    if answer.code != 200 {
        return None;
    }
    let items = answer.body.pointer("/items")?.as_array()?;
    let ours = items.iter().filter(|item| is_ours(item)).filter_map(|item| item.pointer("/metadata/name")?.as_str());
    let named = |name: &str| (resource.check_name)(name).ok().map(|()| Outside::from(name));
    let found = ours.filter_map(named).map(|name| ObjectRef { resource, namespace: namespace.clone(), name });
    Some(found.take(MAX_NAMED).collect())
}

/// Written by an apply of ours, and not on its way out already.
fn is_ours(item: &Value) -> bool {
    let managers = item.pointer("/metadata/managedFields").and_then(Value::as_array);
    item.pointer("/metadata/deletionTimestamp").is_none() && managers.into_iter().flatten().any(is_us)
}
