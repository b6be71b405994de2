"""The comparison: figures by hand, and one real run of toys."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.errors import StageError
from submission.lab.synthetic.bench import Comparison, Measured, Pair, Row, compare
from submission.lab.synthetic.made import Topology, make_dense, make_pruned
from submission.lab.synthetic.plot import write_plot
from submission.lab.synthetic.published import published_speedups
from submission.lab.synthetic.report import as_json, as_text
from submission.lab.synthetic.trial import Timing, open_trial
from submission.workspace.schema import validate
from tests.fakes.pruned_ir import write_pruned


def measured(name: str, multiply_adds: int, *walls_ms: float) -> Measured:
    rounds = tuple(Timing(wall_ms=wall, cpu_ms=wall / 2) for wall in walls_ms)
    return Measured(name=name, multiply_adds=multiply_adds, rounds=rounds)


REFERENCE = measured("large-dense", 300, 100.0, 90.0, 110.0)
FAST = measured("bert-99_jpqd-base", 60, 20.0, 30.0, 20.0)


def comparison() -> Comparison:
    over = FAST.speedup(REFERENCE)
    row = Row(
        model=FAST,
        over_twin=over,
        over_reference=over,
        published=published_speedups()[FAST.name],
        logits_difference=0.0,
    )
    return Comparison(
        length=384, shorter=128, streams=2, rounds=3, reference=REFERENCE, rows=(row,)
    )


def test_a_speedup_is_the_ratio_of_medians_and_tells_the_rounds() -> None:
    over = FAST.speedup(REFERENCE)
    assert (over.wall, over.cpu, over.multiply_adds) == (5.0, 5.0, 5.0)
    assert (over.wall_least, over.wall_most) == (3.0, 5.5)


def test_the_published_speedups_are_those_of_the_published_table() -> None:
    known = published_speedups()
    assert {name: round(s.offline, 1) for name, s in known.items()} == {
        "bert-99.9_jpqd-large": 4.1,
        "bert-99_jpqd-large": 4.7,
        "bert-99_jpqd-base": 5.9,
        "bert-99_jpqd-mobilebert": 9.0,
    }
    assert [round(s.server, 1) for s in known.values()] == [5.5, 7.3, 10.2, 16.6]


def test_the_table_sets_measured_beside_published() -> None:
    head, titles, reference, row = as_text(comparison()).splitlines()
    assert "made-up weights" in head
    assert titles.split("  ")[0] == "model"
    assert reference.split() == ["large-dense", "100.0", "50.0", "1.0"]
    cells = "bert-99_jpqd-base 20.0 10.0 5.0 3.0-5.5 5.0 5.0 5.9 10.2 5.00 equal"
    assert row.split() == cells.split()


def test_the_json_fits_its_schema() -> None:
    value = as_json(comparison(), "a machine")
    validate(value, "bench_topologies", what="the comparison")
    assert value["made_up"] is True


def test_the_plot_is_an_svg_that_names_each_model(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    write_plot(comparison(), tmp_path / "p.svg")
    text = (tmp_path / "p.svg").read_text()
    assert text.startswith("<?xml")
    assert "bert-99_jpqd-base" in text
    write_plot(comparison(), tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == text


def test_toys_are_compared(tmp_path: Path) -> None:
    toy = Topology(name="toy", xml=write_pruned(tmp_path / "openvino_model.xml"))
    made = [make(toy, tmp_path / "made") for make in (make_pruned, make_dense)]
    pruned, dense = (open_trial(manifest, length=12) for manifest in made)
    said: list[str] = []
    found = compare(
        [Pair(pruned=pruned, dense=dense)],
        dense,
        length=12,
        shorter=8,
        rounds=3,
        budget_s=0.0,
        say=said.append,
    )
    assert found.rounds == 1
    assert said[-1] == "1 of 3 rounds: the time given is used up"
    assert found.rows[0].logits_difference == 0.0
    assert found.rows[0].over_twin.multiply_adds > 2
    with pytest.raises(StageError, match="cannot be run at 13 tokens"):
        open_trial(made[0], length=13)
