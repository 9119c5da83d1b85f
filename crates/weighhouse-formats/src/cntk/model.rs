//! Dictionaries: which functions they are, and the arrays in them.

use super::schema::DICTIONARY;
use crate::bounded::Budget;
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{CodeKind, CodeReference, FileReference, GraphFacts, Operators, UnknownField};
use crate::node::{Facts, Fault, Parsed};
use crate::protobuf::{Place, Reader, Visit, numbers};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, read_up_to};

/// Elements of an array beyond which no machine has the memory.
const MOST_ELEMENTS: u128 = 1 << 34;
/// Bytes of the longest shape that is read.
const LONGEST_LIST: usize = 4096;
/// Operations by number, without a hole up to the last.
const OPERATIONS: [&str; 98] = [
    "Negate",
    "Sigmoid",
    "Tanh",
    "ReLU",
    "Exp",
    "Log",
    "Sqrt",
    "Floor",
    "Abs",
    "Reciprocal",
    "Softmax",
    "Hardmax",
    "TransposeAxes",
    "Where",
    "Slice",
    "Dropout",
    "Reshape",
    "Pooling",
    "SumAll",
    "Plus",
    "Minus",
    "ElementTimes",
    "Equal",
    "NotEqual",
    "Less",
    "LessEqual",
    "Greater",
    "GreaterEqual",
    "PackedIndex",
    "GatherPacked",
    "ScatterPacked",
    "Times",
    "TransposeTimes",
    "Convolution",
    "SquaredError",
    "CrossEntropyWithSoftmax",
    "ClassificationError",
    "PastValue",
    "FutureValue",
    "ReduceElements",
    "BatchNormalization",
    "Clip",
    "Select",
    "Splice",
    "Combine",
    "RandomSample",
    "RandomSampleInclusionFrequency",
    "ROIPooling",
    "Logistic",
    "OptimizedRNNStack",
    "ReconcileDynamicAxis",
    "LogSoftmax",
    "LogPlus",
    "CosDistance",
    "Sin",
    "Cos",
    "Pass",
    "Block",
    "Unpooling",
    "LambdaRank",
    "NDCG",
    "EditDistanceError",
    "NoOp",
    "LabelsToGraph",
    "StopGradient",
    "ELU",
    "ForwardBackward",
    "CosDistanceWithNegativeSamples",
    "OneHot",
    "Pow",
    "ToSequence",
    "ToSequenceLike",
    "UnpackSequence",
    "Assign",
    "Gather",
    "StableSigmoid",
    "RandomDistribution",
    "Sinh",
    "Cosh",
    "UnpackBatch",
    "ToBatch",
    "Asin",
    "Acos",
    "Pad",
    "Crop",
    "Atanh",
    "Asinh",
    "TopK",
    "Squeeze",
    "ConstantOp",
    "LatticeSequenceWithSoftmax",
    "Cast",
    "EyeLikeOp",
    "CustomProxyOp",
    "StraightThrough",
    "Tan",
    "Atan",
    "ConvolutionSequenceShape",
];

/// A dictionary that is open: its texts that say what it is.
#[derive(Debug, Default)]
struct Dictionary {
    operation: Option<u64>,
    module: Vec<String>,
    class: Vec<String>,
    method: Vec<String>,
    kind: Vec<String>,
    /// Whether it holds the state of a function of the user.
    user: bool,
    /// Whether code that one of its dictionaries names has been noted.
    named: bool,
}

/// An entry that is open. Its key may stand behind its value.
#[derive(Debug, Default)]
struct Entry {
    key: String,
    texts: Vec<(String, Region)>,
    number: Option<u64>,
}

/// An array that is open.
#[derive(Debug, Default)]
struct Array {
    kind: u64,
    format: u64,
    shape: Vec<u64>,
    values: u64,
    data: Region,
}

/// What is known so far.
#[derive(Debug, Default)]
struct Seen {
    facts: GraphFacts,
    operators: Operators,
    dictionaries: Vec<Dictionary>,
    entries: Vec<Entry>,
    array: Array,
}

