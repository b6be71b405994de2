"""A machine from a file: what its commands printed and its files held.

``python tests/fakes/captured_probes.py > capture.json`` captures the machine it runs on: every
question that the host room asks, with its answer. Serial numbers are not asked for; network
addresses are blotted out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

MAC = re.compile(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b")


class CapturedProbes:
    """Answers from a capture; whatever it does not hold is missing on that machine."""

    def __init__(self, capture: dict[str, Any]) -> None:
        self.origin = str(capture.get("origin", ""))
        self._commands = dict(capture.get("commands", {}))
        self._files = dict(capture.get("files", {}))
        self._folders = dict(capture.get("folders", {}))

    @classmethod
    def load(cls, path: Path) -> CapturedProbes:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def run(self, *command: str) -> str | None:
        answer = self._commands.get(" ".join(command))
        return answer if answer is None or isinstance(answer, str) else json.dumps(answer)

    def read(self, path: str) -> str | None:
        return self._files.get(path)

    def names(self, path: str) -> tuple[str, ...]:
        return tuple(self._folders.get(path, ()))


class RecordingProbes:
    """Asks this machine and keeps what it answered, for a new capture."""

    def __init__(self, live: Any) -> None:
        self._live = live
        self.capture: dict[str, Any] = {
            "origin": "captured",
            "commands": {},
            "files": {},
            "folders": {},
        }

    def run(self, *command: str) -> str | None:
        return self._kept("commands", " ".join(command), self._live.run(*command))

    def read(self, path: str) -> str | None:
        return self._kept("files", path, self._live.read(path))

    def names(self, path: str) -> tuple[str, ...]:
        return tuple(self._kept("folders", path, list(self._live.names(path))) or ())

    def _kept(self, kind: str, question: str, answer: Any) -> Any:
        if answer not in (None, []):
            blotted = MAC.sub("00:00:00:00:00:00", answer) if isinstance(answer, str) else answer
            self.capture[kind][question] = blotted
        return answer


if __name__ == "__main__":
    from submission.host.facts import read_machine
    from submission.host.probes import LiveProbes

    recording = RecordingProbes(LiveProbes())
    read_machine(recording)
    recording.capture["origin"] = "captured on a development machine by this script"
    sys.stdout.write(json.dumps(recording.capture, indent=1) + "\n")
