"""Two systems measured apart become one submission that check and verify accept."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.cli import main
from submission.tree.grammar import README, SUMS_FILE
from submission.tree.sums import sha256sums

OTHER = "2-node-OpenVINO-INT8"
NOTE = "## Notes of the submitter\n\nBoth machines stand in one rack.\n"


def files_of(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def other(
    kit: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The tree of another system, with a note that a person wrote into its README."""
    workspace = tmp_path_factory.mktemp("other")
    done = kit("run", workspace=workspace, SYSTEM_DESC_ID=OTHER)
    assert done.returncode == 0, done.stderr
    tree = workspace / "submission"
    readme = tree / "open/Demo" / README
    readme.write_text(f"{readme.read_text(encoding='utf-8')}\n{NOTE}", encoding="utf-8")
    (tree / SUMS_FILE).write_text(sha256sums(tree), encoding="utf-8")
    return tree


def test_two_systems_joined_pass_check_and_verify_and_split_gives_both_back(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    other: Path,
    checkout: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, joined = finished[0] / "submission", tmp_path / "joined"
    assert main(["join", str(other), str(first), "-o", str(joined)]) == 0
    waivers = str(checkout / "measurements/profiles/tiny.json")
    code = main(["check", "--input", str(joined), "--waivers", waivers])
    said = capsys.readouterr().out
    assert (code, "FAILED without them: 4 of 4" in said) == (0, True), said
    code = main(["verify", "--input", str(joined)])
    said = capsys.readouterr().out
    assert (code, said.splitlines()[-1].partition(";")[0][:22]) == (0, "verify: no differences"), (
        said
    )

    text = (joined / "open/Demo" / README).read_text(encoding="utf-8")
    assert f"| {OTHER} | minilm-squad" in text
    assert "Both machines stand in one rack." in text

    apart = tmp_path / "apart"
    assert main(["split", str(joined), "-o", str(apart)]) == 0
    for system, whole in ((OTHER, other), ("1-node-OpenVINO-INT8", first)):
        assert set(files_of(apart / system)) ^ set(files_of(whole)) == set()
        assert files_of(apart / system) == files_of(whole)

    readme = joined / "open/Demo" / README
    lines = text.splitlines(keepends=True)
    for start, words in ((f"| {OTHER} | minilm-squad", "99999.99"), ("## Demo: MLPerf", "## Best")):
        row = next(n for n, line in enumerate(lines) if line.startswith(start))
        cells = lines[row].split("|")
        changed = [words + "\n"] if len(cells) == 1 else ["|".join([*cells[:8], f" {words} |\n"])]
        readme.write_text("".join([*lines[:row], *changed, *lines[row + 1 :]]), encoding="utf-8")
        (joined / SUMS_FILE).write_text(sha256sums(joined), encoding="utf-8")
        assert main(["verify", "--input", str(joined)]) == 1
        assert words.removeprefix("## ") in capsys.readouterr().out
    shutil.rmtree(joined)
