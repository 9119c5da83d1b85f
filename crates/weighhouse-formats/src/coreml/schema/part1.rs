//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

use super::{NAMED_VALUE_TYPE, VALUE};
use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(in crate::coreml) static VISION_FEATURE_PRINT: Message = message(
    "VisionFeaturePrint",
    &[
        choice(20, "scene", Of(&VISION_FEATURE_PRINT_SCENE)),
        choice(21, "objects", Of(&VISION_FEATURE_PRINT_OBJECTS)),
    ],
);

pub(in crate::coreml) static VISION_FEATURE_PRINT_SCENE: Message =
    message("VisionFeaturePrint.Scene", &[one(1, "version", Int)]);

pub(in crate::coreml) static VISION_FEATURE_PRINT_OBJECTS: Message =
    message("VisionFeaturePrint.Objects", &[one(1, "version", Int), many(100, "output", Text)]);

pub(in crate::coreml) static AUDIO_FEATURE_PRINT: Message =
    message("AudioFeaturePrint", &[one(20, "sound", Of(&AUDIO_FEATURE_PRINT_SOUND))]);

pub(in crate::coreml) static AUDIO_FEATURE_PRINT_SOUND: Message =
    message("AudioFeaturePrint.Sound", &[one(1, "version", Int)]);

pub(in crate::coreml) static INT64_FEATURE_TYPE: Message = message("Int64FeatureType", &[]);

pub(in crate::coreml) static DOUBLE_FEATURE_TYPE: Message = message("DoubleFeatureType", &[]);

pub(in crate::coreml) static STRING_FEATURE_TYPE: Message = message("StringFeatureType", &[]);

pub(in crate::coreml) static SIZE_RANGE: Message =
    message("SizeRange", &[one(1, "lowerBound", Int), one(2, "upperBound", Int)]);

pub(in crate::coreml) static IMAGE_FEATURE_TYPE: Message = message(
    "ImageFeatureType",
    &[
        one(1, "width", Int),
        one(2, "height", Int),
        one(3, "colorSpace", Int),
        choice(21, "enumeratedSizes", Of(&IMAGE_FEATURE_TYPE_ENUMERATED_IMAGE_SIZES)),
        choice(31, "imageSizeRange", Of(&IMAGE_FEATURE_TYPE_IMAGE_SIZE_RANGE)),
    ],
);

pub(in crate::coreml) static IMAGE_FEATURE_TYPE_IMAGE_SIZE: Message =
    message("ImageFeatureType.ImageSize", &[one(1, "width", Int), one(2, "height", Int)]);

pub(in crate::coreml) static IMAGE_FEATURE_TYPE_ENUMERATED_IMAGE_SIZES: Message =
    message("ImageFeatureType.EnumeratedImageSizes", &[many(1, "sizes", Of(&IMAGE_FEATURE_TYPE_IMAGE_SIZE))]);

pub(in crate::coreml) static IMAGE_FEATURE_TYPE_IMAGE_SIZE_RANGE: Message = message(
    "ImageFeatureType.ImageSizeRange",
    &[one(1, "widthRange", Of(&SIZE_RANGE)), one(2, "heightRange", Of(&SIZE_RANGE))],
);

pub(in crate::coreml) static ARRAY_FEATURE_TYPE: Message = message(
    "ArrayFeatureType",
    &[
        many(1, "shape", Int),
        one(2, "dataType", Int),
        one(21, "enumeratedShapes", Of(&ARRAY_FEATURE_TYPE_ENUMERATED_SHAPES)),
        one(31, "shapeRange", Of(&ARRAY_FEATURE_TYPE_SHAPE_RANGE)),
        choice(41, "intDefaultValue", Int),
        choice(51, "floatDefaultValue", Fixed32),
        choice(61, "doubleDefaultValue", Fixed64),
    ],
);

