//! Canaries: the live token, the wanted one, a bearer token and a password, planted in every string of everything that konnect reads, in every
//! order in which it can read it. No eight bytes in a row of a secret that it met come out again: in no stream, no file, no encoding.
//!
//! A case plants one canary ([`secret`]) in one [`form`] at one place ([`positions`]), runs the built konnect against a [`server`] that
//! answers from a table ([`state`], [`statuses`]) in an [`order`] of its choice, and [`search`]es what it wrote. Which secrets it [`met`]
//! is decided in one place. `KONNECT_LONG=1` tries everything; otherwise a seeded generator chooses, and each position gets every kind of canary.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "canaries/case.rs"]
mod case;
#[path = "canaries/commands.rs"]
mod commands;
#[path = "canaries/findings.rs"]
mod findings;
#[path = "canaries/form.rs"]
mod form;
#[path = "canaries/in_answers.rs"]
mod in_answers;
#[path = "canaries/in_environment.rs"]
mod in_environment;
#[path = "canaries/in_flags.rs"]
mod in_flags;
#[path = "canaries/in_kubeconfig.rs"]
mod in_kubeconfig;
#[path = "canaries/in_plan.rs"]
mod in_plan;
#[path = "canaries/in_spec.rs"]
mod in_spec;
#[path = "canaries/met.rs"]
mod met;
#[path = "canaries/order.rs"]
mod order;
#[path = "canaries/positions.rs"]
mod positions;
#[path = "canaries/response.rs"]
mod response;
#[path = "canaries/search.rs"]
mod search;
#[path = "canaries/secret.rs"]
mod secret;
#[path = "canaries/server.rs"]
mod server;
#[path = "canaries/state.rs"]
mod state;
#[path = "canaries/statuses.rs"]
mod statuses;

use case::CanaryCase;
use findings::none_in;
use met::Planted;
use secret::{Canary, Flavour};
use server::{ApiRequest, FIRST_ROUND, OBJECTS, ScriptedServer};
use state::ClusterState;
use testkit::extent::{Extent, extent};
use testkit::skipped;

/// Without a canary everything goes to its end: otherwise a canary would be looked for where nothing is said.
#[test]
fn the_states_are_what_they_say() {
    let server = ScriptedServer::start();
    let ends = [
        (ClusterState::Differs, 2, 0),
        (ClusterState::Blocked, 2, 3),
        (ClusterState::Same, 0, 0),
        (ClusterState::Fixed, 2, 3),
        (ClusterState::Nothing, 2, 0),
    ];
    for (state, plan, apply) in ends {
        for flavour in [Flavour::Prefixed, Flavour::Bare, Flavour::Odd] {
            for (command, code) in [(["plan", "--detailed-exitcode"], plan), (["apply", "--auto-approve"], apply)] {
                let order: Vec<ApiRequest> = FIRST_ROUND.into_iter().rev().collect();
                let script = server::Script { order, ..state::script(state, flavour) };
                let planted = Planted { canary: Canary::new(flavour), form: form::Form::Whole };
                let case = CanaryCase::new(format!("{state:?}"), &command, script, planted);
                case.prepared(&server).run().assert_code(code);
                let log = server.log();
                assert_eq!(log.stuck, 0, "all five are asked at once");
                assert!(FIRST_ROUND.iter().all(|call| log.calls.contains(call)), "{:?}", log.calls);
                let written = command[0] == "apply" && matches!(state, ClusterState::Differs | ClusterState::Nothing);
                assert!(
                    OBJECTS.iter().all(|object| log.calls.contains(&ApiRequest::Write(*object)) == written),
                    "{:?}",
                    log.calls
                );
            }
        }
    }
}

#[test]
fn in_every_field_of_every_object() {
    none_in("objects", in_answers::objects());
}

#[test]
fn in_every_refusal() {
    none_in("refusals", in_answers::refusals());
}

#[test]
fn in_every_header() {
    none_in("headers", in_answers::headers());
}

#[test]
fn in_every_order_of_answers() {
    none_in("all orders", in_answers::orders());
}

#[test]
fn in_every_string_of_the_spec() {
    none_in("specs", in_spec::positions());
}

#[test]
fn in_comments_and_what_is_no_spec() {
    none_in("lines of specs", in_spec::lines());
}

#[test]
fn in_every_argument() {
    none_in("arguments", in_flags::all());
}

#[test]
fn in_the_environment() {
    none_in("the environment", in_environment::all());
}

#[test]
fn in_every_string_of_the_kubeconfig() {
    none_in("kubeconfigs", in_kubeconfig::positions());
}

#[test]
fn in_addresses_and_what_plugins_say() {
    none_in("addresses and plugins", in_kubeconfig::addresses_and_plugins());
}

#[test]
fn in_every_string_of_a_plan_file() {
    none_in("plan files", in_plan::positions());
}

#[test]
fn in_the_name_of_a_plan_file() {
    none_in("names of plan files", in_plan::names());
}

#[test]
fn nothing_is_saved_that_would_hold_a_secret() {
    none_in("what would be saved", in_plan::what_would_be_saved());
}

/// What docs/threat-model.md says was tried is what these tests try.
#[test]
fn the_documentation_counts_them() {
    if extent() != Extent::Usual {
        skipped::say("docs/threat-model.md is compared with the usual run alone");
        return;
    }
    let groups: [(&str, Vec<CanaryCase>); 12] = [
        ("every field, key and owner of every object", in_answers::objects()),
        ("every refusal, conflict and error", in_answers::refusals()),
        ("every header", in_answers::headers()),
        ("every order of the first answers", in_answers::orders()),
        ("every string of the spec", in_spec::positions()),
        ("comments of the spec, and what is no spec", in_spec::lines()),
        ("every argument of every command", in_flags::all()),
        ("the environment", in_environment::all()),
        ("every string of the kubeconfig", in_kubeconfig::positions()),
        ("addresses, and what plugins say", in_kubeconfig::addresses_and_plugins()),
        ("every string of a plan file, its digest made right again", in_plan::positions()),
        ("what would get into a plan file", in_plan::what_would_be_saved()),
    ];
    let mut rows = String::from("| planted in | positions | orders of answers | runs |\n|---|---|---|---|\n");
    let (mut positions, mut runs) = (0, 0);
    for (group, cases) in &groups {
        let places: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.place.as_str()).collect();
        let orders: std::collections::BTreeSet<&[ApiRequest]> =
            cases.iter().map(|case| case.script.order.as_slice()).filter(|order| !order.is_empty()).collect();
        let orders = if orders.len() > 1 { orders.len().to_string() } else { "one".to_owned() };
        rows.push_str(&format!("| {group} | {} | {orders} | {} |\n", places.len(), cases.len()));
        (positions, runs) = (positions + places.len(), runs + cases.len());
    }
    rows.push_str(&format!("| all | {positions} | | {runs} |\n"));
    testkit::golden::section("docs/threat-model.md", "canaries", &rows);
}
