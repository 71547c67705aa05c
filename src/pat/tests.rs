//! What is taken for a token, and what is said of the rest without a byte of it.

use super::*;

fn check(text: &str) -> (Result<Pat, Failure>, Vec<String>) {
    let mut warnings = Vec::new();
    let checked = PatSource::Env("PAT".into()).check(Zeroizing::new(text.as_bytes().to_vec()), Accept::Anything, &mut warnings);
    (checked, warnings.iter().map(|w| w.code.to_string()).collect())
}

#[test]
fn a_good_token_is_taken_as_it_is() {
    let (pat, warnings) = check("kpat_0123456789abcdef");
    assert!(pat.expect("good").matches(b"kpat_0123456789abcdef"));
    assert!(warnings.is_empty());
}

#[test]
fn trailing_white_space_is_trimmed_and_said_so() {
    let (pat, warnings) = check("kpat_0123456789abcdef\r\n \t");
    assert!(pat.expect("good").matches(b"kpat_0123456789abcdef"));
    assert_eq!(warnings, ["token_trimmed"]);
}

#[test]
fn what_is_no_token_is_refused_without_a_byte_of_it() {
    let rows = [
        ("", "is empty"),
        (" \n", "is empty"),
        ("kpat_0123 4567", "white space"),
        (" kpat_01234567", "white space"),
        ("kpat_0123\x1b4567", "control characters"),
        ("kpat_0123\u{202e}4567", "characters that no token contains"),
        ("\"kpat_01234567\"", "quotes"),
        ("'kpat_01234567'", "quotes"),
        ("PASTE_YOUR_TOKEN_HERE", "placeholder"),
        ("your_konnect_pat", "placeholder"),
        ("<konnect-pat>", "placeholder"),
        ("kpat_<your-token>", "placeholder"),
        ("kpat_xxxxxxxxxxxx", "placeholder"),
        ("$(cat", "not replaced"),
        ("$(cat token.txt)", "not replaced"),
        ("${KONNECT_PAT}", "not replaced"),
        ("Bearer kpat_01234567", "begins with \"Bearer \""),
        ("kpat_0123\n4567", "line break"),
    ];
    for (text, expected) in rows {
        let failure = check(text).0.expect_err(text);
        assert!(failure.what.says(expected), "{text:?}: {:?}", failure.what);
        assert!(failure.what.says("$"), "names the source");
        assert!(text.len() < 8 || !failure.to_string().contains(text.trim_matches(['"', '\'', ' '])), "{failure}");
    }
    assert!(check(&"k".repeat(MAX_BYTES + 1)).0.is_err());
}

#[test]
fn an_unknown_prefix_is_an_error_and_where_it_is_accepted_a_warning() {
    let bytes = || Zeroizing::new(b"eyJhbGciOiJIUzI1NiJ9".to_vec());
    let failure = PatSource::Env("PAT".into()).check(bytes(), Accept::Tokens, &mut Vec::new()).expect_err("no token");
    assert!(failure.hint.expect("a way out").says("--accept-any-token"));
    let (pat, warnings) = check("eyJhbGciOiJIUzI1NiJ9");
    assert!(pat.is_ok());
    assert_eq!(warnings, ["token_prefix"]);
}

#[test]
fn one_in_base64_is_said_to_be() {
    let bytes = || Zeroizing::new(BASE64.encode("kpat_0123456789").into_bytes());
    let failure = PatSource::Env("PAT".into()).check(bytes(), Accept::Tokens, &mut Vec::new()).expect_err("encoded");
    assert!(failure.what.says("is in base64"));
    assert!(failure.hint.expect("a way out").says("decode it first: export "));
}

#[test]
fn debug_says_nothing() {
    assert_eq!(format!("{:?}", check("kpat_0123456789abcdef").0.expect("good")), "Pat(redacted)");
}
