"""What is asked of each client, and what must come out.

A case names what each kind of client does (`hub`, `cli`, `rust`, `transformers`, `datasets`); kinds that cannot do it are left out. `shows`
is a pattern that must stand in what the user sees, in the gate's own words; without it, `gives` is what must be obtained.
"""

import dataclasses
import hashlib

from gate import ODD


@dataclasses.dataclass
class Case:
    id: str
    title: str
    does: dict
    gives: object = None
    shows: str = ""
    token: str = "token"
    proxy: bool = False


# What clients say instead of the gate's words.
OWN_WORDS = {
    "hf-hub 0.5.0": r"status: 4\d\d",
    "hf-hub 1.0.0": r"(Revision|Entry|Repository) not found|authentication",
    "hf ": r"(File|Revision|Model '[^']*') not found|Invalid user token",
    "transformers": r"gated repo|not a valid git identifier|401",
    "datasets": r"gated dataset",
    "huggingface_hub": r"Invalid user token",
}
# What clients cannot do with any server: how they fail (or that they do not), and what the table says of it.
URI = ("invalid uri character", "the client cannot")
LIMITS = {
    ("hf-hub 0.5.0", "space"): URI,
    ("hf-hub 0.5.0", "odd"): URI,
    ("hf-hub 0.5.0", "revoked-file"): ("obtained", "**not asked**: the client serves files of its cache without asking"),
}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def digests(files):
    return dict(sorted((path, digest(content)) for path, content in files.items()))


def whole(name, revision="main"):
    return {"hub": ["snapshot", name, revision], "cli": ["download", name, "--revision", revision], "rust": ["snapshot", name, revision]}


def one(name, revision, path):
    return {"hub": ["file", name, revision, path], "cli": ["download", name, path, "--revision", revision], "rust": ["file", name, revision, path]}


def works(known):
    """While everything is in order."""
    files, commit = digests(known["files"]), known["commit"]
    loaded = ["bert", [1, 2], {"w": [64]}]
    rows = ["one", "two"]
    return [
        Case("whole", "all files of a released model", whole("Org/Clean"), files),
        Case("load", "configuration, tokenizer and weights", {"transformers": ["load", "Org/Clean", "main"]}, loaded),
        Case("view", "all files of a partial view", whole("Org/Mixed"), digests(known["mixed"])),
        Case("view-commit", "a partial view by its commit id", whole("Org/Mixed", known["view"]), digests(known["mixed"])),
        Case("view-load", "a partial view: configuration, tokenizer and weights", {"transformers": ["load", "Org/Mixed", "main"]}, loaded),
        Case("view-exists", "what a partial view leaves out is not there", {"hub": ["exists", "Org/Mixed", "pytorch_model.bin"]}, [True, True, False]),
        Case("rows", "rows of a data set", {"datasets": ["rows", "Org/Rows", False]}, rows),
        Case("stream", "rows of a data set, streamed", {"datasets": ["rows", "Org/Rows", True]}, rows),
        Case("one", "one file", one("Org/Clean", "main", "model.safetensors"), files["model.safetensors"]),
        Case("stage", "`revision=\"production\"`", whole("Org/Clean", "production") | {"transformers": ["load", "Org/Clean", "production"]}, None),
        Case("commit", "a commit id as revision", whole("Org/Clean", commit), files),
        Case("letters", "the name in other letter case", whole("oRG/cLEAN"), files),
        Case("word", "a name of one word", one("solo", "main", "config.json"), files["config.json"]),
        Case("space", "a file with a space in its name", one("Org/Odd", "main", "a file.txt"), digest(b"with a space\n")),
        Case("odd", "a file with `%`, `#`, `?`, `+` and `ä` in its name", one("Org/Odd", "main", ODD), digest(b"odd\n")),
        Case("byte", "one byte (`Range: bytes=0-0`)", {"hub": ["byte", "Org/Clean", "main", "folder/deeper/notes.txt"]}, "n"),
        Case("resume", "going on where a connection was cut", one("Org/Big", "main", "big.safetensors") | {"hub": ["resume", "Org/Big", "main", "big.safetensors"]}, digest(known["big"]["big.safetensors"]), proxy=True),
        Case("verify", "digests of the cache (`hf cache verify`)", {"hub": ["verify", "Org/Clean", "main"], "cli": ["cache", "verify", "Org/Clean"]}, [len(files), 0, 0]),
        Case("whoami", "who am I", {"hub": ["whoami"], "cli": ["auth", "whoami"], "rust": ["whoami"]}, "ada"),
        Case("login", "`hf auth login`, by a code (RFC 8628)", {"cli": ["auth", "login"]}, "ada"),
        Case("expand", "keys of `expand` that the gate does not know", {"hub": ["expand", "Org/Clean"]}, "Org/Clean"),
        Case("info", "sizes of files", {"hub": ["info", "Org/Clean"]}, {path: len(content) for path, content in sorted(known["files"].items())}),
        Case("card", "task, library, tags, card (`model_info`)", {"hub": ["card", "Org/Clean"]}, ["fill-mask", "transformers", ["transformers", "safetensors", "bert", "fill-mask", "own", "en", "license:apache-2.0"], "apache-2.0", "bert"]),
        Case("task", "`pipeline(model=…)` finds its task", {"transformers": ["task", "Org/Clean"]}, "fill-mask"),
        Case("filter", "search by tag and task", {"hub": ["tagged", "own", "fill-mask"], "cli": ["models", "ls", "--filter", "own", "--format", "json"]}, ["Org/Clean"]),
        Case("newest", "search, the newest first", {"hub": ["newest", "Org/Clean"]}, True),
        Case("tree", "one folder, not what is below it", {"hub": ["tree", "Org/Clean", "main", "folder"]}, ["folder/deeper"]),
        Case("paths", "some paths (`paths-info`)", {"hub": ["paths", "Org/Clean", "main", ["config.json", "folder", "absent"]], "rust": ["paths", "Org/Clean", "main", "config.json"]}, ["config.json", "folder"]),
        Case("commits", "commits", {"hub": ["commits", "Org/Clean", "main"], "rust": ["commits", "Org/Clean", "main"]}, [commit]),
        Case("refs", "branches", {"hub": ["refs", "Org/Clean"], "rust": ["refs", "Org/Clean"]}, {"main": commit, "production": commit, "research": commit}),
        Case("search", "search", {"hub": ["search", "CLEA"], "cli": ["models", "ls", "--search", "CLEA", "--format", "json"], "rust": ["search", "CLEA"]}, ["Org/Clean"]),
        Case("page", "search, two at most", {"hub": ["page", "o", 2]}, 2),
        Case("allowed", "may I (`auth-check`)", {"hub": ["allowed", "Org/Clean"]}, None),
        Case("exists", "is it there", {"hub": ["exists", "Org/Clean", "pytorch_model.bin"]}, [True, True, False]),
        Case("warm", "filling a cache, for later", whole("Org/Doomed") | {"transformers": ["load", "Org/Doomed", "main"]}, None),
    ]


