//! Which secrets konnect met in a run: only those can it mask, and those it must.

use super::form::Form;
use super::secret::{Canary, KINDS, Whose};
use super::server::Log;

/// What was planted.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// The canary.
    pub canary: Canary,
    /// How it is written.
    pub form: Form,
}

/// What can be known of a run before it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The wanted token, where its source (the variable that `pat_env` names, or `pat_file`) can be read.
    pub wanted: Option<Canary>,
    /// The kubeconfig's bearer token or password.
    pub credential: Option<Canary>,
    /// Whether the kubeconfig is read even if no request is sent.
    pub kubeconfig_is_read: bool,
    /// What stands where only secrets stand: in the user information of the server's URL.
    pub exposed: Option<Canary>,
}

/// The secrets that were met:
///
/// * the wanted token wherever its source can be read, by every command and even if the spec is otherwise invalid;
/// * a live token, if an answer carried the Secret with it;
/// * the kubeconfig's credential, once the kubeconfig was read, as it was when the first request came;
/// * what stands in the user information of the server's URL, whatever it is;
/// * what looks like a token (`kpat_` or `spat_` and eight more) and stands there as it is: that needs no meeting;
/// * where the command line is wrong (64), so that nothing was read: what a variable named like a secret holds exactly.
pub fn met(facts: &Facts, planted: &[Planted], log: &Log, code: i32, env: &[(String, String)]) -> Vec<Canary> {
    let mut met: Vec<Canary> = Vec::new();
    met.extend(facts.wanted);
    met.extend(facts.exposed);
    met.extend(KINDS.iter().filter(|canary| canary.whose != Whose::Password && log.live.contains(canary.text())));
    if facts.kubeconfig_is_read || !log.calls.is_empty() {
        met.extend(facts.credential);
    }
    met.extend(planted.iter().filter(|one| one.form.is_clear() && one.canary.looks_like_one()).map(|one| one.canary));
    if code == 64 {
        let held = |canary: &&Canary| env.iter().any(|(name, value)| is_named_like_a_secret(name) && value == canary.text());
        met.extend(KINDS.iter().filter(held));
    }
    met
}

fn is_named_like_a_secret(name: &str) -> bool {
    name == "PAT" || ["TOKEN", "PASSWORD", "SECRET", "API_KEY"].iter().any(|word| name.contains(word))
}
