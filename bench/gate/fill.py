"""Fills the database of a gate with a large registry: many models with many revisions each, by copying what one real import left.

The rows have no records in the audit log, so that `weighhouse gate audit` would find them: this is for measuring pages, never for use.
"""

import hashlib
import json
import random
import sqlite3
import subprocess
from pathlib import Path

STATES = ["reviewable", "approved", "suspended", "canary", "released"]


def ident(*parts):
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:20]


def commit(*parts):
    return hashlib.sha1("\0".join(map(str, parts)).encode()).hexdigest()


def rows(example, models, revisions, people):
    """Yields (table, row as a dict). `example` holds one real row of each table."""
    dice = random.Random(1)
    names = [f"person-{number}" for number in range(people)]
    for name in names:
        yield "people", {**example["people"], "name": name}
    begin = example["releases"]["created"] - 400 * 86400
    moved = 1_000_000
    for number in range(models):
        model = ident("model", number)
        name = f"org-{number % 300}/model-{number}"
        yield "models", {"id": model, "kind": "models", "name": name, "folded": name, "created": begin + number}
        # One model of a thousand has a hundred times as many revisions as the others.
        count = revisions if number % 1000 else revisions * 20
        found = ident("inspection", number)
        for at in range(count):
            revision = ident("revision", number, at)
            created = begin + at * 86400 % (390 * 86400) + number
            yield "revisions", {
                **example["revisions"], "id": revision, "model": model, "commit_id": commit(number, at),
                "created": created, "inspection": found,
            }
            if at == 0:
                yield "inspections", {**example["inspections"], "id": found, "revision": revision}
            for file in range(8):
                yield "files", {**example["files"], "revision": revision, "path": f"part-{file}.safetensors"}
            yield "requests", {
                **example["requests"], "id": ident("request", number, at), "model": model, "wanted": "main",
                "person": dice.choice(names), "created": created, "revision": revision, "stage": "internal",
            }
            for stage in ["internal", "production"] if at % 5 == 4 else ["internal"]:
                moved += 1
                last = at == count - 1
                state = "superseded"
                if last and stage == "internal":
                    state = "released"
                elif last:
                    state = STATES[number % len(STATES)]
                yield "releases", {
                    **example["releases"], "id": ident("release", number, at, stage), "model": model, "stage": stage,
                    "revision": revision, "state": state, "share": 10 if state == "canary" else None,
                    "requester": dice.choice(names), "served": created, "created": created, "changed": created, "moved": moved,
                }


def example_of(query):
    example = {}
    for table in ["people", "models", "revisions", "files", "inspections", "requests", "releases"]:
        example[table] = query(f"SELECT * FROM {table} LIMIT 1")
    return example


def sqlite(path, models, revisions, people):
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA synchronous = OFF")
    example = example_of(lambda text: dict(database.execute(text).fetchone()))
    batch, statement = {}, {}
    for table, row in rows(example, models, revisions, people):
        if table not in statement:
            columns = list(row)
            marks = ", ".join("?" * len(columns))
            statement[table] = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        batch.setdefault(table, []).append(tuple(row.values()))
        if len(batch[table]) >= 20_000:
            flush(database, statement, batch)
    flush(database, statement, batch)
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()


def flush(database, statement, batch):
    # In the order in which rows refer to each other.
    for table in ["people", "models", "revisions", "inspections", "files", "requests", "releases"]:
        if batch.get(table):
            database.executemany(statement[table], batch.pop(table))


def postgres(url, folder, models, revisions, people):
    """The same by `psql` and COPY."""
    def psql(text):
        return subprocess.run(["psql", "-qAtX", url], input=text, capture_output=True, text=True, check=True).stdout

    example = example_of(lambda text: json.loads(psql(f"SELECT row_to_json(t) FROM ({text}) AS t;")))
    files, columns = {}, {}
    for table, row in rows(example, models, revisions, people):
        if table not in files:
            files[table] = open(Path(folder) / f"{table}.tsv", "w")
            columns[table] = ", ".join(row)
        files[table].write("\t".join(map(copied, row.values())) + "\n")
    for table in ["people", "models", "revisions", "inspections", "files", "requests", "releases"]:
        files[table].close()
        psql(f"\\copy {table} ({columns[table]}) FROM '{files[table].name}'\n")
        Path(files[table].name).unlink()
    psql("ANALYZE;")


def copied(value):
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
