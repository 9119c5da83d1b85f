//! The element types of ONNX.

/// Name, bits per element, and the field that may hold the elements one by one with the number of entries for so many elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dtype {
    pub(super) name: &'static str,
    /// Bits of an element in `raw_data`; zero for texts, which it cannot hold.
    pub(super) bits: u64,
    /// The field for elements in entries of their own.
    pub(super) field: &'static str,
    /// Elements per entry and entries per element; one of them is 1.
    pub(super) packing: (u64, u64),
}

/// The type of a number.
pub(super) fn dtype(code: u64) -> Option<Dtype> {
    let plain = |name, bits, field| Dtype { name, bits, field, packing: (1, 1) };
    let shared = |name, bits| Dtype { name, bits, field: "int32_data", packing: (8 / bits, 1) };
    Some(match code {
        1 => plain("FLOAT", 32, "float_data"),
        2 => plain("UINT8", 8, "int32_data"),
        3 => plain("INT8", 8, "int32_data"),
        4 => plain("UINT16", 16, "int32_data"),
        5 => plain("INT16", 16, "int32_data"),
        6 => plain("INT32", 32, "int32_data"),
        7 => plain("INT64", 64, "int64_data"),
        8 => plain("STRING", 0, "string_data"),
        9 => plain("BOOL", 8, "int32_data"),
        10 => plain("FLOAT16", 16, "int32_data"),
        11 => plain("DOUBLE", 64, "double_data"),
        12 => plain("UINT32", 32, "uint64_data"),
        13 => plain("UINT64", 64, "uint64_data"),
        14 => Dtype { packing: (1, 2), ..plain("COMPLEX64", 64, "float_data") },
        15 => Dtype { packing: (1, 2), ..plain("COMPLEX128", 128, "double_data") },
        16 => plain("BFLOAT16", 16, "int32_data"),
        17 => plain("FLOAT8E4M3FN", 8, "int32_data"),
        18 => plain("FLOAT8E4M3FNUZ", 8, "int32_data"),
        19 => plain("FLOAT8E5M2", 8, "int32_data"),
        20 => plain("FLOAT8E5M2FNUZ", 8, "int32_data"),
        21 => shared("UINT4", 4),
        22 => shared("INT4", 4),
        23 => shared("FLOAT4E2M1", 4),
        24 => plain("FLOAT8E8M0", 8, "int32_data"),
        25 => shared("UINT2", 2),
        26 => shared("INT2", 2),
        27 => plain("FLOAT6E2M3", 6, "int32_data"),
        28 => plain("FLOAT6E3M2", 6, "int32_data"),
        _ => return None,
    })
}

impl Dtype {
    /// Bytes that so many elements take in one piece.
    pub(super) fn bytes(&self, elements: u64) -> Option<u64> {
        elements.checked_mul(self.bits).map(|bits| bits.div_ceil(8))
    }

    /// Entries that so many elements take one by one.
    pub(super) fn entries(&self, elements: u64) -> Option<u64> {
        let (shared, split) = self.packing;
        elements.checked_mul(split).map(|entries| entries.div_ceil(shared.max(1)))
    }

    /// Whether its elements are bytes, so that the data may as well be a file of any kind.
    pub(super) fn is_bytes(&self) -> bool {
        self.bits == 8
    }
}
