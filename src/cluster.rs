//! Which Kubernetes, and how it is talked to: requests with retries and a deadline over a `kube::Client`, answers without typed models.

mod answer;
pub mod connection;
mod exchange;
mod exec_plugin;
mod in_parallel;
mod items;
pub mod kubeconfig;
mod open;
mod open_all;
mod pace;
mod plugin_runs;
mod proxy;
mod retry;
pub mod sandbox;
mod transport_error;

use std::sync::Arc;
use std::time::Duration;

use http::Method;

pub use answer::{Answer, Cause, Status, bounded};
pub use exchange::EachItem;
pub use in_parallel::in_parallel;
pub use open::{ClusterSelector, PluginLimits, SANDBOX, connect, tell_context};
pub use open_all::{OpenedClusters, connect_all};
pub use pace::PARALLELISM;
pub use transport_error::TransportError;

use crate::deadline::Deadline;
use crate::object::RESOURCE_TYPES;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Text};
use crate::plan::Warning;
use crate::text;
use exchange::RequestParts;
use pace::Pace;
use retry::{Budget, Wait};

/// A list of objects without anything but their metadata.
const LIST_OF_METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/// Answers to applies carry metadata only, so that no token comes back.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// Something to tell the user while it happens.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Which kubeconfig context is chosen, or that it is the sandbox: told before anything is asked of a cluster.
    Context(Outside),
    /// Worth a warning.
    Warning(Warning),
    /// A request is about to be sent again.
    Retry(Text),
    /// A request and its outcome, for `-v`. Never holds a body.
    Trace(Text),
    /// What a credential plugin says to people, as it comes: a line, or a prompt without its end.
    Plugin(Text),
}

/// Where notices go.
pub type Notices = Arc<dyn Fn(Notice) + Send + Sync>;

/// A Kubernetes API server that can be talked to.
pub struct Cluster {
    /// The kubeconfig context.
    pub context: Outside,
    /// The server's address.
    pub server: Outside,
    /// Bounds the run.
    pub deadline: Deadline,
    client: kube::Client,
    notices: Notices,
    /// What all requests to it share, whichever spec they are for.
    budget: Arc<Budget>,
    pace: Arc<Pace>,
}

/// What became of a request that was meant to change something.
#[derive(Clone, Debug)]
pub enum Sent {
    /// The server answered.
    Answered(Answer),
    /// The server may have carried it out, but its answer did not reach us.
    Lost {
        /// What happened instead.
        why: Failure,
    },
}

/// What is wanted of each object of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOf {
    /// All of it.
    Objects,
    /// Its metadata. A server that can't do that refuses.
    Metadata,
}

/// What became of a list.
#[derive(Clone, Debug)]
pub enum List {
    /// All of its items were handed on. The answer's body is what was around them.
    Whole(Answer),
    /// The server answered something else.
    Refused(Answer),
    /// What came is no list, or broke off. Some items may have been handed on.
    Nonsense,
}

/// Why a question has no answer.
enum Unanswered {
    /// One came that can't be read.
    Nonsense(Failure),
    /// None came.
    Failed(Failure),
}

impl Cluster {
    /// A cluster behind any client: the real one, or a service that stands in its place.
    #[must_use]
    pub fn over(
        client: kube::Client,
        context: impl Into<Outside>,
        server: impl Into<Outside>,
        deadline: Deadline,
        notices: Notices,
    ) -> Self {
        let (budget, pace) = (Arc::default(), Arc::default());
        Self { context: context.into(), server: server.into(), deadline, client, notices, budget, pace }
    }

    /// The same with another limit on how many requests are under way at a time.
    #[must_use]
    pub fn at_most(self, parallelism: usize) -> Self {
        Self { pace: Arc::new(Pace::of(parallelism)), ..self }
    }

    /// How many requests are under way at a time.
    #[must_use]
    pub fn parallelism(&self) -> usize {
        self.pace.parallelism()
    }

