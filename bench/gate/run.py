#!/usr/bin/env python3
"""Measures a gate beside nginx: `bench/gate/run.py [--weighhouse PROGRAM] [--only downloads,metadata,memory,pages]`.

Both serve the same file of the same disk to the same client, in turn and in the same run, so that what else the machine does befalls both;
ratios are of neighbouring runs. The time of the processor is the operating system's account of the server alone. Needs `nginx`, `wrk` and `ab`.
With WEIGHHOUSE_DATABASE=postgres://… the gate keeps its state there (an empty database).
"""

import argparse
import ctypes
import http.client
import json
import os
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import fill  # noqa: E402

SMALL = '{"model_type": "bert"}\n'
TICK = os.sysconf("SC_CLK_TCK")
RECV = ctypes.CDLL(None).recv
RECV.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
RECV.restype = ctypes.c_ssize_t


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid):
    """A process and those below it."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            pids += tree(int(child))
    return pids


def processor(pid):
    """Seconds of the processor that a server and its workers took so far."""
    total = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident(pid):
    """(now, at most so far) in MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"{key}:\s+(\d+)", text)[1]) / 1024 for key in ["VmRSS", "VmHWM"])


class Nginx:
    name = "nginx"

    def __init__(self, folder, file, metadata):
        self.port = free_port()
        root = folder / "nginx"
        (root / "files").mkdir(parents=True)
        (root / "files" / "large").symlink_to(file)
        (root / "files" / "metadata").write_bytes(metadata)
        (root / "files" / "small").write_text(SMALL)
        (root / "nginx.conf").write_text(f"""
            worker_processes auto; pid {root}/pid; error_log {root}/error.log; user root; worker_rlimit_nofile 8192;
            events {{ worker_connections 4096; }}
            http {{
              access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; open_file_cache max=100; default_type application/octet-stream;
              keepalive_requests 1000000;
              server {{ listen 127.0.0.1:{self.port} backlog=4096; root {root}/files; }}
            }}""")
        self.process = subprocess.Popen(["nginx", "-c", f"{root}/nginx.conf", "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        self.headers = {}
        self.large, self.metadata, self.head = "/large", "/metadata", "/small"
        wait_for(self.port)

    @property
    def pid(self):
        return self.process.pid


class Gate:
    name = "gate"

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.environment = {**os.environ, "WEIGHHOUSE_DATA": str(folder / "gate"), "HOME": str(folder)}
        self.process = None
        self.token = None
        self.headers = {}

    def start(self):
        self.port = free_port()
        log = open(self.folder / "gate.log", "a+")
        begin = log.tell()
        command = [self.program, "serve", "--listen", f"127.0.0.1:{self.port}", "--workers", "0"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.folder)
        wait_for(self.port)
        # The listener is there first; what answers has opened its database.
        assert self.ask("GET", "/readyz")[0].status == 200
        log.seek(begin)
        found = re.search(r"\bhf_wh[0-9a-f]{64}", log.read())
        self.token = found[0] if found else self.token
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def imported(self, model, name):
        command = [self.program, "gate", "import", str(model), "--as", name, "--stage", "internal", "--person", "admin"]
        subprocess.run(command, check=True, env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL)
        self.large = f"/{name}/resolve/main/model.safetensors"
        self.head = f"/{name}/resolve/main/config.json"
        self.metadata = f"/api/models/{name}/revision/main"

    @property
    def pid(self):
        return self.process.pid

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {**self.headers, **(headers or {})})
        answer = connection.getresponse()
        return answer, answer.read()


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def make_model(folder, size):
    """A model of one tensor of `size` bytes."""
    folder.mkdir()
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    part = os.urandom(1 << 20)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for number in range(size >> 20):
            file.write(number.to_bytes(8, "little") + part[8:])
    (folder / "config.json").write_text(SMALL)
    for number in range(6):
        (folder / f"notes-{number}.txt").write_text(f"{number}\n")


def connect(server, path, wanted=""):
    connection = socket.create_connection(("127.0.0.1", server.port))
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *[f"{key}: {value}" for key, value in server.headers.items()], wanted]
    connection.sendall("\r\n".join([line for line in lines if line] + ["", ""]).encode())
    return connection


