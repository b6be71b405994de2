"""Small good submissions, one for each kind, with every file that the rules ask for."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha1
from pathlib import Path
from typing import Any

from submission.policy import ComplianceTest, Policy
from submission.terms import Scenario
from submission.tree.grammar import LAYOUTS, Area, Cell, Layout
from tests.fakes.loadgen_logs import (
    SESSION,
    accuracy_log,
    detail_text,
    power_samples,
    summary_text,
    truncated,
)
from tests.fakes.loadgen_run import Values, met_by, run_values
from tests.fakes.power_session import analyzer_log, commands, phases_of

DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
ACCURACY_LINES = {
    "bert-99": '{"exact_match": 82.5, "f1": 90.2}',
    "resnet": "accuracy=76.000%, good=38000, total=50000",
    "llama2-70b-99.9": "{'rouge1': 45.0, 'rouge2': 23.0, 'rougeL': 29.0,"
    " 'tokens_per_sample': 290.0}",
    "gpt-oss-120b": "'exact_match': 84.0",
    "stable-diffusion-xl": "Accuracy Results: {'FID_SCORE': 23.5, 'CLIP_SCORE': 31.75}",
    "retinanet": "mAP=37.519%",
    "qwen3-vl-235b-a22b": '{"f1": 0.79}',
    "e2e-rag-qna": "Accuracy: 34.1",
    "e2e-rag-db": "Accuracy: 98.5",
    "pointpainting": "mAP=0.55",
    "gptj-99": "{'rouge1': 43.0, 'rouge2': 20.2, 'rougeL': 30.0, 'gen_len': 4000000}",
}
# how the accuracy script of a metric writes it, where a benchmark has no line above
METRIC_LINES = {
    "acc": "accuracy={:.5f}",
    "mAP": "mAP={:.5f}%",
    "AUC": "AUC={:.5f}%",
    "F1": '{{"exact_match": 82.5, "f1": {:.5f}}}',
    "WER": "Word Error Rate: {rest:.5f}%, accuracy={:.5f}%",
    "ACCURACY": "Word Error Rate: {rest:.5f}%, accuracy={:.5f}%",
    "DICE": "Accuracy: mean = {:.5f}, kidney = {:.5f}, tumor = {:.5f}",
    "GEN_LEN": "'gen_len': {:.0f}",
    "F1_HIERARCHICAL": '{{"f1": {:.5f}}}',
    "DLRM_NE": "metric/lifetime_ne/rating: {:.5f}",
    "DLRM_ACC": "metric/lifetime_accuracy/rating: {:.5f}",
    "DLRM_AUC": "metric/lifetime_gauc/rating: {:.5f}",
    "ROUGEL": "'rougeL': {:.5f}",
    "ROUGELSUM": "'rougeLsum': {:.5f}",
    "CLIP_SCORE": "'CLIP_SCORE': {:.5f}",
    "FID_SCORE": "'FID_SCORE': {:.5f}",
    "gsm8k_accuracy": "'gsm8k': {:.5f}",
    "mbxp_accuracy": "'mbxp': {:.5f}",
    "E2E_ACCURACY": "Accuracy: {:.5f}",
}


def accuracy_lines(policy: Policy, benchmark: str) -> str:
    """What the accuracy script of a benchmark writes where all targets are met."""
    if benchmark in ACCURACY_LINES:
        return ACCURACY_LINES[benchmark]
    lines = []
    for metric in policy.benchmarks[benchmark].metrics:
        value = met_by(metric)
        form = METRIC_LINES.get(metric.name, f"'{metric.name.lower()}': {{:.5f}}")
        lines.append(form.format(*[value] * 3, rest=100 - value))
    return "\n".join(lines)


README = (
    "# How it was run\n\n```\nmake run\n```\n\nEverything is measured with the code of the kit.\n"
)


class _Named(Mapping[str, Values]):
    """Runs by folders that may be those of another round."""

    def __init__(self, runs: dict[str, Values], named: Callable[[str], str]) -> None:
        self.runs = runs
        self.named = named

    def __getitem__(self, folder: str) -> Values:
        return self.runs[self.named(folder)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)


class SubmissionTree:
    """A tree that is written piece by piece; paths are relative to its root, with slashes.

    ``named``: where a path of another round's tree lies in this one.
    """

    def __init__(self, root: Path, policy: Policy) -> None:
        self.root = root
        self.policy = policy
        self.runs: dict[str, Values] = {}
        self.powered_results: list[str] = []
        self.named: Callable[[str], str] = str

    def at(self, path: str) -> Path:
        """A place in the tree."""
        return self.root / self.named(path)

    @property
    def logged(self) -> Mapping[str, Values]:
        """What each run has logged, by its folder."""
        return _Named(self.runs, self.named)

    def write(self, path: str, content: str | bytes) -> None:
        """A file, whatever is there now."""
        target = self.at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> str:
        return self.at(path).read_text()

    def run(self, folder: str, values: Values) -> None:
        """Both logs of a run."""
        self.runs[self.named(folder)] = values
        self.write(f"{folder}/{DETAIL}", detail_text(values))
        self.write(f"{folder}/{SUMMARY}", summary_text(values))

    def json(self, path: str, value: Any) -> None:
        self.write(path, json.dumps(value, indent=1))

    def system(self, base: str, name: str, **fields: Any) -> None:
        """systems/<name>.json with every field filled in."""
        division, submitter = base.split("/")
        value = dict.fromkeys(self.policy.system_fields.required, "some text")
        value |= {"division": division, "submitter": submitter, "status": "available"}
        value |= {"number_of_nodes": "1", "host_processors_per_node": "2"}
        value |= {"accelerators_per_node": "0", "accelerator_model_name": "N/A"}
        self.json(f"{base}/systems/{name}.json", value | fields)

    def benchmark(
        self,
        base: str,
        system: str,
        folder: str,
        benchmark: str,
        scenarios: dict[str, Scenario],
        *,
        sut: str = "KitSUT",
    ) -> None:
        """All scenarios of a benchmark: folder name to the scenario that LoadGen ran."""
        for name, logged in scenarios.items():
            where = (system, folder, name)
            result = self.place(Area.RESULTS, base, *where)
            self._result(result, benchmark, logged, sut)
            self._measurement(base, where)
            if not base.startswith("open/"):
                tests = self.place(Area.COMPLIANCE, base, *where)
                self._compliance(tests, result, benchmark, logged, sut)
        code = self.place(Area.CODE, base, *(folder, "kit")[: self.layout.depth(Area.CODE)])
        self.write(f"{code}/README.md", README)
        if self.policy.official.all_systems:
            self.write(f"{base}/calibration.md", "# Calibration\n\nNone: the weights are FP32.\n")

    @property
    def layout(self) -> Layout:
        """Where things lie in a tree of the round."""
        return LAYOUTS[self.policy.layout]

    def place(self, area: Area, base: str, *names: str) -> str:
        """The path of something of an area below a submitter's folder."""
        return self.layout.path(area, base, *names)

    def _result(self, path: str, benchmark: str, logged: Scenario, sut: str) -> None:
        for kind, accuracy in (("performance/run_1", False), ("accuracy", True)):
            folder = f"{path}/{kind}"
            self.run(
                folder,
                run_values(
                    self.policy,
                    benchmark,
                    logged,
                    accuracy=accuracy,
                    sut=sut,
                    label=folder,
                    folder=Scenario.named(path.rpartition("/")[2]),
                ),
            )
        self._accuracy(f"{path}/accuracy", benchmark)
        for folder, stems in self.policy.benchmarks[benchmark].accuracy_files.items():
            for stem in stems:
                self.write(f"{path}/accuracy/{folder}/{stem}.png", f"picture {stem} of {path}\n")

    def _accuracy(self, folder: str, benchmark: str) -> None:
        log = accuracy_log(folder)
        digest = hashlib.sha256(log).hexdigest()
        self.write(f"{folder}/mlperf_log_accuracy.json", truncated(log))
        self.write(
            f"{folder}/accuracy.txt", f"{accuracy_lines(self.policy, benchmark)}\nhash={digest}\n"
        )

    def _measurement(self, base: str, where: tuple[str, str, str]) -> None:
        division, submitter = base.split("/")
        folder = self.place(Area.MEASUREMENTS, base, *where)
        cell = Cell(
            division=division,
            submitter=submitter,
            system=where[0],
            benchmark=where[1],
            scenario_folder=where[2],
        )
        fields = {
            "input_data_types": "int64",
            "retraining": "No",
            "starting_weights_filename": "bert.onnx",
            "weight_data_types": "fp32",
            "weight_transformations": "none",
        }
        self.json(f"{folder}/{self.layout.description_name(cell, 'kit')}", fields)
        self.write(f"{folder}/README.md", README)
        if "mlperf.conf" in self.policy.files.measurements:
            self.write(f"{folder}/mlperf.conf", conf_text(self.policy))
        self.write(
            f"{folder}/user.conf", "*.Server.target_qps = 500\n*.Offline.target_qps = 1000\n"
        )

    def _compliance(
        self, path: str, result: str, benchmark: str, logged: Scenario, sut: str
    ) -> None:
        for test in self.policy.benchmarks[benchmark].compliance_tests:
            self._outputs(f"{path}/{test}", self.policy.compliance[test])
            if not self.policy.compliance[test].runs:
                continue
            folder = f"{path}/{test}/performance/run_1"
            values = run_values(self.policy, benchmark, logged, sut=sut, test=test, label=folder)
            for name, value in TEST_SETTINGS.get(test, {}).items():
                values |= {f"{stage}_{name}": value for stage in ("requested", "effective")}
            terms = self.policy.compliance[test]
            if not terms.full:
                values |= {"result_validity": "INVALID", "early_stopping_met": False}
            self.run(folder, values)
            own = self.runs[f"{result}/performance/run_1"]
            if terms.verifies_performance:
                self.write(f"{path}/{test}/verify_performance.txt", verified(own, values))
            if terms.scores:
                self.write(f"{path}/{test}/verify_accuracy.txt", "Verifying accuracy.\nTEST PASS\n")
                log = truncated(accuracy_log(folder))
                self.write(f"{path}/{test}/accuracy/mlperf_log_accuracy.json", log)
                digest = hashlib.sha256(log).hexdigest()
                text = f"{accuracy_lines(self.policy, benchmark)}\nhash={digest}\n"
                self.write(f"{path}/{test}/accuracy/accuracy.txt", text)

    def _outputs(self, path: str, test: ComplianceTest) -> None:
        """What the verification of a test without a run writes."""
        lines = [group[0] for group in test.verifies_accuracy]
        if lines:
            self.write(f"{path}/verify_accuracy.txt", "\n".join(lines) + "\n")
        if test.verifies_length:
            self.write(f"{path}/verify_output_len.txt", "TEST PASS\n")

    def power(self, result: str) -> None:
        """The power logs of a result, with its ranging run."""
        run, ranging = f"{result}/performance/run_1", f"{result}/performance/ranging"
        self.run(ranging, self.runs[run] | {"test_datetime": "2023-02-20T09:00:00Z"})
        for folder, phase in ((run, "testing"), (ranging, "ranging")):
            samples = power_samples(self.runs[folder], mark=f"{SESSION}_{phase}")
            self.write(f"{folder}/spl.txt", samples)
        self.analyzed(result)

    def analyzed(self, result: str) -> None:
        """What power client and server write of a result beside the samples."""
        self.session(result)
        for name in ("client", "server"):
            self.write(f"{result}/performance/power/{name}.log", f"{name} started\n")
        self.powered_results.append(result)
        self.vouch()
        division, submitter, _, *where = result.split("/")
        folder = self.place(Area.MEASUREMENTS, f"{division}/{submitter}", *where)
        for start in self.policy.files.power_measurements:
            self.write(f"{folder}/{start}md", "One analyzer, channel 1.\n")

    def session(self, result: str) -> None:
        """What client, server and PTDaemon say of the samples of a result, as they are now."""
        run, ranging = f"{result}/performance/run_1", f"{result}/performance/ranging"
        samples = [self.read(f"{folder}/spl.txt") for folder in (ranging, run)]
        session = {"session_name": SESSION, "uuid": {"client": "a", "server": "b"}}
        session |= {"phases": phases_of(*samples)}
        for name, more in (("client", {}), ("server", {"ptd_messages": commands(samples[0])})):
            self.json(f"{result}/performance/power/{name}.json", session | more)
        self.write(f"{result}/performance/power/ptd_logs.txt", analyzer_log(*samples))

    def vouch(self) -> None:
        """The digests of the logs that power client and server measured, as the logs are now."""
        for result in self.powered_results:
            folder = self.root / result / "performance"
            for name, logs in VOUCHED.items():
                path = f"{result}/performance/power/{name}"
                found = [log for log in logs if (folder / log).is_file()]
                digests = {log: sha1((folder / log).read_bytes()).hexdigest() for log in found}
                if (self.root / path).is_file() and (text := self.read(path)).endswith("}"):
                    self.json(path, json.loads(text) | {"results": digests})


