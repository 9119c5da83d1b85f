//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    BOOL_PARAMETER, DOUBLE_PARAMETER, INT64_PARAMETER, INT64_VECTOR, NEURAL_NETWORK_LAYER,
    NEURAL_NETWORK_PREPROCESSING, STRING_VECTOR, WEIGHT_PARAMS,
};
use crate::protobuf::Kind::{Fixed32, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(in crate::coreml) static ASINH_LAYER_PARAMS: Message = message("AsinhLayerParams", &[]);

pub(in crate::coreml) static ACOSH_LAYER_PARAMS: Message = message("AcoshLayerParams", &[]);

pub(in crate::coreml) static ATANH_LAYER_PARAMS: Message = message("AtanhLayerParams", &[]);

pub(in crate::coreml) static POW_BROADCASTABLE_LAYER_PARAMS: Message =
    message("PowBroadcastableLayerParams", &[]);

pub(in crate::coreml) static EXP2_LAYER_PARAMS: Message = message("Exp2LayerParams", &[]);

pub(in crate::coreml) static WHERE_NON_ZERO_LAYER_PARAMS: Message = message("WhereNonZeroLayerParams", &[]);

pub(in crate::coreml) static MATRIX_BAND_PART_LAYER_PARAMS: Message =
    message("MatrixBandPartLayerParams", &[one(1, "numLower", Int), one(2, "numUpper", Int)]);

pub(in crate::coreml) static UPPER_TRIANGULAR_LAYER_PARAMS: Message =
    message("UpperTriangularLayerParams", &[one(1, "k", Int)]);

pub(in crate::coreml) static LOWER_TRIANGULAR_LAYER_PARAMS: Message =
    message("LowerTriangularLayerParams", &[one(1, "k", Int)]);

pub(in crate::coreml) static BROADCAST_TO_LIKE_LAYER_PARAMS: Message =
    message("BroadcastToLikeLayerParams", &[]);

pub(in crate::coreml) static BROADCAST_TO_STATIC_LAYER_PARAMS: Message =
    message("BroadcastToStaticLayerParams", &[many(1, "targetShape", Int)]);

pub(in crate::coreml) static BROADCAST_TO_DYNAMIC_LAYER_PARAMS: Message =
    message("BroadcastToDynamicLayerParams", &[]);

pub(in crate::coreml) static ADD_BROADCASTABLE_LAYER_PARAMS: Message =
    message("AddBroadcastableLayerParams", &[]);

pub(in crate::coreml) static MAX_BROADCASTABLE_LAYER_PARAMS: Message =
    message("MaxBroadcastableLayerParams", &[]);

pub(in crate::coreml) static MIN_BROADCASTABLE_LAYER_PARAMS: Message =
    message("MinBroadcastableLayerParams", &[]);

pub(in crate::coreml) static MOD_BROADCASTABLE_LAYER_PARAMS: Message =
    message("ModBroadcastableLayerParams", &[]);

pub(in crate::coreml) static FLOOR_DIV_BROADCASTABLE_LAYER_PARAMS: Message =
    message("FloorDivBroadcastableLayerParams", &[]);

pub(in crate::coreml) static SUBTRACT_BROADCASTABLE_LAYER_PARAMS: Message =
    message("SubtractBroadcastableLayerParams", &[]);

pub(in crate::coreml) static MULTIPLY_BROADCASTABLE_LAYER_PARAMS: Message =
    message("MultiplyBroadcastableLayerParams", &[]);

pub(in crate::coreml) static DIVIDE_BROADCASTABLE_LAYER_PARAMS: Message =
    message("DivideBroadcastableLayerParams", &[]);

pub(in crate::coreml) static GATHER_LAYER_PARAMS: Message =
    message("GatherLayerParams", &[one(1, "axis", Int)]);

pub(in crate::coreml) static SCATTER_LAYER_PARAMS: Message =
    message("ScatterLayerParams", &[one(1, "axis", Int), one(2, "mode", Int)]);

pub(in crate::coreml) static GATHER_NDLAYER_PARAMS: Message = message("GatherNDLayerParams", &[]);

pub(in crate::coreml) static SCATTER_NDLAYER_PARAMS: Message =
    message("ScatterNDLayerParams", &[one(1, "mode", Int)]);

pub(in crate::coreml) static GATHER_ALONG_AXIS_LAYER_PARAMS: Message =
    message("GatherAlongAxisLayerParams", &[one(1, "axis", Int)]);

pub(in crate::coreml) static SCATTER_ALONG_AXIS_LAYER_PARAMS: Message =
    message("ScatterAlongAxisLayerParams", &[one(1, "axis", Int), one(2, "mode", Int)]);

pub(in crate::coreml) static STACK_LAYER_PARAMS: Message =
    message("StackLayerParams", &[one(1, "axis", Int)]);

pub(in crate::coreml) static RANK_PRESERVING_RESHAPE_LAYER_PARAMS: Message =
    message("RankPreservingReshapeLayerParams", &[many(1, "targetShape", Int)]);

pub(in crate::coreml) static CONSTANT_PADDING_LAYER_PARAMS: Message = message(
    "ConstantPaddingLayerParams",
    &[one(1, "value", Fixed32), many(2, "padAmounts", Int), one(3, "padToGivenOutputSizeMode", Int)],
);

pub(in crate::coreml) static RANDOM_NORMAL_LIKE_LAYER_PARAMS: Message = message(
    "RandomNormalLikeLayerParams",
    &[one(1, "seed", Int), one(2, "mean", Fixed32), one(3, "stdDev", Fixed32)],
);

pub(in crate::coreml) static RANDOM_NORMAL_STATIC_LAYER_PARAMS: Message = message(
    "RandomNormalStaticLayerParams",
    &[one(1, "seed", Int), one(2, "mean", Fixed32), one(3, "stdDev", Fixed32), many(4, "outputShape", Int)],
);

pub(in crate::coreml) static RANDOM_NORMAL_DYNAMIC_LAYER_PARAMS: Message = message(
    "RandomNormalDynamicLayerParams",
    &[one(1, "seed", Int), one(2, "mean", Fixed32), one(3, "stdDev", Fixed32)],
);

pub(in crate::coreml) static RANDOM_UNIFORM_LIKE_LAYER_PARAMS: Message = message(
    "RandomUniformLikeLayerParams",
    &[one(1, "seed", Int), one(2, "minVal", Fixed32), one(3, "maxVal", Fixed32)],
);

pub(in crate::coreml) static RANDOM_UNIFORM_STATIC_LAYER_PARAMS: Message = message(
    "RandomUniformStaticLayerParams",
    &[one(1, "seed", Int), one(2, "minVal", Fixed32), one(3, "maxVal", Fixed32), many(4, "outputShape", Int)],
);

pub(in crate::coreml) static RANDOM_UNIFORM_DYNAMIC_LAYER_PARAMS: Message = message(
    "RandomUniformDynamicLayerParams",
    &[one(1, "seed", Int), one(2, "minVal", Fixed32), one(3, "maxVal", Fixed32)],
);

pub(in crate::coreml) static RANDOM_BERNOULLI_LIKE_LAYER_PARAMS: Message =
    message("RandomBernoulliLikeLayerParams", &[one(1, "seed", Int), one(2, "prob", Fixed32)]);

pub(in crate::coreml) static RANDOM_BERNOULLI_STATIC_LAYER_PARAMS: Message = message(
    "RandomBernoulliStaticLayerParams",
    &[one(1, "seed", Int), one(2, "prob", Fixed32), many(3, "outputShape", Int)],
);

pub(in crate::coreml) static RANDOM_BERNOULLI_DYNAMIC_LAYER_PARAMS: Message =
    message("RandomBernoulliDynamicLayerParams", &[one(1, "seed", Int), one(2, "prob", Fixed32)]);

pub(in crate::coreml) static CATEGORICAL_DISTRIBUTION_LAYER_PARAMS: Message = message(
    "CategoricalDistributionLayerParams",
    &[
        one(1, "seed", Int),
        one(2, "numSamples", Int),
        one(3, "isLogits", Int),
        one(4, "eps", Fixed32),
        one(5, "temperature", Fixed32),
    ],
);

pub(in crate::coreml) static REDUCE_L1_LAYER_PARAMS: Message = message(
    "ReduceL1LayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_L2_LAYER_PARAMS: Message = message(
    "ReduceL2LayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_MAX_LAYER_PARAMS: Message = message(
    "ReduceMaxLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_MIN_LAYER_PARAMS: Message = message(
    "ReduceMinLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_SUM_LAYER_PARAMS: Message = message(
    "ReduceSumLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_PROD_LAYER_PARAMS: Message = message(
    "ReduceProdLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_MEAN_LAYER_PARAMS: Message = message(
    "ReduceMeanLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_LOG_SUM_LAYER_PARAMS: Message = message(
    "ReduceLogSumLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_SUM_SQUARE_LAYER_PARAMS: Message = message(
    "ReduceSumSquareLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static REDUCE_LOG_SUM_EXP_LAYER_PARAMS: Message = message(
    "ReduceLogSumExpLayerParams",
    &[many(1, "axes", Int), one(2, "keepDims", Int), one(3, "reduceAll", Int)],
);

pub(in crate::coreml) static EXPAND_DIMS_LAYER_PARAMS: Message =
    message("ExpandDimsLayerParams", &[many(1, "axes", Int)]);

pub(in crate::coreml) static FLATTEN_TO2_DLAYER_PARAMS: Message =
    message("FlattenTo2DLayerParams", &[one(1, "axis", Int)]);

pub(in crate::coreml) static RESHAPE_STATIC_LAYER_PARAMS: Message =
    message("ReshapeStaticLayerParams", &[many(1, "targetShape", Int)]);

pub(in crate::coreml) static RESHAPE_LIKE_LAYER_PARAMS: Message = message("ReshapeLikeLayerParams", &[]);

pub(in crate::coreml) static RESHAPE_DYNAMIC_LAYER_PARAMS: Message =
    message("ReshapeDynamicLayerParams", &[]);

pub(in crate::coreml) static SQUEEZE_LAYER_PARAMS: Message =
    message("SqueezeLayerParams", &[many(1, "axes", Int), one(2, "squeezeAll", Int)]);

pub(in crate::coreml) static TOP_KLAYER_PARAMS: Message =
    message("TopKLayerParams", &[one(1, "axis", Int), one(2, "K", Int), one(3, "useBottomK", Int)]);

pub(in crate::coreml) static ARG_MAX_LAYER_PARAMS: Message =
    message("ArgMaxLayerParams", &[one(1, "axis", Int), one(2, "removeDim", Int)]);

pub(in crate::coreml) static ARG_MIN_LAYER_PARAMS: Message =
    message("ArgMinLayerParams", &[one(1, "axis", Int), one(2, "removeDim", Int)]);

pub(in crate::coreml) static SPLIT_NDLAYER_PARAMS: Message = message(
    "SplitNDLayerParams",
    &[one(1, "axis", Int), one(2, "numSplits", Int), many(3, "splitSizes", Int)],
);

pub(in crate::coreml) static CEIL_LAYER_PARAMS: Message = message("CeilLayerParams", &[]);

pub(in crate::coreml) static ROUND_LAYER_PARAMS: Message = message("RoundLayerParams", &[]);

pub(in crate::coreml) static FLOOR_LAYER_PARAMS: Message = message("FloorLayerParams", &[]);

pub(in crate::coreml) static SIGN_LAYER_PARAMS: Message = message("SignLayerParams", &[]);

pub(in crate::coreml) static CLIP_LAYER_PARAMS: Message =
    message("ClipLayerParams", &[one(1, "minVal", Fixed32), one(2, "maxVal", Fixed32)]);

pub(in crate::coreml) static SLICE_STATIC_LAYER_PARAMS: Message = message(
    "SliceStaticLayerParams",
    &[
        many(1, "beginIds", Int),
        many(2, "beginMasks", Int),
        many(3, "endIds", Int),
        many(4, "endMasks", Int),
        many(5, "strides", Int),
        many(6, "squeezeMasks", Int),
    ],
);

pub(in crate::coreml) static SLICE_DYNAMIC_LAYER_PARAMS: Message = message(
    "SliceDynamicLayerParams",
    &[
        many(2, "beginMasks", Int),
        many(3, "endIds", Int),
        many(4, "endMasks", Int),
        many(5, "strides", Int),
        many(6, "squeezeMasks", Int),
    ],
);

pub(in crate::coreml) static TILE_LAYER_PARAMS: Message = message("TileLayerParams", &[many(1, "reps", Int)]);

pub(in crate::coreml) static GET_SHAPE_LAYER_PARAMS: Message = message("GetShapeLayerParams", &[]);

pub(in crate::coreml) static ERF_LAYER_PARAMS: Message = message("ErfLayerParams", &[]);

pub(in crate::coreml) static GELU_LAYER_PARAMS: Message = message("GeluLayerParams", &[one(1, "mode", Int)]);

pub(in crate::coreml) static RANGE_STATIC_LAYER_PARAMS: Message = message(
    "RangeStaticLayerParams",
    &[one(1, "endValue", Fixed32), one(2, "startValue", Fixed32), one(3, "stepSizeValue", Fixed32)],
);

pub(in crate::coreml) static RANGE_DYNAMIC_LAYER_PARAMS: Message =
    message("RangeDynamicLayerParams", &[one(2, "startValue", Fixed32), one(3, "stepSizeValue", Fixed32)]);

pub(in crate::coreml) static SLIDING_WINDOWS_LAYER_PARAMS: Message = message(
    "SlidingWindowsLayerParams",
    &[one(1, "axis", Int), one(2, "windowSize", Int), one(3, "step", Int)],
);

pub(in crate::coreml) static LAYER_NORMALIZATION_LAYER_PARAMS: Message = message(
    "LayerNormalizationLayerParams",
    &[
        many(1, "normalizedShape", Int),
        one(2, "eps", Fixed32),
        one(3, "gamma", Of(&WEIGHT_PARAMS)),
        one(4, "beta", Of(&WEIGHT_PARAMS)),
    ],
);

pub(in crate::coreml) static NON_MAXIMUM_SUPPRESSION_LAYER_PARAMS: Message = message(
    "NonMaximumSuppressionLayerParams",
    &[
        one(1, "iouThreshold", Fixed32),
        one(2, "scoreThreshold", Fixed32),
        one(3, "maxBoxes", Int),
        one(4, "perClassSuppression", Int),
    ],
);

pub(in crate::coreml) static CLAMPED_RE_LULAYER_PARAMS: Message =
    message("ClampedReLULayerParams", &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32)]);