def discard(server, path):
    """Downloads without looking: the client takes next to no time of the processor, so that the server is measured."""
    with connect(server, path, "Connection: close") as connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        assert b" 200 " in head.split(b"\r\n")[0], head
        total = 0
        # Bytes are counted and thrown away by the kernel.
        while (count := RECV(connection.fileno(), None, 8 << 20, socket.MSG_TRUNC)) > 0:
            total += count
        return total


def curl(server, path):
    headers = [part for key, value in server.headers.items() for part in ["-H", f"{key}: {value}"]]
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}", *headers]
    done = subprocess.run([*command, f"http://127.0.0.1:{server.port}{path}"], check=True, capture_output=True, text=True)
    return int(done.stdout)


def pairs(servers, rounds, measure):
    """Each server in turn, each round; what was measured by name."""
    done = {server.name: [] for server in servers}
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            done[server.name].append(measure(server))
    return done


def compare(what, unit, done, better=max):
    nginx, gate = done["nginx"], done["gate"]
    ratios = sorted(g / n for g, n in zip(gate, nginx))
    middle = statistics.median
    print(f"{what}: gate {middle(gate):.3g} {unit}, nginx {middle(nginx):.3g} {unit}; "
          f"gate/nginx {middle(ratios):.2f} (of {len(ratios)} pairs: {ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


def downloads(nginx, gate, rounds):
    for name, client in [("no copies in the client", discard), ("curl", curl)]:
        cost = {"nginx": [], "gate": []}

        def measure(server):
            before, began = processor(server.pid), time.monotonic()
            total = client(server, server.large)
            took = time.monotonic() - began
            cost[server.name].append((processor(server.pid) - before) / (total / 2**30) + 1e-3)
            return total / took / 2**30

        for server in [nginx, gate]:
            client(server, server.large)
            cost[server.name].clear()
        compare(f"download, {name}", "GiB/s", pairs([nginx, gate], rounds, measure))
        compare(f"  processor of the server, {name}", "s/GiB", cost)


def load(server, path, method):
    """Asks the same over and over on 64 connections; (requests, requests a second). wrk would wait for bodies after HEAD, ab does not."""
    headers = [part for key, value in server.headers.items() for part in ["-H", f"{key}: {value}"]]
    if method == "HEAD":
        command, count, rate = ["ab", "-q", "-i", "-k", "-c64", "-t4", "-n10000000"], r"Complete requests:\s+(\d+)", r"Requests per second:\s+([\d.]+)"
    else:
        command, count, rate = ["wrk", "-t1", "-c64", "-d4s"], r"(\d+) requests in", r"Requests/sec:\s+([\d.]+)"
    done = subprocess.run([*command, *headers, f"http://127.0.0.1:{server.port}{path}"], check=True, capture_output=True, text=True)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    return int(re.search(count, done.stdout)[1]), float(re.search(rate, done.stdout)[1])


def metadata(nginx, gate, rounds):
    for what, path, method in [
        ("HEAD of a file", "head", "HEAD"),
        ("a small file", "head", "GET"),
        ("description of a model", "metadata", "GET"),
    ]:
        cost = {"nginx": [], "gate": []}

        def measure(server):
            before = processor(server.pid)
            count, rate = load(server, getattr(server, path), method)
            cost[server.name].append((processor(server.pid) - before) / count * 1e6)
            return rate

        measure(gate)
        cost["gate"].clear()
        compare(f"{what}", "requests/s", pairs([nginx, gate], rounds, measure))
        compare("  processor of the server", "µs/request", cost)


def memory(gate, count):
    """Memory of the gate while `count` clients download slowly, each at another place of the file."""
    selector = selectors.DefaultSelector()
    connections = [connect(gate, gate.large) for _ in range(count)]
    for connection in connections:
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
    heard, until, most = set(), time.monotonic() + 20, 0
    while time.monotonic() < until:
        for key, _ in selector.select(0.05):
            heard.add(key.fd)
            key.fileobj.recv(64 << 10)
        most = max(most, resident(gate.pid)[0])
    now, peak = resident(gate.pid)
    print(f"memory with {count} downloads, {len(heard)} of them heard: {most:.1f} MiB at most, {peak:.1f} MiB since it began", flush=True)
    for connection in connections:
        connection.close()


def sign_in(gate):
    form = urllib.parse.urlencode({"token": gate.token, "next": "/"})
    origin = {"Origin": f"http://127.0.0.1:{gate.port}", "Content-Type": "application/x-www-form-urlencoded"}
    answer, _ = gate.ask("POST", "/login", form, origin)
    assert answer.status == 303, answer.status
    return answer.getheader("Set-Cookie").split(";")[0]


def pages(gate, cookie, rounds):
    wide = "/models/org-0/model-0"
    addresses = [
        "/", "/models", "/models?search=model-99", "/models?search=nothing-has-this-name", "/models?after=org-200", "/datasets",
        "/models/org-7/model-7", f"/models/org-7/model-7?revision={fill.commit(7, 3)}", wide, "/audit", "/admin", "/you",
        "/api/models?search=model-9&limit=50", f"/api/models{wide[7:]}/commits/main", "/api/models/org-7/model-7/refs",
        "/api/models/org-7/model-7/tree/main", "/api/v1/models?search=model-5", "/api/v1/releases", "/api/v1/models/org-7/model-7",
    ]
    worst = 0
    for address in addresses:
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=120)
        headers = gate.headers if address.startswith("/api") else {"Cookie": cookie}
        took = []
        for _ in range(rounds):
            began = time.monotonic()
            connection.request("GET", address, headers=headers)
            answer = connection.getresponse()
            size = len(answer.read())
            took.append((time.monotonic() - began) * 1000)
            assert answer.status == 200, (address, answer.status)
        took.sort()
        worst = max(worst, statistics.median(took))
        print(f"  {address[:60]:60} {took[0]:7.1f} {statistics.median(took):7.1f} {took[-1]:7.1f} ms, {size} bytes", flush=True)
    print(f"the slowest page: {worst:.1f} ms (median of {rounds})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weighhouse", default="target/release/weighhouse", help="a release build with the feature `server`")
    parser.add_argument("--only", default="downloads,metadata,memory,pages")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--size", type=int, default=1024, help="MiB of the large file")
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    options = parser.parse_args()
    wanted = options.only.split(",")
    folder = Path(tempfile.mkdtemp(prefix="gate-bench-"))
    gate = Gate(str(Path(options.weighhouse).resolve()), folder)
    nginx = None
    try:
        make_model(folder / "model", options.size << 20)
        gate.start()
        gate.imported(folder / "model", "bench/large")
        shutil.rmtree(folder / "model")
        blob = max((folder / "gate/blobs/sha256").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
        answer, body = gate.ask("GET", gate.metadata)
        assert answer.status == 200, body
        if {"downloads", "metadata"} & set(wanted):
            nginx = Nginx(folder, blob, body)
        if "downloads" in wanted:
            downloads(nginx, gate, options.rounds)
        if "metadata" in wanted:
            metadata(nginx, gate, options.rounds)
        if "memory" in wanted:
            memory(gate, 1000)
        if "pages" in wanted:
            cookie = sign_in(gate)
            gate.stop()
            began = time.monotonic()
            database = os.environ.get("WEIGHHOUSE_DATABASE")
            if database:
                fill.postgres(database, folder, options.models, 10, 500)
            else:
                fill.sqlite(folder / "gate/gate.db", options.models, 10, 500)
            print(f"{options.models} models were made in {time.monotonic() - began:.0f} s", flush=True)
            gate.start()
            began = time.monotonic()
            while "read what revisions say of themselves" not in (folder / "gate.log").read_text():
                time.sleep(0.5)
            print(f"what they say of themselves was read in {time.monotonic() - began:.0f} s", flush=True)
            pages(gate, cookie, 20)
            if nginx:
                metadata(nginx, gate, 3)
            print(f"memory: {resident(gate.pid)[1]:.1f} MiB at most", flush=True)
    finally:
        if gate.process:
            gate.stop()
        if nginx:
            nginx.process.terminate()
            nginx.process.wait()
        if not options.keep:
            shutil.rmtree(folder)
        else:
            print(folder)


if __name__ == "__main__":
    main()
