//! What models of onnxruntime's own format consist of. Written by `tools/knowledge/ort_schema.py` from onnxruntime 1.31.1.

use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Texts, Union};
use crate::flatbuffer::{Table, field, table};

static ARG_TYPE_AND_INDEX: Table = table("ArgTypeAndIndex", &[
    field("arg_type", Number(1)), field("index", Number(4)),
]);
static ATTRIBUTE: Table = table("Attribute", &[
    field("name", Text), field("doc_string", Text), field("type", Number(4)), field("f", Number(4)), field("i", Number(8)),
    field("s", Text), field("t", Of(&TENSOR)), field("g", Of(&GRAPH)), field("floats", Numbers(4)), field("ints", Numbers(8)),
    field("strings", Texts), field("tensors", Tables(&TENSOR)), field("graphs", Tables(&GRAPH)),
]);
static DEPRECATED_KERNEL_CREATE_INFOS: Table = table("DeprecatedKernelCreateInfos", &[
    field("node_indices", Numbers(4)), field("kernel_def_hashes", Numbers(8)),
]);
static DEPRECATED_NODE_INDEX_AND_KERNEL_DEF_HASH: Table = table("DeprecatedNodeIndexAndKernelDefHash", &[
    field("node_index", Number(4)), field("kernel_def_hash", Number(8)),
]);
static DEPRECATED_SESSION_STATE: Table = table("DeprecatedSessionState", &[
    field("kernels", Of(&DEPRECATED_KERNEL_CREATE_INFOS)),
    field("sub_graph_session_states", Tables(&DEPRECATED_SUB_GRAPH_SESSION_STATE)),
]);
static DEPRECATED_SUB_GRAPH_SESSION_STATE: Table = table("DeprecatedSubGraphSessionState", &[
    field("graph_id", Text), field("session_state", Of(&DEPRECATED_SESSION_STATE)),
]);
static DIMENSION: Table = table("Dimension", &[
    field("value", Of(&DIMENSION_VALUE)), field("denotation", Text),
]);
static DIMENSION_VALUE: Table = table("DimensionValue", &[
    field("dim_type", Number(1)), field("dim_value", Number(8)), field("dim_param", Text),
]);
static GRAPH: Table = table("Graph", &[
    field("initializers", Tables(&TENSOR)), field("node_args", Tables(&VALUE_INFO)), field("nodes", Tables(&NODE)),
    field("max_node_index", Number(4)), field("node_edges", Tables(&NODE_EDGE)), field("inputs", Texts),
    field("outputs", Texts), field("sparse_initializers", Tables(&SPARSE_TENSOR)),
    field("runtime_optimizations", Of(&RUNTIME_OPTIMIZATIONS)),
]);
pub(super) static INFERENCE_SESSION: Table = table("InferenceSession", &[
    field("ort_version", Text), field("model", Of(&MODEL)), field("session_state", Of(&DEPRECATED_SESSION_STATE)),
    field("kernel_type_str_resolver", Of(&KERNEL_TYPE_STR_RESOLVER)),
]);
static KERNEL_TYPE_STR_ARGS_ENTRY: Table = table("KernelTypeStrArgsEntry", &[
    field("kernel_type_str", Text), field("args", Tables(&ARG_TYPE_AND_INDEX)),
]);
static KERNEL_TYPE_STR_RESOLVER: Table = table("KernelTypeStrResolver", &[
    field("op_kernel_type_str_args", Tables(&OP_ID_KERNEL_TYPE_STR_ARGS_ENTRY)),
]);
static MAP_TYPE: Table = table("MapType", &[
    field("key_type", Number(4)), field("value_type", Of(&TYPE_INFO)),
]);
static MODEL: Table = table("Model", &[
    field("ir_version", Number(8)), field("opset_import", Tables(&OPERATOR_SET_ID)), field("producer_name", Text),
    field("producer_version", Text), field("domain", Text), field("model_version", Number(8)), field("doc_string", Text),
    field("graph", Of(&GRAPH)), field("graph_doc_string", Text), field("metadata_props", Tables(&STRING_STRING_ENTRY)),
]);
static NODE: Table = table("Node", &[
    field("name", Text), field("doc_string", Text), field("domain", Text), field("since_version", Number(4)),
    field("index", Number(4)), field("op_type", Text), field("type", Number(4)), field("execution_provider_type", Text),
    field("inputs", Texts), field("outputs", Texts), field("attributes", Tables(&ATTRIBUTE)),
    field("input_arg_counts", Numbers(4)), field("implicit_inputs", Texts),
]);
static NODE_EDGE: Table = table("NodeEdge", &[
    field("node_index", Number(4)), field("input_edges", Numbers(12)), field("output_edges", Numbers(12)),
]);
static NODES_TO_OPTIMIZE_INDICES: Table = table("NodesToOptimizeIndices", &[
    field("node_indices", Numbers(4)), field("num_inputs", Number(4)), field("num_outputs", Number(4)),
    field("has_variadic_input", Number(1)), field("has_variadic_output", Number(1)), field("num_variadic_inputs", Number(4)),
    field("num_variadic_outputs", Number(4)),
]);
static OP_ID_KERNEL_TYPE_STR_ARGS_ENTRY: Table = table("OpIdKernelTypeStrArgsEntry", &[
    field("op_id", Text), field("kernel_type_str_args", Tables(&KERNEL_TYPE_STR_ARGS_ENTRY)),
]);
static OPERATOR_SET_ID: Table = table("OperatorSetId", &[
    field("domain", Text), field("version", Number(8)),
]);
static RUNTIME_OPTIMIZATION_RECORD: Table = table("RuntimeOptimizationRecord", &[
    field("action_id", Text), field("nodes_to_optimize_indices", Of(&NODES_TO_OPTIMIZE_INDICES)),
    field("produced_nodes", Tables(&DEPRECATED_NODE_INDEX_AND_KERNEL_DEF_HASH)), field("produced_op_ids", Texts),
]);
static RUNTIME_OPTIMIZATION_RECORD_CONTAINER_ENTRY: Table = table("RuntimeOptimizationRecordContainerEntry", &[
    field("optimizer_name", Text), field("runtime_optimization_records", Tables(&RUNTIME_OPTIMIZATION_RECORD)),
]);
static RUNTIME_OPTIMIZATIONS: Table = table("RuntimeOptimizations", &[
    field("records", Tables(&RUNTIME_OPTIMIZATION_RECORD_CONTAINER_ENTRY)),
]);
static SEQUENCE_TYPE: Table = table("SequenceType", &[
    field("elem_type", Of(&TYPE_INFO)),
]);
static SHAPE: Table = table("Shape", &[
    field("dim", Tables(&DIMENSION)),
]);
static SPARSE_TENSOR: Table = table("SparseTensor", &[
    field("values", Of(&TENSOR)), field("indices", Of(&TENSOR)), field("dims", Numbers(8)),
]);
static STRING_STRING_ENTRY: Table = table("StringStringEntry", &[
    field("key", Text), field("value", Text),
]);
static TENSOR: Table = table("Tensor", &[
    field("name", Text), field("doc_string", Text), field("dims", Numbers(8)), field("data_type", Number(4)),
    field("raw_data", Numbers(1)), field("string_data", Texts), field("external_data_offset", Number(8)),
]);
static TENSOR_TYPE_AND_SHAPE: Table = table("TensorTypeAndShape", &[
    field("elem_type", Number(4)), field("shape", Of(&SHAPE)),
]);
static TYPE_INFO: Table = table("TypeInfo", &[
    field("denotation", Text), field("value_type", Number(1)), field("value", Union(&TYPE_INFO_VALUE)),
]);
static VALUE_INFO: Table = table("ValueInfo", &[
    field("name", Text), field("doc_string", Text), field("type", Of(&TYPE_INFO)),
]);

static TYPE_INFO_VALUE: [Option<&Table>; 4] = [
    None, Some(&TENSOR_TYPE_AND_SHAPE), Some(&SEQUENCE_TYPE), Some(&MAP_TYPE),
];

/// Types of elements by number.
pub(super) const TYPES: [&str; 21] = [
    "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32",
    "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
];
