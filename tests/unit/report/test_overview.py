"""The head of the page: what may not be overlooked, both verdicts, results, the best model."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.checks import Report, Verdict, Waiver, check_tree, render_text
from submission.checks.book import BOOK
from submission.checks.model import Severity
from submission.checks.reports.document import (
    Band,
    Document,
    Facts,
    Heading,
    Remedies,
    Remedy,
    Table,
    finding_groups,
)
from submission.checks.reports.html_page import as_page
from submission.checks.reports.markdown import as_markdown
from submission.checks.reports.style import DARK, LIGHT, PAPER
from submission.checks.results import OfficialVerdict
from submission.report.advice import advice, choice_facts, choices, disturbed, fastest
from submission.report.build import report
from submission.report.facts import Reference, ReportedTree, Row, references_for
from submission.report.overview import (
    bands,
    called,
    facts,
    head,
    results_of,
    verdicts,
    without_empty,
)
from submission.report.steps import errors, to_do
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


def remedies(steps: Remedies) -> list[Remedy]:
    """The steps that are about a rule."""
    return [step for step in steps.steps if isinstance(step, Remedy)]


def test_a_tree_that_needs_waivers_is_not_for_submission(checked: Report) -> None:
    assert bands([tree(checked)]) == []
    waived = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo"))
        for f in checked.findings
        if f.rejects
    )
    demo = tree(replace(checked, findings=waived), runs={"m": {"submittable": False}})
    (band,) = bands([demo])
    assert band.title == "Not for submission"
    assert all(reason.endswith(": a demo") for reason in band.reasons[1:])
    rules = ("PRF006", "PRF008", "ACC016")
    many = tuple(replace(waived[0], rule=rule) for rule in rules)
    (short,) = bands([tree(replace(checked, findings=many))])
    assert short.reasons == ("Waived, with reasons below: PRF006, PRF008, ACC016",)
    (both_of_one_reason,) = bands([demo, replace(demo, label="B")])
    assert both_of_one_reason.title == "Not for submission: A and B"


def test_the_head_has_both_verdicts(checked: Report) -> None:
    said = verdicts(tree(checked))
    found = dict(said.pairs)
    assert found["By the rules"].startswith("FAILED: 1 of 2 results valid")
    assert found["By the official checker"] == "Would list 1 of 2 results"
    assert said.tones[found["By the rules"]] == "bad"
    (machine,) = facts(tree(checked, measured="2023-02-27"))
    assert machine.pairs == (("Measured", "2023-02-27"),)
    assert facts(tree(checked)) == []


def test_the_first_lines_name_the_largest_groups_of_warnings(checked: Report) -> None:
    warned = [f for f in checked.findings if f.severity is Severity.WARNING]
    note = next(f for f in checked.findings if f.severity is Severity.NOTE)
    more = tuple(replace(note, rule=rule) for rule in ("SYS006", "ACC008", "ACC008", "LOG014"))
    found = dict(verdicts(tree(replace(checked, findings=more))).pairs)
    assert not warned
    # the others are steps
    assert found["Other warnings"] == (
        "2 of ACC008 (Open: the accuracy is below the target in the benchmark's name)"
    )
    assert "Other warnings" not in dict(verdicts(tree(checked)).pairs)


def test_a_verdict_that_needs_waivers_says_so_first(checked: Report) -> None:
    waived = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) for f in checked.findings
    )
    results = tuple(replace(r, verdict=Verdict.VALID, reasons=()) for r in checked.results)
    demo = tree(replace(checked, findings=waived, results=results), waivers="the profile demo")
    words = dict(verdicts(demo).pairs)["By the rules"]
    assert words.startswith(
        "PASSED only with waivers for 2 errors (the profile demo), FAILED without them: 2 of 2"
    )
    assert "; 0 other errors, " in words
    (table, _) = results_of([demo])
    assert isinstance(table, Table)
    rules = [row[table.head.index("rules")] for row in table.rows]
    assert rules == ["valid with waivers", "valid"]


def test_before_submitting_come_errors_then_warnings_then_packing(checked: Report) -> None:
    note = next(f for f in checked.findings if f.severity is Severity.NOTE)
    warned = tuple(replace(note, rule=rule) for rule in ("ACC008", "LOG014", "SYS006", "SYS006"))
    found = replace(checked, findings=(*checked.findings, *warned))
    (steps,) = to_do(tree(found))
    shown = [each if isinstance(each, str) else each.first.rule for each in steps.steps]
    # ACC008 needs nothing where it is meant
    assert shown[:4] == ["ACC002", "BEN005", "SYS006", "LOG014"]
    assert shown[4].startswith("Then check it again")
    assert steps.tone == "bad"
    assert [each.extent for each in remedies(steps)][1:3] == [
        "rejects 1 result",
        "warning at 2 places",
    ]
    run = {"profile": "official", "submittable": True}
    sign = "Sign with make sign KEY=…, and submit the archive."
    (steps,) = to_do(tree(replace(checked, findings=()), runs={"m": run}))
    assert steps.steps == (sign,)
    (steps,) = to_do(tree(replace(checked, findings=warned[1:2]), runs={"m": run}))
    (_, pack) = steps.steps
    assert pack == (
        f"Run make submission as before (PROFILE=official): it checks and packs again. {sign}"
    )
    lifted = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) for f in checked.findings
    )
    demo = tree(replace(checked, findings=lifted), runs={"m": {**run, "submittable": False}})
    (steps,) = to_do(demo)
    assert str(steps.steps[0]).endswith("; the 2 errors waived here must be gone then.")


def first_lines(found: ReportedTree) -> list[str]:
    """The names of the page's first facts."""
    blocks = report((found,), None)
    return [name for name, _ in next(b for b in blocks if isinstance(b, Facts)).pairs]


