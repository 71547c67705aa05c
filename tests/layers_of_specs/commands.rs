//! The built program with specs of several files.

use testkit::Konnect;

use super::BASE;

const TOKEN: &str = "kpat_LayersQ7wZ3mT9xL2vB8nR5";

/// A repository with a spec in `envs` that extends a base above it.
fn konnect(spec: &str, base: &str) -> Konnect {
    let konnect = testkit::konnect!().env("PAT", TOKEN);
    for folder in [".git", "envs"] {
        std::fs::create_dir(konnect.folder().join(folder)).expect("a folder");
    }
    konnect.file("envs/prod.toml", &format!("extends = \"../base.toml\"\n{spec}")).file("base.toml", base)
}

#[test]
fn each_command_reads_the_whole_spec() {
    let konnect = konnect("[secret.labels]\nenvironment = \"prod\"\n", &format!("template = true\n{BASE}"));
    let with = |command: &str| {
        let (code, said) = konnect.command_with(&command.split(' ').chain(["-f", "envs/prod.toml"]).collect::<Vec<_>>());
        assert_eq!(code, 0, "{command}: {said}");
        said
    };
    assert_eq!(with("validate"), "envs/prod.toml is valid.\n");
    assert!(with("rbac").contains("kong"));
    assert!(with("plan --sandbox=s").contains("environment"));
    with("apply --sandbox=s --auto-approve");
    assert!(with("plan --sandbox=s").contains("No changes."));
}

#[test]
fn a_template_is_valid_and_nothing_else() {
    let konnect = konnect("", "template = true\nnamespace = \"kong\"\n");
    let (code, said) = konnect.command_with(&["validate", "-f", "base.toml"]);
    assert_eq!((code, said.as_str()), (0, "base.toml is a valid template: for others to extend, never planned.\n"));
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["rbac"], &["plan", "--untrusted-spec"]] {
        let (code, said) = konnect.command_with(&[command, &["-f", "base.toml"]].concat());
        assert!(code == 1 && said.contains("base.toml:1:12") && said.contains("this is a template"), "{command:?}: {said}");
    }
    let (code, said) = konnect.command_with(&["plan", "-f", "base.toml", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&said).expect("a document");
    assert_eq!((code, &document["specs"][0]["errors"][0]["code"]), (1, &"spec".into()), "{document:#}");
    let (code, said) = konnect.command_with(&["validate", "-f", "base.toml", "--format", "json"]);
    assert!(code == 0 && said.contains("\"errors\": []"), "{said}");
}

