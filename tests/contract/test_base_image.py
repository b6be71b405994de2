"""A base of a registry in reach is pinned by its digest, and stays when the registry is gone."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest

from submission.container.order import BuildOrder
from tests.fakes.real_engine import engine_host, real_engine
from tests.fakes.registry import serving_registry

pytestmark = pytest.mark.docker


def forget(*references: str) -> None:
    command = ["docker", "--host", engine_host(), "rmi", "--force", *references]
    subprocess.run(command, capture_output=True, check=False)


def test_a_base_is_pinned_by_the_digest_of_its_registry(tmp_path: Path) -> None:
    engine, label = real_engine(), uuid.uuid4().hex
    if not engine.version().startswith("Docker"):
        pytest.skip("Podman asks a registry without encryption only where it is configured to")
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE=none\nFROM ${BASE_IMAGE}\nENV A=b\n")
    tag = f"mlperf-kit-test:{label}"
    with serving_registry(label) as registry:
        pinned = f"{registry.name.removesuffix(':1')}@{registry.digest}"
        try:
            base = engine.base(registry.name)
            assert (base.source, base.digest, base.id) == (pinned, pinned, None)
            order = BuildOrder(
                context=tmp_path,
                tag=tag,
                base=base,
                build_args={"BASE_IMAGE": base.source},
                labels=base.labels(),
            )
            built = engine.build(order, lambda _: None)
            assert built.labels["mark"] == label
            assert built.labels["org.opencontainers.image.base.digest"] == registry.digest
            assert built.labels["org.opencontainers.image.base.name"] == registry.name
            asked = len(registry.pulled)
            # under its name and by its digest it is here now, and nobody is asked again
            again = engine.base(registry.name)
            assert (again.source, again.digest) == (pinned, pinned)
            assert again.id
            assert engine.build(order, lambda _: None).id == built.id
            assert len(registry.pulled) == asked
        finally:
            forget(tag, registry.name, pinned)
