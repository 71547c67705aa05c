//! What a spec may say that was written by somebody who is not trusted, such as the author of a pull request (`--untrusted-spec`).

use std::ops::Range;
use std::path::{Component, Path};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::compose::{Reading, compose};
use super::diagnostic::SpecError;
use super::extends::{Extends, OnDisk};
use super::files::SpecFile;
use super::{Checked, ClusterKeys, SpecErrors, SpecOrTemplate};
use crate::object::RESOURCE_TYPES;
use crate::outside::Outside;
use crate::plan::Warning;
use crate::text;

/// What becomes of a key of an untrusted spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyRule {
    /// It says only what is wanted, and whatever is below it does too.
    Harmless,
    /// A table whose keys have rules of their own.
    Table,
    /// The context: one that the operator named.
    Context,
    /// The variable with the token: one that the operator named.
    PatEnv,
    /// Never read, but it is no reason to stop, unless it leads out of the spec's folder.
    IgnoredPath,
    /// It would have any file of this machine read as the token.
    PatFile,
    /// It says how the spec is put together from files, and is gone by then: the result is judged. `extends` says which files those may be.
    Composing,
}

/// Every key that an untrusted spec may have at all, beside those of its objects. A key that is missing here is refused, so that one which
/// loosens a guard or reads a file never becomes a stranger's by being new.
const KEYS: [(&str, KeyRule); 12] = [
    ("namespace.manage", KeyRule::Harmless),
    ("pat_env", KeyRule::PatEnv),
    ("pat_file", KeyRule::PatFile),
    ("cluster", KeyRule::Table),
    ("cluster.context", KeyRule::Context),
    ("cluster.kubeconfig", KeyRule::IgnoredPath),
    // A pin can only make a plan stop.
    ("cluster.uid", KeyRule::Harmless),
    ("extends", KeyRule::Composing),
    ("unset", KeyRule::Composing),
    // It can only make a plan stop.
    ("template", KeyRule::Harmless),
    // Plans ignore stages, and what is applied is trusted.
    ("policy", KeyRule::Table),
    ("policy.stage", KeyRule::Harmless),
];

/// The rule of each key that it may have. An object's name and maps say only what is wanted, and the plan shows all of it.
fn rules() -> impl Iterator<Item = (String, KeyRule)> {
    let objects = RESOURCE_TYPES.iter().flat_map(|of| {
        let below = ["name"].into_iter().chain(of.spec_maps().map(|(key, _)| key));
        let below = below.map(|key| (format!("{}.{key}", of.spec_key), KeyRule::Harmless));
        std::iter::once((of.spec_key.to_owned(), KeyRule::Table)).chain(below)
    });
    objects.chain(KEYS.iter().map(|(key, rule)| ((*key).to_owned(), *rule)))
}

/// What the operator allows a spec that is not trusted.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `--allow-context`: the contexts that it may choose.
    pub contexts: Vec<Outside>,
    /// `--allow-pat-env`: the variables that it may have read as the token.
    pub pat_envs: Vec<Outside>,
    /// The operator chose the cluster: whatever context the spec names is not used.
    pub context_is_chosen: bool,
    /// The token comes from standard input: whatever the spec says of it is not used.
    pub pat_from_stdin: bool,
}

impl Policy {
    /// Reads a spec, as far as it is allowed to speak.
    ///
    /// # Errors
    /// Everything that is wrong with it; if nothing is, everything that it may not say.
    pub fn check(&self, path: &Outside, folder: Option<Arc<Path>>, warnings: &mut Vec<Warning>) -> Result<Checked, SpecErrors> {
        if is_link(path.expose()) {
            // What it leads to would be quoted in the errors, line by line.
            let message = "the spec or its folder is a symbolic link: what it leads to is not what is under review";
            let mut fault = SpecError::whole(
                message,
                Some("name the file itself, or run without --untrusted-spec if you trust its author".into()),
            );
            fault.refusal = true;
            return Err(SpecErrors::of_file(path, fault));
        }
        let given = super::given(path)?;
        self.compose(given, &mut OnDisk::new(path, folder, true), warnings).map_err(|errors| {
            let cluster = self.allowed(&errors.understood.cluster);
            errors.about(cluster)
        })
    }

    /// What of its words about the cluster counts.
    fn allowed(&self, cluster: &ClusterKeys) -> ClusterKeys {
        let context = cluster.context.clone().filter(|context| self.contexts.contains(context));
        ClusterKeys { context, ..ClusterKeys::default() }
    }

