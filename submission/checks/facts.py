"""What the rules look at: facts about a tree, gathered before any rule runs.

Every subject knows what contains it, so that a rule can ask for the division or the benchmark.
Paths are relative to the input, with slashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from submission.checks.anomalies import Anomalies
from submission.loadgen import (
    Document,
    Nameplate,
    Unreadable,
)
from submission.policy import BenchmarkTerms, Policy, Resolution
from submission.tree.grammar import MODEL_MAPPING, NAMEPLATE, Area, Layout, submitter_folder
from submission.tree.listing import Folder, Listing
from submission.tree.recognised import Recognised
from submission.tree.sums import SumsDifference


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What the command line asks of gathering and judging.

    ``skipped_scenarios`` are folders that are not looked at, nor asked for. ``model_names`` are
    further names of benchmarks. The other ``skip_*`` are about the official verdict alone.
    """

    skip_compliance: bool = False
    model_mapping_name: str = MODEL_MAPPING
    model_names: Mapping[str, str] = field(default_factory=dict)
    forgive_uncommitted: bool = False
    skipped_scenarios: frozenset[str] = frozenset()
    skip_root_files: bool = False
    skip_empty_fields: bool = False
    skip_empty_files: bool = False
    skip_power_files: bool = False
    skip_accuracy_files: bool = False
    skip_unused_systems: bool = False
    skip_calibration: bool = False
    skip_data_set_size: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeFacts:
    """The root: its folders, and the submitters of each division.

    ``copied_logs`` are (log, the log of another run that has the same bytes), ``copied_figures``
    (log of a measured run, the log of another that has the same latencies);
    ``conflicting_digests`` are (accuracy.txt, another that gives a different log the same digest),
    ``conflicting_scores`` (accuracy.txt, another that gives the same log a different accuracy),
    ``inferred_scores`` (accuracy.txt of an accuracy run of another scenario, that of the scenario).
    ``sums`` are the files that are not as SHA256SUMS at the root says; empty without such a file.
    """

    root: Folder
    submitters: Mapping[str, tuple[str, ...]]
    folders: Mapping[str, Folder]
    recognised: Recognised | None = None
    copied_logs: tuple[tuple[str, str], ...] = ()
    copied_figures: tuple[tuple[str, str], ...] = ()
    conflicting_digests: tuple[tuple[str, str], ...] = ()
    conflicting_scores: tuple[tuple[str, str], ...] = ()
    inferred_scores: tuple[tuple[str, str], ...] = ()
    sums: tuple[SumsDifference, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitterFacts:
    """One submitter in one division; ``mapping`` is its model_mapping.json (open only).

    ``layout`` says where things lie below its folder.
    """

    division: str
    submitter: str
    listing: Listing
    layout: Layout
    mapping_path: str
    mapping: Document | Unreadable | None
    options: Options
    anomalies: Anomalies

    @property
    def path(self) -> str:
        return submitter_folder(self.division, self.submitter)

    def place(self, area: Area, *names: str) -> str:
        """The path of something of an area, as deep as ``names`` go."""
        return self.layout.path(area, self.path, *names)

    def found(self, area: Area, *names: str) -> list[str]:
        """The names of the folders in such a place."""
        return self.listing.children(self.place(area, *names))

    @property
    def names(self) -> dict[str, str]:
        """The usable entries of model_mapping.json."""
        if not isinstance(self.mapping, Document):
            return {}
        return {k: v for k, v in self.mapping.value.items() if isinstance(v, str)}


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemFacts:
    """One system that has results; ``document`` is None where its description is missing.

    ``nameplate`` is None where there is no file of its power supplies, or the round reads none.
    """

    submitter: SubmitterFacts
    system: str
    path: str
    document: Document | Unreadable | None
    is_folder: bool = False
    nameplate: Nameplate | Unreadable | None = None

    @property
    def nameplate_path(self) -> str:
        """The file of the system's power supplies, beside its description."""
        return f"{self.path.removesuffix('.json')}{NAMEPLATE}"

    @property
    def division(self) -> str:
        """closed, network or open."""
        return self.submitter.division

    @property
    def results_path(self) -> str:
        """The folder of the system's results."""
        return self.submitter.place(Area.RESULTS, self.system)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the description; empty where there is none."""
        return self.document.value if isinstance(self.document, Document) else {}

    def line_of(self, key: str) -> int | None:
        """Where a field stands in the description."""
        return self.document.line_of(key) if isinstance(self.document, Document) else None

    @property
    def system_type(self) -> str:
        """The category as written; empty where it is none."""
        value = self.fields.get("system_type")
        return value if isinstance(value, str) else ""

    @property
    def is_edge(self) -> bool:
        """Whether the system is (also) submitted as an edge system."""
        return "edge" in self.system_type.split(",")

    @property
    def is_network(self) -> bool:
        """Whether the description says that the SUT is behind a network."""
        value = self.fields.get("is_network")
        return value is True or (isinstance(value, str) and value.lower() == "true")


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkFacts:
    """One benchmark folder of a system and what it stands for."""

    system: SystemFacts
    folder: str
    resolution: Resolution
    terms: BenchmarkTerms | None
    scenarios: tuple[str, ...]

    @property
    def division(self) -> str:
        """closed, network or open."""
        return self.system.division

    @property
    def path(self) -> str:
        """The folder of the benchmark's results."""
        return self.place(Area.RESULTS)

    def place(self, area: Area, *scenario: str) -> str:
        """The benchmark's folder in an area of results, or that of one of its scenarios."""
        return self.system.submitter.place(area, self.system.system, self.folder, *scenario)


def policy_benchmark(policy: Policy, resolution: Resolution) -> BenchmarkTerms | None:
    """The terms of a resolved name, None if the round has no such benchmark."""
    return policy.benchmarks.get(resolution.benchmark)
