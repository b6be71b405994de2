"""Exact match and F1 of answers, as SQuAD v1.1 defines them.

Source: Rajpurkar et al. 2016, "SQuAD", section 6.1 and its evaluate-v1.1: texts are compared in
lower case, without ASCII punctuation and the articles "a", "an", "the"; the best of the
reference answers counts; both numbers are means over all questions, in percent.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from submission.squad.dataset import Dataset

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """The form in which two answers are compared."""
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLE.sub(" ", bare).split())


def f1_of(predicted: str, reference: str) -> float:
    """Harmonic mean of the shares of shared words; 0 if none is shared. Both are normalized."""
    found, wanted = predicted.split(), reference.split()
    shared = (Counter(found) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(found), shared / len(wanted)
    return (2 * precision * recall) / (precision + recall)


def scores_of(dataset: Dataset, answers: Mapping[str, str]) -> tuple[list[bool], list[float]]:
    """Exact match and F1 (0 to 1) of each question, in the data set's order."""
    return single_scores([(answers.get(each.qid), each.answers) for each in dataset.examples])


def mean_scores(pairs: Sequence[tuple[str | None, Sequence[str]]]) -> tuple[float, float]:
    """Exact match and F1 of (answer, its references), means in percent; None counts as 0."""
    return means(*single_scores(pairs))


def single_scores(
    pairs: Sequence[tuple[str | None, Sequence[str]]],
) -> tuple[list[bool], list[float]]:
    """Exact match and F1 (0 to 1) of each (answer, its references); None counts as 0."""
    exact: list[bool] = []
    f1: list[float] = []
    for answer, references in pairs:
        found = None if answer is None else normalized(answer)
        wanted = [normalized(reference) for reference in references]
        exact.append(found in wanted)
        f1.append(0.0 if found is None else max(f1_of(found, each) for each in wanted))
    return exact, f1


def means(exact: Sequence[bool], f1: Sequence[float]) -> tuple[float, float]:
    """Both means in percent; added one by one, as the reference scorer does, not by ``sum``."""
    total = 0.0
    for each in f1:
        total += each
    return 100.0 * sum(exact) / len(exact), 100.0 * total / len(f1)