pub(in crate::coreml) static ARG_SORT_LAYER_PARAMS: Message =
    message("ArgSortLayerParams", &[one(1, "axis", Int), one(2, "descending", Int)]);

pub(in crate::coreml) static SLICE_BY_SIZE_LAYER_PARAMS: Message =
    message("SliceBySizeLayerParams", &[one(2, "size", Int), one(3, "axis", Int)]);

pub(in crate::coreml) static NEURAL_NETWORK_CLASSIFIER: Message = message(
    "NeuralNetworkClassifier",
    &[
        many(1, "layers", Of(&NEURAL_NETWORK_LAYER)),
        many(2, "preprocessing", Of(&NEURAL_NETWORK_PREPROCESSING)),
        one(5, "arrayInputShapeMapping", Int),
        one(6, "imageInputShapeMapping", Int),
        one(10, "updateParams", Of(&NETWORK_UPDATE_PARAMETERS)),
        choice(100, "stringClassLabels", Of(&STRING_VECTOR)),
        choice(101, "int64ClassLabels", Of(&INT64_VECTOR)),
        many(200, "labelProbabilityLayerName", Text),
    ],
);

pub(in crate::coreml) static ONE_HOT_LAYER_PARAMS: Message = message(
    "OneHotLayerParams",
    &[
        one(1, "oneHotVectorSize", Int),
        one(2, "axis", Int),
        one(3, "onValue", Fixed32),
        one(4, "offValue", Fixed32),
    ],
);

