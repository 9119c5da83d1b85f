//! Fact documents read back, so that a standing decision can be made again under other policies.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::Deserialize;
use weighhouse_core::FactValue;

use crate::facts::{ArtifactFacts, Facts, FindingFacts};
use crate::profile::Profile;

/// A text that is no fact document of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a fact document: {0}")]
pub struct InvalidFacts(String);

const SCHEMA: &str = "urn:weighhouse:facts:v1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    artifact: Artifact,
    findings: Vec<Finding>,
    profile: Thresholds,
    schema: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Artifact {
    answers: BTreeMap<String, Answer>,
    assessed: BTreeSet<String>,
    bytes: u64,
    digest: Option<String>,
    files: u64,
    formats: BTreeSet<String>,
    gap_reasons: BTreeSet<String>,
    gaps: u64,
    name: String,
    not_assessed: BTreeSet<String>,
    waived: u64,
}

/// An answer beyond the bytes, as the schema types it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Flag(bool),
    Count(u64),
    Text(String),
    Words(BTreeSet<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    confidence: String,
    file: String,
    fingerprint: String,
    member: Option<String>,
    rule: String,
    severity: String,
    slug: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    complete_coverage: bool,
    deny_at: String,
    min_confidence: String,
    name: String,
    review_at: String,
}

impl Facts {
    /// Reads what [`canonical_json`](Self::canonical_json) wrote.
    ///
    /// # Errors
    /// If the text is anything else: an unknown field may be a fact that would forbid.
    pub fn from_json(text: &str) -> Result<Self, InvalidFacts> {
        let document: Document = serde_json::from_str(text).map_err(invalid)?;
        if document.schema != SCHEMA {
            return Err(InvalidFacts(format!("its schema is `{}`", document.schema)));
        }
        Ok(Self {
            profile: document.profile.try_into()?,
            artifact: document.artifact.try_into()?,
            findings: document.findings.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

fn invalid(error: impl std::fmt::Display) -> InvalidFacts {
    InvalidFacts(error.to_string())
}

fn word<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, InvalidFacts> {
    text.parse().map_err(invalid)
}

impl TryFrom<Artifact> for ArtifactFacts {
    type Error = InvalidFacts;

    fn try_from(read: Artifact) -> Result<Self, InvalidFacts> {
        Ok(Self {
            name: read.name,
            digest: read.digest.as_deref().map(word).transpose()?,
            files: read.files,
            bytes: read.bytes,
            formats: read.formats,
            gaps: read.gaps,
            gap_reasons: read.gap_reasons,
            waived: read.waived,
            assessed: read.assessed,
            not_assessed: read.not_assessed,
            answers: read.answers.into_iter().map(|(name, answer)| (name, answer.into())).collect(),
        })
    }
}

impl From<Answer> for FactValue {
    fn from(read: Answer) -> Self {
        match read {
            Answer::Flag(flag) => Self::Flag(flag),
            Answer::Count(count) => Self::Count(count),
            Answer::Text(text) => Self::Text(text),
            Answer::Words(words) => Self::Words(words),
        }
    }
}

impl TryFrom<Finding> for FindingFacts {
    type Error = InvalidFacts;

    fn try_from(read: Finding) -> Result<Self, InvalidFacts> {
        Ok(Self {
            severity: word(&read.severity)?,
            confidence: word(&read.confidence)?,
            fingerprint: word(&read.fingerprint)?,
            rule: read.rule,
            slug: read.slug,
            file: read.file,
            member: read.member,
        })
    }
}

impl TryFrom<Thresholds> for Profile {
    type Error = InvalidFacts;

    fn try_from(read: Thresholds) -> Result<Self, InvalidFacts> {
        Ok(Self {
            deny_at: word(&read.deny_at)?,
            review_at: word(&read.review_at)?,
            min_confidence: word(&read.min_confidence)?,
            complete_coverage: read.complete_coverage,
            name: read.name,
        })
    }
}
