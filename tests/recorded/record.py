"""Records the runs with the LoadGen at hand: ``python -m tests.recorded.record OUT [NAME ...]``.

All runs go on at the same time, each in a process of its own; it takes a quarter of an hour and
half of two cores. ``python -m tests.recorded.pack OUT`` makes the archive of them.
"""

import os
import queue
import random
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from submission.policy import load_policy
from submission.terms import Mode, Scenario
from tests.fakes.submission_tree import conf_text
from tests.recorded.runs import OWN_ROUND, RUNS, RealRun

PARTS = 200
"""Offline's samples are answered in this many parts."""
DATA = array("B", [1, 2, 3, 4])
TOKENS = 290
ROUND_OWN_CONF, OTHER_CONF = 1, 2
MORE_CONF = """\
*.SingleStream.target_latency = 10
*.SingleStream.target_latency_percentile = 90
*.MultiStream.target_latency = 80
*.MultiStream.target_latency_percentile = 99
*.MultiStream.samples_per_query = 8
*.MultiStream.min_query_count = 662
3d-unet.*.sample_concatenate_permutation = 1
"""


class SlowSut:
    """Answers each query after its time, without a computation."""

    def __init__(self, run: RealRun, loadgen: Any, *, tokens: bool) -> None:
        self.run, self.loadgen, self.tokens = run, loadgen, tokens
        self.random = random.Random(run.name)
        self.is_timed = run.mode is Mode.PERFORMANCE and not run.whole
        self.waiting: queue.SimpleQueue[tuple[float, int]] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True).start()

    def issue(self, samples: Sequence[Any]) -> None:
        if self.run.scenario is Scenario.OFFLINE:
            self._in_parts([sample.id for sample in samples])
        elif self.run.scenario is Scenario.SERVER:
            due = time.monotonic() + self._delay_s()
            for sample in samples:
                self.waiting.put((due, sample.id))
        else:
            time.sleep(self._delay_s())
            self._complete([sample.id for sample in samples])

    def flush(self) -> None:
        """Nothing is kept back."""

    def _delay_s(self) -> float:
        if not self.is_timed:
            self.is_timed = self.run.whole  # what follows its accuracy part
            return 0.0
        return (self.run.delay_ms + self.run.jitter_ms * self.random.random() ** 3) / 1000

    def _in_parts(self, ids: list[int]) -> None:
        begin, whole = time.monotonic(), self._delay_s()
        for part in range(PARTS):
            time.sleep(max(0.0, begin + whole * (part + 1) / PARTS - time.monotonic()))
            first, last = (len(ids) * n // PARTS for n in (part, part + 1))
            self._complete(ids[first:last])

    def _serve(self) -> None:
        while True:
            due, number = self.waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if self.tokens:
                self._first(number)
            self._complete([number])

    def _response(self, number: int) -> Any:
        address = DATA.buffer_info()[0]
        if self.tokens:
            return self.loadgen.QuerySampleResponse(number, address, len(DATA), TOKENS)
        return self.loadgen.QuerySampleResponse(number, address, len(DATA))

    def _first(self, number: int) -> None:
        self.loadgen.FirstTokenComplete([self._response(number)])

    def _complete(self, ids: list[int]) -> None:
        if ids:
            self.loadgen.QuerySamplesComplete([self._response(number) for number in ids])


def record(name: str, out: Path) -> None:
    """One run, in this process; its logs lie in ``out`` afterwards."""
    import mlperf_loadgen as loadgen

    run, policy = RUNS[name], load_policy(RUNS[name].round)
    terms = policy.benchmarks[run.benchmark]
    out.mkdir(parents=True, exist_ok=True)
    write_confs(run, out)
    settings = loadgen.TestSettings()
    own = run.round == OWN_ROUND
    files = ("user.conf",) if own else ("mlperf.conf", "user.conf")
    for file in files:
        kind = ROUND_OWN_CONF if own else OTHER_CONF
        code = settings.FromConfig(str(out / file), terms.loadgen_model, str(run.scenario), kind)
        assert code == 0, (name, file, code)
    settings.scenario = getattr(loadgen.TestScenario, str(run.scenario))
    mode = "SubmissionRun" if run.whole else run.mode.loadgen
    settings.mode = getattr(loadgen.TestMode, mode)
    for key, value in policy.seeds_of(run.test).by_key().items():
        setattr(settings, key, value)
    (out / "audit.config").write_text("".join(f"{line}\n" for line in run.audit))
    log = loadgen.LogSettings()
    log.enable_trace = False
    log.log_output.outdir = str(out)
    log.log_output.copy_summary_to_stdout = False
    sut = SlowSut(run, loadgen, tokens=terms.uses_token_latencies)
    loaded = terms.performance_sample_count
    total = max(loaded, terms.accuracy_sample_count)
    handle = loadgen.ConstructSUT(sut.issue, sut.flush)
    library = loadgen.ConstructQSL(total, loaded, lambda _: None, lambda _: None)
    audit = str(out / "audit.config") if run.audit else ""
    loadgen.StartTestWithLogSettings(handle, library, settings, log, audit)


def write_confs(run: RealRun, out: Path) -> None:
    """user.conf of a run, and mlperf.conf of its round where LoadGen does not bring it."""
    policy = load_policy(run.round)
    model = policy.benchmarks[run.benchmark].loadgen_model
    lines = [f"{model}.{run.scenario}.{line}" for line in run.user]
    (out / "user.conf").write_text("".join(f"{line}\n" for line in lines or ["# as it is"]))
    if run.round != OWN_ROUND:
        samples = "".join(
            f"{terms.loadgen_model}.*.performance_sample_count_override"
            f" = {terms.performance_sample_count}\n"
            for terms in policy.benchmarks.values()
        )
        (out / "mlperf.conf").write_text(conf_text(policy) + samples + MORE_CONF)


def main(out: Path, names: Sequence[str]) -> None:
    """Record all runs of these names, or all that there are, at the same time."""
    command = [sys.executable, "-m", "tests.recorded.record", "--one"]
    running = {name: subprocess.Popen([*command, str(out / name), name]) for name in names or RUNS}
    failed = [name for name, process in running.items() if process.wait() != 0]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        record(sys.argv[3], Path(sys.argv[2]))
        sys.stdout.flush()
        os._exit(0)  # LoadGen's logger thread would be waited for
    main(Path(sys.argv[1]), sys.argv[2:])
