//! Tensors of a program as they are declared: whether they can be, and what memory they take.

use super::schema::program::TYPES;
use crate::draft::show;
use crate::flatbuffer::Place;
use crate::node::Fault;
use crate::region::Region;

/// Bytes from which on no computation has a tensor, or memory of its own.
pub(super) const LARGEST: u128 = 1 << 38;
/// Dimensions that the runtime has room for.
const MOST_DIMENSIONS: u64 = 16;
/// What says that the shape is known only when the program runs.
const UNBOUND: u64 = 2;

/// A tensor as it is declared.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: u64,
    pub(super) sizes: Vec<i32>,
    pub(super) order: Option<Vec<u64>>,
    pub(super) dynamism: u64,
    /// The number of its data; zero for none.
    pub(super) data: u64,
    /// The list of segments of data that changes, in which it lies.
    pub(super) changing: u64,
    /// Whether its data is in another file, under its name.
    pub(super) external: bool,
    /// The memory that it lies in when the program runs, and where in it.
    pub(super) memory: Option<(u64, u64)>,
    pub(super) region: Region,
}

impl Tensor {
    /// The name of its type.
    pub(super) fn dtype(&self) -> String {
        name(self.dtype).map_or_else(|| self.dtype.to_string(), ToOwned::to_owned)
    }

    /// Bytes that it takes at most; nothing where that is not known before the program runs.
    pub(super) fn needed(&self) -> Option<u128> {
        if self.dynamism == UNBOUND {
            return None;
        }
        needed(self.dtype, &self.sizes)
    }

    /// Reports what cannot be.
    pub(super) fn check(&self, place: &mut Place<'_>) {
        let name_of = show(&self.name);
        let mut wrong = |kind: Fault, what: String| {
            place.draft.fault(kind, self.region, format!("the tensor `{name_of}` {what}"));
        };
        if name(self.dtype).is_none() {
            wrong(Fault::Contradiction, format!("is of the unknown type {}", self.dtype));
        }
        if let Some(size) = self.sizes.iter().find(|size| **size < 0) {
            wrong(Fault::Contradiction, format!("has the impossible dimension {size}"));
        }
        let rank = self.sizes.len() as u64;
        if rank > MOST_DIMENSIONS {
            wrong(
                Fault::Contradiction,
                format!("has {rank} dimensions, where the runtime takes {MOST_DIMENSIONS}"),
            );
        }
        if let Some(order) = &self.order
            && (order.len() as u64 != rank || order.iter().any(|dimension| *dimension >= rank))
        {
            wrong(Fault::Contradiction, format!("has {rank} dimensions, but another order of them"));
        }
        if let Some(needed) = self.needed().filter(|needed| *needed > LARGEST) {
            wrong(Fault::Bomb, format!("takes {needed} bytes of memory"));
        }
    }

    /// Reports memory of the program that it does not fit in.
    pub(super) fn fit(&self, sizes: &[u64], place: &mut Place<'_>) {
        let Some((number, offset)) = self.memory else { return };
        let size = usize::try_from(number).ok().and_then(|number| sizes.get(number));
        let Some(size) = size.filter(|_| number > 0) else {
            let detail = format!("the tensor `{}` lies in the missing memory {number}", show(&self.name));
            return place.draft.fault(Fault::Contradiction, self.region, detail);
        };
        let end = u128::from(offset).saturating_add(self.needed().unwrap_or(0));
        if end > u128::from(*size) {
            let detail = format!(
                "the tensor `{}` ends at byte {end} of memory {number}, which has {size}",
                show(&self.name)
            );
            place.draft.fault(Fault::Contradiction, self.region, detail);
        }
    }
}

/// Bytes of a tensor of a type by number; nothing where its elements share bytes.
pub(super) fn needed(dtype: u64, sizes: &[i32]) -> Option<u128> {
    let element: u128 = match name(dtype)? {
        "byte" | "char" | "bool" | "qint8" | "quint8" => 1,
        "short" | "half" | "bfloat16" | "uint16" | "bits16" => 2,
        "int" | "float" | "qint32" | "uint32" => 4,
        "long" | "double" | "uint64" => 8,
        small if small.starts_with("float8") => 1,
        _ => return None,
    };
    let dimension = |all: u128, size: &i32| u128::try_from(*size).ok().map(|size| all.saturating_mul(size));
    sizes.iter().try_fold(element, dimension)
}

/// The name of a type by number.
pub(super) fn name(dtype: u64) -> Option<&'static str> {
    let name = usize::try_from(dtype).ok().and_then(|number| TYPES.get(number)).copied();
    name.filter(|name| !name.is_empty())
}
