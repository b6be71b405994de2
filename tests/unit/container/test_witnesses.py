"""What an image is told of the checkout it was built from."""

import json
from pathlib import Path

import pytest

from submission.container.sbom import packages, sbom
from submission.container.witnesses import witness_files, witnesses


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    profile = {"submittable": False, "dataset": "mini", "waivers": [{"rule": "PRF008"}]}
    for name, text in {
        "Makefile": "all:",
        "README.md": "text",
        "tools/setup.sh": "exit 0",
        "measurements/profiles/demo.json": json.dumps({**profile, "benchmarks": [1]}),
        "models/mini/manifest.json": json.dumps({"files": [{"name": "a", "sha256": "ab"}]}),
        "models/mini/a": "data",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_only_what_is_read_is_sent(checkout: Path) -> None:
    assert list(witness_files(checkout)) == [
        "Makefile",
        "measurements/profiles/demo.json",
        "models/mini/manifest.json",
        "tools/setup.sh",
    ]


def test_a_number_of_a_profile_makes_no_other_image(checkout: Path) -> None:
    path = checkout / "measurements/profiles/demo.json"
    before = witnesses(checkout)
    path.write_text(path.read_text().replace("[1]", "[2]"))
    assert witnesses(checkout) == before


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("Makefile", "all: other"),
        ("tools/setup.sh", "exit 1"),
        ("measurements/profiles/demo.json", '{"waivers": []}'),
        ("models/mini/manifest.json", '{"files": [{"name": "a", "sha256": "cd"}]}'),
    ],
)
def test_what_a_tree_may_not_change_is_witnessed(checkout: Path, name: str, by: str) -> None:
    before = witnesses(checkout)
    (checkout / name).write_text(by)
    assert witnesses(checkout) != before


def test_the_list_of_packages_is_the_same_twice_and_has_python_s() -> None:
    document = sbom()
    assert document == sbom()
    assert document["bomFormat"] == "CycloneDX"
    assert {"pkg:pypi/numpy", "pkg:generic/python"} <= set(packages(document))
    assert all(set(each) == {"type", "name", "version", "purl"} for each in document["components"])
