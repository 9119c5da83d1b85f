//! A network has no signature: its layers must be those of one generation or another, wherever they stand.

use super::schema::{LAYER_PARAMETER, NET_PARAMETER, V0_LAYER_PARAMETER};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::protobuf::{Outline, Part, Wire, outline};
use crate::region::Region;
use crate::source::{Source, read_up_to};

/// Outermost fields looked at.
const MOST: usize = 4096;
/// Bytes of the longest name of a kind of layer.
const LONGEST: usize = 128;

/// Recognises the format by one of its layers.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    // What stands behind a short network need not be a field.
    let fields = outline(source, whole, MOST).or_else(|| outline(source, whole, 2))?;
    let layers = fields.all(100).any(|part| is_layer(part, source));
    // Other formats have a number for their first field, and messages for their second.
    let named = fields.all(1).all(|name| name.is_readable(source));
    let layers = layers || named && fields.all(2).any(|part| is_old_layer(part, source));
    let (strength, evidence) = match layers {
        true if fields.fits(&NET_PARAMETER) => (Strength::Certain, "layers of a network"),
        true => (Strength::Certain, "layers of a network among other fields"),
        false if probe.is_named(&["caffemodel"]) && !fields.parts.is_empty() => {
            (Strength::Plausible, "file name, and protocol buffer fields")
        }
        false => return None,
    };
    Some(Candidate { format: Format::Caffe, strength, evidence })
}

fn inner(part: &Part, source: &dyn Source) -> Option<Outline> {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    outline(source, content, 64).filter(|_| part.wire == Wire::Len)
}

/// A layer whose kind is a text.
fn is_layer(part: &Part, source: &dyn Source) -> bool {
    let Some(layer) = inner(part, source) else { return false };
    let kind = |part: &Part| is_word(&read(part, source));
    let known = layer.parts.iter().take(4).all(|part| LAYER_PARAMETER.field(part.number).is_some());
    known && layer.all(2).any(kind) && layer.all(1).all(|name| name.is_readable(source))
}

/// A layer whose kind is a number, or that holds one of the oldest generation.
fn is_old_layer(part: &Part, source: &dyn Source) -> bool {
    let Some(layer) = inner(part, source) else { return false };
    let texts = |number| layer.all(number).all(|text| text.is_readable(source));
    let numbered = layer.all(5).any(|kind| kind.wire == Wire::Varint && kind.value < 1000);
    let oldest = layer.all(1).any(|oldest| {
        let kind = |inner: &Outline| inner.all(2).any(|kind| is_word(&read(kind, source)));
        oldest.holds(source, &V0_LAYER_PARAMETER) && inner(oldest, source).is_some_and(|inner| kind(&inner))
    });
    (numbered && layer.all(4).count() > 0 || oldest) && texts(2) && texts(3) && texts(4)
}

fn is_word(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic) && std::str::from_utf8(name).is_ok()
}

fn read(part: &Part, source: &dyn Source) -> Vec<u8> {
    let len = usize::try_from(part.content.len()).unwrap_or(usize::MAX).min(LONGEST);
    read_up_to(source, part.content.start, len).unwrap_or_default()
}
