//! A folder of specs, and what is said of one of them.

use std::path::{Path, PathBuf};

use konnect::outside::Outside;
use konnect::spec::{self, Checked, Spec, SpecErrors};
use konnect::view::{Door, effective, render_spec_errors};
use tempfile::TempDir;

/// The folder. It is a repository, unless its `.git` is taken away.
pub struct Tree(TempDir);

impl Tree {
    pub fn new() -> Self {
        let tree = Self(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(tree.path(".git")).expect("a folder");
        tree
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("a folder");
        std::fs::write(self.path(name), text).expect("written");
    }

    pub fn link(&self, to: &str, name: &str) {
        std::fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(to, self.path(name)).expect("a link");
    }

    pub fn check(&self, name: &str) -> Result<Checked, SpecErrors> {
        spec::check(&Outside::from(self.path(name).as_path()), false)
    }

    pub fn spec(&self, name: &str) -> Spec {
        let spec = self.check(name).and_then(Checked::into_spec);
        spec.unwrap_or_else(|errors| panic!("{name}: {}", self.shown(&errors)))
    }

    /// What is wrong, each on a line without this folder's path.
    pub fn errors(&self, name: &str) -> Vec<String> {
        let checked = self.check(name).map(|_| panic!("{name} is valid"));
        self.messages(&checked.expect_err("wrong"))
    }

    pub fn messages(&self, errors: &SpecErrors) -> Vec<String> {
        errors.messages().iter().map(|text| self.short(&Door::default().line(text))).collect()
    }

    /// All that is shown of errors, in each form.
    pub fn shown(&self, errors: &SpecErrors) -> String {
        let drawn = |color| render_spec_errors(errors, color, None, &Door::default()).as_str().to_owned();
        self.short(&format!("{}{}{}", self.messages(errors).join("\n"), drawn(false), drawn(true)))
    }

    /// What `--show-effective` prints.
    pub fn effective(&self, name: &str) -> String {
        let checked = self.check(name).unwrap_or_else(|errors| panic!("{name}: {}", self.shown(&errors)));
        self.short(effective(&checked.effective, &Door::default()).as_str())
    }

    fn short(&self, text: &str) -> String {
        let real = self.0.path().canonicalize().expect("a path");
        let without = |text: &str, folder: &Path| text.replace(&format!("{}/", folder.display()), "");
        without(&without(text, self.0.path()), &real)
    }
}

/// What of a spec does not depend on the files that it is made of.
pub fn meaning(spec: &Spec) -> impl PartialEq + std::fmt::Debug + use<> {
    let path = |path: &PathBuf| normal(path);
    let pat = spec.pat.as_ref().map(|pat| match pat {
        konnect::pat::PatKey::Env(name) => format!("${}", name.expose()),
        konnect::pat::PatKey::File(_, file) => path(file).display().to_string(),
    });
    let kubeconfig = spec.cluster.kubeconfig.as_ref().map(|(_, file)| path(file));
    let objects: Vec<String> = spec
        .objects
        .iter()
        .map(|(of, object)| {
            let fields = object.fields.iter().map(|(path, value)| format!("{:?}={}", path.elements(), value.expose()));
            format!("{} {} {:?}", of.spec_key, object.name.expose(), fields.collect::<Vec<_>>())
        })
        .collect();
    let text = |text: &Option<Outside>| text.as_ref().map(|text| text.expose().to_owned());
    (objects, spec.manage_namespace, pat, kubeconfig, text(&spec.cluster.context), text(&spec.cluster.uid))
}

/// A path without steps that lead back: there is no link in it.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for step in path.components() {
        match step {
            std::path::Component::ParentDir => drop(normal.pop()),
            std::path::Component::CurDir => {}
            step => normal.push(step),
        }
    }
    normal
}
