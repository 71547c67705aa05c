//! `konnect validate`: reads the spec and what it extends, and nothing else.

use super::open::{SpecReader, policy};
use super::run::Run;
use super::{RunContext, many};
use crate::cli::ValidateArgs;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::view::{Event, Output, effective};

pub(super) async fn validate(args: ValidateArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, args.format, Output::Validation, &args.select.named());
    let deadline = Deadline::after(args.cluster.timeout);
    match many::choose(&run, &args.select, &deadline).await {
        Ok(None) => {}
        Ok(Some(files)) => return Box::pin(many::validate(&args, files, &run)).await,
        Err(outcome) => return run.finish(outcome),
    }
    let file = args.select.first();
    let policy = policy(&args.trust, args.cluster.context.is_some(), args.pat_stdin);
    let reader = SpecReader::new(&run, file, args.pat_stdin, policy);
    let mut warnings = Vec::new();
    match run.or_stop(reader.checked(&deadline, &mut warnings)).await {
        Ok(checked) => {
            run.warn(&warnings);
            if args.show_effective {
                run.emit(Event::Text(&effective(&checked.effective, run.door())));
            } else {
                run.emit(Event::Valid { spec: file, template: checked.is_template() });
            }
            run.finish(Outcome::Done)
        }
        Err(error) => run.fail(&error),
    }
}
