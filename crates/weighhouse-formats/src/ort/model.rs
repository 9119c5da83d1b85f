//! Puts facts together while the tables are walked.

use super::schema::{INFERENCE_SESSION, TYPES};
use crate::bounded::Budget;
use crate::draft::show;
use crate::flatbuffer::{Place, Visit, read as walk};
use crate::format::Format;
use crate::graph::{GraphFacts, Operators};
use crate::node::{Fault, Parsed};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::SharedSource;

/// Bytes of a value of metadata that are kept as a fact.
const LONGEST: usize = 1024;
/// Nodes from which on no graph has room for them.
const MOST_NODES: u64 = 1 << 26;
/// Bytes from which on no computation has a tensor.
const LARGEST: u128 = 1 << 38;
/// What says that the data of a tensor is in the model.
const HERE: u64 = u64::MAX;

/// A graph that is open: the largest number that a node has or an edge leads to, and how many it makes room for.
#[derive(Debug, Default)]
struct Graph {
    most: Option<u64>,
    place: Region,
    room: u64,
}

/// A tensor that is open.
#[derive(Debug)]
struct Tensor {
    name: String,
    dtype: u64,
    shape: Vec<u64>,
    data: Region,
    texts: u64,
    external: u64,
}

#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    /// Domain and name of the node that is open, with those around it.
    nodes: Vec<[String; 2]>,
    graphs: Vec<Graph>,
    tensor: Option<Tensor>,
    key: String,
    has_graph: bool,
}

/// Reads one model.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let place = Place::new(source, Region::new(0, source.len()), Format::OrtModel, budget);
    walk(place, &INFERENCE_SESSION, Seen::default(), |seen, place, _, whole| {
        if whole && !seen.has_graph {
            place.draft.fault(Fault::Malformed, None, "the model has no graph");
        }
        GraphFacts { framework: "ai.onnx", operators: seen.operators.finish(), ..seen.facts }
    })
}

impl Graph {
    fn refer(&mut self, number: u64, place: Region) {
        if self.most.is_none_or(|most| number > most) {
            (self.most, self.place) = (Some(number), place);
        }
    }
}

impl Visit for Seen {
    fn enter(&mut self, place: &mut Place<'_>) {
        match place.kind() {
            "Graph" => {
                self.has_graph = true;
                self.graphs.push(Graph::default());
            }
            "Node" => {
                self.nodes.push(Default::default());
                // A number that is left out is the first one.
                self.refer(0, place.open().region);
            }
            "NodeEdge" => self.refer(0, place.open().region),
            "Tensor" => {
                let (name, shape, data) = (String::new(), Vec::new(), Region::default());
                self.tensor = Some(Tensor { name, dtype: 0, shape, data, texts: 0, external: HERE });
            }
            "StringStringEntry" => self.key.clear(),
            _ => {}
        }
    }

    fn leave(&mut self, place: &mut Place<'_>) {
        let region = place.open().region;
        match place.kind() {
            "Graph" => {
                let graph = self.graphs.pop().unwrap_or_default();
                if let Some(number) = graph.most.filter(|number| *number >= graph.room) {
                    let detail =
                        format!("the graph has room for {} nodes, but speaks of node {number}", graph.room);
                    place.draft.fault(Fault::Contradiction, graph.place, detail);
                }
                if graph.room > MOST_NODES {
                    let detail = format!("the graph makes room for {} nodes", graph.room);
                    place.draft.fault(Fault::Bomb, region, detail);
                }
            }
            "Node" => {
                let [domain, name] = self.nodes.pop().unwrap_or_default();
                self.operator(domain, name, region, place);
            }
            "Tensor" => {
                if let Some(tensor) = self.tensor.take() {
                    self.tensor(tensor, region, place);
                }
            }
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        let region = place.open().region;
        match (place.kind(), field, &mut self.tensor, self.graphs.last_mut()) {
            ("Graph", "max_node_index", _, Some(graph)) => graph.room = value,
            ("Node", "index", ..) | ("NodeEdge", "node_index", ..) => self.refer(value, region),
            ("Tensor", "data_type", Some(tensor), _) => tensor.dtype = value,
            ("Tensor", "external_data_offset", Some(tensor), _) => tensor.external = value,
            _ => {}
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field) {
            ("Model", "producer_name") => value.clone_into(&mut self.facts.producer),
            ("Model", "producer_version") => value.clone_into(&mut self.facts.producer_version),
            ("Node", "domain" | "op_type") => {
                if let Some([domain, name]) = self.nodes.last_mut() {
                    value.clone_into(if field == "domain" { domain } else { name });
                }
            }
            // Domain, name and version of what an optimisation puts in place of other nodes when the model is loaded.
            ("RuntimeOptimizationRecord", "produced_op_ids") => {
                let rest = value.rsplit_once(':').map_or(value, |(rest, _)| rest);
                let (domain, name) = rest.rsplit_once(':').unwrap_or(("", rest));
                self.operator(domain.to_owned(), name.to_owned(), region, place);
            }
            ("Tensor", "name") => {
                if let Some(tensor) = &mut self.tensor {
                    value.clone_into(&mut tensor.name);
                }
            }
            ("Tensor", "string_data") => {
                if let Some(tensor) = &mut self.tensor {
                    tensor.texts = tensor.texts.saturating_add(1);
                }
            }
            ("StringStringEntry", "key") => value.clone_into(&mut self.key),
            ("StringStringEntry", "value") if place.room(self.facts.metadata.len()) => {
                let value = crate::draft::head(value, LONGEST).to_owned();
                self.facts.metadata.push((self.key.clone(), value));
            }
            _ => {}
        }
    }

    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {
        match (place.kind(), field, &mut self.tensor) {
            ("Tensor", "dims", Some(tensor)) => tensor.shape = place.list(size, region),
            ("Tensor", "raw_data", Some(tensor)) => tensor.data = region,
            ("NodeEdge", "input_edges" | "output_edges", _) => {
                // The first number of an end of an edge is a node's.
                for number in place.list(4, region).into_iter().step_by(3) {
                    self.refer(number, region);
                }
            }
            _ => {}
        }
    }

    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        (place.kind(), field) == ("Tensor", "raw_data")
    }
}

