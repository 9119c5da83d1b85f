//! One pass over a text in windows: encoding, lines, hidden characters, credentials, addresses.
//!
//! A window is read ahead of what is judged in it, so that nothing is missed where two windows meet; what is found does
//! not depend on where they meet.

use std::collections::{BTreeMap, BTreeSet};

use super::secrets::{self, AHEAD, BEHIND};
use super::{Address, HiddenCharacters, TextFacts, hidden};
use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::source::{Source, read_full};

/// Bytes judged per window.
const WINDOW: usize = 256 * 1024;
/// Places kept of hidden characters of one kind.
const MOST_HIDDEN: usize = 16;
/// Credentials kept.
const MOST_SECRETS: usize = 1_000;
/// Addresses kept.
const MOST_ADDRESSES: usize = 256;
/// Longest address kept.
const LONGEST_ADDRESS: usize = 200;

/// What one pass found, and where it ended.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) facts: TextFacts,
    /// The first null byte: no text goes on there.
    pub(super) null: Option<u64>,
    pub(super) utf8: bool,
    pub(super) stopped: Option<Exhausted>,
    pub(super) unreadable: Option<String>,
}

struct Scanner {
    buffer: Vec<u8>,
    /// Offset of the buffer in the source.
    base: u64,
    /// Position in the buffer up to which everything is judged.
    done: usize,
    /// Position in the buffer up to which it is known to be UTF-8.
    valid: usize,
    /// Offset up to which lines are counted, and the line there.
    line: (u64, u64),
    seen: BTreeSet<(String, bool, bool)>,
    kinds: BTreeMap<&'static str, u64>,
    /// Offset up to which credentials are found: one place gives one credential.
    secret_end: u64,
    out: Scanned,
}

/// Scans a source.
pub(super) fn scan(source: &dyn Source, budget: &Budget) -> Scanned {
    scan_in(source, budget, WINDOW)
}

/// The same with another window; the result is the same.
pub(super) fn scan_in(source: &dyn Source, budget: &Budget, window: usize) -> Scanned {
    let mut scanner = Scanner {
        buffer: Vec::new(),
        base: 0,
        done: 0,
        valid: 0,
        line: (0, 1),
        seen: BTreeSet::new(),
        kinds: BTreeMap::new(),
        secret_end: 0,
        out: Scanned { utf8: true, ..Scanned::default() },
    };
    loop {
        if let Err(limit) = budget.steps((window as u64 / 64).max(1)) {
            scanner.out.stopped = Some(limit);
            break;
        }
        let at_end = match scanner.refill(source, window) {
            Ok(at_end) => at_end,
            Err(error) => {
                scanner.out.unreadable = Some(error.to_string());
                break;
            }
        };
        scanner.judge(at_end);
        if at_end {
            break;
        }
    }
    scanner.finish()
}

impl Scanner {
    /// Drops what is judged and no longer needed, and reads on. Whether the source ends with the buffer.
    fn refill(&mut self, source: &dyn Source, window: usize) -> std::io::Result<bool> {
        let drop = self.done.saturating_sub(BEHIND);
        self.buffer.drain(..drop);
        self.base = self.base.saturating_add(drop as u64);
        self.done = self.done.saturating_sub(drop);
        self.valid = self.valid.saturating_sub(drop);
        let kept = self.buffer.len();
        let size = self.done.saturating_add(window).saturating_add(AHEAD).max(kept);
        self.buffer.resize(size, 0);
        let offset = self.base.saturating_add(kept as u64);
        let read = read_full(source, offset, self.buffer.get_mut(kept..).unwrap_or_default())?;
        self.buffer.truncate(kept.saturating_add(read));
        Ok(self.buffer.len() < size || self.base.saturating_add(self.buffer.len() as u64) >= source.len())
    }

    fn judge(&mut self, at_end: bool) {
        let to =
            if at_end { self.buffer.len() } else { self.buffer.len().saturating_sub(AHEAD).max(self.done) };
        let buffer = std::mem::take(&mut self.buffer);
        self.validate(&buffer, at_end);
        if self.out.null.is_none() {
            let null = memchr::memchr(0, buffer.get(self.done..to).unwrap_or_default());
            self.out.null = null.map(|at| self.base.saturating_add(self.done.saturating_add(at) as u64));
        }
        self.hidden(&buffer, to);
        self.credentials(&buffer, to);
        self.line_of(&buffer, self.base.saturating_add(to as u64));
        self.done = to;
        self.buffer = buffer;
    }

    fn validate(&mut self, buffer: &[u8], at_end: bool) {
        if !self.out.utf8 {
            return;
        }
        match std::str::from_utf8(buffer.get(self.valid..).unwrap_or_default()) {
            Ok(_) => self.valid = buffer.len(),
            Err(error) => {
                self.valid = self.valid.saturating_add(error.valid_up_to());
                self.out.utf8 = error.error_len().is_none() && !at_end;
            }
        }
    }

