//! Which kubeconfig files are meant, and bounded reads of them and of the files that they name.

use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::document::{DocumentError, YamlDocument, YamlNode};
use super::wrong;
use crate::cluster::ClusterSelector;
use crate::outcome::Failure;
use crate::outside::{Outside, Text};
use crate::text;

/// The most bytes of a kubeconfig that are read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What to do about a file that is no kubeconfig.
const ANOTHER: &str =
    "name another with --kubeconfig; without that flag it is `cluster.kubeconfig` of the spec, $KUBECONFIG or ~/.kube/config";

/// The files that are there, in the order of their precedence.
pub struct Loaded {
    /// Each file.
    pub documents: Vec<YamlDocument>,
    /// All their names, as the user gave them.
    pub shown: Text,
}

/// Which files a choice means: equal for two that mean the same, however each spells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SameFiles(Vec<PathBuf>);

impl SameFiles {
    /// Looks it up. What is wrong with the files is told by whoever reads them.
    #[must_use]
    pub fn of(choice: &ClusterSelector) -> Self {
        let files = files(choice).map_or_else(|_| Vec::new(), |(files, _)| files);
        Self(files.into_iter().map(|(_, path)| place(&path)).collect())
    }
}

/// Where a path leads, but for a link at its end: the paths in a kubeconfig are relative to the folder in which it was found.
fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (std::fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// A file: as the user gave it, and where that is.
type NamedFile = (Outside, PathBuf);

/// Reads a file to its end, at most so many bytes: a longer one is an error of the kind `FileTooLarge`. Every read of a kubeconfig, and of
/// a file that one names, goes through here.
///
/// # Errors
/// It can't be read, or is too long.
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = std::fs::File::open(path)?;
    // Room for all of it at once: a buffer that grows leaves copies behind that nobody wipes.
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).clamp(4096, most) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(expected).unwrap_or(4096)));
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

impl Loaded {
    /// Reads those that the flag, the spec, the environment or the home folder names.
    pub fn read(choice: &ClusterSelector) -> Result<Self, Failure> {
        let (files, from_list) = files(choice)?;
        let shown = Text::join(files.iter().map(|(shown, _)| shown.into()), ", ");
        let mut documents = Vec::new();
        for (shown, path) in files {
            match read_bounded(&path, MAX_BYTES) {
                Ok(bytes) => documents.push(parse(shown, &path, &bytes)?),
                // As kubectl: what can't be read for another reason is not passed over.
                Err(error) if error.kind() == ErrorKind::NotFound && from_list => {}
                Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                    return Err(wrong(text!("{} is longer than 16 MiB: is it a kubeconfig?", shown)).hint(ANOTHER));
                }
                Err(error) => {
                    return Err(wrong(text!("the kubeconfig {} can't be used: {}", shown, error.kind())).hint(ANOTHER));
                }
            }
        }
        if documents.is_empty() {
            let what = text!("no kubeconfig: none of the files in KUBECONFIG is there: {}", shown);
            return Err(wrong(what).hint("correct KUBECONFIG, or name a file with --kubeconfig"));
        }
        Ok(Self { documents, shown })
    }
}

fn parse(shown: Outside, path: &Path, bytes: &[u8]) -> Result<YamlDocument, Failure> {
    let root = YamlNode::parse(bytes).map_err(|fault| {
        let wrong = |what: Text| wrong(text!("the kubeconfig {} can't be used: {}", shown, what)).hint(ANOTHER);
        match fault {
            DocumentError::HalfOfUtf16 => wrong("it begins as UTF-16 and isn't".into()).hint("save it as UTF-8"),
            DocumentError::NotUtf8 => wrong("it is not UTF-8".into()).hint("save it as UTF-8"),
            DocumentError::NotYaml(Some((line, column))) => {
                wrong(text!("it is not the YAML of a kubeconfig (near line {}, column {})", line, column))
            }
            DocumentError::NotYaml(None) => wrong("it is not the YAML of a kubeconfig".into()),
            DocumentError::OtherKind => wrong("its apiVersion and kind are not v1 and Config".into()),
        }
    })?;
    // A pipe, such as the shell's <(…), has no folder that paths could be relative to.
    let folder = path.parent().filter(|_| path.is_file()).unwrap_or(Path::new(""));
    Ok(YamlDocument { root, folder: std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_owned()), shown })
}

/// The files, and whether they are a list of which some may be missing.
fn files(choice: &ClusterSelector) -> Result<(Vec<NamedFile>, bool), Failure> {
    if let Some(flag) = &choice.kubeconfig_flag {
        return Ok((vec![(flag.clone(), PathBuf::from(flag.expose()))], false));
    }
    if let Some((shown, path)) = &choice.kubeconfig_spec {
        return Ok((vec![(shown.clone(), path.clone())], false));
    }
    let listed: Vec<NamedFile> = std::env::var_os("KUBECONFIG").map_or_else(Vec::new, |list| {
        let paths = std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty());
        paths.map(|path| (Outside::from(path.as_path()), path)).collect()
    });
    if !listed.is_empty() {
        return Ok((listed, true));
    }
    let none = |what: &'static str| {
        wrong(what).hint(
            "name one with --kubeconfig, KUBECONFIG or cluster.kubeconfig in the spec; konnect never falls back to in-cluster credentials",
        )
    };
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let home = home.ok_or_else(|| none("no kubeconfig: KUBECONFIG and HOME are not set"))?;
    let default = Path::new(&home).join(".kube").join("config");
    if !default.exists() {
        return Err(none("no kubeconfig: KUBECONFIG is not set and ~/.kube/config does not exist"));
    }
    Ok((vec![("~/.kube/config".into(), default)], false))
}
