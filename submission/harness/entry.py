"""The harness as a process: one argument, a protocol on standard output, an exit code.

``python -m submission.harness RUN_SPEC.json``; exit code 0 for a successful run, 2 for a wrong
command line, 3 for a failed run, 130 when it was stopped. ``error.json`` in the out folder then
gives the reason: kind, what, detail, hint; for kind "bug" also a traceback.
"""

from __future__ import annotations

import json
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from submission.errors import KitError, UsageError, UserStopError
from submission.files import write_json
from submission.harness.failure import FailureKind, HarnessError, one_line
from submission.harness.files import ERROR_FILE
from submission.harness.run import MakeSut, OpenBackend, execute
from submission.harness.supervisor import Watch, supervise
from submission.harness.sut import Sut
from submission.terms import Mode, RunSpec, Scenario

BACKLOG_LIMIT = "backlog_limit_s"
BACKLOG_LIMIT_S = 120.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_process(
    arguments: Sequence[str],
    open_backend: OpenBackend,
    say: Callable[[str], None],
    make_sut: MakeSut = Sut,
) -> KitError | None:
    """Do the run that ``arguments`` name; returns its failure, or None.

    Threads of a hanging run may remain afterwards: end the process without joining them.
    """
    out: Path | None = None
    trace: str | None = None
    try:
        _stop_on_signals()
        spec = read_spec(arguments)
        out = Path(spec.out)
        (out / ERROR_FILE).unlink(missing_ok=True)
        watch = Watch(say=say, watchdog_s=spec.watchdog_s, backlog_limit_s=_backlog_limit_s(spec))
        supervise(lambda: execute(spec, open_backend, watch, make_sut), watch)
    except KitError as error:
        failure = error
    except BrokenPipeError:
        failure = UserStopError(
            "nothing reads the run's output any more",
            detail="standard output is closed",
            hint="run it again: this run has no result",
        )
    except Exception as error:  # noqa: BLE001  # a bug of ours is reported like any failure
        failure, trace = _bug(error), traceback.format_exc()
    else:
        return None
    _ignore_signals()
    _write_error(out, failure, trace)
    return failure


def read_spec(arguments: Sequence[str]) -> RunSpec:
    """The RunSpec of the command line; UsageError or HarnessError "spec" if there is none."""
    if len(arguments) != 1:
        raise UsageError(
            "the harness takes one argument",
            detail=f"{len(arguments)} given: {' '.join(arguments) or 'none'}",
            hint="python -m submission.harness RUN_SPEC.json",
        )
    path = Path(arguments[0])
    try:
        return RunSpec.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"the run spec {path.name} cannot be read",
            kind=FailureKind.SPEC,
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="the host writes this file; use the same version of the kit on both sides",
        ) from error


def _backlog_limit_s(spec: RunSpec) -> float | None:
    # an accuracy run is not timed, and an Offline query waits as a whole
    if spec.run.mode is Mode.ACCURACY or spec.run.scenario is Scenario.OFFLINE:
        return None
    return float(spec.extra.get(BACKLOG_LIMIT, BACKLOG_LIMIT_S))


def _stop_on_signals() -> None:
    # only the main thread may set handlers; elsewhere (in a test) the process keeps its own
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            signal.signal(number, _stopped)


def _stopped(number: int, _frame: FrameType | None) -> None:
    raise UserStopError(
        "the run was stopped",
        detail=f"signal {signal.Signals(number).name}",
        hint="run it again: this run has no result",
    )


def _ignore_signals() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _bug(error: Exception) -> HarnessError:
    return HarnessError(
        "the harness has a bug",
        kind=FailureKind.BUG,
        detail=f"{type(error).__name__}: {error}",
        hint=f"please report it with {ERROR_FILE}, which holds the traceback",
    )


def _kind(failure: KitError) -> FailureKind:
    if isinstance(failure, HarnessError):
        return failure.kind
    return FailureKind.INTERRUPTED if isinstance(failure, UserStopError) else FailureKind.SPEC


def _write_error(out: Path | None, failure: KitError, trace: str | None) -> None:
    if out is None or not out.is_dir():
        return
    words = {
        "version": 1,
        "kind": str(_kind(failure)),
        "what": one_line(failure.what),
        "detail": failure.detail,
        "hint": failure.hint,
    }
    try:
        write_json(out / ERROR_FILE, words | ({"traceback": trace} if trace else {}))
    except OSError:
        # the three lines are still on standard error
        return
