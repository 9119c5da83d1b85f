//! Messages of CNTK, as its `CNTK.proto` describes them.

use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

static SHAPE: Message = message("NDShape", &[many(1, "shape_dim", Int)]);

static AXIS: Message = message(
    "Axis",
    &[one(1, "static_axis_idx", Int), one(2, "name", Text), one(3, "is_ordered_dynamic_axis", Int)],
);

static FLOATS: Message = message("FloatValues", &[many(1, "value", Fixed32)]);
static DOUBLES: Message = message("DoubleValues", &[many(1, "value", Fixed64)]);
static BYTES: Message = message("BytesValue", &[one(1, "value", Bytes)]);
static INTS: Message = message("IntValues", &[many(1, "value", Int)]);

static ARRAY: Message = message(
    "NDArrayView",
    &[
        one(1, "data_type", Int),
        one(2, "storage_format", Int),
        one(3, "shape", Of(&SHAPE)),
        choice(4, "float_values", Of(&FLOATS)),
        choice(5, "double_values", Of(&DOUBLES)),
        choice(6, "bytes_value", Of(&BYTES)),
        choice(7, "sint32_values", Of(&INTS)),
    ],
);

static VECTOR: Message = message("Vector", &[many(1, "value", Of(&VALUE))]);

pub(super) static VALUE: Message = message(
    "DictionaryValue",
    &[
        one(1, "version", Int),
        one(2, "value_type", Int),
        choice(3, "bool_value", Int),
        choice(4, "int_value", Int),
        choice(5, "size_t_value", Int),
        choice(6, "float_value", Fixed32),
        choice(7, "double_value", Fixed64),
        choice(8, "string_value", Text),
        choice(9, "nd_shape_value", Of(&SHAPE)),
        choice(10, "axis_value", Of(&AXIS)),
        choice(11, "vector_value", Of(&VECTOR)),
        choice(12, "dictionary_value", Of(&DICTIONARY)),
        choice(13, "nd_array_view_value", Of(&ARRAY)),
    ],
);

pub(super) static ENTRY: Message = message("DataEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);

pub(super) static DICTIONARY: Message =
    message("Dictionary", &[one(1, "version", Int), many(2, "data", Of(&ENTRY))]);
