"""Which versions of OpenVINO are compared, with which instruction sets, and what is kept of it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.cli import main
from submission.errors import StageError, UsageError
from submission.harness.facts import versions
from submission.host.instructions import InstructionSet, cpu_flags, imitable, instruction_set
from submission.lab.bench.environments import environment, find_python
from submission.lab.bench.openvino_page import openvino_page
from submission.workspace.folders import image_openvino, openvino_versions
from submission.workspace.openvino import VersionTimes, read_table

MODEL = "minilm-squad_jpqd-50"
BENCH = "submission.lab.bench.openvino_versions"
HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def at_root(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout, from which commands are started."""
    monkeypatch.chdir(repo)
    return repo


def test_a_version_without_a_lock_is_refused(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repo)
    assert main(["bench-openvino", "--versions", "2019.1.0"]) == 2
    said = capsys.readouterr().err
    assert "no lock for OpenVINO 2019.1.0" in said
    assert "2025.4.1" in said


@pytest.mark.parametrize(
    ("flag", "asked", "said"),
    [
        ("avx2", ["--isa", "AVX2_VNNI"], "cannot imitate AVX2_VNNI"),
        ("asimddp", [], "cannot be compared on this processor"),
    ],
)
@pytest.mark.usefixtures("at_root")
def test_an_instruction_set_that_the_processor_lacks_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flag: str,
    asked: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(f"{BENCH}.cpu_flags", lambda: frozenset({flag}))
    assert main(["bench-openvino", *asked]) == 2
    assert said in capsys.readouterr().err


def test_the_page_is_that_of_the_table(
    repo: Path, matches_golden: Callable[[str, str], None]
) -> None:
    page = openvino_page(
        read_table(repo / "measurements/openvino.json"),
        default=image_openvino(repo) or "",
        available=openvino_versions(repo),
    )
    matches_golden("../../measurements/openvino.md", page)


def test_the_page_shows_shares_of_the_default_and_what_was_not_measured() -> None:
    common = {"date": "2026-11-28", "machine": "A", "cores": 1, "others_share": None}
    common |= {"imitated": True, "model": "m", "synthetic": True, "precision": "f32", "samples": 9}
    table = [
        VersionTimes(
            instruction_set=InstructionSet.AVX2,
            cpu_ms={"2001.1.0": [4.0, 2.0, 3.0], "2002.1.0": [8.0, 8.0, 6.0]},
            **common,  # type: ignore[arg-type]
        ),
        VersionTimes(
            instruction_set=InstructionSet.AVX2_VNNI,
            cpu_ms={"2001.1.0": [4.0]},
            **common,  # type: ignore[arg-type]
        ),
    ]
    page = openvino_page(table, default="2001.1.0", available=["2002.1.0"])
    assert (
        "| AVX2 without VNNI, imitated | `m`, f32, synthetic weights | 3.00 (2.00 to 4.00) "
        "| 8.00 (6.00 to 8.00), 2.00 | 2026-11-28, A, 1 core, 3 rounds of 9 samples, load unknown |"
    ) in page
    assert "| 4.00 (4.00 to 4.00) | not measured |" in page


@pytest.mark.slow
def test_what_is_measured_extends_the_table_and_its_page(repo: Path, tmp_path: Path) -> None:
    """The installed version alone, with every instruction set that this processor can imitate."""
    own = instruction_set(cpu_flags())
    if own is None:
        pytest.skip("no x86 processor with AVX2")
    table, here = tmp_path / "openvino.json", versions()["openvino"]
    options = {
        "--versions": here,
        "--folder": tmp_path / "bench",
        "--workspace": tmp_path / "out",
        "--data": repo / "models/squad-mini",
        "--table": table,
        "--samples": 40,
        "--rounds": 1,
        "--shapes": 2,
    }
    arguments = [str(each) for option in options.items() for each in option]
    assert main(["bench-openvino", MODEL, *arguments]) == 0
    found = {each.instruction_set: each for each in read_table(table)}
    assert list(found) == sorted([own, *imitable(cpu_flags())])
    assert {name for name, each in found.items() if each.imitated} == {*found} - {own}
    assert [list(each.cpu_ms) for each in found.values()] == [[here]] * len(found)
    assert table.with_suffix(".md").read_text().count(f"`{MODEL}`") == len(found)
    if "VNNI" in own or "AMX" in own:
        slow, fast = found[InstructionSet.AVX2].cpu_ms[here], found[own].cpu_ms[here]
        assert slow[0] > 1.2 * fast[0], "ONEDNN_MAX_CPU_ISA has no effect"


@pytest.mark.parametrize("limit", ["AVX2", ""])
def test_the_plan_names_the_version_for_the_instruction_set(
    at_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    limit: str,
) -> None:
    """By the kit's own table; no engine answers, which is said after the plan."""
    for name, value in {
        "RUNNER": "container",
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
        "WORKSPACE": str(tmp_path),
        "OPENVINO": "auto",
        "ONEDNN_MAX_CPU_ISA": limit,
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["plan"]) == 4
    said = capsys.readouterr().err.splitlines()
    (line,) = [each for each in said if each.startswith("OpenVINO ")]
    version, _, reason = line.removeprefix("OpenVINO ").partition(": ")
    assert version in {image_openvino(at_root), *openvino_versions(at_root)}
    assert ("ONEDNN_MAX_CPU_ISA=AVX2" in reason) is bool(limit)
    if limit:
        assert version == image_openvino(at_root)


def test_a_python_is_known_by_what_it_says_and_not_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = tmp_path / "python2.0"
    liar.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 127\n")
    for each in (liar, broken):
        each.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_python(HERE, str(liar)) == str(liar)
    with pytest.raises(UsageError, match=r"there is no Python 2\.0") as caught:
        find_python("2.0")
    assert caught.value.detail == f"python2.0 is {HERE}; python3 is no Python that has venv"
    with pytest.raises(UsageError, match="there is no Python"):
        find_python("2.0", str(tmp_path / "none"))


def test_an_environment_that_was_not_finished_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    fake.write_text(
        "#!/bin/sh\n"
        'case "$2" in venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;\n'
        '*) grep -q good "$8" || { echo no such wheel >&2; exit 1; } ;; esac\n'
    )
    fake.chmod(0o755)
    lock, said = tmp_path / "lock.txt", list[str]()
    lock.write_text("bad")
    with pytest.raises(StageError, match=r"OpenVINO 9\.9 could not be installed") as caught:
        environment("9.9", lock, tmp_path, said.append, python=str(fake))
    assert caught.value.detail == "no such wheel"
    lock.write_text("good")
    inside = environment("9.9", lock, tmp_path, said.append, python=str(fake))
    assert inside == environment("9.9", lock, tmp_path, said.append, python=str(fake))
    assert len(said) == 2
    lock.write_text("good, with another package")
    environment("9.9", lock, tmp_path, said.append, python=str(fake))
    assert len(said) == 3
