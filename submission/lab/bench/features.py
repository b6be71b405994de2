"""Time making and loading features beside a plain loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from submission.errors import UsageError
from submission.lab.bench.plain_wordpiece import PlainFeature, plain_features
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import load_vocabulary
from submission.terms import Say

Result = TypeVar("Result")
SIZES = FeatureSettings()


def bench_features(data: Path, vocab: Path, *, rounds: int, say: Say, warn: Say) -> None:
    """Time making, loading and the plain loop; raises UsageError if their features differ."""
    if rounds < 1:
        raise UsageError(
            "a benchmark needs at least one round",
            detail=f"--rounds {rounds}",
            hint="give 1 or more",
        )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "features.npz"
        features, making_s = _fastest(rounds, lambda: _made(data, vocab, file))
        loaded, loading_s = _fastest(rounds, lambda: load_features(file))
        size_mb = file.stat().st_size / 1e6
    warn("the plain loop, once")
    plain, plain_s = _fastest(1, lambda: _plainly(data, vocab))
    for ours in (features, loaded):
        _check(ours, plain)
    say(f"{len(features)} features made and saved: {making_s:.2f} s")
    say(f"{len(loaded)} features loaded:         {loading_s:.3f} s ({size_mb:.1f} MB)")
    say(f"{len(plain)} features by a plain loop: {plain_s:.2f} s; all three are equal")
    say(f"made {plain_s / making_s:.1f} times, loaded {plain_s / loading_s:.0f} times as fast")


def _made(data: Path, vocab: Path, to: Path) -> Features:
    """Make features from the data files and save them, as the features stage does."""
    features = make_features(load_dataset(data), load_vocabulary(vocab), SIZES)
    save_features(features, to)
    return features


def _plainly(data: Path, vocab: Path) -> list[PlainFeature]:
    """Make features with the plain loop; it saves none."""
    return plain_features(load_dataset(data).examples, load_vocabulary(vocab), SIZES)


def _fastest(rounds: int, work: Callable[[], Result]) -> tuple[Result, float]:
    """The last result and the shortest time: noise only adds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def _check(ours: Features, plain: Sequence[PlainFeature]) -> None:
    """Check that both make the same features, so that the times can be compared."""
    ids = [number for one in plain for number in one.ids[: sum(one.mask)]]
    best = [flag for one in plain for flag in one.max_context]
    if ids != ours.tokens.tolist() or best != ours.max_context.tolist():
        raise UsageError(
            "the plain loop makes different features",
            detail=f"{len(plain)} features against {len(ours)}",
            hint="please report it with the data set",
        )
