"""TRE: the root and its divisions, what submitters share by mistake; WAV: waivers."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.facts import TreeFacts
from submission.checks.model import Breach, Counterpart, Scope, Severity, Waiver, rule
from submission.checks.rules.references import FOLDER_CHECKS, TREE_LAYOUT, TRUNCATION
from submission.checks.words import SHOWN_PLACES, listed, shown_digest, suggested
from submission.policy import Policy
from submission.tree.grammar import SUMS_FILE


@rule(
    id="TRE001",
    title="A division folder has the exact name of the division",
    fault="A division folder has not the exact name of the division",
    scope=Scope.TREE,
    reference=TREE_LAYOUT,
    hint="rename the folder; the official checker skips it and everything in it",
    official=Counterpart.LOGS_ONLY,
)
def _misnamed_division(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    for name in facts.root.folders:
        if name not in policy.divisions and name.casefold() in policy.divisions:
            yield Breach(at=name, found=name, expected=name.casefold())


@rule(
    id="TRE002",
    title="The root holds division folders only",
    fault="The root holds something beside the division folders",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference=TREE_LAYOUT,
    hint="move the folder out of the submission; nothing in it is checked",
    official=Counterpart.LOGS_ONLY,
)
def _foreign_root_folder(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    known = {*policy.divisions, *policy.ignored_root_folders}
    for name in facts.root.folders:
        if name not in known and name.casefold() not in policy.divisions:
            yield Breach(
                at=name,
                found=name,
                expected=f"{listed(policy.divisions)}{suggested(name, policy.divisions)}",
            )


@rule(
    id="TRE003",
    title="The root, the divisions and the submitters are real folders, not links",
    fault="The root, a division or a submitter is a link",
    scope=Scope.TREE,
    reference=FOLDER_CHECKS,
    hint="replace the link by what it leads to",
    official=Counterpart.SILENT,
)
def _linked_root(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, folder in (("", facts.root), *facts.folders.items()):
        for name, leads_to in folder.links.items():
            at = f"{path}/{name}" if path else name
            yield Breach(at=at, found=f"a link ({leads_to})", expected="a real file or folder")


@rule(
    id="TRE004",
    title="A division folder holds submitters only",
    fault="A division folder holds something beside submitters",
    scope=Scope.TREE,
    severity=Severity.NOTE,
    reference=TREE_LAYOUT,
    hint="move the file into a submitter's folder or out of the tree",
)
def _stray_in_division(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for division, folder in facts.folders.items():
        for name in folder.files:
            yield Breach(at=f"{division}/{name}", found="a file", expected="submitters only")


@rule(
    id="TRE005",
    title="The round of a tree that does not name it is known by its logs",
    fault="The tree does not name its round; its logs do",
    scope=Scope.TREE,
    severity=Severity.NOTE,
    reference="mlperf.conf of the round, seeds",
    hint="nothing to do if it is the right one; --version says another",
)
def _recognised(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    known = facts.recognised
    if known is not None and known.reason:
        expected = f"checked as a tree of {policy.round}"
        yield Breach(at="", found=known.reason, expected=expected)


@rule(
    id="TRE006",
    title="The logs of a tree are of one round",
    fault="The logs of the tree are of several rounds",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference="mlperf.conf of the round, seeds",
    hint="submit the runs of one round; --version says of which the tree is",
)
def _mixed(facts: TreeFacts, policy: Policy) -> Iterator[Breach]:
    known = facts.recognised
    for name, path in known.others.items() if known is not None else ():
        yield Breach(at=path, found=f"the seeds of {name}", expected=f"those of {policy.round}")


@rule(
    id="TRE034",
    title="A log belongs to one run",
    fault="A log belongs to several runs",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference="inference_rules.adoc, section 'Scenarios' (each result is a run of its own)",
    hint="submit the log of the run that this folder is about",
)
def _duplicate_logs(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    """A warning: published results share accuracy logs. Copied latencies are TRE044's alone."""
    for copy, original in facts.copied_logs:
        yield Breach(at=copy, found=f"the same bytes as {original}", expected="a run of its own")


@rule(
    id="TRE036",
    title="A digest belongs to one accuracy log",
    fault="A digest belongs to several accuracy logs",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="submit the digest of the log before truncation; one of the two is of another log",
)
def _conflicting_digests(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, other in facts.conflicting_digests:
        found = f"the digest of {other} too, whose log is another one"
        yield Breach(at=path, key="hash", found=found, expected="a digest for each log")


@rule(
    id="TRE037",
    title="An accuracy log has one accuracy",
    fault="One accuracy log has several accuracies",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference=TRUNCATION,
    hint="score the log again, and give what the script prints wherever the log is submitted",
)
def _conflicting_scores(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, other in facts.conflicting_scores:
        found = f"another accuracy than in {other}, of the same log"
        yield Breach(at=path, key="hash", found=found, expected="the same accuracy")


@rule(
    id="TRE044",
    title="The latencies of a run are not those of another run",
    fault="A run has the latencies of another run",
    scope=Scope.TREE,
    reference="inference_rules.adoc, section 'Scenarios' (each result is a run of its own)",
    hint="submit the log of the run that this folder is about",
)
def _copied_figures(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    """Another name, date or seed does not make another run of a log."""
    for copy, original in facts.copied_figures:
        found = f"to the nanosecond the latencies of {original}"
        yield Breach(at=copy, found=found, expected="a run of its own")


@rule(
    id="TRE045",
    title="An inferred accuracy is that of the scenario that was run",
    fault="An inferred accuracy is not that of the scenario that was run",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference="inference_rules.adoc, section 'Scenarios', edge systems: inferred results",
    hint="give the accuracy of the run that the result is inferred from",
    requires={"TRE037"},
)
def _inferred_scores(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    for path, other in facts.inferred_scores:
        found = f"another accuracy than in {other}, of the scenario that was run"
        yield Breach(at=path, found=found, expected="the same accuracy")


@rule(
    id="TRE046",
    title="Every file is as SHA256SUMS at the root says, where there is one",
    fault="A file is not as SHA256SUMS says",
    scope=Scope.TREE,
    severity=Severity.WARNING,
    reference="the tree's own SHA256SUMS; no round asks for it",
    hint="find out what changed the file, and restore it or measure again",
)
def _other_sums(facts: TreeFacts, _policy: Policy) -> Iterator[Breach]:
    """An edit after the runs: mlperf-kit verify says the same, of trees of this kit only."""
    for each in facts.sums[:SHOWN_PLACES]:
        found = f"SHA-256 {shown_digest(each.found)}" if each.found else "no such file"
        expected = f"{shown_digest(each.expected or '')} as in {SUMS_FILE}"
        yield Breach(at=each.path, found=found, expected=expected)
    if (more := len(facts.sums) - SHOWN_PLACES) > 0:
        yield Breach(at=SUMS_FILE, found=f"{more} more of this kind", expected="none")


@rule(
    id="WAV001",
    title="Every waiver is needed",
    fault="A waiver is not needed",
    scope=Scope.WAIVERS,
    severity=Severity.WARNING,
    reference="the list of waivers given with --waivers",
    hint="remove the waiver",
)
def _unused_waivers(waivers: tuple[Waiver, ...], _policy: Policy) -> Iterator[Breach]:
    for waiver in waivers:
        yield Breach(
            at=waiver.path, key=waiver.rule, found="no finding needs it", expected="a use for it"
        )
