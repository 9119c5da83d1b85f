//! What `ExecuTorch` data files consist of. Written by `tools/knowledge/flatbuffer_schema.py` from `ExecuTorch` 1.5.1.

use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text};
use crate::flatbuffer::{Table, field, table};

static TENSOR_LAYOUT: Table = table("TensorLayout", &[
    field("scalar_type", Number(1)), field("sizes", Numbers(4)), field("dim_order", Numbers(1)),
]);
static DATA_SEGMENT: Table = table("DataSegment", &[
    field("offset", Number(8)), field("size", Number(8)),
]);
static NAMED_DATA: Table = table("NamedData", &[
    field("key", Text), field("segment_index", Number(4)), field("tensor_layout", Of(&TENSOR_LAYOUT)),
]);
pub(in crate::executorch) static FLAT_TENSOR: Table = table("FlatTensor", &[
    field("version", Number(4)), field("segments", Tables(&DATA_SEGMENT)), field("named_data", Tables(&NAMED_DATA)),
]);
