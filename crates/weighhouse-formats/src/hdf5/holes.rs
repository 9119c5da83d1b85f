//! What is no structure of the file: what stands in front of it, and what was deleted and stays where it was.

use super::walk::Walker;
use crate::bounded::{Exhausted, SpoolError, spool};
use crate::compress::decoder;
use crate::draft::structured;
use crate::format::{Family, Format};
use crate::forms::SEARCHED;
use crate::identify::identify;
use crate::node::{Child, Codec, Content, Facts, GapReason};
use crate::region::Region;
use crate::source::{SharedSource, is_zero, read_up_to};
use crate::strings;
use std::io::Read as _;

/// How the library's filters pack chunks, as formats: what is left of a chunk looks like a stream of one of them.
pub(crate) const PACKED: &[Format] = &[Format::Zlib, Format::Bzip2, Format::Zstd];
/// How such streams begin.
const STREAMS: &[(&[u8], Codec)] = &[
    (b"\x78\x01", Codec::Zlib),
    (b"\x78\x5e", Codec::Zlib),
    (b"\x78\x9c", Codec::Zlib),
    (b"\x78\xda", Codec::Zlib),
    (b"BZh", Codec::Bzip2),
    (b"\x28\xb5\x2f\xfd", Codec::Zstd),
];
/// Longest of these beginnings.
const BEGINNING: usize = 4;
const WINDOW: usize = 64 << 10;
/// Bytes that come out of one such stream, and of all of them in a file.
const MOST_OF_ONE: u64 = 32 << 20;
pub(super) const MOST_UNPACKED: u64 = 1 << 30;
/// What an attempt to unpack costs, in steps; shorter streams hold nothing.
const LOOK: u64 = 4 << 10;
const SHORTEST: u64 = 16;
/// Pickles that are followed in one place that nothing refers to.
const MOST_PICKLES: usize = 64;

/// What MATLAB writes in front of a file ends with its version and the order of bytes.
const MATLAB: &[u8] = b"MATLAB ";
const MATLAB_TEXT: u64 = 124;
const MATLAB_ENDS: &[&[u8]] = &[b"\0\x02IM", b"\x02\0MI"];

