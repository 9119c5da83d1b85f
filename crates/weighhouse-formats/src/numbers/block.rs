//! The block encodings of ggml: small codes, with a scale and an offset for every group of 16 or 32.
//!
//! Every value is `step * code + base` of its group, in single precision and in this order, so that it is bit for bit what ggml's
//! own reference makes of it.

use super::element::half;

/// A block encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of ggml")]
pub enum Packed {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Q8K,
    Iq4Nl,
    Iq4Xs,
    Mxfp4,
    Tq2_0,
}

/// The largest number of elements in a block.
const MOST: usize = 256;
/// Elements of the smallest group.
const GROUP: usize = 16;

/// Values behind the codes of `IQ4_NL` and `IQ4_XS`.
const NON_LINEAR: [i16; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/// Twice the values behind the codes of `MXFP4`.
const TINY: [i16; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// One block, unpacked: groups of 16 elements with a scale and an offset each.
#[derive(Debug, Clone)]
pub struct Block {
    codes: [i16; MOST],
    steps: [f32; MOST / GROUP],
    bases: [f32; MOST / GROUP],
    slack: f32,
    len: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { codes: [0; MOST], steps: [0.0; 16], bases: [0.0; 16], slack: 0.0, len: 0 }
    }
}

impl Block {
    /// Appends the numbers.
    pub fn values(&self, out: &mut Vec<f32>) {
        let groups = self.codes.as_chunks::<GROUP>().0.iter().zip(self.steps.iter().zip(&self.bases));
        for (codes, (step, base)) in groups.take(self.len / GROUP) {
            out.extend(codes.iter().map(|code| step * f32::from(*code) + base));
        }
    }

    /// What one step of a code is worth in each group of 16.
    pub fn steps(&self) -> &[f32] {
        self.steps.get(..self.len / GROUP).unwrap_or_default()
    }

    /// What rounding the scales and offsets themselves leaves of any number, beyond its step: half of the unit in which the groups
    /// of a block have them, and of the smallest number of half precision that the units are stored in.
    pub fn slack(&self) -> f32 {
        self.slack
    }

    /// Notes how far a number can move by rounding the scale of its group, which is a whole number of at most about `levels`, and so its
    /// offset: `code` is the largest code. Units follow from the largest scale and offset that are there, not from those that the
    /// block declares, which a writer could make large without using them. `most` is the largest factor of a stored unit.
    fn rounded(&mut self, code: f32, levels: f32, most: f32) {
        const SMALLEST: f32 = 1.0 / 16_777_216.0;
        let groups = self.len / GROUP;
        let largest = |values: &[f32]| {
            values.iter().take(groups).fold(0.0_f32, |largest, value| largest.max(value.abs()))
        };
        let moved = (code * largest(&self.steps) + largest(&self.bases)) / levels;
        let slack = 0.5 * (moved + most * SMALLEST);
        self.slack = if slack.is_finite() { slack } else { 0.0 };
    }

    /// Sets group after group of `groups.len() * size / 16`.
    fn group(&mut self, index: usize, size: usize, step: f32, base: f32) {
        let per = size / GROUP;
        for at in index * per..(index + 1) * per {
            if let (Some(place), Some(offset)) = (self.steps.get_mut(at), self.bases.get_mut(at)) {
                (*place, *offset) = (step, base);
            }
        }
    }

    /// Codes from `start` on.
    fn put(&mut self, start: usize, codes: impl Iterator<Item = i16>) {
        for (place, code) in self.codes.iter_mut().skip(start).zip(codes) {
            *place = code;
        }
    }
}

impl Packed {
    /// The encoding of this name in GGUF.
    pub fn of(dtype: &str) -> Option<Self> {
        Some(match dtype {
            "Q4_0" => Self::Q4_0,
            "Q4_1" => Self::Q4_1,
            "Q5_0" => Self::Q5_0,
            "Q5_1" => Self::Q5_1,
            "Q8_0" => Self::Q8_0,
            "Q2_K" => Self::Q2K,
            "Q3_K" => Self::Q3K,
            "Q4_K" => Self::Q4K,
            "Q5_K" => Self::Q5K,
            "Q6_K" => Self::Q6K,
            "Q8_K" => Self::Q8K,
            "IQ4_NL" => Self::Iq4Nl,
            "IQ4_XS" => Self::Iq4Xs,
            "MXFP4" => Self::Mxfp4,
            "TQ2_0" => Self::Tq2_0,
            _ => return None,
        })
    }

    /// Elements and bytes of a block.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::Q4_0 | Self::Iq4Nl => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
            Self::Mxfp4 => (32, 17),
            Self::Q2K => (256, 84),
            Self::Q3K => (256, 110),
            Self::Q4K => (256, 144),
            Self::Q5K => (256, 176),
            Self::Q6K => (256, 210),
            Self::Q8K => (256, 292),
            Self::Iq4Xs => (256, 136),
            Self::Tq2_0 => (256, 66),
        }
    }

    /// Unpacks the bytes of one block; a block that is cut off reads as if zeros followed.
    pub fn unpack(self, bytes: &[u8], block: &mut Block) {
        (block.len, block.slack) = (self.block().0, 0.0);
        let mut rest = Bytes(bytes);
        match self {
            Self::Q4_0 => {
                let step = rest.half();
                block.group(0, 32, step, 0.0);
                block.rounded(0.0, f32::INFINITY, 8.0);
                nibbles(block, 0, rest.take(16), |code| code - 8);
            }
            Self::Q4_1 => {
                let (step, base) = (rest.half(), rest.half());
                block.group(0, 32, step, base);
                block.rounded(0.0, f32::INFINITY, 16.0);
                nibbles(block, 0, rest.take(16), |code| code);
            }
            Self::Q5_0 => {
                let step = rest.half();
                block.group(0, 32, step, 0.0);
                block.rounded(0.0, f32::INFINITY, 16.0);
                five_bits(block, &mut rest, 16);
            }
            Self::Q5_1 => {
                let (step, base) = (rest.half(), rest.half());
                block.group(0, 32, step, base);
                block.rounded(0.0, f32::INFINITY, 32.0);
                five_bits(block, &mut rest, 0);
            }
            Self::Q8_0 => {
                let step = rest.half();
                block.group(0, 32, step, 0.0);
                block.rounded(0.0, f32::INFINITY, 127.0);
                block.put(0, rest.take(32).iter().map(|byte| signed(*byte)));
            }
            Self::Q8K => {
                let step = rest.single();
                block.group(0, 256, step, 0.0);
                block.put(0, rest.take(256).iter().map(|byte| signed(*byte)));
            }
            Self::Mxfp4 => {
                let exponent = rest.take(1).first().copied().unwrap_or_default();
                block.group(0, 32, half_power(exponent), 0.0);
                nibbles(block, 0, rest.take(16), |code| looked_up(&TINY, code));
            }
            Self::Iq4Nl => {
                let step = rest.half();
                block.group(0, 32, step, 0.0);
                block.rounded(0.0, f32::INFINITY, 127.0);
                nibbles(block, 0, rest.take(16), |code| looked_up(&NON_LINEAR, code));
            }
            Self::Iq4Xs => iq4_xs(block, &mut rest),
            Self::Q2K => q2_k(block, &mut rest),
            Self::Q3K => q3_k(block, &mut rest),
            Self::Q4K | Self::Q5K => q4_or_q5_k(block, &mut rest, self == Self::Q5K),
            Self::Q6K => q6_k(block, &mut rest),
            Self::Tq2_0 => {
                let codes = rest.take(64);
                let step = rest.half();
                block.group(0, 256, step, 0.0);
                block.rounded(0.0, f32::INFINITY, 1.0);
                two_bits(block, codes, |_, code| code - 1);
            }
        }
    }
}

