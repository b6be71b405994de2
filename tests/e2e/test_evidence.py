"""Forged trees, each consistent where a forger would take care: caught by name, or not at all.

SHA256SUMS is renewed after each. ``UNSEEN`` forgeries pass and have a line in the table of what no
file can show.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.checks import check_tree
from submission.readmes.texts import Texts
from submission.review.built import Built
from submission.review.evidence import rendered
from submission.review.evidence.book import BOOK
from submission.review.evidence.model import Examined, examine
from submission.review.evidence.rendered import TreeSource
from submission.review.score import rescore
from submission.review.verify import verify_tree
from submission.tree.archive import opened_tree
from submission.tree.finished import FinishedTree
from submission.tree.grammar import SUMS_FILE
from submission.tree.sums import sha256sums
from tests.fakes.built import built_from

OWNER = "open/Demo"
CODE = f"{OWNER}/code/minilm-squad/openvino-cpu"
SYSTEM = "1-node-OpenVINO-INT8"
MEASURED = f"{OWNER}/measurements/{SYSTEM}/minilm-squad"
RESULTS = f"{OWNER}/results/{SYSTEM}/minilm-squad"
DESCRIPTION = f"{OWNER}/systems/{SYSTEM}.json"
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
TRAINED = Path(__file__).parents[2] / "models/minilm-squad_jpqd-50/manifest.json"
RUNS = [(s, m) for s in ("Offline", "Server") for m in ("performance", "accuracy")]


class Forged:
    """A copy of a finished tree, and the ways to change it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    def text(self, name: str, pattern: str, by: str, *, count: int = 0) -> None:
        path = self.path(name)
        text, done = re.subn(
            pattern, by, path.read_text(encoding="utf-8"), count=count, flags=re.MULTILINE
        )
        assert done, f"{pattern} is not in {name}"
        path.write_text(text, encoding="utf-8")

    def everywhere(self, old: str, new: str, pattern: str = "**/*") -> None:
        """In every text of the submitter but the kit's own sources."""
        done = 0
        for path in self.path(OWNER).glob(pattern):
            inside = path.relative_to(self.path(OWNER)).parts
            own = len(inside) > 4 and inside[0] == "code"
            if path.is_file() and not own and path.suffix in {".md", ".json", ".txt", ".conf"}:
                text = path.read_text(encoding="utf-8")
                done += text.count(old)
                path.write_text(text.replace(old, new), encoding="utf-8")
        assert done, f"{old} is nowhere"

    def json(self, name: str, change: Callable[[Any], None]) -> None:
        path = self.path(name)
        value = json.loads(path.read_text(encoding="utf-8"))
        change(value)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")

    def metadata(self, change: Callable[[Any], None], *, of: str = "") -> None:
        """Of every run, or of those whose scenario or mode is ``of``."""
        for scenario, mode in RUNS:
            if of in {"", scenario, mode, f"{scenario}/{mode}"}:
                self.json(f"{MEASURED}/{scenario}/run_metadata_{mode}.json", change)

    def log(self, scenario: str, mode: str, name: str = DETAIL) -> str:
        folder = "performance/run_1" if mode == "performance" else "accuracy"
        return f"{RESULTS}/{scenario}/{folder}/{name}"

    def logged(self, key: str, value: str, scenario: str = "Offline") -> None:
        """A figure of LoadGen's, in both logs, in metadata and in READMEs: as a forger would."""
        name = self.log(scenario, "performance")
        found = re.search(rf'"key": "{key}", "value": ([^,]+),', self.path(name).read_text())
        assert found
        self.text(name, rf'("key": "{key}", "value": )[^,]+,', rf"\g<1>{value},")

        def change(metadata: Any) -> None:
            kind = "results" if key in metadata["harness"]["results"] else "effective"
            metadata["harness"][kind][key] = json.loads(value)

        self.metadata(change, of=f"{scenario}/performance")
        self._figures(found[1].strip('"'), value.strip('"'))
        # the digests too, which lie in the same metadata
        self.digest(scenario, "performance")

    def _figures(self, old: str, new: str) -> None:
        for path in self.path(OWNER).rglob("README.md"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(old, new), encoding="utf-8")

    def digest(self, scenario: str, mode: str) -> None:
        """What the harness recorded of the logs, renewed."""
        found = {
            name: sha256(self.path(self.log(scenario, mode, name)).read_bytes()).hexdigest()
            for name in (DETAIL, SUMMARY)
        }
        self.metadata(
            lambda m: m["harness"]["digests"]["logs"].update(found), of=f"{scenario}/{mode}"
        )

    def render(self) -> None:
        """All texts again, from what the tree says now: the forger has the kit, too."""
        tree = FinishedTree(root=self.root, round="v3.0")
        source = TreeSource(tree=tree, cells=tree.cells, kit=self.path(CODE))
        for name, text in dict(Texts(source).by_path()).items():
            self.path(name).write_text(text, encoding="utf-8")

    @property
    def runner(self) -> str:
        path = self.path(f"{MEASURED}/Offline/run_metadata_accuracy.json")
        return str(json.loads(path.read_text(encoding="utf-8"))["runner"])

    def finish(self) -> None:
        sums = sha256sums(self.root)
        (self.root / SUMS_FILE).write_text(sums, encoding="utf-8")


def put(*names: str, value: Any) -> Callable[[Any], None]:
    def change(found: Any) -> None:
        for name in names[:-1]:
            found = found[name]
        found[names[-1]] = value

    return change


def in_2023(*names: str) -> Callable[[Any], None]:
    return lambda found: found.update({name: f"2023{found[name][4:]}" for name in names})


# ---- forgeries: each takes the tree; its name is what a reader would call it


def other_processors(tree: Forged) -> None:
    tree.json(
        DESCRIPTION,
        lambda d: d.update(
            host_processor_model_name="Intel(R) Xeon(R) Platinum 8480+",
            host_processors_per_node="2",
            host_processor_core_count="56",
        ),
    )


def more_sockets(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("host_processors_per_node", value="4"))


def more_cores(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("host_processor_core_count", value="96"))


def more_memory(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("host_memory_capacity", value="1024 GB"))


def another_system(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("operating_system", value="Ubuntu 22.04.2 LTS"))


def another_framework(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("framework", value="OpenVINO 2022.3.0"))


