//! The index: one file per ecosystem, read by key.
//!
//! ```text
//! magic (8) · length of header (4) · header (JSON) · records · slots · CRC-32 of the slots (4)
//! slot: hash of name (8) · offset of record (8) · length (4) · CRC-32 of record (4), sorted by hash
//! record: {"name": …, "entries": [OSV entries about this package]}
//! ```
//!
//! Numbers are big-endian. Opening reads header and slots; a look-up reads one record. Nothing of it is trusted: lengths are checked against
//! the file, records against their checksum and name.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weighhouse_core::{Date, Digest};
use weighhouse_formats::source::{FileSource, SharedSource, read_up_to};

use super::advisory::Advisory;
use super::{Ecosystem, osv};

const MAGIC: &[u8; 8] = b"WHADV\0\0\x01";
const SLOT: usize = 24;
/// Bytes of a header.
const HEADER: usize = 1 << 16;
/// Bytes of all slots: ten million packages.
const SLOTS: u64 = 240 << 20;
/// Bytes of one record.
const RECORD: usize = 512 << 20;
/// What files of indexes end in.
const ENDING: &str = "advisories";

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It cannot be read.
    #[error("cannot read advisory data `{path}`: {cause}")]
    Read {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// It is no index.
    #[error("`{0}` is no advisory data; write it with `weighhouse advisories import`")]
    Foreign(PathBuf),
    /// It is damaged.
    #[error("advisory data `{0}` is damaged; import the dump again")]
    Damaged(PathBuf),
}

/// What an index says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) ecosystem: String,
    pub(super) digest: String,
    pub(super) date: String,
    pub(super) advisories: u64,
    pub(super) packages: u64,
    pub(super) withdrawn: u64,
    pub(super) unreadable: u64,
}

#[derive(Serialize, Deserialize)]
struct Record {
    name: String,
    entries: Vec<osv::Entry>,
}

/// The advisories of one ecosystem.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    source: SharedSource,
    slots: Vec<u8>,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Digest of the dump it was made from.
    pub digest: Digest,
    /// The day of the dump's last change.
    pub date: Date,
    /// Advisories.
    pub advisories: u64,
    /// Packages.
    pub packages: u64,
    /// Files of the dump that could not be read.
    pub unreadable: u64,
}

/// The name of an ecosystem's file.
pub fn file_name(ecosystem: &Ecosystem) -> String {
    let name = ecosystem.as_str().chars();
    let name: String = name.map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("{name}.{ENDING}")
}

