"""What the story needs around the gate: a mail server with TLS, a receiver of webhooks, an upstream, a browser, terminals."""

import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]


def say(text):
    print(f"  {text}", flush=True)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(what, seconds, ask):
    """The first answer that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    sys.exit(f"not within {seconds} s: {what}")


class Receiver:
    """Takes webhooks. The first message of each kind it refuses once, so that each is sent again."""

    def __init__(self):
        self.messages, self.refused = [], {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                kind, message = json.loads(body)["type"], self.headers["webhook-id"]
                first = kind not in receiver.refused
                receiver.refused.setdefault(kind, message)
                if not first:
                    headers = {key.lower(): value for key, value in self.headers.items()}
                    receiver.messages.append((headers, body))
                self.send_response(500 if first else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/weighhouse"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kinds(self):
        return [json.loads(body)["type"] for _, body in self.messages]


class Post:
    """A mail server that wants TLS and a password, with a certificate of an authority of its own."""

    USER, PASSWORD = "gate", "correct horse"

    def __init__(self, folder):
        self.letters = []
        post = self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                post.letters.append((envelope.rcpt_tos, envelope.content.decode(), session.ssl is not None))
                return "250 taken"

        def known(server, session, envelope, mechanism, data):
            right = isinstance(data, LoginPassword) and (data.login, data.password) == (self.USER.encode(), self.PASSWORD.encode())
            return AuthResult(success=right)

        self.authority = folder / "authority.pem"
        key, certificate = certify(folder, self.authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.port = free_port()
        self.controller = Controller(
            Handler(), hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True,
            authenticator=known, auth_required=True, auth_require_tls=True,
        )
        self.controller.start()

    def to(self, name):
        return [text for receivers, text, tls in self.letters if receivers == [f"{name}@example.com"] and tls]


def certify(folder, authority):
    """A certificate for `localhost`, and the authority that vouches for it."""

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    root, key, request, certificate = (folder / name for name in ("root.key", "mail.key", "mail.csr", "mail.pem"))
    extensions = folder / "mail.ext"
    extensions.write_text("subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", root, "-out", authority, "-days", 2, "-subj", "/CN=Example authority")
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", root, "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", certificate)
    return key, certificate


class Gate:
    """A gate of its own, as its operators run it."""

    def __init__(self, program, folder, settings, environment=()):
        folder.mkdir(parents=True)
        self.program, self.folder = program, folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        (folder / "weighhouse.toml").write_text(settings(self))
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "WEIGHHOUSE_"))}
        self.environment = {**clean, "HOME": str(folder), "NO_COLOR": "1", **dict(environment)}
        self.log = open(folder / "log", "w")
        self.child = subprocess.Popen([program, "serve"], cwd=folder, env=self.environment, stderr=self.log, stdout=self.log)
        found = until("the gate is open", 60, lambda: re.search(r"^\s+(hf_wh\S+)$", (folder / "log").read_text(), re.M))
        self.admin = found[1]
        until("the gate answers", 30, self.ready)

    def ready(self):
        try:
            return urllib.request.urlopen(f"{self.address}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def here(self, *words, code=0):
        """A command on the machine of the gate."""
        done = subprocess.run([self.program, *map(str, words)], cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def gate(self, token, *words, code=0):
        """A command of somebody at the gate."""
        environment = {**self.environment, "HF_ENDPOINT": self.address, "HF_TOKEN": token}
        done = subprocess.run([self.program, "gate", *words], cwd=self.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def person(self, name, *roles, mail=False):
        self.gate(self.admin, "person", name, *(word for role in roles for word in ("--role", role)))
        token = self.gate(self.admin, "token", "--person", name).strip()
        if mail:
            self.gate(token, "mail", f"{name}@example.com")
        return token

    def hf(self, token, cache, *words):
        """The real client, as an engineer types it; what they see."""
        environment = {**self.environment, "HF_ENDPOINT": self.address, "HF_TOKEN": token, "HF_HOME": str(cache)}
        hf = pathlib.Path(sys.executable).with_name("hf")
        done = subprocess.run([hf, *words], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def serves(self, token, name):
        """The commit that somebody gets as `main`."""
        request = urllib.request.Request(f"{self.address}/{name}/resolve/main/config.json", method="HEAD", headers={"authorization": f"Bearer {token}"})
        return urllib.request.urlopen(request, timeout=20).headers["x-repo-commit"]

    def close(self):
        self.child.terminate()
        self.child.wait(30)
        self.log.close()


class Browser:
    """Chromium, headless, without a script of ours in any page."""

    def __init__(self, playwright, pictures):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("there is no chromium")
        self.chromium = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        self.pictures, self.number = pictures, 0

    def somebody(self, gate, token):
        """A page of somebody who signed in."""
        page = self.chromium.new_context(viewport={"width": 1200, "height": 900}).new_page()
        page.set_default_timeout(20_000)
        page.goto(gate.address)
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
        return page

    def picture(self, page, what):
        self.number += 1
        page.screenshot(path=self.pictures / f"{self.number:02}-{what}.png", full_page=True)
