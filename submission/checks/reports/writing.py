"""Writes reports to files outside of the tree, to standard output, or to a pipe or device."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from submission.checks.results import Report
from submission.errors import UsageError
from submission.files import write_text
from submission.terms import Say

Render = Callable[[Report], str]
STANDARD_OUTPUT = "-"


def refuse_places(root: Path, paths: Iterable[str]) -> None:
    """Raise UsageError for an empty path, for one in the tree, and for two reports in one file.

    A folder is made for a report, but no folder for that folder: such a path is mistyped.
    """
    tree, taken = root.resolve(), set()
    for path in paths:
        place = path if path == STANDARD_OUTPUT else str(Path(path).resolve())
        if not path:
            raise _refused("a report has no path", "the path is empty")
        if place in taken:
            raise _refused("two reports would be written to one file", path)
        if path != STANDARD_OUTPUT and Path(place).is_relative_to(tree):
            raise _refused("a report would be written into the tree", f"{path} is in {root}")
        if path != STANDARD_OUTPUT and not (above := Path(place).parent.parent).is_dir():
            raise _refused("a report would be written far from any folder", f"no folder {above}")
        taken.add(place)


def _refused(what: str, detail: str) -> UsageError:
    return UsageError(
        what, detail=detail, hint="give each report a path of its own, outside of the tree"
    )


def write_outputs(outputs: Iterable[tuple[str, Render]], report: Report, say: Say) -> bool:
    """Write the reports; true if one of them went to standard output."""
    printed = False
    for path, render in outputs:
        if path == STANDARD_OUTPUT:
            say(render(report).rstrip("\n"))
            printed = True
        else:
            _write(path, render(report))
    return printed


def _write(path: str, text: str) -> None:
    try:
        if _is_special(Path(path)):
            # a rename would replace the pipe or device
            Path(path).write_text(text, encoding="utf-8")
        else:
            write_text(Path(path).resolve(), text)
    except (OSError, ValueError) as error:
        raise UsageError(
            "a report cannot be written",
            detail=f"{path}: {getattr(error, 'strerror', None) or error}",
            hint="give a path that can be written",
        ) from error


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
