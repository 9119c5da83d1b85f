//! What `ExecuTorch` programs consist of. Written by `tools/knowledge/flatbuffer_schema.py` from `ExecuTorch` 1.5.1.

use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Union};
use crate::flatbuffer::{Table, field, table};

static CONTAINER_METADATA: Table = table("ContainerMetadata", &[
    field("encoded_inp_str", Text), field("encoded_out_str", Text),
]);
static NULL: Table = table("Null", &[
]);
static ALLOCATION_DETAILS: Table = table("AllocationDetails", &[
    field("memory_id", Number(4)), field("memory_offset_low", Number(4)), field("memory_offset_high", Number(4)),
]);
static EXTRA_TENSOR_INFO: Table = table("ExtraTensorInfo", &[
    field("mutable_data_segments_idx", Number(8)), field("fully_qualified_name", Text), field("location", Number(1)),
    field("device_type", Number(1)), field("device_index", Number(1)),
]);
static TENSOR: Table = table("Tensor", &[
    field("scalar_type", Number(1)), field("storage_offset", Number(4)), field("sizes", Numbers(4)),
    field("dim_order", Numbers(1)), field("requires_grad", Number(1)), field("data_buffer_idx", Number(4)),
    field("allocation_info", Of(&ALLOCATION_DETAILS)), field("layout", Number(1)), field("shape_dynamism", Number(1)),
    field("extra_tensor_info", Of(&EXTRA_TENSOR_INFO)),
]);
static INT: Table = table("Int", &[
    field("int_val", Number(8)),
]);
static BOOL: Table = table("Bool", &[
    field("bool_val", Number(1)),
]);
static DOUBLE: Table = table("Double", &[
    field("double_val", Number(8)),
]);
static STRING: Table = table("String", &[
    field("string_val", Text),
]);
static INT_LIST: Table = table("IntList", &[
    field("items", Numbers(8)),
]);
static DOUBLE_LIST: Table = table("DoubleList", &[
    field("items", Numbers(8)),
]);
static BOOL_LIST: Table = table("BoolList", &[
    field("items", Numbers(1)),
]);
static TENSOR_LIST: Table = table("TensorList", &[
    field("items", Numbers(4)),
]);
static OPTIONAL_TENSOR_LIST: Table = table("OptionalTensorList", &[
    field("items", Numbers(4)),
]);
static EVALUE: Table = table("EValue", &[
    field("val_type", Number(1)), field("val", Union(&KERNEL_TYPES)),
]);
static OPERATOR: Table = table("Operator", &[
    field("name", Text), field("overload", Text),
]);
static KERNEL_CALL: Table = table("KernelCall", &[
    field("op_index", Number(4)), field("args", Numbers(4)),
]);
static DELEGATE_CALL: Table = table("DelegateCall", &[
    field("delegate_index", Number(4)), field("args", Numbers(4)),
]);
static MOVE_CALL: Table = table("MoveCall", &[
    field("move_from", Number(4)), field("move_to", Number(4)),
]);
static JUMP_FALSE_CALL: Table = table("JumpFalseCall", &[
    field("cond_value_index", Number(4)), field("destination_instruction", Number(4)),
]);
static FREE_CALL: Table = table("FreeCall", &[
    field("value_index", Number(4)),
]);
static INSTRUCTION: Table = table("Instruction", &[
    field("instr_args_type", Number(1)), field("instr_args", Union(&INSTRUCTION_ARGUMENTS)),
]);
static FRAME: Table = table("Frame", &[
    field("filename", Text), field("lineno", Number(4)), field("name", Text), field("context", Text),
]);
static FRAME_LIST: Table = table("FrameList", &[
    field("items", Tables(&FRAME)),
]);
static BACKEND_DELEGATE_DATA_REFERENCE: Table = table("BackendDelegateDataReference", &[
    field("location", Number(1)), field("index", Number(4)),
]);
static COMPILE_SPEC: Table = table("CompileSpec", &[
    field("key", Text), field("value", Numbers(1)),
]);
static BACKEND_DELEGATE: Table = table("BackendDelegate", &[
    field("id", Text), field("processed", Of(&BACKEND_DELEGATE_DATA_REFERENCE)), field("compile_specs", Tables(&COMPILE_SPEC)),
]);
static CHAIN: Table = table("Chain", &[
    field("inputs", Numbers(4)), field("outputs", Numbers(4)), field("instructions", Tables(&INSTRUCTION)),
    field("stacktrace", Tables(&FRAME_LIST)),
]);
static EXECUTION_PLAN: Table = table("ExecutionPlan", &[
    field("name", Text), field("container_meta_type", Of(&CONTAINER_METADATA)), field("values", Tables(&EVALUE)),
    field("inputs", Numbers(4)), field("outputs", Numbers(4)), field("chains", Tables(&CHAIN)),
    field("operators", Tables(&OPERATOR)), field("delegates", Tables(&BACKEND_DELEGATE)),
    field("non_const_buffer_sizes", Numbers(8)), field("non_const_buffer_device", Tables(&NON_CONST_BUFFER_DEVICE)),
]);
static NON_CONST_BUFFER_DEVICE: Table = table("NonConstBufferDevice", &[
    field("buffer_idx", Number(4)), field("device_type", Number(1)), field("device_index", Number(1)),
]);
static BUFFER: Table = table("Buffer", &[
    field("storage", Numbers(1)),
]);
static BACKEND_DELEGATE_INLINE_DATA: Table = table("BackendDelegateInlineData", &[
    field("data", Numbers(1)),
]);
static DATA_SEGMENT: Table = table("DataSegment", &[
    field("offset", Number(8)), field("size", Number(8)),
]);
static SUBSEGMENT_OFFSETS: Table = table("SubsegmentOffsets", &[
    field("segment_index", Number(4)), field("offsets", Numbers(8)),
]);
static NAMED_DATA: Table = table("NamedData", &[
    field("key", Text), field("segment_index", Number(4)),
]);
pub(in crate::executorch) static PROGRAM: Table = table("Program", &[
    field("version", Number(4)), field("execution_plan", Tables(&EXECUTION_PLAN)), field("constant_buffer", Tables(&BUFFER)),
    field("backend_delegate_data", Tables(&BACKEND_DELEGATE_INLINE_DATA)), field("segments", Tables(&DATA_SEGMENT)),
    field("constant_segment", Of(&SUBSEGMENT_OFFSETS)), field("mutable_data_segments", Tables(&SUBSEGMENT_OFFSETS)),
    field("named_data", Tables(&NAMED_DATA)),
]);

static KERNEL_TYPES: [Option<&Table>; 12] = [
    None, Some(&NULL), Some(&INT), Some(&BOOL), Some(&DOUBLE), Some(&TENSOR), Some(&STRING), Some(&INT_LIST),
    Some(&DOUBLE_LIST), Some(&BOOL_LIST), Some(&TENSOR_LIST), Some(&OPTIONAL_TENSOR_LIST),
];

static INSTRUCTION_ARGUMENTS: [Option<&Table>; 6] = [
    None, Some(&KERNEL_CALL), Some(&DELEGATE_CALL), Some(&MOVE_CALL), Some(&JUMP_FALSE_CALL), Some(&FREE_CALL),
];

/// `ScalarType` by number.
pub(in crate::executorch) const TYPES: [&str; 30] = [
    "byte", "char", "short", "int", "long", "half", "float", "double", "", "", "", "bool", "qint8", "quint8", "qint32",
    "bfloat16", "quint4x2", "quint2x4", "", "", "", "", "bits16", "float8e5m2", "float8e4m3fn", "float8e5m2fnuz",
    "float8e4m3fnuz", "uint16", "uint32", "uint64",
];
