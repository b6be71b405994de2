"""The training: gates close, structures are cut, the rest learns with rounding and a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from submission.errors import StageError, UsageError, words_of
from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.corpus import Question
from submission.lab.jpqd.gates import Gate, kept_share, prune_below, prune_to, start_scores
from submission.lab.jpqd.learner import Learner
from submission.lab.jpqd.network import Site, add_gates, quantize, set_dropout
from submission.lab.jpqd.progress import Progress
from submission.lab.jpqd.quantizers import observing, round_table
from submission.lab.jpqd.ranks import ALONE, Ranks, best_device
from submission.lab.jpqd.schedule import schedule_of
from submission.lab.jpqd.selection import SelectionScore, evaluate
from submission.lab.jpqd.states import TrainingState, best_of, load_state, save_state
from submission.lab.jpqd.surgery import cut, cut_to
from submission.lab.jpqd.windows import TrainingWindow, batches
from submission.terms import Say

CUT_TOLERANCE = 1e-3  # of the logits' spread; float32 sums in another order are far below
RANKING_BATCH = 4


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Windows to learn from, and what selects."""

    training: Sequence[TrainingWindow]
    held_out: Sequence[TrainingWindow]
    held_out_questions: Sequence[Question]


class Trainer:
    """One training, from its last saved state on; the same result however often it was stopped.

    ``device``: the GPU where there is one unless it says so; ``ranks``: the processes that train
    together, which must share ``folder``. Raises UsageError for what cannot be trained.
    """

    def __init__(
        self,
        config: JpqdConfig,
        *,
        network: Any,
        teacher: Any,
        corpus: Corpus,
        folder: Path,
        say: Say,
        device: str | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        _check(config, network, teacher, corpus)
        self._config, self._corpus, self._folder, self._ranks = config, corpus, folder, ranks
        self._schedule = schedule_of(config, len(corpus.training))
        self._progress = Progress(
            total=self._schedule.total, say=say if ranks.first else lambda _: None
        )
        self._kept: dict[str, list[int]] | None = None
        self._sites: list[Site] = equip(network, config)
        self._learner = Learner(
            config,
            network=network,
            teacher=teacher,
            device=best_device() if device is None else torch.device(device),
            ranks=ranks,
        )
        self.network = network

    @property
    def gates(self) -> list[Gate]:
        """The gates of all sites; none is in the network any more once it was cut."""
        return [site.gate for site in self._sites]

    @property
    def kept(self) -> dict[str, list[int]] | None:
        """The structures that each site kept, None before the cut."""
        return self._kept

    @property
    def curve(self) -> tuple[dict[str, float], ...]:
        """Loss and F1 of the held-out questions by step, as far as the training came."""
        return tuple(self._progress.curve)

    def run(self) -> None:
        """Train to the end; the best state is then in ``network``.

        Raises StageError for a state that cannot be read or written, for a loss or a gradient that
        is no number, and for a cut that moves the logits; UsageError for another training's state.
        """
        begin = self._start()
        feed = batches(
            self._corpus.training,
            size=self._config.step_size,
            seed=self._config.seed,
            skip=begin,
        )
        self._progress.begin(begin)
        for step in range(begin, self._schedule.total):
            if step == self._schedule.cut:
                self._cut()
            self._step(step, next(feed))
            self._after(step + 1)
        self._ranks.wait()
        self.network.load_state_dict(best_of(self._folder).network)

    def _start(self) -> int:
        """Start, or resume from the last state; returns the number of steps done."""
        state = load_state(self._folder / "state.pt")
        if state is not None:
            if state.best >= 0:
                best_of(self._folder)  # known now, not after the hours that are left
            return self._resume(state)
        self._observe()
        if self._config.pruning.ranking_batches:
            self._rank()
        for gate in self.gates:
            gate.score.data += self._config.pruning.start
        self._ranks.agree(self.network)
        return 0

    def _resume(self, state: TrainingState) -> int:
        if state.settings != repr(self._config):
            raise UsageError(
                "the folder holds the state of another training",
                detail=f"{self._folder}: its configuration is not this one",
                hint="name another folder, or remove its state.pt and best.pt",
            )
        self._kept = state.kept
        self._progress.curve, self._progress.best = list(state.curve), state.best
        self._progress.losses = list(state.losses)
        try:
            self._take(state)
        except torch.OutOfMemoryError:
            raise  # a RuntimeError too, and nothing of the state's shape
        except (KeyError, IndexError, RuntimeError, ValueError) as error:
            raise UsageError(
                "the folder holds the state of a model of another shape",
                detail=f"{self._folder}: {words_of(error)}",
                hint="--fresh starts again; or put the states of this configuration there",
            ) from error
        return state.step

    def _take(self, state: TrainingState) -> None:
        if state.kept is not None:
            cut_to(self._sites, state.kept)
        self.network.load_state_dict(state.network)
        self._learner.optimizer = self._learner.new_optimizer()
        self._learner.optimizer.load_state_dict(state.optimizer)

    def _observe(self) -> None:
        feed = batches(self._corpus.training, size=self._config.batch, seed=self._config.seed - 1)
        self.network.eval()
        with torch.no_grad(), observing(self.network):
            for _ in range(self._config.rounding.batches):
                self._learner.watch(next(feed))

    def _rank(self) -> None:
        """Scores to begin with: the mean square of each mask's gradient, batch by batch."""
        seed = self._config.seed - 2
        feed = batches(self._corpus.training, size=RANKING_BATCH, seed=seed)
        torch.manual_seed(seed)
        self.network.train()
        sums = [torch.zeros_like(gate.score) for gate in self.gates]
        for _ in range(self._config.pruning.ranking_batches):
            windows = next(feed)
            self.network.zero_grad()
            self._learner.loss(windows, whole=windows).backward()
            for place, gate in enumerate(self.gates):
                assert gate.score.grad is not None
                sums[place] += gate.score.grad**2
        self.network.zero_grad()
        start_scores(self.gates, sums)

    def _step(self, step: int, windows: Sequence[TrainingWindow]) -> None:
        factor = 0.0
        if self._kept is None:
            self._move(step)
            factor = (self._config.pruning.regularization or 0.0) * self._schedule.pruned(step)
        rate = self._schedule.rate(step)
        loss = self._learner.step(step, windows, rate=rate, factor=factor)
        self._progress.stepped(step + 1, loss, sparsity=self._gone())

    def _gone(self) -> float:
        """Share of the gated weights that are off, or were cut out."""
        if self._kept is None:
            return 1 - kept_share(self.gates)
        kept = sum(len(self._kept[site.name]) * site.gate.weights for site in self._sites)
        return 1 - kept / sum(gate.count * gate.weights for gate in self.gates)

    def _move(self, step: int) -> None:
        pruning = self._config.pruning
        if step < self._schedule.begin:
            return
        share = self._schedule.pruned(step)
        if pruning.sparsity is None:
            prune_below(self.gates, share=share)
        else:
            prune_to(self.gates, pruning.sparsity * share)

    def _cut(self) -> None:
        """Remove what is off; raises StageError if that changes a float logit."""
        self._move(self._schedule.cut)
        windows = self._corpus.held_out[: self._config.batch]
        before = self._learner.float_logits(windows)
        gone, spread = self._gone(), float(before[before != 0].std())  # padding is 0
        self._kept = cut(self._sites)
        moved = float((self._learner.float_logits(windows) - before).abs().max())
        self._progress.say(f"cut: {100 * gone:.1f} % of the gated weights; {_moved(moved)}")
        if not moved < CUT_TOLERANCE * spread:
            raise StageError(
                "the model answers differently after the cut",
                detail=f"{_moved(moved)}, beside a spread of {spread:.1e}",
                hint="this is a fault of the training code; the last state is kept",
            )
        self._observe()
        self._ranks.agree(self.network)
        self._learner.optimizer = self._learner.new_optimizer()

    def _after(self, step: int) -> None:
        best = self._schedule.evaluates(step) and self._progress.evaluated(step, self.evaluate())
        if not self._ranks.first:
            return
        if best:
            save_state(self._folder / "best.pt", replace(self._state(step), optimizer={}))
        if self._schedule.saves(step):
            save_state(self._folder / "state.pt", self._state(step))

    def _state(self, step: int) -> TrainingState:
        return TrainingState(
            step=step,
            kept=self._kept,
            curve=self.curve,
            best=self._progress.best,
            losses=tuple(self._progress.losses),
            settings=repr(self._config),
            network=self.network.state_dict(),
            optimizer=self._learner.optimizer.state_dict(),
        )

    def evaluate(self) -> SelectionScore:
        """The score of the held-out questions by ``network`` as it is now."""
        self.network.eval()
        return evaluate(
            self._learner.answer,
            self._corpus.held_out,
            self._corpus.held_out_questions,
            size=2 * self._config.batch,
        )


def equip(network: Any, config: JpqdConfig) -> list[Site]:
    """Make a float network ready: dropout, frozen tables, gates, rounding; changes it in place."""
    set_dropout(network, config.dropout)
    if config.freeze_embeddings:
        embeddings = network.base_model.embeddings.requires_grad_(requires_grad=False)
        for table in embeddings.modules():
            if isinstance(table, torch.nn.Embedding):
                round_table(table)
    pruning, rounding = config.pruning, config.rounding
    sites = add_gates(network, heads=pruning.heads, multiple=pruning.multiple)
    quantize(network, percentile=rounding.percentile, half_range=rounding.half_range)
    return sites


def _moved(worst: float) -> str:
    return f"logits moved by {worst:.1e}"


def _check(config: JpqdConfig, network: Any, teacher: Any, corpus: Corpus) -> None:
    if not corpus.training or not corpus.held_out:
        raise UsageError(
            "there are no windows to train on, or none to select by",
            detail=f"{len(corpus.training)} windows to train on, {len(corpus.held_out)} held out",
            hint="only questions in SQuAD's form select: add more of them, or hold out more",
        )
    if not config.distillation.hidden or teacher is None:
        return
    own, wanted = (
        (side.config.num_hidden_layers, side.config.hidden_size) for side in (network, teacher)
    )
    if own != wanted:
        raise UsageError(
            "the teacher's hidden states do not fit the model's",
            detail=f"blocks and width {wanted} against {own}",
            hint="set distillation.hidden to 0, or take a teacher of the same shape",
        )
