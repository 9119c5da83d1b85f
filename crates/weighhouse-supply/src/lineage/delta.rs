//! What was done to the second of two models that are of kin, when the weights of both are at hand (layer 5).
//!
//! All numbers of all tensors that both have are compared, so nothing rests on a sample but the rank of a change, which is told from a
//! part of a matrix: 512 rows and columns show every rank that an adapter has.

mod hidden;
mod rank;

use std::collections::BTreeMap;
use std::io;

use rayon::prelude::*;
use weighhouse_core::printable::printable_within;

use super::fidelity;
use super::kinship::{self, Kinship, Pair};
use super::passport::{Set, sets};
use super::roles::Role;
use super::view::View;
use crate::materials::Materials;
use rank::Shape;

/// Elements read at once from each side.
const PIECE: u64 = 1 << 16;
/// What rounding a scale to half precision leaves of a number, with room for two of them.
const HALF: f64 = 1.0 / 1024.0;
/// Matrices whose change is taken apart.
const TAKEN_APART: usize = 24;
/// The largest rank that is told as that of an adapter.
const ADAPTER: usize = 64;
/// Tensors that are named.
const NAMED: usize = 5;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta {
    /// In words, one line each, fit to be shown.
    pub lines: Vec<String>,
    /// Each tensor.
    pub tensors: Vec<Change>,
    /// Tensors that could not be read on both sides.
    pub unread: usize,
}

/// What was done to a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which.
    pub role: Role,
    /// Numbers in it.
    pub elements: u64,
    /// How many are another.
    pub changed: u64,
    /// How many of them became zero.
    pub zeroed: u64,
    /// Norm of the difference, as a share of the norm before.
    pub relative: f64,
    /// Of a block encoding: root mean square difference in steps, where rounding gives 0.29.
    pub steps: Option<f64>,
    /// Of a block encoding: the largest difference beyond what rounding its scales leaves, in steps.
    pub largest: Option<f64>,
    /// Of a block encoding: numbers off by more than its quantisers ever are.
    pub beyond: u64,
    /// Of a block encoding: the largest direction of the difference, as a multiple of what rounding gives.
    pub direction: Option<f64>,
    /// Rank of the change, if it was taken apart.
    pub rank: Option<Rank>,
}

impl Change {
    /// Whether quantising gives that, as far as it can be told; tensors in other encodings are what they are.
    pub fn is_faithful(&self) -> bool {
        let over = |value: Option<f64>, limit: f64| value.is_some_and(|value| value > limit);
        self.beyond == 0 && !over(self.direction, fidelity::DIRECTION)
    }
}

/// The rank of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Rank {
    /// So many directions make up 99 in a hundred of it.
    Low(usize),
    /// More than are looked for.
    Full,
    /// It is no more than rounding.
    Rounding,
}

/// Compares the weights that a kinship is about.
pub fn between(left: &Materials, right: &Materials, kinship: &Kinship) -> Delta {
    let find =
        |materials: &Materials, label: &str| sets(materials).into_iter().find(|set| set.label == label);
    let [one, other] = &kinship.labels;
    let (Some(one), Some(other)) = (find(left, one), find(right, other)) else { return Delta::default() };
    let views = |set: &Set| -> BTreeMap<Role, View> {
        set.slots.iter().filter_map(|slot| Some((slot.role.clone(), slot.view.clone()?))).collect()
    };
    let (before, after) = (views(&one), views(&other));
    let both: Vec<(&Pair, &View, &View)> = kinship
        .pairs
        .iter()
        .filter_map(|pair| Some((pair, before.get(&pair.role)?, after.get(&pair.role)?)))
        .filter(|(_, one, other)| one.rows == other.rows && one.columns == other.columns)
        .collect();
    let measured: Vec<Option<Change>> =
        both.par_iter().map(|(pair, one, other)| measure(pair, one, other).ok()).collect();
    let unread = measured.iter().filter(|change| change.is_none()).count();
    let mut tensors: Vec<Change> = measured.into_iter().flatten().collect();
    let directions = take_apart(&mut tensors, &before, &after);
    let lines = lines(&tensors, &directions);
    Delta { lines, tensors, unread }
}

