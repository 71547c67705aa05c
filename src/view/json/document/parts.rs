//! The document's parts, as serde writes them: plain texts alone, each of which came out of the door.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct PlanDocument {
    pub(super) format_version: &'static str,
    pub(super) konnect_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
    pub(super) specs: Vec<SpecDocument>,
    /// Of a run about many specs: what is of none of them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<RemarkDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<RemarkDocument>,
}

#[derive(Serialize)]
pub(super) struct SpecDocument {
    pub(super) spec: String,
    /// Of one of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<String>,
    pub(super) cluster: Option<ClusterDocument>,
    pub(super) applyable: bool,
    pub(super) changes: Vec<ChangeDocument>,
    pub(super) warnings: Vec<RemarkDocument>,
    pub(super) summary: SummaryDocument,
    pub(super) errors: Vec<RemarkDocument>,
}

#[derive(Serialize)]
pub(super) struct ClusterDocument {
    pub(super) context: String,
    pub(super) server: String,
    pub(super) uid: Option<String>,
    pub(super) user: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ChangeDocument {
    pub(super) object: ObjectDocument,
    pub(super) action: &'static str,
    pub(super) reason: String,
    pub(super) reason_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_verified_because: Option<&'static str>,
    pub(super) fields: Vec<FieldDocument>,
}

#[derive(Serialize)]
pub(super) struct ObjectDocument {
    #[serde(rename = "apiVersion")]
    pub(super) api_version: String,
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct FieldDocument {
    pub(super) path: String,
    pub(super) path_segments: Vec<String>,
    pub(super) action: &'static str,
    pub(super) changes: bool,
    pub(super) sensitive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_is_empty: Option<bool>,
    #[serde(flatten)]
    pub(super) values: Option<ValuesDocument>,
    pub(super) managers: Vec<ManagerDocument>,
}

#[derive(Serialize)]
pub(super) struct ValuesDocument {
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ManagerDocument {
    pub(super) name: String,
    pub(super) operation: String,
    pub(super) time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) through: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct SummaryDocument {
    pub(super) add: usize,
    pub(super) change: usize,
    pub(super) destroy: usize,
    pub(super) unchanged: usize,
    pub(super) blocked: usize,
    pub(super) unknown: usize,
}

#[derive(Serialize)]
pub(super) struct RemarkDocument {
    pub(super) code: String,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    /// Where it is not the spec itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<usize>,
}
