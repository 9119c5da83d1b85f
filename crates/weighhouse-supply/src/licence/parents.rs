//! What a model says it was made from, and under which licence that is.
//!
//! The licence of a parent is known where its files lie in the same target, and otherwise only from its name.

use std::collections::BTreeMap;

use weighhouse_core::Location;

use super::table::{Commercial, Record};
use crate::knowledge::PARENTS;
use crate::lineage::declared::{self, Claim, Place, Relation};
use crate::materials::Materials;

/// Parents that are kept.
const MOST: usize = 128;

/// What kind of parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A model from which this one was made.
    Model,
    /// Data on which it was trained.
    Data,
}

/// Something from which the model was made.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// How it was used: `adapter of`, `merged from`, `trained on`.
    pub(crate) how: &'static str,
    pub(crate) location: Location,
    /// Key of its licence, if its name tells.
    pub(crate) licence: Option<&'static str>,
}

/// Parents found so far, each once.
#[derive(Default)]
struct Found(BTreeMap<(Kind, String), Parent>);

impl Found {
    fn add(&mut self, claim: Claim) {
        if self.0.len() >= MOST {
            return;
        }
        let kind = if claim.relation == Relation::DataSet { Kind::Data } else { Kind::Model };
        let how = match claim.relation {
            Relation::Adapter => "adapter of",
            Relation::Merge => "merged from",
            Relation::Quantised => "quantised from",
            Relation::DataSet => "trained on",
            Relation::Base | Relation::FineTune => "made from",
        };
        let Claim { name, location, .. } = claim;
        let licence = by_name(kind, &name);
        self.0.entry((kind, name.to_lowercase())).or_insert(Parent { name, kind, how, location, licence });
    }
}

/// Everything from which the model says it was made, each once: in its card, to its loader, in a recipe of a merge, or inside its weights.
pub(crate) fn collect(materials: &Materials) -> Vec<Parent> {
    let mut found = Found::default();
    for claim in declared::of(materials).claims {
        let of_whole = !claim.location.file.contains('/');
        let inside = claim.location.key.as_deref().is_some_and(|key| key.starts_with("general."));
        let counts = match claim.place {
            Place::Card | Place::Adapter | Place::Merge => of_whole,
            Place::Weights => inside,
            Place::Memory | Place::Recipe => false,
        };
        if counts && !claim.is_local() {
            found.add(claim);
        }
    }
    found.0.into_values().collect()
}

/// The licence that the name of a well-known model tells.
fn by_name(kind: Kind, name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let wanted = if kind == Kind::Model { "model" } else { "dataset" };
    PARENTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?, cells.next()?))
        })
        .filter(|(of, start, _)| *of == wanted && lower.starts_with(start))
        .max_by_key(|(_, start, _)| start.len())
        .map(|(_, _, key)| key)
}

/// What a parent's licence asks for that the child's does not: the ways in which the child gives more than it got.
pub(crate) fn lost(parent: &Record, child: &Record) -> Vec<&'static str> {
    if parent.id == child.id {
        return Vec::new();
    }
    let mut lost = Vec::new();
    if parent.commercial == Commercial::No && child.commercial != Commercial::No {
        lost.push("commercial use is not licensed");
    } else if parent.commercial == Commercial::Conditional && child.commercial == Commercial::Yes {
        lost.push("its conditions for companies");
    }
    if !parent.prohibited.is_empty() && child.prohibited.is_empty() {
        lost.push("its restrictions of use");
    }
    if parent.share_alike && !child.share_alike {
        lost.push("the duty to keep the same licence");
    }
    if parent.obligation("name_prefix").is_some() && child.obligation("name_prefix").is_none() {
        lost.push("the duty to carry its name");
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::table::table;

    #[test]
    fn names_tell_licences_by_their_longest_beginning() {
        assert_eq!(by_name(Kind::Model, "meta-llama/Llama-3.1-8B-Instruct"), Some("llama3.1"));
        assert_eq!(by_name(Kind::Model, "meta-llama/Meta-Llama-3-8B"), Some("llama3"));
        assert_eq!(by_name(Kind::Model, "Qwen/Qwen2.5-3B-Instruct"), Some("qwen-research"));
        assert_eq!(by_name(Kind::Model, "Qwen/Qwen2.5-32B"), Some("apache-2.0"));
        assert_eq!(by_name(Kind::Data, "meta-llama/Llama-3.1-8B-Instruct"), None);
        assert_eq!(by_name(Kind::Model, "somebody/llama"), None);
    }

    #[test]
    fn every_row_names_a_known_licence() {
        for line in PARENTS.lines().filter(|line| !line.starts_with('#')) {
            let key = line.rsplit('\t').next().unwrap();
            assert!(table().record(key).is_some(), "{line}");
            assert_eq!(line.to_lowercase(), line);
        }
    }

    #[test]
    fn what_a_child_loses_is_named() {
        let of = |key| table().record(key).unwrap().into_owned();
        assert_eq!(lost(&of("apache-2.0"), &of("mit")), Vec::<&str>::new());
        assert!(lost(&of("cc-by-nc-4.0"), &of("apache-2.0")).contains(&"commercial use is not licensed"));
        assert!(lost(&of("llama3.1"), &of("apache-2.0")).contains(&"its conditions for companies"));
        assert!(lost(&of("gpl-3.0"), &of("mit")).contains(&"the duty to keep the same licence"));
        assert!(lost(&of("mit"), &of("llama3.1")).is_empty());
    }
}
