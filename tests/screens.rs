//! What people see: whole screens on a real pseudo-terminal, of four widths, as text. `KONNECT_BLESS=1` writes the expected files
//! (`tests/screens/NAME.WIDTH.txt`): look at them before you commit them.
//!
//! Of every screen, whatever it holds: no line is wider than the terminal, no word is broken that has room on a line, and everything is
//! there that a pipe would get.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "screens/before.rs"]
mod before;
#[path = "screens/screen.rs"]
mod screen;

use std::collections::BTreeSet;

use before::{Owner, state};
use testkit::{Konnect, golden};

const WIDTHS: [u16; 4] = [80, 100, 120, 200];
const TOKEN: &str = "kpat_screensWantedToken000001";
const LIVE_TOKEN: &str = "kpat_screensAnotherToken00001";
const SPEC: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n";

/// How much of a token must not be seen.
const PART: usize = 8;

/// One thing that people see.
struct Scene<'a> {
    name: &'a str,
    spec: &'a str,
    /// The sandbox's file, if it is not new.
    state: Option<String>,
    /// Commands before it.
    first: &'a [&'a [&'a str]],
    args: &'a [&'a str],
    /// What is typed, after which words.
    typed: Option<(&'a str, &'a str)>,
    code: i32,
}

impl Default for Scene<'_> {
    fn default() -> Self {
        Self { name: "", spec: SPEC, state: None, first: &[], args: &["plan", "--sandbox=state.json"], typed: None, code: 0 }
    }
}

impl Scene<'_> {
    /// In a folder of its own, with everything as it was.
    fn konnect(&self) -> Konnect {
        // With this, colours too.
        let konnect = testkit::konnect!().spec(self.spec).env("PAT", TOKEN).env("TERM", "xterm");
        std::fs::create_dir(konnect.folder().join("envs")).expect("a folder");
        let konnect = konnect.file("envs/prod eu.toml", self.spec);
        let konnect = match &self.state {
            Some(state) => konnect.file("state.json", state),
            None => konnect,
        };
        for args in self.first {
            assert_eq!(konnect.command_with(args).0, 0, "{args:?}");
        }
        konnect.args(self.args)
    }

    fn check(&self) {
        let screens = WIDTHS.map(|width| (width, self.screen(width)));
        for (width, found) in &screens {
            let path = testkit::root().join(format!("tests/screens/{}.{width}.txt", self.name));
            let compare = if golden::blessing() { golden::bless } else { golden::file };
            compare(&path, found).unwrap_or_else(|why| panic!("{why}"));
        }
    }

    fn screen(&self, width: u16) -> String {
        let konnect = self.konnect();
        let mut terminal = konnect.spawn_wide_pty(width);
        if let Some((after, answer)) = self.typed {
            terminal.expect(after).send_line(answer);
        }
        let (code, written) = terminal.wait();
        assert_eq!(code, self.code, "{written}");
        for (columns, line) in screen::widths(&written) {
            assert!(columns <= width, "{}: {columns} of {width} columns: {line}", self.name);
        }
        let rows = screen::rows(&screen::same_each_time(&written), width);
        let whole = screen::squeezed(&rows.join("\n"));
        for secret in [TOKEN, LIVE_TOKEN] {
            let parts = || (0..=secret.len() - PART).map(|at| &secret[at..at + PART]);
            assert!(!parts().any(|part| whole.contains(part)), "{}: a part of a token:\n{}", self.name, rows.join("\n"));
        }
        if self.typed.is_none() {
            self.holds_what_a_pipe_gets(&rows, width);
        }
        rows.join("\n") + "\n"
    }

    fn holds_what_a_pipe_gets(&self, rows: &[String], width: u16) {
        let ran = self.konnect().run();
        ran.assert_code(self.code);
        let shown = screen::squeezed(&rows.join("\n"));
        let words: BTreeSet<&str> = rows.iter().flat_map(|row| row.split_whitespace()).collect();
        let piped = screen::same_each_time(&format!("{}{}", ran.stdout, ran.stderr));
        // The line of a spec that an error is about is cut where it is too long.
        for line in piped.lines().filter(|line| !line.contains(" | ")) {
            assert!(shown.contains(&screen::squeezed(line)), "{} lacks {line:?}:\n{}", self.name, rows.join("\n"));
            for word in line.split_whitespace().filter(|word| screen::columns(word) <= width) {
                assert!(words.contains(word), "{} breaks {word:?} on {width} columns:\n{}", self.name, rows.join("\n"));
            }
        }
    }
}

