"""Reads what tables of a flatbuffer consist of out of Python code that `flatc` generated, for the scripts that write schemas."""
import re

SIZES = {"Bool": 1, "Int8": 1, "Uint8": 1, "Int16": 2, "Uint16": 2, "Int32": 4, "Uint32": 4, "Float32": 4, "Int64": 8, "Uint64": 8, "Float64": 8}


def classes(source):
    """Bodies of classes by name."""
    return dict(re.findall(r"^class (\w+)\(object\):\n(.*?)(?=^class |^def |\Z)", source, re.M | re.S))


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def constant(name):
    return snake(name).upper()


def field(table, name, body, unions, structures):
    if re.search(r"self\._tab\.Union\(obj, o\)", body):
        return f"Union(&{constant(unions[table, name])})"
    if re.search(r"self\._tab\.String\(o", body):
        return "Text"
    if "VectorLen" in body:
        return None
    if re.search(r"self\._tab\.String\(a", body):
        return "Texts"
    if "_tab.Vector(o)" in body:
        if found := re.search(r"Get\(flatbuffers\.number_types\.(\w+)Flags, a", body):
            return f"Numbers({SIZES[found[1]]})"
        found = re.search(r"obj = (\w+)\(\)", body)
        return f"Numbers({structures[found[1]]})" if found[1] in structures else f"Tables(&{constant(found[1])})"
    if found := re.search(r"obj = (\w+)\(\)", body):
        return f"Of(&{constant(found[1])})"
    found = re.search(r"Get\(flatbuffers\.number_types\.(\w+)Flags, o", body)
    return f"Number({SIZES[found[1]]})"


def fields(table, source, unions, structures=()):
    """Fields of a table by place: name and kind."""
    found = {}
    for name, body in re.findall(r"    def (\w+)\(self(?:, j)?\):\n(.*?)(?=\n    #|\n    @|\Z)", source, re.S):
        place = re.search(r"_tab\.Offset\((\d+)\)", body)
        if place and not re.search(r"(AsNumpy|IsNone)$", name) and (kind := field(table, name, body, unions, structures)):
            found[(int(place[1]) - 4) // 2] = (snake(name), kind)
    return found


def lines(items):
    """Items in lines of a readable width."""
    line = "   "
    for item in items:
        if len(line) + len(item) > 126:
            yield line
            line = "   "
        line += f" {item},"
    yield line
