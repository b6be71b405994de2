"""Every command: its name, its help text, and the functions of its arguments and its work.

Modules are imported when their command is called: the image has neither the docker SDK nor the
hub's client, and ``check`` needs neither.
"""

from __future__ import annotations

import argparse
import gc
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import ModuleType


class Group(StrEnum):
    """The group of a command, a heading of ``--help``."""

    SUBMIT = "make a submission"
    TREE = "check and review a tree"
    MODELS = "models and data"
    SHELL = "the command line itself"
    LAB = "laboratory (makes and measures models)"


@dataclass(frozen=True, kw_only=True)
class Command:
    """``add_arguments(parser)`` and ``run(args) -> exit code``, found in a module when needed.

    ``extras`` name the packages that it needs beside the standard library (``cli.extras``).
    """

    help: str
    group: Group
    module: str
    extras: tuple[str, ...] = ()
    arguments: str = "add_arguments"
    work: str = "run"

    @property
    def lab(self) -> bool:
        """Whether it belongs to the laboratory, which the image lacks."""
        return self.group is Group.LAB

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        getattr(self._imported(), self.arguments)(parser)

    def run(self, args: argparse.Namespace) -> int:
        """Run the command; returns its exit code."""
        code: int = getattr(self._imported(), self.work)(args, say=say, warn=warn)
        return code

    def _imported(self) -> ModuleType:
        """The module; what it imports stays, so Python need not look for garbage meanwhile."""
        gc.disable()
        try:
            return import_module(self.module)
        finally:
            gc.enable()


def has_lab() -> bool:
    """Whether this package includes the laboratory.

    (The import system would also find it in another checkout that is installed as editable.)
    """
    return (Path(__file__).parents[1] / "lab").is_dir()


def say(text: str) -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    """Progress and warnings: standard error."""
    print(text, file=sys.stderr, flush=True)


PIPELINE = "submission.cli.pipeline"
REVIEW = "submission.cli.review"
JOIN = "submission.cli.join"
ARTIFACTS = "submission.cli.artifacts"
LAB = "submission.cli.lab"

RUN = ("run",)
MEASURE = ("run", "host")