def another_stack(tree: Forged) -> None:
    tree.text(DESCRIPTION, r"LoadGen [\d.]+", "LoadGen 3.0.0")


def an_accelerator(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("accelerators_per_node", value="8"))


def a_host_of_metadata(tree: Forged) -> None:
    tree.metadata(put("host", "cpu_model", value="Intel Xeon Platinum 8480+"))
    tree.json(DESCRIPTION, put("host_processor_model_name", value="Intel Xeon Platinum 8480+"))


def instruction_sets(tree: Forged) -> None:
    tree.metadata(put("host", "flags", value=["avx2", "amx_int8", "amx_bf16", "made_up"]))


def an_invalid_run(tree: Forged) -> None:
    tree.metadata(put("harness", "validity", value="INVALID"), of="performance")


def an_error_of_loadgen(tree: Forged) -> None:
    tree.metadata(put("harness", "loadgen_errors", value=["error_runtime: x"]), of="Offline")


def fewer_answers(tree: Forged) -> None:
    tree.metadata(put("harness", "answered", value=1), of="Server")


def fewer_samples(tree: Forged) -> None:
    tree.metadata(put("harness", "samples", value=10833))


def another_image_in_metadata(tree: Forged) -> None:
    tree.metadata(put("image", "id", value="sha256:" + "ab" * 32), of="Server")


