"""``scores_accuracy.npz``: what each question's answer scored; one writer, one reader."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from submission.files import replacing
from submission.squad.bootstrap import Interval, ratio_interval
from submission.squad.dataset import Dataset
from submission.squad.metric import means, scores_of


@dataclass(frozen=True, kw_only=True, eq=False)
class QuestionScores:
    """The questions of a data set in its order: ``exact`` bool [n], ``f1`` float64 [n] in 0..1."""

    exact: NDArray[np.bool_]
    f1: NDArray[np.float64]

    def means(self) -> tuple[float, float]:
        """Exact match and F1 in percent, to the last digit those of the whole run."""
        return means(self.exact.tolist(), self.f1.tolist())

    def f1_ratio(self, other: QuestionScores | None) -> Interval | None:
        """The interval of this F1 over another; None without scores of the same questions."""
        if other is None or len(other.f1) != len(self.f1):
            return None
        return _f1_ratio(self, other)

    def exact_ratio(self, other: QuestionScores | None) -> Interval | None:
        """The interval of this exact match over another; None as for ``f1_ratio``."""
        if other is None or len(other.exact) != len(self.exact):
            return None
        return ratio_interval(self.exact.astype(np.float64), other.exact.astype(np.float64))

    def save(self, path: Path) -> None:
        """Replace ``path`` in one step; the same scores give the same bytes. Raises OSError."""
        with replacing(path) as stream:
            np.savez_compressed(stream, exact=self.exact, f1=self.f1)


@lru_cache(maxsize=64)
def _f1_ratio(one: QuestionScores, other: QuestionScores) -> Interval | None:
    # the resampling takes a quarter of a second, and a page has the same ratio at several places
    return ratio_interval(one.f1, other.f1)


def question_scores(dataset: Dataset, answers: Mapping[str, str]) -> QuestionScores:
    """The scores of ``answers`` by question id; a question without an answer counts as 0."""
    exact, f1 = scores_of(dataset, answers)
    return QuestionScores(exact=np.array(exact, np.bool_), f1=np.array(f1, np.float64))


def read_question_scores(path: Path) -> QuestionScores | None:
    """What ``save`` wrote; None for a file that is missing, damaged or another one's."""
    try:
        # numpy leaves a damaged file open that it opened itself
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            exact, f1 = arrays["exact"], arrays["f1"]
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    good = exact.dtype == np.bool_ and f1.dtype == np.float64
    if not good or exact.ndim != 1 or exact.shape != f1.shape:
        return None
    return QuestionScores(exact=exact, f1=f1)
