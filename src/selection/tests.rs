//! Limits, which are too far away to be reached with the real ones.

use super::*;

fn made(files: &[&str]) -> (tempfile::TempDir, Outside) {
    let folder = tempfile::tempdir().expect("a folder");
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, "").expect("a file");
    }
    let name = folder.path().into();
    (folder, name)
}

fn within(named: &[Outside], limits: Limits) -> Result<usize, Vec<String>> {
    match select_within(named, &Patterns::default(), limits) {
        Ok(selection) => Ok(selection.files.len()),
        Err(failures) => Err(failures.iter().map(|failure| failure.what.plain()).collect()),
    }
}

#[test]
fn too_much_is_looked_at() {
    let (_kept, folder) = made(&["a.toml", "b.toml", "x/y/c.toml", "note"]);
    let one = std::slice::from_ref(&folder);
    let limits = |files, entries, depth| Limits { files, entries, depth };
    assert_eq!(within(one, limits(3, 6, 2)), Ok(3));
    for (limits, what) in [
        (limits(2, 6, 2), "there are more than 2 specs"),
        (limits(3, 5, 2), "there are more than 5 files and folders to look at"),
        (limits(3, 6, 1), "folders lie more than 1 deep in this one"),
    ] {
        assert_eq!(within(one, limits), Err(vec![format!("{}: {what}", folder.expose())]));
    }
    // They hold for all folders together, and nothing is said of what was not looked at.
    let (_other, other) = made(&["d.toml"]);
    let both = [folder, other.clone(), "/nowhere".into()];
    assert_eq!(within(&both, limits(3, 9, 2)), Err(vec![format!("{}: there are more than 3 specs", other.expose())]));
}

#[test]
fn no_more_problems_are_told_than_are_read() {
    let (kept, _) = made(&[]);
    let folders: Vec<Outside> = (0..25).map(|i| kept.path().join(format!("{i}")).as_path().into()).collect();
    for folder in &folders {
        std::fs::create_dir(folder.expose()).expect("a folder");
    }
    let failures = select(&folders, &Patterns::default()).expect_err("empty folders");
    assert_eq!(failures.len(), 21);
    assert_eq!(failures[20].what.plain(), "5 more files and folders can't be used");
}

#[test]
fn nothing_is_named() {
    let failures = select(&[], &Patterns::default()).expect_err("nothing");
    assert_eq!(failures[0].what.plain(), "no spec is named");
}
