//! TOML → Spec. A spec is a file and what it extends: the files are followed (`extends`), parsed one by one (`layer`), merged (`merge`,
//! `unset`) and walked through (`walk`), so that every error of all of them comes at once, each at its own place, and no byte of a token that
//! was pasted into one.

mod compose;
mod desired;
mod diagnostic;
mod effective;
mod extends;
mod files;
mod keys;
mod language;
mod layer;
mod load;
mod mask;
mod merge;
mod missing;
mod syntax;
mod unset;
mod untrusted;
mod walk;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use diagnostic::{Excerpt, SpecErrors};
pub use effective::{Effective, EffectiveLine, EffectiveValue};
pub(crate) use mask::{looks_like_token, variable};
pub use untrusted::Policy;

use crate::field_path::FieldPath;
use crate::object::ResourceType;
use crate::outside::Outside;
use crate::pat::{Pat, PatKey};
use compose::{Reading, compose};
use diagnostic::SpecError;
use extends::{AtHand, OnDisk};
use files::SpecFile;
use load::Unreadable;
use sha2::{Digest as _, Sha256};

/// A whole spec, to be copied.
pub const FOUR_LINES: &str = "\
namespace       = \"kong\"
service_account = \"kaigateway-podid-sa\"
secret          = \"konnect-pat\"
pat_env         = \"PAT\"    # the NAME of the variable that holds the token
";

/// What one environment's file says, and what it extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The file, as the user gave it.
    pub path: Outside,
    /// The file's folder: relative paths in it start here.
    pub folder: PathBuf,
    /// The files that it is made of: itself, then each that the one before extends.
    pub layers: Vec<Layer>,
    /// The objects that it names, in the order of the table of resource types. The Namespace is always among them.
    pub objects: Vec<(&'static ResourceType, Object)>,
    /// Whether the Namespace is ours to manage; if not it is neither read nor planned.
    pub manage_namespace: bool,
    /// Where the token is; `None` only where it comes from standard input.
    pub pat: Option<PatKey>,
    /// Which cluster is meant.
    pub cluster: ClusterKeys,
    /// `[policy] stage`: when it is rolled out where many specs are, from 1.
    pub stage: Option<u32>,
    /// Its author is not trusted (`--untrusted-spec`): the token is compared, but sent nowhere.
    pub untrusted: bool,
}

/// One file of a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The file, as it is shown.
    pub path: Outside,
    /// Its text, comments included.
    pub text: Outside,
    /// Every key and every string in it, their escapes undone.
    pub values: Vec<Outside>,
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

    /// `sha256:…` of its text; of all its texts if it extends others.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        if let [alone] = self.layers.as_slice() {
            hash.update(alone.text.expose().as_bytes());
        } else {
            // Each with its length: what is moved from the end of one to the beginning of the next makes another spec.
            for layer in &self.layers {
                let text = layer.text.expose().as_bytes();
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
        format!("sha256:{}", hex::encode(hash.finalize()))
    }

    /// Whether the token stands in it: in a value, a key, a comment, or the name of a file or variable, of any of its files.
    #[must_use]
    pub fn holds(&self, pat: &Pat) -> bool {
        holds(&self.layers, pat)
    }
}

fn holds(layers: &[Layer], pat: &Pat) -> bool {
    let texts = layers.iter().flat_map(|Layer { path, text, values }| [path, text].into_iter().chain(values));
    texts.into_iter().any(|text| pat.stands_in(text.expose().as_bytes()))
}

/// A file that was read, and has no errors.
#[derive(Debug)]
pub struct Checked {
    /// What it is.
    pub told: SpecOrTemplate,
    /// What it says with all that it extends.
    pub effective: Effective,
}

/// What a file is.
#[derive(Debug)]
pub enum SpecOrTemplate {
    /// A spec.
    Spec(Spec),
    /// `template = true`: only for others to extend.
    Template(Template),
}

/// A file that is only there to be extended.
#[derive(Debug)]
pub struct Template {
    layers: Vec<Layer>,
    pat: Option<PatKey>,
    errors: SpecErrors,
}

impl Checked {
    /// The spec.
    ///
    /// # Errors
    /// It is a template.
    pub fn into_spec(self) -> Result<Spec, SpecErrors> {
        match self.told {
            SpecOrTemplate::Spec(spec) => Ok(spec),
            SpecOrTemplate::Template(template) => Err(template.errors),
        }
    }

