"""Runs a server of the tests in a thread, and ends it in any state."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from socketserver import ThreadingMixIn, UnixStreamServer

POLL_S = 0.02
END_S = 30
"""How long the server's thread may take to end; it looks every ``POLL_S``."""


class LoopbackServer(ThreadingHTTPServer):
    """A server on a free port of this machine."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error of the test."""


class SocketServer(ThreadingMixIn, UnixStreamServer):
    """A server at a Unix socket."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error of the test."""


@contextmanager
def running(server: LoopbackServer | SocketServer) -> Iterator[None]:
    """Serve in a thread until the block ends.

    ``serve_forever`` and ``shutdown`` are not used: they wait without a limit, and a thread that
    hangs would hang the whole suite with it.
    """
    ending = threading.Event()
    server.timeout = POLL_S
    # accept() must not wait either, for a client that left after the poll
    server.socket.settimeout(POLL_S)

    def serve() -> None:
        while not ending.is_set():
            server.handle_request()

    thread = threading.Thread(target=serve, daemon=True, name="server of a test")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(END_S)
        server.server_close()
        assert not thread.is_alive(), "the server hangs:\n" + _stack(thread)


def _stack(thread: threading.Thread) -> str:
    frame = sys._current_frames()[thread.ident or 0]
    return "".join(traceback.format_stack(frame))
