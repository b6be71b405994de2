"""One good tree of every kind of file: closed with compliance and power, open with a mapping."""

from pathlib import Path

from submission.policy import load_policy
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree

Files = dict[str, bytes]
CLOSED = "closed/Kit/results/board/resnet50/SingleStream"
OPEN = "open/Kit/results/node/sparse-bert/Offline"
MEASURED = "open/Kit/measurements/node/sparse-bert/Offline"
TESTS = "closed/Kit/compliance/board/resnet50/SingleStream"


def closed(root: Path) -> Path:
    """One closed result with compliance tests and power; its other scenarios are left out."""
    tree = SubmissionTree(root, load_policy("v3.0"))
    tree.system("closed/Kit", "board", system_type="edge")
    scenarios = {"SingleStream": Scenario.SINGLE_STREAM}
    tree.benchmark("closed/Kit", "board", "resnet50", "resnet", scenarios)
    tree.power(CLOSED)
    return root


def open_division(root: Path) -> Path:
    """One open result under a name that model_mapping.json explains."""
    tree = SubmissionTree(root, load_policy("v3.0"))
    tree.system("open/Kit", "node", system_type="datacenter")
    tree.json("open/Kit/model_mapping.json", {"sparse-bert": "bert-99"})
    scenarios = {"Offline": Scenario.OFFLINE}
    tree.benchmark("open/Kit", "node", "sparse-bert", "bert-99", scenarios)
    tree.write(f"{MEASURED}/run_metadata_performance.json", '{"submittable": true}')
    return root


def both(root: Path) -> Path:
    """The two of them in one tree."""
    return closed(open_division(root))


def files_of(root: Path) -> Files:
    """Every file by its path from the root."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
