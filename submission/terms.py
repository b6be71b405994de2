"""The terms of the rules as types, shared by every package.

Source of the words: MLPerf Inference rules, sections "Definitions" and "Scenarios", and
LoadGen's ``TestSettings``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000

#: tokens of a sample in the reference implementation; of a model whose manifest gives no other
MAX_SEQ_LENGTH = 384

#: takes one line for a person: a result, a warning, or a sign of progress
Say = Callable[[str], None]


class Scenario(StrEnum):
    """How LoadGen issues queries."""

    SINGLE_STREAM = "SingleStream"
    MULTI_STREAM = "MultiStream"
    SERVER = "Server"
    OFFLINE = "Offline"
    INTERACTIVE = "Interactive"

    @classmethod
    def named(cls, folder: str) -> Scenario | None:
        """The scenario of a folder's name, as it is or in lower case; None if it is none."""
        return _SCENARIOS.get(folder)

    @property
    def logged(self) -> Scenario:
        """The scenario that LoadGen runs for it: Interactive is Server with other bounds."""
        return Scenario.SERVER if self is Scenario.INTERACTIVE else self


_SCENARIOS = {name: each for each in Scenario for name in (each.value, each.value.lower())}


class Division(StrEnum):
    """The divisions that any round knows; also the names of their folders."""

    CLOSED = "closed"
    NETWORK = "network"
    OPEN = "open"


class Mode(StrEnum):
    """What a run measures; also the name of its results folder."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"

    @property
    def loadgen(self) -> str:
        """LoadGen's ``TestMode``, as ``effective_test_mode`` prints it."""
        return "PerformanceOnly" if self is Mode.PERFORMANCE else "AccuracyOnly"


class AnomalyKind(StrEnum):
    """The kinds of anomalies of names, files and folders that are looked for."""

    FILE_LINK = "link to a file"
    BROKEN_LINK = "broken link"
    DANGLING_LINK = "dangling link"
    FOLDER_LINK = "link to a folder"
    LARGE = "large file"
    DOT = "name with a leading dot"
    BLANK = "name with a blank"
    CACHE = "Python cache"
    EMPTY = "empty folder"
    CLASH = "names that differ by case only"
    CONTROL = "name with control characters"
    OTHER = "neither file nor folder"
    UNREADABLE = "folder that cannot be read"
    POINTER = "git LFS pointer"


@dataclass(frozen=True, kw_only=True, order=True)
class RunId:
    """One LoadGen run: benchmark folder, scenario and mode."""

    benchmark: str
    scenario: Scenario
    mode: Mode

    def __str__(self) -> str:
        return f"{self.benchmark}/{self.scenario}/{self.mode}"


@dataclass(frozen=True, kw_only=True)
class LoadgenSettings:
    """LoadGen's settings under its own names; ``None`` leaves its default.

    Durations are milliseconds, latencies nanoseconds, rates queries (Server) or samples
    (Offline) per second. ``samples_per_query`` is the size of Offline's one query
    (LoadGen: ``min_query_count`` x 1 query of ``effective_samples_per_query``).
    """

    performance_sample_count: int
    qsl_rng_seed: int
    sample_index_rng_seed: int
    schedule_rng_seed: int
    min_duration_ms: int
    min_query_count: int
    target_qps: float
    samples_per_query: int | None = None
    target_latency_ns: int | None = None
    target_latency_percentile: float | None = None


@dataclass(frozen=True, kw_only=True)
class SutPlan:
    """How the SUT spreads samples over the cores.

    ``buckets`` are the sequence lengths compiled, ascending; a sample runs at the first that
    is long enough. ``streams`` and ``requests`` are OpenVINO's ``NUM_STREAMS`` and the number of
    infer requests in flight; 0 means one for each core that the process may use. ``batch``
    samples that arrive together run together (Offline); no sample waits for another.
    ``late_last`` (Server): late samples yield to those that can still meet the latency bound.
    ``memory_bytes`` limits the process while it compiles; 0 for no limit.
    ``per_node``: a process for each NUMA node where the run may use several; streams, requests and
    threads are then those of each process.
    """

    buckets: tuple[int, ...]
    streams: int = 0
    requests: int = 0
    threads: int = 0
    inference_precision: str = "f32"
    sort_by_length: bool = True
    batch: int = 1
    late_last: bool = False
    memory_bytes: int = 0
    per_node: bool = True
    reason: str = "default"


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What a profile or a command asks of a SutPlan; fields of the same name mean the same.

    Either ``bucket_step`` fixes the buckets, or ``shapes`` says how many the plan may choose by
    the samples' lengths (0: as many as pay); a choice that was tuned on this machine
    then comes first. ``batch`` None: the default of the scenario. ``memory_bytes`` bounds the
    buckets by what they are expected to take (0: the default bound), ``limit_bytes`` is what
    a process may have at all (0: no limit is known). ``by_probe`` (Server) lets the probed rate
    decide between one stream on all cores and one stream for each core.
    """

    bucket_step: int = 0
    shapes: int = 0
    batch: int | None = None
    streams: int = 0
    requests: int = 0
    threads: int = 0
    inference_precision: str = "f32"
    sort_by_length: bool = True
    late_last: bool = False
    per_node: bool = True
    memory_bytes: int = 0
    limit_bytes: int = 0
    by_probe: bool = False
    reason: str = "the profile says so"

    def plan(self, *, buckets: tuple[int, ...], **decided: Any) -> SutPlan:
        """A SutPlan of these buckets; what is not ``decided`` is as requested."""
        names = {each.name for each in fields(SutPlan)} - {"buckets", *decided}
        asked = {name: getattr(self, name) for name in names}
        return SutPlan(buckets=buckets, **asked, **decided)


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """One run that the host requests from the harness, written as JSON beside the logs.

    Paths are as the harness sees them (inside the container, or the host's own).
    ``features`` is the file that ``submission.squad`` wrote. ``model_inputs`` and ``model_outputs``
    are the names that the model's manifest gives to its tensors.
    """

    run: RunId
    loadgen_model: str
    model_xml: str
    features: str
    mlperf_conf: str
    user_conf: str
    out: str
    settings: LoadgenSettings
    plan: SutPlan
    model_inputs: Mapping[str, str]
    profile: str
    watchdog_s: float
    model_outputs: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A plain dict that ``from_json`` reads back to an equal RunSpec."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunSpec:
        """Read the output of ``to_json``; raises KeyError, TypeError or ValueError otherwise."""
        rest = dict(value)
        run = rest.pop("run")
        plan = rest.pop("plan")
        return cls(
            run=RunId(
                benchmark=run["benchmark"],
                scenario=Scenario(run["scenario"]),
                mode=Mode(run["mode"]),
            ),
            settings=LoadgenSettings(**rest.pop("settings")),
            plan=SutPlan(**{**plan, "buckets": tuple(plan["buckets"])}),
            **rest,
        )
