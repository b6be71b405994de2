"""A whole tree: who is in it, the rules of its root, and the work shared among processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from submission.checks.apply import Tally, bug_finding, without_symptoms
from submission.checks.book import choose
from submission.checks.facts import Options, TreeFacts
from submission.checks.model import (
    OfficialSummary,
    OfficialVerdict,
    Report,
    Result,
    Scope,
    Waiver,
)
from submission.checks.reuse import conflicting_digests, copied_logs
from submission.checks.session import NOTHING, Above, Job, Part, Session
from submission.checks.words import did_you_mean, listed, shown, shown_path
from submission.errors import UsageError
from submission.policy import load_policy
from submission.tree.listing import Folder, scan

SYSTEMS_WORTH_A_PROCESS = 8
MOST_PROCESSES = 64


@dataclass(frozen=True, kw_only=True)
class Task:
    """One system, for a worker, with what holds because of what contains it."""

    division: str
    submitter: str
    system: str
    above: Above


def check_tree(
    root: Path,
    *,
    version: str = "v3.0",
    submitter: str | None = None,
    waivers: Iterable[Waiver] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    options: Options | None = None,
    only: str | None = None,
    jobs: int = 1,
) -> Report:
    """Check a submission tree against the rules of a round; nothing in it is written.

    ``jobs`` 0 means one process for each core, if the tree is worth it. Raises UsageError if the
    folder, its divisions, the submitter or a rule id do not exist; faults in the tree are findings.
    """
    job = Job(
        root=root,
        policy=load_policy(version),
        options=options or Options(),
        chosen=choose(tuple(select), tuple(ignore)),
        waivers=tuple(waivers),
        only=relative_to_root(root, only),
    )
    facts = tree_facts(job, submitter)
    session = Session(job)
    part, tally = Part(), Tally()
    for done, counted in _work(session, facts, _processes(session, facts, jobs)):
        part.add(done)
        tally.add(counted)
    _tree_rules(session, facts, part, tally)
    _unused_waivers(session, tally)
    return _report(job, part, tally)


def relative_to_root(root: Path, only: str | None) -> str | None:
    """A path given from the root or from the current folder, as a path of the tree."""
    if only is None:
        return None
    for given in (root / only, Path(only)):
        if given.is_dir() and given.resolve().is_relative_to(root.resolve()):
            path = given.resolve().relative_to(root.resolve()).as_posix()
            return None if path == "." else path
    raise UsageError(
        f"no folder {only!r} in the tree", detail=f"looked in {root}", hint="check --only"
    )


def tree_facts(job: Job, submitter: str | None) -> TreeFacts:
    """The root, its divisions and submitters; raises UsageError where there is nothing to check."""
    if not job.root.is_dir():
        raise UsageError(
            "no such folder", detail=str(job.root), hint="give the root of the tree as --input"
        )
    top = scan(job.root)
    divisions = [name for name in job.policy.divisions if name in top.folders]
    if not divisions:
        raise UsageError(
            "no division folder",
            detail=f"in {job.root}: {listed(top.folders) or 'no folders'}{_case_hint(top, job)}",
            hint=f"--input is the folder that holds {', '.join(job.policy.divisions)}",
        )
    folders = {division: scan(job.root / division) for division in divisions}
    every = {name for folder in folders.values() for name in folder.folders}
    if submitter is not None and submitter not in every:
        raise UsageError(
            f"no submitter {shown(submitter)!r}",
            detail=f"known: {listed(every, 20)}{did_you_mean(submitter, every)}",
            hint="give the name as the folder has it",
        )
    chosen = {
        division: tuple(n for n in folder.folders if submitter in (None, n))
        for division, folder in folders.items()
    }
    return TreeFacts(root=top, submitters=chosen, folders=folders)


def _case_hint(top: Folder, job: Job) -> str:
    wrong = [name for name in top.folders if name.casefold() in job.policy.divisions]
    return f"; division names are lower case, found {listed(wrong)}" if wrong else ""


def _processes(session: Session, facts: TreeFacts, jobs: int) -> int:
    if jobs == 1:
        return 1
    listing = session.gatherer.listing
    systems = sum(
        len(listing.children(f"{division}/{name}/results"))
        for division, names in facts.submitters.items()
        for name in names
    )
    if jobs > 1:
        return max(min(jobs, systems, MOST_PROCESSES), 1)
    return len(os.sched_getaffinity(0)) if systems > SYSTEMS_WORTH_A_PROCESS else 1


def _work(session: Session, facts: TreeFacts, processes: int) -> Iterator[tuple[Part, Tally]]:
    """Every submitter with its systems; what comes back is complete, in no fixed order."""
    if processes == 1:
        for task in _tasks(session, facts):
            yield _one(session, task)
        yield session.part, session.judge.tally
        return
    # imported where they are needed: a small tree is checked in the time that they take
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    context = get_context("fork")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_start_worker, initargs=(session.job,)
    ) as pool:
        waiting = [pool.submit(_in_worker, task) for task in _tasks(session, facts)]
        for future in waiting:
            yield future.result()
    yield session.part, session.judge.tally


def _tasks(session: Session, facts: TreeFacts) -> Iterator[Task]:
    """The systems of every submitter; the submitters' own rules are tried on the way."""
    listing = session.gatherer.listing
    for division, names in facts.submitters.items():
        for name in names:
            path = f"{division}/{name}"
            if not session.job.lets(path):
                continue
            _, above = session.submitter(division, name)
            for system in listing.children(f"{path}/results"):
                if session.job.lets(f"{path}/results/{system}"):
                    yield Task(division=division, submitter=name, system=system, above=above)
            listing.forget(path)


