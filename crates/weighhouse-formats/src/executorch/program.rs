//! Programs: what is noted while the tables are walked, and what becomes of it.

use std::collections::{BTreeMap, HashSet};

use super::parts::{Parts, Segment, of_program};
use super::schema::program::PROGRAM;
use super::values::{LARGEST, Tensor};
use crate::bounded::Budget;
use crate::draft::show;
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::{GraphFacts, Operators};
use crate::node::{Fault, Parsed};
use crate::region::{Claims, Region};
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, is_zero};

/// Delegates are judged as operators of this domain.
const DELEGATE: &str = "executorch.delegate";
/// A number that is left out, as a signed one.
const NONE: u64 = 0xffff_ffff;

/// The largest number by which something is referred to, and where.
#[derive(Debug, Default)]
struct Reference {
    most: Option<u64>,
    region: Region,
}

/// What runs a part of a program: its name, and the number of its bytes, in the program or among the segments.
#[derive(Debug, Default)]
struct Delegate {
    id: String,
    in_segment: bool,
    data: u64,
    region: Region,
}

/// An entry point that is open.
#[derive(Debug, Default)]
struct Plan {
    values: u64,
    used: Reference,
    declared: u64,
    operators: Vec<([String; 2], Region)>,
    operator: Reference,
    /// How often each operator is called.
    calls: BTreeMap<u64, u64>,
    delegates: u64,
    delegate: Reference,
    memories: Vec<u64>,
    /// Tensors before those of this one.
    first: usize,
    instructions: u64,
    jump: Reference,
}

/// Data by name: the segment that it is.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) key: String,
    pub(super) segment: u64,
    pub(super) region: Region,
}

/// A list of offsets into a segment.
#[derive(Debug, Default)]
struct Offsets {
    segment: u64,
    list: Vec<u64>,
    region: Region,
}

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    version: u64,
    plan: Plan,
    /// What is open: name and overload of an operator, a tensor, a delegate, an entry of named data.
    name: [String; 2],
    tensor: Tensor,
    delegate: Delegate,
    entry: Named,
    tensors: Vec<Tensor>,
    delegates: Vec<Delegate>,
    constants: Vec<Region>,
    inline: Vec<Region>,
    segments: Vec<Segment>,
    constant: Offsets,
    changing: Vec<Offsets>,
    named: Vec<Named>,
}

/// Reads one program.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let parts = of_program(source);
    let mut place = Place::new(source, parts.buffer, Format::ExecuTorch, budget);
    parts.begin(&mut place);
    walk(place, &PROGRAM, Seen::default(), |seen, place, _, _| seen.conclude(&parts, place))
}

impl Reference {
    fn to(&mut self, number: u64, region: Region) {
        if self.most.is_none_or(|most| number > most) {
            *self = Self { most: Some(number), region };
        }
    }

    /// Reports a reference to something that is not among `count`.
    fn check(&self, count: u64, what: &str, place: &mut Place<'_>) {
        if let Some(number) = self.most.filter(|number| *number >= count) {
            let detail =
                format!("the program refers to {what} {}, of {count}", (number as u32).cast_signed());
            place.draft.fault(Fault::Contradiction, self.region, detail);
        }
    }
}

impl Visit for Seen {
    fn enter(&mut self, place: &mut Place<'_>) {
        let open = place.open();
        let region = open.region;
        match open.table {
            "ExecutionPlan" => self.plan = Plan { first: self.tensors.len(), ..Plan::default() },
            "EValue" => self.plan.values = self.plan.values.saturating_add(1),
            "Tensor" => self.tensor = Tensor { region, ..Tensor::default() },
            "AllocationDetails" => self.tensor.memory = Some((0, 0)),
            "Chain" => (self.plan.instructions, self.plan.jump) = (0, Reference::default()),
            "Instruction" => self.plan.instructions = self.plan.instructions.saturating_add(1),
            "Operator" => self.name = Default::default(),
            "BackendDelegate" => {
                self.plan.delegates = self.plan.delegates.saturating_add(1);
                self.delegate = Delegate { region, ..Delegate::default() };
            }
            "Buffer" => self.constants.push(Region::default()),
            "BackendDelegateInlineData" => self.inline.push(Region::default()),
            "DataSegment" => self.segments.push(Segment { region, ..Segment::default() }),
            "SubsegmentOffsets" if open.field == "mutable_data_segments" => {
                self.changing.push(Offsets { region, ..Offsets::default() });
            }
            "SubsegmentOffsets" => self.constant.region = region,
            "NamedData" => self.entry = Named { region, ..Named::default() },
            // What is left out is the first one.
            "KernelCall" => self.plan.operator.to(0, region),
            "DelegateCall" => self.plan.delegate.to(0, region),
            "JumpFalseCall" => self.plan.jump.to(0, region),
            _ => {}
        }
    }

