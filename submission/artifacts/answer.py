"""What an HTTP response says: length, range, content type, when to retry, why it failed.

Source of the meanings: RFC 9110 (Content-Range 14.4, Retry-After 10.2.3, ETag 8.8.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
import urllib3

from submission.artifacts.failure import SourceError
from submission.errors import words_of

CHUNK_BYTES = 1 << 18
#: a server that asks for a longer wait is given up
LONGEST_ASKED_WAIT_S = 120.0
_NOT_ALLOWED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
CONTENT_RANGE = re.compile(r"bytes (?P<first>\d+)-\d+/(?P<total>\d+|\*)")
_NOT_OURS = {b"<!doctype html": "an HTML page", b"<html": "an HTML page"}
_POINTER = b"version https://git-lfs.github.com/spec/"


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives, so that a broken connection loses none of the bytes received.

    requests' own iteration waits for full chunks and drops an incomplete one. Raises
    requests' ChunkedEncodingError if the connection breaks.
    """
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            yield chunk
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def total_bytes(response: requests.Response) -> int | None:
    """Length of the whole file as the server states it; None if it does not."""
    match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        return int(match["total"]) if match and match["total"] != "*" else None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def check_kind(response: requests.Response, name: str) -> None:
    """Raise SourceError if the headers show that the body is not the file."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise SourceError(f"it sends {encoding}-compressed bytes, which were not asked for")
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/html") and not name.endswith((".html", ".htm")):
        raise SourceError("the server sent an HTML page instead of the file (a login or an error?)")


def check_beginning(chunk: bytes, name: str, *, who: str = "the server sent") -> None:
    """Raise SourceError if the first bytes are those of an HTML page or a Git LFS pointer.

    ``who`` begins the message: what gave the bytes.
    """
    start = chunk[:64].lstrip().lower()
    if name.endswith((".html", ".htm")):
        return
    for mark, what in _NOT_OURS.items():
        if start.startswith(mark):
            raise SourceError(f"{who} {what} instead of the file (a login or an error?)")
    if start.startswith(_POINTER):
        raise SourceError(f"{who} a Git LFS pointer instead of the file")


def strong_etag(response: requests.Response) -> str | None:
    """The ETag if it is strong, that is, promises identical bytes; else None."""
    etag = response.headers.get("ETag")
    return None if etag is None or etag.startswith("W/") else etag


def retry_after_s(response: requests.Response) -> float | None:
    """Seconds to wait by the Retry-After header; None if there is none."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def may_pass(status: int | None) -> bool:
    """Whether the same request may succeed later."""
    return status in _PASSING or (status or 0) > HTTPStatus.GATEWAY_TIMEOUT


def is_gated(status: int | None) -> bool:
    """Whether the server gives the file only to some."""
    return status in _NOT_ALLOWED


def refused(status: int, reason: str, *, asked_s: float | None, opened_by: str) -> str:
    """Why a server refused, and what to do about it, in one line.

    ``asked_s`` is the wait that it asks for, ``opened_by`` what opens a file that is not public.
    """
    words = f"{status} {reason}".strip()
    if is_gated(status):
        return f"{words}: {opened_by}"
    if may_pass(status) and asked_s:
        return f"{words}: it asks to wait {asked_s:.0f} s"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"{words}: it limits the rate, so wait a few minutes"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return f"{words}: it is busy, so try again later"
    return words


def too_long(asked_s: float | None) -> bool:
    """Whether a server asks for a longer wait than anybody would sit through."""
    return asked_s is not None and asked_s > LONGEST_ASKED_WAIT_S


def cause(error: BaseException) -> str:
    """The innermost cause in one line: "Connection refused", not the four errors around it."""
    while error.__cause__ or error.__context__ or getattr(error, "reason", None):
        inner = getattr(error, "reason", None)
        deeper = inner if isinstance(inner, BaseException) else None
        following = deeper or error.__cause__ or error.__context__
        if following is None:
            break
        error = following
    return words_of(error)