    fn compose(&self, given: SpecFile, extends: &mut dyn Extends, warnings: &mut Vec<Warning>) -> Result<Checked, SpecErrors> {
        let reading = Reading { pat_from_stdin: self.pat_from_stdin, policy: Some(self) };
        let mut checked = compose(given, extends, reading)?;
        if let SpecOrTemplate::Spec(spec) = &mut checked.told {
            if spec.cluster.kubeconfig.take().is_some() {
                let message = "cluster.kubeconfig of the spec is ignored, since --untrusted-spec is given: --kubeconfig or KUBECONFIG names the file";
                warnings.push(Warning { code: "kubeconfig_ignored".into(), message: message.into() });
            }
            spec.untrusted = true;
        }
        Ok(checked)
    }

    /// Notes everything that a spec, all its files merged, may not say.
    pub(super) fn judge(&self, merged: &DeTable<'_>, faults: &mut Vec<SpecError>) {
        self.judge_table(merged, "", faults);
    }

    fn judge_table(&self, table: &DeTable<'_>, inside: &str, faults: &mut Vec<SpecError>) {
        for (key, value) in table {
            let path = if inside.is_empty() { key.get_ref().to_string() } else { format!("{inside}.{}", key.get_ref()) };
            let rule = rules().find(|(known, _)| *known == path).map(|(_, rule)| rule);
            let text = value.get_ref().as_str().unwrap_or_default();
            let at = value.span();
            match (rule, value.get_ref()) {
                (Some(KeyRule::Table), DeValue::Table(table)) => self.judge_table(table, &path, faults),
                // An object may be its name alone.
                (Some(KeyRule::Harmless | KeyRule::Table | KeyRule::Composing), _) => {}
                (Some(KeyRule::Context), _) if self.context_is_chosen || self.contexts.iter().any(|name| *name == text) => {}
                (Some(KeyRule::Context), _) => faults.push(refusal(
                    at,
                    "an untrusted spec may not choose this `context`",
                    "allow it by --allow-context NAME, or choose the context yourself by --context NAME",
                )),
                (Some(KeyRule::PatEnv | KeyRule::PatFile), _) if self.pat_from_stdin => {}
                (Some(KeyRule::PatEnv), _) if self.pat_envs.iter().any(|name| *name == text) => {}
                (Some(KeyRule::PatEnv), _) => faults.push(refusal(
                    at,
                    "an untrusted spec may not name this variable in `pat_env`",
                    "allow it by --allow-pat-env NAME, if it is the one with the token",
                )),
                (Some(KeyRule::PatFile), _) => faults.push(refusal(
                    at,
                    "an untrusted spec may not set `pat_file`: it could name any file on this machine",
                    "write pat_env and allow it by --allow-pat-env NAME, or give the token by --pat-stdin",
                )),
                (Some(KeyRule::IgnoredPath), _) if leaves(text) => faults.push(refusal(
                    at,
                    "this path leads outside the spec's folder",
                    "remove the key: with --untrusted-spec only --kubeconfig FILE or KUBECONFIG names the file",
                )),
                (Some(KeyRule::IgnoredPath), _) => {}
                (None, _) => faults.push(refusal(
                    key.span(),
                    "an untrusted spec may not have this key",
                    "remove it, or run without --untrusted-spec if you trust its author",
                )),
            }
        }
    }
}

fn refusal(span: Range<usize>, message: &'static str, hint: &'static str) -> SpecError {
    let mut fault = SpecError::at(span, text!("{} (--untrusted-spec)", message));
    fault.hint = Some(hint.into());
    fault.refusal = true;
    fault
}

/// Whether a relative path leads above where it starts.
fn leaves(path: &str) -> bool {
    let mut depth = 0_i32;
    Path::new(path).components().any(|component| {
        depth += match component {
            Component::Normal(_) => 1,
            Component::ParentDir => -1,
            Component::CurDir => 0,
            // An absolute path starts nowhere.
            Component::RootDir | Component::Prefix(_) => return false,
        };
        depth < 0
    }) && Path::new(path).is_relative()
}

/// Whether the file is a symbolic link, or, where its path is relative, any folder on the way: those are the author's too.
fn is_link(path: &str) -> bool {
    let path = Path::new(path);
    let linked = |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    if path.is_relative() { path.ancestors().any(linked) } else { linked(path) }
}

#[cfg(test)]
mod tests {
    use super::super::Spec;
    use super::super::extends::AtHand;
    use super::*;

    const OBJECTS: &str = "namespace = \"kong\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\n";

    fn policy() -> Policy {
        Policy { contexts: vec!["ci".into()], pat_envs: vec!["PAT".into()], ..Policy::default() }
    }

    fn parsed(policy: &Policy, text: &str, warnings: &mut Vec<Warning>) -> Result<Spec, SpecErrors> {
        let given = SpecFile::given(&"envs/x.toml".into(), Path::new("envs"), text.to_owned());
        policy.compose(given, &mut AtHand(Vec::new().into_iter()), warnings).and_then(Checked::into_spec)
    }

