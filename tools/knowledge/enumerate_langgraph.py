"""Adds what LangGraph itself trusts in a checkpoint to `crates/weighhouse-scan/data/objects.tsv`.

    pip install langgraph
    python enumerate_langgraph.py

The serializer writes an object as the name of its class and what to call it with. The list that its strict mode allows is
what it builds of Python and of its own; methods stand behind their class. Names of earlier runs stay."""
import importlib.metadata
import pathlib

from langgraph.checkpoint.serde import _msgpack as trusted

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/objects.tsv"

names = {".".join(parts): "class" for parts in trusted.SAFE_MSGPACK_TYPES}
names |= {".".join(parts): "method" for parts in trusted.SAFE_MSGPACK_METHODS}
lines = DATA.read_text().splitlines()
head = [line for line in lines if line.startswith("#")]
rows = {tuple(line.split("\t")[:2]): line for line in lines if not line.startswith("#")}
for name, kind in names.items():
    rows[("langgraph", name)] = f"langgraph\t{name}\t{kind}\tlanggraph-checkpoint"
DATA.write_text("\n".join(head + [rows[key] for key in sorted(rows)]) + "\n")
print(len(names), "names of langgraph-checkpoint", importlib.metadata.version("langgraph-checkpoint"))
