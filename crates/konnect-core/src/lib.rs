//! What konnect decides, and nothing else: objects, what is wanted, what was read, who owns which field, and the plan that follows.
//!
//! Pure: no client, file, environment, network, clock or async. What is needed of them is an argument.

pub mod outcome;
pub mod outside;

pub mod desired;
pub mod names;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod planner;
pub mod token;
