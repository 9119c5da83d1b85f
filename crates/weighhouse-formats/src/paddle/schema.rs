//! Messages of paddle. Written by `tools/knowledge/protobuf_schema.py`.

use crate::protobuf::Kind::{Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

pub(super) static VERSION: Message = message("Version", &[one(1, "version", Int)]);

pub(super) static COMPLEX: Message = message("Complex", &[one(1, "r", Fixed64), one(2, "i", Fixed64)]);

pub(super) static SCALAR: Message = message(
    "Scalar",
    &[
        one(1, "type", Int),
        one(2, "b", Int),
        one(3, "i", Int),
        one(4, "r", Fixed64),
        one(5, "c", Of(&COMPLEX)),
    ],
);

pub(super) static OP_DESC: Message = message(
    "OpDesc",
    &[
        many(1, "inputs", Of(&OP_DESC_VAR)),
        many(2, "outputs", Of(&OP_DESC_VAR)),
        one(3, "type", Text),
        many(4, "attrs", Of(&OP_DESC_ATTR)),
        one(5, "is_target", Int),
    ],
);

pub(super) static OP_DESC_ATTR: Message = message(
    "OpDesc.Attr",
    &[
        one(1, "name", Text),
        one(2, "type", Int),
        one(3, "i", Int),
        one(4, "f", Fixed32),
        one(5, "s", Text),
        many(6, "ints", Int),
        many(7, "floats", Fixed32),
        many(8, "strings", Text),
        one(10, "b", Int),
        many(11, "bools", Int),
        one(12, "block_idx", Int),
        one(13, "l", Int),
        many(14, "blocks_idx", Int),
        many(15, "longs", Int),
        many(16, "float64s", Fixed64),
        one(17, "var_name", Text),
        many(18, "vars_name", Text),
        one(19, "float64", Fixed64),
        one(20, "scalar", Of(&SCALAR)),
        many(21, "scalars", Of(&SCALAR)),
    ],
);

pub(super) static OP_DESC_VAR: Message =
    message("OpDesc.Var", &[one(1, "parameter", Text), many(2, "arguments", Text)]);

pub(super) static VAR_TYPE: Message = message(
    "VarType",
    &[
        one(1, "type", Int),
        one(2, "selected_rows", Of(&VAR_TYPE_TENSOR_DESC)),
        one(3, "dense_tensor", Of(&VAR_TYPE_DENSE_TENSOR_DESC)),
        one(4, "tensor_array", Of(&VAR_TYPE_DENSE_TENSOR_ARRAY_DESC)),
        one(5, "reader", Of(&VAR_TYPE_READER_DESC)),
        one(7, "tuple", Of(&VAR_TYPE_TUPLE)),
        one(8, "string", Of(&VAR_TYPE_TENSOR_DESC)),
        one(9, "strings", Of(&VAR_TYPE_TENSOR_DESC)),
        one(10, "vocab", Of(&VAR_TYPE_TENSOR_DESC)),
        one(11, "sparse_coo", Of(&VAR_TYPE_TENSOR_DESC)),
        one(12, "sparse_csr", Of(&VAR_TYPE_TENSOR_DESC)),
    ],
);

pub(super) static VAR_TYPE_TENSOR_DESC: Message =
    message("VarType.TensorDesc", &[one(1, "data_type", Int), many(2, "dims", Int)]);

pub(super) static VAR_TYPE_DENSE_TENSOR_DESC: Message = message(
    "VarType.DenseTensorDesc",
    &[one(1, "tensor", Of(&VAR_TYPE_TENSOR_DESC)), one(2, "legacy_lod_level", Int)],
);

pub(super) static VAR_TYPE_DENSE_TENSOR_ARRAY_DESC: Message = message(
    "VarType.DenseTensorArrayDesc",
    &[one(1, "tensor", Of(&VAR_TYPE_TENSOR_DESC)), one(2, "legacy_lod_level", Int)],
);

pub(super) static VAR_TYPE_READER_DESC: Message =
    message("VarType.ReaderDesc", &[many(1, "dense_tensor", Of(&VAR_TYPE_DENSE_TENSOR_DESC))]);

pub(super) static VAR_TYPE_TUPLE: Message = message("VarType.Tuple", &[many(1, "element_type", Int)]);

pub(super) static VAR_DESC: Message = message(
    "VarDesc",
    &[
        one(1, "name", Text),
        one(2, "type", Of(&VAR_TYPE)),
        one(3, "persistable", Int),
        one(4, "need_check_feed", Int),
        one(5, "is_parameter", Int),
        one(6, "stop_gradient", Int),
        many(7, "attrs", Of(&VAR_DESC_ATTR)),
    ],
);

pub(super) static VAR_DESC_ATTR: Message = message(
    "VarDesc.Attr",
    &[one(1, "name", Text), one(2, "type", Int), one(3, "i", Int), one(4, "s", Text), many(5, "ints", Int)],
);

pub(super) static BLOCK_DESC: Message = message(
    "BlockDesc",
    &[
        one(1, "idx", Int),
        one(2, "parent_idx", Int),
        many(3, "vars", Of(&VAR_DESC)),
        many(4, "ops", Of(&OP_DESC)),
        one(5, "forward_block_idx", Int),
    ],
);

pub(super) static OP_VERSION: Message = message("OpVersion", &[one(1, "version", Int)]);

pub(super) static OP_VERSION_MAP: Message =
    message("OpVersionMap", &[many(1, "pair", Of(&OP_VERSION_MAP_OP_VERSION_PAIR))]);

pub(super) static OP_VERSION_MAP_OP_VERSION_PAIR: Message =
    message("OpVersionMap.OpVersionPair", &[one(1, "op_name", Text), one(2, "op_version", Of(&OP_VERSION))]);

pub(super) static PROGRAM_DESC: Message = message(
    "ProgramDesc",
    &[
        many(1, "blocks", Of(&BLOCK_DESC)),
        one(4, "version", Of(&VERSION)),
        one(5, "op_version_map", Of(&OP_VERSION_MAP)),
    ],
);
