"""The published tree gives the published table, to the last digit."""

from pathlib import Path

import pytest

from submission.cli import main

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

# model, F1, of FP32, sparsity, Server scheduled, completed, vs reference, Offline, vs reference
BASELINE = """
reference (published, not in the tree)|90.23|0.993|dense||99.93|1.0x|186.1|1.0x
bert-99.9_jpqd-large|90.94|1.001|77.7|549.9|549.9|5.5x|768.6|4.1x
bert-99_jpqd-large|90.15|0.992|82.0|734.2|734.1|7.3x|865.8|4.7x
bert-99_jpqd-base|90.14|0.992|52.2|1023|1023|10.2x|1105|5.9x
bert-99_jpqd-mobilebert|90.29|0.994|34.5|1663|1663|16.6x|1678|9.0x
"""
# model, F1, published, Server completed, published, ratio, Offline, published, ratio
PUBLISHED = """
bert-99.9_jpqd-large|90.945|90.945|549.86|549.86|1.000x|768.60|768.60|1.000x
bert-99_jpqd-large|90.154|90.154|734.13|734.13|1.000x|865.76|865.76|1.000x
bert-99_jpqd-base|90.141|90.141|1023.37|1023.37|1.000x|1105.24|1105.24|1.000x
bert-99_jpqd-mobilebert|90.293|90.293|1662.61|1662.61|1.000x|1678.28|1678.28|1.000x
"""
# model, system, sparsity, accuracy, target, data set, Server, Offline, rules, official
SQUAD, TARGET = "SQuAD v1.1 dev", "≥ 89.97 met"
CLAIMED = f"""
bert-99_jpqd-base|1-node-2S-SPR-OpenVINO-INT8|52.2 %|F1 90.14|{TARGET}|{SQUAD}|1023|1105|valid|ok
retinanet|1-node-2S-SPR-PyTorch-INT8||mAP 37.79|≥ 37.17 met||349.8|438.1|valid|ok
"""


@pytest.fixture(scope="module")
def archive(repo: Path) -> Path:
    path = repo.parent / "shared" / "published" / "v3.0_open_Intel.tar.xz"
    if not path.is_file():
        pytest.skip(f"the published tree is not there: {path}")
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report") / "r.html"


@pytest.fixture(scope="module")
def reported(archive: Path, repo: Path, page: Path) -> str:
    words = ["report", str(archive), "--manifests", str(repo / "models")]
    text = page.with_suffix(".md")
    assert main([*words, "--html", str(page), "--markdown", str(text)]) == 0
    return text.read_text(encoding="utf-8")


def lines_of(text: str, caption: str) -> dict[str, list[str]]:
    table = text.partition(f"### {caption}\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip()[1:-1].split(" | ")] for line in table]
    return {row[0]: row[1:] for row in cells}


def rows(text: str) -> list[str]:
    return text.split("\n")[1:-1]


@pytest.mark.parametrize(
    ("caption", "line"),
    [
        *(("Every system and model", line) for line in rows(CLAIMED)),
        *(("Against the dense baseline", line) for line in rows(BASELINE)),
        *(("Claimed against published", line) for line in rows(PUBLISHED)),
    ],
)
def test_the_published_figures_are_there(reported: str, caption: str, line: str) -> None:
    model, *figures = line.split("|")
    assert lines_of(reported, caption)[model] == figures


def test_the_model_that_stands_out_is_named_with_its_reasons(reported: str) -> None:
    (words,) = [line for line in reported.splitlines() if "jpqd-mobilebert, the" in line]
    assert words.endswith(
        "the fastest of 4 models with at least 99 % of the FP32 F1 (99.4 %): 1663 queries/s in "
        "Server (16.6x the published dense baseline) and 1678 samples/s in Offline (9.0x) at F1 "
        "90.29."
    )


def test_the_page_of_a_published_tree_is_small(reported: str, page: Path) -> None:
    assert reported
    assert page.stat().st_size < 1_000_000


def test_a_server_bound_stands_beside_its_latencies(reported: str) -> None:
    assert lines_of(reported, "Server latency")["bert-99.9_jpqd-large"][4:] == [
        "117.8",
        "127.3",
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
    assert "bert-99: B is as fast and as accurate as A." in text
    for title, ratio, least in (("Results side by side", 5, 20), ("Models of one name", 5, 40)):
        table = text.partition(f"### {title}\n\n")[2].partition("\n\n")[0].splitlines()[2:]
        assert len(table) > least
        assert {line.split("|")[ratio].strip() for line in table} == {"1.000x"}


def test_a_comparison_is_of_two(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--compare", str(archive)]) == 2
    assert "--compare takes two trees" in capsys.readouterr().err


def test_pages_of_other_trees_leave_the_workspaces_own_alone(
    archive: Path, repo: Path, tmp_path: Path
) -> None:
    workspace = ["--workspace", str(tmp_path / "out"), "--manifests", str(repo / "models")]
    assert main(["report", str(archive), *workspace]) == 0
    pages = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert pages == ["report-of-other-trees.html", "report-of-other-trees.md"]
