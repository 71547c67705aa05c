//! The door: every byte that leaves the process for people and programs goes through here. In what came from outside it masks every secret
//! met in the run, and spells out whatever could steer a terminal or a pipeline's runner. Our own words pass as they are.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_saphyr::ser_options;

use crate::escape::{escape, guard_line, guard_words, is_unsafe};
use crate::outside::{Fragment, Outside, Piece, Text};
use crate::pat::Scrubber;
use crate::shell::quote;

/// The most bytes of one text from outside that are shown: no annotation that Kubernetes takes is longer.
const MAX_TEXT: usize = 320 * 1024;

/// The door of one run. Its clones know the same secrets.
#[derive(Clone, Debug, Default)]
pub struct Door {
    secrets: Arc<Scrubber>,
    /// What was found in the text whose parts are being shown.
    found: Arc<Mutex<Option<Found>>>,
}

#[derive(Debug)]
struct Found {
    text: Arc<str>,
    /// How much the secrets knew.
    learned: u64,
    hits: Vec<Range<usize>>,
}

/// A piece of a text as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownPiece {
    /// Our own words.
    Own(String),
    /// Somebody else's, or a command to be pasted: masked, and escapes spelled out.
    Outside(String),
}

/// Output that went through the door. Only the views make it, out of what the door gave them and their own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared(String);

impl Cleared {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }

    /// clap's words about a command line whose texts went through the door.
    pub(crate) const fn of_usage(text: String) -> Self {
        Self(text)
    }

    /// A shell's completions: nothing in them comes from outside.
    pub(crate) fn of_completions(shell: clap_complete::Shell, command: &mut clap::Command) -> Self {
        let mut script = Vec::new();
        clap_complete::generate(shell, command, "konnect", &mut script);
        Self(String::from_utf8_lossy(&script).into_owned())
    }

    /// The text, to be written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Several, one after the other.
impl FromIterator<Cleared> for Cleared {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|Self(text)| text).collect())
    }
}

/// Words that stand in the program's text need no door.
impl From<&'static str> for Cleared {
    fn from(words: &'static str) -> Self {
        Self(words.to_owned())
    }
}

impl Door {
    /// What is masked. Whoever reads a secret tells it here before anything is shown.
    #[must_use]
    pub fn secrets(&self) -> &Scrubber {
        &self.secrets
    }

    /// For programs, where the format itself has escapes: masked, and else as it is.
    #[must_use]
    pub fn value(&self, text: impl Into<Text>) -> String {
        self.each(&text.into(), &|masked| masked)
    }

    /// A YAML document whose texts from outside came from `value`, each in double quotes: there every escape is one.
    #[must_use]
    pub fn yaml(&self, document: &impl Serialize) -> Cleared {
        let options = ser_options! { prefer_block_scalars: false };
        Cleared(safe_yaml(&serde_saphyr::to_string_with_options(document, options).unwrap_or_default()))
    }

    /// For people: masked, and escapes spelled out, line breaks too.
    #[must_use]
    pub fn line(&self, text: impl Into<Text>) -> String {
        self.each(&text.into(), &|masked| guard_line(&escape(&masked)))
    }

    /// As `line`, with our own words and what came from outside still apart.
    #[must_use]
    pub fn pieces(&self, text: impl Into<Text>) -> Vec<ShownPiece> {
        let text = text.into();
        let shown = |piece: &Piece| match piece {
            Piece::Own(words) => ShownPiece::Own(words.clone().into_owned()),
            other @ (Piece::Outside(_) | Piece::Part(_) | Piece::ShellWord(_) | Piece::Command(_)) => {
                ShownPiece::Outside(self.line(Text::from(other)))
            }
        };
        text.pieces().iter().map(shown).collect()
    }

    /// As `line`, but line breaks stay, and what follows one is indented: for messages that hold words of a server.
    #[must_use]
    pub fn lines(&self, text: impl Into<Text>) -> String {
        let guarded = |masked: String| masked.split('\n').map(|line| guard_line(&escape(line))).collect::<Vec<_>>().join("\n");
        self.each(&text.into(), &guarded).replace('\n', "\n  ")
    }

    /// Output for people: our own words with their line breaks, and each text from outside on one line.
    #[must_use]
    pub fn output(&self, text: impl Into<Text>) -> Cleared {
        Cleared(self.line(text))
    }

    /// Whether a text may go into a plan file, where nothing is masked since a masked plan would be another plan.
    #[must_use]
    pub fn may_keep(&self, text: &str) -> bool {
        self.secrets.is_clean(text)
    }

    /// A text for a plan file; `None` where it gives a secret of this run away. Our own words are not looked at.
    #[must_use]
    pub fn keep(&self, text: impl Into<Text>) -> Option<String> {
        let text = text.into();
        self.may_keep_all(&text).then(|| text.plain())
    }

