"""The reviewer's commands: score, reproduce, verify, info; for the image, but usable anywhere."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from submission.cli.environment import inherited, under_make
from submission.cli.json_output import add_json, say_json
from submission.cli.options import workspace_of
from submission.cli.review_json import (
    lines_value,
    reproduction_value,
    result_value,
    verified_value,
)
from submission.cli.round_option import add_round
from submission.cli.tree_option import add_tree
from submission.errors import UsageError
from submission.loadgen.answer_layout import LAYOUTS
from submission.loadgen.names import ACCURACY_FILE
from submission.mounts import LOGS
from submission.review.built import built
from submission.review.comparison import table
from submission.review.evidence.model import Verified
from submission.review.evidence.page import evidence_page
from submission.review.evidence.rendered import noted
from submission.review.info import info_lines, info_value
from submission.review.reproduce import (
    Reproduced,
    ReproduceOptions,
    Reproduction,
    model_folder,
    reproduce,
)
from submission.review.rerun import Bench
from submission.review.score import claimed_by, rescore
from submission.review.verify import verify_tree
from submission.runs.spec import terms_for
from submission.terms import Say
from submission.tree.archive import opened_tree
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.recognised import chosen_round
from submission.tree.signature import check_signature, demand_signers, sign, signature_file
from submission.wording import counted

LOG = Path(LOGS) / ACCURACY_FILE
GOOD, DIFFERENT = 0, 1
PERCENT = 100.0


def _add_tree(parser: argparse.ArgumentParser) -> None:
    add_tree(parser, kind=Path)
    add_round(parser)


@contextmanager
def _tree(args: argparse.Namespace, warn: Say) -> Iterator[FinishedTree]:
    """The named tree, read by its own round or by that of ``--version``."""
    with opened_tree(args.input) as root:
        yield FinishedTree(root=root, round=chosen_round(root, args.version, warn))


def _add_cell(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--benchmark", required=required, metavar="B", help="the folder of a benchmark"
    )
    parser.add_argument("--scenario", required=required, metavar="S", help="Offline or Server")
    parser.add_argument("--system", metavar="ID", help="where the tree has several")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of the data set (default: BERT_DATA_DIR)"
    )


def add_score_arguments(parser: argparse.ArgumentParser) -> None:
    _add_tree(parser)
    _add_cell(parser, required=False)
    parser.add_argument(
        "--log", type=Path, default=LOG, metavar="FILE", help="the whole log (default: %(default)s)"
    )
    add_json(parser)
    parser.add_argument(
        "--layout",
        choices=LAYOUTS,
        default=next(iter(LAYOUTS)),
        help="how the log's answers are written: start and end of each token in turn (start-end), "
        "all starts before all ends (starts-ends), ends first, half precision (-f16); "
        "default: %(default)s",
    )


def run_score(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Compare; 0 if hash, F1, exact match and the excerpt are equal, 1 if not."""
    with _tree(args, warn) as tree:
        cell = _scored_cell(args, tree, warn)
        lines = rescore(cell, args.log, _data_folders(args), tree.policy, LAYOUTS[args.layout])
    equal = all(line.good is not False for line in lines)
    if all(line.good for line in lines if line.what == "hash") and not equal:
        warn("the log is the claimed one: were its answers written in another --layout?")
    if args.json:
        values = {"result": result_value(cell), "log": str(args.log)}
        say_json(say, **values, equal=equal, lines=lines_value(lines))
        return GOOD if equal else DIFFERENT
    say(f"{cell}: {args.log}")
    for line in table(lines, found="recomputed"):
        say(line)
    say("score: " + ("equal to what the tree claims" if equal else "NOT what the tree claims"))
    return GOOD if equal else DIFFERENT


def _scored_cell(args: argparse.Namespace, tree: FinishedTree, warn: Say) -> ClaimedCell:
    if args.benchmark and args.scenario:
        return tree.choose(benchmark=args.benchmark, scenario=args.scenario, system=args.system)
    if args.benchmark or args.scenario:
        raise UsageError(
            "a result has a benchmark and a scenario",
            detail="only one of --benchmark and --scenario was given",
            hint="use both, or neither: then the log's hash identifies the result",
        )
    cell = claimed_by(tree.cells, args.log)
    warn(f"by its hash this is the log of {cell}")
    return cell


def add_reproduce_arguments(parser: argparse.ArgumentParser) -> None:
    _add_tree(parser)
    _add_cell(parser, required=True)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="some seconds instead of minutes; the tolerance of Offline rates is 10 points wider",
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        default=5.0,
        metavar="PERCENT",
        help="how far rates may be from the claimed ones (default: %(default)s)",
    )
    parser.add_argument(
        "--repeat", type=int, default=1, metavar="N", help="performance runs (default: 1)"
    )
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="joined models (default: BERT_MODEL_DIR)"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="leave the logs there; it must be empty"
    )
    add_json(parser)


