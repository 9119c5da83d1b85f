//! Puts facts together while the tables are walked.

use std::collections::BTreeSet;

use super::options;
use super::schema::{MODEL, OPERATORS};
use super::tensors::{Buffer, Tensor, settle};
use crate::bounded::Budget;
use crate::draft::{Layout, show};
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::{CodeKind, CodeReference, ExternalData, GraphFacts, Operators};
use crate::node::{Fault, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, is_zero, read_up_to};

/// The only version of the format.
const VERSION: u64 = 3;
/// The number that says an operator has a name instead.
const CUSTOM: u64 = 32;
/// The number up to which the older of the two fields for it goes.
const OLDER: u64 = 127;
/// What a zip archive without members is.
const NO_FILES: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// Bytes of metadata that are kept as a fact.
const LONGEST: usize = 1024;
/// The most that a writer leaves between data behind the model so that it is aligned.
const ALIGNMENT: u64 = 64;
/// Operators of this domain are registered by the program.
const REGISTERED: &str = "tflite.custom";
/// What the names of TensorFlow's operators begin with.
const FLEX: &str = "Flex";
/// A number that is left out, as a signed one.
const NONE: u64 = 0xffff_ffff;

/// What operators are called by: a number in two fields, or a name.
#[derive(Debug, Default)]
struct Code {
    older: u64,
    newer: u64,
    custom: String,
}

/// An operator that is open.
#[derive(Debug, Default)]
struct Node {
    code: u64,
    options: Region,
    /// Where its options lie behind the model, and their length.
    large: (u64, u64),
}

/// Where the data of a tensor lies in another file.
#[derive(Debug, Default)]
struct External {
    id: u64,
    group: u64,
    offset: u64,
    len: u64,
    region: Region,
}

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    version: u64,
    codes: Vec<Code>,
    node: Node,
    subgraphs: u64,
    tensors: Vec<Tensor>,
    /// Tensors of the subgraph that is open, and of each.
    here: u64,
    counts: Vec<u64>,
    buffers: Vec<Buffer>,
    metadata: Vec<(String, u64)>,
    groups: Vec<String>,
    external: Vec<External>,
    /// Subgraphs that subgraphs run, with where this is said; how many an operator must name that it has not named yet.
    calls: BTreeSet<(u64, u64, Region)>,
    unnamed: usize,
    /// The subgraph of the signature that is open, and the tensors that it names.
    signature: (u64, Vec<u64>),
    signatures: Vec<(u64, Vec<u64>, Region)>,
}

/// Reads one model.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let place = Place::new(source, Region::new(0, source.len()), Format::Tflite, budget);
    walk(place, &MODEL, Seen::default(), Seen::conclude)
}

impl Visit for Seen {
    fn enter(&mut self, place: &mut Place<'_>) {
        let region = place.open().region;
        match place.kind() {
            "OperatorCode" => self.codes.push(Code::default()),
            "SubGraph" => (self.subgraphs, self.here) = (self.subgraphs.saturating_add(1), 0),
            "Tensor" => {
                self.here = self.here.saturating_add(1);
                self.tensors.push(Tensor { region, ..Tensor::default() });
            }
            "SparsityParameters" => last(&mut self.tensors, |last| last.sparse = true),
            "Operator" => self.node = Node::default(),
            "Buffer" => self.buffers.push(Buffer::default()),
            "Metadata" => self.metadata.push((String::new(), 0)),
            "ExternalBufferGroup" => self.groups.push(String::new()),
            "ExternalBuffer" => self.external.push(External { region, ..External::default() }),
            "IfOptions" | "WhileOptions" => self.unnamed = 2,
            "CallOptions" | "CallOnceOptions" => self.unnamed = 1,
            "SignatureDef" => self.signature = Default::default(),
            // A tensor that is left out is the first one.
            "TensorMap" => self.signature.1.push(0),
            _ => {}
        }
    }

