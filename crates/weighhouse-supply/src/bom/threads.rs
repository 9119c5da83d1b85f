//! What the other threads read of the same files.

use weighhouse_core::{Basis, Location};

use super::config::{is_address, shown};
use super::graph::{Dataset, Graph, Known, Licence, Parent, Usage};
use crate::licence::{self, Stated};
use crate::lineage::declared::{self, Place, Relation};
use crate::materials::Materials;

/// Parents and data that the artifact names. `revision` is that of an adapter's base.
pub(super) fn lineage(materials: &Materials, revision: Option<&str>, graph: &mut Graph) {
    for claim in declared::of(materials).claims {
        // The name of somebody's folder says nothing to anybody else.
        if claim.is_local() {
            continue;
        }
        // A memory of where a configuration was loaded from may be its own address.
        let basis = if claim.place == Place::Memory { Basis::Inferred } else { Basis::Declared };
        let (name, place) = (shown(&claim.name), place(&claim.location));
        if claim.relation == Relation::DataSet {
            let value = Dataset { name, usage: Usage::Training };
            graph.datasets.insert(Known { basis, value, place });
            continue;
        }
        let version = revision.filter(|_| claim.place == Place::Adapter).map(str::to_owned);
        let value = Parent { name, relation: claim.relation.as_str().to_owned(), version, digest: None };
        graph.parents.insert(Known { basis, value, place });
    }
}

/// Licences that the artifact names, and those whose texts lie in it.
pub(super) fn licences(materials: &Materials, graph: &mut Graph) {
    for Stated { spdx, name, url, measured, location } in licence::stated(materials) {
        let basis = if measured { Basis::Measured } else { Basis::Declared };
        let url = url.filter(|url| is_address(url));
        let value = spdx.map_or(Licence::Named { name, url }, Licence::Spdx);
        graph.licences.insert(Known { basis, value, place: place(&location) });
    }
}

/// A place in one line: file, line, key.
fn place(location: &Location) -> String {
    let mut text = shown(&location.file);
    if let Some(member) = location.member() {
        text = format!("{text}!{}", shown(&member));
    }
    match (location.text, &location.key) {
        (Some(position), _) => format!("{text}:{}", position.line),
        (None, Some(key)) => format!("{text}, `{}`", shown(key)),
        (None, None) => text,
    }
}
