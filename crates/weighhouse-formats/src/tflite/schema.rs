//! What `TFLite` models consist of. Written by `tools/knowledge/tflite_schema.py` from `LiteRT` 2.3.0.

use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Union};
use crate::flatbuffer::{Table, field, table};

pub(super) static CUSTOM_QUANTIZATION: Table = table("CustomQuantization", &[
    field("custom", Numbers(1)),
]);
pub(super) static BLOCKWISE_QUANTIZATION: Table = table("BlockwiseQuantization", &[
    field("scales", Number(4)), field("zero_points", Number(4)), field("block_size", Number(4)),
    field("block_shape", Numbers(4)),
]);
pub(super) static MULTI_AXIS_QUANTIZATION: Table = table("MultiAxisQuantization", &[
    field("scales", Number(4)), field("zero_points", Number(4)), field("block_size", Number(4)),
    field("quantized_dimensions", Numbers(4)),
]);
pub(super) static QUANTIZATION_PARAMETERS: Table = table("QuantizationParameters", &[
    field("min", Numbers(4)), field("max", Numbers(4)), field("scale", Numbers(4)), field("zero_point", Numbers(8)),
    field("details_type", Number(1)), field("details", Union(&QUANTIZATION_DETAILS)), field("quantized_dimension", Number(4)),
]);
pub(super) static INT32_VECTOR: Table = table("Int32Vector", &[
    field("values", Numbers(4)),
]);
pub(super) static UINT16_VECTOR: Table = table("Uint16Vector", &[
    field("values", Numbers(2)),
]);
pub(super) static UINT8_VECTOR: Table = table("Uint8Vector", &[
    field("values", Numbers(1)),
]);
pub(super) static DIMENSION_METADATA: Table = table("DimensionMetadata", &[
    field("format", Number(1)), field("dense_size", Number(4)), field("array_segments_type", Number(1)),
    field("array_segments", Union(&SPARSE_INDEX_VECTOR)), field("array_indices_type", Number(1)),
    field("array_indices", Union(&SPARSE_INDEX_VECTOR)),
]);
pub(super) static SPARSITY_PARAMETERS: Table = table("SparsityParameters", &[
    field("traversal_order", Numbers(4)), field("block_map", Numbers(4)), field("dim_metadata", Tables(&DIMENSION_METADATA)),
]);
pub(super) static VARIANT_SUB_TYPE: Table = table("VariantSubType", &[
    field("shape", Numbers(4)), field("type", Number(1)), field("has_rank", Number(1)),
]);
pub(super) static TENSOR: Table = table("Tensor", &[
    field("shape", Numbers(4)), field("type", Number(1)), field("buffer", Number(4)), field("name", Text),
    field("quantization", Of(&QUANTIZATION_PARAMETERS)), field("is_variable", Number(1)),
    field("sparsity", Of(&SPARSITY_PARAMETERS)), field("shape_signature", Numbers(4)), field("has_rank", Number(1)),
    field("variant_tensors", Tables(&VARIANT_SUB_TYPE)), field("external_buffer", Number(4)),
]);
pub(super) static STABLEHLO_GATHER_OPTIONS: Table = table("StablehloGatherOptions", &[
    field("offset_dims", Numbers(8)), field("collapsed_slice_dims", Numbers(8)), field("start_index_map", Numbers(8)),
    field("index_vector_dim", Number(8)), field("slice_sizes", Numbers(8)), field("indices_are_sorted", Number(1)),
]);
pub(super) static STABLEHLO_TRANSPOSE_OPTIONS: Table = table("StablehloTransposeOptions", &[
    field("permutation", Numbers(8)),
]);
pub(super) static STABLEHLO_DOT_GENERAL_OPTIONS: Table = table("StablehloDotGeneralOptions", &[
    field("lhs_batching_dimensions", Numbers(8)), field("rhs_batching_dimensions", Numbers(8)),
    field("lhs_contracting_dimensions", Numbers(8)), field("rhs_contracting_dimensions", Numbers(8)),
    field("precision_config", Numbers(4)),
]);
pub(super) static STABLEHLO_REDUCE_WINDOW_OPTIONS: Table = table("StablehloReduceWindowOptions", &[
    field("window_dimensions", Numbers(8)), field("window_strides", Numbers(8)), field("base_dilations", Numbers(8)),
    field("window_dilations", Numbers(8)), field("padding", Numbers(8)), field("body_subgraph_index", Number(4)),
]);
pub(super) static STABLEHLO_WHILE_OPTIONS: Table = table("StablehloWhileOptions", &[
    field("cond_subgraph_index", Number(4)), field("body_subgraph_index", Number(4)),
]);
pub(super) static STABLEHLO_SORT_OPTIONS: Table = table("StablehloSortOptions", &[
    field("dimension", Number(8)), field("is_stable", Number(1)), field("comparator_subgraph_index", Number(4)),
]);
pub(super) static STABLEHLO_CONCATENATE_OPTIONS: Table = table("StablehloConcatenateOptions", &[
    field("dimension", Number(8)),
]);
pub(super) static STABLEHLO_BROADCAST_IN_DIM_OPTIONS: Table = table("StablehloBroadcastInDimOptions", &[
    field("broadcast_dimensions", Numbers(8)),
]);
pub(super) static STABLEHLO_COMPARE_OPTIONS: Table = table("StablehloCompareOptions", &[
    field("comparison_direction", Number(4)), field("compare_type", Number(4)),
]);
pub(super) static STABLEHLO_DYNAMIC_SLICE_OPTIONS: Table = table("StablehloDynamicSliceOptions", &[
    field("slice_sizes", Numbers(8)),
]);
pub(super) static STABLEHLO_PAD_OPTIONS: Table = table("StablehloPadOptions", &[
    field("edge_padding_low", Numbers(8)), field("edge_padding_high", Numbers(8)), field("interior_padding", Numbers(8)),
]);
pub(super) static STABLEHLO_IOTA_OPTIONS: Table = table("StablehloIotaOptions", &[
    field("iota_dimension", Number(8)),
]);
pub(super) static STABLEHLO_CUSTOM_CALL_OPTIONS: Table = table("StablehloCustomCallOptions", &[
    field("call_target_name", Text), field("has_side_effect", Number(1)), field("backend_config", Text),
    field("api_version", Number(4)), field("called_computations", Numbers(4)), field("custom_attributes", Numbers(1)),
]);
pub(super) static STABLEHLO_REDUCE_OPTIONS: Table = table("StablehloReduceOptions", &[
    field("dimensions", Numbers(8)), field("body_subgraph_index", Number(4)),
]);
pub(super) static STABLEHLO_SLICE_OPTIONS: Table = table("StablehloSliceOptions", &[
    field("start_indices", Numbers(8)), field("limit_indices", Numbers(8)), field("strides", Numbers(8)),
]);
pub(super) static STABLEHLO_CONVOLUTION_OPTIONS: Table = table("StablehloConvolutionOptions", &[
    field("window_strides", Numbers(8)), field("padding", Numbers(8)), field("lhs_dilation", Numbers(8)),
    field("rhs_dilation", Numbers(8)), field("window_reversal", Numbers(1)), field("input_batch_dimension", Number(8)),
    field("input_feature_dimension", Number(8)), field("input_spatial_dimensions", Numbers(8)),
    field("kernel_input_feature_dimension", Number(8)), field("kernel_output_feature_dimension", Number(8)),
    field("kernel_spatial_dimensions", Numbers(8)), field("output_batch_dimension", Number(8)),
    field("output_feature_dimension", Number(8)), field("output_spatial_dimensions", Numbers(8)),
    field("feature_group_count", Number(8)), field("batch_group_count", Number(8)), field("precision_config", Numbers(4)),
]);
pub(super) static STABLEHLO_SCATTER_OPTIONS: Table = table("StablehloScatterOptions", &[
    field("indices_are_sorted", Number(1)), field("update_window_dims", Numbers(8)), field("inserted_window_dims", Numbers(8)),
    field("scatter_dims_to_operand_dims", Numbers(8)), field("index_vector_dim", Number(8)), field("unique_indices", Number(1)),
    field("update_computation_subgraph_index", Number(4)),
]);
pub(super) static STABLEHLO_CASE_OPTIONS: Table = table("StablehloCaseOptions", &[
    field("branch_subgraph_indices", Numbers(4)),
]);
pub(super) static STABLEHLO_RNG_BIT_GENERATOR_OPTIONS: Table = table("StablehloRngBitGeneratorOptions", &[
    field("algorithm", Number(1)),
]);
pub(super) static CONV2_DOPTIONS: Table = table("Conv2DOptions", &[
    field("padding", Number(1)), field("stride_w", Number(4)), field("stride_h", Number(4)),
    field("fused_activation_function", Number(1)), field("dilation_wfactor", Number(4)), field("dilation_hfactor", Number(4)),
    field("quantized_bias_type", Number(1)),
]);
pub(super) static CONV3_DOPTIONS: Table = table("Conv3DOptions", &[
    field("padding", Number(1)), field("stride_d", Number(4)), field("stride_w", Number(4)), field("stride_h", Number(4)),
    field("fused_activation_function", Number(1)), field("dilation_dfactor", Number(4)), field("dilation_wfactor", Number(4)),
    field("dilation_hfactor", Number(4)),
]);
pub(super) static POOL2_DOPTIONS: Table = table("Pool2DOptions", &[
    field("padding", Number(1)), field("stride_w", Number(4)), field("stride_h", Number(4)), field("filter_width", Number(4)),
    field("filter_height", Number(4)), field("fused_activation_function", Number(1)),
]);
pub(super) static DEPTHWISE_CONV2_DOPTIONS: Table = table("DepthwiseConv2DOptions", &[
    field("padding", Number(1)), field("stride_w", Number(4)), field("stride_h", Number(4)),
    field("depth_multiplier", Number(4)), field("fused_activation_function", Number(1)), field("dilation_wfactor", Number(4)),
    field("dilation_hfactor", Number(4)),
]);
pub(super) static CONCAT_EMBEDDINGS_OPTIONS: Table = table("ConcatEmbeddingsOptions", &[
    field("num_channels", Number(4)), field("num_columns_per_channel", Numbers(4)),
    field("embedding_dim_per_channel", Numbers(4)),
]);
pub(super) static LSHPROJECTION_OPTIONS: Table = table("LSHProjectionOptions", &[
    field("type", Number(1)),
]);
pub(super) static SVDFOPTIONS: Table = table("SVDFOptions", &[
    field("rank", Number(4)), field("fused_activation_function", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static RNNOPTIONS: Table = table("RNNOptions", &[
    field("fused_activation_function", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static SEQUENCE_RNNOPTIONS: Table = table("SequenceRNNOptions", &[
    field("time_major", Number(1)), field("fused_activation_function", Number(1)),
    field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static BIDIRECTIONAL_SEQUENCE_RNNOPTIONS: Table = table("BidirectionalSequenceRNNOptions", &[
    field("time_major", Number(1)), field("fused_activation_function", Number(1)), field("merge_outputs", Number(1)),
    field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static FULLY_CONNECTED_OPTIONS: Table = table("FullyConnectedOptions", &[
    field("fused_activation_function", Number(1)), field("weights_format", Number(1)), field("keep_num_dims", Number(1)),
    field("asymmetric_quantize_inputs", Number(1)), field("quantized_bias_type", Number(1)), field("quant_spec", Numbers(1)),
]);
pub(super) static SOFTMAX_OPTIONS: Table = table("SoftmaxOptions", &[
    field("beta", Number(4)),
]);
pub(super) static CONCATENATION_OPTIONS: Table = table("ConcatenationOptions", &[
    field("axis", Number(4)), field("fused_activation_function", Number(1)),
]);
pub(super) static ADD_OPTIONS: Table = table("AddOptions", &[
    field("fused_activation_function", Number(1)), field("pot_scale_int16", Number(1)),
]);
pub(super) static MUL_OPTIONS: Table = table("MulOptions", &[
    field("fused_activation_function", Number(1)),
]);
pub(super) static L2_NORM_OPTIONS: Table = table("L2NormOptions", &[
    field("fused_activation_function", Number(1)),
]);
pub(super) static LOCAL_RESPONSE_NORMALIZATION_OPTIONS: Table = table("LocalResponseNormalizationOptions", &[
    field("radius", Number(4)), field("bias", Number(4)), field("alpha", Number(4)), field("beta", Number(4)),
]);
pub(super) static LSTMOPTIONS: Table = table("LSTMOptions", &[
    field("fused_activation_function", Number(1)), field("cell_clip", Number(4)), field("proj_clip", Number(4)),
    field("kernel_type", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static UNIDIRECTIONAL_SEQUENCE_LSTMOPTIONS: Table = table("UnidirectionalSequenceLSTMOptions", &[
    field("fused_activation_function", Number(1)), field("cell_clip", Number(4)), field("proj_clip", Number(4)),
    field("time_major", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
    field("diagonal_recurrent_tensors", Number(1)),
]);
pub(super) static BIDIRECTIONAL_SEQUENCE_LSTMOPTIONS: Table = table("BidirectionalSequenceLSTMOptions", &[
    field("fused_activation_function", Number(1)), field("cell_clip", Number(4)), field("proj_clip", Number(4)),
    field("merge_outputs", Number(1)), field("time_major", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static RESIZE_BILINEAR_OPTIONS: Table = table("ResizeBilinearOptions", &[
    field("deprecated", Number(1)), field("deprecated", Number(1)), field("align_corners", Number(1)),
    field("half_pixel_centers", Number(1)),
]);
pub(super) static RESIZE_NEAREST_NEIGHBOR_OPTIONS: Table = table("ResizeNearestNeighborOptions", &[
    field("align_corners", Number(1)), field("half_pixel_centers", Number(1)),
]);
pub(super) static CALL_OPTIONS: Table = table("CallOptions", &[
    field("subgraph", Number(4)),
]);
pub(super) static PAD_OPTIONS: Table = table("PadOptions", &[
]);
pub(super) static PAD_V2_OPTIONS: Table = table("PadV2Options", &[
]);
pub(super) static RESHAPE_OPTIONS: Table = table("ReshapeOptions", &[
    field("new_shape", Numbers(4)),
]);
pub(super) static SPACE_TO_BATCH_NDOPTIONS: Table = table("SpaceToBatchNDOptions", &[
]);
pub(super) static BATCH_TO_SPACE_NDOPTIONS: Table = table("BatchToSpaceNDOptions", &[
]);
pub(super) static SKIP_GRAM_OPTIONS: Table = table("SkipGramOptions", &[
    field("ngram_size", Number(4)), field("max_skip_size", Number(4)), field("include_all_ngrams", Number(1)),
]);
pub(super) static SPACE_TO_DEPTH_OPTIONS: Table = table("SpaceToDepthOptions", &[
    field("block_size", Number(4)),
]);
pub(super) static DEPTH_TO_SPACE_OPTIONS: Table = table("DepthToSpaceOptions", &[
    field("block_size", Number(4)),
]);
pub(super) static SUB_OPTIONS: Table = table("SubOptions", &[
    field("fused_activation_function", Number(1)), field("pot_scale_int16", Number(1)),
]);
pub(super) static DIV_OPTIONS: Table = table("DivOptions", &[
    field("fused_activation_function", Number(1)),
]);
pub(super) static TOP_KV2_OPTIONS: Table = table("TopKV2Options", &[
]);
pub(super) static EMBEDDING_LOOKUP_SPARSE_OPTIONS: Table = table("EmbeddingLookupSparseOptions", &[
    field("combiner", Number(1)),
]);
pub(super) static GATHER_OPTIONS: Table = table("GatherOptions", &[
    field("axis", Number(4)), field("batch_dims", Number(4)),
]);
pub(super) static TRANSPOSE_OPTIONS: Table = table("TransposeOptions", &[
]);
pub(super) static EXP_OPTIONS: Table = table("ExpOptions", &[
]);
pub(super) static COS_OPTIONS: Table = table("CosOptions", &[
]);
pub(super) static REDUCER_OPTIONS: Table = table("ReducerOptions", &[
    field("keep_dims", Number(1)),
]);
pub(super) static SQUEEZE_OPTIONS: Table = table("SqueezeOptions", &[
    field("squeeze_dims", Numbers(4)),
]);
pub(super) static SPLIT_OPTIONS: Table = table("SplitOptions", &[
    field("num_splits", Number(4)),
]);
pub(super) static SPLIT_VOPTIONS: Table = table("SplitVOptions", &[
    field("num_splits", Number(4)),
]);
pub(super) static STRIDED_SLICE_OPTIONS: Table = table("StridedSliceOptions", &[
    field("begin_mask", Number(4)), field("end_mask", Number(4)), field("ellipsis_mask", Number(4)),
    field("new_axis_mask", Number(4)), field("shrink_axis_mask", Number(4)), field("offset", Number(1)),
]);
pub(super) static LOG_SOFTMAX_OPTIONS: Table = table("LogSoftmaxOptions", &[
]);
pub(super) static CAST_OPTIONS: Table = table("CastOptions", &[
    field("in_data_type", Number(1)), field("out_data_type", Number(1)),
]);
pub(super) static DEQUANTIZE_OPTIONS: Table = table("DequantizeOptions", &[
]);
pub(super) static MAXIMUM_MINIMUM_OPTIONS: Table = table("MaximumMinimumOptions", &[
]);
pub(super) static TILE_OPTIONS: Table = table("TileOptions", &[
]);
pub(super) static ARG_MAX_OPTIONS: Table = table("ArgMaxOptions", &[
    field("output_type", Number(1)),
]);
pub(super) static ARG_MIN_OPTIONS: Table = table("ArgMinOptions", &[
    field("output_type", Number(1)),
]);
pub(super) static GREATER_OPTIONS: Table = table("GreaterOptions", &[
]);
pub(super) static GREATER_EQUAL_OPTIONS: Table = table("GreaterEqualOptions", &[
]);
pub(super) static LESS_OPTIONS: Table = table("LessOptions", &[
]);
pub(super) static LESS_EQUAL_OPTIONS: Table = table("LessEqualOptions", &[
]);
pub(super) static NEG_OPTIONS: Table = table("NegOptions", &[
]);
pub(super) static SELECT_OPTIONS: Table = table("SelectOptions", &[
]);
pub(super) static SLICE_OPTIONS: Table = table("SliceOptions", &[
]);
pub(super) static TRANSPOSE_CONV_OPTIONS: Table = table("TransposeConvOptions", &[
    field("padding", Number(1)), field("stride_w", Number(4)), field("stride_h", Number(4)),
    field("fused_activation_function", Number(1)), field("quantized_bias_type", Number(1)),
]);
pub(super) static EXPAND_DIMS_OPTIONS: Table = table("ExpandDimsOptions", &[
]);
pub(super) static SPARSE_TO_DENSE_OPTIONS: Table = table("SparseToDenseOptions", &[
    field("validate_indices", Number(1)),
]);
pub(super) static EQUAL_OPTIONS: Table = table("EqualOptions", &[
]);
pub(super) static NOT_EQUAL_OPTIONS: Table = table("NotEqualOptions", &[
]);
pub(super) static SHAPE_OPTIONS: Table = table("ShapeOptions", &[
    field("out_type", Number(1)),
]);
pub(super) static RANK_OPTIONS: Table = table("RankOptions", &[
]);
pub(super) static POW_OPTIONS: Table = table("PowOptions", &[
]);
pub(super) static FAKE_QUANT_OPTIONS: Table = table("FakeQuantOptions", &[
    field("min", Number(4)), field("max", Number(4)), field("num_bits", Number(4)), field("narrow_range", Number(1)),
]);
pub(super) static PACK_OPTIONS: Table = table("PackOptions", &[
    field("values_count", Number(4)), field("axis", Number(4)),
]);
pub(super) static LOGICAL_OR_OPTIONS: Table = table("LogicalOrOptions", &[
]);
pub(super) static ONE_HOT_OPTIONS: Table = table("OneHotOptions", &[
    field("axis", Number(4)),
]);
pub(super) static ABS_OPTIONS: Table = table("AbsOptions", &[
]);
pub(super) static HARD_SWISH_OPTIONS: Table = table("HardSwishOptions", &[
]);
pub(super) static LOGICAL_AND_OPTIONS: Table = table("LogicalAndOptions", &[
]);
pub(super) static LOGICAL_NOT_OPTIONS: Table = table("LogicalNotOptions", &[
]);
pub(super) static UNPACK_OPTIONS: Table = table("UnpackOptions", &[
    field("num", Number(4)), field("axis", Number(4)),
]);
pub(super) static FLOOR_DIV_OPTIONS: Table = table("FloorDivOptions", &[
]);
pub(super) static SQUARE_OPTIONS: Table = table("SquareOptions", &[
]);
pub(super) static ZEROS_LIKE_OPTIONS: Table = table("ZerosLikeOptions", &[
]);
pub(super) static FILL_OPTIONS: Table = table("FillOptions", &[
]);
pub(super) static FLOOR_MOD_OPTIONS: Table = table("FloorModOptions", &[
]);
pub(super) static RANGE_OPTIONS: Table = table("RangeOptions", &[
]);
pub(super) static LEAKY_RELU_OPTIONS: Table = table("LeakyReluOptions", &[
    field("alpha", Number(4)),
]);
pub(super) static SQUARED_DIFFERENCE_OPTIONS: Table = table("SquaredDifferenceOptions", &[
]);
pub(super) static MIRROR_PAD_OPTIONS: Table = table("MirrorPadOptions", &[
    field("mode", Number(1)),
]);
pub(super) static UNIQUE_OPTIONS: Table = table("UniqueOptions", &[
    field("idx_out_type", Number(1)),
]);
pub(super) static REVERSE_V2_OPTIONS: Table = table("ReverseV2Options", &[
]);
pub(super) static ADD_NOPTIONS: Table = table("AddNOptions", &[
]);
pub(super) static GATHER_ND_OPTIONS: Table = table("GatherNdOptions", &[
]);
pub(super) static WHERE_OPTIONS: Table = table("WhereOptions", &[
]);
pub(super) static REVERSE_SEQUENCE_OPTIONS: Table = table("ReverseSequenceOptions", &[
    field("seq_dim", Number(4)), field("batch_dim", Number(4)),
]);
pub(super) static MATRIX_DIAG_OPTIONS: Table = table("MatrixDiagOptions", &[
]);
pub(super) static QUANTIZE_OPTIONS: Table = table("QuantizeOptions", &[
]);
pub(super) static MATRIX_SET_DIAG_OPTIONS: Table = table("MatrixSetDiagOptions", &[
]);
pub(super) static IF_OPTIONS: Table = table("IfOptions", &[
    field("then_subgraph_index", Number(4)), field("else_subgraph_index", Number(4)),
]);
pub(super) static CALL_ONCE_OPTIONS: Table = table("CallOnceOptions", &[
    field("init_subgraph_index", Number(4)),
]);
pub(super) static WHILE_OPTIONS: Table = table("WhileOptions", &[
    field("cond_subgraph_index", Number(4)), field("body_subgraph_index", Number(4)),
]);
pub(super) static NON_MAX_SUPPRESSION_V4_OPTIONS: Table = table("NonMaxSuppressionV4Options", &[
]);
pub(super) static NON_MAX_SUPPRESSION_V5_OPTIONS: Table = table("NonMaxSuppressionV5Options", &[
]);
pub(super) static SCATTER_ND_OPTIONS: Table = table("ScatterNdOptions", &[
]);
pub(super) static SELECT_V2_OPTIONS: Table = table("SelectV2Options", &[
]);
pub(super) static DENSIFY_OPTIONS: Table = table("DensifyOptions", &[
]);
pub(super) static SEGMENT_SUM_OPTIONS: Table = table("SegmentSumOptions", &[
]);
pub(super) static BATCH_MAT_MUL_OPTIONS: Table = table("BatchMatMulOptions", &[
    field("adj_x", Number(1)), field("adj_y", Number(1)), field("asymmetric_quantize_inputs", Number(1)),
]);
pub(super) static CUMSUM_OPTIONS: Table = table("CumsumOptions", &[
    field("exclusive", Number(1)), field("reverse", Number(1)),
]);
pub(super) static BROADCAST_TO_OPTIONS: Table = table("BroadcastToOptions", &[
]);
pub(super) static RFFT2D_OPTIONS: Table = table("Rfft2dOptions", &[
]);
pub(super) static HASHTABLE_OPTIONS: Table = table("HashtableOptions", &[
    field("table_id", Number(4)), field("key_dtype", Number(1)), field("value_dtype", Number(1)),
]);
pub(super) static HASHTABLE_FIND_OPTIONS: Table = table("HashtableFindOptions", &[
]);
pub(super) static HASHTABLE_IMPORT_OPTIONS: Table = table("HashtableImportOptions", &[
]);
pub(super) static HASHTABLE_SIZE_OPTIONS: Table = table("HashtableSizeOptions", &[
]);
pub(super) static VAR_HANDLE_OPTIONS: Table = table("VarHandleOptions", &[
    field("container", Text), field("shared_name", Text),
]);
pub(super) static READ_VARIABLE_OPTIONS: Table = table("ReadVariableOptions", &[
]);
pub(super) static ASSIGN_VARIABLE_OPTIONS: Table = table("AssignVariableOptions", &[
]);
pub(super) static RANDOM_OPTIONS: Table = table("RandomOptions", &[
    field("seed", Number(8)), field("seed2", Number(8)),
]);
pub(super) static BUCKETIZE_OPTIONS: Table = table("BucketizeOptions", &[
    field("boundaries", Numbers(4)),
]);
pub(super) static GELU_OPTIONS: Table = table("GeluOptions", &[
    field("approximate", Number(1)),
]);
pub(super) static DYNAMIC_UPDATE_SLICE_OPTIONS: Table = table("DynamicUpdateSliceOptions", &[
]);
pub(super) static UNSORTED_SEGMENT_PROD_OPTIONS: Table = table("UnsortedSegmentProdOptions", &[
]);
pub(super) static UNSORTED_SEGMENT_MAX_OPTIONS: Table = table("UnsortedSegmentMaxOptions", &[
]);
pub(super) static UNSORTED_SEGMENT_SUM_OPTIONS: Table = table("UnsortedSegmentSumOptions", &[
]);
pub(super) static ATAN2_OPTIONS: Table = table("ATan2Options", &[
]);
pub(super) static UNSORTED_SEGMENT_MIN_OPTIONS: Table = table("UnsortedSegmentMinOptions", &[
]);
pub(super) static SIGN_OPTIONS: Table = table("SignOptions", &[
]);
pub(super) static BITCAST_OPTIONS: Table = table("BitcastOptions", &[
]);
pub(super) static BITWISE_XOR_OPTIONS: Table = table("BitwiseXorOptions", &[
]);
pub(super) static RIGHT_SHIFT_OPTIONS: Table = table("RightShiftOptions", &[
]);
pub(super) static DILATE_OPTIONS: Table = table("DilateOptions", &[
]);
pub(super) static REDUCE_WINDOW_OPTIONS: Table = table("ReduceWindowOptions", &[
    field("reduce_function", Number(4)),
]);
pub(super) static OPERATOR_CODE: Table = table("OperatorCode", &[
    field("deprecated_builtin_code", Number(1)), field("custom_code", Text), field("version", Number(4)),
    field("builtin_code", Number(4)),
]);
pub(super) static STABLE_HLOCOMPOSITE_OPTIONS: Table = table("StableHLOCompositeOptions", &[
    field("name", Text), field("decomposition_subgraph_index", Number(4)), field("composite_attributes", Numbers(1)),
    field("composite_attributes_format", Number(1)), field("version", Number(4)),
]);
pub(super) static STABLEHLO_SHIFT_LEFT_OPTIONS: Table = table("StablehloShiftLeftOptions", &[
]);
pub(super) static OPERATOR: Table = table("Operator", &[
    field("opcode_index", Number(4)), field("inputs", Numbers(4)), field("outputs", Numbers(4)),
    field("builtin_options_type", Number(1)), field("builtin_options", Union(&BUILTIN_OPTIONS)),
    field("custom_options", Numbers(1)), field("custom_options_format", Number(1)),
    field("mutating_variable_inputs", Numbers(1)), field("intermediates", Numbers(4)),
    field("large_custom_options_offset", Number(8)), field("large_custom_options_size", Number(8)),
    field("builtin_options2_type", Number(1)), field("builtin_options2", Union(&BUILTIN_OPTIONS2)),
    field("debug_metadata_index", Number(4)),
]);
pub(super) static SUB_GRAPH: Table = table("SubGraph", &[
    field("tensors", Tables(&TENSOR)), field("inputs", Numbers(4)), field("outputs", Numbers(4)),
    field("operators", Tables(&OPERATOR)), field("name", Text), field("debug_metadata_index", Number(4)),
]);
pub(super) static BUFFER: Table = table("Buffer", &[
    field("data", Numbers(1)), field("offset", Number(8)), field("size", Number(8)),
]);
pub(super) static EXTERNAL_BUFFER_GROUP: Table = table("ExternalBufferGroup", &[
    field("name", Text),
]);
pub(super) static EXTERNAL_BUFFER: Table = table("ExternalBuffer", &[
    field("id", Number(4)), field("group", Number(4)), field("offset", Number(8)), field("length", Number(8)),
    field("packing", Text),
]);
pub(super) static METADATA: Table = table("Metadata", &[
    field("name", Text), field("buffer", Number(4)),
]);
pub(super) static TENSOR_MAP: Table = table("TensorMap", &[
    field("name", Text), field("tensor_index", Number(4)),
]);
pub(super) static SIGNATURE_DEF: Table = table("SignatureDef", &[
    field("inputs", Tables(&TENSOR_MAP)), field("outputs", Tables(&TENSOR_MAP)), field("signature_key", Text),
    field("deprecated", Number(1)), field("subgraph_index", Number(4)),
]);
pub(super) static MODEL: Table = table("Model", &[
    field("version", Number(4)), field("operator_codes", Tables(&OPERATOR_CODE)), field("subgraphs", Tables(&SUB_GRAPH)),
    field("description", Text), field("buffers", Tables(&BUFFER)), field("metadata_buffer", Numbers(4)),
    field("metadata", Tables(&METADATA)), field("signature_defs", Tables(&SIGNATURE_DEF)),
    field("external_buffer_groups", Tables(&EXTERNAL_BUFFER_GROUP)), field("external_buffers", Tables(&EXTERNAL_BUFFER)),
]);

static BUILTIN_OPTIONS: [Option<&Table>; 127] = [
    None, Some(&CONV2_DOPTIONS), Some(&DEPTHWISE_CONV2_DOPTIONS), Some(&CONCAT_EMBEDDINGS_OPTIONS),
    Some(&LSHPROJECTION_OPTIONS), Some(&POOL2_DOPTIONS), Some(&SVDFOPTIONS), Some(&RNNOPTIONS), Some(&FULLY_CONNECTED_OPTIONS),
    Some(&SOFTMAX_OPTIONS), Some(&CONCATENATION_OPTIONS), Some(&ADD_OPTIONS), Some(&L2_NORM_OPTIONS),
    Some(&LOCAL_RESPONSE_NORMALIZATION_OPTIONS), Some(&LSTMOPTIONS), Some(&RESIZE_BILINEAR_OPTIONS), Some(&CALL_OPTIONS),
    Some(&RESHAPE_OPTIONS), Some(&SKIP_GRAM_OPTIONS), Some(&SPACE_TO_DEPTH_OPTIONS), Some(&EMBEDDING_LOOKUP_SPARSE_OPTIONS),
    Some(&MUL_OPTIONS), Some(&PAD_OPTIONS), Some(&GATHER_OPTIONS), Some(&BATCH_TO_SPACE_NDOPTIONS),
    Some(&SPACE_TO_BATCH_NDOPTIONS), Some(&TRANSPOSE_OPTIONS), Some(&REDUCER_OPTIONS), Some(&SUB_OPTIONS), Some(&DIV_OPTIONS),
    Some(&SQUEEZE_OPTIONS), Some(&SEQUENCE_RNNOPTIONS), Some(&STRIDED_SLICE_OPTIONS), Some(&EXP_OPTIONS),
    Some(&TOP_KV2_OPTIONS), Some(&SPLIT_OPTIONS), Some(&LOG_SOFTMAX_OPTIONS), Some(&CAST_OPTIONS), Some(&DEQUANTIZE_OPTIONS),
    Some(&MAXIMUM_MINIMUM_OPTIONS), Some(&ARG_MAX_OPTIONS), Some(&LESS_OPTIONS), Some(&NEG_OPTIONS), Some(&PAD_V2_OPTIONS),
    Some(&GREATER_OPTIONS), Some(&GREATER_EQUAL_OPTIONS), Some(&LESS_EQUAL_OPTIONS), Some(&SELECT_OPTIONS),
    Some(&SLICE_OPTIONS), Some(&TRANSPOSE_CONV_OPTIONS), Some(&SPARSE_TO_DENSE_OPTIONS), Some(&TILE_OPTIONS),
    Some(&EXPAND_DIMS_OPTIONS), Some(&EQUAL_OPTIONS), Some(&NOT_EQUAL_OPTIONS), Some(&SHAPE_OPTIONS), Some(&POW_OPTIONS),
    Some(&ARG_MIN_OPTIONS), Some(&FAKE_QUANT_OPTIONS), Some(&PACK_OPTIONS), Some(&LOGICAL_OR_OPTIONS), Some(&ONE_HOT_OPTIONS),
    Some(&LOGICAL_AND_OPTIONS), Some(&LOGICAL_NOT_OPTIONS), Some(&UNPACK_OPTIONS), Some(&FLOOR_DIV_OPTIONS),
    Some(&SQUARE_OPTIONS), Some(&ZEROS_LIKE_OPTIONS), Some(&FILL_OPTIONS), Some(&BIDIRECTIONAL_SEQUENCE_LSTMOPTIONS),
    Some(&BIDIRECTIONAL_SEQUENCE_RNNOPTIONS), Some(&UNIDIRECTIONAL_SEQUENCE_LSTMOPTIONS), Some(&FLOOR_MOD_OPTIONS),
    Some(&RANGE_OPTIONS), Some(&RESIZE_NEAREST_NEIGHBOR_OPTIONS), Some(&LEAKY_RELU_OPTIONS), Some(&SQUARED_DIFFERENCE_OPTIONS),
    Some(&MIRROR_PAD_OPTIONS), Some(&ABS_OPTIONS), Some(&SPLIT_VOPTIONS), Some(&UNIQUE_OPTIONS), Some(&REVERSE_V2_OPTIONS),
    Some(&ADD_NOPTIONS), Some(&GATHER_ND_OPTIONS), Some(&COS_OPTIONS), Some(&WHERE_OPTIONS), Some(&RANK_OPTIONS),
    Some(&REVERSE_SEQUENCE_OPTIONS), Some(&MATRIX_DIAG_OPTIONS), Some(&QUANTIZE_OPTIONS), Some(&MATRIX_SET_DIAG_OPTIONS),
    Some(&HARD_SWISH_OPTIONS), Some(&IF_OPTIONS), Some(&WHILE_OPTIONS), Some(&DEPTH_TO_SPACE_OPTIONS),
    Some(&NON_MAX_SUPPRESSION_V4_OPTIONS), Some(&NON_MAX_SUPPRESSION_V5_OPTIONS), Some(&SCATTER_ND_OPTIONS),
    Some(&SELECT_V2_OPTIONS), Some(&DENSIFY_OPTIONS), Some(&SEGMENT_SUM_OPTIONS), Some(&BATCH_MAT_MUL_OPTIONS),
    Some(&CUMSUM_OPTIONS), Some(&CALL_ONCE_OPTIONS), Some(&BROADCAST_TO_OPTIONS), Some(&RFFT2D_OPTIONS), Some(&CONV3_DOPTIONS),
    Some(&HASHTABLE_OPTIONS), Some(&HASHTABLE_FIND_OPTIONS), Some(&HASHTABLE_IMPORT_OPTIONS), Some(&HASHTABLE_SIZE_OPTIONS),
    Some(&VAR_HANDLE_OPTIONS), Some(&READ_VARIABLE_OPTIONS), Some(&ASSIGN_VARIABLE_OPTIONS), Some(&RANDOM_OPTIONS),
    Some(&BUCKETIZE_OPTIONS), Some(&GELU_OPTIONS), Some(&DYNAMIC_UPDATE_SLICE_OPTIONS), Some(&UNSORTED_SEGMENT_PROD_OPTIONS),
    Some(&UNSORTED_SEGMENT_MAX_OPTIONS), Some(&UNSORTED_SEGMENT_MIN_OPTIONS), Some(&UNSORTED_SEGMENT_SUM_OPTIONS),
    Some(&ATAN2_OPTIONS), Some(&SIGN_OPTIONS), Some(&BITCAST_OPTIONS), Some(&BITWISE_XOR_OPTIONS), Some(&RIGHT_SHIFT_OPTIONS),
];

static BUILTIN_OPTIONS2: [Option<&Table>; 24] = [
    None, Some(&STABLEHLO_CONCATENATE_OPTIONS), Some(&STABLEHLO_BROADCAST_IN_DIM_OPTIONS), Some(&STABLEHLO_SLICE_OPTIONS),
    Some(&STABLEHLO_CONVOLUTION_OPTIONS), Some(&STABLEHLO_CUSTOM_CALL_OPTIONS), Some(&STABLEHLO_REDUCE_OPTIONS),
    Some(&STABLEHLO_SCATTER_OPTIONS), Some(&STABLEHLO_COMPARE_OPTIONS), Some(&STABLEHLO_DYNAMIC_SLICE_OPTIONS),
    Some(&STABLEHLO_PAD_OPTIONS), Some(&STABLEHLO_IOTA_OPTIONS), Some(&STABLEHLO_DOT_GENERAL_OPTIONS),
    Some(&STABLEHLO_REDUCE_WINDOW_OPTIONS), Some(&STABLEHLO_SORT_OPTIONS), Some(&STABLEHLO_WHILE_OPTIONS),
    Some(&STABLEHLO_GATHER_OPTIONS), Some(&STABLEHLO_TRANSPOSE_OPTIONS), Some(&DILATE_OPTIONS),
    Some(&STABLEHLO_RNG_BIT_GENERATOR_OPTIONS), Some(&REDUCE_WINDOW_OPTIONS), Some(&STABLE_HLOCOMPOSITE_OPTIONS),
    Some(&STABLEHLO_SHIFT_LEFT_OPTIONS), Some(&STABLEHLO_CASE_OPTIONS),
];

static QUANTIZATION_DETAILS: [Option<&Table>; 4] = [
    None, Some(&CUSTOM_QUANTIZATION), Some(&BLOCKWISE_QUANTIZATION), Some(&MULTI_AXIS_QUANTIZATION),
];

static SPARSE_INDEX_VECTOR: [Option<&Table>; 4] = [
    None, Some(&INT32_VECTOR), Some(&UINT16_VECTOR), Some(&UINT8_VECTOR),
];

/// Operators by number.
pub(super) const OPERATORS: [&str; 210] = [
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE",
    "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU", "RELU_N1_TO_1", "RELU6",
    "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH", "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL",
    "CUSTOM", "EMBEDDING_LOOKUP_SPARSE", "PAD", "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE",
    "BIDIRECTIONAL_SEQUENCE_RNN", "EXP", "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST",
    "PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT",
    "SLICE", "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
    "RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT",
    "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
    "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS", "SPLIT_V",
    "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU", "REVERSE_SEQUENCE", "MATRIX_DIAG",
    "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5",
    "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM", "BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM",
    "CALL_ONCE", "BROADCAST_TO", "RFFT2D", "CONV_3D", "IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND",
    "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "REDUCE_ALL", "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE",
    "BROADCAST_ARGS", "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU", "DYNAMIC_UPDATE_SLICE",
    "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "ATAN2", "UNSORTED_SEGMENT_MIN",
    "SIGN", "BITCAST", "BITWISE_XOR", "RIGHT_SHIFT", "STABLEHLO_LOGISTIC", "STABLEHLO_ADD", "STABLEHLO_DIVIDE",
    "STABLEHLO_MULTIPLY", "STABLEHLO_MAXIMUM", "STABLEHLO_RESHAPE", "STABLEHLO_CLAMP", "STABLEHLO_CONCATENATE",
    "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_CONVOLUTION", "STABLEHLO_SLICE", "STABLEHLO_CUSTOM_CALL", "STABLEHLO_REDUCE",
    "STABLEHLO_ABS", "STABLEHLO_AND", "STABLEHLO_COSINE", "STABLEHLO_EXPONENTIAL", "STABLEHLO_FLOOR", "STABLEHLO_LOG",
    "STABLEHLO_MINIMUM", "STABLEHLO_NEGATE", "STABLEHLO_OR", "STABLEHLO_POWER", "STABLEHLO_REMAINDER", "STABLEHLO_RSQRT",
    "STABLEHLO_SELECT", "STABLEHLO_SUBTRACT", "STABLEHLO_TANH", "STABLEHLO_SCATTER", "STABLEHLO_COMPARE", "STABLEHLO_CONVERT",
    "STABLEHLO_DYNAMIC_SLICE", "STABLEHLO_DYNAMIC_UPDATE_SLICE", "STABLEHLO_PAD", "STABLEHLO_IOTA", "STABLEHLO_DOT_GENERAL",
    "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SORT", "STABLEHLO_WHILE", "STABLEHLO_GATHER", "STABLEHLO_TRANSPOSE", "DILATE",
    "STABLEHLO_RNG_BIT_GENERATOR", "REDUCE_WINDOW", "STABLEHLO_COMPOSITE", "STABLEHLO_SHIFT_LEFT", "STABLEHLO_CBRT",
    "STABLEHLO_CASE",
];

/// Types of elements by number.
pub(super) const TYPES: [&str; 23] = [
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64", "complex128",
    "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4", "float8_e4m3fn", "float8_e5m2",
];
