//! ZIP archives (PKWARE APPNOTE 6.3.10): both readings, the central directory's and the local headers', compared.
//!
//! Readers differ: some trust the directory at the end, some the headers along the way, some the first end record they
//! meet. So all end records are followed and all local headers walked, what they say is compared, and every member that any
//! reading shows is inspected in every form it is shown in. Archives with one honest reading give no fault.
//!
//! Not read: encrypted members, archives over several disks, the methods before deflate and deflate64. All are gaps.
//! Limits: [`crate::bounded::Limits::members`] headers per directory, 64 entries for
//! one place, names kept to 1024 bytes.

mod compare;
mod directory;
mod member;
mod records;
#[cfg(test)]
mod tests;
mod text;
mod walk;

use std::collections::BTreeMap;

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::SharedSource;
use directory::{Directory, Entry};

/// End records that are followed: each costs a walk of its directory.
const MOST_ENDS: usize = 16;

/// What an archive declares, by both of its directories.
#[derive(Debug, Default)]
pub struct ZipFacts {
    /// Every member that any reading shows, in order of offset.
    pub members: Vec<ZipMember>,
    /// Number of end-of-central-directory records found (more than one: concatenated or forged).
    pub directories: u32,
    /// Whether zip64 records are present.
    pub zip64: bool,
    /// The archive comment.
    pub comment: Vec<u8>,
    /// Offset of the archive's first byte in the file (not zero: something stands before it).
    pub starts_at: u64,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipMember {
    /// Name by the central directory, or by the local header if only that exists. Decoded as UTF-8 or CP437.
    pub name: String,
    /// The local header's name where it differs.
    pub local_name: Option<String>,
    /// Which directories know it.
    pub seen_in: SeenIn,
    /// Compression method, as written.
    pub method: u16,
    /// Its packed bytes.
    pub data: Region,
    /// Unpacked length as declared.
    pub len: u64,
    /// CRC-32 as declared.
    pub crc32: u32,
    /// Whether encryption is declared.
    pub encrypted: bool,
    /// Whether it is a folder entry.
    pub folder: bool,
    /// Unix file type bits and permissions, where given.
    pub unix_mode: Option<u32>,
}

/// Which directory of the archive lists a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum SeenIn {
    Both,
    CentralOnly,
    LocalOnly,
}

/// Recognises the format: a local header at the front, or an end record at the back that leads to a central directory.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = |evidence| Some(Candidate { format: Format::Zip, strength: Strength::Certain, evidence });
    let split = [b"PK\x07\x08PK\x03\x04".as_slice(), b"PK00PK\x03\x04"];
    if probe.starts_with(&records::LOCAL) || split.iter().any(|magic| probe.starts_with(magic)) {
        return found("local file header at the start");
    }
    if !probe.tail().windows(4).any(|four| four == records::END) {
        return None;
    }
    let source = probe.source.as_ref();
    let leads = |at: &u64| {
        let Some(end) = records::end(source, *at) else { return false };
        let close = end.zip64.or(end.locator).map_or(*at, |region| region.start.min(*at));
        let empty = end.entries == 0 && end.size == 0 && *at == 0 && end.region.end == source.len();
        let places = [close.checked_sub(end.size), Some(end.offset)];
        empty
            || places.into_iter().flatten().any(|place| directory::stands_at(source, place, records::CENTRAL))
    };
    if directory::ends_in_tail(source).iter().any(leads) {
        return found("end record that leads to a central directory");
    }
    None
}

/// Where end records stand near the end of a file.
pub(crate) fn ends(source: &SharedSource) -> Vec<u64> {
    directory::ends_in_tail(source.as_ref())
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut parsed = Parsed::new(Format::Zip, Facts::Zip(Box::default()), Claims::new());
    let mut directories = Vec::new();
    let mut ends = Vec::new();
    let tail = directory::ends_in_tail(source.as_ref());
    if tail.len() > MOST_ENDS {
        parsed.gap(GapReason::Limit(Exhausted::Members), None, "too many end records to follow them all");
    }
    for at in tail.into_iter().rev().take(MOST_ENDS) {
        if !enclosed(source, at, &directories) {
            follow(source, at, budget, &mut ends, &mut directories, &mut parsed);
        }
    }
    let known = by_offset(&directories);
    let skip: Vec<Region> = directories.iter().map(|directory: &Directory| directory.region).collect();
    let mut walk = walk::walk(source, &known, &skip, budget);
    drop(known);
    for at in std::mem::take(&mut walk.ends) {
        if !ends.contains(&at) {
            follow(source, at, budget, &mut ends, &mut directories, &mut parsed);
        }
    }
    if let Some(limit) = walk.limit {
        parsed.gaps.push(limit.into());
    }
    describe(&mut parsed, source, &directories, ends.len());
    compare::compare(source, &directories, walk, budget, &mut parsed);
    parsed
}

