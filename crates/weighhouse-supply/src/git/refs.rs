//! Refs: loose files below `refs`, `packed-refs`, `HEAD`.

use std::collections::BTreeMap;

use super::{Folder, Id, Limits};

/// What names commits and tags.
#[derive(Debug, Default)]
pub(super) struct Refs {
    pub(super) names: BTreeMap<String, Id>,
    pub(super) head: Option<Id>,
    pub(super) branch: Option<String>,
}

/// A ref is a name or one link to another.
const REF: u64 = 4096;
/// All packed refs together.
const PACKED: u64 = 64 << 20;
const DEPTH: usize = 16;

/// Reads the refs in `store`, and `HEAD` in `own`.
pub(super) fn read(store: &Folder, own: &Folder, limits: &Limits, problems: &mut Vec<String>) -> Refs {
    let mut refs = BTreeMap::new();
    packed(store, limits, &mut refs);
    if let Some(folder) = store.folder("refs")
        && !loose(&folder, limits, &mut refs)
    {
        problems.push(format!("only {} refs are read", limits.refs));
    }
    let text = own.text("HEAD", REF).unwrap_or_default();
    let (head, branch) = match text.trim().strip_prefix("ref:") {
        Some(name) => (refs.get(name.trim()).copied(), Some(name.trim().to_owned())),
        None => (text.trim().parse().ok(), None),
    };
    Refs { names: refs, head, branch }
}

/// Lines `id name`; peeled tags (`^id`) and comments are left out.
fn packed(store: &Folder, limits: &Limits, refs: &mut BTreeMap<String, Id>) {
    let text = store.text("packed-refs", PACKED).unwrap_or_default();
    for line in text.lines().take(limits.refs.saturating_mul(2)) {
        if let Some((id, name)) = line.split_once(' ')
            && let Ok(id) = id.parse()
            && refs.len() < limits.refs
        {
            refs.insert(name.trim().to_owned(), id);
        }
    }
}

/// Loose refs are newer than packed ones. Returns whether all were read.
fn loose(folder: &Folder, limits: &Limits, refs: &mut BTreeMap<String, Id>) -> bool {
    let mut folders = vec![(folder.clone(), "refs".to_owned(), 0_usize)];
    let mut seen = 0_usize;
    while let Some((folder, prefix, depth)) = folders.pop() {
        for name in folder.names(limits.refs).unwrap_or_default() {
            seen = seen.saturating_add(1);
            if seen > limits.refs || depth > DEPTH {
                return false;
            }
            let path = format!("{prefix}/{name}");
            if let Some(deeper) = folder.folder(&name) {
                folders.push((deeper, path, depth.saturating_add(1)));
            } else if let Some(id) = folder.text(&name, REF).and_then(|text| text.trim().parse().ok()) {
                refs.insert(path, id);
            }
        }
    }
    true
}