pub(in crate::coreml) static ARRAY_FEATURE_TYPE_SHAPE: Message =
    message("ArrayFeatureType.Shape", &[many(1, "shape", Int)]);

pub(in crate::coreml) static ARRAY_FEATURE_TYPE_ENUMERATED_SHAPES: Message =
    message("ArrayFeatureType.EnumeratedShapes", &[many(1, "shapes", Of(&ARRAY_FEATURE_TYPE_SHAPE))]);

pub(in crate::coreml) static ARRAY_FEATURE_TYPE_SHAPE_RANGE: Message =
    message("ArrayFeatureType.ShapeRange", &[many(1, "sizeRanges", Of(&SIZE_RANGE))]);

pub(in crate::coreml) static DICTIONARY_FEATURE_TYPE: Message = message(
    "DictionaryFeatureType",
    &[
        choice(1, "int64KeyType", Of(&INT64_FEATURE_TYPE)),
        choice(2, "stringKeyType", Of(&STRING_FEATURE_TYPE)),
    ],
);

pub(in crate::coreml) static SEQUENCE_FEATURE_TYPE: Message = message(
    "SequenceFeatureType",
    &[
        choice(1, "int64Type", Of(&INT64_FEATURE_TYPE)),
        choice(3, "stringType", Of(&STRING_FEATURE_TYPE)),
        one(101, "sizeRange", Of(&SIZE_RANGE)),
    ],
);

pub(in crate::coreml) static STATE_FEATURE_TYPE: Message =
    message("StateFeatureType", &[one(1, "arrayType", Of(&ARRAY_FEATURE_TYPE))]);

pub(in crate::coreml) static FEATURE_TYPE: Message = message(
    "FeatureType",
    &[
        choice(1, "int64Type", Of(&INT64_FEATURE_TYPE)),
        choice(2, "doubleType", Of(&DOUBLE_FEATURE_TYPE)),
        choice(3, "stringType", Of(&STRING_FEATURE_TYPE)),
        choice(4, "imageType", Of(&IMAGE_FEATURE_TYPE)),
        choice(5, "multiArrayType", Of(&ARRAY_FEATURE_TYPE)),
        choice(6, "dictionaryType", Of(&DICTIONARY_FEATURE_TYPE)),
        choice(7, "sequenceType", Of(&SEQUENCE_FEATURE_TYPE)),
        choice(8, "stateType", Of(&STATE_FEATURE_TYPE)),
        many(1000, "isOptional", Int),
    ],
);

pub(in crate::coreml) static STRING_TO_INT64_MAP: Message =
    message("StringToInt64Map", &[many(1, "map", Of(&STRING_TO_INT64_MAP_MAP_ENTRY))]);

pub(in crate::coreml) static STRING_TO_INT64_MAP_MAP_ENTRY: Message =
    message("StringToInt64Map.MapEntry", &[one(1, "key", Text), one(2, "value", Int)]);

pub(in crate::coreml) static INT64_TO_STRING_MAP: Message =
    message("Int64ToStringMap", &[many(1, "map", Of(&INT64_TO_STRING_MAP_MAP_ENTRY))]);

pub(in crate::coreml) static INT64_TO_STRING_MAP_MAP_ENTRY: Message =
    message("Int64ToStringMap.MapEntry", &[one(1, "key", Int), one(2, "value", Text)]);

pub(in crate::coreml) static STRING_TO_DOUBLE_MAP: Message =
    message("StringToDoubleMap", &[many(1, "map", Of(&STRING_TO_DOUBLE_MAP_MAP_ENTRY))]);

pub(in crate::coreml) static STRING_TO_DOUBLE_MAP_MAP_ENTRY: Message =
    message("StringToDoubleMap.MapEntry", &[one(1, "key", Text), one(2, "value", Fixed64)]);

pub(in crate::coreml) static INT64_TO_DOUBLE_MAP: Message =
    message("Int64ToDoubleMap", &[many(1, "map", Of(&INT64_TO_DOUBLE_MAP_MAP_ENTRY))]);

