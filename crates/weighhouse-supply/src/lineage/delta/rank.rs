//! The rank of the difference of two matrices.

use std::io;

use weighhouse_formats::numbers::Encoding;

use crate::lineage::sketch::mix;
use crate::lineage::view::View;

/// Rows and columns that are looked at.
const SIDE: u64 = 512;
/// Directions that are looked for.
const PROBES: usize = 80;
/// Share of the difference that the directions must make up.
const SHARE: f64 = 0.99;
/// Rounds of turning pairs of directions until they are at right angles.
const ROUNDS: usize = 30;

/// What a difference is made of.
pub(super) enum Shape {
    /// Of nothing but rounding.
    Rounding,
    /// Of few directions; what the first of them writes.
    Low { rank: usize, writes: Vec<f64> },
    /// Of more than are looked for.
    Full,
}

/// Rows of numbers.
type Matrix = Vec<Vec<f64>>;

/// Tells it from a part of the matrices.
pub(super) fn of(one: &View, other: &View) -> io::Result<Shape> {
    let (difference, noise) = difference(one, other)?;
    let energy: f64 = difference.iter().flatten().map(|value| value * value).sum();
    let wanted = (energy - noise) * SHARE;
    if energy <= 2.0 * noise || energy == 0.0 {
        return Ok(Shape::Rounding);
    }
    let rows = difference.len();
    // What random combinations of the columns span holds every direction of a matrix of lower rank.
    let mut span: Matrix = (0..PROBES.min(rows) as u64).map(|probe| combined(&difference, probe)).collect();
    orthonormal(&mut span);
    let projected: Matrix = span.iter().map(|direction| across(&difference, direction)).collect();
    let (squares, weights) = singular(projected);
    let mut sum = 0.0;
    for (rank, square) in squares.iter().enumerate() {
        sum += square;
        if sum >= wanted {
            let limit = rows.min(difference.first().map_or(0, Vec::len)) / 4;
            if rank + 1 > PROBES - 8 || rank + 1 > limit {
                break;
            }
            let first = weights.first().map(Vec::as_slice).unwrap_or_default();
            let writes = (0..rows)
                .map(|row| span.iter().zip(first).map(|(d, w)| d.get(row).unwrap_or(&0.0) * w).sum());
            return Ok(Shape::Low { rank: rank + 1, writes: writes.collect() });
        }
    }
    Ok(Shape::Full)
}

/// A part of the difference, and the energy that rounding to either encoding gives it.
fn difference(one: &View, other: &View) -> io::Result<(Matrix, f64)> {
    let rows = one.rows.min(SIDE);
    let columns = one.columns.min(SIDE);
    let starts = (0..rows).map(|row| (row * one.rows / rows).saturating_mul(one.columns));
    let (mut before, mut after, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    one.read_each(starts.clone(), columns, &mut before)?;
    other.read_each(starts.clone(), columns, &mut after)?;
    for start in starts {
        other.read_steps(start, columns, &mut steps)?;
    }
    let finite = |value: f32| if value.is_finite() { f64::from(value) } else { 0.0 };
    let values: Vec<f64> = before.iter().zip(&after).map(|(was, is)| finite(*is) - finite(*was)).collect();
    let mut noise = steps.iter().map(|(step, _)| f64::from(*step).powi(2) / 12.0).sum::<f64>();
    for (view, values) in [(one, &before), (other, &after)] {
        if let Encoding::Plain(element) = view.encoding {
            let bits = i32::try_from(element.mantissa().unwrap_or(23).min(23)).unwrap_or(23);
            let step = 2.0_f64.powi(-bits);
            noise += values.iter().map(|value| (finite(*value) * step).powi(2) / 24.0).sum::<f64>();
        }
    }
    let columns = usize::try_from(columns).unwrap_or(1).max(1);
    Ok((values.chunks(columns).map(<[f64]>::to_vec).collect(), noise))
}

/// The matrix times a vector of random signs.
fn combined(matrix: &Matrix, probe: u64) -> Vec<f64> {
    let width = matrix.first().map_or(0, Vec::len) as u64;
    let signs: Vec<f64> = (0..width).map(|at| if mix(probe, at) >> 63 == 1 { -1.0 } else { 1.0 }).collect();
    matrix.iter().map(|row| dot(row, &signs)).collect()
}

/// A vector times the matrix.
fn across(matrix: &Matrix, vector: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; matrix.first().map_or(0, Vec::len)];
    for (row, factor) in matrix.iter().zip(vector) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
    }
    sum
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// Makes vectors of length one at right angles to each other; those that add nothing become zero.
fn orthonormal(vectors: &mut Matrix) {
    for at in 0..vectors.len() {
        let (done, rest) = vectors.split_at_mut(at);
        let Some(vector) = rest.first_mut() else { return };
        let before = dot(vector, vector);
        // Twice, because once leaves what rounding leaves.
        for _ in 0..2 {
            for other in done.iter() {
                let part = dot(vector, other);
                vector.iter_mut().zip(other).for_each(|(value, other)| *value -= part * other);
            }
        }
        let norm = dot(vector, vector);
        let scale = if norm > before * 1e-20 && norm > 0.0 { 1.0 / norm.sqrt() } else { 0.0 };
        for value in vector.iter_mut() {
            *value *= scale;
        }
    }
}

