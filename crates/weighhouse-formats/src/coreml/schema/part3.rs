//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    ACTIVATION_PARAMS, BORDER_AMOUNTS, BOX_COORDINATES_MODE, SAME_PADDING, SAMPLING_MODE, VALID_PADDING,
};
use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(in crate::coreml) static WEIGHT_PARAMS: Message = message(
    "WeightParams",
    &[
        many(1, "floatValue", Fixed32),
        one(2, "float16Value", Bytes),
        one(30, "rawValue", Bytes),
        one(31, "int8RawValue", Bytes),
        one(40, "quantization", Of(&QUANTIZATION_PARAMS)),
        one(50, "isUpdatable", Int),
    ],
);

pub(in crate::coreml) static QUANTIZATION_PARAMS: Message = message(
    "QuantizationParams",
    &[
        one(1, "numberOfBits", Int),
        choice(101, "linearQuantization", Of(&LINEAR_QUANTIZATION_PARAMS)),
        choice(102, "lookupTableQuantization", Of(&LOOK_UP_TABLE_QUANTIZATION_PARAMS)),
    ],
);

pub(in crate::coreml) static LINEAR_QUANTIZATION_PARAMS: Message =
    message("LinearQuantizationParams", &[many(1, "scale", Fixed32), many(2, "bias", Fixed32)]);

pub(in crate::coreml) static LOOK_UP_TABLE_QUANTIZATION_PARAMS: Message =
    message("LookUpTableQuantizationParams", &[many(1, "floatValue", Fixed32)]);

pub(in crate::coreml) static CONVOLUTION_LAYER_PARAMS: Message = message(
    "ConvolutionLayerParams",
    &[
        one(1, "outputChannels", Int),
        one(2, "kernelChannels", Int),
        one(10, "nGroups", Int),
        many(20, "kernelSize", Int),
        many(30, "stride", Int),
        many(40, "dilationFactor", Int),
        choice(50, "valid", Of(&VALID_PADDING)),
        choice(51, "same", Of(&SAME_PADDING)),
        one(60, "isDeconvolution", Int),
        one(70, "hasBias", Int),
        one(90, "weights", Of(&WEIGHT_PARAMS)),
        one(91, "bias", Of(&WEIGHT_PARAMS)),
        many(100, "outputShape", Int),
    ],
);

pub(in crate::coreml) static CONVOLUTION3_DLAYER_PARAMS: Message = message(
    "Convolution3DLayerParams",
    &[
        one(1, "outputChannels", Int),
        one(2, "inputChannels", Int),
        one(10, "nGroups", Int),
        one(20, "kernelDepth", Int),
        one(21, "kernelHeight", Int),
        one(22, "kernelWidth", Int),
        one(31, "strideDepth", Int),
        one(32, "strideHeight", Int),
        one(33, "strideWidth", Int),
        one(40, "dilationDepth", Int),
        one(41, "dilationHeight", Int),
        one(42, "dilationWidth", Int),
        one(50, "hasBias", Int),
        one(60, "weights", Of(&WEIGHT_PARAMS)),
        one(61, "bias", Of(&WEIGHT_PARAMS)),
        one(70, "paddingType", Int),
        one(80, "customPaddingFront", Int),
        one(81, "customPaddingBack", Int),
        one(82, "customPaddingTop", Int),
        one(83, "customPaddingBottom", Int),
        one(84, "customPaddingLeft", Int),
        one(85, "customPaddingRight", Int),
        one(86, "isDeconvolution", Int),
        many(87, "outputShape", Int),
    ],
);

pub(in crate::coreml) static INNER_PRODUCT_LAYER_PARAMS: Message = message(
    "InnerProductLayerParams",
    &[
        one(1, "inputChannels", Int),
        one(2, "outputChannels", Int),
        one(10, "hasBias", Int),
        one(20, "weights", Of(&WEIGHT_PARAMS)),
        one(21, "bias", Of(&WEIGHT_PARAMS)),
        one(22, "int8DynamicQuantize", Int),
    ],
);

