"""What every engine promises: the same tests for the fake, the host and (--docker) Docker."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submission.container.engine import Engine, OnLine
from submission.container.host_engine import HostEngine
from submission.container.order import BuildOrder, CommandOrder
from submission.errors import StageError
from tests.fakes.engine import FakeEngine

ROOT = Path(__file__).parents[2]
BASE = "debian:bookworm-slim"
LABEL = "org.mlperf-kit.test"

THREE_LINES = "echo one; echo two; echo three"
HALF_A_LINE = "printf 'whole\\nhalf'"
FAIL_WITH_7 = "echo last words; exit 7"
MANY_LINES = "seq 20000"

CANNED: dict[str, tuple[list[str], int]] = {
    THREE_LINES: (["one", "two", "three"], 0),
    HALF_A_LINE: (["whole", "half"], 0),
    FAIL_WITH_7: (["last words"], 7),
    MANY_LINES: ([str(n) for n in range(1, 20001)], 0),
}


def canned_shell(order: CommandOrder, say: OnLine) -> int:
    lines, exit_code = CANNED[order.command[-1]]
    for line in lines:
        say(line)
    return exit_code


@pytest.fixture(
    params=["fake", "host", pytest.param("docker", marks=pytest.mark.docker)],
)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "fake":
        return FakeEngine({"sh": canned_shell}, images=(BASE,))
    if request.param == "host":
        return HostEngine(environment=os.environ, root=ROOT)
    from tests.fakes.real_engine import real_engine

    return real_engine()


@pytest.fixture
def label() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def shell(engine: Engine, label: str) -> Iterator[Callable[[str], CommandOrder]]:
    yield lambda script: CommandOrder(
        image=BASE, command=("sh", "-c", script), labels={LABEL: label}
    )
    assert engine.reap(LABEL, label) == [], "a run left a container behind"


def test_lines_arrive_in_their_order(engine: Engine, shell: Callable[[str], CommandOrder]) -> None:
    said: list[str] = []
    outcome = engine.run(shell(THREE_LINES), said.append)
    assert said == ["one", "two", "three"]
    assert outcome.tail == ("one", "two", "three")


def test_a_last_line_without_its_end_arrives(
    engine: Engine, shell: Callable[[str], CommandOrder]
) -> None:
    said: list[str] = []
    engine.run(shell(HALF_A_LINE), said.append)
    assert said == ["whole", "half"]


def test_the_exit_code_of_the_command_is_reported(
    engine: Engine, shell: Callable[[str], CommandOrder]
) -> None:
    outcome = engine.run(shell(FAIL_WITH_7), print)
    assert (outcome.exit_code, outcome.ok, outcome.oom_killed) == (7, False, False)
    assert "last words" in outcome.failure("the run").detail


def test_a_run_has_a_beginning_before_its_end(
    engine: Engine, shell: Callable[[str], CommandOrder]
) -> None:
    outcome = engine.run(shell(THREE_LINES), print)
    assert outcome.ok
    assert outcome.started_at <= outcome.ended_at
    assert outcome.started_at.tzinfo is not None
    assert outcome.container_id


def test_nothing_of_a_large_output_is_lost(
    engine: Engine, shell: Callable[[str], CommandOrder]
) -> None:
    said: list[str] = []
    outcome = engine.run(shell(MANY_LINES), said.append)
    assert said == [str(n) for n in range(1, 20001)]
    assert outcome.tail[-1] == "20000"
    assert len(outcome.tail) < 100


def test_an_error_of_the_listener_passes_and_leaves_nothing(
    engine: Engine, shell: Callable[[str], CommandOrder]
) -> None:
    def listener(line: str) -> None:
        raise OSError(f"disk full at {line}")

    with pytest.raises(OSError, match="disk full at one"):
        engine.run(shell(THREE_LINES), listener)


def test_a_build_gives_facts_that_image_gives_too(
    engine: Engine, tmp_path: Path, label: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nENV A=1\n")
    tag = f"mlperf-kit-test:{label}"
    try:
        built = engine.build(BuildOrder(context=tmp_path, tag=tag), print)
        found = engine.image(tag)
        assert found is not None
        assert built.id == found.id
        assert tag in found.tags
    finally:
        forget(engine, tag)


def test_a_version_is_one_line(engine: Engine) -> None:
    assert engine.version()
    assert "\n" not in engine.version()


def test_nothing_is_reaped_where_nothing_was_left(engine: Engine, label: str) -> None:
    assert engine.reap(LABEL, label) == []


def test_an_unknown_image_is_none(fake_or_docker: Engine) -> None:
    assert fake_or_docker.image("mlperf-kit-test:never-built") is None


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def fake_or_docker(request: pytest.FixtureRequest) -> Engine:
    if request.param == "fake":
        return FakeEngine({"sh": canned_shell}, images=(BASE,))
    from tests.fakes.real_engine import real_engine

    return real_engine()


def test_a_missing_image_is_named(fake_or_docker: Engine) -> None:
    order = CommandOrder(image="mlperf-kit-test:never-built", command=("sh",))
    with pytest.raises(StageError, match="mlperf-kit-test:never-built does not exist") as error:
        fake_or_docker.run(order, print)
    assert "make image" in error.value.hint


def test_a_failing_build_names_its_step(fake_or_docker: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN true\nRUN false\n")
    said: list[str] = []
    with pytest.raises(StageError, match="failed at step 3 of 3") as error:
        fake_or_docker.build(BuildOrder(context=tmp_path, tag="mlperf-kit-test:fails"), said.append)
    assert "RUN false" in error.value.detail
    assert f"step 1 of 3: FROM {BASE}" in said
    assert fake_or_docker.image("mlperf-kit-test:fails") is None


def test_two_builds_of_one_context_give_one_image(
    fake_or_docker: Engine, tmp_path: Path, label: str
) -> None:
    ids = set()
    for name in ("one", "two"):
        context = tmp_path / name
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM {BASE}\nCOPY . /x\nRUN echo {label}\n")
        (context / "file").write_text("content")
        (context / "file").chmod(0o664 if name == "one" else 0o600)
        os.utime(context / "file", (time.time() - 1000, 0))
        tag = f"mlperf-kit-test:{label}"
        order = BuildOrder(context=context, tag=tag, files=("Dockerfile", "file"))
        ids.add(fake_or_docker.build(order, print).id)
    forget(fake_or_docker, tag)
    assert len(ids) == 1


def forget(engine: Engine, tag: str) -> None:
    """Remove the image that a test has built."""
    if type(engine).__name__ == "DockerEngine":
        import docker

        from tests.fakes.real_engine import engine_host

        client = docker.APIClient(base_url=engine_host(), version="auto")
        client.remove_image(tag)
        client.close()
