"""Submission trees of recorded runs: what a submitter would send in who measured them."""

from collections.abc import Mapping
from pathlib import Path

from submission.loadgen.detail import parse_detail_log
from submission.policy import Policy
from submission.terms import Mode, Scenario
from submission.tree.grammar import Area
from tests.fakes.loadgen_logs import SESSION, power_samples
from tests.fakes.submission_tree import ACCURACY_LINES, README, SubmissionTree, verified
from tests.recorded.pack import ANSWERS, DETAIL, DIGEST, SUMMARY, Files, recorded
from tests.recorded.runs import RUNS, RealRun

SCORES = ACCURACY_LINES | {
    "rnnt": "Word Error Rate: 7.45%, accuracy=92.55%",
    "3d-unet-99": "Accuracy: mean = 0.86170, kidney = 0.9347, tumor = 0.7887",
    "retinanet": "mAP=37.550%",
    "llama2-70b-99": ACCURACY_LINES["llama2-70b-99.9"],
}
WHY_THIS_LOADGEN = (
    "# Kit\n\nLoadGen 5.0.15 was used because it is the version that the package index has.\n"
)


class RecordedTree(SubmissionTree):
    """A tree whose logs are those of recorded runs."""

    def __init__(self, root: Path, policy: Policy, division: str, submitter: str = "Kit") -> None:
        super().__init__(root, policy)
        self.base = f"{division}/{submitter}"
        self.write(f"{self.base}/README.md", WHY_THIS_LOADGEN)

    def put(self, folder: str, run: str) -> Files:
        """Both logs of a recorded run, in the folder of a run."""
        files = recorded()[run]
        self.runs[folder] = dict(parse_detail_log(files[DETAIL]).values)
        for name in (DETAIL, SUMMARY):
            self.write(f"{folder}/{name}", files[name])
        return files

    def measured(self, system: str, folder: str, results: Mapping[str, str]) -> None:
        """The results of a benchmark folder: scenario folder to the performance run's name."""
        for scenario, run in results.items():
            self._measured((system, folder, scenario), RUNS[run])
        code = self.place(Area.CODE, self.base, *(folder, "kit")[: self.layout.depth(Area.CODE)])
        self.write(f"{code}/README.md", README)
        if self.policy.official.all_systems:
            self.write(f"{self.base}/calibration.md", "# Calibration\n\nNone: weights are FP32.\n")

    def _measured(self, where: tuple[str, str, str], run: RealRun) -> None:
        result = self.place(Area.RESULTS, self.base, *where)
        self.put(f"{result}/performance/run_1", run.name)
        self.score(f"{result}/accuracy", run, accuracy_run(run))
        self._measurement(self.base, where)
        folder = self.place(Area.MEASUREMENTS, self.base, *where)
        for name in ("user.conf", "mlperf.conf"):
            if name in recorded()[run.name]:
                self.write(f"{folder}/{name}", recorded()[run.name][name])
        if not self.base.startswith("open/"):
            self._proven(self.place(Area.COMPLIANCE, self.base, *where), result, run)

    def score(self, folder: str, run: RealRun, accuracy: str) -> None:
        """An accuracy run, and the score of it."""
        files = self.put(folder, accuracy)
        self.write(f"{folder}/{ANSWERS}", files[ANSWERS])
        score = f"{SCORES[run.benchmark]}\nhash={files[DIGEST].decode()}\n"
        self.write(f"{folder}/accuracy.txt", score)

    def _proven(self, path: str, result: str, run: RealRun) -> None:
        for test in self.policy.benchmarks[run.benchmark].compliance_tests:
            terms, folder = self.policy.compliance[test], f"{path}/{test}/performance/run_1"
            files = self.put(folder, f"{run.name}-{test.lower()}")
            own, values = self.runs[f"{result}/performance/run_1"], self.runs[folder]
            self.write(f"{path}/{test}/verify_performance.txt", verified(own, values))
            if terms.scores:
                self.write(f"{path}/{test}/verify_accuracy.txt", "Verifying accuracy.\nTEST PASS\n")
                self.write(f"{path}/{test}/accuracy/{ANSWERS}", files[ANSWERS])
                text = f"{SCORES[run.benchmark]}\nhash={files[DIGEST].decode()}\n"
                self.write(f"{path}/{test}/accuracy/accuracy.txt", text)

    def powered(self, result: str, ranging: str) -> None:
        """The power logs of a result, with another run as its ranging run."""
        run, before = f"{result}/performance/run_1", f"{result}/performance/ranging"
        self.put(before, ranging)
        for folder, phase in ((run, "testing"), (before, "ranging")):
            mark = f"{SESSION}_{phase}"
            self.write(f"{folder}/spl.txt", power_samples(self.runs[folder], mark=mark))
        self.analyzed(result)


def accuracy_run(run: RealRun) -> str:
    """The accuracy run of the same benchmark, scenario and round."""
    return f"{run.benchmark}-{run.scenario}-{run.round}-{Mode.ACCURACY}"


__all__ = ["RecordedTree", "Scenario"]
