//! A loopback server that answers from a table, in an order of its choice. No clock is in it: an answer of the first round is given only
//! when all those before it were given and taken, which the client shows by closing their connections.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::response::{ScriptedResponse, echo};

/// Longer than any run takes: a call that never comes must not hold up the others for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// The three objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptedObject {
    /// `kong`.
    Namespace,
    /// `kong/podid`.
    ServiceAccount,
    /// `kong/konnect-pat`.
    Secret,
}

/// All three.
pub const OBJECTS: [ScriptedObject; 3] = [ScriptedObject::Namespace, ScriptedObject::ServiceAccount, ScriptedObject::Secret];

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiRequest {
    /// A read.
    Get(ScriptedObject),
    /// The same, after a write of that object.
    Again(ScriptedObject),
    /// The read of `kube-system`.
    Uid,
    /// A SelfSubjectReview.
    WhoAmI,
    /// A SelfSubjectAccessReview.
    MayI,
    /// A dry run.
    Dry(ScriptedObject),
    /// A write.
    Write(ScriptedObject),
}

/// The five calls of the first round.
pub const FIRST_ROUND: [ApiRequest; 5] = [
    ApiRequest::Get(ScriptedObject::Namespace),
    ApiRequest::Get(ScriptedObject::ServiceAccount),
    ApiRequest::Get(ScriptedObject::Secret),
    ApiRequest::Uid,
    ApiRequest::WhoAmI,
];

/// What the server is to answer in one run.
#[derive(Clone, Default)]
pub struct Script {
    /// The table.
    pub table: Arc<BTreeMap<ApiRequest, ScriptedResponse>>,
    /// Other answers than the table's.
    pub instead: BTreeMap<ApiRequest, ScriptedResponse>,
    /// The calls whose first answers come in this order.
    pub order: Vec<ApiRequest>,
}

/// What happened in one run.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The calls, in the order in which they came.
    pub calls: Vec<ApiRequest>,
    /// The live tokens that were sent.
    pub live: BTreeSet<String>,
    /// Calls that had to wait for one that never came.
    pub stuck: usize,
}

#[derive(Default)]
struct Round {
    script: Script,
    progress: Mutex<RoundProgress>,
    next: Condvar,
}

#[derive(Default)]
struct RoundProgress {
    given: BTreeSet<ApiRequest>,
    written: BTreeSet<ScriptedObject>,
    log: Log,
}

/// A running server. It ends with the test process.
pub struct ScriptedServer {
    /// Its address.
    pub url: String,
    round: Arc<Mutex<Arc<Round>>>,
}

impl ScriptedServer {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let round: Arc<Mutex<Arc<Round>>> = Arc::default();
        let current = Arc::clone(&round);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let round = Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner));
                std::thread::spawn(move || round.serve(stream));
            }
        });
        Self { url, round }
    }

    /// What it answers from now on.
    pub fn begin(&self, script: Script) {
        let round = Round { script, ..Round::default() };
        *self.round.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(round);
    }

    /// What happened since.
    pub fn log(&self) -> Log {
        let round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        round.progress.lock().unwrap_or_else(PoisonError::into_inner).log.clone()
    }
}

impl Round {
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut writer = stream;
        while let Some((method, target)) = read_request(&mut reader) {
            let Some((call, name)) = parse_request(&method, &target) else {
                let _ = writer.write_all(&echo("pages", &target).bytes(false));
                continue;
            };
            let (call, answer, held) = self.answer(call, name);
            let _ = writer.write_all(&answer.bytes(held));
            if held {
                // The client closes as soon as it has taken the answer.
                let _ = reader.get_ref().set_read_timeout(Some(READ_TIMEOUT));
                let _ = reader.read(&mut [0]);
            }
            let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.given.insert(call);
            self.next.notify_all();
            if held {
                return;
            }
        }
    }

    /// The answer to a call, once it is its turn, and whether the connection is to be closed behind it.
    fn answer(&self, mut call: ApiRequest, other_name: Option<&str>) -> (ApiRequest, ScriptedResponse, bool) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let ApiRequest::Get(object) = call
            && progress.written.contains(&object)
        {
            call = ApiRequest::Again(object);
        }
        progress.log.calls.push(call);
        let before = match self.script.order.iter().position(|one| *one == call) {
            Some(place) if !progress.given.contains(&call) => &self.script.order[..place],
            _ => &[],
        };
        let held = self.script.order.contains(&call) && !progress.given.contains(&call);
        let waits = |progress: &mut RoundProgress| !before.iter().all(|one| progress.given.contains(one));
        let (mut progress, waited) =
            self.next.wait_timeout_while(progress, READ_TIMEOUT, waits).unwrap_or_else(PoisonError::into_inner);
        progress.log.stuck += usize::from(waited.timed_out());
        if let ApiRequest::Write(object) = call {
            progress.written.insert(object);
        }
        let answer = match other_name {
            Some(name) => echo(resource(call), name),
            None => self
                .script
                .instead
                .get(&call)
                .or_else(|| self.script.table.get(&call))
                .cloned()
                .unwrap_or_else(|| echo(resource(call), "it")),
        };
        progress.log.live.extend(answer.live());
        (call, answer, held)
    }
}

const fn resource(call: ApiRequest) -> &'static str {
    match call {
        ApiRequest::Get(object) | ApiRequest::Again(object) | ApiRequest::Dry(object) | ApiRequest::Write(object) => match object
        {
            ScriptedObject::Namespace => "namespaces",
            ScriptedObject::ServiceAccount => "serviceaccounts",
            ScriptedObject::Secret => "secrets",
        },
        ApiRequest::Uid => "namespaces",
        ApiRequest::WhoAmI | ApiRequest::MayI => "reviews",
    }
}

/// What a request asks for, and the name of the object where it is another one than the table's.
fn parse_request<'a>(method: &str, target: &'a str) -> Option<(ApiRequest, Option<&'a str>)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (object, name, known) = match parts.as_slice() {
        ["api", "v1", "namespaces", "kube-system"] => return Some((ApiRequest::Uid, None)),
        ["api", "v1", "namespaces", name] => (ScriptedObject::Namespace, *name, *name == "kong"),
        ["api", "v1", "namespaces", namespace, "serviceaccounts", name] => {
            (ScriptedObject::ServiceAccount, *name, (*namespace, *name) == ("kong", "podid"))
        }
        ["api", "v1", "namespaces", namespace, "secrets", name] => {
            (ScriptedObject::Secret, *name, (*namespace, *name) == ("kong", "konnect-pat"))
        }
        [.., "selfsubjectreviews"] => return Some((ApiRequest::WhoAmI, None)),
        [.., "selfsubjectaccessreviews"] => return Some((ApiRequest::MayI, None)),
        _ => return None,
    };
    let call = match method {
        "GET" => ApiRequest::Get(object),
        "PATCH" if query.contains("dryRun=All") => ApiRequest::Dry(object),
        "PATCH" => ApiRequest::Write(object),
        _ => return None,
    };
    Some((call, (!known).then_some(name)))
}

/// Method and target of the next request; its body is read and dropped.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    Some((method, target))
}
