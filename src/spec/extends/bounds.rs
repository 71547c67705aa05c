//! How far a spec reaches: no further than the repository in which it is.

use std::path::{Component, Path, PathBuf};

/// The folder below which everything lies that a spec may be made of.
pub(super) struct Bounds {
    /// The folder, with no symbolic link in its path.
    pub(super) root: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Repository,
    Named,
    Own,
}

impl Bounds {
    /// The nearest folder that holds `.git` (a folder, or a file in a worktree), else the folder of specs that the user named, else the
    /// spec's own.
    pub(super) fn of(folder: &Path, named: Option<&Path>) -> std::io::Result<Self> {
        let folder = existing(folder).canonicalize()?;
        if let Some(root) = folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()) {
            return Ok(Self { root: root.to_owned(), kind: Kind::Repository });
        }
        // A link in it may lead to a spec elsewhere: that one has the bounds of where it lies.
        match named.map(|named| existing(named).canonicalize()).transpose()? {
            Some(named) if folder.starts_with(&named) => Ok(Self { root: named, kind: Kind::Named }),
            _ => Ok(Self { root: folder, kind: Kind::Own }),
        }
    }

    /// What they are, in words.
    pub(super) const fn words(&self) -> &'static str {
        match self.kind {
            Kind::Repository => "the repository of the spec",
            Kind::Named => "the folder of specs that was named (there is no `.git` above it)",
            Kind::Own => "the folder of the spec (there is no `.git` above it)",
        }
    }
}

/// Whether a path stays below a folder, with no link and nothing hidden on the way; else what is wrong with it. What lies outside is not
/// even looked at: whether it exists is not a stranger's to know.
pub(super) fn stays_below(root: &Path, folder: &Path, path: &Path) -> Result<(), &'static str> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Err("its name does not end in .toml");
    }
    let Ok(mut at) = existing(folder).canonicalize() else { return Err("its folder can't be read") };
    for step in path.components() {
        match step {
            Component::RootDir | Component::Prefix(_) => return Err("its path is absolute"),
            Component::CurDir => {}
            Component::ParentDir => {
                at.pop();
            }
            Component::Normal(name) if name.as_encoded_bytes().starts_with(b".") => return Err("its path is hidden"),
            Component::Normal(name) => at.push(name),
        }
        if !at.starts_with(root) {
            return Err("it lies outside what is under review");
        }
        if at.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            return Err("a symbolic link is on the way to it");
        }
    }
    Ok(())
}

/// The path without `.`, and without each folder that `..` leads out of again.
pub(in super::super) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for step in path.components() {
        let last = clean.components().next_back();
        match (step, last) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                clean.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            (step, _) => clean.push(step),
        }
    }
    clean
}

/// The working folder where the path is empty.
pub(super) fn existing(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_lead_back() {
        for (path, expected) in [
            ("", ""),
            ("./a", "a"),
            ("a/..", ""),
            ("a/../b.toml", "b.toml"),
            ("../a", "../a"),
            ("../../a/./b/..", "../../a"),
            ("/a/../../b", "/b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn what_a_stranger_may_not_name() {
        let made = tempfile::tempdir().expect("a folder");
        let root = made.path().canonicalize().expect("a path");
        std::fs::create_dir_all(root.join("envs")).expect("a folder");
        std::os::unix::fs::symlink("envs", root.join("link")).expect("a link");
        std::os::unix::fs::symlink("x", root.join("envs/dangling.toml")).expect("a link");
        let folder = root.join("envs");
        for good in ["base.toml", "../base.toml", "./a/../base.toml", "../envs/a/b/c.toml"] {
            assert_eq!(stays_below(&root, &folder, Path::new(good)), Ok(()), "{good}");
        }
        for bad in [
            "base",
            "base.TOML",
            ".toml",
            "/etc/base.toml",
            "../../base.toml",
            "../../x/../../base.toml",
            ".git/base.toml",
            "../.base.toml",
            "../link/base.toml",
            "dangling.toml",
            "",
            "..",
            "a\0.toml/x",
        ] {
            assert!(stays_below(&root, &folder, Path::new(bad)).is_err(), "{bad}");
        }
        // Out and in again is out.
        let name = root.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(stays_below(&root, &folder, Path::new(&format!("../../{name}/base.toml"))).is_err());
    }
}
