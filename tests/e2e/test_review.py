"""The reviewer's commands on a tree as the pipeline leaves it: good, and tampered with.

A tamperer rewrites SHA256SUMS, unless it is the sums that shall catch it.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from submission.cli import main
from submission.tree.grammar import SUMS_FILE
from submission.tree.sums import sha256sums
from tests.fitting import assert_fits

CODE = "open/Demo/code/minilm-squad/openvino-cpu"
RESULTS = "open/Demo/results/1-node-OpenVINO-INT8/minilm-squad"
PERFORMANCE = f"{RESULTS}/Offline/performance/run_1/mlperf_log_detail.txt"
CELL = ("--benchmark", "minilm-squad", "--scenario", "Offline")
Say = Callable[..., tuple[int, str]]


@pytest.fixture
def tree(finished: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    return shutil.copytree(finished[0] / "submission", tmp_path / "tree")


@pytest.fixture
def log(finished: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return finished[0] / "runs/tiny/minilm-squad/Offline/accuracy/mlperf_log_accuracy.json"


@pytest.fixture
def asked(tree: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Give a command on the tree; its exit code and what it said."""

    def ask(command: str, *words: object, given: Path = tree) -> tuple[int, str]:
        code = main([command, "--input", str(given), *map(str, words)])
        return code, capsys.readouterr().out

    return ask


def edit(tree: Path, name: str, pattern: str, by: str) -> None:
    """Change one place and rewrite the sums."""
    path = tree / name
    text, count = re.subn(
        pattern, by, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE
    )
    assert count == 1
    path.write_text(text, encoding="utf-8")
    (tree / SUMS_FILE).write_text(sha256sums(tree), encoding="utf-8")


def flip(path: Path) -> None:
    """One bit of one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def waivers(checkout: Path) -> tuple[object, ...]:
    return ("--waivers", checkout / "measurements/profiles/tiny.json")


def test_a_good_tree_passes_the_check_as_folder_and_as_archive(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    tree: Path,
    asked: Say,
    waivers: tuple[object, ...],
) -> None:
    for given in (tree, finished[0] / "Demo-open-v3.0.tar.gz"):
        code, said = asked("check", *waivers, given=given)
        assert (code, "FAILED without them: 2 of 2" in said) == (0, True), said


def test_a_good_tree_is_right(asked: Say) -> None:
    code, said = asked("verify")
    assert (code, said.splitlines()[-1].partition(":")[0]) == (0, "verify"), said
    assert said.splitlines()[-1].startswith("verify: no differences: ")
    assert re.search("^sources +skipped", said, re.MULTILINE)
    assert " 0 compared" not in said


@pytest.fixture
def downloaded(tree: Path, tmp_path: Path) -> Path:
    """The tree as GitHub's "Download ZIP" gives a repository: one folder above, no file modes."""
    path = tmp_path / "results-main.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"0123456789abcdef0123456789abcdef01234567"
        archive.writestr(zipfile.ZipInfo("results-main/"), b"")
        for file in sorted(tree.rglob("*")):
            name = f"results-main/{file.relative_to(tree)}"
            if file.is_dir():
                archive.writestr(zipfile.ZipInfo(f"{name}/"), b"")
            else:
                archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def test_a_repository_that_was_downloaded_as_zip_is_a_tree(
    downloaded: Path, asked: Say, log: Path, waivers: tuple[object, ...], tmp_path: Path
) -> None:
    code, said = asked("check", *waivers, given=downloaded)
    assert (code, "FAILED without them: 2 of 2" in said) == (0, True), said
    code, said = asked("verify", given=downloaded)
    assert (code, "verify: no differences" in said) == (0, True), said
    assert asked("score", *CELL, "--log", log, given=downloaded)[0] == 0
    quick = ("--quick", "--tolerance", "1000")
    assert "F1" in asked("reproduce", *CELL, *quick, given=downloaded)[1]
    pytest.importorskip("matplotlib")
    page = tmp_path / "page.html"
    words = ("--html", str(page), "--markdown", str(tmp_path / "page.md"))
    assert main(["report", str(downloaded), *words]) == 0
    assert "minilm-squad" in page.read_text(encoding="utf-8")


