"""Which OpenVINO is chosen for which instruction set, from tables that hold anything."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.host.instructions import InstructionSet
from submission.workspace.folders import Workspace
from submission.workspace.openvino import VersionTimes, choose, extend_table, read_table
from submission.workspace.resolve import check_given, resolve

OLD, NEW, NEWEST = "2001.1.0", "2002.1.0", "2003.1.0"
VNNI, AVX2 = InstructionSet.AVX512_CORE_VNNI, InstructionSet.AVX2


def times(
    model: str = "small", *, of: InstructionSet = VNNI, **cpu_ms: list[float]
) -> VersionTimes:
    """A measurement; ``y2001=[10.0]`` are the rounds of version 2001.1.0."""
    return VersionTimes(
        date="2026-11-28",
        machine="A (family 1, model 2)",
        cores=2,
        others_share=0.0,
        instruction_set=of,
        imitated=False,
        model=model,
        synthetic=False,
        precision="f32",
        samples=100,
        cpu_ms={f"{year[1:]}.1.0": rounds for year, rounds in cpu_ms.items()},
    )


def chosen(*table: VersionTimes, of: InstructionSet | None = VNNI) -> tuple[str, str]:
    found = choose(table, of, default=OLD, available=(NEW, NEWEST))
    return found.version, found.reason


def test_the_version_with_the_least_cpu_time_is_chosen() -> None:
    version, reason = chosen(times(y2001=[10.0], y2002=[9.0], y2003=[8.0]))
    assert version == NEWEST
    assert reason == ("took 80% of the CPU time of 2001.1.0 in 1 measurement for AVX-512 with VNNI")


@pytest.mark.parametrize("cpu_ms", [20.0, 9.95])
def test_the_default_stays_where_no_other_is_faster_by_more_than_noise(cpu_ms: float) -> None:
    version, reason = chosen(times(y2001=[10.0], y2002=[cpu_ms]))
    assert (version, reason.partition(" in ")[0]) == (
        OLD,
        "the default: no other took less CPU time",
    )


@pytest.mark.parametrize("of", [None, AVX2])
def test_the_default_stays_where_nothing_was_measured(of: InstructionSet | None) -> None:
    version, reason = chosen(times(y2001=[10.0], y2002=[1.0]), of=of)
    assert version == OLD
    assert reason.startswith("the default: ")


def test_each_instruction_set_has_a_choice_of_its_own() -> None:
    table = [
        times(of=VNNI, y2001=[10.0], y2002=[8.0]),
        times(of=AVX2, y2001=[20.0], y2002=[30.0]),
    ]
    assert chosen(*table, of=VNNI)[0] == NEW
    assert chosen(*table, of=AVX2)[0] == OLD


def test_a_processor_of_that_set_counts_before_one_that_imitates_it() -> None:
    real = times(of=AVX2, y2001=[20.0], y2002=[30.0])
    imitation = replace(times(of=AVX2, y2001=[20.0], y2002=[2.0]), imitated=True)
    assert chosen(imitation, of=AVX2)[0] == NEW
    assert chosen(imitation, real, of=AVX2)[0] == OLD


def test_every_model_counts_the_same_however_long_it_takes() -> None:
    large = times("large", y2001=[100.0], y2002=[70.0])
    small = times("small", y2001=[1.0], y2002=[1.3])
    smaller = times("smaller", y2001=[1.0], y2002=[1.3])
    assert chosen(large, small)[0] == NEW
    assert chosen(large, small, smaller)[0] == OLD


def test_of_versions_that_are_as_fast_the_oldest_is_taken() -> None:
    assert chosen(times(y2001=[10.0], y2002=[8.1], y2003=[8.0]))[0] == NEW
    assert chosen(times(y2001=[10.0], y2002=[8.3], y2003=[8.0]))[0] == NEWEST


def test_rounds_are_compared_with_the_rounds_beside_them() -> None:
    """A neighbour that slows every version in the same rounds changes nothing."""
    assert chosen(times(y2001=[10.0, 90.0, 10.0], y2002=[9.0, 81.0, 9.0]))[0] == NEW


def test_a_version_that_was_not_measured_with_every_model_cannot_win() -> None:
    table = [times("one", y2001=[10.0], y2002=[1.0]), times("two", y2001=[10.0])]
    assert chosen(*table)[0] == OLD


def test_a_version_that_cannot_be_installed_cannot_win() -> None:
    assert chosen(times(y2001=[10.0], y2009=[1.0]))[0] == OLD


def test_measurements_in_another_precision_do_not_count() -> None:
    assert chosen(replace(times(y2001=[10.0], y2002=[1.0]), precision="bf16"))[0] == OLD


def test_a_new_measurement_takes_the_place_of_an_older_one_of_the_same(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    first, other = times(y2001=[10.0]), times("other", y2001=[10.0])
    assert read_table(path) == []
    extend_table(path, [first, other])
    again = replace(first, date="2026-11-29", cpu_ms={OLD: [11.0]})
    assert extend_table(path, [again]) == read_table(path) == [other, again]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "does not fit its schema"),
        ('{"version": 1, "measurements": [{"model": "a"}]}', "does not fit its schema"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "table.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_table(path)


def test_a_table_with_unequal_rounds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    extend_table(path, [times(y2001=[10.0])])
    value = json.loads(path.read_text())
    value["measurements"][0]["cpu_ms"][NEW] = [1.0, 2.0]
    path.write_text(json.dumps(value))
    with pytest.raises(UsageError, match="different numbers of rounds") as caught:
        read_table(path)
    assert caught.value.detail == "small, AVX512_CORE_VNNI, 2026-11-28"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two locks and a table, on a processor with VNNI."""
    docker = tmp_path / "docker"
    docker.mkdir()
    (docker / "requirements.txt").write_text(f"openvino=={OLD} \\\n")
    (docker / f"requirements-openvino-{NEW}.txt").write_text(f"openvino=={NEW} \\\n")
    (tmp_path / "measurements").mkdir()
    table = [times(y2001=[10.0], y2002=[8.0]), times(of=AVX2, y2001=[10.0], y2002=[20.0])]
    extend_table(tmp_path / "measurements" / "openvino.json", table)
    flags = frozenset({"avx2", "avx512bw", "avx512_vnni"})
    monkeypatch.setattr("submission.workspace.folders.cpu_flags", lambda: flags)
    return tmp_path


