"""Writes what TFLite models consist of as a schema, from the description that TensorFlow brings along.

    pip install tensorflow-cpu && python tflite_schema.py > crates/weighhouse-formats/src/tflite/schema.rs"""
import re
from pathlib import Path

import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

SIZES = {"Bool": 1, "Int8": 1, "Uint8": 1, "Int16": 2, "Uint16": 2, "Int32": 4, "Uint32": 4, "Float32": 4, "Int64": 8, "Uint64": 8, "Float64": 8}
SOURCE = Path(schema.__file__).read_text()
CLASSES = {name: body for name, body in re.findall(r"^class (\w+)\(object\):\n(.*?)(?=^class |^def |\Z)", SOURCE, re.M | re.S)}
# Unions by the field that holds a value of theirs.
UNIONS = {("Operator", "BuiltinOptions"): "BuiltinOptions", ("Operator", "BuiltinOptions2"): "BuiltinOptions2",
          ("QuantizationParameters", "Details"): "QuantizationDetails",
          ("DimensionMetadata", "ArraySegments"): "SparseIndexVector", ("DimensionMetadata", "ArrayIndices"): "SparseIndexVector"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def constant(name):
    return snake(name).upper()


def field(table, name, body):
    if re.search(r"self\._tab\.Union\(obj, o\)", body):
        return f"Union(&{constant(UNIONS[table, name])})"
    if re.search(r"self\._tab\.String\(o", body):
        return "Text"
    if "VectorLen" in body:
        return None
    if "_tab.Vector(o)" in body:
        if found := re.search(r"Get\(flatbuffers\.number_types\.(\w+)Flags, a", body):
            return f"Numbers({SIZES[found[1]]})"
        found = re.search(r"obj = (\w+)\(\)", body)
        return f"Tables(&{constant(found[1])})"
    if found := re.search(r"obj = (\w+)\(\)", body):
        return f"Of(&{constant(found[1])})"
    found = re.search(r"Get\(flatbuffers\.number_types\.(\w+)Flags, o", body)
    return f"Number({SIZES[found[1]]})"


def fields(table):
    found = {}
    for name, body in re.findall(r"    def (\w+)\(self(?:, j)?\):\n(.*?)(?=\n    #|\n    @|\Z)", CLASSES[table], re.S):
        place = re.search(r"_tab\.Offset\((\d+)\)", body)
        if place and not re.search(r"(AsNumpy|IsNone)$", name) and (kind := field(table, name, body)):
            found[(int(place[1]) - 4) // 2] = (snake(name), kind)
    return found


def lines(items):
    """Items in lines of a readable width."""
    line = "   "
    for item in items:
        if len(line) + len(item) > 126:
            print(line)
            line = "   "
        line += f" {item},"
    print(line)


print(f"//! What `TFLite` models consist of. Written by `tools/knowledge/tflite_schema.py` from TensorFlow {tf.__version__}.\n")
print("use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Union};")
print("use crate::flatbuffer::{Table, field, table};\n")
for name in CLASSES:
    if "_tab" not in CLASSES[name]:
        continue
    found = fields(name)
    print(f"pub(super) static {constant(name)}: Table = table(\"{name}\", &[")
    members = [found.get(place, ("deprecated", "Number(1)")) for place in range(max(found, default=-1) + 1)]
    if members:
        lines(f'field("{label}", {kind})' for label, kind in members)
    print("]);")
for name in sorted(set(UNIONS.values())):
    members = {value: key for key, value in vars(getattr(schema, name)).items() if isinstance(value, int)}
    print(f"\nstatic {constant(name)}: [Option<&Table>; {max(members) + 1}] = [")
    lines(f"Some(&{constant(members[value])})" if members[value] != "NONE" else "None" for value in range(max(members) + 1))
    print("];")
for title, name, kind, case in [("Operators", "OPERATORS", schema.BuiltinOperator, str), ("Types of elements", "TYPES", schema.TensorType, str.lower)]:
    members = {value: key for key, value in vars(kind).items() if isinstance(value, int)}
    print(f"\n/// {title} by number.\npub(super) const {name}: [&str; {max(members) + 1}] = [")
    lines(f'"{case(members.get(value, ""))}"' for value in range(max(members) + 1))
    print("];")
