#![doc = include_str!("../README.md")]
//!
//! # The way of a request
//!
//! [`request`] parses it and finds its [`resource`]; [`rights`] says whether the caller may. Each kind of request has a module that
//! answers it: `list`, `write`, `patch`, `apply`, `delete`, `reviews`, `nonresource`, `discovery`. A write is merged according to
//! the resource's `schema` (`typed`), its owners are recorded (`managed_fields`), it is checked (`validation`, `names`), and it is
//! stored in the [`store`], which `file` keeps on disk. Refusals become [`status`] bodies.

mod apply;
mod base64_error;
pub mod cause;
mod clock;
mod context;
mod delete;
mod delete_options;
pub mod error;
pub mod faults;
mod fields;
mod file;
mod finalizers;
mod go_format;
mod json;
mod lifecycle;
mod list;
mod managed_fields;
mod names;
mod nonresource;
mod object;
mod patch;
pub mod request;
pub mod resource;
mod reviews;
pub mod rights;
mod sandbox;
mod schema;
mod selector;
pub mod status;
pub mod store;
mod type_check;
mod typed;
mod validation;
mod write;
mod yaml;

#[cfg(feature = "kubectl")]
mod discovery;
#[cfg(feature = "kubectl")]
mod kubeconfig;
#[cfg(feature = "kubectl")]
mod protobuf;
#[cfg(feature = "kubectl")]
pub mod serve;
#[cfg(feature = "kubectl")]
mod strategic;
#[cfg(feature = "kubectl")]
mod wire;

pub use context::handle;
pub use error::Error;
pub use sandbox::Sandbox;

use context::RequestContext;
