//! The records of a zip archive, read one by one: headers, end records, extra fields. Nothing is compared here.

use super::text;
use crate::cursor::{Cursor, ReadError};
use crate::region::{Claims, Region};

pub(super) const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(super) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
pub(super) const END: [u8; 4] = *b"PK\x05\x06";
pub(super) const END64: [u8; 4] = *b"PK\x06\x06";
pub(super) const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
pub(super) const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Longest name that is kept whole; members are many, and no model has longer paths.
pub(super) const NAME: usize = 1024;

/// What central and local headers have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    /// The header itself, with name, extra field and comment.
    pub(super) region: Region,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    /// Packed length.
    pub(super) packed: u64,
    /// Unpacked length.
    pub(super) len: u64,
    /// Name as written, cut to [`NAME`] bytes.
    pub(super) raw_name: Vec<u8>,
    /// Length of the name as written.
    pub(super) name_len: usize,
    pub(super) extra: Extra,
    /// Central only: offset of the local header as written.
    pub(super) offset: u64,
    /// Central only: disk on which the member begins.
    pub(super) disk: u32,
    /// Central only: Unix file type bits and permissions.
    pub(super) unix_mode: Option<u32>,
    /// Central only: whether the member's comment is something other than text.
    pub(super) odd_comment: bool,
}

/// What the extra field says.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// A name in UTF-8 that replaces the header's (Info-ZIP 0x7075), if its checksum fits the header's name.
    pub(super) unicode_name: Option<String>,
    /// The parts that no known writer leaves there.
    pub(super) odd: Vec<Region>,
    /// Several zip64 blocks: readers take one or the other.
    pub(super) repeated_zip64: bool,
    /// Whether there is an AES block.
    pub(super) aes: bool,
}

/// Bits of the general purpose flags.
pub(super) const LZMA_MARKER: u16 = 1 << 1;
pub(super) const STREAMED: u16 = 1 << 3;
pub(super) const UTF8: u16 = 1 << 11;
/// Encrypted, strongly encrypted, or with masked headers.
pub(super) const ANY_ENCRYPTION: u16 = 1 | 1 << 6 | 1 << 13;

impl Header {
    /// The name as readers see it: UTF-8 if flagged so or if it is valid, code page 437 otherwise.
    pub(super) fn name(&self) -> String {
        text::decode(&self.raw_name)
    }

    /// Claims the header but for the parts of it that are not explained.
    pub(super) fn claim(&self, claims: &mut Claims) {
        let mut from = self.region.start;
        for odd in &self.extra.odd {
            claims.claim(Region::new(from, odd.start));
            from = odd.end;
        }
        claims.claim(Region::new(from, self.region.end));
    }
}

/// Reads a local header; the cursor stands at its signature and ends at its data.
pub(super) fn local(cursor: &mut Cursor<'_>) -> Result<Header, ReadError> {
    let start = cursor.position();
    let [_, _, _, _, _version @ .., f0, f1, m0, m1, _, _, _, _] = cursor.array::<14>()?;
    let (crc32, packed, len) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let (name_len, extra_len) = (cursor.u16()?, cursor.u16()?);
    let mut header = Header {
        flags: u16::from_le_bytes([f0, f1]),
        method: u16::from_le_bytes([m0, m1]),
        crc32,
        packed: u64::from(packed),
        len: u64::from(len),
        ..Header::default()
    };
    names(cursor, &mut header, name_len)?;
    let mut wide = [&mut header.len, &mut header.packed];
    header.extra = extra(cursor, extra_len, &mut wide, &mut None, &header.raw_name)?;
    header.region = Region::new(start, cursor.position());
    Ok(header)
}

/// Where the data behind the local header at `at` begins.
pub(super) fn data_start(source: &dyn crate::source::Source, at: u64) -> u64 {
    let mut cursor = Cursor::with_window(source, at.saturating_add(26), 16);
    let (name, extra) = (cursor.u16().unwrap_or(0), cursor.u16().unwrap_or(0));
    at.saturating_add(30).saturating_add(u64::from(name)).saturating_add(u64::from(extra))
}

/// Reads a central header; the cursor stands at its signature and ends behind its comment.
pub(super) fn central(cursor: &mut Cursor<'_>) -> Result<Header, ReadError> {
    let start = cursor.position();
    let [_, _, _, _, _, host, _, _, f0, f1, m0, m1, _, _, _, _] = cursor.array::<16>()?;
    let (crc32, packed, len) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let (name_len, extra_len, comment_len) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    let (disk, _internal) = (cursor.u16()?, cursor.u16()?);
    let (external, offset) = (cursor.u32()?, cursor.u32()?);
    let mut header = Header {
        flags: u16::from_le_bytes([f0, f1]),
        method: u16::from_le_bytes([m0, m1]),
        crc32,
        packed: u64::from(packed),
        len: u64::from(len),
        offset: u64::from(offset),
        // Unix and macOS hosts, and any other that fills the upper half: unpackers do not ask for the host.
        unix_mode: (matches!(host, 3 | 19) || external >> 16 != 0).then_some(external >> 16),
        ..Header::default()
    };
    names(cursor, &mut header, name_len)?;
    let mut wide = [&mut header.len, &mut header.packed, &mut header.offset];
    let mut wide_disk = (disk == u16::MAX).then_some(0);
    header.extra = extra(cursor, extra_len, &mut wide, &mut wide_disk, &header.raw_name)?;
    header.disk = wide_disk.unwrap_or(u32::from(disk));
    let comment_at = cursor.position();
    let comment = cursor.bytes(u64::from(comment_len), usize::from(u16::MAX))?;
    header.odd_comment = !text::is_text(&comment);
    if header.odd_comment {
        header.extra.odd.push(Region::at(comment_at, u64::from(comment_len)));
    }
    header.region = Region::new(start, cursor.position());
    Ok(header)
}

