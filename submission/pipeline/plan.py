"""What would run and why; nothing here changes the disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from submission.pipeline.stage import Stage
from submission.pipeline.stamp import Prints, Stamp, fingerprint, read_stamp
from submission.wording import first_of

#: of what changed, in the reason for a stage
SHOWN = 3


class Verb(StrEnum):
    """What is to be done with a stage."""

    RUN = "run"
    RERUN = "rerun"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Action:
    """A stage, what to do with it, and the reason in words."""

    stage: Stage
    verb: Verb
    reason: str


@dataclass(frozen=True, kw_only=True)
class StampFolder:
    """The folder of a pipeline's stamps, and the base folder of the file names in them."""

    path: Path
    base: Path


def in_order(stages: Iterable[Stage]) -> list[Stage]:
    """The stages in topological order, otherwise as given.

    Raises ValueError for a duplicate name, a need that is not among ``stages``, or a cycle, all
    of which are programming errors.
    """
    waiting = list(stages)
    names = [stage.name for stage in waiting]
    if len(set(names)) != len(names):
        raise ValueError(f"two stages have the same name: {sorted(names)}")
    done: list[Stage] = []
    placed: set[str] = set()
    while waiting:
        ready = next((stage for stage in waiting if placed.issuperset(stage.needs)), None)
        if ready is None:
            raise ValueError(f"missing or cyclic needs: {[stage.name for stage in waiting]}")
        waiting.remove(ready)
        placed.add(ready.name)
        done.append(ready)
    return done


def with_needs(stages: Sequence[Stage], wanted: Iterable[str]) -> list[Stage]:
    """The ``wanted`` stages and everything they need, in order."""
    by_name = {stage.name: stage for stage in stages}
    keep: set[str] = set()
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name in by_name and name not in keep:
            keep.add(name)
            queue.extend(by_name[name].needs)
    return [stage for stage in stages if stage.name in keep]


def plan(stages: Iterable[Stage], stamps: StampFolder) -> list[Action]:
    """An action with a reason for every stage, from the stamps and the present files."""
    actions: list[Action] = []
    pending: set[str] = set()
    for stage in stages:
        action = decide(stage, stamps)
        before = [need for need in stage.needs if need in pending]
        if action.verb is Verb.SKIP and before:
            # whether it really runs is decided when its inputs are known
            action = Action(stage=stage, verb=Verb.RERUN, reason=f"after {', '.join(before)}")
        if action.verb is not Verb.SKIP:
            pending.add(stage.name)
        actions.append(action)
    return actions


def decide(stage: Stage, stamps: StampFolder) -> Action:
    """Whether ``stage`` has to run, by comparing its stamp with the disk."""
    stamp = read_stamp(stamps.path, stage)
    if stamp is None:
        return Action(stage=stage, verb=Verb.RUN, reason="not run yet")
    reason = stale_reason(stage, stamp, stamps.base)
    if reason is None:
        return Action(stage=stage, verb=Verb.SKIP, reason="up to date")
    return Action(stage=stage, verb=Verb.RERUN, reason=reason)


def stale_reason(stage: Stage, stamp: Stamp, base: Path) -> str | None:
    """Why the stamped outcome is out of date, in a few words; ``None`` if it is not."""
    if stage.revision != stamp.revision:
        return f"the stage itself changed (revision {stamp.revision} to {stage.revision})"
    changed = _changed_settings(stage.settings(), stamp.settings)
    if changed:
        return "settings changed: " + first_of(changed, SHOWN)
    for word, paths, known in (
        ("inputs", stage.inputs(), stamp.inputs),
        ("outputs", stage.outputs(), stamp.outputs),
    ):
        differing = _changed_files(fingerprint(paths, base, known), known)
        if differing:
            return f"{word} changed: {first_of(differing, SHOWN)}"
    return stage.probe()


def _changed_settings(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    # compared as JSON, the form in which the stamp keeps them
    plain = json.loads(json.dumps(dict(now)))
    return sorted(key for key in {*plain, *then} if plain.get(key) != then.get(key))


def _changed_files(now: Prints, then: Prints) -> list[str]:
    names = sorted({*now, *then})
    return [name for name in names if _digest(now, name) != _digest(then, name)]


def _digest(prints: Prints, name: str) -> str | None:
    found = prints.get(name)
    return found.sha256 if found else None
