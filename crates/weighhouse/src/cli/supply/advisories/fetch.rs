//! Dumps from a mirror, into a temporary file: an index is only replaced by what was read whole.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::NamedTempFile;
use ureq::Agent;
use weighhouse_core::printable::printable;
use weighhouse_supply::advisories::Ecosystem;

use crate::environment::trusted;

/// Bytes of a dump; the largest has a quarter of this.
const LARGEST: u64 = 2 << 30;
/// How long a mirror may take to answer, and how long a whole dump may take.
const ANSWER: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_hours(1);

/// Fetches `MIRROR/ECOSYSTEM/all.zip`.
pub(super) fn dump(mirror: &str, ecosystem: &Ecosystem) -> Result<NamedTempFile> {
    let name = ecosystem.as_str();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' '));
    ensure!(plain && !name.starts_with('.'), "`{}` is no name of an ecosystem", printable(name));
    let address = format!("{}/{}/all.zip", mirror.trim_end_matches('/'), name.replace(' ', "%20"));
    let agent: Agent = Agent::config_builder()
        .timeout_recv_response(Some(ANSWER))
        .timeout_global(Some(WHOLE))
        .max_redirects(3)
        .tls_config(trusted(&address)?)
        .build()
        .into();
    let fetched = || format!("cannot fetch `{}`", printable(&address));
    let response = agent.get(&address).call().with_context(fetched)?;
    let mut reader = response.into_body().into_with_config().limit(LARGEST).reader();
    let mut file =
        NamedTempFile::new().context("cannot write a temporary file; set `TMPDIR` to a folder with room")?;
    let mut window = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut window).with_context(fetched)?;
        if count == 0 {
            file.flush()?;
            return Ok(file);
        }
        file.write_all(window.get(..count).unwrap_or_default())?;
    }
}
