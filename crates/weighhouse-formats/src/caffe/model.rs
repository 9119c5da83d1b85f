//! Layers: their kinds, the code and the files that they name, and their numbers against their shapes.

use super::schema::{NET_PARAMETER, SOLVER_PARAMETER};
use crate::bounded::Budget;
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::graph::{
    CodeKind, CodeReference, FileReference, GraphFacts, Operators, TRAINING_DATA, UnknownField,
};
use crate::node::{Facts, Fault, Parsed};
use crate::protobuf::{Place, Reader, Visit, numbers};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, read_up_to};

/// Dimensions of a blob that the library accepts.
const MOST_DIMENSIONS: usize = 32;
/// Elements of a blob beyond which no machine has the memory.
const MOST_ELEMENTS: u128 = 1 << 34;
/// Bytes of the longest list of dimensions that is read.
const LONGEST_LIST: usize = 4096;
/// Kinds of layers of the second generation, by number.
const KINDS: [&str; 40] = [
    "None",
    "Accuracy",
    "BNLL",
    "Concat",
    "Convolution",
    "Data",
    "Dropout",
    "EuclideanLoss",
    "Flatten",
    "HDF5Data",
    "HDF5Output",
    "Im2col",
    "ImageData",
    "InfogainLoss",
    "InnerProduct",
    "LRN",
    "MultinomialLogisticLoss",
    "Pooling",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "Split",
    "TanH",
    "WindowData",
    "Eltwise",
    "Power",
    "SigmoidCrossEntropyLoss",
    "HingeLoss",
    "MemoryData",
    "ArgMax",
    "Threshold",
    "DummyData",
    "Slice",
    "MVN",
    "AbsVal",
    "Silence",
    "ContrastiveLoss",
    "Exp",
    "Deconvolution",
];
/// Kinds of layers of the first generation, and what they are called now.
const OLDEST: [(&str, &str); 20] = [
    ("accuracy", "Accuracy"),
    ("bnll", "BNLL"),
    ("concat", "Concat"),
    ("conv", "Convolution"),
    ("data", "Data"),
    ("dropout", "Dropout"),
    ("euclidean_loss", "EuclideanLoss"),
    ("flatten", "Flatten"),
    ("hdf5_data", "HDF5Data"),
    ("hdf5_output", "HDF5Output"),
    ("im2col", "Im2col"),
    ("images", "ImageData"),
    ("infogain_loss", "InfogainLoss"),
    ("innerproduct", "InnerProduct"),
    ("lrn", "LRN"),
    ("multinomial_logistic_loss", "MultinomialLogisticLoss"),
    ("pool", "Pooling"),
    ("relu", "ReLU"),
    ("softmax", "Softmax"),
    ("softmax_loss", "SoftmaxWithLoss"),
];

/// A layer that is open.
#[derive(Debug, Default)]
struct Layer {
    name: String,
    kinds: Vec<(String, Region)>,
}

/// Numbers that are open.
#[derive(Debug, Default)]
struct Blob {
    shape: Option<Vec<u64>>,
    /// Number, channels, height and width, as the first generations wrote a shape.
    sizes: [Option<u64>; 4],
    values: u64,
    data: Region,
    wide: bool,
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    /// Layers within layers, of which the oldest generation has one in each.
    layers: Vec<Layer>,
    blob: Blob,
    /// Module and class of a layer in Python.
    python: [String; 2],
    layer_count: u64,
    /// Whether it is nothing without a layer.
    is_network: bool,
}

/// Reads one network.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let seen = Seen { is_network: true, ..Seen::default() };
    Reader::new(source, &NET_PARAMETER, Format::Caffe, budget, seen).read(Seen::conclude)
}

/// Reads the settings of a training, and the networks in them.
pub(super) fn read_solver(source: &SharedSource, budget: &Budget) -> Parsed {
    Reader::new(source, &SOLVER_PARAMETER, Format::CaffeSolver, budget, Seen::default()).read(Seen::conclude)
}

fn is_layer(message: &str) -> bool {
    matches!(message, "LayerParameter" | "V1LayerParameter" | "V0LayerParameter")
}

