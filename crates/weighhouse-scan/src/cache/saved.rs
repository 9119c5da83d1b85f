//! The result of one file in a form that can be written, and back.

use serde::{Deserialize, Serialize};
use weighhouse_core::{
    Advice, Confidence, CoverageGap, Digest, FileRecord, Finding, Fingerprint, Loading, Location, Severity,
    TextPosition,
};
use weighhouse_formats::format::Format;

use crate::engine::file::Outcome;
use crate::engine::{coverage_of, gaps};
use crate::knowledge::loaders;
use crate::repository::{Contribution, RepositoryFile};

/// A result. Words stand for what the program knows: a word that it does not know makes the result worthless.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    sha256: String,
    bytes: u64,
    format: String,
    candidates: Vec<String>,
    findings: Vec<SavedFinding>,
    gaps: Vec<SavedGap>,
    advice: Vec<SavedAdvice>,
    loading: Vec<SavedLoading>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedFinding {
    rule: String,
    severity: String,
    confidence: String,
    headline: String,
    place: Place,
    evidence: Option<String>,
    remediation: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedGap {
    place: Place,
    reason: String,
    detail: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAdvice {
    place: Place,
    headline: String,
    command: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedLoading {
    place: Place,
    /// Row of the table of loaders, which the digest of the rule set covers.
    row: usize,
}

/// A location in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    members: Vec<String>,
    bytes: Option<(u64, u64)>,
    text: Option<(u32, u32)>,
    key: Option<String>,
}

impl Place {
    fn of(location: &Location) -> Self {
        Self {
            members: location.members.clone(),
            bytes: location.bytes,
            text: location.text.map(|at| (at.line, at.column)),
            key: location.key.clone(),
        }
    }

    fn in_file(&self, file: &str) -> Location {
        Location {
            file: file.to_owned(),
            members: self.members.clone(),
            bytes: self.bytes,
            text: self.text.map(|(line, column)| TextPosition { line, column }),
            key: self.key.clone(),
        }
    }
}

impl Saved {
    /// The result in writing. Nothing if it must not be used again: the file was not read to its end, what was missing may be there
    /// next time, rules about the whole artifact need more of it than is written, or it does not read back as it is.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        let file = outcome.contribution.bare()?;
        let saved = Self {
            sha256: outcome.record.sha256?.hex(),
            bytes: outcome.record.bytes,
            format: outcome.record.format.to_owned(),
            candidates: file.formats.iter().map(|format| format.name().to_owned()).collect(),
            findings: outcome.findings.iter().map(SavedFinding::of).collect(),
            gaps: outcome.gaps.iter().map(SavedGap::of).collect(),
            advice: outcome.advice.iter().map(SavedAdvice::of).collect(),
            loading: outcome.loading.iter().map(SavedLoading::of).collect::<Option<_>>()?,
        };
        let back = saved.restore(&outcome.record.path)?;
        same(&back, outcome).then_some(saved)
    }

    /// The result of the file at `path`, if every word is known.
    pub(super) fn restore(&self, path: &str) -> Option<Outcome> {
        let sha256: Option<Digest> = Some(self.sha256.parse().ok()?);
        let formats = self.candidates.iter().map(|name| format(name)).collect::<Option<Vec<_>>>()?;
        let gaps = self.gaps.iter().map(|gap| gap.restore(path)).collect::<Option<Vec<_>>>()?;
        let findings = self.findings.iter().map(|finding| finding.restore(path)).collect::<Option<_>>()?;
        let advice = self.advice.iter().map(|advice| Advice {
            location: advice.place.in_file(path),
            headline: advice.headline.clone(),
            command: advice.command.clone(),
        });
        let loading = self.loading.iter().map(|loading| loading.restore(path)).collect::<Option<_>>()?;
        Some(Outcome {
            record: FileRecord {
                path: path.to_owned(),
                sha256,
                bytes: self.bytes,
                format: format(&self.format)?.name(),
                coverage: coverage_of(&gaps),
            },
            findings,
            gaps,
            advice: advice.collect(),
            loading,
            contribution: Contribution::bare_of(RepositoryFile {
                formats,
                len: self.bytes,
                sha256,
                program: None,
            }),
            outline: None,
            reused: true,
        })
    }
}

fn same(one: &Outcome, other: &Outcome) -> bool {
    one.record == other.record
        && one.findings == other.findings
        && one.gaps == other.gaps
        && one.advice == other.advice
        && one.loading == other.loading
        && one.contribution.bare() == other.contribution.bare()
}

fn format(name: &str) -> Option<Format> {
    Format::ALL.iter().copied().find(|format| format.name() == name)
}

impl SavedFinding {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.id.to_owned(),
            severity: finding.severity.as_str().to_owned(),
            confidence: finding.confidence.as_str().to_owned(),
            headline: finding.headline.clone(),
            place: Place::of(&finding.location),
            evidence: finding.evidence.clone(),
            remediation: finding.remediation.clone(),
        }
    }

    fn restore(&self, path: &str) -> Option<Finding> {
        let rule = crate::RULES.iter().map(|rule| rule.meta()).find(|meta| meta.id == self.rule)?;
        let location = self.place.in_file(path);
        Some(Finding {
            rule,
            severity: self.severity.parse::<Severity>().ok()?,
            confidence: self.confidence.parse::<Confidence>().ok()?,
            headline: self.headline.clone(),
            fingerprint: Fingerprint::new(rule.id, &location, self.evidence.as_deref()),
            location,
            evidence: self.evidence.clone(),
            remediation: self.remediation.clone(),
            waived: None,
        })
    }
}

impl SavedGap {
    fn of(gap: &CoverageGap) -> Self {
        Self { place: Place::of(&gap.location), reason: gap.reason.to_owned(), detail: gap.detail.clone() }
    }

    fn restore(&self, path: &str) -> Option<CoverageGap> {
        Some(CoverageGap {
            location: self.place.in_file(path),
            reason: gaps::lasting(&self.reason)?,
            detail: self.detail.clone(),
            waived: false,
        })
    }
}

impl SavedAdvice {
    fn of(advice: &Advice) -> Self {
        Self {
            place: Place::of(&advice.location),
            headline: advice.headline.clone(),
            command: advice.command.clone(),
        }
    }
}

impl SavedLoading {
    fn of(loading: &Loading) -> Option<Self> {
        let row = loaders::rows().position(|row| row.behaviour == loading.behaviour)?;
        Some(Self { place: Place::of(&loading.location), row })
    }

    fn restore(&self, path: &str) -> Option<Loading> {
        let behaviour = loaders::rows().nth(self.row)?.behaviour;
        Some(Loading { location: self.place.in_file(path), behaviour })
    }
}
