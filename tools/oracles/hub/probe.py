"""Runs inside the environment of one client: reads cases from standard input, does each in a process of its own, prints what came out.

Input: `{"kind": "hub"|"transformers"|"datasets", "cases": [[id, verb, arguments], …]}`; output: `{id: {"value"|"error": …, "said": …}}`.
Endpoint, token and cache come from the environment, as for every user of the client.
"""

import hashlib
import importlib
import json
import os
import pathlib
import sys
import tempfile
import traceback


def digests(folder):
    """SHA-256 of each file below a folder, by its path."""
    files = (path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Hub:
    """huggingface_hub."""

    def __init__(self):
        self.hub = importlib.import_module("huggingface_hub")

    def snapshot(self, name, revision):
        return digests(self.hub.snapshot_download(name, revision=revision))

    def file(self, name, revision, path):
        return digest(self.hub.hf_hub_download(name, path, revision=revision))

    def resume(self, name, revision, path):
        """Old versions give up when a connection breaks; the next call goes on where it was."""
        try:
            return self.file(name, revision, path)
        except Exception:
            return self.file(name, revision, path)

    def byte(self, name, revision, path):
        files = self.hub.HfFileSystem()
        return files.cat_file(f"{name}@{revision}/{path}", start=0, end=1).decode()

    def whoami(self):
        return self.hub.HfApi().whoami()["name"]

    def expand(self, name):
        words = ["sha", "xetEnabled", "safetensors", "inferenceProviderMapping", "resourceGroup"]
        return self.hub.HfApi().model_info(name, expand=words).id

    def info(self, name):
        info = self.hub.HfApi().model_info(name, files_metadata=True, securityStatus=True)
        return {file.rfilename: file.size for file in info.siblings}

    def card(self, name):
        info = self.hub.HfApi().model_info(name)
        return [info.pipeline_tag, info.library_name, info.tags, info.card_data.license, info.config["model_type"]]

    def tagged(self, tag, task):
        return [model.id for model in self.hub.HfApi().list_models(filter=tag, pipeline_tag=task)]

    def newest(self, name):
        """Whether a list by age holds it, and is in order."""
        found = list(self.hub.HfApi().list_models(sort="last_modified"))
        times = [model.last_modified for model in found]
        return name in [model.id for model in found] and times == sorted(times, reverse=True)

    def tree(self, name, revision, folder):
        entries = self.hub.HfApi().list_repo_tree(name, folder or None, revision=revision, recursive=False)
        return sorted(entry.path for entry in entries)

    def commits(self, name, revision):
        return [commit.commit_id for commit in self.hub.HfApi().list_repo_commits(name, revision=revision)]

    def refs(self, name):
        return {branch.name: branch.target_commit for branch in self.hub.HfApi().list_repo_refs(name).branches}

    def search(self, word):
        return [model.id for model in self.hub.HfApi().list_models(search=word)]

    def page(self, word, most):
        return len(list(self.hub.HfApi().list_models(search=word, limit=most)))

    def paths(self, name, revision, paths):
        return sorted(entry.path for entry in self.hub.HfApi().get_paths_info(name, paths, revision=revision, expand=True))

    def allowed(self, name):
        return self.hub.HfApi().auth_check(name)

    def exists(self, name, path):
        hub = self.hub.HfApi()
        return [hub.repo_exists(name), hub.file_exists(name, "config.json"), hub.file_exists(name, path)]

    def verify(self, name, revision):
        """Digests of the cache against those that the gate lists; from version 1 on."""
        done = self.hub.HfApi().verify_repo_checksums(name, revision=revision)
        return [done.checked_count, len(done.mismatches), len(done.missing_paths)]


class Transformers:
    """transformers: a configuration, a tokenizer and weights, without torch."""

    def __init__(self):
        self.transformers = importlib.import_module("transformers")
        self.numpy = importlib.import_module("safetensors.numpy")
        self.cached_file = importlib.import_module("transformers.utils").cached_file

    def load(self, name, revision):
        config = self.transformers.AutoConfig.from_pretrained(name, revision=revision)
        tokenizer = self.transformers.AutoTokenizer.from_pretrained(name, revision=revision)
        weights = self.cached_file(name, "model.safetensors", revision=revision)
        tensors = {key: list(tensor.shape) for key, tensor in self.numpy.load_file(weights).items()}
        return [config.model_type, tokenizer("hello gate")["input_ids"], tensors]


    def task(self, name):
        return importlib.import_module("transformers.pipelines").get_task(name)


class Datasets:
    """datasets: rows of a data set, whole and as a stream."""

    def __init__(self):
        self.datasets = importlib.import_module("datasets")

    def rows(self, name, streaming):
        rows = self.datasets.load_dataset(name, split="train", streaming=streaming)
        return [row["text"] for row in rows]


def attempt(client, verb, arguments):
    try:
        return {"value": getattr(client, verb)(*arguments)}
    except AttributeError as error:
        if "verify_repo_checksums" in str(error):
            return {"lacks": True}
        return {"error": f"AttributeError: {error}", "trace": traceback.format_exc()}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}


def alone(client, verb, arguments):
    """A case in a process of its own: clients say some things once a process."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as result:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            result.write(json.dumps(attempt(client, verb, arguments)).encode())
            result.flush()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        os.waitpid(child, 0)
        result.seek(0)
        said.seek(0)
        return {**json.loads(result.read() or b'{"error": "the client died"}'), "said": said.read().decode(errors="replace")}


def main():
    work = json.load(sys.stdin)
    client = {"hub": Hub, "transformers": Transformers, "datasets": Datasets}[work["kind"]]()
    print(json.dumps({case: alone(client, verb, arguments) for case, verb, arguments in work["cases"]}))


main()
