"""One lock for every supported Python: what each of them gets out of it."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LOCKS = (
    "requirements.txt",
    "requirements-more.txt",
    "requirements-train.txt",
    "requirements-fleet.txt",
    "docker/requirements.txt",
    "docker/requirements-openvino-2025.4.1.txt",
    "docker/requirements-openvino-2026.4.1.txt",
)


def entries(path: Path) -> list[tuple[Requirement, str]]:
    """Each requirement of a lock with the text of its hashes."""
    text = re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    cut = [line.partition(" --hash=") for line in text.splitlines() if line.strip()]
    return [(Requirement(before), hashes) for before, _, hashes in cut]


def pins(path: Path, python: str) -> dict[str, str]:
    """What a Python on Linux installs: package to version; a package has one version only."""
    found: dict[str, str] = {}
    there = {"python_version": python, "python_full_version": f"{python}.0"}
    there |= {"sys_platform": "linux", "platform_machine": "x86_64"}
    for each, _ in entries(path):
        if each.marker is None or each.marker.evaluate(there):
            assert each.name not in found, f"{each.name} twice for Python {python}"
            (pin,) = each.specifier
            assert pin.operator == "=="
            found[each.name] = pin.version
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_has_a_hash(repo: Path, lock: str) -> None:
    assert entries(repo / lock)
    assert all(re.match("sha256:[0-9a-f]{64}", hashes) for _, hashes in entries(repo / lock))


@pytest.mark.parametrize("python", PYTHONS)
def test_host_and_image_have_the_same_versions(repo: Path, python: str) -> None:
    host = pins(repo / "requirements.txt", python)
    image = pins(repo / "docker/requirements.txt", python)
    assert image.items() <= host.items()
    for name in ("requirements-more.txt", "requirements-train.txt"):
        more = pins(repo / name, python)
        assert {each: more[each] for each in more.keys() & host} == {
            each: host[each] for each in more.keys() & host
        }


@pytest.mark.parametrize(
    ("python", "openvino", "loadgen"),
    [
        ("3.11", "2024.6.0", "5.0.15"),
        ("3.12", "2024.6.0", "5.0.15"),
        ("3.13", "2025.4.1", "5.0.15"),
        ("3.14", "2025.4.1", None),
    ],
)
def test_what_measures_is_pinned_for_each_python(
    repo: Path, python: str, openvino: str, loadgen: str | None
) -> None:
    found = pins(repo / "requirements.txt", python)
    assert (found["openvino"], found.get("mlcommons-loadgen")) == (openvino, loadgen)
    tried = (repo / "docker/openvino-versions.txt").read_text().splitlines()
    assert openvino == "2024.6.0" or openvino in tried


def test_the_markers_cover_every_python_that_the_project_admits(repo: Path) -> None:
    text = (repo / "pyproject.toml").read_text()
    admitted = Requirement("kit " + re.findall('requires-python = "(.*)"', text)[0]).specifier
    every = [f"3.{minor}" for minor in range(8, 20)]
    assert tuple(each for each in every if each in admitted) == PYTHONS
