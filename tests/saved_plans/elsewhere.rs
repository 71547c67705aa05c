//! Plans that are applied in another folder, with another kubeconfig, or with a token from standard input.

use std::fs;

use super::{SPEC, TOKEN};
use testkit::users::write_private;
use testkit::{Konnect, Served};

/// The spec in a folder of its own, with the token in a file.
const IN_A_FOLDER: &str =
    "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_file = \"secrets/pat\"\n";

/// A machine: a folder with the sandbox that every machine here shares.
fn machine(sandbox: &str) -> Konnect {
    let konnect = testkit::konnect!();
    fs::write(konnect.folder().join("s"), sandbox).expect("written");
    konnect
}

fn kept(konnect: &Konnect, name: &str) -> String {
    fs::read_to_string(konnect.folder().join(name)).expect("readable")
}

#[test]
fn a_token_file_is_looked_for_where_it_was_and_then_here() {
    let planner = testkit::konnect!();
    fs::create_dir_all(planner.folder().join("envs/secrets")).expect("made");
    write_private(&planner.folder().join("envs/secrets/pat"), TOKEN);
    let planner =
        planner.file("envs/konnect.toml", IN_A_FOLDER).args(["plan", "-f", "envs/konnect.toml", "--sandbox=s", "--out", "p"]);
    planner.run().assert_says(0, &["(sensitive) from secrets/pat\n"]);
    let (plan, sandbox) = (kept(&planner, "p"), kept(&planner, "s"));
    let absolute = planner.folder().join("envs/secrets/pat").display().to_string();

    // On a machine that has neither.
    let other = machine(&sandbox).file("p", &plan);
    let shown = other.args(["show", "p"]);
    shown.run().assert_says(0, &[&format!("Token    secrets/pat ({absolute})\n")]);
    // Where it was: the planner's own machine, in another folder.
    let other = shown.args(["apply", "p", "--sandbox=s"]);
    other.run().assert_says(0, &["3 added"]);
    // Gone from there, and not here either.
    fs::remove_file(&absolute).expect("removed");
    let other = machine(&sandbox).file("p", &plan).args(["apply", "p", "--sandbox=s"]);
    let ran = other.run();
    ran.assert_says(1, &["the plan's pat_file is not here", &absolute, "nor secrets/pat seen from this folder", "--pat-stdin"]);
    other.args(["apply", "p", "--sandbox=s", "--pat-stdin"]).stdin(TOKEN).run().assert_says(0, &["3 added"]);
    // Here.
    let other = machine(&sandbox).file("p", &plan).args(["apply", "p", "--sandbox=s"]);
    fs::create_dir(other.folder().join("secrets")).expect("made");
    write_private(&other.folder().join("secrets/pat"), TOKEN);
    other.run().assert_says(0, &["3 added"]);
}

#[test]
fn a_context_binds_where_it_was_chosen_and_flags_win() {
    let served = Served::start(testkit::konnect!());
    let kubeconfig = fs::read_to_string(served.kubeconfig()).expect("readable");
    let named = |name: &str| kubeconfig.replace("\"konnect-sandbox\"", &format!("\"{name}\"")).replace("konnect-sandbox", name);
    assert_ne!(named("a"), named("b"), "{kubeconfig}");
    let plan = |spec: &str, args: &[&str]| {
        let planner = testkit::konnect!().spec(&format!("{SPEC}{spec}")).file("kube-a", &named("a")).env("PAT", TOKEN);
        let args = ["plan", "--out", "p"].iter().chain(args);
        let planner = planner.env("KUBECONFIG", "kube-a").args(args);
        planner.run().assert_code(0);
        (kept(&planner, "p"), planner)
    };
    let apply = |plan: &str, args: &[&str]| {
        let other = testkit::konnect!().file("p", plan).file("kube-b", &named("b")).env("PAT", TOKEN).env("KUBECONFIG", "kube-b");
        other.args(["apply", "p"].iter().chain(args)).run()
    };
    // Chosen by the planner's environment alone: nothing of it binds.
    let (unbound, _machine) = plan("", &[]);
    let shown = testkit::konnect!().file("p", &unbound).args(["show", "p"]).run();
    shown.assert_says(0, &["Cluster  a ("]);
    assert!(!shown.stderr.contains("kubeconfig"), "{}", shown.stderr);
    // Chosen by a flag, or by the spec.
    let (by_flag, _machine) = plan("", &["--context", "a"]);
    let (by_spec, _machine) = plan("cluster = { context = \"a\" }\n", &[]);
    for bound in [&by_flag, &by_spec] {
        apply(bound, &[]).assert_says(1, &["there is no context a", "kube-b has: b"]);
    }
    // The kubeconfig too.
    let (with_file, planner) = plan("", &["--kubeconfig", "kube-a"]);
    let shown = testkit::konnect!().file("p", &with_file).args(["show", "p"]).run();
    shown.assert_says(0, &["apply takes the cluster from the kubeconfig kube-a (", "unless --kubeconfig says otherwise"]);
    drop(planner);
    apply(&with_file, &[])
        .assert_says(1, &["the plan's kubeconfig is not here", "nor kube-a seen from this folder", "--kubeconfig"]);
    apply(&with_file, &["--kubeconfig", "kube-b"]).assert_says(0, &["3 added"]);
    // Bound to the cluster all the same, which is as planned by now.
    apply(&unbound, &[]).assert_says(0, &["Nothing left to do", "Cluster  b ("]);
    apply(&by_flag, &["--context", "b"]).assert_says(0, &["Nothing left to do"]);
}

