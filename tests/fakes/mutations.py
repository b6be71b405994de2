"""Broken variants of a file, drawn from a seeded generator: the same seed, the same faults."""

import random
import re

TOKENS = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-1",
    b"0",
    b"1.5",
    b"1" + b"0" * 400,
    b"9" * 5000,
    b"true",
    b"null",
    b'""',
    b'"x"',
    b'"\\ud800"',
    b'"\\u0000\\n"',
    b"[]",
    b"{}",
    b"[1,2]",
    b'{"a": [1]}',
    b"[" * 3000,
    b"[" * 500 + b"]" * 500,
    b'{"a":' * 300 + b"1" + b"}" * 300,
)
SPLICES = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n\n",
    b" " * 300,
    b"\t",
    b'"',
    b"\\",
    b",",
    b"|",
    b"<script>",
    b"\x1b[2J",
    b"\xe2\x80\xae",
    b"%0A::error::",
    b":::MLLOG ",
    b":::MLLOG {}\n",
    b':::MLLOG {"key": "result_validity"}\n',
    b"hash=\n",
)
_VALUE = re.compile(rb'(?<=[:=,\[])\s*("(?:[^"\\\n]|\\.)*"|[-\w.+]+)')


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content with one to three faults."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(KINDS)(content, rng)
    return content


def _flip(content: bytes, rng: random.Random) -> bytes:
    at = _position(content, rng)
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def _delete(content: bytes, rng: random.Random) -> bytes:
    at = _position(content, rng)
    return content[:at] + content[at + rng.choice((1, 2, 10, 100, 1000)) :]


def _truncate(content: bytes, rng: random.Random) -> bytes:
    return content[: _position(content, rng)]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    at, size = _position(content, rng), rng.choice((1, 20, 300))
    return content[:at] + content[at : at + size] * rng.choice((2, 3, 20)) + content[at + size :]


def _splice(content: bytes, rng: random.Random) -> bytes:
    at = _position(content, rng)
    return content[:at] + rng.choice(SPLICES) + content[at:]


def _value(content: bytes, rng: random.Random) -> bytes:
    """Another value in place of one that stands behind a colon, a comma or an equals sign."""
    found = list(_VALUE.finditer(content))
    if not found:
        return _splice(content, rng)
    match = rng.choice(found)
    return content[: match.start(1)] + rng.choice(TOKENS) + content[match.end(1) :]


def _swap_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def _line_ends(content: bytes, rng: random.Random) -> bytes:
    return content.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"")))


def _empty(content: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"", b"\n", b"\x00" * 100, b"\xef\xbb\xbf", b"null", b"[]", b"{}"))


def _position(content: bytes, rng: random.Random) -> int:
    return rng.randrange(len(content) + 1)


KINDS = (
    _flip,
    _flip,
    _delete,
    _truncate,
    _repeat,
    _splice,
    _splice,
    _value,
    _value,
    _value,
    _value,
    _swap_lines,
    _line_ends,
    _empty,
)
