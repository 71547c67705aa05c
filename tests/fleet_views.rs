//! Many specs as each view shows them, of fleets that are made by hand: nothing here reads a file, a cluster or a clock.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "fleet_views/documents.rs"]
mod documents;
#[path = "fleet_views/human.rs"]
mod human;
#[path = "fleet_views/made.rs"]
mod made;
#[path = "fleet_views/markdown.rs"]
mod markdown;
#[path = "fleet_views/run.rs"]
mod run;
