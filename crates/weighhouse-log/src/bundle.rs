//! Entry bundles: the entries themselves, 256 to a file, each with its length (C2SP tlog-tiles).

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::number;
use crate::tile::FULL;
use crate::tree::{MAX_SIZE, TreeError};

/// The longest entry, in bytes: lengths are 16 bits wide.
pub const MAX_ENTRY: usize = 65_535;

/// The name of an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    index: u64,
    width: u16,
}

impl Bundle {
    /// The bundle at `index` with `width` entries: 1 to 256.
    pub fn new(index: u64, width: u16) -> Option<Self> {
        (index <= MAX_SIZE / u64::from(FULL) && (1..=FULL).contains(&width)).then_some(Self { index, width })
    }

    /// Place: the bundle begins with entry `256 * index`.
    pub fn index(self) -> u64 {
        self.index
    }

    /// Number of entries.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Indexes of its entries.
    pub fn entries(self) -> Range<u64> {
        let first = self.index.saturating_mul(u64::from(FULL));
        first..first.saturating_add(u64::from(self.width))
    }

    /// Path below the prefix of the log: `tile/entries/x001/067.p/8`.
    pub fn path(self) -> String {
        format!("tile/entries/{}{}", number::path(self.index), number::suffix(self.width))
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for Bundle {
    type Err = TreeError;

    fn from_str(text: &str) -> Result<Self, TreeError> {
        let place = text.strip_prefix("tile/entries/").and_then(number::parse_path);
        place
            .and_then(|(index, width)| Self::new(index, width))
            .ok_or_else(|| TreeError::Path(text.to_owned()))
    }
}

/// The bundles of a log of `size` entries, in order.
pub fn all(size: u64) -> impl Iterator<Item = Bundle> {
    grown(0, size)
}

/// The bundles that a log of `after` entries has and one of `before` had not: the new ones, and the one that grew.
pub fn grown(before: u64, after: u64) -> impl Iterator<Item = Bundle> {
    let full = u64::from(FULL);
    let places = if before < after { before / full..after.div_ceil(full) } else { 0..0 };
    places.filter_map(move |index| {
        let width = after.saturating_sub(index.saturating_mul(full)).min(full);
        Bundle::new(index, u16::try_from(width).ok()?)
    })
}

/// What is wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry too long for its length.
    #[error("an entry has {0} bytes; at most {MAX_ENTRY} fit")]
    Long(usize),
    /// The bytes end within an entry.
    #[error("the bundle ends within entry {0} of it")]
    Cut(u16),
    /// Bytes behind the last entry.
    #[error("{0} bytes stand behind the last entry")]
    Rest(usize),
}

/// The bytes of a bundle.
pub fn encode<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::Long(entry.len()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of this width: as many as it says, to the last byte.
pub fn decode(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    for number in 0..width {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(BundleError::Cut(number))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(BundleError::Cut(number))?;
        entries.push(entry);
        bytes = rest;
    }
    if bytes.is_empty() { Ok(entries) } else { Err(BundleError::Rest(bytes.len())) }
}
