//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    ACOS_LAYER_PARAMS, ACOSH_LAYER_PARAMS, ADD_BROADCASTABLE_LAYER_PARAMS, ADD_LAYER_PARAMS,
    ARG_MAX_LAYER_PARAMS, ARG_MIN_LAYER_PARAMS, ARG_SORT_LAYER_PARAMS, ASIN_LAYER_PARAMS, ASINH_LAYER_PARAMS,
    ATAN_LAYER_PARAMS, ATANH_LAYER_PARAMS, AVERAGE_LAYER_PARAMS, BATCHED_MAT_MUL_LAYER_PARAMS,
    BATCHNORM_LAYER_PARAMS, BI_DIRECTIONAL_LSTMLAYER_PARAMS, BIAS_LAYER_PARAMS,
    BROADCAST_TO_DYNAMIC_LAYER_PARAMS, BROADCAST_TO_LIKE_LAYER_PARAMS, BROADCAST_TO_STATIC_LAYER_PARAMS,
    CATEGORICAL_DISTRIBUTION_LAYER_PARAMS, CEIL_LAYER_PARAMS, CLAMPED_RE_LULAYER_PARAMS, CLIP_LAYER_PARAMS,
    CONCAT_LAYER_PARAMS, CONCAT_NDLAYER_PARAMS, CONSTANT_PADDING_LAYER_PARAMS, CONVOLUTION_LAYER_PARAMS,
    CONVOLUTION3_DLAYER_PARAMS, COS_LAYER_PARAMS, COSH_LAYER_PARAMS, CROP_LAYER_PARAMS,
    CROP_RESIZE_LAYER_PARAMS, CUM_SUM_LAYER_PARAMS, CUSTOM_LAYER_PARAMS, DIVIDE_BROADCASTABLE_LAYER_PARAMS,
    DOT_PRODUCT_LAYER_PARAMS, EMBEDDING_LAYER_PARAMS, EMBEDDING_NDLAYER_PARAMS, ERF_LAYER_PARAMS,
    EXP2_LAYER_PARAMS, EXPAND_DIMS_LAYER_PARAMS, FILL_DYNAMIC_LAYER_PARAMS, FILL_LIKE_LAYER_PARAMS,
    FILL_STATIC_LAYER_PARAMS, FLATTEN_LAYER_PARAMS, FLATTEN_TO2_DLAYER_PARAMS,
    FLOOR_DIV_BROADCASTABLE_LAYER_PARAMS, FLOOR_LAYER_PARAMS, GATHER_ALONG_AXIS_LAYER_PARAMS,
    GATHER_LAYER_PARAMS, GATHER_NDLAYER_PARAMS, GELU_LAYER_PARAMS, GET_SHAPE_LAYER_PARAMS,
    GLOBAL_POOLING3_DLAYER_PARAMS, GRULAYER_PARAMS, INNER_PRODUCT_LAYER_PARAMS, L2_NORMALIZE_LAYER_PARAMS,
    LAYER_NORMALIZATION_LAYER_PARAMS, LOAD_CONSTANT_LAYER_PARAMS, LOAD_CONSTANT_NDLAYER_PARAMS,
    LOWER_TRIANGULAR_LAYER_PARAMS, LRNLAYER_PARAMS, MATRIX_BAND_PART_LAYER_PARAMS,
    MAX_BROADCASTABLE_LAYER_PARAMS, MAX_LAYER_PARAMS, MEAN_VARIANCE_NORMALIZE_LAYER_PARAMS,
    MIN_BROADCASTABLE_LAYER_PARAMS, MIN_LAYER_PARAMS, MOD_BROADCASTABLE_LAYER_PARAMS,
    MULTIPLY_BROADCASTABLE_LAYER_PARAMS, MULTIPLY_LAYER_PARAMS, NETWORK_UPDATE_PARAMETERS,
    NON_MAXIMUM_SUPPRESSION_LAYER_PARAMS, ONE_HOT_LAYER_PARAMS, PADDING_LAYER_PARAMS, PERMUTE_LAYER_PARAMS,
    POOLING_LAYER_PARAMS, POOLING3_DLAYER_PARAMS, POW_BROADCASTABLE_LAYER_PARAMS,
    RANDOM_BERNOULLI_DYNAMIC_LAYER_PARAMS, RANDOM_BERNOULLI_LIKE_LAYER_PARAMS,
    RANDOM_BERNOULLI_STATIC_LAYER_PARAMS, RANDOM_NORMAL_DYNAMIC_LAYER_PARAMS,
    RANDOM_NORMAL_LIKE_LAYER_PARAMS, RANDOM_NORMAL_STATIC_LAYER_PARAMS, RANDOM_UNIFORM_DYNAMIC_LAYER_PARAMS,
    RANDOM_UNIFORM_LIKE_LAYER_PARAMS, RANDOM_UNIFORM_STATIC_LAYER_PARAMS, RANGE_DYNAMIC_LAYER_PARAMS,
    RANGE_STATIC_LAYER_PARAMS, RANK_PRESERVING_RESHAPE_LAYER_PARAMS, REDUCE_L1_LAYER_PARAMS,
    REDUCE_L2_LAYER_PARAMS, REDUCE_LAYER_PARAMS, REDUCE_LOG_SUM_EXP_LAYER_PARAMS,
    REDUCE_LOG_SUM_LAYER_PARAMS, REDUCE_MAX_LAYER_PARAMS, REDUCE_MEAN_LAYER_PARAMS, REDUCE_MIN_LAYER_PARAMS,
    REDUCE_PROD_LAYER_PARAMS, REDUCE_SUM_LAYER_PARAMS, REDUCE_SUM_SQUARE_LAYER_PARAMS,
    REORGANIZE_DATA_LAYER_PARAMS, RESHAPE_DYNAMIC_LAYER_PARAMS, RESHAPE_LAYER_PARAMS,
    RESHAPE_LIKE_LAYER_PARAMS, RESHAPE_STATIC_LAYER_PARAMS, RESIZE_BILINEAR_LAYER_PARAMS,
    REVERSE_LAYER_PARAMS, REVERSE_SEQ_LAYER_PARAMS, ROUND_LAYER_PARAMS, SCALE_LAYER_PARAMS,
    SCATTER_ALONG_AXIS_LAYER_PARAMS, SCATTER_LAYER_PARAMS, SCATTER_NDLAYER_PARAMS,
    SEQUENCE_REPEAT_LAYER_PARAMS, SIGN_LAYER_PARAMS, SIMPLE_RECURRENT_LAYER_PARAMS, SIN_LAYER_PARAMS,
    SINH_LAYER_PARAMS, SLICE_BY_SIZE_LAYER_PARAMS, SLICE_DYNAMIC_LAYER_PARAMS, SLICE_LAYER_PARAMS,
    SLICE_STATIC_LAYER_PARAMS, SLIDING_WINDOWS_LAYER_PARAMS, SOFTMAX_LAYER_PARAMS, SOFTMAX_NDLAYER_PARAMS,
    SPLIT_LAYER_PARAMS, SPLIT_NDLAYER_PARAMS, SQUEEZE_LAYER_PARAMS, STACK_LAYER_PARAMS,
    SUBTRACT_BROADCASTABLE_LAYER_PARAMS, TAN_LAYER_PARAMS, TANH_LAYER_PARAMS, TILE_LAYER_PARAMS,
    TOP_KLAYER_PARAMS, TRANSPOSE_LAYER_PARAMS, UNARY_FUNCTION_LAYER_PARAMS, UNI_DIRECTIONAL_LSTMLAYER_PARAMS,
    UPPER_TRIANGULAR_LAYER_PARAMS, UPSAMPLE_LAYER_PARAMS, WEIGHT_PARAMS, WHERE_BROADCASTABLE_LAYER_PARAMS,
    WHERE_NON_ZERO_LAYER_PARAMS,
};
use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(in crate::coreml) static NAMED_VALUE_TYPE: Message =
    message("NamedValueType", &[one(1, "name", Text), one(2, "type", Of(&VALUE_TYPE))]);

