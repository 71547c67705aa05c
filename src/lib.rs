//! `konnect` connects a Kubernetes cluster to Kong Konnect from one checked-in TOML file.
//!
//! Data flows one way, and the modules stand in its order:
//!
//! ```text
//! konnect.toml ─ spec ─► desired ─┐
//!                                 ├─► planner ─► Plan ─► verify ─► view / saved_plan
//! cluster ────── observed ────────┘               └────► apply ─► write ─► cluster
//! ```
//!
//! A plan is complete: apply makes no choices. The token is in three modules only: `pat` reads it, `observed` compares it with the live
//! one, `write` places it into a request. What lies between holds a verdict, and can't leak what it never had. Text from outside is a type
//! of its own (`outside`) that only the door (`view::door`) turns into output, with every secret of the run masked.

// What was typed, and what happens then.
pub mod blocking;
pub mod cli;
pub mod commands;
pub mod outcome;
pub mod outside;
pub mod session;

// What should exist.
pub mod desired;
pub mod pat;
pub mod spec;

// What does exist.
pub mod cluster;
pub mod observed;
pub mod sandbox;

// What is to be done: pure.
pub mod ownership;
pub mod plan;
pub mod planner;

// Doing it.
pub mod apply;
pub mod rbac;
pub mod saved_plan;
pub mod verify;
pub mod write;

// Showing it.
pub mod view;