    fn leave(&mut self, place: &mut Place<'_>) {
        match place.kind() {
            "Tensor" => {
                let tensor = std::mem::take(&mut self.tensor);
                tensor.check(place);
                self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
                if place.room(self.tensors.len()) {
                    self.tensors.push(tensor);
                }
            }
            "Operator" => {
                self.plan.declared = self.plan.declared.saturating_add(1);
                if place.room(self.plan.operators.len()) {
                    self.plan.operators.push((std::mem::take(&mut self.name), place.open().region));
                }
            }
            "BackendDelegate" if place.room(self.delegates.len()) => {
                self.delegates.push(std::mem::take(&mut self.delegate));
            }
            "NamedData" if place.room(self.named.len()) => self.named.push(std::mem::take(&mut self.entry)),
            "Chain" => {
                self.plan.jump.check(self.plan.instructions.saturating_add(1), "the instruction", place);
            }
            "ExecutionPlan" => self.end_plan(place),
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        let open = place.open();
        match (open.table, field) {
            ("Program", "version") => self.version = value,
            ("Tensor", "scalar_type") => self.tensor.dtype = value,
            ("Tensor", "data_buffer_idx") => self.tensor.data = value,
            ("Tensor", "shape_dynamism") => self.tensor.dynamism = value,
            ("ExtraTensorInfo", "mutable_data_segments_idx") => self.tensor.changing = value,
            ("ExtraTensorInfo", "location") => self.tensor.external = value == 1,
            ("AllocationDetails", field) => self.memory(field, value),
            ("KernelCall", "op_index") => {
                self.plan.operator.to(value, open.region);
                if self.plan.calls.len() < place.budget.limits().facts {
                    let calls = self.plan.calls.entry(value).or_default();
                    *calls = calls.saturating_add(1);
                }
            }
            ("DelegateCall", "delegate_index") => self.plan.delegate.to(value, open.region),
            ("MoveCall" | "FreeCall", _) | ("JumpFalseCall", "cond_value_index") => {
                self.plan.used.to(value, open.region);
            }
            ("JumpFalseCall", "destination_instruction") => self.jump(value, place),
            ("BackendDelegateDataReference", "location") => self.delegate.in_segment = value == 1,
            ("BackendDelegateDataReference", _) => self.delegate.data = value,
            ("DataSegment", "offset") => last(&mut self.segments, |last| last.offset = value),
            ("DataSegment", "size") => last(&mut self.segments, |last| last.size = value),
            ("SubsegmentOffsets", _) => self.offsets(open.field).segment = value,
            ("NamedData", _) => self.entry.segment = value,
            _ => {}
        }
    }

    fn text(&mut self, field: &'static str, value: &str, _: Region, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("ExecutionPlan", "name") if place.room(self.facts.metadata.len()) => {
                self.facts.metadata.push(("method".to_owned(), value.to_owned()));
            }
            ("ExtraTensorInfo", "fully_qualified_name") => value.clone_into(&mut self.tensor.name),
            ("Operator", field) => {
                let [name, overload] = &mut self.name;
                value.clone_into(if field == "name" { name } else { overload });
            }
            ("BackendDelegate", "id") => value.clone_into(&mut self.delegate.id),
            ("NamedData", "key") => value.clone_into(&mut self.entry.key),
            _ => {}
        }
    }

    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {
        let open = place.open();
        match (open.table, field) {
            ("Tensor", "sizes") => {
                let sizes = place.list(size, region);
                self.tensor.sizes = sizes.into_iter().map(|size| (size as u32).cast_signed()).collect();
            }
            ("Tensor", "dim_order") => self.tensor.order = Some(place.list(size, region)),
            ("KernelCall" | "DelegateCall", "args")
            | ("Chain" | "ExecutionPlan", "inputs" | "outputs")
            | ("TensorList" | "IntList", "items") => {
                place.list(size, region).into_iter().for_each(|value| self.plan.used.to(value, region));
            }
            ("OptionalTensorList", "items") => {
                let values = place.list(size, region).into_iter().filter(|value| *value != NONE);
                values.for_each(|value| self.plan.used.to(value, region));
            }
            ("ExecutionPlan", "non_const_buffer_sizes") => self.plan.memories = place.list(size, region),
            ("Buffer", "storage") => last(&mut self.constants, |last| *last = region),
            ("BackendDelegateInlineData", "data") => last(&mut self.inline, |last| *last = region),
            ("SubsegmentOffsets", "offsets") => {
                let offsets = place.list(size, region);
                self.offsets(open.field).list = offsets;
            }
            _ => {}
        }
    }

    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        matches!((place.kind(), field), ("Buffer", "storage") | ("BackendDelegateInlineData", "data"))
    }
}

