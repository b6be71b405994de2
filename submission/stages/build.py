"""All stages of a profile, in the order in which they run."""

from __future__ import annotations

from submission.pipeline.plan import in_order
from submission.pipeline.stage import Stage
from submission.runs.context import Context
from submission.stages.collect import Collect, profile_runs
from submission.stages.convert import Convert
from submission.stages.features import PrepareFeatures
from submission.stages.fetch import Adopt, Fetch, Rejoin
from submission.stages.image import BuildImage
from submission.stages.layout import LayOutTree
from submission.stages.measure import Measure
from submission.stages.pack import Check, Pack
from submission.stages.probe import Probe
from submission.stages.readme import Readme
from submission.stages.score import ScoreRun
from submission.stages.system import DescribeSystem


def profile_stages(context: Context) -> list[Stage]:
    """fetch, rejoin, features, image, measure, collect, score, system, readme … pack."""
    profile = context.profile
    stages: list[Stage] = []
    for benchmark in profile.benchmarks:
        stages += _model_stages(context, benchmark.model)
    if not context.settings.data_dir:
        stages.append(Fetch(context, subject=profile.dataset))
        stages.append(Rejoin(context, subject=profile.dataset))
    stages += [PrepareFeatures(context), BuildImage(context)]
    stages += [Probe(context, benchmark=b.model) for b in profile.benchmarks if b.probed]
    stages += [Measure(context, run_id=run) for run in profile_runs(context)]
    stages.append(Collect(context))
    for benchmark in profile.benchmarks:
        for scenario in benchmark.scenarios:
            stages.append(ScoreRun(context, benchmark=benchmark.model, scenario=scenario))
    stages += [DescribeSystem(context), Readme(context), LayOutTree(context)]
    stages += [Check(context), Pack(context)]
    return in_order(stages)


def _model_stages(context: Context, model: str) -> list[Stage]:
    if context.settings.model_dir:
        return [Adopt(context, subject=model)]
    if context.source_manifest(model).is_onnx:
        return [Fetch(context, subject=model), Convert(context, subject=model)]
    return [Fetch(context, subject=model), Rejoin(context, subject=model)]
