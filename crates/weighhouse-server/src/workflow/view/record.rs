//! What the transformation record of a view says, read back to be shown.

use serde::Deserialize;
use serde_json::Value;
use weighhouse_supply::statements::{self, VIEW};

use crate::error::{GateError, Result};
use crate::store::StoreError;

/// A transformation record.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ViewRecord {
    pub(crate) commit: String,
    /// Model digest of the view.
    #[serde(skip)]
    pub(crate) digest: String,
    pub(crate) from: Origin,
    pub(crate) without: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) rewritten: Vec<Rewritten>,
    pub(crate) made: String,
}

/// What a view was made from.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Origin {
    pub(crate) commit: String,
    pub(crate) digest: Sha256,
}

/// A digest as in-toto writes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Sha256 {
    pub(crate) sha256: String,
}

/// A file that was left out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) path: String,
    pub(crate) digest: Sha256,
    pub(crate) size: u64,
    pub(crate) why: String,
}

/// A file that was rewritten.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rewritten {
    pub(crate) path: String,
    pub(crate) before: Sha256,
    pub(crate) after: Sha256,
    pub(crate) removed: Vec<String>,
}

impl ViewRecord {
    /// Reads an envelope that this gate signed.
    pub(crate) fn read(envelope: &str) -> Result<Self> {
        let corrupt = |why: &str| GateError::Store(StoreError::Corrupt(format!("a record of a view: {why}")));
        let read = statements::read(envelope).map_err(|error| corrupt(&error.to_string()))?;
        let statement = read.into_iter().next().map(|one| one.statement);
        let statement = statement.filter(|statement| statement.predicate_type == VIEW);
        let statement = statement.ok_or_else(|| corrupt("it states something else"))?;
        let told: Value = statement.predicate;
        let told: Self = serde_json::from_value(told).map_err(|error| corrupt(&error.to_string()))?;
        let digest = statement.subject.first().and_then(|subject| subject.digest.get("sha256"));
        let digest = digest.ok_or_else(|| corrupt("it is about nothing"))?;
        Ok(Self { digest: format!("sha256:{digest}"), ..told })
    }
}
