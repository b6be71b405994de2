"""The messages between LoadGen's process and the workers of NUMA nodes.

A worker has one connection for control (JSON objects) and one for each slot. On a slot a request
is the indices of samples that run together, int32; the answer is a status of four bytes, then the
logits of all of them, float32 [length, 2] one after the other, or the text of a failure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.harness.backend import Answer
from submission.harness.failure import FailureKind, HarnessError

# as long as a logit, so that the logits after it are aligned
GOOD, BAD = b"good", b"bad "
GONE = (EOFError, OSError)


def send(control: Connection, message: Mapping[str, Any]) -> None:
    """Send an object; raises one of GONE if the other side has ended."""
    control.send_bytes(json.dumps(message).encode())


def receive(control: Connection) -> dict[str, Any]:
    """The next object; raises one of GONE if the other side has ended."""
    message: dict[str, Any] = json.loads(control.recv_bytes())
    return message


def failure_words(error: HarnessError) -> dict[str, str]:
    """A failure as an object of strings."""
    return {"kind": error.kind, "what": error.what, "detail": error.detail, "hint": error.hint}


def failure_of(words: Mapping[str, str]) -> HarnessError:
    """The failure that ``failure_words`` put into words."""
    rest = dict(words)
    return HarnessError(rest.pop("what"), kind=FailureKind(rest.pop("kind")), **rest)


def request(indices: Sequence[int]) -> bytes:
    """A request for these samples."""
    return np.array(indices, np.int32).tobytes()


def requested(message: bytes) -> list[int]:
    """The samples of a request."""
    indices: list[int] = np.frombuffer(message, np.int32).tolist()
    return indices


def good(answers: Sequence[Answer]) -> bytes:
    """The message with these answers, each float32 [length, 2]."""
    return b"".join((GOOD, *(answer.tobytes() for answer in answers)))


def bad(error: Exception) -> bytes:
    return BAD + f"{type(error).__name__}: {error}".encode()


def answers_of(message: bytes, lengths: NDArray[np.int32]) -> list[Answer]:
    """Answers to samples of these lengths; RuntimeError for a failure or another size."""
    if message[: len(GOOD)] != GOOD:
        raise RuntimeError(message[len(BAD) :].decode(errors="replace"))
    logits = np.frombuffer(message, np.float32, offset=len(GOOD)).reshape(-1, 2)
    if len(logits) != lengths.sum():
        raise RuntimeError(f"logits of {len(logits)} tokens, not of {lengths.sum()}")
    return np.split(logits, np.cumsum(lengths)[:-1])