pub(in crate::coreml) static INT64_TO_DOUBLE_MAP_MAP_ENTRY: Message =
    message("Int64ToDoubleMap.MapEntry", &[one(1, "key", Int), one(2, "value", Fixed64)]);

pub(in crate::coreml) static STRING_VECTOR: Message = message("StringVector", &[many(1, "vector", Text)]);

pub(in crate::coreml) static INT64_VECTOR: Message = message("Int64Vector", &[many(1, "vector", Int)]);

pub(in crate::coreml) static FLOAT_VECTOR: Message = message("FloatVector", &[many(1, "vector", Fixed32)]);

pub(in crate::coreml) static DOUBLE_VECTOR: Message = message("DoubleVector", &[many(1, "vector", Fixed64)]);

pub(in crate::coreml) static INT64_RANGE: Message =
    message("Int64Range", &[one(1, "minValue", Int), one(2, "maxValue", Int)]);

pub(in crate::coreml) static INT64_SET: Message = message("Int64Set", &[many(1, "values", Int)]);

pub(in crate::coreml) static DOUBLE_RANGE: Message =
    message("DoubleRange", &[one(1, "minValue", Fixed64), one(2, "maxValue", Fixed64)]);

pub(in crate::coreml) static PRECISION_RECALL_CURVE: Message = message(
    "PrecisionRecallCurve",
    &[
        one(1, "precisionValues", Of(&FLOAT_VECTOR)),
        one(2, "precisionConfidenceThresholds", Of(&FLOAT_VECTOR)),
        one(3, "recallValues", Of(&FLOAT_VECTOR)),
        one(4, "recallConfidenceThresholds", Of(&FLOAT_VECTOR)),
    ],
);

pub(in crate::coreml) static TEXT_CLASSIFIER: Message = message(
    "TextClassifier",
    &[
        one(1, "revision", Int),
        one(10, "language", Text),
        one(100, "modelParameterData", Bytes),
        many(200, "stringClassLabels", Of(&STRING_VECTOR)),
    ],
);

pub(in crate::coreml) static WORD_TAGGER: Message = message(
    "WordTagger",
    &[
        one(1, "revision", Int),
        one(10, "language", Text),
        one(20, "tokensOutputFeatureName", Text),
        one(21, "tokenTagsOutputFeatureName", Text),
        one(22, "tokenLocationsOutputFeatureName", Text),
        one(23, "tokenLengthsOutputFeatureName", Text),
        one(100, "modelParameterData", Bytes),
        many(200, "stringTags", Of(&STRING_VECTOR)),
    ],
);

pub(in crate::coreml) static GAZETTEER: Message = message(
    "Gazetteer",
    &[
        one(1, "revision", Int),
        one(10, "language", Text),
        one(100, "modelParameterData", Bytes),
        many(200, "stringClassLabels", Of(&STRING_VECTOR)),
    ],
);

pub(in crate::coreml) static WORD_EMBEDDING: Message = message(
    "WordEmbedding",
    &[one(1, "revision", Int), one(10, "language", Text), one(100, "modelParameterData", Bytes)],
);

pub(in crate::coreml) static ARRAY_FEATURE_EXTRACTOR: Message =
    message("ArrayFeatureExtractor", &[many(1, "extractIndex", Int)]);

pub(in crate::coreml) static BAYESIAN_PROBIT_REGRESSOR: Message = message(
    "BayesianProbitRegressor",
    &[
        one(1, "numberOfFeatures", Int),
        one(2, "bias", Of(&BAYESIAN_PROBIT_REGRESSOR_GAUSSIAN)),
        many(3, "features", Of(&BAYESIAN_PROBIT_REGRESSOR_FEATURE_WEIGHT)),
        one(10, "regressionInputFeatureName", Text),
        one(11, "optimismInputFeatureName", Text),
        one(12, "samplingScaleInputFeatureName", Text),
        one(13, "samplingTruncationInputFeatureName", Text),
        one(20, "meanOutputFeatureName", Text),
        one(21, "varianceOutputFeatureName", Text),
        one(22, "pessimisticProbabilityOutputFeatureName", Text),
        one(23, "sampledProbabilityOutputFeatureName", Text),
    ],
);

