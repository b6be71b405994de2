"""Wrong and hostile files: an error of three lines, quickly, whatever they hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.ir.graph import read_graph
from tests.unit.ir.ir import toy_ir, written

LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><net name="&c;" version="11"/>'
)
SECRETS = '<!DOCTYPE net [<!ENTITY s SYSTEM "file:///etc/passwd">]><net version="11">&s;</net>'


def refused(folder: Path, text: str, bin_bytes: int | None = None) -> str:
    with pytest.raises(UsageError) as stop:
        read_graph(written(folder, text), bin_bytes=bin_bytes)
    assert stop.value.detail
    assert "\n" not in stop.value.detail
    return stop.value.detail


@pytest.mark.parametrize("text", [LAUGHS, SECRETS], ids=["laughs", "secrets"])
def test_document_types_are_refused(text: str, tmp_path: Path) -> None:
    assert "declares a document type" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no element found"),
        ("not xml", "syntax error"),
        ("<net version='11'>", "no element found"),
        ('<?xml version="1.0" encoding="klingon"?><net/>', "unknown encoding"),
        ("<html/>", "not an IR's"),
        ("<net version='7'/>", "not an IR's"),
        ("<net version='11'/>", "it has no layers"),
        ("<a>" * 100, "nested more than 64 deep"),
        ("<net version='11'><x>&bomb;</x></net>", "undefined entity"),
    ],
)
def test_files_that_are_no_ir_are_named(text: str, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, text)


EDITS = [
    (r'offset="0"', 'offset="-8"', "negative offset"),
    (r'offset="0"', 'offset="99999999"', "ends at byte 100000031, the .bin has 216"),
    (r'size="32"', 'size="31"', "has 31 bytes for 32 elements of i8"),
    (r'shape="4,8"', 'shape="4,8000000000000000"', "is absurd"),
    (r'shape="4,8"', 'shape="1099511627776,1099511627776"', "claims"),
    (r'shape="4,8"', 'shape="4,x"', "invalid literal"),
    (r' offset="0"', "", "has no offset"),
    (r'layer id="1"', 'layer id="0"', "two layers have the id 0"),
    (r'to-layer="2"', 'to-layer="777"', "ends at no layer"),
    (r'from-layer="1" ', "", "has no from-layer"),
    (r'layer id="1"', 'layer id="one"', "invalid literal"),
]


@pytest.mark.parametrize(("old", "new", "words"), EDITS, ids=[words for *_, words in EDITS])
def test_a_wrong_place_in_an_ir_is_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    net = toy_ir()
    text = re.sub(old, new, net.text(), count=1)
    assert text != net.text()
    assert words in refused(tmp_path, text, bin_bytes=net.bytes)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_graph(tmp_path / "openvino_model.xml")


def test_binary_rubbish_is_named(tmp_path: Path) -> None:
    (tmp_path / "openvino_model.xml").write_bytes(bytes(range(256)))
    with pytest.raises(UsageError, match="cannot be read as an IR"):
        read_graph(tmp_path / "openvino_model.xml")
