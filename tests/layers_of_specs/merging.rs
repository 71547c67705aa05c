//! How single keys are merged and removed, and where errors of the whole point.

use konnect::pat::PatKey;

use super::BASE;
use super::tree::Tree;

/// The lines of what is printed of a spec over a base, without comments.
fn merged(spec: &str, base: &str) -> Vec<String> {
    let tree = Tree::new();
    tree.write("envs/spec.toml", format!("extends = \"../base.toml\"\n{spec}"));
    tree.write("base.toml", base);
    let text = tree.effective("envs/spec.toml");
    let line = |line: &str| line.split("  # ").next().unwrap_or_default().trim_end().to_owned();
    text.lines().skip(1).map(line).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_nearer_value_wins_key_by_key() {
    let rest = "namespace = \"kong\"\nservice_account = \"sa\"\npat_env = \"PAT\"\n";
    let rows = [
        ("secret = \"b\"", "secret = \"a\"", "[secret]|name = \"b\""),
        ("secret = \"b\"", "[secret]\nname = \"a\"\nlabels = { x = \"1\" }", "[secret]|name = \"b\"|[secret.labels]|x = \"1\""),
        ("[secret.labels]\ny = \"2\"", "secret = \"a\"", "[secret]|name = \"a\"|[secret.labels]|y = \"2\""),
        (
            "secret.labels = { x = \"2\", y = \"3\" }",
            "[secret]\nname = \"a\"\n[secret.labels]\nx = \"1\"\nz = \"0\"",
            "[secret]|name = \"a\"|[secret.labels]|x = \"2\"|y = \"3\"|z = \"0\"",
        ),
        (
            "unset = [\"secret.labels\"]\n[secret.labels]\ny = \"2\"",
            "secret = { name = \"a\", labels = { x = \"1\" } }",
            "[secret]|name = \"a\"|[secret.labels]|y = \"2\"",
        ),
        (
            "unset = [\"secret.labels.x\"]",
            "secret = { name = \"a\", labels = { x = \"1\" } }",
            "[secret]|name = \"a\"|[secret.labels]",
        ),
        ("unset = [\"secret\"]\nsecret = \"b\"", "secret = { name = \"a\", labels = { x = \"1\" } }", "[secret]|name = \"b\""),
        ("unset = [\"secret.name\"]\nsecret.name = \"b\"", "secret = \"a\"", "[secret]|name = \"b\""),
    ];
    for (spec, base, expected) in rows {
        let (base, spec) = if base.contains('[') {
            (format!("{rest}{base}"), spec.to_owned())
        } else {
            (format!("{base}\n{rest}"), spec.to_owned())
        };
        let lines = merged(&spec, &base).join("|");
        assert!(lines.contains(expected), "{spec}\n{lines}");
        let secrets = lines.split("[secret]").nth(1).expect("a secret").split("|[service_account]").next();
        assert_eq!(secrets, expected.split("[secret]").nth(1), "{spec}");
    }
}

#[test]
fn the_token_s_places_replace_each_other() {
    let objects = "namespace = \"kong\"\nservice_account = \"sa\"\nsecret = \"pat\"\n";
    let tree = Tree::new();
    let pat = |spec: &str, base: &str| {
        tree.write("envs/spec.toml", format!("extends = \"../base.toml\"\n{spec}"));
        tree.write("base.toml", format!("{objects}{base}"));
        tree.spec("envs/spec.toml").pat
    };
    assert_eq!(pat("pat_env = \"B\"", "pat_file = \"a\""), Some(PatKey::Env("B".into())));
    let file = |shown: &str, path: &str| Some(PatKey::File(shown.into(), tree.path(path)));
    assert_eq!(pat("pat_file = \"b\"", "pat_env = \"A\""), file("b", "envs/b"));
    assert_eq!(pat("", "pat_file = \"a\""), file("../a", "envs/../a"));
    assert_eq!(pat("unset = [\"pat_env\"]\npat_env = \"B\"", "pat_env = \"A\""), Some(PatKey::Env("B".into())));
    // Both in one file are wrong, whichever wins in the end.
    tree.write("base.toml", format!("{objects}pat_env = \"A\"\npat_file = \"a\"\n"));
    tree.write("envs/spec.toml", "extends = \"../base.toml\"\npat_env = \"B\"\n");
    assert!(tree.errors("envs/spec.toml")[0].starts_with("base.toml:5:1: both `pat_env` and `pat_file`"));
}

#[test]
fn only_what_is_inherited_can_be_unset() {
    let base = format!(
        "{}[secret]\nname = \"pat\"\nlabels = {{ team = \"a\", \"x.io/y\" = \"b\" }}\n",
        BASE.replace("secret = \"pat\"\n", "")
    );
    let tree = Tree::new();
    tree.write("base.toml", &base);
    tree.write("mid.toml", "extends = \"base.toml\"\nunset = [\"secret.labels.team\"]\n");
    let errors = |spec: &str| {
        tree.write("spec.toml", spec);
        match tree.check("spec.toml") {
            Ok(_) => Vec::new(),
            Err(errors) => tree.messages(&errors),
        }
    };
    for good in [
        "extends = \"base.toml\"\nunset = []\n",
        "extends = \"base.toml\"\nunset = ['secret.labels.\"x.io/y\"', \"secret . labels . team\"]\n",
        "extends = \"base.toml\"\nunset = [\"secret.labels\"]\n",
        // A nearer file may set again what another removed.
        "extends = \"mid.toml\"\n[secret.labels]\nteam = \"c\"\n",
        "extends = \"mid.toml\"\nunset = ['secret.labels.\"x.io/y\"']\n",
    ] {
        assert_eq!(errors(good), Vec::<String>::new(), "{good}");
    }
    for (bad, expected) in [
        (
            "extends = \"base.toml\"\nunset = [\"secret.labels.none\"]\n",
            "spec.toml:2:10: there is no inherited `secret.labels.none` to remove",
        ),
        (
            "extends = \"base.toml\"\nunset = [\"secret.labels\", \"secret.labels.team\"]\n",
            "spec.toml:2:27: there is no inherited `secret.labels.team` to remove (the same list has removed it already)",
        ),
        (
            "extends = \"base.toml\"\nunset = [\"pat_env\", \"pat_env\"]\npat_env = \"B\"\n",
            "spec.toml:2:21: there is no inherited `pat_env`",
        ),
        // Removed by the file between, or set by this one alone.
        ("extends = \"mid.toml\"\nunset = [\"secret.labels.team\"]\n", "spec.toml:2:10: there is no inherited"),
        (
            "extends = \"base.toml\"\nunset = [\"cluster.context\"]\ncluster.context = \"a\"\n",
            "(this file sets it itself: remove it there)",
        ),
        ("extends = \"base.toml\"\nunset = [\"extends\"]\n", "there is no inherited `extends`"),
        ("extends = \"base.toml\"\nunset = [\"secret.name.x\"]\n", "there is no inherited `secret.name.x`"),
        ("extends = \"base.toml\"\nunset = \"secret\"\n", "`unset` must be a list of keys"),
        ("extends = \"base.toml\"\nunset = [[\"secret\"]]\n", "each in quotes"),
        ("extends = \"base.toml\"\nunset = [\"secret.labels.x.io/y\"]\n", "this is not the name of a key"),
        ("extends = \"base.toml\"\nunset = [\"secret.name\"]\n", "spec.toml: missing key `name` in [secret]"),
        ("extends = \"base.toml\"\nunset = [\"secret\"]\n", "spec.toml: missing key `secret`"),
    ] {
        let found = errors(bad);
        assert!(found.len() == 1 && found[0].contains(expected), "{bad}{found:?}");
    }
    // Where not all is known, nothing is said to be missing.
    let found = errors("extends = \"none.toml\"\nunset = [\"secret.labels.team\"]\n");
    assert!(found.len() == 1 && found[0].contains("none.toml: no such file"), "{found:?}");
    // What the file between can't remove is its own mistake.
    tree.write("mid.toml", "extends = \"base.toml\"\nunset = [\"secret.labels.none\"]\n");
    assert!(errors("extends = \"mid.toml\"\n")[0].starts_with("mid.toml:2:10: "));
}

#[test]
fn a_template_is_checked_as_far_as_it_goes_and_not_inherited() {
    let tree = Tree::new();
    tree.write("base.toml", "template = true\n[secret]\nlabels = { team = \"a\" }\n");
    assert!(tree.check("base.toml").expect("valid").is_template());
    tree.write("mid.toml", "template = true\nextends = \"base.toml\"\nunset = [\"secret.labels.team\"]\n");
    assert!(tree.check("mid.toml").expect("valid").is_template());
    tree.write("spec.toml", format!("extends = \"mid.toml\"\n{BASE}"));
    assert!(!tree.check("spec.toml").expect("valid").is_template());
    tree.write("base.toml", "template = true\nnamespace = \"Kong\"\n[cluster]\nuid = 3\n");
    assert_eq!(tree.errors("base.toml").len(), 2);
    tree.write("base.toml", "template = false\nnamespace = \"kong\"\n");
    assert_eq!(tree.errors("base.toml").len(), 3);
    // What can be seen only once all is merged is told where it stands.
    tree.write("base.toml", "template = true\n[namespace.labels]\nteam = \"a\"\n");
    tree.write(
        "spec.toml",
        format!(
            "extends = \"base.toml\"\n{}[namespace]\nname = \"kong\"\nmanage = false\n",
            BASE.replace("namespace = \"kong\"\n", "")
        ),
    );
    let errors = tree.errors("spec.toml");
    assert!(errors.len() == 1 && errors[0].starts_with("spec.toml:7:1: a namespace with `manage = false`"), "{errors:?}");
}

#[test]
fn what_is_wrong_with_any_file_is_told_once_and_at_once() {
    let tree = Tree::new();
    tree.write("spec.toml", "extends = \"mid.toml\"\nnamespace = \"A\"\nx = 1\n");
    tree.write("mid.toml", "extends = \"base.toml\"\nnamespace = \"B\"\ny = 1\nsecret = { labels = { a = \"-\" } }\n");
    tree.write("base.toml", "\u{feff}namespace = \"C\"\r\nservice_account = \"S\"\r\n");
    let places: Vec<String> =
        tree.errors("spec.toml").iter().map(|line| line.split(": ").next().expect("a place").to_owned()).collect();
    let expected = [
        "spec.toml:2:13",
        "spec.toml:3:1",
        "mid.toml:2:13",
        "mid.toml:3:1",
        "mid.toml:4:27",
        "base.toml:1:13",
        "base.toml:2:19",
        "spec.toml",
        "spec.toml",
    ];
    assert_eq!(places, expected, "the last two are the Secret's name and the token's place");
}

#[test]
fn what_can_not_be_parsed_of_a_spec_hides_nothing_of_its_base() {
    let tree = Tree::new();
    tree.write("base.toml", BASE.replace("\"kong\"", "\"Kong\""));
    // The last line has no end: the base begins right behind it.
    tree.write("spec.toml", "extends = \"base.toml\"\n[cluster]\nuid = 3, context = \"c\"");
    let errors = tree.errors("spec.toml");
    let places: Vec<&str> = errors.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["spec.toml:3:8", "base.toml:1:13"], "{errors:?}");
    assert!(errors[0].contains("ends without a comma"), "{errors:?}");
    // A spec of comments alone extends nothing, and a base of comments alone is one.
    tree.write("base.toml", "# later\n");
    tree.write("spec.toml", format!("extends = \"base.toml\"\n{BASE}"));
    assert_eq!(tree.spec("spec.toml").layers.len(), 2);
    assert!(tree.errors("base.toml")[0].starts_with("base.toml: the file is empty, or holds comments alone"));
}

