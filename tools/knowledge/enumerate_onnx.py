"""Writes the list of operators that ONNX runtimes define: `crates/weighhouse-scan/data/operators.tsv`.

    pip install onnx onnxruntime onnxruntime-extensions && python enumerate_onnx.py

Names come from the packages themselves: every version of every schema of `onnx`, the schemas that `onnxruntime` adds, and the
classes of `onnxruntime-extensions`. What an earlier run listed stays: models of old writers are still about."""
import importlib.metadata
import inspect
import pathlib

import onnx.defs
import onnxruntime.capi._pybind_state as runtime
import onnxruntime_extensions._cuops as extensions

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/operators.tsv"
DANGEROUS = DATA.with_name("operators_dangerous.tsv")
CONTRIB = "ai.onnx.contrib"


def main():
    found = {}
    for name, value in vars(extensions).items():
        if inspect.isclass(value) and issubclass(value, extensions.CustomOp) and value is not extensions.CustomOp:
            found[CONTRIB, name] = "operator of onnxruntime-extensions"
    for schema in runtime.get_all_operator_schema():
        found[schema.domain or "ai.onnx", schema.name] = "operator of onnxruntime"
    for schema in onnx.defs.get_all_schemas_with_history():
        found[schema.domain or "ai.onnx", schema.name] = "operator of the standard"
    if DATA.exists():
        for line in DATA.read_text().splitlines():
            if not line.startswith("#"):
                domain, name, reason = line.split("\t")
                found.setdefault((domain, name), reason)
    dangerous = {tuple(line.split("\t")[:2]) for line in DANGEROUS.read_text().splitlines() if not line.startswith("#")}
    for key in list(found):
        if key in dangerous or ("*", key[1]) in dangerous:
            del found[key]
    packages = ("onnx", "onnxruntime", "onnxruntime-extensions")
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
    header = [
        "# Operators that ONNX runtimes define and that compute and do nothing else. Made by tools/knowledge/enumerate_onnx.py",
        f"# from {versions}. Sorted by domain and name; `ai.onnx` is the domain without a name.",
        "# domain, operator, who defines it",
    ]
    lines = ["\t".join((*key, reason)) for key, reason in sorted(found.items())]
    DATA.write_text("\n".join(header + lines) + "\n")
    print(len(lines), "operators")


main()
