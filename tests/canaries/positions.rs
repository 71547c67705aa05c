//! Every place in a document where a string stands: values, and keys too.

use serde_json::{Map, Value};

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The way there, as a JSON pointer without escapes.
    pub path: Vec<String>,
    /// Whether it is the last step's name, not what stands there.
    pub is_key: bool,
}

impl Position {
    /// How findings name it.
    pub fn name(&self) -> String {
        format!("/{}{}", self.path.join("/"), if self.is_key { " (the key)" } else { "" })
    }
}

/// All of them, in the document's order.
pub fn all(tree: &Value) -> Vec<Position> {
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

fn walk(tree: &Value, path: &mut Vec<String>, found: &mut Vec<Position>) {
    match tree {
        Value::String(_) => found.push(Position { path: path.clone(), is_key: false }),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(i.to_string());
                walk(item, path, found);
                path.pop();
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                path.push(key.clone());
                found.push(Position { path: path.clone(), is_key: true });
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The document with another text there, made from the one that stands there.
pub fn changed(tree: &Value, position: &Position, change: impl FnOnce(&str) -> String) -> Value {
    let mut tree = tree.clone();
    let (last, way) = position.path.split_last().expect("no document is a text alone");
    let mut parent = &mut tree;
    for step in way {
        parent = match parent {
            Value::Array(items) => &mut items[step.parse::<usize>().expect("a place in a list")],
            other => &mut other[step.as_str()],
        };
    }
    match parent {
        Value::Array(items) => {
            let item = &mut items[last.parse::<usize>().expect("a place in a list")];
            *item = change(item.as_str().expect("a text")).into();
        }
        Value::Object(members) if position.is_key => {
            let name = change(last);
            let renamed = std::mem::take(members).into_iter();
            *members = renamed.map(|(key, value)| (if key == *last { name.clone() } else { key }, value)).collect::<Map<_, _>>();
        }
        other => other[last.as_str()] = change(other[last.as_str()].as_str().expect("a text")).into(),
    }
    tree
}

/// The document with a canary there: in place of what stood there, or behind it. What names a field of `managedFields` goes on naming one.
pub fn planted(tree: &Value, position: &Position, canary: &str, behind: bool) -> Value {
    changed(tree, position, |before| match before.split_once(':') {
        _ if behind => format!("{before}{canary}"),
        Some((kind @ ("f" | "k" | "v"), _)) if position.is_key => format!("{kind}:{canary}"),
        _ => canary.to_owned(),
    })
}
