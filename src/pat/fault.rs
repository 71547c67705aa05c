//! What a text has that no token has: most often it was copied with too much, or is what stood where the token goes.

use zeroize::Zeroizing;

/// What is wrong, as the end of a sentence, and what to do; `{source}` is where the token is.
pub(super) type Fault = (&'static str, &'static str);

/// The first thing that is wrong with it.
pub(super) fn of(text: &str) -> Option<Fault> {
    let quoted = ['"', '\'', '`'].iter().any(|quote| text.starts_with(*quote) || text.ends_with(*quote));
    if text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer ")) {
        Some(("begins with \"Bearer \"", "leave that word out"))
    } else if text.starts_with('$') {
        Some((
            "is an expression of the shell that was not replaced",
            "set {source} without quotes or in double ones: in single quotes the shell replaces nothing",
        ))
    } else if text.contains(['\n', '\r']) {
        Some(("contains a line break", "copy it again, whole and on one line"))
    } else if text.chars().any(char::is_whitespace) {
        Some(("contains white space", "copy it again, whole and without what stands beside it"))
    } else if text.chars().any(|c| !c.is_ascii_graphic()) {
        Some((
            "contains control characters, or characters that no token contains",
            "copy it again from the Konnect page, as plain text",
        ))
    } else if quoted {
        Some(("is in quotes", "remove the quotes: they would be sent as part of the token"))
    } else if is_placeholder(text) {
        Some(("is a placeholder, not a token", "put the Konnect personal access token itself in {source}"))
    } else {
        None
    }
}

/// What documentation writes where the token goes.
fn is_placeholder(text: &str) -> bool {
    let upper = Zeroizing::new(text.to_ascii_uppercase());
    let body = upper.strip_prefix("KPAT_").or_else(|| upper.strip_prefix("SPAT_")).unwrap_or(&upper);
    ["PASTE_", "YOUR_", "PASTE-", "YOUR-", "$"].iter().any(|start| body.starts_with(start))
        || (body.contains('<') && body.ends_with('>'))
        || body.chars().all(|c| matches!(c, 'X' | '.' | '*'))
}
