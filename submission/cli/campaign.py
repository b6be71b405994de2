"""The command ``campaign``: plan, run, status and cancel of one profile on several systems."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import fields, replace
from shlex import quote
from typing import Any, TextIO

from submission.campaign.build import (
    DECIDED,
    CampaignPlan,
    ProfileCampaign,
    campaign_plan,
    connect,
    decided_runner,
)
from submission.campaign.cells import CellPlan, CellStage
from submission.campaign.run import (
    Coordinator,
    cells_of,
    cells_on_their_way,
    forget_cells_on_their_way,
    read_record,
    refuse_other_kits,
)
from submission.campaign.systems import FORWARDED
from submission.cli.environment import inherited, under_make
from submission.cli.json_output import add_json, say_json
from submission.cli.options import add_settings, workspace_of
from submission.cli.runner import settle
from submission.cli.show import PlainShow, choose_show
from submission.errors import StageError, UsageError
from submission.fleet.protocol import Fleet
from submission.locks import HeldError, file_lock
from submission.pipeline.lock import locked
from submission.pipeline.plan import Action, Verb, plan
from submission.pipeline.run import run as run_pipeline
from submission.pipeline.stamp import read_stamp
from submission.stages.preflight import Gap, find_gaps, refuse_gaps
from submission.terminal import Look, duration, look_at
from submission.terms import Say
from submission.wording import counted, listed_words
from submission.workspace.campaign import (
    CampaignKind,
    EngineKind,
    campaign_kind,
    campaigns_folder,
    load_campaign,
)
from submission.workspace.folders import Workspace
from submission.workspace.resolve import check_given
from submission.workspace.settings import settings_table

#: how often a campaign says that a cell still runs
INTERVAL_S = 60.0
#: how long `cancel` waits for the coordinator to end
CANCEL_S = 60.0
GOOD = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which campaign; settings that hold for all its systems."""
    parser.add_argument("action", choices=tuple(_ACTIONS), help="what to do")
    parser.add_argument(
        "campaign",
        nargs="?",
        metavar="CAMPAIGN",
        help="a file in measurements/campaigns/, without .json; or the path of such a file",
    )
    add_settings(parser, "workspace", "runner", *FORWARDED)
    add_json(parser)


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Raises UsageError for a campaign that cannot be, EngineError for an engine that is not."""
    made = _plan_of(args, warn)
    return _ACTIONS[args.action](args, made, say=say, warn=warn)


def _plan_of(args: argparse.Namespace, warn: Say) -> CampaignPlan:
    workspace = workspace_of(args)
    if args.campaign is None:
        way = "make campaign CAMPAIGN=NAME" if under_make() else f"campaign {args.action} NAME"
        raise UsageError(
            "no campaign was named",
            detail=f"campaigns are the files in {campaigns_folder(workspace.root)}",
            hint=f"name one: {way}",
        )
    return _MAKERS[campaign_kind(workspace.root, args.campaign)](args, workspace, warn)


def _training_campaign(args: argparse.Namespace, workspace: Workspace, warn: Say) -> CampaignPlan:
    # the laboratory is not part of the product, and only this kind of campaign needs it
    from submission.cli.lab.sweep import training_campaign  # noqa: PLC0415

    return training_campaign(args, workspace, warn)


def _profile_campaign(args: argparse.Namespace, workspace: Workspace, warn: Say) -> CampaignPlan:
    campaign = load_campaign(workspace.root, args.campaign)
    settings = replace(workspace.settings, profile=campaign.profile)
    if campaign.engine.kind is not EngineKind.HERE:
        # folders of this machine, which others do not have
        settings = replace(settings, model_dir=None, data_dir=None)
    workspace = replace(workspace, settings=settings)
    check_given(workspace)
    runner = settle(workspace, inherited())
    if args.action == "run" and campaign.engine.kind is EngineKind.HERE:
        runner.announce(warn)
        runner.demand()
    here = runner.workspace.settings.runner
    settings = replace(settings, runner=decided_runner(campaign, settings.runner, here))
    for key in ("system_desc_id", "system_overlay", "cpuset", "tuned", "rates"):
        if getattr(workspace.settings, key) is not None:
            variable = settings_table()[key].variable
            warn(f"note: {variable} has no effect: {campaign.path} decides it")
    made = campaign_plan(campaign, replace(workspace, settings=settings))
    if args.action in {"plan", "run"} and campaign.engine.kind is EngineKind.HERE:
        _refuse_gaps_here(made)
    return made


def _refuse_gaps_here(made: ProfileCampaign) -> None:
    """Refuse now what the cells on this machine would miss; nodes are asked by their cells."""
    found: dict[Gap, list[str]] = {}
    done = _done(made)
    for system in made.systems:
        if system in done:
            continue
        for gap in find_gaps(system.context):
            found.setdefault(gap, []).append(system.name)
    refuse_gaps(
        [replace(gap, what=f"{listed_words(names)}: {gap.what}") for gap, names in found.items()]
    )


_MAKERS = {
    CampaignKind.PROFILE: _profile_campaign,
    CampaignKind.TRAINING: _training_campaign,
}


def _fleet_of(made: CampaignPlan) -> Fleet:
    rows = settings_table()
    decided = {rows[key].variable for key in DECIDED}
    environment = {name: value for name, value in inherited().items() if name not in decided}
    # the words of make belong to this command
    environment.pop("KIT_MAKE_VARIABLES", None)
    program = (sys.executable, "-m", "submission")
    return connect(made, program=program, environment=environment)


def _actions(system: CellPlan) -> list[Action]:
    return plan(system.cells, system.stamps)


def _done(made: CampaignPlan) -> list[CellPlan]:
    """The systems whose cells are all up to date."""
    return [
        each for each in made.systems if all(action.verb is Verb.SKIP for action in _actions(each))
    ]


def _finish_actions(made: CampaignPlan, *, waits: bool) -> list[Action]:
    actions = plan(made.last_stages(made.systems), made.stamps)
    if not waits:
        return actions
    return [
        replace(each, verb=Verb.RERUN, reason="after the systems")
        if each.verb is Verb.SKIP
        else each
        for each in actions
    ]


def _plan(args: argparse.Namespace, made: CampaignPlan, *, say: Say, warn: Say) -> int:
    """Which cells would be sent, where to, and why."""
    with closing(_fleet_of(made)) as fleet:
        members, engine = fleet.systems(), fleet.version()
        hints = {
            each.name: each.place.how_to_join(fleet)
            for each in made.systems
            if each.place.lacks(members)
        }
    refuse_other_kits(made.systems, members, made.kit)
    actions = {each.name: _actions(each) for each in made.systems}
    waits = any(a.verb is not Verb.SKIP for found in actions.values() for a in found)
    last = _finish_actions(made, waits=waits)
    nodes = {
        each.name: members[label].node if (label := each.place.label or "") in members else None
        for each in made.systems
    }
    if args.json:
        say_json(
            say,
            campaign=made.campaign.name,
            engine=engine,
            systems=[
                {
                    "system": each.name,
                    "label": each.place.label or "",
                    "node": nodes[each.name],
                    "cells": [_action_json(a) for a in actions[each.name]],
                }
                for each in made.systems
            ],
            here=[_action_json(a) for a in last],
        )
        return GOOD
    say(f"campaign {made.campaign.name}: {made.about}, engine {engine}")
    for each in made.systems:
        place = ", ".join(filter(None, (each.place.words(members), each.remark)))
        say(f"{each.name}: {place}{_ahead(actions[each.name])}")
        for line in _table(actions[each.name]):
            say(f"  {line}")
    say("here:")
    for line in _table(last):
        say(f"  {line}")
    for name, hint in hints.items():
        warn(f"note: {name} waits for its node: {hint}")
    return GOOD


def _action_json(action: Action) -> dict[str, str]:
    return {"stage": action.stage.name, "verb": str(action.verb), "reason": action.reason}


def _table(actions: list[Action]) -> Iterator[str]:
    width = max(len(action.stage.name) for action in actions)
    for a in actions:
        yield f"{a.verb:<6} {a.stage.name:<{width}}  ({a.reason})"


def _ahead(actions: list[Action]) -> str:
    seconds = _left_s(actions)
    return f"; to measure: about {duration(round(seconds))}" if seconds else ""


def _left_s(actions: list[Action]) -> float:
    """About how long the measurements that are left will take, in seconds."""
    left = [a.stage for a in actions if a.verb is not Verb.SKIP]
    return sum(cell.about_s() or 0.0 for cell in left if isinstance(cell, CellStage))


class _SystemShow(PlainShow):
    """The lines of one system, each with its name in front."""

    def __init__(self, stream: TextIO, look: Look, *, name: str, name_width: int) -> None:
        super().__init__(stream, look, name_width=name_width, interval_s=INTERVAL_S)
        self._system = name

    def line(self, text: str) -> None:
        """Said at once: the cell may take hours from here on."""
        super().line(f"{self._name}: {text}")
        self._write_lines()

    def _write(self, text: str) -> None:
        super()._write("\n".join(f"{self._system}  {line}" for line in text.splitlines()))


def _run(args: argparse.Namespace, made: CampaignPlan, *, say: Say, warn: Say) -> int:
    """Send what is not up to date, then join, check and pack; raises the first failure."""
    del args
    look = replace(look_at(sys.stderr, inherited()), live=False, width=0, columns=0)
    longest = max(len(each.name) for each in made.systems)
    width = max(len(cell.name) for each in made.systems for cell in each.cells)

    def show(name: str) -> PlainShow:
        return _SystemShow(sys.stderr, look, name=f"{name:<{longest}}", name_width=width)

    with _alone(made), closing(_fleet_of(made)) as fleet:
        refuse_other_kits(made.systems, fleet.systems(), made.kit)
        warn(f"engine: {fleet.version()}; {counted(len(made.systems), made.unit)}")
        outcome = Coordinator(
            made.campaign, made.systems, fleet, show=show, kit=made.kit, folder=made.folder
        ).run()
        for words in _changed_meanwhile(made):
            warn(f"note: {words}")
        stages = made.last_stages(_done(made))
        with closing(choose_show(name_width=width)) as ending:
            end = run_pipeline(stages, made.stamps, ending)
        if outcome.failures:
            first, *others = outcome.failures
            for error in others:
                warn(f"error: {error}")
            warn(made.incomplete)
            raise StageError(first.what, detail=first.detail, hint=first.hint)
    if end.failures:
        raise end.failures[0][1]
    if not outcome.ran and not end.ran:
        warn(f"nothing to do: {counted(outcome.up_to_date, 'cell')} up to date")
    else:
        warn(f"{counted(outcome.ran, 'cell')} ran, {outcome.up_to_date} up to date")
    for path in made.results:
        say(str(path))
    return GOOD


def _changed_meanwhile(made: CampaignPlan) -> Iterator[str]:
    """What the campaign's file says by now that it did not when this start read it."""
    try:
        now = made.read_again()
    except UsageError as error:
        yield f"{error.what} now ({error.detail}); this start took it as it was"
        return
    keys = [each.name for each in fields(now)]
    changed = [key for key in keys if getattr(now, key) != getattr(made.campaign, key)]
    if changed:
        yield (
            f"{now.path} was changed while the campaign ran ({', '.join(changed)}): the next start "
            "takes it, and repeats what that touches"
        )


