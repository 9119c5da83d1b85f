//! Messages of triton. Written by `tools/knowledge/protobuf_schema.py`.

use crate::protobuf::Kind::{Enum, Fixed32, Fixed64, Int, Message as Of, Text};
use crate::protobuf::{Message, choice, many, message, one};

pub(super) static MODEL_RATE_LIMITER: Message = message(
    "ModelRateLimiter",
    &[many(1, "resources", Of(&MODEL_RATE_LIMITER_RESOURCE)), one(2, "priority", Int)],
);

pub(super) static MODEL_RATE_LIMITER_RESOURCE: Message = message(
    "ModelRateLimiter.Resource",
    &[one(1, "name", Text), one(2, "global", Int), one(3, "count", Int)],
);

pub(super) static MODEL_INSTANCE_GROUP: Message = message(
    "ModelInstanceGroup",
    &[
        one(1, "name", Text),
        one(2, "count", Int),
        many(3, "gpus", Int),
        one(4, "kind", Enum(&[("KIND_AUTO", 0), ("KIND_GPU", 1), ("KIND_CPU", 2), ("KIND_MODEL", 3)])),
        many(5, "profile", Text),
        one(6, "rate_limiter", Of(&MODEL_RATE_LIMITER)),
        one(7, "passive", Int),
        many(8, "secondary_devices", Of(&MODEL_INSTANCE_GROUP_SECONDARY_DEVICE)),
        one(9, "host_policy", Text),
    ],
);

pub(super) static MODEL_INSTANCE_GROUP_SECONDARY_DEVICE: Message = message(
    "ModelInstanceGroup.SecondaryDevice",
    &[one(1, "kind", Enum(&[("KIND_NVDLA", 0)])), one(2, "device_id", Int)],
);

pub(super) static MODEL_TENSOR_RESHAPE: Message = message("ModelTensorReshape", &[many(1, "shape", Int)]);

