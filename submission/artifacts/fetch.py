"""Fetches the parts of a manifest into a folder: in parallel, verified, renamed when complete.

An interrupted fetch leaves ``name.part`` (and ``name.part.json``, which names its origin); the
next fetch resumes from it.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts import partial
from submission.artifacts.digest import Checksums, digest_file
from submission.artifacts.failure import SourceError
from submission.artifacts.lockfile import RECORD, Recorded, add_to_record, alone_in
from submission.artifacts.manifest import File, Manifest, Part
from submission.artifacts.private import missing_words, way_to_get
from submission.artifacts.progress import ReportStep, Step, Work, note, silent
from submission.artifacts.sources import FetchPolicy, PartSource, part_sources
from submission.artifacts.verify import FileFault, FileFinding, examine, with_record
from submission.errors import KitError, StageError


@dataclass(frozen=True, kw_only=True)
class FetchPlan:
    """What a fetch would do: parts kept, parts to fetch, bytes to fetch, bytes free."""

    kept: tuple[Part, ...]
    missing: tuple[Part, ...]
    missing_bytes: int
    free_bytes: int


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a fetch did: names of parts fetched, parts kept, parts whose SHA-256 was recorded."""

    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    recorded: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Task:
    manifest: Manifest
    file: File
    part: Part
    target: Path
    trouble: FileFinding | None
    #: a checksum that was recorded at an earlier fetch, and not published
    recorded: bool

    @property
    def final(self) -> Path:
        return self.target / self.part.name

    @property
    def partial(self) -> Path:
        return self.target / f"{self.part.name}.part"


def plan_fetch(manifest: Manifest, target: Path, *, report: ReportStep = silent) -> FetchPlan:
    """What ``fetch`` would do; changes nothing."""
    tasks = _tasks(manifest, target, report)
    missing = [task for task in tasks if _to_fetch(task)]
    return FetchPlan(
        kept=tuple(task.part for task in tasks if not _to_fetch(task)),
        missing=tuple(task.part for task in missing),
        missing_bytes=sum(_missing_bytes(task) for task in missing),
        free_bytes=shutil.disk_usage(_existing(target)).free,
    )


def fetch(
    manifest: Manifest,
    target: Path,
    *,
    mirror: str | None = None,
    offline: bool = False,
    report: ReportStep = silent,
    jobs: int = 4,
    policy: FetchPolicy | None = None,
) -> Fetched:
    """Fetch every part of ``manifest`` into ``target``; correct parts are left untouched.

    ``mirror`` is a folder or URL that is tried first. ``policy`` overrides ``mirror`` and
    ``offline``. Raises StageError if a part cannot be fetched or the disk is full, UsageError
    for an invalid source.
    """
    policy = policy or FetchPolicy(mirror=mirror, offline=offline)
    with alone_in(target, report):
        tasks = _tasks(manifest, target, report)
        missing = [task for task in tasks if _to_fetch(task)]
        kept = [task for task in tasks if not _to_fetch(task)]
        _check_space(missing, target)
        for task in missing:
            _say_why(task, report)
        fresh = _bring_all(missing, policy, report, jobs)
        fresh |= {t.part.name: _seen(t.final, t.part) for t in kept if t.trouble is not None}
        recorded = _record(manifest, target, fresh, report)
    if not missing:
        note(report, manifest.name, f"all {len(tasks)} parts are correct, nothing to do")
    return Fetched(
        fetched=tuple(task.part.name for task in missing),
        kept=tuple(task.part.name for task in kept),
        recorded=recorded,
    )


def _tasks(manifest: Manifest, target: Path, report: ReportStep) -> list[_Task]:
    known = with_record(manifest, target)
    public = {part.name: part for _, part in manifest.parts()}
    return [
        _Task(
            manifest=known,
            file=file,
            part=part,
            target=target,
            trouble=examine(target / part.name, part, report=report),
            recorded=part != public[part.name],
        )
        for file, part in known.parts()
    ]


def _to_fetch(task: _Task) -> bool:
    return task.trouble is not None and task.trouble.fault is not FileFault.UNKNOWN


def _say_why(task: _Task, report: ReportStep) -> None:
    if task.trouble is not None and task.trouble.fault is not FileFault.MISSING:
        note(report, task.part.name, f"{task.trouble}; fetching it again")


def _missing_bytes(task: _Task) -> int:
    return max(0, (task.part.size_bytes or 0) - partial.size_of(task.partial))


def _existing(folder: Path) -> Path:
    return next(source for source in (folder, *folder.absolute().parents) if source.exists())


def _check_space(missing: Sequence[_Task], target: Path) -> None:
    needed = sum(_missing_bytes(task) for task in missing)
    free = shutil.disk_usage(target).free
    if needed > free:
        raise StageError(
            f"not enough disk space for the parts in {target}",
            detail=f"{needed} bytes are still to be fetched, {free} bytes are free",
            hint="free some space, or choose another workspace",
        )


