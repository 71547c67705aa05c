//! The text of one file, or why there is none.

use std::io::Read as _;
use std::path::Path;

use crate::outside::Text;
use crate::text;

/// The most bytes of one file that are read; labels and annotations may have 256 KiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a file has no text for us.
pub(super) struct Unreadable {
    /// Of what kind the system says it is, where it says so.
    pub(super) kind: Option<std::io::ErrorKind>,
    pub(super) message: Text,
    pub(super) hint: &'static str,
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Self {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".into(),
            kind => text!("can't be read: {}", kind),
        };
        Self { kind: Some(error.kind()), message, hint: "a relative path starts at this file's folder" }
    }
}

/// All of a file, if that is not too much and UTF-8.
pub(super) fn load(path: &Path) -> Result<String, Unreadable> {
    let wrong = |message: Text, hint| Unreadable { kind: None, message, hint };
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(wrong("longer than 1 MiB".into(), "is it a spec? -f SPEC names another file"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let line = good.matches('\n').count() + 1;
        let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        wrong(text!("not UTF-8: line {}, column {}", line, column), "save it as UTF-8")
    })
}