impl Seen {
    fn memory(&mut self, field: &str, value: u64) {
        let Some((number, offset)) = &mut self.tensor.memory else { return };
        match field {
            "memory_id" => *number = value,
            "memory_offset_low" => *offset |= value,
            _ => *offset |= value << 32,
        }
    }

    /// A jump: to an instruction of its chain, and not to itself, for that one never ends.
    fn jump(&mut self, to: u64, place: &mut Place<'_>) {
        let region = place.open().region;
        self.plan.jump.to(to, region);
        let own = place.path.iter().rev().find(|open| open.table == "Instruction");
        if own.is_some_and(|own| own.index == to) {
            let detail = format!("instruction {to} jumps to itself");
            place.draft.fault(Fault::Bomb, region, detail);
        }
    }

    /// The list of offsets that is open.
    fn offsets(&mut self, field: &str) -> &mut Offsets {
        if field == "mutable_data_segments"
            && let Some(last) = self.changing.last_mut()
        {
            return last;
        }
        &mut self.constant
    }

    /// The entry point that ends: what it calls, and what it refers to.
    fn end_plan(&mut self, place: &mut Place<'_>) {
        let plan = std::mem::take(&mut self.plan);
        plan.used.check(plan.values, "the value", place);
        plan.operator.check(plan.declared, "the operator", place);
        plan.delegate.check(plan.delegates, "the delegate", place);
        let tensors = self.tensors.get(plan.first..).unwrap_or_default();
        for tensor in tensors {
            tensor.fit(&plan.memories, place);
        }
        let memory = plan.memories.iter().fold(0_u128, |all, size| all.saturating_add(u128::from(*size)));
        if memory > LARGEST {
            let detail = format!("the program takes {memory} bytes of memory when it is loaded");
            place.draft.fault(Fault::Bomb, place.open().region, detail);
        }
        for (number, ([name, overload], region)) in (0_u64..).zip(plan.operators) {
            let (domain, name) = name.split_once("::").unwrap_or(("", &name));
            let names = [domain.to_owned(), name.to_owned(), overload];
            let calls = plan.calls.get(&number).copied().unwrap_or(0).max(1);
            if !self.operators.add_many(None, names, region, calls, place.budget.limits().facts) {
                place.draft.too_many();
            }
        }
    }

    fn conclude(mut self, parts: &Parts, place: &mut Place<'_>) -> GraphFacts {
        let segments = parts.settle(&self.segments, place);
        let mut known = Claims::new();
        self.constants(&segments, &mut known, place);
        self.delegates(&segments, &mut known, place);
        by_name(&self.named, &segments, &mut known, place);
        rest("segments", &segments, &known, place);
        rest("constant_buffer", &self.constants, &known, place);
        rest("backend_delegate_data", &self.inline, &known, place);
        let (operators, producer_version) = (self.operators.finish(), self.version.to_string());
        GraphFacts { framework: "executorch", producer_version, operators, ..self.facts }
    }

    /// The data of tensors: in the program, as older ones have it, or in a segment.
    fn constants(&mut self, segments: &[Region], known: &mut Claims, place: &mut Place<'_>) {
        let (mut seen, mut slots) = (HashSet::new(), Vec::new());
        for offsets in self.changing.iter().chain([&self.constant]).filter(|list| !list.list.is_empty()) {
            if usize::try_from(offsets.segment).ok().is_none_or(|number| number >= segments.len()) {
                let detail = format!("data is taken from the missing segment {}", offsets.segment);
                place.draft.fault(Fault::Contradiction, offsets.region, detail);
            }
        }
        for tensor in self.tensors.iter().filter(|tensor| tensor.data > 0 && !tensor.external) {
            let Some(data) = self.data(tensor, segments) else {
                let detail =
                    format!("the tensor `{}` takes the missing data {}", show(&tensor.name), tensor.data);
                place.draft.fault(Fault::Contradiction, tensor.region, detail);
                continue;
            };
            let needed = tensor.needed().unwrap_or(0);
            if needed > u128::from(data.len()) {
                let detail = format!(
                    "the tensor `{}` takes {needed} bytes by its shape, but its data has {}",
                    show(&tensor.name),
                    data.len()
                );
                place.draft.fault(Fault::Contradiction, tensor.region, detail);
                continue;
            }
            let exact = u64::try_from(needed).ok().filter(|needed| *needed > 0).unwrap_or(data.len());
            let (data, end) = (Region::at(data.start, exact), data.end);
            if seen.insert(data) {
                known.claim(data);
                place.data(&tensor.name, data);
                slots.push((data, end, tensor));
            }
            if place.room(self.facts.tensors.len()) {
                let shape = tensor.sizes.iter().map(|size| u64::try_from(*size).unwrap_or(0)).collect();
                let (name, dtype) = (tensor.name.clone(), tensor.dtype());
                self.facts.tensors.push(TensorInfo { name, dtype, shape, data });
            }
        }
        beside(slots, known, place);
    }

