//! Look-up in sorted text without parsing it: a binary search over the bytes of the file, line by line.
//!
//! Loading costs nothing and looking up costs a dozen comparisons, however long the list grows. The text must be ASCII, sorted by
//! its tab-separated key and end each line with a line feed; tests check that. Lines that begin with `#` come first.

use std::cmp::Ordering;

/// Sorted lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    body: &'static str,
    first: &'static str,
    last: &'static str,
}

impl Table {
    /// Takes the text of a data file and skips its header.
    pub(super) fn new(text: &'static str) -> Self {
        let mut body = text;
        while body.starts_with('#') {
            body = body.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let mut lines = body.lines();
        let first = lines.next().unwrap_or_default();
        Self { body, first, last: lines.next_back().unwrap_or(first) }
    }

    /// All lines, in order.
    pub(super) fn lines(self) -> impl Iterator<Item = &'static str> {
        self.body.lines()
    }

    /// The line for which `order` says `Equal`; `order` compares a line with what is sought.
    pub(super) fn find(self, order: impl Fn(&'static str) -> Ordering) -> Option<&'static str> {
        // Most names are outside most lists: each list is about few packages.
        if order(self.first) == Ordering::Greater || order(self.last) == Ordering::Less {
            return None;
        }
        let (mut low, mut high) = (0, self.body.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.body.get(low..middle)?.rfind('\n').map_or(low, |at| low + at + 1);
            let line = self.body.get(start..)?.split('\n').next()?;
            match order(line) {
                Ordering::Equal => return Some(line),
                Ordering::Less => low = start + line.len() + 1,
                Ordering::Greater => high = start,
            }
        }
        None
    }

    /// The line whose first column is `key`.
    pub(super) fn find_key(self, key: &str) -> Option<&'static str> {
        self.find(|line| line.split('\t').next().unwrap_or(line).cmp(key))
    }
}
