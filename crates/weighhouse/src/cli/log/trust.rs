//! Whom the user trusts: a log alone, or a policy with witnesses.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use weighhouse_core::printable::printable;
use weighhouse_log::policy::Trusted;
use weighhouse_log::{Policy, VerifierKey};

use crate::cli::sign::bytes;
use crate::config;
use crate::exit::Mistake;
use crate::output;

/// Keys and policies are small; what is larger is something else.
const LIMIT: u64 = 1 << 20;

/// Whom to trust.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct TrustArgs {
    /// Public key of the log, `NAME+ID+BASE64`, or a file that holds it; no witness is asked for
    #[arg(long, value_name = "KEY")]
    log_key: Option<String>,

    /// Policy of C2SP tlog-policy: logs, witnesses, and how many of them must have cosigned
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl TrustArgs {
    /// The policy that the arguments name. Warns of what lies with the log: whoever changed the one can have changed the other.
    pub(super) fn policy(&self, target: &Path) -> Result<Policy> {
        policy(self.policy.as_deref(), self.log_key.as_deref(), target)
    }
}

/// The policy of a file, or the one that trusts a log alone: `key` is its key, or a file that holds it.
pub(in crate::cli) fn policy(policy: Option<&Path>, key: Option<&str>, target: &Path) -> Result<Policy> {
    let (file, given) = match (policy, key) {
        (Some(file), _) => (Some(file.to_owned()), None),
        (None, Some(key)) if key.parse::<VerifierKey>().is_ok() => (None, Some(key)),
        (None, key) => (key.map(PathBuf::from), None),
    };
    let Some(file) = file else {
        return Ok(Policy::log_only(verifier(given.unwrap_or_default())?));
    };
    if target.is_dir() && config::came_with(&file, target) {
        let shown = printable(&file.display().to_string());
        let why = "whoever changed that can have put it there; take it from whom you trust";
        output::message(&format!("warning: `{shown}` lies with what is checked: {why}"));
    }
    let shown = printable(&file.display().to_string());
    let text =
        String::from_utf8(bytes(&file, LIMIT)?).map_err(|_| Mistake(format!("`{shown}` is not text")))?;
    if policy.is_none() {
        return Ok(Policy::log_only(verifier(text.trim_end())?));
    }
    Ok(text.parse().map_err(|error| Mistake(format!("`{shown}`: {error}")))?)
}

fn verifier(text: &str) -> Result<VerifierKey> {
    Ok(text.parse().map_err(|error| Mistake(format!("{error}")))?)
}

/// Who signed, for people: lines below the verdict. `option` is the one that takes a policy.
pub(in crate::cli) fn told(trusted: &Trusted, policy: &Policy, option: &str) -> Vec<String> {
    let mut lines: Vec<String> = trusted
        .witnesses
        .iter()
        .map(|(key, time)| format!("cosigned by {} at {}", printable(key.name()), moment(*time)))
        .collect();
    if policy.is_without_witnesses() {
        lines.push(format!(
            "no witness was asked for: whoever has the key of the log could have written another; `{option}` names witnesses"
        ));
    }
    lines
}

/// A time in UTC; one that no calendar has, in seconds.
pub(in crate::cli) fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("{seconds} s after 1970"), |time| time.to_string())
}
