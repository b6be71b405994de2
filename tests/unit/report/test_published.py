"""The published tree gives the published table, to the last digit."""

from pathlib import Path

import pytest

from submission.cli import main

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

# model, F1, of FP32, sparsity, Server completed, vs reference, Offline, vs reference
PUBLISHED = """
reference (published, not in the tree)|90.231|0.993|dense|99.93|1.0x|186.09|1.0x
bert-99.9_jpqd-large|90.945|1.001|77.7|549.86|5.5x|768.60|4.1x
bert-99_jpqd-large|90.154|0.992|82.0|734.13|7.3x|865.76|4.7x
bert-99_jpqd-base|90.141|0.992|52.2|1023.37|10.2x|1105.24|5.9x
bert-99_jpqd-mobilebert|90.293|0.994|34.5|1662.61|16.6x|1678.28|9.0x
"""
SCHEDULED = {
    "bert-99.9_jpqd-large": "549.95",
    "bert-99_jpqd-large": "734.24",
    "bert-99_jpqd-base": "1023.49",
    "bert-99_jpqd-mobilebert": "1662.75",
}


@pytest.fixture(scope="module")
def archive(repo: Path) -> Path:
    path = repo.parent / "shared" / "published" / "v3.0_open_Intel.tar.xz"
    if not path.is_file():
        pytest.skip(f"the published tree is not there: {path}")
    return path


@pytest.fixture(scope="module")
def reported(archive: Path, repo: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report")
    words = ["report", str(archive), "--manifests", str(repo / "models")]
    outputs = ["--html", str(out / "r.html"), "--markdown", str(out / "r.md")]
    assert main([*words, *outputs]) == 0
    return (out / "r.md").read_text(encoding="utf-8")


def lines_of(text: str, caption: str) -> dict[str, list[str]]:
    table = text.partition(f"### {caption}\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("line", PUBLISHED.split("\n")[1:-1])
def test_the_published_figures_are_there_to_the_last_digit(reported: str, line: str) -> None:
    model, *figures = line.split("|")
    found = lines_of(reported, "Results")[model]
    assert found.pop(3) == SCHEDULED.get(model, "-")
    assert found == figures


def test_a_server_bound_stands_beside_its_latencies(reported: str) -> None:
    assert lines_of(reported, "Server latency")["bert-99.9_jpqd-large"][4:] == [
        "117.82",
        "127.34",
        "130",
        "99.9",
    ]


def test_the_archive_compared_with_itself_is_equal(
    archive: Path, repo: Path, tmp_path: Path
) -> None:
    outputs = ["--html", str(tmp_path / "r.html"), "--markdown", str(tmp_path / "r.md")]
    words = ["report", "--compare", str(archive), str(archive)]
    assert main([*words, "--manifests", str(repo / "models"), *outputs]) == 0
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    rows = text.partition("### Figures\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(rows) > 40
    assert {row.rsplit("|", 2)[1].strip() for row in rows} <= {"1.000x", "-"}


def test_a_comparison_is_of_two(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--compare", str(archive)]) == 2
    assert "--compare takes two trees" in capsys.readouterr().err
