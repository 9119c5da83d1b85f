//! Puts facts together while a message is walked.

use std::collections::HashSet;

use super::flow::{self, Flow, ScopeId, source_of};
use super::tensor::{STRING, Tensor};
use super::uses;
use crate::bounded::Budget;
use crate::draft::{Draft, hash, head, show};
use crate::format::Format;
use crate::graph::{FileReference, FunctionInfo, GraphFacts, Operators, UnknownField};
use crate::node::{Child, Content, Facts, Fault, Gap, GapReason, Parsed};
use crate::protobuf::{Event, Field, Message, Stop, Walker, numbers};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{HEAD, NOTABLE, Texts};

/// Bytes of a name kept as a fact.
const KEPT_NAME: usize = 512;
/// Bytes of a list of dimensions beyond which it is no such list.
const LONGEST_LIST: u64 = 4096;
/// Metadata entries kept.
const MOST_METADATA: usize = 10_000;
/// Texts of one attribute that are kept until its operator is known.
const MOST_TEXTS: usize = 64;
/// Bytes of a text that may be the name of a file.
const LONGEST_PATH: usize = 4096;
/// Inputs of one node.
const MOST_INPUTS: usize = 100_000;
/// Configurations of Keras handed on.
const MOST_OBJECTS: usize = 20_000;

/// An attribute of a node, as far as it says what flows where.
#[derive(Debug, Default)]
struct Attribute {
    key: String,
    texts: Vec<(String, Region)>,
    /// Texts of tensors in it.
    values: Vec<(String, Region)>,
    functions: Vec<String>,
    is_text: bool,
}

/// A node being read.
#[derive(Debug, Default)]
struct Node {
    name: String,
    op: String,
    inputs: Vec<u64>,
    attributes: Vec<Attribute>,
}

/// A message that is open, and what is known of it so far.
#[derive(Debug)]
enum Open {
    MetaGraph,
    MetaInfo,
    Function { index: usize, scope: ScopeId, name: String, arguments: Vec<String> },
    Signature,
    Argument { name: String },
    Node(Box<Node>),
    Attribute(Box<Attribute>),
    Tensor(Box<Tensor>),
    Asset { tensor: String, filename: String },
    Collection { key: String },
    Other,
}

/// Reads one file.
pub(super) struct Reader<'s> {
    source: &'s SharedSource,
    budget: &'s Budget,
    walker: Walker<'s>,
    draft: Draft,
    facts: GraphFacts,
    /// Each with its message and the field it stands in.
    open: Vec<(&'static str, &'static str, Open)>,
    operators: Operators,
    texts: Texts,
    flow: Flow,
    /// Meta graphs begun, and the scope of the graph in the last one.
    meta: usize,
    main: ScopeId,
    function: Option<usize>,
    functions: HashSet<(usize, u64)>,
    objects: usize,
    /// Whether the versions of the last graph were there, which stand at its end.
    has_versions: bool,
}

impl<'s> Reader<'s> {
    pub(super) fn new(
        format: Format,
        root: &'static Message,
        source: &'s SharedSource,
        budget: &'s Budget,
    ) -> Self {
        let mut flow = Flow::new(budget.limits().facts);
        let main = flow.scope();
        Self {
            source,
            budget,
            walker: Walker::new(source, root, budget),
            draft: Draft::new(format, Facts::Graph(Box::default())),
            facts: GraphFacts {
                framework: "tensorflow",
                producer: "tensorflow".to_owned(),
                ..GraphFacts::default()
            },
            open: vec![(
                root.name,
                "",
                if root.name == "MetaGraphDef" { Open::MetaGraph } else { Open::Other },
            )],
            operators: Operators::default(),
            texts: Texts::default(),
            flow,
            meta: 0,
            main,
            function: None,
            functions: HashSet::new(),
            objects: 0,
            has_versions: root.name != "GraphDef",
        }
    }

    pub(super) fn read(mut self) -> Parsed {
        let stopped = self.walk().err();
        let rest = Region::new(self.walker.position().min(self.source.len()), self.source.len());
        self.facts.operators = std::mem::take(&mut self.operators).finish();
        self.follow();
        match stopped {
            None if !self.has_versions => {
                let detail = "the graph ends before it says for which versions it is written";
                self.draft.fault(Fault::Truncated, Region::at(self.source.len(), 0), detail);
            }
            None => {}
            Some(Stop::Limit(limit)) => {
                let Gap { reason, detail, .. } = limit.into();
                self.draft.gap(reason, rest, detail);
            }
            Some(Stop::Read(error)) => self.draft.gap(GapReason::Unreadable, rest, error.to_string()),
        }
        self.texts.flush(&mut self.draft);
        self.draft.finish(Facts::Graph(Box::new(self.facts)))
    }