    /// Whether it is a template.
    #[must_use]
    pub const fn is_template(&self) -> bool {
        matches!(self.told, SpecOrTemplate::Template(_))
    }

    /// Where it says that the token is.
    #[must_use]
    pub const fn pat(&self) -> Option<&PatKey> {
        match &self.told {
            SpecOrTemplate::Spec(Spec { pat, .. }) | SpecOrTemplate::Template(Template { pat, .. }) => pat.as_ref(),
        }
    }

    /// What it says of the cluster, if it is for one.
    #[must_use]
    pub const fn cluster(&self) -> Option<&ClusterKeys> {
        match &self.told {
            SpecOrTemplate::Spec(spec) => Some(&spec.cluster),
            SpecOrTemplate::Template(_) => None,
        }
    }

    /// Whether the token stands in it, as [`Spec::holds`].
    #[must_use]
    pub fn holds(&self, pat: &Pat) -> bool {
        let (SpecOrTemplate::Spec(Spec { layers, .. }) | SpecOrTemplate::Template(Template { layers, .. })) = &self.told;
        holds(layers, pat)
    }
}

/// Reads a spec and all that it extends. `pat_from_stdin` says that the token comes from there, so the spec need not say where it is.
///
/// # Errors
/// Everything that is wrong with any of its files; or that it is a template.
pub fn read(path: &Outside, pat_from_stdin: bool) -> Result<Spec, SpecErrors> {
    check(path, pat_from_stdin)?.into_spec()
}

/// Reads a spec or a template and all that it extends.
///
/// # Errors
/// Everything that is wrong with any of its files.
pub fn check(path: &Outside, pat_from_stdin: bool) -> Result<Checked, SpecErrors> {
    check_below(path, None, pat_from_stdin)
}

/// The same for a file that was found in this folder of specs: where there is no repository, it extends what lies below that.
///
/// # Errors
/// Everything that is wrong with any of its files.
pub fn check_below(path: &Outside, folder: Option<Arc<Path>>, pat_from_stdin: bool) -> Result<Checked, SpecErrors> {
    let reading = Reading { pat_from_stdin, policy: None };
    compose(given(path)?, &mut OnDisk::new(path, folder, false), reading)
}

/// The file itself.
fn given(path: &Outside) -> Result<SpecFile, SpecErrors> {
    let text = load::load(Path::new(path.expose())).map_err(|Unreadable { kind, message, hint }| {
        let (message, hint) = match kind {
            Some(ErrorKind::NotFound) if *path == "-" => {
                let hint = "name a file with -f; from standard input konnect reads only the token, with --pat-stdin";
                ("konnect reads no spec from standard input".into(), hint.into())
            }
            Some(ErrorKind::NotFound) => (message, missing::hint(path)),
            Some(ErrorKind::IsADirectory) => ("this is a folder, not a spec".into(), missing::in_folder(path)),
            Some(_) => (message, "check the file's permissions, or name another one with -f SPEC".into()),
            None => (message, hint.into()),
        };
        SpecErrors::of_file(path, SpecError::whole(message, Some(hint)))
    })?;
    Ok(SpecFile::given(path, folder_of(path), text))
}

/// Where relative paths of the spec start.
fn folder_of(path: &Outside) -> &Path {
    Path::new(path.expose()).parent().unwrap_or(Path::new(""))
}

/// Reads a spec's text, and nothing else: it can't extend anything. `path` is only shown; relative paths in the text start at `folder`.
///
/// # Errors
/// Everything that is wrong with it; or that it is a template.
pub fn parse(path: impl Into<Outside>, folder: &Path, text: &str, pat_from_stdin: bool) -> Result<Spec, SpecErrors> {
    check_texts(folder, &[(path.into(), text)], pat_from_stdin)?.into_spec()
}

/// The same for several texts, each of which extends the next, whatever file it names. All are in the same folder.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn check_texts(folder: &Path, texts: &[(Outside, &str)], pat_from_stdin: bool) -> Result<Checked, SpecErrors> {
    let file = |(path, text): &(Outside, &str)| SpecFile::given(path, folder, (*text).to_owned());
    let nothing = || SpecErrors::of_file(&Outside::EMPTY, SpecError::whole("there is no text", None));
    let (given, rest) = texts.split_first().ok_or_else(nothing)?;
    let rest: Vec<SpecFile> = rest.iter().map(file).collect();
    compose(file(given), &mut AtHand(rest.into_iter()), Reading { pat_from_stdin, policy: None })
}
