"""OSV evaluation by Python's `packaging`: what every advisory says of every version that is listed for its package.

usage: oracle.py DUMP.zip > VERDICTS

One line a package: name, advisories, versions, pairs that are listed, pairs that lie in a range, and the first 16 hex digits of SHA-256 over the
verdicts: for each advisory (by id) and each version (by code points) a digit, 1 for listed + 2 for in a range, or `?` where the
version has no order and the range needs one. Withdrawn advisories are left out.
"""

import functools
import hashlib
import json
import re
import sys
import zipfile

from packaging.version import InvalidVersion, Version


@functools.cache
def parse(text):
    try:
        return Version(Version(text).public)
    except InvalidVersion:
        return None


def normalise(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def in_range(text, version, events):
    bounds = [(kind, at) for event in events for kind, at in event.items()]
    if version is None:
        if any(kind in ("introduced", "last_affected") and at == text for kind, at in bounds):
            return True
        if bounds and all(kind == "introduced" for kind, _ in bounds) and ("introduced", "0") in bounds:
            return True
        return None if bounds else False
    limits = [at for kind, at in bounds if kind == "limit"]
    if limits and not any(at == "*" or parse(at) is None or version < parse(at) for at in limits):
        return False
    points, unordered = [], False
    for kind, at in bounds:
        if kind == "introduced" and at == "0":
            points.append((Version("0.dev0"), kind, True))
        elif kind != "limit":
            if parse(at) is None:
                unordered |= kind == "introduced"
            else:
                points.append((parse(at), kind, False))
    affected = False
    for at, kind, first in sorted(points, key=lambda point: (not point[2], point[0])):
        if kind == "introduced" and (first or version >= at):
            affected = True
        elif kind == "fixed" and version >= at:
            affected = False
        elif kind == "last_affected" and version > at:
            affected = False
    return affected or (None if unordered else False)


def verdict(affected, text, version):
    listed = any(
        other == text or (version is not None and parse(other) == version) for entry in affected for other in entry.get("versions", [])
    )
    ranges = [item for entry in affected for item in entry.get("ranges", []) if item["type"] != "GIT"]
    judged = [in_range(text, version, item["events"]) for item in ranges]
    if any(judged):
        return "3" if listed else "2"
    if None in judged:
        return "!" if listed else "?"
    return "1" if listed else "0"


def main(path):
    packages = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            entry = json.loads(archive.read(name))
            if "withdrawn" in entry:
                continue
            for affected in entry["affected"]:
                if affected["package"]["ecosystem"] == "PyPI":
                    package = packages.setdefault(normalise(affected["package"]["name"]), {})
                    package.setdefault(entry["id"], []).append(affected)
    for name in sorted(packages):
        advisories = packages[name]
        versions = {text for affected in advisories.values() for one in affected for text in one.get("versions", [])}
        versions = [(text, parse(text)) for text in sorted(versions)]
        verdicts = ""
        for id in sorted(advisories):
            entries = advisories[id]
            for text, version in versions:
                verdicts += verdict(entries, text, version)
        listed = sum(verdicts.count(digit) for digit in "13!")
        ranged = sum(verdicts.count(digit) for digit in "23")
        digest = hashlib.sha256(verdicts.encode()).hexdigest()[:16]
        print(name, len(advisories), len(versions), listed, ranged, digest, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
