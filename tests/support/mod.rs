//! What the tests that need a real Kubernetes API share: the server, its users, and the built `konnect` to run against it.
//!
//! * [`binaries`]: finds or builds etcd, kube-apiserver and kubectl.
//! * [`server`]: starts a server of our own and sees to its end.
//! * [`served`]: the sandbox as a loopback server.
//! * [`users`]: certificates and kubeconfigs.
//! * [`request`]: one HTTP request, as any user.
//! * [`relay`]: stands between us and the server, and spoils calls.
//! * [`scenario`]: the states of `tests/scenarios`, to be loaded anywhere.
//! * [`child`]: runs a program to its end, within a deadline.
//! * [`konnect`]: runs the built binary; [`terminal`]: the same on a pseudo-terminal.
//! * [`dice`]: seeded choices.
//! * [`document`]: what the tests say in `docs`.
//! * [`skipped`]: says and counts what could not run.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

pub mod binaries;
pub mod child;
pub mod dice;
pub mod document;
pub mod konnect;
pub mod relay;
pub mod request;
pub mod scenario;
pub mod served;
pub mod server;
pub mod skipped;
pub mod terminal;
pub mod users;

pub use dice::Dice;
pub use konnect::{Konnect, Ran};
pub use served::Served;
pub use server::Server;

use std::sync::OnceLock;

/// The server of this test binary, started by the first test that asks. `None`: no server can be had here, the test is
/// counted as skipped and should return. Panics when a server should have started and did not.
#[track_caller]
pub fn server() -> Option<&'static Server> {
    // The failure is kept too: the second test must not wait for the same deadline again.
    static SERVER: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
    let started = SERVER.get_or_init(|| match binaries::find()? {
        Some(binaries) => Server::try_start(&binaries).map(Some),
        None => Ok(None),
    });
    match started {
        Ok(Some(server)) => Some(server),
        Ok(None) => {
            skipped::count(std::panic::Location::caller());
            None
        }
        Err(why) => panic!("no test server: {why}"),
    }
}
