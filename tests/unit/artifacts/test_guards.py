"""Every way to a file has the same guards: a page or a pointer in place of a model is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from submission.artifacts.digest import Checksums
from submission.artifacts.failure import SourceError
from submission.artifacts.hub import HubSource
from submission.artifacts.local import LocalSource
from submission.artifacts.manifest import Part
from submission.artifacts.progress import silent

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
PAGE = b"<!DOCTYPE html><title>log in</title>"


def part(size: int | None = None) -> Part:
    return Part(name="model.bin", size_bytes=size, checksums=Checksums())


@pytest.mark.parametrize(("content", "words"), [(POINTER, "LFS pointer"), (PAGE, "HTML page")])
@pytest.mark.parametrize("size", [None, 9999])
def test_a_folder_is_guarded(content: bytes, words: str, size: int | None, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(content)
    with pytest.raises(SourceError, match=words):
        LocalSource(path=tmp_path / "there").bring(part(size), tmp_path / "to", silent)
    assert not (tmp_path / "to").exists()


class RefusalError(Exception):
    """As the hub's client raises it."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(f"{status} Client Error")
        self.response = SimpleNamespace(status_code=status, headers=headers)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``answers`` that the hub gives in turn, and the ``waits`` between."""
    state = SimpleNamespace(answers=[], waits=[])
    (tmp_path / "cached").write_bytes(b"weights")

    def download(*_args: Any, **_options: Any) -> str:
        answer = state.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    state.good = tmp_path / "cached"
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr("submission.artifacts.hub.time.sleep", state.waits.append)
    return state


SOURCE = HubSource(repo="us/model", revision="main", file="model.bin")


def test_a_busy_hub_is_asked_again(hub: Any, tmp_path: Path) -> None:
    hub.answers = [RefusalError(503), RefusalError(429, **{"Retry-After": "7"}), hub.good]
    SOURCE.bring(part(), tmp_path / "to", silent)
    assert (tmp_path / "to").read_bytes() == b"weights"
    assert hub.waits == [2.0, 7.0]


@pytest.mark.parametrize(
    ("status", "attempts", "words"),
    [
        (401, 1, "HF_TOKEN"),
        (403, 1, "accept the repository's terms"),
        (429, 4, "limits the rate.*HF_TOKEN"),
        (503, 4, "try again later"),
    ],
)
def test_what_to_do_is_said(
    status: int, attempts: int, words: str, hub: Any, tmp_path: Path
) -> None:
    hub.answers = [RefusalError(status)] * attempts
    with pytest.raises(SourceError, match=words):
        SOURCE.bring(part(), tmp_path / "to", silent)
    assert not hub.answers


def test_a_hub_that_asks_for_an_hour_is_left_with_its_words(hub: Any, tmp_path: Path) -> None:
    hub.answers = [RefusalError(429, **{"Retry-After": "3600"})]
    with pytest.raises(SourceError, match=r"429 Too Many Requests: it asks to wait 3600 s"):
        SOURCE.bring(part(), tmp_path / "to", silent)
    assert not hub.waits


def test_the_hub_is_guarded(hub: Any, tmp_path: Path) -> None:
    hub.good.write_bytes(POINTER)
    hub.answers = [hub.good]
    with pytest.raises(SourceError, match="LFS pointer"):
        SOURCE.bring(part(), tmp_path / "to", silent)
