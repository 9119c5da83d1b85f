//! Weights, measured: how many numbers there are, how they are encoded, and what their shapes tell.

use std::collections::{BTreeMap, BTreeSet};

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::printable::printable_within;

use super::config::shown;
use super::graph::{Graph, Known, Trait, Weights};
use crate::materials::{MOST, Material, Materials, NUMBERS, Tensor};

/// Sets of weights that are told one by one.
const SETS: usize = 1000;
/// Element types of one set.
const TYPES: usize = 64;
/// Element types that hold indices, flags or texts, never parameters.
const NO_PARAMETERS: &[&str] = &[
    "i64", "int64", "u64", "uint64", "i32", "int32", "u32", "uint32", "i16", "int16", "u16", "uint16",
    "bool", "string", "resource", "variant",
];
/// Ends of names of tensors in which several numbers share an element.
const PACKED: &[&str] = &[".qweight", ".weight_packed", ".packed_weight"];
/// Ends of names of tensors that scale others and are no parameters.
const SCALES: &[&str] = &[
    ".weight_scale",
    ".weight_scale_inv",
    ".weight_zero_point",
    ".weight_shape",
    ".input_scale",
    ".SCB",
    ".weight_format",
];
/// The same, of packed ones.
const HELPERS: &[&str] =
    &[".qzeros", ".scales", ".g_idx", ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"];
/// Ends of names of matrices with a row for each token.
const TOKENS: &[&str] = &[
    "embed_tokens.weight",
    "word_embeddings.weight",
    "wte.weight",
    "token_embd.weight",
    "tok_embeddings.weight",
    "embed_in.weight",
    "shared.weight",
];
/// Ends of names of matrices with a row for each position.
const POSITIONS: &[&str] = &["position_embeddings.weight", "wpe.weight", "position_embd.weight"];

/// What the configuration says about packing: bits of a number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Packing {
    pub(super) bits: Option<u64>,
}

/// Measures all weights of an artifact.
pub(super) fn measure(materials: &Materials, packing: Packing, graph: &mut Graph) {
    let mut sets: BTreeMap<String, Vec<&Material>> = BTreeMap::new();
    for file in materials.files.iter().filter(|file| file.tensors.is_empty()) {
        if let Some(weights) = storages(file) {
            add(weights, &[file], graph);
        }
    }
    for file in materials.files.iter().filter(|file| !file.tensors.is_empty()) {
        sets.entry(set_of(&file.path)).or_default().push(file);
    }
    for (name, files) in sets {
        let tensors: Vec<&Tensor> = files.iter().flat_map(|file| &file.tensors).collect();
        let format = files.first().map_or("unknown", |file| file.format);
        shapes(&tensors, format, &name, graph);
        let mut weights = weights(name, format, &tensors, packing);
        if files.iter().any(|file| file.tensors.len() >= MOST) {
            // There may be more than were kept.
            (weights.parameters, weights.table, weights.bytes) = (None, None, None);
        }
        add(weights, &files, graph);
    }
    graph.weights.sort_by(|a, b| a.name.cmp(&b.name));
}

fn add(weights: Weights, files: &[&Material], graph: &mut Graph) {
    if graph.weights.len() >= SETS {
        return;
    }
    traits(&weights, graph);
    let mut paths = files.iter().map(|file| file.path.as_str()).collect::<BTreeSet<_>>();
    for file in graph.files.iter_mut().filter(|file| paths.remove(file.path.as_str())) {
        file.weights = Some(weights.name.clone());
    }
    graph.weights.push(weights);
}

