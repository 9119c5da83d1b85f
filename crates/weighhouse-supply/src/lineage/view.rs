//! A tensor as its model uses it: decoded, in rows, with the order that other libraries keep undone.

use std::io;

use weighhouse_formats::numbers::{Block, Encoding, Packed};
use weighhouse_formats::source::{SharedSource, read_full};

/// Elements of a transposed tensor, which is read whole.
const TRANSPOSED: u64 = 16 << 20;

/// How the rows of a tensor lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As they are used.
    Plain,
    /// Rows of each of so many heads in the order that rotates neighbours (GGUF of Llama, and Llama's own checkpoints).
    Rotary { heads: u64 },
    /// Columns are rows (`Conv1D` of GPT-2).
    Transposed,
}

/// A tensor of numbers in a file.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) source: SharedSource,
    /// Where its bytes begin.
    pub(super) start: u64,
    pub(super) encoding: Encoding,
    /// Rows and columns as used; more than two dimensions are rows, but for the last.
    pub(super) rows: u64,
    pub(super) columns: u64,
    pub(super) order: Order,
    /// What is added before use: a norm that is stored less one (Gemma).
    pub(super) plus: f32,
}

impl View {
    /// Number of elements; shapes that do not fit their bytes never become a view.
    pub(super) fn elements(&self) -> u64 {
        self.rows.saturating_mul(self.columns)
    }

    /// Whether what is used next lies next in the file.
    pub(super) fn is_in_order(&self) -> bool {
        self.order == Order::Plain
    }

    /// Whether all of it is read for any part of it.
    pub(super) fn is_whole(&self) -> bool {
        self.order == Order::Transposed
    }

    /// Whether it can be read: a transposed tensor is held in memory.
    pub(super) fn is_readable(&self) -> bool {
        !self.is_whole() || self.elements() <= TRANSPOSED
    }

