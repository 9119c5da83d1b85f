#!/usr/bin/env python3
"""Takes the schemas of bills from packages that ship them, and leaves out prose that validates nothing.

    pip download --no-deps cyclonedx-python-lib && npm pack @cyclonedx/cdxgen
    fetch.py cyclonedx_python_lib-*.whl cyclonedx-cdxgen-*.tgz
"""
import json
import pathlib
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CYCLONEDX = ("bom-1.6", "bom-1.7", "cryptography-defs", "jsf-0.82", "spdx")
PROSE = ("title", "description", "$comment")


def bare(schema):
    """The schema without texts for people. Names of properties and definitions are no keywords."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in ("meta:enum", "examples", "deprecated") or (key in PROSE and isinstance(value, str)):
            continue
        named = key in ("properties", "definitions", "$defs", "patternProperties")
        out[key] = {name: bare(item) for name, item in value.items()} if named else bare(value)
    return out


def write(name, schema):
    (HERE / f"{name}.schema.json").write_text(json.dumps(schema, separators=(",", ":")) + "\n")


def main():
    wheel, tarball = sys.argv[1:]
    with zipfile.ZipFile(wheel) as packed:
        for name in CYCLONEDX:
            with packed.open(f"cyclonedx/schema/_res/{name}.SNAPSHOT.schema.json") as file:
                write(name, bare(json.load(file)))
    with tarfile.open(tarball) as packed:
        write("spdx-3.0.1", bare(json.load(packed.extractfile("package/data/spdx-export.schema.json"))))


if __name__ == "__main__":
    main()
