//! The cases of `tests/kubeconfigs`: `NAME.yaml` is one kubeconfig, given by `--kubeconfig`; a folder is a list of them, given by
//! `KUBECONFIG`: its files `1`, `2`, `3`, or what its file `list` says. The first line, or the file `why`, says as whom kubectl gets in,
//! or `error`, and why the case is there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::world::KubeconfigWorld;

/// One of them.
pub struct KubeconfigCase {
    /// The file's or folder's name, without what follows a dot.
    pub name: String,
    /// What kubectl is known to make of it: a user's name, or `error`.
    pub expected: String,
    path: PathBuf,
}

/// How the kubeconfigs are given to a program.
pub enum Given {
    /// `--kubeconfig`.
    Flag(PathBuf),
    /// `KUBECONFIG`.
    List(OsString),
}

/// All of them, by name.
pub fn all() -> Vec<KubeconfigCase> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubeconfigs");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "yaml"));
    let mut cases: Vec<KubeconfigCase> = paths.into_iter().map(KubeconfigCase::read).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl KubeconfigCase {
    fn read(path: PathBuf) -> Self {
        let beside = if path.is_dir() { path.join("why") } else { path.with_extension("why") };
        let why = std::fs::read_to_string(if beside.exists() { &beside } else { &path }).expect("readable");
        let first = why.lines().next().unwrap_or_default().trim_start_matches("# ");
        let (expected, reason) = first.split_once(": ").unwrap_or_default();
        assert!(!expected.is_empty() && !reason.is_empty(), "{} does not say why it is there", path.display());
        let name = path.file_name().expect("a name").to_string_lossy().split('.').next().unwrap_or_default().to_owned();
        Self { name, expected: expected.to_owned(), path }
    }

    /// Writes the case, its placeholders filled, into a folder.
    pub fn write(&self, world: &KubeconfigWorld, folder: &Path) -> Given {
        world.companions(folder);
        if !self.path.is_dir() {
            let file = folder.join("config");
            let text = std::fs::read_to_string(&self.path).expect("a text");
            std::fs::write(&file, self.encoded(world.filled(&text, folder))).expect("written");
            return Given::Flag(file);
        }
        let mut list = Vec::new();
        for name in ["1", "2", "3", "deep/1"] {
            if let Ok(text) = std::fs::read_to_string(self.path.join(name)) {
                std::fs::write(folder.join(name), world.filled(&text, folder)).expect("written");
                list.push(folder.join(name));
            }
        }
        match std::fs::read_to_string(self.path.join("list")) {
            Ok(text) => Given::List(world.filled(text.trim_end(), folder).into()),
            Err(_) => Given::List(std::env::join_paths(list).expect("no colon in these paths")),
        }
    }

    /// As an editor would have saved it that the name speaks of.
    fn encoded(&self, text: String) -> Vec<u8> {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let utf16 = |bytes: fn(u16) -> [u8; 2]| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect();
        match name.rsplit_once('.').map_or("", |(_, how)| how) {
            "crlf" => text.replace('\n', "\r\n").into_bytes(),
            "bom" => format!("\u{feff}{text}").into_bytes(),
            "utf16le" => utf16(u16::to_le_bytes),
            "utf16be" => utf16(u16::to_be_bytes),
            _ => text.into_bytes(),
        }
    }
}
