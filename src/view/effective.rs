//! A spec with all that it extends, as TOML that is a spec itself: each value with the file and the line that set it.

use super::{Cleared, Door};
use crate::escape::{guard_words, is_unsafe};
use crate::outside::{Outside, Text};
use crate::spec::{Effective, EffectiveLine, EffectiveValue};

/// The whole of it.
#[must_use]
pub fn render(effective: &Effective, door: &Door) -> Cleared {
    let Effective { files, lines } = effective;
    let files = door.line(Text::join(files.iter().map(Text::from), ", which extends "));
    let mut toml = format!("# {files}\n");
    // Origins stand in one column, as far as values are of ordinary length.
    let column = lines.iter().map(|line| left(line, door).chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    for line in lines {
        let left = left(line, door);
        match line {
            EffectiveLine::Table(_) => toml.push_str(&format!("\n{left}\n")),
            EffectiveLine::Value { file, line, .. } => toml.push_str(&format!("{left:column$}  # {}:{line}\n", door.line(file))),
        }
    }
    Cleared::new(toml)
}

fn left(line: &EffectiveLine, door: &Door) -> String {
    match line {
        EffectiveLine::Table(path) => {
            let path: Vec<String> = path.iter().map(|key| key_of(key, door)).collect();
            format!("[{}]", path.join("."))
        }
        EffectiveLine::Value { key, value: EffectiveValue::String(text), .. } => {
            format!("{} = {}", key_of(key, door), quoted(&door.value(text)))
        }
        EffectiveLine::Value { key, value: EffectiveValue::Boolean(value), .. } => format!("{} = {value}", key_of(key, door)),
        EffectiveLine::Value { key, value: EffectiveValue::Integer(number), .. } => {
            format!("{} = {}", key_of(key, door), door.value(number))
        }
    }
}

/// A key: bare where TOML lets it be.
fn key_of(key: &Outside, door: &Door) -> String {
    let key = door.value(key);
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { key } else { quoted(&key) }
}

/// A string, with each character spelled as an escape that TOML, a terminal or a pipeline's runner would take for more than itself.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_unsafe(c) => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    guard_words(&quoted, "\\u0023").into_owned()
}
