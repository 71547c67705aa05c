//! TOML → Spec. Every error of the file at once, and no byte of a token that was pasted into it.

mod desired;
mod diagnostic;
mod mask;
mod missing;
mod syntax;
mod untrusted;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use diagnostic::{Excerpt, SpecErrors};
pub(crate) use mask::{looks_like_token, variable};
pub use untrusted::Policy;

use crate::field_path::FieldPath;
use crate::object::ResourceType;
use crate::outside::{Outside, Text};
use crate::pat::{Pat, PatKey};
use crate::text;
use diagnostic::{SpecError, Understood};
use sha2::{Digest as _, Sha256};

/// A whole spec, to be copied.
pub const FOUR_LINES: &str = "\
namespace       = \"kong\"
service_account = \"kaigateway-podid-sa\"
secret          = \"konnect-pat\"
pat_env         = \"PAT\"    # the NAME of the variable that holds the token
";

/// The most bytes of a spec that are read; labels and annotations may have 256 KiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// A file with more syntax errors than this is none of TOML; the rest need not be counted.
const MAX_SYNTAX_ERRORS: usize = 1000;

/// What one environment's file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The file, as the user gave it.
    pub path: Outside,
    /// The file's folder: relative paths in it start here.
    pub folder: PathBuf,
    /// Its text, comments included.
    pub text: Outside,
    /// The objects that it names, in the order of the table of resource types. The Namespace is always among them.
    pub objects: Vec<(&'static ResourceType, Object)>,
    /// Whether the Namespace is ours to manage; if not it is neither read nor planned.
    pub manage_namespace: bool,
    /// Where the token is; `None` only where it comes from standard input.
    pub pat: Option<PatKey>,
    /// Which cluster is meant.
    pub cluster: ClusterKeys,
    /// Its author is not trusted (`--untrusted-spec`): the token is compared, but sent nowhere.
    pub untrusted: bool,
}

/// One object that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its name, valid for its type.
    pub name: Outside,
    /// The entries of its maps, valid.
    pub fields: BTreeMap<FieldPath, Outside>,
}

/// The `[cluster]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterKeys {
    /// The kubeconfig context.
    pub context: Option<Outside>,
    /// The kubeconfig: as the spec spells it, and where that is.
    pub kubeconfig: Option<(Outside, PathBuf)>,
    /// The UID of namespace `kube-system` that the cluster must have.
    pub uid: Option<Outside>,
}

impl Spec {
    /// The name of the namespace that everything else is in.
    #[must_use]
    pub fn namespace(&self) -> &Outside {
        static NONE: Outside = Outside::EMPTY;
        self.objects.iter().find(|(resource, _)| resource.is_namespace()).map_or(&NONE, |(_, object)| &object.name)
    }

    /// `sha256:…` of its text.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(self.text.expose().as_bytes())))
    }

    /// Whether the token stands in it: in a value, a key, a comment, or the name of a file or variable.
    #[must_use]
    pub fn holds(&self, pat: &Pat) -> bool {
        self.values().any(|text| pat.stands_in(text.expose().as_bytes()))
    }

    /// Every text that it gives, with its escapes undone.
    fn values(&self) -> impl Iterator<Item = &Outside> {
        let Self { path, folder: _, text, objects, manage_namespace: _, pat, cluster, untrusted: _ } = self;
        let objects = objects.iter().flat_map(|(_, Object { name, fields })| {
            let entries = fields.iter().flat_map(|(path, value)| path.elements().iter().chain([value]));
            std::iter::once(name).chain(entries)
        });
        let pat = pat.iter().map(|(PatKey::Env(text) | PatKey::File(text, _))| text);
        let ClusterKeys { context, kubeconfig, uid } = cluster;
        let cluster = [context.as_ref(), kubeconfig.as_ref().map(|(shown, _)| shown), uid.as_ref()].into_iter().flatten();
        [path, text].into_iter().chain(objects).chain(pat).chain(cluster)
    }
}

/// Reads a spec. `pat_from_stdin` says that the token comes from there, so the spec need not say where it is.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(path: &Outside, pat_from_stdin: bool) -> Result<Spec, SpecErrors> {
    parse(path.clone(), folder_of(path), &load(path)?, pat_from_stdin)
}

