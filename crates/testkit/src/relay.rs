//! A loopback relay to the real server that can spoil any call: what a network, a gateway or another manager can do to us.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::request;
use kube_sandbox::faults::{RequestKey, RequestLog};

/// What the relay does to one call.
#[derive(Clone)]
pub enum RelayFault {
    /// Nothing.
    None,
    /// The connection is closed; the server never sees the request.
    CloseBefore,
    /// The server carries it out, and the connection is closed before the answer.
    CloseAfter,
    /// The server carries it out, and the connection is closed in the middle of the answer.
    CloseInside,
    /// No answer comes; the server never sees the request.
    Hang,
    /// This answer instead; the server sees the request only if `forward`.
    Respond {
        /// Whether the server carries the request out.
        forward: bool,
        /// The status code.
        code: u16,
        /// Header lines, each with its end.
        headers: &'static str,
        /// The body.
        body: &'static str,
    },
    /// The server's answer, with another object's name in it.
    OtherObject,
    /// This is done first, then the request is carried out.
    First(Hook),
    /// The request is carried out, then this is done before the answer is given.
    Then(Hook),
}

/// What else is done at a call.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

/// Decides what happens to a call.
pub type Decision = dyn Fn(&RequestKey) -> RelayFault + Send + Sync;

/// A running relay. It ends with the test process.
pub struct Relay {
    /// A kubeconfig that leads through it.
    pub kubeconfig: PathBuf,
    calls: RequestLog,
}

struct RelayState {
    admin: PathBuf,
    calls: RequestLog,
    decide: Box<Decision>,
}

impl Relay {
    /// Starts a relay that acts as the user of `admin`, with a kubeconfig in `folder`.
    pub fn start(admin: &Path, folder: &Path, decide: impl Fn(&RequestKey) -> RelayFault + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let calls = RequestLog::default();
        let line = Arc::new(RelayState { admin: admin.to_owned(), calls: calls.clone(), decide: Box::new(decide) });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let line = Arc::clone(&line);
                std::thread::spawn(move || line.serve(stream));
            }
        });
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "relay",
            "contexts": [{"name": "relay", "context": {"cluster": "relay", "user": "relay"}}],
            "clusters": [{"name": "relay", "cluster": {"server": url}}], "users": [{"name": "relay", "user": {}}],
        });
        let kubeconfig = folder.join("relay.json");
        std::fs::write(&kubeconfig, config.to_string()).expect("the kubeconfig is written");
        Self { kubeconfig, calls }
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<RequestKey> {
        self.calls.all()
    }
}

impl RelayState {
    /// One connection: its requests, until one is spoiled.
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut writer = stream;
        while let Some((method, path, headers, body)) = read_request(&mut reader) {
            let fault = (self.decide)(&self.calls.next(&method, &path));
            match &fault {
                RelayFault::CloseBefore => return,
                RelayFault::Hang => {
                    // Until the client gives up.
                    let _ = reader.read_to_end(&mut Vec::new());
                    return;
                }
                RelayFault::Respond { forward: false, code, headers, body } => {
                    write_answer(&mut writer, *code, headers, body.as_bytes());
                    continue;
                }
                RelayFault::First(hook) => hook(),
                _ => {}
            }
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let Ok((code, mut answer)) = request::send(&self.admin, &method, &path, &headers, body) else { return };
            if matches!(fault, RelayFault::OtherObject) && answer.pointer("/metadata/name").is_some() {
                answer["metadata"]["name"] = json!("another-object");
            }
            if let RelayFault::Then(hook) = &fault {
                hook();
            }
            let text = if let Value::String(text) = answer { text } else { answer.to_string() };
            match fault {
                RelayFault::CloseAfter => return,
                RelayFault::CloseInside => {
                    let half = &text.as_bytes()[..text.len() / 2];
                    let _ = write!(
                        writer,
                        "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        text.len()
                    );
                    let _ = writer.write_all(half);
                    return;
                }
                RelayFault::Respond { code, headers, body, .. } => write_answer(&mut writer, code, headers, body.as_bytes()),
                _ => write_answer(&mut writer, code, "content-type: application/json\r\n", text.as_bytes()),
            }
        }
    }
}

type ParsedRequest = (String, String, Vec<(String, String)>, Vec<u8>);

fn read_request(reader: &mut impl std::io::BufRead) -> Option<ParsedRequest> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        if matches!(name.as_str(), "content-type" | "accept" | "user-agent") {
            // kubectl would rather have protobuf, and answers are JSON here.
            let wants_protobuf = name == "accept" && value.contains("protobuf");
            headers.push((name, if wants_protobuf { "application/json" } else { value }.to_owned()));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, headers, body))
}

fn write_answer(writer: &mut TcpStream, code: u16, headers: &str, body: &[u8]) {
    let _ = write!(writer, "HTTP/1.1 {code} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
    let _ = writer.write_all(body);
}
