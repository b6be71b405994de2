"""The summary of a workspace: what was measured, what the check said, where it lies, what next."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from submission.artifacts.own_model import BLANK
from submission.cli.summary import summary_lines
from submission.files import read_json, write_json
from submission.pipeline.plan import Action, Verb, plan
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.estimate import Outlook, run_s
from submission.stages.summary import (
    CheckSummary,
    SummaryRow,
    WorkspaceSummary,
    rate_words,
    summarise,
    tree_of_another,
)
from submission.terminal import Look, Tone
from submission.terms import Mode, RunId, Scenario
from submission.workspace.recorded import typed
from submission.workspace.resolve import resolve
from submission.workspace.settings import Runner
from tests.fitting import assert_fits

MODEL = "minilm-squad_jpqd-50"


@pytest.fixture
def context(repo: Path, tmp_path: Path) -> Context:
    """The demo with nothing measured yet."""
    environment = {"WORKSPACE": str(tmp_path / "out"), "RUNNER": "host"}
    workspace = resolve(repo, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def run(scenario: Scenario, mode: Mode = Mode.PERFORMANCE) -> RunId:
    return RunId(benchmark=MODEL, scenario=scenario, mode=mode)


def measured(context: Context, *, check: bool = True) -> None:
    """The files that runs, scores and the check leave."""
    workspace = context.workspace
    results = {
        Scenario.OFFLINE: {"result_samples_per_second": 269.417, "result_validity": "VALID"},
        Scenario.SERVER: {
            "result_scheduled_samples_per_sec": 14.7725,
            "result_99.00_percentile_latency_ns": 46_026_534,
            "result_validity": "VALID",
        },
    }
    for scenario, values in results.items():
        harness = {
            "results": values,
            "effective": {"effective_target_latency_ns": 10_000_000_000},
        }
        write_json(workspace.metadata_file(run(scenario)), {"harness": harness})
        score = {"f1": 89.9976, "exact_match": 84.3038}
        write_json(workspace.score_folder(MODEL, scenario) / "score.json", score)
    if check:
        verdict = {"benchmark": MODEL, "verdict": "valid", "official": "refused"}
        findings = [
            {"severity": "warning", "waived": None},
            {"severity": "error", "waived": "a demo"},
        ]
        write_json(
            workspace.check_file("json"),
            {
                "passed": True,
                "results": [{**verdict, "scenario": str(scenario)} for scenario in results],
                "findings": findings,
            },
        )


def actions(context: Context, verb: Verb = Verb.RUN) -> list[Action]:
    return [replace(a, verb=verb) for a in plan(profile_stages(context), context.stamps)]


def test_an_empty_workspace_has_blanks_and_says_what_to_do(context: Context) -> None:
    summary = summarise(context, actions(context))
    assert_fits(json.loads(json.dumps({"version": 1, **asdict(summary)})), "summary")
    assert {row.value for row in summary.results} == {None}
    assert (summary.check, summary.tree, summary.archive) == (None, None, None)
    assert summary.next.startswith("make submission PROFILE=demo")
    assert not summary.ready
    assert summary.why == "its runs are for a look only; nothing is measured yet"


def test_what_is_in_the_way_of_a_submission_is_said_first(repo: Path, tmp_path: Path) -> None:
    arguments = {"profile": "official", "submitter": "Me", "workspace": str(tmp_path)}
    workspace = resolve(repo, environment={}, arguments=arguments)
    full = Context(workspace=workspace, connect=pytest.fail)
    measured(full)
    stale, done = actions(full), actions(full, Verb.SKIP)
    assert summarise(full, stale).why == (
        f"{len(stale)} of {len(stale)} stages are not up to date, so what is shown may be of an "
        "earlier run"
    )
    assert summarise(full, done).why == "the tree is not packed"
    workspace.archive_file().touch()
    summary = summarise(full, done)
    assert summary.ready
    assert summary.why == (
        "6 results measured, checked and packed; 1 warning to look at (make report)"
    )
    assert summary_lines(summary, Look())[0].startswith("READY to submit (profile official): 6 r")
    unnamed = resolve(repo, environment={}, arguments={**arguments, "submitter": None})
    unnamed.archive_file().touch()
    summary = summarise(replace(full, workspace=unnamed), done)
    assert not summary.ready
    assert summary.why == "the submitter is called Example"
    assert "SUBMITTER=… puts your name in place of Example" in summary.next
    report = read_json(workspace.check_file("json"))
    findings = [{"severity": "error", "waived": None}]
    write_json(workspace.check_file("json"), {**report, "passed": False, "findings": findings})
    assert summarise(full, done).why == "the check FAILED with 1 error"


def test_only_what_is_wrong_is_red() -> None:
    assert OFFICIAL.check is not None
    look = Look(width=110, colour=True)
    good = replace(OFFICIAL, check=replace(OFFICIAL.check, passed=True))
    stale = replace(OFFICIAL, check=replace(OFFICIAL.check, current=False))
    for summary, tone in ((OFFICIAL, Tone.BAD), (good, Tone.WARN), (stale, Tone.WARN)):
        assert summary_lines(summary, look)[0].startswith(f"\x1b[{tone}mNOT READY\x1b[0m to")


def test_a_verdict_on_an_earlier_tree_has_no_colour() -> None:
    assert OFFICIAL.check is not None
    look, mark = Look(width=110, colour=True), f"\x1b[{Tone.GOOD}mvalid"
    assert mark in "\n".join(summary_lines(OFFICIAL, look))
    earlier = replace(OFFICIAL, check=replace(OFFICIAL.check, current=False))
    assert mark not in "\n".join(summary_lines(earlier, look))


def test_what_was_measured_is_summarised(context: Context) -> None:
    measured(context)
    summary = summarise(context, actions(context, Verb.SKIP))
    assert_fits(json.loads(json.dumps({"version": 1, **asdict(summary)})), "summary")
    offline, server = summary.results
    assert (offline.value, offline.latency_ms, offline.official) == (269.417, None, "refused")
    assert (server.value, server.bound_ms, server.verdict) == (14.7725, 10_000.0, "valid")
    assert summary.check == CheckSummary(
        passed=True, current=True, errors=0, warnings=1, notes=0, waived=1
    )
    # the demo's questions are not those that another model's F1 is of
    assert {row.accuracy_of for row in summary.results} == {None}
    assert summary.why.startswith("its runs are for a look only")
    assert summary.next.startswith("for runs under the full rules, with a container engine: make ")
    settings = replace(context.settings, runner=Runner.CONTAINER)
    contained = replace(context, workspace=replace(context.workspace, settings=settings))
    summary = summarise(contained, actions(contained, Verb.SKIP))
    assert summary.next.startswith("for runs under the full rules: make submission PROFILE=offi")


def test_the_blanks_of_a_model_of_ones_own_come_before_the_full_rules(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(context)
    settings = replace(context.settings, model="minilm-squad")
    own = replace(context, workspace=replace(context.workspace, settings=settings))
    manifest = replace(context.manifest("minilm-squad"), path=tmp_path / "manifest.json")
    monkeypatch.setattr(Context, "manifest", lambda *_: manifest)

    def said() -> str:
        return summarise(own, actions(own, Verb.SKIP)).next

    for name, text in (("manifest.json", '"licence": "X"'), ("calibration.md", "How: by hand.")):
        (tmp_path / name).write_text(text)
    assert said().startswith("for runs under the full rules")
    (tmp_path / "calibration.md").write_text(f"How: {BLANK}: what was done")
    assert said().startswith(f"fill in each NOT SAID in {tmp_path}; then for runs under the full")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"harness": 3}', '{"findings": [3]}'])
def test_files_of_another_form_are_blanks(context: Context, content: str) -> None:
    workspace = context.workspace
    for path in (
        workspace.metadata_file(run(Scenario.OFFLINE)),
        workspace.score_folder(MODEL, Scenario.OFFLINE) / "score.json",
        workspace.check_file("json"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    summary = summarise(context, actions(context))
    assert summary.results[0].value is None
    assert summary.check is None


def test_measurements_are_estimated_before_the_first_and_after_each(context: Context) -> None:
    ahead = Outlook(context, actions(context))
    assert ahead.whole() == "4 measurements, about 1 min 22 s"
    measured(context, check=False)  # the Offline rate of this machine is known now
    assert ahead.after(f"measure[{MODEL}/Offline/performance]").startswith("left: 3 measurements")
    assert ahead.after(f"measure[{MODEL}/Server/accuracy]") == ""
    assert ahead.after("image") == ""
    assert Outlook(context, actions(context, Verb.SKIP)).whole() == ""
    assert run_s(context, run(Scenario.OFFLINE)) == pytest.approx(3 + 660 / 269.417)
    assert run_s(context, run(Scenario.SERVER)) == pytest.approx(3 + 662 / 15)


def test_before_the_probe_the_least_is_said(repo: Path, tmp_path: Path) -> None:
    workspace = resolve(
        repo, environment={}, arguments={"profile": "official", "workspace": str(tmp_path)}
    )
    context = Context(workspace=workspace, connect=pytest.fail)
    ahead = Outlook(context, actions(context))
    assert ahead.whole() == "12 measurements, at least 1 h"
    assert ahead.to_fetch() == "squad (5.1 MB)"
    # Server's accuracy run is the last, and has no least time
    left = ahead.after("measure[minilm-squad/Server/performance]")
    assert left == "left: 1 measurement"


def test_what_a_mirror_holds_has_not_to_be_fetched(repo: Path, tmp_path: Path) -> None:
    given = {"profile": "official", "workspace": str(tmp_path), "mirror": str(tmp_path / "mirror")}
    context = Context(workspace=resolve(repo, environment={}, arguments=given), connect=pytest.fail)
    ahead = Outlook(context, actions(context))
    assert ahead.to_fetch() == "squad (5.1 MB)"
    (tmp_path / "mirror/squad").mkdir(parents=True)
    (tmp_path / "mirror/dev-v1.1.json").touch()
    assert ahead.to_fetch() == "squad (231.5 kB)"
    (tmp_path / "mirror/squad/vocab.txt").touch()
    assert ahead.to_fetch() == ""
    assert Outlook(context, actions(context, Verb.SKIP)).to_fetch() == ""


OFFICIAL = WorkspaceSummary(
    ready=False,
    why="the check FAILED with 1 error",
    profile="official",
    submittable=True,
    round="v3.0",
    submitter="Me",
    dataset="squad",
    stages=40,
    to_run=(),
    results=tuple(
        SummaryRow(
            model=model,
            scenario=scenario,
            value=value,
            unit=unit,
            validity="VALID",
            latency_ms=121.3 if scenario == "Server" else None,
            bound_ms=130.0 if scenario == "Server" else None,
            f1=f1,
            exact_match=62.0,
            accuracy_of=share,
            accuracy_against="the dense minilm-squad",
            sparsity=sparsity,
            verdict=verdict,
            official="ok",
        )
        for model, scenario, value, unit, f1, share, sparsity, verdict in (
            ("minilm-squad", "Server", 110.2, "Queries/s", 73.22, 100.0, 0.0, "valid"),
            ("minilm-squad", "Offline", 244.0, "Samples/s", 73.22, 100.0, 0.0, "valid"),
            ("minilm-squad_jpqd-50", "Server", 180.04, "Queries/s", 73.4, 100.2, 50.1, "valid"),
            ("minilm-squad_jpqd-50", "Offline", 1369.9, "Samples/s", 73.4, 100.2, 50.1, "invalid"),
        )
    ),
    check=CheckSummary(passed=False, current=True, errors=1, warnings=2, notes=4, waived=0),
    tree="out/submission",
    archive="out/Me-open-v3.0.tar.gz",
    page="out/report.html",
    next="make check says what is wrong; mend it, then make submission again",
)


@pytest.mark.parametrize("columns", [60, 80, 110, 0])
def test_the_table_is_as_expected(columns: int, matches_golden: Callable[[str, str], None]) -> None:
    lines = summary_lines(OFFICIAL, Look(width=columns))
    assert not columns or max(map(len, lines)) <= columns
    matches_golden(f"terminal/summary_{columns}.txt", "\n".join(lines) + "\n")


def test_the_model_to_submit_is_named_as_on_the_page() -> None:
    def chosen(*rows: SummaryRow, submittable: bool = True, ready: bool = True) -> list[str]:
        summary = replace(OFFICIAL, results=rows, submittable=submittable, ready=ready)
        lines = summary_lines(summary, Look())
        return [line for line in lines if line.startswith(("submit ", "best "))]

    dense, pruned = OFFICIAL.results[:2], OFFICIAL.results[2:]
    good = tuple(replace(row, verdict="valid") for row in pruned)
    name = "minilm-squad_jpqd-50"
    words = "the only model beside the dense baseline (100.2 % of the F1 of the dense minilm-squad)"
    assert chosen(*dense, *good) == [f"submit   {name}, {words}"]
    assert chosen(*dense, *good, submittable=False) == [f"best     {name}, {words}"]
    # beside "NOT READY" the word "submit" would read as an order
    assert chosen(*dense, *good, ready=False) == [f"best     {name}, {words}"]
    slow = tuple(replace(row, model="other", value=(row.value or 0) / 2) for row in good)
    fast = tuple(replace(row, model="fast", f1=60.0, value=(row.value or 0) * 2) for row in good)
    (said,) = chosen(*dense, *good, *slow, *fast)
    assert said.startswith(f"submit   {name}, the fastest of 2 models with at least 99 % of the F1")
    assert ". Faster, but below 99 %: fast (81.9 %; " in said
    # what is not measured in full, or rejected, is no choice
    (said,) = chosen(*dense, replace(good[0], value=None), good[1], *pruned)
    assert said.endswith("minilm-squad, the dense baseline, since no other model is valid")
    (said,) = chosen(*dense, *good, *(replace(row, value=None) for row in slow))
    assert said.endswith(words)
    assert chosen(*good) == []


def test_colour_adds_nothing_to_the_table() -> None:
    plain = summary_lines(OFFICIAL, Look(width=80))
    toned = "\n".join(summary_lines(OFFICIAL, Look(width=80, colour=True)))
    for code in (*(f"\x1b[{tone}m" for tone in Tone), "\x1b[0m"):
        toned = toned.replace(code, "")
    assert toned == "\n".join(plain)


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ({}, "F1, share and sparsity in percent, on "),
        ({"accuracy_against": None, "accuracy_of": None}, "; F1 and sparsity in percent, on "),
        ({"f1": None, "sparsity": None, "accuracy_against": None}, "queries/s"),
    ],
)
def test_only_columns_that_are_there_are_explained(without: dict[str, None], words: str) -> None:
    rows = tuple(replace(row, **without) for row in OFFICIAL.results)
    text = " ".join(summary_lines(replace(OFFICIAL, results=rows), Look()))
    assert words in text
    assert ("in percent" in text) is ("f1" not in without)


def test_the_next_command_keeps_a_model_and_data_of_ones_own(context: Context) -> None:
    settings = replace(context.settings, model="minilm-squad", dataset="squad-mini")
    named = replace(context, workspace=replace(context.workspace, settings=settings))
    first = summarise(named, actions(context)).next
    where = context.workspace.out
    assert (
        f"PROFILE=demo MODEL=minilm-squad DATA=squad-mini RUNNER=host WORKSPACE={where} brings"
        in first
    )
    measured(context)
    done = summarise(named, actions(context, Verb.SKIP)).next
    assert done.endswith("PROFILE=official SUBMITTER=… MODEL=minilm-squad")


def test_the_command_that_checks_a_demo_stands_beside_its_tree() -> None:
    assert OFFICIAL.check is not None
    waived = replace(OFFICIAL.check, waived=11)
    demo = replace(OFFICIAL, profile="demo-mine", tree="my out/submission", check=waived)
    lines = summary_lines(demo, Look(width=60))
    (at,) = [number for number, line in enumerate(lines) if line.startswith("tree ")]
    assert lines[at + 1 : at + 3] == [
        "check it tools/check_submission.py \\",
        "           --input 'my out/submission' --profile demo-mine",
    ]
    command = "tools/check_submission.py --input 'my out/submission' --profile demo-mine"
    assert f"check it {command}" in summary_lines(demo, Look())
    assert not any("check it" in line for line in summary_lines(OFFICIAL, Look(width=80)))


def test_the_rate_of_a_run_is_one_line(context: Context) -> None:
    assert rate_words(context, run(Scenario.SERVER)) == ""
    measured(context)
    assert rate_words(context, run(Scenario.SERVER)) == "Server: 14.77 queries/s, VALID"
    assert rate_words(context, run(Scenario.OFFLINE)) == "Offline: 269.4 samples/s, VALID"


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("demo", ""),
        ("official", "--profile official"),
        ("demo-m6", "--profile demo --model m6"),
        ("demo-my-data", "--profile demo --dataset my-data"),
        ("demo-m6-my-data", "--profile demo --model m6 --dataset my-data"),
    ],
)
def test_a_tree_of_another_profile_is_named(profile: str, words: str, context: Context) -> None:
    assert tree_of_another(context) is None
    value = {"profile": profile, "run": {"benchmark": "m6"}, "dataset": {"name": "my-data"}}
    tree = context.workspace.tree_folder()
    write_json(tree / "open/Me/measurements/s/m6/Server/run_metadata_performance.json", value)
    found = tree_of_another(context)
    if not words:
        assert found is None
        return
    assert found is not None
    assert found[0] == profile
    assert typed("status", found[1], make=False) == f".venv/bin/mlperf-kit status {words}"
