#!/usr/bin/env python3
"""Writes the organisations whose models well-known libraries name themselves.

usage: organisations.py WHEEL... > crates/weighhouse-supply/data/organisations.tsv

An organisation counts if the libraries load models of it by name (`from_pretrained("org/name")`) or link to them on the Hub, at least two of
them. Nothing is run; the wheels are read as archives: pip download --no-deps transformers diffusers sentence-transformers timm
"""
import collections
import re
import sys
import zipfile

LOADED = re.compile(r"""from_pretrained\(\s*f?["']([A-Za-z0-9][\w.-]{1,60})/([\w.-]+)["']""")
LINKED = re.compile(r"https://(?:huggingface\.co|hf\.co)/([A-Za-z0-9][\w.-]{1,60})/([A-Za-z0-9][\w.-]+)")
CHECKPOINT = re.compile(r"""(?:checkpoint|hf_hub_id|repo_id|model_id)\s*=\s*["']([A-Za-z0-9][\w.-]{1,60})/([\w.-]*)["']""")
# Places of the Hub that are no organisations, and names that examples make up.
NEVER = {"docs", "papers", "datasets", "spaces", "blog", "models", "join", "settings", "collections", "api", "learn", "tasks", "new",
         "user", "username", "your-username", "my", "path", "org", "organization", "namespace", "some", "dummy", "course", "posts"}


def main(wheels):
    models = collections.defaultdict(set)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    text = archive.read(name).decode("utf-8", "replace")
                    for pattern in (LOADED, LINKED, CHECKPOINT):
                        for organisation, model in pattern.findall(text):
                            models[organisation].add(model)
    sources = ", ".join(wheel.rsplit("/", 1)[-1].split("-py")[0] for wheel in wheels)
    print("# Organisations of which well-known libraries name at least two models, and how many. What is named like one of them but is none")
    print("# deserves a second look.")
    print(f"# Written by tools/knowledge/organisations.py from {sources}.")
    for organisation in sorted(models, key=str.lower):
        count = len(models[organisation])
        if count >= 2 and organisation.lower() not in NEVER and not organisation.startswith("hf-internal"):
            print(f"{organisation}\t{count}")


main(sys.argv[1:])
