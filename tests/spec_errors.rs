//! Everything that can be wrong with a spec, and that no byte of a token in it is shown.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use std::path::Path;

use konnect::spec::{self, Spec, SpecErrors};
use konnect::view::Door;

const TOKEN: &str = "kpat_Q7wZ3mT9xL2vB8nR5yK1";
const GOOD: &str = "namespace = \"kong\"\nservice_account = \"sa\"\nsecret = \"pat\"\npat_env = \"PAT\"\n";

fn parse(text: &str) -> Result<Spec, SpecErrors> {
    spec::parse("konnect.toml", Path::new("specs"), text, false)
}

fn messages(text: &str) -> Vec<String> {
    parse(text)
        .map(|spec| panic!("valid: {spec:?}"))
        .expect_err("wrong")
        .messages()
        .iter()
        .map(|text| Door::default().line(text))
        .collect()
}

fn render(errors: &SpecErrors, color: bool) -> String {
    konnect::view::render_spec_errors(errors, color, None, &Door::default()).as_str().to_owned()
}

/// No eight bytes in a row of the token, in any output.
fn assert_hidden(errors: &SpecErrors) {
    let shown = format!(
        "{}\n{}",
        render(errors, true),
        errors.messages().iter().map(|text| Door::default().value(text)).collect::<String>()
    );
    for slice in TOKEN.as_bytes().windows(8) {
        let slice = std::str::from_utf8(slice).expect("ASCII");
        assert!(!shown.contains(slice), "{shown}");
    }
}

#[test]
fn every_fault_has_its_place_and_its_words() {
    let with = |line: &str| format!("{GOOD}{line}\n");
    let rows = [
        (with("namespcae = 1"), "konnect.toml:5:1: unknown key `namespcae` (did you mean `namespace`?)"),
        (
            GOOD.replace("\"kong\"", "\"Kong_1\""),
            "konnect.toml:1:13: `namespace` has \"K\" in it: only lowercase letters, digits and - are allowed (did you mean \"kong-1\"?)",
        ),
        (GOOD.replace("\"kong\"", "\"a.b\""), "1:13: `namespace` must not contain a dot"),
        (GOOD.replace("\"kong\"", "\"a/b?x\""), "1:13: `namespace` has \"/\" in it"),
        (GOOD.replace("\"kong\"", "\"\""), "1:13: `namespace` must not be empty"),
        (GOOD.replace("\"kong\"", "7"), "1:13: `namespace` must be a name or a table, and is an integer"),
        (GOOD.replace("\"kong\"", "{ labels = {} }"), "missing key `name` in [namespace]"),
        (with("pat_file = \"x\""), "5:1: both `pat_env` and `pat_file` are given"),
        (GOOD.replace("\"PAT\"", "\"${PAT}\""), "4:11: `pat_env` is the variable's name, without `$` (write pat_env = \"PAT\")"),
        (GOOD.replace("\"PAT\"", "3"), "4:11: `pat_env` must be the name of a variable, and is an integer"),
        (
            GOOD.replace("\"pat\"", "{ name = \"p\", labels = { a = true } }"),
            "3:39: `a` must be a string, and is a boolean (put it in quotes)",
        ),
        (GOOD.replace("\"pat\"", "{ name = \"p\", labels = { \"a b\" = \"x\" } }"), "3:35: a key of `labels` must have a name"),
        (GOOD.replace("\"pat\"", "{ name = \"p\", labels = { a = \"x y\" } }"), "3:39: the label's value may hold only letters"),
        (
            GOOD.replace("\"pat\"", "{ name = \"p\", labels = { konghq.com = \"x\" } }"),
            "the key konghq.com in `labels` needs quotes",
        ),
        (GOOD.replace("\"pat\"", "{ name = \"p\", manage = true }"), "unknown key `manage` in [secret]"),
        (GOOD.replace("\"kong\"", "{ name = \"p\", manage = false, labels = {} }"), "its `labels` would never be set"),
        (
            GOOD.replace("\"kong\"", "{ name = \"p\", labels = { \"kubernetes.io/metadata.name\" = \"q\" } }"),
            "is set by the server",
        ),
        (
            GOOD.replace(
                "\"pat\"",
                "{ name = \"p\", annotations = { \"kubectl.kubernetes.io/last-applied-configuration\" = \"{}\" } }",
            ),
            "is kubectl's own",
        ),
        (with("[cluster]\nuid = \"\""), "6:7: `uid` is empty"),
        (with("[cluster]\nctx = \"a\""), "unknown key `ctx` in [cluster]"),
        (with("secret = \"again\""), "5:1: `secret` is given twice: first on line 3"),
        (with("pat = \"abc\""), "5:1: unknown key `pat`: the token itself never belongs in this file"),
        (with("x = ["), "5:6: TOML:"),
        (with("konghq.com/team = \"edge\""), "5:1: the key konghq.com/team needs quotes (write \"konghq.com/team\" = \"edge\")"),
        (with("// why"), "5:1: a comment of TOML begins with #"),
        (GOOD.replace("\"kong\"", "\"kong\","), "1:19: a line of TOML ends without a comma"),
        (GOOD.replace("\"kong\"", "kong"), "1:13: a name needs quotes (write namespace = \"kong\")"),
        (GOOD.replace("\"kong\"", "“kong”"), "1:13: these are curly quotes (write straight ones: namespace = \"kong\")"),
        (GOOD.replace("\"kong\"", "\"kong"), "this string has no closing quote"),
        (GOOD.replace("\"PAT\"", "\"C:\\Users\""), "a backslash in double quotes begins an escape"),
        (GOOD.replace("\"pat\"", "\"kong/pat\""), "the namespace is a key of its own: write secret = \"pat\""),
        (format!("[cluster]\ncontext = \"c\"\n{GOOD}"), "3:1: `namespace` stands below [cluster]"),
        (format!("<<<<<<< HEAD\n{GOOD}=======\n{GOOD}>>>>>>> b\n"), "1:1: here begins a merge conflict"),
        (with("labels = { a = \"b\" }"), "each object has its own"),
        (GOOD.replace("\"PAT\"", "\"my-pat\""), "write pat_env = \"MY_PAT\", if that is its name"),
    ];
    for (text, expected) in rows {
        let found = messages(&text);
        assert!(found.iter().any(|message| message.contains(expected)), "{expected}\n{found:#?}\n{text}");
    }
}

