"""Options and marks that the whole suite shares."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--docker",
        action="store_true",
        help="also run what needs a container engine (DOCKER_HOST, or the usual socket)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--docker"):
        return
    skip = pytest.mark.skip(reason="needs a container engine: give --docker")
    for item in items:
        if "docker" in item.keywords:
            item.add_marker(skip)
