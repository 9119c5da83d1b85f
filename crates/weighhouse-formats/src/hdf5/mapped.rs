//! The list of a data set that is put together from others: which data sets of which files, and which parts of them.

use super::file::{Fields, File, Stop, malformed};
use crate::bounded::Exhausted;

/// The files that a list names, each once and in order; the file itself is none.
pub(super) fn files(file: &File<'_>, list: &[u8]) -> Result<Vec<String>, Stop> {
    let mut fields = file.fields(list);
    let version = fields.u8()?;
    if version > 1 {
        return Err(Stop::Unsupported(format!("a list of parts of version {version}")));
    }
    let count = fields.length()?;
    let mut files: Vec<String> = Vec::new();
    let mut entries = Vec::new();
    for _ in 0..count {
        file.budget.steps(1)?;
        // The newer version refers to names that it has had before.
        let flags = if version == 1 { fields.u8()? } else { 0 };
        let name = match flags {
            flags if flags & 4 != 0 => ".".to_owned(),
            flags if flags & 1 != 0 => {
                let origin = usize::try_from(fields.length()?).ok();
                let named: Option<&String> = origin.and_then(|origin| entries.get(origin));
                named
                    .cloned()
                    .ok_or_else(|| malformed("a list of parts refers to one that it does not have"))?
            }
            _ => fields.text(),
        };
        if flags & 2 != 0 {
            fields.length()?;
        } else {
            fields.text();
        }
        selection(&mut fields)?;
        selection(&mut fields)?;
        if entries.len() >= file.budget.limits().facts {
            return Err(Exhausted::Facts.into());
        }
        if version == 1 {
            entries.push(name.clone());
        }
        if name != "." && files.last() != Some(&name) && !files.contains(&name) {
            if files.len() >= MOST {
                return Err(Exhausted::Facts.into());
            }
            files.push(name);
        }
    }
    Ok(files)
}

/// Files that are told apart.
const MOST: usize = 1000;

/// Passes over a selection of elements.
fn selection(fields: &mut Fields<'_>) -> Result<(), Stop> {
    const POINTS: u32 = 1;
    const SLABS: u32 = 2;
    let (kind, version) = (fields.u32()?, fields.u32()?);
    let len = match (kind, version) {
        (POINTS, 2) => {
            let width = fields.u8()?;
            let rank = u64::from(fields.u32()?);
            let count = fields.uint(width)?;
            count.saturating_mul(rank).saturating_mul(width.into())
        }
        (SLABS, 2) => {
            fields.u8()?;
            fields.u32()?.into()
        }
        (SLABS, 3) => {
            let regular = fields.u8()? & 1 != 0;
            let width = fields.u8()?;
            let rank = u64::from(fields.u32()?);
            let numbers = if regular { 4 } else { fields.uint(width)?.saturating_mul(2) };
            numbers.saturating_mul(rank).saturating_mul(width.into())
        }
        (0..=3, _) => {
            fields.take(4)?;
            fields.u32()?.into()
        }
        _ => return Err(malformed("a selection of an unknown kind")),
    };
    fields.take(len).map(drop)
}
