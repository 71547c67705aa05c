//! The specs of a saved plan as they are shown: nothing is read of their clusters.

use crate::fleet::{Fleet, FleetSpec, SpecState};
use crate::saved_plan::{SavedPlan, SavedSpec};

/// What was planned for them.
pub(in super::super) fn fleet(saved: SavedPlan) -> Fleet {
    let spec = |SavedSpec { stage, plan, .. }| FleetSpec {
        path: plan.spec.clone(),
        context: Some(plan.cluster.context.clone()),
        stage,
        warnings: Vec::new(),
        state: SpecState::Planned(plan),
    };
    Fleet { specs: saved.specs.into_iter().map(spec).collect(), warnings: Vec::new() }
}
