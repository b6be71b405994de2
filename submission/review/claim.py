"""How a claimed run was made: settings from its conf files, the plan from its metadata."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from submission.errors import StageError
from submission.loadgen import Conf, read_conf
from submission.loadgen.settings import settings_of
from submission.policy import Policy
from submission.terms import LoadgenSettings, Mode, SutPlan
from submission.tree.finished import ClaimedCell

# a quick run: long enough to be past the start-up, short enough to wait for
QUICK_MS = 10_000
QUICK_SAMPLES = 24
QUICK_QUERIES = 100


def claimed_settings(cell: ClaimedCell, policy: Policy, loadgen_model: str) -> LoadgenSettings:
    """The settings of the tree's own conf files; seeds are the round's.

    Raises StageError for a file that LoadGen cannot use or a number that neither file has.
    """
    files = [_read(path) for path in (cell.mlperf_conf, cell.user_conf)]
    found = settings_of(files, cell.scenario, loadgen_model, policy.seeds)
    if isinstance(found, LoadgenSettings):
        return found
    raise StageError(
        f"neither user.conf nor mlperf.conf says {found}",
        detail=f"of {loadgen_model}.{cell.scenario} in {cell.measurements}",
        hint="run the check: it shows what is wrong with the conf files",
    )


def quick_settings(settings: LoadgenSettings, rate: float) -> LoadgenSettings:
    """The settings for a run of some ten seconds at ``rate`` (claimed samples/s)."""
    if settings.samples_per_query is not None:
        samples = max(QUICK_SAMPLES, round(rate * QUICK_MS / 1000))
        return replace(
            settings,
            min_duration_ms=1,
            samples_per_query=min(settings.samples_per_query, samples),
        )
    return replace(
        settings,
        min_duration_ms=min(settings.min_duration_ms, QUICK_MS),
        min_query_count=min(settings.min_query_count, QUICK_QUERIES),
    )


def claimed_plan(cell: ClaimedCell) -> SutPlan:
    """The SUT's plan in the claimed performance run."""
    asked = cell.metadata(Mode.PERFORMANCE)["harness"].get("plan", {}).get("asked", {})
    try:
        return SutPlan(**{**asked, "buckets": tuple(asked["buckets"])})
    except (KeyError, TypeError) as error:
        raise StageError(
            f"the metadata of {cell} does not contain the SUT's plan",
            detail=f"harness.plan.asked: {type(error).__name__}: {error}",
            hint="only trees that this kit laid out can be reproduced",
        ) from error


def _read(path: Path) -> Conf:
    conf = read_conf(path)
    if isinstance(conf, Conf) and not conf.is_refused:
        return conf
    if isinstance(conf, Conf):
        why = next(f"line {f.line}: {f.trouble}" for f in conf.faults if f.trouble.is_refused)
    else:
        why = conf.why
    raise StageError(
        f"LoadGen cannot use {path.name}",
        detail=f"{path}: {why}",
        hint="run the check: it shows what is wrong with the tree",
    )
