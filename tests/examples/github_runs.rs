//! The shell of `examples/github-actions/konnect.yml`, job by job.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::github::{jobs, steps};
use crate::runner::{JobFolder, REVISION, SPEC, TOKEN, hand_on};
use testkit::Ran;

const MARKER: &str = "<!-- konnect plan konnect.toml on sandbox -->";

/// One job of a run of the workflow.
struct Job<'a> {
    world: &'a JobFolder,
    job: Value,
    /// What `${{ … }}` stands for.
    known: BTreeMap<String, String>,
}

impl<'a> Job<'a> {
    fn new(world: &'a JobFolder, name: &str) -> Self {
        for file in ["output", "summary", "path"] {
            world.write(file, "");
        }
        let known = [
            ("runner.temp", world.shown("temp")),
            ("github.token", "a-token".to_owned()),
            ("github.event.number", "7".to_owned()),
            ("secrets.KONNECT_PAT", TOKEN.to_owned()),
        ];
        let mut known: BTreeMap<String, String> = known.map(|(name, value)| (name.to_owned(), value)).into();
        for name in ["PULL_REQUEST", "PLAN", "APPLY"] {
            known.insert(format!("secrets.KUBECONFIG_{name}"), format!("the kubeconfig {name}"));
        }
        Self { world, job: jobs()[name].clone(), known }
    }

    fn know(mut self, name: &str, value: &str) -> Self {
        self.known.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs the step of this name.
    fn step(&self, name: &str) -> Ran {
        let step = steps(&self.job).iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name}"));
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in step["env"].as_object().into_iter().flatten() {
            env.insert(key.clone(), self.meant(value.as_str().expect("a string")));
        }
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("GITHUB_PATH", "path")] {
            env.insert(name.to_owned(), self.world.shown(file));
        }
        env.insert("RUNNER_TEMP".to_owned(), self.world.shown("temp"));
        env.insert("GITHUB_REPOSITORY".to_owned(), "owner/repo".to_owned());
        let path: String = self.world.read("path").lines().map(|line| format!("{line}:")).collect();
        self.world.run(step["run"].as_str().expect("a script"), &env, &path)
    }

    fn meant(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("${{ ") else { return value.to_owned() };
        let (name, after) = rest.split_once(" }}").expect("the expression's end");
        let known = self.known.get(name).unwrap_or_else(|| panic!("what is {name}?"));
        format!("{before}{known}{after}")
    }

    fn output(&self, name: &str) -> Option<String> {
        let output = self.world.read("output");
        output.lines().find_map(|line| line.strip_prefix(&format!("{name}=")).map(str::to_owned))
    }

    /// The konnect of the build job, with its checksum.
    fn with_konnect(self, sha256: &str) -> Self {
        hand_on(&self.world.path("temp/built/bin/konnect"), &self.world.path("temp/bin/konnect"));
        let job = self.know("needs.build.outputs.sha256", sha256);
        job.step("The konnect that was built").assert_code(0);
        job
    }
}

fn built(world: &mut JobFolder) -> String {
    world.set("KONNECT_REPOSITORY", "https://example.com/konnect");
    world.set("KONNECT_REVISION", REVISION);
    let job = Job::new(world, "build");
    job.step("Build").assert_code(0);
    let calls = world.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].starts_with("cargo install --locked --git https://example.com/konnect --rev 0123456789abcdef"), "{calls:?}");
    job.output("sha256").expect("a checksum")
}

#[test]
fn a_revision_that_can_move_is_not_built() {
    let mut world = JobFolder::new();
    for revision in ["main", "v1.0.0", "", "0123456", &REVISION.to_uppercase(), &format!("{REVISION}0"), "--path=x"] {
        world.set("KONNECT_REVISION", revision);
        let ran = Job::new(&world, "build").step("Build");
        assert!(ran.code == 1 && ran.stderr.contains("must be a whole commit"), "{revision}: {}", ran.stderr);
        assert_eq!(world.calls(), Vec::<String>::new(), "{revision}");
    }
}

