"""The engine ray without Ray: addresses, tokens, what is refused, and the supervisor of a cell."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.cli import main
from submission.errors import EngineError, KitError, UsageError
from submission.files import write_json
from submission.fleet.protocol import ARCHIVE
from submission.fleet.ray.cluster import (
    RayHome,
    look_at_cluster,
    parsed_address,
    ray_home,
)
from submission.fleet.ray.idle import idle_here
from submission.fleet.ray.node import PORTS, ray_processes, start_head, start_member, stop_node
from tests.fakes.ray_nodes import SUPERVISOR, free_ports

ROOT = Path(__file__).parents[3]
LIMIT_S = 30.0
PROGRAM = (sys.executable, str(ROOT / "tests" / "fakes" / "cell_program.py"))


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment that looks as if Ray were installed, with a token."""
    venv = tmp_path / "venv"
    for name in ("bin/python", "lib/python3.11/site-packages/ray/__init__.py"):
        (venv / name).parent.mkdir(parents=True)
        (venv / name).touch()
    token = tmp_path / "token"
    token.write_text("secret\n", encoding="utf-8")
    token.chmod(0o600)
    return {"FLEET_VENV": str(venv), "RAY_AUTH_TOKEN_PATH": str(token)}


@pytest.fixture
def ray(installed: dict[str, str], tmp_path: Path) -> RayHome:
    return ray_home(tmp_path, installed)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_address_has_a_host_and_the_port_of_ray() -> None:
    found = parsed_address("127.0.0.9")
    assert (str(found), found.for_ray, found.is_here) == ("127.0.0.9:6379",) * 2 + (True,)
    assert not parsed_address("192.0.2.1:80").is_here