fn hash(name: &str) -> [u8; 8] {
    Digest::of(name.as_bytes()).as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Writes an index; returns its length.
pub(super) fn write(
    header: &Header,
    packages: &BTreeMap<String, Vec<Vec<u8>>>,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let header = serde_json::to_vec(header)?;
    let length = u32::try_from(header.len()).map_err(io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(&header)?;
    let mut at = 12_u64.saturating_add(header.len() as u64);
    let mut slots: Vec<[u8; SLOT]> = Vec::with_capacity(packages.len());
    for (name, entries) in packages {
        let mut record = b"{\"name\":".to_vec();
        serde_json::to_writer(&mut record, name)?;
        record.extend(b",\"entries\":[");
        record.extend(entries.join(&b','));
        record.extend(b"]}");
        out.write_all(&record)?;
        let length = u32::try_from(record.len()).map_err(io::Error::other)?;
        let fields = [
            &hash(name)[..],
            &at.to_be_bytes(),
            &length.to_be_bytes(),
            &crc32fast::hash(&record).to_be_bytes(),
        ];
        let mut slot = [0; SLOT];
        slot.iter_mut().zip(fields.concat()).for_each(|(slot, byte)| *slot = byte);
        slots.push(slot);
        at = at.saturating_add(record.len() as u64);
    }
    slots.sort_unstable();
    let slots = slots.concat();
    out.write_all(&slots)?;
    out.write_all(&crc32fast::hash(&slots).to_be_bytes())?;
    Ok(at.saturating_add(slots.len() as u64).saturating_add(4))
}

impl Index {
    /// Opens the file of an ecosystem.
    ///
    /// # Errors
    /// It cannot be read, or is no sound index.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let read = |cause| IndexError::Read { path: path.to_owned(), cause };
        let file = File::open(path).map_err(read)?;
        let source: SharedSource = Arc::new(FileSource::new(file).map_err(read)?);
        Self::from_source(path, source)
    }

    /// The same, of bytes wherever they are; `path` is for messages.
    ///
    /// # Errors
    /// As for [`Index::open`].
    pub fn from_source(path: &Path, source: SharedSource) -> Result<Self, IndexError> {
        let get = |at: u64, len: usize| {
            read_up_to(source.as_ref(), at, len)
                .map_err(|cause| IndexError::Read { path: path.to_owned(), cause })
        };
        let damaged = || IndexError::Damaged(path.to_owned());
        let start = get(0, 12)?;
        if !start.starts_with(MAGIC) {
            return Err(IndexError::Foreign(path.to_owned()));
        }
        let length = u32_at(&start, 8).ok_or_else(damaged)? as usize;
        let header = get(12, length.min(HEADER))?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| damaged())?;
        let len = header.packages.checked_mul(SLOT as u64).filter(|len| *len <= SLOTS).ok_or_else(damaged)?;
        let at = source.len().checked_sub(len.saturating_add(4)).ok_or_else(damaged)?;
        let slots = get(at, usize::try_from(len).map_err(|_| damaged())?)?;
        let sum = get(at.saturating_add(len), 4)?;
        if u32_at(&sum, 0) != Some(crc32fast::hash(&slots)) {
            return Err(damaged());
        }
        Ok(Self {
            path: path.to_owned(),
            slots,
            ecosystem: Ecosystem::from_osv(&header.ecosystem),
            digest: header.digest.parse().map_err(|_| damaged())?,
            date: header.date.parse().map_err(|_| damaged())?,
            advisories: header.advisories,
            packages: header.packages,
            unreadable: header.unreadable,
            source,
        })
    }

    /// The advisories about a package; its name may be written in any way.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn about(&self, name: &str) -> Result<Vec<Advisory>, IndexError> {
        let name = self.ecosystem.normalise(name);
        let wanted = hash(&name);
        let (slots, _) = self.slots.as_chunks::<SLOT>();
        let from = slots.partition_point(|slot| slot.get(..8) < Some(&wanted[..]));
        for slot in slots.iter().skip(from).take_while(|slot| slot.starts_with(&wanted)) {
            let record = self.record(slot)?;
            if record.name == name {
                let entries = record.entries.into_iter();
                return Ok(entries.map(|entry| Advisory::of(entry, &self.ecosystem, &name)).collect());
            }
        }
        Ok(Vec::new())
    }

    /// The names of all packages, in no order that means anything.
    ///
    /// # Errors
    /// As for [`Index::about`].
    pub fn names(&self) -> Result<Vec<String>, IndexError> {
        let (slots, _) = self.slots.as_chunks::<SLOT>();
        slots.iter().map(|slot| self.record(slot).map(|record| record.name)).collect()
    }

    fn record(&self, slot: &[u8; SLOT]) -> Result<Record, IndexError> {
        let damaged = || IndexError::Damaged(self.path.clone());
        let at =
            slot.get(8..16).and_then(|bytes| bytes.first_chunk()).map(|bytes| u64::from_be_bytes(*bytes));
        let (at, len, sum) = (at.ok_or_else(damaged)?, u32_at(slot, 16), u32_at(slot, 20));
        let len = len.map(|len| len as usize).filter(|len| *len <= RECORD).ok_or_else(damaged)?;
        let bytes = read_up_to(self.source.as_ref(), at, len)
            .map_err(|cause| IndexError::Read { path: self.path.clone(), cause })?;
        if bytes.len() != len || Some(crc32fast::hash(&bytes)) != sum {
            return Err(damaged());
        }
        serde_json::from_slice(&bytes).map_err(|_| damaged())
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The advisory data at hand: at most one index per ecosystem.
#[derive(Debug, Default)]
pub struct Advisories {
    indexes: BTreeMap<Ecosystem, Index>,
}

impl Advisories {
    /// Opens a file, or every index of a folder.
    ///
    /// # Errors
    /// One of them cannot be used: data that is there and broken is never passed over.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let read = |cause| IndexError::Read { path: path.to_owned(), cause };
        if !fs::metadata(path).map_err(read)?.is_dir() {
            return Ok(Self::from_iter([Index::open(path)?]));
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(path).map_err(read)? {
            let place = entry.map_err(read)?.path();
            if place.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(place);
            }
        }
        paths.sort();
        paths.iter().map(|path| Index::open(path)).collect()
    }

    /// The index of an ecosystem.
    pub fn of(&self, ecosystem: &Ecosystem) -> Option<&Index> {
        self.indexes.get(ecosystem)
    }

    /// All of them, by ecosystem.
    pub fn iter(&self) -> impl Iterator<Item = &Index> {
        self.indexes.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.indexes.is_empty()
    }

    /// The day of the oldest of these ecosystems' data.
    pub fn date(&self) -> Option<Date> {
        self.iter().map(|index| index.date).min()
    }

    /// One digest for all of it.
    pub fn digest(&self) -> Option<Digest> {
        let mut all = self.iter().map(|index| index.digest);
        match (all.next(), all.next()) {
            (Some(one), None) => Some(one),
            (None, _) => None,
            _ => {
                let lines: Vec<_> =
                    self.iter().map(|index| format!("{} {}", index.ecosystem, index.digest)).collect();
                Some(Digest::of(
                    lines
                        .join(
                            "
",
                        )
                        .as_bytes(),
                ))
            }
        }
    }
}

impl FromIterator<Index> for Advisories {
    fn from_iter<I: IntoIterator<Item = Index>>(indexes: I) -> Self {
        Self { indexes: indexes.into_iter().map(|index| (index.ecosystem.clone(), index)).collect() }
    }
}
