//! Units that can be found again in another order (layer 4): neurons of some blocks, and dimensions of the embedding.
//!
//! Exchanging two neurons of a layer changes nothing but where they stand. What a neuron reads (its row in one matrix) finds it again;
//! what it writes (its row or column in another matrix, which took no part in finding it) tells whether it is the same neuron. The
//! same holds for the dimensions of the residual stream: some tokens find a dimension, others prove it.

use std::io;

use super::Slot;
use crate::lineage::sketch::mix;
use crate::lineage::view::View;

/// Units kept of a group: those of the largest norm.
pub const KEPT: usize = 256;
/// Numbers kept of a unit, for finding and for proof each.
pub const FEATURES: usize = 64;
/// Rows of an embedding that are looked at.
const TOKENS: u64 = 8192;
/// Elements of a matrix that is looked at.
const LARGEST: u64 = 1 << 28;
/// Units of one layer that are summed up at once: more than any layer has.
const MOST: u64 = 1 << 17;

const AXIS: u64 = 0x6178_6973_0000_0001;

/// What finds a unit, and what proves it.
pub type Unit = (Vec<i8>, Vec<i8>);

/// Some units of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Units {
    /// What they are: `neurons of blk.3`, `dimensions of token_embd`.
    pub what: String,
    /// How many the layer has.
    pub of: u64,
    /// What finds each of them, and what proves it: directions of `FEATURES` numbers each, from -127 to 127.
    pub all: Vec<Unit>,
}

/// A unit while it is summed up.
type Sum = [f32; FEATURES];

/// Takes the units of some blocks and of the embedding. What cannot be read was told already.
pub(in crate::lineage) fn of(slots: &[Slot]) -> Vec<Units> {
    let find = |block, kind: &str| {
        let found = slots
            .iter()
            .find(|slot| slot.role.stack == "blk" && slot.role.block == block && slot.role.kind == kind);
        found.and_then(|slot| slot.view.as_ref()).filter(|view| view.elements() <= LARGEST)
    };
    let blocks: Vec<u32> = {
        let up = slots.iter().filter(|slot| slot.role.stack == "blk" && slot.role.kind == "ffn_up.weight");
        let mut blocks: Vec<u32> = up.filter_map(|slot| slot.role.block).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    };
    let mut chosen: Vec<u32> =
        [1, 4, 7].iter().filter_map(|eighth| blocks.get(blocks.len() * eighth / 8).copied()).collect();
    chosen.dedup();
    let mut all = Vec::new();
    for number in chosen {
        let block = Some(number);
        let (gate, up, down) =
            (find(block, "ffn_gate.weight"), find(block, "ffn_up.weight"), find(block, "ffn_down.weight"));
        let what = format!("neurons of blk.{number}");
        let units = match (gate, up, down) {
            _ if up.is_none_or(|up| up.rows > MOST) => continue,
            (Some(gate), Some(up), _) if gate.rows == up.rows => gated(what, gate, up),
            (_, Some(up), Some(down)) if up.rows == down.columns => plain(what, up, down),
            _ => continue,
        };
        all.extend(units.ok().flatten());
    }
    let embedding = slots.iter().find(|slot| slot.role.to_string() == "token_embd.weight");
    if let Some(view) = embedding.and_then(|slot| slot.view.as_ref()).filter(|view| view.columns <= MOST) {
        all.extend(dimensions(view).ok().flatten());
    }
    all
}

/// Neurons with a gate: rows of one matrix find, rows of the other prove.
fn gated(what: String, gate: &View, up: &View) -> io::Result<Option<Units>> {
    let (reads, writes) = (rows(gate)?, rows(up)?);
    let norms = reads.iter().map(|(norm, _)| *norm).collect();
    let reads: Vec<Sum> = reads.into_iter().map(|(_, sum)| sum).collect();
    let writes: Vec<Sum> = writes.into_iter().map(|(_, sum)| sum).collect();
    Ok(keep(what, norms, &reads, &writes))
}

/// Neurons without: rows of the matrix before find, columns of the one behind prove. The product of both norms stays when a neuron is
/// made larger on one side and smaller on the other.
fn plain(what: String, up: &View, down: &View) -> io::Result<Option<Units>> {
    let reads = rows(up)?;
    let mut writes = vec![([0.0; FEATURES], 0.0_f64); usize::try_from(down.columns).unwrap_or_default()];
    each_row(down, down.rows, |row, values| {
        let (bucket, sign) = place(row);
        for (value, (sum, norm)) in values.iter().zip(&mut writes) {
            if let Some(sum) = sum.get_mut(bucket) {
                *sum += sign * value;
            }
            *norm += f64::from(*value) * f64::from(*value);
        }
    })?;
    let norms = reads.iter().zip(&writes).map(|((one, _), (_, other))| one * other.sqrt()).collect();
    let reads: Vec<Sum> = reads.into_iter().map(|(_, sum)| sum).collect();
    let writes: Vec<Sum> = writes.into_iter().map(|(sum, _)| sum).collect();
    Ok(keep(what, norms, &reads, &writes))
}