#[test]
fn a_plan_with_a_token_from_standard_input_says_that_it_waits() {
    let planner = testkit::konnect!().spec(SPEC).args(["plan", "--sandbox=s", "--out", "p", "--pat-stdin"]).stdin(TOKEN);
    planner.run().assert_code(0);
    let (plan, sandbox) = (kept(&planner, "p"), kept(&planner, "s"));
    let waits = "waiting for the token on standard input";
    // Before it reads: with a terminal to which nobody has typed yet.
    let other = machine(&sandbox).file("p", &plan).args(["apply", "p", "--sandbox=s"]);
    let mut terminal = other.spawn_pty();
    terminal.expect(waits).send_line(TOKEN).send_line("\u{4}");
    let (code, _) = terminal.wait();
    assert_eq!(code, 0);
    // Programs get no such line.
    let other = machine(&sandbox).file("p", &plan).args(["apply", "p", "--sandbox=s", "--format", "json"]).stdin(TOKEN);
    let ran = other.run();
    ran.assert_code(0);
    assert!(!ran.stderr.contains(waits) && !ran.stdout.contains("waiting"), "{}", ran.stderr);
    // Whose plan does not need it reads nothing.
    let by_variable = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).args(["plan", "--sandbox=s", "--out", "p"]);
    by_variable.run().assert_code(0);
    let (plan, sandbox) = (kept(&by_variable, "p"), kept(&by_variable, "s"));
    let other = machine(&sandbox).file("p", &plan).env("PAT", TOKEN).args(["apply", "p", "--sandbox=s"]);
    let (code, said) = other.spawn_pty().wait();
    assert!(code == 0 && !said.contains(waits), "{said}");
}

/// A cluster, another one and a sandbox: whichever is chosen instead of the plan's own, the way back is told.
#[test]
fn another_cluster_is_told_how_the_plan_s_own_is_chosen() {
    let (own, other) = (Served::start(testkit::konnect!()), Served::start(testkit::konnect!()));
    let planner = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).env("KUBECONFIG", own.kubeconfig());
    assert_eq!(planner.command_with(&["plan", "--out", "p"]).0, 0);
    let konnect = testkit::konnect!().spec(SPEC).env("PAT", TOKEN).env("KUBECONFIG", other.kubeconfig());
    fs::copy(planner.folder().join("p"), konnect.folder().join("p")).expect("copied");
    let said = |args: &[&str]| {
        let (code, said) = konnect.command_with(&[&["apply", "p"], args].concat());
        assert_eq!(code, 4, "{said}");
        said
    };
    let plain = said(&[]);
    assert!(plain.contains("hint: choose the plan's cluster with --context or --kubeconfig"), "{plain}");
    assert_eq!(konnect.command_with(&["plan", "--sandbox=s"]).0, 0);
    for (sandbox, what) in [("--sandbox=s", "is not the cluster the plan was made for"), ("--sandbox=none", "does not exist")] {
        let said = said(&[sandbox]);
        assert!(said.contains(what), "{said}");
        assert!(said.contains("hint: leave out --sandbox and choose the plan's cluster with --context"), "{said}");
    }
}
