//! Models of SentencePiece: pieces of words with their scores, how the model was trained, and how it normalises text.
//!
//! A protocol buffer of data: the names of files in it are those of the training, which nobody opens again. Every text is looked at.

mod schema;

use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{GraphFacts, UnknownField};
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, Parsed, Strength};
use crate::protobuf::{Part, Place, Reader, Visit, Wire, outline};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, Source, read_up_to};
use schema::{MODEL_PROTO, MODEL_PROTO_SENTENCE_PIECE};

/// Outermost fields looked at.
const MOST: usize = 64;
/// Pieces among them that make it a model whatever its name is.
const ENOUGH: usize = 3;

/// Recognises the format by its pieces, wherever they stand: a text, and a score or a kind.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    // What stands behind a short model need not be a field.
    let found = outline(source, whole, MOST).or_else(|| outline(source, whole, ENOUGH))?;
    let pieces = found.all(1).filter(|part| is_piece(part, source)).count();
    let (strength, evidence) = match pieces {
        // Nothing else stands among the first fields, or little: a newer version, or something hidden.
        ENOUGH.. if found.parts.len() <= pieces.saturating_mul(2) => {
            (Strength::Certain, "pieces of words with scores")
        }
        1.. if probe.is_named(&["model", "spm"]) => (Strength::Plausible, "file name, and a piece of a word"),
        _ => return None,
    };
    Some(Candidate { format: Format::SentencePiece, strength, evidence })
}

/// Nodes of a graph begin with a text as well; their second field is a text, too.
fn is_piece(part: &Part, source: &dyn Source) -> bool {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    part.holds(source, &MODEL_PROTO_SENTENCE_PIECE)
        && outline(source, content, 3).is_some_and(|piece| {
            piece.all(1).any(|text| text.is_readable(source))
                && piece
                    .parts
                    .iter()
                    .any(|field| matches!((field.number, field.wire), (2, Wire::Fixed32) | (3, Wire::Varint)))
        })
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    pieces: u64,
}

impl Visit for Seen {
    fn enter(&mut self, _region: Region, place: &mut Place<'_>) {
        if place.message() == "ModelProto.SentencePiece" {
            self.pieces = self.pieces.saturating_add(1);
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        if place.message() == "TrainerSpec" && matches!(field, "model_type" | "vocab_size") {
            self.note(field, &value.to_string(), place);
        }
    }

    fn text(&mut self, field: &'static str, value: &str, _region: Region, place: &mut Place<'_>) {
        if matches!(place.message(), "TrainerSpec" | "NormalizerSpec") {
            self.note(field, value, place);
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        map_of_characters(field, region, place);
        if place.room(self.facts.tensors.len()) {
            let (name, dtype) = (field.to_owned(), "uint8".to_owned());
            self.facts.tensors.push(TensorInfo { name, dtype, shape: vec![region.len()], data: region });
        }
    }

    fn is_data(&self, field: &'static str, _place: &Place<'_>) -> bool {
        field == "precompiled_charsmap"
    }
}

impl Seen {
    fn note(&mut self, key: &str, value: &str, place: &mut Place<'_>) {
        if place.room(self.facts.metadata.len()) {
            self.facts.metadata.push((key.to_owned(), value.to_owned()));
        }
    }

    fn conclude(self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        if whole && self.pieces == 0 {
            draft.fault(Fault::Truncated, None, "the file ends before there is a piece");
        }
        Facts::Graph(Box::new(GraphFacts { framework: "sentencepiece", unknown, ..self.facts }))
    }
}

/// A table of characters: the length of a trie, the trie, and the texts that it leads to.
fn map_of_characters(field: &'static str, region: Region, place: &mut Place<'_>) {
    const LENGTH: u64 = 4;
    place.tensor(field, region);
    let head = read_up_to(place.source.as_ref(), region.start, LENGTH as usize).unwrap_or_default();
    let trie = head.first_chunk().map_or(u64::MAX, |length| u64::from(u32::from_le_bytes(*length)));
    let texts = region.start.saturating_add(LENGTH).saturating_add(trie);
    if region.is_empty() {
        // Nothing is normalised.
    } else if texts >= region.end {
        let detail = format!("`{field}` of {} bytes holds no trie and the texts behind it", region.len());
        place.draft.fault(Fault::Malformed, region, detail);
    } else {
        place.tensor("trie", Region::new(region.start.saturating_add(LENGTH), texts));
        place.tensor("normalized", Region::new(texts, region.end));
    }
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(source, &MODEL_PROTO, Format::SentencePiece, budget, Seen::default()).read(Seen::conclude)
}

#[cfg(test)]
mod tests;