impl Walker<'_> {
    /// What stands in front of the file: of MATLAB a header of its own, of others whatever they like. Text is explained and handed on,
    /// anything else is only handed on.
    pub(super) fn user_block(&mut self, region: Region) {
        let len = usize::try_from(region.len()).unwrap_or(usize::MAX);
        let block = read_up_to(self.file.source.as_ref(), region.start, len).unwrap_or_default();
        let (head, rest) = block.split_at_checked(MATLAB_TEXT as usize).unwrap_or_default();
        let is_matlab = head.starts_with(MATLAB)
            && rest.split_at_checked(BEGINNING).is_some_and(|(version, rest)| {
                MATLAB_ENDS.contains(&version) && rest.iter().all(|byte| *byte == 0)
            });
        let used =
            |bytes: &[u8]| bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        let text = if is_matlab { head } else { &block };
        let text = text.get(..used(text)).unwrap_or_default();
        let printable = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
        let is_text = std::str::from_utf8(text).is_ok_and(|text| text.chars().all(printable));
        let content = if is_text { Region::at(region.start, text.len() as u64) } else { region };
        if is_text {
            self.claims.claim(region);
        }
        if !text.is_empty() {
            self.child("user block".to_owned(), Content::Stored { region: content, crc32: None });
        }
    }

    /// What nothing refers to: the library takes space in blocks and leaves what it does not use zeroed, and what was deleted as
    /// it was. Where structures are not read, which is a gap, what they hold is not held against the file, unless it looks like
    /// something of its own. Programs, archives and texts in it are searched for where bytes that nothing explains are.
    pub(super) fn left_over(&mut self, region: Region, left: &mut u64) {
        if is_zero(self.file.source.as_ref(), region).unwrap_or(false) {
            return self.draft.claim(region);
        }
        if region.len() > SEARCHED {
            let detail = format!("{} bytes that nothing refers to, more than are searched", region.len());
            self.draft.gap(GapReason::NotInspected, region, detail);
        }
        let searched = Region::new(region.start, region.end.min(region.start.saturating_add(SEARCHED)));
        let found = self.pickles(searched);
        if let Err(limit) = self.streams(searched, left) {
            self.draft.gap(GapReason::Limit(limit), region, limit.to_string());
        }
        if !found && !self.unread.is_empty() && !structured(&self.slice(region)) {
            self.draft.claim(region);
        }
    }

    /// Hands on every pickle in a region; whether there may be one.
    fn pickles(&mut self, region: Region) -> bool {
        let slice = self.slice(region);
        let mut from = 0;
        for _ in 0..MOST_PICKLES {
            let found = match crate::pickle::hidden(&slice, self.file.budget, from) {
                Ok(Some(found)) => found,
                Ok(None) => return from > 0,
                Err(limit) => {
                    self.draft.gap(GapReason::Limit(limit), region, limit.to_string());
                    return true;
                }
            };
            let start = region.start.saturating_add(found.start);
            let content = Content::Stored { region: Region::at(start, found.len()), crc32: None };
            let child = Child { name: format!("pickle@{start}"), content, known: Some(Format::Pickle) };
            self.draft.child(child);
            from = found.end.max(from.saturating_add(1));
        }
        self.draft.gap(GapReason::NotInspected, region, "more pickles than are followed");
        true
    }

    /// Unpacks the chunks that were left in a region, and hands on what in them is more than numbers. `left` bytes may still come out.
    fn streams(&mut self, region: Region, left: &mut u64) -> Result<(), Exhausted> {
        let mut at = region.start;
        while at < region.end {
            let rest = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let window =
                read_up_to(self.file.source.as_ref(), at, rest.min(WINDOW + BEGINNING)).unwrap_or_default();
            self.file.budget.steps(window.len() as u64)?;
            let mut next = at.saturating_add(WINDOW as u64);
            for place in 0..window.len().min(WINDOW) {
                let start = at.saturating_add(place as u64);
                if let Some(end) = self.stream(&window, place, Region::new(start, region.end), left)? {
                    next = end;
                    break;
                }
            }
            at = next;
        }
        Ok(())
    }

    /// Looks into the stream that begins at a place, if one does; where it ends.
    fn stream(
        &mut self,
        window: &[u8],
        place: usize,
        region: Region,
        left: &mut u64,
    ) -> Result<Option<u64>, Exhausted> {
        let head = window.get(place..).unwrap_or_default();
        let Some((_, codec)) = STREAMS.iter().find(|(mark, _)| head.starts_with(mark)) else {
            return Ok(None);
        };
        self.file.budget.steps(LOOK)?;
        let mut stream = decoder(*codec, self.slice(region));
        let most = MOST_OF_ONE.min(*left);
        let (source, stopped) = spool(&mut (&mut stream).take(most), region.len(), self.file.budget);
        *left = left.saturating_sub(source.len());
        let len = source.len();
        if len >= SHORTEST {
            self.chunk_left(&format!("chunk@{}", region.start), source)?;
        }
        match stopped {
            Some(SpoolError::Exhausted(limit)) => Err(limit),
            None if len >= most => Err(Exhausted::Unpacked),
            None => Ok(Some(region.start.saturating_add(stream.consumed().max(1)))),
            Some(_) => Ok(None),
        }
    }

    /// Hands on what was unpacked if it is more than numbers, or the texts in it.
    fn chunk_left(&mut self, name: &str, source: SharedSource) -> Result<(), Exhausted> {
        let hidden = crate::pickle::hidden(&source, self.file.budget, 0)?;
        let textual = |format: Format| matches!(format.family(), Family::Code | Family::Text);
        let is_text = identify("", &source).iter().all(|candidate| textual(candidate.format));
        if structured(&source) || is_text || hidden.is_some() {
            self.child(name.to_owned(), Content::Unpacked(source));
            return Ok(());
        }
        let all = Region::new(0, source.len());
        let (texts, _) = strings::within(&source, &[all], Format::Hdf5, self.file.budget)?;
        if let Some(Facts::Data(texts)) = texts.map(|texts| texts.facts) {
            let texts: Vec<_> = texts.metadata.into_iter().map(|(_, text)| text).collect();
            self.child(name.to_owned(), Content::Decoded(texts.join("\n").into_bytes()));
        }
        Ok(())
    }
}
