"""The sums that rules recompute: early stopping, results from latencies, durations."""

from __future__ import annotations

import math
from functools import lru_cache

from submission.loadgen import DetailLog
from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE
from submission.loadgen.power import parse_time
from submission.terms import NS_PER_MS, Scenario

_RATE = "result_qps_with_loadgen_overhead"
EXACT_QUERIES = 10**8
"""Above this the normal approximation is as good, and does not take for ever."""

NEGLIGIBLE = 1e-10
HALF_A_HUNDREDTH = 0.005 + 1e-9


@lru_cache(maxsize=4096)
def over_latency_allowed(queries: int, percentile: float, confidence: float) -> int:
    """How many of ``queries`` may be over the latency bound; -1 if the queries are too few.

    The largest t with P(Binomial(queries, 1 - percentile) <= t) <= 1 - confidence
    (inference_rules.adoc, appendix on early stopping): at 0.99 459 queries allow 0, 662 allow 1.
    """
    rate = 1.0 - percentile
    if not 0.0 < rate < 1.0 or queries <= 0:
        return -1
    alpha = 1.0 - confidence
    if queries > EXACT_QUERIES:
        return _nearly_allowed(queries, rate, alpha)
    return _walked(max(_nearly_allowed(queries, rate, alpha), 0), queries, rate, alpha)


@lru_cache
def least_queries(percentile: float, confidence: float) -> int:
    """The fewest queries from which a percentile can be estimated: one may be over the bound."""
    few, enough = 0, 1
    while over_latency_allowed(enough, percentile, confidence) < 1:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        if over_latency_allowed(middle, percentile, confidence) < 1:
            few = middle
        else:
            enough = middle
    return enough


def _nearly_allowed(queries: int, rate: float, alpha: float) -> int:
    """The number by the normal approximation to the binomial distribution."""
    deviation = math.sqrt(queries * rate * (1.0 - rate))
    return math.floor(queries * rate + _quantile(alpha) * deviation)


@lru_cache
def _quantile(probability: float) -> float:
    """The normal quantile by halving (importing ``statistics`` takes as long as a small tree)."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if math.erfc(-middle / math.sqrt(2)) / 2 < probability:
            low = middle
        else:
            high = middle
    return low


def _walked(guess: int, trials: int, rate: float, alpha: float) -> int:
    """The largest k with P(Binomial <= k) <= alpha, going from a guess below the mean."""
    odds = (1.0 - rate) / rate
    k, term = guess, math.exp(_log_term(guess, trials, rate))
    total = _at_most(guess, term, trials, rate)
    while k >= 0 and total > alpha:
        total -= term
        term *= odds * k / (trials - k + 1)
        k -= 1
    while k < trials:
        term = term * (trials - k) / (k + 1) / odds if k >= 0 else (1.0 - rate) ** trials
        if total + term > alpha:
            break
        total += term
        k += 1
    return k


def _at_most(successes: int, term: float, trials: int, rate: float) -> float:
    """P(Binomial <= successes) below the mean; ``term`` is P(Binomial = successes).

    By the continued fraction of the incomplete beta function (DLMF 8.17.22), which takes some ten
    steps where adding up the terms takes hundreds.
    """
    a, b, x = trials - successes, successes + 1, 1.0 - rate
    above, below = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1))
    fraction, step, m = below, 0.0, 0
    while abs(step - 1.0) > NEGLIGIBLE:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for part in (even, odd):
            above, below = 1.0 + part / above, 1.0 / (1.0 + part * below)
            step *= above * below
        fraction *= step
    return term * rate * fraction


def _log_term(k: int, n: int, rate: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choose + k * math.log(rate) + (n - k) * math.log1p(-rate)


def last_digit(text: str) -> float:
    """The unit of the last digit of a number that is printed without an exponent."""
    return float(10 ** -len(text.partition(".")[2]))


def same_figure(one: str, other: str) -> bool:
    """Whether two printed numbers may be the same one, as far as both of them go."""
    try:
        apart = abs(float(one) - float(other))
    except ValueError:
        return one == other
    return apart <= max(last_digit(one), last_digit(other)) / 2 + NEGLIGIBLE


def fits_digits(text: str, value: float, off: float = 0.0) -> bool:
    """Whether a printed number may be ``value``, which may be ``off`` by so much itself."""
    return abs(float(text) - value) <= last_digit(text) / 2 + off + NEGLIGIBLE


def six_digits(value: float) -> tuple[float, float]:
    """Between which numbers one lies that a C++ stream writes so (six significant digits)."""
    if not value or not math.isfinite(value):
        return value, value
    half = 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 5) * (1 + 1e-9)
    return value - half, value + half


def hundredths(value: float) -> tuple[float, float]:
    """Between which numbers a figure lies that was six digits long and is rounded to hundredths."""
    low, high = six_digits(value)
    return low - HALF_A_HUNDREDTH, high + HALF_A_HUNDREDTH


def measured_duration_ms(log: DetailLog) -> float | None:
    """How long the run took by the wall clock stamps that LoadGen logs; None without them."""
    begin, end = parse_time(log.get("power_begin")), parse_time(log.get("power_end"))
    if begin is None or end is None:
        return None
    return (end - begin).total_seconds() * 1000


def loadgen_duration(log: DetailLog, scenario: Scenario | None) -> tuple[str, float] | None:
    """How long the run took by LoadGen's own clock: the log's key, and milliseconds.

    Offline: the latency of the last sample. Server: when the last query was to be issued.
    SingleStream: its queries over their rate, both as logged. MultiStream logs no such rate, and a
    fast SUT leaves much of the time to LoadGen: nothing is said of it.
    """
    if scenario is Scenario.SINGLE_STREAM:
        rate, queries = (log.number(k) for k in (_RATE, "result_query_count"))
        return (_RATE, queries / rate * 1000) if rate and queries and rate > 0 else None
    key = {
        Scenario.OFFLINE: "result_max_latency_ns",
        Scenario.SERVER: "generated_query_duration",
    }.get(scenario or Scenario.MULTI_STREAM)
    value = log.number(key) if key is not None else None
    return None if key is None or value is None else (key, value / NS_PER_MS)


def token_keys(scenario: Scenario | None) -> tuple[str, str]:
    """LoadGen's keys of the tokens and the samples a second of a Server or Offline run."""
    if scenario is Scenario.SERVER:
        return "result_completed_tokens_per_second", COMPLETED_RATE
    return "result_tokens_per_second", OFFLINE_RATE


def tokens_per_sample(log: DetailLog, scenario: Scenario | None) -> float | None:
    """How many tokens an answer of a Server or Offline run had; None where its log does not say."""
    keys = token_keys(scenario)
    tokens, samples, queries = (log.number(key) for key in (*keys, "result_query_count"))
    if not tokens or not samples or not queries or min(tokens, samples, queries) <= 0:
        return None
    # LoadGen leaves the first query out of Server's rate of samples
    counted = queries - 1 if scenario is Scenario.SERVER else queries
    return tokens / samples * counted / queries
