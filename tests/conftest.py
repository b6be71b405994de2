"""Options and marks that the whole suite shares."""

import faulthandler
import gc
import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

FUZZ_SEED = os.environ.get("KIT_FUZZ_SEED", "1")
GOLDEN = Path(__file__).parent / "golden"
TESTS = itertools.count(1)
HANG_S = 300
STDERR: list[int] = []
WHOLE_KIT = Path(__file__).parent / "e2e"


def pytest_configure() -> None:
    STDERR.append(os.dup(2))  # before a test's own output is caught
    # `make test NAME=…` passes this on; the commands that tests start are not make's
    os.environ.pop("KIT_MAKE_VARIABLES", None)
    # tests judge no speed, and other measurements of this machine are none of their business
    os.environ["SHARE_CORES"] = "1"
    # a runner in the background hands down signals as ignored, and children would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def pytest_sessionstart() -> None:
    # what one test left is collected between two tests, never by a thread of another one's server
    gc.disable()


def pytest_runtest_logfinish() -> None:
    gc.collect(2 if next(TESTS) % 1000 == 0 else 1)


def pytest_exception_interact() -> None:
    # pytest ends its watch over a test that fails; what comes after may hang as well
    faulthandler.dump_traceback_later(HANG_S, file=STDERR[0], exit=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # told at once, for a run that does not come to its end
    if report.failed:
        head = f"{report.nodeid} ({report.when}, {time.strftime('%X')})"
        said = report.longreprtext[-2000:]
        os.write(STDERR[0], f"\n{head}\n{said}\n".encode(errors="replace"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--docker",
        choices=("auto", "always", "never"),
        default="auto",
        help="tests that need a container engine: where one answers (default), always, never",
    )
    parser.addoption(
        "--golden", action="store_true", help="rewrite the expected texts, and run nothing else"
    )


def pytest_report_header() -> str:
    return f"fuzz seed: {FUZZ_SEED} (another one: KIT_FUZZ_SEED=...)"


@pytest.fixture
def matches_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with ``tests/golden/<name>``, or write it there with ``--golden``.

    A name may lead out of that folder: ``../../RULES.md``.
    """

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name}: `make golden` if it is wanted"

    return compare


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--golden"):  # whatever compares nothing has nothing to rewrite
        others = [item for item in items if "matches_golden" not in vars(item)["fixturenames"]]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    for item in items:
        if WHOLE_KIT in item.path.parents:
            item.add_marker(pytest.mark.slow)
    wanted = config.getoption("--docker")
    if wanted == "always" or (wanted == "auto" and _engine_answers()):
        return
    reason = "no container engine answers" if wanted == "auto" else "--docker=never"
    for item in items:
        if item.get_closest_marker("docker"):
            item.add_marker(pytest.mark.skip(reason=reason))


def _engine_answers() -> bool:
    from submission.errors import EngineError
    from tests.fakes.real_engine import real_engine

    try:
        real_engine().version()
    except EngineError:
        return False
    return True


@pytest.fixture(scope="session")
def repo() -> Path:
    return Path(__file__).resolve().parents[1]
