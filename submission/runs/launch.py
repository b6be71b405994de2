"""One LoadGen run in a process and a container of its own; its folder appears when it is good."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from submission.container.order import CommandOrder, CommandOutcome, Mount
from submission.errors import StageError
from submission.files import read_json, recover_folder, replace_folder, write_json, write_text
from submission.loadgen.settings import mlperf_conf, user_conf
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.runs.harness_log import harness_log
from submission.runs.spec import Places, mlperf_model
from submission.terms import RunSpec
from submission.workspace.settings import Runner

# where the published image has them
MODELS = "/opt/workdir/models/bert"
DATA = "/opt/workdir/datasets/squad"
FEATURES = "/opt/workdir/features"
OUT = "/out"
CONTAINER = Places(models=MODELS, data=DATA, features=FEATURES, out=OUT)


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A good run before its folder is put in place: ``work`` holds its files."""

    order: CommandOrder
    outcome: CommandOutcome
    work: Path


def launch(
    context: Context,
    name: str,
    folder: Path,
    spec_at: Callable[[Places], RunSpec],
    report: Reporter,
    *,
    complete: Callable[[Launched], None] | None = None,
) -> None:
    """Run what ``spec_at`` asks; ``folder`` is replaced only by a run that ended well.

    ``complete`` adds files to the run's folder before it is put in place. A run that failed is
    kept apart, and StageError says why and where.
    """
    recover_folder(folder)
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    spec = spec_at(_places(context, work))
    _write_configuration(context, spec, work)
    order = _order(context, spec, work)
    with harness_log(report, work / "harness.log") as receive:
        outcome = context.engine.run(order, receive)
    if outcome.exit_code != 0:
        raise _failure(context, name, work, outcome)
    if complete:
        complete(Launched(order=order, outcome=outcome, work=work))
    replace_folder(work, folder)


def _places(context: Context, work: Path) -> Places:
    if context.settings.runner is not Runner.HOST:
        return CONTAINER
    return Places(
        models=str(context.workspace.models_root()),
        data=str(context.data_folder()),
        features=str(context.features_file().parent),
        out=str(work),
    )


def _write_configuration(context: Context, spec: RunSpec, work: Path) -> None:
    write_json(work / "run_spec.json", spec.to_json())
    rules = context.policy.benchmarks[mlperf_model(context, spec.run.benchmark)]
    write_text(work / "mlperf.conf", mlperf_conf(context.policy, rules))
    text = user_conf(
        spec.settings,
        scenario=spec.run.scenario,
        loadgen_model=spec.loadgen_model,
        about=f"{spec.run}, profile {spec.profile}",
    )
    write_text(work / "user.conf", text)


def _order(context: Context, spec: RunSpec, work: Path) -> CommandOrder:
    settings = context.settings
    return CommandOrder(
        image=read_json(context.workspace.image_file())["id"],
        command=("python", "-m", "submission.harness", f"{spec.out}/run_spec.json"),
        mounts=(
            Mount(source=context.workspace.models_root(), target=MODELS),
            Mount(source=context.data_folder(), target=DATA),
            Mount(source=context.features_file().parent, target=FEATURES),
            Mount(source=work, target=OUT, read_only=False),
        ),
        user=f"{os.getuid()}:{os.getgid()}",
        cpuset=settings.cpuset,
        memory_bytes=settings.memory_bytes,
        labels=context.labels,
    )


def _failure(context: Context, name: str, work: Path, outcome: CommandOutcome) -> StageError:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    words = name.replace("/", "-")
    kept = context.workspace.failed_folder(f"{words}-{moment}")
    replace_folder(work, kept)
    return failure_words(name, outcome, kept)


def failure_words(name: str, outcome: CommandOutcome, kept: Path) -> StageError:
    """Why a run failed: the harness' own three lines, or what became of its container."""
    try:
        error = read_json(kept / "error.json")
        what, detail, hint = error["what"], error["detail"], error["hint"]
    except (OSError, ValueError, KeyError, TypeError):
        died = outcome.failure(name)
        return StageError(died.what, detail=f"{died.detail}; kept in {kept}", hint=died.hint)
    return StageError(f"{name}: {what}", detail=f"{detail}; kept in {kept}", hint=hint)
