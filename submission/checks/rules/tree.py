"""TRE: the folders and files of a submission, whatever they are for."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.anomalies import KEPT
from submission.checks.anomalies import AnomalyKind as Kind
from submission.checks.facts import SubmitterFacts, TreeFacts
from submission.checks.model import Breach, Counterpart, Rule, Scope, Severity, Test, Waiver
from submission.checks.words import did_you_mean, listed
from submission.policy import Policy

LAYOUT = "submission_rules.adoc, section 'Submission', directory structure"
EVIDENCE = ("results", "measurements", "compliance", "systems")
# Kinds that reject only where a verdict rests on the file
ELSEWHERE = {
    Kind.CONTROL: "{detail}",
    Kind.OTHER: "a pipe, socket or device",
    Kind.POINTER: "a git LFS pointer",
}
HYGIENE = "submission checker of the round, folder checks"


def _misnamed_division(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    for name in facts.root.folders:
        if name not in policy.divisions and name.casefold() in policy.divisions:
            yield Breach(at=name, found=name, expected=name.casefold())


def _foreign_root_folder(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    known = {*policy.divisions, *policy.ignored_root_folders}
    for name in facts.root.folders:
        if name not in known and name.casefold() not in policy.divisions:
            yield Breach(
                at=name,
                found=name,
                expected=f"{listed(policy.divisions)}{did_you_mean(name, policy.divisions)}",
            )


def _linked_root(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, folder in (("", facts.root), *facts.folders.items()):
        for name, leads_to in folder.links.items():
            at = f"{path}/{name}" if path else name
            yield Breach(at=at, found=f"a link ({leads_to})", expected="a real file or folder")


def _stray_in_division(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for division, folder in facts.folders.items():
        for name in folder.files:
            yield Breach(at=f"{division}/{name}", found="a file", expected="submitters only")


def _odd(kind: Kind, found: str, expected: str) -> Test:
    """A test for one kind of oddity; ``found`` may use the oddity's detail."""

    def test(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
        for oddity in facts.anomalies.of(kind):
            if kind in ELSEWHERE and not _is_evidence(facts, oddity.path):
                continue
            words = found.format(detail=oddity.detail)
            yield Breach(at=oddity.path, found=words, expected=expected)
        more = facts.anomalies.counts.get(kind, 0) - KEPT
        if more > 0:
            yield Breach(at=facts.path, found=f"{more} more of this kind", expected=expected)

    return test


def _odd_elsewhere(facts: SubmitterFacts, _policy: Policy) -> Iterator[Breach]:
    """What is odd in code and texts, which no verdict rests on."""
    for kind, found in ELSEWHERE.items():
        for oddity in facts.anomalies.of(kind):
            if not _is_evidence(facts, oddity.path):
                words = found.format(detail=oddity.detail)
                yield Breach(at=oddity.path, found=words, expected="a file that anybody can read")


def _is_evidence(facts: SubmitterFacts, path: str) -> bool:
    return path.removeprefix(f"{facts.path}/").split("/")[0] in EVIDENCE


def _too_large(facts: SubmitterFacts, policy: Policy) -> Iterator[Breach]:
    yield from _odd(Kind.LARGE, "{detail}", f"at most {policy.max_file_bytes} bytes")(facts, policy)


def _unused_waivers(waivers: tuple[Waiver, ...], _policy: Policy) -> Iterator[Breach]:
    for waiver in waivers:
        yield Breach(
            at=waiver.path, key=waiver.rule, found="no finding needs it", expected="a use for it"
        )


def _duplicate_logs(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for copy, original in facts.copied_logs:
        yield Breach(at=copy, found=f"the same bytes as {original}", expected="a run of its own")


def _digests_at_odds(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, other in facts.conflicting_digests:
        found = f"the digest of {other} too, whose log is another one"
        yield Breach(at=path, key="hash", found=found, expected="a digest for each log")


RULES = (
    Rule(
        id="TRE001",
        title="A division folder is spelt exactly",
        scope=Scope.TREE,
        reference=LAYOUT,
        hint="rename the folder; the official checker passes over it and all that is in it",
        test=_misnamed_division,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="TRE002",
        title="The root holds division folders only",
        scope=Scope.TREE,
        severity=Severity.WARNING,
        reference=LAYOUT,
        hint="move the folder out of the submission; nothing in it is looked at",
        test=_foreign_root_folder,
        official=Counterpart.LOGS_ONLY,
    ),
    Rule(
        id="TRE003",
        title="The root, the divisions and the submitters are real folders, not links",
        scope=Scope.TREE,
        reference=HYGIENE,
        hint="replace the link by what it leads to",
        test=_linked_root,
        official=Counterpart.SILENT,
    ),
    Rule(
        id="TRE004",
        title="A division folder holds submitters only",
        scope=Scope.TREE,
        severity=Severity.NOTE,
        reference=LAYOUT,
        hint="move the file into a submitter's folder or out of the tree",
        test=_stray_in_division,
    ),
    Rule(
        id="TRE010",
        title="No file is a symbolic link",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="replace the link by a copy of the file",
        test=_odd(Kind.FILE_LINK, "a link ({detail})", "a regular file"),
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE011",
        title="No folder is a symbolic link",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="replace the link by the folder itself; it is not followed here",
        test=_odd(Kind.FOLDER_LINK, "a link to a folder", "a real folder"),
    ),
    Rule(
        id="TRE012",
        title="No file is larger than the repository takes",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="split the file or leave it out; weights may be linked to instead",
        test=_too_large,
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE013",
        title="No name begins with a dot",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="remove the file or rename it (.gitkeep counts too)",
        test=_odd(Kind.DOT, "a leading dot", "a name without a leading dot"),
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE014",
        title="No name has a blank in it",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="write an underscore or a hyphen instead",
        test=_odd(Kind.BLANK, "a blank", "a name without blanks"),
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE015",
        title="No Python cache is submitted",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="delete the folder",
        test=_odd(Kind.CACHE, "a __pycache__ folder", "sources only"),
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE016",
        title="No folder is empty",
        scope=Scope.SUBMITTER,
        reference=HYGIENE,
        hint="delete the folder or put into it what belongs there",
        test=_odd(Kind.EMPTY, "an empty folder", "at least one file"),
        official=Counterpart.REFUSES,
    ),
    Rule(
        id="TRE017",
        title="Names differ by more than case",
        scope=Scope.SUBMITTER,
        severity=Severity.WARNING,
        reference="git on file systems that fold case",
        hint="rename one of them; on some machines only one can be checked out",
        test=_odd(Kind.CLASH, "{detail}", "names that differ when case is folded"),
    ),
    Rule(
        id="TRE018",
        title="Names are printable UTF-8",
        scope=Scope.SUBMITTER,
        reference="git-friendly names (submission checker of the round, folder checks)",
        hint="rename the file",
        test=_odd(Kind.CONTROL, "{detail}", "printable characters"),
    ),
    Rule(
        id="TRE019",
        title="There are only files and folders",
        scope=Scope.SUBMITTER,
        reference=LAYOUT,
        hint="remove the pipe, socket or device",
        test=_odd(Kind.OTHER, "a pipe, socket or device", "a regular file or a folder"),
    ),
    Rule(
        id="TRE020",
        title="Every folder can be read",
        scope=Scope.SUBMITTER,
        reference=LAYOUT,
        hint="give read and search permission",
        test=_odd(Kind.UNREADABLE, "{detail}", "a folder that can be listed"),
        official=Counterpart.SILENT,
    ),
    Rule(
        id="TRE021",
        title="Files are content, not git LFS pointers",
        scope=Scope.SUBMITTER,
        reference=LAYOUT,
        hint="run 'git lfs pull', or check in the file itself",
        test=_odd(Kind.POINTER, "a git LFS pointer", "the file's own content"),
    ),
    Rule(
        id="TRE022",
        title="Code and texts are files with printable names",
        scope=Scope.SUBMITTER,
        severity=Severity.WARNING,
        reference=LAYOUT,
        hint="rename the file, or replace it by its content ('git lfs pull')",
        test=_odd_elsewhere,
    ),
    Rule(
        id="TRE034",
        title="A log belongs to one run",
        scope=Scope.TREE,
        severity=Severity.WARNING,
        reference="inference_rules.adoc, section 'Scenarios' (each result is a run of its own)",
        hint="hand in the log of the run that this folder is about",
        test=_duplicate_logs,
    ),
    Rule(
        id="TRE036",
        title="A digest is of one accuracy log",
        scope=Scope.TREE,
        severity=Severity.WARNING,
        reference="submission_rules.adoc, truncation of mlperf_log_accuracy.json",
        hint="hand in the digest of the log before truncation; one of the two is of another log",
        test=_digests_at_odds,
    ),
    Rule(
        id="WAV001",
        title="Every waiver is needed",
        scope=Scope.WAIVERS,
        severity=Severity.WARNING,
        reference="the list of waivers given with --waivers",
        hint="remove the waiver",
        test=_unused_waivers,
    ),
)
