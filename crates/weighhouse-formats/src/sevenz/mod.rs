//! 7z archives: packed streams, folders that unpack them through chains of coders, files cut out of what comes out.
//!
//! Read: Copy, LZMA, LZMA2, Deflate, bzip2, zstd, lz4, the branch filters and Delta, in any chain, and headers packed the
//! same way. Not read, and said so: `PPMd`, Deflate64, brotli, encryption. Specification: `7zFormat.txt` of the LZMA SDK. Limits: headers of [`crate::bounded::Limits::text`] bytes, dictionaries of 64 MiB, and the budget.

mod folder;
mod header;
mod streams;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bounded::{Budget, Deferred, Opened};
use crate::draft::Draft;
use crate::format::Format;
use crate::identify::Probe;
use crate::names::{self, Clash, Seen};
use crate::node::{Candidate, Child, Content, Facts, Fault, Gap, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::{Memory, SharedSource};
use header::{Contents, Entry, Header, Trouble};

/// What every archive begins with.
pub(crate) const MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// What an archive holds.
#[derive(Debug, Default)]
pub struct SevenZipFacts {
    /// Every entry, in order.
    pub members: Vec<SevenZipMember>,
    /// The methods of each folder, outermost last: `LZMA2`, `BCJ x86`.
    pub methods: Vec<Vec<String>>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SevenZipMember {
    /// Path as found.
    pub name: String,
    /// Unpacked length in bytes; `None` for folders, empty files and deletions.
    pub len: Option<u64>,
    /// Whether its Unix mode says that it is a symbolic link: its content is the target.
    pub symlink: bool,
}

/// Recognises the format by its signature.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    probe.starts_with(MAGIC).then_some(Candidate {
        format: Format::SevenZip,
        strength: Strength::Certain,
        evidence: "signature",
    })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::SevenZip, Facts::SevenZip(Box::default()));
    let facts = match header::read(source, budget, &mut draft) {
        Ok(header) => contents(source, header, &mut draft),
        Err(trouble) => {
            trouble.note(&mut draft);
            SevenZipFacts::default()
        }
    };
    draft.finish(Facts::SevenZip(Box::new(facts)))
}

/// Hands out what the folders hold, each to be unpacked when its first file is opened.
fn contents(source: &SharedSource, header: Header, draft: &mut Draft) -> SevenZipFacts {
    let Header { contents: Contents { streams, entries }, regions } = header;
    let mut regions = regions;
    let mut facts = SevenZipFacts::default();
    let mut files = entries.iter().filter(|entry| entry.has_stream);
    let mut lengths = Vec::new();
    for (number, folder) in streams.folders.into_iter().enumerate() {
        facts.methods.push(folder.methods());
        regions.extend(&folder.packed);
        lengths.extend(folder.parts.iter().map(|part| part.len));
        let mut names: Vec<String> = Vec::new();
        for part in 0..folder.parts.len() {
            let file = files.next();
            names.push(
                file.map_or_else(|| format!("folder-{number}/stream-{part}"), |file| file.name.clone()),
            );
        }
        hand_out(source, folder, names, draft);
    }
    if files.next().is_some() {
        draft.fault(Fault::Contradiction, None, "the archive names more files than it has streams");
    }
    check_overlaps(regions, draft);
    let mut lengths = lengths.into_iter();
    facts.members = entries
        .iter()
        .map(|entry| SevenZipMember {
            name: entry.name.clone(),
            len: if entry.has_stream { lengths.next() } else { None },
            symlink: entry.symlink,
        })
        .collect();
    check_names(&entries, draft);
    facts
}

