//! What the gate does, told on standard error: lines for people, or JSON for programs that collect them.

use std::io::{self, Write};
use std::str::FromStr as _;

use anyhow::Result;
use clap::{Args, ValueEnum};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};
use weighhouse_core::printable::printable;

use crate::exit::Mistake;

/// How the gate tells what it does.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// What is told on standard error: `error`, `warn`, `info`, `debug`, `trace`, `off`, or by parts, such as `warn,sqlx=debug`
    #[arg(long, value_name = "LEVEL", env = "WEIGHHOUSE_LOG", default_value = "info")]
    log: String,

    /// How it is told
    #[arg(long, value_name = "FORMAT", env = "WEIGHHOUSE_LOG_FORMAT", default_value = "text")]
    log_format: Shape,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    /// A line for each event
    Text,
    /// A JSON object for each event, each on a line
    Json,
}

/// Begins to tell.
pub(super) fn begin(arguments: &LogArgs) -> Result<()> {
    let wrong = |error: &dyn std::fmt::Display| {
        let why =
            format!("`--log {}`: {error}; write a level, or parts such as `warn,sqlx=debug`", arguments.log);
        anyhow::Error::from(Mistake(why))
    };
    let filter = Targets::from_str(&arguments.log).map_err(|error| wrong(&error))?;
    let layer = fmt::layer().with_ansi(false).log_internal_errors(false);
    let layer = match arguments.log_format {
        Shape::Text => layer.with_writer(|| OneLine).boxed(),
        Shape::Json => layer.json().flatten_event(true).with_span_list(false).with_writer(io::stderr).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| wrong(&error))?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        tracing::error!(panic = %info, "something broke; this is a bug of weighhouse");
        before(info);
    }));
    Ok(())
}

/// Standard error, to which each event is one line: what callers sent must not look like an event of its own.
struct OneLine;

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for OneLine {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = format!("{}\n", printable(text.strip_suffix('\n').unwrap_or(&text)));
        io::stderr().lock().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
