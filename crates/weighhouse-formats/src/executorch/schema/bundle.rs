//! What bundled `ExecuTorch` programs consist of. Written by `tools/knowledge/flatbuffer_schema.py` from `ExecuTorch` 1.5.1.

use crate::flatbuffer::Kind::{Number, Numbers, Tables, Text, Union};
use crate::flatbuffer::{Table, field, table};

static INT: Table = table("Int", &[
    field("int_val", Number(8)),
]);
static BOOL: Table = table("Bool", &[
    field("bool_val", Number(1)),
]);
static DOUBLE: Table = table("Double", &[
    field("double_val", Number(8)),
]);
static TENSOR: Table = table("Tensor", &[
    field("scalar_type", Number(1)), field("sizes", Numbers(4)), field("data", Numbers(1)), field("dim_order", Numbers(1)),
]);
static VALUE: Table = table("Value", &[
    field("val_type", Number(1)), field("val", Union(&VALUE_UNION)),
]);
static BUNDLED_METHOD_TEST_CASE: Table = table("BundledMethodTestCase", &[
    field("inputs", Tables(&VALUE)), field("expected_outputs", Tables(&VALUE)),
]);
static BUNDLED_METHOD_TEST_SUITE: Table = table("BundledMethodTestSuite", &[
    field("method_name", Text), field("test_cases", Tables(&BUNDLED_METHOD_TEST_CASE)),
]);
pub(in crate::executorch) static BUNDLED_PROGRAM: Table = table("BundledProgram", &[
    field("version", Number(4)), field("method_test_suites", Tables(&BUNDLED_METHOD_TEST_SUITE)), field("program", Numbers(1)),
]);

static VALUE_UNION: [Option<&Table>; 5] = [
    None, Some(&TENSOR), Some(&INT), Some(&BOOL), Some(&DOUBLE),
];