#[test]
fn a_key_that_stands_below_a_table_is_told_in_its_own_file() {
    let tree = Tree::new();
    tree.write("base.toml", format!("[cluster]\ncontext = \"c\"\n{BASE}"));
    tree.write("spec.toml", "extends = \"base.toml\"\n");
    let errors = tree.errors("spec.toml");
    let expected = "base.toml:3:1: `namespace` stands below [cluster]";
    assert!(errors.len() == 1 && errors[0].starts_with(expected), "{errors:?}");
    // What is missing is in the file that would have been extended.
    tree.write("base.toml", BASE);
    tree.write("spec.toml", "[cluster]\ncontext = \"c\"\nextends = \"base.toml\"\n");
    let errors = tree.errors("spec.toml");
    let expected = "spec.toml:3:1: `extends` stands below [cluster]";
    assert!(errors.len() == 1 && errors[0].starts_with(expected), "{errors:?}");
    tree.write("spec.toml", "extend = \"base.toml\"\n");
    assert_eq!(tree.errors("spec.toml"), ["spec.toml:1:1: unknown key `extend` (did you mean `extends`?)"]);
}

/// `[policy]` speaks of the file in which it stands: a base that goes first makes nobody go first.
#[test]
fn a_stage_is_the_spec_s_own() {
    let stage = |texts: &[&str]| {
        let texts: Vec<_> =
            texts.iter().enumerate().map(|(i, text)| (konnect::outside::Outside::new(format!("{i}.toml")), *text)).collect();
        let checked = konnect::spec::check_texts(std::path::Path::new(""), &texts, false);
        checked.and_then(konnect::spec::Checked::into_spec).map(|spec| spec.stage).map_err(|errors| errors.messages().len())
    };
    let whole = "namespace = \"kong\"\nservice_account = \"sa\"\nsecret = \"pat\"\npat_env = \"PAT\"\n";
    let with = |rest: &str| format!("{whole}{rest}");
    assert_eq!(stage(&[whole]), Ok(None));
    assert_eq!(stage(&[&with("[policy]\n")]), Ok(None));
    assert_eq!(stage(&[&with("[policy]\nstage = 3\n")]), Ok(Some(3)));
    assert_eq!(stage(&[&with("policy.stage = 0x10\n")]), Ok(Some(16)));
    assert_eq!(stage(&["extends = \"b\"\n", &with("[policy]\nstage = 1\n")]), Ok(None));
    assert_eq!(stage(&["extends = \"b\"\n[policy]\nstage = 2\n", &with("[policy]\nstage = 1\n")]), Ok(Some(2)));
    for wrong in ["0", "-1", "1001", "1.5", "\"1\"", "true", "[1]", "99999999999999999999"] {
        assert_eq!(stage(&[&with(&format!("[policy]\nstage = {wrong}\n"))]), Err(1), "{wrong}");
    }
    assert_eq!(stage(&[&with("policy = 1\n")]), Err(1));
    assert_eq!(stage(&[&with("[policy]\nstages = 1\n")]), Err(1));
}
