//! Which files of a target are weights, which belong together, and how their tensors are to be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weighhouse_core::Digest;
use weighhouse_core::printable::printable;
use weighhouse_formats::numbers::Encoding;
use weighhouse_formats::source::SharedSource;

use super::file::TENSORS;
use super::stored::{self, Stored};
use crate::lineage::roles::Role;
use crate::lineage::view::{Order, View};
use crate::materials::{Material, Materials, Tensor};

/// Architectures whose GGUF has the rows of queries and keys in another order.
const ROTATED: &[&str] = &[
    "llama",
    "granite",
    "granitemoe",
    "minicpm",
    "smollm3",
    "arcee",
    "baichuan",
    "internlm2",
    "orion",
    "xverse",
    "deci",
];

/// Weights that belong together.
#[derive(Debug)]
pub(in crate::lineage) struct Set {
    pub(in crate::lineage) label: String,
    pub(in crate::lineage) format: &'static str,
    pub(in crate::lineage) adapter: bool,
    pub(in crate::lineage) files: Vec<(String, Option<Digest>)>,
    pub(in crate::lineage) slots: Vec<Slot>,
    pub(in crate::lineage) missing: Vec<String>,
}

/// A tensor and how to read it.
#[derive(Debug)]
pub(in crate::lineage) struct Slot {
    pub(in crate::lineage) name: String,
    pub(in crate::lineage) role: Role,
    pub(in crate::lineage) dtype: String,
    /// Rows first.
    pub(in crate::lineage) shape: Vec<u64>,
    /// Where its bytes are.
    pub(in crate::lineage) place: Option<(SharedSource, u64, u64)>,
    /// Its numbers, if they can be decoded.
    pub(in crate::lineage) view: Option<View>,
}

