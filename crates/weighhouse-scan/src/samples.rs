//! Runs the samples that stand at the end of every rule's file: `bad` ones must make the rule report, `ok` ones must not.

use std::sync::Arc;

use weighhouse_core::Inspection;
use weighhouse_formats::source::Memory;

use crate::engine::Engine;
use crate::source::{Entry, EntryContent, Listing};

/// A named sample: files with their content.
pub(crate) type Sample = (&'static str, Vec<(&'static str, Vec<u8>)>);

/// Inspects files that exist only in memory.
pub(crate) fn inspect(files: &[(&'static str, Vec<u8>)]) -> Inspection {
    Engine::new(Arc::default(), Arc::default()).inspect(&listing(files))
}

/// Files that exist only in memory.
pub(crate) fn listing(files: &[(&'static str, Vec<u8>)]) -> Listing {
    let entries = files
        .iter()
        .map(|(path, bytes)| Entry {
            path: (*path).to_owned(),
            content: EntryContent::Spooled(Memory::shared(bytes.clone())),
        })
        .collect();
    Listing { name: "sample".to_owned(), entries, obstacles: Vec::new() }
}

/// Inspects the files below `new/` as an update of those below `old/`.
pub(crate) fn update(files: &[(&'static str, Vec<u8>)]) -> Inspection {
    let side = |side: &str| {
        let files: Vec<_> = files
            .iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(side)?, bytes.clone())))
            .collect();
        Engine::new(Arc::default(), Arc::default()).with_outlines().examine(&listing(&files))
    };
    let (old, mut new) = (side("old/"), side("new/"));
    crate::diff::judge(&old, &mut new);
    new.inspection
}

/// Checks the samples of the rule `id`.
pub(crate) fn check(id: &str, bad: Vec<Sample>, ok: Vec<Sample>) {
    assert!(!bad.is_empty() && !ok.is_empty(), "{id}: samples need at least one `bad` and one `ok`");
    for (expected, samples) in [(true, bad), (false, ok)] {
        for (name, files) in samples {
            let inspection = if id.starts_with("WH-DIF-") { update(&files) } else { inspect(&files) };
            let fires = inspection.findings.iter().any(|finding| finding.rule.id == id);
            if fires != expected {
                let all: Vec<_> = inspection
                    .findings
                    .iter()
                    .map(|f| format!("{} {} {}: {}", f.severity, f.rule.id, f.location, f.headline))
                    .collect();
                let verb = if expected { "must" } else { "must not" };
                panic!("{id} {verb} report `{name}`; all findings:\n{}", all.join("\n"));
            }
        }
    }
}
