"""What a dump of another size costs: the dump that the tests bring along, many times over under other names.

    bench/osv/scale.py target/release/weighhouse [TIMES]

Prints seconds and peak memory of importing it, and of `deps` for a file that pins one package, with the small index and with the large one.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import zipfile

DUMP = pathlib.Path(__file__).parents[2] / "crates/weighhouse-supply/tests/data/osv-pypi.zip"


def many(times, path):
    with zipfile.ZipFile(DUMP) as dump, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name in dump.namelist():
            text = dump.read(name)
            for number in range(times):
                entry = json.loads(text)
                if number:
                    entry["id"] += f"-{number}"
                    entry["aliases"] = [f"{alias}-{number}" for alias in entry.get("aliases", [])]
                    for affected in entry.get("affected", []):
                        affected["package"]["name"] += f"-copy{number}"
                        affected["package"].pop("purl", None)
                out.writestr(f"{entry['id']}.json", json.dumps(entry))


def run(label, *arguments):
    # A process of its own: the peak is that of the largest child.
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    start = time.monotonic()
    peak = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stdout
    print(f"{label}: {time.monotonic() - start:.2f} s, {int(peak) / 1024:.1f} MiB")


def main():
    program, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 15
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "model").mkdir()
        (folder / "model/requirements.txt").write_text("pillow==9.0.0\n")
        many(times, folder / "large.zip")
        for name, dump in (("small", DUMP), ("large", folder / "large.zip")):
            data = str(folder / name)
            run(f"import {name}", program, "advisories", "import", str(dump), "--ecosystem", "PyPI", "--data", data)
            size = sum(file.stat().st_size for file in pathlib.Path(data).iterdir())
            print(f"index {name}: {size / 1e6:.1f} MB")
            run(f"deps {name}", program, "deps", str(folder / "model"), "--advisories", data, "--at", "2024-10-20")


main()
