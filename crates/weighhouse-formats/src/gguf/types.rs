//! The element types of ggml tensors and the types of metadata values.

/// Name, elements per block and bytes per block of a tensor type; `None` for a code that ggml has not given out.
pub fn tensor_type(code: u32) -> Option<(&'static str, u64, u64)> {
    Some(match code {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        4 => ("Q4_2", 16, 10),
        5 => ("Q4_3", 16, 12),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        9 => ("Q8_1", 32, 40),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        15 => ("Q8_K", 256, 292),
        16 => ("IQ2_XXS", 256, 66),
        17 => ("IQ2_XS", 256, 74),
        18 => ("IQ3_XXS", 256, 98),
        19 => ("IQ1_S", 256, 50),
        20 => ("IQ4_NL", 32, 18),
        21 => ("IQ3_S", 256, 110),
        22 => ("IQ2_S", 256, 82),
        23 => ("IQ4_XS", 256, 136),
        24 => ("I8", 1, 1),
        25 => ("I16", 1, 2),
        26 => ("I32", 1, 4),
        27 => ("I64", 1, 8),
        28 => ("F64", 1, 8),
        29 => ("IQ1_M", 256, 56),
        30 => ("BF16", 1, 2),
        31 => ("Q4_0_4_4", 32, 18),
        32 => ("Q4_0_4_8", 32, 18),
        33 => ("Q4_0_8_8", 32, 18),
        34 => ("TQ1_0", 256, 54),
        35 => ("TQ2_0", 256, 66),
        36 => ("IQ4_NL_4_4", 32, 18),
        37 => ("IQ4_NL_4_8", 32, 18),
        38 => ("IQ4_NL_8_8", 32, 18),
        39 => ("MXFP4", 32, 17),
        40 => ("NVFP4", 64, 36),
        41 => ("Q1_0", 128, 18),
        _ => return None,
    })
}

/// The type of a metadata value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueType {
    /// A number of this many bytes.
    Number {
        size: u64,
        kind: Number,
    },
    Text,
    Array,
}

/// Kinds of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Unsigned,
    Signed,
    Float,
    Bool,
}

/// The type behind a code, and its name.
pub(super) fn value_type(code: u32) -> Option<(ValueType, &'static str)> {
    let number = |size, kind, name| (ValueType::Number { size, kind }, name);
    Some(match code {
        0 => number(1, Number::Unsigned, "u8"),
        1 => number(1, Number::Signed, "i8"),
        2 => number(2, Number::Unsigned, "u16"),
        3 => number(2, Number::Signed, "i16"),
        4 => number(4, Number::Unsigned, "u32"),
        5 => number(4, Number::Signed, "i32"),
        6 => number(4, Number::Float, "f32"),
        7 => number(1, Number::Bool, "bool"),
        8 => (ValueType::Text, "string"),
        9 => (ValueType::Array, "array"),
        10 => number(8, Number::Unsigned, "u64"),
        11 => number(8, Number::Signed, "i64"),
        12 => number(8, Number::Float, "f64"),
        _ => return None,
    })
}
