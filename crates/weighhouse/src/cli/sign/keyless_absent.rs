//! A build without Sigstore: it says so.

use anyhow::{Result, bail};
use weighhouse_supply::signing::SigningOptions;

use super::SignArgs;

pub(super) fn sign(_: &SignArgs, _: &str, _: &SigningOptions) -> Result<(Vec<u8>, String)> {
    bail!("this build cannot sign without a key; build it with `--features sigstore`")
}
