"""Reads a result folder and what belongs to it, each file once, into facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from submission.checks.anomalies import Anomalies, find_anomalies
from submission.checks.facts import (
    BenchmarkFacts,
    Options,
    SubmitterFacts,
    SystemFacts,
    policy_benchmark,
)
from submission.checks.gather_measurement import measurement_facts
from submission.checks.gather_power import power_facts
from submission.checks.result_facts import (
    AccuracyFacts,
    ComplianceFacts,
    MeasurementFacts,
    PowerFacts,
    ResultFacts,
    RunFacts,
    RunKind,
)
from submission.loadgen import (
    AccuracyText,
    Unreadable,
    read_accuracy_log,
    read_accuracy_text,
    read_detail_log,
    read_document,
    read_nameplate,
    read_summary,
    read_whole,
)
from submission.loadgen.names import ACCURACY_FILE, DETAIL_FILE, SCORE_FILE, SUMMARY_FILE
from submission.policy import Policy
from submission.terms import Division, Scenario
from submission.tree import grammar
from submission.tree.grammar import Area, Layout, submitter_folder
from submission.tree.listing import Listing

TEXT_BYTES = 1 << 20
TEXTS_KEPT = 8
# a result's own runs, in the folder of the result
RUNS = {RunKind.PERFORMANCE: grammar.PERFORMANCE_RUN, RunKind.ACCURACY: grammar.ACCURACY}
OWN_FOLDERS = (grammar.ACCURACY, grammar.PERFORMANCE)
RUNS_WITH_POWER = {**RUNS, RunKind.RANGING: grammar.RANGING_RUN}


@dataclass(frozen=True, kw_only=True)
class Gatherer:
    """Reads facts below one root with one policy."""

    listing: Listing
    policy: Policy
    options: Options
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.listing.root

    @property
    def layout(self) -> Layout:
        """Where things lie in a tree of the round."""
        return grammar.LAYOUTS[self.policy.layout]

    def submitter(self, division: str, submitter: str, *, walk: bool = True) -> SubmitterFacts:
        """A submitter; its model_mapping.json is read in the open division only.

        Without ``walk`` its folders are not searched for anomalies.
        """
        folder = submitter_folder(division, submitter)
        path = f"{folder}/{self.options.model_mapping_name}"
        mapped = division == Division.OPEN and self.policy.official.reads_model_mapping
        read = mapped and self.listing.has_file(path)
        return SubmitterFacts(
            division=division,
            submitter=submitter,
            listing=self.listing,
            layout=self.layout,
            mapping_path=path,
            mapping=read_document(self.listing.place(path)) if read else None,
            options=self.options,
            anomalies=find_anomalies(self.listing, folder, self.policy.max_file_bytes)
            if walk
            else Anomalies(found={}, counts={}),
        )

    def system(self, submitter: SubmitterFacts, system: str) -> SystemFacts:
        """A system and its description."""
        path = submitter.place(Area.SYSTEMS, system)
        found = read_document(self.listing.place(path)) if self.listing.has_file(path) else None
        facts = SystemFacts(
            submitter=submitter,
            system=system,
            path=path,
            document=found,
            is_folder=self.listing.folder(path) is not None,
        )
        place = facts.nameplate_path
        if not self.policy.official.design_power or not self.listing.has_file(place):
            return facts
        return replace(facts, nameplate=read_nameplate(self.listing.place(place)))

    def benchmark(self, system: SystemFacts, folder: str) -> BenchmarkFacts:
        """A benchmark folder of a system; nothing of it is read yet."""
        resolution = self.policy.resolve(folder, system.submitter.names)
        return BenchmarkFacts(
            system=system,
            folder=folder,
            resolution=resolution,
            terms=policy_benchmark(self.policy, resolution),
            scenarios=tuple(system.submitter.found(Area.RESULTS, system.system, folder)),
        )

    def result(self, benchmark: BenchmarkFacts, folder: str) -> ResultFacts:
        """A scenario folder with its logs, measurements, compliance tests and power."""
        path = benchmark.place(Area.RESULTS, folder)
        scenario = self.policy.scenario_of(folder)
        has_power = self.listing.exists(f"{path}/{grammar.POWER}")
        endpoints = self._endpoints(path)
        own = None if endpoints else scenario
        runs = self._own_runs(benchmark, own, path, has_power=has_power)
        compliance_path = benchmark.place(Area.COMPLIANCE, folder)
        measurement = measurement_facts(self.listing, benchmark, folder)
        return ResultFacts(
            benchmark=benchmark,
            scenario_folder=folder,
            scenario=scenario,
            measurement=measurement,
            performance=runs.get(RunKind.PERFORMANCE),
            accuracy_run=runs.get(RunKind.ACCURACY),
            accuracy=self._own_accuracy(benchmark, f"{path}/{grammar.ACCURACY}", endpoints),
            endpoints=endpoints,
            accuracy_folders=self._accuracy_folders(benchmark, f"{path}/{grammar.ACCURACY}"),
            compliance_exists=self.listing.folder(compliance_path) is not None,
            compliance_tests=tuple(
                name for name in self.listing.children(compliance_path) if name not in OWN_FOLDERS
            ),
            compliance=self._compliance(benchmark, own, compliance_path),
            power=self._power(path, runs) if has_power else None,
            ranging=runs.get(RunKind.RANGING),
            other_runs=self._other_runs(f"{path}/{grammar.PERFORMANCE}", has_power=has_power),
            readmes=tuple(self._readmes(benchmark, measurement)),
            has_calibration_text=self._has_calibration_text(benchmark, measurement),
        )

    def _own_runs(
        self, benchmark: BenchmarkFacts, scenario: Scenario | None, path: str, *, has_power: bool
    ) -> dict[RunKind, RunFacts]:
        """The runs in a result's own folder; none where the folder names no scenario."""
        if scenario is None:
            return {}
        return {
            kind: self.run(
                benchmark,
                scenario,
                f"{path}/{folder}",
                kind,
                has_power=has_power and kind is not RunKind.ACCURACY,
            )
            for kind, folder in (RUNS_WITH_POWER if has_power else RUNS).items()
        }

    def _endpoints(self, path: str) -> tuple[str, ...]:
        """The files of a result of Endpoints; empty where LoadGen's log of the run is there."""
        if self.listing.has_file(f"{path}/{grammar.PERFORMANCE_RUN}/{DETAIL_FILE}"):
            return ()
        names = self.policy.endpoints_files
        return tuple(name for name in names if self.listing.has_file(f"{path}/{name}"))

    def _own_accuracy(
        self, benchmark: BenchmarkFacts, folder: str, endpoints: tuple[str, ...]
    ) -> AccuracyFacts:
        """The accuracy folder, as if there were none for a result of Endpoints."""
        found = self.accuracy(benchmark, folder)
        return replace(found, exists=False, text=None, log=None) if endpoints else found

    def _accuracy_folders(
        self, benchmark: BenchmarkFacts, folder: str
    ) -> dict[str, dict[str, int]]:
        """The files in those folders of accuracy/ that the benchmark asks for."""
        wanted = benchmark.terms.accuracy_files if benchmark.terms is not None else ()
        paths = {name: f"{folder}/{name}" for name in wanted}
        return {n: self.listing.files(p) for n, p in paths.items() if self.listing.folder(p)}

    def _power(self, path: str, runs: dict[RunKind, RunFacts]) -> PowerFacts:
        performance, ranging = runs.get(RunKind.PERFORMANCE), runs.get(RunKind.RANGING)
        lenient = self.policy.official.lenient_power
        return power_facts(self.listing, path, performance, ranging, lenient=lenient)

    def run(
        self,
        benchmark: BenchmarkFacts,
        scenario: Scenario,
        folder: str,
        kind: RunKind,
        *,
        has_power: bool = False,
        test: str = "",
        full: bool = True,
    ) -> RunFacts:
        """One LoadGen run: its file list and its two logs."""
        files = self.listing.files(folder)
        return RunFacts(
            kind=kind,
            benchmark=benchmark,
            scenario=scenario,
            folder=folder,
            exists=self.listing.folder(folder) is not None,
            files=files,
            detail=read_detail_log(self.listing.place(f"{folder}/{DETAIL_FILE}"))
            if DETAIL_FILE in files
            else None,
            summary=read_summary(self.listing.place(f"{folder}/{SUMMARY_FILE}"))
            if SUMMARY_FILE in files
            else None,
            test=test,
            has_power=has_power,
            full=full,
            readme=self._readme(benchmark.system.submitter.path),
        )

    def accuracy(self, benchmark: BenchmarkFacts, folder: str) -> AccuracyFacts:
        """accuracy.txt and the accuracy log of a folder."""
        files = self.listing.files(folder)
        log = f"{folder}/{ACCURACY_FILE}"
        cut = self.policy.accuracy_log
        return AccuracyFacts(
            folder=folder,
            exists=self.listing.folder(folder) is not None,
            files=files,
            text=self._accuracy_text(benchmark, f"{folder}/{SCORE_FILE}"),
            log=read_accuracy_log(
                self.listing.place(log), ellipsis=cut.ellipsis.encode(), whole_bytes=cut.max_bytes
            )
            if self.listing.has_file(log)
            else None,
        )

    def _accuracy_text(
        self, benchmark: BenchmarkFacts, path: str
    ) -> AccuracyText | Unreadable | None:
        if benchmark.terms is None or not self.listing.has_file(path):
            return None
        metrics = self.policy.accuracy_metrics
        names = [metric.name for metric in benchmark.terms.metrics]
        patterns = {name: metrics[name].line_pattern for name in names}
        beside = {name: found for name in names if (found := metrics[name].beside_pattern)}
        return read_accuracy_text(self.listing.place(path), patterns, beside)

    def _readmes(
        self, benchmark: BenchmarkFacts, measurement: MeasurementFacts
    ) -> Iterator[tuple[str, str]]:
        """The READMEs of the measurements, the code and the submitter, as far as there are any."""
        if isinstance(measurement.readme, str):
            yield measurement.path(grammar.README), measurement.readme
        for folder in (*measurement.code_paths, benchmark.system.submitter.path):
            if text := self._readme(folder):
                yield f"{folder}/{grammar.README}", text

    def _readme(self, folder: str) -> str:
        """The README in a folder; empty if there is none that can be read."""
        path = f"{folder}/{grammar.README}"
        if path not in self.texts:
            if len(self.texts) >= TEXTS_KEPT:
                self.texts.clear()
            found = self._text(path)
            self.texts[path] = found if isinstance(found, str) else ""
        return self.texts[path]

    def _has_calibration_text(
        self, benchmark: BenchmarkFacts, measurement: MeasurementFacts
    ) -> bool:
        """Whether anything there is called after calibration or documentation."""
        base = self.listing.folder(benchmark.system.submitter.path)
        names = [*measurement.files]
        if base is not None:
            names += [*base.folders, *base.files]
        return any(w in name.lower() for name in names for w in ("calibration", "documentation"))

    def _other_runs(self, folder: str, *, has_power: bool) -> tuple[str, ...]:
        known = (
            (grammar.PERFORMANCE_RUN, grammar.POWER, grammar.RANGING_RUN)
            if has_power
            else (grammar.PERFORMANCE_RUN,)
        )
        names = {run.rpartition("/")[2] for run in known}
        return tuple(name for name in self.listing.children(folder) if name not in names)

    def _text(self, path: str) -> str | Unreadable | None:
        if not self.listing.has_file(path):
            return None
        content = read_whole(self.listing.place(path), TEXT_BYTES)
        if isinstance(content, Unreadable):
            return content
        return content.decode("utf-8", errors="replace")

    def _compliance(
        self,
        benchmark: BenchmarkFacts,
        scenario: Scenario | None,
        folder: str,
    ) -> tuple[ComplianceFacts, ...]:
        """The tests that the benchmark needs; the open division needs none."""
        terms = benchmark.terms
        if benchmark.division == Division.OPEN or self.options.skip_compliance:
            return ()
        if terms is None or scenario is None or self.listing.folder(folder) is None:
            return ()
        return tuple(
            self._test(benchmark, scenario, f"{folder}/{test}", test)
            for test in terms.compliance_tests
        )

    def _test(
        self, benchmark: BenchmarkFacts, scenario: Scenario, folder: str, test: str
    ) -> ComplianceFacts:
        exists = self.listing.folder(folder) is not None
        terms = self.policy.compliance[test]
        run, accuracy = f"{folder}/{grammar.PERFORMANCE_RUN}", f"{folder}/{grammar.ACCURACY}"
        return ComplianceFacts(
            test=test,
            terms=terms,
            folder=folder,
            exists=exists,
            run=self.run(benchmark, scenario, run, RunKind.COMPLIANCE, test=test, full=terms.full)
            if exists and terms.runs
            else None,
            verify_performance=self._text(f"{folder}/{grammar.VERIFY_PERFORMANCE}"),
            verify_accuracy=self._text(f"{folder}/{grammar.VERIFY_ACCURACY}"),
            verify_length=self._text(f"{folder}/{grammar.VERIFY_LENGTH}"),
            accuracy_files=self.listing.files(accuracy),
            accuracy_exists=self.listing.folder(accuracy) is not None,
            accuracy=self.accuracy(benchmark, accuracy),
            baseline=self._accuracy_text(benchmark, f"{accuracy}/{grammar.BASELINE_ACCURACY}"),
            compliance=self._accuracy_text(benchmark, f"{accuracy}/{grammar.COMPLIANCE_ACCURACY}"),
        )
