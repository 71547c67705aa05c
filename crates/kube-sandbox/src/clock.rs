//! Timestamps as the server writes them: UTC, in whole seconds.

use jiff::Timestamp;

use super::go_format::go_quote;

/// Formats a time for an object.
#[must_use]
pub fn written(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Parses a time and formats it as the server does. The error is Go's message.
pub fn normalised(text: &str) -> Result<String, String> {
    text.parse::<Timestamp>().map(written).map_err(|_| {
        let quoted = go_quote(text);
        format!("parsing time {quoted} as \"2006-01-02T15:04:05Z07:00\": cannot parse {quoted} as \"2006\"")
    })
}