pub(in crate::coreml) static BAYESIAN_PROBIT_REGRESSOR_GAUSSIAN: Message =
    message("BayesianProbitRegressor.Gaussian", &[one(1, "mean", Fixed64), one(2, "precision", Fixed64)]);

pub(in crate::coreml) static BAYESIAN_PROBIT_REGRESSOR_FEATURE_VALUE_WEIGHT: Message = message(
    "BayesianProbitRegressor.FeatureValueWeight",
    &[one(1, "featureValue", Int), one(2, "featureWeight", Of(&BAYESIAN_PROBIT_REGRESSOR_GAUSSIAN))],
);

pub(in crate::coreml) static BAYESIAN_PROBIT_REGRESSOR_FEATURE_WEIGHT: Message = message(
    "BayesianProbitRegressor.FeatureWeight",
    &[one(1, "featureId", Int), many(2, "weights", Of(&BAYESIAN_PROBIT_REGRESSOR_FEATURE_VALUE_WEIGHT))],
);

pub(in crate::coreml) static CATEGORICAL_MAPPING: Message = message(
    "CategoricalMapping",
    &[
        one(1, "stringToInt64Map", Of(&STRING_TO_INT64_MAP)),
        one(2, "int64ToStringMap", Of(&INT64_TO_STRING_MAP)),
        choice(101, "strValue", Text),
        choice(102, "int64Value", Int),
    ],
);

pub(in crate::coreml) static CUSTOM_MODEL: Message = message(
    "CustomModel",
    &[
        one(10, "className", Text),
        many(30, "parameters", Of(&CUSTOM_MODEL_PARAMETERS_ENTRY)),
        one(40, "description", Text),
    ],
);

pub(in crate::coreml) static CUSTOM_MODEL_CUSTOM_MODEL_PARAM_VALUE: Message = message(
    "CustomModel.CustomModelParamValue",
    &[
        choice(10, "doubleValue", Fixed64),
        choice(20, "stringValue", Text),
        choice(30, "intValue", Int),
        choice(40, "longValue", Int),
        choice(50, "boolValue", Int),
        choice(60, "bytesValue", Bytes),
    ],
);

pub(in crate::coreml) static CUSTOM_MODEL_PARAMETERS_ENTRY: Message = message(
    "CustomModel.ParametersEntry",
    &[one(1, "key", Text), one(2, "value", Of(&CUSTOM_MODEL_CUSTOM_MODEL_PARAM_VALUE))],
);

pub(in crate::coreml) static DICT_VECTORIZER: Message = message(
    "DictVectorizer",
    &[choice(1, "stringToIndex", Of(&STRING_VECTOR)), choice(2, "int64ToIndex", Of(&INT64_VECTOR))],
);

pub(in crate::coreml) static FEATURE_VECTORIZER: Message =
    message("FeatureVectorizer", &[many(1, "inputList", Of(&FEATURE_VECTORIZER_INPUT_COLUMN))]);

pub(in crate::coreml) static FEATURE_VECTORIZER_INPUT_COLUMN: Message =
    message("FeatureVectorizer.InputColumn", &[one(1, "inputColumn", Text), one(2, "inputDimensions", Int)]);

pub(in crate::coreml) static GLMREGRESSOR: Message = message(
    "GLMRegressor",
    &[
        many(1, "weights", Of(&GLMREGRESSOR_DOUBLE_ARRAY)),
        many(2, "offset", Fixed64),
        one(3, "postEvaluationTransform", Int),
    ],
);

