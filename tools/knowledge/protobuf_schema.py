"""Writes the schema of a protocol buffer as Rust for `weighhouse_formats::protobuf`, from the descriptors of the library that uses it.

    pip install coremltools sentencepiece paddlepaddle tritonclient[grpc] && python protobuf_schema.py coreml | sentencepiece | paddle | triton
    python -m grpc_tools.protoc --descriptor_set_out=f.pb caffe.proto && python protobuf_schema.py set f.pb caffe MODULE MESSAGE

Every message becomes a `static`; fields of the largest choice of a message share one place."""
import importlib
import pathlib
import re
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool

FORMATS = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-formats/src"
ROOTS = {
    "coreml": ("coremltools.proto.Model_pb2", "Model"),
    "sentencepiece": ("sentencepiece.sentencepiece_model_pb2", "ModelProto"),
    "paddle": ("paddle.base.proto.framework_pb2", "ProgramDesc"),
    "triton": ("tritonclient.grpc.model_config_pb2", "ModelConfig"),
}
LONGEST = 620
# Formats that are written as text have names of values; of others, those that are looked at.
NAMED = sys.argv[1] == "triton"
NAMED_FIELDS = {"caffe.V1LayerParameter.type"}
KINDS = {1: "Fixed64", 2: "Fixed32", 3: "Int", 4: "Int", 5: "Int", 6: "Fixed64", 7: "Fixed32", 8: "Int", 9: "Text",
         12: "Bytes", 13: "Int", 14: "Int", 15: "Fixed32", 16: "Fixed64", 17: "Int", 18: "Int"}


def constant(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace(".", "_")).upper()


def messages(container):
    for message in container:
        yield message
        yield from messages(message.nested_types)


def collect(file, found, seen):
    if file.name in seen:
        return
    seen.add(file.name)
    for other in file.dependencies:
        collect(other, found, seen)
    for message in messages(file.message_types_by_name.values()):
        found.append((file, message))


def short(message):
    name = message.full_name
    package = message.file.package
    return name[len(package) + 1:] if package else name


def field(field, shared):
    if field.type in (10, 11):
        kind = f"Of(&{constant(short(field.message_type))})"
    elif field.type == 14 and (NAMED or field.full_name in NAMED_FIELDS):
        values = ", ".join(f'("{value.name}", {value.number})' for value in field.enum_type.values)
        kind = f"Enum(&[{values}])"
    else:
        kind = KINDS[field.type]
    if field.is_repeated:
        how = "many"
    elif shared is not None and field.containing_oneof is shared:
        how = "choice"
    else:
        how = "one" if field.number < 120 else "many"
    return f'{how}({field.number}, "{field.name}", {kind})'


def render(message, visible):
    oneofs = sorted((one for one in message.oneofs if len(one.fields) > 1), key=lambda one: len(one.fields))
    shared = oneofs[-1] if oneofs else None
    fields = ", ".join(field(each, shared) for each in sorted(message.fields, key=lambda each: each.number))
    name = short(message)
    return f'{visible} static {constant(name)}: Message = message("{name}", &[{fields}]);\n\n'


def write(path, library, found, visible="pub(super)"):
    body = "".join(render(message, visible) for _, message in found)
    names = sorted({"Bytes", "Enum", "Fixed32", "Fixed64", "Int", "Text"} & set(re.findall(r"\w+", body)))
    kinds = ", ".join(names + ["Message as Of"] * ("Of(" in body))
    hows = ", ".join(how for how in ("choice", "many", "one") if f"{how}(" in body)
    own = set(re.findall(r"static (\w+):", body))
    others = sorted(set(re.findall(r"Of\(&(\w+)\)", body)) - own)
    use = f"use crate::protobuf::Kind::{{{kinds}}};\nuse crate::protobuf::{{Message, message, {hows}}};\n"
    if others:
        use += "use super::{" + ", ".join(others) + "};\n"
    head = f"//! Messages of {library}. Written by `tools/knowledge/protobuf_schema.py`.\n\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + use + "\n" + body)
    subprocess.run(["rustfmt", "--edition", "2024", "--config-path", str(FORMATS.parents[2]), str(path)], check=True)
    print(path, len(path.read_text().splitlines()))


def parts(found):
    """Files of bounded length, in the order of the descriptions."""
    out, lines = [[]], 0
    for each in found:
        size = len(each[1].fields) + 5
        if lines + size > LONGEST:
            out.append([])
            lines = 0
        out[-1].append(each)
        lines += size
    return out


def reachable(root, seen):
    """A message and all that are in it."""
    if root.full_name not in seen:
        seen.add(root.full_name)
        for field in root.fields:
            if field.message_type is not None:
                reachable(field.message_type, seen)
    return seen


def main(root, outermost, name, library):
    found = []
    collect(root, found, set())
    wanted = reachable(root.message_types_by_name[outermost], set())
    found = [each for each in found if each[1].full_name in wanted]
    assert len({constant(short(message)) for _, message in found}) == len(found)
    split = parts(found)
    folder = FORMATS / name
    if len(split) == 1:
        return write(folder / "schema.rs", library, found)
    modules = [f"part{number}" for number in range(1, len(split) + 1)]
    for module, some in zip(modules, split):
        write(folder / "schema" / f"{module}.rs", library, some, f"pub(in crate::{name})")
    text = f"//! Messages of {library}. Written by `tools/knowledge/protobuf_schema.py`.\n\n"
    text += "".join(f"mod {module};\n" for module in modules) + "\n"
    text += "".join(f"pub(super) use {module}::*;\n" for module in modules)
    (folder / "schema.rs").unlink(missing_ok=True)
    (folder / "schema/mod.rs").write_text(text)


if sys.argv[1] == "set":
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(sys.argv[2]).read_bytes()).file
    for each in files:
        pool.Add(each)
    main(pool.FindFileByName(files[-1].name), sys.argv[5], sys.argv[4], sys.argv[3])
else:
    module, message = ROOTS[sys.argv[1]]
    main(importlib.import_module(module).DESCRIPTOR, message, sys.argv[1], sys.argv[1])