@pytest.mark.parametrize("text", ["", ":6379", "a:b", "127.0.0.1:0", "127.0.0.1:70000", "[::1]:1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        parsed_address(text)


def test_a_host_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="not known here"):
        parsed_address("no.such.host.invalid")


def test_without_ray_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Ray is not installed") as error:
        ray_home(tmp_path, {})
    assert "make fleet" in error.value.hint


def test_the_head_makes_a_token_that_others_cannot_read(
    installed: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "home" / ".ray" / "auth_token"
    environment = {"FLEET_VENV": installed["FLEET_VENV"], "HOME": str(tmp_path / "home")}
    with pytest.raises(EngineError, match="there is no token"):
        ray_home(tmp_path, environment)
    ray_home(tmp_path, environment, makes_token=True)
    made = token.read_text(encoding="utf-8")
    assert len(made.strip()) == 64
    assert token.stat().st_mode & 0o777 == 0o600
    ray_home(tmp_path, environment, makes_token=True)
    assert token.read_text(encoding="utf-8") == made


def test_a_token_that_others_can_read_or_that_is_empty(
    installed: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.chmod(0o644)
    with pytest.raises(EngineError, match="others can read"):
        ray_home(tmp_path, installed)
    token.chmod(0o600)
    token.write_text("\n", encoding="utf-8")
    with pytest.raises(EngineError, match="is empty"):
        ray_home(tmp_path, installed)


def test_ray_gets_the_token_by_its_file_and_nothing_of_the_kits_python(
    installed: dict[str, str], tmp_path: Path
) -> None:
    more = {"PYTHONPATH": "x", "RAY_AUTH_TOKEN": "y", "RAY_AUTH_MODE": "disabled", "PATH": "z"}
    found = ray_home(tmp_path, {**installed, **more}).variables(A="b")
    assert "PYTHONPATH" not in found
    assert "RAY_AUTH_TOKEN" not in found
    assert (found["RAY_AUTH_MODE"], found["PATH"], found["A"]) == ("token", "z", "b")
    assert found["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / "token")


def test_nobody_answers_at_the_address(ray: RayHome) -> None:
    address = parsed_address(f"127.0.0.1:{free_ports(1)}")
    with pytest.raises(EngineError, match="no head of a cluster answers"):
        look_at_cluster(ray, address)


RIGHT = {"ray": "2.60.0", "python": "3.11.7", "own_ray": "2.60.0", "own_python": "3.11.2"}
REFUSED = {"refused": "AuthenticationError"}


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ([REFUSED], "does not take this token"),
        ([RIGHT, RIGHT], "asks for no token"),
        ([{**RIGHT, "python": "3.12.1"}, REFUSED], "another than that of the head"),
        ([{**RIGHT, "ray": "2.59.0"}, REFUSED], "another than that of the head"),
        ([{"error": "RpcError: timed out"}], "no head of a Ray cluster"),
        (["no JSON"], "no head of a Ray cluster"),
        ([RIGHT, REFUSED], None),
    ],
)
def test_what_a_head_may_answer(
    ray: RayHome, listening: int, answers: list, what: str | None, tmp_path: Path
) -> None:
    lines = tmp_path / "answers"
    lines.write_text("".join(json.dumps(each) + "\n" for each in answers), encoding="utf-8")
    script = f"#!/bin/sh\nhead -n 1 {lines}\nsed -i 1d {lines}\n"
    ray.python.write_text(script, encoding="utf-8")
    ray.python.chmod(0o755)
    address = parsed_address(f"127.0.0.1:{listening}")
    if what is None:
        assert look_at_cluster(ray, address) == RIGHT
        return
    with pytest.raises(EngineError, match=what):
        look_at_cluster(ray, address)


def test_a_port_that_is_taken_is_named(ray: RayHome, listening: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"port {listening} is taken"):
        start_head(ray, tmp_path / "head", parsed_address("127.0.0.1"), first_port=listening - 1)


def test_a_head_elsewhere_and_a_label_that_is_none(ray: RayHome, tmp_path: Path) -> None:
    address = parsed_address("192.0.2.1")
    with pytest.raises(UsageError, match="on its own machine"):
        start_head(ray, tmp_path, address, first_port=20000)
    for label in ("a" * 64, "-a", "a b", ""):
        with pytest.raises(UsageError, match="no label"):
            start_member(ray, tmp_path, address, system=label, kit=None, first_port=20000)


def test_a_system_called_head_does_not_end_the_head(
    ray: RayHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, file = parsed_address("127.0.0.1"), tmp_path / "head" / "node.json"
    write_json(file, {"address": str(address)})
    monkeypatch.setattr("submission.fleet.ray.node.look_at_cluster", lambda *_: {"nodes": []})
    environment = {**os.environ, "MLPERF_FLEET_NODE": str(file)}
    with subprocess.Popen(["sleep", "30"], env=environment) as process:
        try:
            with pytest.raises(UsageError, match="no system can be called head"):
                start_member(ray, file.parent, address, system="head", kit=None, first_port=20000)
            assert process.poll() is None
            assert file.exists()
        finally:
            process.kill()


def test_a_ray_that_does_not_start_leaves_nothing(ray: RayHome, tmp_path: Path) -> None:
    ray.python.write_text("#!/bin/sh\necho no space; exit 1\n", encoding="utf-8")
    ray.python.chmod(0o755)
    address = parsed_address(f"127.0.0.1:{free_ports(PORTS + 1)}")
    with pytest.raises(EngineError, match="the head did not start") as error:
        start_head(ray, tmp_path / "head", address, first_port=address.port + 1)
    assert "no space" in error.value.detail
    assert list((tmp_path / "head").iterdir()) == []
    assert not stop_node(tmp_path / "head")


def test_a_node_whose_file_cannot_be_written_leaves_nothing(
    ray: RayHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, value: object) -> None:
        del value
        raise OSError(28, "No space left on device", str(path))

    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr("submission.fleet.ray.node.write_json", full)
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    address = parsed_address(f"127.0.0.1:{free_ports(PORTS + 1)}")
    with pytest.raises(EngineError, match="the head did not start") as error:
        start_head(ray, tmp_path / "head", address, first_port=address.port + 1)
    assert "No space left on device" in error.value.detail
    assert list(temp.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["start"],
        ["start", "--head", "127.0.0.1", "--system", "a"],
        ["start", "--join", "127.0.0.1"],
        ["start", "--head", "127.0.0.1", "--ports", "65530"],
        ["start", "--head", "127.0.0.1", "--node-address", "127.0.0.2"],
        ["stop", "--system", "a"],
        ["stop", "--head", "127.0.0.1"],
        ["stop", "--join", "127.0.0.1", "--node-address", "127.0.0.2"],
        ["stop", "--ports", "7000"],
    ],
)
def test_what_the_command_refuses(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    assert main(["fleet", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 3


def test_stop_where_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    assert main(["fleet", "stop"]) == 0
    assert capsys.readouterr().out == "nothing of a fleet runs here\n"


def test_processes_of_a_node_are_known_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    environment = {**os.environ, "MLPERF_FLEET_NODE": str(file)}
    with subprocess.Popen(["sleep", "30"], env=environment) as process:
        try:
            assert ray_processes(file) == [process.pid]
            assert ray_processes(tmp_path / "node") == []
        finally:
            process.kill()


def test_what_ray_takes_of_a_node_is_watched_by_its_clocks(tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    write_json(file, {"ray": "2.60.0"})
    cell = {"MLPERF_FLEET_NODE_FILE": str(file)}
    assert idle_here(cell, sample_s=0.0) is None, "no process of Ray is there"
    node = {**os.environ, "MLPERF_FLEET_NODE": str(file)}
    command = [sys.executable, "-c", "while True: sum(range(1000))"]
    with subprocess.Popen(command, env=node) as busy:
        try:
            found = idle_here(cell, sample_s=0.5)
        finally:
            busy.kill()
    assert found is not None
    assert found.engine == "ray 2.60.0"
    assert 1000 < found.idle_cpu_ms_per_min <= 66000, "a share of one core"
    assert 0.5 <= found.sampled_s < LIMIT_S
    with subprocess.Popen(["sleep", "30"], env=node) as asleep:
        try:
            at_rest = idle_here(cell, sample_s=0.2)
        finally:
            asleep.kill()
    assert at_rest is not None
    assert at_rest.idle_cpu_ms_per_min < 1000
    assert idle_here({}, sample_s=LIMIT_S) is None, "a run of no campaign waits for nothing"
    file.unlink()
    assert idle_here(cell, sample_s=LIMIT_S) is None


class Cell:
    """A cell under its supervisor, as Ray's worker starts it."""

    def __init__(self, folder: Path, name: str, *steps: str, timeout_s: float = LIMIT_S) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        order = {
            "program": PROGRAM,
            "root": str(ROOT),
            "environment": {**os.environ, "SYSTEM": "a"},
            "lock": str(folder / "lock"),
            "folder": str(self.folder),
            "arguments": ["--archive", ARCHIVE, *steps],
            "timeout_s": timeout_s,
        }
        self.process = subprocess.Popen(
            SUPERVISOR, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def end(self) -> dict | None:
        """How it ended, once its supervisor has."""
        self.process.wait(LIMIT_S)
        self.process.stdin.close()
        with self.process.stdout as said:
            text = said.read()
        return json.loads(text) if text else None


def wait_for(path: Path) -> None:
    until = time.monotonic() + LIMIT_S
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_supervisor_says_how_a_cell_ended(tmp_path: Path) -> None:
    good = Cell(tmp_path, "good", "say=hello", "where=SYSTEM").end()
    assert (good["kind"], good["exit_code"], good["reason"]) == ("done", 0, "")
    assert (good["tail"], good["size"]) == (["hello"], 1)
    assert (tmp_path / "good" / "result.tar").read_text(encoding="utf-8") == "a"
    bad = Cell(tmp_path, "bad", "write=1", "exit=3").end()
    assert (bad["kind"], bad["exit_code"], bad["sha256"]) == ("failed", 3, "")
    assert bad["reason"] == "exit code 3"
    late = Cell(tmp_path, "late", "sleep=20", timeout_s=0.3).end()
    assert (late["kind"], late["exit_code"]) == ("failed", None)
    assert "0.3 s" in late["reason"]


def test_a_cell_ends_with_the_worker_that_wants_it(tmp_path: Path) -> None:
    late = tmp_path / "late"
    cell = Cell(tmp_path, "one", f"touch={tmp_path / 'up'}", "sleep=5", f"touch={late}")
    wait_for(tmp_path / "up")
    cell.process.stdin.close()
    assert cell.process.wait(LIMIT_S) == 0
    assert cell.end() is None
    time.sleep(0.1)
    assert not late.exists()


def test_a_cell_waits_for_the_command_that_outlived_its_supervisor(tmp_path: Path) -> None:
    """The lock is the command's: here one that holds on after SIGTERM."""
    up, gate = tmp_path / "up", tmp_path / "gate"
    gone = f"[ -e {gate} ] || [ $n -gt 200 ]"
    hold = f"trap '' TERM; touch {up}; n=0; until {gone}; do sleep 0.05; n=$((n+1)); done"
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with subprocess.Popen(["sh", "-c", hold], pass_fds=(lock,)) as outliving:
        os.close(lock)
        wait_for(up)
        second = Cell(tmp_path, "second", "write=1")
        time.sleep(0.6)
        waits = not (tmp_path / "second" / "result.tar").exists()
        gate.touch()
        assert second.end()["kind"] == "done"
        outliving.wait(LIMIT_S)
    assert waits


def test_errors_have_three_lines(ray: RayHome) -> None:
    with pytest.raises(KitError) as error:
        look_at_cluster(ray, parsed_address(f"127.0.0.1:{free_ports(1)}"))
    assert str(error.value).count("\n") == 2
