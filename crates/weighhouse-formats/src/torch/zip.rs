//! The zip form: `ROOT/data.pkl` and its storages in `ROOT/data/`, TorchScript in `ROOT/code/` and `ROOT/constants.pkl`.
//!
//! Follows PyTorch's `PyTorchStreamReader`, which finds names without regard to case.

use std::collections::{BTreeMap, BTreeSet};

use super::rebuild::{role, storage_dtype};
use super::{Storage, TorchFacts, TorchForm, declared};
use crate::draft::show;
use crate::format::Format;
use crate::names;
use crate::node::{Candidate, Facts, Fault, Irregularity, Node, Reading, Strength};
use crate::pickle::{Ending, PickleFacts};
use crate::region::Claims;
use crate::source::{SharedSource, read_up_to};

/// Small members whose text is a fact.
const RECORDS: &[&str] = &[
    "version",
    ".data/version",
    "byteorder",
    ".data/serialization_id",
    ".format_version",
    ".storage_alignment",
];

/// Adds the reading if the members of a zip form a checkpoint.
pub(super) fn relate(node: &mut Node, source: &SharedSource) {
    if !node.readings.iter().any(|reading| matches!(reading.facts, Facts::Zip(_))) {
        return;
    }
    let mut roots = roots(node).into_iter();
    let Some(root) = roots.next() else { return };
    let mut archive = Archive::new(node, root);
    for other in roots {
        let detail =
            format!("two checkpoints, `{}` and `{}`, are in one archive", show(&archive.root), show(&other));
        archive.fault(Fault::Contradiction, detail);
    }
    archive.records(node, source);
    archive.pickles(node);
    archive.script(node);
    for index in std::mem::take(&mut archive.matched) {
        if let Some(child) = node.children.get_mut(index) {
            crate::inspect::numbers::explain(child, "a pickle declares it as a storage");
        }
    }
    archive.finish(node);
}

/// The folders that hold a `data.pkl`, and a version or storages beside it.
fn roots(node: &Node) -> BTreeSet<String> {
    let mut pickled = BTreeSet::new();
    let mut companions = BTreeSet::new();
    for child in &node.children {
        let Some((root, rest)) = child.name.split_once('/') else { continue };
        if rest.eq_ignore_ascii_case("data.pkl") {
            pickled.insert(root.to_owned());
        } else if rest.eq_ignore_ascii_case("version")
            || rest.eq_ignore_ascii_case(".data/version")
            || rest.starts_with("data/")
        {
            companions.insert(root.to_owned());
        }
    }
    pickled.intersection(&companions).cloned().collect()
}

struct Archive {
    root: String,
    /// Places of the members inside the root, by name in lower case; the first of equal ones, as the reader takes it.
    members: BTreeMap<String, usize>,
    /// Members that a pickle refers to and whose length is right.
    matched: Vec<usize>,
    referred: BTreeSet<usize>,
    storages: Vec<Storage>,
    orphans: Vec<String>,
    records: Vec<(String, String)>,
    faults: Vec<Irregularity>,
    script: bool,
    tensors_only: bool,
}

impl Archive {
    fn new(node: &Node, root: String) -> Self {
        let mut members = BTreeMap::new();
        for (index, child) in node.children.iter().enumerate() {
            if let Some(rest) = child.name.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'))
            {
                members.entry(rest.to_ascii_lowercase()).or_insert(index);
            }
        }
        Self {
            root,
            members,
            matched: Vec::new(),
            referred: BTreeSet::new(),
            storages: Vec::new(),
            orphans: Vec::new(),
            records: Vec::new(),
            faults: Vec::new(),
            script: false,
            tensors_only: false,
        }
    }

    fn fault(&mut self, kind: Fault, detail: String) {
        self.faults.push(Irregularity { kind, region: None, detail });
    }

    fn member(&self, name: &str) -> Option<usize> {
        self.members.get(&name.to_ascii_lowercase()).copied()
    }

    fn records(&mut self, node: &Node, source: &SharedSource) {
        for name in RECORDS {
            let region =
                self.member(name).and_then(|index| node.children.get(index)).and_then(|child| child.region);
            let Some(region) = region else { continue };
            let room = usize::try_from(region.len()).unwrap_or(usize::MAX).min(64);
            if let Ok(bytes) = read_up_to(source.as_ref(), region.start, room) {
                self.records
                    .push(((*name).to_owned(), String::from_utf8_lossy(&bytes).trim_end().to_owned()));
            }
        }
    }

