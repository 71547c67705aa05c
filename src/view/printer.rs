//! How the views print: what goes to stdout and what to stderr, in colour or not, loud or quiet. Diagnostics are drawn here, since every
//! format has the same on stderr. The one place that knows when stdout broke.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
use clap::error::ContextValue;

use super::streams::{Stream, Streams};
use super::terminal::Line;
use super::wrap::{self, wrap};
use super::{Cleared, Door, Paint, spec_errors, usage};
use crate::cluster::Notice;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::plan::Warning;
use crate::spec::SpecErrors;
use crate::text;

/// How much is printed, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// How long a comment may be.
    pub limit: Limit,
    /// Where colour is used.
    pub color: Color,
    /// Leave out what `-q` leaves out.
    pub quiet: bool,
    /// Show each request.
    pub verbose: bool,
}

/// `--limit`: how many bytes a comment may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(usize);

impl Limit {
    /// The limits of those who take comments, by name. They count characters, of which there are never more than bytes.
    pub const NAMED: [(&str, usize); 5] =
        [("github", 65_536), ("gitlab", 999_900), ("bitbucket", 32_768), ("azure", 150_000), ("github-summary", 1024 * 1024)];
    /// The least that a comment can do with.
    pub const LEAST: usize = 32 * 1024;

    /// So many bytes; `None` if that is too few for what no cut may leave out.
    #[must_use]
    pub fn of(bytes: usize) -> Option<Self> {
        (bytes >= Self::LEAST).then_some(Self(bytes))
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    /// GitHub's.
    fn default() -> Self {
        let [(_, github), ..] = Self::NAMED;
        Self(github)
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where there is a terminal that wants it
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Prints what the views made.
pub struct Printer {
    streams: Streams,
    style: Style,
    door: Door,
    out: Paint,
    err: Paint,
    /// stdout failed for another reason than that nobody reads it.
    broken: AtomicBool,
    /// Diagnostics that came while requests are under way. An answer that is not in yet may hold a secret that stands in them.
    held: Mutex<Vec<Remark>>,
    /// The last retry that was printed. Parallel requests meet the same trouble at once.
    last_retry: Mutex<Text>,
}

/// A diagnostic: its first words, and what is said under them.
struct Remark {
    beginning: Text,
    said: Text,
}

impl Printer {
    /// Prints to these streams.
    #[must_use]
    pub fn new(streams: Streams, style: Style) -> Self {
        let color = |stream| match style.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => streams.want_color(stream),
        };
        let (out, err) = (Paint { color: color(Stream::Out) }, Paint { color: color(Stream::Err) });
        Self {
            streams,
            style,
            door: Door::default(),
            out,
            err,
            broken: AtomicBool::new(false),
            held: Mutex::default(),
            last_retry: Mutex::default(),
        }
    }

    /// What hides the secrets of this run.
    #[must_use]
    pub const fn door(&self) -> &Door {
        &self.door
    }

    /// How many bytes a comment may have.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.style.limit.bytes()
    }

    /// How stdout is painted.
    #[must_use]
    pub const fn paint(&self) -> Paint {
        self.out
    }

    /// How wide the terminal is that stdout is shown on; `None` where nothing is to be broken.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        self.streams.width(Stream::Out)
    }