/// The bytes of a block, taken one after the other.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at_checked(count).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn half(&mut self) -> f32 {
        half(u16::from_le_bytes(self.take(2).first_chunk().copied().unwrap_or_default()))
    }

    fn single(&mut self) -> f32 {
        f32::from_le_bytes(self.take(4).first_chunk().copied().unwrap_or_default())
    }
}

fn signed(byte: u8) -> i16 {
    i16::from(byte.cast_signed())
}

fn looked_up(table: &[i16; 16], code: i16) -> i16 {
    usize::try_from(code).ok().and_then(|code| table.get(code)).copied().unwrap_or_default()
}

/// 2^(exponent - 128), also below the normal numbers.
fn half_power(exponent: u8) -> f32 {
    match exponent {
        0 | 1 => f32::from_bits(0x0020_0000 << exponent),
        _ => f32::from_bits(u32::from(exponent - 1) << 23),
    }
}

/// The low halves of bytes, then the high halves.
fn nibbles(block: &mut Block, start: usize, bytes: &[u8], value: impl Fn(i16) -> i16) {
    block.put(start, bytes.iter().map(|byte| value(i16::from(byte & 15))));
    block.put(start + bytes.len(), bytes.iter().map(|byte| value(i16::from(byte >> 4))));
}

/// 32 bits that are the fifth of each code, then the other four.
fn five_bits(block: &mut Block, rest: &mut Bytes<'_>, zero: i16) {
    let high = u32::from_le_bytes(rest.take(4).first_chunk().copied().unwrap_or_default());
    let bytes = rest.take(16);
    let fifth = |at: usize| if high >> at & 1 == 1 { 16 } else { 0 };
    let code = |at, low: u8| (i16::from(low) | fifth(at)) - zero;
    block.put(0, bytes.iter().enumerate().map(|(at, byte)| code(at, byte & 15)));
    block.put(16, bytes.iter().enumerate().map(|(at, byte)| code(at + 16, byte >> 4)));
}

