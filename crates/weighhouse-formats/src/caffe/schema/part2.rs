//! Messages of Caffe and of the forks that detect objects. Written by `tools/knowledge/protobuf_schema.py`.

use super::{
    ACCURACY_PARAMETER, ARG_MAX_PARAMETER, BATCH_NORM_PARAMETER, BLOB_PROTO, BLOB_SHAPE, BNPARAMETER,
    CONCAT_PARAMETER, CONTRASTIVE_LOSS_PARAMETER, CONVOLUTION_PARAMETER, DATA_PARAMETER, DROPOUT_PARAMETER,
    DUMMY_DATA_PARAMETER, ELTWISE_PARAMETER, EXP_PARAMETER, FILLER_PARAMETER, HDF5_DATA_PARAMETER,
    HDF5_OUTPUT_PARAMETER, HINGE_LOSS_PARAMETER, IMAGE_DATA_PARAMETER, INFOGAIN_LOSS_PARAMETER,
    INNER_PRODUCT_PARAMETER, LOSS_PARAMETER, LRNPARAMETER, MEMORY_DATA_PARAMETER, MVNPARAMETER,
    NET_STATE_RULE, TRANSFORMATION_PARAMETER,
};
use crate::protobuf::Kind::{Enum, Fixed32, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

pub(in crate::caffe) static NORMALIZE_PARAMETER: Message = message(
    "NormalizeParameter",
    &[
        one(1, "across_spatial", Int),
        one(2, "scale_filler", Of(&FILLER_PARAMETER)),
        one(3, "channel_shared", Int),
        one(4, "eps", Fixed32),
    ],
);

pub(in crate::caffe) static PARAMETER_PARAMETER: Message =
    message("ParameterParameter", &[one(1, "shape", Of(&BLOB_SHAPE))]);

pub(in crate::caffe) static PERMUTE_PARAMETER: Message =
    message("PermuteParameter", &[many(1, "order", Int)]);

pub(in crate::caffe) static POOLING_PARAMETER: Message = message(
    "PoolingParameter",
    &[
        one(1, "pool", Int),
        one(2, "kernel_size", Int),
        one(3, "stride", Int),
        one(4, "pad", Int),
        one(5, "kernel_h", Int),
        one(6, "kernel_w", Int),
        one(7, "stride_h", Int),
        one(8, "stride_w", Int),
        one(9, "pad_h", Int),
        one(10, "pad_w", Int),
        one(11, "engine", Int),
        one(12, "global_pooling", Int),
        one(13, "ceil_mode", Int),
    ],
);

pub(in crate::caffe) static POWER_PARAMETER: Message = message(
    "PowerParameter",
    &[one(1, "power", Fixed32), one(2, "scale", Fixed32), one(3, "shift", Fixed32)],
);

pub(in crate::caffe) static PRIOR_BOX_PARAMETER: Message = message(
    "PriorBoxParameter",
    &[
        many(1, "min_size", Fixed32),
        many(2, "max_size", Fixed32),
        many(3, "aspect_ratio", Fixed32),
        one(4, "flip", Int),
        one(5, "clip", Int),
        many(6, "variance", Fixed32),
        one(7, "img_size", Int),
        one(8, "img_h", Int),
        one(9, "img_w", Int),
        one(10, "step", Fixed32),
        one(11, "step_h", Fixed32),
        one(12, "step_w", Fixed32),
        one(13, "offset", Fixed32),
    ],
);

pub(in crate::caffe) static PYTHON_PARAMETER: Message = message(
    "PythonParameter",
    &[
        one(1, "module", Text),
        one(2, "layer", Text),
        one(3, "param_str", Text),
        one(4, "share_in_parallel", Int),
    ],
);

pub(in crate::caffe) static RECURRENT_PARAMETER: Message = message(
    "RecurrentParameter",
    &[
        one(1, "num_output", Int),
        one(2, "weight_filler", Of(&FILLER_PARAMETER)),
        one(3, "bias_filler", Of(&FILLER_PARAMETER)),
        one(4, "debug_info", Int),
        one(5, "expose_hidden", Int),
    ],
);

pub(in crate::caffe) static REDUCTION_PARAMETER: Message =
    message("ReductionParameter", &[one(1, "operation", Int), one(2, "axis", Int), one(3, "coeff", Fixed32)]);

pub(in crate::caffe) static RE_LUPARAMETER: Message =
    message("ReLUParameter", &[one(1, "negative_slope", Fixed32), one(2, "engine", Int)]);

pub(in crate::caffe) static RESHAPE_PARAMETER: Message = message(
    "ReshapeParameter",
    &[one(1, "shape", Of(&BLOB_SHAPE)), one(2, "axis", Int), one(3, "num_axes", Int)],
);

pub(in crate::caffe) static SCALE_PARAMETER: Message = message(
    "ScaleParameter",
    &[
        one(1, "axis", Int),
        one(2, "num_axes", Int),
        one(3, "filler", Of(&FILLER_PARAMETER)),
        one(4, "bias_term", Int),
        one(5, "bias_filler", Of(&FILLER_PARAMETER)),
    ],
);

pub(in crate::caffe) static SIGMOID_PARAMETER: Message =
    message("SigmoidParameter", &[one(1, "engine", Int)]);

pub(in crate::caffe) static SLICE_PARAMETER: Message =
    message("SliceParameter", &[one(1, "slice_dim", Int), many(2, "slice_point", Int), one(3, "axis", Int)]);

pub(in crate::caffe) static SOFTMAX_PARAMETER: Message =
    message("SoftmaxParameter", &[one(1, "engine", Int), one(2, "axis", Int)]);

pub(in crate::caffe) static TAN_HPARAMETER: Message = message("TanHParameter", &[one(1, "engine", Int)]);

pub(in crate::caffe) static TILE_PARAMETER: Message =
    message("TileParameter", &[one(1, "axis", Int), one(2, "tiles", Int)]);

pub(in crate::caffe) static THRESHOLD_PARAMETER: Message =
    message("ThresholdParameter", &[one(1, "threshold", Fixed32)]);

pub(in crate::caffe) static VIDEO_DATA_PARAMETER: Message = message(
    "VideoDataParameter",
    &[one(1, "video_type", Int), one(2, "device_id", Int), one(3, "video_file", Text)],
);

pub(in crate::caffe) static WINDOW_DATA_PARAMETER: Message = message(
    "WindowDataParameter",
    &[
        one(1, "source", Text),
        one(2, "scale", Fixed32),
        one(3, "mean_file", Text),
        one(4, "batch_size", Int),
        one(5, "crop_size", Int),
        one(6, "mirror", Int),
        one(7, "fg_threshold", Fixed32),
        one(8, "bg_threshold", Fixed32),
        one(9, "fg_fraction", Fixed32),
        one(10, "context_pad", Int),
        one(11, "crop_mode", Text),
        one(12, "cache_images", Int),
        one(13, "root_folder", Text),
    ],
);

pub(in crate::caffe) static INCEPTION_COLUMN_PARAMETER: Message = message(
    "InceptionColumnParameter",
    &[
        many(1, "convolution_param", Of(&CONVOLUTION_PARAMETER)),
        one(2, "pooling_param", Of(&POOLING_PARAMETER)),
        one(3, "column_name", Text),
    ],
);

pub(in crate::caffe) static INCEPTION_PARAMETER: Message = message(
    "InceptionParameter",
    &[
        one(1, "relu_param", Of(&RE_LUPARAMETER)),
        one(2, "weight_filler", Of(&FILLER_PARAMETER)),
        one(3, "bias_filler", Of(&FILLER_PARAMETER)),
        one(5, "need_relu", Int),
        one(6, "relu_at_top", Int),
        many(7, "inception_column", Of(&INCEPTION_COLUMN_PARAMETER)),
    ],
);

pub(in crate::caffe) static SPPPARAMETER: Message =
    message("SPPParameter", &[one(1, "pyramid_height", Int), one(2, "pool", Int), one(6, "engine", Int)]);

pub(in crate::caffe) static V1_LAYER_PARAMETER: Message = message(
    "V1LayerParameter",
    &[
        one(1, "layer", Of(&V0_LAYER_PARAMETER)),
        many(2, "bottom", Text),
        many(3, "top", Text),
        one(4, "name", Text),
        one(
            5,
            "type",
            Enum(&[
                ("NONE", 0),
                ("ACCURACY", 1),
                ("BNLL", 2),
                ("CONCAT", 3),
                ("CONVOLUTION", 4),
                ("DATA", 5),
                ("DROPOUT", 6),
                ("EUCLIDEAN_LOSS", 7),
                ("FLATTEN", 8),
                ("HDF5_DATA", 9),
                ("HDF5_OUTPUT", 10),
                ("IM2COL", 11),
                ("IMAGE_DATA", 12),
                ("INFOGAIN_LOSS", 13),
                ("INNER_PRODUCT", 14),
                ("LRN", 15),
                ("MULTINOMIAL_LOGISTIC_LOSS", 16),
                ("POOLING", 17),
                ("RELU", 18),
                ("SIGMOID", 19),
                ("SOFTMAX", 20),
                ("SOFTMAX_LOSS", 21),
                ("SPLIT", 22),
                ("TANH", 23),
                ("WINDOW_DATA", 24),
                ("ELTWISE", 25),
                ("POWER", 26),
                ("SIGMOID_CROSS_ENTROPY_LOSS", 27),
                ("HINGE_LOSS", 28),
                ("MEMORY_DATA", 29),
                ("ARGMAX", 30),
                ("THRESHOLD", 31),
                ("DUMMY_DATA", 32),
                ("SLICE", 33),
                ("MVN", 34),
                ("ABSVAL", 35),
                ("SILENCE", 36),
                ("CONTRASTIVE_LOSS", 37),
                ("EXP", 38),
                ("DECONVOLUTION", 39),
            ]),
        ),
        many(6, "blobs", Of(&BLOB_PROTO)),
        many(7, "blobs_lr", Fixed32),
        many(8, "weight_decay", Fixed32),
        one(9, "concat_param", Of(&CONCAT_PARAMETER)),
        one(10, "convolution_param", Of(&CONVOLUTION_PARAMETER)),
        one(11, "data_param", Of(&DATA_PARAMETER)),
        one(12, "dropout_param", Of(&DROPOUT_PARAMETER)),
        one(13, "hdf5_data_param", Of(&HDF5_DATA_PARAMETER)),
        one(14, "hdf5_output_param", Of(&HDF5_OUTPUT_PARAMETER)),
        one(15, "image_data_param", Of(&IMAGE_DATA_PARAMETER)),
        one(16, "infogain_loss_param", Of(&INFOGAIN_LOSS_PARAMETER)),
        one(17, "inner_product_param", Of(&INNER_PRODUCT_PARAMETER)),
        one(18, "lrn_param", Of(&LRNPARAMETER)),
        one(19, "pooling_param", Of(&POOLING_PARAMETER)),
        one(20, "window_data_param", Of(&WINDOW_DATA_PARAMETER)),
        one(21, "power_param", Of(&POWER_PARAMETER)),
        one(22, "memory_data_param", Of(&MEMORY_DATA_PARAMETER)),
        one(23, "argmax_param", Of(&ARG_MAX_PARAMETER)),
        one(24, "eltwise_param", Of(&ELTWISE_PARAMETER)),
        one(25, "threshold_param", Of(&THRESHOLD_PARAMETER)),
        one(26, "dummy_data_param", Of(&DUMMY_DATA_PARAMETER)),
        one(27, "accuracy_param", Of(&ACCURACY_PARAMETER)),
        one(29, "hinge_loss_param", Of(&HINGE_LOSS_PARAMETER)),
        one(30, "relu_param", Of(&RE_LUPARAMETER)),
        one(31, "slice_param", Of(&SLICE_PARAMETER)),
        many(32, "include", Of(&NET_STATE_RULE)),
        many(33, "exclude", Of(&NET_STATE_RULE)),
        one(34, "mvn_param", Of(&MVNPARAMETER)),
        many(35, "loss_weight", Fixed32),
        one(36, "transform_param", Of(&TRANSFORMATION_PARAMETER)),
        one(37, "tanh_param", Of(&TAN_HPARAMETER)),
        one(38, "sigmoid_param", Of(&SIGMOID_PARAMETER)),
        one(39, "softmax_param", Of(&SOFTMAX_PARAMETER)),
        one(40, "contrastive_loss_param", Of(&CONTRASTIVE_LOSS_PARAMETER)),
        one(41, "exp_param", Of(&EXP_PARAMETER)),
        one(42, "loss_param", Of(&LOSS_PARAMETER)),
        many(139, "batch_norm_param", Of(&BATCH_NORM_PARAMETER)),
        many(211, "bn_param", Of(&BNPARAMETER)),
        many(1001, "param", Text),
        many(1002, "blob_share_mode", Int),
    ],
);

pub(in crate::caffe) static V0_LAYER_PARAMETER: Message = message(
    "V0LayerParameter",
    &[
        one(1, "name", Text),
        one(2, "type", Text),
        one(3, "num_output", Int),
        one(4, "biasterm", Int),
        one(5, "weight_filler", Of(&FILLER_PARAMETER)),
        one(6, "bias_filler", Of(&FILLER_PARAMETER)),
        one(7, "pad", Int),
        one(8, "kernelsize", Int),
        one(9, "group", Int),
        one(10, "stride", Int),
        one(11, "pool", Int),
        one(12, "dropout_ratio", Fixed32),
        one(13, "local_size", Int),
        one(14, "alpha", Fixed32),
        one(15, "beta", Fixed32),
        one(16, "source", Text),
        one(17, "scale", Fixed32),
        one(18, "meanfile", Text),
        one(19, "batchsize", Int),
        one(20, "cropsize", Int),
        one(21, "mirror", Int),
        one(22, "k", Fixed32),
        many(50, "blobs", Of(&BLOB_PROTO)),
        many(51, "blobs_lr", Fixed32),
        many(52, "weight_decay", Fixed32),
        one(53, "rand_skip", Int),
        one(54, "det_fg_threshold", Fixed32),
        one(55, "det_bg_threshold", Fixed32),
        one(56, "det_fg_fraction", Fixed32),
        one(58, "det_context_pad", Int),
        one(59, "det_crop_mode", Text),
        one(60, "new_num", Int),
        one(61, "new_channels", Int),
        one(62, "new_height", Int),
        one(63, "new_width", Int),
        one(64, "shuffle_images", Int),
        one(65, "concat_dim", Int),
        many(1001, "hdf5_output_param", Of(&HDF5_OUTPUT_PARAMETER)),
    ],
);

pub(in crate::caffe) static PRE_LUPARAMETER: Message =
    message("PReLUParameter", &[one(1, "filler", Of(&FILLER_PARAMETER)), one(2, "channel_shared", Int)]);

pub(in crate::caffe) static RESIZE_PARAMETER: Message = message(
    "ResizeParameter",
    &[
        one(1, "height", Int),
        one(2, "width", Int),
        one(3, "is_pyramid_test", Int),
        one(4, "out_height_scale", Fixed32),
        one(5, "out_width_scale", Fixed32),
    ],
);

pub(in crate::caffe) static UPSAMPLE_PARAMETER: Message =
    message("UpsampleParameter", &[one(1, "scale", Int), one(2, "dims_num", Int)]);

pub(in crate::caffe) static HARD_SIGMOID_PARAMETER: Message =
    message("HardSigmoidParameter", &[one(1, "alpha", Fixed32), one(2, "beta", Fixed32)]);

pub(in crate::caffe) static UNSQUEEZE_PARAMETER: Message =
    message("UnsqueezeParameter", &[one(1, "dim", Int)]);

pub(in crate::caffe) static RE_LU6_PARAMETER: Message =
    message("ReLU6Parameter", &[one(1, "negative_slope", Fixed32), one(2, "threshold", Fixed32)]);

pub(in crate::caffe) static PAD_PARAMETER: Message = message(
    "PadParameter",
    &[
        one(1, "pad_type", Int),
        one(2, "pad_u", Int),
        one(3, "pad_d", Int),
        one(4, "pad_l", Int),
        one(5, "pad_r", Int),
        one(6, "pad_value", Fixed32),
    ],
);

pub(in crate::caffe) static BILINEAR_INTERPOLATE_PARAMETER: Message = message(
    "BilinearInterpolateParameter",
    &[
        one(1, "dst_h", Int),
        one(2, "dst_w", Int),
        one(3, "scale_factor", Fixed32),
        one(4, "align_corners", Int),
    ],
);

pub(in crate::caffe) static MAX_UN_POOL_PARAMETER: Message =
    message("MaxUnPoolParameter", &[one(1, "dst_h", Int), one(2, "dst_w", Int)]);

pub(in crate::caffe) static PIXEL_SHUFFLE_PARAMETER: Message =
    message("PixelShuffleParameter", &[one(1, "upscale_factor", Int)]);
