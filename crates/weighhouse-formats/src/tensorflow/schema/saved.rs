//! What stands around graphs: signatures, objects, checkpoints, and what Keras notes beside them.

use super::graph::{ANY, GRAPH, NAME_ENTRY, OP_LIST, SHAPE, TENSOR, VERSION};
use super::message;
use crate::protobuf::Kind::{Bytes, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, one};

pub(in crate::tensorflow) static SAVED_MODEL: Message = message(
    "SavedModel",
    &[one(1, "saved_model_schema_version", Int), many(2, "meta_graphs", Of(&META_GRAPH))],
);

pub(in crate::tensorflow) static META_GRAPH: Message = message(
    "MetaGraphDef",
    &[
        one(1, "meta_info_def", Of(&META_INFO_DEF)),
        one(2, "graph_def", Of(&GRAPH)),
        one(3, "saver_def", Of(&SAVER_DEF)),
        many(4, "collection_def", Of(&COLLECTION_DEF_ENTRY)),
        many(5, "signature_def", Of(&SIGNATURE_DEF_ENTRY)),
        many(6, "asset_file_def", Of(&ASSET_FILE_DEF)),
        one(7, "object_graph_def", Of(&SAVED_OBJECT_GRAPH)),
    ],
);

pub(in crate::tensorflow) static META_INFO_DEF: Message = message(
    "MetaInfoDef",
    &[
        one(1, "meta_graph_version", Text),
        one(2, "stripped_op_list", Of(&OP_LIST)),
        one(3, "any_info", Of(&ANY)),
        many(4, "tags", Text),
        one(5, "tensorflow_version", Text),
        one(6, "tensorflow_git_version", Text),
        one(7, "stripped_default_attrs", Int),
        many(8, "function_aliases", Of(&NAME_ENTRY)),
    ],
);

pub(in crate::tensorflow) static SAVER_DEF: Message = message(
    "SaverDef",
    &[
        one(1, "filename_tensor_name", Text),
        one(2, "save_tensor_name", Text),
        one(3, "restore_op_name", Text),
        one(4, "max_to_keep", Int),
        one(5, "sharded", Int),
        one(6, "keep_checkpoint_every_n_hours", Fixed32),
        one(7, "version", Int),
    ],
);

pub(in crate::tensorflow) static COLLECTION_DEF_ENTRY: Message =
    message("CollectionDefEntry", &[one(1, "key", Text), one(2, "value", Of(&COLLECTION_DEF))]);

pub(in crate::tensorflow) static COLLECTION_DEF: Message = message(
    "CollectionDef",
    &[
        choice(1, "node_list", Of(&NODE_LIST)),
        choice(2, "bytes_list", Of(&BYTES_LIST)),
        choice(3, "int64_list", Of(&INT64_LIST)),
        choice(4, "float_list", Of(&FLOAT_LIST)),
        choice(5, "any_list", Of(&ANY_LIST)),
    ],
);

pub(in crate::tensorflow) static NODE_LIST: Message = message("NodeList", &[many(1, "value", Text)]);

pub(in crate::tensorflow) static BYTES_LIST: Message = message("BytesList", &[many(1, "value", Bytes)]);

pub(in crate::tensorflow) static INT64_LIST: Message = message("Int64List", &[many(1, "value", Int)]);

pub(in crate::tensorflow) static FLOAT_LIST: Message = message("FloatList", &[many(1, "value", Fixed32)]);

pub(in crate::tensorflow) static ANY_LIST: Message = message("AnyList", &[many(1, "value", Of(&ANY))]);

pub(in crate::tensorflow) static SIGNATURE_DEF_ENTRY: Message =
    message("SignatureDefEntry", &[one(1, "key", Text), one(2, "value", Of(&SIGNATURE_DEF))]);

pub(in crate::tensorflow) static SIGNATURE_DEF: Message = message(
    "SignatureDef",
    &[
        many(1, "inputs", Of(&INPUTS_ENTRY)),
        many(2, "outputs", Of(&INPUTS_ENTRY)),
        one(3, "method_name", Text),
        many(4, "defaults", Of(&DEFAULTS_ENTRY)),
    ],
);

