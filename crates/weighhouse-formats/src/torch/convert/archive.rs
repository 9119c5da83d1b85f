//! Where a checkpoint's pickle and storages are, in either form.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::ConvertError;
use super::evaluate::Storage;
use crate::bounded::Budget;
use crate::node::{Content, Facts, Fault, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_up_to};

/// A checkpoint, opened.
pub(super) struct Archive {
    /// What holds the pickle of the object.
    pub pickle: SharedSource,
    /// Where in it that pickle begins.
    pub start: u64,
    storages: Storages,
}

enum Storages {
    /// Members of a zip; compressed ones are unpacked when they are needed, and kept.
    Members {
        file: SharedSource,
        members: RefCell<BTreeMap<String, Content>>,
        opened: RefCell<HashMap<String, SharedSource>>,
        budget: Budget,
    },
    /// Regions of the file.
    Regions { file: SharedSource, regions: HashMap<String, Region> },
}

/// Recognises the form and opens the file.
pub(super) fn open(source: &SharedSource, budget: &Budget) -> Result<Archive, ConvertError> {
    let candidates = crate::identify::identify("checkpoint.pt", source);
    let is = |format| candidates.iter().any(|candidate| candidate.format == format);
    if is(crate::format::Format::Zip) {
        zip(source, budget)
    } else if is(crate::format::Format::TorchLegacy) || is(crate::format::Format::Pickle) {
        legacy(source, budget)
    } else {
        Err(ConvertError::NoCheckpoint)
    }
}

/// An archive that readers could read in two ways is not converted: which one would it be?
fn consistent(parsed: &Parsed) -> Result<(), ConvertError> {
    let odd = parsed.reading.irregularities.iter().find(|fault| {
        matches!(
            fault.kind,
            Fault::Contradiction | Fault::Duplicate | Fault::Overlap | Fault::Truncated | Fault::Encrypted
        )
    });
    odd.map_or(Ok(()), |fault| Err(ConvertError::Malformed(fault.detail.clone())))
}

fn zip(source: &SharedSource, budget: &Budget) -> Result<Archive, ConvertError> {
    let parsed = crate::zip::parse(source, "", budget);
    consistent(&parsed)?;
    let mut members = BTreeMap::new();
    let mut roots = Vec::new();
    for child in parsed.children {
        if let Some((root, "data.pkl")) = child.name.split_once('/') {
            roots.push(root.to_owned());
        }
        if members.insert(child.name.clone(), child.content).is_some() {
            return Err(ConvertError::Malformed(format!(
                "`{}` is there twice",
                crate::draft::show(&child.name)
            )));
        }
    }
    let [root] = roots.as_slice() else { return Err(ConvertError::NoCheckpoint) };
    let prefix = format!("{root}/");
    let mut members: BTreeMap<String, Content> = members
        .into_iter()
        .filter_map(|(name, content)| Some((name.strip_prefix(&prefix)?.to_owned(), content)))
        .collect();
    if members.keys().any(|name| name.starts_with("code/")) {
        return Err(ConvertError::Script);
    }
    let mut open =
        |name: &str| members.remove(name).map(|content| unpack(source, content, budget)).transpose();
    if let Some(order) = open("byteorder")?
        && read_up_to(order.as_ref(), 0, 16).map_err(ConvertError::Read)?.trim_ascii() != b"little"
    {
        return Err(ConvertError::NotRepresentable("its numbers are big-endian".to_owned()));
    }
    let pickle = open("data.pkl")?.ok_or(ConvertError::NoCheckpoint)?;
    let storages = Storages::Members {
        file: Arc::clone(source),
        members: RefCell::new(members),
        opened: RefCell::default(),
        budget: budget.clone(),
    };
    Ok(Archive { pickle, start: 0, storages })
}

fn unpack(source: &SharedSource, content: Content, budget: &Budget) -> Result<SharedSource, ConvertError> {
    crate::inspect::content(source, content, budget).map_err(ConvertError::Malformed)
}

fn legacy(source: &SharedSource, budget: &Budget) -> Result<Archive, ConvertError> {
    let parsed = crate::pickle::parse(source, "", budget);
    consistent(&parsed)?;
    let Facts::Pickle(facts) = parsed.reading.facts else { return Err(ConvertError::NoCheckpoint) };
    let Some(legacy) = facts.legacy else { return Err(ConvertError::NoCheckpoint) };
    // Magic number, version, system, object, storage keys.
    let object = facts.streams.get(3).ok_or(ConvertError::NoCheckpoint)?;
    let regions = legacy
        .storages
        .into_iter()
        .map(|storage| (storage.key, Region::new(storage.region.start.saturating_add(8), storage.region.end)))
        .collect();
    let storages = Storages::Regions { file: Arc::clone(source), regions };
    Ok(Archive { pickle: Arc::clone(source), start: object.region.start, storages })
}

impl Archive {
    /// The bytes of a storage, as long as the pickle declares them.
    pub(super) fn storage(&self, storage: &Storage) -> Result<SharedSource, ConvertError> {
        let key = crate::draft::show(&storage.key);
        let missing = || ConvertError::Malformed(format!("storage `{key}` is not in the file"));
        let found = match &self.storages {
            Storages::Regions { file, regions } => {
                let region = regions.get(&storage.key).ok_or_else(missing)?;
                Arc::new(Slice::new(Arc::clone(file), *region))
            }
            Storages::Members { file, members, opened, budget } => {
                let known = opened.borrow().get(&storage.key).cloned();
                if let Some(known) = known {
                    known
                } else {
                    let content = members.borrow_mut().remove(&format!("data/{}", storage.key));
                    let source = unpack(file, content.ok_or_else(missing)?, budget)?;
                    opened.borrow_mut().insert(storage.key.clone(), Arc::clone(&source));
                    source
                }
            }
        };
        if storage.elements.checked_mul(storage.dtype.size) != Some(found.len()) {
            let detail =
                format!("storage `{key}` has {} bytes, which its declaration contradicts", found.len());
            return Err(ConvertError::Malformed(detail));
        }
        Ok(found)
    }
}