    /// Whether stdout could not be written.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Writes to stdout. A reader who went away is no failure of ours.
    pub fn out(&self, text: &Cleared) {
        self.release();
        if let Err(error) = self.streams.write(Stream::Out, text)
            && !self.broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&Failure::new(FailureCode::Stdout, text!("stdout can't be written: {}", error.kind())));
        }
    }

    /// The same for the words of a run that ends with them: the exit code alone says that they are not there.
    pub fn out_at_the_end(&self, text: &Cleared) {
        if self.streams.write(Stream::Out, text).is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Prints to stdout.
    pub fn print(&self, text: impl Into<Text>) {
        self.out(&self.fitting(self.door.line(text), 2));
    }

    /// Prints to stdout, line by line, what `-q` leaves out.
    pub fn lines_unless_quiet(&self, lines: &[Line]) {
        if !self.style.quiet {
            self.lines(lines);
        }
    }

    /// Prints a command to stdout, unless `-q` leaves it out.
    pub fn command_unless_quiet(&self, words: &[Text]) {
        if !self.style.quiet {
            self.command(words);
        }
    }

    /// Prints lines to stdout.
    pub fn lines(&self, lines: &[Line]) {
        let line = |Line { sign: _, text, hang }: &Line| {
            let (whole, hang) = (self.door.line(text), wrap::columns(&self.door.line(hang)));
            let shown = match self.streams.width(Stream::Out) {
                Some(width) => self.said(text, whole, hang, width),
                None => whole,
            };
            Cleared::new(shown + "\n")
        };
        self.out(&lines.iter().map(line).collect());
    }

    /// Prints a command to stdout that is meant to be pasted, each part of it one word of a shell.
    pub fn command(&self, words: &[Text]) {
        let words: Vec<String> = words.iter().map(|word| self.door.line(word)).collect();
        self.out(&Cleared::new(format!("{}\n", wrap::command(&words, 2, self.streams.width(Stream::Out)))));
    }

    /// The same lines, none wider than the terminal: only now, since what is masked must not be looked for in halves.
    fn fitting(&self, shown: String, hang: usize) -> Cleared {
        Cleared::new(match self.streams.width(Stream::Out) {
            Some(width) => wrap(&shown, hang, width),
            None => shown,
        })
    }

    /// Prints to stdout what `-q` leaves out.
    pub fn print_unless_quiet(&self, text: impl Into<Text>) {
        if !self.style.quiet {
            self.print(text);
        }
    }

    /// Writes to stderr. There is nobody to tell if that fails.
    pub fn error(&self, text: &Cleared) {
        self.release();
        self.error_now(text);
    }

    /// The same past what is held.
    fn error_now(&self, text: &Cleared) {
        let _ = self.streams.write(Stream::Err, text);
    }

    /// What went wrong, on stderr.
    pub fn failure(&self, failure: &Failure) {
        let Failure { outcome: _, code: _, what, hint, place: _ } = failure;
        self.remark(&Remark { beginning: text!("{} ", self.err.red("error:")), said: what.clone() });
        if let Some(hint) = hint {
            self.remark(&Remark { beginning: text!("  {} ", self.err.bold("hint:")), said: hint.clone() });
        }
    }

    /// Something to know, on stderr.
    pub fn warning(&self, warning: &Warning) {
        self.remark(&self.warned(warning));
    }

    fn warned(&self, Warning { code: _, message }: &Warning) -> Remark {
        Remark { beginning: text!("{} ", self.err.yellow("warning:")), said: message.clone() }
    }

    /// What the user waits for, on stderr.
    pub fn waiting(&self, said: impl Into<Text>) {
        self.remark(&Remark { beginning: Text::default(), said: said.into() });
    }

    /// What is wrong with a spec, on stderr, each error with the line it stands in.
    pub fn spec_errors(&self, errors: &SpecErrors) {
        self.error(&spec_errors::render(errors, self.err.color, self.streams.width(Stream::Err), &self.door));
    }

    /// What happens on the way, on stderr. A retry is printed as it happens, since somebody waits for it and it is in our own words. The
    /// rest is held until the round of requests is in, and printed before anything else is.
    pub fn notice(&self, notice: Notice) {
        match notice {
            Notice::Warning(warning) => self.hold(self.warned(&warning)),
            Notice::Retry(text) => {
                let mut last = self.last_retry.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != text {
                    self.remark_now(&Remark { beginning: text!("{} ", self.err.dim("retry:")), said: text.clone() });
                    *last = text;
                }
            }
            Notice::Trace(text) if self.style.verbose => {
                self.hold(Remark { beginning: Text::default(), said: self.err.dim(text) });
            }
            // Of a format that names it.
            Notice::Trace(_) | Notice::Context(_) => {}
            // As it comes: somebody may have to answer it.
            Notice::Plugin(text) => self.error_now(&self.door.output(text)),
        }
    }

    /// The system would not even let us begin.
    pub fn not_started(&self, kind: std::io::ErrorKind) {
        self.remark(&Remark { beginning: "error: ".into(), said: text!("can't start: {}", kind) });
    }

    fn remark(&self, remark: &Remark) {
        self.release();
        self.remark_now(remark);
    }

    fn remark_now(&self, Remark { beginning, said }: &Remark) {
        let hang = wrap::columns(&self.door.line(beginning));
        let whole = self.door.lines(text!("{}{}", beginning, said));
        let shown = match self.streams.width(Stream::Err) {
            Some(width) => self.said(&text!("{}{}", beginning, said), whole, hang, width),
            None => whole,
        };
        self.error_now(&Cleared::new(shown + "\n"));
    }

    /// What fits the terminal. A command at the end that has no room there stands on rows of its own that a shell reads as one: it is there to
    /// be pasted.
    fn said(&self, text: &Text, whole: String, hang: usize, width: usize) -> String {
        match text.split_command() {
            Some((before, words)) if wrap::columns(&whole) > width => {
                let words: Vec<String> = words.iter().map(|word| self.door.line(word)).collect();
                let before = self.door.lines(before);
                format!("{}\n{}", wrap(before.trim_end(), hang, width), wrap::command(&words, hang, Some(width)))
            }
            _ => wrap(&whole, hang, width),
        }
    }

    fn hold(&self, remark: Remark) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(remark);
    }

    /// Prints what was held.
    pub fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        held.iter().for_each(|remark| self.remark_now(remark));
    }

    /// What is wrong with the command line, or help: clap's words. What was typed is repeated only masked and escaped, since it may hold a
    /// token, or steer a terminal.
    pub fn usage(&self, mut error: clap::Error) {
        let typed: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
        for (kind, value) in typed {
            let clear = |text: String| self.door.line(Outside::new(text));
            let value = match value {
                ContextValue::String(text) => ContextValue::String(clear(text)),
                ContextValue::Strings(texts) => ContextValue::Strings(texts.into_iter().map(clear).collect()),
                other => other,
            };
            error.insert(kind, value);
        }
        let rendered = error.render();
        let cleared = |paint: Paint| {
            let text = if paint.color { rendered.ansi().to_string() } else { rendered.to_string() };
            let text = if error.use_stderr() { usage::in_our_words(&text) } else { text };
            Cleared::of_usage(match self.streams.width(Stream::Err).filter(|_| error.use_stderr()) {
                Some(width) => usage::fitting(&text, width),
                None => text,
            })
        };
        if error.use_stderr() { self.error(&cleared(self.err)) } else { self.out_at_the_end(&cleared(self.out)) }
    }
}
