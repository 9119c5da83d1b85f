//! The reading from the back: end records and the central directories they point to, all of them.

use super::records::{CENTRAL, END, End, Header, LOCAL, central, end};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::Cursor;
use crate::region::Region;
use crate::source::{Source, read_up_to};

/// How far from the end an end record can begin: its own length and the longest comment.
const TAIL: u64 = 22 + 65_535;

/// A central directory and its end record.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) end: End,
    pub(super) region: Region,
    pub(super) entries: Vec<Entry>,
    /// What is wrong with it.
    pub(super) faults: Vec<String>,
}

/// An entry of a central directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) header: Header,
    /// Where its local header is, in this file.
    pub(super) at: u64,
}

/// Whether these four bytes stand at `at`.
pub(super) fn stands_at(source: &dyn Source, at: u64, signature: [u8; 4]) -> bool {
    Cursor::with_window(source, at, 16).array().ok() == Some(signature)
}

/// Offsets of everything in the tail that looks like an end record, ascending.
pub(super) fn ends_in_tail(source: &dyn Source) -> Vec<u64> {
    let start = source.len().saturating_sub(TAIL);
    let tail = read_up_to(source, start, TAIL as usize).unwrap_or_default();
    memchr::memmem::find_iter(&tail, &END)
        .map(|at| start.saturating_add(at as u64))
        .filter(|at| at.saturating_add(22) <= source.len())
        .collect()
}

/// The central directories that an end record can be taken to point to: by the distance from its own place, and by the
/// offset it declares. They are the same in an ordinary archive.
pub(super) fn read(source: &dyn Source, at: u64, budget: &Budget) -> (Vec<Directory>, Option<Exhausted>) {
    let Some(end) = end(source, at) else { return (Vec::new(), None) };
    let close = end.zip64.or(end.locator).map_or(at, |region| region.start.min(at));
    let before = close.checked_sub(end.size);
    let mut places: Vec<u64> = before.into_iter().chain([end.offset]).collect();
    places.dedup();
    if end.entries > 0 || end.size > 0 {
        places.retain(|place| *place < close && stands_at(source, *place, CENTRAL));
    } else {
        places.truncate(1);
    }
    let mut directories = Vec::new();
    for place in &places {
        let (mut directory, limit) = entries(source, &end, Region::new(*place, close), budget);
        if places.len() > 1 {
            directory
                .faults
                .push("the end record leads to two central directories, by distance and by offset".into());
        }
        directories.push(directory);
        if limit.is_some() {
            return (directories, limit);
        }
    }
    (directories, None)
}

fn entries(source: &dyn Source, end: &End, room: Region, budget: &Budget) -> (Directory, Option<Exhausted>) {
    let mut cursor = Cursor::new(source, room.start);
    let mut directory = Directory { end: end.clone(), region: room, entries: Vec::new(), faults: Vec::new() };
    let mut headers = 0_u64;
    let mut limit = None;
    // A prefix in front of the archive moves everything by as much.
    let shift = room.start.wrapping_sub(end.offset);
    while cursor.position() < room.end && cursor.fill(4).is_ok_and(|ahead| ahead.starts_with(&CENTRAL)) {
        let at = cursor.position();
        limit = budget.steps(1).err().or((headers >= budget.limits().members).then_some(Exhausted::Members));
        if limit.is_some() {
            break;
        }
        let Ok(header) = central(&mut cursor) else {
            directory.faults.push(format!("the central header at {at} is cut off"));
            break;
        };
        headers = headers.saturating_add(1);
        let mut places = vec![header.offset.wrapping_add(shift), header.offset];
        places.dedup();
        if places.len() > 1 {
            places.retain(|place| stands_at(source, *place, LOCAL));
        }
        if places.is_empty() {
            places.push(header.offset.wrapping_add(shift));
        }
        directory.entries.extend(places.into_iter().map(|at| Entry { header: header.clone(), at }));
    }
    directory.region = Region::new(room.start, cursor.position());
    if limit.is_none() {
        check(&mut directory, headers, room);
    }
    (directory, limit)
}

fn check(directory: &mut Directory, headers: u64, room: Region) {
    let end = &directory.end;
    if headers != end.entries {
        directory.faults.push(format!(
            "the end record counts {} members, but {headers} headers stand there",
            end.entries
        ));
    }
    if directory.region.len() != end.size {
        directory.faults.push(format!(
            "the end record declares {} bytes of central directory, but its headers take {}",
            end.size,
            directory.region.len()
        ));
    } else if directory.region.end != room.end {
        directory.faults.push("something stands between the central directory and its end record".to_owned());
    }
    directory.faults.extend(end.contradictions.iter().map(|text| (*text).to_owned()));
}
