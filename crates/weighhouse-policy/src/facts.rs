//! The fact document: all that a policy can know about an inspection, and nothing else.
//!
//! Two equal documents decide equally under the same policies, so a decision can be replayed from its fact digest.
//! Counts beyond 2^63 − 1 saturate; Cedar has no larger integers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use weighhouse_core::{
    Assessment, Confidence, Digest, FactValue, FileCoverage, FileRecord, Finding, Fingerprint, Inspection,
    RuleStatus, Severity, State,
};

use crate::canonical;
use crate::profile::Profile;

/// All that a policy can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The thresholds in force.
    pub profile: Profile,
    /// The artifact as a whole.
    pub artifact: ArtifactFacts,
    /// The findings that count: not waived, and not of a rule in preview. In the order of the inspection.
    pub findings: Vec<FindingFacts>,
}

/// What a policy can know about the artifact as a whole, beyond its findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactFacts {
    /// As the user gave it.
    pub name: String,
    /// Its model digest.
    pub digest: Option<Digest>,
    /// Number of files.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Names of the formats found.
    pub formats: BTreeSet<String>,
    /// Number of coverage gaps that no waiver accepts.
    pub gaps: u64,
    /// Their reasons.
    pub gap_reasons: BTreeSet<String>,
    /// Number of findings that a waiver accepts.
    pub waived: u64,
    /// Questions beyond the bytes that were answered, at least in part.
    pub assessed: BTreeSet<String>,
    /// Questions that were not answered, or in part only.
    pub not_assessed: BTreeSet<String>,
    /// The answers, by the name that the schema gives them.
    pub answers: BTreeMap<String, FactValue>,
}

/// What a policy can know about one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingFacts {
    /// `WH-PKL-001`.
    pub rule: String,
    /// Its readable name.
    pub slug: String,
    /// Impact if true.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Path relative to the target.
    pub file: String,
    /// Chain of members inside it, joined by `!`.
    pub member: Option<String>,
    /// Identity, by which reasons name it.
    pub fingerprint: Fingerprint,
}

impl Facts {
    /// Extracts the facts of an inspection.
    pub fn of(inspection: &Inspection, profile: &Profile) -> Self {
        let counted = |finding: &&Finding| finding.rule.status != RuleStatus::Preview;
        Self {
            profile: profile.clone(),
            artifact: ArtifactFacts::of(inspection),
            findings: inspection.active().filter(counted).map(FindingFacts::of).collect(),
        }
    }

    /// The document as canonical JSON: keys sorted, no white space, integers in full.
    pub fn canonical_json(&self) -> String {
        canonical::document(self)
    }

    /// SHA-256 of the canonical JSON.
    pub fn digest(&self) -> Digest {
        Digest::of(self.canonical_json().as_bytes())
    }

    /// Takes out the findings that were accepted after the inspection, as a waiver before it would have; gives how many they are.
    ///
    /// A coverage gap is accepted with the finding that reports it (family `INP`). Reasons of gaps stay as long as one gap is left, for the
    /// document does not tell which reason is whose.
    pub fn accept(&mut self, accepted: impl Fn(&FindingFacts) -> bool) -> u64 {
        let (mut count, mut gaps) = (0_u64, 0_u64);
        self.findings.retain(|finding| {
            let taken = accepted(finding);
            count += u64::from(taken);
            gaps += u64::from(taken && finding.family() == "INP");
            !taken
        });
        let artifact = &mut self.artifact;
        artifact.waived = artifact.waived.saturating_add(count);
        artifact.gaps = artifact.gaps.saturating_sub(gaps);
        if artifact.gaps == 0 {
            artifact.gap_reasons.clear();
        }
        count
    }

    /// Number of findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

impl ArtifactFacts {
    fn of(inspection: &Inspection) -> Self {
        let artifact = &inspection.artifact;
        // A file without full coverage and without a gap would be a hole in the inspection; it counts as a gap, so that
        // such a hole cannot pass.
        let explained: HashSet<&str> = inspection.gaps.iter().map(|gap| gap.location.file.as_str()).collect();
        let hole = |file: &&FileRecord| {
            file.coverage != FileCoverage::Full && !explained.contains(file.path.as_str())
        };
        let holes = inspection.files.iter().filter(hole).count();
        let open: Vec<_> = inspection.gaps.iter().filter(|gap| !gap.waived).collect();
        let threads = |wanted: fn(State) -> bool| {
            let of = inspection.assessments.iter().filter(|assessment| wanted(assessment.state));
            of.map(|assessment| assessment.thread.as_str().to_owned()).collect()
        };
        let unexplained = (holes > 0).then(|| "unexplained".to_owned());
        Self {
            name: artifact.name.clone(),
            digest: artifact.digest,
            files: artifact.files,
            bytes: artifact.bytes,
            formats: inspection.files.iter().map(|file| file.format.to_owned()).collect(),
            gaps: (open.len() + holes) as u64,
            gap_reasons: open.iter().map(|gap| gap.reason.to_owned()).chain(unexplained).collect(),
            waived: inspection.findings.iter().filter(|finding| finding.waived.is_some()).count() as u64,
            assessed: threads(|state| state != State::NotAssessed),
            not_assessed: threads(|state| state != State::Assessed),
            answers: inspection.assessments.iter().flat_map(answers).collect(),
        }
    }

    /// Whether everything was looked at, or a waiver accepts what was not.
    pub fn is_complete(&self) -> bool {
        self.gaps == 0
    }
}

/// What an assessment lets policies read.
fn answers(assessment: &Assessment) -> impl Iterator<Item = (String, FactValue)> {
    assessment.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))
}

impl FindingFacts {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.id.to_owned(),
            slug: finding.rule.slug.to_owned(),
            severity: finding.severity,
            confidence: finding.confidence,
            file: finding.location.file.clone(),
            member: finding.location.member(),
            fingerprint: finding.fingerprint,
        }
    }

    /// The three letters of the rule's family.
    pub fn family(&self) -> &str {
        self.rule.split('-').nth(1).unwrap_or_default()
    }
}
