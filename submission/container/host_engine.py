"""Runs the same orders without containers, as processes of the host (RUNNER=host).

There is no isolation: mounts, user, network, memory and the read-only root of an order are
ignored, and its paths must be the host's. The command, its environment, its cores, its output
line by line and the clean-up of processes are the same.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from submission.container.context import fingerprint
from submission.container.engine import OnLine
from submission.container.interrupts import stopping_on_sigterm, undisturbed
from submission.container.lines import LineCutter, Tail
from submission.container.order import (
    BaseImage,
    BuildOrder,
    CommandOrder,
    CommandOutcome,
    ImageFacts,
)
from submission.errors import EngineError, StageError

_MEASURED = ("mlcommons-loadgen", "numpy", "openvino", "tokenizers")
"""The packages whose versions a measurement depends on."""


class HostEngine:
    """An Engine whose one "image" is the Python that runs the kit.

    ``environment`` is what commands inherit, None for that of this process; ``root`` the checkout,
    whose source belongs to the image's id. A command that takes longer than ``limit_s`` is killed.
    """

    def __init__(
        self, *, environment: Mapping[str, str] | None, root: Path, limit_s: float | None = None
    ) -> None:
        self._environment = None if environment is None else dict(environment)
        self._root = root
        self._limit_s = limit_s

    def version(self) -> str:
        """Such as ``host without a container (Python 3.11.2, Linux 6.1.0)``."""
        system = f"{platform.system()} {platform.release()}"
        return f"host without a container (Python {platform.python_version()}, {system})"

    def base(self, reference: str) -> BaseImage:
        """Nothing is built here, so nothing is known of it."""
        return BaseImage(reference=reference, source=reference)

    def build(self, order: BuildOrder, on_line: OnLine) -> ImageFacts:
        """Builds nothing; the facts are those of ``image``."""
        on_line(f"no image is built for {order.tag}: runs use {sys.executable}")
        return self.image(order.tag)

    def image(self, ref: str) -> ImageFacts:
        """The Python in use under any name; its id covers versions and the kit's source."""
        labels = {"python": platform.python_version(), "runner": "host"}
        labels |= {name: found for name in _MEASURED if (found := _version(name))}
        labels["source"] = fingerprint(self._root)
        digest = hashlib.sha256(repr(sorted(labels.items())).encode()).hexdigest()
        return ImageFacts(
            id=f"host:{digest}",
            tags=(ref,),
            digest=None,
            size_bytes=None,
            labels=labels,
            created=None,
        )

    def tag(self, image: str, reference: str) -> None:
        """The Python in use has every name."""

    def run(self, order: CommandOrder, on_line: OnLine) -> CommandOutcome:
        """Run the command, with ``python`` as this Python; its process group ends with it."""
        command = self._command(order)
        tail = Tail(on_line)
        started_at = datetime.now(UTC)
        with stopping_on_sigterm(), self._process(command) as process:
            _follow(process, tail)
        return CommandOutcome(
            exit_code=_shell_code(process.returncode),
            oom_killed=False,  # the kernel does not report why another process was killed
            tail=tail.lines,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            container_id=f"host-{process.pid}",
        )

    def reap(self, label: str, value: str) -> list[str]:  # noqa: ARG002
        """Removes nothing: a run ends with the process that started it."""
        return []

    def _command(self, order: CommandOrder) -> list[str]:
        """The command with the wrappers that end it with this process and pin it to its cores."""
        first, *rest = order.command
        first = sys.executable if first == "python" else first
        cores = ["taskset", "--cpu-list", order.cpuset] if order.cpuset else []
        command = ["setpriv", "--pdeathsig", "KILL", "--no-new-privs", *cores]
        if order.environment:
            command += ["env", *(f"{name}={value}" for name, value in order.environment.items())]
        command += [first, *rest]
        path = (self._environment or {}).get("PATH")
        for tool in (first, command[0], *cores[:1]):
            if shutil.which(tool, path=path) is None:
                raise StageError(
                    "the command could not be started on the host",
                    detail=f"{tool} was not found",
                    hint="setpriv and taskset come with the package util-linux",
                )
        return command

    @contextmanager
    def _process(self, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """A running command in a process group of its own, which is killed at the end."""
        with undisturbed():
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            watcher = threading.Thread(target=_end_group, args=(process.pid,), daemon=True)
            watcher.start()
            timer = threading.Timer(self._limit_s or 0.0, process.kill)
            if self._limit_s is not None:
                timer.start()
        try:
            yield process
        except BaseException:
            _kill_group(process.pid)
            raise
        finally:
            with undisturbed():
                watcher.join()
                timer.cancel()
                process.wait()
                if process.stdout:
                    process.stdout.close()


def demand_measuring_packages() -> None:
    """Raise EngineError if this Python cannot measure."""
    for package in _MEASURED:
        if _version(package) is None:
            version = platform.python_version()
            raise EngineError(
                "runs on the host are not possible with this Python",
                detail=f"{package} is not installed for Python {version}; LoadGen has no build "
                "for Python 3.14",
                hint="make setup PYTHON=python3.12 (or 3.11, 3.13), or run in containers",
            )


def _version(package: str) -> str | None:
    try:
        return installed_version(package)
    except PackageNotFoundError:
        return None


def _follow(process: subprocess.Popen[bytes], tail: Tail) -> None:
    cutter = LineCutter()
    output = process.stdout
    while output and (chunk := os.read(output.fileno(), 1 << 16)):
        for line in cutter.feed(chunk):
            tail(line)
    for line in cutter.close():
        tail(line)


def _end_group(leader: int) -> None:
    """Wait for the leader and kill the rest, as a container ends with its first process.

    The leader is not reaped here, so that its process id cannot be reused yet.
    """
    os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT)
    _kill_group(leader)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _shell_code(returncode: int) -> int:
    """Popen's -9 as the 137 that a shell and a container engine report."""
    return 128 - returncode if returncode < 0 else returncode
