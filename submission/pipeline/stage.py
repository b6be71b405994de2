"""The protocols of a stage, and of what receives its progress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Reporter(Protocol):
    """Receives the progress of long work; the command line decides how to show it."""

    def line(self, text: str) -> None:
        """Show a line that a person should read, such as what was not detected."""

    def figure(self, text: str) -> None:
        """Name the figure that matters of a stage's outcome, in a few words."""

    def progress(self, fraction: float | None, text: str) -> None:
        """Show how far the work is, from 0 to 1; ``None`` if unknown."""


class Stage(Protocol):
    """One step: what it reads, what it makes, and how.

    ``name`` is unique in a pipeline, ``needs`` are the names of the stages before it.
    ``revision`` is incremented when the same inputs would give another outcome than before.
    Outputs may be files or whole folders; ``run`` puts each in place in one step.
    """

    @property
    def name(self) -> str:
        """For example ``measure[minilm-squad/Server/performance]``."""

    @property
    def owner(self) -> str:
        """The profile that owns the stamp; empty for a stage that all profiles share."""

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
        """Why the outcome is out of date although no file has changed; else ``None``."""

    def run(self, report: Reporter) -> None:
        """Make the outputs; raises KitError."""
