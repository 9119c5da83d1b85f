//! Caffe2: nets of operators (`predict_net.pb`), and nets whose operators fill the weights in (`init_net.pb`).
//!
//! A protocol buffer. What a net does is its operators, those of nets in their arguments included; a net may stand in a text as well,
//! which is looked at as any text is. Python operators keep the pickle of the function that builds them in an argument.

mod model;
mod schema;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::pbtext::Root;
use crate::protobuf::{Outline, Part, Wire, outline};
use crate::region::Region;
use crate::source::{SharedSource, Source, read_up_to};
use schema::{ARGUMENT, NET, OPERATOR};

/// Outermost fields looked at.
const MOST: usize = 4096;
/// Bytes of the longest name of an operator.
const LONGEST: usize = 128;

/// A net as text.
pub(crate) const TEXT: Root = Root {
    format: Format::Caffe2,
    message: &NET,
    signs: &["op"],
    // Lists of the operators of other frameworks begin alike.
    complete: false,
    trailer: (&[], &[]),
};

/// Recognises the format by one of its operators.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    // What stands behind a short net need not be a field.
    let fields = outline(source, whole, MOST).or_else(|| outline(source, whole, 2))?;
    let found = fields.all(2).any(|part| is_operator(part, source));
    let named = fields.all(1).all(|name| name.is_readable(source));
    let file = probe.name.rsplit('/').next().unwrap_or_default();
    let (strength, evidence) = match found && named {
        true if fields.fits(&NET) => (Strength::Certain, "operators of a net"),
        true => (Strength::Certain, "operators of a net among other fields"),
        false if matches!(file, "predict_net.pb" | "init_net.pb") && !fields.parts.is_empty() => {
            (Strength::Plausible, "file name, and protocol buffer fields")
        }
        false => return None,
    };
    Some(Candidate { format: Format::Caffe2, strength, evidence })
}

fn inner(part: &Part, source: &dyn Source) -> Option<Outline> {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    outline(source, content, 256).filter(|_| part.wire == Wire::Len)
}

/// Names of blobs, and the type of an operator.
fn is_operator(part: &Part, source: &dyn Source) -> bool {
    let Some(operator) = inner(part, source) else { return false };
    let known = operator.parts.iter().take(2).all(|part| OPERATOR.field(part.number).is_some());
    let texts = |number| operator.all(number).all(|text| text.is_readable(source));
    let kind = operator.all(4).any(|kind| is_word(&read(kind, source)));
    let arguments = operator.all(5).all(|argument| argument.holds(source, &ARGUMENT));
    let blobs = operator.parts.iter().any(|part| matches!(part.number, 1 | 2 | 5));
    known && kind && blobs && texts(1) && texts(2) && arguments
}

fn is_word(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(plain)
}

fn read(part: &Part, source: &dyn Source) -> Vec<u8> {
    let len = usize::try_from(part.content.len()).unwrap_or(usize::MAX).min(LONGEST);
    read_up_to(source, part.content.start, len).unwrap_or_default()
}

/// Reads a net.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

#[cfg(test)]
mod tests;
