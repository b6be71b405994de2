"""From a profile's numbers and the round's to the RunSpec that the harness is given."""

from __future__ import annotations

from dataclasses import dataclass

from submission.settings.profile import PlanWish, RunNumbers
from submission.stages.context import Context
from submission.terms import LoadgenSettings, RunId, RunSpec, Scenario, SutPlan
from submission.weights.manifest import Manifest

NS_PER_MS = 1_000_000
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
        bound_ns = rules.server_latency_bound_ns
        if numbers.target_latency_ms is not None:
            bound_ns = round(numbers.target_latency_ms * NS_PER_MS)
        percentile = (
            numbers.target_latency_percentile
            or policy.scenarios[Scenario.SERVER].target_latency_percentile
        )
    return LoadgenSettings(
        **policy.seeds.by_key(),
        performance_sample_count=numbers.performance_sample_count or rules.performance_sample_count,
        min_duration_ms=numbers.min_duration_ms or policy.min_duration_ms,
        min_query_count=numbers.min_query_count or rules.min_query_count[run.scenario],
        target_qps=numbers.target_qps,
        samples_per_query=_samples_per_query(context, run, numbers),
        target_latency_ns=bound_ns,
        target_latency_percentile=percentile,
    )


def _samples_per_query(context: Context, run: RunId, numbers: RunNumbers) -> int | None:
    if run.scenario is not Scenario.OFFLINE:
        return None
    return numbers.samples_per_query or context.policy.offline_min_samples


def run_numbers(context: Context, run: RunId) -> RunNumbers:
    """What the profile says of one run; raises UsageError for an unknown model."""
    return context.benchmark(run.benchmark).runs[run.scenario, run.mode]


def mlperf_model(context: Context, benchmark: str) -> str:
    """The round's benchmark that a folder of ours stands for, as its manifest says."""
    named = context.manifest(benchmark).mlperf_model
    return named or context.policy.resolve(benchmark).benchmark


def sut_plan(wish: PlanWish, max_seq_length: int) -> SutPlan:
    """Buckets at every ``bucket_step`` tokens, the last one at the model's own length."""
    steps = range(wish.bucket_step, max_seq_length, wish.bucket_step)
    return SutPlan(
        buckets=(*steps, max_seq_length),
        streams=wish.streams,
        requests=wish.requests,
        threads=wish.threads,
        inference_precision=wish.inference_precision,
        sort_by_length=wish.sort_by_length,
        reason=wish.reason,
    )


def run_spec(context: Context, run: RunId, places: Places) -> RunSpec:
    """Everything that the harness needs to know of one run."""
    manifest = context.manifest(run.benchmark)
    wish = context.benchmark(run.benchmark).plans[run.scenario]
    xml = next(file.name for file in manifest.files if file.name.endswith(".xml"))
    rules = context.policy.benchmarks[mlperf_model(context, run.benchmark)]
    return RunSpec(
        run=run,
        loadgen_model=rules.loadgen_model,
        model_xml=f"{places.models}/{run.benchmark}/{xml}",
        features=f"{places.features}/{context.features_file().name}",
        mlperf_conf=f"{places.out}/mlperf.conf",
        user_conf=f"{places.out}/user.conf",
        out=places.out,
        settings=loadgen_settings(context, run),
        plan=sut_plan(wish, manifest.max_seq_length or 384),
        model_inputs=input_names(manifest),
        profile=context.settings.profile.name,
        watchdog_s=WATCHDOG_S,
        extra={"submittable": context.settings.profile.submittable},
    )


def input_names(manifest: Manifest) -> dict[str, str]:
    """What the model calls each input; a manifest gives a name, or more about it."""
    return {
        key: value if isinstance(value, str) else value.get("name", key)
        for key, value in manifest.inputs.items()
    }
