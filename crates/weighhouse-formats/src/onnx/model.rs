//! Puts facts together while the message is walked.

use std::collections::{BTreeSet, HashSet};

use super::OnnxFacts;
use super::schema::MODEL;
use super::tensor::Tensor;
use super::text::{HEAD, NOTABLE, Texts};
use crate::bounded::Budget;
use crate::draft::{Draft, hash, head, show};
use crate::format::Format;
use crate::graph::{FunctionInfo, GraphFacts, Operators, UnknownField};
use crate::node::{Facts, Fault, Gap, GapReason, Parsed};
use crate::protobuf::{Event, Field, Message, Stop, Walker, count, numbers};
use crate::region::Region;
use crate::source::SharedSource;

/// Bytes of a name kept as a fact, and beyond which a name is odd.
const KEPT_NAME: usize = 512;
/// Bytes of a metadata value kept as a fact.
const KEPT_VALUE: usize = 4096;
/// Bytes of a path beyond which no system opens it; it is cut there.
const LONGEST_PATH: u64 = 4096;
/// Metadata entries kept.
const MOST_METADATA: usize = 10_000;
/// Operator sets kept: more than there are domains.
const MOST_IMPORTS: usize = 1_000;
/// Bytes of a list of dimensions beyond which it is no such list.
const LONGEST_LIST: u64 = 4096;
/// Graphs within graphs beyond which no exporter goes.
const DEEPEST_GRAPH: usize = 16;

/// A message that is open, and what is known of it so far.
#[derive(Debug)]
enum Open {
    Model,
    Graph { names: HashSet<u64> },
    Node { names: [String; 3], attributes: HashSet<u64> },
    Attribute { name: String, value: Option<&'static str> },
    Tensor(Box<Tensor>),
    Entry { key: String, value: String, region: Region },
    Function { index: usize, info: FunctionInfo },
    Import { domain: String, version: u64 },
    Other,
}

/// Reads one model.
pub(super) struct Reader<'s> {
    source: &'s SharedSource,
    budget: &'s Budget,
    walker: Walker<'s>,
    draft: Draft,
    facts: OnnxFacts,
    /// Each with the field it stands in.
    open: Vec<(&'static str, Open)>,
    operators: Operators,
    texts: Texts,
    function: Option<usize>,
    functions: HashSet<u64>,
    metadata: HashSet<u64>,
    has_graph: bool,
    depth: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s SharedSource, budget: &'s Budget) -> Self {
        Self {
            source,
            budget,
            walker: Walker::new(source, &MODEL, budget),
            draft: Draft::new(Format::Onnx, Facts::Onnx(Box::default())),
            facts: OnnxFacts {
                graph: GraphFacts { framework: "ai.onnx", ..GraphFacts::default() },
                ..OnnxFacts::default()
            },
            open: vec![("", Open::Model)],
            operators: Operators::default(),
            texts: Texts::default(),
            function: None,
            functions: HashSet::new(),
            metadata: HashSet::new(),
            has_graph: false,
            depth: 0,
        }
    }

    pub(super) fn read(mut self) -> Parsed {
        let stopped = self.walk().err();
        let rest = Region::new(self.walker.position().min(self.source.len()), self.source.len());
        self.facts.graph.operators = std::mem::take(&mut self.operators).finish();
        match stopped {
            None => self.check(),
            Some(Stop::Limit(limit)) => {
                let Gap { reason, detail, .. } = limit.into();
                self.draft.gap(reason, rest, detail);
            }
            Some(Stop::Read(error)) => self.draft.gap(GapReason::Unreadable, rest, error.to_string()),
        }
        self.texts.flush(&mut self.draft);
        self.draft.finish(Facts::Onnx(Box::new(self.facts)))
    }

    fn walk(&mut self) -> Result<(), Stop> {
        while let Some(event) = self.walker.next(&mut self.draft)? {
            match event {
                Event::Enter { field, message } => self.enter(field, message),
                Event::Leave { region } => self.leave(region)?,
                Event::Number { field, value } => self.number(field, value),
                Event::Bytes { field, region } => self.bytes(field, region)?,
                Event::Packed { field, region } => self.packed(field, region)?,
                Event::Unknown { message, number, wire, region } => {
                    let unknown = UnknownField { message: message.name, number, wire: wire.name(), region };
                    self.unknown(unknown);
                }
            }
        }
        Ok(())
    }

    /// Whether one more fact of a kind may be kept.
    fn room(&mut self, kept: usize) -> bool {
        self.draft.room(kept, self.budget)
    }

