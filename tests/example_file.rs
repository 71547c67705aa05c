//! The example is a spec: it parses, and it names every key there is.

use std::path::Path;

use konnect::object::SpecId;
use konnect::pat::PatKey;
use konnect::spec;
use konnect::view::Door;

const EXAMPLE: &str = include_str!("../konnect.example.toml");

#[test]
fn the_example_is_a_valid_spec() {
    let spec = spec::parse("konnect.example.toml", Path::new("."), EXAMPLE, false)
        .map_err(|errors| konnect::view::render_spec_errors(&errors, false, None, &Door::default()))
        .expect("valid");
    assert_eq!(spec.pat, Some(PatKey::Env("PAT".into())));
    let desired = spec.desired(SpecId::default());
    assert_eq!(desired.objects.len(), 3);
    let labels = desired.objects[2].fields.keys().filter(|path| path.is_under(&["metadata", "labels"]));
    assert_eq!(labels.count(), 3, "our two labels and the spec's own");
}

#[test]
fn what_is_commented_out_is_valid_too() {
    let text = EXAMPLE
        .replace("pat_env = \"PAT\"", "")
        .replace("# pat_file", "pat_file")
        .replace("# kubeconfig", "kubeconfig")
        .replace("# uid", "uid");
    let spec = spec::parse("x.toml", Path::new("/specs"), &text, false)
        .map_err(|errors| konnect::view::render_spec_errors(&errors, false, None, &Door::default()))
        .expect("valid");
    assert_eq!(spec.cluster.kubeconfig.expect("given").1, Path::new("/specs/kubeconfig.yaml"));
    assert!(spec.cluster.uid.is_some());
}

#[test]
fn it_names_every_key() {
    for key in [
        "namespace",
        "service_account",
        "secret",
        "pat_env",
        "pat_file",
        "cluster",
        "context",
        "kubeconfig",
        "uid",
        "manage",
        "labels",
        "annotations",
        "extends",
        "unset",
        "template",
    ] {
        assert!(EXAMPLE.contains(key), "{key}");
    }
}