    /// What flows into the inputs that are names.
    fn follow(&mut self) {
        let flow = std::mem::replace(&mut self.flow, Flow::new(0));
        match flow.files(self.budget) {
            Ok((files, full)) => {
                self.facts.files.extend(files);
                if full {
                    self.draft.too_many();
                }
            }
            Err(limit) => {
                let Gap { reason, detail, .. } = limit.into();
                self.draft.gap(reason, None, detail);
            }
        }
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
                    self.unknown(UnknownField { message: message.name, number, wire: wire.name(), region });
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
        self.has_versions |= field.name == "versions";
        let in_function = matches!(self.open.last(), Some((.., Open::Function { .. })));
        let open = match message.name {
            "MetaGraphDef" => {
                if self.meta > 0 || !self.facts.operators.is_empty() {
                    self.main = self.flow.scope();
                }
                self.meta = self.meta.saturating_add(1);
                Open::MetaGraph
            }
            "MetaInfoDef" => Open::MetaInfo,
            "FunctionDef" => {
                let index = self.facts.functions.len();
                if self.room(index) {
                    self.facts.functions.push(FunctionInfo::default());
                }
                self.function = Some(index);
                let scope = self.flow.scope();
                Open::Function { index, scope, name: String::new(), arguments: Vec::new() }
            }
            "OpDef" if in_function => Open::Signature,
            "ArgDef" if field.name == "input_arg" => Open::Argument { name: String::new() },
            "NodeDef" => Open::Node(Box::default()),
            "AttrEntry" => Open::Attribute(Box::default()),
            "TensorProto" => Open::Tensor(Box::default()),
            "AssetFileDef" => Open::Asset { tensor: String::new(), filename: String::new() },
            "Dim" => {
                // One of no size is written as a message of nothing.
                if let [.., (.., Open::Tensor(tensor)), (_, "tensor_shape", _)] = self.open.as_mut_slice() {
                    tensor.dimension(0);
                }
                Open::Other
            }
            "CollectionDefEntry" => Open::Collection { key: String::new() },
            _ => Open::Other,
        };
        self.open.push((message.name, field.name, open));
    }

