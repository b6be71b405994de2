"""The pure mapping: from an order to the placements of a tree, all rules of names kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from submission.errors import StageError
from submission.files import json_text
from submission.terms import Scenario
from submission.tree.names import refuse_bad_names
from submission.tree.order import (
    BenchmarkOrder,
    Content,
    Placement,
    RunFiles,
    ScenarioOrder,
    TreeOrder,
)


def size_on_disk(source: Content) -> int | None:
    """Bytes of a source; ``None`` if the file is not there."""
    if isinstance(source, bytes):
        return len(source)
    try:
        return source.stat().st_size if source.is_file() else None
    except OSError:
        return None


def tree_plan(
    order: TreeOrder,
    *,
    max_file_bytes: int,
    size_of: Callable[[Content], int | None] = size_on_disk,
) -> list[Placement]:
    """All files of the tree, sorted by target; nothing is written.

    Raises StageError if a name is taken twice, clashes in case, is absolute, starts with a dot
    or holds a blank, if a source is missing, if a file is larger than ``max_file_bytes``, or if
    something that the rules want is empty. ``size_of`` answers for the disk.
    """
    _refuse_gaps(order)
    placements = sorted(_placements(order), key=lambda placement: placement.target)
    refuse_bad_names([placement.target for placement in placements])
    _refuse_bad_sizes(placements, max_file_bytes, size_of)
    return placements


def _placements(order: TreeOrder) -> Iterator[Placement]:
    root = order.root
    mapping = {item.benchmark: item.mlperf_model for item in order.benchmarks}
    yield _text(f"{root}/README.md", order.readme)
    yield _text(f"{root}/model_mapping.json", json_text(mapping))
    yield _text(f"{root}/systems/{order.system_desc_id}.json", json_text(dict(order.system_json)))
    for position, item in enumerate(order.benchmarks):
        yield from _code(order, item, with_kit=position == 0)
        yield _text(order.calibration_readme(item.benchmark), item.calibration_text)
        for scenario, runs in item.runs.items():
            yield from _results(order, item, scenario, runs)
            yield from _measurements(order, item, scenario, runs)


def _code(order: TreeOrder, item: BenchmarkOrder, *, with_kit: bool) -> Iterator[Placement]:
    folder = order.code_folder(item.benchmark)
    yield _text(f"{folder}/README.md", item.code_readme)
    for file in item.model_files:
        yield Placement(
            target=f"{folder}/model/{file.name}", source=file.source, sha256=file.sha256
        )
    for source in order.kit if with_kit else ():
        yield Placement(target=f"{folder}/{source.name}", source=source.source)


def _results(
    order: TreeOrder, item: BenchmarkOrder, scenario: Scenario, runs: ScenarioOrder
) -> Iterator[Placement]:
    folder = f"{order.root}/results/{order.system_desc_id}/{item.benchmark}/{scenario}"
    yield from _logs(f"{folder}/performance/run_1", runs.performance)
    yield from _logs(f"{folder}/accuracy", runs.accuracy)
    for name, source in (
        ("accuracy.txt", runs.accuracy.accuracy_txt),
        ("mlperf_log_accuracy.json", runs.accuracy.accuracy_json),
    ):
        if source is None:
            raise StageError(
                f"The accuracy run of {item.benchmark}/{scenario} has no {name}",
                detail="the order for the tree was made before the run was scored",
                hint="run the score stage first",
            )
        yield Placement(target=f"{folder}/accuracy/{name}", source=source)


def _logs(folder: str, run: RunFiles) -> Iterator[Placement]:
    yield Placement(target=f"{folder}/mlperf_log_detail.txt", source=run.detail)
    yield Placement(target=f"{folder}/mlperf_log_summary.txt", source=run.summary)


def _measurements(
    order: TreeOrder, item: BenchmarkOrder, scenario: Scenario, runs: ScenarioOrder
) -> Iterator[Placement]:
    folder = f"{order.root}/measurements/{order.system_desc_id}/{item.benchmark}/{scenario}"
    name = f"{order.system_desc_id}_{order.implementation}_{scenario}.json"
    yield _text(f"{folder}/{name}", json_text(asdict(item.fields)))
    yield _text(f"{folder}/README.md", runs.readme)
    for target, source in (
        ("user.conf", runs.performance.user_conf),
        ("mlperf.conf", runs.performance.mlperf_conf),
        ("run_metadata_performance.json", runs.performance.metadata),
        ("run_metadata_accuracy.json", runs.accuracy.metadata),
    ):
        yield Placement(target=f"{folder}/{target}", source=source)
    if runs.performance.latencies is not None:
        yield Placement(
            target=f"{folder}/latencies_performance.npz", source=runs.performance.latencies
        )


def _text(target: str, text: str) -> Placement:
    return Placement(target=target, source=text.encode("utf-8"))


def _refuse_gaps(order: TreeOrder) -> None:
    """Nothing that the rules want said may be empty: the round's own checker would not see it."""
    wanted: list[tuple[str, object]] = [
        ("the list of benchmarks", order.benchmarks),
        ("the system description", order.system_json),
        ("the tree's README", order.readme.strip()),
    ]
    for item in order.benchmarks:
        wanted += [
            (f"{item.benchmark}: the list of runs", item.runs),
            (f"{item.benchmark}: the MLPerf model", item.mlperf_model.strip()),
            (f"{item.benchmark}: the code README", item.code_readme.strip()),
            (f"{item.benchmark}: the calibration text", item.calibration_text.strip()),
        ]
        fields = asdict(item.fields).items()
        wanted += [(f"{item.benchmark}: {name}", value.strip()) for name, value in fields]
        runs = item.runs.items()
        wanted += [
            (f"{item.benchmark}/{name}: the README", run.readme.strip()) for name, run in runs
        ]
    empty = [what for what, value in wanted if not value]
    if empty:
        raise StageError(
            "The tree cannot be laid out: something that the rules want is empty",
            detail=first_few(empty),
            hint="fill it in the profile, the model's manifest or the system overlay",
        )


def _refuse_bad_sizes(
    placements: Iterable[Placement],
    max_file_bytes: int,
    size_of: Callable[[Content], int | None],
) -> None:
    missing, large = [], []
    for placement in placements:
        size_bytes = size_of(placement.source)
        if size_bytes is None:
            missing.append(f"{placement.target} (from {placement.source!s})")
        elif size_bytes > max_file_bytes:
            large.append(f"{placement.target} ({size_bytes} bytes)")
    if missing:
        raise StageError(
            "Files for the tree are missing",
            detail=first_few(missing),
            hint="run the stages before it again: python -m submission plan",
        )
    if large:
        raise StageError(
            f"Files for the tree are larger than {max_file_bytes} bytes",
            detail=first_few(large),
            hint="split the model into smaller parts (part_bytes in its manifest)",
        )


def first_few(items: list[str], *, shown: int = 3) -> str:
    """A list in one line, however long it is."""
    rest = len(items) - shown
    return "; ".join(items[:shown]) + (f"; and {rest} more" if rest > 0 else "")
