"""How a forger edits: a figure in the detail log, and all that repeats it, as LoadGen writes it."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from submission.checks.arithmetic import over_latency_allowed
from submission.checks.rules.summary import OF_QUERIES, OF_SAMPLES, TWO_DECIMALS
from tests.fakes.loadgen_run import later
from tests.fakes.submission_tree import SubmissionTree
from tests.recorded.pack import DETAIL, SUMMARY

Forge = Callable[[SubmissionTree], None]
Value = Any
MARK = ':::MLLOG {"key": "'
BEHIND = ("power_", "result_", "early_stopping_", "logger_")
SAMPLES = tuple(f"result_{word}_latency_ns" for word in ("min", "mean", "max"))
PERCENTILES = tuple(
    f"result_{p}_percentile_latency_ns"
    for p in ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")
)
LATENCIES = (*SAMPLES, *PERCENTILES)
QUERIES = tuple(
    key.replace("_latency_ns", "_query_latency_ns").replace(
        "percentile_query", "percentile_per_query"
    )
    for key in LATENCIES
)
ESTIMATES = ("early_stopping_latency_ss", "early_stopping_latency_ms")


def all_of(*forges: Forge) -> Forge:
    """One forgery of several edits, in their order."""

    def forge(tree: SubmissionTree) -> None:
        for one in forges:
            one(tree)

    return forge


def logged(tree: SubmissionTree, folder: str) -> dict[str, Value]:
    """The values of a run's detail log as they are now."""
    found: dict[str, Value] = {}
    for line in tree.read(f"{folder}/{DETAIL}").splitlines():
        if line.startswith(MARK) and '"loaded_qsl_set"' not in line[:40]:
            message = json.loads(line.removeprefix(":::MLLOG "))
            found.setdefault(message["key"], message["value"])
    return found


def edited(folder: str, **changes: Value | Callable[[Value], Value]) -> Forge:
    """Other values of keys in both logs of a run; a dot in a key is written ``__``.

    A change may be a function of the value. What was requested is edited with what is in effect,
    where LoadGen takes the one for the other.
    """
    return lambda tree: edit(
        tree, folder, {key.replace("__", "."): value for key, value in changes.items()}
    )


def scaled(folder: str, factor: float, *keys: str) -> Forge:
    """Whole numbers, and rates with six digits, times a factor."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, folder)
        edit(tree, folder, {key: times(values[key], factor) for key in keys if key in values})

    return forge


def times(value: float, factor: float) -> float:
    """A count or a time stays whole; a rate keeps its six digits."""
    return round(value * factor) if isinstance(value, int) else six(value * factor)


def six(value: float) -> float:
    """As LoadGen writes a real number."""
    return float(f"{value:.6g}")


def edit(tree: SubmissionTree, folder: str, changes: Mapping[str, Value]) -> None:
    """See ``edited``."""
    before = logged(tree, folder)
    new = {key: value(before[key]) if callable(value) else value for key, value in changes.items()}
    for key in list(new):
        asked = key.replace("effective_", "requested_")
        if asked != key and asked in before and before[asked] == before[key]:
            new.setdefault(asked, new[key])
    lines = tree.read(f"{folder}/{DETAIL}").splitlines(keepends=True)
    tree.write(f"{folder}/{DETAIL}", "".join(_line(line, new) for line in lines))
    summary = f"{folder}/{SUMMARY}"
    tree.write(summary, _summary(tree.read(summary), before, new))


def _summary(text: str, before: Mapping[str, Value], new: Mapping[str, Value]) -> str:
    """The summary of a run with the new values."""
    per_query = before["effective_scenario"] == "MultiStream"
    names = OF_QUERIES if per_query else OF_SAMPLES
    for key, value in new.items():
        for name in (name for name, of in names.items() if of == key):
            shown = f"{value:.2f}" if name in TWO_DECIMALS else _plain(value)
            text = re.sub(rf"(?m)^(\s*{re.escape(name)}\s*:).*$", rf"\g<1> {shown}", text)
    if "early_stopping_result" in new:
        old, now = before["early_stopping_result"], new["early_stopping_result"]
        for one, other in zip(old.split(" * "), now.split(" * "), strict=True):
            text = text.replace(one.strip(), other.strip()) if one.strip() else text
    for key, name in (("result_validity", "Result is"), ("sut_name", "SUT name")):
        if key in new:
            text = re.sub(rf"(?m)^({name} :).*$", rf"\g<1> {new[key]}", text)
    return text


def _plain(value: Value) -> str:
    return (
        str(int(value))
        if isinstance(value, bool)
        else f"{value:g}"
        if _is_real(value)
        else str(value)
    )


def _is_real(value: Value) -> bool:
    return isinstance(value, float)


def _line(line: str, new: Mapping[str, Value]) -> str:
    if not line.startswith(MARK):
        return line
    key = line[len(MARK) :].partition('"')[0]
    if key not in new:
        return line
    head, _, rest = line.partition('"value": ')
    _, mark, tail = rest.rpartition(', "time_ms"')
    value = f"{new[key]:g}" if _is_real(new[key]) else json.dumps(new[key])
    return f'{head}"value": {value}{mark}{tail}'


def stamped(folder: str, seconds: float) -> Forge:
    """The lines behind a run carry time stamps that are so much later."""

    def forge(tree: SubmissionTree) -> None:
        def later(found: re.Match[str]) -> str:
            time = float(found[1])
            return f'"time_ms": {time + 1000 * seconds:.6f}' if time > threshold else found[0]

        text = tree.read(f"{folder}/{DETAIL}")
        threshold = 300_000.0
        tree.write(f"{folder}/{DETAIL}", re.sub(r'"time_ms": ([\d.]+)', later, text))

    return forge


def ended(folder: str, seconds: float) -> Forge:
    """A run that ends so much later, by its stamps for the power analyzer."""
    return edited(folder, power_end=lambda stamp: later(stamp, seconds))


def words(folder: str) -> Forge:
    """LoadGen's sentences on early stopping, with the numbers that its keys have now."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, folder)
        text: str = values["early_stopping_result"]
        queries = values["result_query_count"]
        share = values["effective_target_latency_percentile"]
        text = re.sub(r"queries \(\d+\)", f"queries ({queries})", text)
        discarded = over_latency_allowed(queries, share, 0.99) - 1
        text = re.sub(r"discard \d+", f"discard {discarded}", text)
        for key, percent in zip(ESTIMATES, ("90", "99"), strict=True):
            if key in values:
                estimate = values[key]
                text = re.sub(
                    rf"({percent}(?:\.0)?th percentile estimate: )\d+", rf"\g<1>{estimate}", text
                )
        edit(tree, folder, {"early_stopping_result": text})

    return forge


def replaced(path: str, old: str, new: str) -> Forge:
    """Another text in a file, which must be there."""

    def forge(tree: SubmissionTree) -> None:
        text = tree.read(path)
        assert old in text, f"{path} does not hold {old!r}"
        tree.write(path, text.replace(old, new))

    return forge


def copied(folder: str, to: str) -> Forge:
    """Both logs of another run."""

    def forge(tree: SubmissionTree) -> None:
        for name in (DETAIL, SUMMARY):
            tree.write(f"{to}/{name}", (tree.root / folder / name).read_bytes())

    return forge


def vouched(tree: SubmissionTree) -> None:
    """Power client and server vouch for the logs as they are now."""
    tree.vouch()