/// Codes of two bits: 32 bytes hold 128 of them, the lowest bits of all bytes first.
fn two_bits(block: &mut Block, bytes: &[u8], value: impl Fn(usize, i16) -> i16) {
    for (half, bytes) in bytes.chunks(32).enumerate() {
        for plane in 0..4 {
            let start = half * 128 + plane * 32;
            let codes = bytes.iter().map(|byte| i16::from(byte >> (2 * plane) & 3));
            block.put(start, codes.enumerate().map(|(at, code)| value(start + at, code)));
        }
    }
}

fn q2_k(block: &mut Block, rest: &mut Bytes<'_>) {
    let (scales, codes) = (rest.take(16), rest.take(64));
    let (step, base) = (rest.half(), rest.half());
    for (group, scale) in scales.iter().enumerate() {
        block.group(group, 16, step * f32::from(scale & 15), -(base * f32::from(scale >> 4)));
    }
    block.rounded(3.0, 13.0, 45.0);
    two_bits(block, codes, |_, code| code);
}

fn q3_k(block: &mut Block, rest: &mut Bytes<'_>) {
    let (high, codes, scales) = (rest.take(32), rest.take(64), rest.take(12));
    let step = rest.half();
    let at = |place: usize| scales.get(place).copied().unwrap_or_default();
    for group in 0..16 {
        // Four bits of each scale first, then the upper two of all of them.
        let low = if group < 8 { at(group) & 15 } else { at(group - 8) >> 4 };
        let upper = at(8 + group % 4) >> (2 * (group / 4)) & 3;
        block.group(group, 16, step * f32::from(i16::from(low | upper << 4) - 32), 0.0);
    }
    block.rounded(4.0, 28.0, 128.0);
    two_bits(block, codes, |place, code| {
        let third = high.get(place % 32).copied().unwrap_or_default() >> (place / 32) & 1;
        if third == 1 { code } else { code - 4 }
    });
}

/// Scale and offset of six bits each for eight groups, packed into twelve bytes.
fn scales_of_six_bits(bytes: &[u8], group: usize) -> (u8, u8) {
    let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
    if group < 4 {
        return (at(group) & 63, at(group + 4) & 63);
    }
    let low = at(group + 4);
    (low & 15 | at(group - 4) >> 6 << 4, low >> 4 | at(group) >> 6 << 4)
}

fn q4_or_q5_k(block: &mut Block, rest: &mut Bytes<'_>, five: bool) {
    let (step, base) = (rest.half(), rest.half());
    let scales = rest.take(12);
    let high = rest.take(if five { 32 } else { 0 });
    for group in 0..8 {
        let (scale, offset) = scales_of_six_bits(scales, group);
        block.group(group, 32, step * f32::from(scale), -(base * f32::from(offset)));
    }
    let largest = if five { 31.0 } else { 15.0 };
    block.rounded(largest, 58.0, 64.0 * largest);
    for pair in 0..4 {
        let bytes = rest.take(32);
        for (group, shift) in [(2 * pair, 0), (2 * pair + 1, 4)] {
            let codes = bytes.iter().enumerate().map(|(at, byte)| {
                let fifth = high.get(at).copied().unwrap_or_default() >> group & 1;
                i16::from(byte >> shift & 15 | fifth << 4)
            });
            block.put(group * 32, codes);
        }
    }
}

fn q6_k(block: &mut Block, rest: &mut Bytes<'_>) {
    let (low, high, scales) = (rest.take(128), rest.take(64), rest.take(16));
    let step = rest.half();
    for (group, scale) in scales.iter().enumerate() {
        block.group(group, 16, step * f32::from(signed(*scale)), 0.0);
    }
    block.rounded(32.0, 116.0, 4096.0);
    for (half, (low, high)) in low.chunks(64).zip(high.chunks(32)).enumerate() {
        for quarter in 0..4_usize {
            let codes = high.iter().enumerate().map(|(at, high)| {
                let byte = low.get(at + 32 * (quarter % 2)).copied().unwrap_or_default();
                let four = if quarter < 2 { byte & 15 } else { byte >> 4 };
                i16::from(four | (high >> (2 * quarter) & 3) << 4) - 32
            });
            block.put(half * 128 + quarter * 32, codes);
        }
    }
}

fn iq4_xs(block: &mut Block, rest: &mut Bytes<'_>) {
    let step = rest.half();
    let high = u16::from_le_bytes(rest.take(2).first_chunk().copied().unwrap_or_default());
    let low = rest.take(4);
    for group in 0..8_usize {
        let four = low.get(group / 2).copied().unwrap_or_default() >> (4 * (group % 2)) & 15;
        let upper = u8::try_from(high >> (2 * group) & 3).unwrap_or_default();
        block.group(group, 32, step * f32::from(i16::from(four | upper << 4) - 32), 0.0);
        nibbles(block, group * 32, rest.take(16), |code| looked_up(&NON_LINEAR, code));
    }
    block.rounded(127.0, 28.0, 4064.0);
}
