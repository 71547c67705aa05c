//! Which specs are selected, on a real disk: folders, links, names and what is no file.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

#[path = "selection/disk.rs"]
mod disk;
#[path = "selection/patterns.rs"]
mod patterns;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use disk::{Disk, patterns, said};
use konnect::selection::{Order, Partition, Patterns, select};
use testkit::Rng;

#[test]
fn a_folder_stands_for_the_specs_below_it_in_order() {
    let disk = Disk::with(&[
        "envs/b.toml",
        "envs/a.toml",
        "envs/a/z.toml",
        "envs/a/a.toml",
        "envs/a-b.toml",
        "envs/B.toml",
        "envs/é.toml",
        "envs/x y.toml",
        "envs/folder.toml/c.toml",
        "envs/README.md",
        "envs/a.TOML",
        "envs/toml",
        "envs/a.toml.bak",
        "envs/.hidden.toml",
        "envs/.toml",
        "envs/.git/config.toml",
        "envs/a/.terraform/x.toml",
    ]);
    let expected = [
        "envs/B.toml",
        "envs/a-b.toml",
        "envs/a.toml",
        "envs/a/a.toml",
        "envs/a/z.toml",
        "envs/b.toml",
        "envs/folder.toml/c.toml",
        "envs/x y.toml",
        "envs/é.toml",
    ];
    assert_eq!(disk.paths(&["envs"], &[], &[]), expected);
    let selection = disk.select(&["envs"], &[], &[]).expect("specs");
    assert!(!selection.is_one_named());
    assert!(
        selection.files.iter().all(|file| !file.named && file.folder.as_deref().is_some_and(|folder| folder.ends_with("envs")))
    );
    // What was named itself may be hidden.
    assert_eq!(disk.paths(&["envs/.git"], &[], &[]), ["envs/.git/config.toml"]);
}

#[test]
fn what_is_named_as_a_file_is_left_to_whoever_reads_it() {
    let disk = Disk::with(&["spec", "a.toml", ".hidden"]);
    disk.link("nowhere", "dangling.toml");
    for file in ["spec", "a.toml", ".hidden", "missing.toml", "missing/x.toml", "a.toml/x", "dangling.toml"] {
        let selection = disk.select(&[file], &[], &[]).expect("a file");
        assert!(selection.is_one_named(), "{file}");
        let [only] = selection.files.as_slice() else { panic!("{file}: one file") };
        assert_eq!((&only.path, only.named, &only.folder), (&disk.named(&[file])[0], true, &None));
    }
    let untouched = select(&["-".into()], &Patterns::default()).expect("a file");
    assert!(untouched.is_one_named() && untouched.files[0].path == "-");
    // In their place, among what folders hold.
    let disk = Disk::with(&["z/a.toml", "b.toml", "y/c.toml"]);
    assert_eq!(disk.paths(&["z", "missing", "b.toml", "y"], &[], &[]), ["z/a.toml", "missing", "b.toml", "y/c.toml"]);
    // One file, but others could have been meant.
    assert!(!disk.select(&["b.toml", "b.toml"], &[], &[]).expect("a file").is_one_named());
    assert!(!disk.select(&["b.toml"], &["b*"], &[]).expect("a file").is_one_named());
    assert!(!disk.select(&["z"], &[], &[]).expect("a file").is_one_named());
}

/// As the kubelet lays it out: each file a link through `..data` to the folder of the current version.
#[test]
fn a_config_map_volume() {
    let disk = Disk::with(&["specs/..2026_01_01/dev.toml", "specs/..2026_01_01/prod.toml"]);
    disk.link("..2026_01_01", "specs/..data");
    disk.link("..data/dev.toml", "specs/dev.toml");
    disk.link("..data/prod.toml", "specs/prod.toml");
    assert_eq!(disk.paths(&["specs"], &[], &[]), ["specs/dev.toml", "specs/prod.toml"]);
}

#[test]
fn one_file_counts_once() {
    let disk = Disk::with(&["envs/a.toml", "envs/eu/b.toml"]);
    disk.link("a.toml", "envs/current.toml");
    disk.link("envs", "link");
    assert_eq!(disk.paths(&["envs/a.toml", "envs/a.toml"], &[], &[]), ["envs/a.toml"]);
    assert_eq!(disk.paths(&["envs", "envs/eu", "link"], &[], &[]), ["envs/a.toml", "envs/eu/b.toml"]);
    assert_eq!(
        disk.paths(&["link", "envs"], &[], &[]),
        ["link/a.toml", "link/eu/b.toml"],
        "the folder that is named may be a link"
    );
    assert_eq!(disk.paths(&["envs/eu/b.toml", "envs"], &[], &[]), ["envs/eu/b.toml", "envs/a.toml"]);
    assert_eq!(disk.paths(&["missing", "missing"], &[], &[]), ["missing"]);
    // Whichever spelling is kept, what is said of the file holds for it.
    assert_eq!(disk.paths(&["link", "envs"], &["envs/eu/*"], &[]), ["link/eu/b.toml"]);
    assert_eq!(disk.paths(&["link", "envs"], &[], &["current.toml"]), ["link/eu/b.toml"]);
}

