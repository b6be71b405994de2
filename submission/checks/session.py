"""Goes through a tree: gathers facts, tries the rules, and forgets what is no longer needed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from submission.checks import official
from submission.checks.apply import Judge, bug_finding
from submission.checks.facts import BenchmarkFacts, Options, SubmitterFacts, SystemFacts
from submission.checks.gather import Gatherer
from submission.checks.model import Finding, OfficialVerdict, Result, Scope, Waiver
from submission.checks.outcome import concerns, result_of
from submission.checks.result_facts import ResultFacts, RunKind
from submission.loadgen import DetailLog
from submission.policy import Policy
from submission.tree.listing import Listing

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every part of the work has to know."""

    root: Path
    policy: Policy
    options: Options
    chosen: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    only: str | None = None

    def lets(self, path: str) -> bool:
        """Whether a folder is one that was asked for, contains it, or is within it."""
        if self.only is None:
            return True
        return f"{path}/".startswith(f"{self.only}/") or f"{self.only}/".startswith(f"{path}/")


@dataclass(kw_only=True)
class Part:
    """What one part of the tree gave: results, official refusals, logs' fingerprints."""

    results: list[Result] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    unlisted: int = 0
    crashes: list[str] = field(default_factory=list)
    fingerprints: list[tuple[int, str]] = field(default_factory=list)
    digests: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, other: Part) -> None:
        """Take in what another part gave."""
        self.results += other.results
        self.refused |= other.refused
        self.unlisted += other.unlisted
        self.crashes += other.crashes
        self.fingerprints += other.fingerprints
        self.digests += other.digests


@dataclass(frozen=True, kw_only=True)
class Above:
    """What holds for a result because of what contains it."""

    broken: frozenset[str]
    findings: tuple[Finding, ...]
    verdict: OfficialVerdict
    reason: str | None

    def with_official(self, verdict: OfficialVerdict, reason: str) -> Above:
        """The same, refused or stopped at; what was said first stays."""
        if self.verdict is not OfficialVerdict.OK:
            return self
        return replace(self, verdict=verdict, reason=reason)


class Session:
    """One judge and one listing; used for a whole tree, or for a part of it by a worker."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.policy = job.policy
        self.gatherer = Gatherer(listing=Listing(job.root), policy=job.policy, options=job.options)
        self.judge = Judge(job.policy, job.chosen, job.waivers)
        self.part = Part()

    def submitter(self, division: str, name: str) -> tuple[SubmitterFacts, Above]:
        """A submitter's own rules; its systems are not entered."""
        facts = self.gatherer.submitter(division, name)
        above = Above(broken=NOTHING, findings=(), verdict=OfficialVerdict.OK, reason=None)
        above = self._judged(Scope.SUBMITTER, facts, division, above, facts.path)
        if not self.gatherer.listing.exists(f"{facts.path}/results"):
            return facts, above
        try:
            why = official.judge_submitter(facts)
        except official.CrashError as crash:
            return facts, self._crash(above, str(crash))
        if why is not None:
            self.part.refused[facts.path] = why
            above = above.with_official(OfficialVerdict.REFUSED, why)
        return facts, above

    def system(self, submitter: SubmitterFacts, name: str, above: Above) -> None:
        """A system and everything that was measured on it."""
        facts = self.gatherer.system(submitter, name)
        above = self._judged(Scope.SYSTEM, facts, facts.division, above, facts.path)
        above = self._official_system(facts, above)
        for folder in self._children(facts.results_path):
            self._benchmark(self.gatherer.benchmark(facts, folder), above)

    def _children(self, path: str) -> list[str]:
        """The sub-folders that --only lets through."""
        names = self.gatherer.listing.children(path)
        return [name for name in names if self.job.lets(f"{path}/{name}")]

    def _official_system(self, facts: SystemFacts, above: Above) -> Above:
        if above.verdict is not OfficialVerdict.OK:
            return above
        try:
            why = official.judge_system(facts, self.policy)
        except official.CrashError as crash:
            return self._crash(above, str(crash))
        if why is None:
            return above
        self.part.refused[facts.results_path] = why
        return above.with_official(OfficialVerdict.REFUSED, why)

    def _benchmark(self, facts: BenchmarkFacts, above: Above) -> None:
        above = self._judged(Scope.BENCHMARK, facts, facts.division, above, facts.path)
        if above.verdict is OfficialVerdict.OK:
            why = official.judge_benchmark(facts, self.policy)
            if why is not None:
                self.part.refused[facts.path] = why
                above = above.with_official(OfficialVerdict.REFUSED, why)
        errors, accepted = 0, set()
        for folder in self._children(facts.path):
            try:
                errors, valid = self._result(self.gatherer.result(facts, folder), above, errors)
            except Exception as error:  # noqa: BLE001 - never a traceback, whatever the files hold
                found = bug_finding(error, f"{facts.path}/{folder}", "gathering")
                self.judge.tally.findings.append(found)
                continue
            accepted |= {folder} if valid else set()
        if above.verdict is OfficialVerdict.OK:
            missing = official.missing_scenarios(facts, self.policy, frozenset(accepted))
            if missing is not None:
                self.part.refused[facts.path] = missing

    def _result(self, facts: ResultFacts, above: Above, errors: int) -> tuple[int, bool]:
        """Errors so far and whether the run counts for the required scenarios."""
        findings = [found for found in above.findings if concerns(found, facts)]
        for run in facts.runs():
            _, found = self.judge.apply(
                Scope.RUN,
                run,
                division=facts.division,
                broken=above.broken,
                at=run.folder,
                ranging=run.kind is RunKind.RANGING,
            )
            findings += found
            if isinstance(run.detail, DetailLog) and run.detail.fingerprint:
                self.part.fingerprints.append((run.detail.fingerprint, run.detail_path))
        self.part.digests += facts.accuracy.digests()
        _, found = self.judge.apply(
            Scope.RESULT, facts, division=facts.division, broken=above.broken, at=facts.path
        )
        findings += found
        said = self._official_result(facts, above, errors)
        self.part.results.append(result_of(facts, said, tuple(findings), self.policy))
        return said.errors, said.performance_valid

    def _official_result(
        self, facts: ResultFacts, above: Above, errors: int
    ) -> official.OfficialResult:
        if above.verdict is not OfficialVerdict.OK:
            return official.OfficialResult(verdict=above.verdict, reason=above.reason)
        said = official.judge_result(facts, self.policy, errors)
        if said.verdict is OfficialVerdict.CRASH:
            self.part.crashes.append(f"{facts.path}: {said.reason}")
        if said.verdict is OfficialVerdict.REFUSED and not said.listed:
            self.part.unlisted += 1
        elif said.verdict is OfficialVerdict.REFUSED:
            self.part.refused[facts.path] = said.reason or "refused"
        for path in said.refused_paths:
            self.part.refused[path] = "the measurements folder is missing"
        return said

    def _judged(
        self,
        scope: Scope,
        facts: SubmitterFacts | SystemFacts | BenchmarkFacts,
        division: str,
        above: Above,
        at: str,
    ) -> Above:
        broken, found = self.judge.apply(
            scope, facts, division=division, broken=above.broken, at=at
        )
        return replace(above, broken=broken, findings=(*above.findings, *found))

    def _crash(self, above: Above, reason: str) -> Above:
        self.part.crashes.append(reason)
        return above.with_official(OfficialVerdict.CRASH, reason)