def test_what_is_wrong_comes_before_what_is_good(checked: Report, row: Row) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    warned = tuple(f for f in checked.findings if f.severity is Severity.NOTE)[:1]
    good = replace(checked, findings=tuple(replace(f, rule="SYS006") for f in warned))
    assert (checked.passed, good.passed) == (False, True)
    wrong = first_lines(tree(checked, rows=(row,)))
    assert wrong[:5] == ["By the rules", "Do first", "Best model", "Why", "Rejected"]
    right = first_lines(tree(good, rows=(row,)))
    assert right[:4] == ["By the rules", "Best model", "Why", "A reviewer asks first"]
    own = tree(good, rows=(row,), runs={"m": {"submittable": True}})
    names = [name for name, _ in head(own, [(called(own), "model")], []).pairs]
    assert names[1:3] == ["Model to submit", "Do first"]


def test_a_rejected_model_is_named_with_its_reason(checked: Report, row: Row) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    blocks = report((tree(checked, rows=(row,)),), None)
    found = dict(next(block for block in blocks if isinstance(block, Facts)).pairs)
    assert found["Rejected"].startswith("resnet50 in SingleStream on board (ACC002: accuracy.txt")
    assert found["Rejected"].endswith("states no accuracy; and 1 more rule)")


def test_of_a_tree_of_others_nothing_is_to_be_submitted(checked: Report) -> None:
    (steps,) = to_do(tree(checked))
    assert steps.title == "To mend first"
    warned = tuple(replace(f, rule="SYS006") for f in checked.findings[:1])
    (steps,) = to_do(tree(replace(checked, findings=warned)))
    assert steps.title == "What a reviewer would ask, in this order"
    assert not any("submit" in str(step) for step in steps.steps if isinstance(step, str))
    assert to_do(tree(replace(checked, findings=()))) == []


def test_the_processors_that_runs_used_stand_beside_those_that_are_there(checked: Report) -> None:
    run = {"cpuset": "0", "host": {"logical_cpus": 2}}
    systems = {"node": {"host_processor_model_name": "EPYC", "host_processor_core_count": "2"}}
    one = tuple(r for r in checked.results if r.system == "node")
    own = tree(replace(checked, results=one), systems=systems, runs={"m": run})
    (said,) = facts(own)
    assert said.pairs == (("System", "node: EPYC (2 cores); runs used 1 of 2 CPUs (0)"),)


def test_what_to_do_first_names_each_fault_its_place_and_its_card(checked: Report) -> None:
    (steps,) = errors(tree(checked), "To mend")
    assert [step.first.rule for step in remedies(steps)] == ["ACC002", "BEN005"]
    document = (*facts_and_title(checked), steps, *finding_groups(checked.findings, tree="A"))
    page = as_page(document)
    for rule in ("ACC002", "BEN005"):
        assert f'<a href="#finding-a-{rule.lower()}">{rule}</a> rejects 1&nbsp;result: ' in page
        assert page.count(f' id="finding-a-{rule.lower()}"') == 1
    text = as_markdown(document)
    assert "1. **ACC002** rejects 1 result: accuracy.txt states no accuracy. Fix: write" in text
    found = "found neither acc nor a digest, expected both)\n"
    assert text.partition(f"SingleStream/accuracy/accuracy.txt: {found}")[1]
    assert "<small>found neither acc nor a digest, expected both</small>" in page


