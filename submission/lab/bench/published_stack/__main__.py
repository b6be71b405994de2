"""``python3.10 -I published_stack RUN_SPEC.json XML BIN``: one LoadGen run with OpenVINO 2022.3.

It imports nothing of the kit, which needs a later Python, and does what the reference
implementation is described to do (see ``published``): batch 1, every sample padded to one length,
one stream and request a core, an asynchronous queue whose callback answers LoadGen.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import mlperf_loadgen
import numpy as np
from openvino.runtime import AsyncInferQueue, Core

RESULT = "stack.json"
CONF_TYPE = 2
FEATURES = ("input_ids", "attention_mask", "token_type_ids")
POSITIONS = "position_ids"


class Stack:
    """The compiled model, its queue, and the padded samples that LoadGen has loaded."""

    def __init__(self, spec: dict[str, Any], xml: str, weights: str) -> None:
        self.length = spec["plan"]["buckets"][-1]
        self.names = spec["model_inputs"]
        core = Core()
        model = core.read_model(xml, weights)
        model.reshape({each.any_name: [1, self.length] for each in model.inputs})
        self.cores = len(os.sched_getaffinity(0))
        asked = {
            "NUM_STREAMS": str(self.cores),
            "INFERENCE_NUM_THREADS": str(self.cores),
            "INFERENCE_PRECISION_HINT": spec["plan"]["inference_precision"],
        }
        self.compiled = core.compile_model(model, "CPU", asked)
        # asked at once: this version no longer knows it once requests were made
        self.precision = self.compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        self.queue = AsyncInferQueue(self.compiled, self.cores)
        self.queue.set_callback(self.answer)
        with np.load(spec["features"]) as found:
            self.lengths, self.tokens = found["lengths"], found["tokens"]
            self.segment_starts = found["segment_starts"]
        self.starts = np.cumsum(self.lengths, dtype=np.int64) - self.lengths
        self.feeds: dict[int, dict[str, Any]] = {}
        self.answered = 0

    def load(self, indices: list[int]) -> None:
        """Pad these samples to the one length of the model."""
        for index in indices:
            length, start = int(self.lengths[index]), int(self.starts[index])
            rows = np.zeros((3, 1, self.length), np.int64)
            rows[0, 0, :length] = self.tokens[start : start + length]
            rows[1, 0, :length] = 1
            rows[2, 0, int(self.segment_starts[index]) : length] = 1
            feed = {self.names[name]: row for name, row in zip(FEATURES, rows)}  # noqa: B905
            if POSITIONS in self.names:
                feed[self.names[POSITIONS]] = np.arange(self.length, dtype=np.int64)[None]
            self.feeds[index] = feed

    def unload(self, indices: list[int]) -> None:
        for index in indices:
            self.feeds.pop(index, None)

    def issue(self, query_ids: list[int], indices: list[int]) -> None:
        """Start them all; waits whenever every request is busy."""
        for query_id, index in zip(query_ids, indices):  # noqa: B905
            self.queue.start_async(self.feeds[index], query_id)

    def flush(self) -> None:
        self.queue.wait_all()

    def answer(self, request: Any, query_id: int) -> None:
        """Give LoadGen the logits of a sample; of a warm-up, nobody."""
        found = [np.array(each.data, np.float32) for each in request.output_tensors]
        logits = found[0][0] if len(found) == 1 else np.stack([each[0] for each in found], -1)
        if query_id >= 0:
            kept = np.frombuffer(logits.tobytes(), np.uint8)
            address = kept.__array_interface__["data"][0]
            response = mlperf_loadgen.QuerySampleResponse(query_id, address, kept.nbytes)
            # before LoadGen knows, which may end the run at once
            self.answered += 1
            mlperf_loadgen.QuerySamplesComplete([response])

    def warm_up(self) -> None:
        """Run one sample at each request."""
        self.load([0])
        self.issue([-1] * self.cores, [0] * self.cores)
        self.flush()


def loadgen_settings(spec: dict[str, Any]) -> Any:
    """LoadGen's settings, as the harness makes them: by the conf files and by attributes."""
    asked, scenario = spec["settings"], spec["run"]["scenario"]
    settings = mlperf_loadgen.TestSettings()
    for conf in (spec["mlperf_conf"], spec["user_conf"]):
        if settings.FromConfig(conf, spec["loadgen_model"], scenario, CONF_TYPE):
            raise SystemExit(f"LoadGen cannot read {conf}")
    settings.scenario = getattr(mlperf_loadgen.TestScenario, scenario)
    settings.mode = mlperf_loadgen.TestMode.PerformanceOnly
    settings.performance_sample_count_override = asked["performance_sample_count"]
    settings.min_duration_ms = asked["min_duration_ms"]
    if scenario == "Server":
        settings.min_query_count = asked["min_query_count"]
        settings.server_target_qps = asked["target_qps"]
        settings.server_target_latency_ns = asked["target_latency_ns"]
        settings.server_target_latency_percentile = asked["target_latency_percentile"]
    else:
        settings.min_query_count = asked["samples_per_query"]
        settings.offline_expected_qps = asked["target_qps"]
    for name in ("qsl_rng_seed", "sample_index_rng_seed", "schedule_rng_seed"):
        setattr(settings, name, asked[name])
    return settings


def log_settings(out: str) -> Any:
    """LoadGen's logs into ``out``, as the harness writes them."""
    settings = mlperf_loadgen.LogSettings()
    settings.enable_trace = False
    settings.log_output.outdir = out
    settings.log_output.copy_summary_to_stdout = False
    return settings


def cpu_s() -> float:
    """CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(spec: dict[str, Any], stack: Stack) -> dict[str, float]:
    """One run under LoadGen; seconds of the wall and of CPU time, loading of samples included."""
    count = spec["settings"]["performance_sample_count"]
    sut = mlperf_loadgen.ConstructFastSUT(stack.issue, stack.flush)
    qsl = mlperf_loadgen.ConstructQSL(len(stack.lengths), count, stack.load, stack.unload)
    before, start = cpu_s(), time.perf_counter()
    mlperf_loadgen.StartTestWithLogSettings(
        sut, qsl, loadgen_settings(spec), log_settings(spec["out"]), ""
    )
    used = {"cpu_s": cpu_s() - before, "wall_s": time.perf_counter() - start}
    mlperf_loadgen.DestroyQSL(qsl)
    mlperf_loadgen.DestroyFastSUT(sut)
    return used


def main(spec_file: str, xml: str, weights: str) -> None:
    """Warm up, measure, and write what it took."""
    spec = json.loads(Path(spec_file).read_text(encoding="utf-8"))
    stack, out = Stack(spec, xml, weights), Path(spec["out"])
    stack.warm_up()
    used = measure(spec, stack)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = {"answered": stack.answered, "memory_bytes": peak, "precision": stack.precision}
    result = {**used, **found}
    (out / RESULT).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
