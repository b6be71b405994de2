"""The Python API as its documentation has it, and the JSON by its published schema."""

import inspect
import json
import re
import textwrap
import typing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import submission.checks as api
from submission.checks import Report, Severity, check_tree, report_json, report_schema
from tests.fakes.good_tree import MEASURED, open_division


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = open_division(tmp_path_factory.mktemp("api") / "out" / "submission")
    (root / MEASURED / "README.md").write_text("")
    (root / "open/Kit/code/sparse-bert/kit/README.md").write_text("no words\n")
    return root


@pytest.fixture(scope="module")
def report(tree: Path) -> Report:
    return check_tree(tree, ignore=["PRF001"])


def example() -> str:
    """The code in the documentation of the package."""
    found = re.search(r"::\n\n((?:    .*\n|\n)+)", api.__doc__)
    return textwrap.dedent(found[1])


def test_the_documented_lines_run(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in example().splitlines() if line]
    assert len(lines) == 9
    monkeypatch.chdir(tree.parents[1])
    exec(compile(example(), "documentation", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "v3.0 passed"
    assert len(lines) == 2
    written = json.loads((tree.parents[1] / "report.json").read_text())
    assert written["ignored"] == ["MEA003"]


def test_what_is_offered_is_there_and_documented() -> None:
    assert sorted(api.__all__) == api.__all__
    for name in api.__all__:
        assert inspect.getdoc(getattr(api, name)), name
    hints = typing.get_type_hints(check_tree)
    assert {"root", "version", "waivers", "ignore", "only", "return"} <= set(hints)
    assert hints["return"] is Report


def test_the_json_fits_the_schema_and_the_schema_names_every_field(report: Report) -> None:
    schema, value = report_schema(), json.loads(report_json(report))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(value)
    assert value["results"]
    assert value["findings"]
    # a field that the schema does not name is one that nobody promised
    assert set(value) == set(schema["properties"])
    for name, key in (("result", "results"), ("finding", "findings")):
        for entry in value[key]:
            assert set(entry) == set(schema["$defs"][name]["properties"])
    assert schema["properties"]["version"]["const"] == value["version"]
    assert schema["$id"].endswith(f":{value['version']}")
    assert "Version policy" in schema["description"]


def test_a_reader_of_this_version_passes_over_new_fields(report: Report) -> None:
    value = json.loads(report_json(report)) | {"new": 1}
    value["results"][0]["new"] = 1
    assert Draft202012Validator(report_schema()).is_valid(value)


def test_findings_and_results_are_objects_with_the_fields_of_the_json(report: Report) -> None:
    value = json.loads(report_json(report))
    assert [f.rule for f in report.findings] == [f["rule"] for f in value["findings"]]
    assert [str(f.severity) for f in report.findings] == [f["severity"] for f in value["findings"]]
    assert [r.path for r in report.results] == [r["path"] for r in value["results"]]
    assert {f.rule for f in report.of(Severity.ERROR)} == {"MEA003"}
    assert not report.passed


def test_the_root_may_be_a_text(tree: Path, report: Report) -> None:
    assert check_tree(str(tree), ignore=["PRF001"]) == report
