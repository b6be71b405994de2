"""The published profile from end to end: five models with made-up weights in their places.

Four pruned IRs in parts, and the reference as ONNX, which the kit converts: one scenario each, of a
second. The tree is honest, so that no command may find a difference in it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

import pytest

from submission.artifacts.split import split_all
from submission.files import read_json, write_json
from submission.ir.inspect import inspect
from submission.ir.report import structured_percent
from submission.review.evidence import rendered
from submission.review.verify import verify_tree
from submission.tree.finished import FinishedTree
from tests.e2e.conftest import RUN, SERVER
from tests.fakes.built import built_from
from tests.fakes.pruned_ir import write_pruned
from tests.fakes.synthetic import PUBLISHED

pytest.importorskip("onnx", reason="onnx comes with `make more`")

REFERENCE = "reference"
ONNX = "bert_large_v1_1_fake_quant.onnx"
LENGTH, WORDS = 384, 30_522
# some of each scenario; the strictest percentile belongs to bert-99.9
SCENARIOS = dict(
    zip((*PUBLISHED, REFERENCE), ("Server", "Offline", "Server", "Offline", "Offline"), strict=True)
)
MODES = ("performance", "accuracy")
# a toy answers thousands of samples a second
NUMBERS = {
    "Offline": {**RUN, "target_qps": 20_000, "samples_per_query": 6_000},
    "Server": {**SERVER, "target_qps": 200, "min_query_count": 64},
}
Asked = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def published_kit(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose published models are toys, and whose profile ``jpqd`` takes seconds."""
    root = tmp_path_factory.mktemp("jpqd") / "kit"
    shutil.copytree(checkout, root)
    for number, name in enumerate(PUBLISHED):
        _pruned(root / "models" / name, root.parent / name, seed=number)
    _reference(root / "models" / REFERENCE)
    profile = root / "measurements/profiles/jpqd.json"
    demo = read_json(root / "measurements/profiles/demo.json")
    value = read_json(profile)
    value |= {"submittable": False, "dataset": "squad-tiny", "waivers": demo["waivers"]}
    for benchmark in value["benchmarks"]:
        scenario = SCENARIOS[benchmark["model"]]
        benchmark["scenarios"] = {scenario: dict.fromkeys(MODES, NUMBERS[scenario])}
    write_json(profile, value)
    return root


def _pruned(folder: Path, work: Path, *, seed: int) -> None:
    """A toy of the published form in two parts, under the published manifest's words."""
    work.mkdir()
    xml = write_pruned(work / "openvino_model.xml", length=LENGTH, vocabulary=WORDS + seed)
    about = read_json(folder / "manifest.json")
    about["structured_sparsity_percent"] = structured_percent(inspect(xml))
    for key in ("files", "sources", "part_bytes"):
        del about[key]
    files = ((xml, "topology"), (xml.with_suffix(".bin"), "weights"))
    split_all(files, folder, about, part_bytes=xml.with_suffix(".bin").stat().st_size // 2 + 1)


def _reference(folder: Path) -> None:
    from tests.fakes.quantized_onnx import write_quantized

    path = write_quantized(folder / ONNX, length=LENGTH, vocabulary=WORDS)
    about = read_json(folder / "manifest.json")
    (file,) = about["files"]
    file |= {"bytes": path.stat().st_size, "md5": md5(path.read_bytes()).hexdigest()}
    write_json(folder / "manifest.json", {**about, "sources": ["file:{file}"]})


@pytest.fixture(scope="module")
def asked(published_kit: Path) -> Asked:
    """Run a command of that checkout; its exit code and all that it said."""

    def ask(*words: object) -> tuple[int, str]:
        environment = {
            **os.environ,
            "PROFILE": "jpqd",
            "WORKSPACE": str(published_kit.parent / "out"),
            "RUNNER": "host",
        }
        done = subprocess.run(
            [sys.executable, "-m", "submission", *map(str, words)],
            cwd=published_kit,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    return ask


@pytest.fixture(scope="module")
def workspace(published_kit: Path, asked: Asked) -> Path:
    """Walked to its end."""
    code, said = asked("run")
    assert code == 0, said
    return published_kit.parent / "out"


def test_the_five_models_are_laid_out_as_what_they_stand_for(workspace: Path) -> None:
    tree = workspace / "submission/open/Example"
    mapping = json.loads((tree / "model_mapping.json").read_text(encoding="utf-8"))
    expected = {name: name.partition("_")[0] for name in PUBLISHED} | {REFERENCE: "bert-99"}
    assert mapping == expected
    assert {path.name for path in (tree / "code").iterdir()} == set(expected)


def test_nothing_differs_in_tree_archive_or_image(
    workspace: Path, published_kit: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, archive = workspace / "submission", workspace / "Example-open-v3.0.tar.gz"
    code, said = asked("verify", "--input", archive)
    assert (code, said.splitlines()[-1][:22]) == (0, "verify: no differences"), said
    cell = f"open/Example/measurements/1-node-OpenVINO-INT8/{REFERENCE}/Offline"
    image = built_from(published_kit, workspace, cell)
    monkeypatch.setattr(rendered, "_own_sources", lambda: image.fingerprint)
    done = verify_tree(FinishedTree(root=tree, round="v3.0"), image)
    assert [str(each) for kind in done for each in kind.differences] == []
    assert {kind.kind for kind in done if not kind.count} == set()


def test_the_check_passes_without_an_alarm(workspace: Path, asked: Asked) -> None:
    code, said = asked("check", workspace / "submission", "--profile", "jpqd", "--json", "-")
    assert code == 0, said
    findings = json.loads(said)["findings"]
    raised = {
        each["rule"] for each in findings if each["severity"] != "note" and not each["waived"]
    }
    # toys answer nothing right, the host is no container, and nobody described its cooling
    assert raised == {"ACC008", "MEA020", "SYS006"}


@pytest.mark.parametrize("model", [PUBLISHED[0], REFERENCE])
def test_the_score_of_a_model_is_computed_again(workspace: Path, asked: Asked, model: str) -> None:
    cell = f"{model}/{SCENARIOS[model]}"
    log = workspace / "runs/jpqd" / cell / "accuracy/mlperf_log_accuracy.json"
    words = ("--benchmark", model, "--scenario", SCENARIOS[model], "--log", log)
    code, said = asked("score", "--input", workspace / "submission", *words)
    assert (code, said.splitlines()[-1]) == (0, "score: equal to what the tree claims"), said
