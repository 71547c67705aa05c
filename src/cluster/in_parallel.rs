//! Several requests at once, on one thread, and no more at a time than a server likes from one client.

use std::future::Future;

use futures_util::stream::{self, StreamExt as _};

/// How many requests are under way at a time, where nobody says otherwise.
pub const DEFAULT_PARALLELISM: u16 = 16;

/// Runs all of them, and gives what they gave in their order.
pub async fn in_parallel<T>(requests: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(requests).buffered(usize::from(DEFAULT_PARALLELISM)).collect().await
}
