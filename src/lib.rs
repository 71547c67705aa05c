//! konnect: connect a Kubernetes cluster to Kong Konnect from one checked-in file.
//!
//! The modules, in reading order:
//!
//! * [`outcome`]: how a run ends, exit codes, and what is said when it failed.

pub mod outcome;