/// Weights of which only the storages are known: pickles, where a program says which numbers are tensors, and which of them parameters.
fn storages(file: &Material) -> Option<Weights> {
    let mut encodings: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for found in &file.declared {
        let dtype = found.key.split_once(':').and_then(|(_, key)| key.strip_prefix(NUMBERS));
        let (Some(dtype), Some((storages, count))) = (dtype, found.value.split_once(' ')) else { continue };
        let entry = encodings.entry(dtype.to_owned()).or_default();
        let add = |to: u64, text: &str| to.saturating_add(text.parse().unwrap_or_default());
        *entry = (add(entry.0, storages), add(entry.1, count));
    }
    let sum = |of: fn(&(u64, u64)) -> u64| encodings.values().map(of).fold(0, u64::saturating_add);
    let (tensors, values) = (sum(|(storages, _)| *storages), sum(|(_, count)| *count));
    let counted = |dtype: &String| !NO_PARAMETERS.contains(&dtype.to_ascii_lowercase().as_str());
    let parameters = encodings.iter().filter(|(dtype, _)| counted(dtype)).map(|(_, (_, count))| *count);
    let parameters = parameters.fold(0, u64::saturating_add);
    (!encodings.is_empty()).then(|| Weights {
        name: file.path.clone(),
        format: file.format,
        tensors,
        values,
        bytes: None,
        parameters: Some(Known::inferred(parameters, format!("storages of {}", shown(&file.path)))),
        encodings,
        table: None,
    })
}

/// The set that a file belongs to: `model-00001-of-00003.safetensors` is a shard of `model-*-of-00003.safetensors`.
fn set_of(path: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = || {
        let (before, after) = path.rsplit_once("-of-")?;
        let (stem, number) = before.rsplit_once('-')?;
        let count = after.split('.').next()?;
        (digits(number) && digits(count)).then(|| format!("{stem}-*-of-{after}"))
    };
    shard().unwrap_or_else(|| path.to_owned())
}

fn values(tensor: &Tensor) -> u64 {
    tensor.shape.iter().fold(1, |all, size| all.saturating_mul(*size))
}

fn weights(name: String, format: &'static str, tensors: &[&Tensor], packing: Packing) -> Weights {
    let mut encodings: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for tensor in tensors {
        let dtype = printable_within(&tensor.dtype, 40);
        if encodings.len() < TYPES || encodings.contains_key(&dtype) {
            let entry = encodings.entry(dtype).or_default();
            *entry = (entry.0.saturating_add(1), entry.1.saturating_add(values(tensor)));
        }
    }
    let sizes = tensors.iter().map(|tensor| {
        let none = values(tensor) == 0;
        tensor.data.map(|data| data.end.saturating_sub(data.start)).or(none.then_some(0))
    });
    Weights {
        parameters: parameters(&name, tensors, packing),
        format,
        tensors: tensors.len() as u64,
        values: tensors.iter().map(|tensor| values(tensor)).fold(0, u64::saturating_add),
        bytes: sizes.sum::<Option<u64>>(),
        encodings,
        table: Some(table(tensors)),
        name,
    }
}

/// SHA-256 over lines of name, element type and shape. Texts are length-prefixed: none can pass for two.
fn table(tensors: &[&Tensor]) -> Digest {
    let rows: BTreeSet<_> =
        tensors.iter().map(|tensor| (&tensor.member, &tensor.name, &tensor.dtype, &tensor.shape)).collect();
    let mut hasher = sha2::Sha256::new();
    for (member, name, dtype, shape) in rows {
        for text in [member, name, dtype] {
            hasher.update(format!("{}:{text}", text.len()));
        }
        hasher.update(format!("{shape:?}\n"));
    }
    Digest::from_bytes(hasher.finalize().into())
}