pub(in crate::coreml) static CUM_SUM_LAYER_PARAMS: Message = message(
    "CumSumLayerParams",
    &[one(1, "axis", Int), one(2, "excludeFinalSum", Int), one(3, "reverse", Int)],
);

pub(in crate::coreml) static NEURAL_NETWORK_REGRESSOR: Message = message(
    "NeuralNetworkRegressor",
    &[
        many(1, "layers", Of(&NEURAL_NETWORK_LAYER)),
        many(2, "preprocessing", Of(&NEURAL_NETWORK_PREPROCESSING)),
        one(5, "arrayInputShapeMapping", Int),
        one(6, "imageInputShapeMapping", Int),
        one(10, "updateParams", Of(&NETWORK_UPDATE_PARAMETERS)),
    ],
);

pub(in crate::coreml) static NETWORK_UPDATE_PARAMETERS: Message = message(
    "NetworkUpdateParameters",
    &[
        many(1, "lossLayers", Of(&LOSS_LAYER)),
        one(2, "optimizer", Of(&OPTIMIZER)),
        one(3, "epochs", Of(&INT64_PARAMETER)),
        one(10, "shuffle", Of(&BOOL_PARAMETER)),
        one(20, "seed", Of(&INT64_PARAMETER)),
    ],
);

pub(in crate::coreml) static LOSS_LAYER: Message = message(
    "LossLayer",
    &[
        one(1, "name", Text),
        choice(10, "categoricalCrossEntropyLossLayer", Of(&CATEGORICAL_CROSS_ENTROPY_LOSS_LAYER)),
        choice(11, "meanSquaredErrorLossLayer", Of(&MEAN_SQUARED_ERROR_LOSS_LAYER)),
    ],
);