    fn leave(&mut self, place: &mut Place<'_>) {
        match place.kind() {
            "Operator" => self.operator(place),
            "SubGraph" => self.counts.push(self.here),
            "SignatureDef" => {
                let (graph, tensors) = std::mem::take(&mut self.signature);
                self.signatures.push((graph, tensors, place.open().region));
            }
            "IfOptions" | "WhileOptions" | "CallOptions" | "CallOnceOptions" => {
                (0..self.unnamed).for_each(|_| self.call(0, place));
            }
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("Model", "version") => self.version = value,
            ("OperatorCode", "deprecated_builtin_code") => last(&mut self.codes, |last| last.older = value),
            ("OperatorCode", "builtin_code") => last(&mut self.codes, |last| last.newer = value),
            ("Tensor", "type") => last(&mut self.tensors, |last| last.dtype = value),
            ("Tensor", "buffer") => last(&mut self.tensors, |last| last.buffer = value),
            ("Operator", "opcode_index") => self.node.code = value,
            ("Operator", "large_custom_options_offset") => self.node.large.0 = value,
            ("Operator", "large_custom_options_size") => self.node.large.1 = value,
            ("Buffer", "offset") => last(&mut self.buffers, |last| last.offset = value),
            ("Buffer", "size") => last(&mut self.buffers, |last| last.size = value),
            ("TensorMap", "tensor_index") => {
                last(&mut self.signature.1, |last| *last = value);
            }
            ("SignatureDef", "subgraph_index") => self.signature.0 = value,
            ("Metadata", "buffer") => {
                last(&mut self.metadata, |(_, buffer)| *buffer = value);
            }
            ("ExternalBuffer", field) => self.outside(field, value),
            (_, field) if field == "subgraph" || field.ends_with("subgraph_index") => {
                self.unnamed = self.unnamed.saturating_sub(1);
                self.call(value, place);
            }
            _ => {}
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("Model", "description") => value.clone_into(&mut self.facts.producer),
            ("OperatorCode", "custom_code") => {
                last(&mut self.codes, |last| value.clone_into(&mut last.custom));
            }
            ("Tensor", "name") => last(&mut self.tensors, |last| value.clone_into(&mut last.name)),
            ("Metadata", "name") => {
                last(&mut self.metadata, |(name, _)| value.clone_into(name));
            }
            ("ExternalBufferGroup", "name") => {
                last(&mut self.groups, |name| value.clone_into(name));
            }
            ("StablehloCustomCallOptions", "call_target_name") if place.room(self.facts.code.len()) => {
                let name = value.to_owned();
                self.facts.code.push(CodeReference { kind: CodeKind::Custom, name, region });
            }
            _ => {}
        }
    }

    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("Tensor", "shape") => {
                let shape = place.list(size, region);
                last(&mut self.tensors, |last| {
                    last.shape = shape.iter().map(|number| (*number as u32).cast_signed()).collect();
                });
            }
            ("SubGraph" | "Operator", "inputs" | "outputs" | "intermediates") => {
                let most = self.here;
                // Inputs that are optional are left out by this number.
                let missing = |number: &u64| *number >= most && *number != NONE;
                if let Some(number) = place.list(size, region).into_iter().find(missing) {
                    let detail = format!("`{}.{field}` refers to the missing tensor {number}", place.kind());
                    place.draft.fault(Fault::Contradiction, region, detail);
                }
            }
            ("StablehloCaseOptions", "branch_subgraph_indices") => {
                place.list(size, region).into_iter().for_each(|graph| self.call(graph, place));
            }
            ("Operator", "custom_options") => self.node.options = region,
            ("Buffer", "data") => last(&mut self.buffers, |last| last.data = region),
            _ => {}
        }
    }

    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        matches!((place.kind(), field), ("Buffer", "data"))
    }
}

impl Seen {
    fn outside(&mut self, field: &str, value: u64) {
        last(&mut self.external, |last| match field {
            "id" => last.id = value,
            "group" => last.group = value,
            "offset" => last.offset = value,
            "length" => last.len = value,
            _ => {}
        });
    }

    /// Notes that the open subgraph runs another one.
    fn call(&mut self, graph: u64, place: &mut Place<'_>) {
        let caller = place.path.iter().find(|open| open.table == "SubGraph").map_or(0, |open| open.index);
        if graph != NONE && place.room(self.calls.len()) {
            self.calls.insert((caller, graph, place.open().region));
        }
    }