fn names(cursor: &mut Cursor<'_>, header: &mut Header, len: u16) -> Result<(), ReadError> {
    header.name_len = usize::from(len);
    header.raw_name = cursor.bytes(u64::from(len), usize::from(u16::MAX))?;
    header.raw_name.truncate(NAME);
    header.raw_name.shrink_to_fit();
    Ok(())
}

/// Reads the extra field and puts the 64-bit values in place of the 32-bit ones that point to them.
fn extra(
    cursor: &mut Cursor<'_>,
    len: u16,
    wide: &mut [&mut u64],
    disk: &mut Option<u32>,
    raw_name: &[u8],
) -> Result<Extra, ReadError> {
    let start = cursor.position();
    let bytes = cursor.bytes(u64::from(len), usize::from(u16::MAX))?;
    let mut found = Extra::default();
    let mut at = 0_usize;
    let mut zip64 = 0_u32;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let region = |from: usize, len: usize| Region::at(start.saturating_add(from as u64), len as u64);
        let block = rest.split_at_checked(4).and_then(|(head, body)| {
            let [i0, i1, l0, l1] = *head.first_chunk()?;
            Some((u16::from_le_bytes([i0, i1]), body.get(..usize::from(u16::from_le_bytes([l0, l1])))?))
        });
        let Some((id, body)) = block else {
            // Old alignment tools pad with a few zeros; nothing else stands here.
            if rest.iter().any(|byte| *byte != 0) {
                add_odd(&mut found.odd, region(at, rest.len()));
            }
            break;
        };
        match id {
            0x0001 => {
                zip64 = zip64.saturating_add(1);
                widen(body, wide, disk);
            }
            0x7075 => found.unicode_name = unicode_name(body, raw_name),
            0x9901 => found.aes = true,
            _ => {}
        }
        if !ordinary(id, body) {
            add_odd(&mut found.odd, region(at.saturating_add(4), body.len()));
        }
        at = at.saturating_add(4).saturating_add(body.len());
    }
    found.repeated_zip64 = zip64 > 1;
    Ok(found)
}

/// Lists an unexplained part; of very many, the last one grows over all that follow.
fn add_odd(odd: &mut Vec<Region>, region: Region) {
    const MOST: usize = 16;
    let full = odd.len() >= MOST;
    match odd.last_mut() {
        Some(last) if full => last.end = region.end,
        _ => odd.push(region),
    }
}

/// Whether a block of an extra field is what its id announces, or at least too short to hide anything.
fn ordinary(id: u16, body: &[u8]) -> bool {
    /// Registered by APPNOTE or Info-ZIP, with short bodies of many kinds.
    const REGISTERED: &[u16] = &[
        0x0008, 0x0009, 0x000c, 0x000d, 0x000f, 0x0014, 0x0016, 0x0017, 0x0065, 0x0066, 0x07c8, 0x2605,
        0x2705, 0x2805, 0x334d, 0x4154, 0x4341, 0x4453, 0x4690, 0x4704, 0x470f, 0x4b46, 0x4c41, 0x4d49,
        0x4f4c, 0x5356, 0x554e, 0x6542, 0x6854, 0x7441, 0x756e, 0x9902, 0xa11e, 0xcafe, 0xe57a, 0xfb4a,
        0xfd4a,
    ];
    match id {
        // Times and owners have fixed forms.
        0x0001 => body.len() <= 28,
        0x000a => body.len() <= 32,
        0x5455 => body.len() <= 13,
        0x5855 => body.len() <= 12,
        0x7855 => body.len() <= 4,
        0x7875 => body.len() <= 19,
        0x9901 => body.len() <= 7,
        // PyTorch aligns tensors with the letter Z, Android with zeros after two bytes.
        0x4246 => body.iter().all(|byte| matches!(*byte, b'Z' | 0)),
        0xd935 => body.get(2..).unwrap_or_default().iter().all(|byte| *byte == 0),
        0xa220 => body.get(4..).unwrap_or_default().iter().all(|byte| *byte == 0),
        0x7075 | 0x6375 => body.get(5..).is_none_or(text::is_text),
        _ => {
            let small = if REGISTERED.contains(&id) { 64 } else { 4 };
            body.len() <= small || body.iter().all(|byte| *byte == 0)
        }
    }
}

