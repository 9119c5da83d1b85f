//! Tables written as text: values between commas, tabs, semicolons or bars, in quotes where they hold one of these or a line break.
//!
//! Follows RFC 4180 and what spreadsheets make of such a file: a value that begins with `=`, `+`, `-`, `@` or their wide forms is a
//! formula to them, in quotes or not. Which separator they split at depends on the machine, so every value that any of them would
//! begin is looked at. The file is one stream; what is kept is the first row and each kind of formula once.
//! Limits: [`MOST_NAMES`], [`MOST_FORMULAS`], [`LONGEST`] bytes of a formula.

mod formula;
mod scan;

#[cfg(test)]
mod tests;

pub use formula::{Call, Link, Parts};

use crate::bounded::Budget;
use crate::draft::Draft;
use crate::encoding::{self, Encoding};
use crate::format::Format;
use crate::node::{Facts, GapReason, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Names of columns that are kept, and bytes of one.
const MOST_NAMES: usize = 4096;
const LONGEST_NAME: usize = 128;
/// Formulas that are kept.
const MOST_FORMULAS: usize = 10_000;
/// Bytes of a formula that are looked at.
const LONGEST: usize = 2048;

/// What a table holds.
#[derive(Debug, Default)]
pub struct TableFacts {
    /// What stands between two values.
    pub delimiter: char,
    /// Values of the first row.
    pub columns: Vec<String>,
    /// Rows, the first one included.
    pub rows: u64,
    /// Rows that do not have as many values as the first one.
    pub uneven: u64,
    /// Values that a spreadsheet takes for formulas and that call, link or lead somewhere; of those alike in all three, the first.
    pub formulas: Vec<Formula>,
}

/// A value that a spreadsheet takes for a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// The value, or its beginning.
    pub text: String,
    /// What it is made of.
    pub parts: Parts,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

/// What stands between values, by the first lines: the separator that all of them have equally often.
pub(crate) fn delimiter(text: &str) -> Option<u8> {
    const LINES: usize = 20;
    let complete = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or(text);
    let lines: Vec<&str> = complete.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
    let even = |delimiter: &char| {
        let mut counts = lines.iter().map(|line| outside_quotes(line, *delimiter));
        let first = counts.next().filter(|count| *count > 0)?;
        counts.all(|count| count == first).then_some(first)
    };
    let candidates = [',', '\t', ';', '|'];
    let best = candidates.into_iter().filter_map(|delimiter| Some((even(&delimiter)?, delimiter)));
    (lines.len() >= 2).then(|| best.max_by_key(|(count, _)| *count))?.map(|(_, found)| found as u8)
}

fn outside_quotes(line: &str, delimiter: char) -> usize {
    let mut quoted = false;
    let outside = line.chars().filter(|c| {
        quoted ^= *c == '"';
        !quoted && *c == delimiter
    });
    outside.count()
}

/// Reads the format.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 64 << 10).unwrap_or_default();
    let whole = Region::new(0, source.len());
    let mut draft = Draft::new(Format::Csv, Facts::Table(Box::default()));
    draft.claim(whole);
    let wide = match head.as_slice() {
        [0xff, 0xfe, ..] => Encoding::Utf16 { little: true },
        [0xfe, 0xff, ..] => Encoding::Utf16 { little: false },
        _ => Encoding::Bytes,
    };
    let delimiter = delimiter(&encoding::text(&head, wide)).unwrap_or_else(|| usual(name));
    if wide == Encoding::Bytes {
        let facts = scan::scan(source, delimiter, budget, &mut draft);
        return draft.finish(Facts::Table(Box::new(facts)));
    }
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let facts = match encoding::decode(source, wide, limit) {
        Ok((text, complete)) => {
            if !complete {
                draft.too_many();
            }
            let mut facts = scan::scan(&text, delimiter, budget, &mut draft);
            // Places in what was decoded are none of the file.
            facts.formulas.iter_mut().for_each(|formula| formula.region = whole);
            facts
        }
        Err(error) => {
            draft.gap(GapReason::Unreadable, None, error.to_string());
            TableFacts::default()
        }
    };
    draft.finish(Facts::Table(Box::new(facts)))
}

/// What stands between values by the name of the file.
fn usual(name: &str) -> u8 {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "tsv" | "tab" => b'\t',
        "psv" => b'|',
        _ => b',',
    }
}
