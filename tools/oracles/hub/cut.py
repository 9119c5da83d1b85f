"""A proxy that breaks the first download of a big file off in the middle, and notes from which byte on it is taken up again."""

import http.client
import http.server
import threading
import urllib.parse

AFTER = 16 << 20


class Cut:
    def __init__(self, address):
        cut = self
        self.ranges, self.done = [], False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_HEAD(self):
                cut.pass_on(self, address)

            do_GET = do_POST = do_HEAD

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def pass_on(self, handler, address):
        upstream = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        upstream.request(handler.command, handler.path, body, headers)
        answer = upstream.getresponse()
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                handler.send_header(name, value)
        if answer.getheader("Content-Length") is None:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        left = None
        if handler.command == "GET" and handler.path.endswith("big.safetensors"):
            self.ranges.append(handler.headers.get("Range"))
            length = int(answer.getheader("Content-Length") or 0)
            if not self.done and length > AFTER:
                left, self.done = AFTER, True
        self.copy(handler, answer, left)
        upstream.close()

    def copy(self, handler, answer, left):
        while part := answer.read(min(1 << 16, left if left is not None else 1 << 16)):
            try:
                handler.wfile.write(part)
            except OSError:
                return
            if left is not None:
                left -= len(part)
                if left <= 0:
                    handler.wfile.flush()
                    handler.connection.shutdown(2)
                    handler.close_connection = True
                    return