/// The squares of the singular values of some rows, the largest first, and each row's part in them: pairs of rows are turned until all
/// are at right angles (one-sided Jacobi).
fn singular(mut rows: Matrix) -> (Vec<f64>, Matrix) {
    let count = rows.len();
    let mut turns: Matrix =
        (0..count).map(|at| (0..count).map(|other| f64::from(u8::from(at == other))).collect()).collect();
    for _ in 0..ROUNDS {
        let mut turned = false;
        for high in 1..count {
            for low in 0..high {
                turned |= turn(&mut rows, &mut turns, low, high);
            }
        }
        if !turned {
            break;
        }
    }
    let mut found: Vec<(f64, Vec<f64>)> = rows.iter().map(|row| dot(row, row)).zip(turns).collect();
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    found.into_iter().unzip()
}

/// Turns two rows so that they stand at right angles; `false` if they did already.
fn turn(rows: &mut Matrix, turns: &mut Matrix, low: usize, high: usize) -> bool {
    let pair = |matrix: &mut Matrix, cosine: f64, sine: f64| {
        let (front, back) = matrix.split_at_mut(high);
        let (Some(one), Some(other)) = (front.get_mut(low), back.first_mut()) else { return };
        for (one, other) in one.iter_mut().zip(other) {
            (*one, *other) = (cosine * *one - sine * *other, sine * *one + cosine * *other);
        }
    };
    let (Some(one), Some(other)) = (rows.get(low), rows.get(high)) else { return false };
    let (a, b, product) = (dot(one, one), dot(other, other), dot(one, other));
    if product.abs() <= 1e-10 * (a * b).sqrt() {
        return false;
    }
    let ratio = (b - a) / (2.0 * product);
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    pair(rows, cosine, cosine * tangent);
    pair(turns, cosine, cosine * tangent);
    true
}

#[cfg(test)]
mod tests {
    use weighhouse_formats::source::Memory;

    use super::*;
    use crate::lineage::view::Order;

    fn view(values: &[f64], columns: u64) -> View {
        let bytes: Vec<u8> = values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
        let encoding = Encoding::of("F32").unwrap();
        let rows = values.len() as u64 / columns;
        View {
            source: Memory::shared(bytes),
            start: 0,
            encoding,
            rows,
            columns,
            order: Order::Plain,
            plus: 0.0,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "noise")]
    fn noise(seed: u64, len: u64) -> Vec<f64> {
        (0..len).map(|at| mix(seed, at) as f64 / u64::MAX as f64 - 0.5).collect()
    }

    fn ranks(rank: u64) -> Option<usize> {
        let (rows, columns) = (96, 80);
        let before = noise(1, rows * columns);
        let (left, right) = (noise(2, rows * rank), noise(3, rank * columns));
        let after: Vec<f64> = (0..rows * columns)
            .map(|at| {
                let (row, column) = (at / columns, at % columns);
                let change = |k| left[(row * rank + k) as usize] * right[(k * columns + column) as usize];
                before[at as usize] + 0.3 * (0..rank).map(change).sum::<f64>()
            })
            .collect();
        match of(&view(&before, columns), &view(&after, columns)).unwrap() {
            Shape::Rounding => Some(0),
            Shape::Low { rank, .. } => Some(rank),
            Shape::Full => None,
        }
    }

    #[test]
    fn the_rank_of_a_change_is_told() {
        assert_eq!(ranks(0), Some(0));
        assert_eq!(ranks(1), Some(1));
        let eight = ranks(8).unwrap();
        assert!((7..=8).contains(&eight), "{eight}");
        assert_eq!(ranks(80), None);
    }
}
