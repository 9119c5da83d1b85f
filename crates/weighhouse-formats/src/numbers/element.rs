//! Element types under the names that the formats give them, read as doubles.

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    kind: Kind,
    size: usize,
    big: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Float,
    Brain,
    /// Eight bits: exponent bits, bias, and whether infinity exists.
    Tiny {
        exponent: u32,
        bias: i32,
        infinity: bool,
    },
    Signed,
    Unsigned,
}

/// Eight bits with four of exponent, as accelerators have them: no infinity.
const E4M3: Kind = Kind::Tiny { exponent: 4, bias: 7, infinity: false };
const E5M2: Kind = Kind::Tiny { exponent: 5, bias: 15, infinity: true };

impl Element {
    /// The type of this name: safetensors and GGUF (`F32`), ONNX (`FLOAT`), PyTorch (`FloatStorage`), `NumPy` (`<f4`).
    pub fn of(dtype: &str) -> Option<Self> {
        let (kind, size) = match dtype {
            "F64" | "DOUBLE" | "DoubleStorage" => (Kind::Float, 8),
            "F32" | "FLOAT" | "FloatStorage" | "float32" => (Kind::Float, 4),
            "F16" | "FLOAT16" | "HalfStorage" | "float16" => (Kind::Float, 2),
            "BF16" | "BFLOAT16" | "BFloat16Storage" => (Kind::Brain, 2),
            "F8_E4M3" | "FLOAT8E4M3FN" => (E4M3, 1),
            "F8_E5M2" | "FLOAT8E5M2" => (E5M2, 1),
            "I64" | "INT64" | "LongStorage" => (Kind::Signed, 8),
            "I32" | "INT32" | "IntStorage" => (Kind::Signed, 4),
            "I16" | "INT16" | "ShortStorage" => (Kind::Signed, 2),
            "I8" | "INT8" | "CharStorage" => (Kind::Signed, 1),
            "U64" | "UINT64" => (Kind::Unsigned, 8),
            "U32" | "UINT32" => (Kind::Unsigned, 4),
            "U16" | "UINT16" => (Kind::Unsigned, 2),
            "U8" | "UINT8" | "ByteStorage" | "BOOL" | "BoolStorage" => (Kind::Unsigned, 1),
            other => return Self::of_numpy(other),
        };
        Some(Self { kind, size, big: false })
    }

    /// `<f4`, `>i8`, `|u1`.
    fn of_numpy(descr: &str) -> Option<Self> {
        let (order, rest) = descr.split_at_checked(1)?;
        let (kind, size) = rest.split_at_checked(1)?;
        let size: usize = size.parse().ok()?;
        let kind = match (kind, size) {
            ("f", 2 | 4 | 8) => Kind::Float,
            ("i", 1 | 2 | 4 | 8) => Kind::Signed,
            ("u", 1 | 2 | 4 | 8) | ("b", 1) => Kind::Unsigned,
            _ => return None,
        };
        matches!(order, "<" | ">" | "|").then_some(Self { kind, size, big: order == ">" })
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        self.size
    }

    /// Whether it is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(self.kind, Kind::Float | Kind::Brain | Kind::Tiny { .. })
    }

    /// The bits behind the binary point of a number between 1 and 2: what rounding to this type leaves.
    pub fn mantissa(self) -> Option<u32> {
        match (self.kind, self.size) {
            (Kind::Float, 8) => Some(52),
            (Kind::Float, 4) => Some(23),
            (Kind::Float, _) => Some(10),
            (Kind::Brain, _) => Some(7),
            (Kind::Tiny { exponent, .. }, _) => Some(7_u32.saturating_sub(exponent)),
            _ => None,
        }
    }

    /// Appends the whole elements of `bytes`, rounded to single precision.
    #[expect(clippy::cast_possible_truncation, reason = "single precision is what is asked for")]
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match (self.kind, self.size, self.big) {
            (Kind::Float, 4, false) => {
                out.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            (Kind::Brain, _, false) => out.extend(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16)),
            ),
            (Kind::Float, 2, false) => {
                out.extend(bytes.as_chunks().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes))));
            }
            _ => out.extend(bytes.chunks_exact(self.size).map(|bytes| self.read(bytes) as f32)),
        }
    }

    /// Reads one element.
    pub fn read(self, bytes: &[u8]) -> f64 {
        let shift = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let bits = if self.big { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) };
        match (self.kind, self.size) {
            (Kind::Float, 8) => f64::from_bits(bits),
            (Kind::Float, 4) => f64::from(f32::from_bits(low(bits))),
            (Kind::Float, _) => small(bits, 5, 10, 15, true),
            (Kind::Brain, _) => f64::from(f32::from_bits(low(bits) << 16)),
            (Kind::Tiny { exponent, bias, infinity }, _) => {
                small(bits, exponent, 7 - exponent, bias, infinity)
            }
            (Kind::Unsigned, _) => whole(bits),
            (Kind::Signed, size) => {
                let unused = 64 - 8 * u32::try_from(size).unwrap_or(8);
                signed((bits << unused).cast_signed() >> unused)
            }
        }
    }
}

