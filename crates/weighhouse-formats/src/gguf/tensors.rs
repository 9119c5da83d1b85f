//! The tensor table.

use super::File;
use super::reader::Stop;
use super::types::tensor_type;
use crate::draft::show;
use crate::node::{Fault, GapReason};
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// The longest tensor name that ggml holds.
const LONGEST_NAME: u64 = 64;
/// Dimensions that ggml has.
const MOST_DIMENSIONS: u32 = 4;
/// Dimensions beyond which the table cannot be what it claims to be.
const ABSURD_DIMENSIONS: u32 = 64;

/// A tensor before the place of the data is known.
#[derive(Debug)]
pub(super) struct Pending {
    name: String,
    shape: Vec<u64>,
    code: u32,
    offset: u64,
    /// Its entry in the table.
    entry: Region,
}

/// Types are numbered one by one, some forty so far; readers look them up in a table.
const NO_TYPE: u32 = 256;

impl File<'_> {
    /// Reads one entry of the table.
    pub(super) fn tensor(&mut self) -> Result<(), Stop> {
        let start = self.reader.position();
        let raw = self.reader.text(1024)?;
        let name = self.name("tensor name", &raw, LONGEST_NAME);
        self.once("tensor", &name, &raw.head, raw.region);
        let at = self.reader.position();
        let rank = self.reader.u32()?;
        if rank > MOST_DIMENSIONS {
            let detail = format!("the tensor `{}` has {rank} dimensions", show(&name));
            if rank > ABSURD_DIMENSIONS {
                return Err(Stop::Malformed { at, detail });
            }
            self.draft.fault(Fault::Malformed, Region::at(at, 4), detail);
        }
        let mut shape = Vec::new();
        for _ in 0..rank {
            shape.push(self.reader.length()?);
        }
        let code = self.reader.u32()?;
        let offset = self.reader.u64()?;
        let entry = Region::new(start, self.reader.position());
        self.pending.push(Pending { name, shape, code, offset, entry });
        Ok(())
    }

    /// Gives every tensor its place behind the tables, which end at `tables_end`.
    pub(super) fn place_tensors(&mut self, tables_end: u64) {
        let alignment = self.facts.alignment;
        let data = tables_end.checked_next_multiple_of(alignment).unwrap_or(u64::MAX);
        let first = self.pending.iter().map(|tensor| tensor.offset).min().unwrap_or(0);
        if first > 0 {
            let detail = format!("the data of the first tensor begins {first} bytes behind where it must");
            self.draft.fault(Fault::Impossible, None, detail);
        }
        for tensor in std::mem::take(&mut self.pending) {
            if !tensor.offset.is_multiple_of(alignment) {
                let detail = format!(
                    "the data of `{}` is at offset {}, not at a multiple of {alignment}",
                    show(&tensor.name),
                    tensor.offset
                );
                self.draft.fault(Fault::Malformed, tensor.entry, detail);
            }
            let (dtype, size) = self.size(&tensor);
            let region = self.layout.push(data, tensor.offset, size.unwrap_or(0), &mut self.draft);
            let Pending { name, shape, .. } = tensor;
            self.facts.tensors.push(TensorInfo { name, dtype, shape, data: region });
        }
    }

    /// Keeps what is known of the tensors of a broken table.
    pub(super) fn leave_unplaced(&mut self) {
        for Pending { name, shape, code, .. } in std::mem::take(&mut self.pending) {
            let dtype =
                tensor_type(code).map_or_else(|| format!("type {code}"), |(name, ..)| name.to_owned());
            self.facts.tensors.push(TensorInfo { name, dtype, shape, data: Region::new(0, 0) });
        }
    }

    /// The name of the type, and the bytes that type and shape need.
    fn size(&mut self, tensor: &Pending) -> (String, Option<u64>) {
        let Some((dtype, block, bytes)) = tensor_type(tensor.code) else {
            let detail = format!("the tensor `{}` has the unknown type {}", show(&tensor.name), tensor.code);
            if tensor.code >= NO_TYPE {
                self.draft.fault(Fault::Impossible, tensor.entry, detail.clone());
            }
            self.draft.gap(GapReason::NotInspected, tensor.entry, detail);
            return (format!("type {}", tensor.code), None);
        };
        let elements = tensor.shape.iter().try_fold(1_u64, |all, size| all.checked_mul(*size));
        let row = tensor.shape.first().copied().unwrap_or(1);
        let size = elements
            .filter(|_| row.is_multiple_of(block))
            .and_then(|elements| (elements / block).checked_mul(bytes));
        if size.is_none() {
            let detail = format!(
                "the tensor `{}` of type {dtype} (blocks of {block}) cannot have the shape {:?}",
                show(&tensor.name),
                tensor.shape
            );
            self.draft.fault(Fault::Contradiction, tensor.entry, detail);
        }
        (dtype.to_owned(), size)
    }
}
