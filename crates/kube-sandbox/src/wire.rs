//! How protobuf messages are described: which number is which field, and how its value is written.
//!
//! The field numbers are those of `generated.proto` in k8s.io/api/core/v1 and k8s.io/apimachinery.

/// The fields of a message: number, JSON name, and how the value is written.
pub(crate) type Message = &'static [(u64, &'static str, Wire)];

/// How a field's value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wire {
    /// A string; an empty one is left out.
    Text,
    /// A string that may be empty.
    OptionalText,
    /// A boolean.
    Bool,
    /// A whole number.
    Number,
    /// A time or number that clients send as zero with every object. Anything else is refused.
    Zero,
    /// A map of strings.
    TextMap,
    /// A map of bytes, which are base64 in JSON.
    ByteMap,
    /// A list of strings.
    Texts,
    /// A message.
    Message(Message),
}

/// The metadata of every object.
pub(crate) const META: Message = &[
    (1, "name", Wire::Text),
    (2, "generateName", Wire::Text),
    (3, "namespace", Wire::Text),
    (4, "selfLink", Wire::Text),
    (5, "uid", Wire::Text),
    (6, "resourceVersion", Wire::Text),
    (7, "generation", Wire::Zero),
    (8, "creationTimestamp", Wire::Zero),
    (10, "deletionGracePeriodSeconds", Wire::Zero),
    (11, "labels", Wire::TextMap),
    (12, "annotations", Wire::TextMap),
    (14, "finalizers", Wire::Texts),
];
