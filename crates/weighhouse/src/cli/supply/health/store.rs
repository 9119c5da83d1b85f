//! The store on disk: one file for each repository.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use weighhouse_supply::health::{Memory, RECORD_BYTES, Record};

use crate::cli::sign::bytes;
use crate::exit::Mistake;
use crate::output;

/// What became of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// What is there now is remembered.
    Written,
    /// It contradicts what is remembered, so that stays.
    Kept,
}

/// Records of one store that are read.
const MOST: usize = 20_000;
/// Bytes of them together.
const ALL: u64 = 1 << 30;

/// Reads a store. One that does not exist yet is empty; a record that does not read is a mistake, or it would be forgotten in silence.
pub(super) fn read(folder: &Path) -> Result<Memory> {
    let mut memory = Memory::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(memory),
        Err(error) => {
            return Err(Mistake(format!("cannot read the store `{}`: {error}", folder.display())).into());
        }
    };
    let mut room = ALL;
    for entry in entries.take(MOST) {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let cannot =
            |cause: &dyn std::fmt::Display| Mistake(format!("`{}` in the store: {cause}", path.display()));
        let content = bytes(&path, RECORD_BYTES.min(room))?;
        room = room.checked_sub(content.len() as u64).ok_or_else(|| cannot(&"the store is too large"))?;
        memory.add(Record::from_json(&content).map_err(|cause| cannot(&cause))?);
    }
    Ok(memory)
}

/// Remembers a repository.
pub(super) fn write(folder: &Path, record: &Record) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create the store `{}`", folder.display()))?;
    output::write(Some(&folder.join(record.file_name())), |out| writeln!(out, "{}", record.to_json()))
}