pub(in crate::coreml) static CATEGORICAL_CROSS_ENTROPY_LOSS_LAYER: Message =
    message("CategoricalCrossEntropyLossLayer", &[one(1, "input", Text), one(2, "target", Text)]);

pub(in crate::coreml) static MEAN_SQUARED_ERROR_LOSS_LAYER: Message =
    message("MeanSquaredErrorLossLayer", &[one(1, "input", Text), one(2, "target", Text)]);

pub(in crate::coreml) static OPTIMIZER: Message = message(
    "Optimizer",
    &[choice(10, "sgdOptimizer", Of(&SGDOPTIMIZER)), choice(11, "adamOptimizer", Of(&ADAM_OPTIMIZER))],
);

pub(in crate::coreml) static SGDOPTIMIZER: Message = message(
    "SGDOptimizer",
    &[
        one(1, "learningRate", Of(&DOUBLE_PARAMETER)),
        one(2, "miniBatchSize", Of(&INT64_PARAMETER)),
        one(3, "momentum", Of(&DOUBLE_PARAMETER)),
    ],
);

pub(in crate::coreml) static ADAM_OPTIMIZER: Message = message(
    "AdamOptimizer",
    &[
        one(1, "learningRate", Of(&DOUBLE_PARAMETER)),
        one(2, "miniBatchSize", Of(&INT64_PARAMETER)),
        one(3, "beta1", Of(&DOUBLE_PARAMETER)),
        one(4, "beta2", Of(&DOUBLE_PARAMETER)),
        one(5, "eps", Of(&DOUBLE_PARAMETER)),
    ],
);
