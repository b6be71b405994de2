"""A registry on this machine with one image in it, as far as an engine asks when it pulls."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.running import LoopbackServer, running

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """``name`` is how an engine pulls the image, ``digest`` that of its manifest."""

    def __init__(self, mark: str) -> None:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as layer:
            member = tarfile.TarInfo("mark")
            member.size = len(mark)
            layer.addfile(member, io.BytesIO(mark.encode()))
        packed = gzip.compress(raw.getvalue(), mtime=0)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"mark": mark}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(raw.getvalue())]},
            "history": [{"created_by": "a test"}],
        }
        described = json.dumps(config).encode()
        self.blobs = {digest_of(each): each for each in (packed, described)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _entry(CONFIG, described),
            "layers": [_entry(LAYER, packed)],
        }
        self.manifest = json.dumps(manifest).encode()
        self.digest = digest_of(self.manifest)
        self.pulled: list[str] = []
        self.name = ""


def _entry(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": digest_of(content)}


class _Handler(BaseHTTPRequestHandler):
    registry: Registry

    def log_message(self, *words: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        registry, wanted = self.registry, self.path.rpartition("/")[2]
        kind, content = "application/json", b"{}"
        if "/manifests/" in self.path:
            registry.pulled.append(wanted)
            kind, content = MANIFEST, registry.manifest
        elif "/blobs/" in self.path:
            kind, content = "application/octet-stream", registry.blobs[wanted]
        self.send_response(200)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Docker-Content-Digest", digest_of(content))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)


@contextmanager
def serving_registry(mark: str) -> Iterator[Registry]:
    """A registry on a port of localhost, which engines ask without encryption."""
    registry = Registry(mark)
    handler = type("Handler", (_Handler,), {"registry": registry})
    server = LoopbackServer(("127.0.0.1", 0), handler)
    registry.name = f"localhost:{server.server_address[1]}/base:1"
    with running(server):
        yield registry
