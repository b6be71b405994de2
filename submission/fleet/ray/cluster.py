"""A Ray cluster from outside: its address, its token, Ray's own Python, and what its head says."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import EngineError, KitError, UsageError, words_of

DEFAULT_PORT = 6379
#: where ``make fleet`` puts Ray's Python, below the checkout; FLEET_VENV names another folder
VENV, VENV_VARIABLE = ".venv-fleet", "FLEET_VENV"
TOKEN_VARIABLE = "RAY_AUTH_TOKEN_PATH"  # noqa: S105
DRIVER = Path(__file__).with_name("driver.py")
_ANSWER_S = 3.0
_LOOK_S = 60.0
_SECRET_BYTES = 32
#: a cable that is out is noticed after 26 s with these on both sides, and never without; what is
#: switched off would take processor time from a measurement
_VARIABLES = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_grpc_client_keepalive_time_ms": "10000",
    "RAY_grpc_client_keepalive_timeout_ms": "10000",
    "RAY_grpc_keepalive_time_ms": "10000",
    "RAY_grpc_keepalive_timeout_ms": "10000",
    "RAY_enable_metrics_collection": "0",
    "RAY_event_stats": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_DEDUP_LOGS": "0",
}


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the head of a cluster listens; ``ip`` is what Ray is given."""

    host: str
    ip: str
    port: int

    def __str__(self) -> str:
        """HOST:PORT, as it was given."""
        return f"{self.host}:{self.port}"

    @property
    def for_ray(self) -> str:
        """The address in numbers."""
        return f"{self.ip}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether the host is this machine: only its own addresses can be bound."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.ip, 0))
            except OSError:
                return False
        return True


def parsed_address(text: str) -> Address:
    """``HOST`` or ``HOST:PORT``; UsageError if it is neither or no such host is known."""
    host, colon, port = text.partition(":")
    if not host or (colon and not (port.isdigit() and 0 < int(port) < 1 << 16)):
        raise UsageError(
            f"{text!r} is no address of a head",
            detail="an address is HOST or HOST:PORT, with an IPv4 address or a name as HOST",
            hint=f"for example 192.0.2.7:{DEFAULT_PORT}",
        )
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"the host {host!r} is not known here",
            detail=words_of(error),
            hint="name the head by its IPv4 address",
        ) from error
    return Address(host=host, ip=str(found[0][4][0]), port=int(port) if port else DEFAULT_PORT)


@dataclass(frozen=True, kw_only=True)
class RayHome:
    """Ray's own Python, the token, and the environment in which anything of Ray's is started."""

    python: Path
    token: Path
    environment: Mapping[str, str]

    def variables(self, **more: str) -> dict[str, str]:
        """Without what is meant for the kit's Python, and with the settings that a fleet needs."""
        own = {k: v for k, v in self.environment.items() if not k.startswith("PYTHON")}
        own.pop("RAY_AUTH_TOKEN", None)
        return {**own, **_VARIABLES, TOKEN_VARIABLE: str(self.token), **more}


def ray_home(root: Path, environment: Mapping[str, str], *, makes_token: bool = False) -> RayHome:
    """Ray as it is installed for the checkout ``root``, and the token of this user.

    EngineError if there is no Ray; UsageError if there is no token, or others can read it.
    ``makes_token`` writes one where there is none.
    """
    venv = Path(environment.get(VENV_VARIABLE) or root / VENV)
    python = venv / "bin" / "python"
    if not (python.is_file() and list(venv.glob("lib/python3*/site-packages/ray/__init__.py"))):
        raise EngineError(
            "Ray is not installed",
            detail=f"no Python with Ray in {venv}",
            hint=f"make fleet; {VENV_VARIABLE} names an environment in another place",
        )
    given = environment.get(TOKEN_VARIABLE)
    token = Path(given) if given else _home(environment) / ".ray" / "auth_token"
    if makes_token and not token.exists():
        _make_token(token)
    _demand_private(token)
    return RayHome(python=python.absolute(), token=token.absolute(), environment=environment)


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment["HOME"]) if environment.get("HOME") else Path.home()