/// Reads one dictionary and all in it.
pub(super) fn read(source: &SharedSource, budget: &Budget) -> Parsed {
    let seen = Seen { dictionaries: vec![Dictionary::default()], ..Seen::default() };
    Reader::new(source, &DICTIONARY, Format::CntkV2, budget, seen).read(Seen::conclude)
}

impl Visit for Seen {
    fn enter(&mut self, _region: Region, place: &mut Place<'_>) {
        match place.message() {
            "DataEntry" => self.entries.push(Entry::default()),
            "Dictionary" => self.dictionaries.push(Dictionary::default()),
            "NDArrayView" => self.array = Array::default(),
            _ => {}
        }
    }

    fn leave(&mut self, region: Region, place: &mut Place<'_>) {
        match place.message() {
            "DataEntry" => self.entry(place),
            "Dictionary" => self.dictionary(region, place),
            "NDArrayView" => self.array(region, place),
            _ => {}
        }
    }

    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("DictionaryValue", "int_value" | "size_t_value") if place.outer() == "DataEntry" => {
                if let Some(entry) = self.entries.last_mut() {
                    entry.number = Some(value);
                }
            }
            ("NDArrayView", "data_type") => self.array.kind = value,
            ("NDArrayView", "storage_format") => self.array.format = value,
            ("NDShape", "shape_dim")
                if place.outer() == "NDArrayView" && self.array.shape.len() < LONGEST_LIST =>
            {
                self.array.shape.push(value);
            }
            ("FloatValues" | "DoubleValues" | "IntValues", "value") => {
                self.array.values = self.array.values.saturating_add(1);
            }
            _ => {}
        }
    }

    fn data(&mut self, field: &'static str, region: Region, place: &mut Place<'_>) {
        let size = match place.message() {
            "FloatValues" => 4,
            "DoubleValues" => 8,
            "NDShape" => {
                let len = usize::try_from(region.len()).unwrap_or(usize::MAX).min(LONGEST_LIST);
                let bytes = read_up_to(place.source.as_ref(), region.start, len).unwrap_or_default();
                for value in numbers(&bytes).unwrap_or_default() {
                    self.number(field, value, place);
                }
                return;
            }
            _ => {
                // As many bytes as a number has are not known.
                self.array.format = u64::MAX;
                self.array.data = region;
                return place.tensor("values", region);
            }
        };
        if !region.len().is_multiple_of(size) {
            let detail = format!("{} bytes are no numbers of {size} bytes", region.len());
            place.draft.fault(Fault::Malformed, region, detail);
        }
        self.array.values = self.array.values.saturating_add(region.len() / size);
        self.array.data = region;
        place.tensor("values", region);
    }

    fn is_data(&self, _field: &'static str, place: &Place<'_>) -> bool {
        place.message() == "BytesValue"
    }

    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {
        match (place.message(), field) {
            ("DataEntry", "key") => {
                if let Some(entry) = self.entries.last_mut() {
                    value.clone_into(&mut entry.key);
                }
            }
            // Elements of a list are none.
            ("DictionaryValue", "string_value") if place.outer() == "DataEntry" => {
                // Of two, readers take the last; both are judged.
                if let Some(entry) = self.entries.last_mut().filter(|entry| entry.texts.len() < 16) {
                    entry.texts.push((value.to_owned(), region));
                }
            }
            _ => {}
        }
    }
}

impl Seen {
    fn entry(&mut self, place: &mut Place<'_>) {
        let Some(Entry { key, texts, number }) = self.entries.pop() else { return };
        let Some(dictionary) = self.dictionaries.last_mut() else { return };
        let list = match key.as_str() {
            "op" => {
                dictionary.operation = number.or(dictionary.operation);
                return;
            }
            "user_defined_state" => {
                dictionary.user = true;
                return;
            }
            "module" => &mut dictionary.module,
            "class" => &mut dictionary.class,
            "deserialize_method" => &mut dictionary.method,
            "type" => &mut dictionary.kind,
            "symListPath" | "phonePath" | "stateListPath" | "transProbPath" => {
                for (path, region) in texts.into_iter().filter(|(path, _)| !path.is_empty()) {
                    if place.room(self.facts.files.len()) {
                        self.facts.files.push(FileReference {
                            path,
                            purpose: "lattice",
                            written: false,
                            region,
                        });
                    }
                }
                return;
            }
            _ => return,
        };
        if list.len() < 16 {
            list.extend(texts.into_iter().map(|(text, _)| text));
        }
    }

