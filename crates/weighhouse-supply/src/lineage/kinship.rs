//! Whether two passports are of kin, and how that is known.
//!
//! The statistic is the mean cosine `s` of the sketches of all matrices that both have. For unrelated weights the cosine of one pair
//! is zero on average and has the variance 1/K + 1/n (K buckets, n numbers sampled), so with T pairs `z = s / sqrt(sum of variances) * T`,
//! for large matrices `s * sqrt(T * K)`. Thresholds lie far beyond what chance gives, because models share more than chance:
//! `docs/reference/lineage.md` tells how often each case was told rightly.

mod layers;
mod shuffled;

use std::collections::BTreeMap;

use weighhouse_core::Digest;
use weighhouse_formats::numbers::Encoding;

use super::fidelity;
use super::passport::{Entry, Passport, Weights};
use super::roles::Role;
use super::sketch::{CHUNK, cosine};
pub use layers::Layers;
pub use shuffled::Shuffled;

/// Deviations beyond which kinship is strong or weak, and the mean cosine that strong kinship needs.
const STRONG: (f64, f64) = (12.0, 0.5);
const WEAK: f64 = 8.0;
/// Share of the matrices of the smaller model that must be comparable for strong kinship.
const COVERED: f64 = 0.25;
/// Share of the matrices of the larger model that the same weights in another encoding must have: tied tables may be left out.
const WHOLE: f64 = 0.8;

/// What two sets of weights are to each other. "Independent" is none of them: that cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// There is too little that both have.
    NotComparable,
    /// Nothing tells that they are of kin.
    NoEvidence,
    /// More alike than chance; not alike enough to tell how.
    SharedAncestry,
    /// The same units in another order.
    Reshuffled,
    /// One comes from the other, or both from a third.
    Derived,
    /// The same numbers as another encoding keeps them.
    SameWeights,
    /// The same tensors, byte by byte.
    Identical,
}

impl Class {
    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotComparable => "not comparable",
            Self::NoEvidence => "no evidence",
            Self::SharedAncestry => "shared ancestry",
            Self::Reshuffled => "reshuffled",
            Self::Derived => "derived",
            Self::SameWeights => "same weights",
            Self::Identical => "identical",
        }
    }

    /// Whether it says that they are of kin.
    pub fn is_kin(self) -> bool {
        self > Self::NoEvidence
    }

    /// Whether it says so beyond doubt.
    pub fn is_strong(self) -> bool {
        self > Self::SharedAncestry
    }
}

/// What was found about two sets of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Kinship {
    /// What they are to each other.
    pub class: Class,
    /// The files.
    pub labels: [String; 2],
    /// How many tensors each has.
    pub tensors: [usize; 2],
    /// Tensors that both have, in one shape.
    pub pairs: Vec<Pair>,
    /// Tensors of one dimension of the second whose values the first has, and how many could be told.
    pub values: (usize, usize),
    /// The statistic.
    pub statistic: Statistic,
    /// Blocks that went to other places.
    pub layers: Option<Layers>,
    /// Units that were found again in another order.
    pub shuffled: Vec<Shuffled>,
}

/// Mean cosine and what it is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistic {
    /// Pairs of matrices.
    pub pairs: usize,
    /// Share that they are of the matrices of the smaller set.
    pub covered: f64,
    /// The same of the larger.
    pub covered_of_larger: f64,
    /// Mean cosine.
    pub cosine: f64,
    /// Standard deviation of that mean for unrelated weights.
    pub null: f64,
    /// The mean in those.
    pub z: f64,
}

/// A tensor in both.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// What it is for.
    pub role: Role,
    /// Element types.
    pub dtypes: [String; 2],
    /// Shape in the second.
    pub shape: Vec<u64>,
    /// Whether the bytes are the same.
    pub equal: bool,
    /// Cosine of the sketches.
    pub cosine: Option<f64>,
    /// Whether it counts in the statistic.
    pub evidence: bool,
    /// Root mean square difference as a share of what the encodings leave open; up to about one it is rounding.
    pub excess: Option<f64>,
}

impl Pair {
    /// Whether the difference is no more than the encodings explain.
    pub fn is_faithful(&self) -> bool {
        self.equal || self.excess.is_some_and(|excess| excess <= fidelity::FAITHFUL)
    }
}

