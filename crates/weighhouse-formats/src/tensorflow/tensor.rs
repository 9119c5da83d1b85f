//! One tensor that stands in a graph: its type and shape against the data that is there.

use crate::draft::{Draft, show};
use crate::node::Fault;
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// Dimensions that the library accepts.
const MOST_DIMENSIONS: usize = 254;
/// Bytes that a tensor may take in memory, however few stand in the file: a value is repeated as often as the shape says.
const MOST_REPEATED: u64 = 4 << 30;
/// The element type of texts.
pub(super) const STRING: u64 = 7;

/// Names of element types and the bits of an element, from the first on.
const NAMES: [(&str, u64); 32] = [
    ("DT_FLOAT", 32),
    ("DT_DOUBLE", 64),
    ("DT_INT32", 32),
    ("DT_UINT8", 8),
    ("DT_INT16", 16),
    ("DT_INT8", 8),
    ("DT_STRING", 0),
    ("DT_COMPLEX64", 64),
    ("DT_INT64", 64),
    ("DT_BOOL", 8),
    ("DT_QINT8", 8),
    ("DT_QUINT8", 8),
    ("DT_QINT32", 32),
    ("DT_BFLOAT16", 16),
    ("DT_QINT16", 16),
    ("DT_QUINT16", 16),
    ("DT_UINT16", 16),
    ("DT_COMPLEX128", 128),
    ("DT_HALF", 16),
    ("DT_RESOURCE", 0),
    ("DT_VARIANT", 0),
    ("DT_UINT32", 32),
    ("DT_UINT64", 64),
    ("DT_FLOAT8_E5M2", 8),
    ("DT_FLOAT8_E4M3FN", 8),
    ("DT_FLOAT8_E4M3FNUZ", 8),
    ("DT_FLOAT8_E4M3B11FNUZ", 8),
    ("DT_FLOAT8_E5M2FNUZ", 8),
    ("DT_INT4", 8),
    ("DT_UINT4", 8),
    ("DT_INT2", 8),
    ("DT_UINT2", 8),
];

/// Numbers of element types by name. Of references only that of texts matters to anybody.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
pub(super) static DATA_TYPES: [(&str, u64); 33] = {
    let mut types = [("DT_STRING_REF", 100 + STRING); 33];
    let mut index = 0;
    while index < NAMES.len() {
        types[index] = (NAMES[index].0, index as u64 + 1);
        index += 1;
    }
    types
};

/// Name and bits of an element; no bits for what has no fixed size.
pub(super) fn dtype(code: u64) -> Option<(&'static str, u64)> {
    // References of the first generation are a hundred apart.
    let code = if code > 100 { code.saturating_sub(100) } else { code };
    let index = usize::try_from(code.checked_sub(1)?).ok()?;
    NAMES.get(index).copied()
}

/// Bytes of a tensor of that type and shape; nothing where they are not fixed.
pub(super) fn bytes(code: u64, shape: &[u64]) -> Option<u64> {
    let (_, bits) = dtype(code).filter(|(_, bits)| *bits > 0)?;
    shape.iter().try_fold(bits / 8, |all, size| all.checked_mul(*size))
}

/// A tensor being read.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub(super) dtype: u64,
    pub(super) dims: Vec<u64>,
    /// The elements in one piece.
    pub(super) content: Option<Region>,
    /// Elements one by one.
    pub(super) values: u64,
    /// Texts that stand in it, as far as they may be names.
    pub(super) texts: Vec<(String, Region)>,
}

impl Tensor {
    /// A dimension; one too many is kept, to be reported.
    pub(super) fn dimension(&mut self, size: u64) {
        if self.dims.len() <= MOST_DIMENSIONS {
            self.dims.push(size);
        }
    }

    /// Checks it once it is read.
    pub(super) fn conclude(&self, name: &str, region: Region, draft: &mut Draft) -> TensorInfo {
        let known = dtype(self.dtype);
        if known.is_none() && (self.dtype != 0 || self.content.is_some()) {
            let detail = format!("`{}` has the unknown element type {}", show(name), self.dtype);
            draft.fault(Fault::Malformed, region, detail);
        }
        let negative = self.dims.iter().any(|size| *size > i64::MAX as u64);
        if self.dims.len() > MOST_DIMENSIONS || negative {
            let detail = format!("the shape of `{}` is none that a tensor can have", show(name));
            draft.fault(Fault::Malformed, region, detail);
        } else {
            self.check_size(name, region, draft);
        }
        TensorInfo {
            name: name.to_owned(),
            dtype: known.map_or_else(|| self.dtype.to_string(), |(name, _)| name.to_owned()),
            shape: self.dims.clone(),
            data: self.content.unwrap_or(region),
        }
    }

    fn check_size(&self, name: &str, region: Region, draft: &mut Draft) {
        let Some((dtype, bits)) = dtype(self.dtype) else { return };
        let elements = self.dims.iter().try_fold(1_u64, |all, size| all.checked_mul(*size));
        let wanted = elements.and_then(|elements| elements.checked_mul((bits / 8).max(1)));
        let what = || format!("`{}` is {dtype} of shape {:?}", show(name), self.dims);
        let Some(wanted) = wanted else {
            let detail = format!("{}, larger than any memory", what());
            return draft.fault(Fault::Bomb, region, detail);
        };
        match self.content {
            Some(content) if bits > 0 && content.len() != wanted => {
                let detail = format!("{}, which its {} bytes of data contradict", what(), content.len());
                draft.fault(Fault::Contradiction, content, detail);
            }
            None if wanted > MOST_REPEATED => {
                let detail = format!(
                    "{}: {wanted} bytes of memory, of which {} values stand in the file",
                    what(),
                    self.values
                );
                draft.fault(Fault::Bomb, region, detail);
            }
            _ => {}
        }
    }
}

/// The texts of a tensor that holds them in one piece: all lengths, then all texts.
pub(super) fn texts(content: &[u8], start: u64, count: u64) -> Option<Vec<(String, Region)>> {
    const MOST: u64 = 64;
    if count == 0 || count > MOST {
        return None;
    }
    let mut at = 0_usize;
    let mut lengths = Vec::new();
    for _ in 0..count {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = *content.get(at)?;
            at = at.saturating_add(1);
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                break;
            }
        }
        lengths.push(usize::try_from(value).ok()?);
    }
    let mut texts = Vec::new();
    for len in lengths {
        let end = at.checked_add(len)?;
        let text = String::from_utf8_lossy(content.get(at..end)?).into_owned();
        texts.push((text, Region::at(start.saturating_add(at as u64), len as u64)));
        at = end;
    }
    Some(texts)
}
