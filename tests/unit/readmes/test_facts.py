"""What the READMEs of a tree give a person to type."""

from pathlib import Path

from submission.readmes.facts import _same_limits, model_mirror
from submission.tree.grammar import BY_KIND
from submission.tree.order import SubmissionNames


def test_each_model_is_found_from_the_folder_of_the_kit(tmp_path: Path) -> None:
    names = SubmissionNames(
        layout=BY_KIND, submitter="Me", system_desc_id="box", implementation="openvino-cpu"
    )
    kit = tmp_path / names.code_folder("first")
    kit.mkdir(parents=True)
    assert model_mirror(names, "first", "first") == "model"
    for model in ("first", "second"):
        folder = tmp_path / names.code_folder(model) / "model"
        assert (kit / model_mirror(names, "first", model)).resolve() == folder


def test_the_command_repeats_what_the_run_was_kept_to() -> None:
    assert _same_limits({"cpuset": "0-3,8", "memory_bytes": 8_000_000_000}) == (
        "CPUSET=0-3,8 MEMORY_BYTES=8000000000 "
    )
    assert _same_limits({"cpuset": None, "memory_bytes": None}) == ""
