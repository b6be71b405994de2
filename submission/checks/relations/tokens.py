"""Tokens of Server: their rates, their latencies, and what early stopping says of these.

LoadGen counts the tokens of all answers and logs no count, but three rates of it: over the time of
the last answer, over the time at which the last query was issued, and over the sum of the
latencies. Source: LoadGen, ``PerformanceSummary``.
"""

from __future__ import annotations

from submission.checks.arithmetic import six_digits
from submission.checks.relations.relation import HOLDS, LogFigures, Relation, numbers, relation
from submission.loadgen.keys import PERCENTILES
from submission.policy import Policy
from submission.terms import Scenario

RESULT, ORDER, FLAGS, LENGTH = "PRF018", "PRF021", "PRF028", "PRF032"
COMPLETED = "result_completed_tokens_per_second"
ISSUED = "result_token_throughput_with_loadgen_overhead"
SUMMED = "result_token_throughput"
SAMPLES, SCHEDULED = "result_completed_samples_per_sec", "result_scheduled_samples_per_sec"
SERVER = (Scenario.SERVER,)


def _tokens(run: LogFigures) -> tuple[float, float, float] | None:
    """The least and the greatest count of tokens by the rates of the last answer, and queries."""
    found = numbers(run, COMPLETED, SAMPLES, "result_query_count")
    if found is None or min(found) <= 0 or found[2] <= 1:
        return None
    tokens, samples = six_digits(found[0]), six_digits(found[1])
    gaps = found[2] - 1
    return tokens[0] / samples[1] * gaps, tokens[1] / samples[0] * gaps, found[2]


@relation(
    COMPLETED,
    SAMPLES,
    SUMMED,
    "result_mean_latency_ns",
    "result_query_count",
    words="as many tokens as result_token_throughput counts: result_token_throughput (per"
    " nanosecond) · result_mean_latency_ns · queries = tokens; result_completed_tokens_per_second ·"
    " (queries - 1) / result_completed_samples_per_sec = tokens",
    rule=RESULT,
    scenarios=SERVER,
)
def tokens_counted(run: LogFigures, _policy: Policy) -> str | None:
    """Tokens over the time of the last answer, and tokens over the sum of latencies."""
    counted, found = _tokens(run), numbers(run, SUMMED, "result_mean_latency_ns", SAMPLES)
    if counted is None or found is None or min(found) <= 0:
        return None
    least, most, queries = counted
    low, high = six_digits(found[0])
    # the mean is cut to whole nanoseconds
    low, high = low * found[1] * queries, high * (found[1] + 1) * queries
    expected = found[0] * found[1] * queries * found[2] / (queries - 1)
    return HOLDS if low <= most and least <= high else f"{expected:.6g} by {SUMMED}"


@relation(
    ISSUED,
    COMPLETED,
    SAMPLES,
    SCHEDULED,
    "result_query_count",
    words="= tokens / the time at which the last query was issued: not before its schedule"
    " (result_scheduled_samples_per_sec), nor after the last answer"
    " (result_completed_tokens_per_second)",
    rule=RESULT,
    scenarios=SERVER,
)
def tokens_issued(run: LogFigures, _policy: Policy) -> str | None:
    """Tokens over the time of the last query."""
    counted, found = _tokens(run), numbers(run, ISSUED, SCHEDULED, COMPLETED)
    if counted is None or found is None or min(found) <= 0:
        return None
    _, most, queries = counted
    greatest = most / (queries - 1) * six_digits(found[1])[1]
    least = six_digits(found[2])[0]
    low, high = six_digits(found[0])
    return HOLDS if low <= greatest and high >= least else f"{least:.6g} to {greatest:.6g}"


@relation(
    "result_mean_latency_ns",
    "result_first_token_mean_latency_ns",
    "result_time_to_output_token_mean",
    COMPLETED,
    SAMPLES,
    "result_query_count",
    words="about the mean time to the first token, and the mean time of each token of an average"
    " answer behind it",
    rule=LENGTH,
    scenarios=SERVER,
)
def tokens_timed(run: LogFigures, policy: Policy) -> str | None:
    """An answer is its first token and the others; long answers may be slower than short ones."""
    keys = ("result_first_token_mean_latency_ns", "result_time_to_output_token_mean")
    counted, found = _tokens(run), numbers(run, "result_mean_latency_ns", *keys)
    if counted is None or found is None or min(found) <= 0:
        return None
    least, most, queries = counted
    mean, first, each = found
    expected = first + each * max((least + most) / 2 / queries - 1, 0)
    holds = abs(expected / mean - 1) <= policy.tolerances.token_latencies
    return HOLDS if holds else f"about {expected:.6g}, by the latencies of tokens"


def _no_sooner(name: str) -> Relation:
    key, first = f"result_{name}_latency_ns", f"result_first_token_{name}_latency_ns"

    @relation(key, first, words=f"at least {first}", rule=ORDER, scenarios=SERVER)
    def test(run: LogFigures, _policy: Policy) -> str | None:
        found = numbers(run, key, first)
        if found is None:
            return None
        return HOLDS if found[0] >= found[1] else f"at least {found[1]} as {first}"

    return test


@relation(
    "early_stopping_met",
    "early_stopping_ttft_result",
    "early_stopping_tpot_result",
    words="whether both early_stopping_ttft_result and early_stopping_tpot_result say that the run"
    " is successful",
    rule=FLAGS,
    scenarios=SERVER,
)
def stopping_met(run: LogFigures, _policy: Policy) -> str | None:
    """Early stopping of tokens has two sentences."""
    met = run.values.get("early_stopping_met")
    said = [run.log.text(f"early_stopping_{word}_result") for word in ("ttft", "tpot")]
    if not isinstance(met, bool) or run.values.get("requested_use_token_latencies") is not True:
        return None
    passed = [_successful(text) for text in said]
    if None in passed:
        return None
    return HOLDS if met is all(passed) else f"{all(passed)}".lower()


def _successful(text: str | None) -> bool | None:
    """Whether LoadGen's sentence says that the run was successful; None if it says neither."""
    words = (text or "").lower()
    if "run unsuccessful" in words:
        return False
    return True if "run successful" in words else None


RELATIONS: tuple[Relation, ...] = (
    tokens_counted,
    tokens_issued,
    tokens_timed,
    *(_no_sooner(name) for name in ("min", *(f"{p}_percentile" for p in PERCENTILES), "max")),
    stopping_met,
)
