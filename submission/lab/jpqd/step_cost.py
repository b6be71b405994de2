"""What a training step of a recipe costs on a device: time, memory, an estimate for the whole.

No base model or data is needed: networks of the recipe's shape get random weights, and questions of
random words fill windows to the recipe's length. The estimate is for full windows, an upper bound.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from submission.errors import UsageError
from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.corpus import Question
from submission.lab.jpqd.network import new_network
from submission.lab.jpqd.schedule import schedule_of
from submission.lab.jpqd.shapes import SHAPES
from submission.lab.jpqd.trainer import Corpus, Trainer
from submission.lab.jpqd.windows import TrainingWindow, make_windows
from submission.terms import Say

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "?")
WORDS = tuple(f"word{number}" for number in range(2000))
# SQuAD v1.1 train at 384 tokens with an overlap of 128: 88,524 windows of BERT's uncased vocabulary
SQUAD_WINDOWS = 88_524
ROWS = 30_522  # of BERT's uncased vocabulary
WARM_UP = 3


@dataclass(frozen=True, kw_only=True)
class StepCost:
    """Medians in seconds of a step before the cut (gates learn) and after it; peak in bytes.

    ``losses`` are those of the first steps; ``hours`` is the estimate for the whole recipe.
    """

    device: str
    steps: int
    pruning_s: float
    after_cut_s: float
    peak_bytes: int | None
    losses: tuple[float, ...]
    hours: float


def measure(
    config: JpqdConfig, *, base: str, teacher: str, steps: int, device: str, threads: int, say: Say
) -> StepCost:
    """Run ``steps`` steps of the recipe on ``device`` with networks of those shapes.

    Raises UsageError for a device that is not there, and for too few steps to time some of before
    and after the cut.
    """
    shorter = replace(config, epochs=None, steps=steps, evaluations=1, checkpoint_every=10**9)
    _refuse_unfit(shorter, steps, device)
    torch.set_num_threads(threads)
    torch.manual_seed(config.seed)
    networks = [new_network(_shape(name)) for name in (base, teacher)]
    if device == "cuda":
        networks[1].to(device)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _TimedTrainer(
            shorter,
            network=networks[0],
            teacher=networks[1],
            corpus=_corpus(config, Path(folder)),
            folder=Path(folder) / "states",
            say=say,
            device=device,
        )
        trainer.run()
    return _cost(config, trainer, steps, device)


def _refuse_unfit(config: JpqdConfig, steps: int, device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "there is no GPU that torch can use here",
            detail=f"torch {torch.__version__}",
            hint="--device cpu, or install torch's build for your GPU",
        )
    if steps < 1 or not WARM_UP < schedule_of(config, 0).cut < steps:
        raise UsageError(
            f"{steps} steps are too few",
            detail=f"more than {WARM_UP} before the cut and some after it are timed",
            hint="leave --steps out",
        )


class _TimedTrainer(Trainer):
    """A trainer that keeps the time and the loss of each step."""

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self.times: list[tuple[bool, float]] = []
        self.first_losses: list[float] = []

    def _step(self, step: int, windows: Sequence[TrainingWindow]) -> None:
        started = time.perf_counter()
        super()._step(step, windows)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append((self._kept is not None, time.perf_counter() - started))
        self.first_losses.append(self._progress.losses[-1])


def _cost(config: JpqdConfig, trainer: _TimedTrainer, steps: int, device: str) -> StepCost:
    medians = [
        statistics.median([took for was_cut, took in trainer.times[WARM_UP:] if was_cut is after])
        for after in (False, True)
    ]
    total = config.steps or (config.epochs or 0) * SQUAD_WINDOWS // config.batch
    share = config.pruning.end
    on_gpu = device == "cuda"
    return StepCost(
        device=torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} CPU threads",
        steps=steps,
        pruning_s=medians[0],
        after_cut_s=medians[1],
        peak_bytes=torch.cuda.max_memory_allocated() if on_gpu else None,
        losses=tuple(trainer.first_losses[:3]),
        hours=total * (share * medians[0] + (1 - share) * medians[1]) / 3600,
    )


def _shape(name: str) -> dict[str, Any]:
    return {**SHAPES[name], "vocab_size": ROWS, "max_position_embeddings": 512}


def _corpus(config: JpqdConfig, folder: Path) -> Corpus:
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join([*SPECIAL, *WORDS]) + "\n", encoding="utf-8")
    chance = random.Random(config.seed)  # noqa: S311 - data, no secret
    held = [_question(chance, config.max_length) for _ in range(config.batch)]
    asked = [_question(chance, config.max_length) for _ in range(8 * config.batch)]
    made, kept = (
        make_windows(each, vocab, max_length=config.max_length, overlap=config.overlap)
        for each in (asked, held)
    )
    return Corpus(training=made, held_out=kept, held_out_questions=held)


def _question(chance: random.Random, tokens: int) -> Question:
    """A question whose only window is full."""
    words = chance.choices(WORDS, k=tokens - 6)
    place = chance.randrange(1, len(words) - 1)
    start = len(" ".join(words[:place])) + 1
    return Question(
        text=f"{words[place - 1]} {words[place]} ?",
        context=" ".join(words),
        start=start,
        stop=start + len(words[place]),
        answers=(words[place],),
        source="random words",
    )
