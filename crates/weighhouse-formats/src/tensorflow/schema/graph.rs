//! Graphs, functions and tensors.

use super::message;
use crate::protobuf::Kind::{Bytes, Enum, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, one};
use crate::tensorflow::tensor::DATA_TYPES;

pub(in crate::tensorflow) static OP_LIST: Message = message("OpList", &[many(1, "op", Of(&OP_DEF))]);

pub(in crate::tensorflow) static OP_DEF: Message = message(
    "OpDef",
    &[
        one(1, "name", Text),
        many(2, "input_arg", Of(&ARG_DEF)),
        many(3, "output_arg", Of(&ARG_DEF)),
        many(4, "attr", Of(&ATTR_DEF)),
        one(5, "summary", Text),
        one(6, "description", Text),
        one(8, "deprecation", Of(&OP_DEPRECATION)),
        one(16, "is_aggregate", Int),
        one(17, "is_stateful", Int),
        one(18, "is_commutative", Int),
        one(19, "allows_uninitialized_input", Int),
        many(20, "control_output", Text),
        one(21, "is_distributed_communication", Int),
    ],
);

pub(in crate::tensorflow) static ARG_DEF: Message = message(
    "ArgDef",
    &[
        one(1, "name", Text),
        one(2, "description", Text),
        one(3, "type", Int),
        one(4, "type_attr", Text),
        one(5, "number_attr", Text),
        one(6, "type_list_attr", Text),
        many(7, "handle_data", Of(&DTYPE_AND_SHAPE)),
        one(16, "is_ref", Int),
        one(17, "experimental_full_type", Of(&FULL_TYPE)),
    ],
);

pub(in crate::tensorflow) static DTYPE_AND_SHAPE: Message =
    message("DtypeAndShape", &[one(1, "dtype", Int), one(2, "shape", Of(&SHAPE))]);

pub(in crate::tensorflow) static SHAPE: Message =
    message("TensorShapeProto", &[many(2, "dim", Of(&DIM)), one(3, "unknown_rank", Int)]);

pub(in crate::tensorflow) static DIM: Message = message("Dim", &[one(1, "size", Int), one(2, "name", Text)]);

pub(in crate::tensorflow) static FULL_TYPE: Message = message(
    "FullTypeDef",
    &[one(1, "type_id", Int), many(2, "args", Of(&FULL_TYPE)), choice(3, "s", Text), choice(4, "i", Int)],
);

pub(in crate::tensorflow) static ATTR_DEF: Message = message(
    "AttrDef",
    &[
        one(1, "name", Text),
        one(2, "type", Text),
        one(3, "default_value", Of(&ATTR_VALUE)),
        one(4, "description", Text),
        one(5, "has_minimum", Int),
        one(6, "minimum", Int),
        one(7, "allowed_values", Of(&ATTR_VALUE)),
    ],
);

pub(in crate::tensorflow) static ATTR_VALUE: Message = message(
    "AttrValue",
    &[
        choice(1, "list", Of(&LIST_VALUE)),
        choice(2, "s", Bytes),
        choice(3, "i", Int),
        choice(4, "f", Fixed32),
        choice(5, "b", Int),
        choice(6, "type", Enum(&DATA_TYPES)),
        choice(7, "shape", Of(&SHAPE)),
        choice(8, "tensor", Of(&TENSOR)),
        choice(9, "placeholder", Text),
        choice(10, "func", Of(&NAME_ATTR_LIST)),
    ],
);

pub(in crate::tensorflow) static TENSOR: Message = message(
    "TensorProto",
    &[
        one(1, "dtype", Enum(&DATA_TYPES)),
        one(2, "tensor_shape", Of(&SHAPE)),
        one(3, "version_number", Int),
        one(4, "tensor_content", Bytes),
        many(5, "float_val", Fixed32),
        many(6, "double_val", Fixed64),
        many(7, "int_val", Int),
        many(8, "string_val", Bytes),
        many(9, "scomplex_val", Fixed32),
        many(10, "int64_val", Int),
        many(11, "bool_val", Int),
        many(12, "dcomplex_val", Fixed64),
        many(13, "half_val", Int),
        many(14, "resource_handle_val", Of(&RESOURCE_HANDLE)),
        many(15, "variant_val", Of(&VARIANT_TENSOR_DATA)),
        many(16, "uint32_val", Int),
        many(17, "uint64_val", Int),
        one(18, "float8_val", Bytes),
    ],
);

pub(in crate::tensorflow) static RESOURCE_HANDLE: Message = message(
    "ResourceHandleProto",
    &[
        one(1, "device", Text),
        one(2, "container", Text),
        one(3, "name", Text),
        one(4, "hash_code", Int),
        one(5, "maybe_type_name", Text),
        many(6, "dtypes_and_shapes", Of(&DTYPE_AND_SHAPE)),
    ],
);

pub(in crate::tensorflow) static VARIANT_TENSOR_DATA: Message = message(
    "VariantTensorDataProto",
    &[one(1, "type_name", Text), one(2, "metadata", Bytes), many(3, "tensors", Of(&TENSOR))],
);

pub(in crate::tensorflow) static LIST_VALUE: Message = message(
    "ListValue",
    &[
        many(2, "s", Bytes),
        many(3, "i", Int),
        many(4, "f", Fixed32),
        many(5, "b", Int),
        many(6, "type", Enum(&DATA_TYPES)),
        many(7, "shape", Of(&SHAPE)),
        many(8, "tensor", Of(&TENSOR)),
        many(9, "func", Of(&NAME_ATTR_LIST)),
    ],
);

pub(in crate::tensorflow) static NAME_ATTR_LIST: Message =
    message("NameAttrList", &[one(1, "name", Text), many(2, "attr", Of(&ATTR_ENTRY))]);

