//! Release bundles: what was released to a stage, until when, and the proof that the gate wrote it into its log. One file, to be checked with no
//! network beside the files it speaks of.
//!
//! A bundle is a statement, the record of the log that carries the statement's digest, and the proof that the record is in the log. So
//! nothing is signed but checkpoints, and whoever issues bundles that nobody should have leaves them in the log.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use weighhouse_core::Digest;
use weighhouse_core::digest::model_digest;

use crate::policy::{Policy, Trusted};
use crate::record::Record;
use crate::tlog_proof::TlogProof;

/// What a bundle says it is.
pub const SCHEMA: &str = "urn:weighhouse:release-bundle:v1";
/// What the record of a bundle says was done.
pub const ACTION: &str = "bundle.issue";
/// The longest bundle that is read, in bytes.
pub const MAX_BUNDLE: usize = 64 << 20;
/// Files that are named of each kind.
const NAMED: usize = 20;

/// A bundle as it is on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBundle {
    /// [`SCHEMA`].
    pub schema: String,
    /// What is stated.
    pub statement: ReleaseStatement,
    /// The record of the log, byte for byte.
    pub record: String,
    /// The proof that the record is in the log (C2SP tlog-proof).
    pub proof: String,
}

/// What a bundle states. Its digest is what the log holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseStatement {
    /// Id of the bundle.
    pub id: String,
    /// Name of the gate's log.
    pub gate: String,
    /// `models` or `datasets`.
    pub kind: String,
    /// `org/name`.
    pub model: String,
    /// The commit by which clients know the revision.
    pub commit: String,
    /// Model digest over all files.
    pub digest: String,
    /// The stage it is released to.
    pub stage: String,
    /// Id of the release.
    pub release: String,
    /// What policy decided when the bundle was issued.
    pub outcome: String,
    /// Digest of the policies.
    pub policy: String,
    /// Digest of the facts.
    pub facts: String,
    /// When it was issued: RFC 3339, UTC, whole seconds.
    pub issued: String,
    /// From when on it says nothing any more.
    pub expires: String,
    /// Every file there is, by path.
    pub files: BTreeMap<String, FileStatement>,
}

/// What a bundle states of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileStatement {
    /// Bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// What is asked of a bundle beside its being true.
#[derive(Debug, Clone, Copy)]
pub struct Demands<'a> {
    /// Whom to trust.
    pub policy: &'a Policy,
    /// What time it is: RFC 3339, UTC, whole seconds.
    pub at: &'a str,
    /// It must be about this stage.
    pub stage: Option<&'a str>,
    /// It must be about this model.
    pub model: Option<&'a str>,
    /// It must have been issued at this time or later.
    pub since: Option<&'a str>,
}

