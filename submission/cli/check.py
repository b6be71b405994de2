"""The command ``check``: arguments to a report, the report to files and text.

Exit codes: 0 every result is valid; 1 something is rejected (with ``--official``: by the official
checker); 2 there is nothing to check: no such folder, division or submitter, or no results.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath

from submission.checks.reports.github import render_github
from submission.checks.reports.text import render_official, render_text
from submission.checks.reports.writing import Render, refuse_places, write_outputs
from submission.checks.results import Report
from submission.checks.schema import SCHEMAS, schema_text
from submission.checks.tree import check_tree
from submission.cli.check_settings import (
    IGNORE,
    WAIVERS,
    CheckSettings,
    add_config,
    ids,
    lifted_by,
    settle,
)
from submission.cli.environment import inherited
from submission.cli.official_flags import add_official_flags, options_of
from submission.cli.round_option import add_round
from submission.cli.tree_option import add_tree
from submission.errors import FindingsError, KitError, UsageError
from submission.policy import load_policy
from submission.terminal import Ticker, look_at
from submission.terms import Say
from submission.tree.grammar import Area
from submission.tree.recognised import recognise
from submission.tree.round import layout_of
from submission.wording import counted

GOOD, REJECTED = 0, 1
GARBAGE = 100_000
"""New objects that are made before Python looks for cycles among them."""

FILES = ("csv", "json", "sarif", "junit", "html", "markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the official checker and ours."""
    add_tree(parser)
    add_round(parser)
    parser.add_argument("--submitter", help="check this submitter only")
    parser.add_argument("--csv", metavar="FILE", help="write the official results table")
    _add_official(parser)
    _add_choice(parser)
    _add_outputs(parser)


def _add_official(parser: argparse.ArgumentParser) -> None:
    """Flags that the official checker has too."""
    add_official_flags(parser)
    parser.add_argument("--debug", action="store_true", help="the same as --full")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--select", metavar="IDS", help="only these rules or families")
    parser.add_argument("--ignore", metavar="IDS", help=f"all rules but these [{IGNORE}]")
    words = f"accepted breaches, as JSON [{WAIVERS}]"
    parser.add_argument("--waivers", type=Path, metavar="FILE", help=words)
    parser.add_argument(
        "--profile", metavar="NAME", help="the waivers of this profile, as the image knows it"
    )
    add_config(parser)
    parser.add_argument("--strict", action="store_true", help="warnings reject as well")
    parser.add_argument("--only", metavar="PATH", help="only the results in this folder")
    parser.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="processes; 0: one per core, where that pays",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--official", action="store_true", help="give the official checker's verdict"
    )
    for name in FILES[1:]:
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write {name}; - is standard output")
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument("--github", action="store_true", help="print GitHub annotations")
    printed.add_argument(
        "--objections",
        action="store_true",
        help="print what rejects each result as Markdown, for an issue",
    )
    printed.add_argument(
        "--diff",
        type=Path,
        metavar="OLD",
        help="print what changed since an earlier submission, a tree or an archive",
    )
    parser.add_argument(
        "--prefix",
        default="",
        metavar="PATH",
        help="where the tree lies in its repository, for --github and --sarif",
    )
    parser.add_argument("--quiet", action="store_true", help="print the verdict only")
    parser.add_argument(
        "--full", action="store_true", help="show every warning and note at all its places"
    )
    parser.add_argument("--list-rules", action="store_true", help="list the rules and stop")
    parser.add_argument("--explain", metavar="ID", help="explain a rule and stop")
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="print which official checks and written rules are covered by which rule, and stop",
    )
    parser.add_argument("--rules-page", action="store_true", help="print RULES.md and stop")
    parser.add_argument(
        "--schema",
        choices=SCHEMAS,
        help="print the JSON schema of mlperf-kit.json, of --json or of --waivers and stop",
    )


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Check and report; raises KitError only: for what was asked wrongly, or a fault of ours."""
    # Nothing of a check refers to itself: all of it is freed without a search for cycles, which
    # every few hundred objects would only take time.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    try:
        return _run(args, _encodable(say), warn)
    except KitError:
        raise
    except Exception as error:
        raise FindingsError(
            "the checker failed, so nothing passed",
            detail=f"{type(error).__name__}: {error}"[:400],
            hint="this is a bug of the checker: please report it with the tree",
        ) from error


def _run(args: argparse.Namespace, say: Say, warn: Say) -> int:
    if args.schema:
        say(schema_text(args.schema).rstrip("\n"))
        return GOOD
    if args.list_rules or args.rules_page or args.coverage or args.explain is not None:
        say(_about_rules(args).rstrip("\n"))
        return GOOD
    if not args.input:
        raise UsageError("no tree", detail="--input is empty", hint="give the root of the tree")
    outputs = list(_outputs(args))
    refuse_places(Path(args.input), [path for path, _ in outputs])
    with _tree(Path(args.input)) as root:
        report = _checked(args, root, warn)
        spoken = _of_trees(args, root, report, warn)
        lifted = None if report.passed or _has_waivers(args) else lifted_by(root, report)
    if not write_outputs(outputs, report, say):
        say((spoken or _spoken(args, report)).rstrip("\n"))
    if not report.results:
        raise UsageError(
            "there are no results in the tree",
            detail=f"{args.input} holds no {layout_of(report.round).form(Area.RESULTS)}"
            f"{' that was asked for' if args.submitter or args.only else ''}",
            hint="name the root of the tree; an empty tree did not pass",
        )
    if lifted is not None:
        warn("\n".join(look_at(sys.stderr, inherited()).wrapped(lifted)))
    return _exit_code(args, report)


def _has_waivers(args: argparse.Namespace) -> bool:
    return args.profile is not None or args.waivers is not None


def _about_rules(args: argparse.Namespace) -> str:
    """Pages on the rules; what writes them is imported for them only."""
    from submission.checks.reports.coverage import coverage_text  # noqa: PLC0415
    from submission.checks.reports.rule_text import explain, rule_list  # noqa: PLC0415
    from submission.checks.reports.rules_page import rules_page  # noqa: PLC0415

    if args.list_rules:
        return rule_list()
    if args.coverage:
        return coverage_text()
    return rules_page() if args.rules_page else explain(args.explain)


def _tree(path: Path) -> AbstractContextManager[Path]:
    """The tree's root; what unpacks an archive is imported for an archive only."""
    if path.is_dir():
        return nullcontext(path)
    from submission.tree.archive import opened_tree  # noqa: PLC0415

    return opened_tree(path)


