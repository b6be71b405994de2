"""A file server on the loopback that can be made to misbehave, request by request."""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.fakes.running import LoopbackServer, running

CHUNK_BYTES = 1 << 16


@dataclass(kw_only=True)
class Fault:
    """How one request is answered wrongly; the fields that are set apply."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    break_after: int | None = None
    claim_bytes: int | None = None
    claim_first: int | None = None
    ignore_range: bool = False


@dataclass(kw_only=True)
class Shelf:
    """Files by path, faults by path (used up one a request), and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    sent_bytes: int = 0
    etags: bool = True
    pause_s: float = 0.0
    #: "user:password" that every request must carry
    password: str | None = None
    url: str = ""

    def fault(self, path: str) -> Fault:
        """The next fault of that path; none if they are used up."""
        waiting = self.faults.get(path)
        return waiting.pop(0) if waiting else Fault()

    def etag(self, path: str) -> str:
        """A strong one, of the content."""
        return '"' + hashlib.sha256(self.files[path]).hexdigest()[:16] + '"'


@contextmanager
def serving(shelf: Shelf) -> Iterator[Shelf]:
    """Serve the shelf on a free port until the block ends; ``shelf.url`` is its address."""

    class Handler(_Handler):
        pass

    Handler.shelf = shelf
    server = LoopbackServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_address[1]}"
    with running(server):
        yield shelf


class _Handler(BaseHTTPRequestHandler):
    shelf: Shelf
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
        """Say nothing."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path  # a proxy is asked for the whole URL
        self.shelf.asked.append((path, self.headers.get("Range")))
        fault = self.shelf.fault(path)
        if not self._may_read():
            self._answer(401, b"", {"WWW-Authenticate": "Basic"})
        elif fault.status is not None:
            self._answer(fault.status, fault.body or b"", fault.headers)
        elif path in self.shelf.redirects:
            self._answer(302, b"", {"Location": self.shelf.redirects[path]})
        elif path not in self.shelf.files:
            self._answer(404, b"gone", {})
        else:
            self._file(path, fault)

    def _may_read(self) -> bool:
        password = self.shelf.password
        if password is None:
            return True
        return self.headers["Authorization"] == f"Basic {b64encode(password.encode()).decode()}"

    def _file(self, path: str, fault: Fault) -> None:
        content = self.shelf.files[path] if fault.body is None else fault.body
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if self.shelf.etags:
            headers["ETag"] = self.shelf.etag(path)
        first = self._first(path, fault)
        if first >= len(content) > 0:
            self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        if first:
            reported = first if fault.claim_first is None else fault.claim_first
            size = len(content) if fault.claim_bytes is None else fault.claim_bytes
            headers["Content-Range"] = f"bytes {reported}-{size - 1}/{size}"
        length = None if fault.claim_bytes is None else fault.claim_bytes - first
        self._answer(
            206 if first else 200,
            content[first:],
            headers | fault.headers,
            break_after=fault.break_after,
            length=length,
        )

    def _first(self, path: str, fault: Fault) -> int:
        asked = self.headers.get("Range")
        guard = self.headers.get("If-Range")
        if asked is None or fault.ignore_range:
            return 0
        if guard is not None and guard != self.shelf.etag(path):
            return 0
        return int(asked.removeprefix("bytes=").partition("-")[0])

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str],
        *,
        break_after: int | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        whole = body if break_after is None else body[:break_after]
        try:
            for start in range(0, len(whole), CHUNK_BYTES):
                self.wfile.write(whole[start : start + CHUNK_BYTES])
                self.shelf.sent_bytes += len(whole[start : start + CHUNK_BYTES])
                time.sleep(self.shelf.pause_s)
        except OSError:
            self.close_connection = True  # the client left
        if break_after is not None or length not in {None, len(body)}:
            self.close_connection = True