    fn may_keep_all(&self, text: &Text) -> bool {
        text.pieces().iter().all(|piece| match piece {
            Piece::Own(_) => true,
            Piece::Outside(outside) | Piece::ShellWord(outside) => self.may_keep(outside.expose()),
            Piece::Part(part) => self.may_keep(part.text()),
            Piece::Command(words) => words.iter().all(|word| self.may_keep_all(word)),
        })
    }

    fn each(&self, text: &Text, show: &dyn Fn(String) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Own(words) => words.clone().into_owned(),
            Piece::Outside(outside) => show(self.mask(outside)),
            Piece::Part(part) => show(self.mask_part(part)),
            // It is for a shell, whoever shows it: the quotes spell out what a terminal would obey.
            Piece::ShellWord(word) => quote(&self.mask(word)).into_owned(),
            Piece::Command(words) => words.iter().map(|word| self.each(word, show)).collect::<Vec<_>>().join(" "),
        };
        text.pieces().iter().map(piece).collect()
    }

    /// What of a part is no secret of the whole: one that is broken into lines shorter than what is recognised stands in each of them.
    fn mask_part(&self, part: &Fragment) -> String {
        let learned = self.secrets.learned();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = found.as_ref().is_some_and(|of| Arc::ptr_eq(&of.text, part.text()) && of.learned == learned);
        if !fresh {
            *found = Some(Found { text: Arc::clone(part.text()), learned, hits: self.secrets.find(part.text()) });
        }
        let hits = found.as_ref().map_or(&[][..], |of| of.hits.as_slice());
        Scrubber::without(part.text(), part.range(), hits)
    }

    fn mask(&self, outside: &Outside) -> String {
        let text = outside.expose();
        if text.len() <= MAX_TEXT {
            return self.secrets.scrub(text);
        }
        let end = text.floor_char_boundary(MAX_TEXT);
        format!("{}… ({} more bytes not shown)", self.secrets.scrub(&text[..end]), text.len() - end)
    }
}

/// The same JSON with every character spelled `\uXXXX` that a terminal would obey or hide, or that begins a runner's command. They stand
/// inside strings only, so that parsed values stay equal.
#[must_use]
pub(super) fn safe_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0_u16; 2];
    for c in guard_words(json, "\\u0023").chars() {
        if c != '\n' && is_unsafe(c) {
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

/// The same YAML with every character spelled as an escape that a terminal would obey or hide, or that begins a runner's command.
fn safe_yaml(yaml: &str) -> String {
    let spelled = |c: char| match u32::from(c) {
        code @ 0x1_0000.. => format!("\\U{code:08x}"),
        code => format!("\\u{code:04x}"),
    };
    let guarded = guard_words(yaml, "\\u0023");
    guarded.chars().map(|c| if c != '\n' && is_unsafe(c) { spelled(c) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn door() -> Door {
        let door = Door::default();
        door.secrets().learn(b"hunter2-hunter2");
        door
    }

    #[test]
    fn only_what_came_from_outside_is_masked() {
        let text = text!("hunter2-hunter2 is {}", Outside::new("\x1bhunter2-hunter2"));
        assert_eq!(door().line(&text), "hunter2-hunter2 is \\u{1b}(sensitive)");
        assert_eq!(door().value(&text), "hunter2-hunter2 is \u{1b}(sensitive)");
    }

    #[test]
    fn a_word_for_the_shell_is_masked_before_it_is_quoted() {
        let door = door();
        door.secrets().learn(b"it's-a-secret-with-quotes");
        let rows = [
            ("hunter2-hunter2", "-f '(sensitive)'"),
            ("it's-a-secret-with-quotes", "-f '(sensitive)'"),
            ("a b", "-f 'a b'"),
            ("\x1b", r"-f $'\x1b'"),
        ];
        for (word, expected) in rows {
            let text = text!("-f {}", Text::shell_word(word));
            assert_eq!([door.line(&text), door.lines(&text), door.value(&text)], [expected; 3]);
            let command = Text::command(vec!["-f".into(), Text::shell_word(word)]);
            assert_eq!((door.line(&command).as_str(), door.keep(&command)), (expected, door.keep(&text)));
        }
        assert_eq!(door.keep(Text::shell_word("hunter2-hunter2")), None);
    }

    #[test]
    fn no_line_begins_a_runner_s_command() {
        let said = text!("it said {}", Outside::new("a\n  ::add-mask::x\n##[error]y ##vso[z]"));
        let shown = door().lines(&said);
        assert_eq!(shown, "it said a\n    \\u{3a}:add-mask::x\n  #\\u{23}[error]y #\\u{23}vso[z]");
        assert_eq!(door().line(Outside::new(" ::set-output")), " \\u{3a}:set-output");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({"a": "##[group]\u{202e} :: #[x] ##"});
        let safe = safe_json(&value.to_string());
        assert!(!safe.contains("##[") && !safe.contains('\u{202e}'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"), value);
    }
}