#[test]
fn drift_fails_the_job_and_a_rotation_ends_it() {
    let Some(mut world) = JobFolder::with_jq() else { return };
    let sha256 = built(&mut world);
    let job = |world| Job::new(world, "drift").with_konnect(&sha256);
    job(&world).step("Drift").assert_code(2);
    assert!(world.read("summary").contains("3 to add"), "{}", world.read("summary"));
    apply(&world, &sha256, TOKEN);
    job(&world).step("Drift").assert_code(0);
    assert!(world.read("summary").contains("no changes"), "{}", world.read("summary"));
    // The token of the environment is another now. The same workflow, started by hand, brings it into the cluster.
    let rotated = TOKEN.replace("examples", "rotated0");
    let rotation = || job(&world).know("secrets.KONNECT_PAT", &rotated);
    rotation().step("Drift").assert_code(2);
    assert!(world.read("summary").contains("1 to change"), "{}", world.read("summary"));
    apply(&world, &sha256, &rotated);
    rotation().step("Drift").assert_code(0);
}

/// The jobs plan and apply, with this token.
fn apply(world: &JobFolder, sha256: &str, token: &str) {
    let job = Job::new(world, "plan").with_konnect(sha256).know("secrets.KONNECT_PAT", token);
    job.step("Plan").assert_code(0);
    let digest = job.output("digest").expect("a digest");
    hand_on(&world.path("temp/konnect.plan"), &world.path("temp/plan/konnect.plan"));
    let job = Job::new(world, "apply").with_konnect(sha256).know("secrets.KONNECT_PAT", token);
    job.know("needs.plan.outputs.digest", &digest).step("Apply").assert_code(0);
}

#[test]
fn from_the_pull_request_to_the_cluster() {
    let Some(mut world) = JobFolder::with_jq() else { return };
    let sha256 = built(&mut world);

    let job = Job::new(&world, "pull-request").with_konnect(&sha256);
    job.step("Kubeconfig of the pull request's reader").assert_code(0);
    assert_eq!(world.read("temp/kubeconfig"), "the kubeconfig PULL_REQUEST");
    job.step("Plan").assert_code(0);
    assert_eq!(job.output("code").as_deref(), Some("2"));
    assert!(world.read("summary").starts_with(MARKER) && world.read("summary").contains("3 to add"), "{}", world.read("summary"));
    assert_eq!(world.read("summary"), world.read("temp/comment.md"));
    job.know("steps.plan.outputs.code", "2").step("Result").assert_code(0);

    let job = Job::new(&world, "plan").with_konnect(&sha256);
    job.step("Kubeconfig of the reader").assert_code(0);
    let ran = job.step("Plan");
    ran.assert_code(0);
    let digest = job.output("digest").expect("a digest");
    assert!(ran.stdout.contains(&digest) && digest.len() == 71, "{digest}");
    assert!(world.read("summary").contains(&digest));
    assert_eq!(job.output("code").as_deref(), Some("2"));

    hand_on(&world.path("temp/konnect.plan"), &world.path("temp/plan/konnect.plan"));
    let job = Job::new(&world, "apply").with_konnect(&sha256);
    job.step("Kubeconfig of the writer").assert_code(0);
    let other = format!("sha256:{}", "0".repeat(64));
    let job = job.know("needs.plan.outputs.digest", &other);
    job.step("Apply").assert_code(4);
    // A plan job that told no digest approves nothing.
    let job = job.know("needs.plan.outputs.digest", "");
    job.step("Apply").assert_code(64);
    let job = job.know("needs.plan.outputs.digest", &digest);
    let ran = job.step("Apply");
    ran.assert_code(0);
    assert!(ran.stdout.contains("3 added"), "{}", ran.stdout);

    // The next merge: nothing to do, so nothing to approve.
    let job = Job::new(&world, "plan").with_konnect(&sha256);
    job.step("Plan").assert_code(0);
    assert_eq!(job.output("code").as_deref(), Some("0"));
}

