//! What bad input is put into: one function for each door through which bytes from outside come in. Shared by the stable test
//! (`tests/bad_input.rs`) and the fuzz targets (`fuzz/`). They must not panic, hang, or show what looks like a token.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use jiff::Timestamp;
use konnect::cluster::connection::client;
use konnect::cluster::kubeconfig::select;
use konnect::cluster::{Cluster, ClusterSelector, Notices};
use konnect::deadline::Deadline;
use konnect::desired::{DesiredObject, WantedValue};
use konnect::field_path::FieldPath;
use konnect::object::{ObjectRef, RESOURCE_TYPES, ResourceType};
use konnect::observed::Read;
use konnect::outcome::Failure;
use konnect::outside::{Outside, Text};
use konnect::ownership::Owners;
use konnect::pat::mask_tokens;
use konnect::pat::{Salt, Scrubber};
use konnect::planner::change;
use konnect::read::{Comparison, read_object};
use konnect::saved_plan::SavedPlan;
use konnect::spec::{check_texts, parse};
use konnect::view::Door;
use kube_sandbox::handle;
use kube_sandbox::request::Request;
use kube_sandbox::rights::Caller;
use kube_sandbox::store::Store;

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// Every door, by the name of its corpus.
pub const ALL: [(&str, Target); 7] = [
    ("spec", spec),
    ("layers", layers),
    ("kubeconfig", kubeconfig),
    ("managed_fields", managed_fields),
    ("answer", answer),
    ("sandbox", sandbox),
    ("saved_plan", saved_plan),
];

/// Nothing that looks like a token.
fn clean(text: &str) {
    assert!(mask_tokens(text) == *text, "a token shows: {text}");
}

/// Nothing that looks like a token, once it has gone through the door.
fn shown(text: &Text) {
    clean(&Door::default().lines(text));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

/// A spec.
pub fn spec(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(errors) = parse("konnect.toml", Path::new(""), &text, false) {
        assert!(errors.count() > 0, "refused without a reason");
        clean(konnect::view::render_spec_errors(&errors, false, None, &Door::default()).as_str());
        clean(konnect::view::render_spec_errors(&errors, true, None, &Door::default()).as_str());
        errors.messages().iter().for_each(shown);
    }
}

/// A spec of several files, a line of `---` between them. What is printed of a valid one is a spec too, and says the same.
pub fn layers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let texts: Vec<(Outside, &str)> =
        text.split("---\n").enumerate().map(|(i, text)| (Outside::new(format!("{i}.toml")), text)).collect();
    let checked = match check_texts(Path::new(""), &texts, false) {
        Ok(checked) => checked,
        Err(errors) => {
            assert!(errors.count() > 0, "refused without a reason");
            clean(konnect::view::render_spec_errors(&errors, true, None, &Door::default()).as_str());
            return errors.messages().iter().for_each(shown);
        }
    };
    let printed = konnect::view::effective(&checked.effective, &Door::default());
    clean(printed.as_str());
    let again = check_texts(Path::new(""), &[("again.toml".into(), printed.as_str())], false);
    let again = again.unwrap_or_else(|errors| panic!("{:?}\n{}", errors, printed.as_str()));
    match (checked.into_spec(), again.into_spec()) {
        (Ok(one), Ok(other)) => assert!(
            one.objects == other.objects && one.pat == other.pat && one.cluster == other.cluster,
            "another spec is printed\n{}",
            printed.as_str()
        ),
        (one, other) => assert!(one.is_err() && other.is_err(), "one of them is a template\n{}", printed.as_str()),
    }
}

