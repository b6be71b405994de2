"""What a container keeps apart, and what becomes of it when something dies (--docker)."""

from __future__ import annotations

import gc
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submission.container.docker_engine import DockerEngine
from submission.container.find import connect
from submission.container.order import BuildOrder, CommandOrder, Mount
from submission.errors import StageError
from tests.fakes.dropping_socket import DroppingSocket
from tests.fakes.real_engine import engine_host, real_engine

pytestmark = pytest.mark.docker

BASE = "debian:bookworm-slim"
LABEL = "org.mlperf-kit.test"

Run = Callable[..., list[str]]


@pytest.fixture
def label() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def engine(label: str) -> Iterator[DockerEngine]:
    engine = real_engine()
    yield engine
    assert engine.reap(LABEL, label) == [], "a run left a container behind"


@pytest.fixture
def run(engine: DockerEngine, label: str) -> Run:
    def lines_of(script: str, **options: object) -> list[str]:
        said: list[str] = []
        order = CommandOrder(
            image=BASE,
            command=("sh", "-c", f"exec 2>&1; {script}"),
            labels={LABEL: label},
            **options,  # type: ignore[arg-type]  # the order's own check of names is enough here
        )
        outcome = engine.run(order, said.append)
        return [*said, f"exit {outcome.exit_code}"]

    return lines_of


def test_the_user_is_the_one_of_the_order(run: Run) -> None:
    assert run("id -u; id -g", user="12345:54321") == ["12345", "54321", "exit 0"]


def test_the_root_is_read_only_and_tmp_is_not(run: Run) -> None:
    said = run("touch /tmp/x && echo fine; touch /x", user="12345")
    assert said[0] == "fine"
    assert "Read-only file system" in said[1]
    assert said[2] == "exit 1"


def test_a_read_only_mount_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("w\n")
    # without its capabilities a container's root reads no private folder of a plain user
    mount, owner = Mount(source=tmp_path, target="/model"), f"{os.getuid()}:{os.getgid()}"
    said = run("cat /model/weights; touch /model/x", mounts=(mount,), user=owner)
    assert said[0] == "w"
    assert "Read-only file system" in said[1]
    assert list(tmp_path.iterdir()) == [tmp_path / "weights"]


def test_out_can_be_written_by_the_user_of_the_order(run: Run, tmp_path: Path) -> None:
    # only root can give the folder to somebody else
    uid = os.getuid() or 12345
    if uid == 12345:
        os.chown(tmp_path, uid, uid)
    out = Mount(source=tmp_path, target="/out", read_only=False)
    assert run("echo log > /out/log", mounts=(out,), user=f"{uid}:{uid}") == ["exit 0"]
    assert (tmp_path / "log").read_text() == "log\n"
    assert (tmp_path / "log").stat().st_uid == uid


def test_there_is_no_network_but_loopback(run: Run) -> None:
    assert run("ls /sys/class/net") == ["lo", "exit 0"]


def test_no_capability_and_no_way_to_new_ones(run: Run) -> None:
    said = run("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status", user="0")
    assert [re.split(r"\s+", line)[1] for line in said[:3]] == ["0" * 16, "0" * 16, "1"]


def test_the_first_process_is_an_init(run: Run) -> None:
    assert "init" in run("tr '\\0' ' ' < /proc/1/cmdline; echo")[0]


def test_running_out_of_memory_is_distinguished_from_other_ends(
    engine: DockerEngine, label: str
) -> None:
    order = CommandOrder(
        image=BASE,
        command=("sh", "-c", "echo begins; tail /dev/zero"),
        memory_bytes=32 << 20,
        labels={LABEL: label},
    )
    outcome = engine.run(order, print)
    assert outcome.exit_code == 137
    failure = outcome.failure("Server/performance")
    if engine.version().startswith("Podman") and not outcome.oom_killed:
        # it looks at the first process alone, and that is the init
        assert "out-of-memory killer" in failure.hint
    else:
        assert "ran out of memory" in failure.what


