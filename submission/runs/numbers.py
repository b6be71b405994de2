"""LoadGen's settings for the runs of a profile: its own numbers, else the round's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from submission.errors import UsageError
from submission.files import read_json
from submission.policy.model import BenchmarkTerms
from submission.runs.context import Context
from submission.runs.rates import FoundRate, read_rate, refuse_other_bound
from submission.runs.spec import terms_for
from submission.terms import NS_PER_MS, LoadgenSettings, Mode, RunId, Scenario
from submission.workspace.profile import RunNumbers


def terms_of(context: Context, model: str) -> BenchmarkTerms:
    """The round's rules for a model of the profile; StageError if the round has none."""
    return terms_for(context.policy, model, context.manifest(model))


def mlperf_model(context: Context, model: str) -> str:
    """The round's benchmark that a folder of ours stands for, as its manifest or its name says."""
    return terms_of(context, model).name


def loadgen_settings(context: Context, run: RunId) -> LoadgenSettings:
    """The settings of a run of the profile.

    Raises UsageError for a Server run of a benchmark without a latency bound, and for a rate of
    RATES that was found at another bound.
    """
    policy, rules = context.policy, terms_of(context, run.benchmark)
    numbers = context.benchmark(run.benchmark).runs[run.scenario, run.mode]
    offline = run.scenario is Scenario.OFFLINE
    bound_ns: int | None = None
    percentile: float | None = None
    if run.scenario is Scenario.SERVER:
        bound_ns = _server_bound_ns(context, run, numbers)
        percentile = numbers.target_latency_percentile or policy.percentile(Scenario.SERVER, rules)
    settings = LoadgenSettings(
        **policy.seeds.by_key(),
        performance_sample_count=numbers.performance_sample_count or sample_count(context, rules),
        min_duration_ms=numbers.min_duration_ms or policy.min_duration(rules),
        min_query_count=numbers.min_query_count or rules.min_query_count[run.scenario],
        target_qps=_target_qps(context, run, numbers),
        samples_per_query=(numbers.samples_per_query or policy.offline_min_samples)
        if offline
        else None,
        target_latency_ns=bound_ns,
        target_latency_percentile=percentile,
    )
    rate = found_rate(context, run)
    if rate is None:
        return settings
    refuse_other_bound(rate, settings)
    return replace(settings, target_qps=rate.target_qps)


def found_rate(context: Context, run: RunId) -> FoundRate | None:
    """The rate that RATES has for a run, in place of the profile's; of Server performance alone."""
    folder = context.settings.rates
    if folder is None or (run.scenario, run.mode) != (Scenario.SERVER, Mode.PERFORMANCE):
        return None
    return read_rate(folder, run.benchmark)


def sample_count(context: Context, rules: BenchmarkTerms) -> int:
    """The round's performance_sample_count, or all samples of a data set that has fewer."""
    samples = context.manifest(context.profile.dataset).samples
    return min(rules.performance_sample_count, samples or rules.performance_sample_count)


def _server_bound_ns(context: Context, run: RunId, numbers: RunNumbers) -> int:
    if numbers.target_latency_ms is not None:
        return round(numbers.target_latency_ms * NS_PER_MS)
    bound_ns = terms_of(context, run.benchmark).server_latency_bound_ns
    if bound_ns is None:
        raise UsageError(
            f"the round has no Server scenario for {run.benchmark}",
            detail=f"round {context.policy.round} names no latency bound",
            hint="leave Server out of the profile, or set target_latency_ms",
        )
    return bound_ns


def _target_qps(context: Context, run: RunId, numbers: RunNumbers) -> float:
    if numbers.target_qps is not None:
        return numbers.target_qps
    probe = read_probe(context, run.benchmark)
    share = numbers.share_of_probed_rate or 0.0
    # before the probe nothing is known; the pipeline runs the probe first
    if probe is None:
        return 0.0
    offline = run.scenario is Scenario.OFFLINE
    return two_digits(share * (probe.fastest if offline else probe.slowest))


def two_digits(value: float) -> float:
    """Rounded to two digits: a rate is not known better, and it reads well in user.conf."""
    return float(f"{value:.2g}")


@dataclass(frozen=True, kw_only=True)
class ProbedRate:
    """What the probe measured: Offline samples a second of each pass, on that many cores.

    A query that is too small makes Offline INVALID, a rate that is too high does that to Server:
    one follows from the fastest pass, the other from the slowest. ``others_share`` is what other
    processes took of the cores in the worst pass, ``governor`` that of the frequency, None where
    they cannot be seen.
    """

    passes: tuple[float, ...]
    cores: int
    others_share: float | None = None
    governor: str | None = None

    @property
    def fastest(self) -> float:
        return max(self.passes)

    @property
    def slowest(self) -> float:
        return min(self.passes)


def read_probe(context: Context, model: str) -> ProbedRate | None:
    """The probed rate; None before the probe, and where its file is damaged: it runs again."""
    try:
        value = read_json(context.workspace.probe_file(model))
        passes = tuple(float(each) for each in value.pop("passes"))
        return ProbedRate(passes=passes, **value) if passes else None
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return None
