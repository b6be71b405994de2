"""``describe-system`` as a person uses it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.cli.system import add_arguments, run
from submission.errors import UsageError
from submission.policy import load_policy
from tests.fakes.captured_probes import CapturedProbes
from tests.fakes.published_fields import REQUIRED


@pytest.fixture
def command(machine: Callable[[str], CapturedProbes]) -> Callable[..., tuple[int, str, str]]:
    """Run the command on a captured machine; exit code, output, messages."""

    def called(*words: str, on: str = "kvm_guest") -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        said: list[str] = []
        warned: list[str] = []
        code = run(
            parser.parse_args(words), say=said.append, warn=warned.append, probes=machine(on)
        )
        return code, "\n".join(said), "\n".join(warned)

    return called


def test_the_output_is_the_json_and_nothing_else(
    command: Callable[..., tuple[int, str, str]],
) -> None:
    code, output, messages = command("--submitter", "Example")
    assert code == 0
    assert tuple(json.loads(output)) == REQUIRED
    assert "cooling: the machine's data sheet, or look at the machine" in messages


def test_the_round_says_which_fields_there_are(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    _, output, messages = command("--version", "v3.1", on="two_sockets_bare_metal")
    fields = json.loads(output)
    assert set(fields) == set(load_policy("v3.1").system_fields.required)
    assert fields["host_network_card_count"] == "2"
    assert "system_type_detail: cannot be detected" in messages
    overlay = tmp_path / "overlay.json"
    overlay.write_text('{"system_type_detail": "server"}')
    with pytest.raises(UsageError, match=r"round v3\.0 does not know: system_type_detail"):
        command("--version", "v3.0", "--overlay", str(overlay))


def test_a_set_field_is_remembered_for_the_next_time(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    overlay = str(tmp_path / "overlay.json")
    command("--overlay", overlay, "--set", "cooling=Air")
    _, output, messages = command("--overlay", overlay, "--sources")
    assert json.loads(output)["cooling"] == "Air"
    assert "overlay       cooling" in messages
    assert "cooling:" not in messages


def test_a_mistyped_overlay_is_not_taken_for_an_empty_one(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="there is no system overlay"):
        command("--overlay", str(tmp_path / "none.json"))


def test_set_without_a_file_to_remember_it_is_refused(
    command: Callable[..., tuple[int, str, str]],
) -> None:
    with pytest.raises(UsageError, match="--set needs a file"):
        command("--set", "cooling=Air")


def test_the_json_can_go_to_a_file(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    _, output, messages = command("--output", str(tmp_path / "system.json"))
    assert output == ""
    assert "system.json" in messages
    assert tuple(json.loads((tmp_path / "system.json").read_text())) == REQUIRED


def test_a_file_that_cannot_be_written_is_reported(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        command("--output", str(tmp_path / "file" / "system.json"))