#[test]
fn an_empty_file_is_one_error_and_names_all_four() {
    for empty in ["", "\n", "\u{feff}# later\n"] {
        let found = messages(empty);
        assert_eq!(found.len(), 1, "{found:?}");
        for key in ["namespace", "service_account", "secret", "pat_env"] {
            assert!(found[0].contains(&format!("{key} ")), "{found:?}");
        }
    }
    let without_token = GOOD.replace("pat_env = \"PAT\"\n", "");
    assert!(spec::parse("k", Path::new(""), &without_token, true).is_ok(), "the token comes from standard input");
}

#[test]
fn errors_come_all_at_once_in_the_file_s_order() {
    let found = messages("b = 1\nnamespace = \"X\"\na = 2\nservice_account = \"s\"\nsecret = \"Y\"\npat_env = \"P\"\n");
    let lines: Vec<&str> = found.iter().map(|message| message.split(':').nth(1).expect("a line")).collect();
    assert_eq!(lines, ["1", "2", "3", "5"]);
}

#[test]
fn at_most_twenty_and_how_many_more() {
    let text: String = (0..30).map(|i| format!("k{i} = 1\n")).collect();
    let errors = parse(&text).expect_err("wrong");
    assert_eq!(errors.count(), 34);
    assert!(render(&errors, false).contains("… and 14 more errors"));
    assert_eq!(errors.messages().len(), 21);
}

#[test]
fn columns_survive_a_byte_order_mark_and_windows_lines() {
    let found = messages("\u{feff}é = 1\r\nnamespace = \"X\"\r\n");
    assert!(found[0].starts_with("konnect.toml:1:1: "), "{found:?}");
    assert!(found.iter().any(|message| message.starts_with("konnect.toml:2:13: ")), "{found:?}");
}

