"""From a profile's numbers and the round's to the RunSpec that the harness is given."""

from __future__ import annotations

from dataclasses import dataclass

from submission.artifacts.manifest import Manifest
from submission.errors import StageError, UsageError
from submission.files import read_json
from submission.policy.model import BenchmarkTerms, Policy
from submission.runs.context import Context
from submission.terms import NS_PER_MS, LoadgenSettings, RunId, RunSpec, Scenario, SutPlan
from submission.workspace.profile import RunNumbers

# no sample of any model here takes longer; a run without an answer for so long is stuck
WATCHDOG_S = 180.0


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of a run as the harness sees them."""

    models: str
    data: str
    features: str
    out: str


def loadgen_settings(context: Context, run: RunId) -> LoadgenSettings:
    """The profile's numbers where it has some, else the round's."""
    policy = context.policy
    rules = policy.benchmarks[mlperf_model(context, run.benchmark)]
    numbers = run_numbers(context, run)
    bound_ns: int | None = None
    percentile: float | None = None
    if run.scenario is Scenario.SERVER:
        bound_ns = _server_bound_ns(context, run, numbers)
        percentile = (
            numbers.target_latency_percentile
            or policy.scenarios[Scenario.SERVER].target_latency_percentile
        )
    return LoadgenSettings(
        **policy.seeds.by_key(),
        performance_sample_count=numbers.performance_sample_count or rules.performance_sample_count,
        min_duration_ms=numbers.min_duration_ms or policy.min_duration_ms,
        min_query_count=numbers.min_query_count or rules.min_query_count[run.scenario],
        target_qps=_target_qps(context, run, numbers),
        samples_per_query=_samples_per_query(context, run, numbers),
        target_latency_ns=bound_ns,
        target_latency_percentile=percentile,
    )


def _server_bound_ns(context: Context, run: RunId, numbers: RunNumbers) -> int:
    if numbers.target_latency_ms is not None:
        return round(numbers.target_latency_ms * NS_PER_MS)
    bound_ns = context.policy.benchmarks[
        mlperf_model(context, run.benchmark)
    ].server_latency_bound_ns
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
    # before the probe nothing is known yet; planning then says that the probe comes first
    return two_digits(share * probe.samples_per_s) if probe else 0.0


def two_digits(value: float) -> float:
    """Rounded to two digits: a rate is not known better, and it reads well in user.conf."""
    return float(f"{value:.2g}")


def _samples_per_query(context: Context, run: RunId, numbers: RunNumbers) -> int | None:
    if run.scenario is not Scenario.OFFLINE:
        return None
    return numbers.samples_per_query or context.policy.offline_min_samples


def run_numbers(context: Context, run: RunId) -> RunNumbers:
    """What the profile says of one run; raises UsageError for an unknown model."""
    return context.benchmark(run.benchmark).runs[run.scenario, run.mode]


def rules_for(policy: Policy, name: str, manifest: Manifest) -> BenchmarkTerms:
    """The round's rules for a model, by its manifest, else by its name.

    Raises StageError if the round has no such benchmark.
    """
    benchmark = manifest.mlperf_model or policy.resolve(name).benchmark
    rules = policy.benchmarks.get(benchmark)
    if rules is None:
        raise StageError(
            f"round {policy.round} has no benchmark {benchmark!r}",
            detail=f"the benchmark of {name}, by its manifest or its name",
            hint="choose another round, or correct mlperf_model in the manifest",
        )
    return rules


def mlperf_model(context: Context, benchmark: str) -> str:
    """The round's benchmark that a folder of ours stands for, as its manifest says."""
    named = context.manifest(benchmark).mlperf_model
    return named or context.policy.resolve(benchmark).benchmark


@dataclass(frozen=True, kw_only=True)
class ProbedRate:
    """What the probe measured: Offline samples a second on that many cores."""

    samples_per_s: float
    cores: int


def read_probe(context: Context, benchmark: str) -> ProbedRate | None:
    """The probed rate; ``None`` before the probe, and where its file is damaged: it comes again."""
    try:
        return ProbedRate(**read_json(context.workspace.probe_file(benchmark)))
    except (OSError, ValueError, TypeError):
        return None


def spec_of(
    context: Context, run: RunId, places: Places, *, settings: LoadgenSettings, plan: SutPlan
) -> RunSpec:
    """A RunSpec for one model with settings and plan as given."""
    manifest = context.manifest(run.benchmark)
    xml = manifest.role("topology").name
    rules = context.policy.benchmarks[mlperf_model(context, run.benchmark)]
    return RunSpec(
        run=run,
        loadgen_model=rules.loadgen_model,
        model_xml=f"{places.models}/{run.benchmark}/{xml}",
        features=f"{places.features}/{context.features_file().name}",
        mlperf_conf=f"{places.out}/mlperf.conf",
        user_conf=f"{places.out}/user.conf",
        out=places.out,
        settings=settings,
        plan=plan,
        model_inputs=manifest.input_names(),
        profile=context.profile.name,
        watchdog_s=WATCHDOG_S,
        extra={"trailing_pad": manifest.trailing_pad},
    )
