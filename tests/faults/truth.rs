//! Holds what a run said against what it did.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::APPLY;
use super::catalogue::{Kind, Named};
use super::world::{Run, World};

/// The state before: every object by title.
pub type State = BTreeMap<String, Value>;

/// Every eight bytes that must not show.
pub struct Canaries {
    slices: Vec<String>,
    /// Four bytes out of every five: whoever shows eight in a row shows one of these.
    pieces: BTreeSet<String>,
}

impl Canaries {
    /// Of these tokens, raw and in base64 at the three alignments.
    pub fn new(tokens: &[&str]) -> Self {
        let (mut slices, mut pieces) = (BTreeSet::new(), BTreeSet::new());
        for token in tokens {
            // What every token begins with says nothing of it.
            let mut secrets = vec![token[5..].to_owned()];
            for shift in 0..3 {
                let encoded = BASE64.encode(["x".repeat(shift).as_bytes(), token.as_bytes()].concat());
                let encoded = encoded.trim_end_matches('=');
                // Four characters hold three bytes: those that hold a neighbour's bits, or the prefix alone, are left out.
                secrets.push(encoded[8..encoded.len() - 2].to_owned());
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            for secret in secrets {
                slices.extend(secret.as_bytes().windows(8).map(text));
                pieces.extend(secret.as_bytes().windows(4).step_by(5).map(text));
            }
        }
        Self { slices: slices.into_iter().collect(), pieces }
    }

    /// Looks for them in all that a run wrote.
    pub fn search(&self, run: &Run) -> Result<(), String> {
        for text in [&run.stdout, &run.stderr] {
            if self.pieces.iter().any(|piece| text.contains(piece))
                && let Some(slice) = self.slices.iter().find(|slice| text.contains(*slice))
            {
                return Err(format!("{slice} shows"));
            }
        }
        Ok(())
    }
}

/// What an apply says became of each object.
#[derive(Debug, Default)]
struct Claims {
    written: BTreeSet<String>,
    unknown: BTreeSet<String>,
    not_written: BTreeSet<String>,
}

impl Claims {
    fn read(stdout: &str) -> Self {
        let mut claims = Self::default();
        for line in stdout.lines() {
            let title = |rest: &str| rest.split(": ").next().unwrap_or_default().to_owned();
            let ends = |word: &str| line.contains(&format!(": {word}"));
            let starts = |word: &str| line.strip_prefix(word).map(title);
            if ends("Creation complete after") || ends("Update complete after") || ends("Complete after") {
                claims.written.insert(title(line));
            } else if ends("Appeared meanwhile") || ends("Done by another") {
                claims.not_written.insert(title(line));
            } else if let Some(title) = starts("  written      ") {
                claims.written.insert(title);
            } else if let Some(title) = starts("  unknown      ") {
                claims.unknown.insert(title);
            } else if let Some(title) =
                starts("  not written  ").or_else(|| starts("  not begun    ")).or_else(|| starts("  as wanted    "))
            {
                claims.not_written.insert(title);
            }
        }
        claims
    }
}

fn sure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// An apply's exit code and report.
pub fn of_apply(world: &World, run: &Run, before: &State, others: bool) -> Result<(), String> {
    let did: BTreeSet<String> = run.written.iter().cloned().collect();
    let claims = Claims::read(&run.stdout);
    let Claims { written, unknown, not_written } = &claims;
    sure(written.is_subset(&did), || format!("says it wrote {written:?}, but wrote {did:?}"))?;
    sure(did.iter().all(|title| written.contains(title) || unknown.contains(title)), || {
        format!("wrote {did:?}, but says {claims:?}")
    })?;
    sure(not_written.is_disjoint(&did), || format!("says it did not write {not_written:?}, but wrote {did:?}"))?;
    let nothing = did.is_empty() && unknown.is_empty();
    match run.code {
        1 | 3 | 4 => sure(did.is_empty(), || format!("{} means that nothing was written, but {did:?} was", run.code))?,
        5 => sure(!nothing, || "5, but nothing was, or may have been, written".to_owned())?,
        6 => sure(!did.is_empty(), || "6, but nothing was written".to_owned())?,
        0 => {}
        other => return Err(format!("exit code {other}")),
    }
    if run.code == 0 && !others && world.code == 0 {
        let plan = world.plain(&["plan", "--detailed-exitcode", "-q"]);
        sure(plan.code == 0, || format!("0, but a plan says {}\n{}", plan.code, plan.stdout))?;
    }
    sure(run.code == 0 || !run.stderr.is_empty(), || "no word of what went wrong".to_owned())?;
    untouched(world, before, &did, others)
}

/// A plan changes nothing, and knows nothing that isn't so.
pub fn of_plan(world: &World, run: &Run, before: &State, fault: &Named, lasting: bool) -> Result<(), String> {
    let others = fault.kind == Kind::Others;
    sure(run.written.is_empty(), || format!("a plan wrote {:?}", run.written))?;
    sure(matches!(run.code, 0..=2), || format!("exit code {}", run.code))?;
    untouched(world, before, &BTreeSet::new(), others)?;
    let Ok(document) = run.stdout.parse::<Value>() else {
        // A plan that failed said why, on stderr, and the rest is for people.
        return sure(run.code != 1 || !run.stderr.is_empty(), || "no word of what went wrong".to_owned());
    };
    let failed = document["specs"][0]["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    sure(failed == (run.code == 1), || format!("exit code {} with the errors {}", run.code, document["specs"][0]["errors"]))?;
    // That an object isn't there is only found to be untrue by a dry run that goes through, with a token.
    if others || fault.denies && (lasting || !world.token) {
        return Ok(());
    }
    let plain: Value = world.plain(super::PLAN_JSON).stdout.parse().map_err(|_| "the plain plan is no JSON".to_owned())?;
    let actions = |document: &Value| -> Vec<(String, String)> {
        let changes = document["specs"][0]["changes"].as_array().cloned().unwrap_or_default();
        changes.iter().map(|c| (c["object"]["kind"].to_string(), c["action"].as_str().unwrap_or_default().to_owned())).collect()
    };
    let known = actions(&plain);
    // What only the server knows, a plan that says it could not ask it need not.
    let warnings = document["specs"][0]["warnings"].as_array().cloned().unwrap_or_default();
    let unverified = warnings.iter().any(|warning| warning["code"] == "not_verified");
    let lies: Vec<_> = actions(&document)
        .into_iter()
        .filter(|(kind, action)| {
            let refused = unverified && known.contains(&(kind.clone(), "blocked".to_owned()));
            !matches!(action.as_str(), "unknown" | "blocked") && !refused && !known.contains(&(kind.clone(), action.clone()))
        })
        .collect();
    sure(lies.is_empty(), || format!("the plan says {lies:?}, but without the fault {known:?}"))
}

/// What konnect didn't write is as it was, but for what others wrote.
fn untouched(world: &World, before: &State, did: &BTreeSet<String>, others: bool) -> Result<(), String> {
    let after = world.state();
    let titles: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for title in titles {
        if did.contains(title) || others && title.starts_with("Secret ") {
            continue;
        }
        sure(before.get(title) == after.get(title), || {
            format!("{title} changed: {:?} → {:?}", before.get(title), after.get(title))
        })?;
    }
    Ok(())
}

/// Without the fault an apply does what it always did in this scenario, and then nothing is left.
pub fn converges(world: &World, fault: &Named) -> Result<(), String> {
    let apply = world.plain(APPLY);
    let said = || format!("exit code {}\n{}\n{}", apply.code, apply.stdout, apply.stderr);
    if fault.kind != Kind::Others {
        sure(apply.code == world.code, said)?;
    }
    if apply.code == 0 {
        // Changes may be pending where none can be known: without a token.
        let plan = world.plain(&["plan", "--detailed-exitcode"]);
        return sure(plan.code == 0, || {
            format!("an apply went well, and a plan says {}\n{}\n{}", plan.code, plan.stdout, said())
        });
    }
    sure(matches!(apply.code, 1 | 3) && apply.written.is_empty(), said)
}