    /// Appends `len` elements from `start` on, as they are used.
    pub(super) fn read(&self, start: u64, len: u64, out: &mut Vec<f32>) -> io::Result<()> {
        let before = out.len();
        match self.order {
            Order::Plain => self.stored(start, len, out)?,
            Order::Rotary { heads } => {
                let end = start.saturating_add(len);
                let mut at = start;
                while at < end {
                    let (row, column) = (at / self.columns.max(1), at % self.columns.max(1));
                    let part = end.saturating_sub(at).min(self.columns.saturating_sub(column)).max(1);
                    let from = self.rotated(row, heads).saturating_mul(self.columns).saturating_add(column);
                    self.stored(from, part, out)?;
                    at = at.saturating_add(part);
                }
            }
            Order::Transposed => {
                if !self.is_readable() {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                let mut all = Vec::new();
                self.stored(0, self.elements(), &mut all)?;
                out.extend((start..start.saturating_add(len)).map(|at| {
                    let (row, column) = (at / self.columns.max(1), at % self.columns.max(1));
                    let place = column.saturating_mul(self.rows).saturating_add(row);
                    usize::try_from(place).ok().and_then(|place| all.get(place)).copied().unwrap_or_default()
                }));
            }
        }
        if self.plus != 0.0 {
            out.iter_mut().skip(before).for_each(|value| *value += self.plus);
        }
        Ok(())
    }

    /// Several pieces of one length; a transposed tensor is read once for all of them.
    pub(super) fn read_each(
        &self,
        starts: impl Iterator<Item = u64>,
        len: u64,
        out: &mut Vec<f32>,
    ) -> io::Result<()> {
        if !self.is_whole() {
            return starts.into_iter().try_for_each(|start| self.read(start, len, out));
        }
        let mut all = Vec::new();
        self.read(0, self.elements(), &mut all)?;
        for start in starts {
            let from = usize::try_from(start).unwrap_or(usize::MAX);
            let end = from.saturating_add(len as usize).min(all.len());
            out.extend_from_slice(all.get(from..end).unwrap_or_default());
        }
        Ok(())
    }

    /// Elements in the order of the file.
    fn stored(&self, start: u64, len: u64, out: &mut Vec<f32>) -> io::Result<()> {
        let of = self.encoding.block().0 as u64;
        let (_, bytes) = self.blocks(start, len)?;
        let skip = usize::try_from(start % of).unwrap_or_default();
        if skip == 0 && len.is_multiple_of(of) {
            self.encoding.decode(&bytes, out);
        } else {
            let mut values = Vec::new();
            self.encoding.decode(&bytes, &mut values);
            out.extend(values.iter().skip(skip).take(usize::try_from(len).unwrap_or(usize::MAX)));
        }
        Ok(())
    }

    /// Of a block encoding, appends what one step of the code of each of these elements is worth, and what rounding its scale leaves;
    /// of others nothing.
    pub(super) fn read_steps(&self, start: u64, len: u64, out: &mut Vec<(f32, f32)>) -> io::Result<()> {
        let Encoding::Packed(packed) = self.encoding else { return Ok(()) };
        let Order::Rotary { heads } = self.order else {
            return if self.is_in_order() { self.stored_steps(packed, start, len, out) } else { Ok(()) };
        };
        let end = start.saturating_add(len);
        let mut at = start;
        while at < end {
            let (row, column) = (at / self.columns.max(1), at % self.columns.max(1));
            let part = end.saturating_sub(at).min(self.columns.saturating_sub(column)).max(1);
            let from = self.rotated(row, heads).saturating_mul(self.columns).saturating_add(column);
            self.stored_steps(packed, from, part, out)?;
            at = at.saturating_add(part);
        }
        Ok(())
    }

    /// Steps in the order of the file.
    fn stored_steps(
        &self,
        packed: Packed,
        start: u64,
        len: u64,
        out: &mut Vec<(f32, f32)>,
    ) -> io::Result<()> {
        let (first, bytes) = self.blocks(start, len)?;
        let (mut block, mut steps) = (Block::default(), Vec::new());
        for bytes in bytes.chunks_exact(packed.block().1) {
            packed.unpack(bytes, &mut block);
            steps.extend(block.steps().iter().flat_map(|step| [(*step, block.slack()); 16]));
        }
        let skip = usize::try_from(start.saturating_sub(first)).unwrap_or_default();
        out.extend(steps.iter().skip(skip).take(usize::try_from(len).unwrap_or(usize::MAX)));
        Ok(())
    }

    /// The bytes of the blocks that hold these elements, and the first element of the first of them.
    fn blocks(&self, start: u64, len: u64) -> io::Result<(u64, Vec<u8>)> {
        let (of, size) = self.encoding.block();
        let (of, size) = (of as u64, size as u64);
        let (first, last) = (start / of, start.saturating_add(len).div_ceil(of));
        let blocks = last.saturating_sub(first);
        let room = usize::try_from(blocks.saturating_mul(size)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = vec![0; room];
        let from = self.start.saturating_add(first.saturating_mul(size));
        if read_full(self.source.as_ref(), from, &mut bytes)? < room {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok((first * of, bytes))
    }

    /// The stored place of a row: the halves of a head are its even and odd rows.
    fn rotated(&self, row: u64, heads: u64) -> u64 {
        let size = self.rows / heads.max(1);
        if size == 0 || !size.is_multiple_of(2) || size.saturating_mul(heads) != self.rows {
            return row;
        }
        let (head, within, half) = (row / size, row % size, size / 2);
        head * size + within % half * 2 + within / half
    }
}

#[cfg(test)]
mod tests {
    use weighhouse_formats::source::Memory;

    use super::*;

    fn view(values: &[f32], rows: u64, columns: u64, order: Order) -> View {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let encoding = Encoding::of("F32").unwrap();
        View { source: Memory::shared(bytes), start: 0, encoding, rows, columns, order, plus: 0.0 }
    }

    fn all(view: &View) -> Vec<f32> {
        let mut out = Vec::new();
        view.read(0, view.elements(), &mut out).unwrap();
        // In any pieces it is the same.
        let mut pieces = Vec::new();
        for start in 0..view.elements() {
            view.read(start, 1, &mut pieces).unwrap();
        }
        assert_eq!(pieces, out);
        out
    }

    #[test]
    fn orders_of_other_libraries_are_undone() {
        let numbers: Vec<f32> = (0..12_u8).map(f32::from).collect();
        assert_eq!(all(&view(&numbers, 3, 4, Order::Plain)), numbers);
        let columns = [0., 4., 8., 1., 5., 9., 2., 6., 10., 3., 7., 11.];
        assert_eq!(
            all(&view(&columns, 3, 4, Order::Transposed)),
            [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11.]
        );
        // Two heads of four rows of one column: the writer puts row 2 of a head beside row 0.
        let rotated = [0., 2., 1., 3., 4., 6., 5., 7.];
        assert_eq!(all(&view(&rotated, 8, 1, Order::Rotary { heads: 2 })), [0., 1., 2., 3., 4., 5., 6., 7.]);
        // Heads that do not fit change nothing.
        assert_eq!(all(&view(&rotated, 8, 1, Order::Rotary { heads: 3 })), rotated);
    }

    #[test]
    fn blocks_are_read_from_their_middle_and_not_beyond_the_end() {
        let mut bytes = Vec::new();
        for block in 0..3_u8 {
            bytes.extend([0, 0x3c]);
            bytes.extend((0..32).map(|at| block * 32 + at));
        }
        let encoding = Encoding::of("Q8_0").unwrap();
        let view = View {
            source: Memory::shared(bytes),
            start: 0,
            encoding,
            rows: 3,
            columns: 32,
            order: Order::Plain,
            plus: 1.0,
        };
        assert_eq!(all(&view), (1..=96_u8).map(f32::from).collect::<Vec<_>>());
        assert!(view.read(90, 10, &mut Vec::new()).is_err());
    }
}
