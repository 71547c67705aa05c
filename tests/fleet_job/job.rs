//! The Job of the example, and its pods as processes.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::{Ran, child};

/// A file of the example.
pub fn file(name: &str) -> String {
    let path = testkit::root().join("examples/fleet-job").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Its documents.
pub fn documents(name: &str) -> Vec<Value> {
    let parsed = |text: &str| serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    file(name).split("\n---\n").map(parsed).collect()
}

/// The text of a value that is one.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The Job.
pub struct Job {
    manifest: Value,
}

impl Job {
    pub fn read() -> Self {
        let mut documents = documents("job.yaml");
        assert_eq!(documents.len(), 1);
        Self { manifest: documents.remove(0) }
    }

    /// The same with other numbers, as the file says how.
    pub fn with_shards(mut self, count: u64) -> Self {
        self.manifest["spec"]["completions"] = count.into();
        let env = self.manifest["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().expect("env");
        let shards = env.iter_mut().find(|of| of["name"] == "SHARDS").expect("SHARDS");
        shards["value"] = count.to_string().into();
        self
    }

    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    pub fn container(&self) -> &Value {
        &self.manifest["spec"]["template"]["spec"]["containers"][0]
    }

    /// Its variables: each a text, or where that comes from.
    pub fn env(&self) -> BTreeMap<String, Value> {
        let env = self.container()["env"].as_array().expect("env");
        env.iter().map(|of| (text(&of["name"]), of.get("value").unwrap_or(&of["valueFrom"]).clone())).collect()
    }

    /// A pod of it.
    pub fn pod(&self) -> Value {
        let mut pod = self.manifest["spec"]["template"].clone();
        (pod["apiVersion"], pod["kind"]) = ("v1".into(), "Pod".into());
        pod["metadata"] = json!({"name": "konnect-fleet-0", "namespace": self.manifest["metadata"]["namespace"]});
        pod
    }

    /// What the kubelet makes of a ConfigMap at one of its mounts: links to a folder that is replaced as a whole.
    pub fn mount(&self, root: &Path, volume: &str, files: &[(String, String)]) {
        let mounts = self.container()["volumeMounts"].as_array().expect("mounts");
        let mount = mounts.iter().find(|of| of["name"] == volume).unwrap_or_else(|| panic!("{volume} is not mounted"));
        let place = root.join(text(&mount["mountPath"]).trim_start_matches('/'));
        let data = place.join("..2026_01_02_03_04_05.678");
        std::fs::create_dir_all(&data).expect("a folder");
        symlink("..2026_01_02_03_04_05.678", place.join("..data")).expect("a link");
        for (name, text) in files {
            std::fs::write(data.join(name), text).expect("a file");
            symlink(Path::new("..data").join(name), place.join(name)).expect("a link");
        }
    }

    /// A text of the manifest with its mounts below the folder that the process is in.
    fn placed(&self, text: String) -> String {
        let mounts = self.container()["volumeMounts"].as_array().expect("mounts");
        mounts.iter().map(|of| self::text(&of["mountPath"])).fold(text, |text, mount| text.replace(&mount, &mount[1..]))
    }

    fn command(&self, root: &Path, program: &Path, token: &str, index: u64) -> Command {
        let command = self.container()["command"].as_array().expect("a command").iter().map(|word| self.placed(text(word)));
        let words: Vec<String> = command.collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().current_dir(root);
        command.env("PATH", program.parent().expect("a folder")).env("JOB_COMPLETION_INDEX", index.to_string());
        for (name, value) in self.env() {
            let value = match &value {
                Value::String(text) => self.placed(text.clone()),
                from => {
                    assert_eq!(from, &json!({"secretKeyRef": {"name": "konnect-fleet-token", "key": "token"}}), "{name}");
                    token.to_owned()
                }
            };
            command.env(name, value);
        }
        command
    }

    /// Runs all its pods at once.
    pub fn run(&self, root: &Path, program: &Path, token: &str) -> Pods {
        let completions = self.manifest["spec"]["completions"].as_u64().expect("a number");
        let one = |index| {
            let output = child::run_to_end(self.command(root, program, token, index), None);
            let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
            Ran { code: child::code(output.status), stdout: text(output.stdout), stderr: text(output.stderr) }
        };
        let ran = std::thread::scope(|scope| {
            let running: Vec<_> = (0..completions).map(|index| scope.spawn(move || one(index))).collect();
            running.into_iter().map(|pod| pod.join().expect("it ended")).collect()
        });
        Pods { ran }
    }
}

/// How the pods ended.
pub struct Pods {
    ran: Vec<Ran>,
}

impl Pods {
    pub fn count(&self) -> usize {
        self.ran.len()
    }

    /// What one printed.
    pub fn said(&self, pod: usize) -> &str {
        &self.ran[pod].stdout
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        self.ran.iter().for_each(|ran| {
            ran.assert_code(code);
        });
    }

    /// The events of one, which is all that it printed.
    pub fn events(&self, pod: usize) -> Vec<Value> {
        self.said(pod).lines().map(|line| line.parse().unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// What it says of each spec at the end.
    pub fn results(&self, pod: usize) -> Vec<(String, String)> {
        let last = self.events(pod).pop().expect("a summary");
        assert_eq!(last["type"], "summary");
        last["specs"].as_array().into_iter().flatten().map(|of| (text(&of["spec"]), text(&of["result"]))).collect()
    }
}
