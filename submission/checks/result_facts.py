"""What the rules look at below a benchmark: a result with its runs, texts and descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from submission.checks.facts import BenchmarkFacts, Options
from submission.loadgen import (
    AccuracyJson,
    AccuracyText,
    Conf,
    DetailLog,
    Document,
    PowerSamples,
    StatedPower,
    Summary,
    Unreadable,
)
from submission.loadgen.names import ACCURACY_FILE, DETAIL_FILE, SCORE_FILE, SUMMARY_FILE
from submission.policy import ComplianceTest
from submission.terms import Scenario
from submission.tree.grammar import (
    VERIFY_ACCURACY,
    VERIFY_LENGTH,
    VERIFY_PERFORMANCE,
    Area,
    Cell,
    Layout,
)

_SCENARIOS = {scenario.value: scenario for scenario in Scenario}


class RunKind(StrEnum):
    """Which of a result's LoadGen runs a log belongs to."""

    PERFORMANCE = "performance"
    ACCURACY = "accuracy"
    COMPLIANCE = "compliance"
    RANGING = "ranging"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """One LoadGen run; ``test`` is the compliance test, ``detail`` None where there is no log.

    A run that is not ``full`` is shorter than a result's by the design of its compliance test.
    ``readme`` is the submitter's README, empty if there is none.
    """

    kind: RunKind
    benchmark: BenchmarkFacts
    scenario: Scenario
    folder: str
    exists: bool
    files: Mapping[str, int]
    detail: DetailLog | Unreadable | None
    summary: Summary | Unreadable | None
    test: str = ""
    has_power: bool = False
    full: bool = True
    readme: str = ""

    @property
    def division(self) -> str:
        """closed, network or open."""
        return self.benchmark.division

    @property
    def detail_path(self) -> str:
        """The detail log's path."""
        return f"{self.folder}/{DETAIL_FILE}"

    @property
    def summary_path(self) -> str:
        return f"{self.folder}/{SUMMARY_FILE}"

    @property
    def log(self) -> DetailLog:
        """The detail log of a run whose LOG rules hold; raises TypeError without one."""
        if not isinstance(self.detail, DetailLog):
            raise TypeError(f"{self.folder} has no readable detail log")
        return self.detail

    @property
    def measures(self) -> bool:
        """Whether the rules for performance runs apply (performance and full compliance runs)."""
        return self.full and self.kind in (RunKind.PERFORMANCE, RunKind.COMPLIANCE)

    @property
    def logged_scenario(self) -> Scenario | None:
        """The scenario that LoadGen ran; None if the log names none of the four."""
        name = self.log.get("effective_scenario")
        return _SCENARIOS.get(name) if isinstance(name, str) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestUse:
    """A digest in the accuracy.txt at ``path``, and the metrics with what they are there.

    ``cut`` is the digest of the truncated log's own bytes.
    """

    digest: str
    cut: str
    path: str
    scores: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreUse:
    """The metrics in the accuracy.txt at ``path``, below the folder of its benchmark.

    ``scenario`` is what the accuracy run's log says; ``is_own`` if it is that of the folder.
    """

    benchmark: str
    scenario: Scenario
    is_own: bool
    path: str
    scores: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyFacts:
    """The accuracy folder beside its LoadGen run."""

    folder: str
    exists: bool
    files: Mapping[str, int]
    text: AccuracyText | Unreadable | None
    log: AccuracyJson | Unreadable | None

    def digests(self) -> list[DigestUse]:
        """The digest that is given for a truncated log, if any."""
        if not isinstance(self.text, AccuracyText) or not isinstance(self.log, AccuracyJson):
            return []
        given = (
            [self.text.digest.text.lower()] if self.text.digest and self.log.has_ellipsis else []
        )
        return [
            DigestUse(
                digest=digest, cut=self.log.unix_sha256, path=self.text_path, scores=self.scores
            )
            for digest in given
        ]

    @property
    def scores(self) -> tuple[tuple[str, str], ...]:
        """Metrics and what accuracy.txt prints of them."""
        if not isinstance(self.text, AccuracyText):
            return ()
        return tuple((name, line.text) for name, line in self.text.chosen.items())

    @property
    def text_path(self) -> str:
        return f"{self.folder}/{SCORE_FILE}"

    @property
    def log_path(self) -> str:
        return f"{self.folder}/{ACCURACY_FILE}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasurementFacts:
    """What the submitter hands in on how a result was measured.

    ``other_readmes`` are the READMEs of the code and of the submitter with their sizes; they are
    only looked for where the measurement's own one says nothing.
    """

    folder: str
    exists: bool
    files: Mapping[str, int]
    json_name: str | None
    document: Document | Unreadable | None
    mlperf_conf: Conf | Unreadable | None
    user_conf: Conf | Unreadable | None
    readme: str | Unreadable | None
    code_paths: tuple[str, ...]
    code_exists: bool
    code_has_files: bool
    weights_path: str | None
    weights_reachable: bool
    runs: Mapping[str, Document | Unreadable]
    other_readmes: tuple[tuple[str, int], ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether there is a README without a word in it."""
        return isinstance(self.readme, str) and not self.readme.strip("\ufeff \t\r\n\x00")

    def path(self, name: str) -> str:
        """The path of a file in the folder."""
        return f"{self.folder}/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplianceFacts:
    """One compliance test of a result; texts are None where the file is missing.

    ``run`` is None where the test has none; ``accuracy`` is the folder of that name.
    """

    test: str
    terms: ComplianceTest
    folder: str
    exists: bool
    run: RunFacts | None
    verify_performance: str | Unreadable | None
    verify_accuracy: str | Unreadable | None
    verify_length: str | Unreadable | None
    accuracy_files: Mapping[str, int]
    accuracy_exists: bool
    accuracy: AccuracyFacts
    baseline: AccuracyText | Unreadable | None
    compliance: AccuracyText | Unreadable | None

    @property
    def verify_performance_path(self) -> str:
        """What the verification of its performance printed."""
        return f"{self.folder}/{VERIFY_PERFORMANCE}"

    @property
    def verify_length_path(self) -> str:
        """What the verification of its answers' lengths printed."""
        return f"{self.folder}/{VERIFY_LENGTH}"

    @property
    def verify_accuracy_path(self) -> str:
        """What the verification of its accuracy printed."""
        return f"{self.folder}/{VERIFY_ACCURACY}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerFacts:
    """The power folder of a result and the samples of its two runs.

    ``altered`` are the files that do not have the digest that client or server vouch for: the
    description, the path below performance/, the digest it should have, the one it has.
    ``stated`` is what PTDaemon's log says of the samples of the run.
    """

    folder: str
    files: Mapping[str, int]
    ranging_folder: str
    ranging_files: Mapping[str, int]
    ranging_exists: bool
    testing: PowerSamples | Unreadable | None
    ranging: PowerSamples | Unreadable | None
    documents: Mapping[str, Document | Unreadable]
    altered: tuple[tuple[str, str, str, str], ...] = ()
    stated: StatedPower | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFacts:
    """One scenario folder: everything that stands for one result.

    ``endpoints``: the files of a result that was not measured by LoadGen; its runs are not read.
    ``accuracy_folders``: the files in the folders of accuracy/. ``readmes`` are (path, text) of the
    READMEs that may speak of it.
    """

    benchmark: BenchmarkFacts
    scenario_folder: str
    scenario: Scenario | None
    measurement: MeasurementFacts
    performance: RunFacts | None
    accuracy_run: RunFacts | None
    accuracy: AccuracyFacts
    compliance_exists: bool
    compliance_tests: tuple[str, ...]
    compliance: tuple[ComplianceFacts, ...]
    power: PowerFacts | None
    ranging: RunFacts | None
    other_runs: tuple[str, ...]
    endpoints: tuple[str, ...] = ()
    accuracy_folders: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    readmes: tuple[tuple[str, str], ...] = ()
    has_calibration_text: bool = True

    @property
    def division(self) -> str:
        """closed, network or open."""
        return self.benchmark.division

    @property
    def options(self) -> Options:
        """What the command line asks for."""
        return self.benchmark.system.submitter.options

    @property
    def layout(self) -> Layout:
        """Where things lie in a tree of the round."""
        return self.benchmark.system.submitter.layout

    @property
    def cell(self) -> Cell:
        """The result by the names of its folders."""
        system = self.benchmark.system
        return Cell(
            division=system.submitter.division,
            submitter=system.submitter.submitter,
            system=system.system,
            benchmark=self.benchmark.folder,
            scenario_folder=self.scenario_folder,
        )

    @property
    def path(self) -> str:
        """The folder of the result."""
        return self.benchmark.place(Area.RESULTS, self.scenario_folder)

    @property
    def compliance_path(self) -> str:
        """The folder of the result's compliance tests."""
        return self.benchmark.place(Area.COMPLIANCE, self.scenario_folder)

    def score_use(self) -> ScoreUse | None:
        """What the result's accuracy is and of which scenario; None where a log does not say."""
        run = self.accuracy_run
        if run is None or not isinstance(run.detail, DetailLog) or not self.accuracy.scores:
            return None
        logged = run.logged_scenario
        if logged is None:
            return None
        return ScoreUse(
            benchmark=self.benchmark.path,
            scenario=logged,
            is_own=logged is self.scenario,
            path=self.accuracy.text_path,
            scores=self.accuracy.scores,
        )

    def runs(self) -> list[RunFacts]:
        """All LoadGen runs that belong to the result."""
        own = [self.performance, self.accuracy_run, self.ranging]
        return [run for run in [*own, *(test.run for test in self.compliance)] if run is not None]
