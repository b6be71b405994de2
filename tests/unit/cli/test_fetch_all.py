"""``fetch-models --all`` where some models are out of reach."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from submission.cli.main import main

EMBEDDED = "minilm-squad_jpqd-70"


def test_what_can_be_fetched_is_there_and_the_rest_is_listed(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (EMBEDDED, "bert-99_jpqd-base", "reference"):
        shutil.copytree(repo / "models" / name, tmp_path / "models" / name)
    monkeypatch.setenv("OFFLINE", "1")
    manifests, workspace = str(tmp_path / "models"), str(tmp_path / "out")
    words = ["fetch-models", "--all", "--manifests", manifests, "--workspace", workspace]
    assert main(words) == 3
    made = [path.parent.name for path in tmp_path.glob("out/models/*/openvino_model.bin")]
    assert made == [EMBEDDED]
    said = capsys.readouterr().err
    listed = said.partition("not fetched:\n")[2]
    assert listed.startswith("  bert-99_jpqd-base: ")
    assert "\n  reference: " in listed
    assert "error: 2 of 3 could not be fetched\n  detail: bert-99_jpqd-base, reference\n" in said


def test_a_single_model_keeps_its_own_error(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFLINE", "1")
    words = ["fetch-models", "reference", "--workspace", str(tmp_path)]
    monkeypatch.chdir(repo)
    assert main(words) == 3
    said = capsys.readouterr().err
    assert "not fetched:" not in said
    assert "error: bert_large_v1_1_fake_quant.onnx of reference cannot be fetched" in said
