//! `konnect rbac`: the smallest rights, as YAML alone.

use super::Stage;
use super::console::Console;
use crate::cli::RbacArgs;
use crate::outcome::Outcome;
use crate::{rbac, spec};

pub(super) fn rbac(args: &RbacArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    match spec::read(&args.file, args.pat_stdin) {
        Ok(spec) => {
            console.out(&rbac::yaml(&spec, args.purpose, args.subject.as_ref()));
            console.outcome(Outcome::Done)
        }
        Err(errors) => {
            console.error(&errors.render(console.color_on_stderr()));
            console.outcome(Outcome::Failed)
        }
    }
}