/// The folder below which a file may extend others, if there is no repository.
#[test]
fn the_folder_that_was_named() {
    let disk = Disk::with(&["envs/eu/b.toml"]);
    disk.link("envs", "link");
    for (paths, folder) in [
        (vec!["envs"], "envs"),
        (vec!["link"], "envs"),
        (vec!["envs/eu"], "envs/eu"),
        (vec!["envs", "envs/eu"], "envs"),
        (vec!["envs/eu", "envs"], "envs"),
        (vec!["envs/eu/b.toml", "envs"], "envs"),
        (vec!["envs", "envs/eu/b.toml"], "envs"),
    ] {
        let selection = disk.select(&paths, &[], &[]).expect("a spec");
        assert_eq!(disk.folder(&selection).as_deref(), Some(Path::new(folder)), "{paths:?}");
        assert_eq!(selection.files[0].named, paths.contains(&"envs/eu/b.toml"), "{paths:?}");
    }
}

#[test]
fn links() {
    let disk = Disk::with(&["envs/a.toml", "elsewhere/b.toml"]);
    disk.link("../elsewhere", "envs/folder");
    disk.link("../elsewhere", "envs/folder.toml");
    disk.link(".", "envs/again");
    disk.link("nowhere", "envs/dangling");
    disk.link("../elsewhere/b.toml", "envs/b.toml");
    assert_eq!(disk.paths(&["envs"], &[], &[]), ["envs/a.toml", "envs/b.toml"]);
    disk.link("nowhere", "envs/dangling.toml");
    disk.link("round.toml", "envs/round.toml");
    let problems = disk.problems(&["envs"], &[], &[]);
    assert_eq!(problems[0], "DISK/envs/dangling.toml: a symbolic link to a file that is not there");
    assert!(problems[1].starts_with("DISK/envs/round.toml: a symbolic link that can't be followed: "), "{problems:?}");
    assert_eq!(problems.len(), 2);
    // What is wrong with a file that is left out does not matter.
    assert_eq!(disk.paths(&["envs"], &["[ab].toml"], &[]), ["envs/a.toml", "envs/b.toml"]);
    assert_eq!(disk.paths(&["envs"], &[], &["dangling.toml", "round.*"]), ["envs/a.toml", "envs/b.toml"]);
}

#[test]
fn what_is_no_file_is_never_opened() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let disk = Disk::with(&["envs/a.toml"]);
    for name in ["pipe", "pipe.toml"] {
        mknodat(CWD, disk.at("envs").join(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    }
    let _socket = std::os::unix::net::UnixListener::bind(disk.at("envs/socket.toml")).expect("a socket");
    disk.link("/dev/null", "envs/device.toml");
    let what = "not a file, but a pipe, a socket or a device";
    let names = ["device", "pipe", "socket"];
    assert_eq!(disk.problems(&["envs"], &[], &[]), names.map(|name| format!("DISK/envs/{name}.toml: {what}")));
}

/// Not every system's disk takes such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
    let disk = Disk::with(&["envs/a.toml"]);
    let folder = disk.at("envs").join(OsStr::from_bytes(b"f\xff"));
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("notes"), "").expect("a file");
    fs::write(disk.at("envs").join(OsStr::from_bytes(b"n\xff")), "").expect("a file");
    assert_eq!(disk.paths(&["envs"], &[], &[]), ["envs/a.toml"], "what is no spec may have any name");
    fs::write(folder.join("b.toml"), "").expect("a file");
    fs::write(disk.at("envs").join(OsStr::from_bytes(b"n\xff.toml")), "").expect("a file");
    let problems = ["DISK/envs/f\u{fffd}/b.toml: its path is not UTF-8", "DISK/envs/n\u{fffd}.toml: its path is not UTF-8"];
    assert_eq!(disk.problems(&["envs"], &[], &[]), problems);
}