# Which logs power client and server give the digests of
VOUCHED = {
    "client.json": [
        "power/client.log",
        *(f"{run}/{name}" for run in ("ranging", "run_1") for name in (DETAIL, SUMMARY)),
    ],
    "server.json": [
        "power/ptd_logs.txt",
        "power/server.log",
        "ranging/spl.txt",
        "run_1/spl.txt",
    ],
}
# What audit.config of a test sets, beside the seeds
TEST_SETTINGS: dict[str, dict[str, object]] = {
    "TEST01": {"accuracy_log_sampling_target": 4096},
    "TEST04": {"performance_issue_same": True},
    "TEST04-A": {"performance_issue_unique": True},
    "TEST04-B": {"performance_issue_same": True},
}
SCORES = {
    "SingleStream": "early_stopping_latency_ss",
    "MultiStream": "early_stopping_latency_ms",
    "Server": "result_completed_samples_per_sec",
    "Offline": "result_samples_per_second",
}


def verified(own: Values, test: Values) -> str:
    """What the verification of a test's performance writes."""
    key = SCORES[test["effective_scenario"]]
    return (
        f"Verifying performance.\nreference score = {own[key]}\ntest score = {test[key]}\n"
        "TEST PASS\n"
    )


def conf_text(policy: Policy) -> str:
    """mlperf.conf of a round, as far as the rules look at it."""
    lines = [f"*.*.{name} = {seed}" for name, seed in policy.seeds.by_key().items()]
    lines += [f"*.{scenario}.min_duration = {policy.min_duration_ms}" for scenario in Scenario]
    lines.append(f"*.Offline.min_query_count = {policy.offline_min_samples}")
    lines.append("*.Server.target_latency_percentile = 99")
    for terms in policy.benchmarks.values():
        if terms.offline_min_samples is not None:
            least = terms.offline_min_samples
            lines.append(f"{terms.loadgen_model}.Offline.min_query_count = {least}")
        if terms.server_latency_bound_ns is not None:
            bound = terms.server_latency_bound_ns // 1_000_000
            lines.append(f"{terms.loadgen_model}.Server.target_latency = {bound}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


DATACENTER = {"Offline": Scenario.OFFLINE, "Server": Scenario.SERVER}
EDGE = {
    "SingleStream": Scenario.SINGLE_STREAM,
    "MultiStream": Scenario.MULTI_STREAM,
    "Offline": Scenario.SINGLE_STREAM,
}


def node_benchmark(policy: Policy) -> str:
    """The benchmark of the trees of datacenter systems: BERT, or a large language model."""
    known = policy.required_scenarios["datacenter"]
    return next(name for name in ("bert-99", "llama2-70b-99.9") if name in known)


def open_folder(policy: Policy) -> str:
    """The folder of the open tree's benchmark: a name of its own where it can be mapped."""
    return "sparse-bert" if policy.official.reads_model_mapping else "sparse-bert-99"


def open_tree(tree: SubmissionTree) -> None:
    """open/Kit: BERT under a name of its own, on a datacenter system."""
    tree.system("open/Kit", "node", system_type="datacenter")
    if tree.policy.official.reads_model_mapping:
        name = node_benchmark(tree.policy)
        tree.json("open/Kit/model_mapping.json", {"sparse-bert": name})
    tree.benchmark(
        "open/Kit", "node", open_folder(tree.policy), node_benchmark(tree.policy), DATACENTER
    )


def closed_tree(tree: SubmissionTree) -> None:
    """closed/Kit: BERT with its compliance tests, on a datacenter system."""
    tree.system("closed/Kit", "node", system_type="datacenter")
    name = node_benchmark(tree.policy)
    tree.benchmark("closed/Kit", "node", name, name, DATACENTER)


def edge_tree(tree: SubmissionTree) -> None:
    """closed/Kit: ResNet on an edge system, with power; Offline is inferred from SingleStream."""
    tree.system("closed/Kit", "board", system_type="edge")
    tree.benchmark("closed/Kit", "board", "resnet50", "resnet", EDGE)
    tree.power("closed/Kit/results/board/resnet50/SingleStream")


def network_tree(tree: SubmissionTree) -> None:
    """network/Kit: BERT behind a network; folder names in lower case, as some write them."""
    fields = dict.fromkeys(tree.policy.system_fields.network, "some text") | {"is_network": "true"}
    tree.system("network/Kit", "node", system_type="datacenter", **fields)
    scenarios = {name.lower(): scenario for name, scenario in DATACENTER.items()}
    name = node_benchmark(tree.policy)
    tree.benchmark("network/Kit", "node", name, name, scenarios, sut="Network SUT")


def answers_tree(tree: SubmissionTree) -> None:
    """closed/Kit: a language model whose tests have no run of their own."""
    tree.system("closed/Kit", "node", system_type="datacenter")
    tree.benchmark("closed/Kit", "node", "gpt-oss-120b", "gpt-oss-120b", DATACENTER)


def summaries_tree(tree: SubmissionTree) -> None:
    """closed/Kit: a language model whose answers end after some tokens."""
    tree.system("closed/Kit", "node", system_type="datacenter")
    tree.benchmark("closed/Kit", "node", "llama3.1-8b", "llama3.1-8b", DATACENTER)


def pictures_tree(tree: SubmissionTree) -> None:
    """closed/Kit: a model that makes pictures, on an edge system; some of them are submitted."""
    tree.system("closed/Kit", "board", system_type="edge")
    scenarios = {"SingleStream": Scenario.SINGLE_STREAM, "Offline": Scenario.SINGLE_STREAM}
    name = "stable-diffusion-xl"
    tree.benchmark("closed/Kit", "board", name, name, scenarios)


# kinds of some rounds only
SPECIAL = {"answers": answers_tree, "summaries": summaries_tree, "pictures": pictures_tree}
TREES = {"open": open_tree, "closed": closed_tree, "edge": edge_tree, "network": network_tree}


def build(kind: str, root: Path, policy: Policy) -> SubmissionTree:
    """A good tree of a kind, below an empty folder."""
    tree = SubmissionTree(root, policy)
    (TREES | SPECIAL)[kind](tree)
    return tree
