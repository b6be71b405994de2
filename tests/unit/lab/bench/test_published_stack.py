"""A graph in operations of OpenVINO 2022.3, and what its pass leaves behind."""

from pathlib import Path

import pytest

from submission.errors import StageError, UsageError
from submission.lab.bench.published_stack.stack import LOCK, OPENVINO, _passed, older_ir

LAYER = """<net><layers><layer id="0" name="and" type="BitwiseAnd" version="opset13">
<input><port id="0" precision="BOOL"/></input><output><port id="1" precision="{}"/></output></layer>
<layer id="1" name="sum" type="Add" version="opset1"/></layers></net>"""


def test_operations_on_truth_values_are_translated(tmp_path: Path) -> None:
    xml = tmp_path / "model.xml"
    xml.write_text(LAYER.format("BOOL"))
    text = older_ir(xml, tmp_path).read_text()
    assert 'name="and" type="LogicalAnd" version="opset1"' in text
    assert 'name="sum" type="Add" version="opset1"' in text
    assert "BitwiseAnd" in xml.read_text()


def test_an_operation_on_bits_is_refused(tmp_path: Path) -> None:
    xml = tmp_path / "model.xml"
    xml.write_text(LAYER.format("I64"))
    with pytest.raises(UsageError, match=r"cannot read model\.xml") as caught:
        older_ir(xml, tmp_path)
    assert caught.value.detail == "and is a BitwiseAnd of BOOL, I64"
    assert not (tmp_path / "published.xml").exists()


def test_a_pass_without_a_rate_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="left no result"):
        _passed(tmp_path, {"cpu_s": 1.0, "memory_bytes": 1.0})


def test_the_lock_has_the_published_version_with_its_hashes() -> None:
    text = LOCK.read_text()
    assert f"openvino=={OPENVINO} " in text
    assert text.count(" \\\n    --hash") >= 3
    assert text.count("--hash=sha256:") >= 3