pub(in crate::coreml) static VALUE_TYPE: Message = message(
    "ValueType",
    &[
        choice(1, "tensorType", Of(&TENSOR_TYPE)),
        choice(2, "listType", Of(&LIST_TYPE)),
        choice(3, "tupleType", Of(&TUPLE_TYPE)),
        choice(4, "dictionaryType", Of(&DICTIONARY_TYPE)),
        choice(5, "stateType", Of(&STATE_TYPE)),
    ],
);

pub(in crate::coreml) static TENSOR_TYPE: Message = message(
    "TensorType",
    &[
        one(1, "dataType", Int),
        one(2, "rank", Int),
        many(3, "dimensions", Of(&DIMENSION)),
        many(4, "attributes", Of(&TENSOR_TYPE_ATTRIBUTES_ENTRY)),
    ],
);

pub(in crate::coreml) static TENSOR_TYPE_ATTRIBUTES_ENTRY: Message =
    message("TensorType.AttributesEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static TUPLE_TYPE: Message = message("TupleType", &[many(1, "types", Of(&VALUE_TYPE))]);

pub(in crate::coreml) static LIST_TYPE: Message =
    message("ListType", &[one(1, "type", Of(&VALUE_TYPE)), one(2, "length", Of(&DIMENSION))]);

pub(in crate::coreml) static DICTIONARY_TYPE: Message =
    message("DictionaryType", &[one(1, "keyType", Of(&VALUE_TYPE)), one(2, "valueType", Of(&VALUE_TYPE))]);

pub(in crate::coreml) static STATE_TYPE: Message =
    message("StateType", &[one(1, "wrappedType", Of(&VALUE_TYPE))]);

pub(in crate::coreml) static DIMENSION: Message = message(
    "Dimension",
    &[
        choice(1, "constant", Of(&DIMENSION_CONSTANT_DIMENSION)),
        choice(2, "unknown", Of(&DIMENSION_UNKNOWN_DIMENSION)),
    ],
);

pub(in crate::coreml) static DIMENSION_CONSTANT_DIMENSION: Message =
    message("Dimension.ConstantDimension", &[one(1, "size", Int)]);

pub(in crate::coreml) static DIMENSION_UNKNOWN_DIMENSION: Message =
    message("Dimension.UnknownDimension", &[one(1, "variadic", Int)]);

pub(in crate::coreml) static VALUE: Message = message(
    "Value",
    &[
        one(1, "docString", Text),
        one(2, "type", Of(&VALUE_TYPE)),
        choice(3, "immediateValue", Of(&VALUE_IMMEDIATE_VALUE)),
        choice(5, "blobFileValue", Of(&VALUE_BLOB_FILE_VALUE)),
    ],
);

pub(in crate::coreml) static VALUE_IMMEDIATE_VALUE: Message = message(
    "Value.ImmediateValue",
    &[
        choice(1, "tensor", Of(&TENSOR_VALUE)),
        choice(2, "tuple", Of(&TUPLE_VALUE)),
        choice(3, "list", Of(&LIST_VALUE)),
        choice(4, "dictionary", Of(&DICTIONARY_VALUE)),
    ],
);

pub(in crate::coreml) static VALUE_BLOB_FILE_VALUE: Message =
    message("Value.BlobFileValue", &[one(1, "fileName", Text), one(2, "offset", Int)]);

pub(in crate::coreml) static TENSOR_VALUE: Message = message(
    "TensorValue",
    &[
        choice(1, "floats", Of(&TENSOR_VALUE_REPEATED_FLOATS)),
        choice(2, "ints", Of(&TENSOR_VALUE_REPEATED_INTS)),
        choice(3, "bools", Of(&TENSOR_VALUE_REPEATED_BOOLS)),
        choice(4, "strings", Of(&TENSOR_VALUE_REPEATED_STRINGS)),
        choice(5, "longInts", Of(&TENSOR_VALUE_REPEATED_LONG_INTS)),
        choice(6, "doubles", Of(&TENSOR_VALUE_REPEATED_DOUBLES)),
        choice(7, "bytes", Of(&TENSOR_VALUE_REPEATED_BYTES)),
    ],
);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_FLOATS: Message =
    message("TensorValue.RepeatedFloats", &[many(1, "values", Fixed32)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_DOUBLES: Message =
    message("TensorValue.RepeatedDoubles", &[many(1, "values", Fixed64)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_INTS: Message =
    message("TensorValue.RepeatedInts", &[many(1, "values", Int)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_LONG_INTS: Message =
    message("TensorValue.RepeatedLongInts", &[many(1, "values", Int)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_BOOLS: Message =
    message("TensorValue.RepeatedBools", &[many(1, "values", Int)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_STRINGS: Message =
    message("TensorValue.RepeatedStrings", &[many(1, "values", Text)]);

pub(in crate::coreml) static TENSOR_VALUE_REPEATED_BYTES: Message =
    message("TensorValue.RepeatedBytes", &[one(1, "values", Bytes)]);

pub(in crate::coreml) static TUPLE_VALUE: Message = message("TupleValue", &[many(1, "values", Of(&VALUE))]);

pub(in crate::coreml) static LIST_VALUE: Message = message("ListValue", &[many(1, "values", Of(&VALUE))]);

pub(in crate::coreml) static DICTIONARY_VALUE: Message =
    message("DictionaryValue", &[many(1, "values", Of(&DICTIONARY_VALUE_KEY_VALUE_PAIR))]);

pub(in crate::coreml) static DICTIONARY_VALUE_KEY_VALUE_PAIR: Message =
    message("DictionaryValue.KeyValuePair", &[one(1, "key", Of(&VALUE)), one(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static NEURAL_NETWORK: Message = message(
    "NeuralNetwork",
    &[
        many(1, "layers", Of(&NEURAL_NETWORK_LAYER)),
        many(2, "preprocessing", Of(&NEURAL_NETWORK_PREPROCESSING)),
        one(5, "arrayInputShapeMapping", Int),
        one(6, "imageInputShapeMapping", Int),
        one(10, "updateParams", Of(&NETWORK_UPDATE_PARAMETERS)),
    ],
);

pub(in crate::coreml) static NEURAL_NETWORK_IMAGE_SCALER: Message = message(
    "NeuralNetworkImageScaler",
    &[
        one(10, "channelScale", Fixed32),
        one(20, "blueBias", Fixed32),
        one(21, "greenBias", Fixed32),
        one(22, "redBias", Fixed32),
        one(30, "grayBias", Fixed32),
    ],
);

pub(in crate::coreml) static NEURAL_NETWORK_MEAN_IMAGE: Message =
    message("NeuralNetworkMeanImage", &[many(1, "meanImage", Fixed32)]);

pub(in crate::coreml) static NEURAL_NETWORK_PREPROCESSING: Message = message(
    "NeuralNetworkPreprocessing",
    &[
        one(1, "featureName", Text),
        choice(10, "scaler", Of(&NEURAL_NETWORK_IMAGE_SCALER)),
        choice(11, "meanImage", Of(&NEURAL_NETWORK_MEAN_IMAGE)),
    ],
);

pub(in crate::coreml) static ACTIVATION_RE_LU: Message = message("ActivationReLU", &[]);

pub(in crate::coreml) static ACTIVATION_LEAKY_RE_LU: Message =
    message("ActivationLeakyReLU", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_TANH: Message = message("ActivationTanh", &[]);

pub(in crate::coreml) static ACTIVATION_SCALED_TANH: Message =
    message("ActivationScaledTanh", &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_SIGMOID: Message = message("ActivationSigmoid", &[]);

pub(in crate::coreml) static ACTIVATION_LINEAR: Message =
    message("ActivationLinear", &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_SIGMOID_HARD: Message =
    message("ActivationSigmoidHard", &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_PRE_LU: Message =
    message("ActivationPReLU", &[one(1, "alpha", Of(&WEIGHT_PARAMS))]);

pub(in crate::coreml) static ACTIVATION_ELU: Message = message("ActivationELU", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_THRESHOLDED_RE_LU: Message =
    message("ActivationThresholdedReLU", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static ACTIVATION_SOFTSIGN: Message = message("ActivationSoftsign", &[]);

pub(in crate::coreml) static ACTIVATION_SOFTPLUS: Message = message("ActivationSoftplus", &[]);

pub(in crate::coreml) static ACTIVATION_PARAMETRIC_SOFTPLUS: Message = message(
    "ActivationParametricSoftplus",
    &[one(1, "alpha", Of(&WEIGHT_PARAMS)), one(2, "beta", Of(&WEIGHT_PARAMS))],
);

pub(in crate::coreml) static ACTIVATION_PARAMS: Message = message(
    "ActivationParams",
    &[
        choice(5, "linear", Of(&ACTIVATION_LINEAR)),
        choice(10, "ReLU", Of(&ACTIVATION_RE_LU)),
        choice(15, "leakyReLU", Of(&ACTIVATION_LEAKY_RE_LU)),
        choice(20, "thresholdedReLU", Of(&ACTIVATION_THRESHOLDED_RE_LU)),
        choice(25, "PReLU", Of(&ACTIVATION_PRE_LU)),
        choice(30, "tanh", Of(&ACTIVATION_TANH)),
        choice(31, "scaledTanh", Of(&ACTIVATION_SCALED_TANH)),
        choice(40, "sigmoid", Of(&ACTIVATION_SIGMOID)),
        choice(41, "sigmoidHard", Of(&ACTIVATION_SIGMOID_HARD)),
        choice(50, "ELU", Of(&ACTIVATION_ELU)),
        choice(60, "softsign", Of(&ACTIVATION_SOFTSIGN)),
        choice(70, "softplus", Of(&ACTIVATION_SOFTPLUS)),
        choice(71, "parametricSoftplus", Of(&ACTIVATION_PARAMETRIC_SOFTPLUS)),
    ],
);

pub(in crate::coreml) static TENSOR: Message =
    message("Tensor", &[one(1, "rank", Int), many(2, "dimValue", Int)]);

pub(in crate::coreml) static NEURAL_NETWORK_LAYER: Message = message(
    "NeuralNetworkLayer",
    &[
        one(1, "name", Text),
        many(2, "input", Text),
        many(3, "output", Text),
        many(4, "inputTensor", Of(&TENSOR)),
        many(5, "outputTensor", Of(&TENSOR)),
        one(10, "isUpdatable", Int),
        choice(100, "convolution", Of(&CONVOLUTION_LAYER_PARAMS)),
        choice(120, "pooling", Of(&POOLING_LAYER_PARAMS)),
        choice(130, "activation", Of(&ACTIVATION_PARAMS)),
        choice(140, "innerProduct", Of(&INNER_PRODUCT_LAYER_PARAMS)),
        choice(150, "embedding", Of(&EMBEDDING_LAYER_PARAMS)),
        choice(160, "batchnorm", Of(&BATCHNORM_LAYER_PARAMS)),
        choice(165, "mvn", Of(&MEAN_VARIANCE_NORMALIZE_LAYER_PARAMS)),
        choice(170, "l2normalize", Of(&L2_NORMALIZE_LAYER_PARAMS)),
        choice(175, "softmax", Of(&SOFTMAX_LAYER_PARAMS)),
        choice(180, "lrn", Of(&LRNLAYER_PARAMS)),
        choice(190, "crop", Of(&CROP_LAYER_PARAMS)),
        choice(200, "padding", Of(&PADDING_LAYER_PARAMS)),
        choice(210, "upsample", Of(&UPSAMPLE_LAYER_PARAMS)),
        choice(211, "resizeBilinear", Of(&RESIZE_BILINEAR_LAYER_PARAMS)),
        choice(212, "cropResize", Of(&CROP_RESIZE_LAYER_PARAMS)),
        choice(220, "unary", Of(&UNARY_FUNCTION_LAYER_PARAMS)),
        choice(230, "add", Of(&ADD_LAYER_PARAMS)),
        choice(231, "multiply", Of(&MULTIPLY_LAYER_PARAMS)),
        choice(240, "average", Of(&AVERAGE_LAYER_PARAMS)),
        choice(245, "scale", Of(&SCALE_LAYER_PARAMS)),
        choice(250, "bias", Of(&BIAS_LAYER_PARAMS)),
        choice(260, "max", Of(&MAX_LAYER_PARAMS)),
        choice(261, "min", Of(&MIN_LAYER_PARAMS)),
        choice(270, "dot", Of(&DOT_PRODUCT_LAYER_PARAMS)),
        choice(280, "reduce", Of(&REDUCE_LAYER_PARAMS)),
        choice(290, "loadConstant", Of(&LOAD_CONSTANT_LAYER_PARAMS)),
        choice(300, "reshape", Of(&RESHAPE_LAYER_PARAMS)),
        choice(301, "flatten", Of(&FLATTEN_LAYER_PARAMS)),
        choice(310, "permute", Of(&PERMUTE_LAYER_PARAMS)),
        choice(320, "concat", Of(&CONCAT_LAYER_PARAMS)),
        choice(330, "split", Of(&SPLIT_LAYER_PARAMS)),
        choice(340, "sequenceRepeat", Of(&SEQUENCE_REPEAT_LAYER_PARAMS)),
        choice(345, "reorganizeData", Of(&REORGANIZE_DATA_LAYER_PARAMS)),
        choice(350, "slice", Of(&SLICE_LAYER_PARAMS)),
        choice(400, "simpleRecurrent", Of(&SIMPLE_RECURRENT_LAYER_PARAMS)),
        choice(410, "gru", Of(&GRULAYER_PARAMS)),
        choice(420, "uniDirectionalLSTM", Of(&UNI_DIRECTIONAL_LSTMLAYER_PARAMS)),
        choice(430, "biDirectionalLSTM", Of(&BI_DIRECTIONAL_LSTMLAYER_PARAMS)),
        choice(500, "custom", Of(&CUSTOM_LAYER_PARAMS)),
        choice(600, "copy", Of(&COPY_LAYER_PARAMS)),
        choice(605, "branch", Of(&BRANCH_LAYER_PARAMS)),
        choice(615, "loop", Of(&LOOP_LAYER_PARAMS)),
        choice(620, "loopBreak", Of(&LOOP_BREAK_LAYER_PARAMS)),
        choice(625, "loopContinue", Of(&LOOP_CONTINUE_LAYER_PARAMS)),
        choice(635, "rangeStatic", Of(&RANGE_STATIC_LAYER_PARAMS)),
        choice(640, "rangeDynamic", Of(&RANGE_DYNAMIC_LAYER_PARAMS)),
        choice(660, "clip", Of(&CLIP_LAYER_PARAMS)),
        choice(665, "ceil", Of(&CEIL_LAYER_PARAMS)),
        choice(670, "floor", Of(&FLOOR_LAYER_PARAMS)),
        choice(680, "sign", Of(&SIGN_LAYER_PARAMS)),
        choice(685, "round", Of(&ROUND_LAYER_PARAMS)),
        choice(700, "exp2", Of(&EXP2_LAYER_PARAMS)),
        choice(710, "sin", Of(&SIN_LAYER_PARAMS)),
        choice(715, "cos", Of(&COS_LAYER_PARAMS)),
        choice(720, "tan", Of(&TAN_LAYER_PARAMS)),
        choice(730, "asin", Of(&ASIN_LAYER_PARAMS)),
        choice(735, "acos", Of(&ACOS_LAYER_PARAMS)),
        choice(740, "atan", Of(&ATAN_LAYER_PARAMS)),
        choice(750, "sinh", Of(&SINH_LAYER_PARAMS)),
        choice(755, "cosh", Of(&COSH_LAYER_PARAMS)),
        choice(760, "tanh", Of(&TANH_LAYER_PARAMS)),
        choice(770, "asinh", Of(&ASINH_LAYER_PARAMS)),
        choice(775, "acosh", Of(&ACOSH_LAYER_PARAMS)),
        choice(780, "atanh", Of(&ATANH_LAYER_PARAMS)),
        choice(790, "erf", Of(&ERF_LAYER_PARAMS)),
        choice(795, "gelu", Of(&GELU_LAYER_PARAMS)),
        choice(815, "equal", Of(&EQUAL_LAYER_PARAMS)),
        choice(820, "notEqual", Of(&NOT_EQUAL_LAYER_PARAMS)),
        choice(825, "lessThan", Of(&LESS_THAN_LAYER_PARAMS)),
        choice(827, "lessEqual", Of(&LESS_EQUAL_LAYER_PARAMS)),
        choice(830, "greaterThan", Of(&GREATER_THAN_LAYER_PARAMS)),
        choice(832, "greaterEqual", Of(&GREATER_EQUAL_LAYER_PARAMS)),
        choice(840, "logicalOr", Of(&LOGICAL_OR_LAYER_PARAMS)),
        choice(845, "logicalXor", Of(&LOGICAL_XOR_LAYER_PARAMS)),
        choice(850, "logicalNot", Of(&LOGICAL_NOT_LAYER_PARAMS)),
        choice(855, "logicalAnd", Of(&LOGICAL_AND_LAYER_PARAMS)),
        choice(865, "modBroadcastable", Of(&MOD_BROADCASTABLE_LAYER_PARAMS)),
        choice(870, "minBroadcastable", Of(&MIN_BROADCASTABLE_LAYER_PARAMS)),
        choice(875, "maxBroadcastable", Of(&MAX_BROADCASTABLE_LAYER_PARAMS)),
        choice(880, "addBroadcastable", Of(&ADD_BROADCASTABLE_LAYER_PARAMS)),
        choice(885, "powBroadcastable", Of(&POW_BROADCASTABLE_LAYER_PARAMS)),
        choice(890, "divideBroadcastable", Of(&DIVIDE_BROADCASTABLE_LAYER_PARAMS)),
        choice(895, "floorDivBroadcastable", Of(&FLOOR_DIV_BROADCASTABLE_LAYER_PARAMS)),
        choice(900, "multiplyBroadcastable", Of(&MULTIPLY_BROADCASTABLE_LAYER_PARAMS)),
        choice(905, "subtractBroadcastable", Of(&SUBTRACT_BROADCASTABLE_LAYER_PARAMS)),
        choice(920, "tile", Of(&TILE_LAYER_PARAMS)),
        choice(925, "stack", Of(&STACK_LAYER_PARAMS)),
        choice(930, "gather", Of(&GATHER_LAYER_PARAMS)),
        choice(935, "scatter", Of(&SCATTER_LAYER_PARAMS)),
        choice(940, "gatherND", Of(&GATHER_NDLAYER_PARAMS)),
        choice(945, "scatterND", Of(&SCATTER_NDLAYER_PARAMS)),
        choice(950, "softmaxND", Of(&SOFTMAX_NDLAYER_PARAMS)),
        choice(952, "gatherAlongAxis", Of(&GATHER_ALONG_AXIS_LAYER_PARAMS)),
        choice(954, "scatterAlongAxis", Of(&SCATTER_ALONG_AXIS_LAYER_PARAMS)),
        choice(960, "reverse", Of(&REVERSE_LAYER_PARAMS)),
        choice(965, "reverseSeq", Of(&REVERSE_SEQ_LAYER_PARAMS)),
        choice(975, "splitND", Of(&SPLIT_NDLAYER_PARAMS)),
        choice(980, "concatND", Of(&CONCAT_NDLAYER_PARAMS)),
        choice(985, "transpose", Of(&TRANSPOSE_LAYER_PARAMS)),
        choice(995, "sliceStatic", Of(&SLICE_STATIC_LAYER_PARAMS)),
        choice(1000, "sliceDynamic", Of(&SLICE_DYNAMIC_LAYER_PARAMS)),
        choice(1005, "slidingWindows", Of(&SLIDING_WINDOWS_LAYER_PARAMS)),
        choice(1015, "topK", Of(&TOP_KLAYER_PARAMS)),
        choice(1020, "argMin", Of(&ARG_MIN_LAYER_PARAMS)),
        choice(1025, "argMax", Of(&ARG_MAX_LAYER_PARAMS)),
        choice(1040, "embeddingND", Of(&EMBEDDING_NDLAYER_PARAMS)),
        choice(1045, "batchedMatmul", Of(&BATCHED_MAT_MUL_LAYER_PARAMS)),
        choice(1065, "getShape", Of(&GET_SHAPE_LAYER_PARAMS)),
        choice(1070, "loadConstantND", Of(&LOAD_CONSTANT_NDLAYER_PARAMS)),
        choice(1080, "fillLike", Of(&FILL_LIKE_LAYER_PARAMS)),
        choice(1085, "fillStatic", Of(&FILL_STATIC_LAYER_PARAMS)),
        choice(1090, "fillDynamic", Of(&FILL_DYNAMIC_LAYER_PARAMS)),
        choice(1100, "broadcastToLike", Of(&BROADCAST_TO_LIKE_LAYER_PARAMS)),
        choice(1105, "broadcastToStatic", Of(&BROADCAST_TO_STATIC_LAYER_PARAMS)),
        choice(1110, "broadcastToDynamic", Of(&BROADCAST_TO_DYNAMIC_LAYER_PARAMS)),
        choice(1120, "squeeze", Of(&SQUEEZE_LAYER_PARAMS)),
        choice(1125, "expandDims", Of(&EXPAND_DIMS_LAYER_PARAMS)),
        choice(1130, "flattenTo2D", Of(&FLATTEN_TO2_DLAYER_PARAMS)),
        choice(1135, "reshapeLike", Of(&RESHAPE_LIKE_LAYER_PARAMS)),
        choice(1140, "reshapeStatic", Of(&RESHAPE_STATIC_LAYER_PARAMS)),
        choice(1145, "reshapeDynamic", Of(&RESHAPE_DYNAMIC_LAYER_PARAMS)),
        choice(1150, "rankPreservingReshape", Of(&RANK_PRESERVING_RESHAPE_LAYER_PARAMS)),
        choice(1155, "constantPad", Of(&CONSTANT_PADDING_LAYER_PARAMS)),
        choice(1170, "randomNormalLike", Of(&RANDOM_NORMAL_LIKE_LAYER_PARAMS)),
        choice(1175, "randomNormalStatic", Of(&RANDOM_NORMAL_STATIC_LAYER_PARAMS)),
        choice(1180, "randomNormalDynamic", Of(&RANDOM_NORMAL_DYNAMIC_LAYER_PARAMS)),
        choice(1190, "randomUniformLike", Of(&RANDOM_UNIFORM_LIKE_LAYER_PARAMS)),
        choice(1195, "randomUniformStatic", Of(&RANDOM_UNIFORM_STATIC_LAYER_PARAMS)),
        choice(1200, "randomUniformDynamic", Of(&RANDOM_UNIFORM_DYNAMIC_LAYER_PARAMS)),
        choice(1210, "randomBernoulliLike", Of(&RANDOM_BERNOULLI_LIKE_LAYER_PARAMS)),
        choice(1215, "randomBernoulliStatic", Of(&RANDOM_BERNOULLI_STATIC_LAYER_PARAMS)),
        choice(1220, "randomBernoulliDynamic", Of(&RANDOM_BERNOULLI_DYNAMIC_LAYER_PARAMS)),
        choice(1230, "categoricalDistribution", Of(&CATEGORICAL_DISTRIBUTION_LAYER_PARAMS)),
        choice(1250, "reduceL1", Of(&REDUCE_L1_LAYER_PARAMS)),
        choice(1255, "reduceL2", Of(&REDUCE_L2_LAYER_PARAMS)),
        choice(1260, "reduceMax", Of(&REDUCE_MAX_LAYER_PARAMS)),
        choice(1265, "reduceMin", Of(&REDUCE_MIN_LAYER_PARAMS)),
        choice(1270, "reduceSum", Of(&REDUCE_SUM_LAYER_PARAMS)),
        choice(1275, "reduceProd", Of(&REDUCE_PROD_LAYER_PARAMS)),
        choice(1280, "reduceMean", Of(&REDUCE_MEAN_LAYER_PARAMS)),
        choice(1285, "reduceLogSum", Of(&REDUCE_LOG_SUM_LAYER_PARAMS)),
        choice(1290, "reduceSumSquare", Of(&REDUCE_SUM_SQUARE_LAYER_PARAMS)),
        choice(1295, "reduceLogSumExp", Of(&REDUCE_LOG_SUM_EXP_LAYER_PARAMS)),
        choice(1313, "whereNonZero", Of(&WHERE_NON_ZERO_LAYER_PARAMS)),
        choice(1315, "matrixBandPart", Of(&MATRIX_BAND_PART_LAYER_PARAMS)),
        choice(1320, "lowerTriangular", Of(&LOWER_TRIANGULAR_LAYER_PARAMS)),
        choice(1325, "upperTriangular", Of(&UPPER_TRIANGULAR_LAYER_PARAMS)),
        choice(1330, "whereBroadcastable", Of(&WHERE_BROADCASTABLE_LAYER_PARAMS)),
        choice(1350, "layerNormalization", Of(&LAYER_NORMALIZATION_LAYER_PARAMS)),
        choice(1400, "NonMaximumSuppression", Of(&NON_MAXIMUM_SUPPRESSION_LAYER_PARAMS)),
        choice(1450, "oneHot", Of(&ONE_HOT_LAYER_PARAMS)),
        choice(1455, "cumSum", Of(&CUM_SUM_LAYER_PARAMS)),
        choice(1460, "clampedReLU", Of(&CLAMPED_RE_LULAYER_PARAMS)),
        choice(1461, "argSort", Of(&ARG_SORT_LAYER_PARAMS)),
        choice(1465, "pooling3d", Of(&POOLING3_DLAYER_PARAMS)),
        choice(1466, "globalPooling3d", Of(&GLOBAL_POOLING3_DLAYER_PARAMS)),
        choice(1470, "sliceBySize", Of(&SLICE_BY_SIZE_LAYER_PARAMS)),
        choice(1471, "convolution3d", Of(&CONVOLUTION3_DLAYER_PARAMS)),
    ],
);

pub(in crate::coreml) static BRANCH_LAYER_PARAMS: Message = message(
    "BranchLayerParams",
    &[one(1, "ifBranch", Of(&NEURAL_NETWORK)), one(2, "elseBranch", Of(&NEURAL_NETWORK))],
);

pub(in crate::coreml) static LOOP_LAYER_PARAMS: Message = message(
    "LoopLayerParams",
    &[
        one(1, "maxLoopIterations", Int),
        one(2, "conditionVar", Text),
        one(3, "conditionNetwork", Of(&NEURAL_NETWORK)),
        one(4, "bodyNetwork", Of(&NEURAL_NETWORK)),
    ],
);

pub(in crate::coreml) static LOOP_BREAK_LAYER_PARAMS: Message = message("LoopBreakLayerParams", &[]);

pub(in crate::coreml) static LOOP_CONTINUE_LAYER_PARAMS: Message = message("LoopContinueLayerParams", &[]);

pub(in crate::coreml) static COPY_LAYER_PARAMS: Message = message("CopyLayerParams", &[]);

pub(in crate::coreml) static GREATER_THAN_LAYER_PARAMS: Message =
    message("GreaterThanLayerParams", &[one(2, "alpha", Fixed32)]);

pub(in crate::coreml) static GREATER_EQUAL_LAYER_PARAMS: Message =
    message("GreaterEqualLayerParams", &[one(2, "alpha", Fixed32)]);

pub(in crate::coreml) static LESS_THAN_LAYER_PARAMS: Message =
    message("LessThanLayerParams", &[one(2, "alpha", Fixed32)]);

pub(in crate::coreml) static LESS_EQUAL_LAYER_PARAMS: Message =
    message("LessEqualLayerParams", &[one(2, "alpha", Fixed32)]);

pub(in crate::coreml) static EQUAL_LAYER_PARAMS: Message =
    message("EqualLayerParams", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static NOT_EQUAL_LAYER_PARAMS: Message =
    message("NotEqualLayerParams", &[one(1, "alpha", Fixed32)]);

pub(in crate::coreml) static LOGICAL_AND_LAYER_PARAMS: Message = message("LogicalAndLayerParams", &[]);

pub(in crate::coreml) static LOGICAL_OR_LAYER_PARAMS: Message = message("LogicalOrLayerParams", &[]);

pub(in crate::coreml) static LOGICAL_XOR_LAYER_PARAMS: Message = message("LogicalXorLayerParams", &[]);

pub(in crate::coreml) static LOGICAL_NOT_LAYER_PARAMS: Message = message("LogicalNotLayerParams", &[]);

pub(in crate::coreml) static BORDER_AMOUNTS: Message =
    message("BorderAmounts", &[many(10, "borderAmounts", Of(&BORDER_AMOUNTS_EDGE_SIZES))]);

pub(in crate::coreml) static BORDER_AMOUNTS_EDGE_SIZES: Message =
    message("BorderAmounts.EdgeSizes", &[one(1, "startEdgeSize", Int), one(2, "endEdgeSize", Int)]);

pub(in crate::coreml) static VALID_PADDING: Message =
    message("ValidPadding", &[one(1, "paddingAmounts", Of(&BORDER_AMOUNTS))]);

pub(in crate::coreml) static SAME_PADDING: Message = message("SamePadding", &[one(1, "asymmetryMode", Int)]);

pub(in crate::coreml) static SAMPLING_MODE: Message =
    message("SamplingMode", &[one(1, "samplingMethod", Int)]);

pub(in crate::coreml) static BOX_COORDINATES_MODE: Message =
    message("BoxCoordinatesMode", &[one(1, "boxMode", Int)]);
