"""LoadGen's settings, given twice: by the conf files that are published, and by attributes.

The host writes ``mlperf.conf`` and ``user.conf``; LoadGen reads both here, mlperf.conf first.
Then every number of ``RunSpec.settings`` is set as an attribute, since LoadGen no longer takes
seeds from a conf file. The conf files must describe the run, so their numbers are compared with
the RunSpec: any difference is an error of kind "settings".

Together the two files must carry these keys. ``M`` is ``RunSpec.loadgen_model`` or ``*``, one
blank on each side of ``=`` (LoadGen silently skips ``a=b``), times are whole milliseconds,
the percentile is in percent::

    M.*.performance_sample_count_override = settings.performance_sample_count
    M.Offline.min_duration = settings.min_duration_ms
    M.Offline.min_query_count = settings.samples_per_query, else settings.min_query_count
    M.Offline.target_qps = settings.target_qps
    M.Server.min_duration = settings.min_duration_ms
    M.Server.min_query_count = settings.min_query_count
    M.Server.target_qps = settings.target_qps
    M.Server.target_latency = settings.target_latency_ns / 1,000,000
    M.Server.target_latency_percentile = settings.target_latency_percentile * 100

Only the scenario that is run is compared. A number that is ``None`` in the RunSpec is not
compared: the conf's value is used. Seeds may be written (``*.*.qsl_rng_seed = ...``); LoadGen
ignores them.

Offline's one query has ``effective_samples_per_query`` samples: the larger of ``min_query_count``
as given to LoadGen and 1.1 x duration x target_qps, by which LoadGen makes sure that the query
lasts long enough. So the query has ``samples_per_query`` unless target_qps requires more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlperf_loadgen

from submission.harness.failure import FailureKind, HarnessError
from submission.loadgen.counts import settings_count
from submission.terms import LoadgenSettings, RunSpec, Scenario

# with any other value this version of LoadGen takes the file for the only user conf
CONF_TYPE = 2
SCENARIOS = {
    Scenario.OFFLINE: mlperf_loadgen.TestScenario.Offline,
    Scenario.SERVER: mlperf_loadgen.TestScenario.Server,
}
# LoadGen writes and reads decimal numbers with six digits
RELATIVE_TOLERANCE = 1e-5


def test_settings(spec: RunSpec) -> Any:
    """LoadGen's ``TestSettings`` for the run; to be called once in a process.

    Raises HarnessError "settings" for an unreadable conf file, a scenario that the harness does
    not run, or conf files that differ from the RunSpec.
    """
    scenario = SCENARIOS.get(spec.run.scenario)
    if scenario is None:
        raise _refused(
            f"the harness does not run {spec.run.scenario}",
            detail=f"it runs {', '.join(SCENARIOS)}",
            hint="bert is a datacenter benchmark: choose Offline or Server",
        )
    settings = mlperf_loadgen.TestSettings()
    for conf in (spec.mlperf_conf, spec.user_conf):
        _read_conf(settings, conf, spec)
    wanted = attributes(spec)
    _compare(settings, wanted, spec)
    settings.scenario = scenario
    settings.mode = getattr(mlperf_loadgen.TestMode, spec.run.mode.loadgen)
    for name, value in (wanted | seeds(spec.settings)).items():
        setattr(settings, name, value)
    return settings


def attributes(spec: RunSpec) -> dict[str, int | float]:
    """The numbers of the RunSpec under the names of ``TestSettings``, without the seeds."""
    asked = spec.settings
    common: dict[str, int | float | None] = {
        "performance_sample_count_override": asked.performance_sample_count,
        "min_duration_ms": asked.min_duration_ms,
        "min_query_count": settings_count(asked, spec.run.scenario),
    }
    if spec.run.scenario is Scenario.OFFLINE:
        own: dict[str, int | float | None] = {"offline_expected_qps": asked.target_qps}
    else:
        own = {
            "server_target_qps": asked.target_qps,
            "server_target_latency_ns": asked.target_latency_ns,
            "server_target_latency_percentile": asked.target_latency_percentile,
        }
    return {name: value for name, value in (common | own).items() if value is not None}


def seeds(asked: LoadgenSettings) -> dict[str, int]:
    """The three seeds of the round under the names of ``TestSettings``."""
    return {
        "qsl_rng_seed": asked.qsl_rng_seed,
        "sample_index_rng_seed": asked.sample_index_rng_seed,
        "schedule_rng_seed": asked.schedule_rng_seed,
    }


def log_settings(out: Path) -> Any:
    """LoadGen's ``LogSettings``: files into ``out``, no trace, nothing on standard output."""
    settings = mlperf_loadgen.LogSettings()
    settings.enable_trace = False
    settings.log_output.outdir = str(out)
    settings.log_output.copy_summary_to_stdout = False
    settings.log_output.copy_detail_to_stdout = False
    return settings


def same(one: Any, other: Any) -> bool:
    """Equal to the six digits that LoadGen writes."""
    if isinstance(one, float) or isinstance(other, float):
        return bool(abs(one - other) <= RELATIVE_TOLERANCE * max(abs(one), abs(other)))
    return bool(one == other)


def _read_conf(settings: Any, conf: str, spec: RunSpec) -> None:
    code = settings.FromConfig(conf, spec.loadgen_model, str(spec.run.scenario), CONF_TYPE)
    if code != 0:
        raise _refused(
            f"LoadGen cannot read {Path(conf).name}",
            detail=f"{conf}: FromConfig returned {code}",
            hint="check that the file exists and every line reads 'model.scenario.key = value'",
        )


def _compare(settings: Any, wanted: dict[str, int | float], spec: RunSpec) -> None:
    found = {name: getattr(settings, name) for name in wanted}
    odd = [
        f"{name} is {found[name]} in the conf files and {value} in the run spec"
        for name, value in wanted.items()
        if not same(found[name], value)
    ]
    if odd:
        raise _refused(
            "user.conf and mlperf.conf differ from the run spec",
            detail="; ".join(odd),
            hint=f"write '{spec.loadgen_model}.{spec.run.scenario}.<key> = <value>' "
            "with a blank on each side of '='",
        )


def _refused(what: str, *, detail: str, hint: str) -> HarnessError:
    return HarnessError(what, kind=FailureKind.SETTINGS, detail=detail, hint=hint)
