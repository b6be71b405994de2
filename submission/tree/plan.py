"""From an order to the placements of a tree: a pure mapping that keeps all rules on names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from submission.errors import StageError
from submission.files import json_text
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SCORE_FILE,
    SUMMARY_FILE,
    USER_CONF,
)
from submission.terms import Mode
from submission.tree.grammar import (
    LATENCIES,
    MODEL,
    MODEL_MAPPING,
    QUESTION_SCORES,
    README,
    RUN_METADATA,
    Area,
    Cell,
    run_folder,
)
from submission.tree.names import refuse_bad_names
from submission.tree.order import (
    BenchmarkOrder,
    Content,
    Placement,
    RunFiles,
    ScenarioOrder,
    SubmissionNames,
    TreeOrder,
)
from submission.tree.shared import mapping_text
from submission.wording import first_of

#: of the files that are wrong, in an error
SHOWN = 3


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
    something that the rules require is empty. ``size_of`` gives the size of a source in bytes.
    """
    _refuse_gaps(order)
    placements = sorted(_placements(order), key=lambda placement: placement.target)
    refuse_bad_names([placement.target for placement in placements])
    _refuse_bad_sizes(placements, max_file_bytes, size_of)
    return placements


def _placements(order: TreeOrder) -> Iterator[Placement]:
    names = order.names
    mapping = {item.benchmark: item.mlperf_model for item in order.benchmarks}
    yield _text(f"{names.owner}/{README}", order.readme)
    yield _text(f"{names.owner}/{MODEL_MAPPING}", mapping_text(mapping))
    yield _text(names.system_file(), json_text(dict(order.system_json)))
    for position, item in enumerate(order.benchmarks):
        yield from _code(order, item, with_kit=position == 0)
        yield _text(names.calibration_readme(item.benchmark), item.calibration_text)
        for scenario, runs in item.runs.items():
            cell = names.cell(item.benchmark, scenario)
            yield from _results(names, cell, runs)
            yield from _measurements(names, cell, item, runs)


def _code(order: TreeOrder, item: BenchmarkOrder, *, with_kit: bool) -> Iterator[Placement]:
    folder = order.names.code_folder(item.benchmark)
    yield _text(f"{folder}/{README}", item.code_readme)
    for file in item.model_files:
        yield Placement(
            target=f"{folder}/{MODEL}/{file.name}", source=file.source, sha256=file.sha256
        )
    for source in order.kit if with_kit else ():
        yield Placement(target=f"{folder}/{source.name}", source=source.source)


def _results(names: SubmissionNames, cell: Cell, runs: ScenarioOrder) -> Iterator[Placement]:
    result = names.layout.of_cell(Area.RESULTS, cell)
    yield from _logs(f"{result}/{run_folder(Mode.PERFORMANCE)}", runs.performance)
    folder = f"{result}/{run_folder(Mode.ACCURACY)}"
    yield from _logs(folder, runs.accuracy)
    for name, source in (
        (SCORE_FILE, runs.accuracy.accuracy_txt),
        (ACCURACY_FILE, runs.accuracy.accuracy_json),
    ):
        if source is None:
            raise StageError(
                f"The accuracy run of {cell} has no {name}",
                detail="the run was not scored before the tree was laid out",
                hint="run the score stage first",
            )
        yield Placement(target=f"{folder}/{name}", source=source)


def _logs(folder: str, run: RunFiles) -> Iterator[Placement]:
    yield Placement(target=f"{folder}/{DETAIL_FILE}", source=run.detail)
    yield Placement(target=f"{folder}/{SUMMARY_FILE}", source=run.summary)


def _measurements(
    names: SubmissionNames, cell: Cell, item: BenchmarkOrder, runs: ScenarioOrder
) -> Iterator[Placement]:
    folder = names.layout.of_cell(Area.MEASUREMENTS, cell)
    description = names.layout.description_name(cell, names.implementation)
    yield _text(f"{folder}/{description}", json_text(asdict(item.fields)))
    yield _text(f"{folder}/{README}", runs.readme)
    files = {
        USER_CONF: runs.performance.user_conf,
        MLPERF_CONF: runs.performance.mlperf_conf,
        RUN_METADATA[Mode.PERFORMANCE]: runs.performance.metadata,
        RUN_METADATA[Mode.ACCURACY]: runs.accuracy.metadata,
    }
    if runs.performance.latencies is not None:
        files[LATENCIES] = runs.performance.latencies
    if runs.accuracy.question_scores is not None:
        files[QUESTION_SCORES] = runs.accuracy.question_scores
    for name, source in files.items():
        yield Placement(target=f"{folder}/{name}", source=source)


def _text(target: str, text: str) -> Placement:
    return Placement(target=target, source=text.encode("utf-8"))


def _refuse_gaps(order: TreeOrder) -> None:
    """Raise StageError for empty texts and fields, which the official checker would not notice."""
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
            "The tree cannot be laid out: something that the rules require is empty",
            detail=first_of(empty, SHOWN, separator="; "),
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
            detail=first_of(missing, SHOWN, separator="; "),
            hint="run `make submission`: it makes them again",
        )
    if large:
        raise StageError(
            f"Files for the tree are larger than {max_file_bytes} bytes",
            detail=first_of(large, SHOWN, separator="; "),
            hint="split the model into smaller parts (part_bytes in its manifest)",
        )
