"""A gate of our own for one run: the example program of `weighhouse-server`, its models, its people."""

import contextlib
import json
import pathlib
import random
import struct
import subprocess
import time
import urllib.error
import urllib.request

HOSTILE = b"cbuiltins\nexec\n(S'print(1)'\ntR."
ODD = "sub folder/\u00e4 + 100% #1?.txt"


class Gate:
    def __init__(self, program, folder):
        # Nothing listens there: models are fetched from nowhere, but may be asked for.
        command = [program, str(folder / "data"), "http://127.0.0.1:9"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.folder = folder
        begin = json.loads(self.process.stdout.readline())
        self.address, self.admin = begin["address"], begin["token"]

    def close(self):
        self.process.stdin.close()
        if self.process.wait(60) != 0:
            raise SystemExit("the gate ended badly")

    def ask(self, method, path, token=None, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, method=method)
        request.add_header("Authorization", f"Bearer {token or self.admin}")
        request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def person(self, name, *roles):
        self.ask("POST", "/api/v1/people", body={"name": name, "roles": roles})
        return self.ask("POST", "/api/v1/tokens", body={"person": name, "label": "laptop"})["token"]

    def bring(self, kind, name, files, *stages):
        """Brings files in for stages; gives the commit, once all is inspected."""
        folder = self.folder / "models" / name
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for stage in stages:
            print("import", kind, name, folder, stage, sep="\t", file=self.process.stdin, flush=True)
            answer = json.loads(self.process.stdout.readline())
            if "error" in answer:
                raise SystemExit(f"{name}: {answer['error']}")
        self.settled(kind, name, len(stages))
        return answer["commit"]

    def settled(self, kind, name, releases):
        for _ in range(600):
            if len(self.ask("GET", f"/api/v1/{kind}/{name}").get("releases", [])) >= releases:
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} was not inspected")

    def release(self, name, stage):
        releases = self.ask("GET", f"/api/v1/models/{name}")["releases"]
        return next(release for release in releases if release["stage"] == stage)


def tensors(count):
    """A file of safetensors with one tensor of random numbers."""
    size = count * 4
    header = json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + random.Random(1).randbytes(size)


def tokenizer():
    """Words to numbers, as the library of tokenizers reads it."""
    words = {"[UNK]": 0, "hello": 1, "gate": 2}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    }


def text(value):
    return (json.dumps(value, indent=1) + "\n").encode()


CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: fill-mask
tags:
- own
language: en
---
"""


def model(salt="", card="---\nlicense: apache-2.0\n---\n"):
    config = {"model_type": "bert", "hidden_size": 2, "num_attention_heads": 1, "num_hidden_layers": 1, "vocab_size": 3}
    return {
        "README.md": f"{card}# A model {salt}\n".encode(),
        "config.json": text(config),
        "tokenizer.json": text(tokenizer()),
        "tokenizer_config.json": text({"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}),
        "model.safetensors": tensors(64),
        "folder/deeper/notes.txt": b"notes\n",
    }


def mixed(gate, known):
    """A model that was rejected, and a view of it that is released; gives the view's commit."""
    whole = model("of which a part may be used")
    config = json.loads(whole["config.json"])
    left = dict(whole, **{"config.json": (json.dumps(config, indent=2) + "\n").encode()})
    config["auto_map"] = {"AutoModel": "modeling.Model"}
    whole["config.json"] = (json.dumps(config, indent=2) + "\n").encode()
    whole["pytorch_model.bin"] = HOSTILE
    whole["modeling.py"] = b"class Model:\n    pass\n"
    gate.bring("models", "Org/Mixed", whole, "research")
    wish = {"model": "Org/Mixed", "without": ["pickle", "code"], "stage": "research", "reason": "the rest"}
    made = gate.ask("POST", "/api/v1/views", body=wish)
    gate.settled("models", "Org/Mixed", 2)
    known["mixed"] = left
    return made["revision"]["commit"]


@contextlib.contextmanager
def standing(program, folder):
    """A gate with models in every state, and the names, tokens and commits that cases speak of."""
    gate = Gate(program, pathlib.Path(folder))
    try:
        known = {"gate": gate, "token": gate.person("ada", "user"), "nobody": gate.person("eli")}
        bob, eve = gate.person("bob", "user", "approver", "release-manager"), gate.person("eve", "approver")
        known["bob"] = bob
        known["files"] = model(card=CARD)
        known["commit"] = gate.bring("models", "Org/Clean", known["files"], "research", "production")
        identity = gate.release("Org/Clean", "production")["id"]
        for token in (bob, eve):
            gate.ask("POST", f"/api/v1/releases/{identity}/approve", token, {"comment": "looked at it"})
        gate.ask("POST", f"/api/v1/releases/{identity}/promote", bob, {})
        gate.bring("models", "solo", model("of one word"), "research")
        known["odd"] = {"config.json": b"{}\n", "a file.txt": b"with a space\n", ODD: b"odd\n"}
        gate.bring("models", "Org/Odd", known["odd"], "research")
        known["doomed"] = gate.bring("models", "Org/Doomed", model("that will be withdrawn"), "research")
        known["big"] = {"config.json": b"{}\n", "big.safetensors": tensors(6 << 20)}
        gate.bring("models", "Org/Big", known["big"], "research")
        gate.bring("models", "Org/Waiting", model("that waits"), "production")
        gate.bring("models", "Org/Bad", {"config.json": b"{}\n", "model.pkl": HOSTILE}, "research")
        known["view"] = mixed(gate, known)
        rows = {"README.md": b"# Rows\n", "data/train.jsonl": b'{"text": "one"}\n{"text": "two"}\n'}
        gate.bring("datasets", "Org/Rows", rows, "research")
        yield known
    finally:
        gate.close()
