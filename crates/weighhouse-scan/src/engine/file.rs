//! One file: opened, read once, judged, and dropped.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sha2::{Digest as _, Sha256};
use weighhouse_core::printable::printable;
use weighhouse_core::{
    Advice, CoverageGap, Digest, FileCoverage, FileRecord, Finding, Loading, Location, Outline,
};
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::format::Format;
use weighhouse_formats::node::Node;
use weighhouse_formats::source::{FileSource, Observed, Observer, SharedSource};

use super::{Engine, Progress, archives, coverage_of, gaps};
use crate::cache;
use crate::knowledge::Judged;
use crate::repository::Contribution;
use crate::rule::{Context, dispatch};
use crate::source::{Entry, EntryContent};

/// Findings of one rule kept per file; more add nothing for a reader and would let a hostile file fill the memory.
const MOST_PER_RULE: usize = 200;

/// What a file gives.
pub(crate) struct Outcome {
    pub(crate) record: FileRecord,
    pub(crate) findings: Vec<Finding>,
    pub(crate) gaps: Vec<CoverageGap>,
    pub(crate) advice: Vec<Advice>,
    pub(crate) loading: Vec<Loading>,
    pub(crate) contribution: Contribution,
    /// What it declares, if revisions are to be compared.
    pub(crate) outline: Option<Outline>,
    /// Whether it comes from a cache.
    pub(crate) reused: bool,
}

/// Opens and inspects an entry.
pub(super) fn inspect(engine: &Engine, entry: &Entry) -> Outcome {
    let outcome = match &entry.content {
        EntryContent::Spooled(source) => read(engine, entry, source.clone(), None),
        EntryContent::File(path) => match open(path) {
            Ok((source, metadata)) => on_disk(engine, entry, path, source, &metadata),
            Err(error) => unreadable(entry, &error.to_string()),
        },
    };
    engine.progress.files.fetch_add(1, Ordering::Relaxed);
    outcome
}

/// What tells whether a file changed while it was read.
type Stamp = (u64, Option<std::time::SystemTime>);

/// A file that is there: what a cache says of it if it is the same, or what is read.
fn on_disk(
    engine: &Engine,
    entry: &Entry,
    path: &Path,
    source: SharedSource,
    metadata: &Metadata,
) -> Outcome {
    let cache = engine.cache();
    let identity = cache::Stamp::of(metadata);
    if let Some(outcome) = cache.and_then(|cache| cache.recall(&entry.path, &identity)) {
        engine.progress.bytes.fetch_add(outcome.record.bytes, Ordering::Relaxed);
        return outcome;
    }
    let outcome = read(engine, entry, source, Some((path, stamp(metadata))));
    if let Some(cache) = cache
        && !engine.cancelled.load(Ordering::Relaxed)
    {
        cache.keep(path, &identity, &outcome);
    }
    outcome
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

fn open(path: &Path) -> io::Result<(SharedSource, Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no longer a regular file"));
    }
    Ok((Arc::new(FileSource::new(file)?), metadata))
}

/// SHA-256 that also feeds the progress display.
struct Digesting {
    sha256: Sha256,
    progress: Arc<Progress>,
}

