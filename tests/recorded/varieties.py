"""Legal submissions that differ in what the rules leave open: the checker must accept each.

What a submitter chose (settings, samples, names, files) varies; every log is a recorded one.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from submission.checks.results import OfficialVerdict
from submission.policy import load_policy
from submission.tree.grammar import Area
from tests.recorded.pack import DIGEST, recorded
from tests.recorded.runs import PERFORMANCE, RUNS, RealRun
from tests.recorded.tree import RecordedTree

Change = Callable[[RecordedTree], None]
SYSTEM = "node"
FOLDERS = {
    "resnet": "resnet50",
    "retinanet": "retinanet",
    "rnnt": "rnnt",
    "bert-99": "bert-99",
    "3d-unet-99": "3d-unet-99",
    "llama2-70b-99": "llama2-70b-99",
}


@dataclass(frozen=True, kw_only=True)
class Variety:
    """A legal tree: the results of one system, and what is changed afterwards.

    ``results`` are the names of performance runs by ``<benchmark folder>/<scenario folder>``.
    """

    name: str
    results: dict[str, str]
    division: str = "open"
    submitter: str = "Kit"
    system: str = SYSTEM
    system_type: str = "datacenter"
    fields: dict[str, object] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)
    change: Change | None = None
    official: frozenset[OfficialVerdict] = frozenset({OfficialVerdict.OK})

    @property
    def round(self) -> str:
        return RUNS[next(iter(self.results.values()))].round

    def build(self, root: Path) -> RecordedTree:
        """Write the tree below an empty folder."""
        tree = RecordedTree(root, load_policy(self.round), self.division, self.submitter)
        tree.system(tree.base, self.system, system_type=self.system_type, **self.fields)
        if self.mapping and tree.policy.official.reads_model_mapping:
            tree.json(f"{tree.base}/model_mapping.json", self.mapping)
        folders: dict[str, dict[str, str]] = {}
        for place, run in self.results.items():
            folder, scenario = place.split("/")
            folders.setdefault(folder, {})[scenario] = run
        for folder, results in folders.items():
            tree.measured(self.system, folder, results)
        if self.change is not None:
            self.change(tree)
        return tree


def category(run: RealRun) -> str:
    """The first category of systems in which the round has a run's benchmark and scenario."""
    required = load_policy(run.round).required_scenarios
    return next(name for name in required if run.scenario in required[name].get(run.benchmark, ()))


def _alone() -> list[Variety]:
    """Each performance run as the only result of an open submission."""
    return [
        Variety(
            name=f"{run.name} alone",
            results={f"{FOLDERS[run.benchmark]}/{run.scenario}": run.name},
            system_type=category(run),
        )
        for run in PERFORMANCE
        if run.measures_alone
    ]


BERT = {"bert-99/Offline": "bert-offline", "bert-99/Server": "bert-server"}
RESNET = {
    "resnet50/SingleStream": "resnet-single",
    "resnet50/MultiStream": "resnet-multi",
    "resnet50/Offline": "resnet-offline",
}
RESNET_50 = {place: f"{run}-v5.0" for place, run in RESNET.items()}
INFERRED = {
    "resnet50/SingleStream": "resnet-single",
    "resnet50/MultiStream": "resnet-single",
    "resnet50/Offline": "resnet-single",
}
R, M = "results/node", "measurements/node"


def both(*changes: Change) -> Change:
    def change(tree: RecordedTree) -> None:
        for one in changes:
            one(tree)

    return change


def put(path: str, content: str | bytes) -> Change:
    """A file of the submitter with that content."""
    return lambda tree: tree.write(f"{tree.base}/{path}", content)


def moved(path: str, to: str) -> Change:
    def change(tree: RecordedTree) -> None:
        target = tree.root / tree.base / to
        target.parent.mkdir(parents=True, exist_ok=True)
        (tree.root / tree.base / path).rename(target)

    return change


def gone(path: str) -> Change:
    def change(tree: RecordedTree) -> None:
        target = tree.root / tree.base / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return change


def described(path: str, **fields: object) -> Change:
    """Other fields of a JSON object."""

    def change(tree: RecordedTree) -> None:
        value = json.loads(tree.read(f"{tree.base}/{path}")) | fields
        tree.json(f"{tree.base}/{path}", value)

    return change