/// A number of half precision, without a branch on its exponent: the bits are moved to where single precision has them, and
/// multiplying by 2^112 mends the bias, also of numbers too small to be normal.
pub(super) fn half(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    // Infinity and what is no number have all bits of the exponent set in either precision.
    let special = if bits & 0x7c00 == 0x7c00 { 0x7f80_0000 } else { 0 };
    f32::from_bits(magnitude.to_bits() | special | u32::from(bits & 0x8000) << 16)
}

fn low(bits: u64) -> u32 {
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "differences are told with a few digits")]
fn whole(bits: u64) -> f64 {
    bits as f64
}

#[expect(clippy::cast_precision_loss, reason = "differences are told with a few digits")]
fn signed(value: i64) -> f64 {
    value as f64
}

/// A float of few bits: sign, exponent, mantissa.
fn small(bits: u64, exponent_bits: u32, mantissa_bits: u32, bias: i32, infinity: bool) -> f64 {
    let mantissa = low(bits & ((1 << mantissa_bits) - 1));
    let top = (1_u64 << exponent_bits) - 1;
    let exponent = bits >> mantissa_bits & top;
    let sign = if bits >> (mantissa_bits + exponent_bits) & 1 == 1 { -1.0 } else { 1.0 };
    let scale = f64::from(1_u32 << mantissa_bits);
    let fraction = f64::from(mantissa) / scale;
    let magnitude = if exponent == top && infinity {
        if mantissa == 0 { f64::INFINITY } else { f64::NAN }
    } else if exponent == top && mantissa == (1 << mantissa_bits) - 1 {
        // Without infinity only the pattern of all ones is no number.
        f64::NAN
    } else if exponent == 0 {
        fraction * 2_f64.powi(1 - bias)
    } else {
        (1.0 + fraction) * 2_f64.powi(i32::try_from(exponent).unwrap_or_default() - bias)
    };
    sign * magnitude
}

#[cfg(test)]
mod tests {
    use super::{Element, half};

    #[test]
    fn halves_read_fast_are_halves() {
        let slow = Element::of("F16").unwrap();
        for bits in 0..=u16::MAX {
            let (fast, slow) = (half(bits), slow.read(&bits.to_le_bytes()));
            assert!(
                f64::from(fast).to_bits() == slow.to_bits() || (fast.is_nan() && slow.is_nan()),
                "{bits:04x}"
            );
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "all values are exact")]
    fn elements_are_read_as_their_type() {
        let read = |dtype: &str, bytes: &[u8]| Element::of(dtype).unwrap().read(bytes);
        assert_eq!(read("F32", &1.5_f32.to_le_bytes()), 1.5);
        assert_eq!(read(">f8", &(-2.25_f64).to_be_bytes()), -2.25);
        assert_eq!(read("HalfStorage", &0x3c00_u16.to_le_bytes()), 1.0);
        assert_eq!(read("F16", &0xc000_u16.to_le_bytes()), -2.0);
        assert_eq!(read("F16", &0x0001_u16.to_le_bytes()), 2_f64.powi(-24));
        assert_eq!(read("F16", &0x7c00_u16.to_le_bytes()), f64::INFINITY);
        assert_eq!(read("BF16", &0x4049_u16.to_le_bytes()), 3.140_625);
        assert_eq!(read("F8_E4M3", &[0x38]), 1.0);
        assert_eq!(read("F8_E4M3", &[0x7e]), 448.0);
        assert!(read("F8_E4M3", &[0xff]).is_nan());
        assert_eq!(read("F8_E5M2", &[0x3c]), 1.0);
        assert_eq!(read("F8_E5M2", &[0x7c]), f64::INFINITY);
        assert_eq!(read("I16", &(-3_i16).to_le_bytes()), -3.0);
        assert_eq!(read("|u1", &[255]), 255.0);
        assert_eq!(read("I64", &i64::MIN.to_le_bytes()), -9_223_372_036_854_775_808.0);
        assert!(Element::of("Q4_K").is_none() && Element::of("").is_none() && Element::of("<c8").is_none());
    }
}
