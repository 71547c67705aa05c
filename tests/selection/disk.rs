//! Files and folders of a test's own, and what is selected of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use konnect::outcome::{Failure, Outcome};
use konnect::outside::Outside;
use konnect::selection::{Pattern, Patterns, Selection, select};

/// A folder of the disk, of a test's own.
pub struct Disk(pub tempfile::TempDir);

impl Disk {
    pub fn with(files: &[&str]) -> Self {
        let disk = Self(tempfile::tempdir().expect("a folder"));
        for file in files {
            disk.file(file);
        }
        disk
    }

    pub fn file(&self, file: &str) {
        let path = self.at(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, file).expect("a file");
    }

    pub fn link(&self, to: &str, at: &str) {
        let at = self.at(at);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
        symlink(to, at).expect("a link");
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn named(&self, paths: &[&str]) -> Vec<Outside> {
        paths.iter().map(|path| self.at(path).as_path().into()).collect()
    }

    pub fn select(&self, paths: &[&str], only: &[&str], except: &[&str]) -> Result<Selection, Vec<Failure>> {
        select(&self.named(paths), &patterns(only, except))
    }

    /// The selected files' paths, below the folder.
    pub fn paths(&self, paths: &[&str], only: &[&str], except: &[&str]) -> Vec<String> {
        match self.select(paths, only, except) {
            Ok(selection) => self.below(&selection),
            Err(failures) => panic!("{:?}", said(&failures)),
        }
    }

    pub fn below(&self, selection: &Selection) -> Vec<String> {
        let prefix = format!("{}/", self.0.path().display());
        selection.files.iter().map(|file| file.path.expose().replacen(&prefix, "", 1)).collect()
    }

    /// What went wrong, with `DISK` for the folder.
    pub fn problems(&self, paths: &[&str], only: &[&str], except: &[&str]) -> Vec<String> {
        let failures = self.select(paths, only, except).expect_err("problems");
        assert!(failures.iter().all(|failure| failure.outcome == Outcome::Failed && failure.hint.is_some()));
        said(&failures).into_iter().map(|what| what.replace(&self.0.path().display().to_string(), "DISK")).collect()
    }

    /// The folder of the one selected file, below the folder.
    pub fn folder(&self, selection: &Selection) -> Option<PathBuf> {
        let root = self.0.path().canonicalize().expect("a path");
        let [file] = selection.files.as_slice() else { panic!("one file") };
        file.folder.as_deref().map(|folder| folder.strip_prefix(root).expect("below").to_owned())
    }
}

pub fn said(failures: &[Failure]) -> Vec<String> {
    failures.iter().map(|failure| failure.what.plain()).collect()
}

pub fn patterns(only: &[&str], except: &[&str]) -> Patterns {
    let parse = |typed: &[&str]| typed.iter().map(|typed| Pattern::parse(typed).expect("a pattern")).collect();
    Patterns::new(parse(only), parse(except))
}
