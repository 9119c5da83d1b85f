//! Models: tensors, pickles, graphs, metadata.

use weighhouse_core::outline::Numbers;
use weighhouse_core::{Item, ItemKind, Standing};
use weighhouse_formats::gguf::{GgufFacts, GgufValue};
use weighhouse_formats::graph::{CodeKind, GraphFacts};
use weighhouse_formats::hdf5::Hdf5Facts;
use weighhouse_formats::node::{Facts, Node};
use weighhouse_formats::npy::NpyFacts;
use weighhouse_formats::onnx::OnnxFacts;
use weighhouse_formats::pickle::PickleFacts;
use weighhouse_formats::region::Region;
use weighhouse_formats::safetensors::TensorInfo;
use weighhouse_formats::torch::TorchFacts;

use super::{Collector, NAME, VALUE, bounded};
use crate::knowledge::operators::{Operator, operator};
use crate::knowledge::{Judged, Judgement};
use crate::repository::external::{Target, target};

/// A tensor, and where its numbers lie in the file if they lie there as they are. No bytes are the numbers of a tensor without
/// elements only: others have theirs elsewhere.
struct Tensor<'a> {
    name: &'a str,
    value: String,
    dtype: &'a str,
    empty: bool,
    data: Option<Region>,
}

impl Tensor<'_> {
    fn put(&self, base: Option<u64>, out: &mut Collector) {
        let data = self.data.filter(|data| !data.is_empty() || self.empty);
        let numbers = data.zip(base).and_then(|(data, base)| {
            let start = base.checked_add(data.start)?;
            Some(Numbers { start, len: data.len(), dtype: bounded(self.dtype, NAME) })
        });
        out.put(Item {
            kind: ItemKind::Tensor,
            member: out.member.join("!"),
            name: bounded(self.name, NAME),
            value: bounded(&self.value, VALUE),
            standing: Standing::Plain,
            numbers,
        });
    }
}

/// `[2, 3]`.
fn shape(dimensions: &[u64]) -> String {
    let dimensions: Vec<String> = dimensions.iter().map(u64::to_string).collect();
    format!("[{}]", dimensions.join(", "))
}

pub(super) fn tensors(tensors: &[TensorInfo], base: Option<u64>, out: &mut Collector) {
    for info in tensors {
        let value = format!("{} {}", info.dtype, shape(&info.shape));
        let empty = info.shape.contains(&0);
        Tensor { name: &info.name, value, dtype: &info.dtype, empty, data: Some(info.data) }.put(base, out);
    }
}

pub(super) fn metadata<'a>(entries: impl Iterator<Item = (&'a String, &'a str)>, out: &mut Collector) {
    for (key, value) in entries {
        out.add(ItemKind::Metadata, key, value, Standing::Plain);
    }
}

pub(super) fn torch(facts: &TorchFacts, base: Option<u64>, out: &mut Collector) {
    for storage in &facts.storages {
        let value = format!("{} [{}]", storage.class, storage.declared_elements);
        let name = format!("storage {}", storage.key);
        let empty = storage.declared_elements == 0;
        let data = storage.found.or(empty.then(Region::default));
        Tensor { name: &name, value, dtype: &storage.class, empty, data }.put(base, out);
    }
}

pub(super) fn npy(facts: &NpyFacts, len: u64, base: Option<u64>, out: &mut Collector) {
    let elements = facts.shape.iter().try_fold(1_u64, |all, dimension| all.checked_mul(*dimension));
    let bytes = elements.zip(facts.item_size).and_then(|(elements, size)| elements.checked_mul(size));
    // Numbers stand at the end; what a pickle holds is not compared as numbers.
    let data = bytes
        .filter(|bytes| !facts.holds_objects && *bytes <= len)
        .map(|bytes| Region::new(len - bytes, len));
    let order = if facts.fortran_order { ", columns first" } else { "" };
    let value = format!("{} {}{order}", facts.descr, shape(&facts.shape));
    let empty = elements == Some(0);
    Tensor { name: "array", value, dtype: &facts.descr, empty, data }.put(base, out);
}

pub(super) fn gguf(facts: &GgufFacts, base: Option<u64>, out: &mut Collector) {
    tensors(&facts.tensors, base, out);
    for (key, value) in &facts.metadata {
        let value = match value {
            GgufValue::Integer(number) => number.to_string(),
            GgufValue::Float(number) => number.to_string(),
            GgufValue::Bool(value) => value.to_string(),
            GgufValue::Text(text) => text.clone(),
            other @ GgufValue::Array { .. } => format!("{other:?}"),
        };
        out.add(ItemKind::Metadata, key, &value, Standing::Plain);
    }
}

pub(super) fn onnx(facts: &OnnxFacts, base: Option<u64>, out: &mut Collector) {
    for (domain, version) in &facts.imports {
        let name = format!("opset {}", if domain.is_empty() { "ai.onnx" } else { domain });
        out.add(ItemKind::Metadata, &name, &version.to_string(), Standing::Plain);
    }
    if let Some(version) = facts.ir_version {
        out.add(ItemKind::Metadata, "ir_version", &version.to_string(), Standing::Plain);
    }
    graph(&facts.graph, base, out);
}

