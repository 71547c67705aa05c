//! The files of a spec → what it says as a whole, or everything that is wrong with any of them.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::diagnostic::{SpecError, SpecErrors, Understood};
use super::effective::Effective;
use super::extends::{Extends, MAX_BASES, NotExtended};
use super::files::{SpecFile, SpecFiles};
use super::language::says_nothing;
use super::layer::ParsedFile;
use super::mask::{self, looks_like_token};
use super::unset::unset;
use super::walk::{Extent, Walk};
use super::{Checked, FOUR_LINES, Policy, Spec, SpecOrTemplate, Template, merge};
use crate::outside::Outside;
use crate::text;

/// How a spec is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'p> {
    /// The token comes from standard input, so the spec need not say where it is.
    pub(super) pat_from_stdin: bool,
    /// What the spec may say, if it may not say everything.
    pub(super) policy: Option<&'p Policy>,
}

/// A chain of files: each extends the next.
struct Chain<'t> {
    files: Vec<ParsedFile<'t>>,
    /// Where each but the first is named.
    named: Vec<Range<usize>>,
    /// Nothing of it is missing or can't be understood.
    whole: bool,
}

/// What the files say together.
struct Composition {
    spec: Option<Spec>,
    understood: Understood,
    template: Option<Range<usize>>,
    effective: Effective,
}

/// Reads a spec of which the first file is at hand.
pub(super) fn compose(given: SpecFile, extends: &mut dyn Extends, reading: Reading<'_>) -> Result<Checked, SpecErrors> {
    if says_nothing(&given.text) {
        return Err(empty(given));
    }
    let bases = [const { OnceCell::new() }; MAX_BASES];
    let mut faults = Vec::new();
    let chain = follow(&given, &bases, extends, &mut faults);
    let values: Vec<Vec<Outside>> = chain.files.iter().map(ParsedFile::values).collect();
    let foreign: Vec<bool> = chain.files.iter().skip(1).map(|parsed| parsed.foreign).collect();
    let unread: Vec<SpecError> = chain.files.iter().flat_map(|parsed| parsed.unread.clone()).collect();
    let gaps: Vec<Range<usize>> = chain.files.iter().flat_map(|parsed| parsed.gaps.clone()).collect();
    let (named, whole) = (chain.named.clone(), chain.whole);
    let Composition { spec, understood, template, effective } = together(&given, chain, reading, &mut faults);

    let mut bases: Vec<SpecFile> = bases.into_iter().filter_map(OnceCell::into_inner).collect();
    bases.iter_mut().zip(foreign).for_each(|(base, foreign)| base.quoted &= !foreign);
    let files = SpecFiles::new(given, bases);
    if !whole {
        // What is missing may be in what could not be read, and what could not be read is not wrong twice.
        faults.retain(|fault| {
            let of_gap = |gap: &Range<usize>| fault.overlaps(gap) || fault.is_in_line_of(files.given(), gap);
            fault.is_of_token() || !(fault.of_absence || gaps.iter().any(of_gap))
        });
    }
    faults.extend(unread);
    if reading.policy.is_some() {
        faults = untold(faults, &files, &named);
    }
    let told = match (spec, template) {
        _ if !faults.is_empty() => return Err(SpecErrors::new(files, faults, understood)),
        (_, Some(span)) => {
            let mut fault = SpecError::at(span, "this is a template: it is checked, but never planned");
            fault.hint = Some("name a spec that extends it, or take `template` out if this is one".into());
            let layers = files.layers(values);
            SpecOrTemplate::Template(Template {
                pat: understood.pat.clone(),
                layers,
                errors: SpecErrors::new(files, vec![fault], understood),
            })
        }
        (Some(spec), None) => SpecOrTemplate::Spec(Spec { layers: files.layers(values), ..spec }),
        // Whatever stops it has been noted: this is not reached, and stops all the same.
        (None, None) => {
            return Err(SpecErrors::new(files, vec![SpecError::whole("the spec can't be understood", None)], understood));
        }
    };
    Ok(Checked { told, effective })
}

/// What is said of a file that says nothing: that alone, and each token in its comments.
fn empty(given: SpecFile) -> SpecErrors {
    let hint = text!("write these four lines:\n{}", FOUR_LINES.trim_end());
    let mut faults: Vec<SpecError> = mask::find(&given.text).into_iter().map(SpecError::token).collect();
    faults.push(SpecError::whole("the file is empty, or holds comments alone", Some(hint)));
    SpecErrors::new(SpecFiles::new(given, Vec::new()), faults, Understood::default())
}

