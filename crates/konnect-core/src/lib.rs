//! What konnect decides, and nothing else: objects, what is wanted, what was read, who owns which field, and the plan that follows.
//!
//! Pure: no client, file, environment, network, clock or async. What is needed of them is an argument.

// What is said, and how a run ends.
pub mod escape;
pub mod outcome;
pub mod outside;
pub mod shell;

// What there is to speak of.
pub mod field_path;
pub mod maps;
pub mod names;
pub mod object;
pub mod token;

// What should exist, what does, and what is to be done.
pub mod desired;
pub mod observed;
pub mod ownership;
pub mod plan;
pub mod planner;

// Carrying it out: whether the plan still holds, what follows an answer, what became of it.
pub mod next_step;
pub mod report;
pub mod revalidate;