/// Compares the sets of two passports, each with each; the closest kin first.
pub fn compare(left: &Passport, right: &Passport) -> Vec<Kinship> {
    let pairs = right.weights.iter().flat_map(|right| left.weights.iter().map(move |left| (left, right)));
    let mut all: Vec<Kinship> = pairs.map(|(left, right)| of(left, right)).collect();
    all.sort_by(|a, b| b.class.cmp(&a.class).then(b.statistic.z.total_cmp(&a.statistic.z)));
    all
}

/// Compares two sets of weights.
pub fn of(left: &Weights, right: &Weights) -> Kinship {
    let pairs = pairs(left, right);
    let statistic = statistic(&pairs, [left, right]);
    let mut kinship = Kinship {
        class: Class::NotComparable,
        labels: [left.label.clone(), right.label.clone()],
        tensors: [left.tensors.len(), right.tensors.len()],
        values: values(left, right),
        pairs,
        statistic,
        layers: None,
        shuffled: Vec::new(),
    };
    kinship.class = classify(&kinship, [left, right]);
    if kinship.class < Class::SameWeights && !left.adapter && !right.adapter {
        kinship.layers = layers::moved(left, right, statistic.cosine);
        if kinship.class < Class::Derived {
            kinship.shuffled = shuffled::all(&left.units, &right.units);
            if kinship.shuffled.iter().any(Shuffled::is_proof) {
                kinship.class = Class::Reshuffled;
            } else if kinship.layers.as_ref().is_some_and(Layers::is_strong) {
                kinship.class = Class::Derived;
            }
        }
    }
    kinship
}

fn pairs(left: &Weights, right: &Weights) -> Vec<Pair> {
    let by_role: BTreeMap<&Role, &Entry> = left.tensors.iter().map(|entry| (&entry.role, entry)).collect();
    let both = right.tensors.iter().filter_map(|entry| Some((*by_role.get(&entry.role)?, entry)));
    both.filter(|(one, other)| fits(one, other)).map(|(one, other)| pair(one, other)).collect()
}

/// Whether two tensors can be compared: one shape, or a table of rows to which a few were added.
fn fits(one: &Entry, other: &Entry) -> bool {
    if one.shape == other.shape {
        return true;
    }
    let table = |entry: &Entry| match entry.shape.as_slice() {
        [rows, columns] => Some((*rows, *columns)),
        _ => None,
    };
    let (Some((rows, columns)), Some((others, width))) = (table(one), table(other)) else { return false };
    columns == width && rows.abs_diff(others) <= rows.max(others) / 5 && columns > 1
}

fn pair(one: &Entry, other: &Entry) -> Pair {
    let equal = one.bytes.is_some()
        && one.bytes == other.bytes
        && one.dtype == other.dtype
        && one.shape == other.shape;
    Pair {
        role: other.role.clone(),
        dtypes: [one.dtype.clone(), other.dtype.clone()],
        shape: other.shape.clone(),
        equal,
        cosine: if equal { Some(1.0) } else { of_sketches(one, other) },
        evidence: one.is_evidence() && other.is_evidence(),
        excess: if one.shape == other.shape { excess(one, other) } else { None },
    }
}

pub(super) fn of_sketches(one: &Entry, other: &Entry) -> Option<f64> {
    let (one, other) = (one.numbers.as_ref()?, other.numbers.as_ref()?);
    if one.shift != other.shift {
        return None;
    }
    cosine(one.sketch.as_deref()?, other.sketch.as_deref()?)
}

/// How large the difference is against what the encodings leave open. The sketches are of the same places, and linear: the norm of
/// their difference estimates the norm of the difference.
#[expect(clippy::cast_precision_loss, reason = "a count of samples")]
fn excess(one: &Entry, other: &Entry) -> Option<f64> {
    let (a, b) = (one.numbers.as_ref()?, other.numbers.as_ref()?);
    if a.shift != b.shift || a.sampled != b.sampled || a.sampled == 0 {
        return None;
    }
    let zero = [0.0; CHUNK];
    let (left, right) = (a.sketch.as_deref().unwrap_or(&zero), b.sketch.as_deref().unwrap_or(&zero));
    let terms = left
        .iter()
        .zip(right)
        .map(|(left, right)| f64::from(*left) * a.deviation - f64::from(*right) * b.deviation);
    let squares = terms.map(|term| term * term).sum::<f64>() / a.sampled as f64;
    let difference = (squares + (a.mean - b.mean).powi(2)).sqrt();
    let open = rounding(one).unwrap_or(0.0).hypot(rounding(other).unwrap_or(0.0));
    if difference == 0.0 {
        return Some(0.0);
    }
    (open > 0.0).then_some(difference / open)
}

