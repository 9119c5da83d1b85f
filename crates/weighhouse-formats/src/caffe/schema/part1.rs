//! Messages of Caffe and of the forks that detect objects. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    BILINEAR_INTERPOLATE_PARAMETER, HARD_SIGMOID_PARAMETER, INCEPTION_PARAMETER, MAX_UN_POOL_PARAMETER,
    NORMALIZE_PARAMETER, PAD_PARAMETER, PARAMETER_PARAMETER, PERMUTE_PARAMETER, PIXEL_SHUFFLE_PARAMETER,
    POOLING_PARAMETER, POWER_PARAMETER, PRE_LUPARAMETER, PRIOR_BOX_PARAMETER, PYTHON_PARAMETER,
    RE_LU6_PARAMETER, RE_LUPARAMETER, RECURRENT_PARAMETER, REDUCTION_PARAMETER, RESHAPE_PARAMETER,
    RESIZE_PARAMETER, SCALE_PARAMETER, SIGMOID_PARAMETER, SLICE_PARAMETER, SOFTMAX_PARAMETER, SPPPARAMETER,
    TAN_HPARAMETER, THRESHOLD_PARAMETER, TILE_PARAMETER, UNSQUEEZE_PARAMETER, UPSAMPLE_PARAMETER,
    V1_LAYER_PARAMETER, VIDEO_DATA_PARAMETER, WINDOW_DATA_PARAMETER,
};
use crate::protobuf::Kind::{Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

pub(in crate::caffe) static BLOB_SHAPE: Message = message("BlobShape", &[many(1, "dim", Int)]);

pub(in crate::caffe) static BLOB_PROTO: Message = message(
    "BlobProto",
    &[
        one(1, "num", Int),
        one(2, "channels", Int),
        one(3, "height", Int),
        one(4, "width", Int),
        many(5, "data", Fixed32),
        many(6, "diff", Fixed32),
        one(7, "shape", Of(&BLOB_SHAPE)),
        many(8, "double_data", Fixed64),
        many(9, "double_diff", Fixed64),
    ],
);

pub(in crate::caffe) static SAMPLER: Message = message(
    "Sampler",
    &[
        one(1, "min_scale", Fixed32),
        one(2, "max_scale", Fixed32),
        one(3, "min_aspect_ratio", Fixed32),
        one(4, "max_aspect_ratio", Fixed32),
    ],
);

pub(in crate::caffe) static SAMPLE_CONSTRAINT: Message = message(
    "SampleConstraint",
    &[
        one(1, "min_jaccard_overlap", Fixed32),
        one(2, "max_jaccard_overlap", Fixed32),
        one(3, "min_sample_coverage", Fixed32),
        one(4, "max_sample_coverage", Fixed32),
        one(5, "min_object_coverage", Fixed32),
        one(6, "max_object_coverage", Fixed32),
    ],
);

pub(in crate::caffe) static BATCH_SAMPLER: Message = message(
    "BatchSampler",
    &[
        one(1, "use_original_image", Int),
        one(2, "sampler", Of(&SAMPLER)),
        one(3, "sample_constraint", Of(&SAMPLE_CONSTRAINT)),
        one(4, "max_sample", Int),
        one(5, "max_trials", Int),
    ],
);

pub(in crate::caffe) static EMIT_CONSTRAINT: Message =
    message("EmitConstraint", &[one(1, "emit_type", Int), one(2, "emit_overlap", Fixed32)]);

pub(in crate::caffe) static FILLER_PARAMETER: Message = message(
    "FillerParameter",
    &[
        one(1, "type", Text),
        one(2, "value", Fixed32),
        one(3, "min", Fixed32),
        one(4, "max", Fixed32),
        one(5, "mean", Fixed32),
        one(6, "std", Fixed32),
        one(7, "sparse", Int),
        one(8, "variance_norm", Int),
    ],
);

pub(in crate::caffe) static NET_PARAMETER: Message = message(
    "NetParameter",
    &[
        one(1, "name", Text),
        many(2, "layers", Of(&V1_LAYER_PARAMETER)),
        many(3, "input", Text),
        many(4, "input_dim", Int),
        one(5, "force_backward", Int),
        one(6, "state", Of(&NET_STATE)),
        one(7, "debug_info", Int),
        many(8, "input_shape", Of(&BLOB_SHAPE)),
        many(100, "layer", Of(&LAYER_PARAMETER)),
    ],
);

pub(in crate::caffe) static NET_STATE: Message =
    message("NetState", &[one(1, "phase", Int), one(2, "level", Int), many(3, "stage", Text)]);

pub(in crate::caffe) static NET_STATE_RULE: Message = message(
    "NetStateRule",
    &[
        one(1, "phase", Int),
        one(2, "min_level", Int),
        one(3, "max_level", Int),
        many(4, "stage", Text),
        many(5, "not_stage", Text),
    ],
);

pub(in crate::caffe) static PARAM_SPEC: Message = message(
    "ParamSpec",
    &[
        one(1, "name", Text),
        one(2, "share_mode", Int),
        one(3, "lr_mult", Fixed32),
        one(4, "decay_mult", Fixed32),
    ],
);

pub(in crate::caffe) static LAYER_PARAMETER: Message = message(
    "LayerParameter",
    &[
        one(1, "name", Text),
        one(2, "type", Text),
        many(3, "bottom", Text),
        many(4, "top", Text),
        many(5, "loss_weight", Fixed32),
        many(6, "param", Of(&PARAM_SPEC)),
        many(7, "blobs", Of(&BLOB_PROTO)),
        many(8, "include", Of(&NET_STATE_RULE)),
        many(9, "exclude", Of(&NET_STATE_RULE)),
        one(10, "phase", Int),
        many(11, "propagate_down", Int),
        one(100, "transform_param", Of(&TRANSFORMATION_PARAMETER)),
        one(101, "loss_param", Of(&LOSS_PARAMETER)),
        one(102, "accuracy_param", Of(&ACCURACY_PARAMETER)),
        one(103, "argmax_param", Of(&ARG_MAX_PARAMETER)),
        one(104, "concat_param", Of(&CONCAT_PARAMETER)),
        one(105, "contrastive_loss_param", Of(&CONTRASTIVE_LOSS_PARAMETER)),
        one(106, "convolution_param", Of(&CONVOLUTION_PARAMETER)),
        one(107, "data_param", Of(&DATA_PARAMETER)),
        one(108, "dropout_param", Of(&DROPOUT_PARAMETER)),
        one(109, "dummy_data_param", Of(&DUMMY_DATA_PARAMETER)),
        one(110, "eltwise_param", Of(&ELTWISE_PARAMETER)),
        one(111, "exp_param", Of(&EXP_PARAMETER)),
        one(112, "hdf5_data_param", Of(&HDF5_DATA_PARAMETER)),
        one(113, "hdf5_output_param", Of(&HDF5_OUTPUT_PARAMETER)),
        one(114, "hinge_loss_param", Of(&HINGE_LOSS_PARAMETER)),
        one(115, "image_data_param", Of(&IMAGE_DATA_PARAMETER)),
        one(116, "infogain_loss_param", Of(&INFOGAIN_LOSS_PARAMETER)),
        one(117, "inner_product_param", Of(&INNER_PRODUCT_PARAMETER)),
        one(118, "lrn_param", Of(&LRNPARAMETER)),
        one(119, "memory_data_param", Of(&MEMORY_DATA_PARAMETER)),
        many(120, "mvn_param", Of(&MVNPARAMETER)),
        many(121, "pooling_param", Of(&POOLING_PARAMETER)),
        many(122, "power_param", Of(&POWER_PARAMETER)),
        many(123, "relu_param", Of(&RE_LUPARAMETER)),
        many(124, "sigmoid_param", Of(&SIGMOID_PARAMETER)),
        many(125, "softmax_param", Of(&SOFTMAX_PARAMETER)),
        many(126, "slice_param", Of(&SLICE_PARAMETER)),
        many(127, "tanh_param", Of(&TAN_HPARAMETER)),
        many(128, "threshold_param", Of(&THRESHOLD_PARAMETER)),
        many(129, "window_data_param", Of(&WINDOW_DATA_PARAMETER)),
        many(130, "python_param", Of(&PYTHON_PARAMETER)),
        many(131, "prelu_param", Of(&PRE_LUPARAMETER)),
        many(132, "spp_param", Of(&SPPPARAMETER)),
        many(133, "reshape_param", Of(&RESHAPE_PARAMETER)),
        many(134, "log_param", Of(&LOG_PARAMETER)),
        many(135, "flatten_param", Of(&FLATTEN_PARAMETER)),
        many(136, "reduction_param", Of(&REDUCTION_PARAMETER)),
        many(137, "embed_param", Of(&EMBED_PARAMETER)),
        many(138, "tile_param", Of(&TILE_PARAMETER)),
        many(139, "batch_norm_param", Of(&BATCH_NORM_PARAMETER)),
        many(140, "elu_param", Of(&ELUPARAMETER)),
        many(141, "bias_param", Of(&BIAS_PARAMETER)),
        many(142, "scale_param", Of(&SCALE_PARAMETER)),
        many(143, "input_param", Of(&INPUT_PARAMETER)),
        many(144, "crop_param", Of(&CROP_PARAMETER)),
        many(145, "parameter_param", Of(&PARAMETER_PARAMETER)),
        many(146, "recurrent_param", Of(&RECURRENT_PARAMETER)),
        many(149, "psroi_pooling_param", Of(&PSROIPOOLING_PARAMETER)),
        many(200, "annotated_data_param", Of(&ANNOTATED_DATA_PARAMETER)),
        many(201, "multibox_loss_param", Of(&MULTI_BOX_LOSS_PARAMETER)),
        many(202, "permute_param", Of(&PERMUTE_PARAMETER)),
        many(203, "prior_box_param", Of(&PRIOR_BOX_PARAMETER)),
        many(204, "detection_output_param", Of(&DETECTION_OUTPUT_PARAMETER)),
        many(205, "detection_evaluate_param", Of(&DETECTION_EVALUATE_PARAMETER)),
        many(206, "norm_param", Of(&NORMALIZE_PARAMETER)),
        many(207, "video_data_param", Of(&VIDEO_DATA_PARAMETER)),
        many(250, "inception_param", Of(&INCEPTION_PARAMETER)),
        many(251, "resize_param", Of(&RESIZE_PARAMETER)),
        many(500, "upsample_param", Of(&UPSAMPLE_PARAMETER)),
        many(501, "hardsigmoid_param", Of(&HARD_SIGMOID_PARAMETER)),
        many(502, "unsqueeze_param", Of(&UNSQUEEZE_PARAMETER)),
        many(503, "relu6_param", Of(&RE_LU6_PARAMETER)),
        many(504, "pad_param", Of(&PAD_PARAMETER)),
        many(505, "bilinear_interpolate_param", Of(&BILINEAR_INTERPOLATE_PARAMETER)),
        many(506, "max_unpool_param", Of(&MAX_UN_POOL_PARAMETER)),
        many(507, "pixelshuffle_param", Of(&PIXEL_SHUFFLE_PARAMETER)),
        many(1000, "proposal_param", Of(&PROPOSAL_PARAMETER)),
        many(1111, "bn_param", Of(&BNPARAMETER)),
    ],
);

pub(in crate::caffe) static PROPOSAL_PARAMETER: Message = message(
    "ProposalParameter",
    &[
        one(1, "feat_stride", Int),
        one(2, "base_size", Int),
        one(3, "min_size", Int),
        many(4, "ratio", Fixed32),
        many(5, "scale", Fixed32),
        one(6, "pre_nms_topn", Int),
        one(7, "post_nms_topn", Int),
        one(8, "nms_thresh", Fixed32),
    ],
);

pub(in crate::caffe) static PSROIPOOLING_PARAMETER: Message = message(
    "PSROIPoolingParameter",
    &[one(1, "spatial_scale", Fixed32), one(2, "output_dim", Int), one(3, "group_size", Int)],
);

pub(in crate::caffe) static TRANSFORMATION_PARAMETER: Message = message(
    "TransformationParameter",
    &[
        one(1, "scale", Fixed32),
        one(2, "mirror", Int),
        one(3, "crop_size", Int),
        one(4, "mean_file", Text),
        many(5, "mean_value", Fixed32),
        one(6, "force_color", Int),
        one(7, "force_gray", Int),
        one(8, "old_resize_param", Of(&OLD_RESIZE_PARAMETER)),
        one(9, "noise_param", Of(&NOISE_PARAMETER)),
        one(10, "emit_constraint", Of(&EMIT_CONSTRAINT)),
        one(11, "crop_h", Int),
        one(12, "crop_w", Int),
    ],
);

pub(in crate::caffe) static OLD_RESIZE_PARAMETER: Message = message(
    "OldResizeParameter",
    &[
        one(1, "prob", Fixed32),
        one(2, "resize_mode", Int),
        one(3, "height", Int),
        one(4, "width", Int),
        one(5, "pad_mode", Int),
        many(6, "pad_value", Fixed32),
        many(7, "interp_mode", Int),
    ],
);

pub(in crate::caffe) static SALT_PEPPER_PARAMETER: Message =
    message("SaltPepperParameter", &[one(1, "fraction", Fixed32), many(2, "value", Fixed32)]);

pub(in crate::caffe) static NOISE_PARAMETER: Message = message(
    "NoiseParameter",
    &[
        one(1, "prob", Fixed32),
        one(2, "hist_eq", Int),
        one(3, "inverse", Int),
        one(4, "decolorize", Int),
        one(5, "gauss_blur", Int),
        one(6, "jpeg", Fixed32),
        one(7, "posterize", Int),
        one(8, "erode", Int),
        one(9, "saltpepper", Int),
        one(10, "saltpepper_param", Of(&SALT_PEPPER_PARAMETER)),
        one(11, "clahe", Int),
        one(12, "convert_to_hsv", Int),
        one(13, "convert_to_lab", Int),
    ],
);

pub(in crate::caffe) static LOSS_PARAMETER: Message = message(
    "LossParameter",
    &[one(1, "ignore_label", Int), one(2, "normalize", Int), one(3, "normalization", Int)],
);

pub(in crate::caffe) static ACCURACY_PARAMETER: Message =
    message("AccuracyParameter", &[one(1, "top_k", Int), one(2, "axis", Int), one(3, "ignore_label", Int)]);

pub(in crate::caffe) static BNPARAMETER: Message = message(
    "BNParameter",
    &[
        one(1, "slope_filler", Of(&FILLER_PARAMETER)),
        one(2, "bias_filler", Of(&FILLER_PARAMETER)),
        one(3, "momentum", Fixed32),
        one(4, "eps", Fixed32),
        one(5, "frozen", Int),
        one(6, "engine", Int),
    ],
);

pub(in crate::caffe) static ANNOTATED_DATA_PARAMETER: Message = message(
    "AnnotatedDataParameter",
    &[many(1, "batch_sampler", Of(&BATCH_SAMPLER)), one(2, "label_map_file", Text)],
);

pub(in crate::caffe) static ARG_MAX_PARAMETER: Message =
    message("ArgMaxParameter", &[one(1, "out_max_val", Int), one(2, "top_k", Int), one(3, "axis", Int)]);

pub(in crate::caffe) static CONCAT_PARAMETER: Message =
    message("ConcatParameter", &[one(1, "concat_dim", Int), one(2, "axis", Int)]);

pub(in crate::caffe) static BATCH_NORM_PARAMETER: Message = message(
    "BatchNormParameter",
    &[
        one(1, "use_global_stats", Int),
        one(2, "moving_average_fraction", Fixed32),
        one(3, "eps", Fixed32),
        one(7, "weight_filler", Of(&FILLER_PARAMETER)),
        one(8, "bias_filler", Of(&FILLER_PARAMETER)),
        one(9, "use_alpha_beta", Int),
        one(10, "do_all_reduce", Int),
    ],
);

pub(in crate::caffe) static BIAS_PARAMETER: Message = message(
    "BiasParameter",
    &[one(1, "axis", Int), one(2, "num_axes", Int), one(3, "filler", Of(&FILLER_PARAMETER))],
);

pub(in crate::caffe) static CONTRASTIVE_LOSS_PARAMETER: Message =
    message("ContrastiveLossParameter", &[one(1, "margin", Fixed32), one(2, "legacy_version", Int)]);

pub(in crate::caffe) static CONVOLUTION_PARAMETER: Message = message(
    "ConvolutionParameter",
    &[
        one(1, "num_output", Int),
        one(2, "bias_term", Int),
        many(3, "pad", Int),
        many(4, "kernel_size", Int),
        one(5, "group", Int),
        many(6, "stride", Int),
        one(7, "weight_filler", Of(&FILLER_PARAMETER)),
        one(8, "bias_filler", Of(&FILLER_PARAMETER)),
        one(9, "pad_h", Int),
        one(10, "pad_w", Int),
        one(11, "kernel_h", Int),
        one(12, "kernel_w", Int),
        one(13, "stride_h", Int),
        one(14, "stride_w", Int),
        one(15, "engine", Int),
        one(16, "axis", Int),
        one(17, "force_nd_im2col", Int),
        many(18, "dilation", Int),
        one(51, "width_group", Int),
        one(52, "height_group", Int),
    ],
);

pub(in crate::caffe) static CROP_PARAMETER: Message =
    message("CropParameter", &[one(1, "axis", Int), many(2, "offset", Int)]);

pub(in crate::caffe) static DATA_PARAMETER: Message = message(
    "DataParameter",
    &[
        one(1, "source", Text),
        one(2, "scale", Fixed32),
        one(3, "mean_file", Text),
        one(4, "batch_size", Int),
        one(5, "crop_size", Int),
        one(6, "mirror", Int),
        one(7, "rand_skip", Int),
        one(8, "backend", Int),
        one(9, "force_encoded_color", Int),
        one(10, "prefetch", Int),
    ],
);

pub(in crate::caffe) static DETECTION_EVALUATE_PARAMETER: Message = message(
    "DetectionEvaluateParameter",
    &[
        one(1, "num_classes", Int),
        one(2, "background_label_id", Int),
        one(3, "overlap_threshold", Fixed32),
        one(4, "evaluate_difficult_gt", Int),
        one(5, "name_size_file", Text),
    ],
);

pub(in crate::caffe) static NON_MAXIMUM_SUPPRESSION_PARAMETER: Message = message(
    "NonMaximumSuppressionParameter",
    &[one(1, "nms_threshold", Fixed32), one(2, "top_k", Int), one(3, "eta", Fixed32)],
);

pub(in crate::caffe) static SAVE_OUTPUT_PARAMETER: Message = message(
    "SaveOutputParameter",
    &[
        one(1, "output_directory", Text),
        one(2, "output_name_prefix", Text),
        one(3, "output_format", Text),
        one(4, "label_map_file", Text),
        one(5, "name_size_file", Text),
        one(6, "num_test_image", Int),
    ],
);

pub(in crate::caffe) static DETECTION_OUTPUT_PARAMETER: Message = message(
    "DetectionOutputParameter",
    &[
        one(1, "num_classes", Int),
        one(2, "share_location", Int),
        one(3, "background_label_id", Int),
        one(4, "nms_param", Of(&NON_MAXIMUM_SUPPRESSION_PARAMETER)),
        one(5, "save_output_param", Of(&SAVE_OUTPUT_PARAMETER)),
        one(6, "code_type", Int),
        one(7, "keep_top_k", Int),
        one(8, "variance_encoded_in_target", Int),
        one(9, "confidence_threshold", Fixed32),
        one(10, "visualize", Int),
        one(11, "visualize_threshold", Fixed32),
        many(12, "thresholds", Fixed32),
        one(13, "save_file", Text),
    ],
);

pub(in crate::caffe) static DROPOUT_PARAMETER: Message =
    message("DropoutParameter", &[one(1, "dropout_ratio", Fixed32)]);

pub(in crate::caffe) static DUMMY_DATA_PARAMETER: Message = message(
    "DummyDataParameter",
    &[
        many(1, "data_filler", Of(&FILLER_PARAMETER)),
        many(2, "num", Int),
        many(3, "channels", Int),
        many(4, "height", Int),
        many(5, "width", Int),
        many(6, "shape", Of(&BLOB_SHAPE)),
    ],
);

pub(in crate::caffe) static ELTWISE_PARAMETER: Message = message(
    "EltwiseParameter",
    &[one(1, "operation", Int), many(2, "coeff", Fixed32), one(3, "stable_prod_grad", Int)],
);

pub(in crate::caffe) static ELUPARAMETER: Message = message("ELUParameter", &[one(1, "alpha", Fixed32)]);

pub(in crate::caffe) static EMBED_PARAMETER: Message = message(
    "EmbedParameter",
    &[
        one(1, "num_output", Int),
        one(2, "input_dim", Int),
        one(3, "bias_term", Int),
        one(4, "weight_filler", Of(&FILLER_PARAMETER)),
        one(5, "bias_filler", Of(&FILLER_PARAMETER)),
    ],
);

pub(in crate::caffe) static EXP_PARAMETER: Message =
    message("ExpParameter", &[one(1, "base", Fixed32), one(2, "scale", Fixed32), one(3, "shift", Fixed32)]);

pub(in crate::caffe) static FLATTEN_PARAMETER: Message =
    message("FlattenParameter", &[one(1, "axis", Int), one(2, "end_axis", Int)]);

pub(in crate::caffe) static HDF5_DATA_PARAMETER: Message = message(
    "HDF5DataParameter",
    &[one(1, "source", Text), one(2, "batch_size", Int), one(3, "shuffle", Int)],
);

pub(in crate::caffe) static HDF5_OUTPUT_PARAMETER: Message =
    message("HDF5OutputParameter", &[one(1, "file_name", Text)]);

pub(in crate::caffe) static HINGE_LOSS_PARAMETER: Message =
    message("HingeLossParameter", &[one(1, "norm", Int)]);

pub(in crate::caffe) static IMAGE_DATA_PARAMETER: Message = message(
    "ImageDataParameter",
    &[
        one(1, "source", Text),
        one(2, "scale", Fixed32),
        one(3, "mean_file", Text),
        one(4, "batch_size", Int),
        one(5, "crop_size", Int),
        one(6, "mirror", Int),
        one(7, "rand_skip", Int),
        one(8, "shuffle", Int),
        one(9, "new_height", Int),
        one(10, "new_width", Int),
        one(11, "is_color", Int),
        one(12, "root_folder", Text),
    ],
);

pub(in crate::caffe) static INFOGAIN_LOSS_PARAMETER: Message =
    message("InfogainLossParameter", &[one(1, "source", Text)]);

pub(in crate::caffe) static INNER_PRODUCT_PARAMETER: Message = message(
    "InnerProductParameter",
    &[
        one(1, "num_output", Int),
        one(2, "bias_term", Int),
        one(3, "weight_filler", Of(&FILLER_PARAMETER)),
        one(4, "bias_filler", Of(&FILLER_PARAMETER)),
        one(5, "axis", Int),
        one(6, "transpose", Int),
    ],
);

pub(in crate::caffe) static INPUT_PARAMETER: Message =
    message("InputParameter", &[many(1, "shape", Of(&BLOB_SHAPE))]);

pub(in crate::caffe) static LOG_PARAMETER: Message =
    message("LogParameter", &[one(1, "base", Fixed32), one(2, "scale", Fixed32), one(3, "shift", Fixed32)]);

pub(in crate::caffe) static LRNPARAMETER: Message = message(
    "LRNParameter",
    &[
        one(1, "local_size", Int),
        one(2, "alpha", Fixed32),
        one(3, "beta", Fixed32),
        one(4, "norm_region", Int),
        one(5, "k", Fixed32),
        one(6, "engine", Int),
    ],
);

pub(in crate::caffe) static MEMORY_DATA_PARAMETER: Message = message(
    "MemoryDataParameter",
    &[one(1, "batch_size", Int), one(2, "channels", Int), one(3, "height", Int), one(4, "width", Int)],
);

pub(in crate::caffe) static MULTI_BOX_LOSS_PARAMETER: Message = message(
    "MultiBoxLossParameter",
    &[
        one(1, "loc_loss_type", Int),
        one(2, "conf_loss_type", Int),
        one(3, "loc_weight", Fixed32),
        one(4, "num_classes", Int),
        one(5, "share_location", Int),
        one(6, "match_type", Int),
        one(7, "overlap_threshold", Fixed32),
        one(8, "use_prior_for_matching", Int),
        one(9, "background_label_id", Int),
        one(10, "use_difficult_gt", Int),
        one(11, "do_neg_mining", Int),
        one(12, "neg_pos_ratio", Fixed32),
        one(13, "neg_overlap", Fixed32),
        one(14, "code_type", Int),
        one(16, "encode_variance_in_target", Int),
        one(17, "map_object_to_agnostic", Int),
        one(18, "ignore_cross_boundary_bbox", Int),
        one(19, "bp_inside", Int),
        one(20, "mining_type", Int),
        one(21, "nms_param", Of(&NON_MAXIMUM_SUPPRESSION_PARAMETER)),
        one(22, "sample_size", Int),
        one(23, "use_prior_for_nms", Int),
    ],
);

pub(in crate::caffe) static MVNPARAMETER: Message = message(
    "MVNParameter",
    &[one(1, "normalize_variance", Int), one(2, "across_channels", Int), one(3, "eps", Fixed32)],
);