pub(in crate::coreml) static EMBEDDING_LAYER_PARAMS: Message = message(
    "EmbeddingLayerParams",
    &[
        one(1, "inputDim", Int),
        one(2, "outputChannels", Int),
        one(10, "hasBias", Int),
        one(20, "weights", Of(&WEIGHT_PARAMS)),
        one(21, "bias", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static EMBEDDING_NDLAYER_PARAMS: Message = message(
    "EmbeddingNDLayerParams",
    &[
        one(1, "vocabSize", Int),
        one(2, "embeddingSize", Int),
        one(3, "hasBias", Int),
        one(20, "weights", Of(&WEIGHT_PARAMS)),
        one(21, "bias", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static BATCHNORM_LAYER_PARAMS: Message = message(
    "BatchnormLayerParams",
    &[
        one(1, "channels", Int),
        one(5, "computeMeanVar", Int),
        one(6, "instanceNormalization", Int),
        one(10, "epsilon", Fixed32),
        one(15, "gamma", Of(&WEIGHT_PARAMS)),
        one(16, "beta", Of(&WEIGHT_PARAMS)),
        one(17, "mean", Of(&WEIGHT_PARAMS)),
        one(18, "variance", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static POOLING_LAYER_PARAMS: Message = message(
    "PoolingLayerParams",
    &[
        one(1, "type", Int),
        many(10, "kernelSize", Int),
        many(20, "stride", Int),
        choice(30, "valid", Of(&VALID_PADDING)),
        choice(31, "same", Of(&SAME_PADDING)),
        choice(32, "includeLastPixel", Of(&POOLING_LAYER_PARAMS_VALID_COMPLETE_PADDING)),
        one(50, "avgPoolExcludePadding", Int),
        one(60, "globalPooling", Int),
    ],
);

pub(in crate::coreml) static POOLING_LAYER_PARAMS_VALID_COMPLETE_PADDING: Message =
    message("PoolingLayerParams.ValidCompletePadding", &[many(10, "paddingAmounts", Int)]);

pub(in crate::coreml) static POOLING3_DLAYER_PARAMS: Message = message(
    "Pooling3DLayerParams",
    &[
        one(1, "type", Int),
        one(2, "kernelDepth", Int),
        one(3, "kernelHeight", Int),
        one(4, "kernelWidth", Int),
        one(5, "strideDepth", Int),
        one(6, "strideHeight", Int),
        one(7, "strideWidth", Int),
        one(8, "customPaddingFront", Int),
        one(9, "customPaddingBack", Int),
        one(10, "customPaddingTop", Int),
        one(11, "customPaddingBottom", Int),
        one(12, "customPaddingLeft", Int),
        one(13, "customPaddingRight", Int),
        one(14, "countExcludePadding", Int),
        one(15, "paddingType", Int),
    ],
);

pub(in crate::coreml) static GLOBAL_POOLING3_DLAYER_PARAMS: Message =
    message("GlobalPooling3DLayerParams", &[one(1, "type", Int)]);

pub(in crate::coreml) static PADDING_LAYER_PARAMS: Message = message(
    "PaddingLayerParams",
    &[
        choice(1, "constant", Of(&PADDING_LAYER_PARAMS_PADDING_CONSTANT)),
        choice(2, "reflection", Of(&PADDING_LAYER_PARAMS_PADDING_REFLECTION)),
        choice(3, "replication", Of(&PADDING_LAYER_PARAMS_PADDING_REPLICATION)),
        one(10, "paddingAmounts", Of(&BORDER_AMOUNTS)),
    ],
);

pub(in crate::coreml) static PADDING_LAYER_PARAMS_PADDING_CONSTANT: Message =
    message("PaddingLayerParams.PaddingConstant", &[one(1, "value", Fixed32)]);

pub(in crate::coreml) static PADDING_LAYER_PARAMS_PADDING_REFLECTION: Message =
    message("PaddingLayerParams.PaddingReflection", &[]);

pub(in crate::coreml) static PADDING_LAYER_PARAMS_PADDING_REPLICATION: Message =
    message("PaddingLayerParams.PaddingReplication", &[]);

pub(in crate::coreml) static CONCAT_LAYER_PARAMS: Message =
    message("ConcatLayerParams", &[one(100, "sequenceConcat", Int)]);

pub(in crate::coreml) static LRNLAYER_PARAMS: Message = message(
    "LRNLayerParams",
    &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32), one(3, "localSize", Int), one(4, "k", Fixed32)],
);

pub(in crate::coreml) static SOFTMAX_LAYER_PARAMS: Message = message("SoftmaxLayerParams", &[]);

pub(in crate::coreml) static SPLIT_LAYER_PARAMS: Message =
    message("SplitLayerParams", &[one(1, "nOutputs", Int)]);

pub(in crate::coreml) static ADD_LAYER_PARAMS: Message =
    message("AddLayerParams", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static MULTIPLY_LAYER_PARAMS: Message =
    message("MultiplyLayerParams", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static UNARY_FUNCTION_LAYER_PARAMS: Message = message(
    "UnaryFunctionLayerParams",
    &[
        one(1, "type", Int),
        one(2, "alpha", Fixed32),
        one(3, "epsilon", Fixed32),
        one(4, "shift", Fixed32),
        one(5, "scale", Fixed32),
    ],
);

pub(in crate::coreml) static UPSAMPLE_LAYER_PARAMS: Message = message(
    "UpsampleLayerParams",
    &[
        many(1, "scalingFactor", Int),
        one(5, "mode", Int),
        one(6, "linearUpsampleMode", Int),
        many(7, "fractionalScalingFactor", Fixed32),
    ],
);

pub(in crate::coreml) static RESIZE_BILINEAR_LAYER_PARAMS: Message =
    message("ResizeBilinearLayerParams", &[many(1, "targetSize", Int), one(2, "mode", Of(&SAMPLING_MODE))]);

pub(in crate::coreml) static CROP_RESIZE_LAYER_PARAMS: Message = message(
    "CropResizeLayerParams",
    &[
        many(1, "targetSize", Int),
        one(2, "normalizedCoordinates", Int),
        one(3, "mode", Of(&SAMPLING_MODE)),
        one(4, "boxIndicesMode", Of(&BOX_COORDINATES_MODE)),
        one(5, "spatialScale", Fixed32),
    ],
);

pub(in crate::coreml) static BIAS_LAYER_PARAMS: Message =
    message("BiasLayerParams", &[many(1, "shape", Int), one(2, "bias", Of(&WEIGHT_PARAMS))]);

pub(in crate::coreml) static SCALE_LAYER_PARAMS: Message = message(
    "ScaleLayerParams",
    &[
        many(1, "shapeScale", Int),
        one(2, "scale", Of(&WEIGHT_PARAMS)),
        one(3, "hasBias", Int),
        many(4, "shapeBias", Int),
        one(5, "bias", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static LOAD_CONSTANT_LAYER_PARAMS: Message =
    message("LoadConstantLayerParams", &[many(1, "shape", Int), one(2, "data", Of(&WEIGHT_PARAMS))]);

pub(in crate::coreml) static L2_NORMALIZE_LAYER_PARAMS: Message =
    message("L2NormalizeLayerParams", &[one(1, "epsilon", Fixed32)]);

pub(in crate::coreml) static FLATTEN_LAYER_PARAMS: Message =
    message("FlattenLayerParams", &[one(1, "mode", Int)]);

pub(in crate::coreml) static RESHAPE_LAYER_PARAMS: Message =
    message("ReshapeLayerParams", &[many(1, "targetShape", Int), one(2, "mode", Int)]);

pub(in crate::coreml) static PERMUTE_LAYER_PARAMS: Message =
    message("PermuteLayerParams", &[many(1, "axis", Int)]);

pub(in crate::coreml) static REORGANIZE_DATA_LAYER_PARAMS: Message =
    message("ReorganizeDataLayerParams", &[one(1, "mode", Int), one(2, "blockSize", Int)]);

pub(in crate::coreml) static SLICE_LAYER_PARAMS: Message = message(
    "SliceLayerParams",
    &[one(1, "startIndex", Int), one(2, "endIndex", Int), one(3, "stride", Int), one(4, "axis", Int)],
);

pub(in crate::coreml) static REDUCE_LAYER_PARAMS: Message =
    message("ReduceLayerParams", &[one(1, "mode", Int), one(2, "epsilon", Fixed32), one(3, "axis", Int)]);

pub(in crate::coreml) static CROP_LAYER_PARAMS: Message =
    message("CropLayerParams", &[one(1, "cropAmounts", Of(&BORDER_AMOUNTS)), many(5, "offset", Int)]);

pub(in crate::coreml) static AVERAGE_LAYER_PARAMS: Message = message("AverageLayerParams", &[]);

pub(in crate::coreml) static MAX_LAYER_PARAMS: Message = message("MaxLayerParams", &[]);

pub(in crate::coreml) static MIN_LAYER_PARAMS: Message = message("MinLayerParams", &[]);

pub(in crate::coreml) static DOT_PRODUCT_LAYER_PARAMS: Message =
    message("DotProductLayerParams", &[one(1, "cosineSimilarity", Int)]);

pub(in crate::coreml) static MEAN_VARIANCE_NORMALIZE_LAYER_PARAMS: Message = message(
    "MeanVarianceNormalizeLayerParams",
    &[one(1, "acrossChannels", Int), one(2, "normalizeVariance", Int), one(3, "epsilon", Fixed32)],
);

pub(in crate::coreml) static SEQUENCE_REPEAT_LAYER_PARAMS: Message =
    message("SequenceRepeatLayerParams", &[one(1, "nRepetitions", Int)]);

pub(in crate::coreml) static SIMPLE_RECURRENT_LAYER_PARAMS: Message = message(
    "SimpleRecurrentLayerParams",
    &[
        one(1, "inputVectorSize", Int),
        one(2, "outputVectorSize", Int),
        one(10, "activation", Of(&ACTIVATION_PARAMS)),
        one(15, "sequenceOutput", Int),
        one(20, "hasBiasVector", Int),
        one(30, "weightMatrix", Of(&WEIGHT_PARAMS)),
        one(31, "recursionMatrix", Of(&WEIGHT_PARAMS)),
        one(32, "biasVector", Of(&WEIGHT_PARAMS)),
        one(100, "reverseInput", Int),
    ],
);

pub(in crate::coreml) static GRULAYER_PARAMS: Message = message(
    "GRULayerParams",
    &[
        one(1, "inputVectorSize", Int),
        one(2, "outputVectorSize", Int),
        many(10, "activations", Of(&ACTIVATION_PARAMS)),
        one(15, "sequenceOutput", Int),
        one(20, "hasBiasVectors", Int),
        one(30, "updateGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(31, "resetGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(32, "outputGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(50, "updateGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(51, "resetGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(52, "outputGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(70, "updateGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(71, "resetGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(72, "outputGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(100, "reverseInput", Int),
    ],
);

pub(in crate::coreml) static LSTMPARAMS: Message = message(
    "LSTMParams",
    &[
        one(10, "sequenceOutput", Int),
        one(20, "hasBiasVectors", Int),
        one(30, "forgetBias", Int),
        one(40, "hasPeepholeVectors", Int),
        one(50, "coupledInputAndForgetGate", Int),
        one(60, "cellClipThreshold", Fixed32),
    ],
);

pub(in crate::coreml) static LSTMWEIGHT_PARAMS: Message = message(
    "LSTMWeightParams",
    &[
        one(1, "inputGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(2, "forgetGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(3, "blockInputWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(4, "outputGateWeightMatrix", Of(&WEIGHT_PARAMS)),
        one(20, "inputGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(21, "forgetGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(22, "blockInputRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(23, "outputGateRecursionMatrix", Of(&WEIGHT_PARAMS)),
        one(40, "inputGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(41, "forgetGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(42, "blockInputBiasVector", Of(&WEIGHT_PARAMS)),
        one(43, "outputGateBiasVector", Of(&WEIGHT_PARAMS)),
        one(60, "inputGatePeepholeVector", Of(&WEIGHT_PARAMS)),
        one(61, "forgetGatePeepholeVector", Of(&WEIGHT_PARAMS)),
        one(62, "outputGatePeepholeVector", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static UNI_DIRECTIONAL_LSTMLAYER_PARAMS: Message = message(
    "UniDirectionalLSTMLayerParams",
    &[
        one(1, "inputVectorSize", Int),
        one(2, "outputVectorSize", Int),
        many(10, "activations", Of(&ACTIVATION_PARAMS)),
        one(15, "params", Of(&LSTMPARAMS)),
        one(20, "weightParams", Of(&LSTMWEIGHT_PARAMS)),
        one(100, "reverseInput", Int),
    ],
);

pub(in crate::coreml) static BI_DIRECTIONAL_LSTMLAYER_PARAMS: Message = message(
    "BiDirectionalLSTMLayerParams",
    &[
        one(1, "inputVectorSize", Int),
        one(2, "outputVectorSize", Int),
        many(10, "activationsForwardLSTM", Of(&ACTIVATION_PARAMS)),
        many(11, "activationsBackwardLSTM", Of(&ACTIVATION_PARAMS)),
        one(15, "params", Of(&LSTMPARAMS)),
        many(20, "weightParams", Of(&LSTMWEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static CUSTOM_LAYER_PARAMS: Message = message(
    "CustomLayerParams",
    &[
        one(10, "className", Text),
        many(20, "weights", Of(&WEIGHT_PARAMS)),
        many(30, "parameters", Of(&CUSTOM_LAYER_PARAMS_PARAMETERS_ENTRY)),
        one(40, "description", Text),
    ],
);

pub(in crate::coreml) static CUSTOM_LAYER_PARAMS_CUSTOM_LAYER_PARAM_VALUE: Message = message(
    "CustomLayerParams.CustomLayerParamValue",
    &[
        choice(10, "doubleValue", Fixed64),
        choice(20, "stringValue", Text),
        choice(30, "intValue", Int),
        choice(40, "longValue", Int),
        choice(50, "boolValue", Int),
    ],
);

pub(in crate::coreml) static CUSTOM_LAYER_PARAMS_PARAMETERS_ENTRY: Message = message(
    "CustomLayerParams.ParametersEntry",
    &[one(1, "key", Text), one(2, "value", Of(&CUSTOM_LAYER_PARAMS_CUSTOM_LAYER_PARAM_VALUE))],
);

pub(in crate::coreml) static TRANSPOSE_LAYER_PARAMS: Message =
    message("TransposeLayerParams", &[many(1, "axes", Int)]);

pub(in crate::coreml) static BATCHED_MAT_MUL_LAYER_PARAMS: Message = message(
    "BatchedMatMulLayerParams",
    &[
        one(1, "transposeA", Int),
        one(2, "transposeB", Int),
        one(5, "weightMatrixFirstDimension", Int),
        one(6, "weightMatrixSecondDimension", Int),
        one(7, "hasBias", Int),
        one(8, "weights", Of(&WEIGHT_PARAMS)),
        one(9, "bias", Of(&WEIGHT_PARAMS)),
        one(10, "int8DynamicQuantize", Int),
    ],
);

pub(in crate::coreml) static CONCAT_NDLAYER_PARAMS: Message =
    message("ConcatNDLayerParams", &[one(1, "axis", Int), one(2, "interleave", Int)]);

pub(in crate::coreml) static SOFTMAX_NDLAYER_PARAMS: Message =
    message("SoftmaxNDLayerParams", &[one(1, "axis", Int)]);

pub(in crate::coreml) static REVERSE_LAYER_PARAMS: Message =
    message("ReverseLayerParams", &[many(1, "reverseDim", Int)]);

pub(in crate::coreml) static REVERSE_SEQ_LAYER_PARAMS: Message =
    message("ReverseSeqLayerParams", &[one(1, "batchAxis", Int), one(2, "sequenceAxis", Int)]);

pub(in crate::coreml) static LOAD_CONSTANT_NDLAYER_PARAMS: Message =
    message("LoadConstantNDLayerParams", &[many(1, "shape", Int), one(2, "data", Of(&WEIGHT_PARAMS))]);

pub(in crate::coreml) static FILL_LIKE_LAYER_PARAMS: Message =
    message("FillLikeLayerParams", &[one(1, "value", Fixed32)]);

pub(in crate::coreml) static FILL_STATIC_LAYER_PARAMS: Message =
    message("FillStaticLayerParams", &[one(1, "value", Fixed32), many(2, "targetShape", Int)]);

pub(in crate::coreml) static FILL_DYNAMIC_LAYER_PARAMS: Message =
    message("FillDynamicLayerParams", &[one(1, "value", Fixed32)]);

pub(in crate::coreml) static WHERE_BROADCASTABLE_LAYER_PARAMS: Message =
    message("WhereBroadcastableLayerParams", &[]);

pub(in crate::coreml) static SIN_LAYER_PARAMS: Message = message("SinLayerParams", &[]);

pub(in crate::coreml) static COS_LAYER_PARAMS: Message = message("CosLayerParams", &[]);

pub(in crate::coreml) static TAN_LAYER_PARAMS: Message = message("TanLayerParams", &[]);

pub(in crate::coreml) static ASIN_LAYER_PARAMS: Message = message("AsinLayerParams", &[]);

pub(in crate::coreml) static ACOS_LAYER_PARAMS: Message = message("AcosLayerParams", &[]);

pub(in crate::coreml) static ATAN_LAYER_PARAMS: Message = message("AtanLayerParams", &[]);

pub(in crate::coreml) static SINH_LAYER_PARAMS: Message = message("SinhLayerParams", &[]);

pub(in crate::coreml) static COSH_LAYER_PARAMS: Message = message("CoshLayerParams", &[]);

pub(in crate::coreml) static TANH_LAYER_PARAMS: Message = message("TanhLayerParams", &[]);
