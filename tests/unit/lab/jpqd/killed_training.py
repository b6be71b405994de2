"""Trainings that are killed: ``killed_training.py KIND FOLDER MOMENT [FOLDER MOMENT ...]``.

Each runs in a child that is forked before torch has computed anything, and ends by SIGKILL:
``after:N``: when N states were saved; ``between:N``: when the N-th state was written but not yet
renamed; ``random:SEED``: from outside, at a moment after its first state; one that has done all its
steps by then waits for it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[4]))

from tests.unit.lab.jpqd.tiny import tiny_config, trainer


def suicide(word: str, number: int) -> None:
    """Die at the number-th rename of a state, just before it or at whatever is done after it."""
    seen = 0

    def watch(event: str, arguments: tuple) -> None:
        nonlocal seen
        is_state = event == "os.rename" and str(arguments[0]).endswith("state.pt.part")
        seen += is_state
        if (word == "between" and is_state and seen == number) or (
            word == "after" and seen == number and event not in {"os.rename", "os.kill"}
        ):  # the kill is an event too
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def train(kind: str, folder: Path, moment: str) -> None:
    torch.set_num_threads(1)
    word, _, number = moment.partition(":")
    if word != "random":
        suicide(word, int(number))
    trainer(folder, tiny_config(), kind).run()
    if word == "random":
        signal.pause()  # a busy machine may be late with the kill


def main(kind: str, *cases: str) -> None:
    for folder, moment in zip(cases[::2], cases[1::2], strict=True):
        child = os.fork()
        if not child:
            train(kind, Path(folder), moment)
            os._exit(0)
        if moment.startswith("random"):
            wait_for(Path(folder) / "run" / "state.pt", child)
            time.sleep(random.Random(moment).uniform(0, 0.4))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{moment} {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def wait_for(path: Path, child: int) -> None:
    for _ in range(6000):
        if path.exists():
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