/// Reads a tensor on both sides, side by side.
#[expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "counts of elements; the same number is meant"
)]
fn measure(pair: &Pair, one: &View, other: &View) -> io::Result<Change> {
    let (mut changed, mut zeroed, mut beyond, mut largest) = (0_u64, 0_u64, 0_u64, 0.0_f64);
    let (mut norm, mut difference, mut stepped) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut before, mut after, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let (elements, reach) = (one.elements(), fidelity::reach(other.encoding));
    let mut at = 0;
    // A transposed tensor is read whole each time it is read.
    let piece = if one.is_whole() || other.is_whole() { elements.max(1) } else { PIECE };
    while at < elements {
        let len = piece.min(elements.saturating_sub(at));
        before.clear();
        after.clear();
        steps.clear();
        one.read(at, len, &mut before)?;
        other.read(at, len, &mut after)?;
        other.read_steps(at, len, &mut steps)?;
        for (index, (was, is)) in before.iter().zip(&after).enumerate() {
            let (was, is) = (f64::from(*was), f64::from(*is));
            if was.to_bits() == is.to_bits() || was == is {
                norm += if was.is_finite() { was * was } else { 0.0 };
                continue;
            }
            changed += 1;
            zeroed += u64::from(is == 0.0);
            if !was.is_finite() || !is.is_finite() {
                beyond += u64::from(!steps.is_empty());
                continue;
            }
            let distance = (is - was).abs();
            norm += was * was;
            difference += distance * distance;
            let Some((step, slack)) = steps.get(index) else { continue };
            let (step, slack) = (f64::from(step.abs()), f64::from(*slack));
            beyond += u64::from(distance > step * reach + slack + was.abs() * HALF);
            if step > 0.0 {
                let off = distance / step;
                stepped += off * off;
                largest = largest.max((distance - slack - was.abs() * HALF) / step);
            }
        }
        at = at.saturating_add(len);
    }
    let packed = !steps.is_empty();
    let relative = if norm > 0.0 { (difference / norm).sqrt() } else { difference.sqrt() };
    Ok(Change {
        role: pair.role.clone(),
        elements,
        changed,
        zeroed,
        relative,
        steps: packed.then(|| (stepped / elements.max(1) as f64).sqrt()),
        largest: packed.then_some(largest),
        beyond,
        direction: if packed { hidden::direction(one, other)? } else { None },
        rank: None,
    })
}

/// The direction in which each low-rank change writes, by role.
type Directions = Vec<(Role, Vec<f64>)>;

/// Tells the rank of some of the changed matrices, spread over all of them.
fn take_apart(
    tensors: &mut [Change],
    before: &BTreeMap<Role, View>,
    after: &BTreeMap<Role, View>,
) -> Directions {
    let matrix = |role: &Role| before.get(role).is_some_and(|view| view.rows >= 8 && view.columns >= 8);
    let mut chosen: Vec<&mut Change> =
        tensors.iter_mut().filter(|change| change.changed > 0 && matrix(&change.role)).collect();
    let every = chosen.len().div_ceil(TAKEN_APART).max(1);
    let mut directions = Vec::new();
    for change in chosen.iter_mut().step_by(every) {
        let (Some(one), Some(other)) = (before.get(&change.role), after.get(&change.role)) else { continue };
        let Ok(shape) = rank::of(one, other) else { continue };
        change.rank = Some(match shape {
            Shape::Rounding => Rank::Rounding,
            Shape::Full => Rank::Full,
            Shape::Low { rank, writes } => {
                directions.push((change.role.clone(), writes));
                Rank::Low(rank)
            }
        });
    }
    directions
}

/// All of it in words.
fn lines(tensors: &[Change], directions: &Directions) -> Vec<String> {
    let changed: Vec<&Change> = tensors.iter().filter(|change| change.changed > 0).collect();
    let mut lines = Vec::new();
    if tensors.is_empty() {
        return lines;
    }
    let untouched = tensors.len().saturating_sub(changed.len());
    lines.push(format!("{untouched} of {} tensors are untouched", tensors.len()));
    if changed.is_empty() {
        return lines;
    }
    if changed.len() <= NAMED {
        let names: Vec<String> = changed.iter().map(|change| shown(&change.role)).collect();
        lines.push(format!("only `{}` changed", names.join("`, `")));
    }
    let mut relative: Vec<f64> = changed.iter().map(|change| change.relative).collect();
    relative.sort_by(f64::total_cmp);
    let (least, most) =
        (relative.first().copied().unwrap_or_default(), relative.last().copied().unwrap_or_default());
    lines.push(format!("the others changed by {:.2} to {:.2} % of their norm", least * 100.0, most * 100.0));
    lines.extend(pruned(&changed));
    lines.extend(ranks(&changed, directions));
    lines.extend(fidelity(tensors));
    lines
}

