"""Parts from a model hub, through huggingface_hub's public call.

``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``, ``HF_HOME`` and the hub's cache are honoured by
that library itself. It neither resumes across processes nor compares a SHA-256 over HTTP, so
its files are checked against the manifest like all others.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from submission.artifacts.answer import retry_after_s
from submission.artifacts.failure import SourceError
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import Part
from submission.artifacts.progress import ReportStep, note
from submission.errors import words_of

#: between attempts where the hub is busy and does not say how long
WAITS_S = (2.0, 8.0, 30.0)
LONGEST_WAIT_S = 120.0
_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
_BUSY = {
    _TOO_MANY,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_NOT_ALLOWED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """A file of a hub repository at a revision; ``repo`` may begin with ``datasets/``."""

    repo: str
    revision: str
    file: str
    offline: bool = False

    @property
    def label(self) -> str:
        """The source as the manifest writes it."""
        return f"hf:{self.repo}@{self.revision}:{self.file}"

    @property
    def remote(self) -> bool:
        """False: offline, the hub's cache on this machine may still hold the file."""
        return False

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Let the library fetch the file into its cache, and copy it from there.

        Raises SourceError if the hub does not provide it.
        """
        note(report, part.name, f"asking the hub for {self.repo}")
        cached = self._cached(part, report)
        LocalSource(path=cached).bring(part, to, report)

    def _cached(self, part: Part, report: ReportStep) -> Path:
        # imported here: it takes longer than the rest of this package together
        from huggingface_hub import hf_hub_download, try_to_load_from_cache  # noqa: PLC0415

        # the library re-exports lazily, which mypy cannot see
        from huggingface_hub.utils import (  # type: ignore[attr-defined]  # noqa: PLC0415
            disable_progress_bars,
        )

        kind, _, rest = self.repo.partition("/")
        dataset = kind == "datasets" and "/" in rest
        repo, repo_type = (rest, "dataset") if dataset else (self.repo, "model")
        if self.offline:
            # the download call contacts the hub even with local_files_only
            path = try_to_load_from_cache(
                repo, self.file, revision=self.revision, repo_type=repo_type
            )
            if not isinstance(path, str):
                raise SourceError("it is not in the hub's cache, and --offline was given")
            return Path(path)
        disable_progress_bars()
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
        for wait_s in (*WAITS_S, None):
            try:
                return Path(
                    hf_hub_download(repo, self.file, revision=self.revision, repo_type=repo_type)
                )
            except Exception as error:
                status = getattr(getattr(error, "response", None), "status_code", None)
                if status not in _BUSY or wait_s is None:
                    raise SourceError(_words(error, status)) from error
                asked_s = _asked_wait_s(error) or wait_s
                note(report, part.name, f"the hub is busy ({status}): again in {asked_s:.0f} s")
                time.sleep(asked_s)
        raise AssertionError("the last attempt returns or raises")


def _asked_wait_s(error: Exception) -> float | None:
    """The wait that the hub asks for, at most LONGEST_WAIT_S; None if it names none."""
    response = getattr(error, "response", None)
    asked = None if response is None else retry_after_s(response)
    return None if asked is None else min(asked, LONGEST_WAIT_S)


def _words(error: Exception, status: int | None) -> str:
    if status in _NOT_ALLOWED:
        return (
            f"the hub does not allow it ({status}): accept the repository's terms on its page, "
            "and set HF_TOKEN to a token that may read it"
        )
    if status == _TOO_MANY:
        return (
            "the hub limits the rate (429): wait a few minutes, or set HF_TOKEN for a higher limit"
        )
    if status in _BUSY:
        return f"the hub is busy ({status}): try again later"
    return words_of(error)