    fn judged(policy: &Policy, rest: &str) -> Result<(Spec, Vec<Warning>), Vec<String>> {
        let mut warnings = Vec::new();
        match parsed(policy, &format!("{OBJECTS}{rest}"), &mut warnings) {
            Ok(spec) => Ok((spec, warnings)),
            Err(errors) => {
                assert_eq!(errors.outcome().code(), 3, "{rest}");
                Err(errors.messages().iter().map(|text| crate::view::Door::default().line(text)).collect())
            }
        }
    }

    #[test]
    fn what_it_may_say_and_what_not() {
        let chosen = Policy { context_is_chosen: true, ..policy() };
        let stdin = Policy { pat_from_stdin: true, ..policy() };
        let good: [(&Policy, &str); 10] = [
            (&policy(), "pat_env = \"PAT\""),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\ncontext = \"ci\"\nuid = \"u\""),
            (&chosen, "pat_env = \"PAT\"\n[cluster]\ncontext = \"other\""),
            (&stdin, "pat_env = \"OTHER\""),
            (&stdin, "pat_file = \"/etc/shadow\""),
            (&stdin, ""),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"/home/x/.kube/config\""),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"~/.kube/config\""),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"a/../b\""),
            (&policy(), "pat_env = \"PAT\"\ncluster.context = \"ci\""),
        ];
        for (policy, rest) in good {
            let (spec, warnings) = judged(policy, rest).unwrap_or_else(|errors| panic!("{rest}: {errors:?}"));
            assert!(spec.untrusted && spec.cluster.kubeconfig.is_none(), "{rest}");
            assert_eq!(warnings.len(), usize::from(rest.contains("kubeconfig")), "{rest}");
        }
        let bad: [(&Policy, &str, &str, &str); 9] = [
            (&policy(), "pat_env = \"OTHER\"", "4:11", "--allow-pat-env"),
            (&Policy::default(), "pat_env = \"PAT\"", "4:11", "--allow-pat-env"),
            (&policy(), "pat_env = \"pat\"", "4:11", "--allow-pat-env"),
            (&policy(), "pat_file = \"token\"", "4:12", "--pat-stdin"),
            (&policy(), "pat_file = \"../token\"", "4:12", "--pat-stdin"),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\ncontext = \"prod\"", "6:11", "--allow-context"),
            (&stdin, "[cluster]\ncontext = \"CI\"", "5:11", "--allow-context"),
            (&policy(), "pat_env = \"PAT\"\ncluster.context = \"c\\u0069 \"", "5:19", "--allow-context"),
            (&policy(), "pat_env = \"PAT\"\n[cluster]\nkubeconfig = \"a/../../b\"", "6:14", "--kubeconfig"),
        ];
        for (policy, rest, place, flag) in bad {
            let errors = judged(policy, rest).expect_err(rest);
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].starts_with(&format!("envs/x.toml:{place}:")) && errors[0].contains(flag), "{errors:?}");
        }
        let all = judged(&policy(), "pat_env = \"A\"\n[cluster]\ncontext = \"b\"\nkubeconfig = \"../c\"").expect_err("three");
        assert_eq!(all.len(), 3, "all at once: {all:?}");
    }

    #[test]
    fn a_spec_that_is_wrong_is_that_first() {
        let mut warnings = Vec::new();
        let errors = parsed(&policy(), "pat_env = \"OTHER\"", &mut warnings).expect_err("no objects");
        assert_eq!(errors.outcome().code(), 1);
    }

    #[test]
    fn a_key_without_a_rule_is_refused() {
        let mut faults = Vec::new();
        let (document, _) = DeTable::parse_recoverable("take_over = []\n[policy]\nprotected = false\n[secret]\ntype = \"x\"");
        policy().judge(document.get_ref(), &mut faults);
        assert_eq!(faults.len(), 3, "{faults:?}");
    }

    /// The rule of each key of the schema is somebody's decision, written down above.
    #[test]
    fn every_key_of_the_schema_has_a_rule() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../schema/spec.json")).expect("JSON");
        let mut keys = Vec::new();
        for (key, value) in schema["properties"].as_object().expect("properties") {
            let table = value.pointer("/anyOf/1/properties").or_else(|| value.pointer("/properties"));
            keys.extend(
                table.and_then(|table| table.as_object()).into_iter().flatten().map(|(inner, _)| format!("{key}.{inner}")),
            );
            keys.push(key.clone());
        }
        let mut ruled: Vec<String> = rules().map(|(key, _)| key).collect();
        keys.sort();
        ruled.sort();
        assert_eq!(keys, ruled);
    }

    #[test]
    fn paths_that_leave() {
        for path in ["..", "../x", "a/../../x", "./../x"] {
            assert!(leaves(path), "{path}");
        }
        for path in ["x", "./x", "a/../x", "/x", "/../x", "~/x", ""] {
            assert!(!leaves(path), "{path}");
        }
    }
}
