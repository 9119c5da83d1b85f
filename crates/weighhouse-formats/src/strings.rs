//! Texts in content that no parser reads. Finding some says that they are there; finding none says nothing, and the content stays
//! a coverage gap.

use crate::bounded::{Budget, Exhausted};
use crate::data::DataFacts;
use crate::format::Format;
use crate::node::{Facts, Reading};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};

/// Bytes searched.
const MOST: u64 = 64 << 20;
/// Bytes of a text that could be a command, and of what is kept of one.
const SHORTEST: usize = 12;
const LONGEST: usize = 4096;
/// Texts kept.
const KEPT: usize = 1_000;
const WINDOW: usize = 256 << 10;

/// The texts of a source that hold what commands and code are written with, by their places; nothing if there are none.
pub(crate) fn reading(source: &SharedSource, format: Format, budget: &Budget) -> Option<Reading> {
    within(source, &[Region::new(0, source.len())], format, budget).ok()?.0
}

/// The same within regions, and whether all of them were searched and all texts kept.
pub(crate) fn within(
    source: &SharedSource,
    regions: &[Region],
    format: Format,
    budget: &Budget,
) -> Result<(Option<Reading>, bool), Exhausted> {
    let description = "texts in content that is not read".to_owned();
    let mut facts = DataFacts { description, unread: true, ..DataFacts::default() };
    let mut left = MOST;
    for region in regions {
        let part = Region::new(region.start, region.end.min(region.start.saturating_add(left)));
        texts(source, part, &mut facts, budget)?;
        left = left.saturating_sub(region.len());
    }
    let whole = left > 0 && facts.metadata.len() < KEPT;
    let reading = (!facts.metadata.is_empty()).then(|| Reading {
        format,
        facts: Facts::Data(Box::new(facts)),
        claims: Claims::new(),
        irregularities: Vec::new(),
    });
    Ok((reading, whole))
}

fn texts(
    source: &SharedSource,
    region: Region,
    facts: &mut DataFacts,
    budget: &Budget,
) -> Result<(), Exhausted> {
    let mut run: Vec<u8> = Vec::new();
    let mut begin = region.start;
    let mut at = region.start;
    while at < region.end && facts.metadata.len() < KEPT {
        let most = usize::try_from(region.end.saturating_sub(at)).unwrap_or(WINDOW).min(WINDOW);
        budget.steps(most as u64)?;
        let window = read_up_to(source.as_ref(), at, most).unwrap_or_default();
        if window.is_empty() {
            break;
        }
        for (place, byte) in window.iter().enumerate() {
            if (0x20..0x7f).contains(byte) || *byte == b'\t' {
                if run.is_empty() {
                    begin = at.saturating_add(place as u64);
                }
                if run.len() < LONGEST {
                    run.push(*byte);
                }
            } else {
                keep(facts, &run, begin);
                run.clear();
            }
        }
        at = at.saturating_add(window.len() as u64);
    }
    keep(facts, &run, begin);
    Ok(())
}

/// Commands and calls are written with a space or a parenthesis.
fn keep(facts: &mut DataFacts, run: &[u8], begin: u64) {
    let could = run.len() >= SHORTEST && run.iter().any(|byte| matches!(byte, b' ' | b'('));
    if could && facts.metadata.len() < KEPT {
        let region = Region::at(begin, run.len() as u64);
        facts.metadata.push((format!("text at {}", region.start), String::from_utf8_lossy(run).into_owned()));
    }
}