/// The number of parameters: of floating point numbers, and of integers of 8 bits or fewer. What quantisers pack into larger integers is
/// unpacked if the configuration says how.
fn parameters(name: &str, tensors: &[&Tensor], packing: Packing) -> Option<Known<u64>> {
    let ends = |tensor: &Tensor, ends: &[&str]| ends.iter().any(|end| tensor.name.ends_with(end));
    let nested = |tensor: &Tensor| tensor.name.contains(".quant_state.");
    let halves = tensors.iter().any(|tensor| nested(tensor));
    let packed = halves || tensors.iter().any(|tensor| ends(tensor, PACKED));
    let counted = |tensor: &&&Tensor| {
        let dtype = tensor.dtype.to_ascii_lowercase();
        !NO_PARAMETERS.contains(&dtype.as_str())
    };
    if !packed {
        let plain = tensors.iter().filter(counted).filter(|tensor| !ends(tensor, SCALES));
        let count = plain.map(|tensor| values(tensor)).fold(0, u64::saturating_add);
        return Some(Known::measured(count, name));
    }
    let bits = packing.bits.filter(|bits| (1..=8).contains(bits))?;
    let mut count = 0_u64;
    let helps = |tensor: &Tensor| ends(tensor, HELPERS) || ends(tensor, SCALES) || nested(tensor);
    for tensor in tensors.iter().filter(|tensor| !helps(tensor)) {
        let width = match tensor.dtype.to_ascii_lowercase().as_str() {
            "i32" | "int32" | "u32" | "uint32" if ends(tensor, PACKED) => 32,
            "u8" | "uint8" if halves && tensor.name.ends_with(".weight") => 8,
            dtype if NO_PARAMETERS.contains(&dtype) => continue,
            _ => bits,
        };
        count = count.saturating_add(values(tensor).saturating_mul(width) / bits);
    }
    Some(Known::inferred(count, name))
}

/// What the names and shapes of tensors tell of the model.
fn shapes(tensors: &[&Tensor], format: &str, place: &str, graph: &mut Graph) {
    let rows = |ends: &[&str]| {
        let found = tensors.iter().find(|tensor| ends.iter().any(|end| tensor.name.ends_with(end)))?;
        match (found.shape.as_slice(), format) {
            // GGUF writes the shortest step first.
            ([columns, rows], "gguf") | ([rows, columns], _) => Some((*rows, *columns)),
            _ => None,
        }
    };
    let measured = |value: u64| Known::measured(value.to_string(), place);
    if let Some((tokens, size)) = rows(TOKENS) {
        graph.note(Trait::Vocabulary, measured(tokens));
        graph.note(Trait::HiddenSize, measured(size));
    }
    if let Some((positions, _)) = rows(POSITIONS) {
        graph.note(Trait::ContextLength, measured(positions));
    }
    if let Some(layers) = layers(tensors) {
        graph.note(Trait::Layers, measured(layers));
    }
}

/// The most numbers under one beginning of names: `model.layers.0.…` to `model.layers.31.…` are 32 layers.
fn layers(tensors: &[&Tensor]) -> Option<u64> {
    const KEYS: [&str; 6] = ["layers", "layer", "h", "blocks", "block", "blk"];
    let mut found: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for tensor in tensors {
        let mut start = 0_usize;
        let mut before = "";
        for part in tensor.name.split('.') {
            if let (true, Ok(number)) = (KEYS.contains(&before), part.parse()) {
                let prefix = tensor.name.get(..start).unwrap_or_default();
                found.entry(prefix).or_default().insert(number);
                break;
            }
            before = part;
            start = start.saturating_add(part.len()).saturating_add(1);
        }
    }
    found.values().map(|numbers| numbers.len() as u64).max()
}

fn traits(weights: &Weights, graph: &mut Graph) {
    let place = weights.name.as_str();
    if let Some(parameters) = &weights.parameters {
        let Known { basis, value, place } = parameters;
        graph
            .note(Trait::Parameters, Known { basis: *basis, value: value.to_string(), place: place.clone() });
        // Whole bits and hundredths, without floating point.
        let hundredths =
            weights.bytes.and_then(|bytes| bytes.checked_mul(800)).and_then(|bits| bits.checked_div(*value));
        if let Some(hundredths) = hundredths {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            graph.note(Trait::BitsPerParameter, Known { basis: *basis, value: text, place: place.clone() });
        }
    }
    graph.note(Trait::Encodings, Known::measured(encodings(weights), place));
}

/// Element types with the tensors and values they take: `F32 12 (1536), Q4_K 217 (6979321856)`.
pub(super) fn encodings(weights: &Weights) -> String {
    let each = |(dtype, (tensors, values)): (&String, &(u64, u64))| format!("{dtype} {tensors} ({values})");
    weights.encodings.iter().map(each).collect::<Vec<_>>().join(", ")
}