impl Seen {
    fn refer(&mut self, number: u64, place: Region) {
        if let Some(graph) = self.graphs.last_mut() {
            graph.refer(number, place);
        }
    }

    fn operator(&mut self, domain: String, name: String, region: Region, place: &mut Place<'_>) {
        if !self.operators.add(None, [domain, name, String::new()], region, place.budget.limits().facts) {
            place.draft.too_many();
        }
    }

    /// The tensor that ends: whether its data fits it.
    fn tensor(&mut self, tensor: Tensor, region: Region, place: &mut Place<'_>) {
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        let label = show(&tensor.name);
        let dtype = usize::try_from(tensor.dtype).ok().and_then(|number| TYPES.get(number)).copied();
        let mut wrong = |kind: Fault, what: String| {
            place.draft.fault(kind, region, format!("the tensor `{label}` {what}"));
        };
        if let Some(size) = tensor.shape.iter().map(|size| size.cast_signed()).find(|size| *size < 0) {
            wrong(Fault::Contradiction, format!("has the impossible dimension {size}"));
        }
        let count = tensor.shape.iter().fold(1_u128, |all, size| all.saturating_mul((*size).into()));
        let needed = dtype.and_then(bytes).map(|size| count.saturating_mul(size));
        if let Some(needed) = needed.filter(|needed| *needed > LARGEST) {
            wrong(Fault::Bomb, format!("takes {needed} bytes of memory"));
        }
        if tensor.external != HERE {
            wrong(Fault::Contradiction, "takes its data from a file that models have no name for".to_owned());
        } else if let Some(needed) = needed.filter(|needed| *needed != u128::from(tensor.data.len())) {
            let detail = format!("takes {needed} bytes by its shape, but its data has {}", tensor.data.len());
            wrong(Fault::Contradiction, detail);
        } else if dtype == Some("string") && count != u128::from(tensor.texts) {
            wrong(
                Fault::Contradiction,
                format!("has {count} elements by its shape, but {} texts", tensor.texts),
            );
        }
        if tensor.data.is_empty() {
            return;
        }
        place.data(&tensor.name, tensor.data);
        if place.room(self.facts.tensors.len()) {
            self.facts.tensors.push(TensorInfo {
                name: tensor.name,
                dtype: dtype.map_or_else(|| tensor.dtype.to_string(), ToOwned::to_owned),
                shape: tensor.shape,
                data: tensor.data,
            });
        }
    }
}

/// Bytes of an element; nothing for texts and for types that are newer than the description.
fn bytes(dtype: &str) -> Option<u128> {
    Some(match dtype {
        "uint8" | "int8" | "bool" => 1,
        small if small.starts_with("float8") => 1,
        "uint16" | "int16" | "float16" | "bfloat16" => 2,
        "float" | "int32" | "uint32" => 4,
        "int64" | "double" | "uint64" | "complex64" => 8,
        "complex128" => 16,
        _ => return None,
    })
}
