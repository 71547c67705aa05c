//! An in-process Kubernetes API server for trying, teaching and testing.
