//! A message: our own words and, between them, text from outside.

mod part;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use part::Part;

use super::Outside;
use crate::shell::quote;

/// A part of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// Our own words: shown as they are, never masked.
    Own(Cow<'static, str>),
    /// Somebody else's.
    Outside(Outside),
    /// A part of somebody else's, such as one line of it.
    Part(Fragment),
    /// Somebody else's as one word of a command line that is meant to be pasted: quoted for the shell after it is masked.
    ShellWord(Outside),
    /// A command that is meant to be pasted, word by word.
    Command(Vec<Text>),
}

/// A part of a text from outside that still knows the whole: a secret may begin before it and end behind it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fragment {
    text: Arc<str>,
    from: usize,
    to: usize,
}

impl Fragment {
    /// The whole text. For the door alone.
    #[must_use]
    pub const fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Where the part stands in it.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.from..self.to
    }
}

/// A message: our own words and, between them, text from outside. Made by [`crate::text!`].
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Vec<Piece>);

impl Text {
    /// The template with each `{}` replaced by a part, in order. For [`crate::text!`].
    #[must_use]
    pub fn template(template: &'static str, parts: Vec<Self>) -> Self {
        let mut text = Self::default();
        let mut parts = parts.into_iter();
        for (i, words) in template.split("{}").enumerate() {
            if i > 0 {
                text.0.extend(parts.next().unwrap_or_default().0);
            }
            if !words.is_empty() {
                text.0.push(Piece::Own(Cow::Borrowed(words)));
            }
        }
        debug_assert!(parts.next().is_none(), "more parts than places in {template:?}");
        text
    }

    /// Our own words with each `{source}` replaced by the same part.
    #[must_use]
    pub fn naming(template: &'static str, source: impl Into<Self>) -> Self {
        let source = source.into();
        Self::join(template.split("{source}").map(Self::from), &source)
    }