/// Whether an end record lies inside a member or a directory that was found already: an archive in the archive.
fn enclosed(source: &SharedSource, at: u64, directories: &[Directory]) -> bool {
    directories.iter().any(|directory| {
        let inside = |region: Region| region.start < at && at < region.end;
        inside(directory.region)
            || directory.entries.iter().filter(|entry| entry.at < at).any(|entry| {
                let start = records::data_start(source.as_ref(), entry.at);
                inside(Region::new(entry.at, start.saturating_add(entry.header.packed)))
            })
    })
}

/// Reads what an end record leads to.
fn follow(
    source: &SharedSource,
    at: u64,
    budget: &Budget,
    ends: &mut Vec<u64>,
    directories: &mut Vec<Directory>,
    parsed: &mut Parsed,
) {
    if ends.len() >= MOST_ENDS {
        if ends.len() == MOST_ENDS {
            parsed.gap(GapReason::Limit(Exhausted::Members), None, "too many end records to follow them all");
            ends.push(at);
        }
        return;
    }
    let (found, limit) = directory::read(source.as_ref(), at, budget);
    parsed.gaps.extend(limit.map(Into::into));
    // The signature alone occurs by chance; a record that leads nowhere and does not close the file is none.
    let closes = records::end(source.as_ref(), at).is_some_and(|end| end.region.end == source.len());
    if found.is_empty() && !closes {
        return;
    }
    if found.is_empty() {
        parsed.fault(
            Fault::Contradiction,
            Region::at(at, 22),
            "the end record leads to no central directory",
        );
        parsed.gap(GapReason::Damaged, Region::at(at, 22), "the end record leads to no central directory");
    }
    ends.push(at);
    directories.extend(found);
}

fn by_offset(directories: &[Directory]) -> BTreeMap<u64, Vec<&Entry>> {
    let mut known: BTreeMap<u64, Vec<&Entry>> = BTreeMap::new();
    for entry in directories.iter().flat_map(|directory| &directory.entries) {
        known.entry(entry.at).or_default().push(entry);
    }
    known
}

/// The archive as a whole: end records, their comments, what they say about themselves.
fn describe(parsed: &mut Parsed, source: &SharedSource, directories: &[Directory], ends: usize) {
    let mut facts = ZipFacts { directories: u32::try_from(ends).unwrap_or(u32::MAX), ..ZipFacts::default() };
    if ends > 1 {
        parsed.fault(
            Fault::Contradiction,
            None,
            format!("{ends} end records: readers differ in which one they take"),
        );
    }
    if ends == 0 {
        parsed.fault(Fault::Truncated, None, "there is no end record");
        parsed.gap(
            GapReason::Damaged,
            None,
            "the archive has no end record, so its directory could not be read",
        );
    }
    for directory in directories {
        let end = &directory.end;
        facts.zip64 |= end.zip64.is_some();
        facts.comment.clone_from(&end.comment);
        for text in &directory.faults {
            parsed.fault(Fault::Contradiction, directory.region, text.clone());
        }
        if end.disks {
            parsed.gap(GapReason::NotInspected, end.region, "parts of the archive lie on other disks");
        }
        for region in end.zip64.into_iter().chain(end.locator) {
            parsed.reading.claims.claim(region);
        }
        let comment = Region::new(end.region.start.saturating_add(22), end.region.end);
        parsed.reading.claims.claim(Region::new(end.region.start, comment.start));
        if text::is_text(&end.comment) && !end.comment.windows(2).any(|two| two == b"PK") {
            parsed.reading.claims.claim(comment);
        } else {
            parsed.fault(Fault::Unusual, comment, "the archive comment is not plain text");
        }
    }
    facts.starts_at = source.len();
    parsed.reading.facts = Facts::Zip(Box::new(facts));
}
