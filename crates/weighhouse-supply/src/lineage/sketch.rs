//! Signed count-sketches, version 1: 256 numbers that keep the angle between two tensors.
//!
//! The numbers of a tensor are taken in rows, in chunks of 256. Every chunk has 256 signs and a turn, drawn from a counter by the fixed
//! function [`mix`]; the element at place `16 g + l` of chunk `c` is added with its sign to bucket `16 (g ^ turn) + l`. Nothing depends
//! on names or shapes, so sketches of tensors of one size can be compared whatever they are called, and rows that are appended change
//! a sketch only by what they hold.
//!
//! Large tensors are sampled: chunks stand in groups of 2^k, the smallest power that leaves at most 1,024 groups, and one chunk of each
//! group is taken, drawn in the same way. What is sketched has its mean taken off, so that a common offset is no likeness.

/// Elements of a chunk, and buckets of a sketch.
pub(super) const CHUNK: usize = 256;
/// The most chunks that are sampled of a tensor.
pub(super) const CHUNKS: u64 = 1024;

const LANES: usize = 16;
const SIGNS: u64 = 0x5765_6967_6868_6f75;
const PLACES: u64 = 0x7365_2f6c_696e_6531;

/// A counter made into 64 bits that look drawn at random (the finaliser of `SplitMix64`).
pub(super) fn mix(seed: u64, counter: u64) -> u64 {
    let mut bits = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

/// Which chunks of a tensor are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sampling {
    whole: u64,
    shift: u32,
}

impl Sampling {
    /// For a tensor of so many elements. What does not fill a chunk at its end is sampled only if there is nothing else.
    pub(super) fn of(elements: u64) -> Self {
        let chunk = CHUNK as u64;
        let whole = if elements < chunk { elements.min(1) } else { elements / chunk };
        let mut shift = 0;
        while whole.div_ceil(1 << shift) > CHUNKS {
            shift += 1;
        }
        Self { whole, shift }
    }

    /// Chunks to a group, as a power of two: sketches of other groups are not comparable.
    pub(super) fn shift(self) -> u32 {
        self.shift
    }

    /// The numbers of the chunks, ascending.
    pub(super) fn chunks(self) -> impl Iterator<Item = u64> {
        (0..self.whole.div_ceil(1 << self.shift)).filter_map(move |group| {
            let chunk = (group << self.shift) + (mix(PLACES, group) & ((1 << self.shift) - 1));
            (chunk < self.whole).then_some(chunk)
        })
    }
}

/// Adds a chunk to a sketch.
pub(super) fn add(sketch: &mut [f32; CHUNK], chunk: u64, values: &[f32]) {
    let mut signs = [0_u32; LANES];
    for (pair, index) in signs.as_chunks_mut::<2>().0.iter_mut().zip(0_u64..) {
        let bits = mix(SIGNS, chunk.wrapping_mul(8).wrapping_add(index));
        *pair = [(bits & u64::from(u32::MAX)) as u32, (bits >> 32) as u32];
    }
    let turn = signs.first().map_or(0, |bits| (bits & 15) as usize);
    let buckets = sketch.as_chunks_mut::<LANES>().0;
    let mut last = [0.0; LANES];
    let (groups, rest) = values.as_chunks::<LANES>();
    let partial = (!rest.is_empty()).then(|| {
        last.iter_mut().zip(rest).for_each(|(place, value)| *place = *value);
        &last
    });
    for (index, group) in groups.iter().chain(partial).enumerate() {
        let Some(buckets) = buckets.get_mut(index ^ turn) else { return };
        for ((bucket, value), signs) in buckets.iter_mut().zip(group).zip(&signs) {
            *bucket += f32::from_bits(value.to_bits() ^ (signs << index & 0x8000_0000));
        }
    }
}