#[test]
fn another_konnect_than_the_one_that_was_built_is_not_run() {
    let mut world = JobFolder::new();
    let sha256 = built(&mut world);
    for name in ["pull-request", "plan", "apply", "drift"] {
        for checksum in [sha256.as_str(), ""] {
            let job = Job::new(&world, name).know("needs.build.outputs.sha256", checksum);
            world.write("temp/bin-of-somebody", "#!/bin/sh\n");
            hand_on(&world.path("temp/bin-of-somebody"), &world.path("temp/bin/konnect"));
            let ran = job.step("The konnect that was built");
            assert!(ran.code == 1 && world.read("path").is_empty(), "{name}, {checksum:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_plan_that_fails_is_told_and_fails_the_job() {
    let mut world = JobFolder::new();
    let sha256 = built(&mut world);
    // The pull request's author would have another variable read as the token.
    world.write("project/konnect.toml", &SPEC.replace("\"PAT\"", "\"GH_TOKEN\""));
    let job = Job::new(&world, "pull-request").with_konnect(&sha256);
    job.step("Plan").assert_code(0);
    assert_eq!(job.output("code").as_deref(), Some("3"));
    assert!(world.read("summary").contains("--allow-pat-env"), "{}", world.read("summary"));
    job.know("steps.plan.outputs.code", "3").step("Result").assert_code(3);

    world.write("project/konnect.toml", SPEC);
    let job = Job::new(&world, "plan").with_konnect(&sha256).know("secrets.KONNECT_PAT", "PASTE_YOUR_TOKEN");
    job.step("Plan").assert_code(1);
    assert_eq!((job.output("code"), job.output("digest")), (None, None));
}

#[test]
fn the_comment_is_found_by_marker_and_author() {
    let own = |id: u32, body: &str| json!({"id": id, "user": {"login": "github-actions[bot]"}, "body": body});
    let marked = format!("{MARKER}\nan older plan");
    let other = json!({"id": 1, "user": {"login": "somebody"}, "body": marked});
    let lists: [(&str, Vec<Value>, Option<u32>); 7] = [
        ("no comment yet", vec![json!([])], None),
        ("ours", vec![json!([own(5, "something else"), own(6, &marked)])], Some(6)),
        ("written on Windows", vec![json!([own(6, &marked.replace('\n', "\r\n"))])], Some(6)),
        ("ours, on the second page", vec![json!([other, own(5, "x")]), json!([own(9, &marked), own(10, &marked)])], Some(9)),
        ("somebody else's with our marker", vec![json!([other])], None),
        ("of another spec", vec![json!([own(5, "<!-- konnect plan other.toml -->\nx")])], None),
        (
            "further down, or longer",
            vec![json!([own(5, &format!("look:\n{MARKER}")), own(6, &format!("{MARKER} x")), own(7, "")])],
            None,
        ),
    ];
    for (what, pages, expected) in lists {
        let Some(world) = JobFolder::with_jq() else { return };
        world.write("temp/comment.md", &format!("{MARKER}\nthe plan"));
        world.write("comments", &pages.iter().map(Value::to_string).collect::<String>());
        Job::new(&world, "pull-request").step("Comment").assert_code(0);
        let calls = world.calls();
        assert_eq!(calls[0], "gh api --paginate repos/owner/repo/issues/7/comments?per_page=100", "{what}");
        let written = match expected {
            Some(id) => format!("gh api -X PATCH repos/owner/repo/issues/comments/{id} -F body=@"),
            None => "gh api -X POST repos/owner/repo/issues/7/comments -F body=@".to_owned(),
        };
        assert!(calls.len() == 2 && calls[1].starts_with(&written), "{what}: {calls:?}");
        assert_eq!(world.read("written"), world.read("temp/comment.md"), "{what}");
    }
}

#[test]
fn without_a_marker_or_a_list_nothing_is_written() {
    let Some(world) = JobFolder::with_jq() else { return };
    world.write("comments", "[]");
    for body in ["", "\n<!-- konnect plan konnect.toml on sandbox -->", "error: something", "<!-- konnect plan "] {
        world.write("temp/comment.md", body);
        let ran = Job::new(&world, "pull-request").step("Comment");
        assert!(ran.code == 1 && ran.stderr.contains("konnect made no comment"), "{body:?}: {}", ran.stderr);
        assert_eq!(world.calls(), Vec::<String>::new(), "{body:?}");
    }
    world.write("temp/comment.md", &format!("{MARKER}\nthe plan"));
    world.write("gh-fails", "");
    let ran = Job::new(&world, "pull-request").step("Comment");
    assert!(ran.code != 0 && world.calls().len() == 1, "a list that can't be had is not an empty one");
}
