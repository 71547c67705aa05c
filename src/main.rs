//! `konnect`: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    konnect::commands::run(std::env::args_os()).into()
}