pub(super) fn graph(facts: &GraphFacts, base: Option<u64>, out: &mut Collector) {
    tensors(&facts.tensors, base, out);
    metadata(facts.metadata.iter().map(|(key, value)| (key, value.as_str())), out);
    for (name, value) in [("producer", &facts.producer), ("producer_version", &facts.producer_version)] {
        if !value.is_empty() {
            out.add(ItemKind::Metadata, name, value, Standing::Plain);
        }
    }
    operators(facts, out);
    for code in &facts.code {
        let (how, standing) = match code.kind {
            CodeKind::Python => ("imported Python", Standing::Dangerous),
            CodeKind::Library => ("native library", Standing::Dangerous),
            CodeKind::Source => ("source compiled or run", Standing::Dangerous),
            CodeKind::Class => ("class that loading looks up and runs", Standing::Dangerous),
            CodeKind::Custom => ("class the program must bring", Standing::Unknown),
        };
        out.add(ItemKind::CodeReference, &code.name, how, standing);
    }
    for data in &facts.external {
        file_reference(&data.location, "tensor data", out);
    }
    for file in &facts.files {
        file_reference(&file.path, file.purpose, out);
    }
}

fn operators(facts: &GraphFacts, out: &mut Collector) {
    let written =
        |domain: &str| if domain.is_empty() { facts.framework.to_owned() } else { domain.to_owned() };
    let local: std::collections::BTreeSet<(String, &str)> =
        facts.functions.iter().map(|function| (written(&function.domain), function.name.as_str())).collect();
    for used in &facts.operators {
        let domain = written(&used.domain);
        let own = local.contains(&(domain.clone(), used.name.as_str()));
        let standing = match operator(facts.framework, &used.domain, &used.name) {
            Operator::Dangerous(..) => Standing::Dangerous,
            Operator::Known => Standing::Known,
            _ if own => Standing::Known,
            Operator::Unlisted(_) | Operator::Foreign => Standing::Unknown,
        };
        out.add(ItemKind::Operator, &format!("{domain}::{}", used.name), "", standing);
    }
}

pub(super) fn file_reference(path: &str, purpose: &str, out: &mut Collector) {
    let standing = match target(path) {
        Target::Leaves(_) => Standing::Dangerous,
        Target::Inside(_) => Standing::Known,
    };
    out.add(ItemKind::FileReference, path, purpose, standing);
}

pub(super) fn hdf5(facts: &Hdf5Facts, out: &mut Collector) {
    for object in &facts.objects {
        if let Some((dtype, dimensions)) = &object.data {
            let value = format!("{dtype} {}", shape(dimensions));
            Tensor { name: &object.path, value, dtype, empty: dimensions.contains(&0), data: None }
                .put(None, out);
        }
    }
    for attribute in &facts.attributes {
        let name = format!("{}@{}", attribute.object, attribute.name);
        out.add(ItemKind::Metadata, &name, &attribute.text, Standing::Plain);
    }
    let links = facts.links.iter().filter_map(|link| link.file.as_deref());
    for file in links.chain(facts.external.iter().map(|external| external.file.as_str())) {
        file_reference(file, "data", out);
    }
}

pub(super) fn pickle(facts: &PickleFacts, judged: &Judged, out: &mut Collector) {
    for (global, judgement) in judged.globals(facts) {
        let standing = match judgement {
            Judgement::Allowed { .. } | Judgement::ScriptType => Standing::Known,
            Judgement::Dangerous { .. } | Judgement::DottedEscape { .. } => Standing::Dangerous,
            Judgement::AllowedNameWrongRole { .. }
            | Judgement::StandardLibrary
            | Judgement::MainModule
            | Judgement::Unlisted { .. }
            | Judgement::Unknown => Standing::Unknown,
        };
        let called = global.uses.called || global.uses.patched;
        out.add(ItemKind::Global, &global.name.to_string(), if called { "called" } else { "" }, standing);
    }
    for extension in &facts.extensions {
        out.add(ItemKind::Global, &format!("extension code {}", extension.code), "", Standing::Unknown);
    }
    for unresolved in &facts.unresolved {
        let name = format!("unresolved: {}", unresolved.detail);
        out.add(ItemKind::Global, &name, unresolved.opcode, Standing::Unknown);
    }
}

/// The members of a container, unless they are the parts of a checkpoint, which are told as tensors.
pub(super) fn members(node: &Node, out: &mut Collector) {
    if node.readings.iter().any(|reading| matches!(reading.facts, Facts::Torch(_))) {
        return;
    }
    for child in &node.children {
        let format = child.candidates.first().map_or("unknown", |candidate| candidate.format.name());
        out.add(ItemKind::Member, &child.name, &format!("{format}, {} bytes", child.len), Standing::Plain);
    }
}
