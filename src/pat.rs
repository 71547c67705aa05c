//! The Konnect token: where it is (`PatSource`), and the token itself (`Pat`), which nothing can print, copy or serialize.

mod decoding;
mod fingerprint;
mod salt;
mod scrubber;
pub(crate) mod shape;

use crate::text;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::{Zeroize as _, Zeroizing};

pub use fingerprint::Fingerprints;
pub(crate) use fingerprint::{LANES, MEMORY_KIB, PASSES};
pub use salt::Salt;
pub use scrubber::Scrubber;
pub use shape::mask_tokens;

use crate::deadline::Deadline;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Part, Text};
use crate::plan::Warning;
use crate::token::SavedFingerprint;

/// The most bytes that are read: a Konnect token has a few dozen.
const MAX_BYTES: usize = 16 * 1024;

/// Where the token is. Never the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatKey {
    /// `pat_env`: the variable's name.
    Env(Outside),
    /// `pat_file`: as the spec spells it, and where that is.
    File(Outside, PathBuf),
}

/// What is taken for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// What begins as Konnect's tokens do: whatever else a spec points at would be sent to the cluster that it names.
    Tokens,
    /// Anything that has no fault (`--accept-any-token`).
    Anything,
}

/// Whether a text holds what looks like a token, in clear or in base64.
#[must_use]
pub fn looks_like_token(text: &str) -> bool {
    !shape::find(text).is_empty() || !shape::find_base64(text).is_empty()
}

/// Where the token is. Holds no byte of it, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatSource {
    /// An environment variable, by name.
    Env(Outside),
    /// A file: as the spec spells it, and where that is.
    File(Outside, PathBuf),
    /// Standard input (`--pat-stdin`).
    Stdin,
}

impl Part for PatSource {
    fn text(&self) -> Text {
        match self {
            Self::Env(name) => text!("${}", name),
            Self::File(shown, _) => shown.into(),
            Self::Stdin => "standard input".into(),
        }
    }
}

impl PatSource {
    /// `$PAT is not set`: what is said when there is no token.
    #[must_use]
    pub fn unset(&self) -> Text {
        match self {
            Self::Env(_) => text!("{} is not set", self),
            Self::File(..) => text!("{} does not exist", self),
            Self::Stdin => text!("{} is empty", self),
        }
    }

    /// Reads and checks the token; `None` if the variable is not set or the file does not exist.
    ///
    /// # Errors
    /// An empty, malformed or placeholder token, or one that can't be read. No message holds a byte of it.
    pub fn read(&self, accept: Accept, warnings: &mut Vec<Warning>) -> Result<Option<Pat>, Failure> {
        let bytes = match self {
            Self::Env(name) => match std::env::var_os(name.expose()) {
                None => return Ok(None),
                Some(value) => Zeroizing::new(value.into_encoded_bytes()),
            },
            Self::File(_, path) => match self.read_file(path, warnings)? {
                None => return Ok(None),
                Some(bytes) => bytes,
            },
            Self::Stdin => read_limited(std::io::stdin().lock()).map_err(|error| self.unreadable(&error))?,
        };
        self.check(bytes, accept, warnings).map(Some)
    }

    fn read_file(&self, path: &Path, warnings: &mut Vec<Warning>) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unreadable(&error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
            let mode = metadata.permissions().mode();
            // A folder can be opened, and is told of below: it must not lose its x.
            if metadata.is_file() && mode & 0o044 != 0 {
                let mode = format!("{:03o}", mode & 0o777);
                let message = text!(
                    "{} contains the token and others can read it (mode {}); run: chmod 600 {}",
                    self,
                    Outside::new(mode),
                    self
                );
                warnings.push(Warning { code: "token_file_readable".into(), message });
            }
        }
        read_limited(file).map(Some).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        Failure::new(FailureCode::TokenUnreadable, text!("the token can't be read from {}: {}", self, error.kind()))
            .hint("it must be a file that holds the token alone, and that you may read")
    }

    fn check(&self, mut bytes: Zeroizing<Vec<u8>>, accept: Accept, warnings: &mut Vec<Warning>) -> Result<Pat, Failure> {
        let wrong = |what: &'static str, hint: &'static str| {
            Err(Failure::new(FailureCode::TokenInvalid, text!("the token in {} {}", self, what))
                .hint(Text::naming(hint, self.text())))
        };
        if bytes.len() > MAX_BYTES {
            return wrong(
                "is longer than 16 KiB",
                "a Konnect token is a few dozen characters long: is {source} the right place?",
            );
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return wrong("is not text", "it holds bytes that are not UTF-8: is {source} the right place?");
        };
        let kept = text.trim_end().len();
        if kept == 0 {
            return wrong("is empty", "put a Konnect personal access token in {source}; an empty one would be stored silently");
        }
        if kept < text.len() {
            let message =
                text!("trailing white space after the token in {} was trimmed; Kong's operator would not trim it", self);
            warnings.push(Warning { code: "token_trimmed".into(), message });
            let tail = bytes.len();
            bytes[kept..tail].zeroize();
            bytes.truncate(kept);
        }
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let quoted = ['"', '\'', '`'].iter().any(|quote| text.starts_with(*quote) || text.ends_with(*quote));
        if text.chars().any(char::is_whitespace) {
            return wrong("contains white space", "copy it again, whole and on one line");
        }
        if text.chars().any(|c| !c.is_ascii_graphic()) {
            return wrong(
                "contains control characters, or characters that no token contains",
                "copy it again from the Konnect page, as plain text",
            );
        }
        if quoted {
            return wrong("is in quotes", "remove the quotes: they would be sent as part of the token");
        }
        if is_placeholder(text) {
            return wrong("is a placeholder, not a token", "put the Konnect personal access token itself in {source}");
        }
        if !text.starts_with("kpat_") && !text.starts_with("spat_") {
            if accept == Accept::Tokens {
                return wrong(
                    "starts neither with kpat_ nor with spat_, as Konnect's tokens do",
                    "it would be sent to the cluster: is {source} the right place? --accept-any-token accepts it as it is",
                );
            }
            let message = text!("the token in {} starts neither with kpat_ nor with spat_: Konnect tokens do", self);
            warnings.push(Warning { code: "token_prefix".into(), message });
        }
        Ok(Pat { bytes })
    }
}

