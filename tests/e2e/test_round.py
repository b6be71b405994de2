"""A tree of another round, made by data alone, is taken as one of that round by every command.

Its profile names the round, the round's table is all that the kit knows of it, and nobody gives
``--version``.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.policy import default_round, load_policy
from tests.e2e.conftest import Kit

ROUND = "v3.1"
CODE = "open/Demo/code/minilm-squad/openvino-cpu"
RESULT = "1-node-OpenVINO-INT8/minilm-squad/Offline"
CELL = ("--benchmark", "minilm-squad", "--scenario", "Offline")


@pytest.fixture(scope="module")
def workspace(checkout: Path, kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace that the tiny profile filled by the rules of another round."""
    profiles = checkout / "measurements/profiles"
    tiny = json.loads((profiles / "tiny.json").read_text(encoding="utf-8"))
    other = {**tiny, "name": "other-round", "round": ROUND}
    own = profiles / "other-round.json"
    own.write_text(json.dumps(other), encoding="utf-8")
    filled = tmp_path_factory.mktemp("other-round")
    # the image's name is left to the kit
    done = kit("run", workspace=filled, PROFILE="other-round", IMAGE="")
    assert done.returncode == 0, done.stderr
    yield filled
    # the checkout is that of other modules too, whose trees carry its sources
    own.unlink()


def readmes(tree: Path) -> dict[str, str]:
    """Every README that gives the reviewer's commands, by its place in the tree."""
    places = (f"{CODE}/README.md", f"open/Demo/measurements/{RESULT}/README.md")
    return {place: (tree / place).read_text(encoding="utf-8") for place in places}


def given(text: str, command: str) -> list[str]:
    """The words of a reviewer's command as a README gives it, from its name on."""
    image = f"mlperf_inference_datacenter_bert_open:{ROUND.removeprefix('v')} {command}"
    (line,) = {line for line in text.splitlines() if image in line}
    return shlex.split(line[line.index(image) :])[1:]


def test_the_round_is_another_one() -> None:
    assert default_round() != ROUND
    assert load_policy(ROUND).seeds != load_policy(default_round()).seeds


def test_the_metadata_of_every_run_names_the_round(workspace: Path) -> None:
    folder = workspace / "submission/open/Demo/measurements" / RESULT
    for mode in ("performance", "accuracy"):
        text = (folder / f"run_metadata_{mode}.json").read_text(encoding="utf-8")
        assert json.loads(text)["round"] == ROUND


def test_the_check_of_each_readme_passes_as_it_is_given(workspace: Path, kit: Kit) -> None:
    tree = workspace / "submission"
    for text in readmes(tree).values():
        words = [word.replace("/submission/", f"{tree}/") for word in given(text, "check")]
        assert "--version" not in words
        assert "--profile" in words
        done = kit(*words, "--input", str(tree), workspace=workspace)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "FAILED without them: 2 of 2" in done.stdout


def test_the_archive_says_the_round_as_the_folder_does(workspace: Path, kit: Kit) -> None:
    (archive,) = workspace.glob("*.tar.gz")
    assert archive.name == f"Demo-open-{ROUND}.tar.gz"
    waivers = ("--waivers", str(workspace / "waivers.json"))
    done = kit("check", "--input", str(archive), *waivers, "--json", "-", workspace=workspace)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["round"] == ROUND


def test_by_the_default_round_the_tree_does_not_pass(workspace: Path, kit: Kit) -> None:
    """What a check without knowledge of the round would say: the seeds are other ones."""
    waivers = ("--waivers", str(workspace / "waivers.json"))
    tree = str(workspace / "submission")
    asked = ("check", "--input", tree, *waivers, "--version", default_round())
    done = kit(*asked, workspace=workspace)
    assert done.returncode == 1
    assert "error PRF007" in done.stdout
    assert done.stderr.splitlines() == [
        f"the tree says that it is of round {ROUND}; --version {default_round()} overrules it"
    ]


def test_the_reviewers_commands_follow_the_round(workspace: Path, kit: Kit) -> None:
    tree = str(workspace / "submission")
    assert kit("verify", "--input", tree, workspace=workspace).returncode == 0
    log = workspace / "runs/other-round/minilm-squad/Offline/accuracy/mlperf_log_accuracy.json"
    scored = kit("score", "--input", tree, *CELL, "--log", str(log), workspace=workspace)
    assert scored.returncode == 0, scored.stdout
    kept = workspace / "kept"
    words = ("--quick", "--tolerance", "1000", "--keep", str(kept))
    measured = kit("reproduce", "--input", tree, *CELL, *words, workspace=workspace)
    assert measured.returncode in {0, 1}, measured.stderr
    spec = json.loads((kept / "accuracy/run_spec.json").read_text(encoding="utf-8"))
    seeds = load_policy(ROUND).seeds.by_key()
    assert {key: spec["settings"][key] for key in seeds} == seeds


def test_the_report_is_one_of_the_round(workspace: Path, kit: Kit) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    pages = ("--html", str(workspace / "page.html"), "--markdown", str(workspace / "page.md"))
    done = kit("report", str(workspace / "submission"), *pages, workspace=workspace)
    assert done.returncode == 0, done.stderr
    text = (workspace / "page.md").read_text(encoding="utf-8")
    assert text.startswith(f"# open/Demo: MLPerf Inference {ROUND}\n")
    assert "- By the rules: PASSED only with waivers for 11 errors" in text
    assert "2 of 2 results valid; 0 other errors" in text
