"""A real HTTP server on this machine that misbehaves on demand, and what the tests put on it."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Served:
    """What the server holds and how it behaves; `starts` and `sent` are what was asked for and given."""

    address: str = ""
    files: dict = field(default_factory=dict)
    cut_after: int | None = None  # bytes of a body until the connection ends
    cuts: int = 10**9  # how many connections are cut
    ranges: bool = True
    length: bool = True  # False: chunked, no Content-Length
    codes: list = field(default_factory=list)  # answers to the next requests, errors or redirects
    location: str = ""
    hold: threading.Event | None = None  # wait for it in the middle of a body
    starts: list = field(default_factory=list)
    sent: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        served = self.server.served
        content = served.files.get(self.path)
        asked = self.headers.get("Range")
        served.starts.append(int(asked[6:-1]) if asked else 0)
        code = served.codes.pop(0) if served.codes else 404 if content is None else 200
        start = served.starts[-1] if served.ranges else 0
        if code == 200 and start and start >= len(content):
            code = 416
        if code != 200:
            return self._error(code)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if served.length:
            self.send_header("Content-Length", str(len(content) - start))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._body(content[start:])

    def _error(self, code):
        self.send_response(code)
        self.send_header("Content-Length", "0")
        if self.server.served.location:
            self.send_header("Location", self.server.served.location)
        self.end_headers()

    def _body(self, content):
        served = self.server.served
        cut = served.cut_after is not None and served.cut_after < len(content) and served.cuts > 0
        if cut:
            served.cuts -= 1
            content = content[: served.cut_after]
        half = len(content) // 2
        self._write(content[:half])
        if served.hold:
            self.wfile.flush()
            served.hold.wait(60)
        self._write(content[half:])
        if cut:
            self.close_connection = True
        elif not served.length:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, content):
        served = self.server.served
        if content:
            self.wfile.write(content if served.length else b"%x\r\n%b\r\n" % (len(content), content))
            served.sent += len(content)


@contextmanager
def _serving():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # a client that was killed
        server.served = Served(address=f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.served
        server.shutdown()


@pytest.fixture
def served(monkeypatch):
    """The server; every address leads to it."""
    with _serving() as served:
        monkeypatch.setenv("TILEWRIGHT_MIRROR", served.address)
        yield served