/// Finds the weights in a target.
pub(in crate::lineage) fn sets(materials: &Materials) -> Vec<Set> {
    let mut groups: BTreeMap<(&'static str, String), Vec<&Material>> = BTreeMap::new();
    for file in materials.files.iter().filter(|file| stored::has_weights(file)) {
        groups.entry((file.format, without_shard(&file.path))).or_default().push(file);
    }
    groups.into_iter().map(|((format, label), files)| set(materials, format, label, &files)).collect()
}

/// The path without `-00001-of-00003`.
fn without_shard(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shard = stem.rsplit_once("-of-").filter(|(_, count)| digits(count));
    let shard = shard.and_then(|(front, _)| front.rsplit_once('-')).filter(|(_, number)| digits(number));
    let Some((stem, _)) = shard else { return path.to_owned() };
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{stem}.{ending}")
}

fn set(materials: &Materials, format: &'static str, label: String, files: &[&Material]) -> Set {
    let mut set = Set {
        label,
        format,
        adapter: false,
        files: files.iter().map(|file| (file.path.clone(), file.sha256)).collect(),
        slots: Vec::new(),
        missing: Vec::new(),
    };
    let mut tensors = Vec::new();
    for file in files {
        stored::tensors(file, &mut tensors, &mut set.missing);
    }
    let left_out = tensors.len().saturating_sub(TENSORS);
    tensors.truncate(TENSORS);
    if left_out > 0 {
        set.missing
            .push(format!("{left_out} tensors of `{}` beyond the first {TENSORS}", printable(&set.label)));
    }
    let habits = Habits::of(materials, format, files, &tensors);
    let adapters = tensors.iter().filter(|stored| Role::is_adapter(&stored.tensor.name)).count();
    set.slots = tensors.iter().map(|stored| habits.slot(stored)).collect();
    set.adapter = adapters > 0 && adapters.saturating_mul(2) >= set.slots.len();
    note_unreadable(&mut set, &tensors);
    settle_names(&mut set.slots);
    set
}

/// Tensors whose numbers are not known, told in one line per reason.
fn note_unreadable(set: &mut Set, tensors: &[Stored]) {
    let mut packed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut misfits = 0_usize;
    // Why those without a source are not read was told when they were taken from their file.
    let read = set.slots.iter().zip(tensors).filter(|(_, stored)| stored.source.is_some());
    for (slot, _) in read.filter(|(slot, _)| slot.view.is_none()) {
        match Encoding::of(&slot.dtype) {
            None => *packed.entry(&slot.dtype).or_default() += 1,
            Some(encoding) if encoding.is_real() => misfits = misfits.saturating_add(1),
            // Integers are indexes, masks, or weights packed in a way of their own.
            Some(_) => {}
        }
    }
    let label = printable(&set.label);
    let lines: Vec<String> = packed
        .into_iter()
        .map(|(dtype, count)| {
            format!("{count} tensors of `{label}` are {}, which is not decoded", printable(dtype))
        })
        .collect();
    set.missing.extend(lines);
    if misfits > 0 {
        set.missing
            .push(format!("{misfits} tensors of `{label}` have no place in the file that fits their shape"));
    }
}

/// By role. What has the role of another goes under its own name, and a name that is there twice is counted.
fn settle_names(slots: &mut [Slot]) {
    let mut seen: BTreeSet<Role> = BTreeSet::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for slot in slots.iter_mut() {
        while seen.contains(&slot.role) {
            // The count is kept for each name, so that many of one name do not take the square of their number.
            let count = counts.entry(slot.name.clone()).or_insert(0);
            let kind = if *count == 0 { slot.name.clone() } else { format!("{}#{count}", slot.name) };
            *count = count.saturating_add(1);
            slot.role = Role { stack: String::new(), block: None, kind };
        }
        seen.insert(slot.role.clone());
    }
    slots.sort_by(|a, b| (&a.role, &a.name).cmp(&(&b.role, &b.name)));
}

/// What the writer of a set does to tensors before it stores them.
#[derive(Debug, Default)]
struct Habits {
    gguf: bool,
    norms_around: bool,
    /// Heads of queries and of keys, if their rows are in another order.
    heads: Option<(u64, u64)>,
    /// Whether norms are stored less one.
    less_one: bool,
    /// Whether linear layers are stored by columns.
    columns: bool,
}

impl Habits {
    fn of(materials: &Materials, format: &'static str, files: &[&Material], tensors: &[Stored]) -> Self {
        let declared = |key: &str| {
            let all = files.iter().flat_map(|file| &file.declared);
            all.into_iter()
                .find(|declared| declared.member.is_empty() && declared.key == key)
                .map(|d| d.value.as_str())
        };
        let tensors = || tensors.iter().map(|stored| &stored.tensor);
        let gguf = format == "gguf";
        let architecture = if gguf {
            declared("gguf:general.architecture").map(str::to_owned)
        } else {
            files.first().and_then(|file| model_type(materials, &file.path))
        };
        let architecture = architecture.unwrap_or_default();
        let count = |key: &str| -> Option<u64> {
            declared(&format!("gguf:{architecture}.attention.{key}"))?.parse().ok().filter(|count| *count > 0)
        };
        let heads = count("head_count").map(|heads| (heads, count("head_count_kv").unwrap_or(heads)));
        Self {
            gguf,
            norms_around: tensors().any(|tensor| tensor.name.contains("pre_feedforward_layernorm")),
            heads: heads.filter(|_| gguf && ROTATED.contains(&architecture.as_str())),
            less_one: !gguf && architecture.starts_with("gemma") && !architecture.starts_with("gemma3n"),
            columns: !gguf && by_columns(tensors()),
        }
    }

    fn slot(&self, stored: &Stored) -> Slot {
        let Stored { tensor, source } = stored;
        let role = Role::of(&tensor.name, self.norms_around);
        let mut shape = tensor.shape.clone();
        if self.gguf {
            shape.reverse();
        }
        let stem = role.stem();
        let matrix = shape.len() == 2;
        let order = match (stem, self.heads) {
            ("attn_q", Some((heads, _))) => Order::Rotary { heads },
            ("attn_k", Some((_, heads))) => Order::Rotary { heads },
            ("attn_qkv" | "attn_output" | "ffn_up" | "ffn_down", _) if self.columns && matrix => {
                Order::Transposed
            }
            _ => Order::Plain,
        };
        if order == Order::Transposed {
            shape.reverse();
        }
        let norm = self.less_one
            && shape.len() == 1
            && tensor.name.contains("norm")
            && role.kind.ends_with(".weight");
        let plus = if norm { 1.0 } else { 0.0 };
        let place = source.as_ref().zip(tensor.data);
        let place = place.map(|(source, data)| (Arc::clone(source), data.start, data.len()));
        let view = place.as_ref().and_then(|place| view(place, &tensor.dtype, &shape, order, plus));
        Slot { name: tensor.name.clone(), role, dtype: tensor.dtype.clone(), shape, place, view }
    }
}

/// How the numbers are read; nothing if they are no numbers that were learned, or do not fill their place.
fn view(
    (source, start, len): &(SharedSource, u64, u64),
    dtype: &str,
    shape: &[u64],
    order: Order,
    plus: f32,
) -> Option<View> {
    let encoding = Encoding::of(dtype).filter(|encoding| encoding.is_real())?;
    let elements = shape.iter().try_fold(1_u64, |all, size| all.checked_mul(*size))?;
    let columns = shape.last().copied().unwrap_or(1);
    let fits =
        elements > 0 && encoding.bytes(elements) == Some(*len) && start.checked_add(*len)? <= source.len();
    let view = View {
        source: Arc::clone(source),
        start: *start,
        encoding,
        rows: elements.checked_div(columns)?,
        columns,
        order,
        plus,
    };
    (fits && view.is_readable()).then_some(view)
}

/// What the configuration beside a file calls its architecture.
fn model_type(materials: &Materials, path: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let text = materials.file(&format!("{folder}config.json"))?.text.as_deref()?;
    let config: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(config.get("model_type")?.as_str()?.to_owned())
}

/// GPT-2 and its like store linear layers by columns: seen by the layer that widens, which has as many rows as the norm before it.
fn by_columns<'t>(mut tensors: impl Iterator<Item = &'t Tensor> + Clone) -> bool {
    let wide = tensors.clone().find(|tensor| tensor.name.ends_with(".mlp.c_fc.weight"));
    let Some(wide) = wide else { return false };
    let norm = wide.name.replace(".mlp.c_fc.", ".ln_2.");
    let norm = tensors.find(|tensor| tensor.name == norm);
    match (wide.shape.as_slice(), norm.map(|norm| norm.shape.as_slice())) {
        ([rows, columns], Some([width])) => rows == width && columns != width,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::without_shard;

    #[test]
    fn shards_have_one_name() {
        assert_eq!(without_shard("a/model-00001-of-00003.safetensors"), "a/model.safetensors");
        assert_eq!(without_shard("q4-00002-of-00002.gguf"), "q4.gguf");
        for path in ["model.safetensors", "one-of-a-kind.bin", "x-1-of-.bin", "-of-3"] {
            assert_eq!(without_shard(path), path);
        }
    }
}