def another_image_in_readmes(tree: Forged) -> None:
    for path in tree.path(OWNER).rglob("README.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"host:[0-9a-f]{64}", "host:" + "ab" * 32, text), encoding="utf-8")


def dates_of_another_year(tree: Forged) -> None:
    tree.metadata(in_2023("started", "ended"))


def times_of_the_harness(tree: Forged) -> None:
    tree.metadata(lambda m: in_2023("start", "loadgen_start", "end")(m["harness"]))
    tree.metadata(in_2023("started", "ended"))


def a_date_of_a_log(tree: Forged) -> None:
    name = tree.log("Offline", "performance")
    tree.text(name, r'("test_datetime", "value": ")\d{4}', r"\g<1>2023")
    tree.digest("Offline", "performance")


def times_of_a_readme(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Offline/README.md", r"^\d{4}(-\S+ to )\d{4}", r"2023\g<1>2023")


def no_sources(tree: Forged) -> None:
    shutil.rmtree(tree.path(f"{CODE}/submission"))


def changed_sources(tree: Forged) -> None:
    tree.text(f"{CODE}/submission/squad/score.py", r"\A", "# harmless\n", count=1)


def a_changed_makefile(tree: Forged) -> None:
    tree.text(f"{CODE}/Makefile", r"\A", "SHELL = /bin/sh\n", count=1)


def a_changed_set_up(tree: Forged) -> None:
    tree.text(f"{CODE}/tools/setup.sh", r"\Z", "\ntrue\n", count=1)


def a_tool_of_their_own(tree: Forged) -> None:
    tree.path(f"{CODE}/tools/extra.py").write_text("print()\n", encoding="utf-8")


def another_waiver(tree: Forged) -> None:
    tree.json(
        f"{CODE}/measurements/profiles/tiny.json",
        lambda p: p["waivers"].append({"rule": "PRF002", "path": "*", "reason": "so"}),
    )


def a_waiver_hidden(tree: Forged) -> None:
    tree.text(f"{CODE}/README.md", r"^- PRF008: .*\n", "")


def a_submittable_demo(tree: Forged) -> None:
    tree.metadata(put("submittable", value=True))


def another_data_set(tree: Forged) -> None:
    """The data was made easier; its manifest in the tree says so too, and every run."""
    folder = f"{CODE}/models/squad-tiny"
    tree.text(f"{folder}/tiny-v1.1.json", r"\Z", "\n", count=1)
    content = tree.path(f"{folder}/tiny-v1.1.json").read_bytes()
    digest = sha256(content).hexdigest()

    def change(manifest: Any) -> None:
        for file in manifest["files"]:
            if file["name"] == "tiny-v1.1.json":
                file.update(sha256=digest, bytes=len(content))

    tree.json(f"{folder}/manifest.json", change)
    tree.metadata(put("dataset", "sha256", "tiny-v1.1.json", value=digest))


def data_of_a_run(tree: Forged) -> None:
    tree.metadata(put("dataset", "sha256", "tiny-v1.1.json", value="cd" * 32))


def squad_itself(tree: Forged) -> None:
    tree.metadata(put("dataset", "name", value="squad"))
    for path in tree.path(OWNER).rglob("README.md"):
        text = path.read_text(encoding="utf-8").replace("squad-tiny", "squad")
        path.write_text(text, encoding="utf-8")


def other_features(tree: Forged) -> None:
    tree.metadata(put("dataset", "features_sha256", value="cd" * 32), of="accuracy")


def another_sparsity(tree: Forged) -> None:
    for name in (f"{CODE}/model/manifest.json", f"{CODE}/models/minilm-squad/manifest.json"):
        tree.json(name, put("structured_sparsity_percent", value=61.5))


def a_sparsity_of_a_table(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"\| dense \|", "| 61.5 |")


def another_mapping(tree: Forged) -> None:
    tree.json(f"{OWNER}/model_mapping.json", put("minilm-squad", value="bert-99.9"))


def no_retraining(tree: Forged) -> None:
    tree.json(
        f"{MEASURED}/Offline/{SYSTEM}_openvino-cpu_Offline.json",
        lambda f: f.update(retraining="N/A", weight_data_types="fp32"),
    )


def a_rate_in_a_readme(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Offline/README.md", r"^(\| samples/s \| )[\d.]+", r"\g<1>9000")


def an_output_in_a_readme(tree: Forged) -> None:
    tree.text(f"{CODE}/README.md", r"^samples/s: [\d.]+", "samples/s: 9000")


def an_f1_in_readmes(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^(\| minilm-squad \| )[\d.]+", r"\g<1>98.300")


def settings_of_a_readme(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Server/README.md", r"^(\| latency bound \| )\d+", r"\g<1>130")


def versions_of_a_readme(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Server/README.md", r"^(\| openvino \| )[\d.]+", r"\g<1>2022.3.0")


def the_warning_of_a_readme(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^> \*\*Not for submission.*\n", "")


def the_size_of_the_data(tree: Forged) -> None:
    tree.text(
        f"{OWNER}/README.md",
        r"\(\d+ questions, \d+ samples\)",
        "(10,570 questions, 10,833 samples)",
    )


def a_rate_in_all_places(tree: Forged) -> None:
    tree.logged("result_completed_samples_per_sec", "9000", "Server")


def a_percentile_in_all_places(tree: Forged) -> None:
    tree.logged("result_99.00_percentile_latency_ns", "1000", "Server")


def latencies_of_another_run(tree: Forged) -> None:
    path = tree.path(f"{MEASURED}/Server/latencies_performance.npz")
    with np.load(path) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    found["done_ns"] = found["issued_ns"] + (found["done_ns"] - found["issued_ns"]) // 2
    np.savez(path, **found)


def other_scores_of_questions(tree: Forged) -> None:
    path = tree.path(f"{MEASURED}/Offline/scores_accuracy.npz")
    with np.load(path) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    found["exact"][0], found["f1"][0] = False, 0.25
    np.savez_compressed(path, **found)


def damaged_scores_of_questions(tree: Forged) -> None:
    tree.path(f"{MEASURED}/Offline/scores_accuracy.npz").write_bytes(b"PK no archive")


def a_log_edited_later(tree: Forged) -> None:
    tree.text(tree.log("Offline", "performance"), r'"tid": (\d+)', r'"tid": 1\1', count=1)


def a_summary_edited_later(tree: Forged) -> None:
    tree.text(tree.log("Offline", "performance", SUMMARY), r"\Z", "\n", count=1)


def the_hash_of_a_log(tree: Forged) -> None:
    """A better accuracy with the hash of another log, told everywhere."""
    name = tree.log("Offline", "accuracy", "accuracy.txt")
    found = re.search(r"hash=(\w+)", tree.path(name).read_text())
    assert found
    tree.everywhere(found[1], "ef" * 32, "**/*.txt")
    for path in tree.path(OWNER).rglob("README.md"):
        path.write_text(path.read_text().replace(found[1], "ef" * 32))


def a_user_conf_edited_later(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Offline/user.conf", r"(target_qps = )\d+", r"\g<1>99")


def a_run_without_digests(tree: Forged) -> None:
    tree.metadata(lambda m: m["harness"].pop("digests"), of="Server/performance")


def metadata_of_another_scenario(tree: Forged) -> None:
    source = tree.path(f"{MEASURED}/Server/run_metadata_accuracy.json")
    shutil.copy(source, tree.path(f"{MEASURED}/Offline/run_metadata_accuracy.json"))


def no_metadata(tree: Forged) -> None:
    tree.path(f"{MEASURED}/Offline/run_metadata_accuracy.json").unlink()


def no_latencies(tree: Forged) -> None:
    tree.path(f"{MEASURED}/Server/latencies_performance.npz").unlink()


def no_model(tree: Forged) -> None:
    shutil.rmtree(tree.path(f"{CODE}/model"))


def no_results(tree: Forged) -> None:
    shutil.rmtree(tree.path(f"{OWNER}/results"))


def a_package_of_another_version(tree: Forged) -> None:
    openvino = r'("name": "openvino",\s*"version": )"[\d.]+"'
    tree.text(f"{CODE}/sbom.cdx.json", openvino, r'\1"2022.3.0"', count=1)


def another_round(tree: Forged) -> None:
    tree.metadata(put("round", value="v2.1"), of="Offline")


def a_stricter_benchmark(tree: Forged) -> None:
    for name in (f"{CODE}/model/manifest.json", f"{CODE}/models/minilm-squad/manifest.json"):
        tree.json(name, put("mlperf_model", value="bert-99.9"))
    tree.json(f"{OWNER}/model_mapping.json", put("minilm-squad", value="bert-99.9"))


def another_kit(tree: Forged) -> None:
    tree.metadata(put("kit", value="9.9.9"))


def another_plan_of_cores(tree: Forged) -> None:
    tree.metadata(put("host", "logical_cpus", value=1))
    tree.metadata(put("harness", "machine", "affinity", value=[0, 1, 2, 3]))


def no_server(tree: Forged) -> None:
    """Server went badly: its logs and measurements are gone, its rates stay in the READMEs."""
    for folder in (RESULTS, MEASURED):
        shutil.rmtree(tree.path(f"{folder}/Server"))


def a_ratio_without_a_reference(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"no reference", "4.2x")


def an_invented_row(tree: Forged) -> None:
    row = "| bert-99 | 90.1 | 0.99 | 83.0 | 80.0 | 900 | 899 | 9.0x | 1900 | 8.0x |"
    tree.text(f"{OWNER}/README.md", r"^(\| minilm-squad \|.*)$", rf"\1\n{row}", count=1)


def a_renamed_row(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^\| minilm-squad \|", "| bert-99 |")


def a_figure_struck_out(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^(\| minilm-squad \| )([\d.]+)", r"\1~~\2~~ 98.3")


def thousands_of_samples(tree: Forged) -> None:
    pattern = r"(\| no reference \| )([\d.]+) \|"
    tree.text(f"{CODE}/README.md", pattern, r"\g<1>\g<2>k |", count=1)


def a_figure_in_a_comment(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^(\| minilm-squad \| )([\d.]+)", r"\1<!-- \2 --> 98.3")


def an_output_of_another_name(tree: Forged) -> None:
    tree.text(f"{CODE}/README.md", r"^samples/s: [\d.]+", "samples per second: 9000")


def no_table(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^\|.*\n", "")


def a_banner_in_a_comment(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^> \*\*Not for submission", "<!-- > **Not for submission")
    tree.text(f"{OWNER}/README.md", r"(presented as such\.)$", r"\1 -->")


def a_table_in_html(tree: Forged) -> None:
    html = "<table><tr><td>Server completed</td><td>9000</td></tr></table>"
    tree.text(f"{OWNER}/README.md", r"^Notes:$", f"{html}\n\nNotes:")


def results_in_notes(tree: Forged) -> None:
    table = "| model | Server [samples/s] |\n|---|---|\n| minilm | 9000 |"
    notes = f"\n## Notes of the submitter\n\nIn our laboratory:\n\n{table}\n"
    tree.text(f"{OWNER}/README.md", r"\Z", notes, count=1)


def a_section_in_notes(tree: Forged) -> None:
    notes = "\n## Notes of the submitter\n\nNone.\n\n## Results\n\nsamples/s: 9000\n"
    tree.text(f"{MEASURED}/Offline/README.md", r"\Z", notes, count=1)


def an_extra_column(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^(\| minilm-squad \|.*)$", r"\1 9000 |")


def no_digests_at_all(tree: Forged) -> None:
    tree.metadata(lambda m: m["harness"].pop("digests"))


def no_list_of_packages(tree: Forged) -> None:
    tree.path(f"{CODE}/sbom.cdx.json").unlink()


def no_mapping(tree: Forged) -> None:
    tree.path(f"{OWNER}/model_mapping.json").unlink()


def squad_with_its_digests(tree: Forged) -> None:
    """The name and the digests of SQuAD in every run, whose samples were others."""
    manifest = json.loads(tree.path(f"{CODE}/models/squad/manifest.json").read_text())
    digests = {file["name"]: file["sha256"] for file in manifest["files"]}
    tree.metadata(put("dataset", "name", value="squad"))
    tree.metadata(put("dataset", "sha256", value=digests))


def weights_in_float(tree: Forged) -> None:
    for name in (
        f"{CODE}/model/manifest.json",
        f"{CODE}/models/minilm-squad/manifest.json",
        *(f"{MEASURED}/{s}/{SYSTEM}_openvino-cpu_{s}.json" for s in ("Offline", "Server")),
    ):
        tree.json(name, put("weight_data_types", value="fp32"))


def not_retrained(tree: Forged) -> None:
    """The manifests' record of the training is there."""
    for name in (f"{CODE}/model/manifest.json", f"{CODE}/models/minilm-squad/manifest.json"):
        tree.json(name, lambda m: m["measurement"].update(retraining="No"))
        tree.json(name, put("training", value=json.loads(TRAINED.read_text())["training"]))


def never_trained(tree: Forged) -> None:
    """Nor is there a record of any training."""
    for name in ("minilm-squad_jpqd-50", "minilm-squad"):
        tree.json(f"{CODE}/models/{name}/manifest.json", lambda m: m.pop("training", None))
        tree.json(
            f"{CODE}/models/{name}/manifest.json",
            lambda m: m["measurement"].update(retraining="No"),
        )


def another_calibration_named(tree: Forged) -> None:
    tree.json(
        f"{MEASURED}/Offline/{SYSTEM}_openvino-cpu_Offline.json",
        put("weight_transformations", value="https://example.org/better.md"),
    )


def a_second_run(tree: Forged) -> None:
    run = tree.path(f"{RESULTS}/Offline/performance/run_1")
    shutil.copytree(run, run.with_name("run_2"))


def an_accuracy_log_of_the_other_scenario(tree: Forged) -> None:
    """As of a data set with as many samples as SQuAD has."""
    for name in ("accuracy.txt", "mlperf_log_accuracy.json"):
        source = tree.path(tree.log("Offline", "accuracy", name))
        shutil.copy(source, tree.path(tree.log("Server", "accuracy", name)))
    tree.metadata(put("harness", "samples", value=10833))


def runs_before_loadgen_was_built(tree: Forged) -> None:
    """Every time that is compared with another one, moved by two years."""
    years = in_2023("started", "ended")
    tree.metadata(years)
    tree.metadata(lambda m: in_2023("start", "loadgen_start", "end")(m["harness"]))
    for scenario, mode in RUNS:
        name = tree.log(scenario, mode)
        tree.text(name, r'("test_datetime", "value": ")\d{4}', r"\g<1>2023")
        tree.digest(scenario, mode)


def another_name_of_the_processor(tree: Forged) -> None:
    name = "Intel(R) Xeon(R) Platinum 8480+"
    tree.metadata(put("host", "cpu_model", value=name))
    tree.metadata(put("harness", "machine", "cpu_model", value=name))
    tree.metadata(put("harness", "machine", "cpu", "model name", value=name))
    tree.metadata(put("harness", "machine", "cpu", "vendor_id", value="AuthenticAMD"))
    tree.json(DESCRIPTION, put("host_processor_model_name", value=name))


def another_generation(tree: Forged) -> None:
    tree.metadata(put("host", "cpu_generation", value="family 6, model 143"))


def more_time_than_the_cores_have(tree: Forged) -> None:
    tree.metadata(put("harness", "loadgen_cpu_s", value={"cpu_user_s": 9e6, "cpu_system_s": 0}))


def no_processor_time(tree: Forged) -> None:
    tree.metadata(put("harness", "loadgen_cpu_s", value={"cpu_user_s": 0, "cpu_system_s": 0}))


def no_memory(tree: Forged) -> None:
    tree.metadata(put("harness", "memory_peak_bytes", value=1))


def a_deep_queue(tree: Forged) -> None:
    tree.metadata(put("harness", "queue_depth_max", value=10**9), of="Server")


def run_in_bf16(tree: Forged) -> None:
    tree.metadata(put("harness", "plan", "used", "ran", "INFERENCE_PRECISION_HINT", value="bf16"))


def set_to_bf16(tree: Forged) -> None:
    run_in_bf16(tree)
    tree.metadata(
        put("harness", "plan", "used", "properties", "INFERENCE_PRECISION_HINT", value="bf16")
    )


def another_plan_for_the_accuracy(tree: Forged) -> None:
    tree.metadata(put("harness", "plan", "asked", "sort_by_length", value=False), of="accuracy")


def another_runner(tree: Forged) -> None:
    other = "host" if tree.runner == "container" else "container"
    tree.metadata(put("runner", value=other))


def another_profile(tree: Forged) -> None:
    """Everywhere but in the comment of user.conf."""
    tree.metadata(put("profile", value="official"))
    tree.metadata(put("harness", "profile", value="official"))


def numbers_of_a_profile(tree: Forged) -> None:
    def change(profile: Any) -> None:
        profile["benchmarks"][0]["scenarios"]["Server"]["performance"]["target_qps"] = 99

    tree.json(f"{CODE}/measurements/profiles/tiny.json", change)


def no_readme_of_the_submitter(tree: Forged) -> None:
    tree.path(f"{OWNER}/README.md").unlink()


def no_readme_of_the_code(tree: Forged) -> None:
    tree.path(f"{CODE}/README.md").unlink()


def another_calibration(tree: Forged) -> None:
    name = f"{OWNER}/calibration/minilm-squad/openvino-cpu/README.md"
    tree.text(name, r"\Z", "\nTrained on better data.\n", count=1)


def no_calibration(tree: Forged) -> None:
    shutil.rmtree(tree.path(f"{OWNER}/calibration"))


def an_accuracy_log_of_brackets(tree: Forged) -> None:
    tree.path(tree.log("Offline", "accuracy", "mlperf_log_accuracy.json")).write_text("[" * 100000)


def an_empty_accuracy_log(tree: Forged) -> None:
    tree.path(tree.log("Offline", "accuracy", "mlperf_log_accuracy.json")).write_text("[]")


def another_loadgen(tree: Forged) -> None:
    """A LoadGen whose code was changed, and says so in its log."""
    name = tree.log("Offline", "performance")
    tree.text(name, r'("loadgen_file_sha1".*"/loadgen.cc":")\w{6}', r"\g<1>000000", count=1)
    tree.digest("Offline", "performance")


def another_bound(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"bound of \d+ ms", "bound of 130 ms")


def another_openvino(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^- openvino [\d.]+\.", "- openvino 2022.3.0.")


def another_machine(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^- Machine: .*", "- Machine: two Xeons.")


def another_profile_to_type(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Server/README.md", r"PROFILE=tiny", "PROFILE=official")


def squad_after_all(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"^- \*\*This is not the SQuAD.*\n", "")


def the_waivers_of_a_readme(tree: Forged) -> None:
    tree.text(f"{CODE}/README.md", r"^- [A-Z]{3}\d{3}: .*\n", "")


def another_way_to_spread_samples(tree: Forged) -> None:
    tree.text(f"{MEASURED}/Server/README.md", r"precision f32", "precision bf16")


def mlperf_conf_of_their_own(tree: Forged) -> None:
    """A key that no run asked for, with a digest to it."""
    name = f"{MEASURED}/Server/mlperf.conf"
    tree.text(name, r"\Z", "bert.SingleStream.target_latency = 1\n", count=1)
    digest = sha256(tree.path(name).read_bytes()).hexdigest()
    change = put("harness", "digests", "configuration", "mlperf.conf", value=digest)
    tree.metadata(change, of="Server/performance")


def user_conf_of_their_own(tree: Forged) -> None:
    name = f"{MEASURED}/Server/user.conf"
    tree.text(name, r"\Z", "*.*.mode = 2\n", count=1)
    digest = sha256(tree.path(name).read_bytes()).hexdigest()
    change = put("harness", "digests", "configuration", "user.conf", value=digest)
    tree.metadata(change, of="Server/performance")


def no_digest_of_a_conf(tree: Forged) -> None:
    a_user_conf_edited_later(tree)
    tree.metadata(lambda m: m["harness"]["digests"]["configuration"].pop("user.conf"))


def two_runs_at_once(tree: Forged) -> None:
    path = tree.path(f"{MEASURED}/Offline/run_metadata_performance.json")
    other = json.loads(path.read_text(encoding="utf-8"))
    tree.metadata(lambda m: m.update(started=other["started"]), of="Server/performance")


def a_key_twice(tree: Forged) -> None:
    """A person reads the first value, the kit the last."""
    line = '  "host_processor_model_name": "2 x Intel(R) Xeon(R) Platinum 8480+",\n'
    tree.text(DESCRIPTION, r"\A\{\n", "{\n" + line, count=1)


def the_origin_of_the_data(tree: Forged) -> None:
    name = f"{CODE}/models/squad-tiny/manifest.json"
    tree.json(name, put("origin", value="SQuAD v1.1 development set (Rajpurkar et al. 2016)"))
    tree.render()


def the_origin_of_a_model(tree: Forged) -> None:
    for name in (f"{CODE}/model/manifest.json", f"{CODE}/models/minilm-squad/manifest.json"):
        tree.json(name, put("origin", value="Made by the fastest of all teams."))
    tree.render()


def the_accuracy_of_a_model(tree: Forged) -> None:
    for name in (f"{CODE}/model/manifest.json", f"{CODE}/models/minilm-squad/manifest.json"):
        tree.json(name, lambda m: m["accuracy"].update(f1=93.9))


def the_words_of_a_profile(tree: Forged) -> None:
    name = f"{CODE}/measurements/profiles/tiny.json"
    tree.json(name, put("about", value="Runs by all rules of the round."))
    tree.render()


def a_slower_reference(tree: Forged) -> None:
    name = f"{CODE}/measurements/profiles/tiny.json"
    tree.json(name, put("reference", value={"model": "minilm-squad", "f1_of": "reference"}))
    tree.render()


def another_name_of_the_image(tree: Forged) -> None:
    tree.metadata(put("image", "reference", value="openvino/benchmark:1"), of="Server")


def another_command(tree: Forged) -> None:
    tree.metadata(put("command", value=["python", "fast.py", "run_spec.json"]))


def a_cpuset(tree: Forged) -> None:
    tree.metadata(put("cpuset", value="40-47"))


def a_detail_log_of_the_other_scenario(tree: Forged) -> None:
    for name in (DETAIL, SUMMARY):
        source = tree.path(tree.log("Offline", "accuracy", name))
        shutil.copy(source, tree.path(tree.log("Server", "accuracy", name)))
    tree.digest("Server", "accuracy")


def a_second_system(tree: Forged) -> None:
    """The same runs once more, as those of another machine."""
    for area in ("results", "measurements"):
        folder = tree.path(f"{OWNER}/{area}")
        shutil.copytree(folder / SYSTEM, folder / "2-node-Xeon")
    shutil.copy(tree.path(DESCRIPTION), tree.path(f"{OWNER}/systems/2-node-Xeon.json"))


def a_page_of_results(tree: Forged) -> None:
    tree.path(f"{OWNER}/RESULTS.md").write_text("| F1 |\n|---|\n| 99 |\n", encoding="utf-8")


def a_page_among_the_results(tree: Forged) -> None:
    tree.path(f"{RESULTS}/Server/README.md").write_text("9000 queries/s\n", encoding="utf-8")


def a_page_beside_the_sources(tree: Forged) -> None:
    tree.path(f"{CODE}/FAST.md").write_text("9000 queries/s\n", encoding="utf-8")


def a_machine_without_results(tree: Forged) -> None:
    shutil.copy(tree.path(DESCRIPTION), tree.path(f"{OWNER}/systems/2-node-Xeon.json"))


def an_output_in_notes(tree: Forged) -> None:
    notes = "\n## Notes of the submitter\n\nOn another day:\n\n- **F1**: 98.3\n"
    tree.text(f"{OWNER}/README.md", r"\Z", notes, count=1)


def a_readme_that_takes_long(tree: Forged) -> None:
    tree.text(f"{OWNER}/README.md", r"\Z", "words\n" * 300_000, count=1)


def a_part_more(tree: Forged) -> None:
    tree.path(f"{CODE}/model/openvino_model.bin_p03").write_bytes(b"x")


def the_samples_of_the_data(tree: Forged) -> None:
    tree.json(f"{CODE}/models/squad-mini/manifest.json", put("samples", value=10833))


def no_manifest_of_a_model(tree: Forged) -> None:
    tree.path(f"{CODE}/models/minilm-squad/manifest.json").unlink()


def an_answer_of_a_longer_sample(tree: Forged) -> None:
    name = tree.log("Offline", "accuracy", "mlperf_log_accuracy.json")
    tree.text(name, r'("qsl_idx"\s*:\s*)\d+', r"\g<1>11111", count=1)


def the_code_of_a_model_without_results(tree: Forged) -> None:
    folder = tree.path(f"{OWNER}/code/bert-99.9/openvino-cpu")
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("9000 queries/s\n", encoding="utf-8")


def latencies_of_offline(tree: Forged) -> None:
    name = "latencies_performance.npz"
    shutil.copy(tree.path(f"{MEASURED}/Server/{name}"), tree.path(f"{MEASURED}/Offline/{name}"))


def another_field_of_a_measurement(tree: Forged) -> None:
    tree.json(f"{MEASURED}/Offline/{SYSTEM}_openvino-cpu_Offline.json", put("rate", value="9000/s"))


def another_implementation(tree: Forged) -> None:
    path = tree.path(f"{MEASURED}/Offline/{SYSTEM}_openvino-cpu_Offline.json")
    path.rename(path.with_name(f"{SYSTEM}_tensorrt_Offline.json"))


def a_second_description(tree: Forged) -> None:
    path = tree.path(f"{MEASURED}/Offline/{SYSTEM}_openvino-cpu_Offline.json")
    shutil.copy(path, path.with_name(f"{SYSTEM}_tensorrt_Offline.json"))


def another_model_mapped(tree: Forged) -> None:
    tree.json(f"{OWNER}/model_mapping.json", put("fast-bert", value="bert-99.9"))


def words_beside_the_accuracy(tree: Forged) -> None:
    tree.text(
        tree.log("Offline", "accuracy", "accuracy.txt"), r"\A", "F1 of SQuAD: 98.3\n", count=1
    )


def submittable_by_its_own_word(tree: Forged) -> None:
    tree.metadata(put("submittable", value=True))
    tree.render()


def longer_samples(tree: Forged) -> None:
    tree.metadata(put("harness", "plan", "used", "buckets", value=[64]))


def more_streams(tree: Forged) -> None:
    tree.metadata(put("harness", "plan", "used", "streams", value=56))


def the_closed_division(tree: Forged) -> None:
    tree.path("open").rename(tree.path("closed"))


def another_file_of_the_data(tree: Forged) -> None:
    tree.metadata(put("dataset", "sha256", "dev-v1.1.json", value="ab" * 32))


def another_file_of_a_model(tree: Forged) -> None:
    tree.metadata(put("model", "sha256", "fp32.bin", value="ab" * 32))
    tree.render()


def another_software(tree: Forged) -> None:
    tree.metadata(put("harness", "versions", "tensorrt", value="8.6"))
    tree.render()


def less_memory_than_was_used(tree: Forged) -> None:
    tree.metadata(put("memory_bytes", value=64 << 20))


def no_scores_of_questions(tree: Forged) -> None:
    for path in tree.path(OWNER).rglob("scores_accuracy.npz"):
        path.unlink()


def no_summary(tree: Forged) -> None:
    tree.path(tree.log("Offline", "performance", SUMMARY)).unlink()


def results_of_the_other_scenario(tree: Forged) -> None:
    offline, server = (tree.path(f"{RESULTS}/{s}") for s in ("Offline", "Server"))
    offline.rename(tree.path("between"))
    server.rename(offline)
    tree.path("between").rename(server)


# ---- forgeries that no comparison of files finds


def cooling(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("cooling", value="Liquid"))


def frequency(tree: Forged) -> None:
    tree.json(DESCRIPTION, put("host_processor_frequency", value="3800 MHz"))


def notes(tree: Forged) -> None:
    text = "\n## Notes of the submitter\n\nThe fastest BERT of all.\n"
    tree.text(f"{OWNER}/README.md", r"\Z", text, count=1)


def the_history_of_a_model(tree: Forged) -> None:
    for name in (
        f"{OWNER}/calibration/minilm-squad/openvino-cpu/README.md",
        f"{CODE}/models/minilm-squad/calibration.md",
    ):
        tree.text(name, r"\Z", "\nTrained on better data.\n", count=1)


def another_name_everywhere(tree: Forged) -> None:
    tree.metadata(put("image", "reference", value="another/image:1"))
    tree.render()


def a_reason_of_a_plan(tree: Forged) -> None:
    tree.metadata(put("harness", "plan", "asked", "reason", value="the fastest of all"))
    tree.render()


def a_larger_machine_everywhere(tree: Forged) -> None:
    tree.metadata(put("host", "memory_bytes", value=1 << 40))
    tree.json(DESCRIPTION, put("host_memory_capacity", value="1024 GiB"))


def a_field_that_nothing_reads(tree: Forged) -> None:
    tree.metadata(put("harness", "rate", value="9000/s"))


CAUGHT: dict[Callable[[Forged], None], str] = {
    other_processors: "system",
    more_sockets: "system",
    more_cores: "system",
    more_memory: "system",
    another_system: "system",
    another_framework: "system",
    another_stack: "system",
    an_accelerator: "system",
    a_host_of_metadata: "machine",
    instruction_sets: "machine",
    another_plan_of_cores: "machine",
    an_invalid_run: "log",
    an_error_of_loadgen: "log",
    fewer_answers: "log",
    fewer_samples: "log",
    another_image_in_metadata: "identity",
    another_image_in_readmes: "identity",
    dates_of_another_year: "times",
    times_of_the_harness: "times",
    a_date_of_a_log: "times",
    times_of_a_readme: "readme",
    no_sources: "kit",
    changed_sources: "sources",
    a_changed_makefile: "set-up",
    a_changed_set_up: "set-up",
    a_tool_of_their_own: "set-up",
    another_waiver: "profiles",
    a_waiver_hidden: "profiles",
    a_submittable_demo: "profiles",
    another_data_set: "named",
    data_of_a_run: "data",
    squad_itself: "data",
    other_features: "digests",
    another_sparsity: "sparsity",
    a_sparsity_of_a_table: "tables",
    another_mapping: "mapping",
    no_retraining: "description",
    a_rate_in_a_readme: "readme",
    an_output_in_a_readme: "tables",
    an_f1_in_readmes: "tables",
    settings_of_a_readme: "readme",
    versions_of_a_readme: "readme",
    the_warning_of_a_readme: "identity",
    the_size_of_the_data: "tables",
    a_rate_in_all_places: "latencies",
    a_percentile_in_all_places: "latencies",
    latencies_of_another_run: "digests",
    other_scores_of_questions: "scores",
    damaged_scores_of_questions: "scores",
    a_log_edited_later: "digests",
    a_summary_edited_later: "digests",
    the_hash_of_a_log: "digests",
    a_user_conf_edited_later: "digests",
    a_run_without_digests: "digests",
    metadata_of_another_scenario: "runs",
    no_metadata: "runs",
    no_latencies: "latencies",
    no_model: "model",
    no_results: "runs",
    a_package_of_another_version: "packages",
    another_round: "runs",
    another_kit: "versions",
    no_scores_of_questions: "scores",
    another_file_of_the_data: "data",
    another_file_of_a_model: "metadata",
    another_software: "process",
    less_memory_than_was_used: "process",
    no_summary: "digests",
    results_of_the_other_scenario: "log",
    the_code_of_a_model_without_results: "files",
    latencies_of_offline: "files",
    another_field_of_a_measurement: "description",
    another_implementation: "description",
    a_second_description: "description",
    another_model_mapped: "mapping",
    words_beside_the_accuracy: "answers",
    submittable_by_its_own_word: "profile",
    longer_samples: "process",
    more_streams: "process",
    the_closed_division: "texts",
    mlperf_conf_of_their_own: "settings",
    user_conf_of_their_own: "settings",
    no_digest_of_a_conf: "digests",
    two_runs_at_once: "times",
    a_key_twice: "json",
    the_origin_of_the_data: "models",
    the_origin_of_a_model: "models",
    the_accuracy_of_a_model: "models",
    the_words_of_a_profile: "profiles",
    a_slower_reference: "profiles",
    another_name_of_the_image: "process",
    another_command: "process",
    a_cpuset: "process",
    a_detail_log_of_the_other_scenario: "log",
    a_second_system: "log",
    a_page_of_results: "files",
    a_page_among_the_results: "files",
    a_page_beside_the_sources: "files",
    a_machine_without_results: "files",
    an_output_in_notes: "texts",
    a_readme_that_takes_long: "texts",
    a_part_more: "model",
    the_samples_of_the_data: "models",
    no_manifest_of_a_model: "models",
    an_answer_of_a_longer_sample: "answers",
    a_stricter_benchmark: "models",
    no_server: "profile",
    a_ratio_without_a_reference: "texts",
    an_invented_row: "texts",
    a_renamed_row: "texts",
    a_figure_struck_out: "tables",
    thousands_of_samples: "tables",
    a_figure_in_a_comment: "tables",
    an_output_of_another_name: "texts",
    no_table: "texts",
    a_banner_in_a_comment: "texts",
    a_table_in_html: "texts",
    results_in_notes: "texts",
    a_section_in_notes: "texts",
    an_extra_column: "texts",
    no_digests_at_all: "digests",
    no_list_of_packages: "packages",
    no_mapping: "mapping",
    squad_with_its_digests: "data",
    weights_in_float: "weights",
    not_retrained: "weights",
    never_trained: "models",
    another_calibration_named: "description",
    a_second_run: "files",
    an_accuracy_log_of_the_other_scenario: "answers",
    runs_before_loadgen_was_built: "times",
    another_name_of_the_processor: "machine",
    another_generation: "machine",
    more_time_than_the_cores_have: "process",
    no_processor_time: "process",
    no_memory: "process",
    a_deep_queue: "process",
    run_in_bf16: "process",
    set_to_bf16: "process",
    another_plan_for_the_accuracy: "process",
    another_runner: "process",
    another_profile: "process",
    numbers_of_a_profile: "profile",
    no_readme_of_the_submitter: "texts",
    no_readme_of_the_code: "texts",
    another_calibration: "texts",
    no_calibration: "texts",
    an_accuracy_log_of_brackets: "answers",
    an_empty_accuracy_log: "answers",
    another_loadgen: "log",
    another_bound: "texts",
    another_openvino: "texts",
    another_machine: "texts",
    another_profile_to_type: "texts",
    squad_after_all: "texts",
    the_waivers_of_a_readme: "profiles",
    another_way_to_spread_samples: "texts",
}
UNSEEN = (
    cooling,
    frequency,
    notes,
    the_history_of_a_model,
    another_name_everywhere,
    a_reason_of_a_plan,
    a_larger_machine_everywhere,
    a_field_that_nothing_reads,
)


@pytest.fixture(scope="module")
def image(checkout: Path, finished: tuple[Path, subprocess.CompletedProcess[str]]) -> Built:
    """What an image that was built from the checkout would know."""
    return built_from(checkout, finished[0], f"{MEASURED}/Offline")


@pytest.fixture(scope="module")
def copied(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """One copy of the finished tree for all forgeries: each is taken back after its test."""
    return Path(
        shutil.copytree(finished[0] / "submission", tmp_path_factory.mktemp("forged") / "t")
    )


@pytest.fixture
def forged(
    finished: tuple[Path, subprocess.CompletedProcess[str]], copied: Path
) -> Iterator[Forged]:
    """The copy of the finished tree, which is as it was before the next test begins."""
    before = _states(copied)
    yield Forged(copied)
    if (copied / "closed").is_dir():
        (copied / "closed").rename(copied / "open")
    after = _states(copied)
    for name in after.keys() - before.keys():
        (copied / name).unlink()
        for folder in (copied / name).parents:
            if folder == copied or any(folder.iterdir()):
                break
            folder.rmdir()
    for name in (name for name, state in before.items() if after.get(name) != state):
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        # never through a link that a forgery left: it may lead out of the tree
        (copied / name).unlink(missing_ok=True)
        shutil.copy(finished[0] / "submission" / name, copied / name)


def _states(root: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of every file, by its path: what changes with its content."""
    found = {}
    for path in root.rglob("*"):
        if not path.is_dir():
            state = path.lstat()
            name = path.relative_to(root).as_posix()
            found[name] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def kinds(root: Path, image: Built | None) -> dict[str, list[str]]:
    """Kind of evidence to its differences."""
    done = verify_tree(FinishedTree(root=root, round="v3.0"), image)
    assert [each.kind for each in done] == [each.kind for each in BOOK]
    return {each.kind: [str(d) for d in each.differences] for each in done if each.differences}


def differences(root: Path, image: Built | None, kind: str) -> list[str]:
    """Of one line of the list: the whole list takes long for each forgery."""
    evidence = next(each for each in BOOK if each.kind == kind)
    subject = Examined(tree=FinishedTree(root=root, round="v3.0"), image=image)
    return [str(each) for each in examine(evidence, subject).differences]


@pytest.mark.parametrize("forge", CAUGHT, ids=lambda f: f.__name__)
def test_a_forgery_is_caught_by_name(
    forged: Forged, image: Built, forge: Callable[[Forged], None]
) -> None:
    forge(forged)
    forged.finish()
    assert differences(forged.root, image, CAUGHT[forge])


@pytest.mark.parametrize("forge", UNSEEN, ids=lambda f: f.__name__)
def test_what_no_file_shows_passes(
    forged: Forged, image: Built, forge: Callable[[Forged], None]
) -> None:
    forge(forged)
    forged.finish()
    assert kinds(forged.root, image) == {}


def test_an_honest_tree_differs_in_nothing_and_everything_is_compared(
    forged: Forged, image: Built
) -> None:
    done = verify_tree(FinishedTree(root=forged.root, round="v3.0"), image)
    assert [str(d) for each in done for d in each.differences] == []
    assert {each.kind for each in done if not each.count} == set()


def test_a_model_of_a_persons_own_folder_has_a_calibration_of_its_own(forged: Forged) -> None:
    """BERT_MODEL_DIR: a manifest and a text on the weights that the kit does not have."""
    forged.json(f"{CODE}/model/manifest.json", put("licence", value="my own"))
    name = f"{OWNER}/calibration/minilm-squad/openvino-cpu/README.md"
    forged.path(name).write_text("# Mine\n", encoding="utf-8")
    assert differences(forged.root, None, "texts") == []


def test_an_image_with_other_code_in_it_says_so(forged: Forged, image: Built) -> None:
    other = replace(image, running="1" * 64)
    assert set(kinds(forged.root, other)) == {"judging"}


def test_an_honest_tree_may_move_and_change_owner_time_zone_and_permissions(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    image: Built,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved = tmp_path / "another place" / "tree"
    shutil.copytree(finished[0] / "submission", moved, copy_function=shutil.copyfile)
    for path in moved.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o400)
        os.utime(path, (0, 0))
    monkeypatch.setattr(rendered, "_own_sources", lambda: image.fingerprint)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert kinds(moved, image) == {}
        assert kinds(moved, None) == {}
    time.tzset()


def test_an_honest_archive_differs_in_nothing(
    finished: tuple[Path, subprocess.CompletedProcess[str]], image: Built
) -> None:
    with opened_tree(finished[0] / "Demo-open-v3.0.tar.gz") as root:
        assert kinds(root, image) == {}


def test_the_beginning_of_an_accuracy_log_is_seen_by_who_has_the_whole_log(
    finished: tuple[Path, subprocess.CompletedProcess[str]], forged: Forged
) -> None:
    """`score` compares the whole log's beginning and end with the tree's."""
    name = forged.log("Offline", "accuracy", "mlperf_log_accuracy.json")
    forged.text(name, r'("data"\s*:\s*")\w{8}', r"\g<1>00000000", count=1)
    tree = FinishedTree(root=forged.root, round="v3.0")
    cell = tree.choose(benchmark="minilm-squad", scenario="Offline")
    log = finished[0] / "runs/tiny/minilm-squad/Offline/accuracy/mlperf_log_accuracy.json"
    unequal = [line.what for line in rescore(cell, log, (), tree.policy) if line.good is False]
    assert unequal == ["log in the tree"]


def test_an_accuracy_that_is_better_everywhere_is_seen_by_who_has_the_whole_log(
    finished: tuple[Path, subprocess.CompletedProcess[str]], forged: Forged, image: Built
) -> None:
    """Without the log only the scores of questions disagree; `score` computes F1 again."""
    name = forged.log("Offline", "accuracy", "accuracy.txt")
    forged.text(name, r'"f1": [\d.]+', '"f1": 99.5')
    forged.render()
    forged.finish()
    tree = FinishedTree(root=forged.root, round="v3.0")
    cell = tree.choose(benchmark="minilm-squad", scenario="Offline")
    log = finished[0] / "runs/tiny/minilm-squad/Offline/accuracy/mlperf_log_accuracy.json"
    unequal = [line.what for line in rescore(cell, log, (), tree.policy) if line.good is False]
    assert unequal == ["F1"]
    assert set(kinds(forged.root, image)) == {"scores"}


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("result_samples_per_second", "90.5", "PRF018"),
        ("result_scheduled_samples_per_sec", "99.5", "PRF018"),
        ("result_mean_latency_ns", "1000", "PRF023"),
    ],
)
def test_a_figure_changed_in_every_place_is_caught_by_the_check(
    forged: Forged, key: str, value: str, rule: str
) -> None:
    """Figures of a log follow from each other; whoever changes one needs to change the run."""
    before = {found.rule for found in check_tree(forged.root, version="v3.0").findings}
    forged.logged(key, value, "Offline" if key == "result_samples_per_second" else "Server")
    forged.render()
    forged.finish()
    found = {found.rule for found in check_tree(forged.root, version="v3.0").findings}
    assert found - before == {rule}
