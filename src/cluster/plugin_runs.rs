//! Each credential plugin runs once, however many contexts name it with the same arguments and environment; and of those that may ask on the
//! terminal one runs after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kube::config::AuthInfo;
use tokio::sync::{Mutex as Turn, OnceCell};
use tokio::time::Instant;

use super::exec_plugin::{self, Printed, Surroundings};
use crate::outcome::Failure;

/// What a plugin's run came to.
type Outcome = Arc<OnceCell<Result<Printed, Failure>>>;

/// The plugins of one run.
#[derive(Default)]
pub struct PluginRuns {
    /// By all that each runs with.
    outcomes: Mutex<BTreeMap<String, Outcome>>,
    terminal: Turn<()>,
}

impl PluginRuns {
    /// Runs the plugin, if there is one and it did not run yet, and puts the credentials it printed in its place.
    ///
    /// # Errors
    /// The plugin is missing, fails, takes too long or prints no credential. No message quotes what it printed for us.
    pub async fn resolve(&self, auth: &mut AuthInfo, surroundings: &Surroundings<'_>) -> Result<(), Failure> {
        let Some(exec) = auth.exec.take() else { return Ok(()) };
        let asks = exec_plugin::interactive(&exec, surroundings)?;
        let key = exec_plugin::key(&exec, surroundings)?;
        let outcome = Arc::clone(self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let (began, mut ours) = (Instant::now(), false);
        let run = async {
            ours = true;
            let _turn = if asks { Some(self.terminal.lock().await) } else { None };
            surroundings.deadline.extend(began.elapsed());
            exec_plugin::run(&exec, surroundings).await
        };
        let printed = outcome.get_or_init(|| run).await;
        if asks && !ours {
            // While somebody else's run may have asked a person.
            surroundings.deadline.extend(began.elapsed());
        }
        printed.as_ref().map_err(Clone::clone).and_then(|printed| exec_plugin::accept(auth, &exec, printed, surroundings.secrets))
    }
}
