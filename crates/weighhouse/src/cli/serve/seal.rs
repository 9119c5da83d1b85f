//! Where the keys are from under which secrets are sealed, if not from the data folder.

use std::process::{Command, Stdio};

use anyhow::Result;
use weighhouse_server::Password;

use crate::environment::variable;
use crate::exit::Mistake;

const KEYS: &str = "WEIGHHOUSE_SEAL_KEYS";
const COMMAND: &str = "WEIGHHOUSE_SEAL_COMMAND";

/// The keys that the environment holds, or that the program prints which it names: a key management service keeps them then.
pub(super) fn keys() -> Result<Option<Password>> {
    let keys = match (variable(KEYS), variable(COMMAND)) {
        (Some(_), Some(_)) => {
            return Err(Mistake(format!("`{KEYS}` and `{COMMAND}` are both set; keep one of them")).into());
        }
        (Some(keys), None) => Some(keys),
        (None, Some(command)) => Some(printed(&command)?),
        (None, None) => None,
    };
    Ok(keys.map(Password::new))
}

/// What a program prints. No shell stands between: words are what white space parts.
#[expect(clippy::disallowed_methods, reason = "no inspection: the operator names this program")]
fn printed(command: &str) -> Result<String> {
    let wrong = |why: String| Mistake(format!("`{COMMAND}` gives no keys: `{command}` {why}"));
    let mut words = command.split_whitespace();
    // A variable of nothing but white space counts as not set.
    let program = words.next().unwrap_or_default();
    // What it complains of, it tells the operator itself.
    let run = Command::new(program).args(words).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let done = run.map_err(|error| wrong(format!("cannot be started: {error}")))?;
    if !done.status.success() {
        return Err(wrong(format!("ended with {}", done.status)).into());
    }
    Ok(String::from_utf8(done.stdout).map_err(|_| wrong("printed something that is no text".to_owned()))?)
}
