//! Units found again in another order: each looks for the one that reads most alike, and those that choose each other are judged by
//! what they write.
//!
//! Chance is measured by shuffling who belongs to whom. It is not enough: networks that learned one task from the same inputs write
//! somewhat alike (0.2 to 0.3 in experiments), so the likeness must be large as well.

use crate::lineage::passport::units::Units;
use crate::lineage::sketch::mix;

/// Shuffles that chance is measured by.
const SHUFFLES: u64 = 200;
/// Deviations, and mean likeness, that prove.
const PROOF: (f64, f64) = (6.0, 0.5);

/// What looking for the units of one layer gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Shuffled {
    /// Which units.
    pub what: String,
    /// Pairs that chose each other.
    pub pairs: usize,
    /// Of how many.
    pub of: usize,
    /// Mean cosine of what they write.
    pub likeness: f64,
    /// The same in deviations of shuffled pairs.
    pub z: f64,
}

impl Shuffled {
    /// Whether they are the same units beyond doubt.
    pub fn is_proof(&self) -> bool {
        self.pairs >= 16 && self.z > PROOF.0 && self.likeness > PROOF.1
    }
}

/// Compares all layers that both have.
pub(super) fn all(left: &[Units], right: &[Units]) -> Vec<Shuffled> {
    let both =
        right.iter().filter_map(|right| Some((left.iter().find(|left| left.what == right.what)?, right)));
    both.filter_map(|(left, right)| of(left, right)).collect()
}

fn of(left: &Units, right: &Units) -> Option<Shuffled> {
    let finds =
        |units: &Units| -> Vec<Vec<f64>> { units.all.iter().map(|(finds, _)| direction(finds)).collect() };
    let (one, other) = (finds(left), finds(right));
    let choose = |from: &[Vec<f64>], among: &[Vec<f64>]| -> Vec<Option<usize>> {
        from.iter().map(|unit| nearest(unit, among)).collect()
    };
    let (there, back) = (choose(&one, &other), choose(&other, &one));
    let mutual: Vec<(usize, usize)> = there
        .iter()
        .enumerate()
        .filter_map(|(at, choice)| Some((at, (*choice)?)))
        .filter(|(at, choice)| back.get(*choice).copied().flatten() == Some(*at))
        .collect();
    let proves = |units: &Units, at: usize| units.all.get(at).map(|(_, proves)| direction(proves));
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = mutual
        .iter()
        .filter_map(|(at, choice)| Some((proves(left, *at)?, proves(right, *choice)?)))
        .collect();
    if pairs.len() < 2 {
        return None;
    }
    let likeness = mean_likeness(&pairs, |at| at);
    let (mean, deviation) = chance(&pairs);
    let z = if deviation > 0.0 { (likeness - mean) / deviation } else { 0.0 };
    let of = left.all.len().min(right.all.len());
    Some(Shuffled { what: right.what.clone(), pairs: pairs.len(), of, likeness, z })
}

/// Mean and deviation of the likeness of pairs put together at random.
#[expect(clippy::cast_precision_loss, reason = "a fixed small count")]
fn chance(pairs: &[(Vec<f64>, Vec<f64>)]) -> (f64, f64) {
    let mut likenesses = Vec::new();
    for shuffle in 0..SHUFFLES {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by_key(|at| mix(shuffle, *at as u64));
        likenesses.push(mean_likeness(pairs, |at| order.get(at).copied().unwrap_or(at)));
    }
    let count = SHUFFLES as f64;
    let mean = likenesses.iter().sum::<f64>() / count;
    let variance = likenesses.iter().map(|likeness| (likeness - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
fn mean_likeness(pairs: &[(Vec<f64>, Vec<f64>)], partner: impl Fn(usize) -> usize) -> f64 {
    let all =
        pairs.iter().enumerate().filter_map(|(at, (one, _))| Some(dot(one, &pairs.get(partner(at))?.1)));
    all.sum::<f64>() / pairs.len().max(1) as f64
}

fn nearest(unit: &[f64], among: &[Vec<f64>]) -> Option<usize> {
    let likeness = |at: &usize| among.get(*at).map_or(0.0, |other| dot(unit, other));
    (0..among.len()).max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|at| likeness(at) > 0.0)
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn direction(values: &[i8]) -> Vec<f64> {
    let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    values.iter().map(|value| f64::from(*value) * scale).collect()
}
