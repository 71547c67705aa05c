//! A watch of an API server, read event by event.

use std::path::Path;

use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::request::client;

/// A watch that was answered.
pub struct Watching {
    runtime: Runtime,
    body: Body,
    read: Vec<u8>,
    // The connection lives as long as the client.
    _client: kube::Client,
}

impl Watching {
    /// Begins one. Panics where the server does not answer 200.
    pub fn begin(kubeconfig: &Path, path: &str, accept: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (client, body) = runtime.block_on(async {
            let client = client(kubeconfig).await.expect("a client");
            let request = http::Request::get(path).header("accept", accept).body(Body::empty()).expect("a request");
            let answer = client.send(request).await.unwrap_or_else(|e| panic!("{path}: {e:?}"));
            assert_eq!(answer.status().as_u16(), 200, "{path}");
            (client, answer.into_body())
        });
        Self { runtime, body, read: Vec::new(), _client: client }
    }
}

impl Iterator for Watching {
    type Item = Value;

    /// The next event; `None` where the watch has ended. Panics where nothing comes for half a minute.
    fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("an event a line"));
            }
            let frame = self.runtime.block_on(self.body.frame())?.expect("the watch broke off");
            self.read.extend_from_slice(frame.data_ref().map_or(&[], |bytes| bytes));
        }
    }
}
