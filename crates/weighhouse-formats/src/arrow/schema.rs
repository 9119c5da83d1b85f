//! Schemas: columns, their types and metadata.

use super::DEPTH;
use crate::flatbuffer::{Bad, Buffer, Found};
use crate::region::Region;

/// The name of types whose reader unpickles their description (CVE-2023-47248).
const PICKLED: &[u8] = b"arrow.py_extension_type";
/// Bytes of a name that are kept.
const NAME: usize = 4096;

/// What a schema declares that is of interest.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// Keys and values, with the name of the column they are of.
    pub(super) metadata: Vec<(String, Region, Region)>,
    /// Columns of pickled types: name, and the pickle.
    pub(super) pickled: Vec<(String, Region)>,
    /// Columns with the number of their type.
    pub(super) columns: Vec<(String, u8)>,
}

/// Reads a `Schema` table.
pub(super) fn read(flat: &mut Buffer<'_>, table: &Found) -> Result<Schema, Bad> {
    let mut schema = Schema::default();
    for field in flat.tables(table, 1)? {
        column(flat, &field, "", 0, &mut schema)?;
    }
    metadata(flat, table, 2, "", &mut schema)?;
    flat.vector(table, 3, 8)?;
    Ok(schema)
}

/// The entries of a field of `KeyValue` tables.
pub(super) fn metadata(
    flat: &mut Buffer<'_>,
    table: &Found,
    field: usize,
    owner: &str,
    schema: &mut Schema,
) -> Result<(), Bad> {
    let (mut pickled, mut description) = (false, Region::default());
    for entry in flat.tables(table, field)? {
        let (key, value) = (flat.text(&entry, 0)?, flat.text(&entry, 1)?);
        match flat.bytes(key, NAME).as_slice() {
            b"ARROW:extension:name" => pickled |= flat.bytes(value, NAME) == PICKLED,
            b"ARROW:extension:metadata" => description = value,
            _ => {}
        }
        schema.metadata.push((owner.to_owned(), key, value));
    }
    if pickled {
        schema.pickled.push((owner.to_owned(), description));
    }
    Ok(())
}

fn column(
    flat: &mut Buffer<'_>,
    table: &Found,
    parent: &str,
    depth: u32,
    schema: &mut Schema,
) -> Result<(), Bad> {
    if depth >= DEPTH {
        return Err("types are nested too deeply");
    }
    let name = flat.text(table, 0)?;
    let name = String::from_utf8_lossy(&flat.bytes(name, NAME)).into_owned();
    let name = if parent.is_empty() { name } else { format!("{parent}.{name}") };
    let kind = flat.number(table, 2, 1)? as u8;
    if let Some(details) = flat.table(table, 3)? {
        match kind {
            // Timestamps have a time zone, unions a list of the numbers of their types.
            10 => drop(flat.text(&details, 1)?),
            14 => drop(flat.vector(&details, 1, 4)?),
            _ => {}
        }
    }
    if let Some(dictionary) = flat.table(table, 4)? {
        flat.table(&dictionary, 1)?;
    }
    for child in flat.tables(table, 5)? {
        column(flat, &child, crate::draft::head(&name, 512), depth.saturating_add(1), schema)?;
    }
    metadata(flat, table, 6, &name, schema)?;
    schema.columns.push((name, kind));
    Ok(())
}