/// A kubeconfig, up to the client that would be built from it. Nothing in it is run.
pub fn kubeconfig(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    std::fs::write(&path, bytes).expect("written");
    for context in [None, Some(Outside::from("dev"))] {
        let choice = ClusterSelector { kubeconfig_flag: Some(path.as_path().into()), context, ..ClusterSelector::default() };
        let unheard: Notices = Arc::new(|_| {});
        let selected = block_on(async {
            let mut selected = select(&choice, &Deadline::default(), &unheard, &Scrubber::default()).await?;
            let config = &mut selected.config;
            config.auth_info.exec = None;
            // Without an authority of its own the system's are read, which takes long and is always the same.
            if config.root_cert.is_some() || config.accept_invalid_certs {
                let _ = client(&selected, &(Arc::new(|_| {}) as Notices))?;
            }
            Ok::<_, Failure>(selected)
        });
        match selected {
            Ok(selected) => shown(&selected.context.into()),
            Err(failure) => shown(&failure.what),
        }
    }
}

/// The file of a saved plan.
pub fn saved_plan(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan");
    std::fs::write(&path, bytes).expect("written");
    let named = Outside::from(path.as_path());
    match SavedPlan::open(&named) {
        // Only what is as it was saved is taken: its text is the one that it would be saved as.
        Ok((plan, digest)) => {
            assert_eq!(plan.save(&named).expect("saved"), digest);
            assert_eq!(std::fs::read(&path).expect("readable"), bytes);
        }
        Err(failure) => shown(&failure.what),
    }
}

/// `metadata.managedFields`.
pub fn managed_fields(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    for resource in RESOURCE_TYPES {
        let owners = Owners::parse(&value, resource);
        let more = [&["data", "token"][..], &["metadata", "labels", "a"]].map(FieldPath::of);
        for path in owners.ours().iter().chain(&more) {
            let _ = (owners.others(path), owners.of_map(path), owners.class_of(path), path.dotted(), path.json_pointer());
        }
    }
}

/// What the server answers when asked for a Secret: the first byte chooses the code, the rest is the body.
pub fn answer(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let code = [200_u16, 200, 404, 403, 409, 500, 401, 422][usize::from(*first) % 8];
    let body = Bytes::copy_from_slice(body);
    let read = block_on(async {
        let service = tower::service_fn(move |_: http::Request<kube::client::Body>| {
            let answer = http::Response::builder().status(code).body(Full::new(body.clone()));
            async move { answer }
        });
        let client = kube::Client::new(service, "default");
        let deadline = Deadline::after(Duration::from_secs(60));
        let cluster = Cluster::over(client, "bad", "bad", deadline, Arc::new(|_| {}));
        let (secrets, salt) = (Scrubber::default(), Salt::default());
        read_object(&cluster, &secret(), Comparison { pat: None, secrets: &secrets, salt: &salt, fingerprints: None }).await
    });
    if let Read::Unreadable(failure) = &read {
        shown(&failure.what);
    }
    let change = change(&secret(), &read, &BTreeSet::new());
    assert!(code == 404 || !matches!(read, Read::Absent), "absent without a 404: {change:?}");
}

fn secret() -> DesiredObject {
    let resource = ResourceType::of_spec_key("secret").expect("in the table");
    DesiredObject {
        object: ObjectRef { resource, namespace: Some("kong".into()), name: "pat".into() },
        fields: BTreeMap::from([
            (FieldPath::of(&["metadata", "labels", "a"]), WantedValue::Plain("1".into())),
            (FieldPath::of(&["data", "token"]), WantedValue::Token),
        ]),
    }
}

/// Requests to the sandbox, parted by the byte 0x1e: method and target, content type, body. Only the body holds line ends.
pub fn sandbox(bytes: &[u8]) {
    let mut store = Store::new(1, Timestamp::UNIX_EPOCH);
    for request in bytes.split(|byte| *byte == 0x1e) {
        let mut lines = request.splitn(3, |byte| *byte == b'\n');
        let text = |line: Option<&[u8]>| String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
        let (first, content_type) = (text(lines.next()), text(lines.next()));
        let (method, target) = first.split_once(' ').unwrap_or(("GET", first.as_str()));
        let mut request = Request::new(method, target, lines.next().unwrap_or_default().to_vec());
        request.content_type = (!content_type.is_empty()).then_some(content_type);
        let answer = handle(&mut store, &request, &Caller::default(), Timestamp::UNIX_EPOCH);
        assert!((200..=599).contains(&answer.code), "{}", answer.code);
    }
}
