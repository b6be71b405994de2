"""Builds beside a Docker client's settings that are damaged, foreign, or as they should be."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker.utils.config
import pytest
from docker.auth import INDEX_NAME, INDEX_URL

from submission.container import client_config
from submission.container.client_config import (
    client_proxies,
    context_host,
    credentials,
    read_client_config,
)
from submission.container.find import connect
from submission.container.order import BaseImage, BuildOrder
from submission.errors import StageError
from tests.fakes.engine_socket import FakeApi, serving

pytestmark = pytest.mark.slow

BASE = "base:1"
PRIVATE = "registry.example:5000/team/base:1"
DENIED: list[dict[str, Any]] = [
    {"stream": f"Step 1/9 : FROM {PRIVATE}\n"},
    {"errorDetail": {"message": "pull access denied, may require authorization: unauthorized"}},
]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WHOLE_FILES = {
    "empty": "",
    "cut off": '{"auths": {',
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "not UTF-8": b"\xff\xfe{}",
    "two documents": "{} {}",
    "a lockfile's text": "<html>",
    "very deep": "[" * 100_000,
}
"""Files that cannot be read at all."""

PARTS: dict[str, Any] = {
    "nothing": {},
    "unknown keys": {"HttpHeaders": {"a": "b"}, "experimental": "enabled", "aliases": 1},
    "auths is a list": {"auths": []},
    "auths is null": {"auths": None},
    "an entry is a text": {"auths": {INDEX_URL: "me:secret"}},
    "an entry is null": {"auths": {INDEX_NAME: None}},
    "an entry is not base64": {"auths": {INDEX_NAME: {"auth": "%%%"}}},
    "an entry without a colon": {"auths": {INDEX_NAME: {"auth": encoded("me")}}},
    "an entry is no UTF-8": {"auths": {INDEX_NAME: {"auth": "//79"}}},
    "an entry is a number": {"auths": {INDEX_NAME: {"auth": 7}}},
    "somebody else's entry": {"auths": {"other.example": {"auth": "%%%"}}},
    "a store that is not installed": {"credsStore": "nowhere"},
    "a store that is a path": {"credsStore": "../../bin/sh"},
    "a store that is a number": {"credsStore": 7},
    "a store with a null byte": {"credsStore": "a\0b"},
    "helpers is a list": {"credHelpers": ["x"]},
    "a helper that is not installed": {"credHelpers": {INDEX_URL: "nowhere"}},
    "somebody else's helper": {"credHelpers": {"other.example": "nowhere"}},
    "proxies is a text": {"proxies": "none"},
    "proxies of nobody": {"proxies": {"default": None}},
    "a proxy is a number": {"proxies": {"default": {"httpProxy": 7, "noProxy": ["a"]}}},
    "a context that is gone": {"currentContext": "gone"},
    "a context that is a number": {"currentContext": 7},
}
"""Files whose JSON holds something odd."""


class Client:
    """A folder with a config.json, and an engine behind a socket."""

    def __init__(self, folder: Path, api: FakeApi, host: str) -> None:
        self.folder, self.api, self.host = folder, api, host
        self.file = folder / "config.json"
        self.environment = {"DOCKER_CONFIG": str(folder), "PATH": os.environ["PATH"]}
        (folder / "Dockerfile").write_text("FROM base\n")

    def settings(self, value: Any) -> None:
        if isinstance(value, bytes):
            self.file.write_bytes(value)
        else:
            self.file.write_text(value if isinstance(value, str) else json.dumps(value))

    def build(self, base: str = BASE, **arguments: str) -> list[str]:
        order = BuildOrder(
            context=self.folder,
            tag="made:1",
            base=BaseImage(reference=base, source=base),
            build_args=arguments,
        )
        said: list[str] = []
        engine = connect(self.host, self.environment)
        assert engine.build(order, said.append).tags == ("made:1",)
        return said

    def refusal(self, base: str = PRIVATE) -> StageError:
        with pytest.raises(StageError) as error:
            self.build(base)
        return error.value

    def helper(self, name: str, script: str) -> None:
        path = self.folder / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    api = FakeApi()
    with serving(tmp_path / "engine.sock", api) as host:
        yield Client(tmp_path, api, host)


# ---- what is damaged stops nothing


@pytest.mark.parametrize("text", WHOLE_FILES.values(), ids=WHOLE_FILES.keys())
def test_a_file_that_cannot_be_read_stops_no_build(client: Client, text: str | bytes) -> None:
    client.settings(text)
    assert any(str(client.file) in line for line in client.build())
    assert client.api.credentials is None


@pytest.mark.parametrize("value", PARTS.values(), ids=PARTS.keys())
def test_a_part_that_is_odd_stops_no_build(client: Client, value: Any) -> None:
    client.settings(value)
    client.build()
    assert client.api.credentials is None
    assert client.api.build_arguments == {}


@pytest.mark.parametrize(
    "case", [*WHOLE_FILES.values(), *PARTS.values()], ids=[*WHOLE_FILES, *PARTS]
)
def test_nothing_is_asked_for_an_image_that_is_there(client: Client, case: Any) -> None:
    client.settings(case)
    client.api.images.add(BASE)
    said = client.build()
    assert not any("credentials" in line for line in said)


def test_a_folder_and_an_unreadable_file_are_damage_too(client: Client) -> None:
    client.file.mkdir()
    assert "cannot be read" in client.build()[0]


def test_no_file_is_no_damage(client: Client) -> None:
    assert client.build() == ["step 1 of 1: FROM base"]


def test_the_shared_cases(client: Client, repo: Path) -> None:
    folder = repo.parent / "shared" / "cases" / "docker_config"
    if not folder.is_dir():
        pytest.skip("no folder shared/cases beside the checkout")
    cases = sorted(folder.iterdir())
    assert cases
    for case in cases:
        client.settings((case / "config.json").read_text())
        client.build()
        client.api.images.clear()


# ---- where it matters, three lines name file and key


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"credsStore": "nowhere"}, "credsStore: docker-credential-nowhere is not installed"),
        ({"credHelpers": {"registry.example:5000": "no"}}, "credHelpers.registry.example:5000"),
        ({"auths": {"registry.example:5000": {"auth": "%%%"}}}, "auths.registry.example:5000"),
        ({"auths": {"https://registry.example:5000/v1/": {"auth": "x"}}}, "5000/v1/: holds no"),
        ("{", "is not JSON"),
    ],
)
def test_a_registry_that_asks_for_credentials_is_said_which_are_damaged(
    client: Client, value: Any, key: str
) -> None:
    client.settings(value)
    client.api.build_messages = DENIED
    error = client.refusal()
    assert "without credentials" in error.what
    assert f"{client.file}: " in error.detail
    assert key in error.detail
    assert "unauthorized" in error.detail
    assert str(client.file) in error.hint


def test_a_build_that_fails_by_itself_does_not_blame_the_settings(client: Client) -> None:
    client.settings("{")
    client.api.build_messages = [{"error": "exit code 1"}]
    assert str(client.file) not in str(client.refusal())


@pytest.mark.parametrize(
    "message",
    [
        "E: Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)",
        "WARNING: ProxyError('Cannot connect to proxy.')",
    ],
)
def test_a_build_that_fails_at_a_proxy_says_where_it_is_set(client: Client, message: str) -> None:
    client.settings({"proxies": {"default": {"httpProxy": "http://me:secret@127.0.0.1:9/"}}})
    client.api.build_messages = [{"stream": message + "\n"}, {"error": "exit code 100"}]
    error = client.refusal(BASE)
    assert f"{client.file}: proxies.default" in error.hint
    assert "secret" not in str(error)


def test_a_proxy_of_the_orders_own_is_not_blamed_on_the_file(client: Client) -> None:
    client.settings({"proxies": {"default": {"httpProxy": "http://127.0.0.1:9"}}})
    own = {"http_proxy": "http://mine:1", "HTTP_PROXY": "http://mine:1"}
    client.build(**own)
    assert client.api.build_arguments == own
    client.api.build_messages = [{"error": "no proxy at 127.0.0.1:9"}]
    with pytest.raises(StageError) as error:
        client.build(**own)
    assert str(client.file) not in str(error.value)


# ---- what is right is used


@pytest.mark.parametrize(
    ("image", "key", "server"),
    [
        (BASE, INDEX_URL, INDEX_URL),
        (BASE, INDEX_NAME, INDEX_URL),
        (PRIVATE, "registry.example:5000", "registry.example:5000"),
        (PRIVATE, "https://registry.example:5000/v1/", "registry.example:5000"),
    ],
)
def test_credentials_of_the_bases_registry_are_sent(
    client: Client, image: str, key: str, server: str
) -> None:
    client.settings(
        {"auths": {"other.example": {"auth": "%%%"}, key: {"auth": encoded("me:se:cret")}}}
    )
    client.build(image)
    assert client.api.credentials == {
        server: {"username": "me", "password": "se:cret", "serveraddress": server}
    }


def test_an_identity_token_is_sent(client: Client) -> None:
    client.settings({"auths": {"registry.example:5000": {"identitytoken": "t"}}})
    client.build(PRIVATE)
    (entry,) = (client.api.credentials or {}).values()
    assert entry["identitytoken"] == "t"


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_a_helper_is_asked_for_that_registry(client: Client, key: str) -> None:
    value: Any = "ours" if key == "credsStore" else {"registry.example:5000": "ours"}
    client.settings({key: value})
    client.helper(
        "ours",
        'read -r server; [ "$1 $server" = "get registry.example:5000" ] && '
        """echo '{"ServerURL": "x", "Username": "me", "Secret": "s"}'""",
    )
    client.build(PRIVATE)
    (entry,) = (client.api.credentials or {}).values()
    assert (entry["username"], entry["password"]) == ("me", "s")


def test_a_helper_without_an_entry_leaves_it_to_auths(client: Client) -> None:
    client.settings(
        {"credsStore": "ours", "auths": {"registry.example:5000": {"auth": encoded("me:s")}}}
    )
    client.helper("ours", "echo credentials not found in native keychain; exit 1")
    client.build(PRIVATE)
    (entry,) = (client.api.credentials or {}).values()
    assert entry["username"] == "me"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo no display; exit 1", "failed: no display"),
        ("exit 1", "no output"),
        ("echo rubbish", "gave no user name and secret"),
        ("echo '[]'", "gave no user name and secret"),
        ('echo \'{"Username": "me"}\'', "gave no user name and secret"),
        ("printf '\\377'", "cannot be used"),
        ("sleep 5", "did not answer within"),
    ],
)
def test_a_helper_that_does_not_help_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    monkeypatch.setattr(client_config, "HELPER_TIMEOUT_S", 0.5)
    client.settings({"credsStore": "odd"})
    client.helper("odd", script)
    config = read_client_config(client.environment)
    found, damage = credentials(config, PRIVATE)
    assert found == {}
    assert damage is not None
    assert damage.key == "credsStore"
    assert why in damage.why


def test_a_token_of_a_helper_is_sent_as_one(client: Client) -> None:
    client.settings({"credsStore": "ours"})
    client.helper("ours", """echo '{"Username": "<token>", "Secret": "t"}'""")
    found, _ = credentials(read_client_config(client.environment), PRIVATE)
    assert found["registry.example:5000"]["identitytoken"] == "t"


def test_proxies_reach_the_build_in_both_cases_of_letters(client: Client) -> None:
    client.settings({"proxies": {"default": {"httpsProxy": "http://p:1", "noProxy": "a,b"}}})
    client.build()
    assert client.api.build_arguments == {
        "https_proxy": "http://p:1",
        "HTTPS_PROXY": "http://p:1",
        "no_proxy": "a,b",
        "NO_PROXY": "a,b",
    }


@pytest.mark.parametrize("image", ["-bad-/x:1", "http://x/y", ""])
def test_an_odd_name_of_an_image_needs_no_credentials(client: Client, image: str) -> None:
    assert credentials(read_client_config(client.environment), image) == ({}, None)


def test_other_users_of_the_sdk_find_their_settings(client: Client) -> None:
    before = docker.utils.config.find_config_file
    client.build()
    assert docker.utils.config.find_config_file is before


@pytest.mark.parametrize(
    "case", [*WHOLE_FILES.values(), *PARTS.values()], ids=[*WHOLE_FILES, *PARTS]
)
def test_every_reader_takes_every_case(client: Client, case: Any) -> None:
    client.settings(case)
    config = read_client_config(client.environment)
    assert client_proxies(config) == ("proxies.default", {})
    assert context_host(config, client.environment) is None
    assert credentials(config, "elsewhere.example/x:1")[0] == {}