def test_the_whole_log_gives_what_the_tree_claims(asked: Say, log: Path) -> None:
    code, said = asked("score", *CELL, "--log", log)
    assert code == 0
    assert said.count(" equal\n") == 5  # claimed twice: by accuracy.txt and by the harness


def test_a_score_and_a_verification_are_json_for_programs(asked: Say, log: Path) -> None:
    code, said = asked("score", *CELL, "--log", log, "--json")
    score = json.loads(said)
    assert_fits(score, "rescore")
    assert (code, score["equal"]) == (0, True)
    code, said = asked("verify", "--json")
    verified = json.loads(said)
    assert_fits(verified, "verify")
    assert (code, verified["verified"]) == (0, True)


def test_another_layout_scores_otherwise_and_is_asked_about(
    tree: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("score", "--input", tree, *CELL, "--log", log, "--layout", "end-start")
    assert main([str(word) for word in words]) == 1
    said = capsys.readouterr()
    assert "NOT what the tree claims" in said.out
    assert "another --layout?" in said.err


def test_the_hash_of_a_log_identifies_its_result(asked: Say, log: Path) -> None:
    code, said = asked("score", "--log", log)
    assert (code, said.splitlines()[0]) == (0, f"minilm-squad/Offline: {log}")


def test_a_result_is_reproduced_from_the_tree_alone(tree: Path, asked: Say, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    # how fast this machine is just now is not what is tested
    words = ("--scenario", "Server", "--quick", "--tolerance", "1000", "--keep", kept)
    code, said = asked("reproduce", "--benchmark", "minilm-squad", *words)
    assert re.search(r"^F1 .* equal$", said, re.MULTILINE), said
    assert re.search(r"completed samples/s .*ratio", said)
    assert code == (0 if said.splitlines()[-1] == "reproduce: within the tolerance" else 1)
    claimed = tree / "open/Demo/measurements/1-node-OpenVINO-INT8/minilm-squad/Server"
    user_conf = (kept / "accuracy/user.conf").read_bytes()
    assert user_conf == (claimed / "user.conf").read_bytes()


def test_a_rate_that_is_not_the_claimed_one_is_outside(tree: Path, asked: Say) -> None:
    edit(tree, PERFORMANCE, r'(result_samples_per_second", "value": )[\d.]+', r"\g<1>9000")
    code, said = asked("reproduce", *CELL, "--quick")
    assert (code, said.splitlines()[-1]) == (1, "reproduce: OUTSIDE the tolerance")


def test_a_wrong_request_is_usage(asked: Say, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("reproduce", "--benchmark", "minilm", "--scenario", "Offline")[0] == 2
    assert asked("reproduce", *CELL, "--repeat", "0")[0] == 2
    assert asked("score", "--benchmark", "minilm-squad")[0] == 2
    assert asked("verify", given=Path("/nowhere"))[0] == 2


@pytest.mark.parametrize("name", [f"{CODE}/README.md", PERFORMANCE, f"{CODE}/Dockerfile"])
def test_the_sums_catch_any_edit_by_name(tree: Path, asked: Say, name: str) -> None:
    flip(tree / name)
    code, said = asked("verify")
    assert code == 1
    assert f"sums: {name}: found " in said


def test_a_file_that_nobody_listed_and_one_that_is_gone_are_caught(tree: Path, asked: Say) -> None:
    (tree / "open/Demo/extra.txt").write_text("x")
    (tree / PERFORMANCE).unlink()
    said = asked("verify")[1]
    assert "sums: open/Demo/extra.txt: found unlisted" in said
    assert f"sums: {PERFORMANCE}: found missing" in said


def test_an_f1_made_better_is_caught_by_score(tree: Path, asked: Say, log: Path) -> None:
    edit(tree, f"{RESULTS}/Offline/accuracy/accuracy.txt", r'"f1": [\d.]+', '"f1": 99.5')
    code, said = asked("score", *CELL, "--log", log)
    assert code == 1
    assert re.search(r"^F1 +99\.5 +[\d.]+ +NOT equal$", said, re.MULTILINE)


def test_a_log_that_nobody_claims_is_caught_by_score(
    tree: Path, asked: Say, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(log.read_bytes() + b"\n")
    assert main(["score", "--input", str(tree), "--log", str(other)]) == 1
    assert "no accuracy.txt of the tree has the hash" in capsys.readouterr().err


def test_a_rate_made_better_is_caught_by_check_and_verify(
    tree: Path, asked: Say, waivers: tuple[object, ...]
) -> None:
    edit(tree, PERFORMANCE, r'(result_samples_per_second", "value": )[\d.]+', r"\g<1>9000")
    code, said = asked("check", *waivers)
    assert (code, "\nerror " in said, PERFORMANCE in said) == (1, True, True)
    code, said = asked("verify")
    assert code == 1
    assert re.search("run_metadata_performance.json: found result_samples_per_second", said)


def test_a_log_line_that_was_changed_is_caught_by_check_and_verify(
    tree: Path, asked: Say, waivers: tuple[object, ...]
) -> None:
    edit(tree, PERFORMANCE, r'(effective_qsl_rng_seed", "value": )\d+', r"\g<1>7")
    code, said = asked("check", *waivers)
    assert (code, "\nerror " in said, PERFORMANCE in said) == (1, True, True)
    code, said = asked("verify")
    assert code == 1
    assert "expected 7" in said


def test_a_figure_of_a_readme_is_named_by_check(
    tree: Path, asked: Say, waivers: tuple[object, ...]
) -> None:
    row = r"^(\| minilm-squad \|.*\| )[\d.]+( \| no reference \|)$"
    edit(tree, f"{CODE}/README.md", row, r"\g<1>9000.00\g<2>")
    said = asked("check", *waivers)[1]
    place = rf"^(warning|error) DOC001  .*\n    {CODE}/README.md:\d+$"
    assert re.search(place, said, re.MULTILINE)


def test_a_weight_byte_is_caught_by_verify(tree: Path, asked: Say) -> None:
    part = f"{CODE}/model/openvino_model.bin_p01"
    flip(tree / part)
    (tree / SUMS_FILE).write_text(sha256sums(tree), encoding="utf-8")
    code, said = asked("verify")
    assert code == 1
    assert f"model: {part}: found damaged" in said
    assert re.search("metadata: .*run_metadata_.*: found sha256 of openvino_model.bin ", said)


def test_a_weight_byte_with_a_manifest_to_match_is_caught_by_the_metadata(
    tree: Path, asked: Say
) -> None:
    folder = tree / CODE / "model"
    flip(folder / "openvino_model.bin_p01")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    weights = next(f for f in manifest["files"] if "parts" in f)
    contents = [(folder / part["name"]).read_bytes() for part in weights["parts"]]
    for part, content in zip(weights["parts"], contents, strict=True):
        part["sha256"] = sha256(content).hexdigest()
    weights["sha256"] = sha256(b"".join(contents)).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tree / SUMS_FILE).write_text(sha256sums(tree), encoding="utf-8")
    code, said = asked("verify")
    assert code == 1
    kinds = {line.split(":")[0] for line in said.splitlines() if ": found " in line}
    assert kinds == {"manifest", "metadata"}


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (r'"results": \{', '"results": [], "was": {'),
        (r'"versions": \{', '"versions": 7, "were": {'),
        (r"^\{", "["),
        (r'"asked": \{', '"asked": [], "had": {'),
    ],
)
def test_malformed_metadata_is_named_and_never_a_traceback(
    tree: Path, asked: Say, pattern: str, by: str
) -> None:
    cell = "open/Demo/measurements/1-node-OpenVINO-INT8/minilm-squad/Offline"
    edit(tree, f"{cell}/run_metadata_performance.json", pattern, by)
    assert asked("verify")[0] in {0, 1}
    assert asked("reproduce", *CELL, "--quick")[0] in {2, 3}


def test_a_reader_sees_what_openvino_would_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^  OPTIMIZATION_CAPABILITIES +.*INT8", said, re.MULTILINE)
    assert f"python    {'.'.join(map(str, sys.version_info[:3]))}" in said


def test_report_and_check_count_the_same_findings(
    tree: Path, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    main(["check", str(tree), "--quiet", "--no-config"])
    counts = capsys.readouterr().out.partition(": ")[2].strip()
    markdown = tmp_path / "report.md"
    outputs = ["--html", str(tmp_path / "report.html"), "--markdown", str(markdown)]
    assert main(["report", str(tree), *outputs, "--manifests", str(repo / "models")]) == 0
    assert counts in markdown.read_text(encoding="utf-8")
