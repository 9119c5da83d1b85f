//! Messages of Caffe2, as its `caffe2.proto` describes them.

use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

static DEVICE: Message = message(
    "DeviceOption",
    &[
        one(1, "device_type", Int),
        one(2, "device_id", Int),
        one(3, "random_seed", Int),
        one(4, "node_name", Text),
        one(5, "numa_node_id", Int),
        many(6, "extra_info", Text),
    ],
);

static SEGMENT: Message = message("Segment", &[one(1, "begin", Int), one(2, "end", Int)]);

static TENSOR: Message = message(
    "TensorProto",
    &[
        many(1, "dims", Int),
        one(2, "data_type", Int),
        many(3, "float_data", Fixed32),
        many(4, "int32_data", Int),
        one(5, "byte_data", Bytes),
        many(6, "string_data", Bytes),
        one(7, "name", Text),
        one(8, "device_detail", Of(&DEVICE)),
        many(9, "double_data", Fixed64),
        many(10, "int64_data", Int),
        one(11, "segment", Of(&SEGMENT)),
        one(13, "raw_data", Bytes),
        one(15, "data_format", Int),
    ],
);

static QUANTIZED: Message = message(
    "QTensorProto",
    &[
        many(1, "dims", Int),
        one(2, "precision", Int),
        one(3, "scale", Fixed64),
        one(4, "bias", Fixed64),
        one(5, "is_signed", Int),
        many(6, "data", Int),
        one(7, "name", Text),
        one(8, "data_type", Int),
        many(9, "scales", Fixed64),
        many(10, "biases", Fixed64),
        one(11, "axis", Int),
        one(12, "is_multiparam", Int),
    ],
);

pub(super) static ARGUMENT: Message = message(
    "Argument",
    &[
        one(1, "name", Text),
        one(2, "f", Fixed32),
        one(3, "i", Int),
        one(4, "s", Bytes),
        many(5, "floats", Fixed32),
        many(6, "ints", Int),
        many(7, "strings", Bytes),
        one(8, "n", Of(&NET)),
        many(9, "nets", Of(&NET)),
        one(10, "t", Of(&TENSOR)),
        many(11, "tensors", Of(&TENSOR)),
        many(12, "qtensors", Of(&QUANTIZED)),
    ],
);

pub(super) static OPERATOR: Message = message(
    "OperatorDef",
    &[
        many(1, "input", Text),
        many(2, "output", Text),
        one(3, "name", Text),
        one(4, "type", Text),
        many(5, "arg", Of(&ARGUMENT)),
        one(6, "device_option", Of(&DEVICE)),
        one(7, "engine", Text),
        many(8, "control_input", Text),
        one(9, "is_gradient_op", Int),
        one(10, "debug_info", Text),
        one(11, "domain", Text),
        one(12, "op_version", Int),
    ],
);

static OPTION: Message = message("MapFieldEntry", &[one(1, "key", Text), one(2, "val", Text)]);

static BACKEND: Message =
    message("BackendOptions", &[one(1, "backend_name", Text), many(2, "option", Of(&OPTION))]);

static PARTITION: Message = message(
    "PartitionInfo",
    &[
        one(1, "name", Text),
        many(2, "device_id", Int),
        one(3, "extra_info", Text),
        many(4, "backend_options", Of(&BACKEND)),
    ],
);

pub(super) static NET: Message = message(
    "NetDef",
    &[
        one(1, "name", Text),
        many(2, "op", Of(&OPERATOR)),
        one(3, "type", Text),
        one(4, "num_workers", Int),
        one(5, "device_option", Of(&DEVICE)),
        many(6, "arg", Of(&ARGUMENT)),
        many(7, "external_input", Text),
        many(8, "external_output", Text),
        many(9, "partition_info", Of(&PARTITION)),
    ],
);
