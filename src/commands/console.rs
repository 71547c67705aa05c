//! The screen: what goes to stdout and what to stderr, in colour or not, loud or quiet; and the one place that knows when stdout broke.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};

use super::stage::{Stage, Stream};
use crate::cli::{Color, ScreenArgs};
use crate::cluster::{Notice, Notices};
use crate::outcome::{Failure, Outcome};
use crate::plan::Warning;
use crate::render::Paint;
use crate::render::escape::escape_lines;
use crate::spec::mask_tokens;

/// Where the commands write.
pub(super) struct Console {
    stage: Stage,
    screen: ScreenArgs,
    out: Paint,
    err: Paint,
    /// stdout failed for another reason than that nobody reads it.
    broken: AtomicBool,
    /// The warnings that came as notices, for documents that must hold them all.
    told: Mutex<Vec<Warning>>,
    /// The last retry told: parallel requests meet the same trouble at once.
    last_retry: Mutex<String>,
}

impl Console {
    pub(super) fn new(screen: ScreenArgs, stage: &Stage) -> Arc<Self> {
        let color = |stream| match screen.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => stage.color(stream),
        };
        Arc::new(Self {
            stage: stage.clone(),
            screen,
            out: Paint { color: color(Stream::Out) },
            err: Paint { color: color(Stream::Err) },
            broken: AtomicBool::new(false),
            told: Mutex::default(),
            last_retry: Mutex::default(),
        })
    }

    /// The API server that stands in place of the kubeconfig's.
    pub(super) fn client(&self) -> Option<&kube::Client> {
        self.stage.client()
    }

    /// How stdout is painted.
    pub(super) const fn paint(&self) -> Paint {
        self.out
    }

    pub(super) const fn color_on_stderr(&self) -> bool {
        self.err.color
    }

    /// Writes to stdout. A reader who went away is no failure of ours.
    pub(super) fn out(&self, text: &str) {
        if let Err(error) = self.stage.write(Stream::Out, text)
            && !self.broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&Failure::new("stdout", format!("stdout can't be written: {}", error.kind())));
        }
    }

    /// Writes to stdout what `-q` leaves out.
    pub(super) fn aside(&self, text: &str) {
        if !self.screen.quiet {
            self.out(text);
        }
    }

    /// Writes to stderr. There is nobody to tell if that fails.
    pub(super) fn error(&self, text: &str) {
        let _ = self.stage.write(Stream::Err, text);
    }

    pub(super) fn failure(&self, failure: &Failure) {
        let Failure { outcome: _, code: _, what, hint } = failure;
        self.error(&format!("{} {}\n", self.err.red("error:"), escape_lines(what)));
        if let Some(hint) = hint {
            self.error(&format!("  {} {}\n", self.err.bold("hint:"), escape_lines(hint)));
        }
    }

    pub(super) fn warnings(&self, warnings: &[Warning]) {
        for Warning { code: _, message } in warnings {
            self.error(&format!("{} {}\n", self.err.yellow("warning:"), escape_lines(message)));
        }
    }

    /// What happens on the way, told as it happens.
    pub(super) fn notices(self: &Arc<Self>) -> Notices {
        let console = Arc::clone(self);
        Arc::new(move |notice| match notice {
            Notice::Warning(warning) => {
                console.warnings(std::slice::from_ref(&warning));
                console.told.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
            }
            Notice::Retry(text) => {
                let mut last = console.last_retry.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != text {
                    console.error(&format!("{} {}\n", console.err.dim("retry:"), escape_lines(&text)));
                    *last = text;
                }
            }
            Notice::Trace(text) if console.screen.verbose > 0 => {
                console.error(&format!("{}\n", console.err.dim(&escape_lines(&text))))
            }
            Notice::Trace(_) => {}
        })
    }

    /// The warnings told so far.
    pub(super) fn told(&self) -> Vec<Warning> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The run's outcome, counting that what was to be written to stdout may not all be there.
    pub(super) fn outcome(&self, outcome: Outcome) -> Outcome {
        if self.broken.load(Ordering::Relaxed) { outcome.or(Outcome::Failed) } else { outcome }
    }
}

/// A command line that is wrong, or asks for help. clap repeats what was typed: a token that was typed by mistake is taken out.
pub(super) fn usage(error: &clap::Error) -> Outcome {
    if !error.use_stderr() {
        let _ = error.print();
        return Outcome::Done;
    }
    let rendered = error.render();
    let color = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    let text = if color { rendered.ansi().to_string() } else { rendered.to_string() };
    let _ = std::io::stderr().lock().write_all(mask_tokens(&text).as_bytes());
    Outcome::Usage
}

/// The system would not even let us begin.
pub(super) fn startup(error: &std::io::Error) -> Outcome {
    let _ = writeln!(std::io::stderr().lock(), "error: can't start: {}", error.kind());
    Outcome::Failed
}
