"""The commands of the pipeline: plan, run, run-benchmark."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from submission.cli.environment import inherited, proxies, under_make
from submission.cli.json_output import add_json, say_json
from submission.cli.options import add_settings, checkout, workspace_of
from submission.cli.runner import SettledRunner, settle
from submission.cli.show import choose_show, plan_text
from submission.cli.summary import summary_lines
from submission.errors import KitError, UsageError, did_you_mean
from submission.loadgen.names import SCORE_FILE, SUMMARY_FILE
from submission.pipeline.lock import locked
from submission.pipeline.plan import Action, Verb, plan, with_needs
from submission.pipeline.run import Outcome, run
from submission.pipeline.stage import Stage
from submission.runs.context import WORKSPACE_LABEL, Context
from submission.stages.build import profile_stages
from submission.stages.estimate import Outlook
from submission.stages.image import BuildImage, name_image, openvino_of_runs
from submission.stages.preflight import Gap, find_gaps, placeholder_gaps, refuse_gaps
from submission.stages.score import SCORE
from submission.stages.summary import rate_words, settings_of_tree, summarise, tree_of_another
from submission.stages.trees import displaced_words
from submission.terminal import look_at
from submission.terms import Mode, RunId, Say, Scenario
from submission.wording import counted
from submission.workspace.folders import Workspace
from submission.workspace.profile import load_profile, profile_names
from submission.workspace.recorded import NAMING, given, record, recorded, typed_in
from submission.workspace.resolve import check_given, mistyped_variables

BANNER = (
    "profile {name}: {about}\n"
    "NOT FOR SUBMISSION: the profile waives the rules that these short runs break."
)


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="only these and what they need")
    add_json(parser)


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    add_json(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    add_plan_arguments(parser)


def add_benchmark_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", required=True, help="Offline or Server")
    parser.add_argument("--mode", required=True, help="performance or accuracy")
    add_settings(parser)


def run_plan(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the plan and where it would run; raises EngineError if it cannot run."""
    context, runner = context_of(args, warn)
    _name_last(context, "plan", warn)
    stages = chosen_stages(profile_stages(context), args.stages)
    refuse_gaps(_gaps(context, stages, warn))
    actions = plan(stages, context.stamps)
    _name_displaced(context, actions, warn)
    if args.json:
        say_json(say, **_plan_json(context, actions))
    else:
        say(plan_text(actions))
    if any(stage.name == BuildImage.name for stage in stages):
        chosen = openvino_of_runs(context)
        warn(f"OpenVINO {chosen.version}: {chosen.reason}")
    _say_ahead(Outlook(context, actions), warn)
    if _measures(stages):
        runner.announce(warn)
        runner.demand()
    return 0


def _plan_json(context: Context, actions: Sequence[Action]) -> dict[str, Any]:
    """The plan by ``plan.schema.json``."""
    return {
        "profile": context.profile.name,
        "to_run": sum(action.verb is not Verb.SKIP for action in actions),
        "openvino": asdict(openvino_of_runs(context)),
        "stages": [
            {"stage": a.stage.name, "verb": str(a.verb), "reason": a.reason} for a in actions
        ],
    }


