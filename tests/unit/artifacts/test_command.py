"""The commands for models and data sets: what they write, and how they end."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.artifacts.manifest import Manifest
from submission.cli import artifacts, main
from submission.errors import UsageError


@pytest.fixture
def run(toy: Manifest, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run a command with the toy's manifest; its exit code and what it wrote."""
    base = ["--manifests", str(toy.path.parents[1]), "--workspace", str(tmp_path / "out")]

    def run_command(name: str, *words: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser(exit_on_error=False)
        getattr(artifacts, f"add_{name}_arguments")(parser)
        lines: list[str] = []
        args = parser.parse_args([*words, *([] if name == "split_model" else base)])
        code = getattr(artifacts, f"run_{name}")(args, say=lines.append, warn=lines.append)
        return code, "\n".join(lines)

    return run_command


Run = Callable[..., tuple[int, str]]


def test_fetching_brings_parts_and_files(run: Run, tmp_path: Path) -> None:
    code, text = run("fetch_models", "toy")
    assert code == 0
    assert "4 parts fetched" in text
    assert (tmp_path / "out" / "models" / "toy" / "model.bin").stat().st_size == 2500


def test_a_dry_run_says_sizes_and_room_and_does_nothing(run: Run, tmp_path: Path) -> None:
    code, text = run("fetch_models", "toy", "--dry-run")
    assert code == 0
    assert "fetch  toy/model.bin_p00  (1.0 kB)" in text
    assert "2.5 kB to fetch" in text
    assert not (tmp_path / "out").exists()


def test_parts_only_leaves_them_apart(run: Run, tmp_path: Path) -> None:
    run("fetch_models", "--all", "--parts-only")
    assert not (tmp_path / "out" / "models").exists()
    assert "2 files made" in run("rejoin_models", "toy")[1]


def test_an_unknown_name_gets_the_nearest_one(run: Run) -> None:
    with pytest.raises(UsageError, match='did you mean "toy"'):
        run("fetch_models", "toi")


def test_no_name_gets_the_list(run: Run) -> None:
    with pytest.raises(UsageError, match="nothing was named"):
        run("fetch_models")


def test_names_beside_all_are_not_ignored(run: Run) -> None:
    with pytest.raises(UsageError, match="--all and names exclude each other"):
        run("fetch_models", "toy", "--all")


def test_a_model_is_not_a_data_set(run: Run) -> None:
    with pytest.raises(UsageError, match="toy is not a dataset"):
        run("fetch_data", "toy")


def test_fetching_a_data_set_prepares_its_features_once(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    artifacts.add_fetch_data_arguments(parser)
    models = Path(__file__).parents[3] / "models"
    words = ["squad-mini", "--manifests", str(models), "--workspace", str(tmp_path)]
    lines: list[str] = []
    for _ in range(2):
        args = parser.parse_args(words)
        assert artifacts.run_fetch_data(args, say=lines.append, warn=lines.append) == 0
    file = tmp_path / "features" / "squad-mini" / "features.npz"
    data = tmp_path / "data" / "squad-mini"
    assert lines[0] == f"squad-mini: 2 files fetched, 0 correct already in {data}"
    assert lines[2] == f"squad-mini: 0 files fetched, 2 correct already in {data}"
    assert lines[1] == f"squad-mini: 446 features prepared in {file}"
    assert lines[3] == f"squad-mini: 446 features already in {file}"


def test_verifying_ends_with_one_if_something_is_wrong(run: Run, tmp_path: Path) -> None:
    assert run("verify_models", "toy")[0] == 1
    run("fetch_models", "toy", "--remove-parts")
    assert run("verify_models", "toy") == (0, "toy: right")
    (tmp_path / "out" / "models" / "toy" / "model.xml").write_bytes(bytes(40))
    code, text = run("verify_models", "toy")
    assert code == 1
    assert "model.xml: damaged: found" in text


def test_an_onnx_model_is_fetched_and_left_to_its_conversion(run: Run, tmp_path: Path) -> None:
    text = (tmp_path / "toy" / "manifest.json").read_text().replace("model.xml", "model.onnx")
    (tmp_path / "toy" / "manifest.json").write_text(text)
    (tmp_path / "toy" / "parts" / "model.xml").rename(tmp_path / "toy" / "parts" / "model.onnx")
    assert "convert_reference.py converts it to an IR" in run("fetch_models", "toy")[1]
    assert not (tmp_path / "out" / "models").exists()
    (tmp_path / "out" / "parts" / "toy" / "model.onnx").write_bytes(bytes(40))
    code, text = run("verify_models", "toy")
    assert code == 1
    assert "model.onnx: damaged: found" in text


def test_a_folder_of_ones_own_can_be_verified(run: Run, tmp_path: Path) -> None:
    assert run("verify_models", "toy", "--folder", str(tmp_path / "source")) == (0, "toy: right")


def test_splitting_writes_a_manifest(run: Run, tmp_path: Path) -> None:
    words = ["--name", "t", "--licence", "l", "--origin", "o", "--part-bytes", "1000"]
    source = str(tmp_path / "source" / "model.bin")
    code, text = run("split_model", source, "--target", str(tmp_path / "again"), *words)
    assert code == 0
    assert "model.bin: 2.5 kB in 3 parts" in text
    assert (tmp_path / "again" / "manifest.json").exists()


@pytest.mark.parametrize("command", ["fetch-models", "fetch-data", "rejoin-models"])
def test_all_of_nothing_is_an_error(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--all", "--manifests", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"there are no manifests in {tmp_path}" in said.err
    assert "from a checkout of the kit" in said.err


def test_all_data_sets_of_a_folder_of_models_is_an_error(run: Run) -> None:
    with pytest.raises(UsageError, match="there is no dataset in"):
        run("fetch_data", "--all")


def test_a_data_set_that_is_right_is_not_fetched_again(tmp_path: Path) -> None:
    models = Path(__file__).parents[3] / "models"
    options = ["--manifests", str(models), "--workspace", str(tmp_path)]
    assert main(["fetch-data", "squad-mini", *options]) == 0
    shutil.rmtree(tmp_path / "parts")
    assert main(["fetch-data", "squad-mini", "--offline", *options]) == 0
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(("text", "code"), [("off", 0), ("maybe", 2)])
def test_offline_is_read_as_every_other_command_reads_it(
    text: str, code: int, toy: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFLINE", text)
    options = ["--manifests", str(toy.path.parents[1]), "--workspace", str(tmp_path / "out")]
    assert main(["fetch-models", "toy", *options]) == code
