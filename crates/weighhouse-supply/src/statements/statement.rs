//! In-toto statements, as they are on the wire: a predicate about digests.
//!
//! Specification: <https://github.com/in-toto/attestation/tree/main/spec/v1>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighhouse_core::printable::printable_within;

use super::dsse::{Envelope, IN_TOTO};
use super::{Error, MODEL_SIGNATURE, PROVENANCE, SUMMARY, VIEW};
use crate::signing::PrivateKey;

/// The statement's own type.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The version before; its subjects and predicates are written alike.
const OLD: &str = "https://in-toto.io/Statement/v0.1";
/// Subjects of one statement that are read.
const MOST: usize = 100_000;
/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    /// What it is about.
    pub subject: Vec<Subject>,
    /// What kind of claim it is: an address.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// The claim.
    #[serde(default)]
    pub predicate: Value,
}

/// One thing a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// What the maker of the statement calls it.
    #[serde(default)]
    pub name: String,
    /// Its digests in hexadecimal, by algorithm.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A subject known by its SHA-256 digest.
    pub fn new(name: impl Into<String>, digest: weighhouse_core::Digest) -> Self {
        Self { name: name.into(), digest: BTreeMap::from([("sha256".to_owned(), digest.hex())]) }
    }
}

impl Statement {
    /// A statement of version 1.
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: Value) -> Self {
        Self { kind: STATEMENT.to_owned(), subject, predicate_type: predicate_type.to_owned(), predicate }
    }

    /// Reads the payload of an envelope.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Error> {
        let statement: Self =
            serde_json::from_slice(payload).map_err(|error| Error::Broken(error.to_string()))?;
        if statement.kind != STATEMENT && statement.kind != OLD {
            let kind = printable_within(&statement.kind, SHOWN);
            return Err(Error::Broken(format!("`{kind}` is no in-toto statement")));
        }
        if statement.subject.len() > MOST {
            return Err(Error::Broken(format!("it has {} subjects", statement.subject.len())));
        }
        Ok(statement)
    }

    /// The statement's bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|error| Error::Broken(error.to_string()))
    }

    /// The text of a file that holds it: an envelope in one line if there is a key, the bare statement otherwise.
    pub fn text(&self, key: Option<&PrivateKey>) -> Result<String, crate::signing::Error> {
        let broken = |error: &dyn std::fmt::Display| crate::signing::Error::Signature(error.to_string());
        let payload = self.bytes().map_err(|error| broken(&error))?;
        let text = match key {
            None => serde_json::to_string_pretty(self),
            Some(key) => serde_json::to_string(&Envelope::sign(IN_TOTO, &payload, key)?),
        };
        text.map(|text| text + "\n").map_err(|error| broken(&error))
    }

    /// What it claims, in one line that is safe to print.
    pub fn claim(&self) -> String {
        let at = |pointer: &str| {
            let text = self.predicate.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
            format!("`{}`", printable_within(text, SHOWN))
        };
        match self.predicate_type.as_str() {
            PROVENANCE => {
                format!("built by {} as {}", at("/runDetails/builder/id"), at("/buildDefinition/buildType"))
            }
            "https://slsa.dev/provenance/v0.2" => {
                format!("built by {} as {}", at("/builder/id"), at("/buildType"))
            }
            SUMMARY => format!(
                "{} by {} against the policy {}",
                at("/verificationResult"),
                at("/verifier/id"),
                at("/policy/uri")
            ),
            VIEW => {
                let count = |key| self.predicate.get(key).and_then(Value::as_array).map_or(0, Vec::len);
                let (left_out, rewritten) = (count("leftOut"), count("rewritten"));
                format!(
                    "{} as a view of {} by {}: {left_out} files left out, {rewritten} rewritten",
                    at("/commit"),
                    at("/from/commit"),
                    at("/gate"),
                )
            }
            MODEL_SIGNATURE => "signature of a model".to_owned(),
            "https://cyclonedx.org/bom" => "bill of materials (CycloneDX)".to_owned(),
            spdx if spdx.starts_with("https://spdx.dev/Document") => "bill of materials (SPDX)".to_owned(),
            "https://in-toto.io/attestation/vulns/v0.1" | "https://in-toto.io/attestation/vulns/v0.2" => {
                format!("vulnerabilities found by {}", at("/scanner/uri"))
            }
            other => format!("a claim of the kind `{}`", printable_within(other, SHOWN)),
        }
    }
}
