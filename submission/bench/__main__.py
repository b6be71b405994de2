"""``python -m submission.bench WAY RUN_SPEC.json``: one measured pass in a fresh process."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from submission.bench.limit import run_limit
from submission.bench.null import NullBackend
from submission.bench.published import PublishedBackend, PublishedSut
from submission.errors import KitError
from submission.files import write_json
from submission.harness.entry import read_spec, run_process
from submission.harness.node_backend import open_backend


def _tell(line: str) -> None:
    print(line, flush=True)


def _limit(path: str) -> KitError | None:
    spec = read_spec([path])
    indices = json.loads(Path(spec.extra["indices"]).read_text(encoding="utf-8"))
    try:
        found = run_limit(spec, indices)
    except KitError as error:
        return error
    write_json(Path(spec.out) / "pass.json", asdict(found))
    return None


way, path = sys.argv[1:]
if way == "limit":
    failure = _limit(path)
elif way == "published":
    failure = run_process([path], PublishedBackend, _tell, PublishedSut)
else:
    failure = run_process([path], NullBackend if way == "null" else open_backend, _tell)
if failure is not None:
    print(failure, file=sys.stderr, flush=True)
# as the harness ends: a thread in native code must not keep the process alive
os._exit(0 if failure is None else failure.exit_code)
