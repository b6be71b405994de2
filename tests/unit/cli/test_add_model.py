"""``add-model`` without an IR, or with one that does not exist, says how it is typed."""

from __future__ import annotations

import pytest

from submission.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "what"),
    [([], "no IR was named"), (["/nosuch/x.xml"], "there is no file /nosuch/x.xml")],
)
@pytest.mark.parametrize("make", [True, False])
def test_the_command_is_named(
    arguments: list[str],
    what: str,
    make: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KIT_MAKE_VARIABLES", raising=False)
    if make:
        monkeypatch.setenv("KIT_MAKE_VARIABLES", "")
    assert main(["add-model", *arguments]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(f"error: {what} detail: an IR is the openvino_model.xml of an export")
    way = "make add-model IR=path/openvino_model.xml QUESTIONS=" if make else "add-model path/"
    assert f"hint: name it: {way}" in said
