"""Gathers what the report says of a tree; what cannot be read is left out, never guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from submission.artifacts.manifest import Manifest, Published, load_manifest
from submission.checks import Report, Verdict, Waiver, check_tree, read_waivers
from submission.checks.known_profiles import profile_waivers
from submission.errors import KitError, UsageError
from submission.harness.latencies import read_latencies
from submission.loadgen import DetailLog
from submission.loadgen.keys import (
    COMPLETED_RATE,
    OFFLINE_RATE,
    PERCENTILES,
    SCHEDULED_RATE,
    percentile_key,
)
from submission.policy import Policy
from submission.report.facts import Reference, ReportedTree, Row, ServerRun
from submission.squad.question_scores import read_question_scores
from submission.terms import NS_PER_MS, Mode, Scenario
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.workspace.profile import F1Of, ReferenceChoice, load_profile

REFERENCE = "reference"
# the machine that its published figures come from
PUBLISHED_SYSTEM = "1-node-2S-SPR-OpenVINO-INT8"
BERT = "bert-99"
SQUAD = "SQuAD v1.1 dev"
# more points than this make no finer line
SHOWN_SAMPLES = 2000


def gather(
    tree: FinishedTree,
    *,
    label: str,
    title: str,
    manifests: Path,
    waivers: Path | None,
    asked: str | None = None,
) -> ReportedTree:
    """Check and read a tree; raises UsageError if there is nothing to check.

    ``asked`` is the round that was asked for. Without one the check finds the round itself, as the
    command ``check`` does, and notes how, so that both report the same findings.
    """
    profile = tree.own_profile()
    accepted, source = accepted_waivers(tree, waivers)
    choice = _reference_choice(profile)
    of_round, fp32_f1 = choice.f1_of is F1Of.ROUND, tree.policy.benchmarks[BERT].float_accuracy
    report = check_tree(tree.root, version=asked, waivers=accepted)
    return ReportedTree(
        label=label,
        title=title,
        path=tree.root,
        report=report,
        rows=tuple(
            replace(
                row,
                compared_with=choice.model,
                fp32_f1=fp32_f1 if of_round else None,
                rejected=rejected_scenarios(report, row),
            )
            for row in sorted(_rows(tree, label, manifests), key=_by_speed)
        ),
        systems=tree.systems(),
        runs=dict(_runs(tree.cells)),
        waivers=source,
        measured=_measured(tree.cells),
    )


def rejected_scenarios(report: Report, row: Row) -> tuple[str, ...]:
    """The scenarios in which the rules reject a model on a system."""
    return tuple(
        result.scenario
        for result in report.results
        if (result.system, result.benchmark) == (row.system, row.benchmark)
        and result.verdict is Verdict.INVALID
    )


def published_reference(manifests: Path, policy: Policy) -> Reference | None:
    """The reference as its manifest publishes it, if there is one."""
    manifest = _manifest(manifests / REFERENCE)
    if manifest is None or manifest.published is None:
        return None
    figures = manifest.published
    return Reference(
        name=manifest.name,
        system=PUBLISHED_SYSTEM,
        f1=figures.f1,
        server_completed=figures.server_completed,
        offline=figures.offline,
        measured=False,
        fp32_f1=policy.benchmarks[BERT].float_accuracy,
    )


def published_rows(rows: Iterable[Row], published: Mapping[str, Published]) -> tuple[Row, ...]:
    """The rows with the figures of a published tree in place of their manifests'."""
    return tuple(
        replace(row, published=published.get(row.benchmark, row.published)) for row in rows
    )


def figures_of(tree: ReportedTree) -> dict[str, Published]:
    """What a tree claims, as published figures of its models."""
    return {
        row.benchmark: Published(
            f1=row.f1,
            server_scheduled=row.server.scheduled if row.server else None,
            server_completed=row.server.completed if row.server else None,
            offline=row.offline,
            source=f"{tree.title} on {row.system}",
        )
        for row in tree.rows
    }


def _rows(tree: FinishedTree, label: str, manifests: Path) -> Iterator[Row]:
    for (_, system, benchmark), group in groupby(
        tree.cells, key=lambda cell: (cell.place.owner, cell.system, cell.benchmark)
    ):
        by_scenario = {cell.scenario: cell for cell in group}
        first = next(iter(by_scenario.values()))
        try:
            accuracy = first.claimed_accuracy
        except KitError:
            continue  # another metric, or none: the table of all results still shows it
        manifest, own = _manifest_of(first, manifests)
        yield Row(
            label=benchmark,
            tree=label,
            system=system,
            benchmark=benchmark,
            f1=accuracy.f1,
            exact_match=accuracy.exact_match,
            whole_squad=_whole_squad(first),
            sparsity_percent=manifest.structured_sparsity_percent if manifest else None,
            server=_server(by_scenario.get(Scenario.SERVER)),
            offline=_offline(by_scenario.get(Scenario.OFFLINE)),
            published=manifest.published if manifest else None,
            data=_data(first),
            scores=read_question_scores(first.question_scores),
            disturbed=dict(_disturbed(by_scenario)),
            own_manifest=own,
        )


def _by_speed(row: Row) -> tuple[str, float]:
    return row.system, row.offline or (row.server.scheduled if row.server else 0.0)


def _log(cell: ClaimedCell | None, mode: Mode) -> DetailLog | None:
    try:
        return cell.log(mode) if cell else None
    except KitError:
        return None


