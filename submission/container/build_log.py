"""The messages of a classic image build, as lines, steps and one error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from submission.container.lines import LineCutter, Tail
from submission.errors import StageError

_STEP = re.compile(r"(?:\[\d+/\d+\] )?(?:Step|STEP) (\d+)/(\d+) ?: (.*)")
"""A step as Docker or Podman names it; Podman counts by stages: ``[1/2] STEP 3/9: RUN``."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BuildLog:
    """Follows one build by the decoded JSON messages of the engine."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._cutter = LineCutter()
        self._step = "before its first step"
        self._instruction = ""
        self.image_id: str | None = None

    def feed(self, message: Mapping[str, Any]) -> None:
        """Take one message; raises StageError if it reports a failure."""
        if "error" in message or "errorDetail" in message:
            detail = message.get("errorDetail") or {}
            raise self.failure(str(detail.get("message") or message.get("error")))
        text = str(message.get("stream") or "")
        for line in self._cutter.feed(text.encode()):
            self._take(line)
        aux = message.get("aux") or {}
        self.image_id = aux.get("ID", self.image_id)

    def _take(self, line: str) -> None:
        line = _COLOUR.sub("", line)
        if found := _STEP.match(line):
            number, total, self._instruction = found.groups()
            self._step = f"at step {number} of {total}"
            line = f"step {number} of {total}: {self._instruction}"
        if line.strip():
            self._tail(line.rstrip())

    def failure(self, why: str) -> StageError:
        """The error for a build that failed at the present step because of ``why``."""
        for line in self._cutter.close():
            self._take(line)
        said = " | ".join(self._tail.lines[-6:])
        return StageError(
            f"the image build failed {self._step}",
            detail=" ".join(f"{self._instruction}: {why}; last lines: {said}".split()),
            hint="the usual cause is an unreachable package index or mirror; "
            "finished steps are cached, so the same command resumes there",
        )
