"""Which instruction set a processor counts as, and which ones it can imitate."""

import pytest

from submission.host.instructions import InstructionSet, cpu_flags, imitable, instruction_set

ZEN_4 = {"avx2", "avx512bw", "avx512_vnni", "avx512_bf16"}
ZEN_5 = {*ZEN_4, "avx_vnni"}
SAPPHIRE_RAPIDS = {*ZEN_5, "amx_int8"}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"fpu", "avx"}, None),
        ({"avx2"}, "AVX2"),
        ({"avx2", "avx_vnni"}, "AVX2_VNNI"),
        ({"avx2", "avx512bw"}, "AVX512_CORE"),
        (ZEN_4, "AVX512_CORE_VNNI"),
        (SAPPHIRE_RAPIDS, "AVX512_CORE_AMX"),
    ],
)
def test_a_processor_counts_as_the_most_capable_set_that_it_has(
    flags: set[str], expected: str | None
) -> None:
    assert instruction_set(flags) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("AVX2", "AVX2"),
        ("AVX2_VNNI", "AVX2"),  # Zen 4 has no VNNI of 256 bits outside AVX-512
        ("AVX512_CORE", "AVX512_CORE"),
        ("AVX512_CORE_AMX", "AVX512_CORE_VNNI"),
        ("nonsense", "AVX512_CORE_VNNI"),
        (None, "AVX512_CORE_VNNI"),
    ],
)
def test_a_limit_takes_away_what_lies_above_it(limit: str | None, expected: str) -> None:
    assert instruction_set(ZEN_4, limit) == expected


def test_only_a_set_that_the_processor_has_can_be_imitated() -> None:
    assert list(imitable(ZEN_4)) == [InstructionSet.AVX2, InstructionSet.AVX512_CORE]
    assert list(imitable(ZEN_5))[1] is InstructionSet.AVX2_VNNI
    assert list(imitable(set())) == []


class Kernel:
    """A machine whose kernel has one text to offer."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def run(self, *command: str) -> str | None:
        raise AssertionError(command)

    def read(self, path: str) -> str | None:
        assert path == "/proc/cpuinfo"
        return self.text

    def names(self, path: str) -> tuple[str, ...]:
        raise AssertionError(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, set()),
        ("", set()),
        ("processor: 0\nFeatures: asimddp\n", set()),
        ("processor: 0\nflags: fpu avx2\n\nprocessor: 1\nflags: fpu\n", {"fpu", "avx2"}),
    ],
)
def test_flags_are_those_of_the_first_processor(text: str | None, expected: set[str]) -> None:
    assert cpu_flags(Kernel(text)) == expected
