//! `konnect sandbox serve`: the sandbox as a loopback server, in the foreground.

use std::sync::Arc;
use std::time::Duration;

use super::console::Console;
use super::interrupt::Interrupt;
use super::stage::Stage;
use crate::cli::ServeArgs;
use crate::cluster::Deadline;
use crate::cluster::sandbox::{Opened, listen, open, write_kubeconfig};
use crate::outcome::{Failure, Outcome};
use crate::outside::Outside;
use crate::text;

/// How long a request waits for another process that works on the file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn serve(args: ServeArgs, stage: &Stage) -> Outcome {
    let console = Console::new(args.screen, stage);
    let interrupt = Interrupt::listen(stage);
    match run(&args, &interrupt, &console).await {
        Ok(()) => console.outcome(Outcome::Done),
        Err(failure) => {
            console.failure(&failure);
            console.outcome(failure.outcome)
        }
    }
}

async fn run(args: &ServeArgs, interrupt: &Interrupt, console: &Arc<Console>) -> Result<(), Failure> {
    let named = args.sandbox.clone().unwrap_or_default();
    let Opened { file, service } = open(&named, &Deadline::after(LOCK_TIMEOUT), &console.notices())?;
    let listening = listen().await?;
    let kubeconfig = args.kubeconfig_out.clone().unwrap_or_else(|| file.with_file_name("kubeconfig"));
    let written = write_kubeconfig(&listening, &kubeconfig)?;
    console.say(text!(
        "The sandbox {} listens on https://{}\n\n  export KUBECONFIG={}\n\nCtrl-C ends it.\n",
        Outside::from(file.as_path()),
        Outside::new(listening.address.to_string()),
        Outside::from(kubeconfig.as_path())
    ));
    listening.serve(service, interrupt.wanted()).await;
    written.remove();
    Ok(())
}