def refused(known):
    """What the gate does not give, and why, in the user's own terminal."""
    never = whole("Org/Never") | {"transformers": ["load", "Org/Never", "main"], "datasets": ["rows", "Org/Never", False]}
    waits = whole("Org/Waiting", "production") | {"transformers": ["load", "Org/Waiting", "production"]}
    return [
        Case("never", "a model that nobody asked for", never, shows="was not vetted yet"),
        Case("waits", "a model in quarantine", waits, shows="is in quarantine, somebody must approve it"),
        Case("bad", "a model that was rejected", whole("Org/Bad") | {"transformers": ["load", "Org/Bad", "main"]}, shows="was rejected for"),
        Case("bad-file", "a file of a model that was rejected", one("Org/Bad", "main", "model.pkl"), shows="was rejected for"),
        Case("absent", "a file that is not there, or is withheld", one("Org/Clean", "main", "pytorch_model.bin"), shows="there is no `pytorch_model.bin`"),
        Case("left-out", "a file that a partial view leaves out", one("Org/Mixed", "main", "pytorch_model.bin"), shows="there is no `pytorch_model.bin`"),
        Case("revision", "a revision that is not there", whole("Org/Clean", "v9"), shows="has no revision `v9`"),
        Case("hidden", "somebody without any role", whole("Org/Clean"), shows="`Org/Clean` is not here", token="nobody"),
        Case("anonymous", "no token", whole("Org/Clean") | {"transformers": ["load", "Org/Clean", "main"]}, shows="serves people it knows", token="none"),
        Case("forged", "a token that is none", whole("Org/Clean") | {"transformers": ["load", "Org/Clean", "main"]}, shows="Invalid credentials", token="bad"),
        Case("forged-whoami", "who am I, with a token that is none", {"hub": ["whoami"], "cli": ["auth", "whoami"], "rust": ["whoami"]}, shows="Invalid credentials", token="bad"),
    ]


def withdrawn(known):
    """A model that is in the cache, and was revoked since."""
    return [
        Case("revoked", "a revoked model that is in the cache", whole("Org/Doomed") | {"transformers": ["load", "Org/Doomed", "main"]}, shows="advisory WH-2026-7"),
        Case("revoked-file", "a file of it", one("Org/Doomed", "main", "config.json"), shows="advisory WH-2026-7"),
    ]
