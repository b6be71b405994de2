"""Parts over HTTP from a loopback server that misbehaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.artifacts.digest import Checksums
from submission.artifacts.failure import SourceError
from submission.artifacts.http import HttpSource, Patience
from submission.artifacts.manifest import Part
from submission.artifacts.progress import Step, silent
from tests.fakes.http_server import Fault, Shelf, serving

CONTENT = bytes(i * 13 % 251 for i in range(300_000))
QUICK = Patience(tries=3, first_pause_s=0.01, longest_pause_s=0.5, connect_s=2, read_s=2)
PART = Part(
    name="model.bin_p00",
    size_bytes=len(CONTENT),
    checksums=Checksums(sha256=hashlib.sha256(CONTENT).hexdigest()),
)
UNKNOWN = Part(name=PART.name, size_bytes=None, checksums=Checksums())
PATH = "/model.bin_p00"


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(Shelf(files={PATH: CONTENT})) as serving_shelf:
        yield serving_shelf


def bring(shelf: Shelf, to: Path, part: Part = PART, path: str = PATH) -> bytes:
    HttpSource(url=shelf.url + path, patience=QUICK).bring(part, to, silent)
    return to.read_bytes()


def reason(shelf: Shelf, to: Path, part: Part = PART) -> str:
    with pytest.raises(SourceError) as failure:
        bring(shelf, to, part)
    return str(failure.value)


def test_a_file_comes_whole(shelf: Shelf, tmp_path: Path) -> None:
    assert bring(shelf, tmp_path / "x.part") == CONTENT


def test_redirects_are_followed(shelf: Shelf, tmp_path: Path) -> None:
    shelf.redirects["/old"] = PATH
    assert bring(shelf, tmp_path / "x.part", path="/old") == CONTENT


def test_a_broken_connection_resumes_where_it_broke(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(break_after=100_000), Fault(break_after=50_000)]
    assert bring(shelf, tmp_path / "x.part") == CONTENT
    assert [asked for _, asked in shelf.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert shelf.sent_bytes == len(CONTENT)


def test_more_breaks_than_tries_are_borne_while_bytes_come(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(break_after=40_000) for _ in range(6)]
    assert bring(shelf, tmp_path / "x.part") == CONTENT
    assert shelf.sent_bytes == len(CONTENT)


def test_another_process_resumes_from_the_part_file(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(CONTENT[:250_000])
    assert bring(shelf, tmp_path / "x.part") == CONTENT
    assert shelf.sent_bytes == 50_000


def test_a_complete_part_file_is_not_asked_for_again(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(CONTENT)
    assert bring(shelf, tmp_path / "x.part") == CONTENT
    assert shelf.asked == []


def test_without_checksum_and_etag_nothing_is_resumed(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"something else")
    assert bring(shelf, tmp_path / "x.part", UNKNOWN) == CONTENT
    assert shelf.asked == [(PATH, None)]


def test_a_changed_file_starts_again_by_its_etag(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(break_after=100_000)] + [Fault(status=503)] * 3
    reason(shelf, tmp_path / "x.part", UNKNOWN)
    shelf.files[PATH] = new = CONTENT[::-1]
    assert bring(shelf, tmp_path / "x.part", UNKNOWN) == new
    assert shelf.asked[-1] == (PATH, "bytes=100000-")


def test_a_server_without_ranges_sends_it_whole_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(break_after=100_000), Fault(ignore_range=True)]
    assert bring(shelf, tmp_path / "x.part") == CONTENT


def test_a_range_from_another_place_is_not_taken(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(break_after=100_000), Fault(claim_first=7)]
    assert bring(shelf, tmp_path / "x.part") == CONTENT
    assert shelf.asked[-1] == (PATH, None)


def test_a_range_beyond_the_end_starts_again(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(bytes(200_000))
    shelf.files[PATH] = CONTENT[:100_000]
    half = Part(name="x", size_bytes=None, checksums=Checksums(md5="0" * 32))
    assert bring(shelf, tmp_path / "x.part", half) == CONTENT[:100_000]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out(status: int, shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(status=status)] * 2
    assert bring(shelf, tmp_path / "x.part") == CONTENT


def test_retry_after_is_kept(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(status=429, headers={"Retry-After": "0"})]
    reported: list[Step] = []
    HttpSource(url=shelf.url + PATH, patience=QUICK).bring(
        PART, tmp_path / "x.part", reported.append
    )
    words = [step.words or "" for step in reported]
    assert any(w.startswith("429 Too Many") and w.endswith("trying again in 0.0 s") for w in words)


def test_too_long_a_retry_after_ends_it(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(status=503, headers={"Retry-After": "3600"})]
    assert "asks to wait 3600 s" in reason(shelf, tmp_path / "x.part")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "HF_TOKEN"),
        (403, "~/.netrc"),
        (429, "wait a few minutes, tried 3 times"),
        (503, "it is busy, so try again later, tried 3 times"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, words: str, shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(status=status)] * 3
    assert words in reason(shelf, tmp_path / "x.part")


def test_a_login_of_the_netrc_file_opens_a_gated_file(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.password = "me:secret"
    assert "401" in reason(shelf, tmp_path / "x.part")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert bring(shelf, tmp_path / "x.part") == CONTENT


def test_retry_after_may_be_a_date(shelf: Shelf, tmp_path: Path) -> None:
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    shelf.faults[PATH] = [Fault(status=503, headers=past)]
    assert bring(shelf, tmp_path / "x.part") == CONTENT


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=404), "404 Not Found"),
        (Fault(status=403), "403 Forbidden"),
        (Fault(claim_bytes=300_001), "it offers 300001 bytes, expected 300000"),
        (Fault(claim_bytes=10), "it offers 10 bytes, expected 300000"),
        (Fault(body=CONTENT + b"x"), "it offers 300001 bytes"),
        (Fault(headers={"Content-Type": "text/html; charset=utf-8"}), "HTML page"),
        (Fault(body=b"<!DOCTYPE html>" + bytes(299_985)), "HTML page"),
        (Fault(body=b"version https://git-lfs.github.com/spec/v1".ljust(300_000)), "Git LFS"),
        (Fault(headers={"Content-Encoding": "gzip"}), "gzip-compressed"),
    ],
)
def test_a_wrong_answer_is_named_and_not_tried_again(
    fault: Fault, words: str, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.faults[PATH] = [fault]
    assert words in reason(shelf, tmp_path / "x.part")
    assert len(shelf.asked) == 1


def test_a_server_that_never_recovers_is_given_up(shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults[PATH] = [Fault(status=500)] * 9
    assert reason(shelf, tmp_path / "x.part") == "500 Internal Server Error, tried 3 times"
    assert len(shelf.asked) == 3


def test_a_port_that_nobody_serves_is_given_up(tmp_path: Path) -> None:
    source = HttpSource(url="http://127.0.0.1:9/x", patience=QUICK)
    with pytest.raises(SourceError, match="Connection refused"):
        source.bring(PART, tmp_path / "x.part", silent)


def test_a_slow_server_is_waited_for(shelf: Shelf, tmp_path: Path) -> None:
    shelf.pause_s = 0.05
    assert bring(shelf, tmp_path / "x.part") == CONTENT


def test_the_proxy_of_the_environment_is_asked(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, shelf.url)
    HttpSource(url="http://models.invalid" + PATH, patience=QUICK).bring(
        PART, tmp_path / "x.part", silent
    )
    assert (tmp_path / "x.part").read_bytes() == CONTENT
