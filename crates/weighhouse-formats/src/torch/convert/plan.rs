//! Which tensors are written, under which names, in which order, and the header that says so.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::ConvertError;
use super::archive::Archive;
use super::evaluate::{Id, Tensor, Value, Values};
use super::gather::extent;
use crate::safetensors::LARGEST_HEADER;

/// Dictionaries within dictionaries.
const DEEPEST: usize = 32;
/// Values visited: shared containers can be reached on many paths.
const MOST_VISITS: usize = 4_000_000;
/// Names reported as left out or copied.
const MOST_NAMES: usize = 1000;
/// Element types in the reference writer's order; the largest come first in a file.
const ORDER: &[&str] = &[
    "BOOL",
    "F4",
    "F6_E2M3",
    "F6_E3M2",
    "U8",
    "I8",
    "F8_E5M2",
    "F8_E4M3",
    "F8_E8M0",
    "F8_E4M3FNUZ",
    "F8_E5M2FNUZ",
    "I16",
    "U16",
    "F16",
    "BF16",
    "I32",
    "U32",
    "F32",
    "C64",
    "F64",
    "I64",
    "U64",
];

/// A tensor to write.
pub(super) struct Entry {
    pub name: String,
    pub tensor: Tensor,
    pub bytes: u64,
    pub dtype: &'static str,
}

/// Everything to write, in order.
pub(super) struct Plan {
    pub entries: Vec<Entry>,
    pub left_out: Vec<String>,
    pub copied: Vec<String>,
}

/// Collects the tensors of a state dictionary and checks that each has its bytes.
pub(super) fn plan(values: &Values, archive: &Archive) -> Result<Plan, ConvertError> {
    let mut collector = Collector { values, found: BTreeMap::new(), left_out: Vec::new(), visits: 0 };
    collector.visit(values.root, String::new(), 0)?;
    let mut entries = Vec::new();
    for (name, tensor) in collector.found {
        entries.push(entry(name, tensor, archive)?);
    }
    if entries.is_empty() {
        return Err(ConvertError::NotRepresentable("there is no tensor in it".to_owned()));
    }
    let copied = shared(&entries);
    let rank = |entry: &Entry| ORDER.iter().position(|dtype| *dtype == entry.dtype);
    entries.sort_by(|left, right| rank(right).cmp(&rank(left)).then_with(|| left.name.cmp(&right.name)));
    Ok(Plan { entries, left_out: collector.left_out, copied })
}

fn entry(name: String, tensor: Tensor, archive: &Archive) -> Result<Entry, ConvertError> {
    let shown = crate::draft::show(&name);
    let Some(dtype) = tensor.dtype.safetensors else {
        return Err(ConvertError::NotRepresentable(format!(
            "`{shown}` has an element type that the format lacks"
        )));
    };
    let storage = archive.storage(&tensor.storage)?;
    match extent(&tensor) {
        Some((bytes, needed)) if needed <= storage.len() => Ok(Entry { name, tensor, bytes, dtype }),
        _ => Err(ConvertError::Malformed(format!("`{shown}` reaches beyond its storage"))),
    }
}

/// Names of tensors whose bytes overlap those of another one that begins before them or is longer.
fn shared(entries: &[Entry]) -> Vec<String> {
    let mut views: Vec<(&str, u64, Reverse<u64>, &str)> = entries
        .iter()
        .filter_map(|entry| {
            let start = entry.tensor.offset.saturating_mul(entry.tensor.dtype.size);
            let (_, end) = extent(&entry.tensor).filter(|(bytes, _)| *bytes > 0)?;
            Some((entry.tensor.storage.key.as_str(), start, Reverse(end), entry.name.as_str()))
        })
        .collect();
    views.sort_unstable();
    let mut copied = Vec::new();
    let mut reached = ("", 0);
    for (key, start, Reverse(end), name) in views {
        if key != reached.0 {
            reached = (key, 0);
        }
        if start < reached.1 {
            copied.push(name.to_owned());
        }
        reached.1 = reached.1.max(end);
    }
    copied.sort_unstable();
    copied.truncate(MOST_NAMES);
    copied
}

struct Collector<'v> {
    values: &'v Values,
    found: BTreeMap<String, Tensor>,
    left_out: Vec<String>,
    visits: usize,
}

impl Collector<'_> {
    fn visit(&mut self, id: Id, name: String, depth: usize) -> Result<(), ConvertError> {
        self.visits = self.visits.saturating_add(1);
        if depth > DEEPEST || self.visits > MOST_VISITS {
            return Err(ConvertError::Malformed(
                "its containers are nested too deeply or contain themselves".to_owned(),
            ));
        }
        let values = self.values;
        match values.get(id) {
            Value::Tensor(tensor) => return self.add(name, tensor.clone()),
            Value::Dict(entries) => {
                for (key, value) in entries {
                    let key = match values.get(*key) {
                        Value::Text(key) => key.clone(),
                        Value::Int(key) => key.to_string(),
                        _ => {
                            return Err(ConvertError::NotRepresentable(
                                "a dictionary has keys that are no names".to_owned(),
                            ));
                        }
                    };
                    self.visit(*value, join(&name, &key), depth.saturating_add(1))?;
                }
            }
            Value::List(items) | Value::Tuple(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(*item, join(&name, &index.to_string()), depth.saturating_add(1))?;
                }
            }
            other => {
                if self.left_out.len() < MOST_NAMES {
                    self.left_out.push(format!("{name}: {}", kind(other)));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: String, tensor: Tensor) -> Result<(), ConvertError> {
        let name = if name.is_empty() { "tensor".to_owned() } else { name };
        match self.found.insert(name.clone(), tensor) {
            // A dictionary whose key is set twice keeps the last value; two paths to one name cannot be told apart.
            Some(_) => {
                let detail = format!("two tensors would have the name `{}`", crate::draft::show(&name));
                Err(ConvertError::NotRepresentable(detail))
            }
            None if name == "__metadata__" => {
                Err(ConvertError::NotRepresentable("a tensor has the name `__metadata__`".to_owned()))
            }
            None => Ok(()),
        }
    }
}

fn join(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Int(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Plain(kind) => kind,
        Value::Global(_) => "a type",
        Value::Storage(_) => "a storage",
        _ => "a value",
    }
}

impl Plan {
    /// The header as the reference writer writes it: metadata first, padded with spaces to eight bytes.
    pub(super) fn header(&self) -> Result<Vec<u8>, ConvertError> {
        let mut text = String::from("{\"__metadata__\":{\"format\":\"pt\"}");
        let mut at = 0_u64;
        for entry in &self.entries {
            let end = at.saturating_add(entry.bytes);
            let shape: Vec<String> = entry.tensor.shape.iter().map(u64::to_string).collect();
            text.push(',');
            quote(&entry.name, &mut text);
            let written = write!(
                text,
                ":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{at},{end}]}}",
                entry.dtype,
                shape.join(",")
            );
            debug_assert!(written.is_ok(), "writing to a string does not fail");
            at = end;
        }
        text.push('}');
        let mut header = text.into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        if header.len() as u64 > LARGEST_HEADER {
            return Err(ConvertError::NotRepresentable(
                "its header would be larger than readers accept".to_owned(),
            ));
        }
        Ok(header)
    }
}

/// A JSON string, escaped as the reference writer escapes it.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.extend(format!("\\u{:04x}", u32::from(control)).chars()),
            plain => out.push(plain),
        }
    }
    out.push('"');
}
