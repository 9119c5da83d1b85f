//! `witness`: cosigns audit logs of others, if they only grow.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use weighhouse_core::printable::printable;
use weighhouse_log::{SignerKey, VerifierKey};
use weighhouse_server::{GateError, Witness, WitnessError, blocking};

use super::inspect;
use crate::cli::sign::bytes;
use crate::exit::{Exit, Mistake};
use crate::output;

/// Keys are short.
const KEY_BYTES: u64 = 1 << 16;

/// Arguments of `witness`.
#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// Private key of the witness, as `log keygen --witness` made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Public key of a log to be witnessed, `NAME+ID+BASE64`, or a file that holds it; can be given more than once
    #[arg(long, value_name = "KEY", required = true)]
    log: Vec<String>,
    /// Folder in which the witness remembers what it has cosigned; of one witness, and never set back
    #[arg(long, value_name = "FOLDER")]
    state: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8641")]
    listen: String,
}

/// Runs `witness`.
pub(crate) fn run(arguments: &WitnessArgs) -> Result<Exit> {
    let text = text(&arguments.key)?;
    let wrong =
        |what: &str, error: &dyn std::fmt::Display| Mistake(format!("`{}`: {error}", printable(what)));
    let key: SignerKey =
        text.trim().parse().map_err(|error| wrong(&arguments.key.display().to_string(), &error))?;
    let logs: Vec<VerifierKey> = arguments.log.iter().map(|given| log(given)).collect::<Result<_>>()?;
    let witness = Witness::open(key, logs, &arguments.state, super::serve::clock());
    let witness = witness.map_err(|error| match error {
        WitnessError::Memory { .. } => anyhow::Error::from(error),
        error => Mistake(error.to_string()).into(),
    })?;
    let shown = witness.key().to_string();
    let stop = inspect::cancellation();
    blocking::witness(Arc::clone(&witness), &arguments.listen, stop, |address| {
        output::message(&format!("the witness listens on http://{address}/add-checkpoint"));
        output::message(&format!("its key: {shown}"));
    })
    .map_err(|error| match error {
        GateError::Invalid(why) => Mistake(why).into(),
        error => anyhow::Error::from(error),
    })?;
    Ok(Exit::Allowed)
}

/// A key, or the file that holds it.
fn log(given: &str) -> Result<VerifierKey> {
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    let text = text(&PathBuf::from(given))?;
    Ok(text.trim().parse().map_err(|error| Mistake(format!("`{}`: {error}", printable(given))))?)
}

fn text(path: &std::path::Path) -> Result<String> {
    let text = String::from_utf8(bytes(path, KEY_BYTES)?);
    Ok(text.map_err(|_| Mistake(format!("`{}` is no text", path.display())))?)
}
