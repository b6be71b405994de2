"""The head of the page: what may not be overlooked, both verdicts, results, the best model."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.checks import Report, Waiver, check_tree, render_text
from submission.checks.book import BOOK
from submission.checks.model import Severity
from submission.checks.reports.document import Band, Document, Facts, Heading, Table, finding_groups
from submission.checks.reports.html_page import as_page
from submission.checks.reports.markdown import as_markdown
from submission.checks.reports.style import DARK, LIGHT, PAPER
from submission.report.build import references_for
from submission.report.facts import Reference, ReportedTree, Row
from submission.report.overview import (
    advice,
    bands,
    facts,
    fastest,
    results_of,
    to_do,
    verdicts,
    without_empty,
)
from tests.fakes.contrast import contrast
from tests.fakes.good_tree import CLOSED, both


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = both(tmp_path_factory.mktemp("tree"))
    (root / CLOSED / "accuracy" / "accuracy.txt").write_text("nothing\n")
    return check_tree(root)


def tree(report: Report, **changes: Any) -> ReportedTree:
    plain = ReportedTree(label="A", title="A", path=Path("A"), report=report, rows=())
    return replace(plain, **changes)


def test_a_tree_that_needs_waivers_is_not_for_submission(checked: Report) -> None:
    assert bands([tree(checked)]) == []
    waived = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) for f in checked.findings
    )
    demo = tree(replace(checked, findings=waived), runs={"m": {"submittable": False}})
    (band,) = bands([demo])
    assert band.title == "Not for submission"
    assert all(reason.endswith(": a demo") for reason in band.reasons[1:])
    (both_of_one_reason,) = bands([demo, replace(demo, label="B")])
    assert both_of_one_reason.title == "Not for submission: A and B"


def test_the_head_has_both_verdicts(checked: Report) -> None:
    head = verdicts(tree(checked))
    found = dict(head.pairs)
    assert found["By the rules"].startswith("FAILED: 1 of 2 results valid")
    assert found["By the official checker"] == "would list 1 of 2 results"
    assert head.tones[found["By the rules"]] == "bad"
    (machine,) = facts(tree(checked, measured="2023-02-27"))
    assert machine.pairs == (("Measured", "2023-02-27"),)
    assert facts(tree(checked)) == []


def test_what_to_do_first_names_each_fault_its_place_and_its_card(checked: Report) -> None:
    (steps,) = to_do(tree(checked))
    assert [step.first.rule for step in steps.steps] == ["ACC002", "BEN005"]
    document = (*facts_and_title(checked), steps, *finding_groups(checked.findings, tree="A"))
    page = as_page(document)
    for rule in ("ACC002", "BEN005"):
        assert f'<a href="#finding-a-{rule.lower()}">{rule}</a> rejects 1 result: ' in page
        assert page.count(f' id="finding-a-{rule.lower()}"') == 1
    text = as_markdown(document)
    assert "1. **ACC002** rejects 1 result: accuracy.txt states no accuracy. Fix: write" in text
    assert text.partition("SingleStream/accuracy/accuracy.txt)\n")[1]


def test_what_to_do_first_begins_with_what_rejects_most(checked: Report) -> None:
    (result, *others) = (r for r in checked.results if r.reasons)
    more = [replace(result, path=f"more{n}", reasons=("BEN005",)) for n in range(2)]
    broken = replace(checked, results=(result, *others, *more))
    keyed = [
        replace(f, breach=replace(f.breach, key="a key")) if f.rule == "BEN005" else f
        for f in broken.findings
    ]
    broken = replace(broken, findings=tuple(keyed))
    (steps,) = to_do(tree(broken))
    assert [(s.first.rule, s.rejects, s.keys) for s in steps.steps] == [
        ("BEN005", "rejects 3 results", "a key"),
        ("ACC002", "rejects 1 result", ""),
    ]
    text = render_text(broken)
    assert "first     BEN005, a key (rejects 3 results): run and submit" in text
    assert text.index("error BEN005") < text.index("error ACC002")


def test_of_many_faults_the_first_five_are_listed(checked: Report) -> None:
    error = next(each for each in checked.findings if each.rejects)
    rules = [rule for rule, each in BOOK.items() if each.severity is Severity.ERROR][:7]
    broken = replace(checked, findings=tuple(replace(error, rule=rule) for rule in rules))
    (steps,) = to_do(tree(broken))
    assert len(steps.steps) == 5
    assert steps.more == "and 2 more rules, below"


def test_results_stand_side_by_side_with_units_metric_and_target(checked: Report) -> None:
    table = results_of([tree(checked)])[0]
    assert isinstance(table, Table)
    by_model = {row[0]: dict(zip(table.head, row, strict=True)) for row in table.rows}
    open_row = by_model["sparse-bert (bert-99)"]
    assert open_row["Offline [samples/s]"] == "1098"
    assert open_row["accuracy"] == "F1 90.20"
    assert open_row["rules"] == "valid"
    assert by_model["resnet50"]["rules"].startswith("invalid: SingleStream ACC002")
    assert "data set" not in table.head  # nobody knows it here


def test_a_column_that_nobody_has_is_left_out() -> None:
    table = Table(caption="c", head=("a", "b", "c"), rows=(("", "", "1"),), numeric=frozenset({2}))
    assert without_empty(table).head == ("a", "c")
    assert without_empty(table).numeric == {1}


def test_the_best_model_is_the_fastest_that_is_accurate_enough(row: Row) -> None:
    rows = [
        replace(row, label="slow", benchmark="slow", f1=90.5, offline=1.0, server=None),
        replace(row, label="good", benchmark="good", f1=90.0, offline=2.0, server=None),
        replace(row, label="bad", benchmark="bad", f1=80.0, offline=9.0, server=None),
    ]
    (words,) = advice(rows, ())
    assert words.text == (
        "good has 2.000 samples/s in Offline at F1 90.00, 99.0 % of FP32; "
        "the fastest of 2 with at least 99 % of FP32."
    )
    (none,) = advice([], ())
    assert "none stands out" in none.text


def test_the_rates_of_two_scenarios_are_not_compared_with_each_other(row: Row) -> None:
    own = replace(row, fp32_f1=None, compared_with="dense")
    dense = replace(own, benchmark="dense", label="dense", server=None, offline=290.0)
    # its Server rate is below the other's Offline rate, its Offline rate above
    pruned = replace(own, benchmark="pruned", label="pruned", offline=300.0)
    references = references_for([dense], None)
    assert fastest([dense, pruned]).benchmark == "pruned"
    assert fastest([dense, replace(pruned, offline=None)]).benchmark == "pruned"
    assert fastest([dense, replace(dense, benchmark="slow", offline=1.0)]) is dense
    (words,) = advice([dense, pruned], references)
    assert words.text.startswith("pruned has 200.0 queries/s in Server and 300.0 samples/s in ")
    (words,) = advice([dense], references)
    assert words.text == "dense has 290.0 samples/s in Offline at F1 90.00, the dense model itself."


def test_one_pick_across_systems_comes_first(row: Row) -> None:
    small = replace(row, system="small", benchmark="slow", offline=100.0, server=None)
    broken = replace(row, system="broken", benchmark="model-x", offline=None, server=None)
    words = [each.text for each in advice([small, row, broken], ())]
    assert words[0] == (
        "Fastest of the 2 valid models with at least 99 % of the FP32 or dense F1: "
        "in Offline model on box (300.0 samples/s at F1 90.00), "
        "in Server model on box (200.0 queries/s at F1 90.00)."
    )
    assert words[-1] == "No valid result of model-x on broken."
    assert len(words) == 4


def test_a_scenario_without_a_valid_result_is_said_in_the_pick(row: Row) -> None:
    one, two = (replace(row, system=name, server=None) for name in ("a", "b"))
    words = advice([one, two, replace(row, rejected=("Server",))], ())
    assert words[0].text.endswith(", none in Server.")


def test_the_dense_model_is_named(row: Row) -> None:
    dense = Reference(
        name="reference",
        system="box",
        f1=90.2,
        server_completed=99.5,
        offline=100.0,
        measured=False,
    )
    (words,) = advice([row], (dense,))
    said = "2.0 times in Server and 3.0 times in Offline the rate of the dense model reference"
    assert said in words.text


def test_findings_are_grouped_by_rule_with_every_place_once(checked: Report) -> None:
    groups = finding_groups(checked.findings)
    assert len({group.first.rule for group in groups}) == len(groups)
    assert sum(len(group.findings) for group in groups) == len(checked.findings)
    page = as_page((*facts_and_title(checked), *groups))
    assert page.count("<b>Fix:</b>") == len(groups)
    assert page.count(" open><summary>") == sum(group.first.rejects for group in groups)


def facts_and_title(report: Report) -> Document:
    return (Heading(text="t", level=1), verdicts(tree(report)))


def test_the_page_can_be_read_without_seeing_it(checked: Report) -> None:
    document = (*facts_and_title(checked), *results_of([tree(checked)]))
    page = as_page((*document, Band(title="b", reasons=("r",)), Facts(pairs=(("a", "b"),))))
    assert page.count("<caption>") == page.count("<table>") == 1
    assert 'scope="col"' in page
    assert 'scope="row"' in page
    assert '<html lang="en">' in page


@pytest.mark.parametrize("colours", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
def test_every_text_has_contrast_enough_to_be_read(colours: dict[str, str]) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name in ("ink", "soft", "good", "bad", "warn"):
        for ground in ("paper", "band"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    for name in (key for key in colours if re.fullmatch(r"s\d", key)):
        assert contrast(colours[name], colours["paper"]) >= 3, name
