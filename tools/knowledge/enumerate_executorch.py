"""Adds what ExecuTorch computes with to the list of operators.

    pip install executorch torch && python enumerate_executorch.py

Programs name operators of PyTorch and of ExecuTorch's own libraries. Those of PyTorch are in its own list, those of the kernel
libraries in theirs, and what the runtime and the libraries beside it register is asked of it."""
import importlib.util
import pathlib
import re

import yaml

import executorch.extension.llm.custom_ops.custom_ops  # noqa: F401
import executorch.kernels.quantized  # noqa: F401
import torch
import torchgen
from executorch.extension.pybindings import portable_lib
from operator_lists import merge

SOURCES = pathlib.Path(importlib.util.find_spec("executorch").submodule_search_locations[0])
# They open files: judged as dangerous, not as known.
FILES = {("aten", "from_file")}
# Delegates have names that programs give: of the classes that prepare their bytes, where nothing says otherwise.
DEMOS = re.compile(r"Demo|Example|First|Second|WithNamedDataMap|Executor")
found = {}


def add(name, reason):
    domain, _, name = name.split("(")[0].split(".")[0].rpartition("::")
    key = (domain or "aten", name)
    if key not in FILES:
        found.setdefault(key, reason)


for entry in yaml.safe_load((pathlib.Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml").read_text()):
    add("aten::" + entry["func"], "operator of PyTorch")
for path in [*SOURCES.glob("kernels/*/*.yaml"), SOURCES / "exir/dialects/edge/edge.yaml", *SOURCES.glob("backends/*/ops/*.yaml"), *SOURCES.glob("backends/*/aot/*.yaml")]:
    for entry in yaml.safe_load(path.read_text()) or []:
        if isinstance(entry, dict) and (name := entry.get("func") or entry.get("op")):
            add(name, "operator of ExecuTorch's kernel libraries")
for name in portable_lib._get_operator_names():
    add(name, "registered by ExecuTorch's runtime")
for schema in torch._C._jit_get_all_schemas():
    if schema.name.split("::")[0] in {"llama", "dim_order_ops", "et_copy", "quantized_decomposed", "executorch_prim", "torchao"}:
        add(schema.name, "operator of ExecuTorch's libraries")
for path in SOURCES.glob("backends/**/*.py"):
    for name in re.findall(r"^class (\w+)\((?:[\w, ]*, )?BackendDetails\)", path.read_text(), re.M):
        if not DEMOS.search(name):
            found["executorch.delegate", name] = "delegate of ExecuTorch"
members = re.search(r"union XNodeUnion \{(.*?)\}", (SOURCES / "backends/xnnpack/serialization/schema.fbs").read_text(), re.S)[1]
for name in re.findall(r"^\s*(\w+)", members, re.M):
    found["xnnpack", name] = "node of the XNNPACK delegate"
merge(found)