    fn dictionary(&mut self, region: Region, place: &mut Place<'_>) {
        let Some(dictionary) = self.dictionaries.pop() else { return };
        let native = !dictionary.method.is_empty();
        let (kind, members) = if native {
            (CodeKind::Library, &dictionary.method)
        } else {
            (CodeKind::Python, &dictionary.class)
        };
        let mut named = dictionary.named;
        for module in &dictionary.module {
            for member in members {
                named = true;
                self.code(kind, format!("{module}.{member}"), region, place);
            }
        }
        if native && dictionary.module.is_empty() {
            named = true;
            self.code(kind, dictionary.method.concat(), region, place);
        }
        if dictionary.user && !named {
            self.code(CodeKind::Custom, "a function of the user".to_owned(), region, place);
        }
        if let Some(around) = self.dictionaries.last_mut() {
            around.named |= named;
        }
        self.operation(&dictionary, region, place);
    }

    fn code(&mut self, kind: CodeKind, name: String, region: Region, place: &mut Place<'_>) {
        if place.room(self.facts.code.len()) {
            self.facts.code.push(CodeReference { kind, name, region });
        }
    }

    fn operation(&mut self, dictionary: &Dictionary, region: Region, place: &mut Place<'_>) {
        let Some(number) = dictionary.operation.filter(|_| {
            dictionary.kind.is_empty() || dictionary.kind.iter().any(|kind| kind == "PrimitiveFunction")
        }) else {
            return;
        };
        let known = usize::try_from(number).ok().and_then(|number| OPERATIONS.get(number).copied());
        let name = known.map_or_else(|| format!("op {number}"), str::to_owned);
        if !self.operators.add(
            None,
            [String::new(), name, String::new()],
            region,
            place.budget.limits().facts,
        ) {
            place.draft.too_many();
        }
    }

    fn array(&mut self, region: Region, place: &mut Place<'_>) {
        let array = std::mem::take(&mut self.array);
        let elements = array.shape.iter().fold(1_u128, |all, size| all.saturating_mul(u128::from(*size)));
        if elements > MOST_ELEMENTS {
            let detail = format!("an array has {elements} numbers, more than any memory holds");
            place.draft.fault(Fault::Bomb, region, detail);
        } else if array.format == 0 && elements != u128::from(array.values) {
            let detail = format!(
                "an array has {} numbers, but its shape {:?} is that of {elements}",
                array.values, array.shape
            );
            place.draft.fault(Fault::Contradiction, region, detail);
        }
        self.facts.tensor_count = self.facts.tensor_count.saturating_add(1);
        if place.room(self.facts.tensors.len()) {
            let dtype = match array.kind {
                1 => "float32",
                2 => "float64",
                4 => "float16",
                5 => "int8",
                6 => "int16",
                _ => "unknown",
            };
            self.facts.tensors.push(TensorInfo {
                name: format!("array@{}", region.start),
                dtype: dtype.to_owned(),
                shape: array.shape,
                data: array.data,
            });
        }
    }

    fn conclude(mut self, unknown: Vec<UnknownField>, whole: bool, draft: &mut Draft) -> Facts {
        let operators = std::mem::take(&mut self.operators).finish();
        if whole && operators.is_empty() && self.facts.tensors.is_empty() && self.facts.code.is_empty() {
            draft.fault(Fault::Truncated, None, "the file ends before there is a function or an array");
        }
        Facts::Graph(Box::new(GraphFacts {
            framework: "cntk",
            producer: "cntk".to_owned(),
            operators,
            unknown,
            ..self.facts
        }))
    }
}
