//! JSON as the server's YAML parser understands it, which differs from JSON in a few places.

/// Code points that end a line in YAML, but not in JSON.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The JSON text as YAML understands it, with line breaks in strings folded.
///
/// # Errors
/// The server's message about what YAML does not allow.
pub fn read(json: &str) -> Result<String, &'static str> {
    let refused = |c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if json.contains(refused) {
        return Err("control characters are not allowed");
    }
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with('/') {
            return Err("found unknown escape character");
        }
        if matches!(escape.as_bytes(), [b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..]) {
            return Err("found invalid Unicode character escape code");
        }
        // Skip the escaped character, which may be a backslash.
        rest = escape.get(1..).unwrap_or_default();
    }
    Ok(if json.contains(BREAKS) { folded(json) } else { json.to_owned() })
}

/// Folds line breaks: white space around them goes, a single next-line becomes a blank, separators stay.
fn folded(json: &str) -> String {
    let blank = |c| matches!(c, ' ' | '\t');
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(BREAKS) {
        text.push_str(rest[..at].trim_end_matches(blank));
        let after = rest[at..].trim_start_matches(|c| blank(c) || BREAKS.contains(&c));
        let run = &rest[at..rest.len() - after.len()];
        let breaks: Vec<char> = run.chars().filter(|c| !blank(*c)).map(|c| if c == '\u{85}' { '\n' } else { c }).collect();
        match breaks.as_slice() {
            ['\n'] => text.push(' '),
            ['\n', more @ ..] => text.extend(more.iter().map(|c| c.to_string().replace('\n', "\\n"))),
            all => text.extend(all.iter().map(|c| c.to_string().replace('\n', "\\n"))),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}
