"""Parts from a model hub, through huggingface_hub's public call.

``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``, ``HF_HOME`` and the hub's cache are honoured by
that library itself. It neither resumes across processes nor compares a SHA-256 over HTTP, so
its files are checked against the manifest like all others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.failure import SourceError
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import Part
from submission.artifacts.progress import ReportStep, note
from submission.errors import words_of


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
        cached = self._cached()
        LocalSource(path=cached).bring(part, to, report)

    def _cached(self) -> Path:
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
        try:
            return Path(
                hf_hub_download(repo, self.file, revision=self.revision, repo_type=repo_type)
            )
        except Exception as error:
            raise SourceError(words_of(error)) from error
