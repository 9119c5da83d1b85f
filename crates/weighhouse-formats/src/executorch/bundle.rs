//! A program with inputs to test it, and what must come out: the program is a file of its own in it.

use super::schema::bundle::BUNDLED_PROGRAM;
use crate::bounded::Budget;
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::node::Parsed;
use crate::region::Region;
use crate::source::SharedSource;

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
}

/// Reads one program with its tests.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let place = Place::new(source, Region::new(0, source.len()), Format::ExecuTorch, budget);
    walk(place, &BUNDLED_PROGRAM, Seen::default(), |seen, _, _, _| GraphFacts {
        framework: "executorch",
        ..seen.facts
    })
}

impl Visit for Seen {
    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        if (place.kind(), field) == ("BundledProgram", "version") {
            self.facts.producer_version = value.to_string();
        }
    }

    fn text(&mut self, field: &'static str, value: &str, _: Region, place: &mut Place<'_>) {
        if field == "method_name" && place.room(self.facts.metadata.len()) {
            self.facts.metadata.push(("test of".to_owned(), value.to_owned()));
        }
    }

    fn numbers(&mut self, field: &'static str, _: u8, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("BundledProgram", "program") => place.values.stored("program", region, None, &mut place.draft),
            ("Tensor", "data") => place.data("data", region),
            _ => {}
        }
    }

    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        matches!((place.kind(), field), ("BundledProgram", "program") | ("Tensor", "data"))
    }
}