fn shown(role: &Role) -> String {
    printable_within(&role.to_string(), 100)
}

/// Whether all that happened is that numbers became zero.
#[expect(clippy::cast_precision_loss, reason = "counts of elements")]
fn pruned(changed: &[&Change]) -> Option<String> {
    let sum = |count: fn(&Change) -> u64| {
        changed.iter().fold(0_u64, |all, change| all.saturating_add(count(change)))
    };
    let (zeroed, all) = (sum(|change| change.zeroed), sum(|change| change.changed));
    let share = 100.0 * zeroed as f64 / sum(|change| change.elements).max(1) as f64;
    (zeroed >= all / 100 * 99 && share >= 1.0)
        .then(|| format!("pruned: {share:.0} % of their numbers became zero, the rest is as it was"))
}

/// What the ranks of changes tell.
fn ranks(changed: &[&Change], directions: &Directions) -> Option<String> {
    let known: Vec<&Rank> = changed.iter().filter_map(|change| change.rank.as_ref()).collect();
    let low: Vec<usize> =
        known.iter().filter_map(|rank| if let Rank::Low(rank) = rank { Some(*rank) } else { None }).collect();
    let full = known.iter().filter(|rank| ***rank == Rank::Full).count();
    let most = low.iter().copied().max().unwrap_or(0);
    if low.is_empty() {
        return (full > 0).then(|| format!("changes are of full rank in all {full} matrices looked into: trained further, merged or edited as a whole"));
    }
    if full > 0 {
        return Some(format!(
            "changes are of rank {most} or less in {} matrices, of full rank in {full}",
            low.len()
        ));
    }
    if most == 1 && one_direction_removed(directions) {
        return Some(format!(
            "one direction was taken out of what {} matrices write (refusals are removed like that: abliteration)",
            low.len()
        ));
    }
    if most == 1 {
        return Some(format!(
            "changes are of rank one in all {} matrices looked into: single facts are edited like that",
            low.len()
        ));
    }
    (most <= ADAPTER).then(|| {
        format!("changes are of rank {most} or less in all {} matrices looked into: a low-rank adapter was merged", low.len())
    })
}

/// Whether several matrices that write to the residual stream lost the same direction.
fn one_direction_removed(directions: &Directions) -> bool {
    let writes: Vec<&Vec<f64>> = directions
        .iter()
        .filter(|(role, _)| matches!(role.stem(), "attn_output" | "ffn_down"))
        .map(|(_, direction)| direction)
        .collect();
    let Some(first) = writes.first() else { return false };
    let alike = |other: &&&Vec<f64>| {
        first.len() == other.len()
            && first.iter().zip(other.iter()).map(|(a, b)| a * b).sum::<f64>().abs() > 0.9
    };
    writes.len() >= 2 && writes.iter().filter(alike).count() == writes.len()
}

/// How well a block encoding holds what it encodes.
fn fidelity(tensors: &[Change]) -> Option<String> {
    let packed: Vec<&Change> = tensors.iter().filter(|change| change.steps.is_some()).collect();
    if packed.is_empty() {
        return None;
    }
    let off: Vec<String> = packed
        .iter()
        .filter(|change| !change.is_faithful())
        .take(NAMED)
        .map(|change| shown(&change.role))
        .collect();
    let count = packed.iter().filter(|change| !change.is_faithful()).count();
    Some(if count == 0 {
        format!(
            "every number of {} tensors in block encodings is within the error of its encoding",
            packed.len()
        )
    } else {
        format!(
            "{count} of {} tensors in block encodings differ by more than the error of their encoding, such as `{}`",
            packed.len(),
            off.join("`, `")
        )
    })
}

/// Tensors with numbers that no quantiser makes of the original, if most of the model is that original.
pub fn not_faithful(delta: &Delta, kinship: &Kinship) -> Option<weighhouse_core::Finding> {
    let packed: Vec<&Change> = delta.tensors.iter().filter(|change| change.steps.is_some()).collect();
    let off: Vec<&&Change> = packed.iter().filter(|change| !change.is_faithful()).collect();
    let few = !off.is_empty() && off.len().saturating_mul(2) <= packed.len();
    let kin = matches!(kinship.class, kinship::Class::Derived | kinship::Class::SameWeights);
    let names: Vec<String> = off.iter().take(NAMED).map(|change| shown(&change.role)).collect();
    (few && kin).then(|| super::assess::unfaithful(kinship, off.len(), packed.len(), &names))
}
