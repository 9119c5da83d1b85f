//! A Core ML model has no signature: its outermost fields must be those of a model, with a version and one kind of model.

use super::schema::MODEL;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::protobuf::{Kind, Outline, outline};
use crate::region::Region;
use crate::source::Source;

/// Outermost fields looked at; a model has a handful.
const MOST: usize = 64;
/// The numbers from which on a field is a kind of model.
const FIRST_KIND: u32 = 200;

/// Recognises the format by its structure; a named file with some of it is read as well.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let named = probe.is_named(&["mlmodel"]);
    let source = probe.source.as_ref();
    let outline =
        outline(source, Region::new(0, source.len()), MOST).filter(|outline| !outline.parts.is_empty())?;
    let (strength, evidence) = match is_model(&outline, source) {
        true if outline.fits(&MODEL) => (Strength::Certain, "fields of a model and of its kind"),
        // Unknown fields among the known ones: a newer version, or something hidden.
        true if named || is_described(&outline, source) => (Strength::Certain, "a model among other fields"),
        _ if named => (Strength::Plausible, "file name, and protocol buffer fields"),
        _ => return None,
    };
    Some(Candidate { format: Format::CoreMl, strength, evidence })
}

/// A version, and a kind of model that begins as that kind does.
fn is_model(outline: &Outline, source: &dyn Source) -> bool {
    let versioned = outline.all(1).any(|part| (1..=64).contains(&part.value));
    let kind = outline.parts.iter().filter(|part| part.number >= FIRST_KIND).any(|part| {
        let Some(Kind::Message(kind)) = MODEL.field(part.number).map(|field| field.kind) else {
            return false;
        };
        part.content.is_empty() || part.holds(source, kind)
    });
    versioned && kind
}

fn is_described(outline: &Outline, source: &dyn Source) -> bool {
    outline.all(2).any(|part| part.holds(source, &super::schema::MODEL_DESCRIPTION))
}
