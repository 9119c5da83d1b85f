"""What the scripts share that enumerate operators: `crates/weighhouse-scan/data/operators.tsv` is one sorted list of all frameworks."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data/operators.tsv"
DANGEROUS = DATA.with_name("operators_dangerous.tsv")


def merge(found):
    """Adds operators, by domain and name, with who defines them. What an earlier run listed stays: old models are still about."""
    lines = DATA.read_text().splitlines()
    found = dict(found)
    for line in lines:
        if not line.startswith("#"):
            domain, name, reason = line.split("\t")
            found.setdefault((domain, name), reason)
    dangerous = {tuple(line.split("\t")[:2]) for line in DANGEROUS.read_text().splitlines() if not line.startswith("#")}
    kept = {key: reason for key, reason in found.items() if key not in dangerous and ("*", key[1]) not in dangerous}
    header = [line for line in lines if line.startswith("#")]
    DATA.write_text("\n".join(header + ["\t".join((*key, reason)) for key, reason in sorted(kept.items())]) + "\n")
    print(len(kept), "operators,", len(kept) - len(lines) + len(header), "of them new")
