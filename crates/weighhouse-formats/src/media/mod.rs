//! Pictures, sound, fonts: walked far enough to know where they end, so that nothing hides behind them.
//!
//! Containers are walked chunk by chunk (PNG, RIFF, MP4, Ogg, fonts) or segment by segment (JPEG, GIF); the coded content is not
//! decoded. Texts that a picture carries are children. Formats without an end of their own (MP3, FLAC) are claimed whole after
//! their header. Specifications: PNG 3, ITU T.81, `GIF89a`, RFC 9649, ISO 14496-12, RFC 3533, `OpenType` 1.9, WOFF 1 and 2.

mod chunks;
mod pictures;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, Slice, read_up_to};

/// What a media file is.
#[derive(Debug)]
pub struct MediaFacts {
    /// For the reader: `PNG, 512 × 512`.
    pub description: String,
}

/// What walking a file came to.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    description: String,
    /// Where the format's own structure ends.
    end: u64,
    faults: Vec<(Fault, Option<Region>, String)>,
    children: Vec<Child>,
    stopped: Option<Exhausted>,
}

impl Walk {
    fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }

    /// Walks `source` from `start`, to where `steps` ends or the file does.
    fn through(
        source: &SharedSource,
        description: impl Into<String>,
        start: u64,
        steps: impl FnOnce(&mut Cursor<'_>, &mut Self) -> Step,
    ) -> Self {
        let mut walk = Self::new(description);
        let mut cursor = Cursor::new(source.as_ref(), start);
        if steps(&mut cursor, &mut walk).is_err() {
            walk.truncated(source.len());
        }
        walk
    }

    fn fault(&mut self, kind: Fault, region: impl Into<Option<Region>>, detail: impl Into<String>) {
        self.faults.push((kind, region.into(), detail.into()));
    }

    /// The file ends inside its structure: all of it is claimed, and none of it is whole.
    fn truncated(&mut self, len: u64) {
        self.end = len;
        self.fault(Fault::Truncated, None, "the file ends before its structure does");
    }
}

/// A walk stops with what it has.
type Step = Result<(), ReadError>;

/// Recognises the format.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let format = recognise(&probe.head)?;
    Some(Candidate { format, strength: Strength::Certain, evidence: "signature" })
}

fn recognise(head: &[u8]) -> Option<Format> {
    Some(match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
        [0xff, 0xd8, 0xff, 0xc0..=0xfe, ..] => Format::Jpeg,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::Webp,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Format::Audio,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Format::Video,
        [b'f', b'L', b'a', b'C', 0 | 0x80, ..] | [b'O', b'g', b'g', b'S', 0, ..] => Format::Audio,
        [b'I', b'D', b'3', 2..=4, _, _, a, b, c, d, ..] if (a | b | c | d) & 0x80 == 0 => Format::Audio,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if brand.len() >= 4 => Format::Video,
        [b'w', b'O', b'F', b'F' | b'2', _, _, _, _, ..] => Format::Font,
        [0, 1, 0, 0, 0, count, ..] | [b'O', b'T', b'T', b'O', 0, count, ..]
            if chunks::is_font(head, *count) =>
        {
            Format::Font
        }
        _ => return None,
    })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 4096).unwrap_or_default();
    let format = recognise(&head).unwrap_or(Format::Png);
    let walk = match format {
        Format::Jpeg => pictures::jpeg(source, budget),
        Format::Gif => pictures::gif(source, budget),
        Format::Webp => chunks::riff(source, "WebP", budget),
        Format::Audio if head.starts_with(b"RIFF") => chunks::riff(source, "WAV", budget),
        Format::Video if head.starts_with(b"RIFF") => chunks::riff(source, "AVI", budget),
        Format::Audio if head.starts_with(b"OggS") => chunks::ogg(source, budget),
        Format::Audio => chunks::unbounded(source, &head),
        Format::Video => chunks::boxes(source, budget),
        Format::Font => chunks::font(source, &head),
        _ => pictures::png(source, budget),
    };
    let broken = walk.faults.iter().any(|(kind, ..)| *kind == Fault::Truncated);
    let mut parsed = conclude(format, walk, source.len());
    if broken {
        hidden_pickle(source, budget, &mut parsed);
    }
    parsed
}

/// What breaks off behind its first bytes may be something else that was given them.
fn hidden_pickle(source: &SharedSource, budget: &Budget, parsed: &mut Parsed) {
    const SEARCHED: u64 = 1 << 20;
    let beginning: SharedSource = Arc::new(Slice::new(Arc::clone(source), Region::new(0, SEARCHED)));
    match crate::pickle::hidden(&beginning, budget, 0) {
        Ok(found) => parsed.children.extend(found.map(|region| Child {
            name: format!("pickle@{}", region.start),
            content: Content::Stored { region, crc32: None },
            known: Some(Format::Pickle),
        })),
        Err(limit) => parsed.gaps.push(limit.into()),
    }
}

fn conclude(format: Format, walk: Walk, len: u64) -> Parsed {
    let facts = Facts::Media(Box::new(MediaFacts { description: walk.description }));
    let mut claims = Claims::new();
    claims.claim(Region::new(0, walk.end.min(len)));
    let mut parsed = Parsed::new(format, facts, claims);
    for (kind, region, detail) in walk.faults {
        if matches!(kind, Fault::Truncated | Fault::Malformed) {
            parsed.gap(GapReason::Damaged, region, detail.clone());
        }
        parsed.fault(kind, region, detail);
    }
    parsed.gaps.extend(walk.stopped.map(Into::into));
    parsed.children = walk.children;
    parsed
}
