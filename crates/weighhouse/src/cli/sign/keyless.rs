//! `sign` without a key: the token, and the connections to the services.

use std::time::Duration;

use anyhow::Result;
use ureq::Agent;
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_scan::source::hub::Authorities;
use weighhouse_supply::signing::{self, Error, Instance, SignedBy, SigningOptions, Token, Transport};

use super::{KEY_BYTES, SignArgs, bytes, mistake, told};
use crate::environment::authorities;
use crate::exit::Mistake;

/// Where the token is looked for if no file is named, as other clients of Sigstore do.
const TOKEN: &str = "SIGSTORE_ID_TOKEN";
/// Bytes of an answer: a certificate chain, an entry with its proof, a time stamp.
const LARGEST: u64 = 1 << 20;
/// How long a service may take. Logs answer when an entry is in their tree, which takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// Characters of a refusal that are told.
const TOLD: usize = 300;

/// The signature, and by whom it is.
pub(super) fn sign(arguments: &SignArgs, name: &str, options: &SigningOptions) -> Result<(Vec<u8>, String)> {
    let (Some(config), Some(root)) = (&arguments.signing_config, &arguments.trusted_root) else {
        return Err(
            Mistake("signing without a key needs --signing-config and --trusted-root".to_owned()).into()
        );
    };
    let instance = Instance::new(&bytes(root, KEY_BYTES)?, &bytes(config, KEY_BYTES)?);
    let instance = instance.map_err(|error| match error {
        Error::TrustedRoot(_) => mistake(root, &error),
        error => mistake(config, &error),
    })?;
    let token = token(arguments)?;
    let signed =
        signing::sign_keyless(&arguments.model, name, (&instance, &token), &Connections::new()?, options);
    let (bundle, by) = signed.map_err(|error| told(&arguments.model, error))?;
    Ok((bundle, whom(&by)))
}

fn token(arguments: &SignArgs) -> Result<Token> {
    let Some(path) = &arguments.identity_token else {
        let text = std::env::var(TOKEN).ok().filter(|text| !text.trim().is_empty());
        let missing =
            || Mistake(format!("nothing says who signs; give --identity-token FILE, or set {TOKEN}"));
        return Ok(Token::new(&text.ok_or_else(missing)?));
    };
    let text = String::from_utf8(bytes(path, KEY_BYTES)?);
    let wrong = || Mistake(format!("`{}` holds no identity token", printable(&path.display().to_string())));
    Ok(Token::new(&text.map_err(|_| wrong())?))
}

/// ` by NAME, whose identity ISSUER checked`.
fn whom(by: &SignedBy) -> String {
    let SignedBy::Keyless { identity, .. } = by else { return String::new() };
    let name = identity.names.first().map_or_else(String::new, |name| format!(" by `{}`", printable(name)));
    let issuer = identity.issuers.last();
    let issuer =
        issuer.map_or_else(String::new, |issuer| format!(", whose identity `{}` checked", printable(issuer)));
    format!("{name}{issuer}")
}

struct Connections(Agent);

impl Connections {
    fn new() -> Result<Self> {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // A token sent on to somewhere else would be somebody else's.
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(Authorities::tls(authorities()?.as_ref()));
        Ok(Self(config.build().into()))
    }
}

impl Transport for Connections {
    fn post(&self, address: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        let shown = printable(address);
        let sent = self.0.post(address).header("Content-Type", kind).header("Accept", "*/*").send(body);
        let mut response = sent.map_err(|error| format!("`{shown}` cannot be reached: {error}"))?;
        let read = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let answer = read.map_err(|error| format!("the answer of `{shown}` breaks off: {error}"))?;
        if response.status().is_success() {
            return Ok(answer);
        }
        let why = printable_within(String::from_utf8_lossy(&answer).trim(), TOLD);
        Err(format!("`{shown}` answers {}: {why}", response.status()))
    }
}
