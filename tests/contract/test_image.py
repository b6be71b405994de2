"""The image of the runs: what is in it, what is not, and that it works read-only (--docker)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission import __version__
from submission.container.context import content_files, fingerprint
from submission.container.docker_engine import DockerEngine
from submission.container.order import BuildOrder, CommandOrder, ImageFacts
from tests.fakes.real_engine import engine_host, real_engine

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
TAG = "mlperf-kit-test:image"
SMALL_MODEL = """
import numpy, openvino, mlperf_loadgen, submission
from openvino.runtime import opset13 as op
rows = op.parameter([-1, 4], numpy.float32)
product = op.matmul(rows, op.constant(numpy.ones((4, 2), numpy.float32)), False, False)
openvino.save_model(openvino.Model([product], [rows]), "/tmp/small.xml")
compiled = openvino.Core().compile_model("/tmp/small.xml", "CPU")
print(compiled(numpy.ones((3, 4), numpy.float32))[0].tolist())
"""
UNWANTED = [
    "pip",
    "setuptools",
    "gcc",
    "cc",
    "make",
    "git",
    "tensorflow",
    "torch",
    "conda",
    "huggingface_hub",
]


@pytest.fixture(scope="module")
def engine() -> DockerEngine:
    return real_engine()


@pytest.fixture(scope="module")
def image(engine: DockerEngine) -> Iterator[ImageFacts]:
    """Built as the stage builds it, so that its cached steps are used."""
    arguments = {
        "BASE_IMAGE": "debian:bookworm-slim",
        "VERSION": __version__,
        "REVISION": fingerprint(ROOT),
    }
    if index := os.environ.get("PIP_INDEX_URL"):
        arguments["PIP_INDEX_URL"] = index
    files = tuple(content_files(ROOT))
    order = BuildOrder(context=ROOT, tag=TAG, files=files, build_args=arguments)
    yield engine.build(order, print)
    import docker

    client = docker.APIClient(base_url=engine_host(), version="auto")
    client.remove_image(TAG)
    client.close()


def lines_of(engine: DockerEngine, image: ImageFacts, *command: str) -> list[str]:
    said: list[str] = []
    outcome = engine.run(CommandOrder(image=image.id, command=command, user="12345"), said.append)
    assert outcome.ok, said
    return said


def test_it_is_under_600_megabytes(image: ImageFacts) -> None:
    assert image.size_bytes is not None
    assert image.size_bytes < 600e6


def test_any_user_can_infer_on_a_read_only_root_without_network(
    engine: DockerEngine, image: ImageFacts
) -> None:
    said = lines_of(engine, image, "python", "-c", SMALL_MODEL)
    assert said == [str([[4.0, 4.0]] * 3)]


def test_it_says_what_it_was_made_from(engine: DockerEngine, image: ImageFacts) -> None:
    facts = json.loads("\n".join(lines_of(engine, image, "cat", "/opt/workdir/build.json")))
    assert facts["fingerprint"] == fingerprint(ROOT)
    locked = (ROOT / "docker" / "requirements.txt").read_text().lower().replace("-", "_")
    for name, version in facts["packages"].items():
        assert f"{name.lower().replace('-', '_')}=={version}" in locked


def test_nothing_of_a_build_is_in_it(engine: DockerEngine, image: ImageFacts) -> None:
    script = f"for each in {' '.join(UNWANTED)}; do command -v $each; done; ls /build; true"
    said = lines_of(engine, image, "sh", "-c", f"exec 2>&1; {script}")
    assert said == ["ls: cannot access '/build': No such file or directory"]
    code = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    assert lines_of(engine, image, "python", "-c", code, *UNWANTED) == ["[]"]


def test_it_holds_the_package_without_the_laboratory(
    engine: DockerEngine, image: ImageFacts
) -> None:
    found = lines_of(engine, image, "find", "/opt/kit/submission", "-maxdepth", "1", "-type", "d")
    wanted = {
        each.name for each in (ROOT / "submission").iterdir() if (each / "__init__.py").exists()
    }
    assert {name.rpartition("/")[2] for name in found} - {"submission", "__pycache__"} == (
        wanted - {"lab"}
    )
    order = CommandOrder(
        image=image.id, command=("/opt/kit/entrypoint", "tune", "--help"), user="12345"
    )
    said: list[str] = []
    assert not engine.run(order, said.append).ok
    assert "tune is not installed here" in said[0]
    assert len(said) == 3


def test_every_module_is_compiled(engine: DockerEngine, image: ImageFacts) -> None:
    script = (
        "cd /opt; find . -name '*.py' | wc -l; find . -name '*.cpython-311.pyc' | wc -l; "
        "find /opt/kit -perm /022 | wc -l"
    )
    sources, compiled, writable = lines_of(engine, image, "sh", "-c", script)
    assert sources == compiled
    assert writable == "0"


def test_its_labels_say_what_it_is(image: ImageFacts) -> None:
    labels = {
        key.removeprefix("org.opencontainers.image."): image.labels[key] for key in image.labels
    }
    assert labels["version"] == __version__
    assert labels["revision"] == fingerprint(ROOT)
    assert labels["licenses"] == "Apache-2.0"
    assert "created" not in labels


def test_the_entry_point_takes_commands_of_the_kit(engine: DockerEngine, image: ImageFacts) -> None:
    assert "COMMAND" in "\n".join(lines_of(engine, image, "/opt/kit/entrypoint", "--help"))
