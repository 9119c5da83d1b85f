//! The result of looking at an artifact.

use crate::artifact::{Artifact, FileRecord};
use crate::assessment::Assessment;
use crate::coverage::CoverageGap;
use crate::digest::Digest;
use crate::finding::Finding;
use crate::loading::Loading;
use crate::location::Location;
use crate::severity::Severity;

/// Everything an inspection found out. Immutable once made, except that waivers mark findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Who looked.
    pub tool: Tool,
    /// At what.
    pub artifact: Artifact,
    /// Its files, by path.
    pub files: Vec<FileRecord>,
    /// Findings, worst first, then by place.
    pub findings: Vec<Finding>,
    /// What was not looked at.
    pub gaps: Vec<CoverageGap>,
    /// What the user could do better, beyond findings.
    pub advice: Vec<Advice>,
    /// Which loaders what was found endangers, and which refuse it.
    pub loading: Vec<Loading>,
    /// What was found out beyond its bytes: licence, vulnerabilities, signatures, lineage … Empty if nobody asked.
    pub assessments: Vec<Assessment>,
    /// Number of files whose result comes from a cache instead of their bytes.
    pub reused: u64,
}

/// The program and the knowledge that made a result: same input and same digests give the same result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// `weighhouse`.
    pub name: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// Digest over all rules and knowledge data.
    pub ruleset: Digest,
}

/// A suggestion that helps (`this pickle holds only tensors: convert it`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What it is about.
    pub location: Location,
    /// One line: lower case, no final stop.
    pub headline: String,
    /// A command to run, if there is one.
    pub command: Option<String>,
}

impl Inspection {
    /// Whether everything was looked at, or a waiver accepts what was not.
    pub fn is_complete(&self) -> bool {
        self.gaps.iter().all(|gap| gap.waived)
    }

    /// Findings that no waiver accepts.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// Number of active findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.active().filter(|finding| finding.severity == severity).count()
    }

    /// Sorts findings worst first and gaps by place, so that equal inspections are equal byte for byte.
    pub fn normalise(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.findings.sort_by(|a, b| {
            let key = |f: &Finding| (std::cmp::Reverse(f.severity), f.rule.id);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.location.cmp(&b.location))
                .then_with(|| a.headline.cmp(&b.headline))
        });
        self.gaps.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.reason.cmp(b.reason)));
        // Rows of one place keep their order: it is that in which they are told.
        self.loading.sort_by(|a, b| a.location.cmp(&b.location));
        self.advice.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.headline.cmp(&b.headline)));
    }
}