pub(in crate::tensorflow) static ATTR_ENTRY: Message =
    message("AttrEntry", &[one(1, "key", Text), one(2, "value", Of(&ATTR_VALUE))]);

pub(in crate::tensorflow) static OP_DEPRECATION: Message =
    message("OpDeprecation", &[one(1, "version", Int), one(2, "explanation", Text)]);

pub(in crate::tensorflow) static ANY: Message =
    message("Any", &[one(1, "type_url", Text), one(2, "value", Bytes)]);

pub(in crate::tensorflow) static NAME_ENTRY: Message =
    message("NameEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(in crate::tensorflow) static GRAPH: Message = message(
    "GraphDef",
    &[
        many(1, "node", Of(&NODE)),
        one(2, "library", Of(&LIBRARY)),
        one(3, "version", Int),
        one(4, "versions", Of(&VERSION)),
        one(5, "debug_info", Of(&GRAPH_DEBUG_INFO)),
    ],
);

pub(in crate::tensorflow) static NODE: Message = message(
    "NodeDef",
    &[
        one(1, "name", Text),
        one(2, "op", Text),
        many(3, "input", Text),
        one(4, "device", Text),
        many(5, "attr", Of(&ATTR_ENTRY)),
        one(6, "experimental_debug_info", Of(&EXPERIMENTAL_DEBUG_INFO)),
        one(7, "experimental_type", Of(&FULL_TYPE)),
    ],
);

pub(in crate::tensorflow) static EXPERIMENTAL_DEBUG_INFO: Message = message(
    "ExperimentalDebugInfo",
    &[many(1, "original_node_names", Text), many(2, "original_func_names", Text)],
);

pub(in crate::tensorflow) static VERSION: Message = message(
    "VersionDef",
    &[one(1, "producer", Int), one(2, "min_consumer", Int), many(3, "bad_consumers", Int)],
);

pub(in crate::tensorflow) static LIBRARY: Message = message(
    "FunctionDefLibrary",
    &[
        many(1, "function", Of(&FUNCTION)),
        many(2, "gradient", Of(&GRADIENT_DEF)),
        many(3, "registered_gradients", Of(&REGISTERED_GRADIENT)),
    ],
);

pub(in crate::tensorflow) static FUNCTION: Message = message(
    "FunctionDef",
    &[
        one(1, "signature", Of(&OP_DEF)),
        many(3, "node_def", Of(&NODE)),
        many(4, "ret", Of(&NAME_ENTRY)),
        many(5, "attr", Of(&ATTR_ENTRY)),
        many(6, "control_ret", Of(&NAME_ENTRY)),
        many(7, "arg_attr", Of(&ARG_ATTR_ENTRY)),
        many(8, "resource_arg_unique_id", Of(&RESOURCE_ARG_UNIQUE_ID_ENTRY)),
    ],
);

pub(in crate::tensorflow) static ARG_ATTR_ENTRY: Message =
    message("ArgAttrEntry", &[one(1, "key", Int), one(2, "value", Of(&ARG_ATTRS))]);

pub(in crate::tensorflow) static ARG_ATTRS: Message =
    message("ArgAttrs", &[many(1, "attr", Of(&ATTR_ENTRY))]);

pub(in crate::tensorflow) static RESOURCE_ARG_UNIQUE_ID_ENTRY: Message =
    message("ResourceArgUniqueIdEntry", &[one(1, "key", Int), one(2, "value", Int)]);

pub(in crate::tensorflow) static GRADIENT_DEF: Message =
    message("GradientDef", &[one(1, "function_name", Text), one(2, "gradient_func", Text)]);

pub(in crate::tensorflow) static REGISTERED_GRADIENT: Message =
    message("RegisteredGradient", &[one(1, "gradient_func", Text), one(2, "registered_op_type", Text)]);

pub(in crate::tensorflow) static GRAPH_DEBUG_INFO: Message = message(
    "GraphDebugInfo",
    &[
        many(1, "files", Text),
        many(2, "traces", Of(&TRACES_ENTRY)),
        many(4, "frames_by_id", Of(&FRAMES_BY_ID_ENTRY)),
        many(5, "name_to_trace_id", Of(&NAME_TO_TRACE_ID_ENTRY)),
        many(6, "traces_by_id", Of(&TRACES_BY_ID_ENTRY)),
    ],
);

pub(in crate::tensorflow) static FRAMES_BY_ID_ENTRY: Message =
    message("FramesByIdEntry", &[one(1, "key", Fixed64), one(2, "value", Of(&FILE_LINE_COL))]);

pub(in crate::tensorflow) static FILE_LINE_COL: Message = message(
    "FileLineCol",
    &[
        one(1, "file_index", Int),
        one(2, "line", Int),
        one(3, "col", Int),
        one(4, "func", Text),
        one(5, "code", Text),
    ],
);

pub(in crate::tensorflow) static TRACES_BY_ID_ENTRY: Message =
    message("TracesByIdEntry", &[one(1, "key", Fixed64), one(2, "value", Of(&STACK_TRACE))]);

pub(in crate::tensorflow) static STACK_TRACE: Message =
    message("StackTrace", &[many(1, "file_line_cols", Of(&FILE_LINE_COL)), many(2, "frame_id", Fixed64)]);

pub(in crate::tensorflow) static TRACES_ENTRY: Message =
    message("TracesEntry", &[one(1, "key", Text), one(2, "value", Of(&STACK_TRACE))]);

pub(in crate::tensorflow) static NAME_TO_TRACE_ID_ENTRY: Message =
    message("NameToTraceIdEntry", &[one(1, "key", Text), one(2, "value", Fixed64)]);
