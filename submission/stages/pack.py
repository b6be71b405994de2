"""Check the tree and pack it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.progress_text import bytes_text
from submission.checks import Waiver, check_tree, render_text, report_json
from submission.checks.reports.text import verdict_line
from submission.errors import FindingsError
from submission.files import read_json, write_json, write_text
from submission.pipeline.stage import Reporter
from submission.stages.base import StageBase
from submission.tree.pack import pack


@dataclass(frozen=True)
class Check(StageBase):
    """The rules' verdict on the tree, with the profile's waivers."""

    name = "check"

    @property
    def needs(self) -> tuple[str, ...]:
        return ("layout",)

    def settings(self) -> Mapping[str, Any]:
        profile = self.context.profile
        return {"round": profile.round, "waivers": [asdict(w) for w in profile.waivers]}

    def inputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.tree_folder(),)

    def outputs(self) -> tuple[Path, ...]:
        """The report for people and for programs; the waivers, for a later check of the tree."""
        files = [self.context.workspace.check_file(ending) for ending in ("txt", "json")]
        return (*files, self._waivers)

    def run(self, report: Reporter) -> None:
        """Check by the round that the tree names, as a reviewer would.

        Raises FindingsError for an error that is not waived.
        """
        profile = self.context.profile
        write_json(self._waivers, [asdict(waiver) for waiver in profile.waivers])
        checked = check_tree(
            self.context.workspace.tree_folder(),
            waivers=tuple(Waiver(**asdict(waiver)) for waiver in profile.waivers),
        )
        text = render_text(checked)
        write_text(self.context.workspace.check_file("txt"), text)
        write_text(self.context.workspace.check_file("json"), report_json(checked))
        report.figure(verdict_line(checked))
        if not checked.passed:
            for line in text.splitlines():
                report.line(line)
            raise FindingsError(
                "the tree does not pass the check",
                detail=f"report: {self.context.workspace.check_file('txt')}",
                hint="each finding above says what to do; nothing was packed",
            )

    @property
    def _waivers(self) -> Path:
        return self.context.workspace.waivers_file()


@dataclass(frozen=True)
class Pack(StageBase):
    """The checked tree as a deterministic archive."""

    name = "pack"

    @property
    def needs(self) -> tuple[str, ...]:
        """The verdict on the tree."""
        return ("check",)

    def inputs(self) -> tuple[Path, ...]:
        """The tree, and the report that it passed."""
        return (
            self.context.workspace.tree_folder(),
            self.context.workspace.check_file("json"),
        )

    def outputs(self) -> tuple[Path, ...]:
        """The archive and its sum."""
        archive = self.context.workspace.archive_file()
        return (archive, archive.with_name(archive.name + ".sha256"))

    def run(self, report: Reporter) -> None:
        assert read_json(self.context.workspace.check_file("json"))["passed"] is True
        digest = pack(self.context.workspace.tree_folder(), self.context.workspace.archive_file())
        size = self.context.workspace.archive_file().stat().st_size
        report.figure(f"{bytes_text(size)}, sha256 {digest[:16]}…")
