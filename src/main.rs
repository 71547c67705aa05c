//! The `konnect` binary.

fn main() {}
