"""The working folder of a training: whose state it holds, its log, and the time it took."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import read_json, write_json

STATES = ("state.pt", "best.pt")
OTHERS = ("log", "clock.json", "curve.json", "ir", "model", "state.pt.part", "best.pt.part")
#: what a training says of itself when it is over: its identity, its held-out F1, its lines
RECORDS = ("run.json", "curve.json", "log")
Fingerprint = Mapping[str, Mapping[str, Any]]


class Workplace:
    """``run.json`` says what is trained here; ``log``, ``clock.json`` and ``curve.json`` how.

    A state is compared with ``run.json``, which is written before the first state. Its ``runs`` are
    what did steps so far: device, threads, processes, and the code's digest; nothing is refused
    for these.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run = path / "run.json"

    @property
    def begun(self) -> bool:
        """Whether a state lies here."""
        return any((self.path / name).exists() for name in STATES)

    def clear(self) -> None:
        """Remove what a training left here: the states first, then the files about them."""
        for name in (*STATES, *OTHERS, self._run.name):
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def claim(self, fingerprint: Fingerprint) -> None:
        """Make the folder this training's; raises UsageError if the state in it is another's."""
        if self.begun:
            _refuse_other(self._known(), fingerprint, self.path)
            self._write(fingerprint, self.runs())
            return
        # these are about states that are gone
        (self.path / "clock.json").unlink(missing_ok=True)
        self._write(fingerprint, [])

    def adopt(self, fingerprint: Fingerprint) -> None:
        """Take the state that lies here for this training's; raises UsageError without one.

        Its runs are known only if ``run.json`` is of a training on the same files.
        """
        if not self.begun:
            raise UsageError(
                "there is no state to adopt",
                detail=f"neither of {', '.join(STATES)} is in {self.path}",
                hint="put both there, or leave --adopt out to train",
            )
        known = self._known() or {}
        same = known.get("files") == fingerprint["files"]
        self._write(fingerprint, self.runs() if same else [])

    def _write(self, fingerprint: Fingerprint, runs: list[dict[str, Any]]) -> None:
        write_json(self._run, {**fingerprint, **({"runs": runs} if runs else {})})

    def runs(self) -> list[dict[str, Any]]:
        """The kinds of runs so far, in order, each once; empty if unknown."""
        known: Mapping[str, Any] = self._known() or {}
        return list(known.get("runs", []))

    def other_run(self, how: Mapping[str, Any]) -> list[str]:
        """Keys of ``how`` in which a resumed run differs from the last one."""
        if not self.begun:
            return []
        runs = self.runs()
        last = runs[-1] if runs else {}
        return [key for key, value in how.items() if last.get(key) != value]

    def _note(self, how: Mapping[str, Any]) -> None:
        runs = self.runs()
        if how not in runs:
            write_json(self._run, {**(self._known() or {}), "runs": [*runs, how]})

    def step_reporter(
        self, warn: Callable[[str], None], *, how: Mapping[str, Any] | None
    ) -> Callable[[str], None]:
        """What writes a line to ``warn`` and, with the time of day, to the log.

        ``how`` says what does the steps, None if none are done. Clock and runs are updated only
        by lines about steps, so that repeating a finished training adds no time.
        """
        before, started = self.seconds() or 0.0, time.monotonic()

        def say(text: str) -> None:
            warn(text)
            with (self.path / "log").open("a", encoding="utf-8") as stream:
                stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
            if how is not None and text.startswith("step "):
                self._note(how)
                seconds = before + time.monotonic() - started
                write_json(self.path / "clock.json", {"seconds": seconds})

        return say

    def seconds(self) -> float | None:
        """Wall time of all runs so far, in seconds; None if unknown."""
        try:
            return float(read_json(self.path / "clock.json")["seconds"])
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _known(self) -> Fingerprint | None:
        try:
            found: Fingerprint = read_json(self._run)
        except (OSError, ValueError):
            return None
        return found


def _refuse_other(known: Fingerprint | None, own: Fingerprint, path: Path) -> None:
    if known is None:
        raise UsageError(
            "it is unknown what the state of this training was made with",
            detail=f"{path} holds a state and no run.json",
            hint="--fresh starts again; --adopt takes the state for this configuration",
        )
    changed = list(_changes(known, json.loads(json.dumps(own))))
    if changed:
        raise UsageError(
            "the folder holds another training",
            detail=f"{path}: changed since: {', '.join(changed[:4])}",
            hint="--fresh starts again; undo the change to resume",
        )


def _changes(known: Fingerprint, own: Fingerprint) -> list[str]:
    return [
        f"{group} {key}"
        for group in own
        for key in sorted({*own[group], *known.get(group, {})})
        if own[group].get(key) != known.get(group, {}).get(key)
    ]