pub(super) static MODEL_INPUT: Message = message(
    "ModelInput",
    &[
        one(1, "name", Text),
        one(
            2,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        one(3, "format", Enum(&[("FORMAT_NONE", 0), ("FORMAT_NHWC", 1), ("FORMAT_NCHW", 2)])),
        many(4, "dims", Int),
        one(5, "reshape", Of(&MODEL_TENSOR_RESHAPE)),
        one(6, "is_shape_tensor", Int),
        one(7, "allow_ragged_batch", Int),
        one(8, "optional", Int),
        one(9, "is_non_linear_format_io", Int),
    ],
);

pub(super) static MODEL_OUTPUT: Message = message(
    "ModelOutput",
    &[
        one(1, "name", Text),
        one(
            2,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(3, "dims", Int),
        one(4, "label_filename", Text),
        one(5, "reshape", Of(&MODEL_TENSOR_RESHAPE)),
        one(6, "is_shape_tensor", Int),
        one(7, "is_non_linear_format_io", Int),
    ],
);

pub(super) static BATCH_INPUT: Message = message(
    "BatchInput",
    &[
        one(
            1,
            "kind",
            Enum(&[
                ("BATCH_ELEMENT_COUNT", 0),
                ("BATCH_ACCUMULATED_ELEMENT_COUNT", 1),
                ("BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO", 2),
                ("BATCH_MAX_ELEMENT_COUNT_AS_SHAPE", 3),
                ("BATCH_ITEM_SHAPE", 4),
                ("BATCH_ITEM_SHAPE_FLATTEN", 5),
            ]),
        ),
        many(2, "target_name", Text),
        one(
            3,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(4, "source_input", Text),
    ],
);

pub(super) static BATCH_OUTPUT: Message = message(
    "BatchOutput",
    &[
        many(1, "target_name", Text),
        one(2, "kind", Enum(&[("BATCH_SCATTER_WITH_INPUT_SHAPE", 0)])),
        many(3, "source_input", Text),
    ],
);

pub(super) static MODEL_VERSION_POLICY: Message = message(
    "ModelVersionPolicy",
    &[
        choice(1, "latest", Of(&MODEL_VERSION_POLICY_LATEST)),
        choice(2, "all", Of(&MODEL_VERSION_POLICY_ALL)),
        choice(3, "specific", Of(&MODEL_VERSION_POLICY_SPECIFIC)),
    ],
);

pub(super) static MODEL_VERSION_POLICY_LATEST: Message =
    message("ModelVersionPolicy.Latest", &[one(1, "num_versions", Int)]);

pub(super) static MODEL_VERSION_POLICY_ALL: Message = message("ModelVersionPolicy.All", &[]);

pub(super) static MODEL_VERSION_POLICY_SPECIFIC: Message =
    message("ModelVersionPolicy.Specific", &[many(1, "versions", Int)]);

pub(super) static MODEL_OPTIMIZATION_POLICY: Message = message(
    "ModelOptimizationPolicy",
    &[
        one(1, "graph", Of(&MODEL_OPTIMIZATION_POLICY_GRAPH)),
        one(2, "priority", Enum(&[("PRIORITY_DEFAULT", 0), ("PRIORITY_MAX", 1), ("PRIORITY_MIN", 2)])),
        one(3, "cuda", Of(&MODEL_OPTIMIZATION_POLICY_CUDA)),
        one(4, "execution_accelerators", Of(&MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS)),
        one(5, "input_pinned_memory", Of(&MODEL_OPTIMIZATION_POLICY_PINNED_MEMORY_BUFFER)),
        one(6, "output_pinned_memory", Of(&MODEL_OPTIMIZATION_POLICY_PINNED_MEMORY_BUFFER)),
        one(7, "gather_kernel_buffer_threshold", Int),
        one(8, "eager_batching", Int),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_GRAPH: Message =
    message("ModelOptimizationPolicy.Graph", &[one(1, "level", Int)]);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA: Message = message(
    "ModelOptimizationPolicy.Cuda",
    &[
        one(1, "graphs", Int),
        one(2, "busy_wait_events", Int),
        many(3, "graph_spec", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC)),
        one(4, "output_copy_stream", Int),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC: Message = message(
    "ModelOptimizationPolicy.Cuda.GraphSpec",
    &[
        one(1, "batch_size", Int),
        many(2, "input", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_INPUT_ENTRY)),
        one(3, "graph_lower_bound", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_LOWER_BOUND)),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_SHAPE: Message =
    message("ModelOptimizationPolicy.Cuda.GraphSpec.Shape", &[many(1, "dim", Int)]);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_LOWER_BOUND: Message = message(
    "ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound",
    &[
        one(1, "batch_size", Int),
        many(2, "input", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_LOWER_BOUND_INPUT_ENTRY)),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_LOWER_BOUND_INPUT_ENTRY: Message = message(
    "ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound.InputEntry",
    &[one(1, "key", Text), one(2, "value", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_SHAPE))],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_INPUT_ENTRY: Message = message(
    "ModelOptimizationPolicy.Cuda.GraphSpec.InputEntry",
    &[one(1, "key", Text), one(2, "value", Of(&MODEL_OPTIMIZATION_POLICY_CUDA_GRAPH_SPEC_SHAPE))],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS: Message = message(
    "ModelOptimizationPolicy.ExecutionAccelerators",
    &[
        many(
            1,
            "gpu_execution_accelerator",
            Of(&MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS_ACCELERATOR),
        ),
        many(
            2,
            "cpu_execution_accelerator",
            Of(&MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS_ACCELERATOR),
        ),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS_ACCELERATOR: Message = message(
    "ModelOptimizationPolicy.ExecutionAccelerators.Accelerator",
    &[
        one(1, "name", Text),
        many(
            2,
            "parameters",
            Of(&MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS_ACCELERATOR_PARAMETERS_ENTRY),
        ),
    ],
);

pub(super) static MODEL_OPTIMIZATION_POLICY_EXECUTION_ACCELERATORS_ACCELERATOR_PARAMETERS_ENTRY: Message =
    message(
        "ModelOptimizationPolicy.ExecutionAccelerators.Accelerator.ParametersEntry",
        &[one(1, "key", Text), one(2, "value", Text)],
    );

pub(super) static MODEL_OPTIMIZATION_POLICY_PINNED_MEMORY_BUFFER: Message =
    message("ModelOptimizationPolicy.PinnedMemoryBuffer", &[one(1, "enable", Int)]);

pub(super) static MODEL_QUEUE_POLICY: Message = message(
    "ModelQueuePolicy",
    &[
        one(1, "timeout_action", Enum(&[("REJECT", 0), ("DELAY", 1)])),
        one(2, "default_timeout_microseconds", Int),
        one(3, "allow_timeout_override", Int),
        one(4, "max_queue_size", Int),
    ],
);

pub(super) static MODEL_DYNAMIC_BATCHING: Message = message(
    "ModelDynamicBatching",
    &[
        many(1, "preferred_batch_size", Int),
        one(2, "max_queue_delay_microseconds", Int),
        one(3, "preserve_ordering", Int),
        one(4, "priority_levels", Int),
        one(5, "default_priority_level", Int),
        one(6, "default_queue_policy", Of(&MODEL_QUEUE_POLICY)),
        many(7, "priority_queue_policy", Of(&MODEL_DYNAMIC_BATCHING_PRIORITY_QUEUE_POLICY_ENTRY)),
    ],
);

pub(super) static MODEL_DYNAMIC_BATCHING_PRIORITY_QUEUE_POLICY_ENTRY: Message = message(
    "ModelDynamicBatching.PriorityQueuePolicyEntry",
    &[one(1, "key", Int), one(2, "value", Of(&MODEL_QUEUE_POLICY))],
);

pub(super) static MODEL_SEQUENCE_BATCHING: Message = message(
    "ModelSequenceBatching",
    &[
        one(1, "max_sequence_idle_microseconds", Int),
        many(2, "control_input", Of(&MODEL_SEQUENCE_BATCHING_CONTROL_INPUT)),
        choice(3, "direct", Of(&MODEL_SEQUENCE_BATCHING_STRATEGY_DIRECT)),
        choice(4, "oldest", Of(&MODEL_SEQUENCE_BATCHING_STRATEGY_OLDEST)),
        many(5, "state", Of(&MODEL_SEQUENCE_BATCHING_STATE)),
        one(6, "iterative_sequence", Int),
    ],
);

pub(super) static MODEL_SEQUENCE_BATCHING_CONTROL: Message = message(
    "ModelSequenceBatching.Control",
    &[
        one(
            1,
            "kind",
            Enum(&[
                ("CONTROL_SEQUENCE_START", 0),
                ("CONTROL_SEQUENCE_READY", 1),
                ("CONTROL_SEQUENCE_END", 2),
                ("CONTROL_SEQUENCE_CORRID", 3),
            ]),
        ),
        many(2, "int32_false_true", Int),
        many(3, "fp32_false_true", Fixed32),
        one(
            4,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(5, "bool_false_true", Int),
    ],
);

pub(super) static MODEL_SEQUENCE_BATCHING_CONTROL_INPUT: Message = message(
    "ModelSequenceBatching.ControlInput",
    &[one(1, "name", Text), many(2, "control", Of(&MODEL_SEQUENCE_BATCHING_CONTROL))],
);

pub(super) static MODEL_SEQUENCE_BATCHING_INITIAL_STATE: Message = message(
    "ModelSequenceBatching.InitialState",
    &[
        one(
            1,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(2, "dims", Int),
        choice(3, "zero_data", Int),
        choice(4, "data_file", Text),
        one(5, "name", Text),
    ],
);

pub(super) static MODEL_SEQUENCE_BATCHING_STATE: Message = message(
    "ModelSequenceBatching.State",
    &[
        one(1, "input_name", Text),
        one(2, "output_name", Text),
        one(
            3,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(4, "dims", Int),
        many(5, "initial_state", Of(&MODEL_SEQUENCE_BATCHING_INITIAL_STATE)),
        one(6, "use_same_buffer_for_input_output", Int),
        one(7, "use_growable_memory", Int),
    ],
);

pub(super) static MODEL_SEQUENCE_BATCHING_STRATEGY_DIRECT: Message = message(
    "ModelSequenceBatching.StrategyDirect",
    &[one(1, "max_queue_delay_microseconds", Int), one(2, "minimum_slot_utilization", Fixed32)],
);

pub(super) static MODEL_SEQUENCE_BATCHING_STRATEGY_OLDEST: Message = message(
    "ModelSequenceBatching.StrategyOldest",
    &[
        one(1, "max_candidate_sequences", Int),
        many(2, "preferred_batch_size", Int),
        one(3, "max_queue_delay_microseconds", Int),
        one(4, "preserve_ordering", Int),
    ],
);

pub(super) static MODEL_ENSEMBLING: Message = message(
    "ModelEnsembling",
    &[many(1, "step", Of(&MODEL_ENSEMBLING_STEP)), one(2, "max_inflight_requests", Int)],
);

pub(super) static MODEL_ENSEMBLING_STEP: Message = message(
    "ModelEnsembling.Step",
    &[
        one(1, "model_name", Text),
        one(2, "model_version", Int),
        many(3, "input_map", Of(&MODEL_ENSEMBLING_STEP_INPUT_MAP_ENTRY)),
        many(4, "output_map", Of(&MODEL_ENSEMBLING_STEP_OUTPUT_MAP_ENTRY)),
        one(5, "model_namespace", Text),
    ],
);

pub(super) static MODEL_ENSEMBLING_STEP_INPUT_MAP_ENTRY: Message =
    message("ModelEnsembling.Step.InputMapEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static MODEL_ENSEMBLING_STEP_OUTPUT_MAP_ENTRY: Message =
    message("ModelEnsembling.Step.OutputMapEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static MODEL_PARAMETER: Message = message("ModelParameter", &[one(1, "string_value", Text)]);

pub(super) static MODEL_WARMUP: Message = message(
    "ModelWarmup",
    &[
        one(1, "name", Text),
        one(2, "batch_size", Int),
        many(3, "inputs", Of(&MODEL_WARMUP_INPUTS_ENTRY)),
        one(4, "count", Int),
    ],
);

pub(super) static MODEL_WARMUP_INPUT: Message = message(
    "ModelWarmup.Input",
    &[
        one(
            1,
            "data_type",
            Enum(&[
                ("TYPE_INVALID", 0),
                ("TYPE_BOOL", 1),
                ("TYPE_UINT8", 2),
                ("TYPE_UINT16", 3),
                ("TYPE_UINT32", 4),
                ("TYPE_UINT64", 5),
                ("TYPE_INT8", 6),
                ("TYPE_INT16", 7),
                ("TYPE_INT32", 8),
                ("TYPE_INT64", 9),
                ("TYPE_FP16", 10),
                ("TYPE_FP32", 11),
                ("TYPE_FP64", 12),
                ("TYPE_STRING", 13),
                ("TYPE_BF16", 14),
            ]),
        ),
        many(2, "dims", Int),
        choice(3, "zero_data", Int),
        choice(4, "random_data", Int),
        choice(5, "input_data_file", Text),
    ],
);

pub(super) static MODEL_WARMUP_INPUTS_ENTRY: Message =
    message("ModelWarmup.InputsEntry", &[one(1, "key", Text), one(2, "value", Of(&MODEL_WARMUP_INPUT))]);

pub(super) static MODEL_OPERATIONS: Message =
    message("ModelOperations", &[many(1, "op_library_filename", Text)]);

pub(super) static MODEL_TRANSACTION_POLICY: Message =
    message("ModelTransactionPolicy", &[one(1, "decoupled", Int)]);

pub(super) static MODEL_REPOSITORY_AGENTS: Message =
    message("ModelRepositoryAgents", &[many(1, "agents", Of(&MODEL_REPOSITORY_AGENTS_AGENT))]);

pub(super) static MODEL_REPOSITORY_AGENTS_AGENT: Message = message(
    "ModelRepositoryAgents.Agent",
    &[one(1, "name", Text), many(2, "parameters", Of(&MODEL_REPOSITORY_AGENTS_AGENT_PARAMETERS_ENTRY))],
);

pub(super) static MODEL_REPOSITORY_AGENTS_AGENT_PARAMETERS_ENTRY: Message =
    message("ModelRepositoryAgents.Agent.ParametersEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static MODEL_RESPONSE_CACHE: Message = message("ModelResponseCache", &[one(1, "enable", Int)]);

pub(super) static MODEL_METRICS: Message =
    message("ModelMetrics", &[many(1, "metric_control", Of(&MODEL_METRICS_METRIC_CONTROL))]);

pub(super) static MODEL_METRICS_METRIC_CONTROL: Message = message(
    "ModelMetrics.MetricControl",
    &[
        one(1, "metric_identifier", Of(&MODEL_METRICS_METRIC_CONTROL_METRIC_IDENTIFIER)),
        one(2, "histogram_options", Of(&MODEL_METRICS_METRIC_CONTROL_HISTOGRAM_OPTIONS)),
    ],
);

pub(super) static MODEL_METRICS_METRIC_CONTROL_METRIC_IDENTIFIER: Message =
    message("ModelMetrics.MetricControl.MetricIdentifier", &[one(1, "family", Text)]);

pub(super) static MODEL_METRICS_METRIC_CONTROL_HISTOGRAM_OPTIONS: Message =
    message("ModelMetrics.MetricControl.HistogramOptions", &[many(1, "buckets", Fixed64)]);

pub(super) static MODEL_CONFIG: Message = message(
    "ModelConfig",
    &[
        one(1, "name", Text),
        one(2, "platform", Text),
        one(3, "version_policy", Of(&MODEL_VERSION_POLICY)),
        one(4, "max_batch_size", Int),
        many(5, "input", Of(&MODEL_INPUT)),
        many(6, "output", Of(&MODEL_OUTPUT)),
        many(7, "instance_group", Of(&MODEL_INSTANCE_GROUP)),
        one(8, "default_model_filename", Text),
        many(9, "cc_model_filenames", Of(&MODEL_CONFIG_CC_MODEL_FILENAMES_ENTRY)),
        many(10, "metric_tags", Of(&MODEL_CONFIG_METRIC_TAGS_ENTRY)),
        choice(11, "dynamic_batching", Of(&MODEL_DYNAMIC_BATCHING)),
        one(12, "optimization", Of(&MODEL_OPTIMIZATION_POLICY)),
        choice(13, "sequence_batching", Of(&MODEL_SEQUENCE_BATCHING)),
        many(14, "parameters", Of(&MODEL_CONFIG_PARAMETERS_ENTRY)),
        choice(15, "ensemble_scheduling", Of(&MODEL_ENSEMBLING)),
        many(16, "model_warmup", Of(&MODEL_WARMUP)),
        one(17, "backend", Text),
        one(18, "model_operations", Of(&MODEL_OPERATIONS)),
        one(19, "model_transaction_policy", Of(&MODEL_TRANSACTION_POLICY)),
        many(20, "batch_input", Of(&BATCH_INPUT)),
        many(21, "batch_output", Of(&BATCH_OUTPUT)),
        one(23, "model_repository_agents", Of(&MODEL_REPOSITORY_AGENTS)),
        one(24, "response_cache", Of(&MODEL_RESPONSE_CACHE)),
        one(25, "runtime", Text),
        one(26, "model_metrics", Of(&MODEL_METRICS)),
    ],
);

pub(super) static MODEL_CONFIG_CC_MODEL_FILENAMES_ENTRY: Message =
    message("ModelConfig.CcModelFilenamesEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static MODEL_CONFIG_METRIC_TAGS_ENTRY: Message =
    message("ModelConfig.MetricTagsEntry", &[one(1, "key", Text), one(2, "value", Text)]);

pub(super) static MODEL_CONFIG_PARAMETERS_ENTRY: Message =
    message("ModelConfig.ParametersEntry", &[one(1, "key", Text), one(2, "value", Of(&MODEL_PARAMETER))]);
