//! The comment as GitHub and GitLab render it: texts made to break out of it, generated, and what a reader's browser would then get.

use std::collections::BTreeSet;
use std::time::Duration;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use konnect::desired::DesiredObject;
use konnect::field_path::FieldPath;
use konnect::object::{ObjectRef, RESOURCE_TYPES, SpecId};
use konnect::outcome::{Failure, FailureCode, Outcome};
use konnect::outside::Outside;
use konnect::plan::{
    Action, Change, ClusterIdentity, ComputedBecause, Field, FieldAction, FieldValue, Manager, Plan, Reason, Verification,
    Warning,
};
use konnect::text;
use konnect::view::{CapturedOutput, Door, Event, Format, Output, Printer, Reporter, Streams, Style};
use testkit::rng::Rng;

/// How many comments are made.
const COMMENTS: u64 = 1_500;

/// What means something to Markdown, HTML, or whoever reads a comment for references.
const PIECES: &[&str] = &[
    "`",
    "``",
    "```",
    "````",
    "|",
    "\\",
    "\\|",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "<",
    ">",
    "<img src=evil>",
    "</details>",
    "</summary>",
    "</code>",
    "<!--",
    "-->",
    "--!>",
    "<script>",
    "@evil",
    "@evil/team",
    "#1",
    "evil/repo#1",
    "GH-1",
    "[evil](https://evil.example)",
    "![evil](evil.png)",
    "[evil]: https://evil.example",
    "https://evil.example/",
    "http://evil.example",
    "www.evil.example",
    "evil@evil.example",
    "mailto:evil@evil.example",
    "<https://evil.example>",
    "~~evil~~",
    "**evil**",
    "__evil__",
    "*evil*",
    "$evil$",
    "$$evil$$",
    "$`evil`$",
    "[^1]",
    "[^1]: evil",
    "^[evil]",
    "- [ ] evil",
    "- evil",
    "1. evil",
    "# evil",
    "---",
    "===",
    "| evil | evil |",
    "|---|---|",
    "&lt;evil",
    "&#60;evil",
    "&#x60;",
    "&nbsp;",
    ":evil:",
    "[[evil]]",
    "> evil",
    "> [!NOTE]",
    "/close",
    "/approve evil",
    "]",
    "[",
    "(",
    ")",
    "{",
    "}",
    "!",
    "^",
    "~",
    "evil",
    "\u{202e}",
    "\u{200b}",
    "\u{7f}",
    "é",
    "]]>",
    "<![CDATA[",
    "<?evil",
    "%2d%2d>",
    "\\`",
    "\\<",
];

fn hostile(rng: &mut Rng) -> Outside {
    let count = 1 + rng.index(7);
    Outside::new((0..count).map(|_| rng.choose(PIECES)).collect::<String>())
}

fn field(rng: &mut Rng, action: FieldAction) -> Field {
    let manager = |rng: &mut Rng| Manager { name: hostile(rng), operation: hostile(rng), time: None, through: None };
    let value = FieldValue::Plain { before: Some(hostile(rng)), after: Some(hostile(rng)) };
    let path = FieldPath::of(&["metadata", "labels"]).child(hostile(rng));
    Field { path, action, sensitive: false, value, managers: vec![manager(rng), manager(rng)] }
}

fn change(rng: &mut Rng, kind: usize) -> Change {
    let resource = &RESOURCE_TYPES[kind];
    let namespace = (!resource.is_namespace()).then(|| hostile(rng));
    let object = ObjectRef { resource, namespace, name: hostile(rng) };
    let (action, reason) = match rng.below(5) {
        3 => (Action::Blocked, Reason::Policy { name: hostile(rng).into(), words: text!("no: {}", hostile(rng)) }),
        0 => (Action::Blocked, Reason::OwnedByOthers),
        1 => (Action::Blocked, Reason::Rejected(text!("it said: {}", hostile(rng)))),
        2 => (Action::Update, Reason::Differs),
        _ => (Action::Blocked, Reason::NamespaceMissing(hostile(rng))),
    };
    Change {
        wanted: DesiredObject { object, fields: Default::default() },
        action,
        reason,
        verification: Verification::Computed(ComputedBecause::NotAsked),
        fields: vec![field(rng, FieldAction::Blocked), field(rng, FieldAction::Change)],
        observed: None,
        computed: action,
        waits_for: None,
        take_over: BTreeSet::new(),
        unreadable: None,
    }
}

/// Everything in it that can be somebody else's is.
fn plan(rng: &mut Rng) -> Plan {
    let cluster = ClusterIdentity {
        context: hostile(rng),
        server: hostile(rng),
        uid: Some(hostile(rng)),
        user: Some(hostile(rng)),
        claimed: false,
    };
    let warning = Warning { code: "x".into(), message: text!("{} warns: {}", hostile(rng), hostile(rng)) };
    Plan {
        id: SpecId::default(),
        spec: hostile(rng),
        token_source: text!("${}", hostile(rng)),
        token_is_given: true,
        outdated: None,
        token_unset: text!("{} is not set", hostile(rng)),
        cluster,
        read_at: jiff::Timestamp::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        changes: (0..RESOURCE_TYPES.len()).map(|kind| change(rng, kind)).collect(),
        warnings: vec![warning],
    }
}

