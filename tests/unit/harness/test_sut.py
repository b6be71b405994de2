"""What the SUT counts while LoadGen issues."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("mlperf_loadgen", reason="LoadGen is not installed")

from submission.harness.dispatch import GroupOrder, Rows, Waiting
from submission.harness.sut import Sut
from submission.squad.samples import Samples
from submission.terms import RunSpec
from tests.fakes.backend import DoublingBackend

SpecMaker = Callable[..., RunSpec]
SAMPLES = Samples(
    lengths=np.array([3, 5, 4], np.int32),
    tokens=np.zeros(12, np.int32),
    segment_starts=np.ones(3, np.int32),
)


@pytest.mark.parametrize(("batch", "deepest"), [(1, 3), (2, 2)])
def test_a_sample_that_an_idle_worker_takes_at_once_has_waited(
    batch: int, deepest: int, make_spec: SpecMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Rows] = []
    monkeypatch.setattr(Waiting, "put", lambda _, rows: taken.append(rows))
    sut = Sut(
        DoublingBackend(make_spec(), SAMPLES, lambda *_: None), SAMPLES, GroupOrder(batch=batch)
    )
    sut.issue([7], [1])
    assert sut.queue_depth_max == 1
    sut.issue([8, 9, 10], [0, 1, 2])
    assert sut.queue_depth_max == deepest
    assert len(taken) == 1 + deepest
