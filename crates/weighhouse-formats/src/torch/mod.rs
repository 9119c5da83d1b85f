//! PyTorch checkpoints: the zip form, the legacy stacked form and the old tar form, and TorchScript inside the first.

mod bytecode;
pub mod convert;
mod legacy;
mod rebuild;
mod tar;
mod zip;

use std::collections::{HashMap, HashSet};

use crate::bounded::Budget;
use crate::draft::show;
use crate::format::Format;
use crate::node::{Child, Fault, Irregularity, Node};
use crate::pickle::{PickleFacts, Shape};
use crate::region::Region;
use crate::source::SharedSource;

pub use bytecode::parse as parse_bytecode;
pub(crate) use rebuild::{dtype_size, storage_size};

/// What makes a file a PyTorch checkpoint.
#[derive(Debug)]
pub struct TorchFacts {
    /// Which form.
    pub form: TorchForm,
    /// Name of the archive's root folder (zip form).
    pub root: String,
    /// Content of `version`, `.data/serialization_id` and `byteorder`, where present.
    pub records: Vec<(String, String)>,
    /// The storages that the pickle refers to, with what the file really holds for each.
    pub storages: Vec<Storage>,
    /// Storage members that no pickle refers to.
    pub orphans: Vec<String>,
    /// Whether TorchScript code is present (`code/`): loading with `torch.jit.load` runs it.
    pub script: bool,
    /// Whether every global is needed only to rebuild tensors and plain containers, so that the file can be converted to
    /// safetensors; filled by the parser from structure alone, judged by rules.
    pub tensors_only: bool,
}

/// Forms of a PyTorch checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum TorchForm {
    Zip,
    Legacy,
    Tar,
}

/// A storage: one block of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Key by which the pickle refers to it.
    pub key: String,
    /// Storage class as written (`FloatStorage`).
    pub class: String,
    /// Number of elements as the pickle declares.
    pub declared_elements: u64,
    /// Bytes that the file holds for it; absent if it holds none.
    pub found: Option<Region>,
    /// Length found, in bytes.
    pub found_len: Option<u64>,
}

impl Storage {
    /// Element type, as safetensors calls it, and number of elements that the file holds; nothing if the type is not known.
    pub fn numbers(&self) -> Option<(&'static str, u64)> {
        let dtype = rebuild::storage_dtype(&self.class)?;
        Some((dtype.safetensors?, self.found_len?.checked_div(dtype.size)?))
    }
}

/// Says of the members of a zip which of them a loader of TorchScript takes for source and for bytecode. It needs a table of
/// constants, or the list of the oldest form, beside the folder, and finds names without regard to case.
pub(crate) fn announce(children: &mut [Child]) {
    let names: Vec<String> = children.iter().map(|child| child.name.to_ascii_lowercase()).collect();
    let tables: HashSet<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix("constants.pkl").or_else(|| name.strip_suffix("model.json")))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .collect();
    for (child, name) in children.iter_mut().zip(&names) {
        let source = name.strip_suffix(".py").is_some()
            && name
                .match_indices("code/")
                .any(|(at, _)| name.get(..at).is_some_and(|root| tables.contains(root)));
        let bytecode = name.strip_suffix("bytecode.pkl").is_some_and(|root| tables.contains(root));
        if source {
            child.known = Some(Format::TorchScript);
        } else if bytecode {
            child.known = Some(Format::TorchBytecode);
        }
    }
}

/// Adds a PyTorch reading to a node whose members and pickles form a checkpoint.
pub fn relate(node: &mut Node, source: &SharedSource, _budget: &Budget) {
    zip::relate(node, source);
    tar::relate(node, source);
    legacy::relate(node);
}

/// The storages that the persistent ids of a pickle declare, each once, in order of first mention; and whether every
/// persistent id is an ordinary storage.
fn declared(facts: &PickleFacts, faults: &mut Vec<Irregularity>) -> (Vec<Storage>, bool) {
    let mut storages: Vec<Storage> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut ordinary = true;
    for id in &facts.persistent {
        let Some(storage) = storage(&id.id) else {
            ordinary = false;
            continue;
        };
        match places.get(&storage.key).and_then(|index| storages.get(*index)) {
            None => {
                places.insert(storage.key.clone(), storages.len());
                storages.push(storage);
            }
            Some(known) if *known != storage => {
                let detail = format!("storage `{}` is declared in two ways", show(&storage.key));
                if faults.len() < 64 {
                    faults.push(Irregularity { kind: Fault::Contradiction, region: None, detail });
                }
                ordinary = false;
            }
            Some(_) => {}
        }
    }
    (storages, ordinary)
}

/// A storage by its persistent id; older files have a view as last part, `None` as a rule.
fn storage(id: &Shape) -> Option<Storage> {
    let found = id.storage()?;
    matches!(found.rest, [] | [Shape::None]).then_some(())?;
    Some(Storage {
        key: found.key.to_owned(),
        class: found.class.to_owned(),
        declared_elements: u64::try_from(found.elements).ok()?,
        found: None,
        found_len: None,
    })
}

#[cfg(test)]
mod tests;
