//! What the tests of konnect share: a real Kubernetes API, the built `konnect` to run against it, and what holds the outcome against
//! what was expected. It knows nothing of konnect but its binary, which a test names with [`konnect!`].
//!
//! * [`server`], [`binaries`], [`users`]: a kube-apiserver of our own: found or built, started, and who may talk to it.
//! * [`served`]: the sandbox as a loopback server.
//! * [`request`]: one HTTP request, as any user. [`watching`]: a watch, event by event.
//! * [`relay`], [`calls`]: stands between konnect and a server, names each call, and spoils those it is told to.
//! * [`scenario`]: the folders of `tests/scenarios`.
//! * [`program`], [`terminal`], [`child`]: runs the built binary, on a pseudo-terminal too, and any other program, within a deadline.
//! * [`canaries`]: looks for pieces of secrets in what a run wrote.
//! * [`golden`]: expected files and the generated parts of documents, compared or written anew.
//! * [`closed_schema`]: a public schema in which all that is printed must be named.
//! * [`rng`]: seeded choices.
//! * [`extent`]: how much is to be tried. [`skipped`]: says and counts what could not run.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

pub mod binaries;
pub mod canaries;
pub mod child;
pub mod closed_schema;
pub mod extent;
pub mod golden;
pub mod program;
pub mod relay;
pub mod request;
pub mod rng;
pub mod scenario;
pub mod served;
pub mod server;
pub mod skipped;
pub mod terminal;
pub mod users;
pub mod watching;

use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use program::{Konnect, Ran};
pub use rng::Rng;
pub use served::Served;
pub use server::Server;
pub use watching::Watching;

/// A way to run the built `konnect`: [`Konnect::new`] with the path that cargo gives to integration tests and benches alone.
#[macro_export]
macro_rules! konnect {
    () => {
        $crate::Konnect::new(env!("CARGO_BIN_EXE_konnect"))
    };
}

/// The repository's folder.
#[must_use]
pub fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    crates.expect("this crate is two folders down").to_owned()
}

/// The server of this test binary, started by the first test that asks. `None`: no server can be had here, the test is
/// counted as skipped and should return. Panics when a server should have started and did not.
#[track_caller]
#[must_use]
pub fn server() -> Option<&'static Server> {
    let place = Location::caller();
    server_or_skip(|| skipped::running_test(place))
}

/// The same for a test that runs under a name of its own.
#[must_use]
pub fn server_for(test: &str) -> Option<&'static Server> {
    server_or_skip(|| test.to_owned())
}

fn server_or_skip(test: impl FnOnce() -> String) -> Option<&'static Server> {
    // The failure is kept too: the second test must not wait for the same deadline again.
    static SERVER: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
    let started = SERVER.get_or_init(|| match binaries::find()? {
        Some(binaries) => Server::try_start(&binaries).map(Some),
        None => Ok(None),
    });
    match started {
        Ok(Some(server)) => Some(server),
        Ok(None) => {
            skipped::count(&test(), skipped::no_real_server());
            None
        }
        Err(why) => panic!("no test server: {why}"),
    }
}
