//! The gate, and who asks: requests to `/api/v1`, as people and agents make them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Method;
use weighhouse_core::printable::printable;

use crate::environment::trusted;
use crate::exit::Mistake;

/// How long an agent waits for an answer: nobody sits there to stop it.
const PATIENCE: Duration = Duration::from_mins(1);
/// Bytes of an answer at most: the report of a large model.
const LARGEST: u64 = 64 << 20;

/// The gate, and who asks.
#[derive(Debug, Clone, Args)]
pub(crate) struct Access {
    /// Address of the gate
    #[arg(long, value_name = "URL", env = "HF_ENDPOINT", default_value = "http://127.0.0.1:8640")]
    gate: String,

    /// Token; better in the environment than on the command line
    #[arg(long, value_name = "TOKEN", env = "HF_TOKEN", hide_env_values = true)]
    token: Option<String>,

    /// Whether an agent asks.
    #[arg(skip)]
    by_agent: bool,
}

impl Access {
    /// The same for an agent: the gate is told, and lets it do less than the person whose token it is.
    #[cfg(feature = "mcp")]
    pub(crate) fn for_agent(&self) -> Self {
        Self { by_agent: true, ..self.clone() }
    }

    /// Address of the gate.
    #[cfg(feature = "mcp")]
    pub(crate) fn address(&self) -> &str {
        self.gate.trim_end_matches('/')
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        read(&self.call(&Method::GET, path, None)?, &self.gate)
    }

    /// Asks for what is no JSON.
    #[cfg(feature = "mcp")]
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        self.call(&Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(path, body.to_string())
    }

    /// Sends a text as it is.
    pub(crate) fn send(&self, path: &str, body: String) -> Result<Value> {
        read(&self.call(&Method::POST, path, Some(body))?, &self.gate)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value> {
        read(&self.call(&Method::DELETE, path, None)?, &self.gate)
    }

    fn call(&self, method: &Method, path: &str, body: Option<String>) -> Result<String> {
        let url = format!("{}/api/v1/{path}", self.gate.trim_end_matches('/'));
        let patience = self.by_agent.then_some(PATIENCE);
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: Agent = config.timeout_global(patience).tls_config(trusted(&url)?).build().into();
        let token = self.token.as_deref().map(str::trim).filter(|token| !token.is_empty());
        let token = token
            .ok_or_else(|| Mistake("say who you are: set `HF_TOKEN` to your token of the gate".to_owned()))?;
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        request = request.header("authorization", format!("Bearer {token}"));
        if self.by_agent {
            request = request.header("weighhouse-agent", "mcp");
        }
        let sent = match body {
            Some(body) => agent.run(request.header("content-type", "application/json").body(body)?),
            None => agent.run(request.body(())?),
        };
        let mut answer = sent.map_err(|error| {
            // The client has no word of its own for it.
            let help = if error.to_string().contains("invalid peer certificate") {
                "`SSL_CERT_FILE` names a file of the authorities to trust instead of the public ones"
            } else {
                "is it running, and is that its address?"
            };
            anyhow::Error::from(error).context(format!("cannot reach the gate at {}; {help}", self.gate))
        })?;
        let text = answer.body_mut().with_config().limit(LARGEST).read_to_string();
        let text = text.context("the gate broke off")?;
        let status = answer.status();
        if status.is_success() {
            return Ok(text);
        }
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let detail = value["detail"].as_str().map_or_else(
            || format!("{} answers {status}; is it a gate of Weighhouse?", self.gate),
            printable,
        );
        Err(if status.is_client_error() { Mistake(detail).into() } else { anyhow::anyhow!(detail) })
    }
}

/// What the gate answered. Nothing, where there is nothing to say.
fn read(text: &str, gate: &str) -> Result<Value> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let wrong = || format!("{gate} answers no JSON; is it a gate of Weighhouse?");
    serde_json::from_str(text).with_context(wrong)
}
