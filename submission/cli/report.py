"""The command ``report``: trees to one page of HTML and the same as Markdown."""

from __future__ import annotations

import argparse
import string
import webbrowser
from contextlib import ExitStack
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from submission.checks.reports.document import Document
from submission.checks.reports.html_page import as_page
from submission.checks.reports.markdown import as_markdown
from submission.cli.environment import under_make
from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.cli.round_option import add_round
from submission.errors import UsageError
from submission.files import write_text
from submission.policy import load_policy
from submission.report.build import compared, report
from submission.report.facts import ReportedTree
from submission.report.gather import (
    figures_of,
    gather,
    published_reference,
    published_rows,
)
from submission.stages.summary import settings_of_tree
from submission.terms import Say
from submission.tree.archive import opened_tree
from submission.tree.finished import FinishedTree
from submission.tree.recognised import chosen_round
from submission.wording import counted, listed_words
from submission.workspace.folders import Workspace
from submission.workspace.recorded import given, typed_in

PAIR = 2
#: settings that say which runs a tree is of
MEANING = ("profile", "model", "dataset")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "trees",
        nargs="*",
        type=Path,
        metavar="TREE",
        help="trees or their archives (default: the one in the workspace)",
    )
    parser.add_argument("--compare", action="store_true", help="put two trees side by side")
    add_round(parser)
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="default: report.html in the workspace; compare.html, or report-of-other-trees.html",
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="default: likewise, report.md and so on"
    )
    add_manifests(parser)
    parser.add_argument(
        "--published",
        type=Path,
        metavar="TREE",
        help="compare models with their namesakes in this tree (default: with their manifests)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--waivers", type=Path, metavar="FILE", help="accepted breaches, as JSON")
    add_settings(parser, "workspace")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Write both files; returns 0 whatever the verdicts."""
    workspace = workspace_of(args)
    args.manifests = workspace.manifests
    if not args.trees:
        _refuse_another(workspace)
    trees = args.trees or [workspace.tree_folder()]
    if args.compare and len(trees) != PAIR:
        raise UsageError(
            "--compare takes two trees",
            detail=f"given: {len(trees)}",
            hint="for example report --compare A B",
        )
    with ExitStack() as stack:
        opened = [(path, stack.enter_context(opened_tree(path))) for path in trees]
        letters = string.ascii_uppercase if len(trees) > 1 else ""
        facts = [
            _gathered(args, path, root, warn, letter=letter, called=called)
            for (path, root), letter, called in zip_longest(
                opened, letters[: len(opened)], _told_apart(trees)
            )
        ]
        if args.published:
            root = stack.enter_context(opened_tree(args.published))
            figures = figures_of(_gathered(args, args.published, root, warn))
            facts = [replace(f, rows=published_rows(f.rows, figures)) for f in facts]
    document = _document(args, facts)
    name = _page_name(args, trees, workspace)
    html = args.html or workspace.report_file("html", name)
    markdown = args.markdown or workspace.report_file("md", name)
    for path, text in ((html, as_page(document)), (markdown, as_markdown(document))):
        _write(path, text)
        say(str(path))
    if args.open and not webbrowser.open(html.resolve().as_uri()):
        warn(f"no browser was found; open {html} yourself")
    return 0


def _refuse_another(workspace: Workspace) -> None:
    """Raise UsageError if the settings name other runs than those of the workspace's tree."""
    tree, profiles = workspace.tree_folder(), workspace.root / "measurements" / "profiles"
    found = settings_of_tree(tree, profiles)
    asked = {key: each for key, each in given(workspace.settings).items() if key in MEANING}
    if found is None or asked.items() <= found[1].items():
        return
    named = workspace.profile.name  # a name that nothing has is refused with the nearest one
    way = typed_in(workspace, "run", asked, make=under_make())
    raise UsageError(
        f"the tree here is of the profile {found[0]}, not of what was named",
        detail=f"{tree}; what was named is {named}",
        hint=f"{way} makes that one's tree; or name a tree, such as one of out/trees",
    )


def _page_name(args: argparse.Namespace, trees: list[Path], workspace: Workspace) -> str:
    """``report`` for the workspace's own tree; pages of others leave that one alone."""
    if args.compare:
        return "compare"
    own = {workspace.tree_folder().resolve(), workspace.archive_file().resolve()}
    return "report" if {path.resolve() for path in trees} <= own else "report-of-other-trees"


def _document(args: argparse.Namespace, facts: list[ReportedTree]) -> Document:
    if args.compare:
        return compared(facts[0], facts[1])
    return report(facts, published_reference(args.manifests, load_policy(facts[0].report.round)))


def _gathered(
    args: argparse.Namespace,
    path: Path,
    root: Path,
    warn: Say,
    *,
    letter: str | None = None,
    called: str = "",
) -> ReportedTree:
    tree = FinishedTree(root=root, round=chosen_round(root, args.version, warn))
    tree.demand_results(path)
    models = listed_words(sorted({cell.benchmark for cell in tree.cells}))
    warn(f"{path}: {counted(len(tree.cells), 'result')} of {models}")
    name = " ".join(dict.fromkeys(cell.place.owner for cell in tree.cells))
    return gather(
        tree,
        label=letter or name,
        title=f"{letter} = {name} ({called})" if letter else name,
        manifests=args.manifests,
        waivers=args.waivers,
        asked=args.version,
    )


def _told_apart(paths: list[Path]) -> list[str]:
    """The ends of the paths, with as many folders as make them differ."""
    parts = [path.resolve().parts for path in paths]
    for length in range(1, max(map(len, parts)) + 1):
        ends = ["/".join(each[-length:]) for each in parts]
        if len(set(ends)) == len(set(parts)):
            return ends
    return [str(path) for path in paths]


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(
            "the report cannot be written",
            detail=f"{path}: {error.strerror or error}",
            hint="name paths that can be written: --html FILE --markdown FILE",
        ) from error
