"""The Docker client's own settings, read so that damage in unused parts stops no build.

The SDK reads the same file and fails on anything odd in it. Here each part is read when it is
needed: the proxies for a build, and the credentials of the one registry that is used.
Sources: the Docker client's documentation of ``config.json`` and of credential helpers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.auth import INDEX_NAME, INDEX_URL, convert_to_hostname, resolve_repository_name
from docker.errors import DockerException

HELPER_TIMEOUT_S = 20

_PROXIES = {"httpProxy": "http", "httpsProxy": "https", "ftpProxy": "ftp", "noProxy": "no"}
_NO_CREDENTIALS = "credentials not found"
"""What a helper prints, by the protocol, if it has none for that registry."""
_TOKEN_USER = "<token>"  # noqa: S105 -- the protocol's user name for "the secret is a token"


@dataclass(frozen=True, kw_only=True)
class Damage:
    """A part of the file that cannot be used."""

    path: Path
    key: str
    why: str

    def __str__(self) -> str:
        """``~/.docker/config.json: credsStore: docker-credential-x is not installed``."""
        return ": ".join(each for each in (str(self.path), self.key, self.why) if each)


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    """The settings as JSON, and what is wrong with the file as a whole."""

    path: Path
    value: Mapping[str, Any] = field(default_factory=dict)
    damage: Damage | None = None


def read_client_config(environment: Mapping[str, str]) -> ClientConfig:
    """The file in DOCKER_CONFIG or ~/.docker; empty where there is none; never raises."""
    home = environment.get("HOME") or Path.home()
    path = Path(environment.get("DOCKER_CONFIG") or Path(home, ".docker")) / "config.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return ClientConfig(path=path)
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError):
        why = "is not JSON"
    else:
        if isinstance(value, dict):
            return ClientConfig(path=path, value=value)
        why = "is not a JSON object"
    return ClientConfig(path=path, damage=Damage(path=path, key="", why=why))


def client_proxies(config: ClientConfig) -> tuple[str, dict[str, str]]:
    """The key of the proxies for builds, and the variables that they set, in upper and lower case.

    Entries that are not text are left out.
    """
    key = "proxies.default"
    every = config.value.get("proxies")
    found = every.get("default") if isinstance(every, dict) else None
    if not isinstance(found, dict):
        return key, {}
    named = {_PROXIES[name]: text for name, text in found.items() if name in _PROXIES}
    valid = {f"{name}_proxy": text for name, text in named.items() if text and _is_text(text)}
    return key, valid | {name.upper(): text for name, text in valid.items()}


class _UnusableError(Exception):
    """A key of the settings that cannot be used, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(key, why)
        self.key, self.why = key, why


def credentials(config: ClientConfig, image: str) -> tuple[dict[str, Any], Damage | None]:
    """The registry's credentials to pull ``image``, as the SDK sends them, or nothing and why.

    A credential helper is run only if it serves that registry.
    """
    try:
        registry, _ = resolve_repository_name(image)
        keys = (INDEX_URL, INDEX_NAME) if registry == INDEX_NAME else (registry,)
        key, helper = _helper(config, keys)
        found = _ask(key, helper, keys[0]) if helper else {}
        found = found or _stored(config, keys)
    except DockerException:
        return {}, None
    except _UnusableError as error:
        return {}, Damage(path=config.path, key=error.key, why=error.why)
    server = keys[0]
    return ({server: {**found, "serveraddress": server}}, None) if found else ({}, config.damage)


def _helper(config: ClientConfig, keys: tuple[str, ...]) -> tuple[str, Any]:
    """The key that names a helper for the registry, and the helper."""
    by_registry = config.value.get("credHelpers")
    if isinstance(by_registry, dict):
        for each in by_registry.keys() & set(keys):
            return f"credHelpers.{each}", by_registry[each]
    return "credsStore", config.value.get("credsStore")


def _ask(key: str, helper: Any, server: str) -> dict[str, str]:
    """The helper's credentials for ``server``; empty if it has none."""
    if not _is_text(helper) or "/" in helper:
        raise _UnusableError(key, "is not the name of a credential helper")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=HELPER_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise _UnusableError(key, f"{program} is not installed") from error
    except subprocess.TimeoutExpired as error:
        why = f"{program} did not answer within {HELPER_TIMEOUT_S} s"
        raise _UnusableError(key, why) from error
    except (OSError, ValueError) as error:
        raise _UnusableError(key, f"{program} cannot be used ({error})") from error
    if done.returncode == 0:
        return _answer(key, program, done.stdout)
    said = " ".join((done.stdout + done.stderr).split())
    if _NO_CREDENTIALS in said:
        return {}
    raise _UnusableError(key, f"{program} failed: {said[:100] or 'no output'}")


def _answer(key: str, program: str, text: str) -> dict[str, str]:
    """Parse a helper's JSON into an entry for a registry."""
    try:
        answer = json.loads(text)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _UnusableError(key, f"{program} gave no user name and secret") from error
    if user == _TOKEN_USER:
        return {"identitytoken": secret}
    return {"username": user, "password": secret}


def _stored(config: ClientConfig, keys: tuple[str, ...]) -> dict[str, str]:
    """The entry of ``auths`` for the registry; empty if there is none."""
    entries = config.value.get("auths", {})
    if not isinstance(entries, dict):
        raise _UnusableError("auths", "is not a JSON object")
    for name, entry in entries.items():
        if name in keys or convert_to_hostname(name) in keys:
            try:
                return _decoded(entry)
            except (ValueError, TypeError, AttributeError) as error:
                why = "holds no user name and password in base64"
                raise _UnusableError(f"auths.{name}", why) from error
    return {}


def _decoded(entry: Mapping[str, Any]) -> dict[str, str]:
    """User name and password, or a token; empty where a helper keeps them."""
    if token := entry.get("identitytoken"):
        return {"identitytoken": str(token)}
    text = entry.get("auth")
    if text in (None, ""):
        return {}
    user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    if not colon:
        raise ValueError
    return {"username": user, "password": password.strip("\0")}


def context_host(config: ClientConfig, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The name of the client's current context and its engine's address; ``None`` if it has none.

    The context ``default`` means DOCKER_HOST or the usual socket and has no address of its own.
    """
    name = environment.get("DOCKER_CONTEXT") or config.value.get("currentContext")
    if not isinstance(name, str) or name in ("", "default") or not _is_text(name):
        return None
    folder = hashlib.sha256(name.encode()).hexdigest()
    path = config.path.parent / "contexts" / "meta" / folder / "meta.json"
    try:
        host = json.loads(path.read_text(encoding="utf-8"))["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return (name, host) if isinstance(host, str) and _is_text(host) else None


def _is_text(value: Any) -> bool:
    """Whether the value can be passed in an environment or on a command line."""
    if not isinstance(value, str):
        return False
    try:
        return b"\0" not in value.encode()
    except UnicodeError:
        return False
