"""The pool of an engine's client: what it holds, and what a signal leaves behind."""

import queue
import signal
import threading
import time
from contextlib import suppress

import pytest
from docker.transport.unixconn import UnixHTTPConnectionPool

from submission.container.connection import IdleConnections


def test_a_pool_of_a_unix_socket_holds_its_connections_without_a_lock() -> None:
    pool = UnixHTTPConnectionPool("http+unix://x", "/nowhere", maxsize=2)
    assert isinstance(pool.pool, IdleConnections)
    assert pool.pool.qsize() == 2
    pool.close()


def test_the_newest_is_taken_first_and_both_ends_are_told() -> None:
    idle = IdleConnections(2)
    idle.put(1)
    idle.put(2, block=False)
    with pytest.raises(queue.Full):
        idle.put(3, block=False)
    assert [idle.get(block=False, timeout=None), idle.get()] == [2, 1]
    with pytest.raises(queue.Empty):
        idle.get(block=False)


class Stopped(Exception):  # noqa: N818 -- only raised by the handler below
    pass


@pytest.mark.slow
def test_a_signal_at_any_moment_leaves_nothing_locked() -> None:
    def interrupt(*_: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGALRM, interrupt)
    interrupted = 0
    end = time.monotonic() + 0.5
    try:
        while time.monotonic() < end:
            idle = IdleConnections(1)
            with suppress(Stopped):
                signal.setitimer(signal.ITIMER_REAL, 0.0003)
                for _ in range(1_000_000):
                    idle.put(None)
                    idle.get()
            interrupted += 1
            taker = threading.Thread(target=_drain, args=(idle,), daemon=True)
            taker.start()
            taker.join(5)
            assert not taker.is_alive()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted > 10


def _drain(idle: IdleConnections) -> None:
    with suppress(queue.Empty):
        while True:
            idle.get(block=False)
