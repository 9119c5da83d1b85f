//! Tensors, the buffers they take their data from, and whether the two fit.

use crate::draft::show;
use crate::flatbuffer::Place;
use crate::graph::GraphFacts;
use crate::node::Fault;
use crate::region::Region;
use crate::safetensors::TensorInfo;

use super::schema::TYPES;

/// Bytes from which on no computation has a tensor.
const LARGEST: u128 = 1 << 38;
/// The number of the type that is texts.
pub(super) const STRING: u64 = 5;
/// What makes dimension -1: it is known when the model runs.
const ANY: i32 = -1;

/// A tensor as it is declared.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: u64,
    pub(super) buffer: u64,
    pub(super) shape: Vec<i32>,
    pub(super) sparse: bool,
    pub(super) region: Region,
}

/// A buffer: its bytes, wherever they lie; empty for what is computed.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub(super) data: Region,
    /// Where it lies behind the model, and how many bytes it takes there.
    pub(super) offset: u64,
    pub(super) size: u64,
    /// Whether a tensor takes its data from it.
    pub(super) used: bool,
}

impl Tensor {
    /// The name of its type.
    fn dtype(&self) -> String {
        let name = usize::try_from(self.dtype).ok().and_then(|number| TYPES.get(number));
        name.map_or_else(|| self.dtype.to_string(), |name| (*name).to_owned())
    }

    /// Bits of an element; nothing where elements differ in length.
    fn bits(&self) -> Option<u128> {
        Some(match usize::try_from(self.dtype).ok().and_then(|number| TYPES.get(number)).copied()? {
            "int2" => 2,
            "int4" | "uint4" => 4,
            "bool" | "int8" | "uint8" | "float8_e4m3fn" | "float8_e5m2" => 8,
            "float16" | "bfloat16" | "int16" | "uint16" => 16,
            "float32" | "int32" | "uint32" => 32,
            "float64" | "int64" | "uint64" | "complex64" => 64,
            "complex128" => 128,
            _ => return None,
        })
    }

    /// Bytes that it takes, if that is known before the model runs.
    fn needed(&self) -> Option<u128> {
        let dimension =
            |all: u128, size: &i32| u128::try_from(*size).ok().map(|size| all.saturating_mul(size));
        let count = self.shape.iter().try_fold(1, dimension)?;
        Some(count.saturating_mul(self.bits()?).div_ceil(8))
    }

    /// Reports a shape that cannot be, and data that does not fit it.
    fn check(&self, data: Region, place: &mut Place<'_>) {
        let name = show(&self.name);
        if let Some(size) = self.shape.iter().find(|size| **size < ANY) {
            let detail = format!("the tensor `{name}` has the impossible dimension {size}");
            place.draft.fault(Fault::Contradiction, self.region, detail);
        }
        let Some(needed) = self.needed() else { return };
        let len = u128::from(data.len());
        // Elements of less than a byte are kept packed, and by some tools one in a byte.
        let unpacked = self.bits().map(|bits| needed.saturating_mul((8 / bits.min(8)).max(1)));
        let packed = self.bits().is_some_and(|bits| bits < 8);
        let fits = len == needed || packed && len <= unpacked.unwrap_or(needed) && len >= needed;
        if len > 0 && !fits && !self.sparse {
            let detail =
                format!("the tensor `{name}` takes {needed} bytes by its shape, but its data has {len}");
            place.draft.fault(Fault::Contradiction, self.region, detail);
        }
        if needed > LARGEST {
            let detail = format!("the tensor `{name}` takes {needed} bytes of memory");
            place.draft.fault(Fault::Bomb, self.region, detail);
        }
    }
}

/// Looks at all tensors and their data, and notes them as facts.
pub(super) fn settle(
    tensors: &[Tensor],
    buffers: &mut [Buffer],
    facts: &mut GraphFacts,
    place: &mut Place<'_>,
) {
    for tensor in tensors {
        facts.tensor_count = facts.tensor_count.saturating_add(1);
        let buffer = usize::try_from(tensor.buffer).ok().and_then(|index| buffers.get_mut(index));
        let Some(buffer) = buffer else {
            let detail =
                format!("the tensor `{}` refers to the missing buffer {}", show(&tensor.name), tensor.buffer);
            place.draft.fault(Fault::Contradiction, tensor.region, detail);
            continue;
        };
        tensor.check(buffer.data, place);
        if buffer.data.is_empty() {
            continue;
        }
        if !std::mem::replace(&mut buffer.used, true) {
            place.data(&tensor.name, buffer.data);
            if tensor.dtype == STRING {
                place.value(&tensor.name, buffer.data);
            }
        }
        if place.room(facts.tensors.len()) {
            let shape = tensor.shape.iter().map(|size| u64::try_from(*size).unwrap_or(0)).collect();
            let name = tensor.name.clone();
            facts.tensors.push(TensorInfo { name, dtype: tensor.dtype(), shape, data: buffer.data });
        }
    }
}
