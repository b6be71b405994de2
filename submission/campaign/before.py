"""What a campaign may do on a system before it measures there: tune plans, find Server rates.

A kind is one row: the key of the campaign file, the command's name of its cells, which benchmarks
it is for, why a profile cannot use it, and the file or folder that comes back. The measurements of
the same system read that, and no others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.runs.context import Context
from submission.runs.rates import rate_file
from submission.terms import Mode, Scenario
from submission.workspace.campaign import Campaign, CampaignSystem
from submission.workspace.folders import Workspace
from submission.workspace.profile import Benchmark


@dataclass(frozen=True, kw_only=True)
class BeforeKind:
    """``key`` in the file is ``setting`` of the measurements, a folder of the workspace.

    ``unfit`` says why it makes no sense for a benchmark; empty if it does.
    """

    key: str
    setting: str
    stage: str
    folder: Callable[[Workspace], Path]
    made: Callable[[Workspace, str], Path]
    unfit: Callable[[Benchmark], str]

    def cell_name(self, model: str) -> str:
        """Such as ``tune[minilm-squad]``."""
        return f"{self.stage}[{model}]"


def _fixed_plan(benchmark: Benchmark) -> str:
    fixed = all(plan.bucket_step for plan in benchmark.plans.values())
    return "the profile fixes its plan (bucket_step)" if fixed else ""


def _no_server_run(benchmark: Benchmark) -> str:
    asked = (Scenario.SERVER, Mode.PERFORMANCE) in benchmark.runs
    return "" if asked else "the profile has no Server performance run of it"


#: in the order in which they run
KINDS = (
    BeforeKind(
        key="tune",
        setting="tuned",
        stage="tune",
        folder=lambda workspace: workspace.out / "tuned",
        made=lambda workspace, model: workspace.tuned_folder() / model,
        unfit=_fixed_plan,
    ),
    BeforeKind(
        key="find_qps",
        setting="rates",
        stage="find-qps",
        folder=lambda workspace: workspace.out / "rates",
        made=lambda workspace, model: rate_file(workspace.rates_folder(), model),
        unfit=_no_server_run,
    ),
)


def folders_of(system: CampaignSystem, workspace: Workspace) -> dict[str, Any]:
    """The settings (folders) of a system's runs that name what is made before them."""
    return {kind.setting: kind.folder(workspace) for kind in KINDS if kind.key in system.before}


def asked_before(system: CampaignSystem) -> dict[str, Mapping[str, Any]]:
    """What the system is asked to do before its measurements, by the key of the file, in order."""
    return {kind.key: system.before[kind.key] for kind in KINDS if kind.key in system.before}


def cells_before(
    campaign: Campaign, system: CampaignSystem, context: Context
) -> Iterator[tuple[BeforeKind, str]]:
    """Kinds and models of the cells before the measurements, in order.

    Raises UsageError if a kind is asked for that fits none of the profile's benchmarks.
    """
    for kind in KINDS:
        if kind.key not in system.before:
            continue
        benchmarks = context.profile.benchmarks
        fitting = [each.model for each in benchmarks if not kind.unfit(each)]
        if not fitting:
            (first, *_) = benchmarks
            raise UsageError(
                f"{campaign.path}: {kind.key} has no use with the profile {campaign.profile}",
                detail=f"{first.model}: {kind.unfit(first)}",
                hint=f"leave {kind.key} out, or name a profile that can use it",
            )
        for model in fitting:
            yield kind, model
