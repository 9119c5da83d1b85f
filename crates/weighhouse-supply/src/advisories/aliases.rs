//! One vulnerability has many names: advisories that share one are one finding.

use std::collections::{BTreeMap, HashMap};

use super::Advisory;

/// Groups advisories that share a name, directly or through another. Groups and their members keep the order of the input.
pub fn group<'a>(advisories: impl IntoIterator<Item = &'a Advisory>) -> Vec<Vec<&'a Advisory>> {
    let advisories: Vec<&Advisory> = advisories.into_iter().collect();
    let mut parents: Vec<usize> = (0..advisories.len()).collect();
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (at, advisory) in advisories.iter().enumerate() {
        for name in advisory.names() {
            if let Some(other) = owners.insert(name, at) {
                let (a, b) = (root(&mut parents, at), root(&mut parents, other));
                // The first of a group stands for it.
                if let Some(parent) = parents.get_mut(a.max(b)) {
                    *parent = a.min(b);
                }
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Advisory>> = BTreeMap::new();
    for (at, advisory) in advisories.iter().enumerate() {
        groups.entry(root(&mut parents, at)).or_default().push(advisory);
    }
    groups.into_values().collect()
}

/// The one that stands for the group of `at`; paths become shorter on the way.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at).copied().filter(|parent| *parent != at) {
        let above = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(at) {
            *slot = above;
        }
        at = parent;
    }
    at
}

/// The name by which people know a vulnerability: that of malware, the CVE, that of GitHub, or whatever comes first.
pub fn preferred<'a>(group: &[&'a Advisory]) -> &'a str {
    let mut names: Vec<&str> = group.iter().flat_map(|advisory| advisory.names()).collect();
    let rank = |name: &str| ["MAL-", "CVE-", "GHSA-"].iter().position(|kind| name.starts_with(kind));
    names.sort_by_key(|name| (rank(name).unwrap_or(usize::MAX), *name));
    names.first().copied().unwrap_or_default()
}
