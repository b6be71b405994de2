"""Settings that a run which LoadGen called INVALID shows to be wrong, and what is right here.

What a run has shown is kept beside the profile's other files, so that the next start does not
repeat the mistake. It holds for the same image, plan, processors and memory only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from submission.files import json_text, read_json, write_json
from submission.harness.failure import FailureKind
from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE
from submission.runs.numbers import two_digits
from submission.runs.outcome import RunReport
from submission.terms import LoadgenSettings, RunId, Scenario

#: of the rate that an INVALID Offline run reached: the next one may be as much faster
OFFLINE_ROOM = 1.1
#: of a Server rate whose latencies were too long
SERVER_STEP = 0.85
#: of the queries a second that were completed, where they lag behind the scheduled ones
COMPLETED_SHARE = 0.9
#: of the queries that early stopping asks for
QUERY_ROOM = 1.1
NEEDED = re.compile(r"at least (\d{1,9}) queries for early stopping")

#: failures of a run that a setting may mend
MENDABLE = frozenset({FailureKind.INVALID, FailureKind.OVERLOAD})


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One setting that was changed after an INVALID run: from what to what, and why.

    ``kept`` is the folder of that run.
    """

    setting: str
    before: float
    after: float
    why: str
    kept: str

    def __str__(self) -> str:
        """``target_qps 250 in place of 165, since the run was too short``."""
        return f"{self.setting} {self.after:g} in place of {self.before:g}, since {self.why}"


def mend_of(run: RunId, settings: LoadgenSettings, report: RunReport, kept: Path) -> Mend | None:
    """The setting that mends an INVALID run of ``settings``; None where none is known."""
    if run.scenario is Scenario.OFFLINE:
        found = _offline(settings, report)
    elif run.scenario is Scenario.SERVER:
        found = _server(settings, report)
    else:
        found = None
    if found is None:
        return None
    setting, after, why = found
    before = getattr(settings, setting)
    return Mend(setting=setting, before=before, after=after, why=why, kept=str(kept))


_Found = tuple[str, float, str] | None


def _offline(settings: LoadgenSettings, report: RunReport) -> _Found:
    reached = report.number(OFFLINE_RATE)
    if not reached or report.results.get("result_min_duration_met") is not False:
        return None
    after = _up(reached * OFFLINE_ROOM)
    if after <= settings.target_qps:
        return None
    why = f"the run ended before min_duration_ms: it reached {reached:.4g} samples/s"
    return "target_qps", after, why


def _server(settings: LoadgenSettings, report: RunReport) -> _Found:
    if report.failure and report.failure.kind == FailureKind.OVERLOAD:
        after = two_digits(settings.target_qps * SERVER_STEP**2)
        return "target_qps", after, "the SUT fell behind"
    results = report.results
    needed = NEEDED.search(str(results.get("early_stopping_result", "")))
    late = results.get("result_perf_constraints_met") is False
    if not late and needed and int(needed[1]) > settings.min_query_count:
        queries = float(round(int(needed[1]) * QUERY_ROOM))
        return "min_query_count", queries, f"early stopping needs {needed[1]} queries"
    if not late and results.get("early_stopping_met") is not False:
        return None
    completed = report.number(COMPLETED_RATE) or settings.target_qps
    after = two_digits(min(settings.target_qps * SERVER_STEP, completed * COMPLETED_SHARE))
    return "target_qps", after, "too many latencies were beyond the bound"


def _up(value: float) -> float:
    """Rounded up to two digits; ``value`` is positive."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return two_digits(math.ceil(value / step) * step)


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """What INVALID runs of one run of the profile have shown, in a file of their own.

    ``place`` is what the lessons hold for, as JSON: image, plan, processors, memory.
    """

    file: Path
    place: Mapping[str, Any]

    def read(self) -> tuple[Mend, ...]:
        """The lessons of this place, oldest first; none where the file is damaged."""
        try:
            value = read_json(self.file)
            # tuples are lists in the file
            if value["place"] != json.loads(json_text(dict(self.place))):
                return ()
            return tuple(Mend(**each) for each in value["mends"])
        except (OSError, ValueError, LookupError, TypeError):
            return ()

    def add(self, mend: Mend) -> None:
        """Keep one more lesson."""
        mends = [asdict(each) for each in (*self.read(), mend)]
        write_json(self.file, {"version": 1, "place": dict(self.place), "mends": mends})


def mended(scenario: Scenario, settings: LoadgenSettings, mends: Sequence[Mend]) -> LoadgenSettings:
    """The settings with what was learned; a probe that was made again may know even better.

    Offline's rate only grows, since too large a one only makes the run longer; Server's only
    shrinks.
    """
    for mend in mends:
        if mend.setting == "min_query_count":
            count = max(settings.min_query_count, int(mend.after))
            settings = replace(settings, min_query_count=count)
        else:
            better = max if scenario is Scenario.OFFLINE else min
            settings = replace(settings, target_qps=better(settings.target_qps, mend.after))
    return settings
