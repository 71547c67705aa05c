//! From the parsed tree to a Spec, noting every fault on the way instead of stopping at the first.

mod objects;

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::diagnostic::Fault;
use super::mask::{bare_variable, looks_like_token, mask_tokens, names_a_token};
use super::{ClusterKeys, PatKey, Spec};

/// A walk through one document.
pub(super) struct Walk<'a> {
    path: &'a str,
    folder: &'a Path,
    pat_from_stdin: bool,
    /// Everything that is wrong so far.
    pub(super) faults: Vec<Fault>,
}

/// A key and its value, with their places.
type Entry<'t, 'i> = (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>);

const KEYS: [&str; 6] = ["namespace", "service_account", "secret", "pat_env", "pat_file", "cluster"];

impl<'a> Walk<'a> {
    pub(super) const fn new(path: &'a str, folder: &'a Path, pat_from_stdin: bool) -> Self {
        Self { path, folder, pat_from_stdin, faults: Vec::new() }
    }

    /// The whole document; `None` where something needed is missing or wrong, which has been noted.
    pub(super) fn document(&mut self, table: &DeTable<'_>) -> Option<Spec> {
        self.known_keys(table, &KEYS, None);
        let namespace = self.object(table, "namespace");
        let service_account = self.object(table, "service_account");
        let secret = self.object(table, "secret");
        let pat = self.pat(table);
        let cluster = self.cluster(table);
        let (namespace, manage_namespace) = namespace?;
        Some(Spec {
            path: self.path.to_owned(),
            folder: self.folder.to_owned(),
            // Of the whole text, which this walk does not see.
            digest: String::new(),
            namespace,
            manage_namespace,
            service_account: service_account?.0,
            secret: secret?.0,
            pat,
            cluster,
        })
    }

    fn note(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Fault {
        self.faults.push(Fault::at(span, message));
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }

    fn missing(&mut self, message: &str, hint: &str) {
        let mut fault = Fault::whole(message.to_owned(), Some(hint));
        fault.of_absence = true;
        self.faults.push(fault);
    }

    /// Notes every key that is not one of these.
    fn known_keys(&mut self, table: &DeTable<'_>, known: &[&str], inside: Option<&str>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            self.hide_tokens(key.span(), name);
            if known.contains(&name) {
                continue;
            }
            let place = inside.map_or_else(String::new, |table| format!(" in [{table}]"));
            if names_a_token(name) {
                let fault = self.note(
                    key.span(),
                    format!("unknown key `{}`{place}: the token itself never belongs in this file", mask_tokens(name)),
                );
                fault.hide(value.span());
                fault.hint =
                    Some("write pat_env = \"PAT\", the NAME of the variable that holds it, or pat_file = \"path\"".to_owned());
                continue;
            }
            let close = similar::get_close_matches(name, known, 1, 0.6).first().map(|close| (*close).to_owned());
            let fault = self.note(key.span(), format!("unknown key `{}`{place}", mask_tokens(name)));
            fault.hint = Some(
                close
                    .map_or_else(|| format!("known keys here: {}", known.join(", ")), |close| format!("did you mean `{close}`?")),
            );
        }
    }

    /// Notes a token that only shows once escapes are resolved; the text itself has been searched already.
    fn hide_tokens(&mut self, span: Range<usize>, decoded: &str) -> bool {
        let found = looks_like_token(decoded);
        if found {
            self.faults.push(Fault::token(span));
        }
        found
    }

    /// The text of a value that must be a string.
    fn text(&mut self, (key, value): Entry<'_, '_>, what: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => (!self.hide_tokens(value.span(), text)).then(|| text.to_string()),
            other => {
                let found = type_name(other);
                let fault = self.note(value.span(), format!("`{}` must be {what}, and is {found}", mask_tokens(key.get_ref())));
                if matches!(other, DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)) {
                    fault.hint = Some("put it in quotes".to_owned());
                }
                None
            }
        }
    }

    fn pat(&mut self, table: &DeTable<'_>) -> Option<PatKey> {
        let (env, file) = (table.get_key_value("pat_env"), table.get_key_value("pat_file"));
        if let (Some(_), Some((key, _))) = (env, file) {
            self.note(key.span(), "both `pat_env` and `pat_file` are given").hint = Some("keep one of them".to_owned());
        }
        match (env, file) {
            (Some(entry), _) => self.pat_env(entry),
            (None, Some(entry)) => {
                let shown = self.text(entry, "a path")?;
                if shown.trim().is_empty() {
                    self.note(entry.1.span(), "`pat_file` is empty");
                    return None;
                }
                let path = self.resolve(&shown);
                Some(PatKey::File(shown, path))
            }
            (None, None) if self.pat_from_stdin => None,
            (None, None) => {
                self.missing(
                    "missing key `pat_env` (or `pat_file`)",
                    "write pat_env = \"PAT\", the NAME of the variable that holds the token",
                );
                None
            }
        }
    }

    fn pat_env(&mut self, entry: Entry<'_, '_>) -> Option<PatKey> {
        let span = entry.1.span();
        let DeValue::String(text) = entry.1.get_ref() else {
            let found = type_name(entry.1.get_ref());
            self.note(span.clone(), format!("`pat_env` must be the name of a variable, and is {found}")).hide(span);
            return None;
        };
        if self.hide_tokens(span.clone(), text) {
            return None;
        }
        match bare_variable(text) {
            Some(name) if name == text => Some(PatKey::Env(name.to_owned())),
            Some(name) => {
                self.note(span, "`pat_env` is the variable's name, without `$`").hint =
                    Some(format!("write pat_env = \"{name}\""));
                None
            }
            None => {
                let fault = self.note(span.clone(), "`pat_env` must be the NAME of a variable: letters, digits and _");
                fault.hint =
                    Some("if this is the token itself: it never belongs in this file; write pat_env = \"PAT\"".to_owned());
                fault.hide(span);
                None
            }
        }
    }

    fn cluster(&mut self, table: &DeTable<'_>) -> ClusterKeys {
        let Some((key, value)) = table.get_key_value("cluster") else { return ClusterKeys::default() };
        let DeValue::Table(cluster) = value.get_ref() else {
            self.note(value.span(), format!("`{}` must be a table, and is {}", key.get_ref(), type_name(value.get_ref())));
            return ClusterKeys::default();
        };
        self.known_keys(cluster, &["context", "kubeconfig", "uid"], Some("cluster"));
        let kubeconfig = self.cluster_text(cluster, "kubeconfig");
        ClusterKeys {
            context: self.cluster_text(cluster, "context"),
            kubeconfig: kubeconfig.map(|shown| {
                let path = self.resolve(&shown);
                (shown, path)
            }),
            uid: self.cluster_text(cluster, "uid"),
        }
    }

    fn cluster_text(&mut self, cluster: &DeTable<'_>, key: &str) -> Option<String> {
        let entry = cluster.get_key_value(key)?;
        let text = self.text(entry, "a string")?;
        if text.trim().is_empty() {
            self.note(entry.1.span(), format!("`{key}` is empty")).hint =
                Some("leave the key out, or give it a value".to_owned());
            return None;
        }
        Some(text)
    }

    /// A path of the spec: relative ones start at its folder, `~/` at home.
    fn resolve(&self, shown: &str) -> PathBuf {
        match (shown.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => self.folder.join(shown),
        }
    }
}

/// What a value is, in words; never the value.
const fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
