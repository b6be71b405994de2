"""What a tree says is shown as text, never as markup; a page asks for nothing from elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from submission.artifacts.manifest import Published
from submission.checks.reports.document import Block, Document, Table, Text
from submission.checks.reports.html_page import as_page
from submission.checks.reports.markdown import as_markdown
from submission.report.build import _plots
from submission.report.facts import Reference, Row, labelled, references_for
from submission.report.plots import accuracy_against_rate, mark, pareto, server_latencies
from submission.report.tables import results
from submission.squad.question_scores import QuestionScores

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

REFERENCE = Reference(
    name="reference",
    system="box",
    f1=90.231,
    server_completed=99.5,
    offline=100.0,
    measured=False,
    fp32_f1=90.874,
)


def test_a_page_holds_no_markup_of_a_tree(hostile: Document) -> None:
    page = as_page(hostile)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") == 48


def test_short_words_are_kept_on_one_line_and_long_ones_break_behind_a_slash() -> None:
    long = "results/1-node-OpenVINO-INT8/Server"
    table = Table(caption="c", head=("a", "rate [samples/s]"), rows=(("x", long),), cards=True)
    page = as_page((*_heading(), Text(text=f"68 samples/s on GNU/Linux in {long}"), table))
    kept = '<span class="w">68&nbsp;samples/s</span>'
    assert f'{kept} on <span class="w">GNU/Linux</span> in' in page
    # in a block of its own: it breaks where it is wider than its place
    parts = "results/<wbr>1-<wbr>node-<wbr>OpenVINO-<wbr>INT8/<wbr>Server"
    assert f'in <span class="l">{parts}</span></p>' in page
    assert 'rate <span class="w">[samples/s]</span></th>' in page
    assert 'data-label="rate [samples/&#8288;s]"><span><span class="l">results/' in page


def test_a_path_breaks_behind_a_slash_and_not_inside_a_name() -> None:
    path = "…/performance/run_1/mlperf_log_summary_of_the_run.txt:7"
    page = as_page((*_heading(), Text(text=path)))
    parts = re.findall(r'<span class="[wl]">(.*?)</span>', page)
    assert [part.replace("<wbr>", "") for part in parts] == [
        "…/performance/",
        "run_1/",
        "mlperf_log_summary_of_the_run.txt:7",
    ]
    for odd in ("x" * 60 + "/", "/" * 60, f"//{'a_b-' * 20}//c/", "…/" * 30):
        page = as_page((*_heading(), Text(text=odd)))
        said = re.sub(r"<[^>]*>", "", page.partition("<p>")[2].partition("</p>")[0])
        assert said == odd


def test_markdown_holds_no_markup_of_a_tree(hostile: Document) -> None:
    text = as_markdown(hostile)
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    cells = next(line for line in text.splitlines() if line.startswith("| \\<script"))
    assert len(re.findall(r"(?<!\\)\|", cells)) == 2


def test_a_page_with_plots_refers_to_nothing_outside(row: Row) -> None:
    plots = (accuracy_against_rate([row], "Offline"), server_latencies([row]))
    page = as_page((*results([row], ()), *plots, *_heading()))
    assert not re.search(r'(src|href|action)="(?!#|data:,)', page)
    assert not re.search(r"url\((?!#)|@import|<link(?! rel=\"icon\")", page)


def test_a_ratio_of_accuracies_has_its_interval_in_brackets(row: Row) -> None:
    right = np.arange(500) % 4 > 0
    worse = right & (np.arange(500) % 50 > 0)
    scores = [QuestionScores(exact=each, f1=each.astype(np.float64)) for each in (right, worse)]
    base = replace(row, benchmark="dense", label="dense", scores=scores[0], fp32_f1=None)
    base = replace(base, data="d", compared_with="dense")
    other = replace(base, benchmark="half", label="half", scores=scores[1], f1=row.f1 * 0.987)
    (_, half) = table(results([base, other], references_for([base, other], None))).rows
    assert re.fullmatch(r"0\.987 \(0\.97\d to 0\.99\d\)", half[2])


def table(blocks: Sequence[Block]) -> Table:
    assert isinstance(blocks[0], Table)
    return blocks[0]


def _heading() -> tuple[Any, ...]:
    from submission.checks.reports.document import Heading

    return (Heading(text="x", level=1),)


def test_a_plot_has_the_colours_of_the_page_and_ids_of_its_own(row: Row) -> None:
    for rows, name in (([row], "rate-offline-"), (three(row), "f1-offline-")):
        plot = accuracy_against_rate(rows, "Offline")
        assert "var(--s0)" in plot.svg
        assert "var(--ink)" in plot.svg
        assert all(found.startswith(name) for found in re.findall(r' id="([^"]+)"', plot.svg))


def three(row: Row) -> list[Row]:
    """Enough models for a plot of points."""
    return [
        replace(row, label=f"model {n}", f1=row.f1 - n, offline=300.0 * (n + 1)) for n in range(3)
    ]


def test_few_models_are_bars_and_more_are_points_with_the_dense_one(row: Row) -> None:
    bars = accuracy_against_rate([row], "Offline", (REFERENCE,))
    assert bars.words == "model: 300.0 samples/s at F1 90.00."
    points = accuracy_against_rate(three(row), "Offline", (REFERENCE,))
    assert "Fastest: model 2, 900.0 samples/s at F1 88.00" in points.words
    assert "star is the dense baseline" in points.words
    assert "99 % of FP32, the closed division's target" in points.words
    own = [replace(each, fp32_f1=None, compared_with="model") for each in three(row)]
    dense = references_for([replace(own[0], benchmark="model")], None)
    assert "99 % of the dense F1" in accuracy_against_rate(own, "Offline", dense).words
    part = [replace(each, whole_squad=False) for each in three(row)]
    assert "target" not in accuracy_against_rate(part, "Offline", (REFERENCE,)).words


def test_no_two_of_many_models_look_the_same() -> None:
    assert len({mark(number) for number in range(64)}) == 64


@pytest.mark.filterwarnings("error")
def test_a_long_name_leaves_a_bar_its_room(row: Row) -> None:
    name = "A: bert-99 on a_workstation-original-gpu-tensorrt-v8.5.2.2-default_config-and-more" * 2
    plot = accuracy_against_rate([replace(row, label=name)], "Offline")
    assert plot.words.startswith(name)
    assert "default_" in plot.svg
    assert name not in plot.svg


@pytest.mark.filterwarnings("error")
def test_many_names_leave_the_drawing_its_room(row: Row) -> None:
    names = [f"a model with a name that takes a line {n}" for n in range(60)]
    rows = [replace(row, label=name, offline=100.0 + n) for n, name in enumerate(names)]
    assert accuracy_against_rate(rows, "Offline").svg.count("takes a line") == 60


def test_an_invalid_model_is_marked_and_is_never_the_fastest(row: Row) -> None:
    rows = three(row)
    rows[2] = replace(rows[2], rejected=("Offline",))
    plot = accuracy_against_rate(rows, "Offline")
    assert "Fastest: model 1, 600.0 samples/s" in plot.words
    assert "Invalid by the rules, so not counted: model 2." in plot.words
    assert "model 2 (invalid)" in plot.svg
    assert "model 2 (invalid)" not in accuracy_against_rate(rows, "Server").svg
    found = table(results(rows, (REFERENCE,)))
    assert found.rows[-1][0] == "model 2 (invalid: Offline)"
    assert accuracy_against_rate(rows[2:], "Offline").words.startswith("model 2 (invalid): ")


def test_of_two_trees_the_second_is_hollow(row: Row) -> None:
    models = [replace(each, benchmark=each.label) for each in three(row)]
    rows = labelled([replace(each, tree=tree) for tree in "AB" for each in models], several=True)
    for plot in (accuracy_against_rate(rows, "Offline"), server_latencies(rows)):
        assert plot.words.endswith("Filled: A; hollow in a colour: B.")
        assert "fill: none" in plot.svg.replace("fill-opacity: 0", "fill: none")
    alone = accuracy_against_rate(three(row), "Offline")
    assert "hollow" not in alone.words


def test_the_mark_of_published_figures_is_explained(row: Row) -> None:
    rows = three(row)
    published = Published(
        f1=90.0, server_scheduled=None, server_completed=None, offline=1.0, source="s"
    )
    rows[0] = replace(rows[0], published=published)
    assert "A hollow mark" in accuracy_against_rate(rows, "Offline").words


def test_figures_of_different_data_sets_are_never_in_one_drawing(row: Row) -> None:
    rows = [*three(row), *(replace(r, label=f"mini {r.label}") for r in three(row))]
    rows = [replace(r, data="mini" if r.label.startswith("mini") else "SQuAD") for r in rows]
    plots = [plot for plot in _plots(rows, (), ()) if plot.title.startswith("F1 against Offline")]
    assert [plot.title.rpartition(", ")[2] for plot in plots] == ["SQuAD", "mini"]
    assert ["mini model" in plot.svg for plot in plots] == [False, True]
    assert ["model" in plot.svg.replace("mini model", "") for plot in plots] == [True, False]


def test_the_same_figures_give_the_same_drawing(row: Row) -> None:
    assert server_latencies([row]).svg == server_latencies([row]).svg


def test_what_was_not_run_is_not_drawn(row: Row) -> None:
    bare = replace(row, server=None, offline=None)
    assert accuracy_against_rate([bare], "Offline") is None
    assert server_latencies([bare]) is None


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([(1, 90), (2, 91)], [(2, 91)]),
        ([(1, 92), (2, 91), (1.5, 90)], [(2, 91), (1, 92)]),
        ([(1, 91), (2, 91)], [(2, 91)]),
        ([], []),
    ],
)
def test_the_front_holds_what_nothing_beats_in_both(
    points: list[tuple[float, float]], front: list[tuple[float, float]]
) -> None:
    assert pareto(points) == front


def test_ratios_are_of_completed_rates_on_the_references_machine(row: Row) -> None:
    here = table(results([row], (REFERENCE,))).rows
    assert here[0][0] == "reference (published, not in the tree)"
    assert (here[1][6], here[1][8]) == ("2.0x", "3.0x")
    elsewhere = table(results([replace(row, system="other")], (REFERENCE,))).rows
    assert (elsewhere[1][6], elsewhere[1][8]) == ("", "")


def test_a_reference_speaks_for_its_own_tree_though_systems_bear_one_name(row: Row) -> None:
    slow = replace(row, label="r", benchmark="reference", offline=100.0)
    rows = [replace(each, tree=tree) for tree in "AB" for each in (slow, row)]
    rows[2] = replace(rows[2], offline=300.0)
    found = table(results(rows, references_for(rows, None)))
    assert [line[8] for line in found.rows] == ["1.0x", "3.0x", "1.0x", "1.0x"]
    found = table(results(rows, references_for(rows[:2], None)))
    assert [line[8] for line in found.rows] == ["1.0x", "3.0x", "", ""]


def test_f1_is_a_share_of_what_the_trees_profile_says(row: Row) -> None:
    dense = replace(row, benchmark="dense", compared_with="dense", f1=80.0, fp32_f1=None)
    pruned = replace(dense, benchmark="pruned", f1=78.0, whole_squad=False, offline=600.0)
    found = table(results([dense, pruned], references_for([dense, pruned], REFERENCE)))
    assert found.head[2] == "of dense F1"
    assert [(line[2], line[8]) for line in found.rows] == [("1.000", "1.0x"), ("0.975", "2.0x")]
    found = table(results([row, dense], (REFERENCE,)))
    assert found.head[2] == "relative F1"


def test_a_reference_of_the_trees_own_that_was_not_measured_gives_no_figure(row: Row) -> None:
    pruned = replace(row, compared_with="dense", fp32_f1=None)
    assert references_for([pruned], REFERENCE) == ()
    (_, line) = table(results([pruned], (REFERENCE,))).rows
    assert (line[2], line[6], line[8]) == ("", "", "")


def test_a_ratio_with_a_disturbed_run_says_so(row: Row) -> None:
    dense = replace(row, benchmark="dense", compared_with="dense", fp32_f1=None)
    busy = replace(dense, disturbed={"Server": 0.15})
    pruned = replace(dense, benchmark="pruned", offline=600.0)
    blocks = results([busy, pruned], references_for([busy, pruned], None))
    assert [(line[6], line[8]) for line in table(blocks).rows] == [
        ("1.0x", "1.0x"),
        ("1.0x disturbed", "2.0x"),
    ]
    assert any("(MEA026)" in note.text for note in blocks if isinstance(note, Text))
    quiet = results([dense, pruned], references_for([dense, pruned], None))
    assert not any("MEA026" in note.text for note in quiet if isinstance(note, Text))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ((True, True), "as the tree's manifests state it."),
        ((False,), "as this kit's manifests of models of the same name state it; the tree holds"),
        ((True, False), "or this kit's manifests of models of the same name where it holds none."),
    ],
)
def test_who_states_the_sparsity_is_said(row: Row, own: tuple[bool, ...], said: str) -> None:
    assert said in notes([replace(row, own_manifest=each) for each in own])
    assert "sparsity" not in notes([replace(row, sparsity_percent=None)])


def notes(rows: list[Row]) -> str:
    return " ".join(block.text for block in results(rows, ()) if isinstance(block, Text))


def test_f1_over_other_data_is_no_share_of_fp32(row: Row) -> None:
    lines = results([replace(row, whole_squad=False)], (REFERENCE,))
    assert table(lines).rows[1][2] == "other data set"
    assert any("cannot be compared" in remark.text for remark in lines if isinstance(remark, Text))


def test_rows_are_distinguished_by_system_and_tree(row: Row) -> None:
    twice = [row, replace(row, system="other")]
    assert [r.label for r in labelled(twice, several=False)] == ["model on box", "model on other"]
    assert labelled([row], several=True)[0].label == "open/Demo: model"
