"""Versions, processor, what OpenVINO would use, and the state of the host; nothing is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from submission import __version__
from submission.errors import StageError
from submission.host import host_facts
from submission.host.state import state_remarks
from submission.review.built import Built
from submission.terminal import aligned
from submission.wording import counted

TIMEOUT_S = 60


def info_lines(image: Built | None) -> Iterator[str]:
    """The report, line by line; raises StageError if OpenVINO cannot be queried."""
    device = ask_device()
    yield from _section("built", _built(image, device))
    yield from _section("host", _host())
    yield from _section("OpenVINO", _openvino(device))
    yield "state of the host (nothing was changed; each with a command that you may run)"
    remarks = state_remarks()
    for remark in remarks:
        yield f"  {remark.what}"
        yield f"    {remark.why}"
        yield f"    $ {remark.command}"
    if not remarks:
        yield "  nothing to report"


def info_value(image: Built | None) -> dict[str, Any]:
    """The same by ``info.schema.json``; raises StageError if OpenVINO cannot be queried."""
    device = ask_device()
    return {
        "built": dict(_built(image, device)),
        "host": dict(_host()),
        "openvino": dict(_openvino(device)),
        "remarks": [asdict(remark) for remark in state_remarks()],
    }


def ask_device() -> Mapping[str, Any]:
    """What the harness sees through OpenVINO, queried in a separate process.

    Raises StageError if it cannot be queried, ModuleNotFoundError if it is not installed.
    """
    if find_spec("openvino") is None:
        raise ModuleNotFoundError("No module named 'openvino'", name="openvino")
    command = [sys.executable, "-m", "submission.harness.device"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        value: Mapping[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StageError(
            "OpenVINO cannot be queried",
            detail=f"{' '.join(command)}: {type(error).__name__}: {error}".splitlines()[0],
            hint="run that command on its own; OpenVINO does not start on a processor without AVX2",
        ) from error
    return value


def _built(image: Built | None, device: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "image", "this is the image of the kit" if image else "none: this is an installed package"
    yield "kit", __version__
    if image:
        yield "sources", f"fingerprint {image.fingerprint}"
        if image.installed is not None:
            same = image.running == image.installed
            yield "code that runs", "as it was built" if same else "NOT as it was built"
    yield from device["versions"].items()


def _host() -> Iterator[tuple[str, object]]:
    facts = host_facts()
    yield "processor", facts.cpu_name or "not known"
    yield "instruction sets for INT8", " ".join(facts.flags) or "none of AVX2, VNNI, AMX"
    parts = (
        (facts.sockets, "socket", ""),
        (facts.cores_per_socket, "core", " per socket"),
        (facts.threads_per_core, "thread", " per core"),
        (facts.numa_nodes, "NUMA node", ""),
    )
    yield "shape", ", ".join(f"{counted(n, what)}{of}" for n, what, of in parts if n)
    yield "processors allowed", facts.cpus_allowed or "not known"
    memory = facts.memory_limit_bytes or facts.memory_bytes
    yield "memory", f"{memory / (1 << 30):.1f} GiB" if memory else "not known"
    yield "kernel", facts.kernel or "not known"
    yield "system", facts.operating_system or "not known"
    yield "container", facts.container or "none detected"
    yield "virtual machine", facts.virtual_machine or "none detected"


def _openvino(device: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "build", device["build"]
    yield "devices", ", ".join(device["devices"]) or "none"
    for name, value in device["cpu"].items():
        yield name, " ".join(value) if isinstance(value, list) else value
    yield "streams of the harness", f"{len(device['affinity'])} at most, one per processor"


def _section(title: str, rows: Iterator[tuple[str, object]]) -> Iterator[str]:
    yield title
    yield from aligned(((name, str(value)) for name, value in rows), indent="  ")
    yield ""
