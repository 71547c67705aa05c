//! The tables beside the objects: which cluster is meant (`[cluster]`), and when the spec is rolled out (`[policy]`).

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Walk, type_name};
use crate::outside::Outside;
use crate::spec::ClusterKeys;
use crate::spec::mask::looks_like_token;
use crate::text;

/// The last stage that a spec may have.
const MAX_STAGE: u32 = 1_000;

impl Walk<'_> {
    /// `[policy] stage`.
    pub(super) fn stage(&mut self, table: &DeTable<'_>) -> Option<u32> {
        let value = table.get("policy")?;
        let DeValue::Table(policy) = value.get_ref() else {
            self.note(value.span(), text!("`policy` must be a table, and is {}", type_name(value.get_ref()))).hint =
                Some("write [policy], and below it stage = 1".into());
            return None;
        };
        self.known_keys(policy, &["stage"], Some("policy"));
        let stage = policy.get("stage")?;
        let number = match stage.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let fits = number.filter(|number| (1..=MAX_STAGE).contains(number));
        if fits.is_none() && !self.hides_token(stage) {
            let fault = match stage.get_ref() {
                DeValue::Integer(_) => self.note(stage.span(), text!("`stage` must be a number from 1 to {}", MAX_STAGE)),
                other => {
                    let found = type_name(other);
                    self.note(stage.span(), text!("`stage` must be a number from 1 to {}, and is {}", MAX_STAGE, found))
                }
            };
            fault.hint = Some("write stage = 1 for what is rolled out first".into());
        }
        fits
    }

    fn hides_token(&mut self, value: &Spanned<DeValue<'_>>) -> bool {
        value.get_ref().as_str().is_some_and(|text| self.hide_tokens(value.span(), text))
    }

    pub(super) fn cluster(&mut self, table: &DeTable<'_>) -> ClusterKeys {
        let Some((_, value)) = table.get_key_value("cluster") else { return ClusterKeys::default() };
        let DeValue::Table(cluster) = value.get_ref() else {
            self.note(value.span(), text!("`cluster` must be a table, and is {}", type_name(value.get_ref()))).hint =
                Some(match value.get_ref().as_str().filter(|name| !looks_like_token(name)) {
                    Some(name) => text!("write cluster = { context = \"{}\" }", Outside::from(name)),
                    None => "write [cluster], and below it context = \"name\"".into(),
                });
            return ClusterKeys::default();
        };
        self.known_keys(cluster, &["context", "kubeconfig", "uid"], Some("cluster"));
        let kubeconfig = self.cluster_text(cluster, "kubeconfig");
        ClusterKeys {
            context: self.cluster_text(cluster, "context").map(Outside::new),
            kubeconfig: kubeconfig.map(|shown| {
                let path = self.resolve(&shown);
                (shown.into(), path)
            }),
            uid: self.cluster_text(cluster, "uid").map(Outside::new),
        }
    }

    fn cluster_text(&mut self, cluster: &DeTable<'_>, key: &'static str) -> Option<String> {
        let entry = cluster.get_key_value(key)?;
        let text = self.text(entry, "a string")?;
        if text.trim().is_empty() {
            self.note(entry.1.span(), text!("`{}` is empty", key)).hint = Some("leave the key out, or give it a value".into());
            return None;
        }
        Some(text)
    }
}
