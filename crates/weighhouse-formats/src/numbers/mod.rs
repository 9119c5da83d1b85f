//! Numbers of tensors: every element type and block encoding that formats store weights in, decoded piece by piece.
//!
//! An [`Encoding`] decodes whole blocks only; callers read multiples of [`Encoding::block`]. Nothing here reads a file.

mod block;
mod element;

pub use block::{Block, Packed};
pub use element::Element;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One after the other.
    Plain(Element),
    /// In blocks that share scales.
    Packed(Packed),
}

impl Encoding {
    /// The encoding behind the name that a format gives it; nothing for those that are not decoded.
    pub fn of(dtype: &str) -> Option<Self> {
        Element::of(dtype).map(Self::Plain).or_else(|| Packed::of(dtype).map(Self::Packed))
    }

    /// Elements and bytes of the smallest piece that can be decoded.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::Plain(element) => (1, element.size()),
            Self::Packed(packed) => packed.block(),
        }
    }

    /// The bytes of this many elements, if they fill blocks.
    pub fn bytes(self, elements: u64) -> Option<u64> {
        let (of, bytes) = self.block();
        elements.is_multiple_of(of as u64).then(|| (elements / of as u64).checked_mul(bytes as u64))?
    }

    /// Whether its numbers are weights rather than indexes, masks or packed bits.
    pub fn is_real(self) -> bool {
        match self {
            Self::Plain(element) => element.is_float(),
            Self::Packed(_) => true,
        }
    }

    /// Appends the numbers of whole blocks; bytes behind the last whole block are left out.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::Plain(element) => element.decode(bytes, out),
            Self::Packed(packed) => {
                let mut block = Block::default();
                for bytes in bytes.chunks_exact(packed.block().1) {
                    packed.unpack(bytes, &mut block);
                    block.values(out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
