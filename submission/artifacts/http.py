"""Fetches parts over HTTP: resumed by Range across processes, retried with growing pauses.

requests honours the proxies of the environment (``HTTPS_PROXY``, ``NO_PROXY``).
The meaning of Range, If-Range, Content-Range and Retry-After: RFC 9110, sections 13 to 15.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import requests
import tenacity

from submission.artifacts import partial
from submission.artifacts.answer import (
    CONTENT_RANGE,
    cause,
    check_beginning,
    check_kind,
    chunks,
    may_pass,
    refused,
    retry_after_s,
    strong_etag,
    too_long,
    total_bytes,
)
from submission.artifacts.failure import SourceError
from submission.artifacts.manifest import Part
from submission.artifacts.partial import Origin
from submission.artifacts.progress import ReportStep, Step, Work, note

#: requests takes a login from ~/.netrc by itself; HF_TOKEN goes to the hub alone
_OPENED_BY = (
    "put a login for this server into ~/.netrc; a gated file of the Hugging Face hub needs "
    "HF_TOKEN and a source hf:owner/repo@revision:path"
)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When to give up: after ``tries`` without a new byte, with pauses from ``first_pause_s``."""

    tries: int = 6
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    connect_s: float = 10.0
    read_s: float = 30.0


class _TransientError(Exception):
    """A failure that a retry may cure; ``after_s`` is the pause that the server asked for."""

    def __init__(self, words: str, *, after_s: float | None = None) -> None:
        super().__init__(words)
        self.after_s = after_s


@dataclass(frozen=True, kw_only=True)
class HttpSource:
    """A part at an HTTP or HTTPS address."""

    url: str
    patience: Patience = field(default_factory=Patience)
    remote: bool = True

    @property
    def label(self) -> str:
        return self.url

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Download the part to ``to``, resuming where an earlier try or process stopped.

        Raises SourceError if the server refuses, sends other bytes, or fails too often.
        """
        download = _Download(url=self.url, part=part, to=to, report=report, patience=self.patience)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TransientError),
            stop=_Fruitless(to, self.patience.tries),
            wait=_pause(self.patience),
            before_sleep=download.say_pause,
            sleep=download.sleep,
            reraise=True,
        )
        try:
            retrying(download.attempt)
        except _TransientError as error:
            raise SourceError(
                f"{error}, tried {retrying.statistics['attempt_number']} times"
            ) from (error)


class _Fruitless:
    """Stop after ``tries`` attempts in a row that did not make the file longer."""

    def __init__(self, to: Path, tries: int) -> None:
        self._to = to
        self._tries = tries
        self._size_bytes = partial.size_of(to)
        self._count = 0

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        del state  # the file's length decides, not the number of attempts
        size = partial.size_of(self._to)
        self._count = 1 if size > self._size_bytes else self._count + 1
        self._size_bytes = size
        return self._count >= self._tries


def _pause(patience: Patience) -> tenacity.wait.WaitBaseT:
    growing = tenacity.wait_exponential(
        multiplier=patience.first_pause_s, max=patience.longest_pause_s
    )
    # jitter: machines that were refused together must not retry together
    backoff = growing + tenacity.wait_random(0, patience.first_pause_s)

    def pause(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after_s if isinstance(error, _TransientError) else None
        return backoff(state) if asked is None else asked

    return pause


@dataclass(frozen=True, kw_only=True)
class _Download:
    url: str
    part: Part
    to: Path
    report: ReportStep
    patience: Patience

    def attempt(self) -> None:
        """One request; raises _TransientError if a retry may succeed."""
        offset = self._offset()
        if offset and offset == self.part.size_bytes:
            return  # a process was killed between the last byte and the check
        try:
            with requests.get(
                self.url,
                headers=self._headers(offset),
                stream=True,
                timeout=(self.patience.connect_s, self.patience.read_s),
            ) as response:
                self._take(response, offset)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _TransientError(cause(error)) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise _TransientError(f"the connection broke ({cause(error)})") from error
        except requests.RequestException as error:
            raise SourceError(cause(error)) from error

    def say_pause(self, state: tenacity.RetryCallState) -> None:
        """Report why the next try has to wait."""
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        note(self.report, self.part.name, f"{error}; trying again in {pause:.1f} s")

    def sleep(self, seconds: float) -> None:
        """Wait in short naps and report in between: ``report`` raises when the fetch is stopped."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self._say(partial.size_of(self.to))
            time.sleep(min(rest, 0.2))

    def _offset(self) -> int:
        size = partial.size_of(self.to)
        too_long = self.part.size_bytes is not None and size > self.part.size_bytes
        guarded = bool(self.part.checksums.known) or self._etag() is not None
        if size and (too_long or not guarded):
            partial.drop(self.to)
            return 0
        return size

    def _etag(self) -> str | None:
        origin = partial.read_origin(self.to)
        return origin.etag if origin is not None and origin.url == self.url else None

    def _headers(self, offset: int) -> dict[str, str]:
        # a compressed download cannot be resumed, and has another length
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if etag := self._etag():
                headers["If-Range"] = etag
        return headers

    def _take(self, response: requests.Response, offset: int) -> None:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.drop(self.to)
            raise _TransientError("the server's file is shorter than what was fetched before")
        self._check_status(response)
        total = total_bytes(response)
        if total is not None and self.part.size_bytes not in {None, total}:
            raise SourceError(f"it offers {total} bytes, expected {self.part.size_bytes}")
        check_kind(response, self.part.name)
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            self._check_range(response, offset)
        else:
            offset = 0
            partial.drop(self.to)
            partial.write_origin(self.to, Origin(url=self.url, etag=strong_etag(response)))
        self._write(response, offset, total)

    def _check_status(self, response: requests.Response) -> None:
        status, asked_s = response.status_code, retry_after_s(response)
        words = refused(status, response.reason, asked_s=asked_s, opened_by=_OPENED_BY)
        if may_pass(status) and not too_long(asked_s):
            raise _TransientError(words, after_s=asked_s)
        if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise SourceError(words)

    def _check_range(self, response: requests.Response, offset: int) -> None:
        match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match["first"]) != offset:
            partial.drop(self.to)
            raise _TransientError("the server answered with another range than the requested one")

    def _write(self, response: requests.Response, offset: int, total: int | None) -> None:
        done = offset
        limit = self.part.size_bytes
        with self.to.open("ab" if offset else "wb") as stream:
            for chunk in chunks(response):
                if done == 0:
                    check_beginning(chunk, self.part.name)
                done += len(chunk)
                if limit is not None and done > limit:
                    break
                stream.write(chunk)
                self._say(done, total)
            stream.flush()
            os.fsync(stream.fileno())
        expected = limit if limit is not None else total
        if limit is not None and done > limit:
            partial.drop(self.to)
            raise SourceError(f"it sends more than the {limit} bytes expected")
        if expected is not None and done < expected:
            raise _TransientError(f"the connection ended after {done} of {expected} bytes")

    def _say(self, done: int, total: int | None = None) -> None:
        size = self.part.size_bytes if self.part.size_bytes is not None else total
        self.report(Step(work=Work.FETCH, name=self.part.name, done_bytes=done, total_bytes=size))