    /// The operator that ends: what it is, and what its options make of it.
    fn operator(&mut self, place: &mut Place<'_>) {
        let region = place.open().region;
        let node = std::mem::take(&mut self.node);
        let Some(code) = usize::try_from(node.code).ok().and_then(|index| self.codes.get(index)) else {
            let detail = format!("an operator is of the missing kind {}", node.code);
            return place.draft.fault(Fault::Contradiction, region, detail);
        };
        let number = code.older.max(code.newer);
        if code.older > 0 && code.newer > 0 && code.older != code.newer.min(OLDER) {
            let detail =
                format!("an operator is {} for older readers and {} for newer ones", code.older, code.newer);
            place.draft.fault(Fault::Contradiction, region, detail);
        }
        let mut found = Vec::new();
        let custom = code.custom.clone();
        if number != CUSTOM {
            let name = usize::try_from(number).ok().and_then(|number| OPERATORS.get(number).copied());
            found.push(("", name.map_or_else(|| format!("operator {number}"), ToOwned::to_owned)));
        } else if let Some(name) = custom.strip_prefix(FLEX) {
            found.push(("tensorflow", name.to_owned()));
        } else {
            found.push((REGISTERED, custom.clone()));
        }
        let options = large_or_own(&node, region, place);
        if number == CUSTOM && custom.starts_with(FLEX) {
            if let Some(names) = options::operators(place.source, options) {
                found.extend(names.into_iter().map(|name| ("tensorflow", name)));
            } else {
                let name = show(&custom);
                place.broken(region, &format!("what TensorFlow runs as `{name}` cannot be read"));
            }
        }
        found.sort();
        found.dedup();
        for (domain, name) in found {
            let names = [domain.to_owned(), name, String::new()];
            if !self.operators.add(None, names, region, place.budget.limits().facts) {
                place.draft.too_many();
            }
        }
    }

    fn conclude(mut self, place: &mut Place<'_>, end: u64, whole: bool) -> GraphFacts {
        if whole && self.version != VERSION {
            let detail =
                format!("the version of the format is {}, where all models have {VERSION}", self.version);
            place.draft.fault(Fault::Malformed, None, detail);
        }
        self.behind(end, place);
        settle(&self.tensors, &mut self.buffers, &mut self.facts, place);
        self.entries(place);
        self.rest(place);
        self.signatures(place);
        self.circles(place);
        self.elsewhere(place);
        let operators = self.operators.finish();
        let producer_version = self.version.to_string();
        GraphFacts { framework: "tflite", producer_version, operators, ..self.facts }
    }