/// The cosine of the angle between two sketches; nothing if one has no direction.
pub(super) fn cosine(left: &[f32], right: &[f32]) -> Option<f64> {
    let (mut product, mut one, mut other) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (f64::from(*left), f64::from(*right));
        product += left * right;
        one += left * left;
        other += right * right;
    }
    let cosine = product / (one.sqrt() * other.sqrt());
    cosine.is_finite().then_some(cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_precision_loss, reason = "24 bits")]
    fn noise(seed: u64, len: usize) -> Vec<f32> {
        let uniform = |at: u64| (mix(seed, at) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
        (0..len as u64).map(|at| uniform(4 * at) + uniform(4 * at + 1) + uniform(4 * at + 2)).collect()
    }

    fn sketch(values: &[f32]) -> [f32; CHUNK] {
        let mut sketch = [0.0; CHUNK];
        for (chunk, values) in values.chunks(CHUNK).enumerate() {
            add(&mut sketch, chunk as u64, values);
        }
        sketch
    }

    /// The definition, once more and slowly.
    #[test]
    #[expect(clippy::float_cmp, reason = "nothing was rounded")]
    fn an_element_goes_where_the_definition_puts_it() {
        let chunk = 5;
        for place in [0, 17, 255] {
            let mut values = [0.0; CHUNK];
            values[place] = 2.0;
            let mut sketch = [0.0; CHUNK];
            add(&mut sketch, chunk, &values);
            let (group, lane) = (place / 16, place % 16);
            let word = mix(SIGNS, chunk * 8 + lane as u64 / 2) >> (32 * (lane % 2)) & 0xffff_ffff;
            let turn = (mix(SIGNS, chunk * 8) & 15) as usize;
            let sign = if word >> (31 - group) & 1 == 1 { -2.0 } else { 2.0 };
            let expected = 16 * (group ^ turn) + lane;
            assert_eq!(sketch.iter().position(|value| *value == sign), Some(expected), "{place}");
        }
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    fn unrelated_tensors_have_the_cosines_that_chance_gives() {
        let sketches: Vec<_> = (0..60).map(|seed| sketch(&noise(seed, 40_000))).collect();
        let mut cosines = Vec::new();
        for (at, one) in sketches.iter().enumerate() {
            cosines.extend(sketches[at + 1..].iter().map(|other| cosine(one, other).unwrap()));
        }
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let deviation = (cosines.iter().map(|c| c * c).sum::<f64>() / cosines.len() as f64).sqrt();
        assert!(mean.abs() < 0.01 && (deviation - 1.0 / 16.0).abs() < 0.006, "{mean} {deviation}");
        assert!(cosines.iter().all(|cosine| cosine.abs() < 5.0 / 16.0));
    }

    #[test]
    fn the_cosine_of_related_tensors_is_kept() {
        let (one, other) = (noise(1, 100_000), noise(2, 100_000));
        for part in [0.1_f32, 0.5, 1.0] {
            let mixed: Vec<f32> = one.iter().zip(&other).map(|(a, b)| a + part * b).collect();
            let expected = 1.0 / f64::from(1.0 + part * part).sqrt();
            let seen = cosine(&sketch(&one), &sketch(&mixed)).unwrap();
            assert!((seen - expected).abs() < 0.1, "{part}: {seen}, not {expected}");
        }
        assert_eq!(cosine(&[0.0; 4], &[1.0; 4]), None);
    }

    #[test]
    fn large_tensors_are_sampled_evenly_and_within_bounds() {
        let all: Vec<u64> = Sampling::of(1_000).chunks().collect();
        assert_eq!(all, [0, 1, 2]);
        assert_eq!(Sampling::of(0).chunks().count(), 0);
        assert_eq!(Sampling::of(7).chunks().collect::<Vec<_>>(), [0]);
        let elements = 4096 * 14336 + 17;
        let sampling = Sampling::of(elements);
        let chunks: Vec<u64> = sampling.chunks().collect();
        assert!(chunks.len() as u64 <= CHUNKS && chunks.len() as u64 > CHUNKS / 3, "{}", chunks.len());
        assert!(chunks.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(*chunks.last().unwrap() < elements / 256);
        // Not always the same columns of a matrix whose rows fill whole chunks.
        let columns: std::collections::BTreeSet<u64> = chunks.iter().map(|chunk| chunk % 16).collect();
        assert_eq!(columns.len(), 16);
        assert!(Sampling::of(u64::MAX).chunks().count() as u64 <= CHUNKS);
    }
}