    fn enter(&mut self, field: &'static Field, message: &'static Message) {
        self.attribute_value(field.name);
        let open = match message.name {
            "GraphProto" => {
                self.has_graph |= self.depth == 0 && field.name == "graph";
                self.depth = self.depth.saturating_add(1);
                self.facts.graphs = self.facts.graphs.saturating_add(1);
                self.facts.graph_depth = self.facts.graph_depth.max(self.depth);
                Open::Graph { names: HashSet::new() }
            }
            "NodeProto" => Open::Node { names: Default::default(), attributes: HashSet::new() },
            "AttributeProto" => Open::Attribute { name: String::new(), value: None },
            "TensorProto" => Open::Tensor(Box::default()),
            "StringStringEntryProto" => {
                Open::Entry { key: String::new(), value: String::new(), region: Region::default() }
            }
            "FunctionProto" => self.open_function(),
            "OperatorSetIdProto" => Open::Import { domain: String::new(), version: 0 },
            "Segment" => {
                if let Some((_, Open::Tensor(tensor))) = self.open.last_mut() {
                    tensor.segment();
                }
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push((field.name, open));
    }

    fn open_function(&mut self) -> Open {
        let index = self.facts.graph.functions.len();
        if self.room(index) {
            self.facts.graph.functions.push(FunctionInfo::default());
        }
        self.function = Some(index);
        Open::Function { index, info: FunctionInfo::default() }
    }

    /// An attribute has one value; which of several counts depends on the reader.
    fn attribute_value(&mut self, field: &'static str) {
        if matches!(field, "name" | "doc_string" | "type" | "ref_attr_name") {
            return;
        }
        if let Some((_, Open::Attribute { name, value })) = self.open.last_mut()
            && value.replace(field).is_some_and(|before| before != field)
        {
            let detail = format!("the attribute `{}` has values of several types", show(name));
            self.draft.fault(Fault::Contradiction, None, detail);
        }
    }

    fn number(&mut self, field: &'static Field, value: u64) {
        self.attribute_value(field.name);
        match self.open.last_mut() {
            Some((_, Open::Tensor(tensor))) => tensor.number(field.name, value),
            Some((_, Open::Import { version, .. })) => *version = value,
            Some((_, Open::Model)) if field.name == "ir_version" => self.facts.ir_version = Some(value),
            _ => {}
        }
    }

    fn packed(&mut self, field: &'static Field, region: Region) -> Result<(), Stop> {
        self.attribute_value(field.name);
        let Some((_, Open::Tensor(_))) = self.open.last() else { return Ok(()) };
        if field.name == "dims" {
            let list = self.walker.head(Region::at(region.start, region.len().min(LONGEST_LIST)), HEAD)?;
            let dims = numbers(&list).filter(|_| region.len() <= LONGEST_LIST);
            if dims.is_none() {
                self.draft.fault(Fault::Malformed, region, "the dimensions of a tensor are damaged");
            }
            if let Some((_, Open::Tensor(tensor))) = self.open.last_mut() {
                dims.into_iter().flatten().for_each(|size| tensor.dimension(size));
            }
            return Ok(());
        }
        let found = match field.name {
            "float_data" => fixed(region, 4),
            "double_data" => fixed(region, 8),
            _ => count(self.source.as_ref(), region, self.budget)?,
        };
        if let Some((_, Open::Tensor(tensor))) = self.open.last_mut() {
            tensor.add(field.name, found);
        }
        Ok(())
    }

    fn bytes(&mut self, field: &'static Field, region: Region) -> Result<(), Stop> {
        self.attribute_value(field.name);
        if let Some((_, Open::Tensor(tensor))) = self.open.last_mut() {
            match field.name {
                "raw_data" => {
                    tensor.raw(region);
                    return Ok(());
                }
                "string_data" => tensor.add(field.name, Some(1)),
                _ => {}
            }
        }
        match field.name {
            "doc_string" | "s" | "strings" | "string_data" => return self.look(field.name, region),
            "value" => return self.entry_value(region),
            _ => {}
        }
        let longest = KEPT_NAME as u64;
        if region.len() > longest {
            let detail = format!("a `{}` of {} bytes stands in the model", field.name, region.len());
            self.draft.fault(Fault::Unusual, region, detail);
            self.look(field.name, region)?;
        }
        // Names of values and nodes are many and say nothing.
        if !matches!(field.name, "input" | "output" | "dim_param") {
            self.name(field.name, region)?;
        }
        Ok(())
    }

    /// Keeps a name where its message needs it.
    fn name(&mut self, field: &str, region: Region) -> Result<(), Stop> {
        let Some((_, open)) = self.open.last_mut() else { return Ok(()) };
        let place = match (open, field) {
            (Open::Model, "producer_name") => &mut self.facts.graph.producer,
            (Open::Model, "producer_version") => &mut self.facts.graph.producer_version,
            (Open::Model, "domain") => &mut self.facts.domain,
            (Open::Node { names: [domain, ..], .. }, "domain") => domain,
            (Open::Node { names: [_, op_type, _], .. }, "op_type") => op_type,
            (Open::Node { names: [.., overload], .. }, "overload") => overload,
            (Open::Attribute { name, .. }, "name") => name,
            (Open::Tensor(tensor), "name") => &mut tensor.name,
            (Open::Entry { key, .. }, "key") => key,
            (Open::Function { info, .. }, "name") => &mut info.name,
            (Open::Function { info, .. }, "domain") => &mut info.domain,
            (Open::Function { info, .. }, "overload") => &mut info.overload,
            (Open::Import { domain, .. }, "domain") => domain,
            _ => return Ok(()),
        };
        let bytes = self.walker.head(region, KEPT_NAME)?;
        if std::str::from_utf8(&bytes).is_err() && region.len() <= KEPT_NAME as u64 {
            self.draft.fault(Fault::Malformed, region, format!("a `{field}` is not valid UTF-8"));
        }
        let name = String::from_utf8_lossy(&bytes);
        // Two names that differ behind the cut are two names.
        let cut = region.len() > KEPT_NAME as u64;
        *place = if cut { format!("{name}… at {}", region.start) } else { name.into_owned() };
        Ok(())
    }

    fn entry_value(&mut self, place: Region) -> Result<(), Stop> {
        let bytes = self.walker.head(place, KEPT_VALUE)?;
        if let Some((_, Open::Entry { value, region, .. })) = self.open.last_mut() {
            head(&String::from_utf8_lossy(&bytes), KEPT_VALUE).clone_into(value);
            *region = place;
        }
        Ok(())
    }

    /// Looks at a text that no runtime looks at.
    fn look(&mut self, name: &str, region: Region) -> Result<(), Stop> {
        if region.len() < NOTABLE {
            return Ok(());
        }
        let bytes = self.walker.head(region, HEAD)?;
        let attribute = match self.open.last() {
            Some((_, Open::Attribute { name, .. })) => name.as_str(),
            _ => name,
        };
        self.texts.look(attribute, &bytes, region, self.source, &mut self.draft);
        Ok(())
    }

    fn unknown(&mut self, unknown: UnknownField) {
        if !unknown.region.is_empty() && unknown.wire == "LEN" {
            let name = format!("{}.{}", unknown.message, unknown.number);
            self.texts.stored(&name, unknown.region, None, &mut self.draft);
        }
        if self.room(self.facts.graph.unknown.len()) {
            self.facts.graph.unknown.push(unknown);
        }
    }

    fn leave(&mut self, region: Region) -> Result<(), Stop> {
        let Some((field, open)) = self.open.pop() else { return Ok(()) };
        match open {
            Open::Graph { .. } => {
                if self.depth == DEEPEST_GRAPH.saturating_add(1) {
                    let detail = format!("graphs are nested more than {DEEPEST_GRAPH} deep");
                    self.draft.fault(Fault::Unusual, region, detail);
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Open::Node { names, .. } => {
                let most = self.budget.limits().facts;
                if !self.operators.add(self.function, names, region, most) {
                    self.draft.too_many();
                }
            }
            Open::Attribute { name, .. } => self.attribute(&name, region),
            Open::Tensor(tensor) => self.tensor(*tensor, field, region),
            Open::Entry { key, value, region: place } => self.entry(field, key, value, place)?,
            Open::Function { index, info } => self.close_function(index, FunctionInfo { region, ..info }),
            Open::Import { domain, version } => self.import(domain, version, region),
            Open::Model | Open::Other => {}
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, region: Region) {
        let most = self.budget.limits().facts;
        if let Some((_, Open::Node { attributes, .. })) = self.open.last_mut() {
            once(attributes, "a node has the attribute", name, region, most, &mut self.draft);
        }
    }

    fn tensor(&mut self, tensor: Tensor, field: &str, region: Region) {
        let label = self.open.iter().rev().find_map(|(_, open)| match open {
            Open::Attribute { name, .. } => Some(name.as_str()),
            _ => None,
        });
        let concluded = tensor.conclude(label.unwrap_or(field), region, &mut self.draft);
        let info = concluded.info;
        let most = self.budget.limits().facts;
        if field == "initializer"
            && let Some((_, Open::Graph { names })) = self.open.last_mut()
        {
            once(names, "a graph has the initialiser", &info.name, region, most, &mut self.draft);
        }
        if let Some(bytes) = concluded.bytes.filter(|bytes| bytes.len() >= NOTABLE) {
            self.tensor_bytes(&info.name, bytes);
        }
        if let Some(external) = concluded.external
            && self.room(self.facts.graph.external.len())
        {
            self.facts.graph.external.push(external);
        }
        self.facts.graph.tensor_count = self.facts.graph.tensor_count.saturating_add(1);
        if self.room(self.facts.graph.tensors.len()) {
            self.facts.graph.tensors.push(info);
        }
    }

    /// Elements of one byte may be a file: what has a structure of its own is looked at.
    fn tensor_bytes(&mut self, name: &str, region: Region) {
        let slice = crate::source::Slice::new(SharedSource::clone(self.source), region);
        let slice: SharedSource = std::sync::Arc::new(slice);
        let certain = crate::identify::identify("", &slice).into_iter().any(|candidate| {
            candidate.strength == crate::node::Strength::Certain && candidate.format != Format::Empty
        });
        if certain {
            self.texts.stored(&format!("tensor {name}"), region, None, &mut self.draft);
        }
    }

    fn entry(&mut self, field: &str, key: String, value: String, place: Region) -> Result<(), Stop> {
        match (field, self.open.last_mut()) {
            ("external_data", Some((_, Open::Tensor(tensor)))) => {
                if place.len() > LONGEST_PATH {
                    let detail = format!(
                        "an entry about external data of {} bytes is longer than any path",
                        place.len()
                    );
                    self.draft.fault(Fault::Malformed, place, detail);
                }
                if !tensor.entry(key, value) {
                    self.draft.fault(Fault::Malformed, place, "a tensor has too many entries about its data");
                }
                return Ok(());
            }
            ("metadata_props", Some((_, Open::Model))) => {
                let most = self.budget.limits().facts;
                once(&mut self.metadata, "the metadata has the key", &key, place, most, &mut self.draft);
                if self.facts.graph.metadata.len() < MOST_METADATA {
                    self.facts.graph.metadata.push((key.clone(), value));
                } else {
                    self.draft.too_many();
                }
            }
            _ => {}
        }
        self.look(&key, place)
    }

    fn close_function(&mut self, index: usize, info: FunctionInfo) {
        self.function = None;
        let identity = [info.domain.as_str(), &info.name, &info.overload].join(":");
        let most = self.budget.limits().facts;
        once(
            &mut self.functions,
            "the model has the function",
            &identity,
            info.region,
            most,
            &mut self.draft,
        );
        if let Some(place) = self.facts.graph.functions.get_mut(index) {
            *place = info;
        }
    }

    /// Imports of the model; those of functions say the same about their bodies.
    fn import(&mut self, domain: String, version: u64, region: Region) {
        if !matches!(self.open.last(), Some((_, Open::Model))) {
            return;
        }
        if self.facts.imports.len() >= MOST_IMPORTS {
            return self.draft.too_many();
        }
        if self.facts.imports.iter().any(|(known, other)| *known == domain && *other != version) {
            let detail = format!("the operator set `{}` is imported in two versions", show(&domain));
            self.draft.fault(Fault::Duplicate, region, detail);
        }
        self.facts.imports.push((domain, version));
    }

    /// What a whole model has.
    fn check(&mut self) {
        let end = Region::at(self.source.len(), 0);
        let version = self.facts.ir_version;
        if !version.is_some_and(|version| (1..=64).contains(&version)) {
            self.draft.fault(Fault::Malformed, None, "there is no version of the format");
        }
        if !self.has_graph && self.facts.graph.functions.is_empty() {
            self.draft.fault(Fault::Truncated, end, "the file ends before there is a graph");
        }
        if self.facts.imports.is_empty() && version.is_none_or(|version| version >= 3) {
            self.draft.fault(Fault::Truncated, end, "the file ends before any operator set is imported");
        } else {
            self.check_domains();
        }
    }

    /// Graphs use the domains that the model imports; readers refuse others, and a cut model may lack some.
    fn check_domains(&mut self) {
        let imports: BTreeSet<&str> = self.facts.imports.iter().map(|(domain, _)| written(domain)).collect();
        let graphs = self.facts.graph.operators.iter().filter(|used| used.function.is_none());
        let used: BTreeSet<&str> = graphs.map(|used| written(&used.domain)).collect();
        for domain in used.difference(&imports) {
            let detail =
                format!("operators of `{}` are used, whose operator set is not imported", show(domain));
            self.draft.fault(Fault::Malformed, None, detail);
        }
    }
}

/// Reports a name that is there twice, as far as so many are remembered.
fn once(seen: &mut HashSet<u64>, what: &str, name: &str, region: Region, most: usize, draft: &mut Draft) {
    if seen.len() >= most {
        draft.too_many();
    } else if !seen.insert(hash(name.as_bytes())) {
        draft.fault(Fault::Duplicate, region, format!("{what} `{}` twice", show(name)));
    }
}

/// The domain, under the name that the empty one stands for.
fn written(domain: &str) -> &str {
    if domain.is_empty() { "ai.onnx" } else { domain }
}

/// How many numbers of a fixed size stand in a region.
fn fixed(region: Region, size: u64) -> Option<u64> {
    region.len().is_multiple_of(size).then(|| region.len() / size)
}