impl Observer for Digesting {
    fn update(&mut self, bytes: &[u8]) {
        Observer::update(&mut self.sha256, bytes);
        self.progress.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

fn read(engine: &Engine, entry: &Entry, source: SharedSource, on_disk: Option<(&Path, Stamp)>) -> Outcome {
    let digesting = Digesting { sha256: Sha256::new(), progress: Arc::clone(&engine.progress) };
    let observed = Arc::new(Observed::new(source, digesting));
    let view: SharedSource = observed.clone();
    let budget = Budget::cancellable(Arc::clone(&engine.limits), Arc::clone(&engine.cancelled));
    let node = weighhouse_formats::inspect::inspect(&entry.path, &view, &budget);

    let finished = observed.finish(
        |_| !engine.cancelled.load(Ordering::Relaxed),
        |observer, seen| (Digest::from_bytes(observer.sha256.clone().finalize().into()), seen),
    );
    let mut extra = Vec::new();
    let sha256 = match finished {
        Ok((digest, seen)) if seen == view.len() => Some(digest),
        Ok((_, seen)) if engine.cancelled.load(Ordering::Relaxed) => {
            extra.push(("cancelled", format!("the run was cancelled after {seen} of {} bytes", view.len())));
            None
        }
        Ok((_, seen)) => {
            extra.push(("unreadable", format!("the file ends after {seen} of {} bytes", view.len())));
            None
        }
        Err(error) => {
            extra.push(("unreadable", format!("the file cannot be read to its end: {error}")));
            None
        }
    };
    if let Some((path, stamp)) = on_disk
        && changed(path, stamp)
    {
        extra.push((
            "changed",
            "the file changed while it was inspected; the digest is of what was read".to_owned(),
        ));
    }
    if let Some(witness) = &engine.witness {
        witness.file(entry, &node, sha256, &view);
    }
    judge(engine, entry, node, sha256, extra)
}

fn changed(path: &Path, before: Stamp) -> bool {
    fs::metadata(path).map_or(true, |now| stamp(&now) != before)
}

fn judge(
    engine: &Engine,
    entry: &Entry,
    node: Node,
    sha256: Option<Digest>,
    extra: Vec<(&'static str, String)>,
) -> Outcome {
    let mut gaps = gaps::collect(&entry.path, &node);
    gaps.extend(extra.into_iter().map(|(reason, detail)| gap(&entry.path, reason, &detail)));
    let mut findings = Vec::new();
    walk(&entry.path, &node, &mut Vec::new(), Place::File, &mut findings);
    archives::judge(&entry.path, &node, &mut Vec::new(), &mut findings);
    findings.extend(gaps.iter().map(crate::rules::coverage::not_inspected::finding));
    cut(&mut findings);
    let record = FileRecord {
        path: entry.path.clone(),
        sha256,
        bytes: node.len,
        format: shown_format(&node),
        coverage: coverage_of(&gaps),
    };
    let advice = crate::rules::advice(&entry.path, &node, &findings);
    let loading = crate::loading::of(&entry.path, &node, &findings);
    let outline = engine.outlines.then(|| crate::outline::outline(&node));
    let contribution = Contribution::of(node, sha256);
    Outcome { record, findings, gaps, advice, loading, contribution, outline, reused: false }
}

/// The most telling format: what a relation found (PyTorch in a zip) before what the bytes are.
fn shown_format(node: &Node) -> &'static str {
    let related = node.readings.iter().map(|reading| reading.format).find(|format| {
        matches!(format, Format::TorchZip | Format::TorchLegacy | Format::TorchTar | Format::Npz)
    });
    related
        .or_else(|| node.candidates.first().map(|candidate| candidate.format))
        .map_or("unknown", Format::name)
}

/// What a node is of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The file: it has no member name of its own.
    File,
    /// A member of an archive, which has others beside it.
    Member,
    /// Something else inside: what a stream unpacks to, a text that was decoded.
    Part,
}

/// Runs every rule on a node and its children.
fn walk(file: &str, node: &Node, members: &mut Vec<String>, place: Place, findings: &mut Vec<Finding>) {
    if place != Place::File {
        members.push(node.name.clone());
    }
    let judged: Vec<Judged> = node.readings.iter().map(|_| Judged::default()).collect();
    let nothing = Judged::default();
    for rule in crate::RULES {
        rule.node(node, &mut Context::new(file, members, Some(node), &nothing, rule.meta(), findings));
        for (reading, judged) in node.readings.iter().zip(&judged) {
            let cx = Context::new(file, members, Some(node), judged, rule.meta(), findings);
            dispatch(*rule, reading, &mut cx.beside(place != Place::Part));
        }
    }
    for child in &node.children {
        let place = if archives::is_archive(node) { Place::Member } else { Place::Part };
        walk(file, child, members, place, findings);
    }
    if place != Place::File {
        members.pop();
    }
}

/// Keeps the first findings of each rule; they come in file order.
pub(crate) fn cut(findings: &mut Vec<Finding>) {
    let mut counts = std::collections::BTreeMap::new();
    findings.retain(|finding| {
        let count: &mut usize = counts.entry((finding.rule.id, finding.severity)).or_default();
        *count += 1;
        *count <= MOST_PER_RULE
    });
}

fn gap(path: &str, reason: &'static str, detail: &str) -> CoverageGap {
    CoverageGap { location: Location::file(path), reason, detail: printable(detail), waived: false }
}

fn unreadable(entry: &Entry, error: &str) -> Outcome {
    let gap = gap(&entry.path, "unreadable", &format!("cannot be read: {error}"));
    Outcome {
        record: FileRecord {
            path: entry.path.clone(),
            sha256: None,
            bytes: 0,
            format: Format::Unknown.name(),
            coverage: FileCoverage::None,
        },
        findings: vec![crate::rules::coverage::not_inspected::finding(&gap)],
        gaps: vec![gap],
        advice: Vec::new(),
        loading: Vec::new(),
        contribution: Contribution::default(),
        outline: None,
        reused: false,
    }
}