def windows(path: str) -> Change:
    """A text with line ends of Windows."""

    def change(tree: RecordedTree) -> None:
        tree.write(f"{tree.base}/{path}", tree.read(f"{tree.base}/{path}").replace("\n", "\r\n"))

    return change


def digest_of(run: str) -> str:
    return recorded()[run][DIGEST].decode()


def scored(path: str, form: str, run: str) -> Change:
    """accuracy.txt in that form; ``{digest}`` stands for the log's digest."""
    return lambda tree: tree.write(f"{tree.base}/{path}", form.replace("{digest}", digest_of(run)))


def whole_run(tree: RecordedTree) -> None:
    """accuracy/ holds a run in the mode SubmissionRun, which contains an accuracy run."""
    run = RUNS["bert-offline-whole"]
    tree.score(f"{tree.base}/{R}/bert-99/Offline/accuracy", run, run.name)


def another_submitter(tree: RecordedTree) -> None:
    """A second submitter beside the first, with another benchmark."""
    other = RecordedTree(tree.root, tree.policy, "closed", "Other")
    other.system(other.base, "board", system_type="edge")
    other.measured("board", "resnet50", {place.split("/")[1]: run for place, run in RESNET.items()})


def powered(tree: RecordedTree) -> None:
    tree.powered(f"{tree.base}/{R}/resnet50/SingleStream", "resnet-single-more")
    folder = tree.place(Area.MEASUREMENTS, tree.base, SYSTEM, "resnet50", "SingleStream")
    for start in tree.policy.files.power_measurements:
        tree.write(f"{folder}/{start}md", "One analyzer, channel 1.\n")


CONF = f"{M}/bert-99/Offline/user.conf"
SCORE = f"{R}/bert-99/Offline/accuracy/accuracy.txt"
BERT_ACCURACY = "bert-99-Offline-v3.0-accuracy"
OFFLINE = {"bert-99/Offline": "bert-offline"}
NODE = "systems/node.json"
IMPLEMENTED = f"{M}/bert-99/Offline/node_kit_Offline.json"


def _offline(name: str, change: Change | None = None, **more: object) -> Variety:
    return Variety(name=name, results=OFFLINE, change=change, **more)  # type: ignore[arg-type]


