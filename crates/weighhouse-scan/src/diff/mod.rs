//! Two revisions of an artifact: what changed, and what an update brings that was not there before.
//!
//! [`judge`] runs the rules about updates, so that policies see their findings like all others; [`compare`] describes every
//! difference for a reader. Numbers of tensors are read again from both revisions, as streams; nothing else is.

mod findings;
mod items;
mod numbers;
mod pairs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use weighhouse_core::diff::{NotCompared, Side};
use weighhouse_core::{Diff, Inspection, Item, ItemKind, Outcome, Severity, Standing};
use weighhouse_formats::source::{FileSource, SharedSource};

use crate::knowledge::Judged;
use crate::outline::Outlines;
use crate::rule::Context;
use crate::source::{EntryContent, Listing};

/// A revision that was inspected.
#[derive(Debug)]
pub struct Revision {
    /// What was found.
    pub inspection: Inspection,
    /// What its files declare.
    pub outlines: Outlines,
}

/// Two revisions, for rules about what an update brings.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// What is in use.
    pub old: &'a Revision,
    /// What is to take its place.
    pub new: &'a Revision,
}

impl<'a> Update<'a> {
    /// Items of a kind whose name the old revision does not have in any file, or of which less was to be feared there; each
    /// with the file that has it first.
    pub fn appeared(&self, kind: ItemKind) -> Vec<(&'a str, &'a Item)> {
        let mut known: BTreeMap<&str, Standing> = BTreeMap::new();
        for (_, item) in of_kind(self.old, kind) {
            let standing = known.entry(&item.name).or_insert(item.standing);
            *standing = (*standing).max(item.standing);
        }
        let mut found = Vec::new();
        for (file, item) in of_kind(self.new, kind) {
            if known.get(item.name.as_str()).is_none_or(|standing| *standing < item.standing) {
                known.insert(&item.name, item.standing);
                found.push((file, item));
            }
        }
        found
    }
}

fn of_kind(revision: &Revision, kind: ItemKind) -> impl Iterator<Item = (&str, &Item)> {
    revision.outlines.iter().flat_map(move |(file, outline)| {
        let start = outline.items.partition_point(|item| item.kind < kind);
        let items = outline.items.get(start..).unwrap_or_default();
        items.iter().take_while(move |item| item.kind == kind).map(|item| (file.as_str(), item))
    })
}

/// Adds to `new` the findings about what it brings that `old` does not have.
pub fn judge(old: &Revision, new: &mut Revision) {
    let mut findings = Vec::new();
    let update = Update { old, new };
    for rule in crate::RULES {
        let judged = Judged::default();
        rule.update(&update, &mut Context::new("", &[], None, &judged, rule.meta(), &mut findings));
    }
    crate::engine::cut(&mut findings);
    new.inspection.findings.extend(findings);
    new.inspection.normalise();
}

/// A revision with its files and the decision about it.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// Its files, to read numbers from.
    pub listing: &'a Listing,
    /// What the policy says.
    pub outcome: Outcome,
}

impl Decided<'_> {
    fn side(&self) -> Side {
        let inspection = &self.revision.inspection;
        let count = |severity: &Severity| (*severity, inspection.count(*severity));
        Side {
            artifact: inspection.artifact.clone(),
            outcome: self.outcome,
            findings: Severity::ALL.iter().map(count).collect(),
            complete: inspection.is_complete(),
        }
    }

    /// Opens a file once more.
    fn open(&self, path: &str) -> Option<SharedSource> {
        let at = self.listing.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok();
        let entry = match at {
            Some(at) => self.listing.entries.get(at),
            None => self.listing.entries.iter().find(|entry| entry.path == path),
        }?;
        match &entry.content {
            EntryContent::Spooled(source) => Some(Arc::clone(source)),
            EntryContent::File(path) => {
                let file = File::open(path).ok()?;
                let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
                let source: SharedSource = Arc::new(FileSource::new(file).ok().filter(|_| regular)?);
                Some(source)
            }
        }
    }
}

/// Everything that is not the same. Setting `cancelled` ends the reading of numbers; what was not compared is told.
pub fn compare(old: Decided<'_>, new: Decided<'_>, cancelled: &AtomicBool) -> Diff {
    let pairs = pairs::pair(&old.revision.inspection.files, &new.revision.inspection.files);
    let mut not_compared: Vec<NotCompared> = Vec::new();
    let items::Found { items, tensors } =
        items::compare(&pairs, &old.revision.outlines, &new.revision.outlines, &mut not_compared);
    let numbers = numbers::compare(&tensors, old, new, cancelled, &mut not_compared);
    let renamed = pairs.renamed();
    let (before, after) = (&old.revision.inspection, &new.revision.inspection);
    let (gained, lost) = findings::findings(before, after, &renamed);
    let (gaps_gained, gaps_lost) = findings::gaps(before, after, &renamed);
    not_compared.sort();
    not_compared.dedup();
    Diff {
        tool: after.tool.clone(),
        old: old.side(),
        new: new.side(),
        files: pairs.changes,
        items,
        numbers,
        gained,
        lost,
        gaps_gained,
        gaps_lost,
        not_compared,
    }
}