/// Reads and parses each file that is extended.
fn follow<'t>(
    given: &'t SpecFile,
    cells: &'t [OnceCell<SpecFile>],
    extends: &mut dyn Extends,
    faults: &mut Vec<SpecError>,
) -> Chain<'t> {
    let mut chain = Chain { files: vec![ParsedFile::given(given)], named: Vec::new(), whole: true };
    let mut cells = cells.iter();
    loop {
        let Some(last) = chain.files.last() else { return chain };
        chain.whole &= last.unread.is_empty();
        // Comments included.
        faults.extend(mask::find(&last.file.text).into_iter().map(|span| SpecError::token(span).in_file(last.file)));
        let Some(value) = last.extends() else { return chain };
        let span = value.span();
        let next = match value.get_ref() {
            DeValue::String(path) if looks_like_token(path) => Err(SpecError::token(span.clone())),
            DeValue::String(path) if path.trim().is_empty() => {
                let mut fault = SpecError::at(span.clone(), "`extends` is empty");
                fault.hint = Some("leave the key out, or name a file".into());
                Err(fault)
            }
            DeValue::String(path) => extends.follow(last.file, path).map_err(|why| not_extended(span.clone(), why)),
            _ => {
                let mut fault = SpecError::at(span.clone(), "`extends` must be the path of one file");
                fault.hint = Some("write extends = \"../base.toml\"".into());
                Err(fault)
            }
        };
        let next = next.and_then(|next| {
            cells.next().map(|cell| cell.get_or_init(|| next)).ok_or_else(|| {
                let mut fault =
                    SpecError::at(span.clone(), text!("this is one file too many: a spec extends at most {}", MAX_BASES));
                fault.hint = Some("merge two of them into one".into());
                fault
            })
        });
        match next {
            Ok(file) => chain.files.push(ParsedFile::base(file)),
            Err(fault) => {
                faults.push(fault);
                chain.whole = false;
                return chain;
            }
        }
        chain.named.push(span);
    }
}

fn not_extended(span: Range<usize>, NotExtended { message, hint, refusal }: NotExtended) -> SpecError {
    let mut fault = SpecError::at(span, message);
    fault.hint = Some(hint);
    fault.refusal = refusal;
    fault
}

/// Checks each file by itself and all together.
fn together(given: &SpecFile, chain: Chain<'_>, reading: Reading<'_>, faults: &mut Vec<SpecError>) -> Composition {
    let files: Vec<&SpecFile> = chain.files.iter().map(|parsed| parsed.file).collect();
    let several = chain.files.len() > 1;
    if several {
        for parsed in &chain.files {
            let mut walk = Walk::new(given, reading.pat_from_stdin, Extent::Part);
            walk.document(&parsed.table);
            faults.append(&mut walk.faults);
        }
    }
    let mut merged = DeTable::new();
    for (i, parsed) in chain.files.into_iter().enumerate().rev() {
        let mut own = merge::normalised(parsed.table);
        let list = own.remove("unset");
        if i > 0 {
            own = merge::passed_on(own, &parsed.file.way);
        } else {
            own.remove("extends");
        }
        if let Some(list) = list {
            unset(&list, &mut merged, &own, faults);
        }
        merged = merge::merged(merged, own);
    }
    let template = merged.get("template").filter(|value| value.get_ref().as_bool() == Some(true)).map(toml::Spanned::span);
    let extent = if template.is_some() { Extent::Part } else { Extent::Whole };
    let mut walk = Walk::new(given, reading.pat_from_stdin, extent);
    let spec = walk.document(&merged);
    let seen: HashSet<Range<usize>> = faults.iter().filter_map(|fault| fault.span().cloned()).collect();
    let is_new = |fault: &SpecError| !several || fault.span().is_none_or(|span| !seen.contains(span));
    faults.extend(walk.faults.into_iter().filter(is_new));
    if let (true, Some(policy)) = (faults.is_empty(), reading.policy) {
        policy.judge(&merged, faults);
    }
    Composition { spec, understood: walk.understood, template, effective: Effective::of(&merged, &files) }
}

/// The same without a word of what a stranger's spec points at.
fn untold(faults: Vec<SpecError>, files: &SpecFiles, named: &[Range<usize>]) -> Vec<SpecError> {
    let (mut told, hidden): (Vec<_>, Vec<_>) = faults
        .into_iter()
        .partition(|fault| fault.refusal || fault.span().is_none_or(|span| std::ptr::eq(files.at(span.start), files.given())));
    for (base, named) in files.iter().skip(1).zip(named) {
        let wrong =
            hidden.iter().filter(|fault| fault.span().is_some_and(|span| std::ptr::eq(files.at(span.start), base))).count();
        if wrong > 0 {
            let message = match wrong {
                1 => "the file that this extends is wrong in one place".into(),
                several => text!("the file that this extends is wrong in {} places", several),
            };
            let mut fault = SpecError::at(named.clone(), message);
            fault.hint = Some("with --untrusted-spec nothing of it is shown: look at it with `konnect validate -f FILE`".into());
            told.push(fault);
        }
    }
    told
}
