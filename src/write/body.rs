//! JSON as a server-side apply's body must spell it. The API server reads it as YAML, in which not every JSON text means the same: raw
//! U+0085 and U+2029 are line breaks there, DEL and the C1 controls are refused, and so are escaped surrogate pairs (measured). So U+0020 to
//! U+007E go as they are, the rest of the basic plane as `\uXXXX`, and what is above it as UTF-8: that is the same text in both languages.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The object's text.
#[must_use]
pub(super) fn text(object: &Value) -> String {
    let mut bytes = Vec::with_capacity(512);
    let written = object.serialize(&mut Serializer::with_formatter(&mut bytes, ReadAsYaml));
    debug_assert!(written.is_ok(), "a Value is always JSON, and memory takes every byte");
    // Whole characters alone are written, so nothing is lost.
    String::from_utf8(bytes).unwrap_or_default()
}

struct ReadAsYaml;

impl Formatter for ReadAsYaml {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if !matches!(c, ' '..='~' | '\u{10000}'..) {
                writer.write_all(&fragment.as_bytes()[plain..at])?;
                write!(writer, "\\u{:04x}", u32::from(c))?;
                plain = at + c.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_spelled_so_that_json_and_yaml_agree() {
        for c in (0..=0x11_0000).step_by(1).filter_map(char::from_u32).filter(|c| *c < '\u{3000}' || u32::from(*c) % 97 < 2) {
            let value = Value::from(format!("a{c}b"));
            let text = text(&value);
            let as_json: Value = serde_json::from_str(&text).expect("JSON");
            let as_yaml: Value = serde_saphyr::from_str(&text).expect("YAML");
            assert_eq!((&as_json, &as_yaml), (&value, &value), "{c:?}: {text}");
            assert!(text.chars().all(|c| matches!(c, ' '..='~' | '\u{10000}'..)), "{text}");
        }
    }

    #[test]
    fn spelled() {
        let value = Value::from("a\"\\/~\u{7f}\u{85}é\u{2029}\u{feff}\u{ffff}😀\n\t\u{0}");
        assert_eq!(text(&value), r#""a\"\\/~\u007f\u0085\u00e9\u2029\ufeff\uffff😀\n\t\u0000""#);
    }
}
