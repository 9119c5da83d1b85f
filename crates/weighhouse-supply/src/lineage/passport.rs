//! Weight passports: what is kept of the weights of a model so that others can be compared with it later.

mod file;
mod measure;
mod sets;
mod stored;
pub mod units;

use weighhouse_core::Digest;

pub use file::{LARGEST, PassportError, read, write};
pub(super) use sets::{Set, Slot, sets};

use super::roles::Role;
use units::Units;

/// The version of what is measured and how; passports of others are not compared.
pub const VERSION: u32 = 1;

/// What is kept of the weights of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Passport {
    /// The model, as whoever made the passport calls it.
    pub name: String,
    /// Its weights; a folder can hold several forms of the same.
    pub weights: Vec<Weights>,
    /// What could not be measured: one line each, safe to print.
    pub missing: Vec<String>,
}

/// Weights that are loaded together: a file, or its shards.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The path of the file; of shards what they have in common.
    pub label: String,
    /// `safetensors`, `gguf`.
    pub format: String,
    /// Whether they are an adapter, which says nothing of the model it is for.
    pub adapter: bool,
    /// Its files with their digests.
    pub files: Vec<(String, Option<Digest>)>,
    /// Its tensors, by role.
    pub tensors: Vec<Entry>,
    /// Units that can be found again in another order.
    pub units: Vec<Units>,
}

/// What is kept of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Name in the file.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Element type, as the format writes it.
    pub dtype: String,
    /// Shape, rows first.
    pub shape: Vec<u64>,
    /// Digest of its bytes (layer 0).
    pub bytes: Option<Digest>,
    /// Digest of its numbers in single precision, for tensors of one dimension that are not constant (layer 1).
    pub values: Option<Digest>,
    /// Sketch and moments (layers 2 and 3), where the numbers could be decoded.
    pub numbers: Option<Numbers>,
}

/// What is kept of the numbers of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Numbers that were looked at.
    pub sampled: u64,
    /// Chunks to a group of the sample, as a power of two.
    pub shift: u32,
    /// Of them, how many are not finite; they count as zero.
    pub not_finite: u64,
    /// Share that is exactly zero.
    pub zeros: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Kurtosis above that of a normal distribution.
    pub kurtosis: f64,
    /// Magnitudes below which 50, 90, 99 and 99.9 in a hundred lie.
    pub quantiles: [f64; 4],
    /// How many chunks have which norm, in half octaves around the mean.
    pub norms: [u32; 16],
    /// Root mean square of the steps of a block encoding.
    pub step: Option<f64>,
    /// Whether it takes more than two values.
    pub varied: bool,
    /// Sketch of the numbers less their mean, in standard deviations; none if they are constant.
    pub sketch: Option<Vec<f32>>,
}

impl Entry {
    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.shape.iter().fold(1_u64, |all, size| all.saturating_mul(*size))
    }

    /// Whether its sketch can tell kinship: a matrix that was learned, large enough for chance to be known.
    pub(super) fn is_evidence(&self) -> bool {
        self.shape.iter().filter(|size| **size > 1).count() > 1
            && !self.role.is_table()
            && self
                .numbers
                .as_ref()
                .is_some_and(|numbers| numbers.sampled >= 512 && numbers.varied && numbers.sketch.is_some())
    }
}

impl Weights {
    /// Numbers in all of its tensors.
    pub fn parameters(&self) -> u64 {
        self.tensors.iter().fold(0, |all, tensor| all.saturating_add(tensor.elements()))
    }
}