pub(in crate::tensorflow) static INPUTS_ENTRY: Message =
    message("InputsEntry", &[one(1, "key", Text), one(2, "value", Of(&TENSOR_INFO))]);

pub(in crate::tensorflow) static TENSOR_INFO: Message = message(
    "TensorInfo",
    &[
        choice(1, "name", Text),
        one(2, "dtype", Int),
        one(3, "tensor_shape", Of(&SHAPE)),
        choice(4, "coo_sparse", Of(&COO_SPARSE)),
        choice(5, "composite_tensor", Of(&COMPOSITE_TENSOR)),
    ],
);

pub(in crate::tensorflow) static COO_SPARSE: Message = message(
    "CooSparse",
    &[
        one(1, "values_tensor_name", Text),
        one(2, "indices_tensor_name", Text),
        one(3, "dense_shape_tensor_name", Text),
    ],
);

pub(in crate::tensorflow) static COMPOSITE_TENSOR: Message = message(
    "CompositeTensor",
    &[one(1, "type_spec", Of(&TYPE_SPEC)), many(2, "components", Of(&TENSOR_INFO))],
);

pub(in crate::tensorflow) static TYPE_SPEC: Message = message(
    "TypeSpecProto",
    &[
        one(1, "type_spec_class", Int),
        one(2, "type_state", Of(&STRUCTURED_VALUE)),
        one(3, "type_spec_class_name", Text),
        one(4, "num_flat_components", Int),
    ],
);

pub(in crate::tensorflow) static STRUCTURED_VALUE: Message = message(
    "StructuredValue",
    &[
        choice(1, "none_value", Of(&NONE_VALUE)),
        choice(11, "float64_value", Fixed64),
        choice(12, "int64_value", Int),
        choice(13, "string_value", Text),
        choice(14, "bool_value", Int),
        choice(31, "tensor_shape_value", Of(&SHAPE)),
        choice(32, "tensor_dtype_value", Int),
        choice(33, "tensor_spec_value", Of(&TENSOR_SPEC)),
        choice(34, "type_spec_value", Of(&TYPE_SPEC)),
        choice(35, "bounded_tensor_spec_value", Of(&BOUNDED_TENSOR_SPEC)),
        choice(51, "list_value", Of(&STRUCTURED_LIST)),
        choice(52, "tuple_value", Of(&TUPLE_VALUE)),
        choice(53, "dict_value", Of(&DICT_VALUE)),
        choice(54, "named_tuple_value", Of(&NAMED_TUPLE_VALUE)),
        choice(55, "tensor_value", Of(&TENSOR)),
        choice(56, "numpy_value", Of(&TENSOR)),
    ],
);

pub(in crate::tensorflow) static NONE_VALUE: Message = message("NoneValue", &[]);

pub(in crate::tensorflow) static TENSOR_SPEC: Message =
    message("TensorSpecProto", &[one(1, "name", Text), one(2, "shape", Of(&SHAPE)), one(3, "dtype", Int)]);

pub(in crate::tensorflow) static BOUNDED_TENSOR_SPEC: Message = message(
    "BoundedTensorSpecProto",
    &[
        one(1, "name", Text),
        one(2, "shape", Of(&SHAPE)),
        one(3, "dtype", Int),
        one(4, "minimum", Of(&TENSOR)),
        one(5, "maximum", Of(&TENSOR)),
    ],
);

pub(in crate::tensorflow) static STRUCTURED_LIST: Message =
    message("StructuredList", &[many(1, "values", Of(&STRUCTURED_VALUE))]);

pub(in crate::tensorflow) static TUPLE_VALUE: Message =
    message("TupleValue", &[many(1, "values", Of(&STRUCTURED_VALUE))]);

pub(in crate::tensorflow) static DICT_VALUE: Message =
    message("DictValue", &[many(1, "fields", Of(&FIELDS_ENTRY))]);

pub(in crate::tensorflow) static FIELDS_ENTRY: Message =
    message("FieldsEntry", &[one(1, "key", Text), one(2, "value", Of(&STRUCTURED_VALUE))]);

pub(in crate::tensorflow) static NAMED_TUPLE_VALUE: Message =
    message("NamedTupleValue", &[one(1, "name", Text), many(2, "values", Of(&PAIR_VALUE))]);