#[test]
fn a_long_line_is_cut_round_the_place() {
    let text = format!("{}x = \"{}\", namespcae = 1 }}\n", "secret = { name = \"p\", ", "y".repeat(5_000));
    let rendered = render(&parse(&text).expect_err("wrong"), false);
    assert!(rendered.lines().all(|line| line.chars().count() <= 140), "{rendered}");
    assert!(rendered.contains("namespcae"), "{rendered}");
}

#[test]
fn what_could_deceive_a_terminal_is_spelled_out() {
    let rendered = render(&parse("\"a\x1b[2J\u{202e}\" = 1\n\"b\u{200b}\" = 2\n").expect_err("wrong"), false);
    assert!(!rendered.contains(['\x1b', '\u{202e}', '\u{200b}']), "{rendered}");
}

#[test]
fn a_token_is_named_wherever_it_stands_and_never_shown() {
    let escaped = TOKEN.replacen('k', "\\u006b", 1);
    let rows = [
        GOOD.replace("\"PAT\"", &format!("\"{TOKEN}\"")),
        GOOD.replace("\"kong\"", &format!("\"{TOKEN}\"")),
        GOOD.replace("\"pat\"", &format!("{{ name = \"p\", labels = {{ a = \"{TOKEN}\" }} }}")),
        GOOD.replace("\"pat\"", &format!("{{ name = \"p\", labels = {{ \"{TOKEN}\" = \"a\" }} }}")),
        GOOD.replace("\"pat\"", &format!("{{ name = \"p\", annotations = {{ a = \"\"\"\nx {TOKEN}\n\"\"\" }} }}")),
        format!("{GOOD}# {TOKEN}\n"),
        format!("{GOOD}{TOKEN} = 1\n"),
        format!("{GOOD}[{TOKEN}]\n"),
        format!("{GOOD}x = {TOKEN}\n"),
        format!("{GOOD}x = \"{TOKEN}\n"),
        format!("{GOOD}x = ['{TOKEN}', nonsense {TOKEN}\n"),
        GOOD.replace("\"kong\"", &format!("\"{escaped}\"")),
        format!("{GOOD}x = \"{escaped}\n"),
        format!("{GOOD}\"{escaped}\" = 1\n"),
    ];
    for text in rows {
        let errors = parse(&text).expect_err(&text);
        assert_hidden(&errors);
        assert!(render(&errors, false).contains("token"), "{text}\n{}", render(&errors, false));
    }
}

#[test]
fn no_cut_and_no_stray_byte_shows_a_token() {
    let text = format!(
        "namespace = \"kong\"\npat = \"{TOKEN}\" # {TOKEN}\nsecret = {{ name = \"{TOKEN}\", labels = {{ a = '{TOKEN}' }} }}\n"
    );
    for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
        let cut = &text[..end];
        // A cut may leave less of a token than looks like one: such a rest is not searched for.
        let whole = cut.len() - cut.rfind("kpat_").unwrap_or(0) >= TOKEN.len() || !cut.contains("kpat_");
        if whole && let Err(errors) = parse(cut) {
            assert_hidden(&errors);
        }
    }
    for at in 0..text.len() {
        for stray in ["\"", "'", "\n", "\\", "=", "[", "{", "#", "\u{202e}", "\0"] {
            let inside_a_token = text.match_indices(TOKEN).any(|(i, _)| i < at && at < i + TOKEN.len());
            if inside_a_token {
                continue;
            }
            let spoiled = format!("{}{stray}{}", &text[..at], &text[at..]);
            if let Err(errors) = parse(&spoiled) {
                assert_hidden(&errors);
            }
        }
    }
}

#[test]
fn garbage_neither_panics_nor_hangs() {
    for text in [
        "[".repeat(100_000),
        "a = [".repeat(50_000),
        "a = {b = ".repeat(20_000),
        "\"".repeat(100_000),
        "x\n".repeat(100_000),
        "kpat_".repeat(100_000),
    ] {
        let errors = parse(&text).expect_err("wrong");
        assert!(render(&errors, false).len() < 100_000);
    }
}
