//! What the tests of konnect share.
