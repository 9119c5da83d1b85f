//! Statements about digests: in-toto statements in DSSE envelopes, read as evidence and written for others to check.
//!
//! Anything that somebody found out about an artifact can be such a statement: how it was built (SLSA provenance), that it was verified
//! against a policy (SLSA verification summary), what it holds (a bill of materials). A statement is worth as much as the signature over
//! it: without a key that the user trusts it is hearsay, and told as such.

mod compare;
mod dsse;
mod found;
mod provenance;
pub mod rules;
mod statement;
mod summary;
mod view;

use weighhouse_core::printable::printable_within;

pub use compare::{Digests, Relation};
pub use dsse::{Envelope, IN_TOTO};
pub(crate) use dsse::{Signature, decode, pre_authentication};
pub(crate) use found::found;
pub use provenance::{Conversion, provenance};
pub use statement::{Statement, Subject};
pub(crate) use summary::encode;
pub use summary::{Summary, verification_summary};
pub use view::{LeftOut, PartialView, Rewritten, partial_view};

#[cfg(test)]
mod tests;

/// SLSA provenance.
pub const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
/// SLSA verification summary.
pub const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
/// What a partial view was made of: the transformation record of a gate (see `docs/reference/view-v1.md`).
pub const VIEW: &str = "urn:weighhouse:view:v1";
/// OpenSSF Model Signing.
pub const MODEL_SIGNATURE: &str = "https://model_signing/signature/v1.0";

/// Statements of one file that are read.
const MOST: usize = 1000;

/// A text that is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not what the specifications say.
    #[error("the statement cannot be read: {0}")]
    Broken(String),
    /// It is a signature of another kind.
    #[error("it signs the bytes of a file, and states nothing about it")]
    NoStatement,
}

/// A statement, and the envelope it came in.
#[derive(Debug, Clone)]
pub struct Attestation {
    /// What is claimed.
    pub statement: Statement,
    /// Who vouches for that; nobody if it is a bare statement.
    pub envelope: Option<Envelope>,
}

/// Reads what the text of a file states: one envelope, Sigstore bundle or bare statement, or one of them in each line.
pub fn read(text: &str) -> Result<Vec<Attestation>, Error> {
    let whole: Result<serde_json::Value, _> = serde_json::from_str(text);
    if let Ok(value) = whole {
        return Ok(vec![one(value)?]);
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let attestations = lines.take(MOST.saturating_add(1)).map(|line| {
        let value = serde_json::from_str(line).map_err(|error| Error::Broken(error.to_string()))?;
        one(value)
    });
    let attestations: Vec<_> = attestations.collect::<Result<_, _>>()?;
    match attestations.len() {
        0 => Err(Error::Broken("it is empty".to_owned())),
        count if count > MOST => Err(Error::Broken(format!("it holds more than {MOST} statements"))),
        _ => Ok(attestations),
    }
}

fn one(mut value: serde_json::Value) -> Result<Attestation, Error> {
    let broken = |error: serde_json::Error| Error::Broken(error.to_string());
    if value.get("_type").is_some() {
        let bytes = serde_json::to_vec(&value).map_err(broken)?;
        return Ok(Attestation { statement: Statement::read(&bytes)?, envelope: None });
    }
    if value.get("messageSignature").is_some() {
        return Err(Error::NoStatement);
    }
    // A Sigstore bundle holds an envelope beside its proofs.
    let envelope = match value.get_mut("dsseEnvelope") {
        Some(inner) => inner.take(),
        None => value,
    };
    let envelope: Envelope = serde_json::from_value(envelope).map_err(broken)?;
    if envelope.payload_type() != IN_TOTO {
        let kind = printable_within(envelope.payload_type(), 200);
        return Err(Error::Broken(format!("its payload is `{kind}`, not an in-toto statement")));
    }
    Ok(Attestation { statement: Statement::read(&envelope.payload()?)?, envelope: Some(envelope) })
}
