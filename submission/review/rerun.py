"""One LoadGen run anew: a RunSpec in a scratch folder, the harness as a process, its record."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from submission.artifacts.manifest import Manifest
from submission.container.host_engine import HostEngine
from submission.container.order import CommandOrder, CommandOutcome
from submission.container.progress import progress_words
from submission.errors import StageError
from submission.files import read_json, write_json, write_text
from submission.loadgen.names import MLPERF_CONF, USER_CONF
from submission.loadgen.settings import user_conf
from submission.policy import BenchmarkTerms
from submission.review.claim import claimed_plan
from submission.runs.spec import WATCHDOG_S
from submission.squad.feature_file import save_features
from submission.squad.features import Features
from submission.terms import LoadgenSettings, Mode, RunId, RunSpec
from submission.tree.finished import ClaimedCell

INVALID = "invalid"
TELL_INTERVAL_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every run of one reproduction shares; ``model`` is the folder of the joined files."""

    cell: ClaimedCell
    rules: BenchmarkTerms
    manifest: Manifest
    model: Path
    scratch: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """The harness' record of a run; ``invalid`` is LoadGen's reason, None for a good run."""

    folder: Path
    harness: Mapping[str, Any]
    invalid: str | None

    def result(self, key: str) -> float | None:
        """A number of LoadGen's result."""
        value = self.harness["results"].get(key)
        return float(value) if isinstance(value, int | float) else None


def rerun(
    bench: Bench,
    name: str,
    *,
    mode: Mode,
    settings: LoadgenSettings,
    features: Features,
    own_conf: bool,
) -> Rerun:
    """Run LoadGen once, in a process of its own, with logs in ``scratch/<name>``.

    ``own_conf`` takes the tree's user.conf as it is; else one is written from ``settings``. Raises
    StageError for a run that failed otherwise than by not being VALID.
    """
    out = bench.scratch / name
    out.mkdir(parents=True)
    save_features(features, out / "features.npz")
    _write_conf(bench, out, settings, own_conf=own_conf)
    spec = _spec(bench, out, mode, settings)
    write_json(out / "run_spec.json", spec.to_json())
    engine = HostEngine(environment=bench.environment, root=Path(__file__).resolve().parents[2])
    order = CommandOrder(
        image=sys.executable,
        command=("python", "-m", "submission.harness", str(out / "run_spec.json")),
    )
    with (out / "harness.log").open("w", encoding="utf-8") as log:
        outcome = engine.run(order, _Listener(log, bench.say))
    return _record(name, out, outcome)


class _Listener:
    """Keeps every line of the harness; tells of its progress now and then."""

    def __init__(self, log: IO[str], say: Callable[[str], None]) -> None:
        self._log, self._say = log, say
        self._told_s = time.monotonic()

    def __call__(self, line: str) -> None:
        self._log.write(line + "\n")
        progress = progress_words(line)
        if progress and progress[1] and time.monotonic() - self._told_s >= TELL_INTERVAL_S:
            self._told_s = time.monotonic()
            self._say(f"  {progress[1]}")


def _write_conf(bench: Bench, out: Path, settings: LoadgenSettings, *, own_conf: bool) -> None:
    shutil.copyfile(bench.cell.mlperf_conf, out / MLPERF_CONF)
    if own_conf:
        shutil.copyfile(bench.cell.user_conf, out / USER_CONF)
        return
    text = user_conf(
        settings,
        scenario=bench.cell.scenario,
        loadgen_model=bench.rules.loadgen_model,
        about=f"{bench.cell}, shortened by reproduce",
    )
    write_text(out / "user.conf", text)


def _spec(bench: Bench, out: Path, mode: Mode, settings: LoadgenSettings) -> RunSpec:
    cell, manifest = bench.cell, bench.manifest
    xml = manifest.role("topology").name
    return RunSpec(
        run=RunId(benchmark=cell.benchmark, scenario=cell.scenario, mode=mode),
        loadgen_model=bench.rules.loadgen_model,
        model_xml=str(bench.model / xml),
        features=str(out / "features.npz"),
        mlperf_conf=str(out / "mlperf.conf"),
        user_conf=str(out / "user.conf"),
        out=str(out),
        settings=settings,
        plan=claimed_plan(cell),
        model_inputs=manifest.input_names(),
        profile="reproduce",
        watchdog_s=WATCHDOG_S,
        extra={"trailing_pad": manifest.trailing_pad},
    )


def _record(name: str, out: Path, outcome: CommandOutcome) -> Rerun:
    if outcome.ok:
        return Rerun(folder=out, harness=read_json(out / "harness.json"), invalid=None)
    try:
        error = read_json(out / "error.json")
        harness = read_json(out / "harness.json") if error["kind"] == INVALID else None
    except (OSError, ValueError, KeyError):
        raise outcome.failure(f"the {name} run") from None
    if harness is None:
        raise StageError(
            f"the {name} run: {error['what']}", detail=error["detail"], hint=error["hint"]
        )
    return Rerun(folder=out, harness=harness, invalid=error["detail"])
