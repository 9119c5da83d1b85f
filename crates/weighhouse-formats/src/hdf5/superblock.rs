//! The superblock: versions, widths, and where the root group is.

use super::SIGNATURE;
use super::checksum::is_sealed;
use super::file::{Fields, Layout, Stop, malformed};
use crate::cursor::Cursor;
use crate::region::Region;
use crate::source::SharedSource;

/// What the superblock says.
#[derive(Debug)]
pub(super) struct Superblock {
    pub(super) version: u8,
    pub(super) layout: Layout,
    pub(super) region: Region,
    /// Where the file ends by its own account, counted from its first byte.
    pub(super) end: u64,
    /// Half the entries of a symbol table node, of a node of a group's tree and of a chunk tree.
    pub(super) ranks: Ranks,
    pub(super) root: u64,
    /// The tree and the heap of names that the entry of the root group repeats.
    pub(super) cached: Option<(u64, u64)>,
    /// Its extension, which is an object header.
    pub(super) extension: Option<u64>,
    /// What the driver of the file keeps for itself.
    pub(super) driver: Option<u64>,
    /// Whether its checksum matches, if it has one.
    pub(super) sealed: bool,
}

/// The sizes of nodes, which nodes do not say themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranks {
    pub(super) leaf: u64,
    pub(super) group: u64,
    pub(super) chunk: u64,
}

impl Default for Ranks {
    fn default() -> Self {
        Self { leaf: 4, group: 16, chunk: 32 }
    }
}

/// Reads the superblock at `start`.
pub(super) fn read(source: &SharedSource, start: u64) -> Result<Superblock, Stop> {
    const LONGEST: u64 = 128;
    let mut cursor = Cursor::with_window(source.as_ref(), start, LONGEST as usize);
    let bytes = cursor.bytes(LONGEST.min(source.len().saturating_sub(start)), LONGEST as usize)?;
    let unknown = Layout { base: start, offsets: 8, lengths: 8 };
    let mut fields = Fields::new(&bytes, unknown);
    fields.expect(SIGNATURE, "signature")?;
    match fields.u8()? {
        version @ 0..=1 => old(&bytes, fields, version, start),
        version @ 2..=3 => new(&bytes, fields, version, start),
        version => Err(Stop::Unsupported(format!("a superblock of version {version}"))),
    }
}

fn widths(offsets: u8, lengths: u8) -> Result<(u8, u8), Stop> {
    let known = |width: u8| matches!(width, 2 | 4 | 8);
    if known(offsets) && known(lengths) {
        Ok((offsets, lengths))
    } else {
        Err(malformed("the superblock declares addresses or lengths of an impossible width"))
    }
}

fn old(bytes: &[u8], mut fields: Fields<'_>, version: u8, start: u64) -> Result<Superblock, Stop> {
    fields.take(4)?;
    let (offsets, lengths) = widths(fields.u8()?, fields.u8()?)?;
    fields.u8()?;
    let (leaf, group) = (fields.u16()?, fields.u16()?);
    fields.u32()?;
    let mut ranks = Ranks { leaf: leaf.into(), group: group.into(), ..Ranks::default() };
    if version == 1 {
        ranks.chunk = fields.u16()?.into();
        fields.u16()?;
    }
    let mut layout = Layout { base: start, offsets, lengths };
    fields = Fields::new(fields.rest, layout);
    layout.base = fields.address()?.unwrap_or(0);
    fields.address()?;
    let end = fields.address()?.unwrap_or(0);
    let driver = fields.address()?;
    fields.address()?;
    let root = fields.address()?.ok_or_else(|| malformed("the file has no root group"))?;
    let cache = fields.u32()?;
    fields.u32()?;
    let scratch = fields.take(16)?;
    let mut scratch = Fields::new(scratch, layout);
    let cached = if cache == 1 { scratch.address()?.zip(scratch.address()?) } else { None };
    let region = Region::at(start, bytes.len().saturating_sub(fields.rest.len()) as u64);
    let extension = None;
    Ok(Superblock { version, layout, region, end, ranks, root, cached, extension, driver, sealed: true })
}

fn new(bytes: &[u8], mut fields: Fields<'_>, version: u8, start: u64) -> Result<Superblock, Stop> {
    let (offsets, lengths) = widths(fields.u8()?, fields.u8()?)?;
    fields.u8()?;
    let mut layout = Layout { base: start, offsets, lengths };
    fields = Fields::new(fields.rest, layout);
    layout.base = fields.address()?.unwrap_or(0);
    let extension = fields.address()?;
    let end = fields.address()?.unwrap_or(0);
    let root = fields.address()?.ok_or_else(|| malformed("the file has no root group"))?;
    fields.u32()?;
    let (whole, _) =
        bytes.split_at_checked(bytes.len().saturating_sub(fields.rest.len())).unwrap_or_default();
    let region = Region::at(start, whole.len() as u64);
    let sealed = is_sealed(whole);
    let ranks = Ranks::default();
    Ok(Superblock {
        version,
        layout,
        region,
        end,
        ranks,
        root,
        cached: None,
        extension,
        driver: None,
        sealed,
    })
}
