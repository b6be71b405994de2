"""A run of the profile, by the engine of the settings; its folder appears when the run is good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from submission.container.order import CommandOrder, CommandOutcome, Mount
from submission.errors import StageError
from submission.files import dated_name, replace_folder, replacing_folder
from submission.harness.files import SPEC_FILE
from submission.host.busy import NOTABLE
from submission.host.claims import ClaimedError, claim
from submission.host.kernel_text import cpu_numbers
from submission.host.quiet import others_now, wait_for_quiet
from submission.loadgen.settings import mlperf_conf
from submission.mounts import DATA, FEATURES, MODELS, OUT
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.runs.launch import command, launch
from submission.runs.numbers import terms_of
from submission.runs.outcome import FailedRunError, RunReport
from submission.runs.planning import sut_plan
from submission.runs.spec import HarnessFiles, run_spec, write_run
from submission.terms import LoadgenSettings, RunId
from submission.workspace.settings import Runner

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A good run before its folder is put in place."""

    order: CommandOrder
    outcome: CommandOutcome
    report: RunReport


def run_profile(
    context: Context,
    run: RunId,
    settings: LoadgenSettings,
    folder: Path,
    report: Reporter,
    *,
    name: str | None = None,
    complete: Callable[[Launched], None] | None = None,
) -> RunReport:
    """Run LoadGen once; ``folder`` is replaced only by a run that ended well.

    ``name`` is what errors call the run, if not by its id. ``complete`` adds files to the run's
    folder before it is put in place. A run that failed is kept apart, and FailedRunError says why
    and where. StageError where another measurement has claimed the same processors.
    """
    name = name or str(run)
    with _own_processors(context), replacing_folder(folder) as work:
        _wait(context, report)
        files = _files(context, run, work)
        rules = terms_of(context, run.benchmark)
        spec = run_spec(
            context.manifest(run.benchmark),
            rules,
            files,
            run=run,
            settings=settings,
            plan=sut_plan(context, run),
            profile=context.profile.name,
        )
        conf = mlperf_conf(context.policy, rules).encode()
        write_run(spec, work, conf, about=f"{run}, profile {spec.profile}")
        order = _order(context, files, work)
        end = launch(context.engine, order, work, name, report.progress)
        if not end.outcome.ok:
            kept = _keep(context, name, work)
            raise FailedRunError(replace(end, folder=kept))
        done = end.report()
        if complete:
            complete(Launched(order=order, outcome=end.outcome, report=done))
    return RunReport(folder=folder, values=done.values)


@contextmanager
def _own_processors(context: Context) -> Iterator[None]:
    """Claim the run's processors for it alone; StageError if another measurement has one."""
    if context.settings.share_cores:
        yield
        return
    try:
        with claim(run_processors(context)):
            yield
    except ClaimedError as error:
        holder = f"process {error.holder}" if error.holder else "another process"
        raise StageError(
            "another measurement runs on the same processors",
            detail=f"processor {error.processor} is used by {holder}; both would be wrong",
            hint="wait for it to end, or give each its own with CPUSET=… (SHARE_CORES=1 measures "
            "all the same)",
        ) from error


def run_processors(context: Context) -> set[int]:
    """The processors that a run may use; of a container without CPUSET, all."""
    if context.settings.cpuset:
        return cpu_numbers(context.settings.cpuset)
    if context.settings.runner is Runner.HOST:
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _wait(context: Context, report: Reporter) -> None:
    """Wait for a quiet machine as long as the settings allow, and say how that ended."""
    limit_s = context.settings.wait_for_quiet * SECONDS_PER_MINUTE
    if not limit_s:
        return

    def waiting(waited_s: float, share: float) -> None:
        report.progress(
            waited_s / limit_s, f"waiting for quiet: others take {share:.0%} of the processors"
        )

    processors = run_processors(context)
    share = wait_for_quiet(limit_s, waiting, look=lambda: others_now(processors))
    if share is not None and share >= NOTABLE:
        report.line(
            f"measured although others take {share:.0%} of the processors: it was not quiet for "
            f"{context.settings.wait_for_quiet} minutes"
        )


def _files(context: Context, run: RunId, work: Path) -> HarnessFiles:
    features = context.features_file()
    if context.settings.runner is Runner.HOST:
        model = context.workspace.model_folder(run.benchmark)
        return HarnessFiles(model=str(model), features=str(features), out=str(work))
    return HarnessFiles(
        model=f"{MODELS}/{run.benchmark}", features=f"{FEATURES}/{features.name}", out=OUT
    )


def _order(context: Context, files: HarnessFiles, work: Path) -> CommandOrder:
    settings = context.settings
    return CommandOrder(
        image=context.image_id(),
        command=command(f"{files.out}/{SPEC_FILE}"),
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


def _keep(context: Context, name: str, work: Path) -> Path:
    """Move the files of a run that failed to a folder of their own."""
    kept = dated_name(context.workspace.failed_folder(name.replace("/", "-")))
    replace_folder(work, kept)
    return kept