SUITES = (
    Variety(name="closed, datacenter", results=BERT, division="closed"),
    Variety(name="closed, edge", results=RESNET, division="closed", system_type="edge"),
    Variety(name="closed, both suites", results=RESNET_50, division="closed", system_type="edge"),
    Variety(
        name="closed, edge, with power",
        results=RESNET,
        division="closed",
        system_type="edge",
        change=powered,
    ),
    Variety(
        name="open, edge, with power",
        results={"resnet50/SingleStream": "resnet-single"},
        system_type="edge",
        change=powered,
    ),
    Variety(name="open, both scenarios", results=BERT),
    Variety(name="open, edge, three scenarios", results=RESNET, system_type="edge"),
    Variety(
        name="MultiStream and Offline inferred from SingleStream",
        results=INFERRED,
        system_type="edge",
    ),
    Variety(
        name="two benchmarks",
        results=BERT | {"rnnt/Server": "rnnt-server", "rnnt/Offline": "rnnt-offline"},
    ),
    Variety(name="two submitters", results=BERT, change=another_submitter),
    Variety(name="a run in mode SubmissionRun in accuracy/", results=OFFLINE, change=whole_run),
)
NAMES = (
    _offline("a system's name with dots and signs", system="1-node_2S.SPR+x"),
    _offline("a system's name in another script", system="système"),
    _offline("a system's name of digits", system="2023"),
    _offline("a submitter's name with signs", submitter="A.B-c_1"),
    Variety(name="folders in lower case", results={"bert-99/offline": "bert-offline"}),
    Variety(
        name="an open benchmark's name behind that of the benchmark",
        results={"bert-99_jpqd-large.v2/Offline": "bert-offline"},
        mapping={"bert-99_jpqd-large.v2": "bert-99"},
    ),
    Variety(
        name="an open benchmark's own name",
        results={"My_Model-1.0/Offline": "bert-offline"},
        mapping={"My_Model-1.0": "bert-99"},
    ),
    _offline("a mapping of benchmarks that are not submitted", mapping={"other": "resnet"}),
)
FILES = (
    _offline("user.conf with line ends of Windows", windows(CONF)),
    _offline(
        "user.conf for every model",
        put(CONF, "*.Offline.target_qps = 50\n*.Offline.min_duration = 600000\n"),
    ),
    _offline(
        "user.conf with remarks, blanks and other scenarios",
        put(
            CONF,
            "# tuned by hand\n\n  bert.Offline.target_qps   =   50   \n  # samples a second\n"
            "bert.Server.target_qps = 10\nresnet50.Offline.target_qps = 7\n",
        ),
    ),
    _offline("user.conf with a hexadecimal value", put(CONF, "bert.Offline.target_qps = 0x32\n")),
    _offline("user.conf with a real value", put(CONF, "bert.*.target_qps = 5.0e+1\n")),
    _offline(
        "user.conf that repeats mlperf.conf",
        put(CONF, "*.Offline.min_query_count = 24576\n*.Offline.target_qps = 50.0"),
    ),
    _offline("accuracy.txt with line ends of Windows", windows(SCORE)),
    _offline(
        "accuracy.txt with the script's other lines",
        scored(
            SCORE,
            "Reading examples...\nNo cached features at 'eval_features.pickle'...\n"
            'Evaluating predictions...\n{"exact_match": 82.5, "f1": 90.2}\n\nhash={digest}\n',
            BERT_ACCURACY,
        ),
    ),
    _offline(
        "accuracy.txt without its last line end",
        scored(SCORE, '{"exact_match": 83.0, "f1": 91.0}\nhash={digest}', BERT_ACCURACY),
    ),
    _offline(
        "accuracy.txt with many digits",
        scored(
            SCORE,
            '{"exact_match": 82.99905392620624, "f1": 90.38261724918235}\nhash={digest}\n',
            BERT_ACCURACY,
        ),
    ),
    _offline(
        "a detail log with line ends of Windows",
        windows(f"{R}/bert-99/Offline/performance/run_1/mlperf_log_detail.txt"),
    ),
    _offline(
        "a summary with line ends of Windows",
        windows(f"{R}/bert-99/Offline/performance/run_1/mlperf_log_summary.txt"),
    ),
    _offline(
        "a trace of LoadGen beside the logs",
        put(f"{R}/bert-99/Offline/performance/run_1/mlperf_log_trace.json", ""),
    ),
    _offline(
        "the accuracy log of the performance run",
        put(f"{R}/bert-99/Offline/performance/run_1/mlperf_log_accuracy.json", "[\n]\n"),
    ),
    _offline("a README with line ends of Windows", windows(f"{M}/bert-99/Offline/README.md")),
    _offline("a system in preview", described(NODE, status="preview")),
    _offline("a system of research", described(NODE, status="rdi")),
    _offline("whole numbers in a system description", described(NODE, number_of_nodes=2)),
    _offline(
        "optional fields in a system description",
        described(NODE, cooling="water", hw_notes="A fan was replaced."),
    ),
    _offline(
        "accelerators",
        described(NODE, accelerators_per_node="8", accelerator_model_name="An accelerator"),
    ),
    _offline("a node without a name of the software", described(NODE, sw_notes="")),
    _offline(
        "a description named after the system alone",
        moved(IMPLEMENTED, f"{M}/bert-99/Offline/node.json"),
    ),
    _offline(
        "a description for every scenario",
        moved(IMPLEMENTED, f"{M}/bert-99/Offline/node_kit.json"),
    ),
    _offline("a retrained open model", described(IMPLEMENTED, retraining="Yes, by us")),
    _offline(
        "weights in INT8 with their calibration",
        both(
            described(IMPLEMENTED, weight_data_types="int8", weight_transformations="quantized"),
            put("calibration.md", "# Calibration\n\nPost-training quantization on 500 samples.\n"),
        ),
    ),
    _offline(
        "more texts and code",
        both(
            put("code/bert-99/kit/src/main.cpp", "int main() {}\n"),
            put("code/bert-99/kit/requirements.txt", "numpy\n"),
            put("docs/tuning.md", "# Tuning\n\nCores are pinned.\n"),
        ),
    ),
    _offline(
        "code that is a pointer",
        both(
            gone("code/bert-99"),
            put("code/bert-99/README.md", "# Code\n\nhttps://example.org/code, tag v1\n"),
        ),
    ),
)
VARIETIES = (*_alone(), *SUITES, *NAMES, *FILES)
