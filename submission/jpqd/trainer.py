"""The training: gates close, structures are cut, the rest learns with rounding and a teacher."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from submission.jpqd.config import JpqdConfig
from submission.jpqd.corpus import Question
from submission.jpqd.gates import (
    Gate,
    cubic,
    kept_share,
    prune_below_zero,
    prune_to,
    regularization,
    start_scores,
)
from submission.jpqd.network import Site, add_gates, quantize, set_dropout
from submission.jpqd.objective import loss
from submission.jpqd.quantizers import float_only, observing, round_table
from submission.jpqd.selection import Logits, Score, evaluate
from submission.jpqd.states import State, load_state, save_state
from submission.jpqd.surgery import cut, cut_to
from submission.jpqd.windows import Batch, Window, batches, collate

Say = Callable[[str], None]
CUT_TOLERANCE = 1e-4  # float32 sums in another order; logits are of the order of 10
GRADIENT_NORM = 1.0


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Windows to learn from, and what selects."""

    training: Sequence[Window]
    held_out: Sequence[Window]
    held_out_questions: Sequence[Question]


class Trainer:
    """One training, from its last saved state on; the same result however often it was stopped."""

    def __init__(
        self,
        config: JpqdConfig,
        *,
        network: Any,
        teacher: Any,
        corpus: Corpus,
        folder: Path,
        say: Say,
        device: str = "cpu",
    ) -> None:
        self._config, self._corpus, self._folder, self._say = config, corpus, folder, say
        self._device = torch.device(device)
        self._teacher = None if teacher is None else teacher.to(self._device).eval()
        self.network = network
        self._total = config.total_steps(len(corpus.training))
        self._prune_end = round(config.pruning.end * self._total)
        self._prune_begin = round(config.pruning.begin * self._total)
        self._kept: dict[str, list[int]] | None = None
        self._curve: list[dict[str, float]] = []
        self._best = -1.0
        self._prepare()

    def _prepare(self) -> None:
        config = self._config
        set_dropout(self.network, config.dropout)
        if config.freeze_embeddings:
            embeddings = self.network.base_model.embeddings.requires_grad_(requires_grad=False)
            for table in embeddings.modules():
                if isinstance(table, torch.nn.Embedding):
                    round_table(table)
        rounding = config.rounding
        self._sites: list[Site] = add_gates(
            self.network, heads=config.pruning.heads, multiple=config.pruning.multiple
        )
        quantize(self.network, percentile=rounding.percentile, half_range=rounding.half_range)
        self.network.to(self._device)

    @property
    def gates(self) -> list[Gate]:
        """The gates of all sites; none is in the network any more once it was cut."""
        return [site.gate for site in self._sites]

    def run(self) -> Score:
        """Train to the end; the best state is then in ``network``."""
        state = load_state(self._folder / "state.pt")
        begin = 0
        if state is None:
            self._begin()
        else:
            begin = self._resume(state)
        feed = batches(
            self._corpus.training, size=self._config.batch, seed=self._config.seed, skip=begin
        )
        started = time.monotonic()
        for step in range(begin, self._total):
            if step == self._prune_end:
                self._cut()
            value = self._step(step, next(feed))
            self._after(step + 1, value, begin, started)
        best = load_state(self._folder / "best.pt")
        assert best is not None
        self.network.load_state_dict(best.network)
        return self._evaluate()

    def _begin(self) -> None:
        self._observe()
        self._rank()
        self._optimizer = self._new_optimizer()

    def _resume(self, state: State) -> int:
        self._kept, self._curve, self._best = state.kept, list(state.curve), state.best
        if state.kept is not None:
            cut_to(self._sites, state.kept)
        self.network.load_state_dict(state.network)
        self._optimizer = self._new_optimizer()
        self._optimizer.load_state_dict(state.optimizer)
        return state.step

    def _observe(self) -> None:
        feed = batches(self._corpus.training, size=self._config.batch, seed=self._config.seed - 1)
        self.network.eval()
        with torch.no_grad(), observing(self.network):
            for _ in range(self._config.rounding.batches):
                self._forward(self.network, self._tensors(collate(next(feed))))

    def _rank(self) -> None:
        """Scores to begin with: the mean square of each mask's gradient, batch by batch."""
        feed = batches(self._corpus.training, size=4, seed=self._config.seed - 2)
        self.network.train()
        sums = [torch.zeros_like(gate.score) for gate in self.gates]
        for _ in range(self._config.pruning.ranking_batches):
            batch = self._tensors(collate(next(feed)))
            self.network.zero_grad()
            self._loss(batch).backward()
            for place, gate in enumerate(self.gates):
                assert gate.score.grad is not None
                sums[place] += gate.score.grad**2
        self.network.zero_grad()
        start_scores(self.gates, sums)

    def _step(self, step: int, windows: Sequence[Window]) -> float:
        config = self._config
        torch.manual_seed(config.seed + step)  # dropout is the same, however a run was stopped
        self.network.train()
        if self._kept is None:
            self._move(step)
        rate = self._rate(step)
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        total = self._loss(self._tensors(collate(windows)))
        if self._kept is None and config.pruning.regularization is not None:
            share = cubic(step, begin=self._prune_begin, end=self._prune_end)
            total = total + share * config.pruning.regularization * regularization(self.gates)
        self._optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self._weights(), GRADIENT_NORM)
        self._optimizer.step()
        return float(total.detach())

    def _move(self, step: int) -> None:
        pruning = self._config.pruning
        if step < self._prune_begin:
            return
        if pruning.sparsity is None:
            prune_below_zero(self.gates)
            return
        share = cubic(step, begin=self._prune_begin, end=self._prune_end)
        prune_to(self.gates, pruning.sparsity * share)

    def _cut(self) -> None:
        """Remove what is off; raises AssertionError if that changes a float logit."""
        self._move(self._prune_end)
        batch = self._tensors(collate(self._corpus.held_out[: self._config.batch]))
        before = self._float_logits(batch)
        share = kept_share(self.gates)
        self._kept = cut(self._sites)
        worst = float((self._float_logits(batch) - before).abs().max())
        self._say(
            f"cut: {100 * (1 - share):.1f} % of the gated weights; logits moved by {worst:.1e}"
        )
        assert worst < CUT_TOLERANCE, worst
        self._observe()
        self._optimizer = self._new_optimizer()

    def _float_logits(self, batch: Any) -> Tensor:
        self.network.eval()
        with torch.no_grad(), float_only(self.network):
            answer = self.network(**_inputs(batch))
        return torch.stack([answer.start_logits, answer.end_logits]) * batch.attention_mask

    def _after(self, step: int, value: float, begin: int, started: float) -> None:
        config = self._config
        last = step == self._total
        every = max(1, (self._total - self._prune_end) // config.evaluations)
        self._losses = [*getattr(self, "_losses", []), value][-50:]
        if step % 10 == 0 or last:
            left = (time.monotonic() - started) / (step - begin) * (self._total - step)
            share = 1 - kept_share(self.gates)
            mean = sum(self._losses) / len(self._losses)
            self._say(
                f"step {step}/{self._total}, loss {mean:.3f}, sparsity {100 * share:.1f} %, "
                f"{left / 60:.0f} min left"
            )
        if step > self._prune_end and ((step - self._prune_end) % every == 0 or last):
            score = self._evaluate()
            mean = sum(self._losses) / len(self._losses)
            self._curve.append({"step": step, "loss": mean, "f1": score.f1})
            self._say(f"step {step}: F1 {score.f1:.2f}, exact match {score.exact_match:.2f}")
            if score.f1 > self._best:
                self._best = score.f1
                save_state(self._folder / "best.pt", self._state(step))
        if step % config.checkpoint_every == 0 or last:
            save_state(self._folder / "state.pt", self._state(step))

    def _state(self, step: int) -> State:
        return State(
            step=step,
            kept=self._kept,
            curve=tuple(self._curve),
            best=self._best,
            network=self.network.state_dict(),
            optimizer=self._optimizer.state_dict(),
        )

    def _evaluate(self) -> Score:
        self.network.eval()
        return evaluate(
            self._answer,
            self._corpus.held_out,
            self._corpus.held_out_questions,
            size=2 * self._config.batch,
        )

    def _answer(self, batch: Batch) -> Logits:
        with torch.no_grad():
            answer = self._forward(self.network, self._tensors(batch))
        return answer.start_logits.float().cpu().numpy(), answer.end_logits.float().cpu().numpy()

    def _loss(self, batch: Any) -> Tensor:
        teacher = None
        if self._teacher is not None:
            with torch.no_grad():
                teacher = self._forward(self._teacher, batch)
        return loss(self._forward(self.network, batch), teacher, batch, self._config.distillation)

    def _forward(self, network: Any, batch: Any) -> Any:
        kind = self._config.autocast
        dtype = torch.bfloat16 if kind is None else getattr(torch, kind)
        hidden = bool(self._config.distillation.hidden)
        with torch.autocast(self._device.type, dtype=dtype, enabled=kind is not None):
            return network(**_inputs(batch), output_hidden_states=hidden)

    def _tensors(self, batch: Batch) -> Any:
        return SimpleNamespace(
            **{
                name: torch.from_numpy(value).to(self._device)
                for name, value in vars(batch).items()
            }
        )

    def _weights(self) -> list[torch.nn.Parameter]:
        scores = {id(gate.score) for gate in self.gates}
        return [p for p in self.network.parameters() if p.requires_grad and id(p) not in scores]

    def _new_optimizer(self) -> torch.optim.Optimizer:
        config = self._config
        weights = self._weights()
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        for group in groups:
            group["peak"] = config.learning_rate
        if self._kept is None:
            scores = [gate.score for gate in self.gates]
            rate = config.pruning.score_rate
            groups.append({"params": scores, "weight_decay": 0.0, "peak": rate})
        return torch.optim.AdamW(groups, lr=config.learning_rate)

    def _rate(self, step: int) -> float:
        """Share of the learning rate: up over ``warmup``, then down to 0, both in a line."""
        rising = max(1.0, self._config.warmup * self._total)
        if step < rising:
            return (step + 1) / rising
        return max(0.0, (self._total - step) / (self._total - rising))


def _inputs(batch: Any) -> dict[str, Tensor]:
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {name: getattr(batch, name) for name in names}
