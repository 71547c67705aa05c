//! The maps that most fields stand in. With the table of resource types the only place that names them.

/// A Secret's `data`, and that of other types.
pub const DATA: &[&str] = &["data"];
/// The labels.
pub const LABELS: &[&str] = &["metadata", "labels"];
/// The annotations.
pub const ANNOTATIONS: &[&str] = &["metadata", "annotations"];

/// All of them, in the order in which a plan shows them. Their own names are konnect's words; what follows is somebody's.
pub const ALL: [&[&str]; 3] = [DATA, LABELS, ANNOTATIONS];