/// Dimensions of an embedding: even tokens find, odd tokens prove.
fn dimensions(view: &View) -> io::Result<Option<Units>> {
    let mut sums =
        vec![([0.0; FEATURES], [0.0; FEATURES], 0.0_f64); usize::try_from(view.columns).unwrap_or_default()];
    each_row(view, view.rows.min(TOKENS), |row, values| {
        let (bucket, sign) = place(row / 2);
        for (value, (reads, writes, norm)) in values.iter().zip(&mut sums) {
            let sums = if row % 2 == 0 { reads } else { writes };
            if let Some(sum) = sums.get_mut(bucket) {
                *sum += sign * value;
            }
            *norm += f64::from(*value) * f64::from(*value);
        }
    })?;
    let norms = sums.iter().map(|(.., norm)| *norm).collect();
    let (reads, writes): (Vec<Sum>, Vec<Sum>) =
        sums.into_iter().map(|(reads, writes, _)| (reads, writes)).unzip();
    Ok(keep("dimensions of token_embd".to_owned(), norms, &reads, &writes))
}

/// Norm and sketch of each row.
fn rows(view: &View) -> io::Result<Vec<(f64, Sum)>> {
    let places: Vec<(usize, f32)> = (0..view.columns).map(place).collect();
    let mut all = Vec::new();
    each_row(view, view.rows, |_, values| {
        let mut sum = [0.0; FEATURES];
        let mut norm = 0.0_f64;
        for (value, (bucket, sign)) in values.iter().zip(&places) {
            if let Some(sum) = sum.get_mut(*bucket) {
                *sum += sign * value;
            }
            norm += f64::from(*value) * f64::from(*value);
        }
        all.push((norm.sqrt(), sum));
    })?;
    Ok(all)
}

/// The bucket and the sign of a place along the other axis.
fn place(at: u64) -> (usize, f32) {
    let bits = mix(AXIS, at);
    ((bits % FEATURES as u64) as usize, if bits >> 63 == 1 { -1.0 } else { 1.0 })
}

/// Shows the first rows of a matrix, read some at a time.
fn each_row(view: &View, rows: u64, mut look: impl FnMut(u64, &[f32])) -> io::Result<()> {
    let columns = usize::try_from(view.columns).map_err(|_| io::ErrorKind::OutOfMemory)?;
    // A transposed matrix is read as a whole each time it is read.
    let at_once = if view.is_in_order() { ((1 << 18) / view.columns.max(1)).max(1) } else { rows };
    let mut row = 0;
    let mut values = Vec::new();
    while row < rows {
        let count = at_once.min(rows.saturating_sub(row));
        values.clear();
        view.read(row.saturating_mul(view.columns), count.saturating_mul(view.columns), &mut values)?;
        values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = 0.0);
        for (at, values) in (row..).zip(values.chunks(columns.max(1))) {
            look(at, values);
        }
        row = row.saturating_add(count);
    }
    Ok(())
}

/// Keeps the units of the largest norm.
fn keep(what: String, norms: Vec<f64>, reads: &[Sum], writes: &[Sum]) -> Option<Units> {
    let of = norms.len() as u64;
    let mut units: Vec<_> = norms.into_iter().zip(reads.iter().zip(writes)).enumerate().collect();
    units.sort_by(|(a, (one, _)), (b, (other, _))| other.total_cmp(one).then(a.cmp(b)));
    units.truncate(KEPT);
    units.sort_by_key(|(at, _)| *at);
    let units = units.into_iter().map(|(_, (_, (reads, writes)))| (coarse(reads), coarse(writes))).collect();
    (of >= 16).then_some(Units { what, of, all: units })
}

/// The direction of a sum in steps of 1/127 of its largest number.
#[expect(clippy::cast_possible_truncation, reason = "between -127 and 127")]
fn coarse(sum: &Sum) -> Vec<i8> {
    let largest = sum.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = if largest > 0.0 && largest.is_finite() { 127.0 / largest } else { 0.0 };
    sum.iter().map(|value| (value * scale).round() as i8).collect()
}
