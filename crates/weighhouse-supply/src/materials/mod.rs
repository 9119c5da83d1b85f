//! What a target shows of itself: the input of every thread, collected while the engine reads each file once.

#[cfg(test)]
pub(crate) mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::printable::printable;
use weighhouse_formats::gguf::GgufValue;
use weighhouse_formats::json::Value;
use weighhouse_formats::node::{Facts, Node};
use weighhouse_formats::region::Region;
use weighhouse_formats::safetensors::TensorInfo;
use weighhouse_formats::source::{FileSource, SharedSource, read_up_to};
use weighhouse_formats::torch::Storage;

/// Bytes up to which a text is kept whole.
pub const TEXT_LIMIT: u64 = 4 << 20;
/// Bytes of all texts that are kept.
const ALL_TEXTS: u64 = 64 << 20;
/// Declared values, tensors and imports that are kept of one file.
pub(crate) const MOST: usize = 100_000;
/// Declared values and tensors that are kept of all files: many files must not fill the memory that one may not.
const ALL_ITEMS: usize = 2_000_000;
/// Behind the format in the key of a declared value: how many storages of an element type a checkpoint has, and numbers in them.
pub(crate) const NUMBERS: &str = "numbers:";
/// What keys end in whose value is a version.
const VERSION: &str = "_version";
/// Versions of one document.
const VERSIONS: usize = 64;
/// Bytes of a declared value that are kept.
const VALUE: usize = 4096;

/// What a target shows of itself.
#[derive(Debug, Default)]
pub struct Materials {
    /// The target, as the user named it.
    pub name: String,
    /// The folder on this machine, if it is one.
    pub root: Option<PathBuf>,
    /// Its files, by path.
    pub files: Vec<Material>,
}

/// One file.
#[derive(Debug, Default)]
pub struct Material {
    /// Path relative to the target, `/`-separated.
    pub path: String,
    /// Length in bytes.
    pub len: u64,
    /// Digest; absent if it could not be read to its end.
    pub sha256: Option<Digest>,
    /// The strongest reading, by name.
    pub format: &'static str,
    /// How to read it again.
    pub content: Option<Content>,
    /// The whole content, if it is UTF-8 of at most [`TEXT_LIMIT`] bytes and there was room.
    pub text: Option<String>,
    /// What its metadata declares.
    pub declared: Vec<Declared>,
    /// Its tensors.
    pub tensors: Vec<Tensor>,
    /// Modules that its Python code imports, as written (`os.path`); relative ones are left out.
    pub imports: BTreeSet<String>,
    /// Whether there was no room for all of its text, its declared values or its tensors.
    pub cut: bool,
}

/// How a file is read again.
#[derive(Debug, Clone)]
pub enum Content {
    /// From this path.
    Path(PathBuf),
    /// From what was read already.
    Source(SharedSource),
}

impl Material {
    /// The digest of its bytes, which are read if they were not yet.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.sha256.or_else(|| {
            let source = self.content.as_ref()?.open().ok()?;
            let mut hasher = sha2::Sha256::new();
            let mut at = 0_u64;
            while at < source.len() {
                let part = read_up_to(source.as_ref(), at, 1 << 20).ok().filter(|part| !part.is_empty())?;
                hasher.update(&part);
                at = at.saturating_add(part.len() as u64);
            }
            Some(Digest::from_bytes(hasher.finalize().into()))
        })
    }
}

impl Content {
    /// Opens it.
    pub fn open(&self) -> io::Result<SharedSource> {
        match self {
            Self::Path(path) => Ok(Arc::new(FileSource::new(File::open(path)?)?)),
            Self::Source(source) => Ok(Arc::clone(source)),
        }
    }
}

/// A value that metadata declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// Chain of members inside the file, joined by `!`; empty for the file itself.
    pub member: String,
    /// Format and key: `gguf:general.license`, `safetensors:format`, `onnx:producer_name`, `hdf5:/@keras_version`, `pickle:_sklearn_version`.
    pub key: String,
    /// The value as text, cut to 4 KiB.
    pub value: String,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Chain of members inside the file, joined by `!`; empty for the file itself.
    pub member: String,
    /// Name.
    pub name: String,
    /// Element type, as the format writes it (`F32`, `Q4_K`).
    pub dtype: String,
    /// Shape.
    pub shape: Vec<u64>,
    /// Its bytes in the file, if they lie there as they are.
    pub data: Option<Region>,
}

