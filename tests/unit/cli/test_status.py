"""``status`` without MODEL shows the last run; other commands name it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from submission.cli.main import main
from submission.terms import Mode
from submission.tree.grammar import RUN_METADATA
from submission.workspace.recorded import record
from submission.workspace.resolve import resolve


@pytest.fixture
def out(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which the demo ran, and after it another model."""
    monkeypatch.chdir(repo)
    for name in ("RUNNER", "CPUSET", "MODEL", "PROFILE", "KIT_MAKE_VARIABLES"):
        monkeypatch.delenv(name, raising=False)
    for model in ({}, {"MODEL": "minilm-squad", "DATA": "squad"}):
        environment = {"WORKSPACE": str(tmp_path), "RUNNER": "host", **model}
        record(resolve(repo, environment=environment, arguments={}))
    return tmp_path


def test_the_last_run_is_shown_and_the_others_are_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--workspace", str(out)]) == 0
    said = capsys.readouterr()
    verdict, *_ = said.out.splitlines()
    assert verdict == (
        "NOT READY to submit (profile demo-minilm-squad-squad): its runs are for a look only; "
        "nothing is measured yet"
    )
    assert "minilm-squad  Offline" in said.out
    named = f"PROFILE=demo MODEL=minilm-squad DATA=squad RUNNER=host WORKSPACE={out} brings"
    assert named in " ".join(said.out.split())
    way = f".venv/bin/mlperf-kit status --profile demo --runner host --workspace {out}"
    assert f"note: the profile demo has runs here too: {way}" in said.err.splitlines()


def test_what_is_named_is_shown(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--workspace", str(out), "--profile", "demo"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("NOT READY to submit (profile demo): ")
    assert "--model minilm-squad --dataset squad --runner host --workspace" in said.err


def test_under_make_the_words_are_those_of_make(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_MAKE_VARIABLES", "")
    assert main(["status", "--workspace", str(out), "--profile", "demo"]) == 0
    said = capsys.readouterr()
    assert (
        f"make status PROFILE=demo MODEL=minilm-squad DATA=squad RUNNER=host WORKSPACE={out}"
        in said.err
    )


def test_a_plan_names_the_last_run_and_stays_with_its_own(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--workspace", str(out), "--runner", "host"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("profile demo: ")
    words = (
        f"plan --profile demo --model minilm-squad --dataset squad --runner host --workspace {out}"
    )
    assert "note: the last run here was of the profile demo-minilm-squad-squad: " in said.err
    assert words in said.err


def test_a_report_of_other_runs_than_those_named_is_refused(
    out: Path, repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = out / "submission/open/Demo/results/one/minilm-squad/Offline/performance/run_1"
    run.mkdir(parents=True)
    value = {
        "profile": "demo-minilm-squad",
        "run": {"benchmark": "minilm-squad"},
        "dataset": {"name": "squad-mini"},
    }
    (run / RUN_METADATA[Mode.PERFORMANCE]).write_text(json.dumps(value))
    words = ["report", "--workspace", str(out), "--manifests", str(repo / "models")]
    for model, refused in (("minilm-squad", False), ("minilm-squad_jpqd-50", True), ("", False)):
        monkeypatch.setenv("MODEL", model)
        main(words)
        said = capsys.readouterr().err
        assert ("is of the profile demo-minilm-squad, not of what was named" in said) is refused
        assert ("submission MODEL=minilm-squad_jpqd-50" in said or "run --model" in said) is refused
    monkeypatch.setenv("MODEL", "minilm-squd")
    assert main(words) == 2
    assert 'did you mean "minilm-squad"?' in capsys.readouterr().err


def test_a_page_of_an_earlier_tree_is_not_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def page() -> str | None:
        command = ["status", "--workspace", str(out), "--profile", "demo", "--json"]
        assert main(command) == 0
        found: str | None = json.loads(capsys.readouterr().out)["page"]
        return found

    (out / "submission").mkdir()
    assert page() is None
    (out / "report.html").write_text("<p>")
    assert page() == str(out / "report.html")
    os.utime(out / "report.html", (1, 1))
    assert page() is None


def test_a_runner_other_than_that_of_the_runs_is_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["status", "--workspace", str(out), "--profile", "demo", "--runner"]
    assert main([*command, "container"]) == 0
    words = "note: RUNNER differs from that of the last run: host then, container now: "
    way = f".venv/bin/mlperf-kit status --profile demo --runner host --workspace {out}"
    assert words + way in capsys.readouterr().err.splitlines()
    assert main([*command, "host"]) == 0
    assert "differs" not in capsys.readouterr().err


def test_a_placeholder_for_the_submitter_is_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "note: the submitter's name in the tree will be Example, the profile's own "
        "(SUBMITTER=… sets it; given later, it repeats no run)"
    )
    command = ["status", "--workspace", str(out), "--profile", "official"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert words in said.err.splitlines()
    assert "SUBMITTER=… brings" in " ".join(said.out.split())
    assert main([*command, "--submitter", "Me"]) == 0
    said = capsys.readouterr()
    assert words not in said.err
    assert "SUBMITTER=…" not in said.out


def test_what_a_run_would_be_refused_for_is_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["status", "--workspace", str(out), "--profile", "demo"]
    assert main([*command, "--cpuset", "4000"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "note: a run would stop before it begins: CPUSET=4000 names processors" in said
    assert main(command) == 0
    assert "would stop" not in capsys.readouterr().err


def test_without_a_record_the_tree_says_what_was_run(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a workspace of an earlier version, which recorded no settings."""
    monkeypatch.chdir(repo)
    run = tmp_path / "submission/open/Me/measurements/node/m/Offline/run_metadata_performance.json"
    run.parent.mkdir(parents=True)
    about = {"run": {"benchmark": "minilm-squad"}, "dataset": {"name": "squad"}}
    for profile, shown in (("official", "official"), ("nobody's", "demo"), (7, "demo")):
        run.write_text(json.dumps({"profile": profile, **about}))
        assert main(["status", "--workspace", str(tmp_path)]) == 0
        assert f"(profile {shown})" in capsys.readouterr().out.splitlines()[0]
