//! `konnect sandbox serve`: the sandbox as a loopback server, in the foreground.

use std::time::Duration;

use super::RunContext;
use super::run::Run;
use crate::cli::ServeArgs;
use crate::cluster::sandbox::{Controllers, OpenedSandbox, listen, open, write_kubeconfig};
use crate::deadline::Deadline;
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::view::{Event, Format, Output};

/// How long a request waits for another process that works on the file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn serve(args: ServeArgs, context: &RunContext) -> Outcome {
    let run = Run::begin(context, args.screen, Format::Human, Output::Text, &Outside::default());
    match until_interrupted(&args, &run).await {
        Ok(()) => run.finish(Outcome::Done),
        Err(failure) => run.fail(&failure.into()),
    }
}

async fn until_interrupted(args: &ServeArgs, run: &Run) -> Result<(), Failure> {
    let named = args.sandbox.clone().unwrap_or_default();
    let controllers = if args.no_controllers { Controllers::Off } else { Controllers::On };
    let OpenedSandbox { file, service } = open(&named, controllers, &Deadline::after(LOCK_TIMEOUT), &run.notices())?;
    let listening = listen().await?;
    let kubeconfig = args.kubeconfig_out.clone().unwrap_or_else(|| file.with_file_name("kubeconfig"));
    let written = write_kubeconfig(&listening, &kubeconfig)?;
    run.emit(Event::Serving {
        file: file.as_path().into(),
        address: listening.address.to_string().into(),
        // Pasted in another terminal, whatever its folder.
        kubeconfig: std::path::absolute(&kubeconfig).unwrap_or(kubeconfig).as_path().into(),
    });
    listening.serve(service, run.until_interrupted()).await;
    written.remove();
    Ok(())
}
