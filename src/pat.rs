//! The Konnect token: where it is (`PatSource`), and the token itself (`Pat`), which nothing can print, copy or serialize.

mod decoding;
mod fault;
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
use crate::token::{SavedFingerprint, TokenFingerprint};

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
        let (what, hint): (Text, Text) = match (error.kind(), self) {
            (std::io::ErrorKind::IsADirectory, Self::File(..)) => (
                "it is a folder".into(),
                text!("name the file in it that holds the token, such as pat_file = \"{}/token\"", self),
            ),
            (kind, _) => (text!("{}", kind), "it must be a file that holds the token alone, and that you may read".into()),
        };
        Failure::new(FailureCode::TokenUnreadable, text!("the token can't be read from {}: {}", self, what)).hint(hint)
    }

    /// It holds nothing.
    fn empty(&self) -> Failure {
        let (what, hint) = match self {
            Self::Env(_) => (
                text!("the token in {} is empty", self),
                text!("set {}. In a pipeline: is the secret available to this branch, fork and environment?", self),
            ),
            Self::File(..) => {
                (text!("the token in {} is empty", self), text!("write a Konnect personal access token to {}", self))
            }
            Self::Stdin => (
                text!("nothing came on {}, from which --pat-stdin reads the token", self),
                "did the command before the pipe fail?".into(),
            ),
        };
        Failure::new(FailureCode::TokenInvalid, what).hint(hint)
    }

    /// It is encoded as a Secret holds it, which konnect does by itself.
    fn encoded(&self) -> Failure {
        let by_itself = "konnect encodes it by itself";
        let hint = match self {
            Self::Env(name) => {
                text!("decode it first: export {}=\"$(printf %s \"{}\" | base64 -d)\"; {}", name, self, by_itself)
            }
            Self::File(..) | Self::Stdin => text!("decode it first, with base64 -d; {}", by_itself),
        };
        Failure::new(FailureCode::TokenInvalid, text!("the token in {} is in base64", self)).hint(hint)
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
            return Err(self.empty());
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
        if let Some((what, hint)) = fault::of(text) {
            return wrong(what, hint);
        }
        if !text.starts_with("kpat_") && !text.starts_with("spat_") {
            if accept == Accept::Tokens {
                if shape::is_base64_of_a_token(text) {
                    return Err(self.encoded());
                }
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

    /// What tells within the run whether another token is the same one.
    #[must_use]
    pub fn mark(&self, salt: &Salt) -> TokenFingerprint {
        salt.fingerprint(&self.bytes)
    }

    /// Whether all of the token stands in a text. One shorter than eight bytes occurs in ordinary words, and is not looked for.
    #[must_use]
    pub fn stands_in(&self, text: &[u8]) -> bool {
        self.bytes.len() >= 8 && text.windows(self.bytes.len()).any(|window| window == self.bytes.as_slice())
    }

    /// Teaches a scrubber that looks for whole tokens only to recognise this one, with its prefix and without, in any of the usual encodings.
    pub(crate) fn teach_whole(&self, scrubber: &Scrubber) {
        scrubber.learn(&self.bytes);
        if let Some(body) = self.bytes.strip_prefix(b"kpat_").or_else(|| self.bytes.strip_prefix(b"spat_")) {
            scrubber.learn(body);
        }
    }

    /// Teaches the scrubber to recognise this token.
    pub fn teach(&self, scrubber: &Scrubber) {
        scrubber.learn(&self.bytes);
    }
}

#[cfg(test)]
mod tests;
