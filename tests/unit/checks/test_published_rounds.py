"""Published submissions of other rounds: the official table and verdicts, line by line."""

import csv
import io
import shutil
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.text import render_official
from submission.checks.results import Report, Verdict
from submission.checks.tree import check_tree
from submission.tree.recognised import recognise

# rows of the official table and lines of its verdict, by round
SIZES = {
    "v2.0": (44, 43),
    "v2.1": (89, 70),
    "v3.0": (96, 60),
    "v4.1": (67, 62),
    "v5.1": (20, 26),
    "v6.0": (46, 50),
}

ONE_RUN = (
    "inference_rules.adoc, General rules: 'One LoadGen validation run is required for each"
    " submitted performance result'"
)
OTHERWISE_IDENTICAL = (
    "inference_rules.adoc, General rules: an accuracy run is 'otherwise identical to the above"
    " normal metric run', and has the seeds of the round"
)
PRODUCED = (
    "submission_rules.adoc, Logging requirements: 'the results logs must have been produced by the"
    " standard load generator'; LoadGen's own summary says min_duration 0"
)
LISTED = "submission_rules.adoc, directory structure: the files of a run, and metadata.json is none"
REPLICATE = (
    "submission_rules.adoc, mandatory files: 'READMEs to enable users to replicate performance"
    " results'; the submitter's other READMEs are not in these archives"
)
DIGEST = "submission_rules.adoc, truncation: the digest in accuracy.txt is that of the log"
SHOWN = (
    "the pictures and videos are not in the published tree; the official checker refuses it, too"
)
WHOLE_SET = (
    "inference_rules.adoc, General rules: the accuracy run is of the whole validation set; the"
    " score is of 962 of its 50,000 images"
)
MISSING = "submission_rules.adoc, mandatory files: 'mlperf_log_detail.txt'; refused officially, too"
# benchmark folders of which the rules reject results: the rules, and the sentence behind them
REJECTED = {
    "v2.0": {
        "open/Deci/results/aws-c6i.16xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Deci/results/aws-c6i.2xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Deci/results/aws-m5zn.6xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasA": (
            "LOG002 MEA003",
            f"{MISSING}; {REPLICATE}",
        ),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasB": (
            "MEA003",
            REPLICATE,
        ),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasC": (
            "MEA003",
            REPLICATE,
        ),
    },
    "v2.1": {
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_obert-large": ("MEA003", REPLICATE),
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_obert-mobilebert": (
            "MEA003",
            REPLICATE,
        ),
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_prune-ofa-large": (
            "MEA003",
            REPLICATE,
        ),
    },
    "v3.0": {
        "closed/Qualcomm/results/gloria_highend-qaic-v1.8.3.7-aic100/resnet50": (
            "PRF007",
            OTHERWISE_IDENTICAL,
        ),
    },
    "v4.1": {
        "closed/AMD/results/1xMI300X_2xEPYC-9374F/llama2-70b-99.9": ("PRF004 PRF005", ONE_RUN),
        "closed/AMD/results/1xMI300X_2xEPYC-9374F/llama2-70b-99": ("PRF004 PRF005", ONE_RUN),
    },
    "v5.1": {
        "closed/The_Stage/results/h100_x8/stable-diffusion-xl": ("CMP023", SHOWN),
        "closed/University-of-Florida/results/B200-SXM-180GBx1_TRT/stable-diffusion-xl": (
            "CMP023",
            SHOWN,
        ),
        "closed/University-of-Florida/results/B200-SXM-180GBx8_TRT/stable-diffusion-xl": (
            "CMP023",
            SHOWN,
        ),
        "open/Lenovo/results/se100_ultra7_255h/resnet50": ("ACC028", WHOLE_SET),
    },
    "v6.0": {
        "closed/Krai/results/h200_n1-kissv/wan-2.2-t2v-a14b": ("CMP023", SHOWN),
        "closed/RedHat/results/2xL40S_RHEL9/whisper": ("ACC015", DIGEST),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama2-70b-99": ("PRF001", LISTED),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama3.1-405b": ("PRF001", LISTED),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama3.1-8b": ("PRF001", LISTED),
        "open/NVIDIA/results/Jetson-Thor/llama3.1-8b-edge": ("LOG013 LOG022", PRODUCED),
    },
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SIZES)
def checked(
    request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, Report]]:
    """A round, the folder of the official answers, and our report on its published trees."""
    version, folder = str(request.param), published / "rounds"
    if not (folder / f"official_{version}.csv").is_file():
        pytest.skip("no folder shared/published/rounds beside the checkout")
    root = tmp_path_factory.mktemp(version)
    for archive in sorted(folder.glob(f"{version}_*.tar.xz")):
        with tarfile.open(archive) as opened:
            opened.extractall(root, filter="data")
    assert recognise(root).round == version
    yield version, folder, check_tree(root, version=version)
    shutil.rmtree(root)


def test_the_official_table_of_the_round(checked: tuple[str, Path, Report]) -> None:
    version, folder, report = checked
    expected = (folder / f"official_{version}.csv").read_bytes().decode()
    theirs = list(csv.reader(io.StringIO(expected, newline="")))
    ours = list(csv.reader(io.StringIO(official_csv(report, official=True))))
    assert ours[0] == theirs[0]
    assert sorted(ours[1:]) == sorted(theirs[1:])
    assert len(ours) - 1 == SIZES[version][0]


def test_the_official_lines_of_the_round(checked: tuple[str, Path, Report]) -> None:
    version, folder, report = checked
    theirs = (folder / f"official_{version}_verdicts.txt").read_text()
    assert verdicts(render_official(report)) == verdicts(theirs)
    assert sum(verdicts(theirs).values()) == SIZES[version][1]
    good = "SUMMARY: submission looks OK" in theirs
    assert report.official.exit_code == (0 if good else 1)
    assert report.official.crash is None


def test_the_rules_reject_only_where_a_rule_can_be_quoted(
    checked: tuple[str, Path, Report],
) -> None:
    version, _, report = checked
    rejected: dict[str, set[str]] = defaultdict(set)
    for result in report.results:
        if result.verdict is Verdict.INVALID:
            rejected[result.path.rpartition("/")[0]] |= set(result.reasons)
    expected = REJECTED[version].items()
    assert rejected == {path: set(rules.split()) for path, (rules, _) in expected}


def verdicts(text: str) -> Counter[tuple[str, ...]]:
    """Its lines: the path and value of a result, and the path alone of what is refused."""
    lines = (line.split(maxsplit=2) for line in text.splitlines())
    kept = (line for line in lines if line[:1] in (["Results"], ["NoResults"]))
    return Counter(tuple(line if line[0] == "Results" else line[:2]) for line in kept)
