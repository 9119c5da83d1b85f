//! The header of a gzip member (RFC 1952).

use std::io;

use super::engine::note;
use super::input::{Input, broken};
use crate::node::{Fault, Irregularity};
use crate::region::{Claims, Region};

/// Longest name or comment that is looked at.
const TEXT: usize = 4096;
/// Largest extra field that passes as bookkeeping of a writer; more is left unexplained.
const EXTRA: u64 = 64;

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// Reads a member's header, claims what is ordinary in it, and returns the original name.
pub(super) fn header(
    input: &mut Input,
    claims: &mut Claims,
    faults: &mut Vec<Irregularity>,
) -> io::Result<Option<String>> {
    let start = input.position();
    let [_, _, method, flags, ..] = input.array::<10>()?;
    if method != 8 {
        return Err(broken("the gzip header names an unknown method"));
    }
    claims.claim(Region::at(start, 10));
    if flags & RESERVED != 0 {
        note(faults, Fault::Unusual, Region::at(start, 10), "the gzip header sets reserved flags".to_owned());
    }
    if flags & FEXTRA != 0 {
        extra(input, claims)?;
    }
    let name = if flags & FNAME == 0 { None } else { Some(text(input, claims)?) };
    if flags & FCOMMENT != 0 {
        text(input, claims)?;
    }
    if flags & FHCRC != 0 {
        let at = input.position();
        let declared = u16::from_le_bytes(input.array()?);
        claims.claim(Region::at(at, 2));
        check(input, Region::new(start, at), declared, faults)?;
    }
    Ok(name)
}

fn extra(input: &mut Input, claims: &mut Claims) -> io::Result<()> {
    let at = input.position();
    let len = u64::from(u16::from_le_bytes(input.array()?));
    let region = Region::at(at.saturating_add(2), len);
    claims.claim(Region::at(at, 2));
    if len <= EXTRA {
        claims.claim(region);
    }
    input.seek(region.end);
    Ok(())
}

/// A text closed by a zero byte. It is explained if it is text; anything else hides something.
fn text(input: &mut Input, claims: &mut Claims) -> io::Result<String> {
    let at = input.position();
    let ahead = input.peek(TEXT)?;
    let Some(len) = ahead.iter().take(TEXT).position(|byte| *byte == 0) else {
        return Err(broken("a text in the gzip header has no end"));
    };
    let bytes = ahead.get(..len).unwrap_or_default();
    let plain = bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f || *byte == b'\n' || *byte == b'\t');
    let text = bytes.iter().copied().map(char::from).collect();
    input.consume(len.saturating_add(1));
    if plain {
        claims.claim(Region::new(at, input.position()));
    }
    Ok(text)
}

fn check(input: &Input, header: Region, declared: u16, faults: &mut Vec<Irregularity>) -> io::Result<()> {
    let mut hasher = crc32fast::Hasher::new();
    let mut part = input.part(header);
    while !part.at_end() {
        let ahead = part.peek(1)?;
        hasher.update(ahead);
        let count = ahead.len();
        part.consume(count);
        if count == 0 {
            break;
        }
    }
    let found = hasher.finalize() as u16;
    if found != declared {
        let detail = format!("the gzip header declares CRC-16 {declared:04x}, but has {found:04x}");
        note(faults, Fault::Checksum, header, detail);
    }
    Ok(())
}