/// Why a bundle, or a folder, is not what was released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrue {
    /// Not of the form of a bundle.
    #[error("this is no release bundle: {0}")]
    Malformed(String),
    /// The proof does not hold.
    #[error("{0}")]
    Proof(String),
    /// The record that is proven is another.
    #[error("the record in the log is not the one of this release: {0}")]
    Record(&'static str),
    /// It says nothing any more.
    #[error("the bundle was good until {0}; fetch a new one from the gate")]
    Expired(String),
    /// Issued later than it is now.
    #[error("the bundle was issued at {0}, which is later than now: one of the clocks is wrong")]
    Ahead(String),
    /// Too old for whoever asks.
    #[error("the bundle was issued at {0}, longer ago than is accepted here; fetch a new one from the gate")]
    Stale(String),
    /// Of something else.
    #[error("the bundle is of {what} `{found}`, not of `{wanted}`")]
    Other {
        /// What differs.
        what: &'static str,
        /// What the bundle says.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A file has other bytes.
    #[error("changed: `{0}`")]
    Changed(String),
    /// A file is not there.
    #[error("missing: `{0}`")]
    Missing(String),
    /// A file is there that was not released.
    #[error("added: `{0}`")]
    Added(String),
    /// More of them.
    #[error("and {0} more")]
    More(usize),
}

/// A file as it lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// Bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

impl ReleaseStatement {
    /// SHA-256 over the statement as this module writes it.
    ///
    /// # Errors
    /// Never in practice: there is nothing in it that JSON cannot hold.
    pub fn identity(&self) -> Result<Digest, Untrue> {
        let bytes = serde_json::to_vec(self).map_err(malformed)?;
        Ok(Digest::of(&bytes))
    }
}

fn malformed(error: impl fmt::Display) -> Untrue {
    Untrue::Malformed(error.to_string())
}

/// Whether a text is a time as bundles write it: such texts sort as their times do.
pub fn is_moment(text: &str) -> bool {
    text.len() == "2026-11-22T00:00:00Z".len() && text.parse::<crate::record::Timestamp>().is_ok()
}

impl ReleaseBundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// If it is not one: a field that nobody knows may be one that matters.
    pub fn parse(bytes: &[u8]) -> Result<Self, Untrue> {
        let bundle: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        if bundle.schema != SCHEMA {
            return Err(Untrue::Malformed(format!("its schema is `{}`", bundle.schema)));
        }
        let statement = &bundle.statement;
        if !is_moment(&statement.issued) || !is_moment(&statement.expires) {
            return Err(Untrue::Malformed("its times are not whole seconds in UTC".to_owned()));
        }
        if statement.root()? != statement.digest {
            return Err(Untrue::Malformed("its model digest is not that of its files".to_owned()));
        }
        Ok(bundle)
    }

    /// Checks that the gate said this, and that it is what is asked for; tells who signed.
    ///
    /// # Errors
    /// The first reason for which it is not.
    pub fn verify(&self, demands: &Demands<'_>) -> Result<Trusted, Untrue> {
        let proof: TlogProof = self.proof.parse().map_err(|error| Untrue::Proof(format!("{error}")))?;
        let trusted = proof.verify(self.record.as_bytes(), demands.policy);
        let trusted = trusted.map_err(|error| Untrue::Proof(error.to_string()))?;
        let record = Record::from_bytes(self.record.as_bytes());
        let record = record.map_err(|error| Untrue::Proof(error.to_string()))?;
        self.statement.is_told_by(&record, &proof)?;
        self.statement.meets(demands)?;
        Ok(trusted)
    }

    /// Compares the files of a folder with those that were released.
    pub fn compare(&self, present: &BTreeMap<String, Present>) -> Vec<Untrue> {
        let files = &self.statement.files;
        let same = |stated: &FileStatement, found: &Present| {
            stated.size == found.size && stated.sha256 == found.sha256.hex()
        };
        let mut changed: Vec<Untrue> = Vec::new();
        for (path, stated) in files {
            match present.get(path) {
                None => changed.push(Untrue::Missing(path.clone())),
                Some(found) if !same(stated, found) => changed.push(Untrue::Changed(path.clone())),
                Some(_) => {}
            }
        }
        let added = present.keys().filter(|path| !files.contains_key(*path));
        changed.extend(added.map(|path| Untrue::Added(path.clone())));
        let rest = changed.len().saturating_sub(NAMED);
        changed.truncate(NAMED);
        changed.extend((rest > 0).then_some(Untrue::More(rest)));
        changed
    }
}

impl ReleaseStatement {
    fn root(&self) -> Result<String, Untrue> {
        let digests = self.files.iter().map(|(path, file)| {
            let digest = file.sha256.parse::<Digest>().ok().filter(|digest| digest.hex() == file.sha256);
            digest.map(|digest| (path.as_str(), digest)).ok_or_else(|| malformed("a file without SHA-256"))
        });
        Ok(model_digest(digests.collect::<Result<Vec<_>, _>>()?).to_string())
    }

    /// The record must be the one that was written when this was issued, and no other that the log holds.
    fn is_told_by(&self, record: &Record, proof: &TlogProof) -> Result<(), Untrue> {
        let decided = |decision: &crate::record::Decision| {
            decision.outcome.as_str() == self.outcome
                && decision.policy.to_string() == self.policy
                && decision.facts.to_string() == self.facts
        };
        let objects: Vec<String> = record.objects.iter().map(ToString::to_string).collect();
        let whole = [
            (record.seq == proof.index, "its number is not its place in the log"),
            (proof.checkpoint.checkpoint().origin() == self.gate, "it is of another log"),
            (record.action.as_str() == ACTION, "it tells of something else"),
            (record.subject == format!("bundle/{}", self.id), "it is of another bundle"),
            (record.previous.is_none() && record.next.is_some(), "it does not issue a bundle"),
            (record.evidence == [self.identity()?], "it holds another digest than that of the statement"),
            (objects == [self.digest.clone()], "it is of other bytes"),
            (record.decision.as_ref().is_some_and(decided), "it holds another decision"),
            (self.outcome == "allow", "policy did not allow the release"),
            (record.at.as_str() == self.issued, "it was written at another time"),
        ];
        match whole.into_iter().find(|(holds, _)| !holds) {
            Some((_, why)) => Err(Untrue::Record(why)),
            None => Ok(()),
        }
    }

    fn meets(&self, demands: &Demands<'_>) -> Result<(), Untrue> {
        let wanted = [("the stage", demands.stage, &self.stage), ("the model", demands.model, &self.model)];
        for (what, wanted, found) in wanted {
            if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
                return Err(Untrue::Other { what, found: found.clone(), wanted: wanted.to_owned() });
            }
        }
        if self.expires.as_str() <= demands.at {
            return Err(Untrue::Expired(self.expires.clone()));
        }
        if self.issued.as_str() > demands.at {
            return Err(Untrue::Ahead(self.issued.clone()));
        }
        match demands.since.filter(|since| self.issued.as_str() < *since) {
            Some(_) => Err(Untrue::Stale(self.issued.clone())),
            None => Ok(()),
        }
    }
}