    /// The same cluster, over the same connections, with another end of its time.
    #[must_use]
    pub fn until(&self, deadline: Deadline) -> Self {
        Self {
            context: self.context.clone(),
            server: self.server.clone(),
            deadline,
            client: self.client.clone(),
            notices: Arc::clone(&self.notices),
            budget: Arc::clone(&self.budget),
            pace: Arc::clone(&self.pace),
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// No usable answer. An answer that says no is an answer.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, RequestParts { body: &[], content_type: None, accept: "application/json" }).await
    }

    /// Lists objects: their metadata alone, so that no Secret's data comes with it. A server that can't do that refuses.
    ///
    /// # Errors
    /// As `get`.
    pub async fn list_metadata(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, RequestParts { body: &[], content_type: None, accept: LIST_OF_METADATA }).await
    }

    /// Lists objects, whole or their metadata alone, and hands on each as soon as it is there: no list is ever kept. Each is JSON, but perhaps
    /// not an object that was asked for.
    ///
    /// # Errors
    /// As `get`. An answer that is no list is `List::Nonsense`.
    pub async fn list(&self, path: &str, of: ListOf, each: EachItem<'_>) -> Result<List, Failure> {
        let accept = if of == ListOf::Metadata { LIST_OF_METADATA } else { "application/json" };
        let parts = RequestParts { body: &[], content_type: None, accept };
        match self.ask_for(&Method::GET, path, &parts, Some(each)).await {
            Ok(answer) if answer.code == 200 => Ok(List::Whole(answer)),
            Ok(answer) => Ok(List::Refused(answer)),
            Err(Unanswered::Nonsense(_)) => Ok(List::Nonsense),
            Err(Unanswered::Failed(failure)) => Err(failure),
        }
    }

