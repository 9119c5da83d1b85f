//! One pass over a table in windows: rows and their values, and everything that a spreadsheet would take for a formula.

use std::collections::HashSet;

use super::{Formula, LONGEST, LONGEST_NAME, MOST_FORMULAS, MOST_NAMES, TableFacts, formula};
use crate::bounded::Budget;
use crate::draft::{Draft, head};
use crate::node::GapReason;
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Bytes judged at once; a formula that begins in them is read on behind them.
const WINDOW: usize = 256 << 10;

/// Reads a table in which `delimiter` stands between values.
pub(super) fn scan(source: &SharedSource, delimiter: u8, budget: &Budget, draft: &mut Draft) -> TableFacts {
    let mut rows = Rows::new(delimiter);
    let mut found = Found::default();
    let mut at = 0_u64;
    let mut before = b'\n';
    while at < source.len() {
        if let Err(limit) = budget.steps(WINDOW as u64) {
            draft.gap(GapReason::Limit(limit), None, limit.to_string());
            break;
        }
        let window = match read_up_to(source.as_ref(), at, WINDOW.saturating_add(LONGEST)) {
            Ok(window) if !window.is_empty() => window,
            Ok(_) => break,
            Err(error) => {
                draft.gap(GapReason::Unreadable, None, error.to_string());
                break;
            }
        };
        let judged = window.get(..WINDOW).unwrap_or(&window);
        found.look(&window, judged.len(), before, at, draft);
        for byte in judged {
            rows.take(*byte);
        }
        before = judged.last().copied().unwrap_or(before);
        at = at.saturating_add(judged.len() as u64);
    }
    let mut facts = rows.finish();
    facts.delimiter = char::from(delimiter);
    facts.formulas = found.formulas;
    facts
}

/// Formulas so far.
#[derive(Default)]
struct Found {
    formulas: Vec<Formula>,
    seen: HashSet<u64>,
    /// Line breaks in front of the window.
    breaks: u64,
}

impl Found {
    /// Looks at the values that begin in the first `judged` bytes of a window; `before` is the byte in front of it.
    fn look(&mut self, window: &[u8], judged: usize, before: u8, base: u64, draft: &mut Draft) {
        let mut line = self.breaks;
        let mut last = before;
        for (at, byte) in window.iter().enumerate().take(judged) {
            if can_begin(*byte) && is_between(last) {
                self.value(window, at, last, base, line, draft);
            }
            line = line.saturating_add(u64::from(*byte == b'\n'));
            // Space in front of a value is no part of it.
            if *byte != b' ' {
                last = *byte;
            }
        }
        self.breaks = line;
    }

    fn value(&mut self, window: &[u8], at: usize, last: u8, base: u64, line: u64, draft: &mut Draft) {
        let rest = window.get(at..).unwrap_or_default();
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        let bytes = rest.get(..end(rest, last == b'"')).unwrap_or(rest);
        // Nothing can be called, linked or referred to without one of these.
        if !bytes.iter().any(|byte| matches!(byte, b'(' | b'|' | b'!' | b'#')) {
            return;
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let text = if last == b'"' { text.replace("\"\"", "\"") } else { text };
        if formula::begins(&text).is_none() {
            return;
        }
        let parts = formula::parts(&text);
        if parts == formula::Parts::default() || !self.seen.insert(hash(&parts)) {
            return;
        }
        if self.formulas.len() >= MOST_FORMULAS {
            return draft.too_many();
        }
        let region = Region::at(base.saturating_add(at as u64), bytes.len() as u64);
        let line = u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX);
        self.formulas.push(Formula { text: head(&text, 512).to_owned(), parts, region, line });
    }
}

fn hash(parts: &formula::Parts) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(parts, &mut hasher);
    std::hash::Hasher::finish(&hasher)
}

/// The signs of formulas, and the first byte of their wide forms.
fn can_begin(byte: u8) -> bool {
    matches!(byte, b'=' | b'+' | b'-' | b'@' | 0xef)
}

/// Whether a value begins behind this byte, whatever separator a spreadsheet goes by; a byte order mark ends in 0xbf. An apostrophe
/// makes a text of what follows it.
fn is_between(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b',' | b';' | b'\t' | b'|' | b'"' | 0xbf)
}

/// Where a value ends: at the quote that closes it, or with its line. What follows in the line does no harm to reading it.
fn end(rest: &[u8], quoted: bool) -> usize {
    if !quoted {
        return memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', rest.get(at..).unwrap_or_default()) {
        let quote = at.saturating_add(quote);
        if rest.get(quote.saturating_add(1)) != Some(&b'"') {
            return quote;
        }
        at = quote.saturating_add(2);
    }
    rest.len()
}

/// Rows and values so far.
struct Rows {
    delimiter: u8,
    facts: TableFacts,
    /// Whether the value at hand is in quotes, and whether a quote was just passed in it.
    quoted: bool,
    closing: bool,
    /// Bytes of the value at hand, kept for the first row.
    value: Vec<u8>,
    values: u64,
    wide: u64,
    empty: bool,
}

impl Rows {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            facts: TableFacts::default(),
            quoted: false,
            closing: false,
            value: Vec::new(),
            values: 0,
            wide: 0,
            empty: true,
        }
    }

    fn take(&mut self, byte: u8) {
        if self.quoted {
            self.quoted = byte != b'"';
            self.closing = !self.quoted;
            return self.keep(byte);
        }
        let doubled = std::mem::take(&mut self.closing) && byte == b'"';
        match byte {
            b'"' if doubled || self.value.is_empty() => {
                self.quoted = true;
                self.empty = false;
                if doubled {
                    self.value.pop();
                }
                self.keep(b'"');
            }
            b'\n' => self.row(),
            byte if byte == self.delimiter => {
                self.empty = false;
                self.column();
            }
            b'\r' => {}
            byte => {
                self.empty = false;
                self.keep(byte);
            }
        }
    }

    /// Of values in later rows only the first byte is kept: a quote opens a value where nothing stands before it.
    fn keep(&mut self, byte: u8) {
        let limit = if self.facts.rows == 0 { LONGEST_NAME } else { 1 };
        if self.value.len() < limit {
            self.value.push(byte);
        }
    }

    fn column(&mut self) {
        if self.facts.rows == 0 && self.facts.columns.len() < MOST_NAMES {
            let name = String::from_utf8_lossy(&self.value).into_owned();
            self.facts.columns.push(name.trim_start_matches('\u{feff}').trim().trim_matches('"').to_owned());
        }
        self.value.clear();
        self.closing = false;
        self.values = self.values.saturating_add(1);
    }

    fn row(&mut self) {
        if std::mem::replace(&mut self.empty, true) {
            self.value.clear();
            return;
        }
        self.column();
        if self.facts.rows == 0 {
            self.wide = self.values;
        } else if self.values != self.wide {
            self.facts.uneven = self.facts.uneven.saturating_add(1);
        }
        self.facts.rows = self.facts.rows.saturating_add(1);
        self.values = 0;
    }

    fn finish(mut self) -> TableFacts {
        self.row();
        self.facts
    }
}
