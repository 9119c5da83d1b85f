//! The names that PyTorch's own files use to rebuild tensors, and the element types behind them.
//!
//! A closed list, by structure alone: a checkpoint that imports nothing else holds tensors and plain containers, and can be
//! written as safetensors without running it.

use crate::pickle::GlobalName;

/// An element type of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dtype {
    /// The name in safetensors, if that format has the type.
    pub safetensors: Option<&'static str>,
    /// Bytes per element.
    pub size: u64,
}

/// The element type of a storage class (`FloatStorage`); untyped storages are bytes.
pub(super) fn storage_dtype(class: &str) -> Option<Dtype> {
    Some(match class.strip_suffix("Storage")? {
        "Quantized" => return None,
        "QInt8" | "QUInt8" | "QUInt4x2" | "QUInt2x4" => Dtype { safetensors: None, size: 1 },
        "QInt32" => Dtype { safetensors: None, size: 4 },
        "Untyped" | "_Untyped" => dtype("uint8")?,
        kind => dtype(match kind {
            "Double" => "float64",
            "Float" => "float32",
            "Half" => "float16",
            "BFloat16" => "bfloat16",
            "Long" => "int64",
            "Int" => "int32",
            "Short" => "int16",
            "Char" => "int8",
            "Byte" => "uint8",
            "Bool" => "bool",
            "ComplexFloat" => "complex64",
            "ComplexDouble" => "complex128",
            _ => return None,
        })?,
    })
}

/// An element type by its name in the module `torch`.
pub(super) fn dtype(name: &str) -> Option<Dtype> {
    let (safetensors, size) = match name {
        "float64" | "double" => (Some("F64"), 8),
        "float32" | "float" => (Some("F32"), 4),
        "float16" | "half" => (Some("F16"), 2),
        "bfloat16" => (Some("BF16"), 2),
        "int64" | "long" => (Some("I64"), 8),
        "int32" | "int" => (Some("I32"), 4),
        "int16" | "short" => (Some("I16"), 2),
        "int8" => (Some("I8"), 1),
        "uint8" => (Some("U8"), 1),
        "bool" => (Some("BOOL"), 1),
        "uint16" => (Some("U16"), 2),
        "uint32" => (Some("U32"), 4),
        "uint64" => (Some("U64"), 8),
        "complex64" | "cfloat" => (Some("C64"), 8),
        "float8_e4m3fn" => (Some("F8_E4M3"), 1),
        "float8_e5m2" => (Some("F8_E5M2"), 1),
        "float8_e8m0fnu" => (Some("F8_E8M0"), 1),
        "float8_e4m3fnuz" => (Some("F8_E4M3FNUZ"), 1),
        "float8_e5m2fnuz" => (Some("F8_E5M2FNUZ"), 1),
        "complex128" | "cdouble" => (None, 16),
        "complex32" | "chalf" => (None, 4),
        "float4_e2m1fn_x2" => (None, 1),
        _ => return None,
    };
    Some(Dtype { safetensors, size })
}

/// Bytes of an element of a storage class.
pub(crate) fn storage_size(class: &str) -> Option<u64> {
    storage_dtype(class).map(|dtype| dtype.size)
}

/// Bytes of an element type of the module `torch`.
pub(crate) fn dtype_size(name: &str) -> Option<u64> {
    dtype(name).map(|dtype| dtype.size)
}

/// What a name stands for when a state dictionary is rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `torch.Size`: a tuple.
    Size,
    /// The rebuilders of tensors.
    Tensor,
    TensorV2,
    TensorV3,
    /// A tensor that is a parameter, with and without attributes.
    Parameter,
    ParameterWithState,
    /// A storage class.
    Storage(Dtype),
    /// An element type.
    Dtype(Dtype),
}

/// The role of a name; `None` for every name that is not needed to rebuild tensors.
pub(super) fn role(name: &GlobalName) -> Option<Role> {
    Some(match (name.module.as_str(), name.name.as_str()) {
        ("collections", "OrderedDict") => Role::OrderedDict,
        ("torch", "Size") => Role::Size,
        ("torch._utils", "_rebuild_tensor") => Role::Tensor,
        ("torch._utils", "_rebuild_tensor_v2") => Role::TensorV2,
        ("torch._utils", "_rebuild_tensor_v3") => Role::TensorV3,
        ("torch._utils", "_rebuild_parameter") => Role::Parameter,
        ("torch._utils", "_rebuild_parameter_with_state") => Role::ParameterWithState,
        ("torch" | "torch.storage" | "torch.cuda", class) if class.ends_with("Storage") => {
            Role::Storage(storage_dtype(class)?)
        }
        ("torch", name) => Role::Dtype(dtype(name)?),
        _ => return None,
    })
}