/// The token, where it can be had without asking for it and is one: from its variable, or from an ordinary file. For commands that don't
/// need it, so that it is hidden in what they say.
#[must_use]
pub fn at_hand(key: &PatKey) -> Option<Pat> {
    let source = match key {
        PatKey::Env(name) => PatSource::Env(name.clone()),
        PatKey::File(shown, path) if path.is_file() => PatSource::File(shown.clone(), path.clone()),
        PatKey::File(..) => return None,
    };
    source.read(Accept::Anything, &mut Vec::new()).ok().flatten()
}

/// Teaches what a command line, a spec or a plan file may hold by mistake where it is not known where the token is: whatever the
/// environment holds under a name that says it is secret.
pub fn teach_environment(secrets: &Scrubber) {
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy().to_ascii_uppercase();
        let pat = name == "PAT" || name.ends_with("_PAT");
        let secret = ["TOKEN", "PASSWORD", "SECRET", "API_KEY"].iter().any(|word| name.contains(word));
        let value = Zeroizing::new(value.into_encoded_bytes());
        // Addresses and paths are about a secret, not one.
        if (pat || secret) && !value.starts_with(b"/") && !value.windows(3).any(|window| window == b"://") {
            secrets.learn(value.trim_ascii_end());
        }
    }
}

fn read_limited(from: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // The capacity is taken at once, so that no half of the token stays behind in a buffer that grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 2));
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What documentation writes where the token goes, and shells leave where nothing was expanded.
fn is_placeholder(text: &str) -> bool {
    let upper = Zeroizing::new(text.to_ascii_uppercase());
    let body = upper.strip_prefix("KPAT_").or_else(|| upper.strip_prefix("SPAT_")).unwrap_or(&upper);
    ["PASTE_", "YOUR_", "PASTE-", "YOUR-", "$"].iter().any(|start| body.starts_with(start))
        || (body.contains('<') && body.ends_with('>'))
        || body.chars().all(|c| matches!(c, 'X' | '.' | '*'))
}

/// The token. No `Display`, `Serialize` or `Clone`; zeroized when dropped.
pub struct Pat {
    bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Pat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pat(redacted)")
    }
}

impl Pat {
    /// Whether a live value is this token. For `observed` alone.
    #[must_use]
    pub(crate) fn matches(&self, live: &[u8]) -> bool {
        self.bytes.as_slice() == live
    }

    /// The token as a Secret's `data` holds it. For `write` alone.
    #[must_use]
    pub(crate) fn base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.bytes.as_slice()))
    }

    /// The token's fingerprint under a plan's salt, to tell later whether it is still the same; `None` if it is too easily guessed.
    ///
    /// # Errors
    /// The run's time is over.
    pub async fn fingerprint(&self, under: &Fingerprints, deadline: &Deadline) -> Result<Option<SavedFingerprint>, Failure> {
        under.of(&self.bytes, deadline).await
    }

    /// Whether all of the token stands in a text. One shorter than eight bytes occurs in ordinary words, and is not looked for.
    #[must_use]
    pub fn stands_in(&self, text: &[u8]) -> bool {
        self.bytes.len() >= 8 && text.windows(self.bytes.len()).any(|window| window == self.bytes.as_slice())
    }

    /// Whether all of the token, or all of it behind its prefix, stands in a text in any of the usual encodings.
    #[must_use]
    pub fn hides_in(&self, text: &str) -> bool {
        let own = Scrubber::default();
        own.only_whole();
        own.learn(&self.bytes);
        if let Some(body) = self.bytes.strip_prefix(b"kpat_").or_else(|| self.bytes.strip_prefix(b"spat_")) {
            own.learn(body);
        }
        !own.is_clean(text)
    }

    /// Teaches the scrubber to recognise this token.
    pub fn teach(&self, scrubber: &Scrubber) {
        scrubber.learn(&self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (Result<Pat, Failure>, Vec<String>) {
        let mut warnings = Vec::new();
        let checked =
            PatSource::Env("PAT".into()).check(Zeroizing::new(text.as_bytes().to_vec()), Accept::Anything, &mut warnings);
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
            ("$(cat", "placeholder"),
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
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", check("kpat_0123456789abcdef").0.expect("good")), "Pat(redacted)");
    }
}
