//! None of the formats has a signature: the outermost fields must be those of the message, and what they hold must begin as
//! that begins. A file that can be read as several is read as each.

use super::schema::{
    FINGERPRINT, GRAPH, KERAS_OBJECT, LIBRARY, META_GRAPH, META_INFO_DEF, NODE, OP_LIST, SAVED_MODEL,
};
use crate::descriptors::is_descriptors;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::protobuf::{Outline, Part, beginning, outline};
use crate::region::Region;
use crate::source::{Source, read_up_to};

/// Outermost fields looked at.
const MOST: usize = 4096;
/// Bytes of the longest name of an operator.
const LONGEST_NAME: usize = 256;

/// The outermost fields, or those in front of something that is no message.
fn fields(probe: &Probe<'_>) -> Option<Outline> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    outline(source, whole, MOST)
        .or_else(|| beginning(source, whole, MOST))
        .filter(|outline| !outline.parts.is_empty())
}

fn inner(part: &Part, source: &dyn Source, most: usize) -> Option<Outline> {
    outline(source, Region::new(part.content.start, part.content.end.min(source.len())), most)
}

fn candidate(format: Format, strength: Strength, evidence: &'static str) -> Candidate {
    Candidate { format, strength, evidence }
}

/// Recognises `saved_model.pb`.
pub(crate) fn saved_model(probe: &Probe<'_>) -> Option<Candidate> {
    let fields = fields(probe)?;
    let source = probe.source.as_ref();
    let holds = fields
        .all(2)
        .any(|part| inner(part, source, MOST).is_some_and(|inner| is_meta_graph(&inner, source)));
    if holds {
        let fits = fields.fits(&SAVED_MODEL);
        let evidence = if fits { "a meta graph" } else { "a meta graph among other fields" };
        return Some(candidate(Format::SavedModel, Strength::Certain, evidence));
    }
    let named = file_name(probe.name) == "saved_model.pb";
    named.then(|| candidate(Format::SavedModel, Strength::Plausible, "file name, and protocol buffer fields"))
}

/// Recognises the meta graph of a checkpoint.
pub(crate) fn meta_graph(probe: &Probe<'_>) -> Option<Candidate> {
    let fields = fields(probe)?;
    let found = is_meta_graph(&fields, probe.source.as_ref());
    found.then(|| candidate(Format::MetaGraph, Strength::Certain, "a graph and what stands around it"))
}

/// Recognises a graph by itself.
pub(crate) fn graph_def(probe: &Probe<'_>) -> Option<Candidate> {
    let fields = fields(probe)?;
    if !is_graph(&fields, probe.source.as_ref()) || is_descriptors(probe.source) {
        return None;
    }
    let evidence =
        if fields.fits(&GRAPH) { "nodes of a graph" } else { "nodes of a graph among other fields" };
    Some(candidate(Format::GraphDef, Strength::Certain, evidence))
}

/// Recognises what Keras notes beside a saved model.
pub(crate) fn keras_metadata(probe: &Probe<'_>) -> Option<Candidate> {
    let fields = fields(probe)?;
    let source = probe.source.as_ref();
    let object = |part: &Part| {
        let Some(inner) = inner(part, source, 8) else { return false };
        inner.fits(&KERAS_OBJECT) && inner.all(4).any(|part| read(part, source).starts_with(b"_tf_keras"))
    };
    if fields.all(1).any(object) {
        return Some(candidate(Format::KerasMetadata, Strength::Certain, "objects of Keras"));
    }
    let named = file_name(probe.name) == "keras_metadata.pb";
    named.then(|| {
        candidate(Format::KerasMetadata, Strength::Plausible, "file name, and protocol buffer fields")
    })
}

/// Recognises the fingerprint of a saved model.
pub(crate) fn fingerprint(probe: &Probe<'_>) -> Option<Candidate> {
    let fields = fields(probe)?;
    let digests = fields.parts.iter().filter(|part| part.number <= 5 && part.value > 1 << 32).count();
    let named = file_name(probe.name) == "fingerprint.pb";
    let found = fields.fits(&FINGERPRINT) && (digests >= 3 || named);
    if found || named {
        let strength = if found { Strength::Certain } else { Strength::Plausible };
        return Some(candidate(Format::Fingerprint, strength, "digests of a saved model"));
    }
    None
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A graph, beside what only a meta graph has, or a graph that is one for certain.
fn is_meta_graph(fields: &Outline, source: &dyn Source) -> bool {
    let graph = |part: &Part| inner(part, source, 64).is_some_and(|inner| is_graph(&inner, source));
    let info = |part: &Part| {
        let Some(info) = inner(part, source, 8).filter(|_| part.holds(source, &META_INFO_DEF)) else {
            return false;
        };
        let version = |part: &Part| {
            part.is_readable(source) && read(part, source).first().is_some_and(u8::is_ascii_digit)
        };
        info.all(2).any(|part| part.holds(source, &OP_LIST)) || info.all(5).any(version)
    };
    let has_info = fields.all(1).any(info);
    let fits = fields.fits(&META_GRAPH);
    fields.all(2).any(|part| part.content.len() < 64 && has_info && fits || graph(part)) && (has_info || fits)
}

/// Nodes with a name and an operator, or a library of functions.
fn is_graph(fields: &Outline, source: &dyn Source) -> bool {
    let node = |part: &Part| {
        let Some(node) = inner(part, source, 16) else { return false };
        let fits =
            node.parts.iter().take(2).all(|part| matches!(part.number, 1..=7)) && !node.parts.is_empty();
        // TensorFlow refuses a node without a name; the graphs of MediaPipe, whose nodes look alike, mostly have none.
        fits && part.holds(source, &NODE)
            && node.all(1).next().is_some()
            && node.all(1).all(|name| name.is_readable(source))
            && node.all(2).any(|op| is_operator(&read(op, source)))
    };
    let function = |part: &Part| {
        let Some(function) = inner(part, source, 8) else { return false };
        let named = |signature: &Part| {
            inner(signature, source, 4)
                .is_some_and(|signature| signature.all(1).any(|name| is_operator(&read(name, source))))
        };
        function.all(1).any(named) && function.all(3).any(node)
    };
    let library = |part: &Part| {
        part.holds(source, &LIBRARY)
            && inner(part, source, 4).is_some_and(|library| library.all(1).any(function))
    };
    fields.all(1).any(node) || fields.all(2).any(library)
}

/// Whether bytes are the name of an operator or a function.
fn is_operator(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_>.-/".contains(byte);
    name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_') && name.iter().all(plain)
}

fn read(part: &Part, source: &dyn Source) -> Vec<u8> {
    let len = usize::try_from(part.content.len()).unwrap_or(usize::MAX).min(LONGEST_NAME);
    read_up_to(source, part.content.start, len).unwrap_or_default()
}
