"""Without torch nothing here can run; one thread, so that sums are the same everywhere."""

from collections.abc import Iterator

import pytest

WITHOUT = "torch and transformers come with the group train: no JPQD training was tested"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings of torch's and transformers' own making are not ours to raise."""
    for item in items:
        if "unit/jpqd" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch", reason=WITHOUT)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
