//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    ARRAY_FEATURE_EXTRACTOR, AUDIO_FEATURE_PRINT, BAYESIAN_PROBIT_REGRESSOR, CATEGORICAL_MAPPING,
    CUSTOM_MODEL, DICT_VECTORIZER, FEATURE_TYPE, FEATURE_VECTORIZER, GAZETTEER, GLMCLASSIFIER, GLMREGRESSOR,
    IDENTITY, IMPUTER, INT64_VECTOR, KNEAREST_NEIGHBORS_CLASSIFIER, NEURAL_NETWORK,
    NEURAL_NETWORK_CLASSIFIER, NEURAL_NETWORK_REGRESSOR, PRECISION_RECALL_CURVE, PROGRAM, STRING_PARAMETER,
    STRING_VECTOR, TEXT_CLASSIFIER, VISION_FEATURE_PRINT, WORD_EMBEDDING, WORD_TAGGER,
};
use crate::protobuf::Kind::{Bytes, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(in crate::coreml) static NORMALIZER: Message = message("Normalizer", &[one(1, "normType", Int)]);

pub(in crate::coreml) static ONE_HOT_ENCODER: Message = message(
    "OneHotEncoder",
    &[
        choice(1, "stringCategories", Of(&STRING_VECTOR)),
        choice(2, "int64Categories", Of(&INT64_VECTOR)),
        one(10, "outputSparse", Int),
        one(11, "handleUnknown", Int),
    ],
);

pub(in crate::coreml) static SCALER: Message =
    message("Scaler", &[many(1, "shiftValue", Fixed64), many(2, "scaleValue", Fixed64)]);

pub(in crate::coreml) static NON_MAXIMUM_SUPPRESSION: Message = message(
    "NonMaximumSuppression",
    &[
        one(1, "pickTop", Of(&NON_MAXIMUM_SUPPRESSION_PICK_TOP)),
        choice(100, "stringClassLabels", Of(&STRING_VECTOR)),
        choice(101, "int64ClassLabels", Of(&INT64_VECTOR)),
        one(110, "iouThreshold", Fixed64),
        one(111, "confidenceThreshold", Fixed64),
        many(200, "confidenceInputFeatureName", Text),
        many(201, "coordinatesInputFeatureName", Text),
        many(202, "iouThresholdInputFeatureName", Text),
        many(203, "confidenceThresholdInputFeatureName", Text),
        many(210, "confidenceOutputFeatureName", Text),
        many(211, "coordinatesOutputFeatureName", Text),
    ],
);

pub(in crate::coreml) static NON_MAXIMUM_SUPPRESSION_PICK_TOP: Message =
    message("NonMaximumSuppression.PickTop", &[one(1, "perClass", Int)]);

pub(in crate::coreml) static LINEAR_KERNEL: Message = message("LinearKernel", &[]);

pub(in crate::coreml) static RBFKERNEL: Message = message("RBFKernel", &[one(1, "gamma", Fixed64)]);

pub(in crate::coreml) static POLY_KERNEL: Message =
    message("PolyKernel", &[one(1, "degree", Int), one(2, "c", Fixed64), one(3, "gamma", Fixed64)]);

pub(in crate::coreml) static SIGMOID_KERNEL: Message =
    message("SigmoidKernel", &[one(1, "gamma", Fixed64), one(2, "c", Fixed64)]);

pub(in crate::coreml) static KERNEL: Message = message(
    "Kernel",
    &[
        choice(1, "linearKernel", Of(&LINEAR_KERNEL)),
        choice(2, "rbfKernel", Of(&RBFKERNEL)),
        choice(3, "polyKernel", Of(&POLY_KERNEL)),
        choice(4, "sigmoidKernel", Of(&SIGMOID_KERNEL)),
    ],
);

pub(in crate::coreml) static SPARSE_NODE: Message =
    message("SparseNode", &[one(1, "index", Int), one(2, "value", Fixed64)]);

pub(in crate::coreml) static SPARSE_VECTOR: Message =
    message("SparseVector", &[many(1, "nodes", Of(&SPARSE_NODE))]);

pub(in crate::coreml) static SPARSE_SUPPORT_VECTORS: Message =
    message("SparseSupportVectors", &[many(1, "vectors", Of(&SPARSE_VECTOR))]);

pub(in crate::coreml) static DENSE_VECTOR: Message = message("DenseVector", &[many(1, "values", Fixed64)]);

pub(in crate::coreml) static DENSE_SUPPORT_VECTORS: Message =
    message("DenseSupportVectors", &[many(1, "vectors", Of(&DENSE_VECTOR))]);

pub(in crate::coreml) static COEFFICIENTS: Message = message("Coefficients", &[many(1, "alpha", Fixed64)]);

pub(in crate::coreml) static SUPPORT_VECTOR_REGRESSOR: Message = message(
    "SupportVectorRegressor",
    &[
        one(1, "kernel", Of(&KERNEL)),
        choice(2, "sparseSupportVectors", Of(&SPARSE_SUPPORT_VECTORS)),
        choice(3, "denseSupportVectors", Of(&DENSE_SUPPORT_VECTORS)),
        one(4, "coefficients", Of(&COEFFICIENTS)),
        one(5, "rho", Fixed64),
    ],
);

pub(in crate::coreml) static SUPPORT_VECTOR_CLASSIFIER: Message = message(
    "SupportVectorClassifier",
    &[
        one(1, "kernel", Of(&KERNEL)),
        many(2, "numberOfSupportVectorsPerClass", Int),
        one(3, "sparseSupportVectors", Of(&SPARSE_SUPPORT_VECTORS)),
        one(4, "denseSupportVectors", Of(&DENSE_SUPPORT_VECTORS)),
        many(5, "coefficients", Of(&COEFFICIENTS)),
        many(6, "rho", Fixed64),
        many(7, "probA", Fixed64),
        many(8, "probB", Fixed64),
        choice(100, "stringClassLabels", Of(&STRING_VECTOR)),
        choice(101, "int64ClassLabels", Of(&INT64_VECTOR)),
    ],
);

pub(in crate::coreml) static TREE_ENSEMBLE_PARAMETERS: Message = message(
    "TreeEnsembleParameters",
    &[
        many(1, "nodes", Of(&TREE_ENSEMBLE_PARAMETERS_TREE_NODE)),
        one(2, "numPredictionDimensions", Int),
        many(3, "basePredictionValue", Fixed64),
    ],
);

pub(in crate::coreml) static TREE_ENSEMBLE_PARAMETERS_TREE_NODE: Message = message(
    "TreeEnsembleParameters.TreeNode",
    &[
        one(1, "treeId", Int),
        one(2, "nodeId", Int),
        one(3, "nodeBehavior", Int),
        one(10, "branchFeatureIndex", Int),
        one(11, "branchFeatureValue", Fixed64),
        one(12, "trueChildNodeId", Int),
        one(13, "falseChildNodeId", Int),
        one(14, "missingValueTracksTrueChild", Int),
        many(20, "evaluationInfo", Of(&TREE_ENSEMBLE_PARAMETERS_TREE_NODE_EVALUATION_INFO)),
        one(30, "relativeHitRate", Fixed64),
    ],
);

pub(in crate::coreml) static TREE_ENSEMBLE_PARAMETERS_TREE_NODE_EVALUATION_INFO: Message = message(
    "TreeEnsembleParameters.TreeNode.EvaluationInfo",
    &[one(1, "evaluationIndex", Int), one(2, "evaluationValue", Fixed64)],
);

pub(in crate::coreml) static TREE_ENSEMBLE_CLASSIFIER: Message = message(
    "TreeEnsembleClassifier",
    &[
        one(1, "treeEnsemble", Of(&TREE_ENSEMBLE_PARAMETERS)),
        one(2, "postEvaluationTransform", Int),
        choice(100, "stringClassLabels", Of(&STRING_VECTOR)),
        choice(101, "int64ClassLabels", Of(&INT64_VECTOR)),
    ],
);

pub(in crate::coreml) static TREE_ENSEMBLE_REGRESSOR: Message = message(
    "TreeEnsembleRegressor",
    &[one(1, "treeEnsemble", Of(&TREE_ENSEMBLE_PARAMETERS)), one(2, "postEvaluationTransform", Int)],
);

pub(in crate::coreml) static ITEM_SIMILARITY_RECOMMENDER: Message = message(
    "ItemSimilarityRecommender",
    &[
        many(1, "itemItemSimilarities", Of(&ITEM_SIMILARITY_RECOMMENDER_SIMILAR_ITEMS)),
        one(2, "itemStringIds", Of(&STRING_VECTOR)),
        one(3, "itemInt64Ids", Of(&INT64_VECTOR)),
        one(10, "itemInputFeatureName", Text),
        one(11, "numRecommendationsInputFeatureName", Text),
        one(12, "itemRestrictionInputFeatureName", Text),
        one(13, "itemExclusionInputFeatureName", Text),
        one(20, "recommendedItemListOutputFeatureName", Text),
        one(21, "recommendedItemScoreOutputFeatureName", Text),
    ],
);

pub(in crate::coreml) static ITEM_SIMILARITY_RECOMMENDER_CONNECTED_ITEM: Message = message(
    "ItemSimilarityRecommender.ConnectedItem",
    &[one(1, "itemId", Int), one(2, "similarityScore", Fixed64)],
);

pub(in crate::coreml) static ITEM_SIMILARITY_RECOMMENDER_SIMILAR_ITEMS: Message = message(
    "ItemSimilarityRecommender.SimilarItems",
    &[
        one(1, "itemId", Int),
        many(2, "similarItemList", Of(&ITEM_SIMILARITY_RECOMMENDER_CONNECTED_ITEM)),
        one(3, "itemScoreAdjustment", Fixed64),
    ],
);

pub(in crate::coreml) static SOUND_ANALYSIS_PREPROCESSING: Message =
    message("SoundAnalysisPreprocessing", &[one(20, "vggish", Of(&SOUND_ANALYSIS_PREPROCESSING_VGGISH))]);

pub(in crate::coreml) static SOUND_ANALYSIS_PREPROCESSING_VGGISH: Message =
    message("SoundAnalysisPreprocessing.Vggish", &[]);

pub(in crate::coreml) static LINKED_MODEL: Message =
    message("LinkedModel", &[one(1, "linkedModelFile", Of(&LINKED_MODEL_FILE))]);

pub(in crate::coreml) static LINKED_MODEL_FILE: Message = message(
    "LinkedModelFile",
    &[
        one(1, "linkedModelFileName", Of(&STRING_PARAMETER)),
        one(2, "linkedModelSearchPath", Of(&STRING_PARAMETER)),
    ],
);

pub(in crate::coreml) static CLASS_CONFIDENCE_THRESHOLDING: Message = message(
    "ClassConfidenceThresholding",
    &[many(100, "precisionRecallCurves", Of(&PRECISION_RECALL_CURVE))],
);

pub(in crate::coreml) static PIPELINE: Message =
    message("Pipeline", &[many(1, "models", Of(&MODEL)), many(2, "names", Text)]);

pub(in crate::coreml) static PIPELINE_CLASSIFIER: Message =
    message("PipelineClassifier", &[one(1, "pipeline", Of(&PIPELINE))]);

pub(in crate::coreml) static PIPELINE_REGRESSOR: Message =
    message("PipelineRegressor", &[one(1, "pipeline", Of(&PIPELINE))]);

pub(in crate::coreml) static FEATURE_DESCRIPTION: Message = message(
    "FeatureDescription",
    &[one(1, "name", Text), one(2, "shortDescription", Text), one(3, "type", Of(&FEATURE_TYPE))],
);

pub(in crate::coreml) static METADATA: Message = message(
    "Metadata",
    &[
        one(1, "shortDescription", Text),
        one(2, "versionString", Text),
        one(3, "author", Text),
        one(4, "license", Text),
        many(100, "userDefined", Of(&METADATA_USER_DEFINED_ENTRY)),
    ],
);

pub(in crate::coreml) static METADATA_USER_DEFINED_ENTRY: Message =
    message("Metadata.UserDefinedEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(in crate::coreml) static FUNCTION_DESCRIPTION: Message = message(
    "FunctionDescription",
    &[
        one(1, "name", Text),
        many(2, "input", Of(&FEATURE_DESCRIPTION)),
        many(3, "output", Of(&FEATURE_DESCRIPTION)),
        one(4, "predictedFeatureName", Text),
        one(5, "predictedProbabilitiesName", Text),
        many(6, "state", Of(&FEATURE_DESCRIPTION)),
    ],
);

pub(in crate::coreml) static MODEL_DESCRIPTION: Message = message(
    "ModelDescription",
    &[
        many(1, "input", Of(&FEATURE_DESCRIPTION)),
        many(10, "output", Of(&FEATURE_DESCRIPTION)),
        one(11, "predictedFeatureName", Text),
        one(12, "predictedProbabilitiesName", Text),
        many(13, "state", Of(&FEATURE_DESCRIPTION)),
        many(20, "functions", Of(&FUNCTION_DESCRIPTION)),
        one(21, "defaultFunctionName", Text),
        many(50, "trainingInput", Of(&FEATURE_DESCRIPTION)),
        one(100, "metadata", Of(&METADATA)),
    ],
);

pub(in crate::coreml) static SERIALIZED_MODEL: Message =
    message("SerializedModel", &[one(1, "identifier", Text), one(2, "model", Bytes)]);

pub(in crate::coreml) static MODEL: Message = message(
    "Model",
    &[
        one(1, "specificationVersion", Int),
        one(2, "description", Of(&MODEL_DESCRIPTION)),
        one(10, "isUpdatable", Int),
        choice(200, "pipelineClassifier", Of(&PIPELINE_CLASSIFIER)),
        choice(201, "pipelineRegressor", Of(&PIPELINE_REGRESSOR)),
        choice(202, "pipeline", Of(&PIPELINE)),
        choice(300, "glmRegressor", Of(&GLMREGRESSOR)),
        choice(301, "supportVectorRegressor", Of(&SUPPORT_VECTOR_REGRESSOR)),
        choice(302, "treeEnsembleRegressor", Of(&TREE_ENSEMBLE_REGRESSOR)),
        choice(303, "neuralNetworkRegressor", Of(&NEURAL_NETWORK_REGRESSOR)),
        choice(304, "bayesianProbitRegressor", Of(&BAYESIAN_PROBIT_REGRESSOR)),
        choice(400, "glmClassifier", Of(&GLMCLASSIFIER)),
        choice(401, "supportVectorClassifier", Of(&SUPPORT_VECTOR_CLASSIFIER)),
        choice(402, "treeEnsembleClassifier", Of(&TREE_ENSEMBLE_CLASSIFIER)),
        choice(403, "neuralNetworkClassifier", Of(&NEURAL_NETWORK_CLASSIFIER)),
        choice(404, "kNearestNeighborsClassifier", Of(&KNEAREST_NEIGHBORS_CLASSIFIER)),
        choice(500, "neuralNetwork", Of(&NEURAL_NETWORK)),
        choice(501, "itemSimilarityRecommender", Of(&ITEM_SIMILARITY_RECOMMENDER)),
        choice(502, "mlProgram", Of(&PROGRAM)),
        choice(555, "customModel", Of(&CUSTOM_MODEL)),
        choice(556, "linkedModel", Of(&LINKED_MODEL)),
        choice(560, "classConfidenceThresholding", Of(&CLASS_CONFIDENCE_THRESHOLDING)),
        choice(600, "oneHotEncoder", Of(&ONE_HOT_ENCODER)),
        choice(601, "imputer", Of(&IMPUTER)),
        choice(602, "featureVectorizer", Of(&FEATURE_VECTORIZER)),
        choice(603, "dictVectorizer", Of(&DICT_VECTORIZER)),
        choice(604, "scaler", Of(&SCALER)),
        choice(606, "categoricalMapping", Of(&CATEGORICAL_MAPPING)),
        choice(607, "normalizer", Of(&NORMALIZER)),
        choice(609, "arrayFeatureExtractor", Of(&ARRAY_FEATURE_EXTRACTOR)),
        choice(610, "nonMaximumSuppression", Of(&NON_MAXIMUM_SUPPRESSION)),
        choice(900, "identity", Of(&IDENTITY)),
        choice(2000, "textClassifier", Of(&TEXT_CLASSIFIER)),
        choice(2001, "wordTagger", Of(&WORD_TAGGER)),
        choice(2002, "visionFeaturePrint", Of(&VISION_FEATURE_PRINT)),
        choice(2003, "soundAnalysisPreprocessing", Of(&SOUND_ANALYSIS_PREPROCESSING)),
        choice(2004, "gazetteer", Of(&GAZETTEER)),
        choice(2005, "wordEmbedding", Of(&WORD_EMBEDDING)),
        choice(2006, "audioFeaturePrint", Of(&AUDIO_FEATURE_PRINT)),
        choice(3000, "serializedModel", Of(&SERIALIZED_MODEL)),
    ],
);