#[test]
fn folders_that_say_nothing() {
    let disk = Disk::with(&["empty/README.md", "hidden/.a.toml", "envs/a.toml", "locked/a.toml"]);
    disk.link("../envs", "links/envs");
    for folder in ["empty", "hidden", "links"] {
        assert_eq!(disk.problems(&[folder, "envs"], &[], &[]), [format!("DISK/{folder}: there is no spec in this folder")]);
    }
    assert_eq!(disk.problems(&["empty", "hidden"], &[], &[]).len(), 2, "all are told");
    fs::set_permissions(disk.at("locked"), fs::Permissions::from_mode(0o000)).expect("permissions");
    if fs::read_dir(disk.at("locked")).is_ok() {
        // Nothing is locked for root.
        return;
    }
    let locked = "DISK/locked: this folder can't be read: permission denied";
    assert_eq!(disk.problems(&["locked", "envs"], &[], &[]), [locked]);
    assert_eq!(disk.problems(&[""], &[], &[]), [locked]);
    // Somebody's `lost+found`, say: what is left out as a whole is not looked into.
    assert_eq!(disk.paths(&[""], &[], &["locked/"]), ["envs/a.toml"]);
    fs::set_permissions(disk.at("locked"), fs::Permissions::from_mode(0o700)).expect("permissions");
}

/// Paths as they are shown. The only test that needs a working folder: all others name theirs from the root on.
#[test]
fn paths_are_shown_as_their_folder_was_named() {
    let disk = Disk::with(&["project/envs/eu/prod.toml", "project/top.toml", "outer.toml"]);
    std::env::set_current_dir(disk.at("project")).expect("a working folder");
    let shown = |path: &str| -> Vec<String> {
        let selection = select(&[path.into()], &Patterns::default()).map_err(|failures| said(&failures)).expect("specs");
        selection.files.iter().map(|file| file.path.expose().to_owned()).collect()
    };
    for (folder, prefix) in [
        ("envs", "envs/"),
        ("envs/", "envs/"),
        ("./envs", "envs/"),
        (".//envs//.", "envs/"),
        ("../project/envs", "../project/envs/"),
    ] {
        assert_eq!(shown(folder), [format!("{prefix}eu/prod.toml")], "{folder}");
    }
    assert_eq!(shown("."), ["envs/eu/prod.toml", "top.toml"]);
    assert_eq!(shown(".."), ["../outer.toml", "../project/envs/eu/prod.toml", "../project/top.toml"]);
    assert_eq!(shown("./top.toml"), ["./top.toml"], "a file's own spelling stays");
    // Matched, counted and staged by the cleaned one.
    let one = select(&["./top.toml".into()], &patterns(&["./*.toml"], &[])).expect("a spec");
    let part = (1..=5).map(|i| Partition::parse(&format!("hash:{i}/5")).expect("a partition"));
    assert!(part.clone().all(|part| part.contains(one.files[0].path.expose()) == part.contains("top.toml")));
    assert_eq!(Order::parse("dev,top").expect("an order").stage(&one.files[0].path), Ok(2));
    fs::create_dir(disk.at("project/none")).expect("a folder");
    std::env::set_current_dir(disk.at("project/none")).expect("a working folder");
    let failures = select(&[".".into()], &Patterns::default()).expect_err("no spec");
    assert_eq!(said(&failures), [".: there is no spec in this folder"]);
}

/// Many folders and files by chance, links among them: each file that is there is selected once, in order, whatever is named.
#[test]
fn whatever_is_named_each_file_is_selected_once() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let disk = Disk::with(&["seed.toml"]);
        let mut folders = vec![String::new()];
        let mut specs = BTreeSet::from(["seed.toml".to_owned()]);
        for i in 0..30 {
            let folder = folders[rng.index(folders.len())].clone();
            match rng.index(5) {
                0 => {
                    let path = format!("{folder}d{i}/");
                    fs::create_dir(disk.at(&path)).expect("a folder");
                    folders.push(path);
                }
                1 => {
                    symlink(disk.at(&folders[rng.index(folders.len())]), disk.at(&format!("{folder}l{i}.toml"))).expect("a link")
                }
                2 => {
                    let all: Vec<&String> = specs.iter().collect();
                    symlink(disk.at(all[rng.index(all.len())]), disk.at(&format!("{folder}~{i}.toml"))).expect("a link");
                }
                _ => {
                    let path = format!("{folder}s{i}.toml");
                    disk.file(&path);
                    specs.insert(path);
                }
            }
        }
        let selection = disk.select(&["", ""], &[], &[]).expect("specs");
        let real: Vec<PathBuf> =
            selection.files.iter().map(|file| Path::new(file.path.expose()).canonicalize().expect("a file")).collect();
        let root = disk.0.path().canonicalize().expect("a folder");
        let found: BTreeSet<String> =
            real.iter().map(|real| real.strip_prefix(&root).expect("below").display().to_string()).collect();
        assert_eq!(found, specs);
        assert_eq!(real.len(), specs.len(), "each once");
        assert!(selection.files.is_sorted_by(|a, b| a.path.expose().as_bytes() < b.path.expose().as_bytes()));
    }
}