    /// Where the data of a tensor lies, up to the end of what it lies in.
    fn data(&self, tensor: &Tensor, segments: &[Region]) -> Option<Region> {
        let number = usize::try_from(tensor.data).ok()?;
        if tensor.memory.is_none() && !self.constants.is_empty() {
            return self.constants.get(number).copied();
        }
        let list = match tensor.memory {
            None => &self.constant,
            Some(_) => self.changing.get(usize::try_from(tensor.changing).ok()?)?,
        };
        let segment = segments.get(usize::try_from(list.segment).ok()?)?;
        let start = segment.start.checked_add(*list.list.get(number)?)?;
        (start <= segment.end).then(|| Region::new(start, segment.end))
    }

    /// What delegates run is inspected whatever it is.
    fn delegates(&mut self, segments: &[Region], known: &mut Claims, place: &mut Place<'_>) {
        let mut seen = HashSet::new();
        for delegate in std::mem::take(&mut self.delegates) {
            let all = if delegate.in_segment { segments } else { self.inline.as_slice() };
            let region = usize::try_from(delegate.data).ok().and_then(|number| all.get(number)).copied();
            if let Some(region) = region {
                if !region.is_empty() && seen.insert(region) {
                    known.claim(region);
                    place.values.stored(&delegate.id, region, None, &mut place.draft);
                }
            } else {
                let detail =
                    format!("the delegate `{}` takes the missing data {}", show(&delegate.id), delegate.data);
                place.draft.fault(Fault::Contradiction, delegate.region, detail);
            }
            let names = [DELEGATE.to_owned(), delegate.id, String::new()];
            if !self.operators.add(None, names, delegate.region, place.budget.limits().facts) {
                place.draft.too_many();
            }
        }
    }
}

/// Data that delegates ask for by name.
pub(super) fn by_name(named: &[Named], segments: &[Region], known: &mut Claims, place: &mut Place<'_>) {
    let (mut keys, mut seen) = (HashSet::new(), HashSet::new());
    for Named { key, segment, region } in named {
        if !keys.insert(key) {
            let detail = format!("two pieces of data are called `{}`", show(key));
            place.draft.fault(Fault::Duplicate, *region, detail);
        }
        let Some(data) = usize::try_from(*segment).ok().and_then(|number| segments.get(number)).copied()
        else {
            let detail = format!("the data `{}` lies in the missing segment {segment}", show(key));
            place.draft.fault(Fault::Contradiction, *region, detail);
            continue;
        };
        if !data.is_empty() && seen.insert(data) {
            known.claim(data);
            place.data(key, data);
        }
    }
}

/// A tensor may take only the beginning of what stands in its place: then all of it is looked at, as what it says.
fn beside(mut slots: Vec<(Region, u64, &Tensor)>, known: &mut Claims, place: &mut Place<'_>) {
    slots.sort_unstable_by_key(|(data, ..)| (data.start, std::cmp::Reverse(data.end)));
    slots.dedup_by_key(|(data, ..)| data.start);
    for (index, (data, end, tensor)) in slots.iter().enumerate() {
        let next = slots.get(index.saturating_add(1)).map_or(*end, |(next, ..)| next.start.min(*end));
        let rest = Region::new(data.end, next);
        if !rest.is_empty() && !is_zero(place.source.as_ref(), rest).unwrap_or(false) {
            let whole = Region::new(data.start, next);
            known.claim(whole);
            place.value(&tensor.name, whole);
            place.value(&tensor.name, rest);
        }
    }
}

/// What nothing refers to is looked at as what it says.
fn rest(list: &str, regions: &[Region], known: &Claims, place: &mut Place<'_>) {
    for (number, region) in regions.iter().enumerate() {
        for gap in known.gaps(*region) {
            if !is_zero(place.source.as_ref(), gap).unwrap_or(false) {
                place.value(&format!("{list}[{number}]"), gap);
            }
        }
    }
}

/// Changes the element that was begun last; there is one whenever a field of it is read.
fn last<T>(all: &mut [T], change: impl FnOnce(&mut T)) {
    if let Some(last) = all.last_mut() {
        change(last);
    }
}