fn comment(plan: &Plan, failure: &Failure) -> String {
    let output = CapturedOutput::default();
    let printer = Printer::new(Streams::Captured(output.clone()), Style::default());
    let reporter = Reporter::new(Format::Markdown, Output::Plan, printer);
    reporter.emit(Event::Begun { spec: &plan.spec });
    reporter.emit(Event::Plan(plan));
    reporter.emit(Event::Failed(failure));
    reporter.emit(Event::Ended { outcome: Outcome::Done });
    output.stdout()
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    for on in [
        &mut extension.table,
        &mut extension.autolink,
        &mut extension.strikethrough,
        &mut extension.tasklist,
        &mut extension.footnotes,
        &mut extension.inline_footnotes,
        &mut extension.math_dollars,
        &mut extension.math_code,
        &mut extension.alerts,
        &mut extension.description_lists,
        &mut extension.multiline_block_quotes,
        &mut extension.superscript,
        &mut extension.wikilinks_title_after_pipe,
    ] {
        *on = true;
    }
    options.parse.relaxed_autolinks = true;
    options
}

/// What the renderer found.
#[derive(Debug, Default)]
struct Found {
    headings: usize,
    html: Vec<String>,
    rows: Vec<usize>,
    blocks: usize,
    items: usize,
    quotes: usize,
    code: Vec<String>,
    words: String,
    /// Whatever a comment must not have.
    broken_out: Vec<String>,
}

fn look<'a>(node: &'a AstNode<'a>, found: &mut Found) {
    match &node.data.borrow().value {
        NodeValue::Document | NodeValue::Paragraph | NodeValue::List(_) | NodeValue::Table(_) | NodeValue::TableCell => {}
        NodeValue::Strong | NodeValue::SoftBreak => {}
        NodeValue::Item(_) => found.items += 1,
        NodeValue::BlockQuote => found.quotes += 1,
        NodeValue::Heading(_) => found.headings += 1,
        NodeValue::TableRow(_) => found.rows.push(node.children().count()),
        NodeValue::CodeBlock(_) => found.blocks += 1,
        NodeValue::HtmlBlock(html) => found.html.push(html.literal.trim_end().to_owned()),
        NodeValue::Code(code) => found.code.push(code.literal.clone()),
        NodeValue::Text(words) => found.words.push_str(words),
        other => found.broken_out.push(format!("{other:?}")),
    }
    node.children().for_each(|child| look(child, found));
}

fn rendered(comment: &str) -> Found {
    let (arena, mut found) = (Arena::new(), Found::default());
    look(parse_document(&arena, comment, &options()), &mut found);
    found
}

#[test]
fn whatever_a_text_holds_it_stays_a_text() {
    let mut rng = Rng::new(7);
    for _ in 0..COMMENTS {
        let plan = plan(&mut rng);
        let failure = Failure::new(FailureCode::Rejected, text!("the server says {}", hostile(&mut rng))).hint(hostile(&mut rng));
        let comment = comment(&plan, &failure);
        let found = rendered(&comment);
        assert!(found.broken_out.is_empty(), "{:?} in\n{comment}", found.broken_out);
        let marker = comment.lines().next().expect("a line");
        assert_eq!(found.html, [marker, "<details><summary>Show the plan</summary>", "</details>"], "{comment}");
        assert_eq!((found.headings, found.blocks, found.quotes), (1, 1, 2), "{comment}");
        assert_eq!(found.rows, [4; 1 + RESOURCE_TYPES.len()], "a head, and a row an object:\n{comment}");
        let blocked = plan.changes.iter().filter(|change| change.action == Action::Blocked);
        let lines = 2 * blocked.count();
        assert_eq!(found.items, lines, "{comment}");
        for word in ["evil", "@", "#", "<", ">", "[", "]", "://", "www", "GH", "`", "|", "~", "*", "^"] {
            assert!(!found.words.contains(word), "{word} is no code in\n{comment}\n{:?}", found.words);
        }
        // What is shown is what is there, as the door shows it.
        let door = Door::default();
        let text = |text: &Outside| door.line(text);
        assert_eq!(found.code[0], text(&plan.spec), "{comment}");
        assert_eq!(found.code[1], text(&plan.cluster.context), "{comment}");
        // GitLab takes a line that begins so for a command.
        assert!(!comment.lines().any(|line| line.trim_start().starts_with('/')), "{comment}");
        assert_eq!(comment.matches("<!--").count() - hidden(&comment, "<!--"), 1, "{comment}");
    }
}

/// How often a word stands in code, where it means nothing.
fn hidden(comment: &str, word: &str) -> usize {
    let (arena, options) = (Arena::new(), options());
    let root = parse_document(&arena, comment, &options);
    let code = |node: &AstNode<'_>| match &node.data.borrow().value {
        NodeValue::Code(code) => code.literal.matches(word).count(),
        NodeValue::CodeBlock(block) => block.literal.matches(word).count(),
        _ => 0,
    };
    root.descendants().map(code).sum()
}

/// The test looks: what was code, and is none.
#[test]
fn what_breaks_out_is_found() {
    for text in
        ["see https://evil.example", "evil@evil.example", "a <b>c</b>", "~~x~~", "[^1]\n\n[^1]: x", "- [ ] x", "![a](b)", "$x$"]
    {
        assert!(!rendered(text).broken_out.is_empty(), "{text}");
    }
}
