//! `konnect rbac`: the smallest rights, as YAML alone.

use super::console::Console;
use super::interrupt::Interrupt;
use super::{NotOpened, Stage, checked};
use crate::cli::RbacArgs;
use crate::cluster::Deadline;
use crate::outcome::Outcome;
use crate::rbac;

pub(super) async fn rbac(args: RbacArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    match Interrupt::listen(stage)
        .or_stop(checked(&args.file, args.pat_stdin, None, &console, &Deadline::default(), &mut Vec::new()))
        .await
    {
        Ok(spec) => {
            if let Err(failure) = rbac::refuse_masked(&spec, args.subject.as_ref(), console.door()) {
                return console.not_opened(&NotOpened::Failed(failure));
            }
            console.out(&rbac::yaml(&spec, args.purpose, args.subject.as_ref(), console.door()));
            console.outcome(Outcome::Done)
        }
        Err(not_opened) => console.not_opened(&not_opened),
    }
}
