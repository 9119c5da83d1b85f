"""Orders the hand-written lists (`python.tsv`, `dangerous.tsv`, `stdlib.txt`) after an edit. Their content is written by people."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data"

for path in (DATA / "globals/dill.tsv", DATA / "globals/python.tsv", DATA / "dangerous.tsv", DATA / "libraries.tsv", DATA / "stdlib.txt"):
    lines = path.read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = sorted({line for line in lines if line and not line.startswith("#")})
    path.write_text("\n".join(head + body) + "\n")
