//! Where the data of a data set is: in its header, in one piece, in chunks, or in other files.

use super::file::{Fields, Stop, malformed};

/// Where the data of a data set is.
#[derive(Debug)]
pub(super) enum Storage {
    /// In the header itself.
    Compact(Vec<u8>),
    /// In one piece; no address as long as nothing was written.
    Contiguous(Option<u64>, u64),
    Chunked(Chunked),
    /// Put together from other data sets: where in a heap the list of these is.
    Virtual(Option<(u64, u16)>),
}

/// Chunks: their extents, the last one that of an element in bytes, and what lists them.
#[derive(Debug)]
pub(super) struct Chunked {
    pub(super) extents: Vec<u64>,
    pub(super) index: Index,
    /// Nothing as long as nothing was written.
    pub(super) address: Option<u64>,
    /// Whether chunks that reach over the edge are left out by the filters.
    pub(super) plain_edges: bool,
}

impl Chunked {
    /// Bytes of a chunk before filters.
    pub(super) fn size(&self) -> u64 {
        self.extents.iter().fold(1, |product, extent| product.saturating_mul(*extent))
    }
}

/// What lists chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// A tree of the old form.
    Old,
    /// There is one chunk; with filters, so many bytes of it and these filters left out.
    Single(Option<(u64, u32)>),
    /// All chunks lie one behind the other.
    Implicit,
    FixedArray,
    ExtensibleArray,
    /// A tree of the newer form.
    Tree,
}

impl Storage {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let version = fields.u8()?;
        match version {
            1..=2 => return Self::old(fields),
            3..=5 => {}
            _ => return Err(malformed("a data layout of an unknown version")),
        }
        match fields.u8()? {
            0 => {
                let len = fields.u16()?;
                Ok(Self::Compact(fields.take(len.into())?.to_vec()))
            }
            1 => Ok(Self::Contiguous(fields.address()?, fields.length()?)),
            2 if version == 3 => {
                let rank = fields.u8()?;
                let address = fields.address()?;
                let extents = (0..rank).map(|_| fields.u32().map(u64::from)).collect::<Result<_, _>>()?;
                Ok(Self::Chunked(Chunked { extents, index: Index::Old, address, plain_edges: false }))
            }
            2 => Self::chunked(fields),
            3 if version > 3 => Ok(Self::Virtual(fields.address()?.zip(Some(fields.u32()? as u16)))),
            _ => Err(malformed("a data layout of an unknown class")),
        }
    }

    fn chunked(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let (flags, rank, width) = (fields.u8()?, fields.u8()?, fields.u8()?);
        let extents = (0..rank).map(|_| fields.uint(width)).collect::<Result<_, _>>()?;
        let (index, parameters) = match fields.u8()? {
            1 if flags & 2 != 0 => (Index::Single(Some((fields.length()?, fields.u32()?))), 0),
            1 => (Index::Single(None), 0),
            2 => (Index::Implicit, 0),
            3 => (Index::FixedArray, 1),
            4 => (Index::ExtensibleArray, 5),
            5 => (Index::Tree, 6),
            _ => return Err(malformed("chunks with an index of an unknown kind")),
        };
        fields.take(parameters)?;
        let address = fields.address()?;
        Ok(Self::Chunked(Chunked { extents, index, address, plain_edges: flags & 1 != 0 }))
    }

    fn old(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let (rank, class) = (fields.u8()?, fields.u8()?);
        fields.take(5)?;
        if class == 0 {
            fields.take(u64::from(rank) * 4)?;
            let len = fields.u32()?;
            return Ok(Self::Compact(fields.take(len.into())?.to_vec()));
        }
        let address = fields.address()?;
        if class == 2 {
            let extents = (0..rank).map(|_| fields.u32().map(u64::from)).collect::<Result<_, _>>()?;
            return Ok(Self::Chunked(Chunked { extents, index: Index::Old, address, plain_edges: false }));
        }
        // The length follows from the shape.
        Ok(Self::Contiguous(address, u64::MAX))
    }
}
