"""IRs as people export them: run with the right answers, or refused with the cause."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.artifacts.locate import ir_file
from submission.artifacts.manifest import load_manifest
from submission.artifacts.rejoin import rejoin
from submission.errors import KitError
from submission.harness.failure import HarnessError
from submission.harness.openvino_backend import OpenVinoBackend, open_backend
from submission.harness.qsl import read_qsl
from submission.lab.jpqd.dev_set import score_ir
from submission.terms import RunSpec
from tests.fakes.harness_process import COUNT
from tests.fakes.ir_variants import REFUSED, SAME, VARIANTS, write_variant
from tests.fakes.tiny_model import expected_logits

SpecMaker = Callable[..., RunSpec]
ROOT = Path(__file__).parents[3]
CASES = ROOT.parent / "shared" / "cases" / "ir_variants.py"
PLAIN_F1 = 88.9652
# what the README beside the cases says of each
SAME_F1 = (
    "int32",
    "f16-logits",
    "batch8",
    "tf-names",
    "bounded",
    "start-end-swapped",
    "start-end-hidden",
    "three-outputs",
    "omz-names",
    "omz-s-e",
    "position-ids",
)
# the model itself, given token types of 0 alone, has the F1 of the second
OTHER_F1 = {"bf16-logits": 88.9146, "no-types": 87.6790}
REFUSALS = {
    "unstack": "TensorFlow's unstack",
    "hidden-only": "hidden states",
    "any-shape": "unknown rank",
    "nan-logits": "not numbers",
    "static128": "fixed to 128 tokens",
    "small-vocab": "28996 rows",
}


def opened(name: str, spec: RunSpec) -> OpenVinoBackend:
    variant = write_variant(name, Path(spec.model_xml))
    named = replace(spec, model_inputs=variant.inputs, model_outputs=variant.outputs)
    backend = open_backend(named, read_qsl(Path(spec.features)), lambda done, total: None)
    backend.load(range(COUNT))
    backend.warm_up(lambda done, total: None)
    return backend


def test_every_variant_has_an_outcome() -> None:
    assert {*SAME, *REFUSED} == set(VARIANTS)


@pytest.mark.parametrize("name", SAME)
def test_a_variant_answers_as_the_plain_model(name: str, make_spec: SpecMaker) -> None:
    spec = make_spec()
    backend, samples = opened(name, spec), read_qsl(Path(spec.features))
    for index in range(COUNT):
        length = int(samples.lengths[index])
        segments = np.arange(length) >= samples.segment_starts[index]
        (answer,) = backend.infer(0, [index])
        assert answer.dtype == np.float32
        expected = expected_logits(range(1, length + 1), segments)
        np.testing.assert_allclose(answer, expected, atol=SAME[name])


@pytest.mark.parametrize("name", REFUSED)
def test_a_variant_is_refused_with_its_cause(name: str, make_spec: SpecMaker) -> None:
    with pytest.raises(HarnessError) as caught:
        opened(name, make_spec())
    assert caught.value.kind == "model"
    assert REFUSED[name] in caught.value.detail
    assert caught.value.hint


def test_what_ran_is_recorded(make_spec: SpecMaker) -> None:
    spec = make_spec()
    ran = opened("static", spec).facts()["ran"]
    assert ran["INFERENCE_PRECISION_HINT"] == spec.plan.inference_precision
    assert int(ran["NUM_STREAMS"]) >= 1


def test_another_precision_than_asked_is_an_error(
    make_spec: SpecMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec()
    ran = {"INFERENCE_PRECISION_HINT": "bf16"}
    monkeypatch.setattr("submission.ir.compiled.CompiledModel.ran", lambda self: ran)
    with pytest.raises(HarnessError) as caught:
        opened("static", spec)
    assert "INFERENCE_PRECISION_HINT is bf16, asked was f32" in caught.value.detail


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, Path]:
    """The shared generator, the folder for its IRs, and the plain IR."""
    if not CASES.is_file():
        pytest.skip("no folder shared/cases beside the checkout")
    base = tmp_path_factory.mktemp("base")
    manifest = load_manifest(ROOT / "models" / "minilm-squad")
    rejoin(manifest, ROOT / "models" / "minilm-squad" / "parts", base)
    spec = importlib.util.spec_from_file_location("ir_variants", CASES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["", str(base / "openvino_model.xml"), str(base)])
        spec.loader.exec_module(module)
    return module, base, base / "features.npz"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SAME_F1, *OTHER_F1, *REFUSALS])
def test_the_shared_cases_give_what_their_readme_says(
    name: str, cases: tuple[Any, Path, Path]
) -> None:
    module, out, features = cases
    model, inputs, outputs = module.V[name]()
    folder = out / name / "parts"
    folder.mkdir(parents=True)
    module.ov.save_model(model, folder / "openvino_model.xml", compress_to_fp16=False)
    module.manifest(name, folder, inputs, outputs, name)
    mini = ROOT / "models" / "squad-mini"
    ir = ir_file(folder / "openvino_model.xml", load_manifest(folder.parent))

    def f1() -> float:
        data, vocab = mini / "mini-v1.1.json", mini / "vocab.txt"
        return score_ir(ir, data, vocab, features, lambda text: None).f1

    if name in REFUSALS:
        with pytest.raises(KitError) as caught:
            f1()
        assert REFUSALS[name] in f"{caught.value.what}: {caught.value.detail}"
    else:
        assert f1() == pytest.approx(OTHER_F1.get(name, PLAIN_F1), abs=5e-5)