fn widen(mut body: &[u8], wide: &mut [&mut u64], disk: &mut Option<u32>) {
    for value in wide.iter_mut().filter(|value| ***value == u64::from(u32::MAX)) {
        let Some((eight, rest)) = body.split_first_chunk() else { return };
        **value = u64::from_le_bytes(*eight);
        body = rest;
    }
    if let (Some(value), Some(four)) = (disk.as_mut(), body.first_chunk()) {
        *value = u32::from_le_bytes(*four);
    }
}

fn unicode_name(body: &[u8], raw_name: &[u8]) -> Option<String> {
    let (&[_version, a, b, c, d], name) = body.split_first_chunk()?;
    let fits = u32::from_le_bytes([a, b, c, d]) == crc32fast::hash(raw_name);
    fits.then(|| String::from_utf8_lossy(name).into_owned())
}

/// An end-of-central-directory record, with what its 64-bit companion says.
#[derive(Debug, Clone, Default)]
pub(super) struct End {
    /// The record with its comment.
    pub(super) region: Region,
    /// The 64-bit record and its locator, if there are such.
    pub(super) zip64: Option<Region>,
    pub(super) locator: Option<Region>,
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    /// Whether parts of the archive lie on other disks.
    pub(super) disks: bool,
    pub(super) comment: Vec<u8>,
    /// What the records disagree about.
    pub(super) contradictions: Vec<&'static str>,
}

/// Reads the end record at `at`; `None` if it does not fit into the file.
pub(super) fn end(source: &dyn crate::source::Source, at: u64) -> Option<End> {
    let mut cursor = Cursor::with_window(source, at, 128);
    let [_, _, _, _, d0, d1, s0, s1, h0, h1, e0, e1] = cursor.array::<12>().ok()?;
    let (size, offset, comment_len) = (cursor.u32().ok()?, cursor.u32().ok()?, cursor.u16().ok()?);
    let room = cursor.remaining();
    let comment = cursor.bytes(u64::from(comment_len).min(room), usize::from(u16::MAX)).ok()?;
    let number = |low, high| u16::from_le_bytes([low, high]);
    let entries = number(e0, e1);
    let mut found = End {
        region: Region::new(at, cursor.position()),
        entries: u64::from(entries),
        size: u64::from(size),
        offset: u64::from(offset),
        disks: [number(d0, d1), number(s0, s1)].iter().any(|disk| !matches!(disk, 0 | &u16::MAX)),
        comment,
        ..End::default()
    };
    if u64::from(comment_len) > room {
        found.contradictions.push("the comment is declared longer than the file");
    }
    if number(h0, h1) != entries {
        found.contradictions.push("the end record counts different members on this disk and in all");
    }
    end64(source, at, &mut found);
    Some(found)
}

/// Reads the 64-bit companion of the end record at `at`, by its locator.
fn end64(source: &dyn crate::source::Source, at: u64, found: &mut End) {
    let Some(locator_at) = at.checked_sub(20) else { return };
    let mut cursor = Cursor::with_window(source, locator_at, 32);
    if cursor.array().ok() != Some(LOCATOR64) {
        return;
    }
    let (Ok(_disk), Ok(declared), Ok(_disks)) = (cursor.u32(), cursor.u64(), cursor.u32()) else { return };
    found.locator = Some(Region::at(locator_at, 20));
    // Readers look where the locator points, or right before it.
    let before = locator_at.checked_sub(56);
    let valid = |at: &u64| Cursor::with_window(source, *at, 16).array().ok() == Some(END64);
    let mut places: Vec<u64> = before.into_iter().chain([declared]).filter(valid).collect();
    places.dedup();
    match places.as_slice() {
        [] => found.contradictions.push("the zip64 locator points to no zip64 end record"),
        [_] => {}
        _ => found.contradictions.push("there are two zip64 end records to choose from"),
    }
    if let Some(place) = places.first() {
        read_end64(source, *place, locator_at, found);
    }
}

fn read_end64(source: &dyn crate::source::Source, at: u64, locator_at: u64, found: &mut End) {
    let mut cursor = Cursor::with_window(source, at, 64);
    let fields = (|| {
        cursor.skip(4)?;
        let record = cursor.u64()?;
        cursor.skip(4)?;
        let (disk, start) = (cursor.u32()?, cursor.u32()?);
        Ok::<_, ReadError>((record, disk, start, cursor.u64()?, cursor.u64()?, cursor.u64()?, cursor.u64()?))
    })();
    let Ok((record, disk, start, here, entries, size, offset)) = fields else { return };
    found.zip64 = Some(Region::new(at, cursor.position()));
    let fits = record == 44 && cursor.position() == locator_at;
    if !fits {
        found.contradictions.push("something stands inside or behind the zip64 end record");
    }
    let differs = |narrow: u64, wide: u64, mask: u64| narrow != mask && narrow != wide;
    if differs(found.entries, entries, 0xffff)
        || differs(found.size, size, 0xffff_ffff)
        || differs(found.offset, offset, 0xffff_ffff)
        || here != entries
    {
        found.contradictions.push("the zip64 end record differs from the end record");
    }
    found.disks |= disk != 0 || start != 0;
    (found.entries, found.size, found.offset) = (entries, size, offset);
}
