"""Two processes that torch's launcher starts train as one does alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.lab.jpqd.ranks import ALONE, Ranks, joined  # noqa: E402
from tests.unit.lab.jpqd.tiny import tiny_config, trainer  # noqa: E402

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("ranked_training.py")
LAUNCHER = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def flat(values: Any) -> Any:
    """The weights in one row; biases are left out, of which some have no gradient but noise."""
    return torch.cat([v.flatten() for name, v in values.items() if name.endswith("weight")])


def test_two_processes_end_with_the_weights_of_one_that_took_the_whole_batch(
    tmp_path: Path,
) -> None:
    made = trainer(tmp_path / "one", tiny_config(dropout=0.0))
    made.run()
    command = [sys.executable, "-W", "ignore", *LAUNCHER, str(SCRIPT), str(tmp_path / "two"), "8"]
    subprocess.run(command, check=True, capture_output=True)
    first, second = (
        torch.load(tmp_path / "two" / f"end-{rank}-of-2.pt", weights_only=True) for rank in range(2)
    )
    assert first["said"] > 0 == second["said"]
    assert all(torch.equal(first["network"][n], v) for n, v in second["network"].items())
    one, two = flat(made.network.state_dict()), flat(first["network"])
    # half a batch at each step would end 0.01 apart; the order of sums does not
    assert float((two - one).abs().mean()) < 1e-4


def test_shares_are_disjoint_and_together_the_whole() -> None:
    rows = list(range(11))
    shares = [Ranks(rank=rank, count=3).share(rows) for rank in range(3)]
    assert sorted(row for share in shares for row in share) == rows


def test_a_process_that_no_launcher_started_is_alone() -> None:
    with joined() as ranks:
        assert ranks == ALONE
