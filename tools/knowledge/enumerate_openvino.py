"""Adds the operators of OpenVINO to the list of operators.

    pip install openvino && python enumerate_openvino.py

Names are those of the classes of the versioned operator sets in the library itself, as its table of symbols gives them."""
import pathlib
import re

import openvino

from operator_lists import merge

# Files have other names for these.
WRITTEN = {"Constant": "Const", "PRelu": "PReLU", "Relu": "ReLU", "Softmax": "SoftMax"}


def part(symbol, at):
    """A name of a mangled symbol, which its length precedes, and where it ends."""
    digits = re.match(rb"\d+", symbol[at:at + 3])
    if digits is None:
        return None, at
    start = at + len(digits.group())
    end = start + int(digits.group())
    return symbol[start:end].decode(), end


library = next((pathlib.Path(openvino.__file__).parent / "libs").glob("libopenvino.so*")).read_bytes()
found = {}
for match in re.finditer(rb"_ZTVN2ov2op", library):
    version, at = part(library, match.end())
    name, at = part(library, at)
    if name and version and re.fullmatch(r"v\d+", version) and library[at:at + 1] == b"E":
        found["openvino", WRITTEN.get(name, name)] = "operator of OpenVINO"
merge(found)