impl Materials {
    /// The file at this path.
    pub fn file(&self, path: &str) -> Option<&Material> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }

    /// What is said of files that hold more than is kept, if there are any: whoever asks looks at less than the target holds.
    pub fn cut(&self) -> Option<String> {
        let mut cut = self.files.iter().filter(|file| file.cut).map(|file| printable(&file.path));
        let first = cut.next()?;
        let others = match cut.count() {
            0 => String::new(),
            1 => " and one more file".to_owned(),
            count => format!(" and {count} more files"),
        };
        let what = "more text, metadata or tensors than are kept, so that only a part was looked at";
        Some(format!("`{first}`{others}: {what}"))
    }

    /// Forgets what files say that are links out of the target: nobody who wrote the target wrote them, and their words are not to be
    /// told. Weights are measured wherever they lie.
    pub fn forget(&mut self, outside: &BTreeSet<&str>) {
        for file in self.files.iter_mut().filter(|file| outside.contains(file.path.as_str())) {
            file.text = None;
            if file.tensors.is_empty() {
                file.content = None;
            }
        }
    }

    /// Every declared value of this key, with its file.
    pub fn declared<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a Material, &'a Declared)> {
        let of = move |file: &'a Material| {
            file.declared.iter().filter(move |declared| declared.key == key).map(move |found| (file, found))
        };
        self.files.iter().flat_map(of)
    }
}

/// What is kept so far, and how much that is.
#[derive(Debug, Default)]
struct Kept {
    files: Vec<Material>,
    texts: u64,
    items: usize,
}

/// Collects materials from many threads at once.
#[derive(Debug, Default)]
pub struct Survey {
    kept: Mutex<Kept>,
}

impl Survey {
    /// Takes in one file: its facts, its digest, and its bytes.
    pub fn file(
        &self,
        path: &str,
        node: &Node,
        sha256: Option<Digest>,
        source: &SharedSource,
        content: Option<Content>,
    ) {
        let format = node.readings.last().map(|reading| reading.format);
        let format = format.or_else(|| node.candidates.first().map(|candidate| candidate.format));
        let mut material = Material {
            path: path.to_owned(),
            len: node.len,
            sha256,
            format: format.map_or("unknown", weighhouse_formats::format::Format::name),
            content,
            ..Material::default()
        };
        let base = Some(0);
        collect(node, &mut Vec::new(), base, &mut material);
        let text = sha256.and_then(|_| text(source));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(material, text);
    }