/// A program is told the file too, where it is not the spec.
#[test]
fn an_error_in_a_base_has_its_file_as_a_field() {
    let konnect = konnect("nonsense = 1\n", &BASE.replace("\"kong\"", "\"Kong\""));
    for command in ["plan", "validate"] {
        let (code, said) = konnect.command_with(&[command, "-f", "envs/prod.toml", "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&said).expect("a document");
        let errors = &document["specs"][0]["errors"];
        assert_eq!((code, errors[0]["line"].as_u64(), &errors[0]["file"]), (1, Some(2), &serde_json::Value::Null), "{errors:#}");
        assert_eq!((errors[1]["line"].as_u64(), errors[1]["file"].as_str()), (Some(1), Some("base.toml")), "{errors:#}");
    }
}

#[test]
fn what_is_effective_is_printed_with_its_origins() {
    let base = |label: &str| {
        let objects = "namespace = \"kong\"\nservice_account = \"sa\"\npat_file = \"token\"\n";
        format!("{objects}[secret]\nlabels.team = \"{label}\"\nannotations.b = \"##[x]\"\n")
    };
    let spec = "unset = [\"secret.labels.team\"]\n[secret]\nname = \"konnect-pat\"\n";
    let konnect = konnect(spec, &base("a b"));
    let (code, said) = konnect.command_with(&["validate", "-f", "envs/prod.toml", "--show-effective"]);
    assert!(code == 1 && said.contains("base.toml:5:15"), "a value is checked although it is removed: {said}");
    let konnect = konnect.file("base.toml", &base("a"));
    let (code, said) = konnect.command_with(&["validate", "-f", "envs/prod.toml", "--show-effective", "-q"]);
    let expected = "\
# envs/prod.toml, which extends base.toml
pat_file = \"../token\"  # base.toml:3

[namespace]
name = \"kong\"          # base.toml:1

[secret]
name = \"konnect-pat\"   # envs/prod.toml:4

[secret.annotations]
b = \"#\\u0023[x]\"       # base.toml:6

[secret.labels]

[service_account]
name = \"sa\"            # base.toml:2
";
    assert_eq!((code, said.as_str()), (0, expected));
    let (code, _) = konnect.command_with(&["validate", "-f", "envs/prod.toml", "--show-effective", "--format", "human"]);
    assert_eq!(code, 64);
    let (code, said) = konnect.command_with(&["validate", "-f", "base.toml", "--show-effective"]);
    assert!(code == 1 && said.contains("missing key `name`"), "{said}");
}

/// A relative path belongs to the file that sets it.
#[test]
fn the_base_s_token_and_kubeconfig_lie_beside_the_base() {
    let base =
        format!("{}pat_file = \"token\"\n[cluster]\nkubeconfig = \"kube.yaml\"\n", BASE.replace("pat_env = \"PAT\"\n", ""));
    let konnect =
        konnect("", &base).file("token", TOKEN).file("envs/token", "no token at all").file("kube.yaml", "beside: the base\n");
    let (code, said) = konnect.command_with(&["plan", "--sandbox=s", "-f", "envs/prod.toml"]);
    assert!(code == 0 && said.contains("../token"), "{said}");
    let (code, said) = konnect.command_with(&["plan", "-f", "envs/prod.toml"]);
    assert!(code == 1 && said.contains("kube.yaml") && !said.contains("does not exist"), "{said}");
}

/// A token that looks like nothing is known by what the variable holds.
#[test]
fn the_token_itself_stands_in_none_of_the_files() {
    let token = "Q7wZ3mT9xL2vB8nR5yK1";
    let escaped = token.replacen('Q', "\\u0051", 1);
    let annotated = |value: &str| {
        format!("{BASE}[namespace.annotations]\na = \"{value}\"\n")
            .replace("namespace = \"kong\"\n", "namespace.name = \"kong\"\n")
    };
    let named = |value: &str| annotated(value).replace("[namespace.annotations]\na", "namespace.annotations.a");
    for (spec, base) in [
        (String::new(), format!("{BASE}# {token}\n")),
        (String::new(), named(token)),
        // Overridden, and behind an escape.
        ("namespace.annotations.a = \"b\"\n".to_owned(), named(&escaped)),
        ("unset = [\"namespace.annotations.a\"]\n".to_owned(), named(&escaped)),
    ] {
        let konnect = konnect(&spec, &base).env("PAT", token);
        for command in ["validate", "rbac", "plan --accept-any-token", "apply --accept-any-token"] {
            let (code, said) = konnect.command_with(&command.split(' ').chain(["-f", "envs/prod.toml"]).collect::<Vec<_>>());
            assert_eq!(code, 1, "{command} {spec}{base}: {said}");
            assert!(said.contains("the token is in the spec"), "{command} {spec}{base}: {said}");
            assert!(!said.contains(&token[..8]), "{command}: {said}");
        }
    }
}

/// The files and the output that README shows.
#[test]
fn the_readme_s_example_is_true() {
    let readme = std::fs::read_to_string(testkit::root().join("README.md")).expect("README.md");
    let block = |begins: &str| {
        let (_, rest) = readme.split_once(begins).unwrap_or_else(|| panic!("{begins} is in the README"));
        rest.split_once("```").expect("the block's end").0.to_owned()
    };
    let konnect = konnect("", "");
    let (base, prod) = (block("```toml\n# base.toml\n"), block("```toml\n# envs/prod.toml\n"));
    // Their first lines are comments.
    let konnect = konnect.file("base.toml", &format!("#\n{base}")).file("envs/prod.toml", &format!("#\n{prod}"));
    let (code, said) = konnect.command_with(&["validate", "-f", "envs/prod.toml", "--show-effective"]);
    assert_eq!((code, said), (0, block("$ konnect validate -f envs/prod.toml --show-effective\n")));
}