/// The rows of a run without colours on any terminal.
fn rows(konnect: &Konnect, columns: Option<u16>) -> Vec<String> {
    let terminal = match columns {
        Some(columns) => konnect.spawn_wide_pty(columns),
        None => konnect.spawn_pty(),
    };
    let (code, written) = terminal.wait();
    assert_eq!(code, 0, "{written}");
    screen::same_each_time(&written).split("\r\n").map(str::to_owned).collect()
}

#[test]
fn how_wide_a_terminal_is() {
    let scene = Scene { first: &[&["plan", "--sandbox=state.json"]], ..Scene::default() };
    let konnect = scene.konnect().env("TERM", "dumb");
    let narrow = rows(&konnect, Some(50));
    assert_eq!(rows(&konnect, Some(20)), rows(&konnect, Some(40)), "none is taken for narrower than 40");
    assert_ne!(rows(&konnect, Some(40)), narrow);
    let whole = rows(&konnect, None);
    assert!(whole.iter().any(|row| row.len() > 80), "nothing is broken where nobody knows: {whole:#?}");
    let konnect = konnect.env("COLUMNS", "50");
    assert_eq!(rows(&konnect, None), narrow, "where the terminal does not say, $COLUMNS does");
    assert_eq!(rows(&konnect, Some(200)), whole, "the terminal knows better");
    let piped = screen::same_each_time(&konnect.run().stdout);
    assert_eq!(piped.lines().collect::<Vec<_>>(), whole[..whole.len() - 1], "and a pipe has no width");
}

#[test]
fn a_first_plan() {
    Scene { name: "first-plan", ..Scene::default() }.check();
}

#[test]
fn what_the_workshop_left_is_taken_over() {
    let by_hand = Owner { manager: "kubectl-create", operation: "Update", fields: &["data", "konghq.com/credential"] };
    let state = Some(state(LIVE_TOKEN, &[by_hand]));
    Scene { name: "take-over", state, ..Scene::default() }.check();
}

/// A secret is masked before its line is broken, so that no half of it is taken for a word. Its place is another on each width.
#[test]
fn a_secret_that_would_be_broken() {
    let ours = Owner { manager: "konnect", operation: "Apply", fields: &["note"] };
    let state = Some(state(LIVE_TOKEN, &[ours]));
    Scene { name: "masked", state, ..Scene::default() }.check();
}

#[test]
fn what_others_own_blocks() {
    let helm = Owner { manager: "helm", operation: "Apply", fields: &["data"] };
    let argocd = Owner { manager: "argocd-controller", operation: "Apply", fields: &["data", "konghq.com/credential"] };
    let state = Some(state(LIVE_TOKEN, &[helm, argocd]));
    Scene { name: "blocked", state, ..Scene::default() }.check();
}

/// The command in the hint is one that can be pasted, however narrow the terminal is.
#[test]
fn what_has_to_be_recreated() {
    let helm = Owner { manager: "helm", operation: "Apply", fields: &["data"] };
    let mut document: serde_json::Value = state(LIVE_TOKEN, &[helm]).parse().expect("JSON");
    let mut objects = vec![&mut document];
    while let Some(value) = objects.pop() {
        if value["type"] == "Opaque" {
            value["immutable"] = true.into();
        } else if let serde_json::Value::Object(map) = value {
            objects.extend(map.values_mut().filter(|value| value.is_object() || value.is_array()));
        } else if let serde_json::Value::Array(list) = value {
            objects.extend(list.iter_mut().filter(|value| value.is_object() || value.is_array()));
        }
    }
    Scene { name: "immutable", state: Some(document.to_string()), ..Scene::default() }.check();
}

#[test]
fn nothing_to_do() {
    let first: &[&[&str]] = &[&["apply", "--sandbox=state.json", "--auto-approve"]];
    Scene { name: "no-changes", first, ..Scene::default() }.check();
}

#[test]
fn a_plan_that_is_saved_and_shown() {
    let save = ["plan", "--sandbox=state.json", "-f", "envs/prod eu.toml", "--out", "prod eu.plan", "--timeout", "90s"];
    Scene { name: "saved", args: &save, ..Scene::default() }.check();
    Scene { name: "shown", first: &[&save], args: &["show", "prod eu.plan"], ..Scene::default() }.check();
}

