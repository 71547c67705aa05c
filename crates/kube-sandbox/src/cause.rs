//! What is wrong with one field, word for word as kube-apiserver v1.36.3 writes it.

use super::go_format::go_quote;

/// One cause of a refusal: what is wrong with which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub(super) reason: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

impl Cause {
    /// A value that breaks a rule. `value` is quoted like Go's `%q`.
    #[must_use]
    pub fn invalid(field: &str, value: &str, why: &str) -> Self {
        Self::invalid_raw(field, &go_quote(value), why)
    }

    /// A value that breaks a rule and is not a string. It is printed as given.
    #[must_use]
    pub fn invalid_raw(field: &str, value: &str, why: &str) -> Self {
        Self::new("FieldValueInvalid", field, format!("Invalid value: {value}: {why}"))
    }

    /// A field that must be there.
    #[must_use]
    pub fn required(field: &str, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self::new("FieldValueRequired", field, message)
    }

    /// A field that must not be set or changed.
    #[must_use]
    pub fn forbidden(field: &str, why: &str) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {why}"))
    }

    /// More bytes than are allowed.
    #[must_use]
    pub fn too_long(field: &str, limit: usize) -> Self {
        Self::new("FieldValueTooLong", field, format!("Too long: may not be more than {limit} bytes"))
    }

    /// A value outside a fixed list; `value` and the list are printed as given.
    #[must_use]
    pub fn not_supported(field: &str, value: &str, supported: &str) -> Self {
        Self::new("FieldValueNotSupported", field, format!("Unsupported value: {value}: supported values: {supported}"))
    }

    fn new(reason: &'static str, field: &str, message: String) -> Self {
        Self { reason, field: field.to_owned(), message }
    }
}
