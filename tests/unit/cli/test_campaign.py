"""``campaign``: its texts and JSON, what it refuses, and ``run-cell`` on a system."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from submission.campaign.identity import checkout_identity
from submission.cli import main
from submission.files import write_json
from tests.fitting import assert_fits

LIMIT_S = 60.0


@pytest.fixture
def out(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout with an empty workspace; runs would be on the host."""
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path / "out"))
    monkeypatch.setenv("RUNNER", "host")
    return tmp_path / "out"


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.json"
    systems = [{"system_desc_id": "sys-a", "cpuset": "0"}, {"system_desc_id": "sys-b"}]
    value = {"version": 1, "profile": "demo", "engine": {"kind": "here"}, "systems": systems}
    write_json(path, value)
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("out")
def test_plan_and_status_fit_their_schemas(two: str, capsys: pytest.CaptureFixture[str]) -> None:
    plan = printed(capsys, "campaign", "plan", two)
    assert_fits(plan, "campaign_plan")
    assert [each["system"] for each in plan["systems"]] == ["sys-a", "sys-b"]
    assert [each["stage"] for each in plan["here"]] == ["join", "check", "pack"]
    status = printed(capsys, "campaign", "status", two)
    assert_fits(status, "campaign_status")
    assert not status["running"]
    states = {cell["state"] for each in status["systems"] for cell in each["cells"]}
    assert states == {"to do"}


def test_plan_says_where_and_why_and_writes_no_workspace(
    out: Path, two: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["campaign", "plan", two]) == 0
    said = capsys.readouterr().out
    assert "sys-a: on " in said
    assert ", cores 0" in said
    assert "(not run yet)" in said
    assert not (out / "systems").exists()


@pytest.mark.usefixtures("out")
def test_the_example_of_the_checkout_can_be_planned() -> None:
    assert main(["campaign", "plan", "example"]) == 0


def test_settings_that_the_file_decides_are_named(
    out: Path,
    two: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CPUSET", "1")
    assert main(["campaign", "status", two]) == 0
    assert f"CPUSET has no effect: {two} decides it" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.usefixtures("out")
def test_cancel_without_a_coordinator_cancels_nothing(
    two: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["campaign", "cancel", two]) == 0
    assert "does not run here" in capsys.readouterr().out


def test_cancel_of_what_outlived_a_coordinator_is_said_once(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Engine:
        asked: ClassVar[list[str]] = []

        def cancel(self, *cells: str) -> None:
            self.asked.extend(cells)

        def close(self) -> None:
            pass

    monkeypatch.setattr("submission.cli.campaign._fleet_of", lambda made: Engine())
    path = tmp_path / "jobs.json"
    value = {"version": 1, "profile": "demo", "systems": [{"system_desc_id": "a"}]}
    write_json(path, {**value, "engine": {"kind": "slurm"}})
    systems = {name: {"label": name, "cell": f"jobs-{name}", "cells": {}} for name in "ab"}
    write_json(out / "campaigns" / "jobs" / "record.json", {"version": 1, "systems": systems})
    assert main(["campaign", "cancel", str(path)]) == 0
    assert "cancelled 2 cells that outlived the coordinator" in capsys.readouterr().out
    assert main(["campaign", "cancel", str(path)]) == 0
    assert "nothing to cancel" in capsys.readouterr().out
    assert Engine.asked == ["jobs-a", "jobs-b"]


def test_cancel_ends_the_coordinator(
    out: Path, two: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = out / "campaigns" / "two" / "lock"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from submission.locks import file_lock\n"
        "with file_lock(Path(sys.argv[1])):\n"
        "    print('up', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE, text=True
    ) as held:
        assert held.stdout
        assert held.stdout.readline() == "up\n"
        assert printed(capsys, "campaign", "status", two)["running"]
        assert main(["campaign", "run", two]) == 2
        assert "another run uses this workspace" in capsys.readouterr().err
        assert main(["campaign", "cancel", two]) == 0
        assert held.wait(LIMIT_S) == -signal.SIGTERM


@pytest.mark.usefixtures("out")
def test_an_engine_that_is_not_there_ends_with_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "far.json"
    value = {"version": 1, "profile": "demo", "systems": [{"system_desc_id": "a"}]}
    write_json(path, {**value, "engine": {"kind": "slurm"}})
    assert main(["campaign", "plan", str(path)]) == 4
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 3


@pytest.mark.usefixtures("out")
def test_run_cell_refuses_another_checkout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.tar"
    words = ["run-cell", "image", "--result", str(result), "--checkout", "0" * 64]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "this system's checkout of the kit is not the campaign's" in said
    assert "0" * 16 in said
    assert not result.exists()


def test_the_identity_leaves_out_what_belongs_to_a_system(repo: Path, tmp_path: Path) -> None:
    for name in ("README.md", "submission/__init__.py", "measurements/sut.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    before = checkout_identity(tmp_path)
    for name in ("systems/x.json", "tuned/y.json", "campaigns/z.json"):
        path = tmp_path / "measurements" / name
        path.parent.mkdir()
        path.write_text("{}", encoding="utf-8")
    assert checkout_identity(tmp_path) == before
    (tmp_path / "measurements/sut.md").write_text("other", encoding="utf-8")
    assert checkout_identity(tmp_path) != before
    assert checkout_identity(repo) == checkout_identity(repo)


@pytest.mark.parametrize(
    ("make", "way"),
    [("1", "make campaign CAMPAIGN=NAME"), (None, "campaign run NAME")],
)
def test_no_campaign_is_said_in_the_words_that_were_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], make: str | None, way: str
) -> None:
    monkeypatch.setattr("submission.cli.campaign.under_make", lambda: make is not None)
    assert main(["campaign", "run"]) == 2
    said = capsys.readouterr().err
    assert "error: no campaign was named" in said
    assert f"name one: {way}" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\0", "cannot be read"),
        (b"cooling: Air", "cannot be read"),
        (b"[]", "is not a JSON object"),
        (b'{"coolingg": "Air"}', "has a field that"),
    ],
)
def test_a_wrong_overlay_is_refused_by_its_name_before_anything_is_measured(
    content: bytes, words: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay, path = tmp_path / "mine.json", tmp_path / "one.json"
    overlay.write_bytes(content)
    systems = [{"system_desc_id": "a", "overlay": str(overlay)}]
    value = {"version": 1, "profile": "demo", "engine": {"kind": "here"}, "systems": systems}
    write_json(path, value)
    for action in ("plan", "run"):
        assert main(["campaign", action, str(path)]) == 2
        said = capsys.readouterr().err
        assert str(overlay) in said
        assert words in said


@pytest.mark.usefixtures("out")
def test_what_this_machine_lacks_is_named_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    systems = [{"system_desc_id": "a", "cpuset": "0,4000"}, {"system_desc_id": "b"}]
    value = {"version": 1, "profile": "demo", "engine": {"kind": "here"}, "systems": systems}
    write_json(path, value)
    for action in ("plan", "run"):
        assert main(["campaign", action, str(path)]) == 2
        said = capsys.readouterr().err
        assert "a: CPUSET=0,4000 names processors that this machine does not have: 4000" in said
        assert "b: " not in said


def test_a_damaged_record_is_none(two: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "campaign", "plan", two, "--json")
    folder = out / "campaigns" / Path(two).stem
    for cells in ([1], {"image": {"seconds": None}}, {"image": 3}, None):
        write_json(folder / "record.json", {"systems": {"a": {"cells": cells}}})
        assert main(["campaign", "status", two]) == 0
        assert f"make campaign CAMPAIGN={two} resumes it" in capsys.readouterr().err
