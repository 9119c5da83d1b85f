//! Runs everything: files in parallel, each read once for its digest and its facts; then the repository as a whole.

mod archives;
mod external;
pub(crate) mod file;
pub(crate) mod gaps;

pub(crate) use file::cut;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use rayon::prelude::*;
use weighhouse_core::digest::model_digest;
use weighhouse_core::printable::printable;
use weighhouse_core::{
    Advice, Artifact, CoverageGap, Digest, FileCoverage, Finding, Inspection, Loading, Location, Tool,
};
use weighhouse_formats::bounded::Limits;
use weighhouse_formats::node::Node;
use weighhouse_formats::source::SharedSource;

use crate::cache::Cache;
use crate::diff::Revision;
use crate::knowledge::Judged;
use crate::outline::Outlines;
use crate::repository::{Contribution, Repository};
use crate::rule::Context;
use crate::source::{Entry, EntryContent, Listing, Obstacle, ObstacleKind, display_path};

/// Counters that a progress display may read while an inspection runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes whose digest is done.
    pub bytes: AtomicU64,
    /// Files done.
    pub files: AtomicU64,
}

/// The inspector: rules, limits, cancellation.
#[derive(Debug, Clone)]
pub struct Engine {
    limits: Arc<Limits>,
    cancelled: Arc<AtomicBool>,
    progress: Arc<Progress>,
    outlines: bool,
    cache: Option<Arc<Cache>>,
    witness: Option<Arc<dyn Witness>>,
}

/// Sees the facts of each file while they are there, from many threads at once.
pub trait Witness: std::fmt::Debug + Send + Sync {
    /// A file that was read: its entry, its facts, its digest if it could be read to its end, and its bytes.
    fn file(&self, entry: &Entry, node: &Node, sha256: Option<Digest>, source: &SharedSource);
}

impl Engine {
    /// An engine within `limits`; setting `cancelled` stops it cleanly, with what it has.
    pub fn new(limits: Arc<Limits>, cancelled: Arc<AtomicBool>) -> Self {
        Self { limits, cancelled, progress: Arc::default(), outlines: false, cache: None, witness: None }
    }

    /// Counters to watch from another thread.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Keeps the outline of each file, for a comparison with another revision.
    #[must_use]
    pub fn with_outlines(mut self) -> Self {
        self.outlines = true;
        self
    }

    /// Uses the results in `cache` for files that are the same since, and keeps those of this run in it. Outlines are not kept in
    /// caches: with them every file is read.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<Cache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Shows the facts of each file that is read to `witness`. Facts are not kept in caches: what comes from one is not shown.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    fn cache(&self) -> Option<&Cache> {
        self.cache.as_deref().filter(|_| !self.outlines)
    }

    /// Inspects every file of a listing and the artifact as a whole.
    pub fn inspect(&self, listing: &Listing) -> Inspection {
        self.examine(listing).inspection
    }

    /// The same, with the outlines if they are kept.
    pub fn examine(&self, listing: &Listing) -> Revision {
        // File by file: neighbours are often the shards of one model, and none may wait for the other while a core is idle.
        let outcomes: Vec<file::Outcome> =
            listing.entries.par_iter().with_max_len(1).map(|entry| file::inspect(self, entry)).collect();
        let mut sum = Sum::default();
        for (entry, outcome) in listing.entries.iter().zip(outcomes) {
            sum.add(entry, outcome);
        }
        for obstacle in &listing.obstacles {
            sum.obstacle(obstacle);
        }
        sum.conclude(listing)
    }
}

/// What is collected over all files.
#[derive(Default)]
struct Sum {
    files: Vec<weighhouse_core::FileRecord>,
    findings: Vec<Finding>,
    gaps: Vec<CoverageGap>,
    advice: Vec<Advice>,
    loading: Vec<Loading>,
    contributions: Vec<(String, Contribution)>,
    outlines: Outlines,
    unread: bool,
    reused: u64,
}