/// Where relative paths of the spec start.
fn folder_of(path: &Outside) -> &Path {
    Path::new(path.expose()).parent().unwrap_or(Path::new(""))
}

/// Whether there is nothing in it but blanks and comments.
fn says_nothing(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().all(|line| matches!(line.trim().chars().next(), None | Some('#')))
}

/// A spec's text.
fn load(path: &Outside) -> Result<String, SpecErrors> {
    use std::io::Read as _;
    let whole = |message: Text, hint: Option<Text>| {
        SpecErrors::new(path, "", vec![SpecError::whole(message, hint)], Understood::default())
    };
    let unreadable = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound if *path == "-" => whole(
            "konnect reads no spec from standard input".into(),
            Some("name a file with -f; from standard input konnect reads only the token, with --pat-stdin".into()),
        ),
        std::io::ErrorKind::NotFound => whole("no such file".into(), Some(missing::hint(path))),
        std::io::ErrorKind::IsADirectory => whole("this is a folder, not a spec".into(), Some(missing::in_folder(path))),
        kind => {
            whole(text!("can't be read: {}", kind), Some("check the file's permissions, or name another one with -f SPEC".into()))
        }
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path.expose())
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(whole("longer than 1 MiB".into(), Some("is it a spec? -f SPEC names another file".into())));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let line = good.matches('\n').count() + 1;
        let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        whole(text!("not UTF-8: line {}, column {}", line, column), Some("save it as UTF-8".into()))
    })
}

/// Reads a spec's text. `path` is only shown; relative paths in the text start at `folder`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(path: impl Into<Outside>, folder: &Path, text: &str, pat_from_stdin: bool) -> Result<Spec, SpecErrors> {
    let path = &path.into();
    if says_nothing(text) {
        let hint = text!("write these four lines:\n{}", FOUR_LINES.trim_end());
        let empty = SpecError::whole("the file is empty, or holds comments alone", Some(hint));
        let tokens = mask::find(text).into_iter().map(SpecError::token);
        return Err(SpecErrors::new(path, text, tokens.chain([empty]).collect(), Understood::default()));
    }
    let (document, syntax) = toml::de::DeTable::parse_recoverable(text);
    let broken = !syntax.is_empty();
    let mut walk = walk::Walk::new(path, folder, pat_from_stdin);
    // Comments included.
    walk.faults.extend(mask::find(text).into_iter().map(SpecError::token));
    let spec = walk.document(document.get_ref());
    let walk::Walk { mut faults, understood, .. } = walk;
    if broken {
        // What is missing may be in a line that could not be read, and what could not be read is not wrong twice.
        faults.retain(|fault| {
            let of_line = |error: &toml::de::Error| fault.overlaps(error.span()) || fault.is_in_line_of(text, error.span());
            fault.is_of_token() || !(fault.of_absence || syntax.iter().take(MAX_SYNTAX_ERRORS).any(of_line))
        });
        match other_language(text) {
            Some(error) => {
                faults.retain(SpecError::is_of_token);
                faults.push(error);
            }
            None => faults.extend(syntax::errors(text, &syntax[..syntax.len().min(MAX_SYNTAX_ERRORS)])),
        }
    }
    drop(syntax);
    match spec {
        Some(spec) if faults.is_empty() => Ok(Spec { text: text.into(), ..spec }),
        _ => Err(SpecErrors::new(path, text, faults, understood)),
    }
}

/// What is said of a file that is not TOML at all: nobody wants an error for each of its lines.
fn other_language(text: &str) -> Option<SpecError> {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line.trim_end())
    });
    let (start, line) = lines.find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let key = line.split(':').next().unwrap_or_default();
    let is_word =
        !key.is_empty() && key.len() < line.len() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let language = match line {
        _ if line.starts_with('{') => "JSON",
        _ if line.starts_with("---") || line.starts_with("%YAML") || is_word => "YAML",
        _ => return None,
    };
    let mut error = SpecError::at(start..start + line.len(), text!("this is {}, and a spec is TOML", language));
    error.hint = Some("write namespace = \"kong\"; `konnect --help` shows the four lines of a spec".into());
    Some(error)
}
