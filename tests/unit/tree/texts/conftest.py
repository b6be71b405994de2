"""One good set of facts for every text; tests change one thing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from submission.terms import LoadgenSettings, Scenario
from submission.tree.texts import (
    MeasurementReadme,
    ModelRow,
    PointerFacts,
    ReadmeFacts,
    RunRecord,
    ServerFigures,
    ShellCommand,
    WaivedRule,
)

VERSIONS = {"OpenVINO": "2024.6.0", "LoadGen": "5.0.15", "Python": "3.11.2"}
WHY = "took 86% of the CPU time of 2022.3.0 in 3 measurements for AVX2 with VNNI"
MACHINE = "2 x Intel(R) Xeon(R) Platinum 8480+ (56 cores each), 1024 GB, Debian GNU/Linux 12"
IMAGE = "mlperf_inference_datacenter_bert_open:3.0"


def server(scheduled: float, completed: float, percentile: float = 0.99) -> ServerFigures:
    return ServerFigures(
        scheduled=scheduled, completed=completed, target_latency_ms=130, percentile=percentile
    )


def jpqd(
    *, name: str, f1: float, em: float, sparsity: float, rates: ServerFigures, offline: float
) -> ModelRow:
    return ModelRow(
        benchmark=name,
        mlperf_model="bert-99.9" if "99.9" in name else "bert-99",
        about=f"{name.rpartition('-')[2]} pruned, quantized and distilled in one run.",
        published_jpqd=True,
        f1=f1,
        exact_match=em,
        structured_sparsity_percent=sparsity,
        server=rates,
        offline=offline,
    )


@pytest.fixture
def readme_facts() -> ReadmeFacts:
    """The published figures of 2023, two models and the reference."""
    reference = ModelRow(
        benchmark="bert-99_reference",
        mlperf_model="bert-99",
        about="The INT8 BERT-large of MLPerf, converted from ONNX.",
        published_jpqd=False,
        f1=90.231,
        exact_match=83.5,
        structured_sparsity_percent=0.0,
        server=server(100.0, 99.93),
        offline=186.09,
    )
    return ReadmeFacts(
        submitter="Example",
        division="open",
        round="v3.0",
        system_desc_id="1-node-2S-SPR-OpenVINO-INT8",
        implementation="openvino-cpu",
        profile="jpqd",
        profile_about="The four published models and the reference under the full rules.",
        submittable=True,
        waivers=(),
        dataset="squad",
        dataset_about="the SQuAD v1.1 dev set",
        question_count=10570,
        sample_count=10833,
        reference="bert-99_reference",
        fp32_f1=90.874,
        rows=(
            reference,
            jpqd(
                name="bert-99.9_jpqd-large",
                f1=90.94478332426705,
                em=84.29517502365185,
                sparsity=77.7,
                rates=server(549.949, 549.86, 0.999),
                offline=768.596,
            ),
            jpqd(
                name="bert-99_jpqd-mobilebert",
                f1=90.2931675957547,
                em=83.54777672658467,
                sparsity=34.5,
                rates=server(1662.75, 1662.61),
                offline=1678.28,
            ),
        ),
        kit_folder="open/Example/code/bert-99_reference/openvino-cpu",
        system_file="systems/1-node-2S-SPR-OpenVINO-INT8.json",
        results_folder="results/1-node-2S-SPR-OpenVINO-INT8",
        measurements_folder="measurements/1-node-2S-SPR-OpenVINO-INT8",
        calibration_folder="calibration",
        image=IMAGE,
        image_id="sha256:0123abcd",
        versions=VERSIONS,
        openvino_reason=WHY,
        machine=MACHINE,
        setup_source=(ShellCommand(title="Make the environment", lines=("make setup",)),),
        setup_docker=(
            ShellCommand(title="Build the image", lines=(f"docker build -t {IMAGE} .",)),
        ),
        performance=(
            ShellCommand(
                title="Server",
                lines=("make run MODEL=bert-99.9_jpqd-large SCENARIO=Server MODE=performance",),
                seen="Result is : VALID",
            ),
        ),
        accuracy=(
            ShellCommand(
                title="Server",
                lines=("make run MODEL=bert-99.9_jpqd-large SCENARIO=Server MODE=accuracy",),
                seen='{"exact_match": 84.29517502365185, "f1": 90.94478332426705}',
            ),
        ),
        review=(ShellCommand(title="Check", lines=(f"docker run --rm {IMAGE} check",)),),
    )


@pytest.fixture
def pointer_facts() -> PointerFacts:
    return PointerFacts(
        submitter="Example",
        benchmark="bert-99_jpqd-mobilebert",
        implementation="openvino-cpu",
        kit_folder="open/Example/code/bert-99_reference/openvino-cpu",
        model_about="MobileBERT with its first 15 blocks, pruned, quantized and distilled.",
        published_jpqd=True,
        submittable=True,
        performance=(ShellCommand(title="Offline", lines=("make run SCENARIO=Offline",)),),
        accuracy=(ShellCommand(title="Offline", lines=("make run MODE=accuracy",)),),
    )


@pytest.fixture
def measurement_facts(server_settings: LoadgenSettings) -> MeasurementReadme:
    story = RunRecord(
        command=("make run MODEL=bert-99.9_jpqd-large SCENARIO=Server MODE=performance",),
        settings=server_settings,
        started="2023-03-01T10:00:00+00:00",
        ended="2023-03-01T10:10:05+00:00",
        validity="VALID",
        results={"Server scheduled [samples/s]": "549.949"},
        plan="static buckets of 32 tokens, 112 streams",
        seen="Result is : VALID",
    )
    return MeasurementReadme(
        submitter="Example",
        system_desc_id="1-node-2S-SPR-OpenVINO-INT8",
        benchmark="bert-99.9_jpqd-large",
        mlperf_model="bert-99.9",
        implementation="openvino-cpu",
        scenario=Scenario.SERVER,
        profile="jpqd",
        submittable=True,
        published_jpqd=True,
        dataset="squad",
        loadgen_model="bert",
        image=IMAGE,
        image_id="sha256:0123abcd",
        versions=VERSIONS,
        openvino_reason=WHY,
        machine=MACHINE,
        kit_folder="open/Example/code/bert-99_reference/openvino-cpu",
        model_files={"openvino_model.bin_p00": "ab" * 32},
        performance=story,
        accuracy=story,
    )


@pytest.fixture
def demo_facts(readme_facts: ReadmeFacts) -> ReadmeFacts:
    """The embedded default model, on the embedded data set, in short runs."""
    row = ModelRow(
        benchmark="minilm-squad",
        mlperf_model="bert-99",
        about="BertForQuestionAnswering with 6 layers of width 384, quantized after training.",
        published_jpqd=False,
        f1=72.81234,
        exact_match=59.7,
        structured_sparsity_percent=0.0,
        server=ServerFigures(
            scheduled=12.02, completed=11.9, target_latency_ms=2000, percentile=0.99
        ),
        offline=33.333,
    )
    return replace(
        readme_facts,
        submitter="Demo",
        profile="demo",
        profile_about="Short runs of the embedded default model on the embedded data set.",
        submittable=False,
        waivers=(WaivedRule(rule="PRF002", reason="ten seconds are enough to show that it works"),),
        dataset="squad-mini",
        dataset_about="the kit's own question set",
        question_count=300,
        sample_count=312,
        reference="",
        rows=(row,),
        kit_folder="open/Demo/code/minilm-squad/openvino-cpu",
        review=(),
    )


def small(
    name: str, *, f1: float, sparsity: float, rates: tuple[float, float], offline: float
) -> ModelRow:
    return ModelRow(
        benchmark=name,
        mlperf_model="bert-99",
        about="BERT of 6 layers of width 384.",
        published_jpqd=False,
        f1=f1,
        exact_match=f1 - 12,
        structured_sparsity_percent=sparsity,
        server=server(*rates),
        offline=offline,
    )


@pytest.fixture
def own_facts(readme_facts: ReadmeFacts) -> ReadmeFacts:
    """A dense model and two pruned ones of one's own; every figure is invented."""
    return replace(
        readme_facts,
        reference="dense",
        fp32_f1=None,
        rows=(
            small("dense", f1=80.0, sparsity=0.0, rates=(15.1, 15.0), offline=100.0),
            small("half", f1=78.0, sparsity=50.4, rates=(30.3, 30.0), offline=175.0),
            small("third", f1=74.0, sparsity=70.6, rates=(46.0, 45.0), offline=240.0),
        ),
    )
