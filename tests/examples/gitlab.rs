//! `examples/gitlab-ci/.gitlab-ci.yml`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::runner::{JobFolder, REVISION, SPEC, TOKEN, hand_on};
use testkit::Ran;

const PATH: &str = "examples/gitlab-ci/.gitlab-ci.yml";

const MARKER: &str = "<!-- konnect plan konnect.toml on sandbox -->";
const NOTES_TOKEN: &str = "notes-token-in-no-argument";
const JOBS: [&str; 5] = ["build", "merge-request", "plan", "apply", "drift"];

/// On the main branch: after a merge, and started by hand.
const MERGED: &str = "$CI_PIPELINE_SOURCE == \"push\" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH";
const BY_HAND: &str = "$CI_PIPELINE_SOURCE == \"web\" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH";
const SCHEDULED: &str = "$CI_PIPELINE_SOURCE == \"schedule\" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH";
const KONNECT: &str = "project/.konnect/bin/konnect";

/// The job's script as the runner runs it: all of it in one shell.
fn script(job: &Value) -> String {
    let part = |name: &str| job[name].as_array().cloned().unwrap_or_default();
    let lines = part("before_script").into_iter().chain(part("script"));
    lines.map(|line| line.as_str().unwrap_or_else(|| panic!("no string: {line}")).to_owned() + "\n").collect()
}

