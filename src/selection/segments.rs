//! A path by its segments, however it is spelled: what patterns, stages and partitions look at.

use std::path::{Component, Path};

/// The path with `/` between its segments on every system, and without `.` among them. `..` stays: where it leads is the disk's to say.
pub(super) fn cleaned(path: &str) -> String {
    let mut clean = String::with_capacity(path.len());
    for step in Path::new(path).components() {
        let segment = match step {
            Component::CurDir => continue,
            Component::RootDir => {
                clean.push('/');
                continue;
            }
            Component::ParentDir => "..",
            // Of a text; so it is one.
            Component::Normal(name) => name.to_str().unwrap_or_default(),
            Component::Prefix(prefix) => prefix.as_os_str().to_str().unwrap_or_default(),
        };
        if !clean.is_empty() && !clean.ends_with('/') {
            clean.push('/');
        }
        clean.push_str(segment);
    }
    clean
}

/// What comes after the last `/` of a path that was cleaned.
pub(super) fn name(clean: &str) -> &str {
    clean.rsplit('/').next().unwrap_or(clean)
}

/// A file in a folder, both as they are shown.
pub(super) fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ if folder.ends_with('/') => format!("{folder}{name}"),
        _ => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_it_is_spelled() {
        for (path, expected) in [
            ("", ""),
            (".", ""),
            ("./", ""),
            ("/", "/"),
            ("./a.toml", "a.toml"),
            ("a//b/./c.toml", "a/b/c.toml"),
            ("envs/", "envs"),
            ("../a", "../a"),
            ("a/../b", "a/../b"),
            ("/etc//specs/", "/etc/specs"),
            ("-", "-"),
        ] {
            assert_eq!(cleaned(path), expected, "{path}");
            assert_eq!(cleaned(expected), expected, "{path}, once more");
        }
    }

    #[test]
    fn a_file_in_a_folder() {
        for (folder, expected) in [("", "a"), ("/", "/a"), ("..", "../a"), ("x/y", "x/y/a")] {
            assert_eq!(join(folder, "a"), expected);
            assert_eq!(name(expected), "a");
        }
    }
}
