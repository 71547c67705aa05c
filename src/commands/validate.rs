//! `konnect validate`: reads the spec, and nothing else.

use super::RunContext;
use super::open::{SpecReader, policy};
use super::run::Run;
use crate::cli::ValidateArgs;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::view::{Event, Output};

pub(super) async fn validate(args: ValidateArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, args.format, Output::Validation, &args.file);
    let deadline = Deadline::after(args.cluster.timeout);
    let policy = policy(&args.trust, args.cluster.context.is_some(), args.pat_stdin);
    let reader = SpecReader::new(&run, &args.file, args.pat_stdin, policy);
    let mut warnings = Vec::new();
    match run.or_stop(reader.spec(&deadline, &mut warnings)).await {
        Ok(_) => {
            run.warn(&warnings);
            run.emit(Event::Valid { spec: &args.file });
            run.finish(Outcome::Done)
        }
        Err(error) => run.fail(&error),
    }
}
