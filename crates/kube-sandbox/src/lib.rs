//! The sandbox: an in-process Kubernetes API, to try, teach and test without a cluster.
//!
//! It is a small server, not a script of answers: it holds Namespaces, ServiceAccounts and Secrets, and answers as
//! kube-apiserver v1.36.3 does, request by request, as far as `tests/faithful.rs` proves it.
//!
//! A request goes this way: [`request`] reads it, [`rights`] asks whether the caller may, then one of [`list`], [`write`],
//! [`patch`], [`apply`], [`delete`], [`reviews`] or [`discovery`] answers. A write is merged under the [`schema`] ([`typed`],
//! [`fields`]), its owners are noted ([`managed_fields`]), it is checked ([`validation`], [`names`]), and lands in the [`store`],
//! which [`file`] keeps on disk. Refusals are [`status`] bodies.
//!
//! What it hasn't: watch, subresources, JSON patch (415), tables, protobuf, admission policies, and controllers: a deleted
//! namespace stays Terminating, as it does on a server without kube-controller-manager.

mod apply;
mod base64_error;
mod clock;
mod context;
mod delete;
pub mod error;
pub mod faults;
mod fields;
mod file;
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

pub use context::handle;
pub use error::Error;
pub use sandbox::Sandbox;

use context::RequestContext;
