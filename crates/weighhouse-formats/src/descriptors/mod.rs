//! Descriptions of protocol buffers as `protoc` writes them (`FileDescriptorSet`): what messages a protocol has.
//!
//! Nothing in them runs. They are read because they look like graphs of `TensorFlow`, whose nodes begin with two texts as well: only what
//! is a set of descriptions to the last byte is no graph.

mod schema;
#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::data::DataFacts;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::UnknownField;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, Parsed, Strength};
use crate::protobuf::{Outline, Part, Place, Reader, Visit, Wire, outline};
use crate::region::Region;
use crate::source::{SharedSource, Source, read_up_to};
use schema::FILE_DESCRIPTOR_SET;

/// Files whose names are looked at before all is read.
const MOST: usize = 64;
/// Bytes beyond which nothing is a set of descriptions.
const LARGEST: u64 = 64 << 20;
/// How the names of files end.
const ENDING: &[u8] = b".proto";
/// Bytes of the longest name of a file or a package.
const LONGEST_NAME: usize = 4096;

/// Recognises the format by reading all of it.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    is_descriptors(probe.source).then_some(Candidate {
        format: Format::ProtoDescriptors,
        strength: Strength::Certain,
        evidence: "descriptions of protocol buffers to the last byte",
    })
}

/// Whether content is a set of descriptions to its last byte, and nothing in it could be an operator of `TensorFlow`.
pub(crate) fn is_descriptors(source: &SharedSource) -> bool {
    let whole = Region::new(0, source.len());
    let begins = source.len() <= LARGEST
        && outline(source.as_ref(), whole, MOST).is_some_and(|fields| are_files(&fields, source.as_ref()));
    if !begins {
        return false;
    }
    let Parsed { reading, gaps, .. } = parse(source, "", &Budget::default());
    let explained = reading.claims.unexplained(source.len()).is_empty();
    explained && gaps.is_empty() && reading.irregularities.is_empty()
}

/// Whether all fields are files whose names end as those of descriptions do.
fn are_files(fields: &Outline, source: &dyn Source) -> bool {
    let is_file = |part: &Part| {
        let content = Region::new(part.content.start, part.content.end.min(source.len()));
        let inner = outline(source, content, 1).unwrap_or(Outline { parts: Vec::new() });
        let name = inner.all(1).next().map(|name| {
            let len = usize::try_from(name.content.len()).unwrap_or(usize::MAX).min(LONGEST_NAME);
            read_up_to(source, name.content.start, len).unwrap_or_default()
        });
        part.number == 1 && part.wire == Wire::Len && name.is_some_and(|name| name.ends_with(ENDING))
    };
    !fields.parts.is_empty() && fields.parts.iter().all(is_file)
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let description = "descriptions of protocol buffers".to_owned();
    let seen = Seen { facts: DataFacts { description, ..DataFacts::default() }, ..Seen::default() };
    Reader::new(source, &FILE_DESCRIPTOR_SET, Format::ProtoDescriptors, budget, seen).read(Seen::conclude)
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: DataFacts,
    /// Of the file that is open.
    name: String,
    package: String,
}

impl Visit for Seen {
    fn text(&mut self, field: &'static str, value: &str, _region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("FileDescriptorProto", "name") => value.clone_into(&mut self.name),
            ("FileDescriptorProto", "package") => value.clone_into(&mut self.package),
            _ => {}
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        if field == "options" {
            place.undescribed(field, region);
        }
    }

    fn is_data(&self, field: &'static str, _place: &Place<'_>) -> bool {
        field == "options"
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        if place.message() != "FileDescriptorProto" {
            return;
        }
        let (name, package) = (std::mem::take(&mut self.name), std::mem::take(&mut self.package));
        if !name.as_bytes().ends_with(ENDING) {
            place.draft.fault(Fault::Unusual, region, "a file of the set has not the name of one");
        } else if could_be_operator(&package) {
            place.draft.fault(Fault::Unusual, region, "a package has a name as operators of TensorFlow have");
        } else if place.room(self.facts.metadata.len()) {
            self.facts.metadata.push((name, package));
        }
    }
}

impl Seen {
    fn conclude(self, unknown: Vec<UnknownField>, _whole: bool, draft: &mut Draft) -> Facts {
        for field in unknown {
            let detail = format!("`{}` has no field {}", field.message, field.number);
            draft.fault(Fault::Unusual, field.region, detail);
        }
        Facts::Data(Box::new(self.facts))
    }
}

/// Whether `TensorFlow` could know an operator by this name where no functions are defined: registered names begin with a capital or an
/// underscore, and hold no dot.
fn could_be_operator(package: &str) -> bool {
    let begins = package.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    begins && !package.contains('.')
}