def test_what_to_do_first_begins_with_what_rejects_most(checked: Report) -> None:
    (result, *others) = (r for r in checked.results if r.reasons)
    more = [replace(result, path=f"more{n}", reasons=("BEN005",)) for n in range(2)]
    broken = replace(checked, results=(result, *others, *more))
    keyed = [
        replace(f, breach=replace(f.breach, key="a key")) if f.rule == "BEN005" else f
        for f in broken.findings
    ]
    broken = replace(broken, findings=tuple(keyed))
    (steps,) = errors(tree(broken), "To mend")
    assert [(s.first.rule, s.extent, s.keys) for s in remedies(steps)] == [
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
    (steps,) = errors(tree(broken), "To mend")
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
    (choice,) = choices(rows, ())
    assert choice.names == {"": "good"}
    assert choice.why == (
        "the fastest of 2 models with at least 99 % of the FP32 F1 (99.0 %): "
        "2.000 samples/s in Offline at F1 90.00"
    )
    assert choice.others == "bad (88.0 %; 9.000 samples/s in Offline)"
    assert choices([], ()) == []
    ((called, none),), _ = choice_facts([replace(row, rejected=("Server",))], (), called="Best")
    assert (called, none.startswith("None: no model is valid")) == ("Best", True)


def test_the_rates_of_two_scenarios_are_not_compared_with_each_other(row: Row) -> None:
    own = replace(row, fp32_f1=None, compared_with="dense")
    dense = replace(own, benchmark="dense", label="dense", server=None, offline=290.0)
    # its Server rate is below the other's Offline rate, its Offline rate above
    pruned = replace(own, benchmark="pruned", label="pruned", offline=300.0)
    references = references_for([dense], None)
    assert fastest([dense, pruned]).benchmark == "pruned"
    assert fastest([dense, replace(pruned, offline=None)]).benchmark == "pruned"
    assert fastest([dense, replace(dense, benchmark="slow", offline=1.0)]) is dense
    (choice,) = choices([dense, pruned], references)
    assert choice.why == (
        "the only model beside the dense baseline (100.0 % of the F1 of the dense dense): "
        "200.0 queries/s in Server and 300.0 samples/s in Offline (1.0x the dense dense) "
        "at F1 90.00"
    )
    (choice,) = choices([dense], references)
    assert choice.why == "the dense baseline, alone: 290.0 samples/s in Offline at F1 90.00"
    (choice,) = choices([dense, replace(pruned, rejected=("Server",))], references)
    assert choice.why.startswith("the dense baseline, since no other model is valid: 290.0")


def test_the_dense_baseline_is_not_counted_and_what_is_faster_is_named(row: Row) -> None:
    own = replace(row, fp32_f1=None, compared_with="base", f1=80.0, disturbed={"Server": 0.15})
    base = replace(own, benchmark="base", label="base", offline=100.0)
    half = replace(own, benchmark="half", label="half", f1=79.5, offline=150.0, disturbed={})
    third = replace(half, benchmark="third", label="third", f1=76.0, offline=250.0)
    third = replace(third, server=replace(third.server, scheduled=400.0))
    rows = [base, half, third]
    (choice,) = choices(rows, references_for(rows, None))
    assert choice.names == {"": "half"}
    assert choice.why == (
        "the only pruned model with at least 99 % of the F1 of the dense base (99.4 %): "
        "200.0 queries/s in Server (1.0x the dense base; may be too high, the dense run was "
        "disturbed) and 150.0 samples/s in Offline (1.5x) at F1 79.50"
    )
    assert choice.others == (
        "third (95.0 %; 400.0 queries/s in Server and 250.0 samples/s in Offline)"
    )
    assert "processors during base in Server (15 %): this rate may" in disturbed(rows)
    assert advice(rows, references_for(rows, None)) == []  # the facts have said it
    (choice,) = choices([base, third], references_for([base, third], None))
    assert "Server (1.0x the dense base; may be too high, the dense run was" in choice.why
    busy = replace(third, disturbed={"Server": 0.2})
    (choice,) = choices([base, busy], references_for([base], None))
    assert "Server (1.0x the dense base; uncertain, both runs were disturbed)" in choice.why
    # a pruned model that shared the processors was the slower for it, so its ratio may be too low
    (choice,) = choices([base, busy], references_for([replace(base, disturbed={})], None))
    assert "Server (1.0x the dense base; may be too low, its run was disturbed)" in choice.why
    unpruned = replace(half, sparsity_percent=0.0)
    (choice,) = choices([base, unpruned, third], references_for([base], None))
    assert choice.claim.startswith("the only model beside the dense baseline with at least 99 %")


def test_one_pick_across_systems_comes_first(row: Row) -> None:
    small = replace(row, system="small", benchmark="slow", offline=100.0, server=None)
    broken = replace(row, system="broken", benchmark="model-x", offline=None, server=None)
    rows = [small, row, replace(row, system="other", server=None, offline=1.0), broken]
    first, _ = choice_facts(rows, (), called="Best model")
    each = "Each the fastest in its scenario of the 2 valid models on 3 systems"
    why = f"{each} with at least 99 % of the FP32 F1"
    assert first == [
        ("Best model, Server", "model on box (200.0 queries/s at F1 90.00)"),
        ("Best model, Offline", "model on box (300.0 samples/s at F1 90.00)"),
        # a model on two systems is one model
        ("Why", why),
    ]
    words = [each.text for each in advice(rows, ())]
    assert words[-1] == "No valid result of model-x on broken."
    assert len(words) == 4


def test_a_scenario_without_a_valid_result_is_said_in_the_pick(row: Row) -> None:
    one, two = (replace(row, system=name, server=None) for name in ("a", "b"))
    (choice,) = choices([one, two, replace(row, rejected=("Server",))], ())
    assert choice.names["Server"] == "none is valid"


def test_the_dense_model_is_named(row: Row) -> None:
    dense = Reference(
        name="reference",
        system="box",
        f1=90.2,
        server_completed=99.5,
        offline=100.0,
        measured=False,
    )
    (choice,) = choices([row], (dense,))
    said = "in Server (2.0x the published dense baseline) and 300.0 samples/s in Offline (3.0x) "
    assert said in choice.why


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


def test_what_the_official_checker_passes_by_is_no_good_news(checked: Report) -> None:
    forged = tuple(
        replace(r, official=OfficialVerdict.OK, verdict=Verdict.INVALID, reasons=("LOG013",))
        for r in checked.results
    )
    said = verdicts(tree(replace(checked, results=forged)))
    official = dict(said.pairs)["By the official checker"]
    assert official == "Would list 2 of 2 results, since it does not see LOG013"
    assert said.tones[official] == "warn"


def test_disturbed_runs_are_a_step_that_may_be_left_out(row: Row, checked: Report) -> None:
    busy = replace(row, disturbed={"Server": 0.15, "Offline": 0.2})
    runs = {"run": {"submittable": True}}
    (steps,) = to_do(tree(checked, rows=(busy,), runs=runs))
    said = [step for step in steps.steps if isinstance(step, str)]
    assert said[0].startswith("If the rates matter, measure 2 disturbed runs again: ")
    demo = {"run": {"submittable": False}}
    for quiet in (tree(checked, rows=(row,), runs=runs), tree(checked, rows=(busy,), runs=demo)):
        (steps,) = to_do(quiet)
        assert not any("disturbed" in str(step) for step in steps.steps)


@pytest.mark.parametrize(
    ("profile", "model"), [("demo-bert-99-questions", " MODEL=bert-99"), ("demo", "")]
)
def test_the_step_to_the_full_rules_keeps_the_model_of_ones_own(
    profile: str, model: str, checked: Report
) -> None:
    result = next(r for r in checked.results if r.benchmark != "resnet50")
    waived = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) for f in checked.findings
    )
    own = replace(checked, results=(replace(result, benchmark="bert-99"),), findings=waived)
    runs = {"run": {"submittable": False, "profile": profile}}
    (steps,) = to_do(tree(own, runs=runs))
    assert f"PROFILE=official SUBMITTER=…{model}; the " in str(steps.steps[0])
