//! The commands for many specs: the same paragraphs as for one, with every spec in each step.
//!
//! * `choose`: which specs are meant, and which flags can't be meant for many.
//! * `open`: the specs and their tokens, all of them before the first request.
//! * `planning`: their clusters, read; their plans; what two of them want alike, or not.
//! * `plan`, `apply`, `validate`, `rbac`: the commands.
//! * `save`, `resume`: the plans of many specs in one file, kept and carried out; `fleet`: as they are shown.
//! * `preflight`, `approve`, `roll_out`: what stands between a plan and its writes, and the writes.

mod apply;
mod approve;
mod choose;
mod fleet;
mod open;
mod plan;
mod planning;
mod preflight;
mod rbac;
mod resume;
mod roll_out;
mod save;
mod stages;
mod validate;

pub(super) use apply::apply;
pub(super) use choose::choose;
pub(super) use fleet::fleet;
pub(super) use plan::plan;
pub(super) use rbac::rbac;
pub(super) use resume::resume;
pub(super) use validate::validate;