fn hand_out(source: &SharedSource, folder: streams::Folder, names: Vec<String>, draft: &mut Draft) {
    for region in &folder.packed {
        draft.claim(Region::new(region.start, region.end.min(source.len())));
        if region.end > source.len() {
            let detail = format!("packed data at {} reaches beyond the end of the file", region.start);
            draft.fault(Fault::Truncated, *region, detail);
        }
    }
    if let Some(region) = folder.stored() {
        return stored(region, &folder, names, draft);
    }
    if let Err(trouble) = folder::readable(&folder) {
        return trouble.note(draft);
    }
    let mut regions = Vec::new();
    let mut at = 0_u64;
    for part in &folder.parts {
        let region = Region::at(at, part.len);
        at = region.end;
        regions.push(region);
    }
    let mut names = names;
    if regions.is_empty() {
        // No file is cut from it, but something is in it.
        regions.push(Region::new(0, u64::MAX));
        names.push("folder".to_owned());
    }
    let packed = Arc::clone(source);
    let whole = Arc::new(Deferred::new(move |budget| unpack(&packed, &folder, budget)));
    for (region, name) in regions.into_iter().zip(names) {
        let content = Content::Part { whole: Arc::clone(&whole), region };
        draft.child(Child { name, content, known: None });
    }
}

fn stored(region: Region, folder: &streams::Folder, names: Vec<String>, draft: &mut Draft) {
    let mut at = region.start;
    for (part, name) in folder.parts.iter().zip(names) {
        let region = Region::at(at, part.len);
        at = region.end;
        draft.child(Child { name, content: Content::Stored { region, crc32: part.crc32 }, known: None });
    }
    if at != region.end {
        let detail = "stored data has another length than the files in it";
        draft.fault(Fault::Contradiction, region, detail);
    }
}

fn unpack(source: &SharedSource, folder: &streams::Folder, budget: &Budget) -> Opened {
    folder::unpack(source, folder, budget).unwrap_or_else(|trouble| {
        let mut draft = Draft::new(Format::SevenZip, Facts::SevenZip(Box::default()));
        trouble.note(&mut draft);
        let Parsed { reading, gaps, .. } = draft.finish(Facts::SevenZip(Box::default()));
        Opened { source: Memory::shared(Vec::new()), faults: reading.irregularities, gaps }
    })
}

fn check_overlaps(mut regions: Vec<Region>, draft: &mut Draft) {
    regions.sort_unstable();
    let overlapping = regions.windows(2).find_map(|pair| match pair {
        [first, second] if first.overlaps(*second) => Some(*second),
        _ => None,
    });
    if let Some(region) = overlapping {
        draft.fault(Fault::Overlap, region, "two packed streams, or a stream and a header, share bytes");
    }
}

fn check_names(entries: &[Entry], draft: &mut Draft) {
    let mut seen = Seen::default();
    for entry in entries {
        let shown = names::shown(&entry.name);
        if let Some(why) = names::escapes(&entry.name) {
            draft.fault(Fault::Traversal, None, format!("the name `{shown}` {why}"));
        }
        if entry.symlink {
            draft.fault(Fault::Link, None, format!("`{shown}` is a symbolic link"));
        }
        if let Some(clash) = seen.clash(&entry.name).filter(|_| entry.has_stream) {
            let kind = if clash == Clash::Same { Fault::Duplicate } else { Fault::Unusual };
            draft.fault(kind, None, clash.detail(&shown));
        }
    }
}

impl Trouble {
    /// Records why an archive, or a folder of it, could not be read.
    fn note(self, draft: &mut Draft) {
        match self {
            Self::Truncated => {
                draft.fault(Fault::Truncated, None, "the header ends too early");
                draft.gap(GapReason::Damaged, None, "the header of the archive is cut");
            }
            Self::Malformed(what) => {
                draft.fault(Fault::Malformed, None, what);
                draft.gap(GapReason::Damaged, None, what);
            }
            Self::Encrypted => {
                draft.fault(Fault::Encrypted, None, "content of the archive is encrypted");
                draft.gap(GapReason::Encrypted, None, "content of the archive is encrypted");
            }
            Self::Unsupported(what) => {
                let detail = format!("the archive uses {what}, which is not read");
                draft.gap(GapReason::NotInspected, None, detail);
            }
            Self::Limit(limit) => {
                let Gap { reason, detail, .. } = limit.into();
                draft.gap(reason, None, detail);
            }
            Self::Unreadable(error) => draft.gap(GapReason::Unreadable, None, error),
        }
    }
}
