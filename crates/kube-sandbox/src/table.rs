//! Tables, as `kubectl get` asks for them: a row for each object, a cell for each column of its resource.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::object::{meta, metadata_of};
use super::request::RowObject;
use super::resource::{Column, Resource};

const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The table of an object, or of a list's items.
pub fn of(resource: &Resource, body: &Value, objects: RowObject, now: Timestamp) -> Value {
    let (metadata, rows) = match body.get("items").and_then(Value::as_array) {
        Some(items) => (body["metadata"].clone(), items.iter().collect()),
        None => (json!({"resourceVersion": meta(body, "resourceVersion")}), vec![body]),
    };
    let rows: Vec<Value> = rows.into_iter().map(|object| row(resource, object, objects, now)).collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns(resource),
        "rows": rows,
    })
}

fn columns(resource: &Resource) -> Vec<Value> {
    let column = |name: &str, format: &str, description: &str| json!({"name": name, "type": "string", "format": format, "description": description, "priority": 0});
    let own = resource.columns.iter().map(|own| column(own.name, "", own.description));
    std::iter::once(column("Name", "name", NAME)).chain(own).chain([column("Age", "", AGE)]).collect()
}

fn row(resource: &Resource, object: &Value, objects: RowObject, now: Timestamp) -> Value {
    let own = resource.columns.iter().map(|Column { cell, .. }| cell(object));
    let cells: Vec<Value> = std::iter::once(json!(meta(object, "name")))
        .chain(own)
        .chain([json!(age(meta(object, "creationTimestamp"), now))])
        .collect();
    let object = match objects {
        RowObject::Metadata => metadata_of(object),
        RowObject::Nothing => Value::Null,
        RowObject::Whole => {
            let mut whole = object.clone();
            // The items of a list don't say what they are.
            whole["kind"] = json!(resource.kind);
            whole["apiVersion"] = json!(resource.api_version());
            whole
        }
    };
    json!({"cells": cells, "object": object})
}

fn age(created: &str, now: Timestamp) -> String {
    match created.parse::<Timestamp>() {
        Ok(created) => human_duration(now.as_second() - created.as_second()),
        Err(_) => "<unknown>".to_owned(),
    }
}

/// Seconds as Kubernetes' `HumanDuration` writes them: the longer, the coarser.
fn human_duration(seconds: i64) -> String {
    let both = |large: i64, unit: &str, small: i64, rest: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{rest}") }
    };
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 120 => format!("{}s", seconds.max(0)),
        () if minutes < 10 => both(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => both(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => both(days, "d", hours % 24, "h"),
        () if days < 365 * 2 => format!("{days}d"),
        () if days < 365 * 8 => both(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_as_kubectl_shows_them() {
        let (minute, hour, day) = (60, 3600, 86_400);
        let expected = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (2 * minute, "2m"),
            (3 * minute + 5, "3m5s"),
            (10 * minute + 5, "10m"),
            (3 * hour, "3h"),
            (7 * hour + 59 * minute, "7h59m"),
            (8 * hour + 59 * minute, "8h"),
            (47 * hour, "47h"),
            (2 * day, "2d"),
            (7 * day + hour, "7d1h"),
            (8 * day + hour, "8d"),
            (729 * day, "729d"),
            (731 * day, "2y1d"),
            (365 * 9 * day, "9y"),
        ];
        for (seconds, text) in expected {
            assert_eq!(human_duration(seconds), text, "{seconds}");
        }
    }
}
