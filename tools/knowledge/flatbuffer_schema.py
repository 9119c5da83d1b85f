"""Writes what flatbuffers of ExecuTorch and its delegates consist of as schemas, from the descriptions (`.fbs`) that it brings along.

    pip install --no-deps executorch && python flatbuffer_schema.py"""
import importlib.metadata
import importlib.util
import re
from pathlib import Path

SOURCES = Path(importlib.util.find_spec("executorch").submodule_search_locations[0])
VERSION = importlib.metadata.version("executorch")
CRATE = Path(__file__).resolve().parents[2] / "crates/weighhouse-formats/src/executorch/schema"
# What is written: title, descriptions, file, unions and enumerations whose names become lists.
TARGETS = [
    ("`ExecuTorch` programs", ["schema/program.fbs", "schema/scalar_type.fbs"], "program.rs", {"ScalarType": "TYPES"}),
    ("`ExecuTorch` data files", ["extension/flat_tensor/serialize/flat_tensor.fbs", "schema/scalar_type.fbs"], "data.rs", {}),
    ("bundled `ExecuTorch` programs", ["devtools/bundled_program/schema/bundled_program_schema.fbs", "schema/scalar_type.fbs"], "bundle.rs", {}),
    ("graphs of the XNNPACK delegate", ["backends/xnnpack/serialization/schema.fbs"], "xnnpack.rs", {"XNodeUnion": "NODES", "XNNDatatype": "TYPES"}),
]
SIZES = {"bool": 1, "byte": 1, "ubyte": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2, "uint16": 2, "int": 4, "uint": 4, "int32": 4,
         "uint32": 4, "float": 4, "float32": 4, "long": 8, "ulong": 8, "int64": 8, "uint64": 8, "double": 8, "float64": 8}


def constant(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip("_")).upper()


def declarations(paths):
    """Tables with fields, unions with members, enumerations with values: in the order of the descriptions."""
    tables, unions, enums = {}, {}, {}
    for path in paths:
        text = re.sub(r"//.*", "", (SOURCES / path).read_text())
        for kind, name, size, body in re.findall(r"\b(table|union|enum)\s+(\w+)\s*(?::\s*(\w+)\s*)?(?:\([^)]*\)\s*)?\{(.*?)\}", text, re.S):
            if kind == "table":
                fields = re.findall(r"(\w+)\s*:\s*(\[?)([\w.]+)\]?\s*(?:=[^;(]*)?(?:\([^)]*\)\s*)?;", body)
                tables[name] = [(field, bool(many), base.split(".")[-1]) for field, many, base in fields]
            elif kind == "union":
                # Members may have a name of their own beside that of their table.
                unions[name] = [[part.strip() for part in member.split(":")] for member in body.split(",") if member.strip()]
            else:
                values, after = {}, 0
                for member in filter(str.strip, body.split(",")):
                    label, _, value = (part.strip() for part in member.partition("="))
                    after = int(value, 0) if value else after
                    values[after] = label
                    after += 1
                enums[name] = (SIZES[size], values)
    return tables, unions, enums


def kinds(many, base, unions, enums):
    if base in unions:
        yield "Number(1)"
        yield f"Union(&{constant(base)})"
    elif base == "string":
        yield "Texts" if many else "Text"
    elif base in SIZES or base in enums:
        size = SIZES.get(base) or enums[base][0]
        yield f"Numbers({size})" if many else f"Number({size})"
    else:
        yield f"Tables(&{constant(base)})" if many else f"Of(&{constant(base)})"


def lines(items):
    """Items in lines of a readable width."""
    out, line = [], "   "
    for item in items:
        if len(line) + len(item) > 126:
            out.append(line)
            line = "   "
        line += f" {item},"
    return [*out, line] if line.strip() else out


def write(title, paths, file, lists):
    tables, unions, enums = declarations(paths)
    out = []
    for name, fields in tables.items():
        members = []
        for field, many, base in fields:
            found = list(kinds(many, base, unions, enums))
            members += [f'field("{field}{"_type" if len(found) == 2 and place == 0 else ""}", {kind})' for place, kind in enumerate(found)]
        shown = "pub(in crate::executorch) " if name == list(tables)[-1] else ""
        out += [f'{shown}static {constant(name)}: Table = table("{name.strip("_")}", &[', *lines(members), "]);"]
    for name, members in unions.items():
        out += ["", f"static {constant(name)}: [Option<&Table>; {len(members) + 1}] = [", *lines(["None"] + [f"Some(&{constant(member[-1])})" for member in members]), "];"]
    for name, label in lists.items():
        if name in enums:
            values = {value: label.lower() for value, label in enums[name][1].items()}
        else:
            values = dict(enumerate(["", *(member[0] for member in unions[name])]))
        out += ["", f"/// `{name}` by number.", f"pub(in crate::executorch) const {label}: [&str; {max(values) + 1}] = [",
                *lines(f'"{values.get(value, "").removeprefix("xnn_datatype_")}"' for value in range(max(values) + 1)), "];"]
    body = "\n".join(out)
    used = [kind for kind in ("Number", "Numbers", "Of", "Tables", "Text", "Texts", "Union") if re.search(rf"[ ]{kind}\b", body)]
    used = [{"Of": "Table as Of"}.get(kind, kind) for kind in used]
    (CRATE / file).write_text(f"//! What {title} consist of. Written by `tools/knowledge/flatbuffer_schema.py` from `ExecuTorch` {VERSION}.\n\n"
                              f"use crate::flatbuffer::Kind::{{{', '.join(used)}}};\nuse crate::flatbuffer::{{Table, field, table}};\n\n{body}\n")


for target in TARGETS:
    write(*target)
