//! What the XNNPACK delegate runs: a header, a flatbuffer with nodes and values, and the data of constants behind it.

use super::schema::xnnpack::{NODES, TYPES, XNNGRAPH};
use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::draft::Layout;
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::{GraphFacts, Operators};
use crate::node::{Fault, Parsed};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, is_zero, read_up_to};

/// What a file with a header has where a flatbuffer has its signature.
const SIGNATURE: &[u8] = b"XH00";
/// Bytes of the header.
const HEADER: u64 = 30;

/// Where the parts lie: the flatbuffer, and the data of constants.
#[derive(Debug)]
struct Parts {
    header: Region,
    buffer: Region,
    constants: Region,
}

/// A value with constant data.
#[derive(Debug, Default)]
struct Value {
    dtype: u64,
    shape: Vec<u64>,
    data: u64,
    region: Region,
}

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    value: Value,
    values: Vec<Value>,
    /// Offset, size, and whether the data has a name in the program around.
    constants: Vec<(u64, u64, bool, Region)>,
}

/// Reads one graph.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let whole = Region::new(0, source.len());
    let empty = Region::default();
    let parts = parts(source).unwrap_or(Parts { header: empty, buffer: whole, constants: empty });
    let mut place = Place::new(source, parts.buffer, Format::Xnnpack, budget);
    place.draft.claim(parts.header);
    let gap = Region::new(parts.header.end, parts.buffer.start);
    for (what, region) in [("flatbuffer", parts.buffer), ("data of constants", parts.constants)] {
        if region.end > source.len() {
            let detail = format!("the {what} is declared at {region}, but there are {} bytes", source.len());
            place.draft.fault(Fault::Truncated, parts.header, detail);
        }
    }
    if parts.buffer.start < parts.header.end || parts.constants.overlaps(parts.buffer) {
        place.draft.fault(Fault::Overlap, parts.header, "parts of the graph share bytes");
    } else if is_zero(source.as_ref(), gap).unwrap_or(false) {
        place.draft.claim(gap);
    }
    walk(place, &XNNGRAPH, Seen::default(), |seen, place, end, _| seen.conclude(&parts, place, end))
}

fn parts(source: &SharedSource) -> Option<Parts> {
    if read_up_to(source.as_ref(), 4, 4).ok()? != SIGNATURE {
        return None;
    }
    let mut cursor = Cursor::with_window(source.as_ref(), 8, 64);
    let mut numbers = || -> Result<[u64; 5], ReadError> {
        let len = cursor.u16()?.into();
        Ok([len, cursor.u32()?.into(), cursor.u32()?.into(), cursor.u32()?.into(), cursor.u64()?])
    };
    let [_, start, size, constants, len] = numbers().ok()?;
    Some(Parts {
        header: Region::new(0, HEADER),
        buffer: Region::at(start, size),
        constants: Region::at(constants, len),
    })
}

impl Visit for Seen {
    fn enter(&mut self, place: &mut Place<'_>) {
        let region = place.open().region;
        match place.kind() {
            "XNNTensorValue" => self.value = Value { region, ..Value::default() },
            "ConstantDataOffset" if place.room(self.constants.len()) => {
                self.constants.push((0, 0, false, region));
            }
            _ => {}
        }
    }

    fn leave(&mut self, place: &mut Place<'_>) {
        if place.kind() == "XNNTensorValue" {
            self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
            if place.room(self.values.len()) {
                self.values.push(std::mem::take(&mut self.value));
            }
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        let region = place.open().region;
        match (place.kind(), field, self.constants.last_mut()) {
            ("XNode", "xnode_union_type", _) => {
                let name = usize::try_from(value).ok().and_then(|number| NODES.get(number));
                let name = name.map_or_else(|| value.to_string(), |name| (*name).to_owned());
                let names = ["xnnpack".to_owned(), name, String::new()];
                if !self.operators.add(None, names, region, place.budget.limits().facts) {
                    place.draft.too_many();
                }
            }
            ("XNNTensorValue", "datatype", _) => self.value.dtype = value,
            ("XNNTensorValue", "constant_buffer_idx", _) => self.value.data = value,
            ("ConstantDataOffset", "offset", Some(last)) => last.0 = value,
            ("ConstantDataOffset", "size", Some(last)) => last.1 = value,
            _ => {}
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field, self.constants.last_mut()) {
            ("XNNGraph", "version", _) => value.clone_into(&mut self.facts.producer_version),
            ("ConstantDataOffset", "named_key", Some(last)) => last.2 = !region.is_empty(),
            _ => {}
        }
    }

    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {
        if (place.kind(), field) == ("XNNTensorValue", "dims") {
            self.value.shape = place.list(size, region);
        }
    }
}

impl Seen {
    fn conclude(mut self, parts: &Parts, place: &mut Place<'_>, end: u64) -> GraphFacts {
        let mut layout = Layout::default();
        let mut data = Vec::new();
        for (offset, size, named, region) in &self.constants {
            let end = offset.checked_add(*size);
            if *named || *size == 0 {
                data.push(Region::default());
                continue;
            }
            if end.is_none_or(|end| end > parts.constants.len()) {
                let detail = "the data of a constant lies behind that of all constants";
                place.draft.fault(Fault::Contradiction, *region, detail);
            }
            data.push(layout.push(parts.constants.start, *offset, *size, &mut place.draft));
        }
        let mut reached = end;
        for extent in layout.settle(&mut place.draft, place.source.len(), Fault::Truncated) {
            let between = Region::new(reached, extent.start);
            if is_zero(place.source.as_ref(), between).unwrap_or(false) {
                place.draft.claim(between);
            }
            place.data("constant", Region::new(extent.start, extent.end.min(place.source.len())));
            reached = reached.max(extent.end);
        }
        let last = Region::new(reached, parts.constants.end.max(reached).min(place.source.len()));
        if is_zero(place.source.as_ref(), last).unwrap_or(false) {
            place.draft.claim(last);
        }
        for value in self.values.into_iter().filter(|value| value.data > 0) {
            let Some(region) = usize::try_from(value.data).ok().and_then(|number| data.get(number)) else {
                // Older graphs have their constants in the flatbuffer.
                if !data.is_empty() {
                    let detail = format!("a value takes the missing constant {}", value.data);
                    place.draft.fault(Fault::Contradiction, value.region, detail);
                }
                continue;
            };
            if !region.is_empty() && place.room(self.facts.tensors.len()) {
                let name = usize::try_from(value.dtype).ok().and_then(|number| TYPES.get(number));
                self.facts.tensors.push(TensorInfo {
                    name: format!("constant {}", value.data),
                    dtype: name.map_or_else(|| value.dtype.to_string(), |name| (*name).to_owned()),
                    shape: value.shape,
                    data: *region,
                });
            }
        }
        GraphFacts { framework: "xnnpack", operators: self.operators.finish(), ..self.facts }
    }
}
