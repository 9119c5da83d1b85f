"""Adds the operators of PaddlePaddle to the list of operators.

    pip install paddlepaddle && python enumerate_paddle.py

Names of programs of the old form come from the registry; those of the new form (`pd_op.add`) from the table of texts in the library."""
import pathlib
import re

from paddle.base import core, libpaddle

from operator_lists import merge

found = {("paddle", name): "operator of PaddlePaddle" for name in core.get_all_op_names()}
library = pathlib.Path(libpaddle.__file__).read_bytes()
for dialect, name in re.findall(rb"\b(builtin|cf|pd_op|onednn_op)\.([a-z0-9_]+)\0", library):
    found[f"paddle.{dialect.decode()}", name.decode()] = "operator of PaddlePaddle"
merge(found)
