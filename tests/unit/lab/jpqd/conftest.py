"""One thread, so that sums are the same everywhere; what needs torch is skipped without it."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings of torch's and transformers' own making are not ours to raise."""
    for item in items:
        if "unit/lab/jpqd" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    if find_spec("torch") is None:
        yield  # what needs it is skipped by its own module
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