@contextmanager
def _alone(made: CampaignPlan) -> Iterator[None]:
    """No other coordinator of this campaign, of one of its systems, or of the joined tree."""
    with ExitStack() as held:
        for folder in made.locks:
            held.enter_context(locked(folder))
        inbox = made.folder / "inbox"
        for left in (*inbox.glob("*.tar"), *inbox.glob("*.part")):
            left.unlink(missing_ok=True)
        yield


def _status(args: argparse.Namespace, made: CampaignPlan, *, say: Say, warn: Say) -> int:
    """What is done, what runs, how long it took; asks no engine and runs nothing."""
    record, runs = read_record(made.folder), _holder(made) is not None
    systems = [_system_status(each, record, runs=runs) for each in made.systems]
    if args.json:
        say_json(say, campaign=made.campaign.name, running=runs, systems=systems)
        return GOOD
    state = "runs" if runs else "does not run"
    say(f"campaign {made.campaign.name}: {made.about}, {state}")
    for each in systems:
        done = sum(cell["state"] in {"done", "up to date"} for cell in each["cells"])
        left = f"; to measure: about {duration(round(each['left_s']))}" if each["left_s"] else ""
        say(f"{each['system']}: {done} of {counted(len(each['cells']), 'cell')} done{left}")
        width = max(len(cell["stage"]) for cell in each["cells"])
        for cell in each["cells"]:
            took = duration(cell["seconds"]) if cell["seconds"] else ""
            words = "  ".join(filter(None, (took, cell["node"], cell["reason"])))
            say(f"  {cell['state']:<10}  {cell['stage']:<{width}}  {words}".rstrip())
    if all(cell["state"] == "done" for each in systems for cell in each["cells"]):
        there = all(path.exists() for path in made.results)
        result = f"result: {made.results[0]}"
        say(result if there else f"its last stages have not run yet: {_way(made)}")
    elif not runs:
        warn(f"{_way(made)} resumes it")
    return GOOD


