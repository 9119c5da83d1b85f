"""Runs inside the environment of one client: uploads, as its users do. Reads `[verb, arguments…]` from the command line, prints what came of it."""

import hashlib
import importlib
import json
import os
import pathlib
import sys
import tempfile
import time

FILES = json.loads(os.environ.get("FILES", "{}"))


def folder_of(files):
    """The files of the test in a folder; each is made of pieces, and of how often each is repeated."""
    folder = pathlib.Path(tempfile.mkdtemp())
    for path, pieces in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"".join(bytes.fromhex(piece) * times for piece, times in pieces))
    return folder


def digests(folder):
    files = (path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def same(there, here):
    """Whether everything that was uploaded can be downloaded."""
    return all(there.get(path) == digest for path, digest in digests(here).items())


def patiently(get):
    """What is uploaded is inspected first: users wait, and so does this."""
    for _ in range(200):
        try:
            return get()
        except Exception as error:
            last = error
            time.sleep(0.2)
    raise last


def snapshot(name, kind="model", commit=None):
    hub = importlib.import_module("huggingface_hub")
    return digests(patiently(lambda: hub.snapshot_download(name, repo_type=kind, revision=commit, cache_dir=tempfile.mkdtemp())))


def folder(name, kind="model"):
    """A folder, and what can be downloaded of it then."""
    hub, here = importlib.import_module("huggingface_hub"), folder_of(FILES)
    api = hub.HfApi()
    name = api.create_repo(name, repo_type=kind, exist_ok=True).repo_id
    done = api.upload_folder(repo_id=name, repo_type=kind, folder_path=here)
    return same(snapshot(name, kind, done.oid), here)


def again(name):
    """The same folder twice: the second time nothing is sent."""
    hub, here = importlib.import_module("huggingface_hub"), folder_of(FILES)
    api = hub.HfApi()
    api.create_repo(name, exist_ok=True)
    first = api.upload_folder(repo_id=name, folder_path=here).oid
    snapshot(name, commit=first)
    posted = []
    module = importlib.import_module("huggingface_hub._commit_api")
    send = getattr(module, "_prepare_commit_payload")
    module._prepare_commit_payload = lambda *args, **options: posted.append(1) or send(*args, **options)
    second = api.upload_folder(repo_id=name, folder_path=here).oid
    return [first == second, len(posted)]


def resumed(name):
    """Contents that were sent before the program was killed are not sent again."""
    hub, here = importlib.import_module("huggingface_hub"), folder_of(FILES)
    lfs = importlib.import_module("huggingface_hub.lfs")
    sent = []
    for part in ("_upload_single_part", "_upload_multi_part"):
        send = getattr(lfs, part)
        setattr(lfs, part, lambda *args, send=send, **options: sent.append(1) or send(*args, **options))
    api = hub.HfApi()
    api.create_repo(name, exist_ok=True)
    largest = max((path for path in here.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    addition = hub.CommitOperationAdd(path_in_repo=str(largest.relative_to(here)), path_or_fileobj=str(largest))
    api.preupload_lfs_files(name, additions=[addition])
    before = len(sent)
    done = api.upload_folder(repo_id=name, folder_path=here)
    return [before, len(sent) - before, same(snapshot(name, commit=done.oid), here)]


def operations(name):
    """Delete, replace, and a commit on a parent that is not the last one any more."""
    hub = importlib.import_module("huggingface_hub")
    api = hub.HfApi()
    api.create_repo(name, exist_ok=True)
    first = api.upload_file(path_or_fileobj=b"one\n", path_in_repo="a.txt", repo_id=name).oid
    api.upload_file(path_or_fileobj=b"two\n", path_in_repo="folder/b.txt", repo_id=name)
    api.delete_folder("folder", name)
    last = api.upload_file(path_or_fileobj=b"three\n", path_in_repo="c.txt", repo_id=name).oid
    there = snapshot(name, commit=last)
    try:
        api.upload_file(path_or_fileobj=b"x", path_in_repo="d.txt", repo_id=name, parent_commit=first)
        return "it was taken"
    except hub.errors.HfHubHTTPError as error:
        return [sorted(there), error.response.status_code]


def pull(name):
    """A pull request is not what users of `main` get."""
    hub = importlib.import_module("huggingface_hub")
    api = hub.HfApi()
    api.create_repo(name, exist_ok=True)
    first = api.upload_file(path_or_fileobj=b"one\n", path_in_repo="a.txt", repo_id=name).oid
    snapshot(name, commit=first)
    done = api.upload_file(path_or_fileobj=b"two\n", path_in_repo="b.txt", repo_id=name, create_pr=True)
    return [done.pr_revision, sorted(snapshot(name))]


def config(name):
    """`push_to_hub` of transformers, twice, and what can be loaded then."""
    transformers = importlib.import_module("transformers")
    made = transformers.BertConfig(hidden_size=2, num_attention_heads=1, num_hidden_layers=1, vocab_size=3)
    made.push_to_hub(name)
    patiently(lambda: transformers.AutoConfig.from_pretrained(name))
    made.hidden_size = 4
    made.push_to_hub(name)

    def second():
        found = transformers.AutoConfig.from_pretrained(name, force_download=True).hidden_size
        if found != 4:
            raise ValueError(f"hidden size {found}")
        return found

    return patiently(second)


def rows(name):
    """`push_to_hub` of datasets, two splits one after another, and their rows."""
    datasets = importlib.import_module("datasets")
    datasets.Dataset.from_dict({"text": ["one", "two"]}).push_to_hub(name, split="train")
    patiently(lambda: datasets.load_dataset(name, split="train"))
    datasets.Dataset.from_dict({"text": ["three"]}).push_to_hub(name, split="test")
    parts = patiently(lambda: [datasets.load_dataset(name, split=split, download_mode="force_redownload")["text"] for split in ("train", "test")])
    return [list(part) for part in parts]


def main():
    verb, *arguments = sys.argv[1:]
    try:
        result = {"value": globals()[verb](*arguments)}
    except BaseException as error:
        import traceback

        result = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    print("\n" + json.dumps(result))


main()