def _finite(log: DetailLog, key: str) -> float | None:
    value = log.number(key)
    return float(value) if value is not None and math.isfinite(value) else None


def _measured(cells: Iterable[ClaimedCell]) -> str:
    """The day of the runs, or the first and the last one, as their logs say."""
    logs = [log for cell in cells for mode in Mode if (log := _log(cell, mode)) is not None]
    days = sorted({str(value)[:10] for log in logs if (value := log.get("test_datetime"))})
    if len(days) < 2:  # noqa: PLR2004 - one day or none
        return "".join(days)
    return f"{days[0]} to {days[-1]}"


def _data(cell: ClaimedCell) -> str:
    """The data set of the accuracy run: by its size, by the run's metadata, or its size alone."""
    if _whole_squad(cell):
        return SQUAD
    try:
        return str(cell.metadata(Mode.ACCURACY)["dataset"]["name"])
    except (KitError, LookupError, TypeError):
        log = _log(cell, Mode.ACCURACY)
        count = log.number("qsl_reported_total_count") if log else None
        return "" if count is None else f"{count:g} samples"


def _whole_squad(cell: ClaimedCell) -> bool:
    log = _log(cell, Mode.ACCURACY)
    wanted = cell.tree.policy.benchmarks[BERT].accuracy_sample_count
    return log is not None and log.get("qsl_reported_total_count") == wanted


def _offline(cell: ClaimedCell | None) -> float | None:
    log = _log(cell, Mode.PERFORMANCE)
    return _finite(log, OFFLINE_RATE) if log else None


def _server(cell: ClaimedCell | None) -> ServerRun | None:
    log = _log(cell, Mode.PERFORMANCE)
    scheduled = _finite(log, SCHEDULED_RATE) if log else None
    if cell is None or log is None or scheduled is None:
        return None
    bound_ns = _finite(log, "effective_target_latency_ns")
    seen = {p: _finite(log, percentile_key(float(p))) for p in PERCENTILES}
    return ServerRun(
        scheduled=scheduled,
        completed=_finite(log, COMPLETED_RATE),
        bound_ms=bound_ns / NS_PER_MS if bound_ns else None,
        percentile=_finite(log, "effective_target_latency_percentile"),
        latencies_ms={p: ns / NS_PER_MS for p, ns in seen.items() if ns is not None},
        samples_ms=_samples_ms(cell.latencies),
    )


def _samples_ms(path: Path) -> tuple[float, ...]:
    """Latencies of single samples, sorted and thinned evenly; empty without a readable file."""
    found = read_latencies(path)
    if found is None or not (found.done_ns > 0).any():
        return ()
    latencies = np.sort((found.done_ns - found.issued_ns)[found.done_ns > 0]) / NS_PER_MS
    places = np.linspace(0, len(latencies) - 1, min(len(latencies), SHOWN_SAMPLES))
    return tuple(float(value) for value in latencies[places.round().astype(int)])


def _disturbed(cells: Mapping[Scenario, ClaimedCell]) -> Iterator[tuple[str, float]]:
    """The share of the processors that others took during performance runs, where it was much."""
    for scenario, cell in cells.items():
        try:
            about = cell.metadata(Mode.PERFORMANCE)["harness"]["disturbance"]
            share = about["others_share"]
        except (KitError, LookupError, TypeError):
            continue
        if isinstance(share, int | float) and share >= cell.tree.policy.notable_load_share:
            # a forged tree may say any number
            yield str(scenario), float(min(share, 1))


def _manifest_of(cell: ClaimedCell, manifests: Path) -> tuple[Manifest | None, bool]:
    """The manifest in the tree, else ours of the same name; and whether it is the tree's."""
    try:
        return cell.model()[1], True
    except KitError:
        return _manifest(manifests / cell.benchmark), False


def _manifest(folder: Path) -> Manifest | None:
    try:
        return load_manifest(folder)
    except KitError:
        return None


def accepted_waivers(tree: FinishedTree, given: Path | None) -> tuple[tuple[Waiver, ...], str]:
    """The breaches that are accepted, and words for where they come from.

    Those of the given file, else of the tree's profile as the kit that runs here knows it: a tree
    does not lift rules for itself. Raises UsageError for a file that cannot be read.
    """
    if given is not None and not given.resolve().is_relative_to(tree.root.resolve()):
        return read_waivers(given), str(given)
    profile = given or tree.own_profile()
    if profile is None:
        return (), ""
    try:
        return profile_waivers(profile.stem), f"this kit's profile {profile.stem}"
    except UsageError:
        if given is not None:
            raise
        return (), ""


def _reference_choice(profile: Path | None) -> ReferenceChoice:
    """What the tree's own profile compares with; for any other tree, as the round published it."""
    try:
        choice = load_profile(profile.parent, profile.stem).reference if profile else None
    except KitError:
        choice = None  # another version of the kit wrote it
    return choice or ReferenceChoice(model=REFERENCE, f1_of=F1Of.ROUND)


def _runs(found: Sequence[ClaimedCell]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every run by its name, which begins with the system where there are several."""
    several = len({(cell.place.owner, cell.system) for cell in found}) > 1
    for cell in found:
        name = f"{cell.system}/{cell}" if several else str(cell)
        for mode in Mode:
            try:
                yield f"{name}/{mode}", cell.metadata(mode)
            except KitError:
                continue
