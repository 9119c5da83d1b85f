//! ONNX has no signature: its outermost fields must be those of a model, and its graph must begin as a graph does.

use super::schema::{FUNCTION, GRAPH, MODEL, NODE};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::protobuf::{Outline, Part, beginning, outline};
use crate::region::Region;
use crate::source::{SharedSource, Source};

/// Outermost fields looked at; more are entries and functions.
const MOST: usize = 4096;

/// Recognises the format by its structure, whatever the order of its fields; a named file with some of it is read as well.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let named = probe.is_named(&["onnx"]);
    let source = probe.source;
    let whole = Region::new(0, source.len());
    let outline = outline(source.as_ref(), whole, MOST).filter(|outline| !outline.parts.is_empty());
    // Something that is no message stands behind a model: the model is read, and the rest is what nothing explains.
    let outline = outline.or_else(|| {
        beginning(source.as_ref(), whole, MOST).filter(|begun| begun.fits(&MODEL) && is_model(begun, source))
    });
    let (strength, evidence) = match &outline {
        Some(outline) if outline.fits(&MODEL) && is_model(outline, source) => {
            (Strength::Certain, "fields of a model and its graph")
        }
        // Unknown fields among the known ones: a newer version, or something hidden.
        Some(outline) if is_model(outline, source) && (named || is_versioned(outline)) => {
            (Strength::Certain, "a graph among other fields")
        }
        Some(_) if named => (Strength::Plausible, "file name, and protocol buffer fields"),
        _ => return None,
    };
    Some(Candidate { format: Format::Onnx, strength, evidence })
}

fn is_versioned(outline: &Outline) -> bool {
    outline.all(1).any(|part| (1..=64).contains(&part.value))
}

/// A graph or functions, and a version or an import of operators beside them.
fn is_model(outline: &Outline, source: &SharedSource) -> bool {
    let source = source.as_ref();
    let graph = outline.all(7).any(|part| is_graph(part, source));
    let function = outline.all(25).any(|part| part.holds(source, &FUNCTION));
    let import =
        outline.all(8).any(|part| part.content.len() < 4096 && part.holds(source, &super::schema::IMPORT));
    let producer = outline.all(2).any(|part| part.is_readable(source));
    let versioned = is_versioned(outline);
    graph && (versioned || import) || function && versioned && import || versioned && import && producer
}

fn is_graph(part: &Part, source: &dyn Source) -> bool {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    part.holds(source, &GRAPH)
        && outline(source, content, 4).is_some_and(|graph| {
            graph.all(1).all(|node| node.content.is_empty() || node.holds(source, &NODE))
        })
}
