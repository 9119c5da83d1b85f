//! Data beside a program: tensors, and other bytes, by name.

use std::collections::HashSet;

use super::parts::{Segment, of_data};
use super::program::{Named, by_name};
use super::schema::data::FLAT_TENSOR;
use super::values::{name, needed};
use crate::bounded::Budget;
use crate::draft::show;
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::node::{Fault, Parsed};
use crate::region::{Claims, Region};
use crate::safetensors::TensorInfo;
use crate::source::SharedSource;

/// What a tensor is, beside its bytes.
#[derive(Debug, Default)]
struct Shape {
    dtype: u64,
    sizes: Vec<i32>,
}

#[derive(Debug, Default)]
struct Seen {
    version: u64,
    segments: Vec<Segment>,
    entry: Named,
    shape: Option<Shape>,
    named: Vec<Named>,
    shapes: Vec<Option<Shape>>,
}

/// Reads one file of data.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let parts = of_data(source);
    let mut place = Place::new(source, parts.buffer, Format::ExecuTorch, budget);
    parts.begin(&mut place);
    walk(place, &FLAT_TENSOR, Seen::default(), |seen, place, _, _| {
        let segments = parts.settle(&seen.segments, place);
        by_name(&seen.named, &segments, &mut Claims::new(), place);
        let mut facts = GraphFacts { framework: "executorch", ..GraphFacts::default() };
        facts.producer_version = seen.version.to_string();
        facts.tensor_count = seen.shapes.iter().flatten().count() as u64;
        for (named, shape) in seen.named.iter().zip(seen.shapes) {
            let data = usize::try_from(named.segment).ok().and_then(|number| segments.get(number)).copied();
            if let (Some(shape), Some(data)) = (shape, data) {
                facts.tensors.push(shape.settle(named, data, place));
            }
        }
        // Data that nothing has a name for.
        let used: HashSet<u64> = seen.named.iter().map(|named| named.segment).collect();
        for (number, region) in (0_u64..).zip(&segments).filter(|(_, region)| !region.is_empty()) {
            if !used.contains(&number) {
                place.value(&format!("segments[{number}]"), *region);
            }
        }
        facts
    })
}

impl Visit for Seen {
    fn enter(&mut self, place: &mut Place<'_>) {
        let region = place.open().region;
        match place.kind() {
            "DataSegment" => self.segments.push(Segment { region, ..Segment::default() }),
            "NamedData" => (self.entry, self.shape) = (Named { region, ..Named::default() }, None),
            "TensorLayout" => self.shape = Some(Shape::default()),
            _ => {}
        }
    }

    fn leave(&mut self, place: &mut Place<'_>) {
        if place.kind() == "NamedData" && place.room(self.named.len()) {
            self.named.push(std::mem::take(&mut self.entry));
            self.shapes.push(self.shape.take());
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.kind(), field, self.segments.last_mut(), &mut self.shape) {
            ("FlatTensor", "version", ..) => self.version = value,
            ("DataSegment", "offset", Some(last), _) => last.offset = value,
            ("DataSegment", "size", Some(last), _) => last.size = value,
            ("NamedData", "segment_index", ..) => self.entry.segment = value,
            ("TensorLayout", "scalar_type", _, Some(shape)) => shape.dtype = value,
            _ => {}
        }
    }

    fn text(&mut self, _: &'static str, value: &str, _: Region, place: &mut Place<'_>) {
        if place.kind() == "NamedData" {
            value.clone_into(&mut self.entry.key);
        }
    }

    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {
        if let ("TensorLayout", "sizes", Some(shape)) = (place.kind(), field, &mut self.shape) {
            shape.sizes =
                place.list(size, region).into_iter().map(|size| (size as u32).cast_signed()).collect();
        }
    }
}

impl Shape {
    /// Compares a tensor with its data.
    fn settle(self, named: &Named, data: Region, place: &mut Place<'_>) -> TensorInfo {
        let needed = needed(self.dtype, &self.sizes);
        let negative = self.sizes.iter().any(|size| *size < 0);
        if negative
            || name(self.dtype).is_none()
            || needed.is_some_and(|needed| needed != u128::from(data.len()))
        {
            let detail = format!(
                "the tensor `{}` has {} bytes, which its shape and type do not take",
                show(&named.key),
                data.len()
            );
            place.draft.fault(Fault::Contradiction, named.region, detail);
        }
        TensorInfo {
            name: named.key.clone(),
            dtype: name(self.dtype).map_or_else(|| self.dtype.to_string(), ToOwned::to_owned),
            shape: self.sizes.iter().map(|size| u64::try_from(*size).unwrap_or(0)).collect(),
            data,
        }
    }
}
