"""Checks a whole tree: who is in it, the rules of its root, and the work shared among processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from submission.checks import official
from submission.checks.book import choose, matching
from submission.checks.engine import judge, make_engine
from submission.checks.facts import Options, TreeFacts
from submission.checks.findings import without_symptoms
from submission.checks.gather import Gatherer
from submission.checks.judging import Inherited, TreeCheck, guarded, judge_submitter, judge_system
from submission.checks.model import Scope, Waiver
from submission.checks.outcome import rejected_from_outside
from submission.checks.partial import EMPTY, PartialResult, merge
from submission.checks.results import OfficialSummary, OfficialVerdict, Report, Result
from submission.checks.reuse import (
    conflicting_digests,
    conflicting_scores,
    copied_figures,
    copied_logs,
    inferred_scores,
    without_figures,
)
from submission.checks.words import listed, shown, shown_path, suggested
from submission.errors import UsageError
from submission.policy import Policy, load_policy
from submission.tree.grammar import LAYOUTS, OF_RESULTS, Area, submitter_folder
from submission.tree.listing import Folder, Listing, scan
from submission.tree.recognised import Recognised, recognise
from submission.tree.sums import stated_differences

SYSTEMS_WORTH_A_PROCESS = 8
MOST_PROCESSES = 64
SHARES = 4
"""A process has about this many shares of the systems; a submitter with more than one is split."""


Watch = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class SystemTask:
    """One system to check, and what it inherits from its submitter; may go to a worker process."""

    division: str
    submitter: str
    system: str
    above: Inherited


def check_tree(
    root: Path | str,
    *,
    version: str | None = None,
    submitter: str | None = None,
    waivers: Iterable[Waiver] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    options: Options | None = None,
    only: str | None = None,
    jobs: int = 1,
    watch: Watch | None = None,
) -> Report:
    """Check a submission tree against the rules of a round; nothing in it is written.

    Without ``version`` the round is the one that the tree says it is of, else the one that its logs
    show, else the default.
    ``jobs`` 0 means one process for each core, if the tree is worth it. ``watch`` is called with
    the number of results whenever more of them are done. Raises UsageError if the folder, its
    divisions, the submitter or a rule id do not exist; faults in the tree are findings.
    """
    root = Path(root)
    listing = Listing(root)
    known = recognise(root, listing) if version is None else Recognised(round=version)
    options, waivers, ignore = options or Options(), tuple(waivers), tuple(ignore)
    policy = load_policy(known.round).with_names(options.model_names)
    engine = make_engine(policy, choose(tuple(select), ignore), waivers)
    only = relative_to_root(root, only)
    facts = replace(tree_facts(root, policy, submitter), recognised=known)
    gatherer = Gatherer(listing=listing, policy=policy, options=options)
    check = TreeCheck(engine=engine, gatherer=gatherer, only=only)
    systems = merge(_watched(_parts(check, facts, _processes(check, facts, jobs)), watch))
    whole = merge((systems, _tree_rules(check, facts, systems)))
    report = _report(policy, merge((whole, _unused_waivers(check, waivers, whole))))
    return replace(report, ignored=tuple(sorted(matching(ignore))))


def relative_to_root(root: Path, only: str | None) -> str | None:
    """A folder given from the root or from the current folder, as a path of the tree.

    None for the whole tree; raises UsageError if there is no such folder.
    """
    if only is None:
        return None
    for given in (root / only, Path(only)):
        if given.is_dir() and given.resolve().is_relative_to(root.resolve()):
            path = given.resolve().relative_to(root.resolve()).as_posix()
            return None if path == "." else path
    raise UsageError(
        f"no folder {only!r} in the tree",
        detail=f"looked in {root}",
        hint="give --only a folder of the tree",
    )


def tree_facts(root: Path, policy: Policy, submitter: str | None) -> TreeFacts:
    """The root, its divisions and submitters; raises UsageError where there is nothing to check."""
    if not root.is_dir():
        raise UsageError(
            "no such folder", detail=str(root), hint="give the root of the tree as --input"
        )
    top = scan(root)
    divisions = [name for name in policy.divisions if name in top.folders]
    if not divisions:
        there = f"{listed(top.folders) or 'no folders'}{_case_hint(top, policy)}"
        raise UsageError(
            "no division folder",
            detail=f"in {root}: {there}",
            hint=f"--input is the folder that holds {', '.join(policy.divisions)}",
        )
    folders = {division: scan(root / division) for division in divisions}
    every = {name for folder in folders.values() for name in folder.folders}
    if submitter is not None and submitter not in every:
        raise UsageError(
            f"no submitter {shown(submitter)!r}",
            detail=f"known: {listed(every, 20)}{suggested(submitter, every)}",
            hint="give the name of the submitter's folder",
        )
    chosen = {
        division: tuple(n for n in folder.folders if submitter in (None, n))
        for division, folder in folders.items()
    }
    return TreeFacts(root=top, submitters=chosen, folders=folders)


def _case_hint(top: Folder, policy: Policy) -> str:
    wrong = [name for name in top.folders if name.casefold() in policy.divisions]
    return f"; division names are lower case, found {listed(wrong)}" if wrong else ""


def _processes(check: TreeCheck, facts: TreeFacts, jobs: int) -> int:
    """How many processes to use; 1 is this one alone."""
    if jobs == 1:
        return 1
    systems = _systems(check, [(d, n) for d, names in facts.submitters.items() for n in names])
    if jobs > 1:
        return max(min(jobs, systems, MOST_PROCESSES), 1)
    return len(os.sched_getaffinity(0)) if systems > SYSTEMS_WORTH_A_PROCESS else 1


def _parts(check: TreeCheck, facts: TreeFacts, processes: int) -> Iterator[PartialResult]:
    """Every submitter and every system, in no fixed order."""
    owners = [(d, n) for d, names in facts.submitters.items() for n in names]
    owners = [owner for owner in owners if check.wants(submitter_folder(*owner))]
    if processes == 1:
        for division, name in owners:
            own, tasks = _submitter(check, division, name)
            yield own
            yield from (_system(check, task) for task in tasks)
            check.gatherer.listing.forget(submitter_folder(division, name))
        return
    # imported here: checking a small tree takes no longer than importing them
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    context = get_context("fork")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_start_worker, initargs=(check,)
    ) as pool:
        most = max(_systems(check, owners) // (SHARES * processes), 1)
        waiting, large = [], []
        for owner in owners:
            if _systems(check, [owner]) > most:
                large.append(owner)
            else:
                waiting.append(pool.submit(_submitter_in_worker, *owner))
        for owner in large:
            own, tasks = _submitter(check, *owner)
            yield own
            waiting += [pool.submit(_system_in_worker, task) for task in tasks]
            check.gatherer.listing.forget(submitter_folder(*owner))
        yield from (future.result() for future in waiting)


def _watched(parts: Iterator[PartialResult], watch: Watch | None) -> Iterator[PartialResult]:
    done = 0
    for part in parts:
        done += len(part.results)
        if watch is not None:
            watch(done)
        yield part


def _submitter(
    check: TreeCheck, division: str, name: str
) -> tuple[PartialResult, list[SystemTask]]:
    """What the rules say of a submitter itself, and its systems, still to be checked."""
    above, own = judge_submitter(check, division, name)
    owner = submitter_folder(division, name)
    return own, [
        SystemTask(division=division, submitter=name, system=system, above=above)
        for system in check.folders(check.gatherer.layout.path(Area.RESULTS, owner))
    ]


def _systems(check: TreeCheck, owners: Iterable[tuple[str, str]]) -> int:
    """How many systems of these submitters have results."""
    gatherer = check.gatherer
    folders = (gatherer.layout.path(Area.RESULTS, submitter_folder(*owner)) for owner in owners)
    return sum(len(gatherer.listing.children(folder)) for folder in folders)


def _system(check: TreeCheck, task: SystemTask) -> PartialResult:
    """A system with all its results; what was read of it is forgotten afterwards."""
    owner = submitter_folder(task.division, task.submitter)
    folders = {a: check.gatherer.layout.path(a, owner, task.system) for a in OF_RESULTS}
    found = guarded(folders[Area.RESULTS], _gathered_system, check, task)
    for folder in folders.values():
        check.gatherer.listing.forget(folder)
    return found


def _gathered_system(check: TreeCheck, task: SystemTask) -> PartialResult:
    submitter = check.gatherer.submitter(task.division, task.submitter, walk=False)
    return judge_system(check, submitter, task.system, task.above)


_worker: list[TreeCheck] = []


def _start_worker(check: TreeCheck) -> None:
    _worker[:] = [check]


def _submitter_in_worker(division: str, name: str) -> PartialResult:
    """A submitter with all its systems: what is read of one serves the next."""
    check = _worker[0]
    own, tasks = _submitter(check, division, name)
    whole = merge((own, *(_system(check, task) for task in tasks)))
    check.gatherer.listing.forget(submitter_folder(division, name))
    return whole


def _system_in_worker(task: SystemTask) -> PartialResult:
    check = _worker[0]
    found = _system(check, task)
    check.gatherer.listing.forget(submitter_folder(task.division, task.submitter))
    return found


def _tree_rules(check: TreeCheck, facts: TreeFacts, systems: PartialResult) -> PartialResult:
    """The rules about the tree as a whole; not tried where only a part of it is checked."""
    if check.only is not None:
        return EMPTY
    figures = copied_figures(systems.figures)
    whole = replace(
        facts,
        copied_logs=without_figures(
            copied_logs(check.gatherer.root, systems.fingerprints), figures
        ),
        copied_figures=figures,
        conflicting_digests=conflicting_digests(systems.digests),
        conflicting_scores=conflicting_scores(systems.digests),
        inferred_scores=inferred_scores(systems.scores),
        sums=tuple(stated_differences(check.gatherer.root)),
    )
    judged = judge(check.engine, Scope.TREE, whole, at="").partial
    if check.gatherer.options.skip_root_files:
        return judged
    # the old script lists nothing else then; what it would say of the results is shown all the same
    refused = official.root_faults(check.gatherer.listing.files(""), check.engine.policy)
    return merge((judged, PartialResult(refused=refused)))


def _unused_waivers(
    check: TreeCheck, waivers: Iterable[Waiver], whole: PartialResult
) -> PartialResult:
    unused = tuple(sorted(set(waivers) - whole.used_waivers))
    return judge(check.engine, Scope.WAIVERS, unused, at="").partial


def _report(policy: Policy, whole: PartialResult) -> Report:
    findings = without_symptoms(set(whole.findings))
    judged = rejected_from_outside(whole.results, findings, LAYOUTS[policy.layout])
    results = tuple(sorted(judged, key=lambda result: result.path))
    return Report(
        round=policy.round,
        results=results,
        findings=tuple(sorted(findings, key=lambda finding: finding.order())),
        official=official_summary(results, whole),
        skipped=dict(sorted(whole.skipped.items())),
    )


def official_summary(results: tuple[Result, ...], whole: PartialResult) -> OfficialSummary:
    """How the official checker would end on the whole tree."""
    refused = {shown_path(path): shown(why, 400) for path, why in whole.refused.items()}
    crash = min(whole.crashes, default=None)
    return OfficialSummary(
        refused=tuple(sorted(refused.items())),
        crash=shown(crash, 400) if crash is not None else None,
        results=sum(result.official is OfficialVerdict.OK for result in results),
        exit_code=1 if refused or whole.unlisted or crash is not None else 0,
    )