#[test]
fn each_job_is_given_what_it_needs() {
    let pipeline = crate::yaml(PATH);
    let known: BTreeSet<&str> = ["stages", "variables", "default"].into_iter().chain(JOBS).collect();
    assert_eq!(pipeline.as_object().expect("a table").keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let rows = [
        ("build", None, None),
        ("merge-request", None, Some("$KUBECONFIG_MERGE_REQUEST")),
        ("plan", Some("konnect-plan"), Some("$KUBECONFIG_PLAN")),
        ("drift", Some("konnect-plan"), Some("$KUBECONFIG_PLAN")),
        ("apply", Some("konnect-apply"), Some("$KUBECONFIG_APPLY")),
    ];
    for (name, environment, kubeconfig) in rows {
        let job = &pipeline[name];
        assert_eq!(job["environment"]["name"].as_str(), environment, "{name}");
        assert_eq!(job["variables"]["KUBECONFIG"].as_str(), kubeconfig, "{name}");
        assert_eq!(job.to_string().matches("KUBECONFIG_").count(), usize::from(kubeconfig.is_some()), "{name}");
        assert_eq!(job.to_string().contains("NOTES_TOKEN"), name == "merge-request", "{name}");
        // The token's variable is named to konnect alone, which reads it from the environment.
        assert!(!script(job).contains("$PAT"), "{name}");
    }
    // What writes, and what builds, sees no work tree; what reads the token is the main branch's alone, and a person starts what writes.
    for name in ["build", "apply"] {
        assert_eq!(pipeline[name]["variables"]["GIT_STRATEGY"], "none", "{name}");
    }
    // A rotated token and a changed cluster change no file: only what follows a merge asks for one.
    for (name, rules) in [("plan", &[MERGED, BY_HAND][..]), ("apply", &[MERGED, BY_HAND]), ("drift", &[SCHEDULED])] {
        let given = pipeline[name]["rules"].as_array().expect("rules");
        assert_eq!(given.iter().map(|rule| rule["if"].as_str().expect("a condition")).collect::<Vec<_>>(), rules, "{name}");
        for rule in given {
            assert_eq!(rule["when"] == "manual", name == "apply", "{name}");
            assert_eq!(rule.get("changes").is_some(), rule["if"] == MERGED, "{name}");
        }
    }
}

#[test]
fn konnect_is_built_once_and_only_an_approved_plan_is_applied() {
    let pipeline = crate::yaml(PATH);
    for name in JOBS {
        let (job, script) = (&pipeline[name], script(&pipeline[name]));
        assert_eq!(script.contains("cargo"), name == "build", "{name}");
        assert_eq!(script.contains("--untrusted-spec"), name == "merge-request", "{name}");
        assert_eq!(script.contains("konnect apply"), name == "apply", "{name}");
        assert!(!script.contains("--auto-approve") && !script.contains("${{"), "{name}");
        if name != "build" {
            let first = job["script"][0].as_str().expect("a string");
            assert_eq!(first, "echo \"$KONNECT_SHA256  .konnect/bin/konnect\" | sha256sum --check --strict -", "{name}");
            assert!(job["needs"].to_string().contains("build"), "{name}");
        }
    }
    let docs = crate::text("docs/ci.md");
    assert!(docs.contains("dotenv") && docs.contains("APPROVED_DIGEST"), "what the digest beside its plan is worth is said");
}

/// Runs a job with the variables it would have.
fn job(world: &JobFolder, name: &str, more: &[(&str, &str)]) -> Ran {
    let pipeline = crate::yaml(PATH);
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    let fixed = [
        ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
        ("CI_PROJECT_ID", "3"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("KONNECT_REPOSITORY", "https://example.com/konnect.git"),
        ("KONNECT_REVISION", REVISION),
    ];
    env.extend(fixed.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    // What an earlier job told by a dotenv report; a project's variable of the same name would win, as here.
    for report in ["project/build.env", "project/plan.env"] {
        for (name, value) in world.read(report).lines().filter_map(|line| line.split_once('=')) {
            env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    // The runner sets an artefact's mode as it was.
    if name != "build" && world.path(KONNECT).exists() {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(world.path(KONNECT), std::fs::Permissions::from_mode(0o755)).expect("chmod");
    }
    world.run(&script(&pipeline[name]), &env, "")
}

fn built(world: &JobFolder) {
    job(world, "build", &[]).assert_code(0);
    let calls = world.calls();
    assert!(
        calls.len() == 1 && calls[0].starts_with("cargo install --locked --git https://example.com/konnect.git --rev 0123"),
        "{calls:?}"
    );
}

#[test]
fn a_revision_that_can_move_is_not_built() {
    let world = JobFolder::new();
    for revision in ["main", "v1.0.0", "", &format!("{REVISION}0")] {
        let ran = job(&world, "build", &[("KONNECT_REVISION", revision)]);
        assert!(ran.code == 1 && ran.stderr.contains("must be a whole commit") && world.calls().is_empty(), "{}", ran.stderr);
    }
}

#[test]
fn from_the_merge_request_to_the_cluster() {
    let Some(world) = JobFolder::with_jq() else { return };
    built(&world);
    let ran = job(&world, "merge-request", &[]);
    ran.assert_code(0);
    assert!(ran.stdout.contains(MARKER) && ran.stdout.contains("3 to add"), "{}", ran.stdout);
    assert!(!world.calls().iter().any(|call| call.starts_with("curl")), "without NOTES_TOKEN there is no note");

    job(&world, "plan", &[("PAT", TOKEN)]).assert_code(0);
    let digest = world.read("project/plan.env").trim().strip_prefix("DIGEST=").expect("a digest").to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    // Whoever approves gave what they read; it wins over what came with the plan.
    job(&world, "apply", &[("PAT", TOKEN), ("APPROVED_DIGEST", &other)]).assert_code(4);
    job(&world, "apply", &[("PAT", TOKEN), ("APPROVED_DIGEST", &digest), ("DIGEST", &other)]).assert_code(0);
    job(&world, "apply", &[("PAT", TOKEN)]).assert_code(0);
    job(&world, "plan", &[("PAT", TOKEN)]).assert_code(0);
    job(&world, "plan", &[("PAT", "PASTE_YOUR_TOKEN")]).assert_code(1);
    // Nothing drifted, until the token of the environment is another.
    job(&world, "drift", &[("PAT", TOKEN)]).assert_code(0);
    let rotated = TOKEN.replace("examples", "rotated0");
    let ran = job(&world, "drift", &[("PAT", &rotated)]);
    ran.assert_code(2);
    assert!(ran.stdout.contains("differs from $PAT"), "{}", ran.stdout);
    job(&world, "plan", &[("PAT", &rotated)]).assert_code(0);
    job(&world, "apply", &[("PAT", &rotated)]).assert_code(0);
    job(&world, "drift", &[("PAT", &rotated)]).assert_code(0);
}

#[test]
fn another_konnect_than_the_one_that_was_built_is_not_run() {
    let world = JobFolder::new();
    built(&world);
    world.write("somebodys", "#!/bin/sh\necho run >> \"$CALLS\"\n");
    hand_on(&world.path("somebodys"), &world.path(KONNECT));
    for name in ["merge-request", "plan", "apply", "drift"] {
        let ran = job(&world, name, &[("PAT", TOKEN), ("NOTES_TOKEN", NOTES_TOKEN), ("DIGEST", "x")]);
        assert!(ran.code == 1 && world.calls().is_empty(), "{name}: {}", ran.stderr);
    }
}

#[test]
fn the_note_is_found_by_marker_and_author() {
    let note = |id: u32, author: &str, body: &str| json!({"id": id, "author": {"username": author}, "body": body});
    let marked = format!("{MARKER}\nan older plan");
    let rows: [(&str, Vec<Value>, Option<u32>); 5] = [
        ("no note yet", vec![json!([])], None),
        ("ours", vec![json!([note(5, "konnect-bot", "x"), note(6, "konnect-bot", &marked)])], Some(6)),
        (
            "ours, on the second page",
            vec![json!([note(1, "somebody", &marked)]), json!([note(9, "konnect-bot", &marked)])],
            Some(9),
        ),
        ("somebody else's with our marker", vec![json!([note(1, "somebody", &marked)]), json!([])], None),
        ("further down", vec![json!([note(5, "konnect-bot", &format!("look:\n{MARKER}"))])], None),
    ];
    for (what, pages, expected) in rows {
        let Some(world) = JobFolder::with_jq() else { return };
        built(&world);
        for (i, page) in pages.iter().enumerate() {
            world.write(&format!("notes-{}", i + 1), &page.to_string());
        }
        job(&world, "merge-request", &[("NOTES_TOKEN", NOTES_TOKEN)]).assert_code(0);
        let calls: Vec<String> = world.calls().into_iter().filter(|call| call.starts_with("curl")).collect();
        assert!(!calls.join("\n").contains(NOTES_TOKEN), "{what}: in an argument, where every process can read it");
        let last = calls.last().expect("a call");
        let notes = "https://gitlab.example.com/api/v4/projects/3/merge_requests/7/notes";
        match expected {
            Some(id) => assert!(last.contains("-X PUT") && last.ends_with(&format!("{notes}/{id}")), "{what}: {calls:?}"),
            None => assert!(last.contains("-X POST") && last.ends_with(notes), "{what}: {calls:?}"),
        }
        assert_eq!(calls.len(), 2 + expected.map_or(pages.len(), |id| if id == 9 { 2 } else { 1 }), "{what}: {calls:?}");
        assert!(world.read("written").starts_with(MARKER), "{what}");
    }
}

#[test]
fn a_plan_that_fails_is_told_and_fails_the_job() {
    let Some(world) = JobFolder::with_jq() else { return };
    built(&world);
    world.write("notes-1", "[]");
    world.write("project/konnect.toml", &SPEC.replace("\"PAT\"", "\"CI_JOB_TOKEN\""));
    job(&world, "merge-request", &[("NOTES_TOKEN", NOTES_TOKEN)]).assert_code(3);
    assert!(world.read("written").contains("--allow-pat-env"), "{}", world.read("written"));
    // A token that the server doesn't take is no empty list.
    world.write("written", "");
    let calls = world.calls().len();
    assert!(calls > 0);
    std::fs::remove_file(world.path("notes-1")).expect("the list");
    let ran = job(&world, "merge-request", &[("NOTES_TOKEN", NOTES_TOKEN)]);
    assert!(ran.code != 0 && world.read("written").is_empty(), "{}", ran.stderr);
}
