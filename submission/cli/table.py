"""Every command: its name, its sentence, and where its arguments and its work are.

Modules are imported when their command is called: the image holds neither the docker SDK nor
the hub's client, and ``check`` needs neither.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec


@dataclass(frozen=True, kw_only=True)
class Command:
    """``add_arguments(parser)`` and ``run(args) -> exit code``, found in a module when needed.

    ``lab`` marks a command of the laboratory, which the image does not hold.
    """

    help: str
    module: str
    lab: bool = False
    arguments: str = "add_arguments"
    work: str = "run"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what can be said."""
        getattr(import_module(self.module), self.arguments)(parser)

    def run(self, args: argparse.Namespace) -> int:
        """Do it; what a room says goes to standard output or standard error."""
        code: int = getattr(import_module(self.module), self.work)(args, say=say, warn=warn)
        return code


def has_lab() -> bool:
    """Whether the laboratory is installed; looks for it without importing it."""
    return find_spec("submission.lab") is not None


def say(text: str) -> None:
    """Results: standard output."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Progress and warnings: standard error."""
    print(text, file=sys.stderr, flush=True)


PIPELINE = "submission.cli.pipeline"
ARTIFACTS = "submission.cli.artifacts"
REVIEW = "submission.cli.review"

COMMANDS: dict[str, Command] = {
    "plan": Command(
        help="say which stages would run and why; changes nothing",
        module=PIPELINE,
        arguments="add_plan_arguments",
        work="run_plan",
    ),
    "run": Command(
        help="bring the submission, or single stages, up to date",
        module=PIPELINE,
        arguments="add_run_arguments",
        work="run_stages",
    ),
    "run-benchmark": Command(
        help="measure one cell: model, scenario, mode",
        module=PIPELINE,
        arguments="add_benchmark_arguments",
        work="run_benchmark",
    ),
    "check": Command(help="check a submission tree", module="submission.checks.command"),
    "score": Command(
        help="recompute F1 and exact match from a whole accuracy log, compare with the tree",
        module=REVIEW,
        arguments="add_score_arguments",
        work="run_score",
    ),
    "reproduce": Command(
        help="measure a result of a tree anew, print claimed against measured",
        module=REVIEW,
        arguments="add_reproduce_arguments",
        work="run_reproduce",
    ),
    "verify": Command(
        help="compare a tree with its sums, manifests, and the build that runs here",
        module=REVIEW,
        arguments="add_verify_arguments",
        work="run_verify",
    ),
    "info": Command(
        help="tell versions, processor, OpenVINO's choices and the host's state; changes nothing",
        module=REVIEW,
        arguments="add_info_arguments",
        work="run_info",
    ),
    "report": Command(
        help="turn trees into one page of HTML and the same as Markdown",
        module="submission.cli.report",
    ),
    "fetch-models": Command(
        help="fetch and rejoin models",
        module=ARTIFACTS,
        arguments="add_fetch_models_arguments",
        work="run_fetch_models",
    ),
    "fetch-data": Command(
        help="fetch a data set and its vocabulary",
        module=ARTIFACTS,
        arguments="add_fetch_data_arguments",
        work="run_fetch_data",
    ),
    "verify-models": Command(
        help="compare files with their manifests; changes nothing",
        module=ARTIFACTS,
        arguments="add_verify_models_arguments",
        work="run_verify_models",
    ),
    "split-model": Command(
        help="split a model into parts and write its manifest",
        module=ARTIFACTS,
        arguments="add_split_model_arguments",
        work="run_split_model",
    ),
    "rejoin-models": Command(
        help="join the parts of models that were fetched before",
        module=ARTIFACTS,
        arguments="add_rejoin_models_arguments",
        work="run_rejoin_models",
    ),
    "inspect-model": Command(
        help="tell what is in a model's files: inputs, blocks, sparsity, quantization",
        module="submission.cli.inspect",
    ),
    "convert-reference": Command(
        help="fetch MLPerf's INT8 reference and convert it to an OpenVINO IR",
        module=ARTIFACTS,
        arguments="add_convert_arguments",
        work="run_convert",
    ),
    "describe-system": Command(
        help="describe this machine as a system description of the round",
        module="submission.host.command",
    ),
    "train-jpqd": Command(
        help="prune, quantize and distil a model in one training; needs `make train`",
        module="submission.cli.lab.train",
        lab=True,
    ),
    "score-model": Command(
        help="F1 of a model over a whole data set, without LoadGen",
        module="submission.cli.lab.score_model",
        lab=True,
    ),
    "make-weights": Command(
        help="make synthetic weights for a topology, and its dense baseline",
        module="submission.cli.lab.synthetic",
        lab=True,
        arguments="add_weights_arguments",
        work="run_weights",
    ),
    "bench-topologies": Command(
        help="time pruned topologies beside their dense baselines, with synthetic weights",
        module="submission.cli.lab.synthetic",
        lab=True,
        arguments="add_bench_arguments",
        work="run_bench",
    ),
    "bench-sut": Command(
        help="measure the SUT against the reference implementation and OpenVINO alone",
        module="submission.lab.bench.sut",
        lab=True,
    ),
    "tune": Command(
        help="measure plans for a model on this machine and store the fastest",
        module="submission.lab.bench.tune",
        lab=True,
    ),
    "find-qps": Command(
        help="find the highest target rate at which a Server run is VALID here",
        module="submission.lab.bench.find_qps",
        lab=True,
    ),
    "bench-features": Command(
        help="time making and loading features against a plain loop",
        module="submission.lab.bench.features",
        lab=True,
    ),
    "bench-openvino": Command(
        help="compare the versions of OpenVINO that the image can be built with",
        module="submission.lab.bench.openvino_versions",
        lab=True,
    ),
    "bench-check": Command(
        help="time the checker against the official one, or its recorded figures",
        module="submission.lab.bench.checker",
        lab=True,
    ),
    "bench-join": Command(
        help="time the join against reading, hashing and writing once",
        module="submission.lab.bench.join",
        lab=True,
    ),
}
