"""``python -m submission.lab.bench WAY RUN_SPEC.json``: one measured pass in a fresh process."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from submission.errors import KitError
from submission.files import write_json
from submission.harness.entry import read_spec, run_process
from submission.harness.node_backend import open_backend
from submission.lab.bench.limit import run_limit
from submission.lab.bench.logits import run_logits
from submission.lab.bench.null import NullBackend
from submission.lab.bench.published import PublishedBackend, PublishedSut


def _report(line: str) -> None:
    print(line, flush=True)


def _alone(way: str, path: str) -> KitError | None:
    """A pass without LoadGen, over the samples that the file of indices names."""
    spec = read_spec([path])
    indices = json.loads(Path(spec.extra["indices"]).read_text(encoding="utf-8"))
    try:
        if way == "logits":
            run_logits(spec, indices)
        else:
            write_json(Path(spec.out) / "pass.json", asdict(run_limit(spec, indices)))
    except KitError as error:
        return error
    return None


way, path = sys.argv[1:]
if way == "null":
    # what LoadGen and Python reach is asked of one core
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
if way in {"limit", "logits"}:
    failure = _alone(way, path)
elif way == "published":
    failure = run_process([path], PublishedBackend, _report, PublishedSut)
else:
    failure = run_process([path], NullBackend if way == "null" else open_backend, _report)
if failure is not None:
    print(failure, file=sys.stderr, flush=True)
# as the harness ends: a thread in native code must not keep the process alive
os._exit(0 if failure is None else failure.exit_code)