def _make_token(token: Path) -> None:
    try:
        token.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # private from the first byte on, and never there without its content
        handle, part = tempfile.mkstemp(dir=token.parent, prefix=f"{token.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(_SECRET_BYTES) + "\n")
            os.link(part, token)
        finally:
            Path(part).unlink()
    except OSError as error:
        raise UsageError(
            "the cluster's token could not be written",
            detail=f"{token}: {error.strerror or error}",
            hint=f"{TOKEN_VARIABLE} names another place",
        ) from error


def _demand_private(token: Path) -> None:
    try:
        mode, empty = token.stat().st_mode, not token.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise EngineError(
            "there is no token for the cluster",
            detail=f"{token}: {words_of(error)}",
            hint=f"copy the file that `fleet start --head` made on the head's machine; "
            f"{TOKEN_VARIABLE} names another place",
        ) from error
    if mode & 0o077:
        raise EngineError(
            "others can read the cluster's token",
            detail=f"{token} has the mode {mode & 0o777:03o}; whoever has it may run anything",
            hint=f"chmod 600 {token}",
        )
    if empty:
        raise EngineError(
            "the cluster's token is empty",
            detail=str(token),
            hint="copy the file that `fleet start --head` made on the head's machine",
        )


def look_at_cluster(ray: RayHome, address: Address) -> dict[str, Any]:
    """What the head says: ``ray``, ``python``, and ``nodes`` with their systems.

    EngineError if nobody answers, the token is wrong, the cluster asks for none, or its head has
    another Ray or Python than ``ray``.
    """
    try:
        # Ray itself would wait 40 s for a head that is not there
        socket.create_connection((address.ip, address.port), _ANSWER_S).close()
    except OSError as error:
        raise EngineError(
            f"no head of a cluster answers at {address}",
            detail=words_of(error),
            hint=f"on that machine: mlperf-kit fleet start --head {address}",
        ) from error
    found = _asked(ray, address, ray.variables())
    if "refused" in found:
        raise EngineError(
            f"the cluster at {address} does not take this token",
            detail=str(ray.token),
            hint="copy the token file of the head's machine, which its `fleet start` printed",
        )
    unsafe = _asked(ray, address, ray.variables(RAY_AUTH_MODE="disabled"))
    if "refused" not in unsafe:
        raise EngineError(
            f"the cluster at {address} asks for no token",
            detail="whoever reaches its ports may run anything on every system",
            hint="stop it there (ray stop), and start it with: mlperf-kit fleet start --head",
        )
    _demand_same_versions(ray, found, address)
    return found


def _asked(ray: RayHome, address: Address, environment: Mapping[str, str]) -> dict[str, Any]:
    request = json.dumps({"do": "look", "address": address.for_ray})
    try:
        run = subprocess.run(
            [ray.python, "-I", DRIVER],
            input=request + "\n",
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LOOK_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _no_answer(address, f"nothing was said for {_LOOK_S:g} s") from error
    except OSError as error:
        raise EngineError(
            "Ray could not be started", detail=words_of(error), hint="make fleet installs it again"
        ) from error
    with suppress(ValueError):
        answer = json.loads(run.stdout)
        if isinstance(answer, dict) and "error" not in answer:
            return answer
        if isinstance(answer, dict):
            raise _no_answer(address, str(answer["error"]))
    last = next((line for line in reversed(run.stderr.splitlines()) if line.strip()), "no output")
    raise _no_answer(address, f"exit code {run.returncode}: {last.strip()[:200]}")


def _no_answer(address: Address, detail: str) -> KitError:
    return EngineError(
        f"what answers at {address} is no head of a Ray cluster",
        detail=detail,
        hint="is it another program, another version of Ray, or one with RAY_USE_TLS? `fleet start "
        "--head` prints its address",
    )


def _demand_same_versions(ray: RayHome, found: Mapping[str, Any], address: Address) -> None:
    wanted = (found["ray"], _minor(found["python"]))
    own = (found["own_ray"], _minor(found["own_python"]))
    if own != wanted:
        raise EngineError(
            f"Ray here is another than that of the head at {address}",
            detail=f"Ray {own[0]} with Python {own[1]} here, Ray {wanted[0]} with Python "
            f"{wanted[1]} there",
            hint=f"remove {ray.python.parents[1]}, then at the head's commit: make fleet "
            f"PYTHON=python{wanted[1]}",
        )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
