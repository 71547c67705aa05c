//! What must hold of a file as a whole, whichever specs are in it.

use std::collections::BTreeSet;

use super::super::MAX_SPECS;
use super::super::document::{Argon2idPart, PlanFile, SourcePart, TokenPart};
use super::{Wrong, ensure};
use crate::pat::{Fingerprints, LANES, MEMORY_KIB, PASSES};

/// Checks what its specs have in common, and gives what their fingerprints are made under.
///
/// # Errors
/// Its parts disagree.
pub(in super::super) fn agrees(document: &PlanFile) -> Result<Fingerprints, Wrong> {
    let PlanFile { magic: _, format: _, konnect_version: _, expires: _, argon2id, tokens, specs } = document;
    let Argon2idPart { memory_kib, passes, lanes, salt } = argon2id;
    let is_ours = (*memory_kib, *passes, *lanes) == (MEMORY_KIB, PASSES, LANES);
    let fingerprints = Fingerprints::under(salt).filter(|_| is_ours);
    let fingerprints = fingerprints.ok_or("its fingerprints are made with other parameters than konnect's")?;
    ensure(!specs.is_empty(), "it is the plan of nothing")?;
    ensure(specs.len() <= MAX_SPECS, "it is of more specs than fit into one file")?;
    let mut met = BTreeSet::new();
    let first_named = specs.iter().map(|spec| spec.token).filter(|token| met.insert(*token));
    ensure(first_named.eq(0..tokens.len()), "it lists its tokens in another way than konnect does")?;
    let places: BTreeSet<&SourcePart> = tokens.iter().map(|TokenPart { source, fingerprint: _ }| source).collect();
    ensure(places.len() == tokens.len(), "it names one place of a token twice")?;
    // One token for all environments is what --pat-stdin must not be used for.
    let is_typed = places.contains(&SourcePart::Stdin);
    ensure(!is_typed || specs.len() == 1, "it gives several specs the token from standard input")?;
    let staged = specs.iter().filter(|spec| spec.stage.is_some()).count();
    ensure(staged == 0 || staged == specs.len(), "some of its specs have a stage, and others have none")?;
    ensure(specs.iter().all(|spec| spec.stage != Some(0)), "it has a stage before the first")?;
    Ok(fingerprints)
}