def _way(made: CampaignPlan) -> str:
    """The command that resumes a campaign."""
    path = made.campaign.path
    known = path.parent == campaigns_folder(made.workspace.root)
    return f"make campaign CAMPAIGN={quote(path.stem if known else str(path))}"


def _seconds(value: object) -> float:
    """Of a record, which may be damaged."""
    return float(value) if isinstance(value, int | float) else 0.0


def _system_status(system: CellPlan, record: Mapping[str, Any], *, runs: bool) -> dict[str, Any]:
    seen_of = record.get("systems", {}).get(system.name) or {}
    known = cells_of(seen_of)
    actions = _actions(system)
    cells = []
    for action in actions:
        seen = known.get(action.stage.name, {})
        state, stamp = str(seen.get("state", "")), read_stamp(system.stamps.path, action.stage)
        if action.verb is Verb.SKIP:
            state, reason = "done", ""
        elif state in {"failed", "lost", "left out"} or (runs and state == "sent"):
            reason = str(seen.get("reason", ""))
        else:
            state, reason = "to do", action.reason
        cells.append(
            {
                "stage": action.stage.name,
                "state": state,
                "node": str(seen.get("node", "")),
                "seconds": _seconds(seen.get("seconds")),
                "finished": stamp.finished if stamp and state == "done" else None,
                "reason": reason,
            }
        )
    return {
        "system": system.name,
        "label": system.place.label or str(seen_of.get("label") or ""),
        "left_s": round(_left_s(actions), 1),
        "cells": cells,
    }


