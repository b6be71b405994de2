"""Evidence that binds files to a run: the digests that the harness took of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.files import sha256_of
from submission.harness.files import LATENCIES_FILE
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SCORE_FILE,
    SUMMARY_FILE,
    USER_CONF,
)
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import runs
from submission.terms import Mode, Scenario
from submission.tree.finished import ClaimedCell

#: among the sources of a kit whose harness takes digests
DIGESTS_MARK = "submission/harness/digests.py"


def digests(subject: Examined) -> Iterator[Statement]:
    """The digests of logs and inputs against the files of the tree and its other metadata."""
    found = list(runs(subject))
    if not any(_taken(metadata) for *_, metadata in found) and not subject.wrote(DIGESTS_MARK):
        return
    for cell, mode, at, metadata in found:
        taken = _taken(metadata)
        if not taken:
            yield Statement(at, "harness.digests", None, "digests of the run's files")
            continue
        for name, path in _files(cell, mode).items():
            yield Statement(subject.tree.inside(path), "sha256", _sha256(path), _of(taken, name))
        yield from _inputs(at, metadata, taken)
        if mode is Mode.ACCURACY:
            claimed, whole = cell.claimed_accuracy.log_sha256, _of(taken, ACCURACY_FILE)
            text = subject.tree.inside(cell.log_file(mode).with_name(SCORE_FILE))
            yield Statement(text, "hash of the whole log", claimed, whole)


def no_digests(subject: Examined) -> str | None:
    """Why none of the runs has any: an earlier harness took none."""
    if subject.wrote(DIGESTS_MARK) or not any(True for _ in runs(subject)):
        return None
    return "the runs were made by a kit that took no digests"


def _taken(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = metadata["harness"].get("digests") or {}
    return found


def _files(cell: ClaimedCell, mode: Mode) -> dict[str, Path]:
    """The run's own files that a tree holds whole."""
    detail = cell.log_file(mode)
    found = {DETAIL_FILE: detail, SUMMARY_FILE: detail.with_name(SUMMARY_FILE)}
    if mode is Mode.PERFORMANCE:
        found |= {MLPERF_CONF: cell.mlperf_conf, USER_CONF: cell.user_conf}
        if cell.scenario is Scenario.SERVER:
            found[LATENCIES_FILE] = cell.latencies
    return found


def _inputs(at: str, metadata: Mapping[str, Any], taken: Mapping[str, Any]) -> Iterator[Statement]:
    model = metadata["model"]["sha256"]
    for name, digest in taken["model"].items():
        if name in model:
            yield Statement(at, f"model.sha256 of {name}", model[name], digest)
    features = metadata["dataset"]["features_sha256"]
    yield Statement(at, "dataset.features_sha256", features, taken["features"])
    if taken["image"] is not None:
        stated = metadata["image"].get("fingerprint")
        yield Statement(at, "image.fingerprint", stated, taken["image"])


def _of(taken: Mapping[str, Any], name: str) -> object:
    return {**taken["logs"], **taken["configuration"]}.get(name)


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        return error.strerror or str(error)
