"""Writes what models of onnxruntime's own format consist of as a schema, from the bindings that it brings along.

    pip install --no-deps onnxruntime && python ort_schema.py > crates/weighhouse-formats/src/ort/schema.rs"""
import importlib.metadata
import importlib.util
import re
from pathlib import Path

from flatbuffer_bindings import classes, constant, fields, lines

SOURCES = Path(importlib.util.find_spec("onnxruntime").submodule_search_locations[0]) / "tools/ort_format_model/ort_flatbuffers_py/fbs"
TEXT = {path.stem: path.read_text() for path in sorted(SOURCES.glob("*.py"))}
CLASSES = {name: body for text in TEXT.values() for name, body in classes(text).items()}
STRUCTURES = {name: int(size[1]) for name, body in CLASSES.items() if (size := re.search(r"def SizeOf\(cls\):\n\s+return (\d+)", body))}
UNIONS = {("TypeInfo", "Value"): "TypeInfoValue"}
# What older versions wrote, and the bindings no longer read.
DEPRECATED = {("InferenceSession", 2): ("session_state", "Of(&DEPRECATED_SESSION_STATE)"),
              ("RuntimeOptimizationRecord", 2): ("produced_nodes", "Tables(&DEPRECATED_NODE_INDEX_AND_KERNEL_DEF_HASH)")}
ROOT = "InferenceSession"

tables = {}
for name, body in CLASSES.items():
    if "_tab" in body and name not in STRUCTURES:
        found = fields(name, body, UNIONS, STRUCTURES)
        found |= {place: known for (table, place), known in DEPRECATED.items() if table == name}
        tables[name] = [found.get(place, ("deprecated", "Number(1)")) for place in range(max(found, default=-1) + 1)]
unions = {name: {value: key for key, value in re.findall(r"^    (\w+) = (\d+)$", CLASSES[name], re.M)} for name in UNIONS.values()}
members = {"TypeInfoValue": {"tensor_type": "TensorTypeAndShape", "sequence_type": "SequenceType", "map_type": "MapType"}}
# Only what a model leads to: the bindings know files of training, too.
reached, open_ = set(), [ROOT]
while open_:
    name = open_.pop()
    if name not in reached:
        reached.add(name)
        kinds = " ".join(kind for _, kind in tables[name])
        names = set(re.findall(r"&(\w+)", kinds))
        open_ += [table for table in tables if constant(table) in names]
        open_ += [member for union in unions if constant(union) in names for member in members[union].values()]
print(f"//! What models of onnxruntime's own format consist of. Written by `tools/knowledge/ort_schema.py` from onnxruntime "
      f"{importlib.metadata.version('onnxruntime')}.\n")
print("use crate::flatbuffer::Kind::{Number, Numbers, Table as Of, Tables, Text, Texts, Union};")
print("use crate::flatbuffer::{Table, field, table};\n")
for name in sorted(reached):
    print(f'{"pub(super) " if name == ROOT else ""}static {constant(name)}: Table = table("{name}", &[')
    print("\n".join(lines(f'field("{label}", {kind})' for label, kind in tables[name])))
    print("]);")
for name, values in unions.items():
    count = max(map(int, values)) + 1
    print(f"\nstatic {constant(name)}: [Option<&Table>; {count}] = [")
    print("\n".join(lines(f"Some(&{constant(members[name][values[str(value)]])})" if value else "None" for value in range(count))))
    print("];")
types = {int(value): key for key, value in re.findall(r"^    (\w+) = (\d+)$", CLASSES["TensorDataType"], re.M)}
print(f"\n/// Types of elements by number.\npub(super) const TYPES: [&str; {max(types) + 1}] = [")
print("\n".join(lines(f'"{types.get(value, "").lower()}"' for value in range(max(types) + 1))))
print("];")
