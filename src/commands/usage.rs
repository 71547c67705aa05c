//! A command line that is wrong, or asks for help: clap's words, with what was typed sent through the door first.

use clap::error::ContextValue;

use super::stage::{Stage, Stream};
use crate::outcome::Outcome;
use crate::outside::Outside;
use crate::pat;
use crate::text;
use crate::view::{Cleared, Door};

/// Says what is wrong with the command line, or helps. What was typed is repeated only masked and escaped: it may hold a token, or steer a
/// terminal.
pub(super) fn usage(mut error: clap::Error, stage: &Stage) -> Outcome {
    let door = Door::default();
    pat::teach_environment(door.secrets());
    let typed: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in typed {
        let clear = |text: String| door.line(Outside::new(text));
        let value = match value {
            ContextValue::String(text) => ContextValue::String(clear(text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.into_iter().map(clear).collect()),
            other => other,
        };
        error.insert(kind, value);
    }
    let helps = !error.use_stderr();
    let stream = if helps { Stream::Out } else { Stream::Err };
    let rendered = error.render();
    let text = Cleared::of_usage(if stage.color(stream) { rendered.ansi().to_string() } else { rendered.to_string() });
    let written = stage.write(stream, &text);
    match (helps, written) {
        (true, Ok(())) => Outcome::Done,
        (true, Err(_)) => Outcome::Failed,
        (false, _) => Outcome::Usage,
    }
}

/// The system would not even let us begin.
pub(super) fn startup(error: &std::io::Error, stage: &Stage) -> Outcome {
    let _ = stage.write(Stream::Err, &Door::default().remark(text!("error: can't start: {}", error.kind())));
    Outcome::Failed
}
