//! The document of many specs: an entry each, and what is of none of them alone.

use super::super::super::Door;
use super::super::super::gathered::Gathered;
use super::{DocumentContents, PlanDocument, SpecDocument, error, of_specs, spec_document, warning, whole};
use crate::fleet::Fleet;
use crate::plan::Warning;

/// Many specs, one entry each, in their order.
fn of_fleet(gathered: &Gathered, fleet: &Fleet, door: &Door) -> PlanDocument {
    let specs = fleet.specs.iter().map(|spec| {
        let of_plan = spec.plan().into_iter().flat_map(|plan| &plan.warnings);
        let contents = DocumentContents {
            spec: &spec.path,
            saved_plan: None,
            plan: spec.plan(),
            warnings: spec.warnings.iter().chain(of_plan).cloned().collect(),
            errors: &spec.failures(),
        };
        SpecDocument {
            result: Some(spec.result().word()),
            stage: spec.stage,
            context: spec.context.as_ref().map(|context| door.value(context)),
            ..spec_document(&contents, door)
        }
    });
    let warnings = gathered.warnings();
    PlanDocument {
        warnings: warnings.iter().chain(&fleet.warnings).map(|of| warning(of, door)).collect(),
        errors: gathered.failures.iter().map(|of| error(of, door)).collect(),
        ..of_specs(gathered.saved_plan.as_ref(), specs.collect())
    }
}

/// What `validate` found in many files.
fn of_checked(gathered: &Gathered, door: &Door) -> PlanDocument {
    let specs = gathered.checked.iter().map(|(spec, errors)| {
        let contents = DocumentContents { spec, saved_plan: None, plan: None, warnings: Vec::new(), errors };
        SpecDocument { result: Some(if errors.is_empty() { "valid" } else { "failed" }), ..spec_document(&contents, door) }
    });
    PlanDocument {
        warnings: gathered.warnings().iter().map(|of| warning(of, door)).collect(),
        errors: gathered.failures.iter().map(|of| error(of, door)).collect(),
        ..of_specs(None, specs.collect())
    }
}

/// All that a run gathered.
pub(super) fn of_gathered(gathered: &Gathered, door: &Door) -> PlanDocument {
    match &gathered.fleet {
        Some(fleet) => of_fleet(gathered, fleet, door),
        None if !gathered.checked.is_empty() => of_checked(gathered, door),
        None => whole(&DocumentContents::of(gathered), door),
    }
}

/// The document of many specs as a value, to be part of another one.
pub(in super::super) fn value_of_fleet(fleet: &Fleet, notices: &[Warning], door: &Door) -> serde_json::Value {
    let gathered = Gathered::default();
    let document = of_fleet(&gathered, fleet, door);
    let met = notices.iter().map(|of| warning(of, door));
    let document = PlanDocument { warnings: met.chain(document.warnings).collect(), ..document };
    serde_json::to_value(document).unwrap_or_default()
}
