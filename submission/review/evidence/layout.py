"""Evidence on what lies in a tree: nothing but what the kit lays out, so that nothing hides."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST
from submission.container.sbom import SBOM
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SCORE_FILE,
    SUMMARY_FILE,
    USER_CONF,
)
from submission.review.evidence.model import Examined, Statement
from submission.terms import Mode, Scenario
from submission.tree.grammar import (
    KIT_MODELS,
    LATENCIES,
    MODEL,
    MODEL_MAPPING,
    QUESTION_SCORES,
    README,
    RUN_METADATA,
    SUMS_FILE,
    Area,
    Layout,
    Located,
    run_folder,
    scenario_of,
)
from submission.tree.kit import RENAMED, TOP_LEVEL

LOGS = {f"{run_folder(mode)}/{name}" for mode in Mode for name in (DETAIL_FILE, SUMMARY_FILE)} | {
    f"{run_folder(Mode.ACCURACY)}/{name}" for name in (ACCURACY_FILE, SCORE_FILE)
}
MEASURED = {README, USER_CONF, MLPERF_CONF, LATENCIES, QUESTION_SCORES, *RUN_METADATA.values()}
IN_CODE = {*TOP_LEVEL, *RENAMED.values(), README, MODEL, SBOM}


def known_files(subject: Examined) -> Iterator[Statement]:
    """Every file is one that the kit writes; compliance tests are left to the check."""
    tree = subject.tree
    systems = {(cell.place.owner, cell.system) for cell in tree.cells}
    models = {(cell.place.owner, cell.benchmark) for cell in tree.cells}
    for path in _files(tree.root):
        found = tree.layout.locate(path)
        good = path == SUMS_FILE
        if found is not None:
            good = good or _laid_out(tree.layout, found, systems)
            if found.area in {Area.CODE, Area.CALIBRATION} and found.names:
                good = good and (found.owner, found.names[0]) in models
        yield Statement(path, "", "a file" if good else "a file of no kind", "a file")


def keys_once(subject: Examined) -> Iterator[Statement]:
    """Every JSON file that is no log: a key twice shows a person something else than a program."""
    for path in sorted(subject.tree.root.rglob("*.json")):
        # LoadGen's log is cut, and questions of a person's own are no statement of the tree
        data = path.parent.parent.name == KIT_MODELS and path.name != MANIFEST
        if data or path.name == ACCURACY_FILE or not path.is_file():
            continue
        at, twice = subject.tree.inside(path), set[str]()
        try:
            json.loads(path.read_bytes(), object_pairs_hook=partial(_count, twice))
        except (ValueError, RecursionError) as error:
            yield Statement(at, "", f"no JSON ({error})", "JSON")
            continue
        yield Statement(at, "keys twice", sorted(twice), [])


def _count(twice: set[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = Counter(name for name, _ in pairs)
    twice.update(name for name, count in names.items() if count > 1)
    return dict(pairs)


def _files(root: Path) -> Iterator[str]:
    for folder, _, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        yield from ((inside / name).as_posix() for name in files)


def _laid_out(layout: Layout, found: Located, systems: set[tuple[str, str]]) -> bool:
    below = "/".join(found.below)
    match found.area:
        case None:
            good = below in {README, MODEL_MAPPING}
        case Area.COMPLIANCE:
            good = True
        case Area.SYSTEMS:
            good = not below and (found.owner, found.names[0]) in systems
        case Area.CALIBRATION:
            good = below == README
        case Area.CODE:
            good = bool(found.below) and found.below[0] in IN_CODE
        case _:
            whole = len(found.names) >= layout.depth(Area.RESULTS)
            good = whole and _of_result(layout, found, systems)
    return good


def _of_result(layout: Layout, found: Located, systems: set[tuple[str, str]]) -> bool:
    system, _, scenario = found.names
    if scenario_of(scenario) is None or (found.owner, system) not in systems:
        return False
    below = "/".join(found.below)
    described = layout.description_among([below], system, scenario) is not None
    measured = below in MEASURED and (
        below != LATENCIES or scenario_of(scenario) is Scenario.SERVER
    )
    of_measurement = measured or (described and len(found.below) == 1)
    together = layout.templates[Area.RESULTS] == layout.templates[Area.MEASUREMENTS]
    if found.area is Area.RESULTS:
        return below in LOGS or (together and of_measurement)
    return of_measurement