    /// Takes in one file without looking at its format: its text, if it is one of a size that people write. The rest of it is read
    /// where something asks for it.
    pub fn plain(&self, path: &str, source: &SharedSource, content: Option<Content>) {
        let material = Material {
            path: path.to_owned(),
            len: source.len(),
            format: "unknown",
            content,
            ..Material::default()
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(material, text(source));
    }

    /// All files, by path.
    pub fn finish(&self, name: String, root: Option<PathBuf>) -> Materials {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = std::mem::take(&mut kept.files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Materials { name, root, files }
    }
}

/// The whole content, if it is a text.
fn text(source: &SharedSource) -> Option<String> {
    if source.len() > TEXT_LIMIT {
        return None;
    }
    let bytes = read_up_to(source.as_ref(), 0, TEXT_LIMIT as usize).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

impl Kept {
    /// Keeps of a file what there is room for.
    fn keep(&mut self, mut material: Material, text: Option<String>) {
        let room = ALL_TEXTS.saturating_sub(self.texts);
        material.cut |= text.as_ref().is_some_and(|text| text.len() as u64 > room);
        material.text = text.filter(|text| text.len() as u64 <= room);
        let room = ALL_ITEMS.saturating_sub(self.items);
        let (declared, tensors) = (material.declared.len(), material.tensors.len());
        material.declared.truncate(room);
        material.tensors.truncate(room.saturating_sub(material.declared.len()));
        material.cut |= material.declared.len() + material.tensors.len() < declared + tensors;
        self.texts += material.text.as_ref().map_or(0, |text| text.len() as u64);
        self.items += material.declared.len() + material.tensors.len();
        self.files.push(material);
    }
}

/// Takes in a node and all below it. `base` is where its bytes lie in the file, if they do so unchanged.
fn collect(node: &Node, members: &mut Vec<String>, base: Option<u64>, out: &mut Material) {
    for reading in &node.readings {
        facts(&reading.facts, reading.format.name(), members, base, out);
    }
    for child in &node.children {
        members.push(child.name.clone());
        let base = base.zip(child.region).and_then(|(base, region)| base.checked_add(region.start));
        collect(child, members, base, out);
        members.pop();
    }
}

fn facts(facts: &Facts, format: &'static str, members: &[String], base: Option<u64>, out: &mut Material) {
    let mut say = |key: &str, value: &str| declare(out, members, format!("{format}:{key}"), value);
    match facts {
        Facts::Gguf(gguf) => {
            say("version", &gguf.version.to_string());
            for (key, value) in &gguf.metadata {
                say(key, &gguf_value(value));
            }
            tensors(&gguf.tensors, members, base, out);
        }
        Facts::Safetensors(safetensors) => {
            safetensors.metadata.iter().for_each(|(key, value)| say(key, value));
            tensors(&safetensors.tensors, members, base, out);
        }
        Facts::Onnx(onnx) => {
            onnx.ir_version.iter().for_each(|version| say("ir_version", &version.to_string()));
            for (domain, version) in &onnx.imports {
                say(&format!("opset:{domain}"), &version.to_string());
            }
        }
        Facts::Hdf5(hdf5) => {
            for attribute in &hdf5.attributes {
                say(&format!("{}@{}", attribute.object, attribute.name), &attribute.text);
            }
        }
        Facts::Torch(torch) => {
            let mut numbers: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
            for (dtype, count) in torch.storages.iter().filter_map(Storage::numbers) {
                let entry = numbers.entry(dtype).or_default();
                *entry = (entry.0.saturating_add(1), entry.1.saturating_add(count));
            }
            for (dtype, (storages, count)) in numbers {
                say(&format!("{NUMBERS}{dtype}"), &format!("{storages} {count}"));
            }
        }
        Facts::Pickle(pickle) => {
            pickle.versions.iter().for_each(|version| say(&version.name, &version.text));
        }
        // Documents inside a container, which nobody reads as files: `metadata.json` of a `.keras`.
        Facts::Json(json) if !members.is_empty() => {
            let entries = json.value.as_ref().map(Value::members).unwrap_or_default();
            let texts = entries.iter().filter_map(|(key, value)| Some((key, value.text()?)));
            texts
                .filter(|(key, _)| key.ends_with(VERSION))
                .take(VERSIONS)
                .for_each(|(key, text)| say(key, text));
        }
        Facts::Data(data) => {
            let entries = data.metadata.iter().filter(|(key, _)| key.ends_with(VERSION));
            entries.take(VERSIONS).for_each(|(key, text)| say(key, text));
        }
        Facts::Python(python) => {
            let modules = python.imports.iter().map(|import| &import.module);
            let absolute = modules.filter(|module| !module.starts_with('.') && !module.is_empty());
            out.imports.extend(absolute.take(MOST).cloned());
        }
        _ => {}
    }
    if let Some(graph) = facts.graph() {
        let mut say = |key: &str, value: &str| declare(out, members, format!("{format}:{key}"), value);
        say("producer_name", &graph.producer);
        say("producer_version", &graph.producer_version);
        graph.metadata.iter().for_each(|(key, value)| say(&format!("metadata:{key}"), value));
        tensors(&graph.tensors, members, base, out);
    }
}

fn gguf_value(value: &GgufValue) -> String {
    match value {
        GgufValue::Integer(number) => number.to_string(),
        GgufValue::Float(number) => number.to_string(),
        GgufValue::Bool(flag) => flag.to_string(),
        GgufValue::Text(text) => text.clone(),
        GgufValue::Array { element, len } => format!("[{len} × {element}]"),
    }
}

fn declare(out: &mut Material, members: &[String], key: String, value: &str) {
    if value.is_empty() {
        return;
    }
    if out.declared.len() >= MOST {
        out.cut = true;
        return;
    }
    let end = value.char_indices().map(|(at, _)| at).take_while(|at| *at <= VALUE).last().unwrap_or(0);
    let value = if value.len() <= VALUE { value } else { value.get(..end).unwrap_or_default() };
    out.declared.push(Declared { member: members.join("!"), key, value: value.to_owned() });
}

fn tensors(infos: &[TensorInfo], members: &[String], base: Option<u64>, out: &mut Material) {
    let room = MOST.saturating_sub(out.tensors.len());
    out.cut |= infos.len() > room;
    let member = members.join("!");
    out.tensors.extend(infos.iter().take(room).map(|info| Tensor {
        member: member.clone(),
        name: info.name.clone(),
        dtype: info.dtype.clone(),
        shape: info.shape.clone(),
        data: base.filter(|_| !info.data.is_empty()).and_then(|base| {
            Some(Region::new(base.checked_add(info.data.start)?, base.checked_add(info.data.end)?))
        }),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_left_out_and_said() {
        let mut kept = Kept { items: ALL_ITEMS - 1, texts: ALL_TEXTS - 3, ..Kept::default() };
        let declared =
            |key: &str| Declared { member: String::new(), key: key.to_owned(), value: "x".to_owned() };
        let file =
            |path: &str| Material { declared: vec![declared("a"), declared("b")], ..samples::text(path, "") };
        kept.keep(file("full"), Some("four".to_owned()));
        kept.keep(samples::text("none", ""), Some("two".to_owned()));
        let materials = samples::of(kept.files);
        let full = materials.file("full").unwrap();
        assert_eq!((full.declared.len(), full.text.as_deref(), full.cut), (1, None, true));
        let none = materials.file("none").unwrap();
        assert_eq!((none.text.as_deref(), none.cut), (Some("two"), false));
        assert!(materials.cut().unwrap().starts_with("`full`: more text"));
        assert_eq!(samples::texts(&[("a", "b")]).cut(), None);
    }
}
