//! What a pattern matches, and where it is wrong.

use testkit::Rng;

use super::*;

fn pattern(typed: &str) -> Pattern {
    Pattern::parse(typed).unwrap_or_else(|malformed| panic!("{typed}: {}", malformed.what))
}

#[test]
fn what_is_matched() {
    let table: [(&str, &[&str], &[&str]); 22] = [
        (
            "prod.toml",
            &["prod.toml", "envs/prod.toml", "/etc/prod.toml"],
            &["prod.toml/a.toml", "my-prod.toml", "prod.toml.toml"],
        ),
        ("prod-*.toml", &["prod-.toml", "a/prod-eu.toml"], &["prod-eu/a.toml", "prod.toml"]),
        ("*", &["a.toml", "a/b.toml"], &[]),
        ("**", &["a.toml", "a/b/c.toml"], &[]),
        ("eu/*.toml", &["eu/a.toml", "envs/eu/a.toml", "../eu/a.toml"], &["eu/x/a.toml", "neu/a.toml", "a.toml"]),
        ("eu/", &["eu/a.toml", "envs/eu/x/a.toml", "/eu/a.toml"], &["neu/a.toml", "eu", "a/eu"]),
        ("eu/**", &["eu/a.toml", "envs/eu/x/a.toml"], &["neu/a.toml", "eu"]),
        ("**/eu/**", &["eu/a.toml", "envs/eu/x/a.toml"], &["neu/a.toml"]),
        ("envs/**/prod.toml", &["envs/prod.toml", "envs/a/b/prod.toml", "x/envs/a/prod.toml"], &["prod.toml", "envs/a/x.toml"]),
        ("envs//eu//*.toml", &["envs/eu/a.toml"], &["eu/a.toml"]),
        ("./*.toml", &["a.toml"], &["envs/a.toml"]),
        ("././envs/*.toml", &["envs/a.toml"], &["x/envs/a.toml"]),
        ("./", &["a.toml", "envs/a.toml"], &[]),
        ("/etc/*.toml", &["/etc/a.toml"], &["etc/a.toml", "/x/etc/a.toml"]),
        ("../*.toml", &["../a.toml", "../../a.toml"], &["a.toml"]),
        ("{eu,us}/*.toml", &["eu/a.toml", "x/us/b.toml"], &["ap/a.toml"]),
        ("prod{,-eu}.toml", &["prod.toml", "prod-eu.toml"], &["prod-us.toml"]),
        ("[a-c]?.toml", &["a1.toml", "x/c2.toml"], &["d1.toml", "a.toml"]),
        ("[!a]*.toml", &["b.toml", "a/b.toml", "/b.toml"], &["a.toml", "b/a.toml", "/a.toml"]),
        ("envs[!a]prod.toml", &["envs-prod.toml"], &["envs/prod.toml", "envsaprod.toml"]),
        ("x/a[+-9]b.toml", &["x/a0b.toml"], &["x/a/b.toml"]),
        ("\\[a\\].toml", &["[a].toml"], &["a.toml"]),
    ];
    for (typed, good, bad) in table {
        let pattern = pattern(typed);
        assert_eq!(*pattern.typed(), typed);
        for path in good {
            assert!(pattern.fits(path), "{typed} matches {path}");
        }
        for path in bad {
            assert!(!pattern.fits(path), "{typed} does not match {path}");
        }
    }
    assert!(pattern("Prod.toml") == pattern("Prod.toml") && pattern("Prod.toml") != pattern("prod.toml"));
    assert!(!pattern("Prod.toml").fits("prod.toml"), "capitals count");
}

#[test]
fn a_folder_as_a_whole() {
    for (typed, covered, others) in [
        ("eu/", vec!["eu", "envs/eu", "envs/eu/a", "/eu"], vec!["neu", "", "envs"]),
        ("envs/*/", vec!["envs/eu", "envs/eu/x"], vec!["envs", "eu"]),
        ("./", vec!["", "envs"], vec![]),
        ("./envs/", vec!["envs", "envs/eu"], vec!["", "x/envs"]),
        // Of these something may be meant, and something not.
        ("**", vec![], vec!["", "eu"]),
        ("eu/*", vec![], vec!["eu", ""]),
        ("eu/*.toml", vec![], vec!["eu"]),
        ("eu", vec![], vec!["eu"]),
    ] {
        let pattern = pattern(typed);
        for folder in covered {
            assert!(pattern.covers(folder), "{typed} covers {folder:?}");
            assert!(pattern.fits(&join(folder, "a.toml")) && pattern.fits(&join(folder, "a/b.toml")), "{typed}: {folder:?}");
        }
        for folder in others {
            assert!(!pattern.covers(folder), "{typed} does not cover {folder:?}");
        }
    }
}

#[test]
fn what_is_wrong_and_where() {
    let deep = "{".repeat(120);
    for (typed, what) in [
        ("", "must not be empty"),
        ("a/[bc", "the [ at column 3 has no ]"),
        ("[a]/[]", "the [ at column 5 has no ]"),
        ("{x,[a", "the [ at column 4 has no ]"),
        ("é/[bc", "the [ at column 3 has no ]"),
        ("a{b,c", "the { at column 2 has no }"),
        ("{a}{b[c]", "the { at column 4 has no }"),
        ("{a,{b}", "the { at column 1 has no }"),
        ("a}b", "the } at column 2 has no {"),
        ("{a}b}c}", "the } at column 5 has no {"),
        ("x[z-a]", "the range that ends at column 5 goes backwards"),
        ("ab\\", "there is nothing behind the \\ at column 3"),
        (&deep, "the { at column 101 is nested too deeply"),
        (&"a".repeat(1025), "longer than 1024 bytes"),
        ("kpat_0123456789abcdef*", "a token, not a pattern"),
        ("envs/spat_0123456789abcdef.toml", "a token, not a pattern"),
    ] {
        let malformed = Pattern::parse(typed).expect_err(typed);
        assert_eq!(malformed.what, what, "{typed}");
    }
}

/// Whatever is typed is a pattern or is told what is wrong with it, at a place that it has; and every pattern matches or does not.
#[test]
fn nothing_that_is_typed_panics() {
    let alphabet: Vec<char> = "ab*?[]{},!-^\\/.é:".chars().collect();
    let mut rng = Rng::new(7);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let length = rng.index(12);
        let typed: String = (0..length).map(|_| alphabet[rng.index(alphabet.len())]).collect();
        match Pattern::parse(&typed) {
            Ok(pattern) => {
                good += 1;
                for path in ["a.toml", "a/b.toml", "/a", ""] {
                    assert!(!pattern.covers(path) || pattern.fits(&join(path, "x/y.toml")), "{typed} {path}");
                }
            }
            Err(Malformed { what, .. }) => {
                bad += 1;
                if let Some((_, rest)) = what.split_once("column ") {
                    let column: usize = rest.split(' ').next().and_then(|column| column.parse().ok()).expect("a column");
                    assert!((1..=typed.chars().count()).contains(&column), "{typed}: {what}");
                    let there = typed.chars().nth(column - 1);
                    let named = what.strip_prefix("the ").and_then(|what| what.chars().next()).filter(|c| "[{}".contains(*c));
                    assert!(named.is_none() || named == there, "{typed}: {what}");
                }
            }
        }
    }
    assert!(good > 5000 && bad > 2000, "{good} good, {bad} bad");
}
