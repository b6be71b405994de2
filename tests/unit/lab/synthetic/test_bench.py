"""The comparison: figures by hand, and one real run of toys."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from submission.errors import StageError
from submission.lab.synthetic.bench import (
    ModelTimings,
    Pair,
    TopologyComparison,
    TopologyRow,
    compare,
)
from submission.lab.synthetic.made import Topology, make_dense, make_pruned
from submission.lab.synthetic.published import published_speedups
from submission.lab.synthetic.report import as_json, as_svg, as_text
from submission.lab.synthetic.trial import Timing, timed_model
from tests.fakes.pruned_ir import write_pruned
from tests.fitting import assert_fits


def measured(name: str, multiply_adds: int, *walls_ms: float) -> ModelTimings:
    rounds = tuple(Timing(wall_ms=wall, cpu_ms=wall / 2) for wall in walls_ms)
    return ModelTimings(name=name, multiply_adds=multiply_adds, rounds=rounds)


REFERENCE = measured("large-dense", 300, 100.0, 90.0, 110.0)
FAST = measured("bert-99_jpqd-base", 60, 20.0, 30.0, 20.0)


def comparison() -> TopologyComparison:
    over = FAST.speedup(REFERENCE)
    row = TopologyRow(
        model=FAST,
        over_dense=over,
        over_reference=over,
        published=published_speedups()[FAST.name],
        logits_difference=0.0,
    )
    return TopologyComparison(
        length=384, shorter=128, streams=2, rounds=3, reference=REFERENCE, rows=(row,)
    )


def test_a_speedup_is_the_ratio_of_medians_and_says_the_rounds() -> None:
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
    assert "synthetic weights" in head
    assert titles.split("  ")[0] == "model"
    assert reference.split() == ["large-dense", "100.0", "50.0", "1.0"]
    cells = "bert-99_jpqd-base 20.0 10.0 5.0 3.0-5.5 5.0 5.0 5.9 10.2 5.00 equal"
    assert row.split() == cells.split()


def test_the_json_fits_its_schema() -> None:
    value = as_json(comparison(), "a machine")
    assert_fits(value, "bench_topologies")
    assert value["made_up"] is True
    assert value["rows"][0]["over_twin"]["cpu"] == 5.0


def test_the_plot_is_an_svg_that_names_each_model() -> None:
    text = as_svg(comparison())
    assert fromstring(text).tag.endswith("svg")
    for words in ("wall time", "CPU time", "published Offline", "published Server"):
        assert f"bert-99_jpqd-base, {words}" in text


@pytest.mark.slow
def test_toys_are_compared(tmp_path: Path) -> None:
    toy = Topology(name="toy", xml=write_pruned(tmp_path / "openvino_model.xml"))
    made = [make(toy, tmp_path / "made") for make in (make_pruned, make_dense)]
    pruned, dense = (timed_model(manifest, length=12) for manifest in made)
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
    assert said[-1] == "1 of 3 rounds: the time limit is reached"
    assert found.rows[0].logits_difference == 0.0
    assert found.rows[0].over_dense.multiply_adds > 2
    with pytest.raises(StageError, match="cannot be run at 13 tokens"):
        timed_model(made[0], length=13)