def run_status(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print what the last run in the workspace, or a named profile, has come to.

    Nothing is run, and no engine is needed.
    """
    context, _ = context_of(args, warn, last=_last_settings, banner=False)
    _say_summary(context, plan(profile_stages(context), context.stamps), args, say)
    look = look_at(sys.stderr, inherited())

    def note(text: str) -> None:
        warn("\n".join(look.wrapped(f"note: {text}", rest="  ")))

    for words in _remarks(context):
        note(words)
    for gap in find_gaps(context):
        if gap.fatal:
            note(f"a run would stop before it begins: {gap.what} ({gap.hint})")
    others = {each.profile: each.to_type for each in recorded(context.workspace.out)}
    if other := tree_of_another(context):
        name, settings = other
        note(f"the tree in {context.workspace.tree_folder()} is of the profile {name}")
        others.setdefault(name, settings)
    for name, naming in others.items():
        if name != context.profile.name:
            way = _typed("status", context, naming)
            note(f"the profile {name} has runs here too: {way}")
    return 0


def _remarks(context: Context) -> Iterator[str]:
    """What a person may not expect of the submitter's name, and of settings unlike the runs'."""
    for gap in placeholder_gaps(context):
        yield f"{gap.what} ({gap.hint})"
    for last in recorded(context.workspace.out):
        if last.profile == context.profile.name:
            for words in last.differences(context.settings):
                yield f"{words}: {_typed('status', context, last.to_type)}"


def _last_settings(out: Path) -> Mapping[str, Any]:
    """The settings of the last run in a workspace; empty before the first one.

    Where no run is recorded, as in a workspace of an earlier version, they are the tree's.
    """
    for last in recorded(out):
        return last.settings
    profiles = checkout() / "measurements" / "profiles"
    name, settings = settings_of_tree(Workspace.tree_of(out), profiles) or ("", {})
    return settings if name and settings["profile"] in profile_names(profiles) else {}


def _typed(command: str, context: Context, settings: Mapping[str, Any]) -> str:
    """A command with these settings in the same workspace, as it would be typed here."""
    return typed_in(context.workspace, command, settings, make=under_make())


def _name_last(context: Context, command: str, warn: Say) -> None:
    """Say what ran last in the workspace where a command names nothing, and means another."""
    last = next(iter(recorded(context.workspace.out)), None)
    if last is None or last.profile == context.profile.name:
        return
    if given(context.settings).keys().isdisjoint(NAMING):
        way = _typed(command, context, last.to_type)
        warn(f"note: the last run here was of the profile {last.profile}: {way}")


def _name_displaced(context: Context, actions: Sequence[Action], warn: Say) -> None:
    """Say where a tree of other results will go, before anything takes its place."""
    laid_out = any(each.stage.name == "layout" and each.verb is not Verb.SKIP for each in actions)
    if laid_out and (words := displaced_words(context)):
        warn(f"note: {words}")


def _say_summary(
    context: Context, actions: Sequence[Action], args: argparse.Namespace, say: Say
) -> None:
    summary = summarise(context, actions)
    if args.json:
        say_json(say, **asdict(summary))
        return
    for line in summary_lines(summary, look_at(sys.stdout, inherited())):
        say(line)


def run_stages(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Run the whole pipeline, or the stages that were named and what they need."""
    context, runner = context_of(args, warn)
    _name_last(context, "run", warn)
    stages = chosen_stages(profile_stages(context), args.stages)
    outcome = walk(context, runner, stages, warn)
    warn(_summary(outcome))
    if args.json or any(stage.name == "pack" for stage in stages):
        warn("")
        _say_summary(context, plan(profile_stages(context), context.stamps), args, say)
    if _measures(stages):
        runner.conclude(warn)
    return 0


def run_benchmark(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Measure one cell of the matrix, and score it if it is an accuracy run."""
    context, runner = context_of(args, warn)
    _name_other_profiles(context, warn)
    found = _run_id(context, args)
    accuracy = found.mode is Mode.ACCURACY
    wanted = f"score[{found.benchmark}/{found.scenario}]" if accuracy else f"measure[{found}]"
    outcome = walk(context, runner, chosen_stages(profile_stages(context), [wanted]), warn)
    say(str(context.workspace.run_folder(found)))
    if accuracy:
        folder = context.workspace.score_folder(found.benchmark, found.scenario)
        say((folder / SCORE_FILE).read_text(encoding="utf-8").rstrip())
        say(str(folder / SCORE))
    else:
        text = (context.workspace.run_folder(found) / SUMMARY_FILE).read_text(encoding="utf-8")
        say(text.rstrip())
    warn(_summary(outcome))
    if not accuracy and (rate := rate_words(context, found)):
        say(rate)
    runner.conclude(warn)
    return 0


def context_of(
    args: argparse.Namespace,
    warn: Say,
    last: Callable[[Path], Mapping[str, Any]] | None = None,
    *,
    banner: bool = True,
) -> tuple[Context, SettledRunner]:
    """The settings of a command, and the runner that they lead to.

    ``last`` gives settings where the command has none. With ``banner`` a profile that is not for
    submission says so at once.
    """
    workspace = workspace_of(args, last)
    check_given(workspace)
    for words in mistyped_variables(inherited()):
        warn(f"note: {words}")
    profile = workspace.profile
    if banner and not profile.submittable:
        look = look_at(sys.stderr, inherited())
        for text in BANNER.format(name=profile.name, about=profile.about).splitlines():
            warn("\n".join(look.wrapped(text)))
    runner = settle(workspace, inherited())
    context = Context(
        workspace=runner.workspace,
        connect=runner.engine,
        build_environment=_build_environment,
    )
    return context, runner


def _gaps(context: Context, stages: Sequence[Stage], warn: Say) -> list[Gap]:
    """What ``stages`` would miss; what stops nothing is printed."""
    whole = any(stage.name == "readme" for stage in stages)
    gaps = [gap for gap in find_gaps(context) if whole or not gap.tree_only]
    for gap in gaps:
        if not gap.fatal:
            warn(f"note: {gap.what} ({gap.hint})")
    return gaps


def _build_environment() -> dict[str, str]:
    """The host's proxies and pip index, so that a build needs no further settings."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {**proxies(), "PIP_INDEX_URL": index} if index else proxies()


def chosen_stages(stages: list[Stage], wanted: Sequence[str]) -> list[Stage]:
    if not wanted:
        return stages
    names = [stage.name for stage in stages]
    for word in wanted:
        if word not in names:
            raise UsageError(
                f"there is no stage {word!r}",
                detail=f"{counted(len(names), 'stage')} in this profile",
                hint=did_you_mean(word, names),
            )
    return with_needs(stages, wanted)


def _measures(stages: list[Stage]) -> bool:
    """Whether any stage runs in a container, or on the host instead."""
    return any(stage.name == "image" for stage in stages)


def _say_ahead(ahead: Outlook, warn: Say) -> None:
    for what, words in (("fetch", ahead.to_fetch()), ("measure", ahead.whole())):
        if words:
            warn(f"to {what}: {words}")


def walk(context: Context, runner: SettledRunner, stages: list[Stage], warn: Say) -> Outcome:
    """Run ``stages`` under the workspace's lock; every failure is reported, the first is raised."""
    measures = _measures(stages)
    if measures:
        refuse_gaps(_gaps(context, stages, warn))
        runner.announce(warn)
        runner.demand()
    with locked(context.workspace.out):
        if measures:
            _begin(context, stages, warn)
        actions = plan(stages, context.stamps)
        _name_displaced(context, actions, warn)
        ahead = Outlook(context, actions)
        _say_ahead(ahead, warn)
        width = max((len(stage.name) for stage in stages), default=0)
        with closing(choose_show(name_width=width, left=ahead.after)) as show:
            outcome = run(stages, context.stamps, show)
        for words in name_image(context) if "image" in outcome.skipped else ():
            warn(f"note: {words}")
    if outcome.failures:
        (_, first), *others = outcome.failures
        for _, error in others:
            warn(f"error: {error}")
        raise first
    return outcome


def _begin(context: Context, stages: Sequence[Stage], warn: Say) -> None:
    """Remove what a killed run left, and note the settings of the runs that follow."""
    _reap(context, warn)
    if any(stage.name.startswith("measure[") for stage in stages):
        record(context.workspace)


def _reap(context: Context, warn: Say) -> None:
    """Remove what a killed run left; if no engine answers, a later stage reports it."""
    try:
        left = context.engine.reap(WORKSPACE_LABEL, context.workspace.id)
    except KitError:
        return
    if left:
        warn(f"removed {counted(len(left), 'container')} left by an earlier run")


def _name_other_profiles(context: Context, warn: Say) -> None:
    """Say which profile has the model, where the one of the command does not."""
    profile, model = context.profile, context.settings.model
    if profile.name == profile.base or model is None:
        return
    folder = profile.path.parent
    others = [load_profile(folder, name) for name in profile_names(folder)]
    having = [o.name for o in others if model in [b.model for b in o.benchmarks]]
    if having and profile.base not in having:
        warn(f"note: {model} is a model of PROFILE={having[0]}; here {profile.base} applies to it")


def _run_id(context: Context, args: argparse.Namespace) -> RunId:
    model = context.settings.model
    if model is None:
        names = [benchmark.model for benchmark in context.profile.benchmarks]
        raise UsageError(
            "no model was named",
            detail=f"the profile {context.profile.name} has {', '.join(names)}",
            hint=f"make run MODEL={names[0]} SCENARIO=… MODE=…",
        )
    benchmark = context.benchmark(model)
    scenario = _word(args.scenario, {str(s): s for s in benchmark.scenarios}, "scenario")
    mode = _word(args.mode, {str(m): m for m in Mode}, "mode")
    return RunId(benchmark=benchmark.model, scenario=Scenario(scenario), mode=Mode(mode))


def _word(given: str, known: dict[str, Any], what: str) -> Any:
    folded = {name.lower(): value for name, value in known.items()}
    if given.lower() not in folded:
        raise UsageError(
            f"there is no {what} {given!r} here",
            detail=f"{len(known)} are known",
            hint=did_you_mean(given, known),
        )
    return folded[given.lower()]


def _summary(outcome: Outcome) -> str:
    if not outcome.ran:
        done = counted(len(outcome.skipped), "stage")
        return f"nothing to do: {done} up to date"
    return f"{counted(len(outcome.ran), 'stage')} ran, {len(outcome.skipped)} up to date"
