//! A direction hidden below the rounding of a block encoding.
//!
//! The errors that rounding leaves in different numbers have nothing to do with each other. In steps they are noise, whose largest
//! singular value is close to `s (sqrt(rows) + sqrt(columns))` with `s` their root mean square. A change of low rank (an edited fact, a
//! direction taken out, a merged adapter) adds up along its direction, and stands out long before it shows in any single number or
//! in their mean: of 512 rows and 2,048 columns a change with a fiftieth of the energy of the rounding does.

use std::io;

use weighhouse_formats::numbers::Encoding;

use crate::lineage::fidelity;
use crate::lineage::sketch::mix;
use crate::lineage::view::View;

/// Rows that are looked at, spread over all.
const ROWS: u64 = 512;
/// Stretches of columns that are looked at, spread over all, and columns in one.
const STRETCHES: u64 = 8;
const STRETCH: u64 = 256;
/// The smallest matrix whose noise is known well enough.
const SMALLEST: u64 = 32;
/// Times that a direction is multiplied by the matrix and back.
const TURNS: usize = 24;
/// Steps beyond which a number counts as that far off: those that a quantiser gives up are no direction.
const FAR: f32 = 1.0;
const START: u64 = 0x6869_6464_656e_0001;

const LANES: usize = 16;

/// The largest singular value of the difference in steps, as a multiple of what rounding gives; nothing where that cannot be told.
#[expect(clippy::cast_precision_loss, reason = "counts of at most some thousand")]
pub(super) fn direction(one: &View, other: &View) -> io::Result<Option<f64>> {
    if one.is_whole() || other.is_whole() || one.rows.min(one.columns) < SMALLEST {
        return Ok(None);
    }
    let (matrix, columns) = in_steps(one, other)?;
    let rows = matrix.len().checked_div(columns).unwrap_or(0);
    let energy = matrix.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>();
    if energy == 0.0 || rows == 0 {
        return Ok(None);
    }
    let noise = (energy / matrix.len() as f64).sqrt();
    let expected = noise * ((rows as f64).sqrt() + (columns as f64).sqrt());
    Ok(Some(largest(&matrix, columns) / expected))
}

/// A part of the difference in steps, row after row, and the columns of that part.
fn in_steps(one: &View, other: &View) -> io::Result<(Vec<f32>, usize)> {
    let rows = one.rows.min(ROWS);
    let len = one.columns.min(STRETCH);
    let stretches = (one.columns / len).min(STRETCHES);
    let (mut before, mut after, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for row in (0..rows).map(|row| row * one.rows / rows) {
        for stretch in 0..stretches {
            // Stretches begin where blocks do.
            let column = stretch * (one.columns / len) / stretches * len;
            let start = row.saturating_mul(one.columns).saturating_add(column);
            one.read(start, len, &mut before)?;
            other.read(start, len, &mut after)?;
            other.read_steps(start, len, &mut steps)?;
        }
    }
    let Encoding::Packed(packed) = other.encoding else { return Ok((Vec::new(), 1)) };
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    let apart = fidelity::spacing(packed) as f32;
    let off = |((was, is), (step, _)): ((&f32, &f32), &(f32, f32))| {
        let off = (is - was) / (step.abs() * apart);
        // Numbers that are the same have the same error, and zero is the one that many are (pruned weights).
        if *was != 0.0 && off.is_finite() { off.clamp(-FAR, FAR) } else { 0.0 }
    };
    let matrix = before.iter().zip(&after).zip(&steps).map(off).collect();
    Ok((matrix, usize::try_from(len * stretches).unwrap_or(1)))
}

/// The largest singular value, by turning a direction towards the one that the matrix makes longest.
fn largest(matrix: &[f32], columns: usize) -> f64 {
    let mut across: Vec<f32> =
        (0..columns as u64).map(|at| if mix(START, at) >> 63 == 1 { -1.0 } else { 1.0 }).collect();
    let mut longest = 0.0;
    for _ in 0..TURNS {
        let norm = across.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if norm == 0.0 {
            return longest;
        }
        for value in &mut across {
            *value = (f64::from(*value) / norm) as f32;
        }
        let along: Vec<f32> = matrix.chunks_exact(columns).map(|row| dot(row, &across)).collect();
        longest = along.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        across.fill(0.0);
        for (row, factor) in matrix.chunks_exact(columns).zip(&along) {
            across.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
        }
    }
    longest
}

/// In lanes, so that one addition does not wait for the other.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((one, tail), (other, end)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
    for (one, other) in one.iter().zip(other) {
        for ((lane, one), other) in lanes.iter_mut().zip(one).zip(other) {
            *lane += one * other;
        }
    }
    lanes.iter().sum::<f32>() + tail.iter().zip(end).map(|(one, other)| one * other).sum::<f32>()
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small counts")]
mod tests {
    use super::*;

    fn noise(seed: u64, len: u64) -> Vec<f32> {
        (0..len).map(|at| (mix(seed, at) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5).collect()
    }

    #[test]
    fn noise_has_the_largest_singular_value_that_is_expected_of_it() {
        for (rows, columns) in [(32_u64, 32_u64), (512, 2048), (64, 1024)] {
            let matrix = noise(rows, rows * columns);
            let size = usize::try_from(columns).unwrap();
            let edge = (1.0_f64 / 12.0).sqrt() * ((rows as f64).sqrt() + (columns as f64).sqrt());
            let seen = largest(&matrix, size) / edge;
            assert!((0.85..1.05).contains(&seen), "{rows} × {columns}: {seen}");
            // A direction with a tenth of the energy, less than a single number shows.
            let (left, right) = (noise(1, rows), noise(2, columns));
            let scale = (0.1_f32 * 12.0).sqrt();
            let changed: Vec<f32> = matrix
                .iter()
                .enumerate()
                .map(|(at, value)| value + scale * left[at / size] * right[at % size])
                .collect();
            let told = largest(&changed, size) / edge;
            assert!(rows == 32 || told > 1.5 * seen, "{rows} × {columns}: {told}");
        }
    }
}
