//! Puts facts together while the message is walked.

use super::schema::MODEL;
use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{
    CodeKind, CodeReference, ExternalData, FileReference, GraphFacts, Operators, UnknownField,
};
use crate::node::{Facts, Fault, Parsed};
use crate::protobuf::{Place, Reader, Visit};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::SharedSource;

/// Metadata entries kept.
const MOST_METADATA: usize = 10_000;
/// The name that paths of weights begin with: the folder of the model.
const MODEL_FOLDER: &str = "@model_path/";

/// What is known of the messages that are open.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    version: Option<u64>,
    models: u64,
    /// Type of the operation that is open; operations within operations wait in order.
    operations: Vec<String>,
    /// The file and offset of weights that are kept elsewhere.
    blob: (String, u64),
    /// A key of metadata and its value.
    entry: (String, String),
}

/// Reads one model.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    Reader::new(source, &MODEL, Format::CoreMl, budget, Seen::default()).read(Seen::conclude)
}

impl Visit for Seen {
    fn enter(&mut self, region: Region, place: &mut Place<'_>) {
        match (place.outer(), place.field(), place.message()) {
            ("Model", "description", _) => {}
            // The kind of a model, and the kind of a layer, is the field that it stands in.
            ("Model", kind, _) => {
                self.models = self.models.saturating_add(1);
                self.operator("", kind, region, place);
            }
            ("NeuralNetworkLayer", "inputTensor" | "outputTensor", _) => {}
            ("NeuralNetworkLayer", kind, _) => self.operator("", kind, region, place),
            (_, _, "Operation") => self.operations.push(String::new()),
            (_, _, "Value.BlobFileValue") => self.blob = Default::default(),
            (_, _, "Metadata.UserDefinedEntry") => self.entry = Default::default(),
            _ => {}
        }
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        match place.message() {
            "Operation" => {
                let kind = self.operations.pop().unwrap_or_default();
                self.operator("mil", &kind, region, place);
            }
            "Value.BlobFileValue" => self.blob(region, place),
            "Metadata.UserDefinedEntry" => {
                let (key, value) = std::mem::take(&mut self.entry);
                self.metadata(key, value, place);
            }
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("Model", "specificationVersion") if place.path.len() == 1 => self.version = Some(value),
            ("Value.BlobFileValue", "offset") => self.blob.1 = value,
            _ => {}
        }
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("Operation", "type") => {
                if let Some(open) = self.operations.last_mut() {
                    value.clone_into(open);
                }
            }
            ("Value.BlobFileValue", "fileName") => value.clone_into(&mut self.blob.0),
            ("CustomModel" | "CustomLayerParams", "className") => self.class(value, region, place),
            ("StringParameter", "defaultValue") if place.outer() == "LinkedModelFile" => {
                self.linked(value, region, place);
            }
            ("Metadata", name) => self.metadata(name.to_owned(), value.to_owned(), place),
            ("Metadata.UserDefinedEntry", "key") => value.clone_into(&mut self.entry.0),
            ("Metadata.UserDefinedEntry", "value") => value.clone_into(&mut self.entry.1),
            _ => {}
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        let dtype = match (place.message(), field) {
            ("WeightParams", "floatValue") => "float32",
            ("WeightParams", "float16Value") => "float16",
            ("WeightParams", "rawValue") => "quantized",
            ("WeightParams", "int8RawValue") => "int8",
            ("TensorValue.RepeatedBytes", "values") => "bytes",
            _ => return,
        };
        let name = format!("weights@{}", region.start);
        place.tensor(&name, region);
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        if place.room(self.facts.tensors.len()) {
            let dtype = dtype.to_owned();
            self.facts.tensors.push(TensorInfo { name, dtype, shape: Vec::new(), data: region });
        }
    }

    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        matches!(place.message(), "WeightParams" | "TensorValue.RepeatedBytes") && field != "quantization"
    }
}

impl Seen {
    fn operator(&mut self, domain: &str, name: &str, region: Region, place: &mut Place<'_>) {
        let names = [domain.to_owned(), name.to_owned(), String::new()];
        if !self.operators.add(None, names, region, place.budget.limits().facts) {
            place.draft.too_many();
        }
    }

    fn class(&mut self, name: &str, region: Region, place: &mut Place<'_>) {
        if place.room(self.facts.code.len()) {
            let name = name.to_owned();
            self.facts.code.push(CodeReference { kind: CodeKind::Class, name, region });
        }
    }

    /// A linked model is searched for by name in several folders; names of places (`$BUNDLE_MAIN`) are the system's.
    fn linked(&mut self, value: &str, region: Region, place: &mut Place<'_>) {
        let is_search = place.field() == "linkedModelSearchPath";
        let paths: Vec<&str> = if is_search { value.split(':').collect() } else { vec![value] };
        for path in paths.into_iter().filter(|path| !path.is_empty()) {
            let path =
                path.strip_prefix('$').and_then(|rest| rest.split_once('/')).map_or(path, |(_, rest)| rest);
            if !path.starts_with('$') && place.room(self.facts.files.len()) {
                let path = path.to_owned();
                self.facts.files.push(FileReference {
                    path,
                    purpose: "linked model",
                    written: false,
                    region,
                });
            }
        }
    }

    fn blob(&mut self, region: Region, place: &mut Place<'_>) {
        let (file, offset) = std::mem::take(&mut self.blob);
        let location = file.strip_prefix(MODEL_FOLDER).unwrap_or(&file).to_owned();
        if place.room(self.facts.external.len()) {
            let tensor = format!("value@{}", region.start);
            self.facts.external.push(ExternalData {
                tensor,
                location,
                offset,
                region,
                ..ExternalData::default()
            });
        }
    }

    fn metadata(&mut self, key: String, value: String, place: &mut Place<'_>) {
        if self.facts.metadata.len() < MOST_METADATA {
            self.facts.metadata.push((key, value));
        } else {
            place.draft.too_many();
        }
    }

    fn conclude(self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        if whole && !self.version.is_some_and(|version| (1..=64).contains(&version)) {
            draft.fault(Fault::Malformed, None, "there is no version of the format");
        }
        if whole && self.models == 0 && unknown.is_empty() {
            draft.fault(Fault::Truncated, None, "the file ends before there is a model of any kind");
        }
        let producer = self
            .facts
            .metadata
            .iter()
            .find(|(key, _)| key == "com.github.apple.coremltools.source")
            .map_or(String::new(), |(_, value)| value.clone());
        let producer_version = self.version.map_or(String::new(), |version| version.to_string());
        let operators = self.operators.finish();
        Facts::Graph(Box::new(GraphFacts {
            framework: "coreml",
            producer,
            producer_version,
            operators,
            unknown,
            ..self.facts
        }))
    }
}
