"""On a node: runs one cell's command as the program of a Slurm job.

The arguments are the job's folder and variables of the node (``NAME=VALUE``). The folder holds
``order.json``; how the command ended is written to ``end.json`` there, last. Slurm's exit code says
nothing: a job whose node failed has 0 as well.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from submission.files import read_json, write_json
from submission.fleet.command import run_order

ORDER = "order.json"
END = "end.json"


def run_job(folder: Path, variables: Sequence[str]) -> int:
    """Run the cell of ``folder``; SIGTERM, as of scancel, stops it and leaves no ``end.json``."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    order = read_json(folder / ORDER)
    order["environment"] |= dict(each.split("=", 1) for each in variables)

    def dropped(wait_s: float) -> bool:
        time.sleep(0 if stopped else wait_s)
        return bool(stopped)

    end = run_order(order, folder, dropped=dropped)
    if end is None:
        return 128 + signal.SIGTERM
    # the coordinator gave the cell up meanwhile: writing would make the folder again, and the next
    # start would take this end for that of its own cell
    (folder / ORDER).stat()
    write_json(folder / END, end)
    return 0


def main(words: Sequence[str]) -> int:
    """Exit code 1, with a line on standard error, if the shared folder does not do."""
    folder, *variables = words
    try:
        return run_job(Path(folder), variables)
    except OSError as error:
        sys.stderr.write(f"{error.filename or folder}: {error.strerror or error}\n")
        return 1