pub(in crate::coreml) static GLMREGRESSOR_DOUBLE_ARRAY: Message =
    message("GLMRegressor.DoubleArray", &[many(1, "value", Fixed64)]);

pub(in crate::coreml) static GLMCLASSIFIER: Message = message(
    "GLMClassifier",
    &[
        many(1, "weights", Of(&GLMCLASSIFIER_DOUBLE_ARRAY)),
        many(2, "offset", Fixed64),
        one(3, "postEvaluationTransform", Int),
        one(4, "classEncoding", Int),
        choice(100, "stringClassLabels", Of(&STRING_VECTOR)),
        choice(101, "int64ClassLabels", Of(&INT64_VECTOR)),
    ],
);

pub(in crate::coreml) static GLMCLASSIFIER_DOUBLE_ARRAY: Message =
    message("GLMClassifier.DoubleArray", &[many(1, "value", Fixed64)]);

pub(in crate::coreml) static INT64_PARAMETER: Message = message(
    "Int64Parameter",
    &[one(1, "defaultValue", Int), choice(10, "range", Of(&INT64_RANGE)), choice(11, "set", Of(&INT64_SET))],
);

pub(in crate::coreml) static DOUBLE_PARAMETER: Message =
    message("DoubleParameter", &[one(1, "defaultValue", Fixed64), one(10, "range", Of(&DOUBLE_RANGE))]);

pub(in crate::coreml) static STRING_PARAMETER: Message =
    message("StringParameter", &[one(1, "defaultValue", Text)]);

pub(in crate::coreml) static BOOL_PARAMETER: Message =
    message("BoolParameter", &[one(1, "defaultValue", Int)]);

pub(in crate::coreml) static KNEAREST_NEIGHBORS_CLASSIFIER: Message = message(
    "KNearestNeighborsClassifier",
    &[
        one(1, "nearestNeighborsIndex", Of(&NEAREST_NEIGHBORS_INDEX)),
        one(3, "numberOfNeighbors", Of(&INT64_PARAMETER)),
        one(100, "stringClassLabels", Of(&STRING_VECTOR)),
        one(101, "int64ClassLabels", Of(&INT64_VECTOR)),
        one(110, "defaultStringLabel", Text),
        one(111, "defaultInt64Label", Int),
        choice(200, "uniformWeighting", Of(&UNIFORM_WEIGHTING)),
        choice(210, "inverseDistanceWeighting", Of(&INVERSE_DISTANCE_WEIGHTING)),
    ],
);

pub(in crate::coreml) static NEAREST_NEIGHBORS_INDEX: Message = message(
    "NearestNeighborsIndex",
    &[
        one(1, "numberOfDimensions", Int),
        many(2, "floatSamples", Of(&FLOAT_VECTOR)),
        choice(100, "linearIndex", Of(&LINEAR_INDEX)),
        choice(110, "singleKdTreeIndex", Of(&SINGLE_KD_TREE_INDEX)),
        many(200, "squaredEuclideanDistance", Of(&SQUARED_EUCLIDEAN_DISTANCE)),
    ],
);

pub(in crate::coreml) static UNIFORM_WEIGHTING: Message = message("UniformWeighting", &[]);

pub(in crate::coreml) static INVERSE_DISTANCE_WEIGHTING: Message = message("InverseDistanceWeighting", &[]);

pub(in crate::coreml) static LINEAR_INDEX: Message = message("LinearIndex", &[]);

pub(in crate::coreml) static SINGLE_KD_TREE_INDEX: Message =
    message("SingleKdTreeIndex", &[one(1, "leafSize", Int)]);

pub(in crate::coreml) static SQUARED_EUCLIDEAN_DISTANCE: Message = message("SquaredEuclideanDistance", &[]);

pub(in crate::coreml) static IDENTITY: Message = message("Identity", &[]);

