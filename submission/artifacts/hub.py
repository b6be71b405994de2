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
from http.client import responses
from pathlib import Path

from submission.artifacts.answer import is_gated, may_pass, refused, retry_after_s, too_long
from submission.artifacts.failure import SourceError
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import Part
from submission.artifacts.progress import ReportStep, note
from submission.errors import words_of

#: between attempts where the hub is busy and does not say how long
WAITS_S = (2.0, 8.0, 30.0)
_OPENED_BY = (
    "accept the repository's terms on its page, and set HF_TOKEN to a token that may read it "
    "(or there is no such repository)"
)


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
                response = getattr(error, "response", None)
                asked_s = None if response is None else retry_after_s(response)
                words = _words(error, asked_s)
                status = getattr(response, "status_code", None)
                if wait_s is None or not may_pass(status) or too_long(asked_s):
                    raise SourceError(words) from error
                pause_s = wait_s if asked_s is None else asked_s
                note(report, part.name, f"{words}; trying again in {pause_s:.0f} s")
                time.sleep(pause_s)
        raise AssertionError("the last attempt returns or raises")


def _words(error: Exception, asked_s: float | None) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is None or not (may_pass(status) or is_gated(status)):
        return words_of(error)
    words = refused(status, responses.get(status, ""), asked_s=asked_s, opened_by=_OPENED_BY)
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    return f"{words}; HF_TOKEN raises the limit" if limited else words