def test_a_missing_folder_is_named_and_not_made(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(StageError) as error:
        run("true", mounts=(Mount(source=missing, target="/model"),))
    assert str(missing) in error.value.detail
    assert not missing.exists()


def test_a_command_that_is_not_in_the_image_is_named(run: Run) -> None:
    said = run("exec no-such-command")
    assert "no-such-command" in said[0]
    assert said[1] == "exit 127"


def test_a_cpuset_that_does_not_exist_is_an_error(run: Run) -> None:
    with pytest.raises(StageError) as error:
        run("true", cpuset="4000")
    assert "4000" in error.value.detail


# the SDK leaves its socket open when it cannot connect; gc.collect() makes that ours to ignore
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_dies_in_a_run_is_an_error_and_what_it_left_is_reaped(
    tmp_path: Path, label: str
) -> None:
    if not engine_host().startswith("unix://"):
        pytest.skip("only a socket can be put in front of another socket")
    front = DroppingSocket(tmp_path / "engine.sock", engine_host().removeprefix("unix://"))
    engine = connect(f"unix://{tmp_path / 'engine.sock'}", os.environ)
    order = CommandOrder(
        image=BASE, command=("sh", "-c", "echo up; sleep 60"), labels={LABEL: label}
    )
    said: list[str] = []

    def listen(line: str) -> None:
        said.append(line)
        if line == "up":
            threading.Timer(0.1, front.drop).start()

    with pytest.raises(StageError, match="engine was lost"):
        engine.run(order, listen)
    assert "is left for the next start to remove" in said[-1]
    assert len(real_engine().reap(LABEL, label)) == 1
    assert real_engine().reap(LABEL, label) == []
    gc.collect()


def test_build_arguments_and_labels_reach_the_image(
    engine: DockerEngine, tmp_path: Path, label: str
) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"ARG BASE_IMAGE=none\nFROM ${{BASE_IMAGE}}\nARG WORD\nENV SAID=${{WORD}} ID={label}\n"
    )
    order = BuildOrder(
        context=tmp_path,
        tag=f"mlperf-kit-test:{label}",
        build_args={"BASE_IMAGE": BASE, "WORD": "hello"},
        labels={"a": "b"},
    )
    said: list[str] = []
    try:
        built = engine.build(order, print)
        engine.run(
            CommandOrder(image=built.id, command=("sh", "-c", "echo $SAID"), labels={LABEL: label}),
            said.append,
        )
    finally:
        forget(order.tag)
    assert built.labels["a"] == "b"
    assert said == ["hello"]


def test_a_name_moves_from_one_image_to_another(
    engine: DockerEngine, label: str, tmp_path: Path
) -> None:
    name = f"mlperf-kit-test:{label}"
    base = engine.image(BASE)
    assert base is not None
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nLABEL a={label}\n")
    built = engine.build(
        BuildOrder(context=tmp_path, tag=f"{name}-kept", base=engine.base(BASE)), print
    )
    try:
        for image in (base, built):
            engine.tag(image.id, name)
            found = engine.image(name)
            assert found is not None
            assert found.id == image.id
        with pytest.raises(StageError, match="could not be named"):
            engine.tag("sha256:" + "0" * 64, name)
    finally:
        forget(name)
        forget(f"{name}-kept")


def test_only_what_the_order_names_reaches_the_build(engine: DockerEngine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nCOPY . /x\nRUN ls /x; false\n")
    (tmp_path / "wanted").write_text("")
    (tmp_path / "secret").write_text("")
    said: list[str] = []
    order = BuildOrder(
        context=tmp_path, tag="mlperf-kit-test:never", files=("Dockerfile", "wanted")
    )
    with pytest.raises(StageError):
        engine.build(order, said.append)
    assert "wanted" in said
    assert "secret" not in said


def test_a_build_that_nobody_follows_any_more_ends(
    engine: DockerEngine, tmp_path: Path, label: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo {label} && sleep 60\n")

    def listen(line: str) -> None:
        if line == label:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.build(BuildOrder(context=tmp_path, tag="mlperf-kit-test:never"), listen)
    deadline = time.monotonic() + 20
    while containers(with_word=label) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not containers(with_word=label)


def containers(with_word: str) -> set[str]:
    """Ids of the engine's containers whose command holds the word."""
    import docker

    client = docker.APIClient(base_url=engine_host(), version="auto")
    try:
        found = client.containers(all=True, trunc=False)
        return {each["Id"] for each in found if with_word in each["Command"]}
    finally:
        client.close()


def forget(tag: str) -> None:
    """Remove the image that a test has built."""
    import docker

    client = docker.APIClient(base_url=engine_host(), version="auto")
    client.remove_image(tag)
    client.close()
