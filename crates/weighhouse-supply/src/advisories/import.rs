//! From a dump to an index.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Date, Digest};
use weighhouse_formats::source::{SharedSource, read_full};

use super::archive::Archive;
use super::index::{self, Header};
use super::{Ecosystem, osv};

/// Bytes of an index.
const INDEX: usize = 2 << 30;
/// Unreadable entries that are named.
const NAMED: usize = 10;
/// Unreadable entries that a dump may have, and one in how many beyond that: what is hollow must not take the place of what is whole.
const BROKEN: u64 = 10;
const SHARE: u64 = 100;

/// Why a dump was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no sound archive.
    #[error("the dump cannot be trusted: {0}; fetch it again")]
    Archive(String),
    /// It is newer than today.
    #[error(
        "`{id}` was changed or withdrawn on {modified}, which is after {today}: the dump is from the future, or the clock of this machine is wrong"
    )]
    Future {
        /// The advisory.
        id: String,
        /// When it says it was changed.
        modified: Date,
        /// Today.
        today: Date,
    },
    /// It holds nothing of the ecosystem.
    #[error("the dump has no advisory for the ecosystem `{ecosystem}`; it has some for {found}")]
    Nothing {
        /// What was asked for.
        ecosystem: String,
        /// What is there.
        found: String,
    },
    /// It is too large to be held.
    #[error("the dump is too large")]
    TooLarge,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Digest of the dump.
    pub digest: Digest,
    /// The day of its last change.
    pub date: Date,
    /// Advisories that are in force.
    pub advisories: u64,
    /// Packages that they are about.
    pub packages: u64,
    /// Advisories that were taken back.
    pub withdrawn: u64,
    /// Files that are no advisories.
    pub unreadable: u64,
    /// The first of them. Safe to print.
    pub unreadable_names: Vec<String>,
    /// Bytes written.
    pub bytes: u64,
}

#[derive(Default)]
struct Collected {
    /// Entries by package, each as JSON.
    packages: BTreeMap<String, Vec<Vec<u8>>>,
    size: usize,
    date: Option<Date>,
    advisories: u64,
    withdrawn: u64,
    unreadable: u64,
    names: Vec<String>,
    others: BTreeSet<String>,
}

/// Reads a dump and writes its index. The date of a dump is that of its last change; no date lies behind `today` (a day is forgiven: clocks
/// differ).
///
/// # Errors
/// The dump is no sound archive, comes from the future, or holds nothing of this ecosystem; nothing was written then.
pub fn import(
    dump: &SharedSource,
    ecosystem: &Ecosystem,
    today: Date,
    out: &mut dyn Write,
) -> Result<Imported, ImportError> {
    let digest = digest(dump)?;
    let archive = Archive::open(SharedSource::clone(dump))?;
    let mut collected = Collected::default();
    let mut documents = 0_u64;
    for member in &archive.members {
        let document = member.name.rsplit_once('.').is_some_and(|(_, ending)| ending == "json");
        if member.folder || !document {
            continue;
        }
        documents = documents.saturating_add(1);
        let bytes = archive.read(member)?;
        match serde_json::from_slice(&bytes) {
            Ok(entry) => collected.take(&entry, ecosystem, today)?,
            Err(_) => collected.unreadable(&member.name),
        }
    }
    if collected.unreadable > BROKEN.max(documents / SHARE) {
        let count = collected.unreadable;
        return Err(ImportError::Archive(format!("{count} of its {documents} documents are no advisories")));
    }
    let (Some(date), false) = (collected.date, collected.packages.is_empty()) else {
        let found: Vec<_> = collected.others.iter().take(5).map(|name| printable_within(name, 40)).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        return Err(ImportError::Nothing { ecosystem: printable_within(ecosystem.as_str(), 80), found });
    };
    let header = Header {
        ecosystem: ecosystem.as_str().to_owned(),
        digest: digest.to_string(),
        date: date.to_string(),
        advisories: collected.advisories,
        packages: collected.packages.len() as u64,
        withdrawn: collected.withdrawn,
        unreadable: collected.unreadable,
    };
    let bytes = index::write(&header, &collected.packages, out)?;
    Ok(Imported {
        ecosystem: ecosystem.clone(),
        digest,
        date,
        advisories: header.advisories,
        packages: header.packages,
        withdrawn: header.withdrawn,
        unreadable: header.unreadable,
        unreadable_names: collected.names,
        bytes,
    })
}

impl Collected {
    fn take(&mut self, entry: &osv::Entry, ecosystem: &Ecosystem, today: Date) -> Result<(), ImportError> {
        let Some(modified) = entry.modified.get(..10).and_then(|day| day.parse::<Date>().ok()) else {
            self.unreadable(&entry.id);
            return Ok(());
        };
        if modified.days() > today.days().saturating_add(1) {
            return Err(ImportError::Future { id: printable_within(&entry.id, 80), modified, today });
        }
        let packages = entry.affected.iter().filter_map(|affected| affected.package.as_ref());
        let (ours, others): (Vec<_>, Vec<_>) =
            packages.partition(|package| package.ecosystem == ecosystem.as_str());
        if self.others.len() < 100 {
            self.others.extend(others.iter().map(|package| package.ecosystem.clone()));
        }
        let names: BTreeSet<String> = ours.iter().map(|package| ecosystem.normalise(&package.name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.date = self.date.max(Some(modified));
        if let Some(withdrawn) = &entry.withdrawn {
            let day = withdrawn.get(..10).and_then(|day| day.parse::<Date>().ok());
            if let Some(modified) = day.filter(|day| day.days() > today.days().saturating_add(1)) {
                return Err(ImportError::Future { id: printable_within(&entry.id, 80), modified, today });
            }
            self.withdrawn = self.withdrawn.saturating_add(1);
            return Ok(());
        }
        self.advisories = self.advisories.saturating_add(1);
        for name in names {
            let record = serde_json::to_vec(&entry.about(ecosystem, &name)).map_err(io::Error::other)?;
            self.size = self.size.saturating_add(record.len()).saturating_add(name.len());
            if self.size > INDEX {
                return Err(ImportError::TooLarge);
            }
            self.packages.entry(name).or_default().push(record);
        }
        Ok(())
    }

    fn unreadable(&mut self, name: &str) {
        self.unreadable = self.unreadable.saturating_add(1);
        if self.names.len() < NAMED {
            self.names.push(printable_within(name, 80));
        }
    }
}

fn digest(source: &SharedSource) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut window = vec![0; 1 << 20];
    let mut at = 0_u64;
    loop {
        let count = read_full(source.as_ref(), at, &mut window)?;
        if count == 0 {
            return Ok(Digest::from_bytes(hasher.finalize().into()));
        }
        hasher.update(window.get(..count).unwrap_or_default());
        at = at.saturating_add(count as u64);
    }
}
