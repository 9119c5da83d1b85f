//! 7z archives: packed streams, folders that unpack them through chains of coders, files cut out of what comes out.
//!
//! Read: Copy, LZMA, LZMA2, Deflate, bzip2, zstd, lz4, the branch filters and Delta, in any chain, and headers packed the
//! same way. Not read, and said so: `PPMd`, Deflate64, brotli, encryption. Specification: `7zFormat.txt` of the LZMA SDK. Limits: headers of [`crate::bounded::Limits::text`] bytes, dictionaries of 64 MiB, and the budget.

mod folder;
mod header;
mod streams;
#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::names::{self, Clash, Seen};
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::SharedSource;
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
    let mut parsed = Parsed::new(Format::SevenZip, Facts::SevenZip(Box::default()), Claims::new());
    match header::read(source, budget, &mut parsed) {
        Ok(header) => contents(source, budget, header, &mut parsed),
        Err(trouble) => trouble.note(&mut parsed),
    }
    parsed
}

/// Unpacks the folders and hands out what they hold.
fn contents(source: &SharedSource, budget: &Budget, header: Header, parsed: &mut Parsed) {
    let Header { contents: Contents { streams, entries }, regions } = header;
    let mut regions = regions;
    let mut facts = SevenZipFacts::default();
    let mut files = entries.iter().filter(|entry| entry.has_stream);
    for (number, folder) in streams.folders.iter().enumerate() {
        facts.methods.push(folder.methods());
        regions.extend(&folder.packed);
        let names: Vec<String> = folder
            .parts
            .iter()
            .enumerate()
            .map(|(part, _)| {
                files
                    .next()
                    .map_or_else(|| format!("folder-{number}/stream-{part}"), |file| file.name.clone())
            })
            .collect();
        unpack(source, budget, folder, &names, parsed);
    }
    if files.next().is_some() {
        parsed.fault(Fault::Contradiction, None, "the archive names more files than it has streams");
    }
    check_overlaps(regions, parsed);
    let mut lengths = streams.folders.iter().flat_map(|folder| folder.parts.iter().map(|part| part.len));
    facts.members = entries
        .iter()
        .map(|entry| SevenZipMember {
            name: entry.name.clone(),
            len: if entry.has_stream { lengths.next() } else { None },
            symlink: entry.symlink,
        })
        .collect();
    check_names(&entries, parsed);
    parsed.reading.facts = Facts::SevenZip(Box::new(facts));
}

fn unpack(
    source: &SharedSource,
    budget: &Budget,
    folder: &streams::Folder,
    names: &[String],
    parsed: &mut Parsed,
) {
    for region in &folder.packed {
        let there = Region::new(region.start, region.end.min(source.len()));
        parsed.reading.claims.claim(there);
        if there != *region {
            let detail = format!("packed data at {} reaches beyond the end of the file", region.start);
            parsed.fault(Fault::Truncated, *region, detail);
        }
    }
    if let Some(region) = folder.stored() {
        let mut at = region.start;
        for (part, name) in folder.parts.iter().zip(names) {
            let region = Region::at(at, part.len);
            at = region.end;
            let content = Content::Stored { region, crc32: part.crc32 };
            parsed.children.push(Child { name: name.clone(), content, known: None });
        }
        if at != region.end {
            let detail = "stored data has another length than the files in it";
            parsed.fault(Fault::Contradiction, region, detail);
        }
        return;
    }
    match folder::unpack(source, folder, budget) {
        Ok(unpacked) => {
            parsed.reading.irregularities.extend(unpacked.faults);
            parsed.gaps.extend(unpacked.gaps);
            for (source, name) in unpacked.parts.into_iter().zip(names) {
                parsed.children.push(Child {
                    name: name.clone(),
                    content: Content::Unpacked(source),
                    known: None,
                });
            }
        }
        Err(trouble) => trouble.note(parsed),
    }
}

fn check_overlaps(mut regions: Vec<Region>, parsed: &mut Parsed) {
    regions.sort_unstable();
    let overlapping = regions.windows(2).find_map(|pair| match pair {
        [first, second] if first.overlaps(*second) => Some(*second),
        _ => None,
    });
    if let Some(region) = overlapping {
        parsed.fault(Fault::Overlap, region, "two packed streams, or a stream and a header, share bytes");
    }
}

fn check_names(entries: &[Entry], parsed: &mut Parsed) {
    let mut seen = Seen::default();
    for entry in entries {
        let shown = names::shown(&entry.name);
        if let Some(why) = names::escapes(&entry.name) {
            parsed.fault(Fault::Traversal, None, format!("the name `{shown}` {why}"));
        }
        if entry.symlink {
            parsed.fault(Fault::Link, None, format!("`{shown}` is a symbolic link"));
        }
        if let Some(clash) = seen.clash(&entry.name).filter(|_| entry.has_stream) {
            let kind = if clash == Clash::Same { Fault::Duplicate } else { Fault::Unusual };
            parsed.fault(kind, None, clash.detail(&shown));
        }
    }
}

impl Trouble {
    /// Records why an archive, or a folder of it, could not be read.
    fn note(self, parsed: &mut Parsed) {
        match self {
            Self::Truncated => {
                parsed.fault(Fault::Truncated, None, "the header ends too early");
                parsed.gap(GapReason::Damaged, None, "the header of the archive is cut");
            }
            Self::Malformed(what) => {
                parsed.fault(Fault::Malformed, None, what);
                parsed.gap(GapReason::Damaged, None, what);
            }
            Self::Encrypted => {
                parsed.fault(Fault::Encrypted, None, "content of the archive is encrypted");
                parsed.gap(GapReason::Encrypted, None, "content of the archive is encrypted");
            }
            Self::Unsupported(what) => {
                let detail = format!("the archive uses {what}, which is not read");
                parsed.gap(GapReason::NotInspected, None, detail);
            }
            Self::Limit(limit) => parsed.gaps.push(limit.into()),
            Self::Unreadable(error) => parsed.gap(GapReason::Unreadable, None, error),
        }
    }
}
