"""Repeats one LoadGen run in a scratch folder, with the tree's own configuration files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.manifest import Manifest
from submission.policy import BenchmarkTerms
from submission.review.claim import claimed_plan
from submission.runs.launch import command, launch_here
from submission.runs.outcome import NOT_VALID, RunReport
from submission.runs.spec import HarnessFiles, run_spec, write_run
from submission.squad.feature_file import save_features
from submission.squad.features import Features
from submission.terms import LoadgenSettings, Mode, RunId, Say
from submission.tree.finished import ClaimedCell

PROGRESS_INTERVAL_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all runs of one reproduction share; ``model`` is the folder of the joined files."""

    cell: ClaimedCell
    rules: BenchmarkTerms
    manifest: Manifest
    model: Path
    scratch: Path
    environment: Mapping[str, str]
    say: Say


def rerun(
    bench: Bench,
    name: str,
    *,
    mode: Mode,
    settings: LoadgenSettings,
    features: Features,
    own_conf: bool,
) -> RunReport:
    """Run LoadGen once, in a separate process, with logs in ``scratch/<name>``.

    ``own_conf`` uses the tree's user.conf; else one is written from ``settings``. Raises
    StageError for a run that failed for other reasons than not being VALID.
    """
    cell, out = bench.cell, bench.scratch / name
    out.mkdir(parents=True)
    save_features(features, out / "features.npz")
    files = HarnessFiles(model=str(bench.model), features=str(out / "features.npz"), out=str(out))
    spec = run_spec(
        bench.manifest,
        bench.rules,
        files,
        run=RunId(benchmark=cell.benchmark, scenario=cell.scenario, mode=mode),
        settings=settings,
        plan=claimed_plan(cell),
        profile="reproduce",
    )
    mlperf_conf, user_conf = (path.read_bytes() for path in (cell.mlperf_conf, cell.user_conf))
    path = write_run(
        spec,
        out,
        mlperf_conf,
        about=f"{cell}, shortened by reproduce",
        own_conf=user_conf if own_conf else None,
    )
    end = launch_here(
        command(str(path)),
        out,
        f"the {name} run",
        environment=bench.environment,
        on_progress=_Now(bench.say),
    )
    return end.report(allowed=NOT_VALID)


class _Now:
    """Passes progress on at intervals."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._last_s = time.monotonic()

    def __call__(self, share: float | None, words: str) -> None:
        del share
        if words and time.monotonic() - self._last_s >= PROGRESS_INTERVAL_S:
            self._last_s = time.monotonic()
            self._say(f"  {words}")
