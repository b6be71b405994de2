"""A second descent of the learning rate: when things happen in it, and what it leaves alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.errors import StageError, UsageError  # noqa: E402
from submission.ir.inspect import inspect  # noqa: E402
from submission.lab.jpqd.schedule import schedule_of  # noqa: E402
from submission.lab.jpqd.sources import Sources  # noqa: E402
from submission.lab.jpqd.training import adopt_states, train  # noqa: E402
from tests.unit.lab.jpqd.tiny import stored, tiny_config, trainer  # noqa: E402

pytestmark = pytest.mark.slow

AGAIN = {"steps": 50, "learning_rate": 2e-3}


def test_the_rate_rises_again_to_a_peak_of_its_own_and_falls_to_nothing() -> None:
    long = schedule_of(tiny_config(steps=100, restart=AGAIN), 64)
    rates = [long.rate(step) for step in range(long.total)]
    assert len(rates) == 150
    assert (rates.index(1.0), rates.index(max(rates))) == (9, 104)
    assert max(rates) == pytest.approx(2.0)
    assert (rates[99], rates[149]) == pytest.approx((1 / 90, 2 / 45))
    assert rates[99] < rates[100] < rates[104] > rates[106]


def test_up_to_the_restart_all_is_as_without_it() -> None:
    long, short = (schedule_of(tiny_config(steps=100, restart=r), 64) for r in (AGAIN, None))
    assert (long.begin, long.cut, long.first) == (short.begin, short.cut, short.total)
    for step in range(100):
        assert long.rate(step) == short.rate(step)
        assert long.pruned(step) == short.pruned(step)


def test_scores_are_taken_at_equal_distances_to_the_end() -> None:
    long = schedule_of(tiny_config(steps=100, evaluations=5, restart=AGAIN), 64)
    assert [step for step in range(151) if long.evaluates(step)] == list(range(60, 151, 10))
    assert long.saves(150)


def states_of(
    folder: Path, **settings: Any
) -> tuple[dict[str, bytes], tuple[dict[str, float], ...]]:
    """The network's bytes when 12 steps were done, and the whole curve."""
    found: dict[str, bytes] = {}

    def say(text: str) -> None:
        if text.startswith("step 12: F1"):
            values = made.network.state_dict().items()
            found.update((name, v.contiguous().numpy().tobytes()) for name, v in values)

    made = trainer(folder, tiny_config(**settings), say=say)
    made.run()
    return found, made.curve


def test_a_training_with_a_restart_is_the_one_without_until_then(tmp_path: Path) -> None:
    short, curve = states_of(tmp_path / "short")
    long, more = states_of(tmp_path / "long", restart={"steps": 5, "learning_rate": 2e-3})
    assert short
    assert long == short
    assert more[: len(curve)] == curve
    assert [point["step"] for point in more[len(curve) :]] == [14, 16, 17]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    model, data = stored(tmp_path)
    return Sources(base=model, teacher=model, data=data)


def test_from_files_to_an_ir_of_the_first_blocks_the_restart_counts_as_steps(
    tmp_path: Path, sources: Sources
) -> None:
    config = tiny_config(
        steps=4, first_layers=1, distillation={"hidden": 0.0}, restart={**AGAIN, "steps": 2}
    )
    folder = tmp_path / "run"
    done = train(config, sources, folder, lambda _: None, only_export=False, threads=1)
    assert done.steps == 6
    assert len(inspect(done.xml).blocks) == 1
    again = train(config, sources, folder, lambda _: None, only_export=True, threads=1)
    assert again == done
    longer = dataclasses.replace(config, restart=dataclasses.replace(config.restart, steps=4))
    adopt_states(folder, longer)
    with pytest.raises(StageError, match="not finished") as caught:
        train(longer, sources, folder, lambda _: None, only_export=True, threads=1)
    assert "6 of 8 steps" in caught.value.detail
    (folder / "best.pt").unlink()
    with pytest.raises(UsageError, match="no state to adopt") as refused:
        adopt_states(folder, longer)
    assert "best.pt missing" in refused.value.detail
