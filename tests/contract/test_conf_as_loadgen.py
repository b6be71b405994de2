"""The parser of mlperf.conf and user.conf against LoadGen itself: made-up files, read by both."""

import json
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from submission.loadgen import Conf
from submission.loadgen.conf import parse_conf
from submission.terms import Scenario

pytest.importorskip("mlperf_loadgen")
READER = Path(__file__).parents[1] / "fakes" / "conf_reader.py"
FILES = 500
REFUSED = -22
UINT64 = (1 << 64) - 1
MODELS = ("bert", "bert-99", "resnet50")
# setting, key in the file, scenario that it is looked up for (any if None), factor
WHOLE: tuple[tuple[str, str, Scenario | None, int], ...] = (
    ("min_duration_ms", "min_duration", None, 1),
    ("max_duration_ms", "max_duration", None, 1),
    ("min_query_count", "min_query_count", None, 1),
    ("max_query_count", "max_query_count", None, 1),
    ("performance_sample_count_override", "performance_sample_count_override", None, 1),
    ("accuracy_log_rng_seed", "accuracy_log_rng_seed", None, 1),
    ("performance_issue_same_index", "performance_issue_same_index", None, 1),
    ("print_timestamps", "print_timestamps", None, 1),
    ("performance_issue_unique", "performance_issue_unique", None, 1),
    ("performance_issue_same", "performance_issue_same", None, 1),
    ("multi_stream_samples_per_query", "samples_per_query", Scenario.MULTI_STREAM, 1),
    ("server_target_latency_ns", "target_latency", Scenario.SERVER, 1_000_000),
    ("server_coalesce_queries", "coalesce_queries", Scenario.SERVER, 1),
)
SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
REAL: tuple[tuple[str, str, Scenario, float], ...] = (
    ("single_stream_target_latency_percentile", "target_latency_percentile", SINGLE, 0.01),
    ("single_stream_expected_latency_ns", "target_latency", SINGLE, 1e6),
    ("multi_stream_target_latency_percentile", "target_latency_percentile", MULTI, 0.01),
    ("multi_stream_expected_latency_ns", "target_latency", MULTI, 1e6),
    ("server_target_latency_percentile", "target_latency_percentile", Scenario.SERVER, 0.01),
    ("server_target_qps", "target_qps", Scenario.SERVER, 1.0),
    ("offline_expected_qps", "target_qps", Scenario.OFFLINE, 1.0),
)
KEYS = sorted({key for _, key, _, _ in (*WHOLE, *REAL)})
PLAIN = ("1", "10", "600000", "0", "24576", "130", "99", "35.5")
ODD = (
    *("0x10", "0X1f", "010", "08", "1e3", "1.5", ".5", "5.", "-1", "+7", "inf", "nan", "Infinity"),
    *("nan(x)", "1e400", "18446744073709551615", "18446744073709551616", "9" * 25, "0x1p4", "0x.8"),
    *("1.5e+2", "-0", "-5.5", "007", "0x7fffffffffffffff", "1e-5", "0x1.8p1"),
)
WRONG = ("0x", "1e", "abc", "1,000", "1_000", "--1", "10ms", "#", "0b11", "0xg", "é")
LINES = ("", "   ", "# a remark", "  # indented", "#glued", "key", "key =", "= 3", "key #", "\t")
WRONG_LINES = (
    "#glued word",
    "key = ",
    "# = 5",
    "key # x",
    "key = # x",
    "two words",
    "\ufeff# head",
)


