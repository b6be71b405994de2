"""Which versions of OpenVINO are compared."""

from pathlib import Path

import pytest

from submission.cli import main


def test_a_version_without_a_lock_is_refused(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    assert main(["bench-openvino", "--versions", "2019.1.0"]) == 2
    said = capsys.readouterr().err
    assert "no lock for OpenVINO 2019.1.0" in said
    assert "2025.4.1" in said