#[test]
fn a_command_line_that_is_wrong() {
    let args = ["plan", "--token", "x", "--sandbox=state.json"];
    Scene { name: "usage", args: &args, code: 64, ..Scene::default() }.check();
}

#[test]
fn a_spec_that_is_wrong() {
    let long = "x-".repeat(60);
    let spec = format!(
        "namespcae = \"kong\"\nservice_account = \"Pod_Id\"\nsecret = {{ name = \"konnect-pat\", labels = {{ \"{long}\" = \"y\" }} }}\npat_env = \"${{PAT}}\"\n# {TOKEN}\n"
    );
    Scene { name: "spec-errors", spec: &spec, code: 1, ..Scene::default() }.check();
}

#[test]
fn no_token() {
    let spec = SPEC.replace("\"PAT\"", "\"KONNECT_TOKEN_OF_THE_PRODUCTION_CONTROL_PLANE\"");
    Scene { name: "no-token-plan", spec: &spec, ..Scene::default() }.check();
    let args = &["apply", "--sandbox=state.json"];
    Scene { name: "no-token-apply", spec: &spec, args, code: 1, ..Scene::default() }.check();
}

/// What an administrator is to run is on rows that a shell reads as one, and as it is in a pipe.
#[test]
fn a_command_in_a_hint_can_be_pasted() {
    let Some(server) = testkit::server() else { return };
    let user = server.namespace("somebody-without-any-rights");
    let konnect = testkit::konnect!().spec(SPEC).env("KUBECONFIG", server.user(&user, &[])).env("PAT", TOKEN).args(["plan"]);
    let ran = konnect.run();
    ran.assert_code(1);
    let piped = ran.stderr.lines().find_map(|line| Some(line.split_once("can grant it: ")?.1)).expect("the command");
    assert!(piped.starts_with("konnect rbac ") && piped.ends_with(" | kubectl apply -f -") && piped.contains(&user), "{piped}");
    let (_, written) = konnect.spawn_wide_pty(80).wait();
    let (_, rest) = written.split_once("can grant it:\r\n").expect("the command, on rows of its own");
    let rows: Vec<&str> = rest.split("\r\n").take_while(|row| row.starts_with("        ")).collect();
    assert!(rows.len() > 1 && rows.iter().all(|row| row.len() <= 80), "{written}");
    let pasted = rows.join("\n").replace("\\\n", "");
    assert_eq!(pasted.split_whitespace().collect::<Vec<_>>(), piped.split_whitespace().collect::<Vec<_>>());
    assert!(!pasted.contains('\n'), "one command: {written}");
}

#[test]
fn the_prompt_and_its_answers() {
    let asked = "accepted: ";
    let args = &["apply", "--sandbox=a-sandbox-whose-file-has-a-rather-long-name.json"];
    Scene { name: "cancelled", args, typed: Some((asked, "no")), code: 3, ..Scene::default() }.check();
    let args = &["apply", "--sandbox=state.json", "-q"];
    Scene { name: "cancelled-quiet", args, typed: Some((asked, "y")), code: 3, ..Scene::default() }.check();
    let args = &["apply", "--sandbox=state.json"];
    Scene { name: "applied", args, typed: Some((asked, "yes")), ..Scene::default() }.check();
}

#[test]
fn long_names_and_characters_of_many_scripts() {
    let name = "a-secret-whose-name-is-as-long-as-a-dns-label-can-be-".to_owned() + &"x".repeat(150);
    let spec = format!(
        r#"namespace = "kong"
service_account = "podid"
pat_env = "PAT"
[secret]
name = "{name}"
[secret.labels]
"a-prefix-of-many-characters.example.com/a-key-of-many-characters-too" = "a-value-that-is-nearly-as-long-as-a-label-may-be"
[secret.annotations]
chinese = "这是一个没有空格的很长的注释它应该在终端的边缘处换行而不会超出屏幕的宽度因为每个字符占用两列所以必须正确计算"
hebrew = "הערה ארוכה בעברית שנכתבת מימין לשמאל ואמורה להישבר בין מילים ולא באמצע מילה כאשר היא מגיעה לקצה המסך"
steering = "a \u001b[31mred\u001b[0m word, a \u202eturned\u202c one, and then many more words so that the line has to be broken"
lines = """
first line that is longer than a narrow terminal, so that its second row must begin under the text of the first one
second line
"""
"#
    );
    Scene { name: "many-scripts", spec: &spec, ..Scene::default() }.check();
}
