"""Supervises a run: reports progress to the host, and ends a run that hangs.

The run itself (compiling, LoadGen) is done by another thread, since native code would keep
this one from answering signals.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from submission.harness.failure import FailureKind, HarnessError
from submission.harness.forecast import KNOWN_S, Counters, Forecast, backlog_s, expected_s

TICK_S = 0.1
TELL_EVERY_S = 1.0
# compiling one large model may take minutes without any progress
PREPARATION_LIMIT_S = 900.0
# LoadGen is silent while it makes its schedule and while it writes its logs
LOADGEN_LIMIT_S = 120.0
# a failed run gives empty answers to the rest; LoadGen then ends at once, or after its minimum
# duration
FAILURE_GRACE_S = 3.0
BACKLOG_AFTER_S = 10.0
# some 150 MB of them; two minutes of the published machine's work are 200,000
WAITING_LIMIT = 1_000_000


@dataclass(kw_only=True)
class Watch:
    """The state of the run as the supervisor sees it; times are monotonic seconds.

    ``say`` takes whole lines for the host. ``backlog_limit_s``: the longest wait that may lie
    before a new sample; None for no such limit.
    """

    say: Callable[[str], None]
    watchdog_s: float
    backlog_limit_s: float | None = None
    phase: str = "start"
    steps: tuple[int, int] = (0, 0)
    counters: Counters | None = None
    ahead: Forecast | None = None
    phase_start: float = field(default_factory=time.monotonic)
    last_sign: float = field(default_factory=time.monotonic)
    last_state: tuple[object, ...] = ()
    last_reported: float = float("-inf")

    def enter(self, phase: str) -> None:
        """A new phase of the run begins."""
        self.phase_start = time.monotonic()
        self.steps = (0, 0)
        self.phase = phase
        self.last_reported = float("-inf")

    def watch_run(self, counters: Counters, ahead: Forecast) -> None:
        self.counters, self.ahead = counters, ahead
        self.enter("run")

    def heartbeat(self, done: int, total: int) -> None:
        """A step of a preparation is done."""
        self.steps = (done, total)

    def look(self, now: float) -> None:
        """Check the run once; raises the HarnessError that ends it."""
        outstanding = self._outstanding()
        self._check_alive(now, outstanding)
        if self.phase == "run" and self.counters is not None:
            self._check_backlog(self.counters, now - self.phase_start)
            self._check_length(self.counters, now - self.phase_start)
        if now - self.last_reported >= TELL_EVERY_S:
            self.report_progress(now)

    def report_progress(self, now: float) -> None:
        """Report to the host where the run is."""
        self.last_reported = now
        self.say("PROGRESS " + json.dumps(self.progress(now)))

    def progress(self, now: float) -> dict[str, object]:
        """The fields of a PROGRESS line; in a preparation it counts steps instead of samples."""
        elapsed = now - self.phase_start
        answered, steps = self.steps
        total: int | None = steps
        expected = elapsed * steps / answered if answered else elapsed
        if self.counters is not None and self.ahead is not None:
            answered = self.counters.answered
            total = self.ahead.total if self.ahead.exact else None
            if self.phase == "run":
                expected = expected_s(self.ahead, self.counters, elapsed)
        return {
            "phase": self.phase,
            "elapsed_s": round(elapsed, 1),
            "expected_s": round(max(expected, elapsed), 1),
            "answered": answered,
            "total": total,
        }

    def _outstanding(self) -> int:
        if self.phase != "run" or self.counters is None:
            return 0
        return self.counters.issued - self.counters.answered

    def _check_alive(self, now: float, outstanding: int) -> None:
        answered = self.counters.answered if self.counters is not None else 0
        state = (self.phase, self.steps, answered, outstanding > 0)
        if state != self.last_state:
            self.last_state, self.last_sign = state, now
        silent_s = now - self.last_sign
        if silent_s <= self._silence_limit_s(outstanding):
            return
        raise HarnessError(
            f"the run hangs: nothing was completed for {silent_s:.0f} s",
            kind=FailureKind.WATCHDOG,
            detail=f"phase {self.phase}, {answered} answered, {outstanding} outstanding",
            hint="check whether the machine is overloaded or out of memory (limit: watchdog_s)",
        )

    def _silence_limit_s(self, outstanding: int) -> float:
        if self.phase != "run":
            return max(self.watchdog_s, PREPARATION_LIMIT_S)
        gap_s = self.ahead.gap_s if self.ahead is not None else 0.0
        return self.watchdog_s if outstanding else max(self.watchdog_s, LOADGEN_LIMIT_S) + gap_s

    def _check_backlog(self, counters: Counters, elapsed_s: float) -> None:
        if self.backlog_limit_s is None:
            return
        elapsed_s = max(elapsed_s, TICK_S)
        waiting = counters.issued - counters.answered
        if elapsed_s < BACKLOG_AFTER_S and waiting <= WAITING_LIMIT:
            return
        wait_s = backlog_s(counters, elapsed_s)
        if wait_s > self.backlog_limit_s or waiting > WAITING_LIMIT:
            raise HarnessError(
                f"the SUT falls behind: {waiting} samples wait after {elapsed_s:.0f} s",
                kind=FailureKind.OVERLOAD,
                detail=f"{counters.issued / elapsed_s:.1f} queries/s issued, "
                f"{counters.answered / elapsed_s:.1f} answered: {wait_s:.0f} s of work",
                hint="lower target_qps below what the SUT reaches",
            )

    def _check_length(self, counters: Counters, elapsed_s: float) -> None:
        ahead = self.ahead
        if ahead is None or ahead.limit_s is None or elapsed_s < KNOWN_S:
            return
        expected = expected_s(ahead, counters, elapsed_s)
        if expected <= ahead.limit_s:
            return
        raise HarnessError(
            f"the run would take {expected / 3600:.1f} hours",
            kind=FailureKind.OVERLOAD,
            detail=f"{counters.answered} of {ahead.total} samples after {elapsed_s:.0f} s: "
            f"{counters.answered / elapsed_s:.1f} a second; planned were {ahead.planned_s:.0f} s",
            hint="lower target_qps to what the SUT reaches: Offline's query grows with it",
        )


def supervise(job: Callable[[], None], watch: Watch) -> None:
    """Run ``job`` in a thread and watch it; raises its exception, or that of the watch.

    When the watch raises, the job's thread still runs: the caller has to end the process.
    """
    done = threading.Event()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # handed to the watching thread below
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=work, name="run", daemon=True).start()
    failed_at: float | None = None
    while not done.wait(TICK_S):
        now = time.monotonic()
        watch.look(now)
        failure = watch.counters.failure if watch.counters is not None else None
        if failure is not None:
            failed_at = failed_at or now
            if now - failed_at > FAILURE_GRACE_S:
                raise failure
    if errors:
        raise errors[0]
    watch.report_progress(time.monotonic())
