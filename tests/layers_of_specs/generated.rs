//! Generated chains of files, and what they mean together by a model that knows nothing of TOML.

use std::collections::BTreeMap;

use testkit::Rng;

/// What a file says: each value by the keys that lead to it.
pub type Said = BTreeMap<Vec<&'static str>, String>;

/// A file of a chain.
pub struct Generated {
    pub folder: &'static str,
    pub said: Said,
    pub unset: Vec<Vec<&'static str>>,
}

const FOLDERS: [&str; 4] = ["", "a", "a/b", "c"];

/// Every value that a spec can have, and what it may be.
const VALUES: [(&[&str], &[&str]); 17] = [
    (&["namespace", "name"], &["kong", "gateway"]),
    (&["namespace", "labels", "team"], &["x", "y", ""]),
    (&["namespace", "annotations", "example.com/why"], &["because", "\"quoted\" \\ back\nnext", "é 字"]),
    (&["service_account", "name"], &["sa", "sa.b"]),
    (&["service_account", "labels", "a.b"], &["x"]),
    (&["service_account", "annotations", "eks.amazonaws.com/role-arn"], &["arn:1", "arn:2"]),
    (&["secret", "name"], &["pat", "pat.two"]),
    (&["secret", "labels", "team"], &["x", "y"]),
    (&["secret", "labels", "konghq.com/secret"], &["true", "false"]),
    (&["secret", "labels", "environment"], &["prod"]),
    (&["secret", "annotations", "note"], &["##[error]x", "\u{202e}tab\there"]),
    (&["pat_env"], &["PAT", "PROD_PAT"]),
    (&["pat_file"], &["token", "keys/token", "../token", "/run/token"]),
    (&["cluster", "context"], &["prod", "dev"]),
    (&["cluster", "kubeconfig"], &["kube.yaml", "../kube.yaml"]),
    (&["cluster", "uid"], &["3f0c2c9e"]),
    (&["namespace", "manage"], &["true"]),
];

/// A chain of so many files, the spec first, which is valid together.
pub fn chain(rng: &mut Rng, length: usize) -> Vec<Generated> {
    let mut files: Vec<Generated> = Vec::new();
    let mut inherited = Said::new();
    for left in (0..length).rev() {
        let folder = if left == 0 { "envs" } else { FOLDERS[rng.index(FOLDERS.len())] };
        let mut unset: Vec<Vec<&'static str>> = Vec::new();
        for path in inherited.keys() {
            let cut = if rng.one_in(3) { 1 + rng.index(path.len()) } else { path.len() };
            let path = path[..cut].to_vec();
            // What another one takes along can't be removed again.
            let apart = unset.iter().all(|other| !path.starts_with(other) && !other.starts_with(&path));
            if apart && rng.one_in(6) {
                unset.push(path);
            }
        }
        let mut said = Said::new();
        for (path, values) in VALUES {
            let needed = left == 0 && is_needed(path, &inherited, &unset);
            if needed || rng.one_in(3) {
                said.insert(path.to_vec(), values[rng.index(values.len())].to_owned());
            }
        }
        if said.contains_key(&vec!["pat_env"]) {
            said.remove(&vec!["pat_file"]);
        }
        inherited = together(inherited, &said, &unset);
        files.push(Generated { folder, said, unset });
    }
    files.reverse();
    files
}

fn is_needed(path: &[&'static str], inherited: &Said, unset: &[Vec<&'static str>]) -> bool {
    let left = together(inherited.clone(), &Said::new(), unset);
    match path {
        [_, "name"] => !left.contains_key(path),
        ["pat_env"] => !left.contains_key(&vec!["pat_env"]) && !left.contains_key(&vec!["pat_file"]),
        _ => false,
    }
}

/// What a file says over what it inherits.
pub fn together(mut inherited: Said, said: &Said, unset: &[Vec<&'static str>]) -> Said {
    inherited.retain(|path, _| !unset.iter().any(|removed| path.starts_with(removed)));
    for (one, other) in [("pat_env", "pat_file"), ("pat_file", "pat_env")] {
        if said.contains_key(&vec![one]) {
            inherited.remove(&vec![other]);
        }
    }
    inherited.extend(said.clone());
    inherited
}

/// It as TOML, in one of the ways that there are.
pub fn written(said: &Said, rng: &mut Rng) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let key = |path: &[&str]| {
        let part =
            |part: &&str| if part.contains(['.', '/']) || rng.one_in(5) { format!("\"{part}\"") } else { (*part).to_owned() };
        path.iter().map(part).collect::<Vec<_>>().join(" . ").replace(" . ", ".")
    };
    let mut key = key;
    let value = |path: &[&str], text: &str| if path.ends_with(&["manage"]) { text.to_owned() } else { quoted(text) };
    let (mut top, mut tables) = (String::new(), BTreeMap::<&str, String>::new());
    let dotted = said.len().is_multiple_of(2);
    for (path, text) in said {
        let alone = path.len() > 1 && said.keys().filter(|other| other[0] == path[0]).count() == 1;
        match path.as_slice() {
            [object, "name"] if alone => top.push_str(&format!("{object} = {}\n", quoted(text))),
            [_] => top.push_str(&format!("{} = {}\n", key(path), value(path, text))),
            _ if dotted => top.push_str(&format!("{} = {}\n", key(path), value(path, text))),
            [table, rest @ ..] => {
                let line = format!("{} = {} # {}\n", key(rest), value(path, text), rest.len());
                tables.entry(table).or_default().push_str(&line);
            }
            [] => {}
        }
    }
    let tables = tables.into_iter().map(|(table, lines)| format!("\n[{table}]\n{lines}"));
    format!("{top}{}", tables.collect::<String>())
}

/// The list of what is removed, as TOML.
pub fn unset(list: &[Vec<&'static str>]) -> String {
    let part = |part: &&str| if part.contains(['.', '/']) { format!("\"{part}\"") } else { (*part).to_owned() };
    let item = |path: &Vec<&'static str>| format!("'{}'", path.iter().map(part).collect::<Vec<_>>().join("."));
    match list {
        [] => String::new(),
        list => format!("unset = [{}]\n", list.iter().map(item).collect::<Vec<_>>().join(", ")),
    }
}
