from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission.loadgen.answers import FILL
from submission.squad.features import Features
from submission.squad.span import Span, SpanSettings, best_spans

ANY = SpanSettings(n_best=11, max_answer_tokens=30)


def logits(**high: float) -> np.ndarray:
    """All zero for real tokens but ``s<feature>_<token>`` and ``e<feature>_<token>``."""
    values = np.zeros((3, 11, 2), dtype=np.float32)
    values[2, 9:] = FILL
    for place, value in high.items():
        feature, token = place[1:].split("_")
        values[int(feature), int(token), "se".index(place[0])] = value
    return values


def best(features: Features, values: np.ndarray, chosen: SpanSettings = ANY) -> Span:
    return best_spans(features, values, chosen)[0]


def test_the_highest_sum_wins(features: Features) -> None:
    found = best(features, logits(s0_4=5, e0_8=5, s1_7=4, e1_8=4))
    assert found == Span(feature=0, first=4, last=8)


def test_a_start_in_the_question_does_not_count(features: Features) -> None:
    found = best(features, logits(s0_1=9, s0_5=1, e0_6=1))
    assert found == Span(feature=0, first=5, last=6)


def test_an_end_at_the_separator_does_not_count(features: Features) -> None:
    found = best(features, logits(s0_5=1, e0_10=9, e0_6=1))
    assert found == Span(feature=0, first=5, last=6)


def test_a_start_without_its_maximal_context_does_not_count(features: Features) -> None:
    found = best(features, logits(s1_4=9, e1_5=9, s0_4=1, e0_4=1))
    assert found == Span(feature=0, first=4, last=4)


def test_an_end_needs_no_maximal_context(features: Features) -> None:
    assert best(features, logits(s0_7=5, e0_9=5)) == Span(feature=0, first=7, last=9)


def test_a_backward_span_does_not_count(features: Features) -> None:
    found = best(features, logits(s0_8=9, e0_4=9, s0_4=1))
    assert found.first <= found.last


def test_an_answer_is_at_most_so_many_tokens_long(features: Features) -> None:
    values = logits(s0_4=5, e0_6=5, e0_5=1)
    assert best(features, values, SpanSettings(n_best=11, max_answer_tokens=3)).last == 6
    assert best(features, values, SpanSettings(n_best=11, max_answer_tokens=2)).last == 5


def test_only_the_n_best_starts_and_ends_are_paired(features: Features) -> None:
    values = logits(s0_0=9, e0_0=9, s0_4=1, e0_4=1)
    few = SpanSettings(n_best=1, max_answer_tokens=30)
    assert best_spans(features, values, few) == {}
    assert best(features, values) == Span(feature=0, first=4, last=4)


def test_of_equal_sums_the_higher_start_wins(features: Features) -> None:
    found = best(features, logits(s0_4=2, s0_5=3, e0_5=2, e0_6=1, e0_4=3))
    assert found == Span(feature=0, first=5, last=5)


def test_of_equal_windows_the_first_wins(features: Features) -> None:
    found = best(features, logits(s0_4=2, e0_4=2, s1_6=2, e1_6=2))
    assert found == Span(feature=0, first=4, last=4)


def test_a_question_without_any_span_is_left_out(features: Features) -> None:
    values = np.zeros((3, 11, 2), dtype=np.float32)
    values[:, :4] = 9
    assert best_spans(features, values, SpanSettings(n_best=4, max_answer_tokens=30)) == {}


def plainly(features: Features, values: np.ndarray, chosen: SpanSettings) -> dict[int, Span]:
    """The rule in plain loops: every candidate in order, then a stable sort by the sum."""
    context = features.context_mask()
    may_start = np.zeros_like(context)
    may_start[context] = features.max_context
    candidates = []
    for n in range(len(features)):
        ranked = [
            sorted(range(11), key=(-values[n, :, k]).__getitem__)[: chosen.n_best] for k in (0, 1)
        ]
        for first in ranked[0]:
            for last in ranked[1]:
                short = 0 <= last - first < chosen.max_answer_tokens
                if may_start[n, first] and context[n, last] and short:
                    total = float(values[n, first, 0]) + float(values[n, last, 1])
                    candidates.append((total, Span(feature=n, first=first, last=last)))
    ordered = sorted(candidates, key=lambda pair: -pair[0])
    return {0: ordered[0][1]} if ordered else {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), n_best=st.integers(1, 11), longest=st.integers(1, 6))
def test_the_quick_way_is_the_plain_way(
    features: Features, data: Any, n_best: int, longest: int
) -> None:
    drawn = data.draw(st.lists(st.integers(-2, 2), min_size=66, max_size=66))
    values = np.array(drawn, dtype=np.float32).reshape(3, 11, 2)
    chosen = SpanSettings(n_best=n_best, max_answer_tokens=longest)
    assert best_spans(features, values, chosen) == plainly(features, values, chosen)
