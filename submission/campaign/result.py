"""The result of a cell: one archive with what a stage made, written on the system, taken over here.

A tar file with ``result.json`` first, which says what made it and gives the SHA-256 of each other
file; those lie below ``files/``, by their paths in the system's workspace.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path, PurePosixPath
from typing import Any

from submission.errors import StageError, UsageError
from submission.files import (
    json_text,
    part_of,
    read_json,
    recover_folder,
    replace_folder,
    replacing,
    sha256_of,
)
from submission.tree.archive import unpack

RESULT = "result.json"
FILES = "files"


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """What ``result.json`` says.

    ``checkout`` is the identity of the kit that ran, ``image`` the id of the image of the
    workspace, ``runs`` the SHA-256 of each run's metadata there, ``figure`` what the stage said
    of its outcome, ``files`` the SHA-256 of each file by its path in the workspace.
    """

    stage: str
    checkout: str
    image: str | None
    host: str
    runs: Mapping[str, str]
    figure: str
    files: Mapping[str, str]


def write_result(
    archive: Path, workspace: Path, outputs: Sequence[Path], facts: Mapping[str, Any]
) -> None:
    """Write the archive of ``outputs`` (files and folders below ``workspace``) in one step.

    ``facts`` are the fields of CellResult but ``files``. Raises OSError.
    """
    files = {
        path.relative_to(workspace).as_posix(): path
        for output in outputs
        for path in _files_of(output)
    }
    record = {
        "version": 1,
        **facts,
        "files": {name: sha256_of(path) for name, path in sorted(files.items())},
    }
    with replacing(archive) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        text = json_text(record).encode()
        head = tarfile.TarInfo(RESULT)
        head.size = len(text)
        tar.addfile(head, io.BytesIO(text))
        for name, path in sorted(files.items()):
            tar.add(path, f"{FILES}/{name}", recursive=False, filter=_nobody)


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _files_of(output: Path) -> Iterator[Path]:
    if output.is_dir():
        yield from sorted(path for path in output.rglob("*") if path.is_file())
    elif output.is_file():
        yield output


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """An archive that was unpacked and found whole, not yet taken over into ``workspace``."""

    result: CellResult
    folder: Path
    workspace: Path
    outputs: tuple[Path, ...]

    def take_over(self) -> None:
        """Put each output in its place in one step; what is the same already stays."""
        for output in self.outputs:
            new = self.folder / FILES / output.relative_to(self.workspace)
            recover_folder(output)
            if not new.exists() or _same(new, output):
                continue
            if new.is_dir():
                replace_folder(new, output)
            else:
                output.parent.mkdir(parents=True, exist_ok=True)
                new.replace(output)
        self.drop()

    def drop(self) -> None:
        """Remove what was unpacked."""
        shutil.rmtree(self.folder, ignore_errors=True)


def opened_result(archive: Path, stage: str, workspace: Path, outputs: Sequence[Path]) -> Arrived:
    """Unpack the archive beside ``workspace``'s files and compare it with its own record.

    Raises StageError if it is cut or damaged, is that of another stage, lacks an output or holds a
    file that is none; OSError if it cannot be written.
    """
    folder = part_of(workspace / "arrived")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        unpack(archive, folder)
    except UsageError as error:
        # a full disk is not the archive's fault
        if isinstance(error.__cause__, OSError) and error.__cause__.errno is not None:
            raise error.__cause__ from None
        raise _damaged(stage, error.detail) from error
    result = _record(folder / RESULT, stage)
    if result.stage != stage:
        raise _damaged(stage, f"it is the result of {result.stage}")
    _demand_whole(result, folder, stage)
    _demand_own(result, stage, workspace, outputs)
    return Arrived(result=result, folder=folder, workspace=workspace, outputs=tuple(outputs))


def _record(path: Path, stage: str) -> CellResult:
    try:
        value = read_json(path)
        return CellResult(
            stage=value["stage"],
            checkout=value["checkout"],
            image=value["image"],
            host=value["host"],
            runs=dict(value["runs"]),
            figure=value["figure"],
            files=dict(value["files"]),
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _damaged(stage, f"{RESULT} cannot be read") from error


def _demand_whole(result: CellResult, folder: Path, stage: str) -> None:
    base = folder / FILES
    found = {path.relative_to(base).as_posix(): path for path in _files_of(base)}
    wrong = sorted(found.keys() ^ result.files.keys())
    wrong += [name for name, path in found.items() if sha256_of(path) != result.files.get(name)]
    if wrong:
        raise _damaged(stage, f"{wrong[0]} is missing or differs from its digest")


def _demand_own(result: CellResult, stage: str, workspace: Path, outputs: Sequence[Path]) -> None:
    """Every file belongs to an output, and every output has one."""
    places = [PurePosixPath(path.relative_to(workspace).as_posix()) for path in outputs]
    files = [PurePosixPath(name) for name in result.files]
    strange = [each for each in files if not any(each.is_relative_to(place) for place in places)]
    if strange:
        raise _damaged(stage, f"{strange[0]} is no output of the stage")
    lacking = [each for each in places if not any(file.is_relative_to(each) for file in files)]
    if lacking:
        raise _damaged(stage, f"it lacks {lacking[0]}")


def _same(new: Path, old: Path) -> bool:
    if new.is_dir() != old.is_dir():
        return False
    if not new.is_dir():
        return old.is_file() and cmp(new, old, shallow=False)
    names = [{path.relative_to(each): path for path in _files_of(each)} for each in (new, old)]
    return names[0].keys() == names[1].keys() and all(
        cmp(path, names[1][name], shallow=False) for name, path in names[0].items()
    )


def _damaged(stage: str, detail: str) -> StageError:
    return StageError(
        f"the result of {stage} did not come back whole",
        detail=detail,
        hint="run the same command again: the system has the result, so nothing is measured again",
    )