    /// Data that lies behind the model.
    fn behind(&mut self, end: u64, place: &mut Place<'_>) {
        let (mut layout, mut seen, mut reached) = (Layout::default(), BTreeSet::new(), end);
        for buffer in self.buffers.iter_mut().filter(|buffer| buffer.offset > 1 && buffer.size > 1) {
            if !buffer.data.is_empty() {
                let detail = "a buffer has data in the model and behind it";
                place.draft.fault(Fault::Contradiction, buffer.data, detail);
            }
            buffer.data = Region::at(buffer.offset, buffer.size);
            if buffer.offset < end {
                let detail = format!("the data of a buffer at {} lies in the model itself", buffer.data);
                place.draft.fault(Fault::Overlap, buffer.data, detail);
            } else if seen.insert((buffer.offset, buffer.size)) {
                layout.push(0, buffer.offset, buffer.size, &mut place.draft);
            }
        }
        for extent in layout.settle(&mut place.draft, place.source.len(), Fault::Truncated) {
            let between = Region::new(reached, extent.start);
            if between.len() < ALIGNMENT && is_zero(place.source.as_ref(), between).unwrap_or(false) {
                place.draft.claim(between);
            }
            reached = reached.max(extent.end);
        }
        // Tools that keep no file with the model leave an archive without members.
        let rest = Region::new(place.source.len().saturating_sub(NO_FILES.len() as u64), place.source.len());
        let mut found = read_up_to(place.source.as_ref(), rest.start, NO_FILES.len()).unwrap_or_default();
        // Where its directory would begin: the end of the model, if it is said at all.
        if let Some(place) = found.get_mut(16..20)
            && u64::from(place.iter().rev().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte)))
                == rest.start
        {
            place.fill(0);
        }
        if found == NO_FILES {
            place.draft.claim(rest);
        }
    }

    /// Metadata: its names, and what it says if that is text.
    fn entries(&mut self, place: &mut Place<'_>) {
        for (name, index) in std::mem::take(&mut self.metadata) {
            let buffer = usize::try_from(index).ok().and_then(|index| self.buffers.get_mut(index));
            let Some(buffer) = buffer else {
                let detail = format!("the metadata `{}` refers to the missing buffer {index}", show(&name));
                place.draft.fault(Fault::Contradiction, None, detail);
                continue;
            };
            // Also what a tensor takes for its data: here it is read as what it says.
            buffer.used = true;
            place.value(&name, buffer.data);
            if place.room(self.facts.metadata.len()) {
                let len = usize::try_from(buffer.data.len()).unwrap_or(usize::MAX).min(LONGEST);
                let value = read_up_to(place.source.as_ref(), buffer.data.start, len).unwrap_or_default();
                let text = std::str::from_utf8(&value).unwrap_or("").trim_end_matches('\0');
                self.facts.metadata.push((name, text.to_owned()));
            }
        }
    }

    /// Buffers that nothing takes data from.
    fn rest(&self, place: &mut Place<'_>) {
        for (index, buffer) in self.buffers.iter().enumerate() {
            if !buffer.used && !buffer.data.is_empty() {
                place.value(&format!("buffers[{index}]"), buffer.data);
            }
        }
    }

    fn signatures(&mut self, place: &mut Place<'_>) {
        for (graph, tensors, region) in std::mem::take(&mut self.signatures) {
            let count = usize::try_from(graph).ok().and_then(|graph| self.counts.get(graph)).copied();
            if let Some(missing) =
                tensors.into_iter().find(|tensor| count.is_none_or(|count| *tensor >= count))
            {
                let detail =
                    format!("a signature refers to the missing tensor {missing} of subgraph {graph}");
                place.draft.fault(Fault::Contradiction, region, detail);
            }
        }
    }

    /// Subgraphs that are not there, and those that run themselves: no program that runs such a model comes to an end.
    fn circles(&mut self, place: &mut Place<'_>) {
        for (_, graph, region) in self.calls.iter().filter(|(_, graph, _)| *graph >= self.subgraphs) {
            let detail = format!("an operator runs the missing subgraph {graph}");
            place.draft.fault(Fault::Contradiction, *region, detail);
        }
        // Those that run nothing are taken away until only circles, and what runs them, are left.
        let mut calls: Vec<_> = self.calls.iter().filter(|(_, graph, _)| *graph < self.subgraphs).collect();
        loop {
            let callers: BTreeSet<u64> = calls.iter().map(|(caller, ..)| *caller).collect();
            let before = calls.len();
            calls.retain(|(_, graph, _)| callers.contains(graph));
            if calls.len() == before || place.budget.steps(before as u64).is_err() {
                break;
            }
        }
        if let Some((caller, graph, region)) = calls.first() {
            let detail = format!("subgraph {caller} runs subgraph {graph}, which runs it in turn");
            place.draft.fault(Fault::Bomb, *region, detail);
        }
    }

    /// Data that lies in other files.
    fn elsewhere(&mut self, place: &mut Place<'_>) {
        for external in std::mem::take(&mut self.external) {
            let group = usize::try_from(external.group).ok().and_then(|group| self.groups.get(group));
            if place.room(self.facts.external.len()) {
                self.facts.external.push(ExternalData {
                    base: String::new(),
                    tensor: format!("external buffer {}", external.id),
                    location: group.cloned().unwrap_or_default(),
                    offset: external.offset,
                    length: Some(external.len),
                    region: external.region,
                    ..ExternalData::default()
                });
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

/// Where the options of an operator lie: in the model, or behind it.
fn large_or_own(node: &Node, region: Region, place: &mut Place<'_>) -> Region {
    let (offset, size) = node.large;
    if offset <= 1 || size <= 1 {
        return node.options;
    }
    let options = Region::at(offset, size);
    if options.end > place.source.len() {
        let detail = format!("options of an operator are declared at {options}, where the file has no bytes");
        place.draft.fault(Fault::Truncated, region, detail);
        return node.options;
    }
    place.claim(options);
    place.value("custom_options", options);
    options
}
