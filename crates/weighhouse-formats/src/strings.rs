//! Texts in content that no parser reads. Finding some says that they are there; finding none says nothing, and the content stays
//! a coverage gap.

use crate::bounded::Budget;
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
    let mut facts =
        DataFacts { description: "texts in content that is not read".to_owned(), ..DataFacts::default() };
    let mut run: Vec<u8> = Vec::new();
    let mut begin = 0_u64;
    let mut at = 0_u64;
    let end = source.len().min(MOST);
    while at < end && facts.metadata.len() < KEPT {
        budget.steps(WINDOW as u64).ok()?;
        let window = read_up_to(source.as_ref(), at, WINDOW).ok()?;
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
                keep(&mut facts, &run, begin);
                run.clear();
            }
        }
        at = at.saturating_add(window.len() as u64);
    }
    keep(&mut facts, &run, begin);
    (!facts.metadata.is_empty()).then(|| Reading {
        format,
        facts: Facts::Data(Box::new(facts)),
        claims: Claims::new(),
        irregularities: Vec::new(),
    })
}

/// Commands and calls are written with a space or a parenthesis.
fn keep(facts: &mut DataFacts, run: &[u8], begin: u64) {
    let could = run.len() >= SHORTEST && run.iter().any(|byte| matches!(byte, b' ' | b'('));
    if could && facts.metadata.len() < KEPT {
        let region = Region::at(begin, run.len() as u64);
        facts.metadata.push((format!("text at {}", region.start), String::from_utf8_lossy(run).into_owned()));
    }
}
