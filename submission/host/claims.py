"""Claims of processors: two measurements on the same ones spoil each other, whoever starts them.

A claim is an abstract Unix socket, which the kernel frees when its process ends, however it ends.
Unlike a file it needs no folder that every user may write to.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

NAME = "\0mlperf-kit/processor/{}"
PEER = struct.Struct("3i")


class ClaimedError(Exception):
    """Another process has claimed the processor; its number is ``holder``, 0 if unknown."""

    def __init__(self, processor: int, holder: int) -> None:
        super().__init__(processor, holder)
        self.processor, self.holder = processor, holder


@contextmanager
def claim(processors: Iterable[int]) -> Iterator[None]:
    """Hold the claims of all ``processors``; raises ClaimedError if another process has one.

    Where the system has no such sockets, nothing is claimed.
    """
    with ExitStack() as held:
        for number in sorted(processors):
            try:
                own = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                own.bind(NAME.format(number))
                # a refused process asks whose it is
                own.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise ClaimedError(number, _holder(number)) from error
        yield


def _holder(processor: int) -> int:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.setblocking(False)
            asking.connect(NAME.format(processor))
            found = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
            return int(PEER.unpack(found)[0])
    except OSError:
        return 0
