"""A Show that shows nothing and keeps what happened."""

from __future__ import annotations

from submission.errors import KitError
from submission.pipeline.plan import Action


class SilentShow:
    """Every event in one line of ``said``."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        assert number <= total
        self.said.append(f"{action.verb} {action.stage.name}")

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        assert seconds >= 0
        self.said.append(f"{'FAILED' if error else 'done'} {name}")

    def stage_blocked(self, number: int, total: int, name: str, failed: str) -> None:
        assert number <= total
        self.said.append(f"blocked {name} by {failed}")

    def line(self, text: str) -> None:
        self.said.append(text)

    def figure(self, text: str) -> None:
        self.said.append(text)

    def progress(self, fraction: float | None, text: str) -> None:
        assert fraction is None
        assert text
