"""A socket in front of a real engine that can die when a test wants it to."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path


class DroppingSocket:
    """Listens at ``path``, passes every connection on to ``target``, until ``drop``."""

    def __init__(self, path: Path, target: str) -> None:
        self._target = target
        self._ends: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """The engine dies: every connection breaks, no new one is taken."""
        for each in (self._listener, *self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while chunk := one.recv(1 << 16):
            other.sendall(chunk)
        other.shutdown(socket.SHUT_WR)
