"""A killed training resumes to the same bytes as one that was not killed."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Never

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")


from submission.errors import StageError, UsageError  # noqa: E402
from submission.lab.jpqd.network import gates_of  # noqa: E402
from submission.lab.jpqd.quantizers import ActivationQuantizer  # noqa: E402
from submission.lab.jpqd.states import load_state, save_state  # noqa: E402
from tests.unit.lab.jpqd.tiny import network, tiny_config, trainer  # noqa: E402

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("killed_training.py")
SEED = os.environ.get("KIT_FUZZ_SEED", "1")
#: with the steps of the last state: 12 steps, a state every second one, the cut before the 7th
MOMENTS = {"after:1": 2, "between:2": 2, "after:3": 6, "between:5": 8, f"random:{SEED}": None}


def tensors(network: Any) -> dict[str, bytes]:
    return {name: v.contiguous().numpy().tobytes() for name, v in network.state_dict().items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    torch.set_num_threads(1)
    made = trainer(tmp_path_factory.mktemp("whole"), tiny_config())
    made.run()
    return tensors(made.network), made.curve, made.evaluate()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("killed")
    cases = [part for n, moment in enumerate(MOMENTS) for part in (str(folder / str(n)), moment)]
    command = [sys.executable, "-W", "ignore", str(SCRIPT), "bert", *cases]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return folder, run.stdout.split("\n")


@pytest.mark.parametrize("number", range(len(MOMENTS)))
def test_a_killed_training_resumes_to_the_same_bytes(
    tmp_path: Path, killed: tuple[Path, list[str]], undisturbed: tuple[Any, ...], number: int
) -> None:
    folder, said = killed[0] / str(number), killed[1][number]
    moment, steps = list(MOMENTS.items())[number]
    assert said == f"{moment} -9"
    state = load_state(folder / "run" / "state.pt")
    assert steps is None or state.step == steps
    assert 0 < state.step <= 12
    shutil.copytree(folder, tmp_path / "again")
    lines: list[str] = []
    again = trainer(tmp_path / "again", tiny_config(), say=lines.append)
    again.run()
    assert tensors(again.network) == undisturbed[0]
    assert (again.curve, again.evaluate()) == undisturbed[1:]
    assert any("step 12/12" in line for line in lines) == (state.step < 12)


def test_after_the_cut_a_resumed_training_still_says_how_much_is_gone(
    tmp_path: Path, killed: tuple[Path, list[str]]
) -> None:
    """Of the training that was killed after 8 of 12 steps; its gates are fresh ones."""
    shutil.copytree(killed[0] / "3", tmp_path / "again")
    lines: list[str] = []
    trainer(tmp_path / "again", tiny_config(), say=lines.append).run()
    steps = [line for line in lines if line.startswith("step 12/12")]
    assert [float(line.split("sparsity ")[1].split(" %")[0]) >= 50 for line in steps] == [True]


def test_a_finished_training_does_nothing_again(tmp_path: Path) -> None:
    first = trainer(tmp_path, tiny_config(steps=2))
    lines: list[str] = []
    first.run()
    again = trainer(tmp_path, tiny_config(steps=2), say=lines.append)
    again.run()
    assert lines == []
    assert tensors(again.network) == tensors(first.network)


@pytest.mark.parametrize("content", [None, b"half a file"])
def test_a_best_state_that_is_lost_or_damaged_is_reported_at_once(
    tmp_path: Path, content: bytes | None
) -> None:
    trainer(tmp_path, tiny_config(steps=2)).run()
    best = tmp_path / "run" / "best.pt"
    best.unlink() if content is None else best.write_bytes(content)
    with pytest.raises(StageError, match="state of the training") as caught:
        trainer(tmp_path, tiny_config(steps=2))._start()
    assert "best.pt" in caught.value.detail
    assert "--fresh" in caught.value.hint


def test_a_state_of_another_shape_is_named(tmp_path: Path) -> None:
    """As one that was adopted by mistake."""
    trainer(tmp_path, tiny_config(steps=2)).run()
    kinds: list[dict[str, Any]] = [{"num_hidden_layers": 3}, {"hidden_size": 64}]
    for kind in kinds:
        other = [network(**kind, seed=seed) for seed in (1, 2)]
        made = trainer(tmp_path, tiny_config(steps=2), network=other[0], teacher=other[1])
        with pytest.raises(UsageError, match="another shape") as caught:
            made.run()
        assert "--fresh" in caught.value.hint


def test_too_little_memory_is_not_reported_as_another_shape(tmp_path: Path) -> None:
    trainer(tmp_path, tiny_config(steps=2)).run()
    made = trainer(tmp_path, tiny_config(steps=2))

    def full(values: Any) -> Never:
        raise torch.OutOfMemoryError("out of memory")

    made.network.load_state_dict = full
    with pytest.raises(torch.OutOfMemoryError):
        made.run()


def test_a_full_disk_is_named_and_leaves_the_last_state(tmp_path: Path) -> None:
    trainer(tmp_path, tiny_config(steps=2)).run()
    path = tmp_path / "run" / "state.pt"
    before = path.read_bytes()
    (tmp_path / "run" / "state.pt.part").symlink_to("/dev/full")
    with pytest.raises(StageError, match="cannot be written") as caught:
        save_state(path, load_state(path))
    assert str(path) in caught.value.detail
    assert path.read_bytes() == before
    assert not path.with_name("state.pt.part").is_symlink()


def test_the_best_state_carries_no_optimizer_and_an_older_one_that_does_is_read(
    tmp_path: Path,
) -> None:
    trainer(tmp_path, tiny_config(steps=2)).run()
    best, state = (load_state(tmp_path / "run" / name) for name in ("best.pt", "state.pt"))
    assert (best.optimizer, bool(state.optimizer)) == ({}, True)
    save_state(tmp_path / "run" / "best.pt", dataclasses.replace(best, optimizer=state.optimizer))
    trainer(tmp_path, tiny_config(steps=2)).run()


def test_a_loss_that_is_no_number_ends_the_training_before_anything_is_saved(
    tmp_path: Path,
) -> None:
    broken = network()
    broken.qa_outputs.bias.data[0] = float("nan")
    config = tiny_config({"ranking_batches": 0})
    with pytest.raises(StageError, match="not a number at step 1") as caught:
        trainer(tmp_path, config, network=broken).run()
    assert "learning_rate" in caught.value.hint
    assert list((tmp_path / "run").glob("*")) == []


def test_a_gradient_that_is_no_number_ends_the_training_before_a_weight_changes(
    tmp_path: Path,
) -> None:
    made = trainer(tmp_path, tiny_config({"ranking_batches": 0}))
    made._start()
    weights = made._learner._weights()
    weights[0].register_hook(lambda gradient: gradient * float("inf"))
    before = [values.detach().clone() for values in weights]
    with pytest.raises(StageError, match="gradient is not a number at step 1") as caught:
        made._step(0, made._corpus.training[:8])
    assert "learning_rate" in caught.value.hint
    assert all(map(torch.equal, before, weights))


def test_a_state_keeps_ranges_thresholds_and_scores(
    tmp_path: Path, killed: tuple[Path, list[str]]
) -> None:
    """Of the training that was killed before the cut."""
    state = load_state(killed[0] / "0" / "run" / "state.pt")
    assert state.kept is None
    scales = [float(v) for name, v in state.network.items() if name.endswith(".scale")]
    assert len(scales) > 8
    assert min(scales) > 0
    made = trainer(tmp_path, tiny_config())
    made._resume(state)
    found = [m.ready for m in made.network.modules() if isinstance(m, ActivationQuantizer)]
    assert found
    assert all(found)
    gates = list(gates_of(made.network))
    assert any(len(gate.kept()) < gate.count for gate in gates)
    assert all(float(gate.score.detach().abs().sum()) > 0 for gate in gates)


def test_the_state_of_another_configuration_is_not_resumed(tmp_path: Path) -> None:
    trainer(tmp_path, tiny_config(steps=2)).run()
    with pytest.raises(UsageError, match="another training") as caught:
        trainer(tmp_path, tiny_config(steps=2, learning_rate=5e-4)).run()
    assert "state.pt" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04 half"])
def test_a_file_that_is_no_state_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.pt").write_bytes(content)
    with pytest.raises(StageError, match="state of the training") as caught:
        trainer(tmp_path, tiny_config()).run()
    assert "state.pt" in caught.value.detail
