"""The real Hub client against our cache.

    hub.py write CACHE               serve a model on the loopback interface, let the client download it into CACHE (wholly as
                                     `org/whole`, one file as `org/part`), print its files as JSON
    hub.py read CACHE REVISION...    read `org/model` from CACHE with the client, without a connection

Needs `huggingface_hub`; any version from 0.36 on. Run by the tests of the crate if `WEIGHHOUSE_PYTHON` names a Python
that has it.
"""

import hashlib
import http.server
import json
import os
import pathlib
import sys
import threading
import urllib.parse

FILES = {
    "config.json": b'{"model_type": "bert"}\n',
    "empty.txt": b"",
    "model.safetensors": b"weights " * 40,
    "onnx/deep/notes.md": b"# Notes\n",
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def entry(path, content):
    listed = {"type": "file", "path": path, "rfilename": path, "size": len(content), "oid": git_id(content)}
    listed["blobId"] = listed["oid"]
    if path.endswith(".safetensors"):
        sha256 = hashlib.sha256(content).hexdigest()
        listed["lfs"] = {"oid": sha256, "sha256": sha256, "size": len(content), "pointerSize": 134}
    return listed


class Hub(http.server.BaseHTTPRequestHandler):
    """R1, R2, R3 and R4 of the protocol: description, list, headers, content."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        listed = [entry(*item) for item in FILES.items()]
        if "/resolve/" in path:
            name = path.split("/resolve/")[1].removeprefix(COMMIT + "/").removeprefix("main/")
            if name not in FILES:
                return self.reply(404, b"", [("X-Error-Code", "EntryNotFound"), ("X-Repo-Commit", COMMIT)])
            content = FILES[name]
            digest = entry(name, content).get("lfs", {}).get("oid") or git_id(content)
            return self.reply(200, content, [("ETag", f'"{digest}"'), ("X-Repo-Commit", COMMIT)])
        if "/tree/" in path:
            body = listed
        elif path.startswith("/api/models/"):
            body = {"id": "/".join(path.split("/")[3:5]), "sha": COMMIT, "siblings": listed, "private": False,
                    "tags": [], "downloads": 0}
        else:
            return self.reply(404, b"")
        self.reply(200, json.dumps(body).encode(), [("Content-Type", "application/json")])

    do_HEAD = do_GET


def write(cache):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
    from huggingface_hub import snapshot_download

    for revision in ["main", "v1", "feature/x"]:
        snapshot_download("org/whole", revision=revision, cache_dir=cache)
    snapshot_download("org/part", cache_dir=cache, allow_patterns=["config.json"])
    print(json.dumps([[path, content.decode()] for path, content in sorted(FILES.items())]))


def read(cache, revisions):
    os.environ["HF_HUB_OFFLINE"] = "1"
    from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download

    for revision in revisions:
        folder = pathlib.Path(snapshot_download("org/model", revision=revision, cache_dir=cache, local_files_only=True))
        files = sorted(path for path in folder.rglob("*") if not path.is_dir())
        assert len(files) == 4, files
        for file in files:
            name = file.relative_to(folder).as_posix()
            content = file.read_bytes()
            assert os.readlink(file).startswith("../"), "links are relative"
            digest = hashlib.sha256(content).hexdigest() if name.endswith(".safetensors") else git_id(content)
            assert file.resolve().name == digest, "content is named by its digest"
            assert hf_hub_download("org/model", name, revision=revision, cache_dir=cache) == str(file)
    found = scan_cache_dir(cache)
    assert not found.warnings, found.warnings
    (repository,) = found.repos
    assert repository.repo_id == "org/model", repository
    (commit,) = repository.revisions
    assert commit.refs == frozenset({"main", "refs/pr/7"}), commit.refs
    assert commit.nb_files == 4, commit


if __name__ == "__main__":
    os.environ.update(HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_PROGRESS_BARS="1",
                      NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    os.environ.pop("HF_HUB_OFFLINE", None)
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        read(sys.argv[2], sys.argv[3:])
