//! The pull request's comment: bounded, and nothing of what a spec or a cluster says gets out of its place.

mod support;

use support::Konnect;

const LIMIT: usize = 65_536;

fn comment(annotation: &str, label: &str) -> String {
    let spec = format!(
        "namespace = \"kong\"\nservice_account = \"podid\"\npat_env = \"PAT\"\n[secret]\nname = \"konnect-pat\"\n[secret.labels]\nteam = \"{label}\"\n[secret.annotations]\nnote = {}\n",
        serde_json::Value::from(annotation)
    );
    let ran = Konnect::new()
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
