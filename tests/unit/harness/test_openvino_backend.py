"""The OpenVINO backend with models made here, of a few hundred weights."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from submission.harness.buckets import assign_buckets
from submission.harness.failure import HarnessError
from submission.harness.openvino_backend import OpenVinoBackend, open_backend
from submission.harness.qsl import read_qsl
from submission.ir.compiled import InferRequest
from submission.ir.embeddings import op
from submission.terms import Mode, RunSpec, Scenario
from tests.fakes.harness_process import COUNT, run_harness, write_features
from tests.fakes.tiny_model import expected_logits, write_model

SpecMaker = Callable[..., RunSpec]


def opened(spec: RunSpec, **model: Any) -> OpenVinoBackend:
    write_model(Path(spec.model_xml), **model)
    return open_backend(spec, read_qsl(Path(spec.features)), lambda done, total: None)


def refusal(spec: RunSpec, **model: Any) -> HarnessError:
    with pytest.raises(HarnessError) as caught:
        opened(spec, **model)
    assert caught.value.kind == "model"
    return caught.value


def expected(spec: RunSpec, index: int, **model: Any) -> Any:
    samples = read_qsl(Path(spec.features))
    length = int(samples.lengths[index])
    segments = np.arange(length) >= samples.segment_starts[index]
    positions = model.get("position_ids", False)
    return expected_logits(range(1, length + 1), segments, position_ids=positions)


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"length": 384},
        {"length": 32, "position_ids": True},
        {"two_outputs": True},
        {"element_type": "int32"},
    ],
)
def test_answers_are_the_models_own(make_spec: SpecMaker, model: dict[str, Any]) -> None:
    spec = make_spec()
    backend = opened(spec, **model)
    backend.load(range(COUNT))
    backend.warm_up(lambda done, total: None)
    for index in range(COUNT):
        (answer,) = backend.infer(index % backend.slots, [index])
        assert answer.dtype == np.float32
        assert answer.flags.c_contiguous
        np.testing.assert_allclose(answer, expected(spec, index, **model), atol=1e-5)


def test_an_answer_stays_when_its_slot_runs_again(make_spec: SpecMaker) -> None:
    spec = make_spec()
    backend = opened(spec)
    backend.load(range(COUNT))
    (first,) = backend.infer(0, [0])
    kept = first.copy()
    backend.infer(0, [1])
    assert (first == kept).all()


def test_only_lengths_that_samples_need_are_compiled(make_spec: SpecMaker) -> None:
    spec = make_spec()
    spec = replace(spec, plan=replace(spec.plan, buckets=(2, 8, 16, 24, 32, 384)))
    assert opened(spec).facts()["buckets"] == [8, 16, 24]


def test_a_graph_with_positions_is_cut_to_the_buckets(make_spec: SpecMaker) -> None:
    facts = opened(make_spec(), length=40, position_ids=True).facts()
    assert (facts["buckets"], facts["notes"]) == ([16, 32], [])


def test_a_graph_of_one_length_is_used_at_that_length(make_spec: SpecMaker) -> None:
    facts = opened(make_spec(), length=40, rigid=True).facts()
    assert facts["buckets"] == [40]
    assert "used at the length of its graph, 40" in facts["notes"]


def test_zero_in_the_plan_means_one_for_each_usable_core(make_spec: SpecMaker) -> None:
    spec = make_spec()
    facts = opened(replace(spec, plan=replace(spec.plan, streams=0, requests=0))).facts()
    assert facts["streams"] == facts["requests"] > 0


def test_requests_may_exceed_streams(make_spec: SpecMaker) -> None:
    spec = make_spec()
    backend = opened(replace(spec, plan=replace(spec.plan, streams=1, requests=3)))
    assert backend.slots == 3


def test_other_input_names_are_named(make_spec: SpecMaker) -> None:
    error = refusal(make_spec(), names=("ids", "mask", "types"))
    assert "input_ids" in error.detail
    assert "['ids', 'mask', 'types']" in error.detail
    assert "under inputs in the model's manifest" in error.hint


def test_inputs_of_another_rank_are_refused(make_spec: SpecMaker) -> None:
    spec = make_spec()
    ports = [op.parameter([1, 8, 2], dtype=ov.Type.i64, name=name) for name in spec.model_inputs]
    for port, name in zip(ports, spec.model_inputs, strict=True):
        port.output(0).set_names({name})
    results = [op.result(op.convert(port, "f32")) for port in ports]
    ov.save_model(ov.Model(results, ports), spec.model_xml)
    with pytest.raises(HarnessError, match="cannot be used") as caught:
        open_backend(spec, read_qsl(Path(spec.features)), lambda done, total: None)
    assert "has shape [1,8,2], not [batch, length]" in caught.value.detail


def test_other_input_names_can_be_mapped(make_spec: SpecMaker) -> None:
    spec = make_spec()
    names = {"input_ids": "ids", "attention_mask": "mask", "token_type_ids": "types"}
    assert opened(replace(spec, model_inputs=names), names=tuple(names.values())).slots == 2


def test_a_sample_longer_than_the_model_is_refused(make_spec: SpecMaker) -> None:
    error = refusal(make_spec(), length=16, position_ids=True)
    assert "24 tokens" in error.what
    assert "[16]" in error.detail


def test_a_sample_longer_than_every_bucket_is_refused(make_spec: SpecMaker) -> None:
    spec = make_spec()
    write_features(Path(spec.features), longest=33)
    assert "33 tokens" in refusal(spec).what


def test_a_model_of_float_inputs_is_refused(make_spec: SpecMaker) -> None:
    assert "f32" in refusal(make_spec(), element_type="float32").detail


@pytest.mark.parametrize("content", ["", "<net/>", "no xml"])
def test_a_file_that_is_no_model_is_refused(make_spec: SpecMaker, content: str) -> None:
    spec = make_spec()
    Path(spec.model_xml).write_text(content)
    with pytest.raises(HarnessError, match="cannot be used"):
        open_backend(spec, read_qsl(Path(spec.features)), lambda done, total: None)


def test_a_missing_model_is_refused(make_spec: SpecMaker) -> None:
    spec = make_spec()
    with pytest.raises(HarnessError, match="cannot be used"):
        open_backend(spec, read_qsl(Path(spec.features)), lambda done, total: None)


def test_a_model_without_its_weights_is_refused(make_spec: SpecMaker) -> None:
    spec = make_spec()
    write_model(Path(spec.model_xml)).with_suffix(".bin").unlink()
    with pytest.raises(HarnessError, match="cannot be used"):
        open_backend(spec, read_qsl(Path(spec.features)), lambda done, total: None)


def test_a_sample_runs_at_the_first_bucket_that_holds_it() -> None:
    lengths = np.array([1, 16, 17, 32], np.int32)
    assert assign_buckets(lengths, [16, 32], 0).tolist() == [16, 16, 32, 32]


def test_a_trailing_pad_is_kept_where_there_is_room() -> None:
    lengths = np.array([15, 16, 31, 32], np.int32)
    assert assign_buckets(lengths, [16, 32], 1).tolist() == [16, 32, 32, 32]


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE, Scenario.SERVER])
def test_the_harness_runs_the_model(make_spec: SpecMaker, scenario: Scenario) -> None:
    spec = make_spec(scenario, Mode.ACCURACY)
    write_model(Path(spec.model_xml))
    ended = run_harness(spec, fake=None)
    assert (ended.code, ended.stderr) == (0, "")
    for entry in json.loads((ended.out / "mlperf_log_accuracy.json").read_text()):
        logits = np.frombuffer(bytes.fromhex(entry["data"]), np.float32).reshape(-1, 2)
        np.testing.assert_allclose(logits, expected(spec, entry["qsl_idx"]), atol=1e-5)


def test_a_model_that_does_not_fit_ends_the_harness(make_spec: SpecMaker) -> None:
    spec = make_spec()
    write_model(Path(spec.model_xml), names=("ids", "mask", "types"))
    ended = run_harness(spec, fake=None)
    assert ended.code == 3
    assert ended.error["kind"] == "model"
    assert len(ended.stderr.splitlines()) == 3


@pytest.mark.parametrize("model", [{}, {"length": 32, "position_ids": True, "two_outputs": True}])
def test_samples_that_run_together_answer_as_alone(
    make_spec: SpecMaker, model: dict[str, Any]
) -> None:
    spec = make_spec()
    backend = opened(replace(spec, plan=replace(spec.plan, batch=3)), **model)
    backend.load(range(COUNT))
    together = [39, 0, 17, 4]
    positions = {"position_ids": True} if "length" in model else {}
    for index, answer in zip(together, backend.infer(1, together), strict=True):
        np.testing.assert_allclose(answer, expected(spec, index, **positions), atol=1e-5)


class Watched:
    """A request that notes the thread in which it is asked to work."""

    def __init__(self) -> None:
        self.ran_in: list[int] = []

    def infer(self, *, share_outputs: bool) -> None:
        assert share_outputs  # a copy of what the views show already
        self.ran_in.append(threading.get_ident())


def test_a_sample_runs_in_the_thread_that_asks_for_it() -> None:
    request = Watched()
    view = np.zeros((1, 8), np.int64)
    infer_request = InferRequest(
        request=request, inputs=(view,), outputs=(np.ones((1, 8, 2), np.float32),)
    )
    assert infer_request.run([(np.arange(5),)])[0].shape == (5, 2)
    assert request.ran_in == [threading.get_ident()]
    assert view.tolist() == [[0, 1, 2, 3, 4, 0, 0, 0]]


@pytest.mark.parametrize(("requests", "own"), [(1, True), (2, True), (3, False)])
def test_more_requests_than_streams_are_left_to_openvinos_threads(
    make_spec: SpecMaker, requests: int, own: bool
) -> None:
    spec = make_spec()
    plan = replace(spec.plan, streams=2, requests=requests)
    backend = opened(replace(spec, plan=plan))
    made = [request for each in backend._requests.values() for request in each]
    assert {request.own_thread for request in made} == {own}
    backend.load([0])
    for slot in range(requests):
        np.testing.assert_allclose(backend.infer(slot, [0])[0], expected(spec, 0), atol=1e-5)


class Broken:
    """A request that OpenVINO does not run."""

    def start_async(self) -> None:
        raise RuntimeError("no primitive for this shape")


def test_a_model_that_does_not_run_when_it_is_warmed_up_is_reported_as_such(
    make_spec: SpecMaker,
) -> None:
    spec = make_spec()
    views = tuple(np.zeros((1, 32), np.int64) for _ in spec.model_inputs)
    backend = OpenVinoBackend(
        samples=read_qsl(Path(spec.features)),
        requests={32: [InferRequest(request=Broken(), inputs=views, outputs=())]},
        features=tuple(spec.model_inputs),
        batch=1,
        trailing_pad=0,
        facts={},
    )
    with pytest.raises(HarnessError, match="does not run at 32 tokens") as caught:
        backend.warm_up(lambda done, total: None)
    assert (caught.value.kind, caught.value.detail) == (
        "model",
        "OpenVINO: RuntimeError: no primitive for this shape",
    )


def test_a_plan_beyond_its_memory_is_refused(make_spec: SpecMaker) -> None:
    spec = make_spec()
    with pytest.raises(HarnessError) as caught:
        opened(replace(spec, plan=replace(spec.plan, memory_bytes=1)))
    assert caught.value.kind == "memory"
    assert "after 1 of 2 buckets" in caught.value.detail
