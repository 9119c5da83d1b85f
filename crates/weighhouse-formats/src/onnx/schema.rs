//! The messages of ONNX, as `onnx-ml.proto` describes them up to IR version 14. Field numbers that it reserves are unknown here,
//! but for two of functions that early writers filled.

use crate::protobuf::Kind::{Bytes, Enum, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Field, Message, choice, many, one};

const fn message(name: &'static str, fields: &'static [Field]) -> Message {
    Message { name, fields }
}

pub(super) static MODEL: Message = message(
    "ModelProto",
    &[
        one(1, "ir_version", Int),
        one(2, "producer_name", Text),
        one(3, "producer_version", Text),
        one(4, "domain", Text),
        one(5, "model_version", Int),
        one(6, "doc_string", Text),
        one(7, "graph", Of(&GRAPH)),
        many(8, "opset_import", Of(&IMPORT)),
        many(14, "metadata_props", Of(&ENTRY)),
        many(20, "training_info", Of(&TRAINING)),
        many(25, "functions", Of(&FUNCTION)),
        many(26, "configuration", Of(&DEVICES)),
    ],
);

pub(super) static GRAPH: Message = message(
    "GraphProto",
    &[
        many(1, "node", Of(&NODE)),
        one(2, "name", Text),
        many(5, "initializer", Of(&TENSOR)),
        one(10, "doc_string", Text),
        many(11, "input", Of(&VALUE)),
        many(12, "output", Of(&VALUE)),
        many(13, "value_info", Of(&VALUE)),
        many(14, "quantization_annotation", Of(&ANNOTATION)),
        many(15, "sparse_initializer", Of(&SPARSE)),
        many(16, "metadata_props", Of(&ENTRY)),
    ],
);

pub(super) static NODE: Message = message(
    "NodeProto",
    &[
        many(1, "input", Text),
        many(2, "output", Text),
        one(3, "name", Text),
        one(4, "op_type", Text),
        many(5, "attribute", Of(&ATTRIBUTE)),
        one(6, "doc_string", Text),
        one(7, "domain", Text),
        one(8, "overload", Text),
        many(9, "metadata_props", Of(&ENTRY)),
        many(10, "device_configurations", Of(&NODE_DEVICE)),
    ],
);

static ATTRIBUTE_TYPES: [(&str, u64); 15] = [
    ("UNDEFINED", 0),
    ("FLOAT", 1),
    ("INT", 2),
    ("STRING", 3),
    ("TENSOR", 4),
    ("GRAPH", 5),
    ("FLOATS", 6),
    ("INTS", 7),
    ("STRINGS", 8),
    ("TENSORS", 9),
    ("GRAPHS", 10),
    ("SPARSE_TENSOR", 11),
    ("SPARSE_TENSORS", 12),
    ("TYPE_PROTO", 13),
    ("TYPE_PROTOS", 14),
];

static ATTRIBUTE: Message = message(
    "AttributeProto",
    &[
        one(1, "name", Text),
        one(2, "f", Fixed32),
        one(3, "i", Int),
        one(4, "s", Bytes),
        one(5, "t", Of(&TENSOR)),
        one(6, "g", Of(&GRAPH)),
        many(7, "floats", Fixed32),
        many(8, "ints", Int),
        many(9, "strings", Bytes),
        many(10, "tensors", Of(&TENSOR)),
        many(11, "graphs", Of(&GRAPH)),
        one(13, "doc_string", Text),
        one(14, "tp", Of(&TYPE)),
        many(15, "type_protos", Of(&TYPE)),
        one(20, "type", Enum(&ATTRIBUTE_TYPES)),
        one(21, "ref_attr_name", Text),
        one(22, "sparse_tensor", Of(&SPARSE)),
        many(23, "sparse_tensors", Of(&SPARSE)),
    ],
);

static TENSOR: Message = message(
    "TensorProto",
    &[
        many(1, "dims", Int),
        one(2, "data_type", Int),
        one(3, "segment", Of(&SEGMENT)),
        many(4, "float_data", Fixed32),
        many(5, "int32_data", Int),
        many(6, "string_data", Bytes),
        many(7, "int64_data", Int),
        one(8, "name", Text),
        one(9, "raw_data", Bytes),
        many(10, "double_data", Fixed64),
        many(11, "uint64_data", Int),
        one(12, "doc_string", Text),
        many(13, "external_data", Of(&ENTRY)),
        one(14, "data_location", Enum(&[("DEFAULT", 0), ("EXTERNAL", 1)])),
        many(16, "metadata_props", Of(&ENTRY)),
    ],
);

