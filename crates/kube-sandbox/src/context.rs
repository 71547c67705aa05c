//! One request with all that its answer depends on. Each module that answers a kind of request adds its method to it.

use jiff::Timestamp;

use super::request::Request;
use super::rights::Caller;
use super::store::Store;

/// One request while it is being answered.
pub(crate) struct RequestContext<'a> {
    /// The cluster.
    pub store: &'a mut Store,
    /// The request.
    pub request: &'a Request,
    /// Who it comes from.
    pub caller: &'a Caller,
    /// The server's time.
    pub now: Timestamp,
    /// The texts of the `Warning` headers so far.
    pub warnings: Vec<String>,
    /// Members of the body's object that were `{}`.
    pub hollow: Vec<String>,
}