def made_up(source: random.Random) -> bytes:
    """A file as a person might write it; one in four holds something that LoadGen refuses."""
    wrong = source.random() < 0.25
    lines = []
    for _ in range(source.randint(0, 9)):
        model = source.choice(("*", *MODELS, "BERT"))
        scenario = source.choice(("*", *Scenario, "offline"))
        key = f"{model}.{scenario}.{source.choice((*KEYS, 'target_qsp'))}"
        if source.random() < 0.1:
            key = source.choice((f"#{key}", f"\ufeff{key}", key.upper(), f"{key}.x", "target_qps"))
        values = [source.choice(PLAIN if source.random() < 0.6 else ODD)]
        if source.random() < 0.1:
            values.append(source.choice(ODD))
        if wrong and source.random() < 0.2:
            values.insert(source.randint(0, 1), source.choice(WRONG))
        sign = source.choice((" = ",) * 20 + ("=", "\t=\t", "  =  ", "\v=\f"))
        if wrong and source.random() < 0.2:
            sign = source.choice((" : ", " == ", "= ", " ="))
        lines.append(key + sign + " ".join(values) + source.choice(("", "", "  ", "\t", "\r")))
        if source.random() < 0.2:
            lines.append(source.choice(LINES + (WRONG_LINES if wrong else ())))
    end = source.choice(("\n", "\n", "\r\n"))
    bom = b"\xef\xbb\xbf" if source.random() < 0.05 else b""
    return bom + (end.join(lines) + source.choice(("", end))).encode()


def read_by_loadgen(files: list[tuple[str, str, str]], folder: Path) -> list[Any]:
    names = [name for name, *_ in (*WHOLE, *REAL)]
    (folder / "job.json").write_text(json.dumps({"files": files, "names": names}))
    command = [sys.executable, str(READER), str(folder / "job.json"), str(folder / "out.json")]
    subprocess.run(command, check=True, cwd=folder, timeout=60)
    answers: list[Any] = json.loads((folder / "out.json").read_text())
    return answers


def read_here(content: bytes, model: str, scenario: Scenario, before: dict[str, Any]) -> Any:
    conf = parse_conf(content)
    assert isinstance(conf, Conf)
    if conf.is_refused:
        return [REFUSED, before]
    after = dict(before)
    for name, key, own, factor in WHOLE:
        entry = conf.find((model,), own or scenario, key)
        if entry is not None:
            value = entry.integer() * factor & UINT64
            after[name] = bool(value) if isinstance(before[name], bool) else value
    for name, key, own, share in REAL:
        entry = conf.find((model,), own, key)
        if entry is not None:
            after[name] = (entry.number() or 0.0) * share
    return [0, after]


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    for name, value in theirs.items():
        both_nan = isinstance(value, float) and math.isnan(value) and math.isnan(ours[name])
        if not both_nan and ours[name] != pytest.approx(value, rel=1e-15):
            yield f"{name}: {ours[name]} here, {value} by LoadGen"


def test_the_parser_takes_from_a_file_what_loadgen_takes(tmp_path: Path) -> None:
    source = random.Random(20230403)
    made = [(b"", "bert", Scenario.OFFLINE)]
    made += [
        (made_up(source), source.choice(MODELS), source.choice(list(Scenario)))
        for _ in range(FILES)
    ]
    files = []
    for number, (content, model, scenario) in enumerate(made):
        path = tmp_path / f"{number}.conf"
        path.write_bytes(content)
        files.append((str(path), model, str(scenario)))
    answers = read_by_loadgen(files, tmp_path)
    before = answers[0][1]
    for (content, model, scenario), (code, settings) in zip(made, answers, strict=True):
        own_code, own_settings = read_here(content, model, scenario, before)
        assert own_code == code, content
        assert not list(differences(own_settings, settings)), content
    codes = [code for code, _ in answers]
    assert min(codes.count(0), codes.count(REFUSED)) > FILES // 20


FIELD = Path(__file__).parents[2].parent / "shared" / "cases" / "user_conf"
EFFECTIVE = {
    "effective_min_duration_ms": ("min_duration", 0),
    "effective_target_qps": ("target_qps", 1),
}


@pytest.mark.skipif(not FIELD.is_dir(), reason="no folder shared/cases beside the checkout")
def test_files_from_the_field_are_read_as_loadgen_read_them() -> None:
    expected = json.loads((FIELD / "expected.json").read_text())
    assert len(expected) == 16
    for name, answer in expected.items():
        conf = parse_conf((FIELD / f"{name}.conf").read_bytes())
        assert isinstance(conf, Conf)
        assert conf.is_refused is not answer["loadgen_takes_the_file"], name
        for key, (own, default) in EFFECTIVE.items() if not conf.is_refused else ():
            entry = conf.find(("bert",), Scenario.OFFLINE, own)
            value = entry.taken(Scenario.OFFLINE) if entry is not None else default
            assert value == answer["effective"][key], name
