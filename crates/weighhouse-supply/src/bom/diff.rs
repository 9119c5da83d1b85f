//! Two bills, compared: what came, what went, what is another one now.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Bill, Component};

/// What two bills do not have in common, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Parts of the second only.
    pub added: Vec<String>,
    /// Parts of the first only.
    pub removed: Vec<String>,
    /// Parts of both that are not the same.
    pub changed: Vec<(String, Vec<Change>)>,
}

/// Something about one part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it is about: `version`, `sha256`, `licences`, the name of a property.
    pub what: String,
    /// What the first says; empty for nothing.
    pub old: String,
    /// What the second says.
    pub new: String,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two bills, which need not be of one format.
pub fn diff(old: &Bill, new: &Bill) -> Difference {
    let mut difference = Difference::default();
    let changes = changes(&old.root, &new.root);
    if !changes.is_empty() {
        difference.changed.push((format!("the artifact `{}`", new.root.name), changes));
    }
    let (before, after) = (by_identity(&old.components), by_identity(&new.components));
    for (identity, components) in &after {
        // Of several parts with one identity, each stands against one.
        let (same, other) = (before.get(identity).map_or(&[][..], Vec::as_slice), components.as_slice());
        for (old, new) in same.iter().zip(other) {
            let changes = self::changes(old, new);
            if !changes.is_empty() {
                difference.changed.push((label(new), changes));
            }
        }
        difference.added.extend(other.iter().skip(same.len()).map(|component| label(component)));
        difference.removed.extend(same.iter().skip(other.len()).map(|component| label(component)));
    }
    let gone = before.iter().filter(|(identity, _)| !after.contains_key(*identity));
    difference.removed.extend(gone.flat_map(|(_, components)| components.iter().map(|found| label(found))));
    difference.added.sort();
    difference.removed.sort();
    difference.changed.sort();
    difference
}

/// What stays the same when a part is updated: its kind and name, or its package URL without version.
fn identity(component: &Component) -> (String, String) {
    let purl = component.purl.as_deref().map(|purl| {
        let purl = purl.split(['?', '#']).next().unwrap_or_default();
        // The version comes last, and neither name nor namespace holds the sign.
        purl.rsplit_once('@').map_or(purl, |(name, _)| name).to_owned()
    });
    if let Some(purl) = purl {
        return (String::new(), purl);
    }
    let kind = if component.kind == "file" { "file" } else { "" };
    let name = component.name.strip_prefix("./").unwrap_or(&component.name);
    (kind.to_owned(), name.to_owned())
}

fn by_identity(components: &[Component]) -> BTreeMap<(String, String), Vec<&Component>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for component in components {
        found.entry(identity(component)).or_default().push(component);
    }
    found
}

fn label(component: &Component) -> String {
    let version = component.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let kind = if component.kind.is_empty() { "part" } else { &component.kind };
    format!("{kind} `{}`{version}", component.name)
}

fn changes(old: &Component, new: &Component) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |what: &str, old: String, new: String| {
        if old != new {
            changes.push(Change { what: what.to_owned(), old, new });
        }
    };
    let words = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(", ");
    note("name", old.name.trim_start_matches("./").to_owned(), new.name.trim_start_matches("./").to_owned());
    note("version", old.version.clone().unwrap_or_default(), new.version.clone().unwrap_or_default());
    note("licences", words(&old.licences), words(&new.licences));
    let algorithms: BTreeSet<&String> = old.hashes.keys().chain(new.hashes.keys()).collect();
    // A digest of an algorithm that one of them does not use says nothing.
    for algorithm in algorithms {
        if let (Some(old), Some(new)) = (old.hashes.get(algorithm), new.hashes.get(algorithm)) {
            note(algorithm, old.clone(), new.clone());
        }
    }
    // The same of properties: a tool that writes none has not removed any.
    if !old.properties.is_empty() && !new.properties.is_empty() {
        let names: BTreeSet<&String> = old.properties.keys().chain(new.properties.keys()).collect();
        for name in names {
            let value = |of: &Component| of.properties.get(name).map(words).unwrap_or_default();
            note(name, value(old), value(new));
        }
    }
    changes
}
