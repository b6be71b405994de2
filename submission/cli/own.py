"""``add-model`` and ``add-data``: a person's own IR and questions become those of the kit."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from submission.artifacts.manifest import CALIBRATION, Manifest, ManifestKind, load_manifest
from submission.artifacts.own_data import (
    OwnData,
    QuestionsFound,
    add_data,
    data_name,
    examine_data,
    same_data,
)
from submission.artifacts.own_model import OwnModel, add_model, blanks, examine_model
from submission.cli.environment import under_make
from submission.cli.options import add_manifests, checkout
from submission.cli.transfer import transfer_show
from submission.errors import KitError, UsageError
from submission.terms import Say
from submission.workspace.reference import manifest_page

VOCABULARY = "models/squad-mini/vocab.txt"


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``add-model IR.xml [--name N] [--data FILE.json] …``."""
    add = parser.add_argument
    add(
        "xml",
        type=Path,
        nargs="?",
        metavar="IR.xml",
        help="an OpenVINO IR; its .bin lies beside it",
    )
    add("--name", metavar="N", help="the model's name (default: the file's or its folder's)")
    add("--data", type=Path, metavar="FILE.json", help="add this SQuAD v1.1 file as well")
    add("--vocab", type=Path, metavar="FILE", help="vocab.txt of --data (default: uncased BERT's)")
    add("--licence", metavar="TEXT", help="the licence of the weights")
    add("--origin", metavar="TEXT", help="who made it, from what, how")
    add("--retraining", metavar="Yes|No", help="whether the weights were trained further")
    add("--starting-weights", metavar="FILE", help="the weights that training began with")
    add("--sparsity", type=float, metavar="PERCENT", help="structured sparsity, if not countable")
    add("--mlperf-model", default=OwnModel.mlperf_model, help="its benchmark (default: bert-99)")
    add("--inputs", metavar="ROLE=NAME,…", help="the IR's own names of its inputs")
    add("--outputs", metavar="ROLE=NAME,…", help="… of start_logits and end_logits")
    _add_common(parser)


