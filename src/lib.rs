//! `konnect` connects a Kubernetes cluster to Kong Konnect from one checked-in TOML file.
//!
//! Data flows one way, and the modules stand in its order:
//!
//! ```text
//! konnect.toml ─ spec ─► desired ─┐
//!                                 ├─► planner ─► Plan ─► verify ─► view / saved_plan
//! cluster ─ read ─► observed ─────┘               └────► revalidate ─► apply ─► write ─► cluster
//! ```
//!
//! What decides (`desired`, `observed`, `planner`, `revalidate`, `next_step` and what they speak of) is the crate konnect-core, which can't
//! reach a client, a file or a clock. A plan is complete: apply makes no choices. The token is in three modules only: `pat` reads it, `read`
//! compares it with the live one, `write` places it into a request. What lies between holds a verdict, and can't leak what it never had. Text from outside is a type
//! of its own (`outside`) that only the door (`view::door`) turns into output, with every secret of the run masked.

pub use konnect_core::{
    desired, escape, field_path, names, next_step, object, observed, outcome, outside, ownership, plan, planner, report,
    revalidate, shell, text, token,
};

// What was typed, and what happens then.
pub mod blocking;
pub mod cli;
pub mod commands;
pub mod deadline;
pub mod session;

// What should exist.
pub mod pat;
pub mod selection;
pub mod spec;

// What does exist.
pub mod cluster;
pub mod read;

// Doing it.
pub mod apply;
pub mod fleet;
pub mod rbac;
pub mod rights;
pub mod saved_plan;
pub mod verify;
pub mod write;

// Showing it.
pub mod view;