pub(in crate::coreml) static IMPUTER: Message = message(
    "Imputer",
    &[
        choice(1, "imputedDoubleValue", Fixed64),
        choice(2, "imputedInt64Value", Int),
        choice(3, "imputedStringValue", Text),
        choice(4, "imputedDoubleArray", Of(&DOUBLE_VECTOR)),
        choice(5, "imputedInt64Array", Of(&INT64_VECTOR)),
        choice(6, "imputedStringDictionary", Of(&STRING_TO_DOUBLE_MAP)),
        choice(7, "imputedInt64Dictionary", Of(&INT64_TO_DOUBLE_MAP)),
        one(11, "replaceDoubleValue", Fixed64),
        one(12, "replaceInt64Value", Int),
        one(13, "replaceStringValue", Text),
    ],
);

pub(in crate::coreml) static PROGRAM: Message = message(
    "Program",
    &[
        one(1, "version", Int),
        many(2, "functions", Of(&PROGRAM_FUNCTIONS_ENTRY)),
        one(3, "docString", Text),
        many(4, "attributes", Of(&PROGRAM_ATTRIBUTES_ENTRY)),
    ],
);

pub(in crate::coreml) static PROGRAM_FUNCTIONS_ENTRY: Message =
    message("Program.FunctionsEntry", &[one(1, "key", Text), one(2, "value", Of(&FUNCTION))]);

pub(in crate::coreml) static PROGRAM_ATTRIBUTES_ENTRY: Message =
    message("Program.AttributesEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static FUNCTION: Message = message(
    "Function",
    &[
        many(1, "inputs", Of(&NAMED_VALUE_TYPE)),
        one(2, "opset", Text),
        many(3, "block_specializations", Of(&FUNCTION_BLOCK_SPECIALIZATIONS_ENTRY)),
        many(4, "attributes", Of(&FUNCTION_ATTRIBUTES_ENTRY)),
    ],
);

pub(in crate::coreml) static FUNCTION_BLOCK_SPECIALIZATIONS_ENTRY: Message =
    message("Function.BlockSpecializationsEntry", &[one(1, "key", Text), one(2, "value", Of(&BLOCK))]);

pub(in crate::coreml) static FUNCTION_ATTRIBUTES_ENTRY: Message =
    message("Function.AttributesEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static BLOCK: Message = message(
    "Block",
    &[
        many(1, "inputs", Of(&NAMED_VALUE_TYPE)),
        many(2, "outputs", Text),
        many(3, "operations", Of(&OPERATION)),
        many(4, "attributes", Of(&BLOCK_ATTRIBUTES_ENTRY)),
    ],
);

pub(in crate::coreml) static BLOCK_ATTRIBUTES_ENTRY: Message =
    message("Block.AttributesEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static ARGUMENT: Message =
    message("Argument", &[many(1, "arguments", Of(&ARGUMENT_BINDING))]);

pub(in crate::coreml) static ARGUMENT_BINDING: Message =
    message("Argument.Binding", &[choice(1, "name", Text), choice(2, "value", Of(&VALUE))]);

pub(in crate::coreml) static OPERATION: Message = message(
    "Operation",
    &[
        one(1, "type", Text),
        many(2, "inputs", Of(&OPERATION_INPUTS_ENTRY)),
        many(3, "outputs", Of(&NAMED_VALUE_TYPE)),
        many(4, "blocks", Of(&BLOCK)),
        many(5, "attributes", Of(&OPERATION_ATTRIBUTES_ENTRY)),
    ],
);

pub(in crate::coreml) static OPERATION_INPUTS_ENTRY: Message =
    message("Operation.InputsEntry", &[one(1, "key", Text), one(2, "value", Of(&ARGUMENT))]);

pub(in crate::coreml) static OPERATION_ATTRIBUTES_ENTRY: Message =
    message("Operation.AttributesEntry", &[one(1, "key", Text), one(2, "value", Of(&VALUE))]);