def run_add_model(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Write the model's folder, say what is still to be said, and how to run it."""
    del warn
    _demand_ir(args.xml)
    manifests = args.manifests or checkout() / "models"
    given = {
        "name": args.name,
        "licence": args.licence,
        "origin": args.origin,
        "retraining": args.retraining,
        "starting_weights": args.starting_weights,
        "sparsity_percent": args.sparsity,
    }
    asked = OwnModel(
        xml=args.xml,
        mlperf_model=args.mlperf_model,
        inputs=_pairs(args.inputs, "--inputs"),
        outputs=_pairs(args.outputs, "--outputs"),
        private=not args.publish,
        **{key: value for key, value in given.items() if value is not None},
    )
    found = examine_model(manifests, asked)  # both, before anything is written
    data, questions = _questions(args, manifests, found.name, say)
    with transfer_show() as report:
        model = add_model(manifests, asked, found=found, report=report)
    say(f"wrote {model.path}")
    if args.name is None:
        say(f"  called {model.name} after its folder or file; --name N (MODEL=N) changes it")
    for role, name in {**model.input_names(), **model.output_names()}.items():
        say(f"  {role}: {name}")
    say(f"  weights {model.weight_data_types}, sparsity {model.structured_sparsity_percent} %")
    if questions is not None:
        asked_data, found_data = questions
        data = add_data(manifests, asked_data, found=found_data)
        _say_data(data, say)
    _say_blanks(model, say)
    say(f"next: make submission MODEL={model.name}" + (f" DATA={data.name}" if data else ""))
    return 0


def _demand_ir(xml: Path | None) -> None:
    """Raise UsageError with the command as it is typed here, if there is no such IR."""
    if xml is not None and xml.exists():
        return
    way = (
        "make add-model IR=path/openvino_model.xml QUESTIONS=path/questions.json"
        if under_make()
        else "add-model path/openvino_model.xml --data path/questions.json"
    )
    raise UsageError(
        "no IR was named" if xml is None else f"there is no file {xml}",
        detail="an IR is the openvino_model.xml of an export, with its .bin beside it",
        hint=f"name it: {way}",
    )


def _questions(
    args: argparse.Namespace, manifests: Path, model: str, say: Say
) -> tuple[Manifest | None, tuple[OwnData, QuestionsFound] | None]:
    """The data set that holds --data already, or what is to be added, examined; UsageError.

    A file that is called as the model gives a data set of another name.
    """
    if args.data is None:
        return None, None
    asked = _data(args, args.data, name=None)
    name = data_name(asked)
    other = f"{name}-data"
    plain = args.vocab is None and args.cased is None
    same = same_data(manifests, (name, other), asked) if plain else None
    if same is not None:
        say(f"{same.path.parent} holds these questions already: they are used")
        return same, None
    if name == model:
        say(f"the model is called {model}, so its questions become {other}")
        asked = replace(asked, name=other)
    taken = data_name(asked)
    way = (
        f"DATA={taken} without --data, if that is meant; or " if _is_data(manifests, taken) else ""
    )
    add = f"first `add_data.py {args.data} --name N`, then DATA=N without --data"
    asked = replace(asked, way_out=f"{way}{add}")
    return None, (asked, examine_data(manifests, asked))


def _is_data(manifests: Path, name: str) -> bool:
    try:
        return load_manifest(manifests / name).kind is ManifestKind.DATASET
    except KitError:
        return False


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """``add-data FILE.json [--name D] [--vocab FILE]``."""
    add = parser.add_argument
    add("file", type=Path, metavar="FILE.json", help="questions as SQuAD v1.1 has them")
    add("--name", metavar="D", help="the data set's name (default: the file's)")
    add("--vocab", type=Path, metavar="FILE", help="vocab.txt (default: that of uncased BERT)")
    add("--licence", metavar="TEXT", help="the licence of the texts")
    add("--origin", metavar="TEXT", help="who wrote them, from what")
    _add_common(parser)


def run_add_data(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Write the data set's folder, and say how to run it."""
    del warn
    manifests = args.manifests or checkout() / "models"
    given = {"licence": args.licence, "origin": args.origin}
    data = add_data(manifests, _data(args, args.file, name=args.name, **given))
    _say_data(data, say)
    say(f"next: make submission DATA={data.name}  (MODEL=… for a model of your own)")
    return 0


class _Fields(argparse.Action):
    """Print every field of a manifest and stop, as ``--help`` does."""

    def __call__(self, parser: argparse.ArgumentParser, *_args: object, **_options: object) -> None:
        print(manifest_page(), end="")
        parser.exit()


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_manifests(parser)
    parser.add_argument(
        "--publish", action="store_true", help="let the files go into trees with the kit's sources"
    )
    parser.add_argument(
        "--fields", action=_Fields, nargs=0, help="print models/MANIFEST.md and stop"
    )
    parser.add_argument(
        "--cased",
        action=argparse.BooleanOptionalAction,
        help="words keep capitals and accents, or not (default: as --vocab shows)",
    )


def _data(
    args: argparse.Namespace, file: Path, *, name: str | None, **given: str | None
) -> OwnData:
    said = {key: value for key, value in given.items() if value is not None}
    return OwnData(
        file=file,
        name=name,
        vocab=args.vocab or checkout() / VOCABULARY,
        cased=args.cased,
        private=not args.publish,
        **said,
    )


def _say_data(data: Manifest, say: Say) -> None:
    words = "cased" if data.cased else "uncased"
    say(f"wrote {data.path}: {data.samples} samples, {words} vocabulary")
    say(
        "  private: the questions stay out of trees (--publish), so a reviewer asks for them"
        if data.private
        else "  its questions go into trees, with the kit's sources"
    )


def _say_blanks(model: Manifest, say: Say) -> None:
    page = model.path.with_name(CALIBRATION)
    for path in (model.path, page):
        count = blanks(path.read_text(encoding="utf-8"))
        if count:
            say(f"  to fill in before a submission: {count} in {path}")
            say("  now or later: they change READMEs, tree and check, no run")


def _pairs(text: str | None, option: str) -> dict[str, str]:
    """``a=b,c=d`` as a mapping; raises UsageError."""
    found = {}
    for word in filter(None, (text or "").split(",")):
        role, sign, name = word.partition("=")
        if not sign or not role.strip() or not name.strip():
            raise UsageError(
                f"{option} is not understood",
                detail=f"{word!r} is no ROLE=NAME",
                hint=f"for example {option} input_ids=0,attention_mask=1",
            )
        found[role.strip()] = name.strip()
    return found
