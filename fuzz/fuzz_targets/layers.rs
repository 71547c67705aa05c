#![no_main]
#![expect(dead_code, clippy::expect_used, reason = "one of several targets; what can't go on has failed")]

#[path = "../../tests/bad_input/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::layers(bytes));