pub(in crate::tensorflow) static PAIR_VALUE: Message =
    message("PairValue", &[one(1, "key", Text), one(2, "value", Of(&STRUCTURED_VALUE))]);

pub(in crate::tensorflow) static DEFAULTS_ENTRY: Message =
    message("DefaultsEntry", &[one(1, "key", Text), one(2, "value", Of(&TENSOR))]);

pub(in crate::tensorflow) static ASSET_FILE_DEF: Message =
    message("AssetFileDef", &[one(1, "tensor_info", Of(&TENSOR_INFO)), one(2, "filename", Text)]);

pub(in crate::tensorflow) static SAVED_OBJECT_GRAPH: Message = message(
    "SavedObjectGraph",
    &[many(1, "nodes", Of(&SAVED_OBJECT)), many(2, "concrete_functions", Of(&CONCRETE_FUNCTIONS_ENTRY))],
);

pub(in crate::tensorflow) static SAVED_OBJECT: Message = message(
    "SavedObject",
    &[
        many(1, "children", Of(&OBJECT_REFERENCE)),
        many(3, "slot_variables", Of(&SLOT_VARIABLE_REFERENCE)),
        choice(4, "user_object", Of(&SAVED_USER_OBJECT)),
        choice(5, "asset", Of(&SAVED_ASSET)),
        choice(6, "function", Of(&SAVED_FUNCTION)),
        choice(7, "variable", Of(&SAVED_VARIABLE)),
        choice(8, "bare_concrete_function", Of(&SAVED_BARE_CONCRETE_FUNCTION)),
        choice(9, "constant", Of(&SAVED_CONSTANT)),
        choice(10, "resource", Of(&SAVED_RESOURCE)),
        many(11, "saveable_objects", Of(&SAVEABLE_OBJECTS_ENTRY)),
        choice(12, "captured_tensor", Of(&CAPTURED_TENSOR)),
        one(13, "registered_name", Text),
        one(14, "serialized_user_proto", Of(&ANY)),
        many(15, "dependencies", Of(&OBJECT_REFERENCE)),
        one(16, "registered_saver", Text),
    ],
);

pub(in crate::tensorflow) static OBJECT_REFERENCE: Message =
    message("ObjectReference", &[one(1, "node_id", Int), one(2, "local_name", Text)]);

pub(in crate::tensorflow) static SLOT_VARIABLE_REFERENCE: Message = message(
    "SlotVariableReference",
    &[
        one(1, "original_variable_node_id", Int),
        one(2, "slot_name", Text),
        one(3, "slot_variable_node_id", Int),
    ],
);

pub(in crate::tensorflow) static SAVED_USER_OBJECT: Message = message(
    "SavedUserObject",
    &[one(1, "identifier", Text), one(2, "version", Of(&VERSION)), one(3, "metadata", Text)],
);

pub(in crate::tensorflow) static SAVED_ASSET: Message =
    message("SavedAsset", &[one(1, "asset_file_def_index", Int)]);

pub(in crate::tensorflow) static SAVED_FUNCTION: Message = message(
    "SavedFunction",
    &[many(1, "concrete_functions", Text), one(2, "function_spec", Of(&FUNCTION_SPEC))],
);

pub(in crate::tensorflow) static FUNCTION_SPEC: Message = message(
    "FunctionSpec",
    &[
        one(1, "fullargspec", Of(&STRUCTURED_VALUE)),
        one(2, "is_method", Int),
        one(5, "input_signature", Of(&STRUCTURED_VALUE)),
        one(6, "jit_compile", Int),
    ],
);

pub(in crate::tensorflow) static SAVED_VARIABLE: Message = message(
    "SavedVariable",
    &[
        one(1, "dtype", Int),
        one(2, "shape", Of(&SHAPE)),
        one(3, "trainable", Int),
        one(4, "synchronization", Int),
        one(5, "aggregation", Int),
        one(6, "name", Text),
        one(7, "device", Text),
        many(8, "experimental_distributed_variable_components", Of(&SAVED_VARIABLE)),
    ],
);