impl Sum {
    fn add(&mut self, entry: &Entry, outcome: file::Outcome) {
        self.unread |= outcome.record.sha256.is_none();
        self.reused = self.reused.saturating_add(u64::from(outcome.reused));
        self.files.push(outcome.record);
        self.findings.extend(outcome.findings);
        self.gaps.extend(outcome.gaps);
        self.advice.extend(outcome.advice.into_iter().filter_map(|advice| applicable(advice, entry)));
        self.loading.extend(outcome.loading);
        self.contributions.push((entry.path.clone(), outcome.contribution));
        self.outlines.extend(outcome.outline.map(|outline| (entry.path.clone(), outline)));
    }

    fn obstacle(&mut self, obstacle: &Obstacle) {
        if matches!(obstacle.kind, ObstacleKind::LinkLeaves | ObstacleKind::LinkToSystem) {
            self.findings.push(crate::rules::archive::link_leaves::finding(obstacle));
            return;
        }
        self.unread = true;
        let gap = CoverageGap {
            location: Location::file(obstacle.path.clone()),
            reason: gaps::obstacle_reason(obstacle.kind),
            detail: printable(&obstacle.detail),
            waived: false,
        };
        self.findings.push(crate::rules::coverage::not_inspected::finding(&gap));
        self.gaps.push(gap);
    }

    fn conclude(mut self, listing: &Listing) -> Revision {
        let digest = (!self.unread).then(|| {
            let digests = self.files.iter().filter_map(|file| Some((file.path.as_str(), file.sha256?)));
            model_digest(digests)
        });
        let artifact = Artifact {
            name: printable(&listing.name),
            digest,
            files: self.files.len() as u64,
            bytes: self.files.iter().map(|file| file.bytes).sum(),
        };
        let repository = Repository::assemble(std::mem::take(&mut self.contributions));
        self.findings.extend(judge_repository(&repository));
        external::settle(&mut self, &repository.external, listing);
        let mut inspection = Inspection {
            tool: tool(),
            artifact,
            files: self.files,
            findings: self.findings,
            gaps: self.gaps,
            advice: self.advice,
            loading: self.loading,
            assessments: Vec::new(),
            reused: self.reused,
        };
        inspection.normalise();
        Revision { inspection, outlines: self.outlines }
    }
}

/// Advice with the file's path in its command; a command for bytes that came through a pipe helps nobody.
fn applicable(mut advice: Advice, entry: &Entry) -> Option<Advice> {
    if let Some(command) = &mut advice.command {
        let EntryContent::File(path) = &entry.content else { return None };
        let path = display_path(path);
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+/@=".contains(&byte));
        *command = if plain {
            format!("{command} {path}")
        } else {
            format!("{command} '{}'", path.replace('\'', r"'\''"))
        };
        *command = printable(command);
    }
    Some(advice)
}

fn judge_repository(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in crate::RULES {
        let judged = Judged::default();
        let mut cx = Context::new("", &[], None, &judged, rule.meta(), &mut findings);
        rule.repository(repository, &mut cx);
        rule.bundle(repository, &mut cx);
    }
    findings
}

/// The program, its version, and the digest of all that it knows.
pub fn tool() -> Tool {
    Tool { name: "weighhouse", version: env!("CARGO_PKG_VERSION"), ruleset: ruleset() }
}

/// Digest over every rule's description and all knowledge data.
fn ruleset() -> Digest {
    let mut text = String::new();
    for rule in crate::RULES {
        let meta = rule.meta();
        for part in [meta.id, meta.slug, meta.severity.as_str(), meta.confidence.as_str(), meta.docs] {
            text.push_str(part);
            text.push('\0');
        }
    }
    text.push_str(&crate::knowledge::digest());
    Digest::of(text.as_bytes())
}

/// How much of a file was looked at, by the gaps found in it.
pub(crate) fn coverage_of(gaps: &[CoverageGap]) -> FileCoverage {
    let whole = |gap: &CoverageGap| gap.location.members.is_empty() && gap.location.bytes.is_none();
    match gaps {
        [] => FileCoverage::Full,
        gaps if gaps.iter().any(whole) => FileCoverage::None,
        _ => FileCoverage::Partial,
    }
}
