//! The index of a checkpoint: which tensors there are, and where their data lies in the files beside it.

mod table;

use crate::bounded::Budget;
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::graph::{ExternalData, GraphFacts, UnknownField};
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, Gap, GapReason, Parsed, Strength};
use crate::protobuf::{Event, Message, Walker};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{Memory, SharedSource};

use super::schema::{BUNDLE_ENTRY, BUNDLE_HEADER};
use super::tensor;

/// Bytes of a key kept as the name of a tensor.
const KEPT_NAME: usize = 512;
/// Dimensions kept.
const MOST_DIMENSIONS: usize = 254;

/// Recognises the format by the end of its footer.
pub(crate) fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = probe.source.len() > table::FOOTER && probe.tail().ends_with(&table::MAGIC);
    found.then_some(Candidate {
        format: Format::Checkpoint,
        strength: Strength::Certain,
        evidence: "footer of a table",
    })
}

/// What an entry says.
#[derive(Debug, Default)]
struct Entry {
    dtype: u64,
    dims: Vec<u64>,
    shard: u64,
    offset: u64,
    size: u64,
    slices: u64,
    shards: u64,
}

/// Reads the index of a checkpoint called `name`.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::Checkpoint, Facts::Graph(Box::default()));
    let mut facts =
        GraphFacts { framework: "tensorflow", producer: "tensorflow".to_owned(), ..GraphFacts::default() };
    let file = name.rsplit('/').next().unwrap_or(name);
    let prefix = file.strip_suffix(".index").unwrap_or(file);
    let mut shards = None;
    let mut is_old = false;
    let read = table::entries(source, budget, &mut draft, |entry, draft| {
        // The header of the first format is a message in field 1, where the second has a number.
        is_old |= entry.key.is_empty() && entry.value.first() == Some(&0x0a);
        if is_old {
            return;
        }
        let root: &'static Message = if entry.key.is_empty() { &BUNDLE_HEADER } else { &BUNDLE_ENTRY };
        let found = read_entry(&entry, root, &mut facts, budget, draft);
        if entry.key.is_empty() {
            shards = Some(found.shards);
            return;
        }
        let Some(shards) = shards else { return };
        if facts.external.len() >= budget.limits().facts {
            return draft.too_many();
        }
        keep(found, &entry, prefix, shards, &mut facts, draft);
    });
    if let Err(limit) = read {
        let Gap { reason, detail, .. } = limit.into();
        draft.gap(reason, None, detail);
    }
    if is_old {
        draft.gap(
            GapReason::NotInspected,
            None,
            "a checkpoint of the first format, whose values are not inspected",
        );
    } else if shards.is_none() {
        draft.fault(Fault::Malformed, None, "the checkpoint has no header, which is its first entry");
    }
    draft.finish(Facts::Graph(Box::new(facts)))
}

/// Walks the message of one entry. Its bytes were copied out of the block: regions are moved to where they stand in the file.
fn read_entry(
    entry: &table::Entry,
    root: &'static Message,
    facts: &mut GraphFacts,
    budget: &Budget,
    draft: &mut Draft,
) -> Entry {
    let mut found = Entry::default();
    let source = Memory::shared(entry.value.clone());
    let mut inner = Draft::new(Format::Checkpoint, Facts::Graph(Box::default()));
    let mut walker = Walker::new(&source, root, budget);
    loop {
        match walker.next(&mut inner) {
            Ok(Some(Event::Enter { field, .. })) => {
                // A dimension of nothing is written as a message of nothing.
                if field.name == "dim" && found.dims.len() < MOST_DIMENSIONS {
                    found.dims.push(0);
                }
                found.slices = found.slices.saturating_add(u64::from(field.name == "slices"));
            }
            Ok(Some(Event::Number { field, value })) => match field.name {
                "num_shards" => found.shards = value,
                "dtype" => found.dtype = value & 0xffff_ffff,
                "shard_id" => found.shard = value,
                "offset" => found.offset = value,
                "size" if walker.depth() == 1 => found.size = value,
                "size" => {
                    if let Some(last) = found.dims.last_mut() {
                        *last = value;
                    }
                }
                _ => {}
            },
            Ok(Some(Event::Unknown { message, number, wire, .. })) => {
                if facts.unknown.len() < budget.limits().facts {
                    let region = entry.region;
                    facts.unknown.push(UnknownField {
                        message: message.name,
                        number,
                        wire: wire.name(),
                        region,
                    });
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) => {
                draft.gap(GapReason::Damaged, entry.region, "an entry of the checkpoint cannot be read");
                break;
            }
        }
    }
    let parsed = inner.finish(Facts::Graph(Box::default()));
    for fault in parsed.reading.irregularities {
        draft.fault(fault.kind, entry.region, fault.detail);
    }
    if !parsed.gaps.is_empty() {
        draft.gap(GapReason::Damaged, entry.region, "an entry of the checkpoint is damaged");
    }
    found
}

fn keep(
    found: Entry,
    entry: &table::Entry,
    prefix: &str,
    shards: u64,
    facts: &mut GraphFacts,
    draft: &mut Draft,
) {
    let key = String::from_utf8_lossy(entry.key.get(..KEPT_NAME.min(entry.key.len())).unwrap_or_default());
    let wanted = tensor::bytes(found.dtype, &found.dims);
    if found.slices == 0 && wanted.is_some_and(|wanted| wanted != found.size) {
        let detail = format!(
            "`{}` is of shape {:?}, which its {} bytes of data contradict",
            show(&key),
            found.dims,
            found.size
        );
        draft.fault(Fault::Contradiction, entry.region, detail);
    }
    if found.shard >= shards {
        let detail = format!("`{}` lies in file {} of {shards}", show(&key), found.shard);
        draft.fault(Fault::Contradiction, entry.region, detail);
    }
    let dtype =
        tensor::dtype(found.dtype).map_or_else(|| found.dtype.to_string(), |(name, _)| name.to_owned());
    facts.tensor_count = facts.tensor_count.saturating_add(1);
    let (name, region) = (key.into_owned(), entry.region);
    facts.tensors.push(TensorInfo { name: name.clone(), dtype, shape: found.dims, data: region });
    if found.slices == 0 {
        facts.external.push(ExternalData {
            base: String::new(),
            tensor: name,
            location: format!("{prefix}.data-{:05}-of-{shards:05}", found.shard),
            offset: found.offset,
            length: Some(found.size),
            region: Region::at(region.start, region.len()),
            ..ExternalData::default()
        });
    }
}