pub(in crate::tensorflow) static SAVED_BARE_CONCRETE_FUNCTION: Message = message(
    "SavedBareConcreteFunction",
    &[
        one(1, "concrete_function_name", Text),
        many(2, "argument_keywords", Text),
        one(3, "allowed_positional_arguments", Int),
        one(4, "function_spec", Of(&FUNCTION_SPEC)),
    ],
);

pub(in crate::tensorflow) static SAVED_CONSTANT: Message =
    message("SavedConstant", &[one(1, "operation", Text)]);

pub(in crate::tensorflow) static SAVED_RESOURCE: Message =
    message("SavedResource", &[one(1, "device", Text)]);

pub(in crate::tensorflow) static CAPTURED_TENSOR: Message =
    message("CapturedTensor", &[one(1, "name", Text), one(2, "concrete_function", Text)]);

pub(in crate::tensorflow) static SAVEABLE_OBJECTS_ENTRY: Message =
    message("SaveableObjectsEntry", &[one(1, "key", Text), one(2, "value", Of(&SAVEABLE_OBJECT))]);

pub(in crate::tensorflow) static SAVEABLE_OBJECT: Message =
    message("SaveableObject", &[one(2, "save_function", Int), one(3, "restore_function", Int)]);

pub(in crate::tensorflow) static CONCRETE_FUNCTIONS_ENTRY: Message =
    message("ConcreteFunctionsEntry", &[one(1, "key", Text), one(2, "value", Of(&SAVED_CONCRETE_FUNCTION))]);

pub(in crate::tensorflow) static SAVED_CONCRETE_FUNCTION: Message = message(
    "SavedConcreteFunction",
    &[
        many(2, "bound_inputs", Int),
        one(3, "canonicalized_input_signature", Of(&STRUCTURED_VALUE)),
        one(4, "output_signature", Of(&STRUCTURED_VALUE)),
    ],
);

pub(in crate::tensorflow) static FINGERPRINT: Message = message(
    "FingerprintDef",
    &[
        one(1, "saved_model_checksum", Int),
        one(2, "graph_def_program_hash", Int),
        one(3, "signature_def_hash", Int),
        one(4, "saved_object_graph_hash", Int),
        one(5, "checkpoint_hash", Int),
        one(6, "version", Of(&VERSION)),
        one(7, "uuid", Text),
    ],
);

pub(in crate::tensorflow) static SAVED_METADATA: Message =
    message("SavedMetadata", &[many(1, "nodes", Of(&KERAS_OBJECT))]);

pub(in crate::tensorflow) static KERAS_OBJECT: Message = message(
    "KerasObject",
    &[
        one(2, "node_id", Int),
        one(3, "node_path", Text),
        one(4, "identifier", Text),
        one(5, "metadata", Text),
        one(6, "version", Of(&VERSION)),
    ],
);
pub(in crate::tensorflow) static BUNDLE_HEADER: Message = message(
    "BundleHeaderProto",
    &[one(1, "num_shards", Int), one(2, "endianness", Int), one(3, "version", Of(&VERSION))],
);

pub(in crate::tensorflow) static BUNDLE_ENTRY: Message = message(
    "BundleEntryProto",
    &[
        one(1, "dtype", Int),
        one(2, "shape", Of(&SHAPE)),
        one(3, "shard_id", Int),
        one(4, "offset", Int),
        one(5, "size", Int),
        one(6, "crc32c", Fixed32),
        many(7, "slices", Of(&TENSOR_SLICE)),
    ],
);

pub(in crate::tensorflow) static TENSOR_SLICE: Message =
    message("TensorSliceProto", &[many(1, "extent", Of(&EXTENT))]);

pub(in crate::tensorflow) static EXTENT: Message =
    message("Extent", &[one(1, "start", Int), one(2, "length", Int)]);

pub(in crate::tensorflow) static CHECKPOINT_STATE: Message = message(
    "CheckpointState",
    &[
        one(1, "model_checkpoint_path", Text),
        many(2, "all_model_checkpoint_paths", Text),
        many(3, "all_model_checkpoint_timestamps", Fixed64),
        one(4, "last_preserved_timestamp", Fixed64),
    ],
);
