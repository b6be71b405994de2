"""LOG, PRF, LAT: figures of a log that follow from others by LoadGen's sources.

What each rule compares is in ``submission.checks.relations``, one relation after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from submission.checks.model import Breach, Rule, Scope, Severity, rule
from submission.checks.relations import RELATIONS
from submission.checks.result_facts import RunFacts
from submission.checks.rules.requirements import LOG_TYPED
from submission.policy import Policy

HINT = "submit the log that LoadGen wrote"


def _follows(
    id: str,  # noqa: A002 - what a rule's number is called everywhere
    title: str,
    fault: str,
    reference: str,
    requires: AbstractSet[str] = frozenset(),
    *,
    hint: str = HINT,
    severity: Severity = Severity.ERROR,
) -> Rule:
    """The rule on the relations of that number."""

    @rule(
        id=id,
        title=title,
        fault=fault,
        scope=Scope.RUN,
        severity=severity,
        reference=f"LoadGen: {reference}",
        hint=hint,
        requires=LOG_TYPED | requires,
    )
    def test(run: RunFacts, policy: Policy) -> Iterator[Breach]:
        return RELATIONS.broken(id, run, policy)

    return test


late_queries = _follows(
    "LAT010",
    "As many queries are late as the percentiles imply",
    "More or fewer queries are late than the percentiles imply",
    "late queries and percentiles",
    {"LAT002", "LAT008", "PRF021", "PRF022"},
)
stopping_words = _follows(
    "LAT012",
    "LoadGen's sentences on early stopping have the numbers that the count of queries gives",
    "LoadGen's sentences on early stopping contradict the count of queries",
    "early stopping",
    {"LAT009", "LAT011"},
)
requested = _follows(
    "LOG021",
    "The settings in effect are those that were requested",
    "A setting in effect is not the one that was requested",
    "settings, requested and effective",
    {"PRF004", "PRF007", "PRF008"},
)
derived = _follows(
    "LOG022",
    "The settings that LoadGen makes of others follow from them",
    "A setting does not follow from those that LoadGen makes it of",
    "effective settings",
    {"LOG021", "PRF008", "PRF010", "PRF011", "PRF013"},
)
loaded = _follows(
    "LOG023",
    "The loaded samples are those of the settings",
    "The loaded samples are not those of the settings",
    "loadable sets",
    {"LOG022"},
)
generated = _follows(
    "LOG024",
    "The generated queries follow from the settings",
    "The generated queries do not follow from the settings",
    "generated queries",
    {"LOG022", "PRF008", "PRF022"},
)
arrivals = _follows(
    "LOG025",
    "Server's queries arrive as the seed schedules them",
    "Server's queries do not arrive as the seed schedules them",
    "schedule of Server",
    {"LOG024", "PRF007"},
)
stamped = _follows(
    "LOG026",
    "A run is no longer than the log's own time stamps say",
    "The run is longer than the log's own time stamps say",
    "time_ms of its lines",
    {"PRF024"},
)
tail = _follows(
    "LOG027",
    "A run is about as long as the log's own time stamps say",
    "The run is not about as long as the log's own time stamps say",
    "time_ms of its lines",
    {"LOG026"},
    hint="submit the log as LoadGen wrote it; if this is it, find out what the SUT did at its end",
    severity=Severity.WARNING,
)
begun = _follows(
    "LOG031",
    "A run began when the log's date and its time stamps say",
    "The run did not begin when the log's date and its time stamps say",
    "test_datetime, power_begin and time_ms",
    {"LOG005"},
    hint="submit the log as LoadGen wrote it; if this is it, the clock was set during the run",
    severity=Severity.WARNING,
)
result = _follows(
    "PRF018",
    "The result follows from the log's counts and times",
    "The result does not follow from the log's counts and times",
    "samples over time",
    {"PRF016", "PRF017", "PRF022", "PRF023", "PRF025"},
)
estimate = _follows(
    "PRF019",
    "The early-stopping estimate lies between the percentiles around it",
    "The early-stopping estimate is not between the percentiles around it",
    "early stopping",
    {"PRF016", "PRF017", "PRF021"},
)
order = _follows(
    "PRF021",
    "Latencies rise from the minimum through the percentiles to the maximum",
    "Latencies do not rise from the minimum to the maximum",
    "order of percentiles",
    {"LAT008", "PRF025"},
)
twice = _follows(
    "PRF022",
    "Counts that LoadGen logs twice are the same",
    "A count that LoadGen logs twice differs",
    "generated and effective counts",
)
mean = _follows(
    "PRF023",
    "Mean latencies are those that the percentiles allow",
    "A mean latency contradicts the percentiles",
    "mean latency",
    {"PRF021"},
)
span = _follows(
    "PRF024",
    "A run ends with its last answer",
    "The run does not end with its last answer",
    "power_begin and power_end",
    {"PRF009", "PRF018", "PRF025"},
)
within = _follows(
    "PRF026",
    "The queries of a run fit into it",
    "The queries of the run do not fit into it",
    "latencies and the time of the run",
    {"PRF018", "PRF023", "PRF024"},
)
filled = _follows(
    "PRF027",
    "The queries of a SingleStream or MultiStream run fill it",
    "The queries of the run do not fill it",
    "latencies and the time of the run",
    {"PRF026"},
    hint="submit the log as LoadGen wrote it; if this is it, say what took time in between",
    severity=Severity.WARNING,
)
flags = _follows(
    "PRF028",
    "LoadGen's verdict and its reasons follow from the counts and times",
    "LoadGen's verdict contradicts the counts and times",
    "result_validity",
    {"LAT001", "LAT002", "LAT009", "PRF002", "PRF003", "PRF018"},
)
ended = _follows(
    "PRF029",
    "A SingleStream or MultiStream run ends when its time is over",
    "The run does not end when its time is over",
    "end of a run",
    {"PRF024"},
    severity=Severity.WARNING,
)
per_query = _follows(
    "PRF030",
    "A MultiStream query is as late as its last sample",
    "A MultiStream query is not as late as its last sample",
    "latencies of queries and samples",
    {"PRF021"},
    severity=Severity.WARNING,
)
token_latencies = _follows(
    "PRF032",
    "Answers take as long as their tokens",
    "Answers take another time than their tokens",
    "latencies of tokens",
    {"PRF018", "PRF023"},
    hint="submit the log as LoadGen wrote it; if this is it, explain why long answers take longer",
    severity=Severity.WARNING,
)
