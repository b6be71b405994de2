"""Evidence on the process of a run: what it used, against clock, machine, model and plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from submission.host.kernel_text import cpu_numbers
from submission.loadgen.names import USER_CONF
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import moment, runs
from submission.runs.launch import HARNESS
from submission.terms import Mode, RunId
from submission.tree.finished import ClaimedCell

# clocks have milliseconds; the process ends a little after the clock is read
CPU_SLACK_S = 1.0
# Python, NumPy and OpenVINO alone take more
LEAST_MEMORY_BYTES = 32 << 20
# of the weights: what is packed again is in memory, tables of embeddings only as far as used
LEAST_WEIGHTS = 0.5
# what the harness asks for its version, and texts list
SOFTWARE = ["loadgen", "numpy", "openvino", "python"]
HOST_ID = "host:"
HOST_RUNNER = "host"
PRECISION = "INFERENCE_PRECISION_HINT"


def process(subject: Examined) -> Iterator[Statement]:
    """Processor time, memory, queue, precision and plan of every run; where and by what it ran."""
    names: dict[tuple[str, ...], object] = {}
    for cell, mode, at, metadata in runs(subject):
        yield from _runner(at, metadata)
        image = metadata["image"]
        named = (image["reference"], image["digest"], image.get("fingerprint"))
        place = (cell.place.owner, cell.system, metadata["profile"])
        yield Statement(at, "image", named, names.setdefault(place, named))
        yield from _usage(at, cell, metadata)
        yield from _precision(at, metadata)
        yield from _named(subject, cell, mode, metadata)
        if mode is Mode.ACCURACY:
            plans = [_plan(each) for each in (metadata, cell.metadata(Mode.PERFORMANCE))]
            yield Statement(at, "harness.plan.asked", *plans)


def _plan(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked of the SUT, without the reason."""
    asked = metadata["harness"]["plan"]["asked"]
    return {name: value for name, value in asked.items() if name != "reason"}


def _runner(at: str, metadata: Mapping[str, Any]) -> Iterator[Statement]:
    on_host = metadata["image"]["id"].startswith(HOST_ID)
    yield Statement(at, "run on the host", metadata["runner"] == HOST_RUNNER, on_host)
    versions = sorted(metadata["harness"]["versions"])
    yield Statement(at, "software with a version", versions, SOFTWARE)
    if on_host:
        engine = metadata["engine"]
        words = engine if engine.startswith(HOST_RUNNER) else "the host, without a container"
        yield Statement(at, "engine", engine, words)
    yield Statement(at, "command", metadata["command"][1:3], ["-m", HARNESS])
    cpuset, seen = metadata["cpuset"], metadata["harness"]["machine"].get("affinity")
    if cpuset and seen:
        others = sorted(set(seen) - cpu_numbers(cpuset))
        yield Statement(at, f"cores beside the cpuset {cpuset}", others, [])
    taken = metadata["harness"].get("digests")
    if taken:
        yield Statement(at, "harness ran in an image", taken["image"] is not None, not on_host)


def _usage(at: str, cell: ClaimedCell, metadata: Mapping[str, Any]) -> Iterator[Statement]:
    harness, host = metadata["harness"], metadata["host"]
    used_s = sum(harness["loadgen_cpu_s"].values())
    lasted_s = (moment(harness["end"]) - moment(harness["loadgen_start"])).total_seconds()
    cores = len(harness["machine"].get("affinity") or ()) or host.get("logical_cpus") or 0
    most_s = round(cores * (lasted_s + CPU_SLACK_S), 3)
    what = "harness.loadgen_cpu_s [s]"
    if cores:
        words = used_s if 0 < used_s <= most_s else f"above 0, at most {most_s} on {cores} cores"
        yield Statement(at, what, used_s, words)
    peak = harness["memory_peak_bytes"]
    folder, manifest = cell.model()
    parts = [folder / part.name for _, part in manifest.parts()]
    weights = sum(path.stat().st_size for path in parts if path.is_file())
    least = LEAST_MEMORY_BYTES + int(weights * LEAST_WEIGHTS)
    most = min(filter(None, (host.get("memory_bytes"), metadata["memory_bytes"])), default=peak)
    fits = least <= peak <= most
    yield Statement(at, "harness.memory_peak_bytes", peak, peak if fits else f"{least} to {most}")
    issued = harness["issued"]
    # before 28 November 2026 the queue was looked at after an idle worker may have emptied it, so
    # 0 is an honest depth too
    for name in ("queue_depth_max", "postponed"):
        value = harness[name]
        within = 0 <= value <= issued
        yield Statement(
            at, f"harness.{name}", value, value if within else f"0 to {issued} (issued)"
        )


def _precision(at: str, metadata: Mapping[str, Any]) -> Iterator[Statement]:
    """The harness refuses a run in which OpenVINO does not do what was asked."""
    plan = metadata["harness"]["plan"]
    asked, used = plan["asked"]["inference_precision"], plan["used"]
    lengths = {*plan["asked"]["buckets"], used.get("static_length")}
    others = [length for length in used["buckets"] if length not in lengths]
    yield Statement(at, "harness.plan, lengths that were not asked for", others, [])
    yield Statement(at, "harness.plan, batch", used["batch"], plan["asked"]["batch"])
    # of a process for each NUMA node, each says so itself
    for each in used.get("workers") or (used,):
        properties, ran = each["properties"], each.get("ran", {})
        yield Statement(
            at, "harness.plan, precision that was set", properties.get(PRECISION), asked
        )
        streams = properties.get("NUM_STREAMS")
        yield Statement(at, "harness.plan, streams", str(each["streams"]), streams)
        for name in sorted(ran.keys() & properties.keys()):
            yield Statement(at, f"harness.plan, {name} that ran", ran[name], properties[name])


def _named(
    subject: Examined, cell: ClaimedCell, mode: Mode, metadata: Mapping[str, Any]
) -> Iterator[Statement]:
    """user.conf says in its first line which run of which profile it was written for."""
    if mode is Mode.PERFORMANCE:
        run = RunId(benchmark=cell.benchmark, scenario=cell.scenario, mode=mode)
        at = subject.tree.inside(cell.measurements / USER_CONF)
        wanted = f"# {run}, profile {metadata['profile']}"
        lines = cell.user_conf.read_text(encoding="utf-8", errors="replace").split("\n", 1)
        yield Statement(at, "line 1:", lines[0], wanted)
