//! What a model says of its origin, in every place where it is said; and where two of them cannot both be true.

mod contradictions;
mod names;
mod places;

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use crate::materials::Materials;
pub use contradictions::{Contradiction, Gravity};
pub use names::{akin, same};

/// Characters of a name that are shown.
const NAME: usize = 200;
/// Claims that are kept of one model.
const MOST: usize = 1_000;

/// What something is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It was made from it, in a way that is not said.
    Base,
    /// It is an adapter for it.
    Adapter,
    /// It was trained further from it.
    FineTune,
    /// It was merged from it and others.
    Merge,
    /// It holds its numbers in fewer bits.
    Quantised,
    /// It was trained on it.
    DataSet,
}

impl Relation {
    /// What the model is said to be: `an adapter for`.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Base => "made from",
            Self::Adapter => "an adapter for",
            Self::FineTune => "fine-tuned from",
            Self::Merge => "merged from",
            Self::Quantised => "quantised from",
            Self::DataSet => "trained on",
        }
    }

    /// The word in machine-readable results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Adapter => "adapter",
            Self::FineTune => "finetune",
            Self::Merge => "merge",
            Self::Quantised => "quantized",
            Self::DataSet => "dataset",
        }
    }
}

/// Who says it: some places are read by programs, some by people only, some are left over from training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The model card.
    Card,
    /// The configuration of an adapter, which loaders follow.
    Adapter,
    /// The recipe of a merge.
    Merge,
    /// Metadata inside the weights.
    Weights,
    /// A configuration's memory of where it was loaded from.
    Memory,
    /// A recipe to build or train it.
    Recipe,
}

/// One thing that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What it is to the model.
    pub relation: Relation,
    /// Its name, `organisation/name` if it can be read as one.
    pub name: String,
    /// Who says so.
    pub place: Place,
    /// Where.
    pub location: Location,
}

impl Claim {
    /// In words: fine-tuned from `org/name`.
    pub fn text(&self) -> String {
        format!("{} `{}`", self.relation.phrase(), printable_within(&self.name, NAME))
    }

    /// Whether it names a folder or file of whoever made the model: that tells nobody else anything.
    pub fn is_local(&self) -> bool {
        names::is_local(&self.name)
    }
}

/// Everything that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// What is said, in the order of files.
    pub claims: Vec<Claim>,
    /// What cannot all be true.
    pub contradictions: Vec<Contradiction>,
}

impl Declared {
    /// Models that it is said to come from, without those that are folders of somebody.
    pub fn bases(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.relation != Relation::DataSet && !claim.is_local())
    }
}

/// Collects what a target says.
pub fn of(materials: &Materials) -> Declared {
    let mut claims = Vec::new();
    for file in &materials.files {
        places::collect(file, &mut claims);
        claims.truncate(MOST);
    }
    let contradictions = contradictions::find(materials, &claims);
    Declared { claims, contradictions }
}
