//! The state of checkpoints: the small text `checkpoint`, which says which of several is the latest, and where.

use super::schema::CHECKPOINT_STATE;
use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{FileReference, GraphFacts, TRAINING_DATA, UnknownField};
use crate::node::{Facts, Parsed};
use crate::protobuf::{Place, Reader, Visit};
use crate::region::Region;
use crate::source::SharedSource;

#[derive(Debug, Default)]
struct State {
    files: Vec<FileReference>,
}

impl Visit for State {
    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        if matches!(field, "model_checkpoint_path" | "all_model_checkpoint_paths")
            && place.room(self.files.len())
        {
            let path = value.to_owned();
            self.files.push(FileReference { path, purpose: TRAINING_DATA, written: false, region });
        }
    }
}

impl State {
    fn conclude(self, unknown: Vec<UnknownField>, _whole: bool, _draft: &mut Draft) -> Facts {
        let facts =
            GraphFacts { framework: "tensorflow", files: self.files, unknown, ..GraphFacts::default() };
        Facts::Graph(Box::new(facts))
    }
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(source, &CHECKPOINT_STATE, Format::CheckpointState, budget, State::default())
        .read(State::conclude)
}