    /// Asks a review question, which changes nothing.
    ///
    /// # Errors
    /// As `get`.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<Answer, Failure> {
        self.ask(
            Method::POST,
            path,
            RequestParts { body: &body, content_type: Some("application/json"), accept: "application/json" },
        )
        .await
    }

    /// Asks for a server-side dry run.
    ///
    /// # Errors
    /// As `get`.
    pub async fn dry_run(&self, path: &str, body: &[u8]) -> Result<Answer, Failure> {
        self.ask(
            Method::PATCH,
            path,
            RequestParts { body, content_type: Some("application/apply-patch+yaml"), accept: METADATA_ONLY },
        )
        .await
    }

    /// Sends a server-side apply that the server is to carry out.
    ///
    /// # Errors
    /// Where it is certain that the server did not carry it out. A lost answer is `Sent::Lost`: the request is not sent again here,
    /// since only reading can tell what became of it.
    pub async fn apply_patch(&self, path: &str, body: &[u8]) -> Result<Sent, Failure> {
        let parts = RequestParts { body, content_type: Some("application/apply-patch+yaml"), accept: METADATA_ONLY };
        self.budget.add_request();
        let mut attempt = 0;
        loop {
            let (why, again) = match self.once(&Method::PATCH, path, &parts, None).await {
                Ok((answer, retry_after)) if answer.code == 429 => {
                    (self.answered(&answer, path), Again::answered(&answer, retry_after))
                }
                // A gateway's word for "I don't know what became of it".
                Ok((answer, _)) if matches!(answer.code, 502..=504) => {
                    return Ok(Sent::Lost { why: self.answered(&answer, path) });
                }
                Ok((answer, _)) => return Ok(Sent::Answered(answer)),
                Err(trouble) if !trouble.undelivered => {
                    return Ok(Sent::Lost { why: trouble.failure(&self.server, &self.context) });
                }
                Err(trouble) if trouble.permanent => return Err(trouble.failure(&self.server, &self.context)),
                Err(trouble) => (trouble.failure(&self.server, &self.context), Again::unanswered()),
            };
            self.pause(&mut attempt, again, (&Method::PATCH, path), &why).await?;
        }
    }

    async fn ask(&self, method: Method, path: &str, parts: RequestParts<'_>) -> Result<Answer, Failure> {
        self.ask_for(&method, path, &parts, None).await.map_err(|unanswered| match unanswered {
            Unanswered::Nonsense(failure) | Unanswered::Failed(failure) => failure,
        })
    }

    /// A request that may be sent again, since it changes nothing.
    async fn ask_for(
        &self,
        method: &Method,
        path: &str,
        parts: &RequestParts<'_>,
        mut each: Option<EachItem<'_>>,
    ) -> Result<Answer, Unanswered> {
        self.budget.add_request();
        let mut attempt = 0;
        loop {
            let each = each.as_mut().map(|each| &mut **each as EachItem<'_>);
            let failure = |trouble: &TransportError| trouble.failure(&self.server, &self.context);
            let (why, again) = match self.once(method, path, parts, each).await {
                Ok((answer, retry_after)) if matches!(answer.code, 429 | 503 | 504) => {
                    (self.answered(&answer, path), Again::answered(&answer, retry_after))
                }
                Ok((answer, _)) => return Ok(answer),
                Err(trouble) if trouble.nonsense => return Err(Unanswered::Nonsense(failure(&trouble))),
                Err(trouble) if trouble.permanent => return Err(Unanswered::Failed(failure(&trouble))),
                Err(trouble) => (failure(&trouble), Again::unanswered()),
            };
            self.pause(&mut attempt, again, (method, path), &why).await.map_err(Unanswered::Failed)?;
        }
    }

    /// Waits before the next attempt, or gives up with the last one's failure. A server that says when to come again is obeyed by all requests,
    /// and until the run's time is over: that is no failure, and counts as none.
    async fn pause(
        &self,
        attempt: &mut u32,
        again: Again,
        (method, path): (&Method, &str),
        why: &Failure,
    ) -> Result<(), Failure> {
        let remaining = self.deadline.remaining();
        let wait = match again.hold {
            Some(wait) if wait >= remaining => return Err(why.clone()),
            Some(wait) if !self.pace.hold(wait) => return Ok(()),
            Some(wait) => wait,
            None => {
                *attempt += 1;
                match self.budget.wait(*attempt, again.retry_after, remaining) {
                    Wait::GiveUp => return Err(why.clone()),
                    Wait::For(wait) => wait,
                }
            }
        };
        let parts = resource_of(path);
        let retrying = text!("{} for {} {}; trying again in {} ms", again.why, verb(method), parts, wait.as_millis());
        (self.notices)(Notice::Retry(retrying));
        if again.hold.is_none() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn answered(&self, answer: &Answer, path: &str) -> Failure {
        let path = path.split('?').next().unwrap_or_default();
        Failure::new(FailureCode::Unavailable, text!("{} answered {} for {}", self.server, answer.code, Outside::from(path)))
            .hint("the server, or something in front of it, is overloaded or down: try again later")
    }
}

/// Why a request is sent again, in our own words: it is told while other answers of the round are still to come.
struct Again {
    why: Text,
    /// How long all requests wait: the server is up, and has too many.
    hold: Option<Duration>,
    retry_after: Option<Duration>,
}

impl Again {
    fn answered(answer: &Answer, retry_after: Option<Duration>) -> Self {
        let hold = retry_after.filter(|_| answer.code == 429).map(retry::obeyed);
        Self { why: text!("the server answered {}", answer.code), hold, retry_after }
    }

    fn unanswered() -> Self {
        Self { why: "no answer from the server".into(), hold: None, retry_after: None }
    }
}

fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        _ => "PATCH",
    }
}

/// The resource of a path, as one of the words that are in it.
fn resource_of(path: &str) -> &'static str {
    let segments: Vec<&str> = path.split(['/', '?']).collect();
    let reviews = ["selfsubjectreviews", "selfsubjectaccessreviews"];
    let known = reviews.into_iter().chain(RESOURCE_TYPES.iter().map(|of| of.plural));
    known.into_iter().find(|word| segments.contains(word)).unwrap_or("the API")
}
