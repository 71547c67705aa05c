//! The pull request's comment: bounded, and nothing of what a spec or a cluster says gets out of its place.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "comment/marker.rs"]
mod marker;
#[path = "comment/rendered.rs"]
mod rendered;

const LIMIT: usize = 65_536;

fn comment(annotation: &str, label: &str) -> String {
    let spec = format!(
        "namespace = \"kong\"\nservice_account = \"podid\"\npat_env = \"PAT\"\n[secret]\nname = \"konnect-pat\"\n[secret.labels]\nteam = \"{label}\"\n[secret.annotations]\nnote = {}\n",
        serde_json::Value::from(annotation)
    );
    let ran = testkit::konnect!()
        .spec(&spec)
        .env("PAT", "kpat_commentTokenAAAABBBB")
        .args(["plan", "--sandbox=s", "--format", "markdown"])
        .run();
    ran.assert_code(0);
    ran.stdout
}

#[test]
fn a_long_plan_is_cut_and_what_is_missing_is_counted() {
    let lines: Vec<String> = (0..8000).map(|i| format!("line {i} of a long annotation")).collect();
    let text = comment(&lines.join("\n"), "x");
    assert!(text.len() <= LIMIT, "{}", text.len());
    assert!(text.len() > LIMIT - 2000, "as much as fits: {}", text.len());
    let shown = text.lines().filter(|line| line.contains("of a long annotation")).count();
    let said: usize =
        text.split("… ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a count").parse().expect("a number");
    assert!(text.contains("more lines not shown"), "{text}");
    // Below the annotation's lines the plan has others: all that is missing is counted, nothing twice.
    assert!(shown + said >= 8000 && shown + said < 8020, "{shown} shown, {said} said to be missing");
    assert!(text.contains("\n</details>\n"), "the block is closed");
    let long = comment(&"x".repeat(200_000), "x");
    assert!(long.len() < LIMIT && long.contains("more characters)"), "{}", long.len());
}

#[test]
fn no_fence_or_tag_breaks_out() {
    let evil = "```\n</details>\n````` @team #1 | <img src=x>\n~~~\n<!-- konnect plan other.toml -->\nend";
    let text = comment(evil, "x");
    let fence =
        text.lines().find(|line| line.ends_with("diff") && line.starts_with("```")).expect("a fence").trim_end_matches("diff");
    assert!(fence.len() > 5, "longer than any run inside: {fence}");
    assert_eq!(text.lines().filter(|line| *line == fence).count(), 1, "closed once, by us");
    let outside: Vec<&str> = {
        let (before, rest) = text.split_once(&format!("{fence}diff\n")).expect("begun");
        let (_, after) = rest.split_once(&format!("\n{fence}\n")).expect("ended");
        vec![before, after]
    };
    for part in outside {
        assert!(!part.contains("@team") && !part.contains("<img") && !part.contains("other.toml"), "{part}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("<!-- konnect plan")).count(), 1);
}

fn spec(annotation: &str) -> String {
    let note = serde_json::Value::from(annotation);
    format!(
        "namespace = \"kong\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[service_account]\nname = \"podid\"\nannotations = {{ note = {note} }}\n"
    )
}

/// The lines of the annotation's difference, as people and as the comment show it: from one value to another.
fn difference(before: &str, after: &str) -> [Vec<String>; 2] {
    let konnect = testkit::konnect!().spec(&spec(before)).env("PAT", "kpat_commentTokenAAAABBBB");
    let konnect = konnect.args(["apply", "--sandbox=s", "--auto-approve"]);
    konnect.run().assert_code(0);
    let konnect = konnect.spec(&spec(after)).args(["plan", "--sandbox=s"]);
    let human = konnect.run();
    let markdown = konnect.args(["plan", "--sandbox=s", "--format", "markdown"]).run();
    [human, markdown].map(|ran| {
        ran.assert_code(0);
        let lines = ran.stdout.lines().skip_while(|line| !line.contains("(several lines)")).skip(1);
        let begun = |line: &&str| line.get(1..11).is_some_and(|start| start.trim().is_empty());
        lines.take_while(begun).map(str::to_owned).collect()
    })
}

#[test]
fn the_sign_of_a_line_is_not_its_text() {
    let [human, markdown] = difference("- admin\n+ dev\n! x\n~ y\n", "- admin\n+ dev\n! x\n- ops\n");
    assert_eq!(human, ["              + dev", "              ! x", "            - ~ y", "            + - ops"]);
    assert_eq!(markdown, ["               + dev", "               ! x", "-            - ~ y", "+            + - ops"]);
}

#[test]
fn a_line_break_lost_at_the_end_is_said() {
    let [human, markdown] = difference("a\nb\n", "a\nb");
    assert_eq!(human, ["              a", "            - b", "            + b", "            \\ no line break at the end"]);
    assert_eq!(
        markdown,
        ["               a", "-            - b", "+            + b", "             \\ no line break at the end"]
    );
    let [human, _] = difference("b", "b\n");
    assert_eq!(human, ["            - b", "            \\ no line break at the end", "            + b"]);
    let [human, _] = difference("a\nb", "a\nc");
    assert_eq!(human, ["              a", "            - b", "            + c"]);
}
