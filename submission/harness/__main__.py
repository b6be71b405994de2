"""``python -m submission.harness RUN_SPEC.json``; see ``entry``."""

import os
import sys

from submission.harness.entry import run_process
from submission.harness.node_backend import open_backend


def _say(line: str) -> None:
    print(line, flush=True)


failure = run_process(sys.argv[1:], open_backend, _say)
try:
    if failure is not None:
        print(failure, file=sys.stderr, flush=True)
finally:
    # not sys.exit: a thread that hangs in native code would keep the process alive
    os._exit(0 if failure is None else failure.exit_code)
