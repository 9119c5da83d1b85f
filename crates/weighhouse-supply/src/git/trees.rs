//! Trees: what they list, and what differs between two of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, Id, Kind, Repository};

/// One name in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    pub(crate) mode: u32,
}

impl Entry {
    pub(crate) fn is_folder(self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// A file; neither a link nor another repository.
    pub(crate) fn is_file(self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

/// All files below a tree, by path.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: BTreeMap<String, Entry>,
    /// Why it is not whole, if it is not.
    pub(crate) fault: Option<String>,
}

/// A path that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) old: Option<Id>,
    pub(crate) new: Option<Id>,
}

/// Folders in folders that are followed.
const DEPTH: usize = 64;
/// Bytes of a path: no system takes longer ones, and what lies below a folder repeats its name.
const PATH: usize = 4_096;
/// Changed paths of one commit that are kept.
const MOST_CHANGES: usize = 2_000;
/// Trees that one comparison may read.
const MOST_TREES: usize = 4_000;

/// Entries of one tree, by name.
fn entries(content: &[u8], id_len: usize, limit: usize) -> Option<BTreeMap<String, Entry>> {
    let mut entries = BTreeMap::new();
    let mut rest = content;
    while !rest.is_empty() && entries.len() < limit {
        let space = memchr::memchr(b' ', rest)?;
        let mode = u32::from_str_radix(std::str::from_utf8(rest.get(..space)?).ok()?, 8).ok()?;
        rest = rest.get(space.checked_add(1)?..)?;
        let end = memchr::memchr(0, rest)?;
        let name = String::from_utf8_lossy(rest.get(..end)?).into_owned();
        rest = rest.get(end.checked_add(1)?..)?;
        let id = Id::new(rest.get(..id_len)?)?;
        rest = rest.get(id_len..)?;
        entries.insert(name, Entry { id, mode });
    }
    Some(entries)
}

impl Repository {
    /// The names in a tree.
    pub(crate) fn tree(&mut self, id: Id) -> Result<BTreeMap<String, Entry>, Fault> {
        let (kind, content) = self.read(id)?;
        if kind != Kind::Tree {
            return Err(Fault::Broken(id, "a tree was expected"));
        }
        let limit = self.limits.paths;
        entries(&content, id.as_bytes().len(), limit).ok_or(Fault::Broken(id, "no tree"))
    }

    /// All files below a tree. Trees in trees can name more paths than there are atoms, so paths are counted.
    pub(crate) fn list(&mut self, tree: Id) -> Listing {
        let mut listing = Listing::default();
        let mut open = vec![(tree, String::new(), 0_usize)];
        while let Some((id, prefix, depth)) = open.pop() {
            let entries = match self.tree(id) {
                Ok(entries) => entries,
                Err(fault) => {
                    listing.fault.get_or_insert(fault.to_string());
                    continue;
                }
            };
            for (name, entry) in entries {
                if prefix.len().saturating_add(name.len()) > PATH {
                    listing.fault.get_or_insert(format!("paths longer than {PATH} bytes are not looked at"));
                    continue;
                }
                let path = format!("{prefix}{name}");
                if listing.files.len().saturating_add(open.len()) >= self.limits.paths {
                    listing.fault.get_or_insert(format!("only {} paths are looked at", self.limits.paths));
                    return listing;
                }
                if !entry.is_folder() {
                    listing.files.insert(path, entry);
                } else if depth >= DEPTH {
                    listing.fault.get_or_insert(format!("folders deeper than {DEPTH} are not looked at"));
                } else {
                    open.push((entry.id, format!("{path}/"), depth.saturating_add(1)));
                }
            }
        }
        listing
    }

    /// Paths that differ between two trees; the second value says whether that is all.
    pub(crate) fn changes(&mut self, old: Option<Id>, new: Id) -> Result<(Vec<Change>, bool), Fault> {
        let mut changes = Vec::new();
        let mut open = vec![(old, Some(new), String::new(), 0_usize)];
        let (mut trees, mut whole) = (0_usize, true);
        while let Some((old, new, prefix, depth)) = open.pop() {
            if old == new {
                continue;
            }
            trees = trees.saturating_add(1);
            if changes.len() > MOST_CHANGES || trees > MOST_TREES || depth > DEPTH {
                return Ok((changes, false));
            }
            let read = |tree: Option<Id>, repository: &mut Self| {
                tree.map_or_else(|| Ok(BTreeMap::new()), |tree| repository.tree(tree))
            };
            let before = read(old, self)?;
            let after = read(new, self)?;
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (was, is) = (before.get(name).copied(), after.get(name).copied());
                if was == is {
                    continue;
                }
                if prefix.len().saturating_add(name.len()) > PATH {
                    whole = false;
                    continue;
                }
                let path = format!("{prefix}{name}");
                let folder = |entry: Option<Entry>| entry.filter(|entry| entry.is_folder()).map(|e| e.id);
                let file = |entry: Option<Entry>| entry.filter(|entry| !entry.is_folder()).map(|e| e.id);
                if folder(was).is_some() || folder(is).is_some() {
                    open.push((folder(was), folder(is), format!("{path}/"), depth.saturating_add(1)));
                }
                if file(was) != file(is) {
                    changes.push(Change { path, old: file(was), new: file(is) });
                }
            }
        }
        Ok((changes, whole))
    }
}
