//! Several requests at once, on one thread, and no more at a time than a server likes from one client.

use std::future::Future;

use futures_util::stream::{self, StreamExt as _};

use super::pace::PARALLELISM;

/// Runs all of them, and gives what they gave in their order.
pub async fn in_parallel<T>(requests: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(requests).buffered(PARALLELISM).collect().await
}