    /// The parts, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| match piece {
            Piece::Own(words) => words.is_empty(),
            Piece::Outside(outside) => outside.is_empty(),
            Piece::Part(part) => part.range().is_empty(),
            // Even an empty one is shown, as quotes.
            Piece::ShellWord(_) => false,
            Piece::Command(words) => words.is_empty(),
        })
    }

    /// Adds more at the end.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.extend(more.into().0);
    }

    /// Several with something between them.
    #[must_use]
    pub fn join(texts: impl IntoIterator<Item = Self>, between: impl Into<Self>) -> Self {
        let between = between.into();
        let mut joined = Self::default();
        for (i, text) in texts.into_iter().enumerate() {
            if i > 0 {
                joined.push(&between);
            }
            joined.push(text);
        }
        joined
    }

    /// The same with blanks for line breaks.
    #[must_use]
    pub fn on_one_line(&self) -> Self {
        let joined = |piece: &Piece| match piece {
            Piece::Own(words) => Piece::Own(Cow::Owned(words.replace('\n', " "))),
            Piece::Outside(Outside(text)) => Piece::Outside(Outside(text.replace('\n', " "))),
            // Neither has a line break: a part is a line, and in a word of the shell it is quoted.
            other @ (Piece::Part(_) | Piece::ShellWord(_)) => other.clone(),
            Piece::Command(words) => Piece::Command(words.iter().map(Self::on_one_line).collect()),
        };
        Self(self.0.iter().map(joined).collect())
    }

    /// The same with our own line breaks spelled out, as those from outside are: for a place that has one line.
    #[must_use]
    pub fn spelled_out(&self) -> Self {
        let spelled = |piece: &Piece| match piece {
            Piece::Own(words) => Piece::Own(Cow::Owned(words.replace('\n', "\\n"))),
            outside @ (Piece::Outside(_) | Piece::Part(_) | Piece::ShellWord(_)) => outside.clone(),
            Piece::Command(words) => Piece::Command(words.iter().map(Self::spelled_out).collect()),
        };
        Self(self.0.iter().map(spelled).collect())
    }

    /// A part of a text from outside.
    #[must_use]
    pub fn part(whole: &Arc<str>, range: Range<usize>) -> Self {
        Self(vec![Piece::Part(Fragment { text: Arc::clone(whole), from: range.start, to: range.end })])
    }

    /// All of a text as one word of a command line: whoever pastes it gives that text to the command, and nothing to the shell.
    #[must_use]
    pub fn shell_word(word: impl Into<Self>) -> Self {
        Self(vec![Piece::ShellWord(Outside(word.into().plain()))])
    }

    /// The path of a file as one word of a command line, which takes none for a flag.
    #[must_use]
    pub fn shell_path(path: &Outside) -> Self {
        let begins_like_a_flag = path.expose().starts_with('-');
        Self::shell_word(if begins_like_a_flag { Outside(format!("./{}", path.expose())) } else { path.clone() })
    }

    /// A command that is meant to be pasted. Each word is one of the shell's: our own, or made by `shell_word`.
    #[must_use]
    pub fn command(words: Vec<Self>) -> Self {
        Self(vec![Piece::Command(words)])
    }

    /// What stands before the command that it ends with, and the words of that.
    #[must_use]
    pub fn split_command(&self) -> Option<(Self, &[Self])> {
        match self.0.split_last()? {
            (Piece::Command(words), before) => Some((Self(before.to_vec()), words)),
            _ => None,
        }
    }

    /// Our own words, so many times.
    #[must_use]
    pub fn repeat(words: &'static str, times: usize) -> Self {
        Self(vec![Piece::Own(Cow::Owned(words.repeat(times)))])
    }

    /// All of it as one text from outside: as it comes back from a file.
    #[must_use]
    pub fn as_outside(&self) -> Self {
        if self.is_empty() { Self::default() } else { Outside(self.plain()).into() }
    }

    /// All of it, unmasked: for the door alone.
    pub fn plain(&self) -> String {
        let plain = |piece: &'_ Piece| match piece {
            Piece::Own(words) => words.clone().into_owned(),
            Piece::Outside(Outside(text)) => text.clone(),
            Piece::Part(part) => part.text[part.range()].to_owned(),
            Piece::ShellWord(Outside(word)) => quote(word).into_owned(),
            Piece::Command(words) => joined(words, Self::plain),
        };
        self.0.iter().map(plain).collect()
    }

    /// Our own words alone, with `…` for what came from outside: what may be said where there is no door.
    #[must_use]
    pub fn own_words(&self) -> String {
        let own = |piece: &'_ Piece| match piece {
            Piece::Own(words) => words.clone().into_owned(),
            Piece::Outside(_) | Piece::Part(_) | Piece::ShellWord(_) => "…".to_owned(),
            Piece::Command(words) => joined(words, Self::own_words),
        };
        self.0.iter().map(own).collect()
    }

    /// Whether our own words contain these.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.own_words().contains(words)
    }
}

/// The words of a command, on one line.
fn joined(words: &[Text], shown: impl Fn(&Text) -> String) -> String {
    words.iter().map(shown).collect::<Vec<_>>().join(" ")
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(words) => write!(f, "{words:?}"),
            Self::Outside(outside) => write!(f, "{outside:?}"),
            Self::Part(_) => f.write_str("Part(…)"),
            Self::ShellWord(_) => f.write_str("ShellWord(…)"),
            Self::Command(words) => write!(f, "{words:?}"),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.own_words())
    }
}

/// Only what stands in the program's own text is our own words: a `String` or a borrowed text must be marked as [`Outside`] first.
impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self(vec![Piece::Own(Cow::Borrowed(words))])
    }
}

impl From<Outside> for Text {
    fn from(outside: Outside) -> Self {
        Self(vec![Piece::Outside(outside)])
    }
}

impl From<&Outside> for Text {
    fn from(outside: &Outside) -> Self {
        outside.clone().into()
    }
}

