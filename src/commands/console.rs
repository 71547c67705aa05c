//! The screen: what goes to stdout and what to stderr, in colour or not, loud or quiet; and the one place that knows when stdout broke.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::NotOpened;
use super::stage::{Stage, Stream};
use crate::cli::{Color, ScreenArgs};
use crate::cluster::{Notice, Notices};
use crate::outcome::{Failure, FailureCode, Outcome};
use crate::outside::Text;
use crate::plan::Warning;
use crate::text;
use crate::view::{Cleared, Door, Paint};

/// Where the commands write.
pub(super) struct Console {
    stage: Stage,
    screen: ScreenArgs,
    door: Door,
    out: Paint,
    err: Paint,
    /// stdout failed for another reason than that nobody reads it.
    broken: AtomicBool,
    /// The warnings that came as notices, for documents that must hold them all.
    told: Mutex<Vec<Warning>>,
    /// What was told while a round of requests is under way: an answer that is not in yet may hold a secret that stands in it.
    held: Mutex<Vec<Text>>,
    /// The last retry told: parallel requests meet the same trouble at once.
    last_retry: Mutex<Text>,
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
            door: Door::default(),
            out: Paint { color: color(Stream::Out) },
            err: Paint { color: color(Stream::Err) },
            broken: AtomicBool::new(false),
            told: Mutex::default(),
            held: Mutex::default(),
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

    /// The command line.
    pub(super) fn arguments(&self) -> &[OsString] {
        self.stage.arguments()
    }

    /// Says why there is nothing to work on.
    pub(super) fn not_opened(&self, why: &NotOpened) -> Outcome {
        match why {
            NotOpened::Spec(errors) => {
                self.error(&errors.render(self.color_on_stderr(), &self.door));
            }
            NotOpened::Failed(failure) => self.failure(failure),
        }
        self.outcome(why.outcome())
    }

    /// What hides the secrets of this run.
    pub(super) const fn door(&self) -> &Door {
        &self.door
    }

    pub(super) const fn color_on_stderr(&self) -> bool {
        self.err.color
    }

    /// Writes to stdout. A reader who went away is no failure of ours.
    pub(super) fn out(&self, text: &Cleared) {
        self.release();
        if let Err(error) = self.stage.write(Stream::Out, text)
            && !self.broken.swap(true, Ordering::Relaxed)
        {
            self.failure(&Failure::new(FailureCode::Stdout, text!("stdout can't be written: {}", error.kind())));
        }
    }

    /// Says something on stdout.
    pub(super) fn say(&self, text: impl Into<Text>) {
        self.out(&self.door.output(text));
    }

    /// Says on stdout what `-q` leaves out.
    pub(super) fn aside(&self, text: impl Into<Text>) {
        if !self.screen.quiet {
            self.say(text);
        }
    }

    /// Writes to stderr. There is nobody to tell if that fails.
    pub(super) fn error(&self, text: &Cleared) {
        self.release();
        let _ = self.stage.write(Stream::Err, text);
    }

    pub(super) fn failure(&self, failure: &Failure) {
        let Failure { outcome: _, code: _, what, hint } = failure;
        self.error(&self.door.remark(text!("{} {}", self.err.red("error:"), what)));
        if let Some(hint) = hint {
            self.error(&self.door.remark(text!("  {} {}", self.err.bold("hint:"), hint)));
        }
    }

    pub(super) fn warnings(&self, warnings: &[Warning]) {
        for Warning { code: _, message } in warnings {
            self.error(&self.door.remark(text!("{} {}", self.err.yellow("warning:"), message)));
        }
    }

    /// What happens on the way. Only a retry is told as it happens, since somebody waits for it and it is in our own words; the rest is
    /// held until the round of requests is in, and told before anything else is.
    pub(super) fn notices(self: &Arc<Self>) -> Notices {
        let console = Arc::clone(self);
        Arc::new(move |notice| match notice {
            Notice::Warning(warning) => {
                console.hold(text!("{} {}", console.err.yellow("warning:"), warning.message));
                console.told.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
            }
            Notice::Retry(text) => {
                let mut last = console.last_retry.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != text {
                    let cleared = console.door.remark(text!("{} {}", console.err.dim("retry:"), text));
                    let _ = console.stage.write(Stream::Err, &cleared);
                    *last = text;
                }
            }
            Notice::Trace(text) if console.screen.verbose > 0 => console.hold(console.err.dim(text)),
            Notice::Trace(_) => {}
            // As it comes: somebody may have to answer it.
            Notice::Plugin(text) => drop(console.stage.write(Stream::Err, &console.door.output(text))),
        })
    }

    fn hold(&self, text: Text) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// Tells what was held.
    pub(super) fn release(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for text in held {
            let _ = self.stage.write(Stream::Err, &self.door.remark(text));
        }
    }

    /// The warnings told so far.
    pub(super) fn told(&self) -> Vec<Warning> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether stdout could not be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The run's outcome, counting that what was to be written to stdout may not all be there.
    pub(super) fn outcome(&self, outcome: Outcome) -> Outcome {
        self.release();
        if self.broken.load(Ordering::Relaxed) { outcome.or(Outcome::Failed) } else { outcome }
    }
}
