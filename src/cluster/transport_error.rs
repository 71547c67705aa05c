//! What it means when a request brings no answer: whether the server can have seen it, whether trying again can help, and the words for it.

use std::error::Error;

use hyper_util::client::legacy::Error as HttpError;

use super::SANDBOX;
use super::answer::bounded;
use crate::outcome::{Failure, FailureCode};
use crate::outside::{Outside, Piece, Text};
use crate::text;

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// Whether it is certain that the server has not seen the request.
    pub undelivered: bool,
    /// Whether trying again is of no use.
    pub permanent: bool,
    /// Whether an answer came that can't be read.
    pub nonsense: bool,
    /// What happened, without the server's address.
    pub what: Text,
    /// What to do.
    pub hint: Option<&'static str>,
}

impl TransportError {
    /// Understands an error of the client stack, or of a service that stands in its place.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut undelivered = false;
        let mut words = Vec::new();
        let mut deepest = Text::default();
        let mut next = Some(error);
        while let Some(error) = next {
            undelivered |= error.downcast_ref::<HttpError>().is_some_and(HttpError::is_connect);
            undelivered |=
                error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused);
            words.push(error.to_string());
            // One of our own, from the sandbox, says what came from outside through the door only.
            deepest =
                error.downcast_ref::<Failure>().map_or_else(|| Outside::new(error.to_string()).into(), |own| own.what.clone());
            next = error.source();
        }
        let (permanent, hint) = hint(&words.join(": "));
        Self { undelivered, permanent, nonsense: false, what: plain(deepest), hint }
    }

    /// The failure it is where nothing was changed.
    #[must_use]
    pub fn failure(&self, server: &Outside, context: &Outside) -> Failure {
        let words = if self.undelivered { "can't connect to" } else { "no answer from" };
        let failure = Failure::new(FailureCode::Connection, text!("{} {} (context {}): {}", words, server, context, self.what));
        match self.hint {
            Some(hint) => failure.hint(hint),
            None if *context == *SANDBOX => failure.hint("name another sandbox with --sandbox=FILE"),
            None => failure.hint(text!(
                "start the cluster, open the tunnel or VPN, or choose another context with --context; `kubectl --context {} version` asks the same server",
                Text::shell_word(context.clone())
            )),
        }
    }
}

fn hint(words: &str) -> (bool, Option<&'static str>) {
    if words.contains("UnknownIssuer") {
        return (
            true,
            Some(
                "its certificate is signed by an authority that certificate-authority(-data) in the kubeconfig does not name: is this the right cluster?",
            ),
        );
    }
    if words.contains("NotValidForName") || words.contains("not valid for name") {
        return (true, Some("its certificate is for another name; set tls-server-name in the kubeconfig if that is meant"));
    }
    if words.contains("Expired") || words.contains("certificate expired") {
        return (true, Some("its certificate has expired, or this machine's clock is wrong"));
    }
    if words.contains("invalid peer certificate") {
        return (true, Some("its certificate can't be trusted"));
    }
    if words.contains("received fatal alert") {
        return (
            true,
            Some("the server did not accept our client certificate: log in again, or choose another context with --context"),
        );
    }
    if words.contains("InvalidContentType") || words.contains("corrupt message") {
        return (true, Some("it does not speak TLS: is the address in the kubeconfig right?"));
    }
    (false, None)
}

/// The system's words for what is met most often, shorter.
fn plain(words: Text) -> Text {
    let [Piece::Outside(said)] = words.pieces() else { return words };
    let lower = said.expose().to_lowercase();
    if lower.contains("connection refused") {
        return "connection refused".into();
    }
    if lower.contains("connection reset") || lower.contains("connection closed before message completed") {
        return "the connection was closed".into();
    }
    bounded(said)
}
