"""A container engine's HTTP API on a Unix socket, as far as the kit asks it; no container runs."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.running import SocketServer, running

DOCKER = {"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}
PODMAN = {
    **DOCKER,
    "Version": "4.3.1",
    "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}, {"Name": "Conmon"}],
}


@dataclass(kw_only=True)
class FakeApi:
    """What the engine answers, and what it was asked.

    ``version`` is the body of /version: a JSON value, or bytes as they are; ``images`` its
    images by name, ``repo_digests`` what they have of a registry, ``published`` what a registry
    says of a name. A build sends ``build_messages`` and then has the image. ``tags`` are those
    that were given: image, name and tag. ``listed`` are the images of a listing: id to names.
    """

    version: Any = field(default_factory=lambda: dict(DOCKER))
    status: int = 200
    silent: bool = False
    images: set[str] = field(default_factory=set)
    repo_digests: dict[str, str] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)
    tags: list[tuple[str, str, str]] = field(default_factory=list)
    build_messages: list[dict[str, Any]] = field(
        default_factory=lambda: [{"stream": "Step 1/1 : FROM base\n"}, {"aux": {"ID": "sha256:1"}}]
    )
    build_arguments: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Any] | None = None
    closing: threading.Event = field(default_factory=threading.Event)


class _Server(SocketServer):
    def __init__(self, path: Path, api: FakeApi) -> None:
        super().__init__(str(path), _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *words: object) -> None: ...

    @property
    def api(self) -> FakeApi:
        assert isinstance(self.server, _Server)
        return self.server.api

    def do_GET(self) -> None:
        if self.api.silent:
            self.api.closing.wait()
            return
        path = unquote(urlsplit(self.path).path)
        if path.endswith("/version"):
            self.answer(self.api.status, self.api.version)
        elif "/images/" in path and (found := self.images(path)) is not None:
            self.answer(200, found)
        elif "/distribution/" in path:
            name = path.partition("/distribution/")[2].removesuffix("/json")
            if name in self.api.published:
                self.answer(200, {"Descriptor": {"digest": self.api.published[name]}})
            else:
                self.answer(500, {"message": "no registry answers"})
        else:
            self.answer(404, {"message": f"No such image: {path}"})

    def images(self, path: str) -> Any:
        """The listing, or the facts of an image; None if there is no such image."""
        name = path.partition("/images/")[2].removesuffix("/json")
        if name == "json":
            return [{"Id": each} for each in self.api.listed]
        if name in self.api.listed:
            names = self.api.listed[name]
            return {"Id": name, "Size": 2_000_000, "Config": {}, "RepoTags": names}
        if name not in self.api.images:
            return None
        facts: dict[str, Any] = {"Id": f"sha256:{name}", "Size": 1, "Config": {}}
        if digest := self.api.repo_digests.get(name):
            facts["RepoDigests"] = [digest]
        return facts | {"RepoTags": [name]}

    def do_DELETE(self) -> None:
        name = unquote(urlsplit(self.path).path).partition("/images/")[2]
        for image, names in list(self.api.listed.items()):
            if name in {image, *names}:
                self.api.listed[image] = [each for each in names if each != name]
                if not self.api.listed[image]:
                    del self.api.listed[image]
                self.answer(200, [{"Untagged": name}])
                return
        self.answer(404, {"message": f"No such image: {name}"})

    def do_POST(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.rfile.read(int(self.headers["Content-Length"]))
        path = unquote(urlsplit(self.path).path)
        if path.endswith("/tag"):
            image = path.partition("/images/")[2].removesuffix("/tag")
            self.api.tags.append((image, query["repo"][0], query.get("tag", [""])[0]))
            self.answer(201, {})
            return
        self.api.build_arguments = json.loads(query.get("buildargs", ["{}"])[0])
        sent = self.headers.get("X-Registry-Config")
        self.api.credentials = json.loads(base64.urlsafe_b64decode(sent)) if sent else None
        self.api.images.add(query["t"][0])
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for each in self.api.build_messages:
            line = json.dumps(each).encode() + b"\r\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, status: int, value: Any) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(path: Path, api: FakeApi) -> Iterator[str]:
    """``api`` at the socket ``path``; gives its address."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with running(_Server(path, api)):
            yield f"unix://{path}"
    finally:
        api.closing.set()
        path.unlink(missing_ok=True)