    fn message(&self) -> &'static str {
        self.open.last().map_or("", |(message, ..)| message)
    }

    /// The innermost open attribute.
    fn attribute(&mut self) -> Option<&mut Attribute> {
        self.open.iter_mut().rev().find_map(|(.., open)| match open {
            Open::Attribute(attribute) => Some(attribute.as_mut()),
            _ => None,
        })
    }

    fn tensor(&mut self) -> Option<&mut Tensor> {
        self.open.iter_mut().rev().take(3).find_map(|(.., open)| match open {
            Open::Tensor(tensor) => Some(tensor.as_mut()),
            _ => None,
        })
    }

    fn number(&mut self, field: &'static Field, value: u64) {
        match (self.message(), field.name) {
            ("GraphDef", "version") => self.has_versions = true,
            ("AttrValue" | "ListValue", "type") => {
                if let Some(attribute) = self.attribute() {
                    attribute.is_text |= value % 100 == STRING;
                }
            }
            ("TensorProto", "dtype") => {
                if let Some(tensor) = self.tensor() {
                    tensor.dtype = value & 0xffff_ffff;
                }
            }
            ("Dim", "size") => {
                // The dimensions of the tensor itself, not of a handle in it.
                if let [.., (.., Open::Tensor(tensor)), (_, "tensor_shape", _), _] = self.open.as_mut_slice()
                    && let Some(last) = tensor.dims.last_mut()
                {
                    *last = value;
                }
            }
            ("TensorProto", _) => {
                if let Some(tensor) = self.tensor() {
                    tensor.values = tensor.values.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    fn packed(&mut self, field: &'static Field, region: Region) -> Result<(), Stop> {
        match (self.message(), field.name) {
            ("ListValue", "type") => {
                let list =
                    self.walker.head(Region::at(region.start, region.len().min(LONGEST_LIST)), HEAD)?;
                let found = numbers(&list).is_none_or(|types| types.iter().any(|code| code % 100 == STRING));
                if let Some(attribute) = self.attribute() {
                    attribute.is_text |= found || region.len() > LONGEST_LIST;
                }
            }
            ("TensorProto", _) => {
                if let Some(tensor) = self.tensor() {
                    tensor.values = tensor.values.saturating_add(region.len());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn bytes(&mut self, field: &'static Field, region: Region) -> Result<(), Stop> {
        match (self.message(), field.name) {
            ("TensorProto", "tensor_content" | "float8_val") => {
                if let Some(tensor) = self.tensor() {
                    tensor.content = Some(region);
                }
                Ok(())
            }
            ("TensorProto", "string_val") => self.string_value(region),
            ("AttrValue" | "ListValue", "s") => {
                let bytes = self.walker.head(region, LONGEST_PATH)?;
                if let Some(attribute) = self.attribute().filter(|kept| kept.texts.len() < MOST_TEXTS) {
                    attribute.texts.push((String::from_utf8_lossy(&bytes).into_owned(), region));
                }
                self.look(region)
            }
            ("SavedUserObject" | "KerasObject", "metadata") => self.object(region),
            (
                _,
                "value" | "string_value" | "code" | "summary" | "description" | "explanation" | "type_url",
            )
            | ("VariantTensorDataProto", "metadata") => self.look(region),
            (message, name) => {
                if region.len() > KEPT_NAME as u64 {
                    self.look(region)?;
                }
                self.name(message, name, region)
            }
        }
    }

    fn string_value(&mut self, region: Region) -> Result<(), Stop> {
        if region.len() <= LONGEST_PATH as u64 {
            let bytes = self.walker.head(region, LONGEST_PATH)?;
            if let Some(tensor) = self.tensor() {
                let text = String::from_utf8_lossy(&bytes);
                // Of many only those that may be a path of their own.
                let wanted = tensor.values == 0 || uses::fixes_a_place(&text);
                if wanted && tensor.texts.len() < MOST_TEXTS {
                    tensor.texts.push((text.into_owned(), region));
                }
            }
        }
        if let Some(tensor) = self.tensor() {
            tensor.values = tensor.values.saturating_add(1);
        }
        self.look(region)
    }

    /// A configuration of Keras, as JSON.
    fn object(&mut self, region: Region) -> Result<(), Stop> {
        if region.len() <= 2 {
            return self.look(region);
        }
        if self.objects >= MOST_OBJECTS {
            self.draft.too_many();
            return Ok(());
        }
        self.objects = self.objects.saturating_add(1);
        let content = Content::Stored { region, crc32: None };
        self.draft.child(Child {
            name: format!("metadata@{}", region.start),
            content,
            known: Some(Format::Json),
        });
        Ok(())
    }

    /// Keeps a name where its message needs it.
    fn name(&mut self, message: &str, field: &str, region: Region) -> Result<(), Stop> {
        let wanted = matches!(
            (message, field),
            ("NodeDef", "name" | "op" | "input")
                | ("AttrEntry" | "CollectionDefEntry", "key")
                | ("OpDef" | "ArgDef" | "NameAttrList" | "TensorInfo", "name")
                | ("MetaInfoDef", "tensorflow_version" | "tags")
                | ("AssetFileDef", "filename")
                | ("SaverDef", "filename_tensor_name")
        );
        if !wanted {
            return Ok(());
        }
        let bytes = self.walker.head(region, LONGEST_PATH)?;
        if std::str::from_utf8(&bytes).is_err() && region.len() <= LONGEST_PATH as u64 {
            self.draft.fault(Fault::Malformed, region, format!("a `{field}` is not valid UTF-8"));
        }
        let mut name = String::from_utf8_lossy(&bytes).into_owned();
        // Two names that differ behind the cut are two names.
        if region.len() > LONGEST_PATH as u64 {
            name = format!("{}… at {}", head(&name, KEPT_NAME), region.start);
        }
        self.keep(message, field, name);
        Ok(())
    }

    fn keep(&mut self, message: &str, field: &str, name: String) {
        let main = self.main;
        match (self.open.last_mut().map(|(.., open)| open), field) {
            (Some(Open::Node(node)), "name") => node.name = name,
            (Some(Open::Node(node)), "op") => node.op = name,
            (Some(Open::Node(node)), "input") if node.inputs.len() < MOST_INPUTS => {
                node.inputs.extend(source_of(&name));
            }
            (Some(Open::Attribute(attribute)), "key") => attribute.key = name,
            (Some(Open::Collection { key }), "key") => *key = name,
            (Some(Open::Argument { name: argument }), "name") => *argument = name,
            (Some(Open::Asset { filename, .. }), "filename") => *filename = name,
            (Some(Open::MetaInfo), _) => self.meta_info(field, &name),
            (Some(Open::Signature), "name") => {
                if let [.., (.., Open::Function { name: function, .. }), _] = self.open.as_mut_slice() {
                    *function = name;
                }
            }
            _ if message == "NameAttrList" => {
                if let Some(attribute) = self.attribute().filter(|kept| kept.functions.len() < MOST_TEXTS) {
                    attribute.functions.push(name);
                }
            }
            _ if message == "TensorInfo" => {
                if let [.., (.., Open::Asset { tensor, .. }), _] = self.open.as_mut_slice() {
                    *tensor = name;
                }
            }
            _ if message == "SaverDef" => self.flow.feed(main, &name),
            _ => {}
        }
    }

    fn meta_info(&mut self, field: &str, name: &str) {
        if field == "tensorflow_version" {
            head(name, KEPT_NAME).clone_into(&mut self.facts.producer_version);
        } else {
            self.note("tag", name);
        }
    }

    fn note(&mut self, key: &str, value: &str) {
        if self.facts.metadata.len() < MOST_METADATA {
            self.facts.metadata.push((key.to_owned(), head(value, KEPT_NAME).to_owned()));
        } else {
            self.draft.too_many();
        }
    }

    /// Looks at a value that no runtime looks at.
    fn look(&mut self, region: Region) -> Result<(), Stop> {
        if region.len() < NOTABLE {
            return Ok(());
        }
        let bytes = self.walker.head(region, HEAD)?;
        let name = self.open.iter().rev().find_map(|(.., open)| match open {
            Open::Attribute(attribute) => Some(attribute.key.as_str()),
            Open::Collection { key } => Some(key.as_str()),
            _ => None,
        });
        let name = name.unwrap_or_else(|| self.open.last().map_or("", |(message, ..)| message));
        self.texts.look(name, &bytes, region, self.source, &mut self.draft);
        Ok(())
    }

    fn unknown(&mut self, unknown: UnknownField) {
        if !unknown.region.is_empty() && unknown.wire == "LEN" {
            let name = format!("{}.{}", unknown.message, unknown.number);
            self.texts.stored(&name, unknown.region, None, &mut self.draft);
        }
        if self.room(self.facts.unknown.len()) {
            self.facts.unknown.push(unknown);
        }
    }

    fn leave(&mut self, region: Region) -> Result<(), Stop> {
        let Some((_, _, open)) = self.open.pop() else { return Ok(()) };
        match open {
            Open::Node(node) => self.close_node(*node, region),
            Open::Attribute(attribute) => self.close_attribute(*attribute),
            Open::Tensor(tensor) => return self.close_tensor(*tensor, region),
            Open::Argument { name } => {
                if let [.., (.., Open::Function { arguments, .. }), (.., Open::Signature)] =
                    self.open.as_mut_slice()
                    && arguments.len() < MOST_INPUTS
                {
                    arguments.push(name);
                }
            }
            Open::Function { index, scope, name, arguments } => {
                self.close_function(index, scope, name, &arguments, region);
            }
            Open::Asset { tensor, filename } => self.close_asset(&tensor, &filename, region),
            Open::Collection { key } => self.note("collection", &key),
            Open::MetaGraph | Open::MetaInfo | Open::Signature | Open::Other => {}
        }
        Ok(())
    }

    /// What an attribute of a node holds is kept until its operator is known; one within another adds to that.
    fn close_attribute(&mut self, attribute: Attribute) {
        if let Some((.., Open::Node(node))) = self.open.last_mut() {
            if node.attributes.len() < MOST_INPUTS {
                node.attributes.push(attribute);
            }
        } else if let Some(outer) = self.attribute() {
            outer.is_text |= attribute.is_text;
            let room = MOST_TEXTS.saturating_sub(outer.functions.len());
            outer.functions.extend(attribute.functions.into_iter().take(room));
        }
    }

    fn close_tensor(&mut self, mut tensor: Tensor, region: Region) -> Result<(), Stop> {
        let node = self.open.iter().rev().find_map(|(.., open)| match open {
            Open::Node(node) => Some(node.name.as_str()),
            _ => None,
        });
        let info = tensor.conclude(node.unwrap_or("tensor"), region, &mut self.draft);
        if let Some(content) = tensor.content {
            if tensor.dtype == STRING {
                let count = tensor.dims.iter().try_fold(1_u64, |all, size| all.checked_mul(*size));
                let bytes = self.walker.head(content, HEAD)?;
                let texts = super::tensor::texts(&bytes, content.start, count.unwrap_or(0));
                tensor.texts.extend(texts.unwrap_or_default());
                self.look(content)?;
            } else if matches!(tensor.dtype, 4 | 6) {
                self.tensor_bytes(&info.name, content);
            }
        }
        if let Some(attribute) = self.attribute() {
            attribute.is_text |= tensor.dtype == STRING;
            let room = MOST_TEXTS.saturating_sub(attribute.values.len());
            attribute.values.extend(tensor.texts.into_iter().take(room));
        }
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        if self.room(self.facts.tensors.len()) {
            self.facts.tensors.push(info);
        }
        Ok(())
    }

    /// Elements of one byte may be a file: what has a structure of its own is looked at.
    fn tensor_bytes(&mut self, name: &str, region: Region) {
        if region.len() >= NOTABLE {
            let name = format!("tensor {}", show(name));
            self.texts.numbers(&name, region, self.source, &mut self.draft);
        }
    }

    fn scope(&self) -> ScopeId {
        let function = self.open.iter().rev().find_map(|(.., open)| match open {
            Open::Function { scope, .. } => Some(*scope),
            _ => None,
        });
        function.unwrap_or(self.main)
    }

    fn close_node(&mut self, node: Node, region: Region) {
        let Node { name, op, inputs, attributes } = node;
        let scope = self.scope();
        for used in uses::inputs(&op) {
            self.flow.sink(scope, &inputs, *used, region);
        }
        for attribute in &attributes {
            for (text, place) in &attribute.texts {
                if let Some((purpose, written, path)) = uses::attribute(&op, &attribute.key, text)
                    && self.room(self.facts.files.len())
                {
                    let path = path.to_owned();
                    self.facts.files.push(FileReference { path, purpose, written, region: *place });
                }
            }
            let exact =
                matches!(op.as_str(), "PartitionedCall" | "StatefulPartitionedCall" | "TPUPartitionedCall");
            for function in &attribute.functions {
                self.flow.call(scope, self.meta, function, &inputs, exact);
            }
        }
        // Functions may be called by their names in place of operators.
        if !op.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.flow.call(scope, self.meta, &op, &inputs, true);
        }
        let is_text = attributes.iter().any(|attribute| attribute.is_text || !attribute.functions.is_empty());
        if is_text || uses::handles_texts(&op) {
            let texts = attributes.into_iter().flat_map(|attribute| attribute.values).collect();
            self.flow.node(scope, &name, flow::Node { inputs, texts, fed: uses::is_fed(&op) });
        }
        let most = self.budget.limits().facts;
        if !self.operators.add(self.function, [String::new(), op, String::new()], region, most) {
            self.draft.too_many();
        }
    }

    fn close_function(
        &mut self,
        index: usize,
        scope: ScopeId,
        name: String,
        arguments: &[String],
        region: Region,
    ) {
        self.function = None;
        self.flow.function(scope, self.meta, &name, arguments);
        if self.functions.len() < self.budget.limits().facts
            && !self.functions.insert((self.meta, hash(name.as_bytes())))
        {
            let detail = format!("the graph has the function `{}` twice", show(&name));
            self.draft.fault(Fault::Duplicate, region, detail);
        }
        if let Some(place) = self.facts.functions.get_mut(index) {
            *place = FunctionInfo { name, region, ..FunctionInfo::default() };
        }
    }

    /// The loader feeds the place of the asset to its tensor.
    fn close_asset(&mut self, tensor: &str, filename: &str, region: Region) {
        self.flow.feed(self.main, tensor);
        if self.room(self.facts.files.len()) {
            let absolute = uses::fixes_a_place(filename);
            let path = if absolute { filename.to_owned() } else { format!("assets/{filename}") };
            self.facts.files.push(FileReference { path, purpose: "asset", written: false, region });
        }
    }
}