    /// The pickles that stand directly in the root, `data.pkl` first.
    fn pickles(&mut self, node: &Node) {
        let mut stems: Vec<(String, usize)> = self
            .members
            .iter()
            .filter_map(|(name, index)| Some((name.strip_suffix(".pkl")?.to_owned(), *index)))
            .filter(|(stem, _)| !stem.contains('/'))
            .collect();
        stems.sort_by_key(|(stem, _)| stem != "data");
        let mut complete = true;
        let mut only = false;
        for (stem, index) in stems {
            let Some(facts) = node.children.get(index).and_then(pickle) else {
                complete = false;
                continue;
            };
            let found = self.check(node, &stem, facts);
            complete &= found;
            if stem == "data" {
                only = found && rebuilds_only(facts);
            }
        }
        self.tensors_only = only;
        if complete {
            self.find_orphans(node);
        }
    }

    /// Looks for the storages that one pickle declares; whether all of them are there as declared.
    fn check(&mut self, node: &Node, stem: &str, facts: &PickleFacts) -> bool {
        let (declared, mut complete) = declared(facts, &mut self.faults);
        for storage in declared {
            let places = [stem, "data", "constants"].map(|folder| format!("{folder}/{}", storage.key));
            let package = format!(".data/{}.storage", storage.key);
            let index = places.iter().chain([&package]).find_map(|place| self.member(place));
            let child = index.and_then(|index| node.children.get(index));
            let len = child.map(|child| child.len);
            self.referred.extend(index);
            // `torch.jit.save` keeps the shapes of traced inputs without their numbers.
            let shape_only = stem == "traced_inputs" && len == Some(0);
            if shape_only || self.fits(&storage, len) {
                self.matched.extend(index);
            } else {
                complete = false;
            }
            self.storages.push(Storage {
                found: child.and_then(|child| child.region),
                found_len: len,
                ..storage
            });
        }
        complete
    }

    fn fits(&mut self, storage: &Storage, len: Option<u64>) -> bool {
        let key = show(&storage.key);
        let Some(len) = len else {
            // Readers that unpack the archive join it to their folder.
            if let Some(why) = names::escapes(&storage.key) {
                self.fault(Fault::Traversal, format!("the key `{key}` of a storage {why}"));
            }
            self.fault(Fault::Truncated, format!("storage `{key}` is declared, but is not in the archive"));
            return false;
        };
        let Some(dtype) = storage_dtype(&storage.class) else {
            let class = show(&storage.class);
            self.fault(Fault::Unusual, format!("storage `{key}` is of the unknown class `{class}`"));
            return false;
        };
        let wanted = storage.declared_elements.checked_mul(dtype.size);
        if wanted != Some(len) {
            let detail = format!(
                "storage `{key}` is declared as {} elements of {} bytes, but {len} bytes are there",
                storage.declared_elements, dtype.size
            );
            self.fault(Fault::Contradiction, detail);
        }
        wanted == Some(len)
    }

    fn find_orphans(&mut self, node: &Node) {
        for (name, index) in &self.members {
            let folder = name.split_once('/').map(|(folder, _)| folder);
            if matches!(folder, Some("data" | "constants")) && !self.referred.contains(index) {
                self.orphans.extend(node.children.get(*index).map(|child| child.name.clone()));
            }
        }
    }

    fn script(&mut self, node: &Node) {
        self.script = self
            .members
            .range("code/".to_owned()..)
            .next()
            .is_some_and(|(name, _)| name.starts_with("code/"));
        self.tensors_only &= !self.script && !node.children.is_empty();
    }

    fn finish(self, node: &mut Node) {
        node.candidates.insert(
            0,
            Candidate {
                format: Format::TorchZip,
                strength: Strength::Certain,
                evidence: "a pickle and its storages",
            },
        );
        node.readings.push(Reading {
            format: Format::TorchZip,
            facts: Facts::Torch(Box::new(TorchFacts {
                form: TorchForm::Zip,
                root: self.root,
                records: self.records,
                storages: self.storages,
                orphans: self.orphans,
                script: self.script,
                tensors_only: self.tensors_only,
            })),
            claims: Claims::new(),
            irregularities: self.faults,
        });
    }
}

/// The pickle reading of a member.
pub(super) fn pickle(node: &Node) -> Option<&PickleFacts> {
    node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Pickle(facts) => Some(facts.as_ref()),
        _ => None,
    })
}

/// Whether a pickle ends in order and imports only what rebuilds tensors.
pub(super) fn rebuilds_only(facts: &PickleFacts) -> bool {
    facts.streams.iter().all(|stream| stream.ending == Ending::Stop)
        && !facts.streams.is_empty()
        && facts.unresolved.is_empty()
        && facts.extensions.is_empty()
        && facts.globals.iter().all(|global| role(&global.name).is_some())
}
