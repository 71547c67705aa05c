//! `--only` and `--except`.

use super::disk::Disk;

#[test]
fn patterns_choose() {
    let disk = Disk::with(&["envs/eu/dev.toml", "envs/eu/prod.toml", "envs/us/dev.toml", "envs/us/prod.toml"]);
    for (only, except, expected) in [
        (vec![], vec!["dev.toml"], vec!["eu/prod", "us/prod"]),
        (vec!["prod.toml"], vec![], vec!["eu/prod", "us/prod"]),
        (vec!["eu/"], vec![], vec!["eu/dev", "eu/prod"]),
        (vec!["eu/prod.toml", "us/"], vec![], vec!["eu/prod", "us/dev", "us/prod"]),
        (vec!["eu/prod.toml", "us/"], vec!["us/prod.toml"], vec!["eu/prod", "us/dev"]),
        (vec!["eu/"], vec!["us/"], vec!["eu/dev", "eu/prod"]),
        (vec!["{eu,us}/d*"], vec![], vec!["eu/dev", "us/dev"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|path| format!("envs/{path}.toml")).collect();
        assert_eq!(disk.paths(&["envs"], &only, &except), expected, "{only:?} {except:?}");
    }
}

#[test]
fn patterns_that_choose_nothing() {
    let disk = Disk::with(&["envs/eu/dev.toml", "envs/eu/prod.toml"]);
    for (only, except, expected) in [
        (vec!["staging.toml", "dev.toml"], vec![], vec!["--only staging.toml matches none of the specs that -f names"]),
        (
            vec!["prod"],
            vec!["us/"],
            vec!["--only prod matches none of the specs that -f names", "--except us/ matches none of the specs that -f names"],
        ),
        (vec![], vec!["*.yaml"], vec!["--except \"*.yaml\" matches none of the specs that -f names"]),
        (vec![], vec!["*"], vec!["--except leaves none of the 2 specs"]),
        (vec![], vec!["envs/"], vec!["--except leaves no spec"]),
        (vec!["dev.toml"], vec!["dev.*"], vec!["no spec that --only matches is left by --except"]),
    ] {
        assert_eq!(disk.problems(&["envs"], &only, &except), expected, "{only:?} {except:?}");
    }
    // It may be for what could not be found.
    std::fs::create_dir(disk.at("empty")).expect("a folder");
    let problems = disk.problems(&["empty", "envs"], &["staging.toml"], &[]);
    assert_eq!(problems, ["DISK/empty: there is no spec in this folder"]);
    let failures = disk.select(&["envs"], &["prod"], &[]).expect_err("nothing");
    let hint = failures[0].hint.as_ref().expect("a hint").plain();
    assert!(hint.contains("/envs/eu/dev.toml;") && hint.ends_with("all in a folder is FOLDER/"), "{hint}");
    let failures = disk.select(&["envs"], &["!prod.toml"], &[]).expect_err("nothing");
    assert!(failures[0].hint.as_ref().expect("a hint").plain().contains("--except"));
}
