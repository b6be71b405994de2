"""spl.txt."""

import datetime as dt
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import PowerSamples, Unreadable, parse_time, power, read_power_samples
from submission.loadgen.power import parse_power_samples

BEGIN, END = dt.datetime(2023, 2, 20, 10, 0, 0), dt.datetime(2023, 2, 20, 10, 0, 10)


def sample(second: float, watts: object = 40.0) -> bytes:
    time = BEGIN + dt.timedelta(seconds=second)
    stamp = f"{time:%m-%d-%Y %H:%M:%S}.{time.microsecond // 1000:03}"
    return f"Time,{stamp},Watts,{watts},Volts,1\n".encode()


def parsed(content: bytes) -> PowerSamples:
    return parse_power_samples(content, BEGIN, END)


def channel(second: float, watts: object = 40.0, rest: str = "") -> bytes:
    """A sample as an analyzer with one channel writes it."""
    head = sample(second, watts).decode().removesuffix(",Volts,1\n")
    return f"{head},Volts,230.5,Amps,0.25,PF,0.75,Mark,kit_testing{rest}\n".encode()


LINES = st.one_of(
    st.builds(channel, st.integers(-2, 12), st.floats()),
    st.builds(channel, st.sampled_from([-86400, 0, 9.999, 10, 10.001, 86400]), st.integers()),
)
CHANGES = st.sampled_from(
    [
        (b"Watts", b"watts"),
        (b"Volts,", b""),
        (b",PF", b",PF,1"),
        (b"kit_testing", b"kit,testing"),
        (b"kit_testing\n", b"kit_testing,"),
        (b"0.75", b"x"),
        (b".", b".0"),
        (b"-", b"/"),
        (b"2023", b"2022"),
        (b"\n", b"\r\n"),
        (b"\n", b""),
        (b"\n", b"\n\n"),
        (b"Time", b"T\xff"),
    ]
)


@given(st.lists(st.tuples(LINES, st.none() | CHANGES), max_size=6), st.booleans())
def test_columns_give_what_lines_give(
    lines: list[tuple[bytes, tuple[bytes, bytes] | None]], lenient: bool
) -> None:
    content = b"".join(one.replace(*change, 1) if change else one for one, change in lines)
    end = END + dt.timedelta(microseconds=1)
    # in pieces and at once
    piece = 200 if lenient else power.PIECE_BYTES
    for span in ((BEGIN, END), (BEGIN, end), (BEGIN - dt.timedelta(days=1), END)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(power, "PIECE_BYTES", piece)
            as_columns = power._samples(io.BytesIO(content), *span, lenient=lenient)
            patch.setattr(power, "_columns", lambda _block: None)
            assert repr(power._samples(io.BytesIO(content), *span, lenient=lenient)) == repr(
                as_columns
            )


def test_the_samples_of_one_channel_are_read_as_columns() -> None:
    columns = power._columns(channel(1, 10) + channel(2, 20))
    assert columns is not None
    (one,) = columns
    assert (one.watts, one.electric) == ([10.0, 20.0], [230.5 * 0.25 * 0.75] * 2)
    assert parsed(channel(0) + channel(1, 10) + channel(9.999, 30) + channel(10)).inside_count == 2


def test_samples_strictly_inside_count() -> None:
    samples = parsed(sample(0) + sample(1, 10) + sample(9.999, 30) + sample(10) + sample(11))
    assert (samples.sample_count, samples.inside_count) == (5, 2)
    assert (samples.mean_watts, samples.least_watts) == (20.0, 10.0)


def test_without_a_sample_inside_there_is_no_mean() -> None:
    assert parsed(sample(-1) + sample(60)).mean_watts is None
    assert parsed(b"").mean_watts is None


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_last_line_needs_no_end(end: bytes) -> None:
    content = (sample(1) + sample(2)).replace(b"\n", end)
    assert parsed(content.removesuffix(end)).inside_count == 2


@pytest.mark.parametrize(
    "line", [b"\n", b"Time,now,Watts,1\n", sample(2, "1.2.3"), b"\x00" * 50 + b"\n", b"\xff\n"]
)
def test_the_first_line_that_is_no_sample_is_reported(line: bytes) -> None:
    samples = parsed(sample(1) * 3 + line + sample(3) + line)
    assert samples.fault is not None
    assert samples.fault_line == 4


@pytest.mark.parametrize("watts", ["nan", "inf", "1e999", "-inf"])
def test_a_sample_that_is_not_finite_is_reported(watts: str) -> None:
    assert parsed(sample(1, watts)).fault == "a sample is not finite"


def test_a_file_of_many_blocks_is_read_as_one(tmp_path: Path) -> None:
    count = 60_000
    (tmp_path / "spl.txt").write_bytes(sample(1) * count + b"broken\n" + sample(1))
    samples = read_power_samples(tmp_path / "spl.txt", BEGIN, END)
    assert isinstance(samples, PowerSamples)
    assert samples.fault_line == count + 1


def test_a_file_without_lines_is_not_held(tmp_path: Path) -> None:
    with (tmp_path / "spl.txt").open("wb") as stream:
        stream.truncate(1 << 30)
    samples = read_power_samples(tmp_path / "spl.txt", BEGIN, END)
    assert isinstance(samples, PowerSamples)
    assert samples.fault_line == 1


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    assert isinstance(read_power_samples(tmp_path / "spl.txt", BEGIN, END), Unreadable)


@pytest.mark.parametrize("value", [None, 5, [], "", "02-30-2023 10:00:00.000", "2023-02-20"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert parse_time(value) is None


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    assert parsed(content).sample_count >= 0


@pytest.mark.parametrize("more", [b"", sample(9)])
def test_the_largest_of_the_whole_file_and_its_times(more: bytes) -> None:
    samples = parsed(channel(-2, 90.0) + channel(3, 40.0) + channel(12, 50.0) + more)
    assert samples.most_watts == 90.0
    assert samples.all_watts == 180.0 + (40.0 if more else 0)
    assert (samples.most_volts, samples.most_amperes) == (230.5, 0.25)
    assert samples.first == BEGIN - dt.timedelta(seconds=2)
    assert samples.last == BEGIN + dt.timedelta(seconds=9 if more else 12)
