//! A log that a server shows, as C2SP tlog-tiles lays it out.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::flaw;
use crate::environment::trusted;
use crate::exit::Mistake;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a log is read over the network.
#[derive(Debug)]
pub(super) struct Remote {
    /// Address above `checkpoint`, without a final slash.
    address: String,
    token: Option<String>,
    agent: ureq::Agent,
}

impl Remote {
    /// `token` is sent to this address and nowhere else: redirects are not followed.
    pub(super) fn new(address: &str, token: Option<String>) -> Result<Self> {
        if let Some((what, help)) = crate::config::endpoint_fault(address) {
            return Err(Mistake(format!("`{address}` {what}; {help}")).into());
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .tls_config(trusted(address)?)
            .build()
            .into();
        Ok(Self { address: address.trim_end_matches('/').to_owned(), token, agent })
    }

    /// The content of a file of the log, which has at most so many bytes.
    pub(super) fn read(&self, name: &str, limit: usize) -> Result<Vec<u8>> {
        let url = format!("{}/{name}", self.address);
        let mut request = self.agent.get(&url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.call().with_context(|| format!("cannot reach {url}"))?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => {
                let why =
                    "whoever reads the audit log of a gate needs a token of somebody who may: `--token`";
                return Err(Mistake(format!("{url} is not for everybody; {why}")).into());
            }
            404 => return Err(flaw(format!("`{name}` is missing"))),
            status => anyhow::bail!("{url} answers {status}"),
        }
        let body = answer.body_mut().with_config().limit(limit as u64 + 1).read_to_vec();
        let body = match body {
            Ok(body) => body,
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                return Err(flaw(format!("`{name}` is longer than such a file can be")));
            }
            Err(error) => return Err(anyhow::Error::from(error).context(format!("{url} broke off"))),
        };
        if body.len() > limit {
            return Err(flaw(format!("`{name}` is longer than such a file can be")));
        }
        Ok(body)
    }
}