static SEGMENT: Message = message("Segment", &[one(1, "begin", Int), one(2, "end", Int)]);

static SPARSE: Message = message(
    "SparseTensorProto",
    &[one(1, "values", Of(&TENSOR)), one(2, "indices", Of(&TENSOR)), many(3, "dims", Int)],
);

static VALUE: Message = message(
    "ValueInfoProto",
    &[
        one(1, "name", Text),
        one(2, "type", Of(&TYPE)),
        one(3, "doc_string", Text),
        many(4, "metadata_props", Of(&ENTRY)),
    ],
);

static TYPE: Message = message(
    "TypeProto",
    &[
        choice(1, "tensor_type", Of(&TENSOR_TYPE)),
        choice(4, "sequence_type", Of(&ELEMENT)),
        choice(5, "map_type", Of(&MAP)),
        one(6, "denotation", Text),
        choice(7, "opaque_type", Of(&OPAQUE)),
        choice(8, "sparse_tensor_type", Of(&TENSOR_TYPE)),
        choice(9, "optional_type", Of(&ELEMENT)),
    ],
);

static TENSOR_TYPE: Message =
    message("TypeProto.Tensor", &[one(1, "elem_type", Int), one(2, "shape", Of(&SHAPE))]);

static ELEMENT: Message = message("TypeProto.Sequence", &[one(1, "elem_type", Of(&TYPE))]);

static MAP: Message = message("TypeProto.Map", &[one(1, "key_type", Int), one(2, "value_type", Of(&TYPE))]);

static OPAQUE: Message = message("TypeProto.Opaque", &[one(1, "domain", Text), one(2, "name", Text)]);

static SHAPE: Message = message("TensorShapeProto", &[many(1, "dim", Of(&DIMENSION))]);

static DIMENSION: Message = message(
    "TensorShapeProto.Dimension",
    &[choice(1, "dim_value", Int), choice(2, "dim_param", Text), one(3, "denotation", Text)],
);

static ENTRY: Message = message("StringStringEntryProto", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static IMPORT: Message =
    message("OperatorSetIdProto", &[one(1, "domain", Text), one(2, "version", Int)]);

static ANNOTATION: Message = message(
    "TensorAnnotation",
    &[one(1, "tensor_name", Text), many(2, "quant_parameter_tensor_names", Of(&ENTRY))],
);

static TRAINING: Message = message(
    "TrainingInfoProto",
    &[
        one(1, "initialization", Of(&GRAPH)),
        one(2, "algorithm", Of(&GRAPH)),
        many(3, "initialization_binding", Of(&ENTRY)),
        many(4, "update_binding", Of(&ENTRY)),
    ],
);

pub(super) static FUNCTION: Message = message(
    "FunctionProto",
    &[
        one(1, "name", Text),
        // Before IR version 9.
        one(2, "since_version", Int),
        one(3, "status", Int),
        many(4, "input", Text),
        many(5, "output", Text),
        many(6, "attribute", Text),
        many(7, "node", Of(&NODE)),
        one(8, "doc_string", Text),
        many(9, "opset_import", Of(&IMPORT)),
        one(10, "domain", Text),
        many(11, "attribute_proto", Of(&ATTRIBUTE)),
        many(12, "value_info", Of(&VALUE)),
        one(13, "overload", Text),
        many(14, "metadata_props", Of(&ENTRY)),
    ],
);

static DEVICES: Message = message(
    "DeviceConfigurationProto",
    &[one(1, "name", Text), one(2, "num_devices", Int), many(3, "device", Text)],
);

static NODE_DEVICE: Message = message(
    "NodeDeviceConfigurationProto",
    &[
        one(1, "configuration_id", Text),
        many(2, "sharding_spec", Of(&SHARDING)),
        one(3, "pipeline_stage", Int),
    ],
);

static SHARDING: Message = message(
    "ShardingSpecProto",
    &[
        one(1, "tensor_name", Text),
        many(2, "device", Int),
        many(3, "index_to_device_group_map", Of(&GROUP)),
        many(4, "sharded_dim", Of(&SHARDED)),
    ],
);

static GROUP: Message = message("IntIntListEntryProto", &[one(1, "key", Int), many(2, "value", Int)]);

static SHARDED: Message =
    message("ShardedDimProto", &[one(1, "axis", Int), many(2, "simple_sharding", Of(&SIMPLE))]);

static SIMPLE: Message = message(
    "SimpleShardedDimProto",
    &[choice(1, "dim_value", Int), choice(2, "dim_param", Text), one(3, "num_shards", Int)],
);
