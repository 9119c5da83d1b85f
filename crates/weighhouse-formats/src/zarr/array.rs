//! Descriptions of arrays: shape, chunks, and the codecs that data goes through when it is read.

use crate::draft::head;
use crate::json::{Kind, Value};
use crate::region::Region;

/// Dimensions that any library supports.
pub(super) const MOST_DIMENSIONS: usize = 64;
/// Codecs of one array, and how deep they hold others.
const MOST_CODECS: usize = 64;
const DEEPEST: usize = 4;
const LONGEST: usize = 256;

/// An array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZarrArray {
    /// Path from the folder of the document; empty for the folder itself.
    pub path: String,
    /// 2 or 3.
    pub version: u8,
    /// Type of an element, as written.
    pub dtype: String,
    /// Lengths of the dimensions, and of those of a chunk.
    pub shape: Vec<u64>,
    /// Lengths of the dimensions of a chunk.
    pub chunks: Vec<u64>,
    /// Codecs and filters, also those within others.
    pub codecs: Vec<Codec>,
    /// What stands between the numbers in the name of a chunk.
    separator: char,
    /// Whether a `c` stands before them.
    prefixed: bool,
}

/// What data goes through when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Name, as written.
    pub name: String,
    /// `codec`, `filter`, `compressor` or `storage transformer`.
    pub role: &'static str,
    /// Where in the document.
    pub region: Region,
}

impl Codec {
    /// Whether what comes out of it are objects that pickle made.
    pub fn unpickles(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let name = name.rsplit('.').next().unwrap_or_default();
        matches!(name, "pickle" | "cloudpickle" | "dill" | "joblib")
    }
}

impl ZarrArray {
    /// Whether reading a chunk gives numbers and texts, whatever it holds.
    pub fn is_numbers(&self) -> bool {
        !self.codecs.iter().any(Codec::unpickles)
    }

    /// Whether a chunk of the array is kept under this name, from the folder of the array.
    pub fn has_chunk(&self, key: &str) -> bool {
        let key = if self.prefixed {
            let Some(rest) = key.strip_prefix('c') else { return false };
            match rest.strip_prefix(self.separator) {
                Some(rest) => rest,
                None => return rest.is_empty() && self.shape.is_empty(),
            }
        } else {
            key
        };
        if self.shape.is_empty() {
            return key == "0" && !self.prefixed;
        }
        let mut parts = key.split(self.separator);
        let within = self.shape.iter().zip(&self.chunks).all(|(length, chunk)| {
            let index = parts.next().filter(|part| is_number(part)).and_then(|part| part.parse::<u64>().ok());
            index.is_some_and(|index| index < length.div_ceil((*chunk).max(1)))
        });
        within && parts.next().is_none()
    }
}

fn is_number(part: &str) -> bool {
    part == "0"
        || !part.is_empty() && !part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The arrays of a document: its own, and those it has collected. Whether there are more than `most`.
pub(super) fn of_document(root: &Value, folder: &str, most: usize, arrays: &mut Vec<ZarrArray>) -> bool {
    let mut found: Vec<ZarrArray> = of_value(root, folder).into_iter().collect();
    let collected = root.get("consolidated_metadata").unwrap_or(root).get("metadata");
    for (key, value) in collected.map(Value::members).unwrap_or_default() {
        let path = super::ARRAY.iter().find_map(|name| key.strip_suffix(name)).unwrap_or(key);
        found.extend(of_value(value, &super::join(folder, path.trim_matches('/'))));
    }
    let over = found.len() > most.saturating_sub(arrays.len());
    found.truncate(most.saturating_sub(arrays.len()));
    arrays.extend(found);
    over
}

/// The array that an object describes, if it does.
pub(super) fn of_value(value: &Value, path: &str) -> Option<ZarrArray> {
    let version = match number(value.get("zarr_format")?)? {
        2 => 2,
        3 => 3,
        _ => return None,
    };
    let shape = numbers(value.get("shape")?);
    let mut array = ZarrArray {
        path: head(path, LONGEST * 4).to_owned(),
        version,
        dtype: String::new(),
        shape,
        chunks: Vec::new(),
        codecs: Vec::new(),
        separator: '.',
        prefixed: false,
    };
    if version == 2 {
        second(value, &mut array);
    } else {
        third(value, &mut array);
    }
    Some(array)
}

fn second(value: &Value, array: &mut ZarrArray) {
    array.dtype = value.get("dtype").map(shown).unwrap_or_default();
    array.chunks = value.get("chunks").map(numbers).unwrap_or_default();
    if value.get("dimension_separator").and_then(Value::text) == Some("/") {
        array.separator = '/';
    }
    codec(value.get("compressor"), "compressor", 0, array);
    for filter in value.get("filters").map(Value::elements).unwrap_or_default() {
        codec(Some(filter), "filter", 0, array);
    }
}

fn third(value: &Value, array: &mut ZarrArray) {
    array.dtype = value.get("data_type").map(shown).unwrap_or_default();
    let configuration = |value: Option<&'_ Value>, key: &str| {
        value.and_then(|value| value.get("configuration")).and_then(|inner| inner.get(key)).cloned()
    };
    let grid = configuration(value.get("chunk_grid"), "chunk_shape");
    array.chunks = grid.as_ref().map(numbers).unwrap_or_default();
    let encoding = value.get("chunk_key_encoding");
    let name = encoding.and_then(|encoding| encoding.get("name").or(Some(encoding))).and_then(Value::text);
    array.prefixed = name != Some("v2");
    let separator = configuration(encoding, "separator");
    array.separator = match separator.as_ref().and_then(Value::text) {
        Some(".") => '.',
        Some(_) => '/',
        None => {
            if array.prefixed {
                '/'
            } else {
                '.'
            }
        }
    };
    for (key, role) in [("codecs", "codec"), ("storage_transformers", "storage transformer")] {
        for element in value.get(key).map(Value::elements).unwrap_or_default() {
            codec(Some(element), role, 0, array);
        }
    }
}

/// A codec by `id` (2) or `name` (3), and what it holds.
fn codec(value: Option<&Value>, role: &'static str, depth: usize, array: &mut ZarrArray) {
    let Some(value) = value.filter(|value| !matches!(value.kind, Kind::Null)) else { return };
    if depth >= DEEPEST || array.codecs.len() >= MOST_CODECS {
        return;
    }
    let name = value.get("id").or_else(|| value.get("name")).unwrap_or(value);
    let name = name.text().map_or_else(|| "?".to_owned(), |name| head(name, LONGEST).to_owned());
    array.codecs.push(Codec { name, role, region: value.region });
    let inner = value.get("configuration").unwrap_or(value);
    for key in ["codecs", "index_codecs", "filters"] {
        for element in inner.get(key).map(Value::elements).unwrap_or_default() {
            codec(Some(element), role, depth.saturating_add(1), array);
        }
    }
    for key in ["compressor", "compressor_config"] {
        codec(inner.get(key), role, depth.saturating_add(1), array);
    }
}

fn number(value: &Value) -> Option<u64> {
    match &value.kind {
        Kind::Number(number) => number.parse().ok(),
        _ => None,
    }
}

fn numbers(value: &Value) -> Vec<u64> {
    value.elements().iter().take(MOST_DIMENSIONS).map(|element| number(element).unwrap_or(0)).collect()
}

/// A type as it is written: a word, or fields.
fn shown(value: &Value) -> String {
    match value.text().or_else(|| value.get("name").and_then(Value::text)) {
        Some(text) => head(text, LONGEST).to_owned(),
        None => format!("{} fields", value.elements().len()),
    }
}
