"""Signals while something runs that must not outlive the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from submission.errors import UserStopError

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _stop(signum: int, _frame: FrameType | None) -> None:
    raise UserStopError(
        "the work was stopped",
        detail=f"the process got {signal.Signals(signum).name}",
        hint="run the same command again to resume",
    )


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """SIGTERM raises UserStopError inside the block, so that clean-up runs as after Ctrl-C.

    Another handler that is already set stays. Nothing changes outside the main thread, where
    Python allows no handlers.
    """
    if not _in_main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Delay SIGINT, SIGTERM and SIGHUP to the block's end: a second Ctrl-C spoils no clean-up."""
    if not _in_main_thread():
        yield
        return
    came: list[int] = []
    before = {each: signal.getsignal(each) for each in _STOPS}
    for each in _STOPS:
        signal.signal(each, lambda signum, _frame: came.append(signum))
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if came:
            signal.raise_signal(came[0])
