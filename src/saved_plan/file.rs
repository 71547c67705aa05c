//! The file of a saved plan: canonical JSON with a digest over all of it, written whole or not at all, for its owner alone.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::document::PlanFile;
use super::{SavedPlan, stale};
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::spec::looks_like_token;
use crate::text;

/// What makes the file a saved plan.
pub(super) const MAGIC: &str = "konnect saved plan";
/// The file's format. Another one is refused.
pub(super) const FORMAT: u32 = 5;
/// The most bytes that are read. A spec takes about five thousand.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl SavedPlan {
    /// Writes the file and returns its digest, `sha256:…`.
    ///
    /// # Errors
    /// The file can't be written; one that was there stays as it was.
    pub fn save(&self, shown: &Outside) -> Result<String, Failure> {
        let fail = |kind: ErrorKind| {
            let hint = match kind {
                ErrorKind::NotFound => "make the folder first, or name another place with --out",
                _ => "name another place with --out",
            };
            Failure::new(FailureCode::PlanFile, text!("can't save the plan to {}: {}", shown, kind)).hint(hint)
        };
        let mut document = serde_json::to_value(&self.document).map_err(|_| fail(ErrorKind::InvalidData))?;
        let digest = digest(&document);
        document["digest"] = json!(digest);
        let text = canonical(&document);
        if text.len() as u64 > MAX_BYTES {
            return Err(fail(ErrorKind::FileTooLarge));
        }
        let path = Path::new(shown.expose());
        // A folder, a device or a pipe can't be put in place of, nor a link, whatever it leads to: renaming over /dev/stdout would take it
        // from everybody, also where stdout is an ordinary file.
        if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Failure::new(FailureCode::PlanFile, text!("{} is not a file: a plan is saved to a file", shown))
                .hint("name the file itself; a link, a folder, a pipe or a device is not replaced"));
        }
        if is_something_else(path) {
            return Err(Failure::new(FailureCode::PlanFile, text!("{} exists, and is not a saved plan", shown))
                .hint("name another file; only a saved plan, or an empty file, is replaced"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = || -> std::io::Result<()> {
            // Aside first, mode 0600, then in place of the old one.
            let mut aside = tempfile::Builder::new().prefix(".konnect-plan-").tempfile_in(folder)?;
            aside.write_all(text.as_bytes())?;
            aside.as_file().sync_all()?;
            aside.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        written().map_err(|error| fail(error.kind()))?;
        Ok(digest)
    }

    /// Reads a file, computes its plan, and returns its digest too.
    ///
    /// # Errors
    /// A file that can't be read or is not a saved plan (exit code 1); one of another format or version, that was changed, or whose parts
    /// disagree (4).
    pub fn open(shown: &Outside) -> Result<(Self, String), Failure> {
        let no_plan = |what: Text, hint: Text| Failure::new(FailureCode::PlanFile, what).hint(hint);
        let make_one = || match looks_like_token(shown.expose()) {
            true => "that looks like a token: never put one on the command line, and revoke the one that was typed".into(),
            false => Text::from("`konnect plan --out PLAN` makes one"),
        };
        let mut text = String::new();
        File::open(shown.expose())
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
            .map_err(|error| no_plan(text!("the plan {} can't be read: {}", shown, error.kind()), make_one()))?;
        let mut document: Value =
            serde_json::from_str(&text).ok().filter(|document: &Value| document["magic"] == MAGIC).ok_or_else(|| {
                let (what, hint) = super::instead::of(&text, shown);
                no_plan(what, hint.unwrap_or_else(make_one))
            })?;
        let version = document["konnect_version"].as_str().unwrap_or("unknown").to_owned();
        if document["format"] != FORMAT {
            let other = document["format"].as_u64().map_or_else(|| "unknown".into(), |format| text!("{}", format));
            return Err(stale(
                FailureCode::PlanFormat,
                text!("{} has format {}; this konnect reads format {}", shown, other, FORMAT),
            )
            .hint("apply it with the konnect that made it, or plan again"));
        }
        if version != env!("CARGO_PKG_VERSION") {
            let what =
                text!("{} was made by konnect {}; this is konnect {}", shown, Outside::from(&version), env!("CARGO_PKG_VERSION"));
            return Err(stale(FailureCode::PlanVersion, what).hint("apply it with the konnect that made it, or plan again"));
        }
        let changed = || {
            stale(FailureCode::PlanChanged, text!("{} was changed after it was saved: its digest does not match", shown))
                .hint("find out by whom, and plan again")
        };
        let whole = canonical(&document);
        let said = document.as_object_mut().and_then(|document| document.remove("digest")).ok_or_else(changed)?;
        let digest = digest(&document);
        if said != json!(digest) || whole != text {
            return Err(changed());
        }
        let forged = |what: Text| {
            stale(FailureCode::PlanDisagrees, text!("{} is not what konnect would have saved: {}", shown, what))
                .hint("somebody changed it, and made its digest match: find out who, and plan again")
        };
        // The parser's words may quote the file. What it reads must be all that is there, in the one way there is to write it.
        let known: Option<PlanFile> = serde_json::from_value(document.clone()).ok();
        let known = known.filter(|known| serde_json::to_value(known).is_ok_and(|again| again == document));
        let known = known.ok_or_else(|| forged("it has other parts".into()))?;
        Ok((Self::of(known).map_err(forged)?, digest))
    }
}

/// Whether it is a digest as this module writes them.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Whether a file is a saved plan of any format, where a spec was expected.
pub fn is_one(shown: &Outside) -> bool {
    let path = Path::new(shown.expose());
    // A pipe that was read once has nothing more to say.
    path.is_file() && !is_something_else(path) && std::fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// The checksum of the whole file, as `sha256sum` prints it: what somebody may take for the plan's digest.
pub fn checksum(shown: &Outside) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(shown.expose()).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).ok()?;
    Some(format!("sha256:{}", hex::encode(Sha256::digest(&bytes))))
}

/// Whether there is a file that holds something, and no plan of ours of any format: the spec, say, or a kubeconfig.
fn is_something_else(path: &Path) -> bool {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
        Ok(_) if bytes.is_empty() => false,
        Ok(_) => serde_json::from_slice::<Value>(&bytes).map_or(true, |document| document["magic"] != MAGIC),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

fn digest(document: &Value) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(canonical(document).as_bytes())))
}

/// The one text of a document: keys sorted, two spaces, a line's end.
fn canonical(document: &Value) -> String {
    format!("{:#}\n", sorted(document))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}