def _one(session: Session, task: Task) -> tuple[Part, Tally]:
    """One system, judged by a session that is left as it was."""
    part, tally = session.part, session.judge.tally
    session.part, session.judge.tally = Part(), Tally()
    path = f"{task.division}/{task.submitter}"
    try:
        submitter = session.gatherer.submitter(task.division, task.submitter, walk=False)
        session.system(submitter, task.system, task.above)
    except Exception as error:  # noqa: BLE001 - never a traceback, whatever the files hold
        where = f"{path}/results/{task.system}"
        session.judge.tally.findings.append(bug_finding(error, where, "gathering"))
    done = session.part, session.judge.tally
    session.part, session.judge.tally = part, tally
    for area in ("results", "measurements", "compliance"):
        session.gatherer.listing.forget(f"{path}/{area}/{task.system}")
    return done


_worker: list[Session] = []


def _start_worker(job: Job) -> None:
    _worker[:] = [Session(job)]


def _in_worker(task: Task) -> tuple[Part, Tally]:
    return _one(_worker[0], task)


def _tree_rules(session: Session, facts: TreeFacts, part: Part, tally: Tally) -> None:
    if session.job.only is not None:
        return
    whole = TreeFacts(
        root=facts.root,
        submitters=facts.submitters,
        folders=facts.folders,
        copied_logs=copied_logs(session.job.root, part.fingerprints),
        conflicting_digests=conflicting_digests(part.digests),
    )
    session.judge.tally = Tally()
    session.judge.apply(Scope.TREE, whole, division="", broken=NOTHING, at="")
    tally.add(session.judge.tally)


def _unused_waivers(session: Session, tally: Tally) -> None:
    unused = tuple(sorted(set(session.job.waivers) - tally.used_waivers))
    session.judge.tally = Tally()
    session.judge.apply(Scope.WAIVERS, unused, division="", broken=NOTHING, at="")
    tally.add(session.judge.tally)


def _report(job: Job, part: Part, tally: Tally) -> Report:
    findings = sorted(without_symptoms(set(tally.findings)), key=lambda found: found.place())
    results = tuple(sorted(part.results, key=lambda result: result.path))
    return Report(
        round=job.policy.round,
        results=results,
        findings=tuple(findings),
        official=official_summary(results, part),
        skipped=dict(sorted(tally.skipped.items())),
    )


def official_summary(results: tuple[Result, ...], part: Part) -> OfficialSummary:
    """How the official checker would end on the whole tree."""
    listed_results = sum(r.official is OfficialVerdict.OK for r in results)
    refused = {shown_path(path): shown(why, 400) for path, why in part.refused.items()}
    crash = min(part.crashes, default=None)
    return OfficialSummary(
        refused=tuple(sorted(refused.items())),
        crash=shown(crash, 400) if crash is not None else None,
        results=listed_results,
        exit_code=1 if refused or part.unlisted or crash is not None else 0,
    )
