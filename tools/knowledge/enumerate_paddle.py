"""Adds the operators of PaddlePaddle to the list of operators.

    pip install paddlepaddle && python enumerate_paddle.py

Names of programs of the old form come from the registry; those of the new form (`pd_op.add`) from the table of texts in the library.
Models outlive the library that wrote them: the list holds what 1.8.5, 2.6.2 and 3.3.1 have."""
import pathlib
import re

try:
    from paddle.base import core
except ImportError:
    from paddle.fluid import core

from operator_lists import merge


def old_names():
    if hasattr(core, "get_all_op_names"):
        return core.get_all_op_names()
    from paddle.fluid.proto import framework_pb2

    return [framework_pb2.OpProto.FromString(bytes(proto)).type for proto in core.get_all_op_protos()]


found = {("paddle", name): "operator of PaddlePaddle" for name in old_names()}
for library in pathlib.Path(core.__file__).parent.glob("libpaddle*.so"):
    for dialect, name in re.findall(rb"\b(builtin|cf|pd_op|onednn_op)\.([a-z0-9_]+)\0", library.read_bytes()):
        found[f"paddle.{dialect.decode()}", name.decode()] = "operator of PaddlePaddle"
merge(found)