/// The root mean square error of rounding to the encoding of a tensor.
fn rounding(entry: &Entry) -> Option<f64> {
    let numbers = entry.numbers.as_ref()?;
    // Rounding to a step is off by 1/sqrt(12) of it in the mean square.
    let even = 12.0_f64.sqrt();
    match (numbers.step, Encoding::of(&entry.dtype)?) {
        (Some(step), Encoding::Packed(packed)) => Some(step * fidelity::spacing(packed) / even),
        (_, Encoding::Plain(element)) => {
            let bits = i32::try_from(element.mantissa()?).ok()?;
            // Also of the single precision that everything goes through here.
            let relative = 2.0_f64.powi(-bits.min(20));
            Some(numbers.mean.hypot(numbers.deviation) * relative / even)
        }
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tensors")]
fn statistic(pairs: &[Pair], sets: [&Weights; 2]) -> Statistic {
    let used: Vec<(f64, f64)> = pairs
        .iter()
        .filter(|pair| pair.evidence)
        .filter_map(|pair| {
            let elements = pair.shape.iter().fold(1.0, |all, size| all * *size as f64);
            Some((pair.cosine?, 1.0 / CHUNK as f64 + 1.0 / elements))
        })
        .collect();
    let count = used.len();
    let matrices = sets.map(|set| set.tensors.iter().filter(|entry| entry.is_evidence()).count());
    let [smaller, larger] = [matrices.into_iter().min(), matrices.into_iter().max()]
        .map(|of| count as f64 / of.unwrap_or(0).max(1) as f64);
    if count == 0 {
        return Statistic::default();
    }
    let cosine = used.iter().map(|(cosine, _)| cosine).sum::<f64>() / count as f64;
    let null = used.iter().map(|(_, variance)| variance).sum::<f64>().sqrt() / count as f64;
    Statistic { pairs: count, covered: smaller, covered_of_larger: larger, cosine, null, z: cosine / null }
}

/// Vectors of the second whose values the first has, whatever they are called there.
fn values(left: &Weights, right: &Weights) -> (usize, usize) {
    let known: std::collections::BTreeSet<Digest> =
        left.tensors.iter().filter_map(|entry| entry.values).collect();
    let told: Vec<Digest> = right.tensors.iter().filter_map(|entry| entry.values).collect();
    let found = told.iter().filter(|digest| known.contains(digest)).count();
    (found, if known.is_empty() { 0 } else { told.len() })
}

#[expect(clippy::cast_precision_loss, reason = "counts of tensors")]
fn classify(kinship: &Kinship, sets: [&Weights; 2]) -> Class {
    let Kinship { pairs, statistic, values, .. } = kinship;
    if !pairs.is_empty()
        && pairs.iter().all(|pair| pair.equal)
        && kinship.tensors.iter().all(|count| *count == pairs.len())
    {
        return Class::Identical;
    }
    let (z, s) = (statistic.z, statistic.cosine);
    let most = |count: usize, of: usize| of > 0 && count as f64 >= 0.99 * of as f64;
    let numbers = pairs.iter().filter(|pair| pair.equal || pair.cosine.is_some() || pair.excess.is_some());
    let (faithful, of) =
        numbers.fold((0, 0), |(yes, all), pair| (yes + usize::from(pair.is_faithful()), all + 1));
    let vectors = values.1 == 0 || values.0 * 10 >= values.1 * 9 || pairs.iter().all(Pair::is_faithful);
    if z > STRONG.0 && statistic.covered_of_larger >= WHOLE && most(faithful, of) && vectors {
        return Class::SameWeights;
    }
    if z > STRONG.0 && s > STRONG.1 && statistic.covered >= COVERED {
        return Class::Derived;
    }
    let copied = pairs.iter().any(|pair| pair.equal && pair.evidence);
    // Vectors of some length with the same values are no chance.
    if z > WEAK || copied || values.0 >= 3 {
        return Class::SharedAncestry;
    }
    let adapter = sets.iter().any(|set| set.adapter);
    if adapter || (statistic.pairs == 0 && values.1 == 0) { Class::NotComparable } else { Class::NoEvidence }
}
