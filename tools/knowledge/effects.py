"""Adds entries to the lists that source code is judged by: what calls do (`effects.tsv`), hosts (`hosts.tsv`), words of templates
(`templates.tsv`).

These lists are written by people from the documentation of the libraries; nothing generates them. What this tool does is keep them in
the form that the search in them needs: sorted by bytes, ASCII, each key once, under their header.

    effects.py add effects os.system process "starts another program"
    effects.py add hosts paste.example "paste site: its content is anybody's and can change"
    effects.py remove effects os.system
    effects.py check

An entry of `effects.tsv` covers everything below its name, and the longest name that covers a call decides: list the class or function
that acts (`ftplib.FTP`), and `none` for what stands below a listed name but does nothing (`ftplib.all_errors`). Never list a package
whose functions mostly compute: every call into it would be reported.
"""
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/weighhouse-scan/data"
KEYS = {"effects": 1, "hosts": 1, "templates": 2}
COLUMNS = {"effects": 3, "hosts": 2, "templates": 3}
EFFECTS = {
    "build", "code", "compile", "delete", "deserialise", "evaluate", "hub", "interpreter", "kill", "native", "network", "none",
    "permission", "persistence", "process", "spy", "upload", "write",
}


def read(name):
    """The header lines and the entries of a list."""
    lines = (DATA / f"{name}.tsv").read_text(encoding="ascii").splitlines()
    header = [line for line in lines if line.startswith("#")]
    return header, [tuple(line.split("\t")) for line in lines if not line.startswith("#")]


def key(name, entry):
    """What an entry is found by."""
    return tuple(part.encode() for part in entry[: KEYS[name]])


def problems(name, entries):
    """What is wrong with a list, in words."""
    for entry in entries:
        if len(entry) != COLUMNS[name] or not all(entry):
            yield f"{name}: {entry}: {COLUMNS[name]} columns, none of them empty"
        elif name == "effects" and entry[1] not in EFFECTS:
            yield f"{name}: {entry[0]}: `{entry[1]}` is no effect"
    keys = [key(name, entry) for entry in entries]
    for before, after in zip(keys, keys[1:]):
        if before >= after:
            yield f"{name}: {after} must stand before {before}, and only once"


def write(name, header, entries):
    """Writes a list in order; refuses what the tests would refuse."""
    entries = sorted(entries, key=lambda entry: key(name, entry))
    found = list(problems(name, entries))
    if found:
        sys.exit("\n".join(found))
    text = "\n".join(header + ["\t".join(entry) for entry in entries]) + "\n"
    (DATA / f"{name}.tsv").write_text(text, encoding="ascii", newline="\n")


def main(arguments):
    match arguments:
        case ["check"]:
            found = [problem for name in KEYS for problem in problems(name, read(name)[1])]
            sys.exit("\n".join(found) if found else 0)
        case ["add", name, *entry] if name in KEYS:
            header, entries = read(name)
            kept = [known for known in entries if key(name, known) != key(name, tuple(entry))]
            write(name, header, [*kept, tuple(entry)])
        case ["remove", name, *wanted] if name in KEYS:
            header, entries = read(name)
            write(name, header, [known for known in entries if known[: len(wanted)] != tuple(wanted)])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
