#![doc = include_str!("../README.md")]
//!
//! # The way of a request
//!
//! [`request`] parses it and finds its [`resource`]; `dispatch` asks `authorization`, which goes by the caller's [`rights`], and
//! hands it to the module that answers requests of its kind: `write`, `patch`, `apply`, `delete`, `list`, `watch`, `nonresource`, `reviews`,
//! `discovery`. A write is merged according to the resource's `schema` (`typed`), its owners are recorded (`managed_fields`), it is
//! checked (`validation`, `names`, `finalizers`), and it is stored in the [`store`], which `bootstrap` fills for a new cluster and
//! `file` keeps on disk. Refusals become [`status`] bodies, with a [`cause`] for each wrong field.
//!
//! A [`watch`] is answered with what it is about, and told by `watching` what the store's [`history`] holds, as it grows. `sandbox` is the
//! service: it shares one `cluster` with its clones, which learns from `file_watch` and `catch_up` what other processes do, and runs the
//! `controllers` where they are wanted.
//!
//! No module needs one that needs it. At the bottom are the words (`go_format`, `cause`, `names`, `finalizers`) and the descriptions
//! (`schema`, `wire`); the table of resources is made of these, and everything that reads the table stands above it.

mod apply;
mod authorization;
mod base64_error;
mod body;
mod bootstrap;
mod catch_up;
pub mod cause;
mod clock;
mod cluster;
mod context;
mod controllers;
mod delete;
mod delete_options;
mod dispatch;
pub mod error;
pub mod faults;
mod fields;
mod file;
mod file_watch;
mod finalizers;
mod go_format;
pub mod history;
mod json;
mod lifecycle;
mod list;
mod managed_fields;
mod merge_patch;
mod names;
mod nonresource;
mod object;
mod patch;
pub mod request;
pub mod reset;
pub mod resource;
pub mod response;
mod reviews;
pub mod rights;
mod sandbox;
mod schema;
mod selector;
pub mod status;
pub mod store;
mod table;
mod type_check;
mod typed;
mod validation;
pub mod watch;
mod watching;
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

pub use body::Body;
pub use dispatch::handle;
pub use error::Error;
pub use sandbox::Sandbox;
