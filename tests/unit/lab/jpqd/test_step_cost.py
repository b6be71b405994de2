"""What a training step costs, tried on a network of two small blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.errors import UsageError
from submission.lab.jpqd import step_cost
from submission.lab.jpqd.config import load_config
from submission.lab.jpqd.shapes import SHAPES

pytestmark = pytest.mark.slow

RECIPE = Path(__file__).parents[4] / "models" / "bert-99_jpqd-base" / "jpqd.json"
TINY: dict[str, Any] = {
    "model_type": "bert",
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def test_steps_before_and_after_the_cut_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHAPES, "tiny", TINY)
    said: list[str] = []
    config = load_config(RECIPE)
    cost = step_cost.measure(
        config, base="tiny", teacher="tiny", steps=15, device="cpu", threads=1, say=said.append
    )
    assert cost.steps == 15
    assert min(cost.pruning_s, cost.after_cut_s) > 0
    assert cost.peak_bytes is None
    assert len(cost.losses) == 3
    steps = config.epochs * step_cost.SQUAD_WINDOWS // config.batch if config.epochs else 0
    slowest, fastest = sorted([cost.pruning_s, cost.after_cut_s], reverse=True)
    assert steps * fastest / 3600 <= cost.hours <= steps * slowest / 3600
    assert any(line.startswith("cut: ") for line in said)


@pytest.mark.parametrize("steps", [-1, 0, 1, 9])
def test_too_few_steps_are_refused(steps: int) -> None:
    with pytest.raises(UsageError, match="steps are too few"):
        step_cost.measure(
            load_config(RECIPE),
            base="bert-base",
            teacher="bert-base",
            steps=steps,
            device="cpu",
            threads=1,
            say=print,
        )
