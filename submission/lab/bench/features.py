"""Features the kit's way beside a plain loop, and loading them again."""

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
    """Print what making, loading and the plain loop take, and that they agree."""
    if rounds < 1:
        raise UsageError(
            "a benchmark has rounds", detail=f"--rounds {rounds}", hint="give 1 or more"
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
    """From the files to the file, as the features stage does it; nothing is remembered."""
    features = make_features(load_dataset(data), load_vocabulary(vocab), SIZES)
    save_features(features, to)
    return features


def _plainly(data: Path, vocab: Path) -> list[PlainFeature]:
    """From the files, too; saving is left out, as no form to save is agreed."""
    return plain_features(load_dataset(data).examples, load_vocabulary(vocab), SIZES)


def _fastest(rounds: int, work: Callable[[], Result]) -> tuple[Result, float]:
    """The last result and the least time: noise only ever adds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def _check(ours: Features, plain: Sequence[PlainFeature]) -> None:
    """A comparison with something that does other work would mean nothing."""
    ids = [number for one in plain for number in one.ids[: sum(one.mask)]]
    best = [flag for one in plain for flag in one.max_context]
    if ids != ours.tokens.tolist() or best != ours.max_context.tolist():
        raise UsageError(
            "the plain loop makes other features",
            detail=f"{len(plain)} features against {len(ours)}",
            hint="please report it with the data set",
        )