    fn hidden(&mut self, buffer: &[u8], to: usize) {
        let mut found = Vec::new();
        hidden::find(buffer, self.done, to, self.base == 0, |at, len, kind| {
            let count = self.kinds.entry(kind).or_default();
            *count = count.saturating_add(1);
            if *count <= MOST_HIDDEN as u64 {
                found.push((at, len, kind));
            }
        });
        for (at, len, kind) in found {
            let region = Region::at(self.base.saturating_add(at as u64), len as u64);
            let line = self.line_of(buffer, region.start);
            self.out.facts.hidden.push((kind, region, line));
        }
    }

    fn credentials(&mut self, buffer: &[u8], to: usize) {
        for hit in secrets::hits(buffer, self.done, to) {
            if secrets::is_address(hit) {
                self.address(buffer, hit.at);
            }
            if self.out.facts.secrets.len() >= MOST_SECRETS {
                continue;
            }
            let Some((range, mut candidate)) = secrets::at(buffer, hit) else { continue };
            candidate.region = Region::at(self.base.saturating_add(range.start as u64), range.len() as u64);
            if candidate.region.start < self.secret_end {
                continue;
            }
            self.secret_end = candidate.region.end;
            candidate.line = self.line_of(buffer, candidate.region.start);
            self.out.facts.secrets.push(candidate);
        }
    }

    /// `scheme://host:port/path` around the `://` at `at`.
    fn address(&mut self, buffer: &[u8], at: usize) {
        if self.out.facts.addresses.len() >= MOST_ADDRESSES {
            return;
        }
        let before = buffer.get(at.saturating_sub(12)..at).unwrap_or_default();
        let scheme =
            before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'+').count();
        let after = buffer.get(at.saturating_add(3)..).unwrap_or_default();
        let len = after
            .iter()
            .take(LONGEST_ADDRESS)
            .take_while(|byte| {
                byte.is_ascii_graphic()
                    && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b')' | b']' | b'}' | b'\\' | b'|')
            })
            .count();
        if scheme == 0 || len < 3 {
            return;
        }
        let range = at.saturating_sub(scheme)..at.saturating_add(3).saturating_add(len);
        let text = String::from_utf8_lossy(buffer.get(range.clone()).unwrap_or_default()).into_owned();
        let text = text.trim_end_matches(['.', ',', ';', ':']).to_owned();
        let before = buffer.get(range.start.saturating_sub(BEHIND)..range.start).unwrap_or_default();
        let begun = memchr::memrchr(b'\n', before).and_then(|at| before.get(at..)).unwrap_or(before);
        let commented = begun.contains(&b'#');
        let required = is_required(begun);
        // Once in each role: a comment or a home page does not speak for the requirement behind it.
        if !self.seen.insert((text.clone(), commented, required)) {
            return;
        }
        let region = Region::at(self.base.saturating_add(range.start as u64), text.len() as u64);
        let line = self.line_of(buffer, region.start);
        self.out.facts.addresses.push(Address { text, commented, required, region, line });
    }

    /// The line of an offset in the buffer. Backwards it counts from the last known line.
    fn line_of(&mut self, buffer: &[u8], offset: u64) -> u32 {
        let (from, line) = self.line;
        let position = |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let breaks = |from: u64, to: u64| {
            memchr::memchr_iter(b'\n', buffer.get(position(from)..position(to)).unwrap_or_default()).count()
                as u64
        };
        let line = if offset >= from {
            line.saturating_add(breaks(from, offset))
        } else {
            line.saturating_sub(breaks(offset, from))
        };
        self.line = (offset, line);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    fn finish(mut self) -> Scanned {
        let ended = self.buffer.last().is_none_or(|last| *last == b'\n');
        self.out.facts.lines = self.line.1.saturating_sub(u64::from(ended));
        self.out.facts.hidden.sort_by_key(|(_, region, _)| region.start);
        self.out.facts.hidden_characters =
            self.kinds.into_iter().map(|(kind, count)| HiddenCharacters { kind, count }).collect();
        self.out.facts.encoding = if self.out.utf8 { "utf-8" } else { "latin-1" };
        self.out
    }
}

/// Whether a line before an address ends as a requirement does: a name, `@`, perhaps the way in which the address is read.
fn is_required(line: &[u8]) -> bool {
    let ways: [&[u8]; 4] = [b"git+", b"hg+", b"svn+", b"bzr+"];
    let line = ways.iter().find_map(|way| line.strip_suffix(*way)).unwrap_or(line).trim_ascii_end();
    let named = line.strip_suffix(b"@").map(<[u8]>::trim_ascii_end);
    named
        .and_then(<[u8]>::last)
        .is_some_and(|last| last.is_ascii_alphanumeric() || matches!(last, b']' | b'_' | b'-'))
}