COMMANDS: dict[str, Command] = {
    "plan": Command(
        help="show which stages would run and why; changes nothing",
        group=Group.SUBMIT,
        module=PIPELINE,
        extras=RUN,
        arguments="add_plan_arguments",
        work="run_plan",
    ),
    "run": Command(
        help="bring the submission, or single stages, up to date",
        group=Group.SUBMIT,
        module=PIPELINE,
        extras=RUN,
        arguments="add_run_arguments",
        work="run_stages",
    ),
    "status": Command(
        help="show results, verdicts and places of a workspace; runs nothing",
        group=Group.SUBMIT,
        module=PIPELINE,
        extras=RUN,
        arguments="add_status_arguments",
        work="run_status",
    ),
    "run-benchmark": Command(
        help="measure one cell: model, scenario, mode",
        group=Group.SUBMIT,
        module=PIPELINE,
        extras=RUN,
        arguments="add_benchmark_arguments",
        work="run_benchmark",
    ),
    "campaign": Command(
        help="measure a profile on several systems and join their trees, or train models",
        group=Group.SUBMIT,
        module="submission.cli.campaign",
        extras=RUN,
    ),
    "fleet": Command(
        help="make this machine the head of a Ray cluster or the node of a system, or end that",
        group=Group.SUBMIT,
        module="submission.cli.fleet",
        extras=RUN,
    ),
    "run-cell": Command(
        help="run one stage for a campaign, and write what it made into an archive",
        group=Group.SUBMIT,
        module="submission.cli.cell",
        extras=RUN,
    ),
    "images": Command(
        help="list what workspaces keep in the engine, or remove what deleted ones left there",
        group=Group.SUBMIT,
        module="submission.cli.images",
        extras=RUN,
    ),
    "describe-system": Command(
        help="describe this machine as a system description of the round",
        group=Group.SUBMIT,
        module="submission.cli.system",
        extras=RUN,
    ),
    "check": Command(
        help="check a tree by the rules, or say what the official checker would",
        group=Group.TREE,
        module="submission.cli.check",
    ),
    "score": Command(
        help="recompute a result's F1 from its whole accuracy log (score-model needs no log)",
        group=Group.TREE,
        module=REVIEW,
        extras=RUN,
        arguments="add_score_arguments",
        work="run_score",
    ),
    "reproduce": Command(
        help="measure a result of a tree again, print claimed against measured",
        group=Group.TREE,
        module=REVIEW,
        extras=MEASURE,
        arguments="add_reproduce_arguments",
        work="run_reproduce",
    ),
    "sign": Command(
        help="sign a tree's sums and its archive with a key of ssh-keygen's",
        group=Group.TREE,
        module=REVIEW,
        extras=RUN,
        arguments="add_sign_arguments",
        work="run_sign",
    ),
    "verify": Command(
        help="compare a tree with its sums, its manifests and the build that runs here",
        group=Group.TREE,
        module=REVIEW,
        extras=RUN,
        arguments="add_verify_arguments",
        work="run_verify",
    ),
    "info": Command(
        help="show versions, processor, OpenVINO's choices and the host's state",
        group=Group.TREE,
        module=REVIEW,
        extras=MEASURE,
        arguments="add_info_arguments",
        work="run_info",
    ),
    "join": Command(
        help="make one submission of the trees of several systems",
        group=Group.TREE,
        module=JOIN,
        # of trees that this kit made: their READMEs are written again
        extras=RUN,
        arguments="add_join_arguments",
        work="run_join",
    ),
    "split": Command(
        help="split a tree into one for each of its systems; the inverse of join",
        group=Group.TREE,
        module=JOIN,
        # of trees that this kit made: their READMEs are written again
        extras=RUN,
        arguments="add_split_arguments",
        work="run_split",
    ),
    "report": Command(
        help="turn trees into one page of HTML and the same as Markdown",
        group=Group.TREE,
        module="submission.cli.report",
        extras=("report",),
    ),
    "fetch-models": Command(
        help="fetch models and join their parts",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=RUN,
        arguments="add_fetch_models_arguments",
        work="run_fetch_models",
    ),
    "fetch-data": Command(
        help="fetch a data set and its vocabulary",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=RUN,
        arguments="add_fetch_data_arguments",
        work="run_fetch_data",
    ),
    "verify-models": Command(
        help="compare files with their manifests; changes nothing",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=RUN,
        arguments="add_verify_models_arguments",
        work="run_verify_models",
    ),
    "add-model": Command(
        help="take over an OpenVINO IR of your own: manifest, parts, calibration page",
        group=Group.MODELS,
        module="submission.cli.own",
        extras=MEASURE,
        arguments="add_model_arguments",
        work="run_add_model",
    ),
    "add-data": Command(
        help="take over a question file of your own (SQuAD v1.1)",
        group=Group.MODELS,
        module="submission.cli.own",
        extras=RUN,
        arguments="add_data_arguments",
        work="run_add_data",
    ),
    "split-model": Command(
        help="split a model into parts and write its manifest",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=RUN,
        arguments="add_split_model_arguments",
        work="run_split_model",
    ),
    "rejoin-models": Command(
        help="join the parts of models that were fetched before",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=RUN,
        arguments="add_rejoin_models_arguments",
        work="run_rejoin_models",
    ),
    "inspect-model": Command(
        help="show what is in a model's files: inputs, blocks, sparsity, quantization",
        group=Group.MODELS,
        module="submission.cli.inspect",
        extras=RUN,
    ),
    "convert-reference": Command(
        help="fetch MLPerf's INT8 reference and convert it to an OpenVINO IR",
        group=Group.MODELS,
        module=ARTIFACTS,
        extras=MEASURE,
        arguments="add_convert_arguments",
        work="run_convert",
    ),
    "completion": Command(
        help="print the script by which a shell completes these commands",
        group=Group.SHELL,
        module="submission.cli.completion",
        extras=("completion",),
    ),
    "train-jpqd": Command(
        help="prune, quantize and distil a model in one training; needs `make train`",
        group=Group.LAB,
        module=f"{LAB}.train",
        extras=("train",),
    ),
    "run-training-cell": Command(
        help="train and score one model for a campaign, and write it into an archive",
        group=Group.LAB,
        module=f"{LAB}.training_cell",
        extras=("train",),
    ),
    "bench-training": Command(
        help="time some steps of a JPQD recipe with random weights; needs `make train`",
        group=Group.LAB,
        module=f"{LAB}.bench_training",
        extras=("train",),
    ),
    "convert-model": Command(
        help="convert a float BERT to an OpenVINO IR and quantize it to INT8",
        group=Group.LAB,
        module=f"{LAB}.convert_model",
        extras=("convert",),
    ),
    "score-model": Command(
        help="F1 of a model over a whole data set, without LoadGen",
        group=Group.LAB,
        module=f"{LAB}.score_model",
        extras=MEASURE,
    ),
    "make-weights": Command(
        help="make synthetic weights for a topology, and its dense baseline",
        group=Group.LAB,
        module=f"{LAB}.synthetic",
        extras=MEASURE,
        arguments="add_weights_arguments",
        work="run_weights",
    ),
    "bench-topologies": Command(
        help="time pruned topologies beside their dense baselines, with synthetic weights",
        group=Group.LAB,
        module=f"{LAB}.synthetic",
        extras=MEASURE,
        arguments="add_bench_arguments",
        work="run_bench",
    ),
    "bench-sut": Command(
        help="measure the SUT against the reference implementation and OpenVINO alone",
        group=Group.LAB,
        module=f"{LAB}.sut",
        extras=MEASURE,
    ),
    "run-bench-cell": Command(
        help="tune a plan or find a rate for a campaign, and write it into an archive",
        group=Group.LAB,
        module=f"{LAB}.bench_cell",
        extras=MEASURE,
    ),
    "tune": Command(
        help="measure plans for a model on this machine and store the fastest",
        group=Group.LAB,
        module=f"{LAB}.tune",
        extras=MEASURE,
    ),
    "find-qps": Command(
        help="find the highest target rate at which a Server run is VALID here",
        group=Group.LAB,
        module=f"{LAB}.find_qps",
        extras=MEASURE,
    ),
    "bench-features": Command(
        help="time making and loading features against a plain loop",
        group=Group.LAB,
        module=f"{LAB}.parts",
        extras=MEASURE,
        arguments="add_features_arguments",
        work="run_features",
    ),
    "bench-openvino": Command(
        help="compare the versions of OpenVINO that the image can be built with",
        group=Group.LAB,
        module=f"{LAB}.openvino_versions",
        extras=MEASURE,
    ),
    "bench-check": Command(
        help="time the checker, in turn with the official one where that is named",
        group=Group.LAB,
        module=f"{LAB}.parts",
        extras=MEASURE,
        arguments="add_check_arguments",
        work="run_check",
    ),
    "compare-round": Command(
        help="compare the table of a round with a checkout of the official repository",
        group=Group.LAB,
        module=f"{LAB}.compare_round",
    ),
    "bench-join": Command(
        help="time the join of a model against reading, hashing and writing it once",
        group=Group.LAB,
        module=f"{LAB}.parts",
        extras=MEASURE,
        arguments="add_join_arguments",
        work="run_join",
    ),
}
