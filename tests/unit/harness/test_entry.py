"""The command line of the harness, without a run."""

import json
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.harness.entry import read_spec
from submission.harness.facts import cpu_fields, usable_cores
from submission.harness.failure import FailureKind, HarnessError
from submission.terms import RunSpec
from tests.fakes.harness_process import make_run_spec


def test_a_run_spec_is_read_back(tmp_path: Path) -> None:
    spec = make_run_spec(tmp_path)
    path = tmp_path / "run_spec.json"
    path.write_text(json.dumps(spec.to_json()))
    assert read_spec([str(path)]) == spec


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_one_argument_is_needed(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="one argument"):
        read_spec(arguments)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"run": 3}', "\ud800"])
def test_a_spec_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run_spec.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(HarnessError) as caught:
        read_spec([str(path)])
    assert caught.value.kind == "spec"


def test_a_spec_of_unknown_fields_is_named(tmp_path: Path) -> None:
    value = make_run_spec(tmp_path).to_json() | {"colour": "blue"}
    path = tmp_path / "run_spec.json"
    path.write_text(json.dumps(value))
    with pytest.raises(HarnessError) as caught:
        read_spec([str(path)])
    assert "colour" in caught.value.detail


def test_words_of_a_failure_are_one_line_each() -> None:
    error = HarnessError("two\nlines", kind=FailureKind.BUG, detail="x\n" * 5000, hint="h")
    assert len(str(error).splitlines()) == 3
    assert len(error.detail) <= 600


def test_the_first_processor_is_described() -> None:
    text = "processor\t: 0\nmodel name\t: Fast: one\nflags\t\t: a b\n\nprocessor: 1\nflags: c\n"
    assert cpu_fields(text) == {"model name": "Fast: one", "flags": "a b"}


def test_a_spec_equals_its_own_json(tmp_path: Path) -> None:
    spec = make_run_spec(tmp_path)
    assert RunSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@pytest.mark.parametrize("quota", ["20000 100000", "100000 100000"])
def test_a_cgroup_above_may_grant_less_than_its_cores(quota: str) -> None:
    files = {"/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/cpu.max": quota}
    assert usable_cores(files.get) == 1
