"""What an image is built on: by digest where engine or registry knows one, recorded where not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.container.docker_engine import DockerEngine
from submission.container.find import connect
from submission.container.order import BaseImage, BuildOrder
from tests.fakes.engine_socket import FakeApi, serving

NAME = "debian:bookworm-slim"
DIGEST = "sha256:" + "a" * 64
PINNED = f"debian@{DIGEST}"


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def engine(api: FakeApi, tmp_path: Path) -> Iterator[DockerEngine]:
    with serving(tmp_path / "engine.sock", api) as host:
        yield connect(host, {"DOCKER_CONFIG": str(tmp_path)})


def test_a_base_that_is_here_with_a_digest_is_pinned_by_it(
    api: FakeApi, engine: DockerEngine
) -> None:
    api.images.add(NAME)
    api.repo_digests[NAME] = NAME  # the fake engine finds an image by its name alone
    assert engine.base(NAME) == BaseImage(
        reference=NAME, source=NAME, id=f"sha256:{NAME}", digest=NAME
    )


def test_an_imported_base_has_its_id_alone(api: FakeApi, engine: DockerEngine) -> None:
    api.images.add(NAME)
    base = engine.base(NAME)
    assert base == BaseImage(reference=NAME, source=NAME, id=f"sha256:{NAME}")
    assert "only its id here" in str(base)
    assert base.labels() == {"org.opencontainers.image.base.name": NAME}


def test_a_digest_by_which_the_engine_does_not_find_the_image_pins_nothing(
    api: FakeApi, engine: DockerEngine
) -> None:
    api.images.add(NAME)
    api.repo_digests[NAME] = PINNED
    assert engine.base(NAME).source == NAME
    assert engine.base(NAME).digest is None


@pytest.mark.parametrize(
    ("reference", "source"),
    [
        (NAME, PINNED),
        ("host:5000/debian", f"host:5000/debian@{DIGEST}"),
        ("host:5000/a/debian:12", f"host:5000/a/debian@{DIGEST}"),
    ],
)
def test_a_base_that_must_be_fetched_is_pinned_by_its_registry(
    reference: str, source: str, api: FakeApi, engine: DockerEngine
) -> None:
    api.published[reference] = DIGEST
    base = engine.base(reference)
    assert base == BaseImage(reference=reference, source=source, digest=source)
    assert base.labels()["org.opencontainers.image.base.digest"] == DIGEST
    assert "is pinned" in str(base)


def test_without_a_registry_the_name_has_to_do(engine: DockerEngine) -> None:
    base = engine.base(NAME)
    assert base == BaseImage(reference=NAME, source=NAME)
    assert "no registry gave one" in str(base)
    assert base.facts() == {"reference": NAME, "id": None, "digest": None}


def test_what_was_fetched_by_digest_keeps_its_name_for_the_next_build(
    api: FakeApi, engine: DockerEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM base\n")
    for base, tags in (
        (BaseImage(reference=NAME, source=PINNED), [(PINNED, "debian", "bookworm-slim")]),
        (BaseImage(reference=NAME, source=NAME), []),
    ):
        api.tags.clear()
        order = BuildOrder(context=tmp_path, tag="made:1", base=base)
        engine.build(order, lambda _: None)
        assert api.tags == tags