def workspace(root: Path, **environment: str) -> Workspace:
    found = resolve(root, environment=environment, arguments={})
    check_given(found)
    return found


@pytest.mark.parametrize("environment", [{}, {"OPENVINO": "auto"}])
def test_the_fastest_version_of_this_processor_is_chosen(
    checkout: Path, environment: dict[str, str]
) -> None:
    found = workspace(checkout, **environment)
    assert (found.openvino.version, found.other_openvino) == (NEW, NEW)


def test_a_processor_that_is_bound_to_less_gets_the_version_for_that(checkout: Path) -> None:
    found = workspace(checkout, ONEDNN_MAX_CPU_ISA="AVX2")
    assert (found.openvino.version, found.other_openvino) == (OLD, None)
    assert found.openvino.reason.endswith("; ONEDNN_MAX_CPU_ISA=AVX2")


@pytest.mark.parametrize("given", [OLD, NEW])
def test_a_given_version_wins(checkout: Path, given: str) -> None:
    found = workspace(checkout, OPENVINO=given)
    assert (found.openvino.version, found.openvino.reason) == (given, "given by OPENVINO")
    assert found.other_openvino == (None if given == OLD else NEW)


def test_without_a_table_the_default_stays(checkout: Path) -> None:
    (checkout / "measurements" / "openvino.json").unlink()
    assert workspace(checkout).other_openvino is None


def test_without_a_checkout_there_is_nothing_to_choose(tmp_path: Path) -> None:
    found = resolve(tmp_path, environment={"OPENVINO": "auto"}, arguments={})
    assert (found.openvino.version, found.other_openvino) == ("", None)