def _bring_all(
    missing: Sequence[_Task], policy: FetchPolicy, report: ReportStep, jobs: int
) -> dict[str, Recorded]:
    """Fetch the parts, ``jobs`` at a time; the first failure stops the others at their chunk."""
    stop = threading.Event()
    guard = threading.Lock()

    def report_in_turn(step: Step) -> None:
        if stop.is_set():
            raise _Stopped
        with guard:
            report(step)

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        futures = {pool.submit(_bring, task, policy, report_in_turn): task for task in missing}
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            if not all(_went_well(future) for future in futures):
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
    _raise_first(futures)
    return {task.part.name: future.result() for future, task in futures.items()}


class _Stopped(Exception):  # noqa: N818 - not an error: another part failed first
    pass


def _went_well(future: Future[Recorded]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _raise_first(futures: dict[Future[Recorded], _Task]) -> None:
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, _Stopped):
            raise error


def _bring(task: _Task, policy: FetchPolicy, report: ReportStep) -> Recorded:
    try:
        return _bring_from_somewhere(task, policy, report)
    except OSError as error:
        raise StageError(
            f"{task.part.name} of {task.manifest.name} cannot be written",
            detail=f"{task.partial}: {error.strerror or error}",
            hint="free some space or make the folder writable, then run it again to resume",
        ) from error


def _bring_from_somewhere(task: _Task, policy: FetchPolicy, report: ReportStep) -> Recorded:
    reasons: list[str] = []
    for source in part_sources(task.manifest, task.file, task.part, policy):
        if policy.offline and source.remote:
            reasons.append(f"{source.label}: needs a network, and --offline was given")
            continue
        try:
            return _bring_from(source, task, report)
        except SourceError as failure:
            reasons.append(f"{source.label}: {failure}")
    raise _nowhere(task, reasons, offline=policy.offline)


def _bring_from(source: PartSource, task: _Task, report: ReportStep) -> Recorded:
    resumed = partial.size_of(task.partial) > 0
    seen, wrong = _brought(source, task, report)
    if wrong and resumed:
        # the bytes kept from an earlier fetch may be wrong: start over once
        note(report, task.part.name, f"{wrong}; starting over")
        seen, wrong = _brought(source, task, report)
    if wrong:
        raise SourceError(f"it has other content: {wrong}")
    task.partial.replace(task.final)
    partial.forget_origin(task.partial)
    size = seen.size_bytes
    report(
        Step(
            work=Work.FETCH,
            name=task.part.name,
            done_bytes=size,
            total_bytes=size,
            words=source.label,
            finished=True,
        )
    )
    return seen


def _brought(source: PartSource, task: _Task, report: ReportStep) -> tuple[Recorded, str | None]:
    """What a source provided, and what is wrong with it; wrong bytes are removed."""
    source.bring(task.part, task.partial, report)
    seen = _seen(task.partial, task.part)
    wrong = _difference(task.part, seen)
    if wrong:
        partial.drop(task.partial)
    return seen, wrong


def _difference(part: Part, seen: Recorded) -> str | None:
    if part.size_bytes not in {None, seen.size_bytes}:
        return f"{seen.size_bytes} bytes, expected {part.size_bytes}"
    return part.checksums.difference(seen.checksums)


def _seen(path: Path, part: Part) -> Recorded:
    checksums = digest_file(path, {"sha256", *part.checksums.known})
    return Recorded(size_bytes=path.stat().st_size, checksums=checksums)


def _nowhere(task: _Task, reasons: Sequence[str], *, offline: bool) -> KitError:
    if task.manifest.private:
        return StageError(
            missing_words(task.manifest),
            detail="; ".join(reasons),
            hint=way_to_get(task.manifest),
        )
    otherwise = "allow the network (OFFLINE=0)" if offline else "try again later"
    hint = f"name a folder or URL that has it with --mirror (MIRROR=…), or {otherwise}"
    if task.recorded:
        hint += (
            f"; if the file was changed on purpose, delete its entry in {task.target / RECORD}, "
            "which was recorded at the first fetch"
        )
    return StageError(
        f"{task.part.name} of {task.manifest.name} cannot be fetched",
        detail="; ".join(reasons),
        hint=hint,
    )


def _record(
    manifest: Manifest, target: Path, fresh: dict[str, Recorded], report: ReportStep
) -> tuple[str, ...]:
    """Record the SHA-256 of parts without a published one; returns their names."""
    public = {part.name: part.checksums for _, part in manifest.parts()}
    new = {name: seen for name, seen in fresh.items() if public[name].sha256 is None}
    if new:
        add_to_record(target, new)
    for name, seen in new.items():
        if public[name] == Checksums():
            sha256, record = seen.checksums.sha256, target / RECORD
            note(report, name, f"no published checksum; recorded sha256 {sha256} in {record}")
    return tuple(new)