def _holder(made: CampaignPlan) -> int | None:
    """The process that runs the campaign on this machine; None if there is none."""
    path = made.folder / "lock"
    if not path.is_file():
        return None
    try:
        with file_lock(path):
            return None
    except HeldError as error:
        return int(error.holder) if error.holder.isdigit() else None


def _cancel(args: argparse.Namespace, made: CampaignPlan, *, say: Say, warn: Say) -> int:
    """End the coordinator, which cancels its cells; without one, cancel what outlived it."""
    del args, warn
    holder = _holder(made)
    if holder is None:
        left = cells_on_their_way(read_record(made.folder))
        if made.campaign.engine.kind is EngineKind.SLURM and left:
            with closing(_fleet_of(made)) as fleet:
                fleet.cancel(*left)
            forget_cells_on_their_way(made.folder)
            say(f"cancelled {counted(len(left), 'cell')} that outlived the coordinator")
            return GOOD
        say(f"campaign {made.campaign.name} does not run here: nothing to cancel")
        return GOOD
    os.kill(holder, signal.SIGTERM)
    until = time.monotonic() + CANCEL_S
    while _holder(made) == holder:
        if time.monotonic() > until:
            raise UsageError(
                f"campaign {made.campaign.name} did not end",
                detail=f"process {holder} has had SIGTERM for {CANCEL_S:g} s",
                hint=f"see what it does; kill -9 {holder} loses nothing that is done",
            )
        time.sleep(0.1)
    say(f"campaign {made.campaign.name} was cancelled; what is done stays done")
    return GOOD


_ACTIONS = {"plan": _plan, "run": _run, "status": _status, "cancel": _cancel}
