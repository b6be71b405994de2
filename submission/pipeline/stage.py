"""What a stage is, and how it tells of its work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Reporter(Protocol):
    """How long work reports itself; the command line decides how it looks."""

    def line(self, text: str) -> None:
        """A line worth reading, such as a step of an image build."""

    def progress(self, fraction: float | None, text: str) -> None:
        """How far the work is, from 0 to 1, or ``None`` where that cannot be known."""


class Stage(Protocol):
    """One step: what it reads, what it makes, and how.

    ``name`` is unique in a pipeline, ``needs`` are the names of the stages before it.
    ``revision`` is raised when the same inputs would give another outcome than before.
    Outputs may be files or whole folders; each is put in place in one step by ``run``.
    """

    @property
    def name(self) -> str:
        """For example ``measure[minilm-squad/Server/performance]``."""

    @property
    def owner(self) -> str:
        """Whose stamp it is: a profile's, or empty for a stage that all profiles share."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The stages whose outputs this one reads."""

    @property
    def revision(self) -> int:
        """Part of the fingerprint."""

    def settings(self) -> Mapping[str, Any]:
        """The settings that matter to the outcome, as JSON values."""

    def inputs(self) -> tuple[Path, ...]:
        """Files and folders that are read."""

    def outputs(self) -> tuple[Path, ...]:
        """Files and folders that exist when the stage is done."""

    def probe(self) -> str | None:
        """A reason why the outcome no longer stands although every file does; else ``None``."""

    def run(self, report: Reporter) -> None:
        """Make the outputs; raises KitError."""
