"""mlperf-kit.json: where it is looked for, what it lifts and how that is said, and bad files."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from submission.checks.config import KEYS, NAME, CheckConfig, find_config, read_config
from submission.checks.schema import SCHEMAS, schema_text
from submission.cli import main
from submission.errors import UsageError
from tests.fakes.good_tree import MEASURED, open_division

WAIVER = {"rule": "MEA003", "path": "open/*/README.md", "reason": "of the lab"}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and the current folder, whose tree breaks MEA003 (and has no README)."""
    lab = tmp_path / "lab"
    root = open_division(lab / "out" / "submission")
    (lab / ".git").mkdir()
    (root / MEASURED / "README.md").write_text("")
    (root / "open/Kit/code/sparse-bert/kit/README.md").write_text("no words\n")
    monkeypatch.chdir(lab)
    for name in ("CONFIG", "ROUND", "WAIVERS", "IGNORE"):
        monkeypatch.delenv(f"MLPERF_KIT_{name}", raising=False)
    return lab


def write(folder: Path, **value: object) -> Path:
    path = folder / NAME
    path.write_text(json.dumps(value, indent=2))
    return path


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def check(*words: str) -> int:
    return main(["check", "out/submission", *words])


def test_the_file_of_the_repository_counts_in_every_folder_of_it(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check() == 1
    path = write(lab, round="v3.0", waivers=[WAIVER])
    capsys.readouterr()
    assert check() == 0
    said = capsys.readouterr()
    assert said.err == f"{path}: round v3.0, 1 waiver\n"
    assert said.out.splitlines()[-1].startswith("PASSED only with waivers for 1 error, ")
    monkeypatch.chdir(lab / "out")
    assert main(["check", "submission", "--quiet"]) == 0
    assert last_line(capsys).startswith("PASSED only with waivers for 1 error, ")


def test_what_it_ignores_is_counted_in_the_last_line_of_every_output(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(lab, ignore=["MEA003"])
    for words in ((), ("--quiet",), ("--github",), ("--debug",)):
        assert check(*words) == 0
        assert last_line(capsys).endswith(", 1 rule ignored")
    assert check("--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["ignored"] == ["MEA003"]
    assert check("--html", "page.html") == 0
    assert ", 1 rule ignored" in (lab / "page.html").read_text()


def test_the_file_beside_the_tree_comes_before_that_of_the_repository(lab: Path) -> None:
    tree = lab / "out" / "submission"
    above = write(lab, ignore=["MEA003"])
    assert find_config(tree, lab).path == above
    beside = write(lab / "out", ignore=["MEA003"])
    assert find_config(tree, lab).path == beside


def test_a_file_in_the_tree_lifts_nothing_wherever_one_stands(
    lab: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = lab / "out" / "submission"
    inside = write(tree, waivers=[WAIVER], ignore=["MEA003"])
    (tree / ".git").mkdir()
    monkeypatch.chdir(tree)
    for words in (["."], ["--input", str(tree)]):
        assert main(["check", *words]) == 1
        said = capsys.readouterr()
        assert said.err == f"{inside} is not read: a tree lifts no rule itself\n"
        assert "waived" not in said.out.splitlines()[-1]
        assert "ignored" not in said.out.splitlines()[-1]
    assert main(["check", ".", "--config", NAME]) == 2
    assert "lies in the tree that is checked" in capsys.readouterr().err
    monkeypatch.setenv("MLPERF_KIT_CONFIG", str(inside))
    assert main(["check", "."]) == 2
    # nor through a link from outside
    monkeypatch.delenv("MLPERF_KIT_CONFIG")
    capsys.readouterr()
    (lab / NAME).symlink_to(inside)
    monkeypatch.chdir(lab)
    assert check() == 1
    assert "is not read" in capsys.readouterr().err


def test_outside_of_a_repository_the_current_folder_alone_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    (tmp_path / "theirs" / "tree").mkdir(parents=True)
    write(tmp_path / "theirs")
    write(tmp_path / "mine")
    tree = tmp_path / "theirs" / "tree"
    assert find_config(tree, tmp_path / "mine").path == tmp_path / "mine" / NAME
    assert find_config(tree, tmp_path / "mine" / "deep").path is None
    assert find_config(tree, tmp_path).path is None


def test_command_line_before_environment_before_file_before_tree(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def round_of(*words: str) -> str:
        check("--json", "-", *words)
        return json.loads(capsys.readouterr().out)["round"]

    assert round_of() == "v3.0"
    write(lab, round="v2.1", ignore=["MEA003"])
    assert round_of() == "v2.1"
    monkeypatch.setenv("MLPERF_KIT_ROUND", "v3.1")
    assert round_of() == "v3.1"
    assert round_of("--version", "v4.0") == "v4.0"
    monkeypatch.delenv("MLPERF_KIT_ROUND")
    assert round_of("--no-config") == "v3.0"

    assert check("--version", "v3.0") == 0
    monkeypatch.setenv("MLPERF_KIT_IGNORE", "PRF001")
    assert check("--version", "v3.0") == 1
    assert check("--version", "v3.0", "--ignore", "MEA003") == 0
    elsewhere = lab / "other.json"
    elsewhere.write_text(json.dumps([WAIVER]))
    monkeypatch.setenv("MLPERF_KIT_WAIVERS", str(elsewhere))
    assert check("--version", "v3.0") == 0
    empty = lab / "empty.json"
    empty.write_text("[]")
    assert check("--version", "v3.0", "--waivers", str(empty)) == 1


def test_another_file_is_named_by_an_option_or_the_environment(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lab, ignore=["PRF001"])
    other = lab / "strict" / NAME
    other.parent.mkdir()
    other.write_text(json.dumps({"ignore": ["MEA003"]}))
    assert check() == 1
    assert check("--config", str(other)) == 0
    monkeypatch.setenv("MLPERF_KIT_CONFIG", str(other))
    assert check() == 0
    assert check("--config", str(lab / "none.json")) == 2
    assert "none.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Python 3.13 places a needless comma at the comma, others behind it
        ('{\n "round": "v3.0",\n}', ":2|line 2|:3|line 3"),
        ('{\n "round": "v3.0"\n]', ":3|line 3"),
        ("[]", "not an object"),
        ('{\n"waivrs": []}', ":2: 'waivrs'"),
        ('{"round": 3}', ":1: 3"),
        ('{\n\n"round": "v3.9"}', ":3: 'v3.9'"),
        ('{"ignore": "MEA003"}', "a list of rule ids"),
        ('{"ignore": ["XYZ"]}', "no rule 'XYZ'"),
        ('{"ignore": [""]}', "a list of rule ids"),
        ('{\n"ignore": ["LOG"]}', ":2: LOG"),
        ('{\n"waivers": {}}', ":2: it is not a list"),
        ('{"waivers": [{"rule": "MEA003", "path": "*"}]}', ":1, entry 1: an entry must have"),
        (json.dumps({"waivers": [WAIVER, WAIVER | {"rule": "ABC123"}]}), "entry 2: no rule"),
        (json.dumps({"waivers": [WAIVER | {"rule": "LOG001"}]}), "integrity of a log"),
        ('{"round": "v3.0",\n"round": "v3.1"}', "twice"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_bad_files_end_in_three_lines_with_the_place(
    text: str, words: str, lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab / NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert check() == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert f"{lab / NAME}" in lines[1]
    assert any(each in lines[1] for each in words.split("|")), lines


def test_the_published_schema_says_the_same() -> None:
    schema = json.loads(schema_text("config"))
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    assert tuple(schema["properties"]) == KEYS
    waivers = json.loads(schema_text("waivers"))
    assert schema["$defs"]["waiver"] == waivers["items"]
    good = {"$schema": "x", "round": "v3.0", "waivers": [WAIVER], "ignore": ["MEA", "PRF008"]}
    assert validator.is_valid(good)
    bad: list[object] = [{"rounds": 1}, {"round": "3"}, {"waivers": [{}]}, {"ignore": [1]}, []]
    assert not any(validator.is_valid(each) for each in bad)


def test_a_file_that_asks_nothing_says_so(lab: Path) -> None:
    path = write(lab)
    assert read_config(path) == CheckConfig(path=path)
    assert str(read_config(path)) == f"{path}: nothing is asked"


def test_a_folder_or_pipe_of_that_name_is_no_file(lab: Path) -> None:
    (lab / NAME).mkdir()
    assert find_config(lab / "out" / "submission", lab).path is None
    with pytest.raises(UsageError):
        read_config(lab / NAME)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith(f"urn:mlperf-submission-kit:{name}:")
