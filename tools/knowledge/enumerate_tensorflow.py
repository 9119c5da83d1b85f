"""Adds the operators that TensorFlow and its companion libraries define to `crates/weighhouse-scan/data/operators.tsv`.

    pip install tensorflow-cpu && pip install --no-deps tensorflow-text && python enumerate_tensorflow.py

Names come from the registry of the library itself,
and from those of its companions once their libraries are loaded.
What an earlier run listed stays: models of old writers are still about."""

import importlib.metadata
import importlib.util
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import load_library

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/operators.tsv"
DANGEROUS = DATA.with_name("operators_dangerous.tsv")
DOMAIN = "tensorflow"
# Registered only where a graphics card or the library of a vendor is, by earlier versions, or by TensorFlow Decision Forests.
ELSEWHERE = """_Arg _Retval _ListToArray _ArrayToList _Switch _SwitchN _Merge _FusedConv2D
SimpleMLCreateModelResource SimpleMLInferenceOp SimpleMLInferenceOpWithHandle SimpleMLInferenceLeafIndexOp
SimpleMLInferenceLeafIndexOpWithHandle SimpleMLLoadModelFromPath SimpleMLLoadModelFromPathWithHandle""".split()
# What `tf_text_graph_*.py` of OpenCV puts into the graphs that `cv2.dnn` reads beside their weights.
OPENCV = ["DetectionOutput", "Flatten", "L2Normalize", "PriorBox"]
COMPANIONS = {"tensorflow_text": "tensorflow-text"}


def registered():
    """The names in the registry of this process."""
    operators = op_def_pb2.OpList()
    operators.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {operator.name for operator in operators.op}


def companions():
    """Operators that a companion registers when its libraries are loaded."""
    for package, project in COMPANIONS.items():
        before = registered()
        for path in sorted(pathlib.Path(importlib.util.find_spec(package).origin).parent.rglob("*.so")):
            load_library.load_op_library(str(path))
        for name in registered() - before:
            yield name, f"operator of {project}, a library that the program must load"


def main():
    found = {(DOMAIN, name): "operator of TensorFlow" for name in [*registered(), *ELSEWHERE]}
    found.update({(DOMAIN, name): reason for name, reason in companions()})
    found.update({(DOMAIN, name): "layer of OpenCV in graphs that it prepares" for name in OPENCV})
    comments = []
    for line in DATA.read_text().splitlines():
        if line.startswith("#"):
            comments.append(line)
        else:
            domain, name, reason = line.split("\t")
            found.setdefault((domain, name), reason)
    dangerous = {tuple(line.split("\t")[:2]) for line in DANGEROUS.read_text().splitlines() if not line.startswith("#")}
    for key in list(found):
        if key in dangerous or ("*", key[1]) in dangerous:
            del found[key]
    lines = ["\t".join((*key, reason)) for key, reason in sorted(found.items())]
    DATA.write_text("\n".join(comments + lines) + "\n")
    print(len(lines), "operators, TensorFlow", importlib.metadata.version("tensorflow_cpu"))


main()
