"""What a workspace has come to: every result with its accuracy and verdict, and where it all lies.

Read from files alone; what is not there is None. Nothing is measured, checked or written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import CALIBRATION
from submission.artifacts.own_model import BLANK, blanks
from submission.checks import Severity
from submission.container.witnesses import profile_of
from submission.errors import KitError
from submission.files import read_json
from submission.loadgen.keys import RATES, percentile_key
from submission.pipeline.plan import Action, Verb
from submission.runs.context import Context
from submission.runs.numbers import mlperf_model
from submission.stages.score import SCORE
from submission.terms import NS_PER_MS, Mode, RunId, Scenario
from submission.tree.grammar import RUN_METADATA
from submission.wording import counted, significant
from submission.workspace.folders import Workspace
from submission.workspace.profile import PLACEHOLDER, F1Of, profile_names
from submission.workspace.recorded import given, typed_in, without_usual
from submission.workspace.settings import Runner

DENSE = "the dense "
"""So begins what a share of F1 is of, where it is a model of the profile."""

_PERCENT = 100.0
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """A model in a scenario; rates in ``unit``, latencies in ms, the rest in percent.

    ``accuracy_of`` is F1 as a share of what ``accuracy_against`` names; both are None where the
    data set is not the one that the other F1 is of. ``verdict`` and ``official`` are the check's.
    """

    model: str
    scenario: str
    value: float | None
    unit: str
    validity: str | None
    latency_ms: float | None
    bound_ms: float | None
    f1: float | None
    exact_match: float | None
    accuracy_of: float | None
    accuracy_against: str | None
    sparsity: float | None
    verdict: str | None
    official: str | None


@dataclass(frozen=True, kw_only=True)
class CheckSummary:
    """The last check of the tree; ``current``: of the tree as it is now."""

    passed: bool
    current: bool
    errors: int
    warnings: int
    notes: int
    waived: int


@dataclass(frozen=True, kw_only=True)
class WorkspaceSummary:
    """A profile in a workspace. ``to_run`` are the stages that are not up to date.

    ``ready`` says whether its archive may be submitted, ``why`` on which grounds, or what is
    in the way.
    """

    ready: bool
    why: str
    profile: str
    submittable: bool
    round: str
    submitter: str
    dataset: str
    stages: int
    to_run: tuple[str, ...]
    results: tuple[SummaryRow, ...]
    check: CheckSummary | None
    tree: str | None
    archive: str | None
    page: str | None
    next: str


def summarise(context: Context, actions: Sequence[Action]) -> WorkspaceSummary:
    """The state of the profile, by a plan of all its stages."""
    workspace, profile = context.workspace, context.profile
    to_run = tuple(a.stage.name for a in actions if a.verb is not Verb.SKIP)
    report = _read(workspace.check_file("json"))
    check = _check(report, current="check" not in to_run)
    summary = WorkspaceSummary(
        ready=False,
        why="",
        profile=profile.name,
        submittable=profile.submittable,
        round=profile.round,
        submitter=workspace.submitter,
        dataset=profile.dataset,
        stages=len(actions),
        to_run=to_run,
        results=tuple(_rows(context, report)),
        check=check,
        tree=_there(workspace.tree_folder()) if report else None,
        archive=_there(workspace.archive_file()),
        page=_page(workspace),
        next=_next(context, to_run, check),
    )
    missing = tuple(_in_the_way(summary))
    return replace(summary, ready=not missing, why="; ".join(missing) or _grounds(summary))


def _in_the_way(summary: WorkspaceSummary) -> Iterator[str]:
    """What keeps a workspace from being submitted, the worst first; nothing where it is ready."""
    check, to_run = summary.check, len(summary.to_run)
    if not summary.submittable:
        yield "its runs are for a look only"
    if check is not None and check.current and not check.passed:
        yield f"the check FAILED with {counted(check.errors, 'error')}"
    if all(row.value is None for row in summary.results):
        yield "nothing is measured yet"
    elif to_run:
        yield (
            f"{to_run} of {counted(summary.stages, 'stage')} are not up to date, so what is shown "
            "may be of an earlier run"
        )
    elif check is None:
        yield "the tree is not checked"
    elif summary.archive is None:
        yield "the tree is not packed"
    elif summary.submitter == PLACEHOLDER:
        yield f"the submitter is called {PLACEHOLDER}"


def _grounds(summary: WorkspaceSummary) -> str:
    words = f"{counted(len(summary.results), 'result')} measured, checked and packed"
    if summary.check is not None and summary.check.warnings:
        words += f"; {counted(summary.check.warnings, 'warning')} to look at (make report)"
    return words


def _rows(context: Context, report: Mapping[str, Any] | None) -> Iterator[SummaryRow]:
    verdicts = _verdicts(report)
    reference = _reference_f1(context)
    for benchmark in context.profile.benchmarks:
        for scenario in benchmark.scenarios:
            harness = _harness(context, benchmark.model, scenario)
            results, effective = harness.get("results", {}), harness.get("effective", {})
            score = _score(context, benchmark.model, scenario)
            f1 = _number(score.get("f1"))
            share = f1 / reference[1] * _PERCENT if f1 is not None and reference else None
            verdict, official = verdicts.get((benchmark.model, str(scenario)), (None, None))
            yield SummaryRow(
                model=benchmark.model,
                scenario=str(scenario),
                value=_number(results.get(RATES.get(scenario, ""))),
                unit=context.policy.scenarios[scenario].result_unit,
                validity=results.get("result_validity"),
                latency_ms=_ms(results.get(percentile_key(99)))
                if scenario is Scenario.SERVER
                else None,
                bound_ms=_ms(effective.get("effective_target_latency_ns"))
                if scenario is Scenario.SERVER
                else None,
                f1=f1,
                exact_match=_number(score.get("exact_match")),
                accuracy_of=share,
                accuracy_against=reference[0] if share is not None and reference else None,
                sparsity=_sparsity(context, benchmark.model),
                verdict=verdict,
                official=official,
            )


def rate_words(context: Context, run: RunId) -> str:
    """``Server: 14.77 queries/s, VALID`` of a performance run; empty where none is known."""
    results = _harness(context, run.benchmark, run.scenario).get("results", {})
    rate = _number(results.get(RATES.get(run.scenario, "")))
    if rate is None:
        return ""
    unit = context.policy.scenarios[run.scenario].result_unit.lower()
    return f"{run.scenario}: {significant(rate)} {unit}, {results.get('result_validity')}"


def tree_of_another(context: Context) -> tuple[str, dict[str, str]] | None:
    """Another profile that the finished tree is of, with the settings that show that one."""
    found = settings_of_tree(context.workspace.tree_folder(), context.profile.path.parent)
    return None if found is None or found[0] == context.profile.name else found


def settings_of_tree(tree: Path, profiles: Path) -> tuple[str, dict[str, str]] | None:
    """The profile that a finished tree is of, with the settings that show it; None if unknown.

    ``profiles`` is the folder of the known ones.
    """
    path = next(iter(sorted(tree.rglob(RUN_METADATA[Mode.PERFORMANCE]))), None)
    value = _read(path) if path else None
    if value is None:
        return None
    try:
        profile = str(value["profile"])
        model, data = str(value["run"]["benchmark"]), str(value["dataset"]["name"])
    except _UNREADABLE:
        return None
    base = profile_of(profile, profile_names(profiles)) or profile
    own = profile.removeprefix(base).removeprefix("-")
    settings = {"profile": base}
    if own in {model, f"{model}-{data}"}:
        settings["model"] = model
    if own in {data, f"{model}-{data}"}:
        settings["dataset"] = data
    return profile, settings


def _reference_f1(context: Context) -> tuple[str, float] | None:
    """What F1 is a share of, as the profile says; None where nothing comparable is known."""
    choice = context.profile.reference
    if choice is not None and choice.f1_of is F1Of.REFERENCE:
        for benchmark in context.profile.benchmarks:
            if benchmark.model == choice.model:
                f1 = _number(_score(context, choice.model, benchmark.scenarios[0]).get("f1"))
                return (f"{DENSE}{choice.model}", f1) if f1 else None
        return None
    first = context.profile.benchmarks[0].model
    try:
        terms = context.policy.benchmarks[mlperf_model(context, first)]
        samples = context.manifest(context.profile.dataset).samples
    except KitError:
        return None
    whole = samples in (terms.accuracy_sample_count, *terms.open_sample_counts)
    return ("FP32", terms.float_accuracy) if whole and terms.float_accuracy else None


def _harness(context: Context, model: str, scenario: Scenario) -> Mapping[str, Any]:
    run = RunId(benchmark=model, scenario=scenario, mode=Mode.PERFORMANCE)
    found = (_read(context.workspace.metadata_file(run)) or {}).get("harness")
    return found if isinstance(found, dict) else {}


def _score(context: Context, model: str, scenario: Scenario) -> Mapping[str, Any]:
    return _read(context.workspace.score_folder(model, scenario) / SCORE) or {}


def _sparsity(context: Context, model: str) -> float | None:
    try:
        return context.manifest(model).structured_sparsity_percent
    except KitError:
        return None


def _verdicts(report: Mapping[str, Any] | None) -> dict[tuple[str, str], tuple[str, str]]:
    try:
        return {
            (each["benchmark"], each["scenario"]): (each["verdict"], each["official"])
            for each in (report or {}).get("results", ())
        }
    except _UNREADABLE:
        return {}


def _check(report: Mapping[str, Any] | None, *, current: bool) -> CheckSummary | None:
    if report is None:
        return None
    try:
        findings = report["findings"]
        counts = Counter(f["severity"] for f in findings if f["waived"] is None)
        return CheckSummary(
            passed=report["passed"] is True,
            current=current,
            errors=counts[Severity.ERROR],
            warnings=counts[Severity.WARNING],
            notes=counts[Severity.NOTE],
            waived=sum(f["waived"] is not None for f in findings),
        )
    except _UNREADABLE:
        return None


def _next(context: Context, to_run: Sequence[str], check: CheckSummary | None) -> str:
    """What a person does now, as a command where there is one."""
    profile, settings = context.profile, context.settings
    model = f" MODEL={settings.model}" if settings.model else ""
    if check is not None and check.current and not check.passed:
        return "make check says what is wrong; mend it, then make submission again"
    if to_run:
        return f"{_way(context)} brings {counted(len(to_run), 'stage')} up to date"
    if not profile.submittable:
        engine = ", with a container engine" if settings.runner is Runner.HOST else ""
        way = f"make submission PROFILE=official SUBMITTER=…{model}"
        first = _blanks_first(context)
        data = f" on the round's questions, not {settings.dataset}" if settings.dataset else ""
        return f"{first}for runs under the full rules{data}{engine}: {way}"
    if context.workspace.submitter == PLACEHOLDER:
        return f"{_way(context)} puts your name in place of {PLACEHOLDER}; it repeats no run"
    return "make report, read the page and the tree's README, make sign KEY=…, submit the archive"


def _blanks_first(context: Context) -> str:
    """What is to be filled in of a model of one's own before runs under the full rules."""
    if context.settings.model is None:
        return ""
    try:
        manifest = context.manifest(context.settings.model).path
        page = manifest.with_name(CALIBRATION)
        texts = [path.read_text(encoding="utf-8") for path in (manifest, page) if path.is_file()]
    except (OSError, ValueError, KitError):
        return ""
    if not any(map(blanks, texts)):
        return ""
    return f"fill in each {BLANK} in {manifest.parent}; then "


def _way(context: Context) -> str:
    """The command that brings the profile up to date, with the settings that its runs have."""
    settings = {"profile": context.profile.base, **without_usual(given(context.settings))}
    way = typed_in(context.workspace, "run", settings, make=True)
    unnamed = context.profile.submittable and context.workspace.submitter == PLACEHOLDER
    return f"{way} SUBMITTER=…" if unnamed else way


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = read_json(path)
    except _UNREADABLE:
        return None
    return value if isinstance(value, dict) else None


def _page(workspace: Workspace) -> str | None:
    """The page of the tree that is there; one that was written of an earlier tree is none."""
    page, tree = workspace.report_file("html"), workspace.tree_folder()
    if not page.is_file() or not tree.is_dir():
        return None
    return str(page) if page.stat().st_mtime >= tree.stat().st_mtime else None


def _there(path: Path) -> str | None:
    return str(path) if path.exists() else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ms(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number / NS_PER_MS
