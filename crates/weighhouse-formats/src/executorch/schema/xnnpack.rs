//! What graphs of the XNNPACK delegate consist of. Written by `tools/knowledge/flatbuffer_schema.py` from `ExecuTorch` 1.5.1.

use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Union};
use crate::flatbuffer::{Table, field, table};

static BUFFER: Table = table("Buffer", &[
    field("storage", Numbers(1)),
]);
static PER_CHANNEL_GROUP_QUANT: Table = table("PerChannelGroupQuant", &[
    field("scale", Numbers(4)), field("channel_dim", Number(4)), field("group_size", Number(4)),
    field("scale_bf16", Numbers(2)), field("scale_buffer_idx", Number(4)), field("num_scales", Number(4)),
]);
static PER_CHANNEL_QUANT: Table = table("PerChannelQuant", &[
    field("scale", Numbers(4)), field("channel_dim", Number(4)), field("scale_buffer_idx", Number(4)),
    field("num_scales", Number(4)),
]);
static PER_TOKEN_DYNAMIC_QUANT: Table = table("PerTokenDynamicQuant", &[
    field("num_nonbatch_dims", Number(4)),
]);
static PER_TENSOR_QUANT: Table = table("PerTensorQuant", &[
    field("scale", Number(4)), field("zero_point", Number(4)),
]);
static XNNTENSOR_VALUE: Table = table("XNNTensorValue", &[
    field("datatype", Number(2)), field("num_dims", Number(4)), field("dims", Numbers(4)),
    field("constant_buffer_idx", Number(4)), field("external_id", Number(4)), field("flags", Number(4)),
    field("id_out", Number(4)),
]);
static XNNQUANTIZED_TENSOR_VALUE: Table = table("XNNQuantizedTensorValue", &[
    field("tensor_value", Of(&XNNTENSOR_VALUE)), field("quant_params_type", Number(1)),
    field("quant_params", Union(&XNNQUANT_PARAMS)),
]);
static OUTPUT_MIN_MAX: Table = table("OutputMinMax", &[
    field("output_min", Number(4)), field("output_max", Number(4)),
]);
static XNODE: Table = table("XNode", &[
    field("xnode_union_type", Number(1)), field("xnode_union", Union(&XNODE_UNION)), field("debug_handle", Number(4)),
    field("output_min_max", Of(&OUTPUT_MIN_MAX)),
]);
static XVALUE: Table = table("XValue", &[
    field("xvalue_union_type", Number(1)), field("xvalue_union", Union(&XVALUE_UNION)),
]);
static XNNSTATIC_TRANSPOSE: Table = table("XNNStaticTranspose", &[
    field("num_dims", Number(4)), field("perm", Numbers(4)), field("input_id", Number(4)), field("output_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNSTATIC_RESIZE_BILINEAR2_D: Table = table("XNNStaticResizeBilinear2D", &[
    field("new_height", Number(4)), field("new_width", Number(4)), field("input_id", Number(4)), field("output_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNSTATIC_CONSTANT_PAD: Table = table("XNNStaticConstantPad", &[
    field("pre_paddings", Numbers(4)), field("post_paddings", Numbers(4)), field("padding_value", Number(4)),
    field("input_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNNODE2X1: Table = table("XNNNode2x1", &[
    field("input1_id", Number(4)), field("input2_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNNODE1X1: Table = table("XNNNode1x1", &[
    field("input_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNCAT: Table = table("XNNCat", &[
    field("axis", Number(4)), field("input1_id", Number(4)), field("input2_id", Number(4)), field("input3_id", Number(4)),
    field("input4_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)), field("input5_id", Number(4)),
]);
static XNNELU: Table = table("XNNELU", &[
    field("alpha", Number(4)), field("input_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNFULLY_CONNECTED: Table = table("XNNFullyConnected", &[
    field("input1_id", Number(4)), field("filter_id", Number(4)), field("bias_id", Number(4)), field("output_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNNODE_CONV: Table = table("XNNNodeConv", &[
    field("padding_top", Number(4)), field("padding_right", Number(4)), field("padding_bottom", Number(4)),
    field("padding_left", Number(4)), field("kernel_height", Number(4)), field("kernel_width", Number(4)),
    field("subsampling_height", Number(4)), field("subsampling_width", Number(4)), field("dilation_height", Number(4)),
    field("dilation_width", Number(4)), field("group_input_channels", Number(4)), field("group_output_channels", Number(4)),
    field("groups", Number(4)), field("adjustment_height", Number(4)), field("adjustment_width", Number(4)),
    field("input1_id", Number(4)), field("filter_id", Number(4)), field("bias_id", Number(4)), field("output_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNPOOLING2_D: Table = table("XNNPooling2D", &[
    field("padding_top", Number(4)), field("padding_right", Number(4)), field("padding_bottom", Number(4)),
    field("padding_left", Number(4)), field("pooling_height", Number(4)), field("pooling_width", Number(4)),
    field("stride_height", Number(4)), field("stride_width", Number(4)), field("dilation_height", Number(4)),
    field("dilation_width", Number(4)), field("input_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNSTATIC_RESHAPE: Table = table("XNNStaticReshape", &[
    field("num_dims", Number(4)), field("new_shape", Numbers(4)), field("input_id", Number(4)), field("output_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNSTATIC_SLICE: Table = table("XNNStaticSlice", &[
    field("num_dims", Number(4)), field("offsets", Numbers(4)), field("sizes", Numbers(4)), field("input_id", Number(4)),
    field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNSCALED_DOT_PRODUCT_ATTENTION: Table = table("XNNScaledDotProductAttention", &[
    field("query_id", Number(4)), field("key_id", Number(4)), field("value_id", Number(4)), field("scale_id", Number(4)),
    field("mask_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static XNNARG_MAX_POOLING2D: Table = table("XNNArgMaxPooling2d", &[
    field("padding_top", Number(4)), field("padding_right", Number(4)), field("padding_bottom", Number(4)),
    field("padding_left", Number(4)), field("pooling_height", Number(4)), field("pooling_width", Number(4)),
    field("input_id", Number(4)), field("output_value_id", Number(4)), field("output_index_id", Number(4)),
    field("flags", Number(4)),
]);
static XNNLEAKY_RE_LU: Table = table("XNNLeakyReLU", &[
    field("negative_slope", Number(4)), field("input_id", Number(4)), field("output_id", Number(4)), field("flags", Number(4)),
]);
static CONSTANT_DATA_OFFSET: Table = table("ConstantDataOffset", &[
    field("offset", Number(8)), field("size", Number(8)), field("named_key", Text),
]);
pub(in crate::executorch) static XNNGRAPH: Table = table("XNNGraph", &[
    field("version", Text), field("xnodes", Tables(&XNODE)), field("xvalues", Tables(&XVALUE)), field("num_externs", Number(4)),
    field("input_ids", Numbers(4)), field("output_ids", Numbers(4)), field("constant_buffer", Tables(&BUFFER)),
    field("mem_buffer_sizes", Numbers(4)), field("constant_data", Tables(&CONSTANT_DATA_OFFSET)),
]);

static XNNQUANT_PARAMS: [Option<&Table>; 5] = [
    None, Some(&PER_CHANNEL_QUANT), Some(&PER_TENSOR_QUANT), Some(&PER_TOKEN_DYNAMIC_QUANT), Some(&PER_CHANNEL_GROUP_QUANT),
];

static XNODE_UNION: [Option<&Table>; 48] = [
    None, Some(&XNNNODE2X1), Some(&XNNFULLY_CONNECTED), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNSTATIC_TRANSPOSE),
    Some(&XNNNODE1X1), Some(&XNNNODE_CONV), Some(&XNNNODE2X1), Some(&XNNSTATIC_RESIZE_BILINEAR2_D),
    Some(&XNNSTATIC_CONSTANT_PAD), Some(&XNNPOOLING2_D), Some(&XNNNODE2X1), Some(&XNNNODE_CONV), Some(&XNNPOOLING2_D),
    Some(&XNNNODE2X1), Some(&XNNNODE2X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNSTATIC_RESHAPE),
    Some(&XNNARG_MAX_POOLING2D), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNLEAKY_RE_LU),
    Some(&XNNNODE2X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNELU), Some(&XNNNODE1X1), Some(&XNNNODE2X1), Some(&XNNCAT),
    Some(&XNNCAT), Some(&XNNCAT), Some(&XNNSTATIC_SLICE), Some(&XNNSCALED_DOT_PRODUCT_ATTENTION), Some(&XNNNODE2X1),
    Some(&XNNCAT), Some(&XNNNODE_CONV), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1),
    Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1), Some(&XNNNODE1X1),
];

static XVALUE_UNION: [Option<&Table>; 3] = [
    None, Some(&XNNTENSOR_VALUE), Some(&XNNQUANTIZED_TENSOR_VALUE),
];

/// `XNodeUnion` by number.
pub(in crate::executorch) const NODES: [&str; 48] = [
    "", "XNNAdd", "XNNFullyConnected", "XNNSoftmax", "XNNSigmoid", "XNNStaticTranspose", "XNNClamp", "XNNConv2d", "XNNDiv",
    "XNNStaticResizeBilinear2D", "XNNStaticConstantPad", "XNNAvgPooling2d", "XNNMinimum", "XNNDepthwiseConv2d",
    "XNNMaxPooling2d", "XNNMultiply", "XNNSubtract", "XNNFloor", "XNNConvert", "XNNGlobalAvgPooling2d", "XNNStaticReshape",
    "XNNArgMaxPooling2d", "XNNSquareRoot", "XNNCeiling", "XNNHardswish", "XNNLeakyReLU", "XNNMaximum", "XNNNegate", "XNNSquare",
    "XNNELU", "XNNAbs", "XNNPReLU", "XNNConcatenate2", "XNNConcatenate3", "XNNConcatenate4", "XNNStaticSlice",
    "XNNScaledDotProductAttention", "XNNBatchMatrixMultiply", "XNNConcatenate5", "XNNConvTranspose2d",
    "XNNReciprocalSquareRoot", "XNNLog", "XNNGelu", "XNNTanh", "XNNExp", "XNNSin", "XNNCopy", "XNNCos",
];

/// `XNNDatatype` by number.
pub(in crate::executorch) const TYPES: [&str; 15] = [
    "invalid", "fp32", "fp16", "qint8", "quint8", "qint32", "qcint8", "qcint32", "qcint4", "qdint8", "qbint4", "qpint8",
    "int32", "pfp32", "bf16",
];