def run_reproduce(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Measure and compare; 0 within the tolerance, 1 outside or if it cannot be decided here."""
    if args.repeat < 1 or args.tolerance < 0:
        raise UsageError(
            "--repeat or --tolerance is out of range",
            detail=f"--repeat {args.repeat}, --tolerance {args.tolerance}",
            hint="use at least one run, and a tolerance of 0 or more",
        )
    options = ReproduceOptions(
        tolerance=args.tolerance / PERCENT, repeat=args.repeat, quick=args.quick
    )
    with _tree(args, warn) as tree, _scratch(args.keep) as scratch:
        cell = tree.choose(benchmark=args.benchmark, scenario=args.scenario, system=args.system)
        settings = workspace_of(args).settings
        models = [folder for folder in (args.models, settings.model_dir) if folder]
        model, manifest = model_folder(cell, models, scratch)
        bench = Bench(
            cell=cell,
            rules=terms_for(tree.policy, cell.benchmark, manifest),
            manifest=manifest,
            model=model,
            scratch=scratch,
            environment=inherited(),
            say=warn,
        )
        done = reproduce(bench, tree.policy, options, _data_folders(args))
    if args.json:
        say_json(say, **reproduction_value(cell, done))
    else:
        _say_reproduction(cell, done, say)
    return GOOD if done.outcome is Reproduced.WITHIN else DIFFERENT


def _say_reproduction(cell: ClaimedCell, done: Reproduction, say: Say) -> None:
    say(str(cell))
    for line in table(done.lines, found="measured"):
        say(line)
    if done.differences:
        say("different here, and may explain other figures:")
    for difference in done.differences:
        say(f"  {difference}")
    if done.others_share:
        say(f"other processes took {done.others_share * PERCENT:.0f} % of the processors meanwhile")
    say(f"reproduce: {done.outcome}")


@contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    """A folder for logs and the joined model: a temporary one, or the user's own."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="reproduce-") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        taken = any(keep.iterdir())
    except OSError as error:
        raise UsageError(
            f"the logs cannot be kept in {keep}",
            detail=error.strerror or str(error),
            hint="name a folder that can be written",
        ) from error
    if taken:
        raise UsageError(
            f"the logs cannot be kept in {keep}",
            detail="the folder is not empty",
            hint="name an empty folder: existing files are never overwritten",
        )
    yield keep.resolve()


def _data_folders(args: argparse.Namespace) -> list[Path]:
    return [folder for folder in (args.data, workspace_of(args).settings.data_dir) if folder]


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    _add_tree(parser)
    parser.add_argument(
        "--signers", type=Path, metavar="FILE", help="who may sign (ssh-keygen's allowed signers)"
    )
    parser.add_argument(
        "--signature", type=Path, metavar="FILE", help="default: <input>.sig, beside the input"
    )
    parser.add_argument(
        "--page", action="store_true", help="write what is compared as Markdown, and end"
    )
    add_json(parser)


def run_verify(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Compare everything; 0 if nothing differs, 1 if something does."""
    if args.page:
        say(evidence_page().rstrip())
        return GOOD
    if args.signers is not None:
        demand_signers(args.signers)
    with _tree(args, warn) as tree:
        tree.demand_results(args.input)
        done = verify_tree(tree, built())
        notes = noted(tree)
    signed, words = _signature(args)
    differences = [str(difference) for each in done for difference in each.differences]
    good = signed and not differences
    if args.json:
        say_json(
            say,
            verified=good,
            comparisons=verified_value(done),
            notes=[str(note) for note in notes],
            signature={"good": signed, "words": words},
        )
        return GOOD if good else DIFFERENT
    for difference in differences:
        say(difference)
    for each in done:
        say(str(each))
    for note in notes:
        say(f"{'notes':<12}  {note}, compared with nothing")
    say(f"{'signature':<12}  {words}")
    differences += [] if signed else [words]
    say(f"verify: {_verdict(done, len(differences))}")
    return GOOD if good else DIFFERENT


def _signature(args: argparse.Namespace) -> tuple[bool, str]:
    """Whether the signature is as it should be, and words for it; none at all is no fault."""
    path: Path = args.signature or signature_file(args.input)
    if not path.is_file():
        return True, f"unsigned: no {path.name} beside the input"
    if args.signers is None:
        return True, f"{path.name} is there, not checked: give --signers FILE"
    found = check_signature(args.signers, args.input, path)
    if found.why:
        return False, f"NOT good: {path}: {found.why}"
    return True, f"good, by {found.who} with {found.key}"


def add_sign_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``sign``."""
    parser.add_argument("given", type=Path, nargs="+", metavar="TREE", help="or an archive")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="a private key of ssh-keygen's; needed"
    )


def run_sign(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Sign each tree's sums or archive; the signature lies beside it."""
    del warn
    if args.key is None:
        word = "KEY=" if under_make() else "--key "
        raise UsageError(
            "no key was named",
            detail="a signature is made by a private key of ssh-keygen's",
            hint=f"name it: {word}~/.ssh/id_ed25519",
        )
    for given in args.given:
        say(f"{sign(args.key.expanduser(), given)} signs {given}")
    return GOOD


def _verdict(done: Sequence[Verified], differences: int) -> str:
    compared = sum(each.count for each in done)
    left_out = [each.kind for each in done if each.left_out]
    words = counted(differences, "difference") if differences else "no differences"
    without = f"; skipped: {', '.join(left_out)}" if left_out else ""
    return f"{words}: {counted(compared, 'statement')} compared{without}"


def add_info_arguments(parser: argparse.ArgumentParser) -> None:
    """``info`` takes nothing but ``--json``."""
    add_json(parser)


def run_info(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    del warn
    if args.json:
        say_json(say, **info_value(built()))
        return GOOD
    for line in info_lines(built()):
        say(line)
    return GOOD