impl Visit for Seen {
    fn enter(&mut self, _region: Region, place: &mut Place<'_>) {
        match place.message() {
            message if is_layer(message) => {
                self.layers.push(Layer::default());
                self.layer_count = self.layer_count.saturating_add(1);
            }
            "BlobProto" => self.blob = Blob::default(),
            "BlobShape" if place.outer() == "BlobProto" => self.blob.shape = Some(Vec::new()),
            "PythonParameter" => self.python = Default::default(),
            _ => {}
        }
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        match place.message() {
            message if is_layer(message) => self.layer(region, place),
            "BlobProto" => self.blob(region, place),
            "PythonParameter" => self.python(region, place),
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("V1LayerParameter", "type") => {
                let kind = usize::try_from(value).ok().and_then(|value| KINDS.get(value).copied());
                let kind = kind.map_or_else(|| format!("type {value}"), str::to_owned);
                self.kind(kind, Region::default());
            }
            ("BlobProto", "data" | "double_data") => self.blob.values = self.blob.values.saturating_add(1),
            ("BlobProto", "num") => self.blob.sizes[0] = Some(value),
            ("BlobProto", "channels") => self.blob.sizes[1] = Some(value),
            ("BlobProto", "height") => self.blob.sizes[2] = Some(value),
            ("BlobProto", "width") => self.blob.sizes[3] = Some(value),
            ("BlobShape", "dim") => {
                if let Some(shape) = self.blob.shape.as_mut().filter(|shape| shape.len() <= MOST_DIMENSIONS) {
                    shape.push(value);
                }
            }
            _ => {}
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("BlobShape", "dim") => {
                let len = usize::try_from(region.len()).unwrap_or(usize::MAX).min(LONGEST_LIST);
                let bytes = read_up_to(place.source.as_ref(), region.start, len).unwrap_or_default();
                let list = numbers(&bytes).unwrap_or_default();
                for value in list {
                    self.number(field, value, place);
                }
            }
            ("BlobProto", "data" | "double_data") => {
                self.blob.wide = field == "double_data";
                let size = if self.blob.wide { 8 } else { 4 };
                if !region.len().is_multiple_of(size) {
                    let detail =
                        format!("{} bytes of `{field}` are no numbers of {size} bytes", region.len());
                    place.draft.fault(Fault::Malformed, region, detail);
                }
                self.blob.values = self.blob.values.saturating_add(region.len() / size);
                self.blob.data = region;
                place.tensor("blob", region);
            }
            _ => place.tensor(field, region),
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("NetParameter", "name") => self.facts.metadata.push(("name".to_owned(), value.to_owned())),
            ("LayerParameter", "type") => self.kind(value.to_owned(), region),
            ("V0LayerParameter", "type") => {
                let now = OLDEST.iter().find(|(old, _)| *old == value).map_or(value, |(_, now)| now);
                self.kind(now.to_owned(), region);
            }
            (message, "name") if is_layer(message) => {
                if let Some(layer) = self.layers.last_mut() {
                    value.clone_into(&mut layer.name);
                }
            }
            ("PythonParameter", "module") => value.clone_into(&mut self.python[0]),
            ("PythonParameter", "layer") => value.clone_into(&mut self.python[1]),
            ("SolverParameter", "net" | "train_net" | "test_net") => {
                self.file(value, (TRAINING_DATA, false), region, place);
            }
            // The solver splits them.
            ("SolverParameter", "weights") => {
                for path in value.split(',') {
                    self.file(path, (TRAINING_DATA, false), region, place);
                }
            }
            ("SolverParameter", "snapshot_prefix") => self.file(value, (TRAINING_DATA, true), region, place),
            _ => self.path(field, value, region, place),
        }
    }
}

impl Seen {
    fn kind(&mut self, kind: String, region: Region) {
        // Of two, readers take the last; both are judged.
        if let Some(layer) = self.layers.last_mut().filter(|layer| layer.kinds.len() < 16) {
            layer.kinds.push((kind, region));
        }
    }

    fn layer(&mut self, region: Region, place: &mut Place<'_>) {
        let Some(layer) = self.layers.pop() else { return };
        for (kind, at) in layer.kinds {
            let names = [String::new(), kind, String::new()];
            let at = if at.is_empty() { region } else { at };
            if !self.operators.add(None, names, at, place.budget.limits().facts) {
                place.draft.too_many();
            }
        }
    }

    fn python(&mut self, region: Region, place: &mut Place<'_>) {
        let [module, class] = std::mem::take(&mut self.python);
        if !module.is_empty() && place.room(self.facts.code.len()) {
            let name = if class.is_empty() { module } else { format!("{module}.{class}") };
            self.facts.code.push(CodeReference { kind: CodeKind::Python, name, region });
        }
    }

    fn path(&mut self, field: &'static str, path: &str, region: Region, place: &mut Place<'_>) {
        let use_of = match field {
            "source" | "mean_file" | "meanfile" | "root_folder" | "label_map_file" | "name_size_file" => {
                (TRAINING_DATA, false)
            }
            "video_file" => ("film", false),
            "output_directory" | "save_file" => (TRAINING_DATA, true),
            "file_name" => ("output", true),
            _ => return,
        };
        self.file(path, use_of, region, place);
    }

    fn file(
        &mut self,
        path: &str,
        (purpose, written): (&'static str, bool),
        region: Region,
        place: &mut Place<'_>,
    ) {
        let path = path.trim();
        if !path.is_empty() && place.room(self.facts.files.len()) {
            self.facts.files.push(FileReference { path: path.to_owned(), purpose, written, region });
        }
    }

    fn blob(&mut self, region: Region, place: &mut Place<'_>) {
        let blob = std::mem::take(&mut self.blob);
        let old = blob.sizes.iter().any(Option::is_some);
        let shape = blob.shape.unwrap_or_else(|| {
            if old { blob.sizes.iter().map(|size| size.unwrap_or(0)).collect() } else { Vec::new() }
        });
        let elements = shape.iter().fold(1_u128, |all, size| all.saturating_mul(u128::from(*size)));
        let layer = self.layers.last().map_or("", |layer| layer.name.as_str());
        if elements > MOST_ELEMENTS {
            let detail = format!("`{}` has {elements} numbers, more than any memory holds", show(layer));
            place.draft.fault(Fault::Bomb, region, detail);
        } else if (blob.values > 0 || elements > 1) && elements != u128::from(blob.values) {
            let detail = format!(
                "the numbers of `{}` are {}, but its shape {shape:?} is that of {elements}",
                show(layer),
                blob.values
            );
            place.draft.fault(Fault::Contradiction, region, detail);
        }
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        if place.room(self.facts.tensors.len()) {
            let name = format!("{layer}@{}", region.start);
            let dtype = if blob.wide { "float64" } else { "float32" }.to_owned();
            self.facts.tensors.push(TensorInfo { name, dtype, shape, data: blob.data });
        }
    }

    fn conclude(self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        if whole && self.is_network && self.layer_count == 0 {
            draft.fault(Fault::Truncated, None, "the file ends before there is a layer");
        }
        let operators = self.operators.finish();
        Facts::Graph(Box::new(GraphFacts {
            framework: "caffe",
            producer: "caffe".to_owned(),
            operators,
            unknown,
            ..self.facts
        }))
    }
}
