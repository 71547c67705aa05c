//! One run of a command: what it is run with, who shows what happens, and whether somebody wants it to stop.

use std::ffi::OsStr;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::context::RunContext;
use super::interrupt::Interrupt;
use super::open_error::OpenError;
use crate::cli::{ChoiceArgs, ClusterArgs, ScreenArgs};
use crate::cluster::{self, Cluster, ClusterSelector, Notices, OpenedClusters, PluginLimits};
use crate::deadline::Deadline;
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::plan::Warning;
use crate::session::{Session, Withheld};
use crate::spec::ClusterKeys;
use crate::view::{Door, Event, Format, Limit, Output, Printer, Reporter, Style};

/// A run.
pub(super) struct Run {
    context: RunContext,
    reporter: Arc<Reporter>,
    interrupt: Interrupt,
}

/// What shows a run in this format.
pub(super) fn reporter(context: &RunContext, screen: ScreenArgs, format: Format, output: Output) -> Reporter {
    bounded(context, screen, format, output, Limit::default())
}

fn bounded(context: &RunContext, screen: ScreenArgs, format: Format, output: Output, limit: Limit) -> Reporter {
    let ScreenArgs { verbose, quiet, color, help: _ } = screen;
    let style = Style { color, quiet, verbose: verbose > 0, limit };
    Reporter::new(format, output, Printer::new(context.streams().clone(), style))
}

/// How long a failure waits for the name of the context that it happened in.
const CONTEXT_WITHIN: Duration = Duration::from_secs(5);

/// The cluster that the command line names.
fn typed(args: &ClusterArgs) -> ClusterSelector {
    let ClusterArgs { choice: ChoiceArgs { context, kubeconfig, timeout: _ }, sandbox, parallelism: _ } = args;
    ClusterSelector {
        kubeconfig_flag: kubeconfig.clone(),
        context: context.clone(),
        sandbox: sandbox.clone(),
        ..ClusterSelector::default()
    }
}

impl Run {
    /// Begins a run about this spec, and listens for whoever wants it to stop. Must be called inside the runtime.
    pub(super) fn begin(context: &RunContext, screen: ScreenArgs, format: Format, output: Output, spec: &Outside) -> Self {
        Self::begin_bounded(context, screen, (format, Limit::default()), output, spec)
    }

    /// The same with what bounds a comment.
    pub(super) fn begin_bounded(
        context: &RunContext,
        screen: ScreenArgs,
        (format, limit): (Format, Limit),
        output: Output,
        spec: &Outside,
    ) -> Self {
        let reporter = Arc::new(bounded(context, screen, format, output, limit));
        reporter.emit(Event::Begun { spec });
        Self { context: context.clone(), reporter, interrupt: Interrupt::listen(context) }
    }

    /// Shows an event.
    pub(super) fn emit(&self, event: Event<'_>) {
        self.reporter.emit(event);
    }

    /// Shows warnings.
    pub(super) fn warn(&self, warnings: &[Warning]) {
        warnings.iter().for_each(|warning| self.emit(Event::Warning(warning)));
    }

    /// Shows what requests meet on the way.
    pub(super) fn notices(&self) -> Notices {
        let reporter = Arc::clone(&self.reporter);
        Arc::new(move |notice| reporter.emit(Event::Notice(notice)))
    }

    /// Ends the run, and returns its outcome.
    pub(super) fn finish(&self, outcome: Outcome) -> Outcome {
        self.finish_or(outcome, Outcome::Failed)
    }

    /// The same for a run that does something: `unshown` counts too where not all of stdout could be written.
    pub(super) fn finish_or(&self, outcome: Outcome, unshown: Outcome) -> Outcome {
        self.reporter.finish(outcome, unshown)
    }

    /// Ends the run since there is nothing to work on.
    pub(super) fn fail(&self, error: &OpenError) -> Outcome {
        match error {
            OpenError::Spec(errors) => self.emit(Event::SpecErrors(errors)),
            OpenError::Failed(failure) => self.emit(Event::Failed(failure)),
        }
        self.finish(error.outcome())
    }

    /// What hides the secrets of this run.
    pub(super) fn door(&self) -> &Door {
        self.reporter.door()
    }

    /// What shows the run.
    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// What the run is run with.
    pub(super) const fn context(&self) -> &RunContext {
        &self.context
    }

    /// Set once somebody wants us to stop.
    pub(super) fn interrupted(&self) -> &AtomicBool {
        self.interrupt.flag()
    }

    /// Ends once somebody wants us to stop.
    pub(super) async fn until_interrupted(&self) {
        self.interrupt.requested().await;
    }

    /// Does what may be broken off anywhere: nothing is written in it.
    pub(super) async fn or_stop<T, E: From<Failure>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.interrupt.or_stop(work).await
    }

    /// Opens the cluster that flags and spec mean.
    pub(super) async fn connect(&self, session: &Session, args: &ClusterArgs, deadline: Deadline) -> Result<Cluster, Failure> {
        if let Some(client) = self.context.client() {
            let name = || Outside::new("in memory");
            return Ok(Cluster::over(client.clone(), name(), name(), deadline, self.notices()).at_most(args.parallelism));
        }
        session.connect(typed(args), deadline, self.notices()).await.map(|cluster| cluster.at_most(args.parallelism))
    }

    /// Opens the clusters that flags and specs mean, each once.
    pub(super) async fn connect_all(&self, sessions: &[&Session], args: &ClusterArgs) -> OpenedClusters {
        let timeout = args.choice.timeout;
        if let Some(client) = self.context.client() {
            let name = || Outside::new("in memory");
            let cluster = Cluster::over(client.clone(), name(), name(), Deadline::after(timeout), self.notices());
            return OpenedClusters {
                clusters: vec![cluster.at_most(args.parallelism)],
                of: sessions.iter().map(|_| Ok(0)).collect(),
            };
        }
        let choices: Vec<ClusterSelector> = sessions.iter().map(|session| session.selector(typed(args))).collect();
        let held = Withheld::from(sessions.iter().copied());
        let withheld = |name: &OsStr, value: &OsStr| held.withholds(name, value);
        let plugin = PluginLimits { withheld: &withheld, may_ask: held.may_ask };
        let OpenedClusters { clusters, of } =
            cluster::connect_all(&choices, timeout, &self.notices(), self.door().secrets(), plugin).await;
        let clusters = clusters.into_iter().map(|cluster| cluster.at_most(args.parallelism)).collect();
        OpenedClusters { clusters, of }
    }

    /// Tells which context was chosen, where the view names it, of a run that ends before it opens the cluster. `says`: what the spec says
    /// of the cluster, if it could be read.
    pub(super) async fn tell_context(&self, args: &ClusterArgs, says: Option<&ClusterKeys>, deadline: &Deadline) {
        if self.context.client().is_some() || !self.reporter.lacks_context() {
            return;
        }
        let typed = typed(args);
        let choice = ClusterSelector {
            kubeconfig_spec: says.and_then(|says| says.kubeconfig.clone()),
            context: typed.context.clone().or_else(|| says.and_then(|says| says.context.clone())),
            ..typed
        };
        let deadline = Deadline::after(deadline.remaining().min(CONTEXT_WITHIN));
        let told = async {
            cluster::tell_context(&choice, &deadline, &self.notices(), self.door().secrets()).await;
            Ok::<_, Failure>(())
        };
        // Whoever interrupts does without.
        drop(self.or_stop(told).await);
    }

    /// Whether no kubeconfig is looked at.
    pub(super) fn needs_no_kubeconfig(&self, args: &ClusterArgs) -> bool {
        args.sandbox.is_some() || self.context.client().is_some()
    }
}