def _checked(args: argparse.Namespace, root: Path, warn: Say) -> Report:
    settings = settle(args, root, warn)
    with closing(Ticker(sys.stderr, look_at(sys.stderr, inherited()))) as ticker:
        return _watched(args, root, settings, warn, ticker)


def _watched(
    args: argparse.Namespace, root: Path, settings: CheckSettings, warn: Say, ticker: Ticker
) -> Report:
    version = settings.round
    report = check_tree(
        root,
        version=version,
        submitter=args.submitter,
        waivers=settings.waivers,
        select=ids("--select", args.select),
        ignore=settings.ignore,
        options=options_of(args, lambda: load_policy(version or recognise(root).round), warn),
        only=args.only,
        jobs=_jobs(args.jobs),
        watch=lambda done: ticker.show(f"checking: {counted(done, 'result')}"),
    )
    return replace(report, strict=args.strict)


def _of_trees(args: argparse.Namespace, root: Path, report: Report, warn: Say) -> str | None:
    """What is printed of more than the report: quoted lines, or an earlier tree; else None."""
    if args.objections:
        from submission.checks.quotes import quoted_lines  # noqa: PLC0415
        from submission.checks.reports.objections import (  # noqa: PLC0415
            objections,
            render_objections,
        )

        return render_objections(report, quoted_lines(root, objections(report)))
    if args.diff is None:
        return None
    from submission.checks.reports.diff import render_diff  # noqa: PLC0415

    if not args.diff.exists():
        raise UsageError(
            f"there is no tree at {args.diff}",
            detail="no such file or folder",
            hint="give --diff the earlier submission, a tree or an archive",
        )
    with _tree(args.diff) as old_root:
        old = _checked(args, old_root, warn)
    if not old.results:
        raise UsageError(
            f"there are no results in {args.diff}",
            detail="so there is nothing to compare with",
            hint="give --diff the root of the earlier submission, or its archive",
        )
    return render_diff(old, report)


def _exit_code(args: argparse.Namespace, report: Report) -> int:
    if args.official:
        return report.official.exit_code
    return GOOD if report.passed else REJECTED


def _spoken(args: argparse.Namespace, report: Report) -> str:
    if args.github:
        return render_github(report, prefix=_prefix(args)) + render_text(report, quiet=True)
    look = look_at(sys.stdout, inherited())
    if args.official:
        return render_official(report, quiet=args.quiet, look=look)
    everything = args.full or args.debug
    return render_text(report, everything=everything, quiet=args.quiet, look=look)


def _outputs(args: argparse.Namespace) -> Iterator[tuple[str, Render]]:
    """The files that were asked for, and what goes into each."""
    paths = {name: getattr(args, name) for name in FILES if getattr(args, name) is not None}
    if not paths:
        return
    # imported here: without files a small tree is checked in the time that it takes
    from submission.checks.reports.files import renderers  # noqa: PLC0415

    forms = renderers(official=args.official, prefix=_prefix(args))
    yield from ((path, forms[name]) for name, path in paths.items())


def _prefix(args: argparse.Namespace) -> str:
    """Where the tree lies in its repository; empty for its root."""
    path = PurePosixPath(args.prefix)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            "--prefix leads out of the repository",
            detail=f"it is {args.prefix!r}",
            hint="give the folder of the tree as a path from the root of the repository",
        )
    return "/".join(path.parts)


def _jobs(count: int) -> int:
    if count < 0:
        raise UsageError(
            "--jobs is negative", detail=f"it is {count}", hint="give 1 or more; 0: one a core"
        )
    return count


def _encodable(write: Say) -> Say:
    """``write`` for text that the terminal's encoding may not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"

    def safe(text: str) -> None:
        try:
            write(text.encode(encoding, "backslashreplace").decode(encoding))
        except OSError as error:
            raise UsageError(
                "standard output cannot be written",
                detail=error.strerror or str(error),
                hint="give it a place, or write files with --json, --html and so on",
            ) from error

    return safe
