"""Writes what TFLite models consist of as a schema, from the description that LiteRT brings along.

    pip install ai-edge-litert && python tflite_schema.py > crates/weighhouse-formats/src/tflite/schema.rs"""
import importlib.metadata
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema
from flatbuffer_bindings import classes, constant, fields, lines

CLASSES = classes(Path(schema.__file__).read_text())
# Unions by the field that holds a value of theirs.
UNIONS = {("Operator", "BuiltinOptions"): "BuiltinOptions", ("Operator", "BuiltinOptions2"): "BuiltinOptions2",
          ("QuantizationParameters", "Details"): "QuantizationDetails",
          ("DimensionMetadata", "ArraySegments"): "SparseIndexVector", ("DimensionMetadata", "ArrayIndices"): "SparseIndexVector"}

print(f"//! What `TFLite` models consist of. Written by `tools/knowledge/tflite_schema.py` from `LiteRT` {importlib.metadata.version('ai-edge-litert')}.\n")
print("use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Union};")
print("use crate::flatbuffer::{Table, field, table};\n")
for name in CLASSES:
    if "_tab" not in CLASSES[name]:
        continue
    found = fields(name, CLASSES[name], UNIONS)
    print(f"pub(super) static {constant(name)}: Table = table(\"{name}\", &[")
    members = [found.get(place, ("deprecated", "Number(1)")) for place in range(max(found, default=-1) + 1)]
    if members:
        print("\n".join(lines(f'field("{label}", {kind})' for label, kind in members)))
    print("]);")
for name in sorted(set(UNIONS.values())):
    members = {value: key for key, value in vars(getattr(schema, name)).items() if isinstance(value, int)}
    print(f"\nstatic {constant(name)}: [Option<&Table>; {max(members) + 1}] = [")
    print("\n".join(lines(f"Some(&{constant(members[value])})" if members[value] != "NONE" else "None" for value in range(max(members) + 1))))
    print("];")
for title, name, kind, case in [("Operators", "OPERATORS", schema.BuiltinOperator, str), ("Types of elements", "TYPES", schema.TensorType, str.lower)]:
    members = {value: key for key, value in vars(kind).items() if isinstance(value, int)}
    print(f"\n/// {title} by number.\npub(super) const {name}: [&str; {max(members) + 1}] = [")
    print("\n".join(lines(f'"{case(members.get(value, ""))}"' for value in range(max(members) + 1))))
    print("];")
