"""TRE: the names and types of files and folders, whatever they are for."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.anomalies import KEPT
from submission.checks.facts import SubmitterFacts
from submission.checks.model import Breach, Counterpart, Scope, Severity, rule
from submission.checks.rules.references import FOLDER_CHECKS, TREE_LAYOUT
from submission.policy import Policy
from submission.terms import AnomalyKind
from submission.tree.grammar import OF_RESULTS, Area

EVIDENCE = (*OF_RESULTS, Area.SYSTEMS)
# Kinds that reject only where a verdict rests on the file
ELSEWHERE = {
    AnomalyKind.CONTROL: "{detail}",
    AnomalyKind.OTHER: "a pipe, socket or device",
    AnomalyKind.POINTER: "a git LFS pointer",
}


@rule(
    id="TRE010",
    title="No file is a symbolic link",
    fault="A file is a symbolic link",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="replace the link by a copy of the file",
    official=Counterpart.REFUSES,
)
def _linked_file(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    for kind in (AnomalyKind.FILE_LINK, AnomalyKind.BROKEN_LINK):
        yield from _forbidden(facts, policy, kind, "a link ({detail})", "a regular file")


@rule(
    id="TRE011",
    title="No folder is a symbolic link",
    fault="A folder is a symbolic link",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="replace the link by the folder itself; it is not followed here",
)
def _linked_folder(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(facts, policy, AnomalyKind.FOLDER_LINK, "a link to a folder", "a real folder")


@rule(
    id="TRE012",
    title="No file is larger than the repository takes",
    fault="A file is larger than the repository takes",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="split the file or leave it out; weights may be linked to instead",
    official=Counterpart.REFUSES,
)
def _too_large(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(
        facts, policy, AnomalyKind.LARGE, "{detail}", f"at most {policy.max_file_bytes} bytes"
    )


@rule(
    id="TRE013",
    title="No name begins with a dot",
    fault="A name begins with a dot",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="remove the file or rename it (.gitkeep counts too)",
    official=Counterpart.REFUSES,
)
def _leading_dot(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(
        facts, policy, AnomalyKind.DOT, "a leading dot", "a name without a leading dot"
    )


@rule(
    id="TRE014",
    title="No name contains a space",
    fault="A name contains a space",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="write an underscore or a hyphen instead",
    official=Counterpart.REFUSES,
)
def _blank(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(facts, policy, AnomalyKind.BLANK, "a space", "a name without spaces")


@rule(
    id="TRE015",
    title="No Python cache is submitted",
    fault="A Python cache is submitted",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="delete the folder",
    official=Counterpart.REFUSES,
)
def _python_cache(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(facts, policy, AnomalyKind.CACHE, "a __pycache__ folder", "sources only")


@rule(
    id="TRE016",
    title="No folder is empty",
    fault="A folder is empty",
    scope=Scope.SUBMITTER,
    reference=FOLDER_CHECKS,
    hint="delete the folder or put into it what belongs there",
    official=Counterpart.REFUSES,
)
def _empty_folder(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    return _forbidden(facts, policy, AnomalyKind.EMPTY, "an empty folder", "at least one file")


@rule(
    id="TRE017",
    title="Names differ by more than case",
    fault="Names differ by case only",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference="git on file systems that fold case",
    hint="rename one of them; on some machines only one can be checked out",
)
def _case_clash(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    return _anomalies(facts, AnomalyKind.CLASH, "{detail}", "names that differ when case is folded")


@rule(
    id="TRE018",
    title="Names are printable UTF-8",
    fault="A name is not printable UTF-8",
    scope=Scope.SUBMITTER,
    reference="git-friendly names (submission checker of the round, folder checks)",
    hint="rename the file",
)
def _unprintable(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    return _anomalies(facts, AnomalyKind.CONTROL, "{detail}", "printable characters")


@rule(
    id="TRE019",
    title="There are only files and folders",
    fault="Something is neither a file nor a folder",
    scope=Scope.SUBMITTER,
    reference=TREE_LAYOUT,
    hint="remove the pipe, socket or device",
)
def _neither_file_nor_folder(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    return _anomalies(
        facts, AnomalyKind.OTHER, "a pipe, socket or device", "a regular file or a folder"
    )


@rule(
    id="TRE020",
    title="Every folder can be read",
    fault="A folder cannot be read",
    scope=Scope.SUBMITTER,
    reference=TREE_LAYOUT,
    hint="give read and search permission",
    official=Counterpart.SILENT,
)
def _unreadable_folder(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    return _anomalies(facts, AnomalyKind.UNREADABLE, "{detail}", "a folder that can be listed")


@rule(
    id="TRE021",
    title="Files are content, not git LFS pointers",
    fault="A file is a git LFS pointer instead of its content",
    scope=Scope.SUBMITTER,
    reference=TREE_LAYOUT,
    hint="run 'git lfs pull', or check in the file itself",
)
def _lfs_pointer(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    return _anomalies(facts, AnomalyKind.POINTER, "a git LFS pointer", "the file's own content")


@rule(
    id="TRE022",
    title="Code and texts are files with printable names",
    fault="Code or a text is not a file with a printable name",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference=TREE_LAYOUT,
    hint="rename the file, or replace it by its content ('git lfs pull')",
)
def _anomalies_elsewhere(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    """Anomalies in code and texts, on which no verdict rests."""
    for kind, found in ELSEWHERE.items():
        for anomaly in facts.anomalies.of(kind):
            if not _is_evidence(facts, anomaly.path):
                words = found.format(detail=anomaly.detail)
                yield Breach(at=anomaly.path, found=words, expected="a file that anybody can read")


@rule(
    id="TRE043",
    title="Nothing is in the tree that git, or another machine, stumbles over",
    fault="Git, or another machine, would stumble over something in the tree",
    scope=Scope.SUBMITTER,
    severity=Severity.WARNING,
    reference="git, and the folder checks of earlier rounds",
    hint="remove or rename it; the checker of the round does not look, others may",
)
def _discouraged(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    """What the round does not forbid in writing."""
    for kind in policy.discouraged_anomalies:
        yield from _anomalies(facts, kind, str(kind), "nothing of this kind")


def _forbidden(
    facts: SubmitterFacts, policy: Policy, kind: AnomalyKind, found: str, expected: str
) -> Iterator[Breach]:
    """A breach for each anomaly of a kind that the round forbids."""
    if kind in policy.forbidden_anomalies:
        yield from _anomalies(facts, kind, found, expected)


def _anomalies(
    facts: SubmitterFacts, kind: AnomalyKind, found: str, expected: str
) -> Iterator[Breach]:
    """A breach for each anomaly of a kind; ``found`` may use its detail."""
    for anomaly in facts.anomalies.of(kind):
        if kind in ELSEWHERE and not _is_evidence(facts, anomaly.path):
            continue
        yield Breach(at=anomaly.path, found=found.format(detail=anomaly.detail), expected=expected)
    more = facts.anomalies.counts.get(kind, 0) - KEPT
    if more > 0:
        yield Breach(at=facts.path, found=f"{more} more of this kind", expected=expected)


def _is_evidence(facts: SubmitterFacts, path: str) -> bool:
    found = facts.layout.locate(path)
    return found is not None and found.area in EVIDENCE