impl From<&Piece> for Text {
    fn from(piece: &Piece) -> Self {
        Self(vec![piece.clone()])
    }
}

impl From<&Self> for Text {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn parts_stand_where_the_template_says() {
        let text = text!("a {} b {}", Outside::new("x"), 3_usize);
        let expected =
            [Piece::Own("a ".into()), Piece::Outside(Outside::new("x")), Piece::Own(" b ".into()), Piece::Own("3".into())];
        assert_eq!(text.pieces(), expected);
        assert_eq!(text.own_words(), "a … b 3");
    }

    #[test]
    fn debug_says_nothing_of_what_came_from_outside() {
        let text = text!("got {}", Outside::new("hunter2"));
        assert!(!format!("{text:?} {:?}", Outside::new("hunter2")).contains("hunter2"));
    }

    #[test]
    fn debug_says_what_it_holds_back() {
        let text = text!("got {}", Outside::new("hunter2"));
        assert_eq!(format!("{:?}", Outside::new("hunter2")), "Outside(…)");
        assert_eq!(format!("{text:?}"), "\"got …\"");
        assert_eq!(format!("{:?}", text.pieces()), "[\"got \", Outside(…)]");
        let part = Text::part(&Arc::from("hunter2"), 0..6);
        assert_eq!(format!("{:?}", part.pieces()), "[Part(…)]");
        assert_eq!(format!("{:?}", Text::shell_word("hunter2").pieces()), "[ShellWord(…)]");
    }

    #[test]
    fn what_a_text_can_be_made_into() {
        let whole: Arc<str> = Arc::from("one\ntwo");
        let text = text!("a\n{}{}", Outside::new("b\nc"), Text::part(&whole, 4..7));
        assert_eq!(text.plain(), "a\nb\nctwo");
        assert_eq!(text.on_one_line().plain(), "a b ctwo");
        assert_eq!(text.spelled_out().plain(), "a\\nb\nctwo");
        assert_eq!(Text::repeat("ab", 3).plain(), "ababab");
        assert_eq!(Text::naming("{source} is not set; set {source}", Outside::new("$PAT")).plain(), "$PAT is not set; set $PAT");
        assert_eq!(text.as_outside().pieces(), [Piece::Outside(Outside::new("a\nb\nctwo"))]);
        let command = text!("-f {}", Text::shell_word("a\n b"));
        assert_eq!(command.plain(), r"-f $'a\x0a b'");
        assert_eq!((command.on_one_line(), command.spelled_out()), (command.clone(), command));
        let words = vec!["konnect".into(), Text::shell_word("a b")];
        let hint = text!("run: {}", Text::command(words.clone()));
        assert_eq!((hint.plain().as_str(), hint.own_words().as_str()), ("run: konnect 'a b'", "run: konnect …"));
        assert_eq!(hint.split_command(), Some(("run: ".into(), &words[..])));
        assert_eq!((hint.on_one_line(), hint.spelled_out()), (hint.clone(), hint.clone()));
        assert!(text!("{}.", hint).split_command().is_none() && !hint.is_empty() && Text::command(Vec::new()).is_empty());
        assert!(Text::default().as_outside().pieces().is_empty());
        assert!(text!("not {}", Outside::new("found")).says("not ") && !text!("not {}", Outside::new("found")).says("found"));
    }

    #[test]
    fn a_text_is_empty_if_nothing_would_be_shown() {
        let whole: Arc<str> = Arc::from("one");
        for empty in [Text::default(), "".into(), Outside::EMPTY.into(), Text::part(&whole, 1..1), text!("{}", Outside::EMPTY)] {
            assert!(empty.is_empty(), "{empty:?}");
        }
        for full in [Text::from(" "), Outside::new("x").into(), Text::part(&whole, 1..2), Text::shell_word("")] {
            assert!(!full.is_empty(), "{full:?}");
        }
    }
}
