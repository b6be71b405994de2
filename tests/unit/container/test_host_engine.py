import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from submission.container.host_engine import HostEngine
from submission.container.order import BuildOrder, CommandOrder
from submission.errors import StageError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def engine() -> HostEngine:
    return HostEngine(environment=os.environ, root=ROOT)


def said_by(engine: HostEngine, *command: str, **environment: str) -> list[str]:
    said: list[str] = []
    engine.run(CommandOrder(image="", command=command, environment=environment), said.append)
    return said


def test_python_is_the_python_that_runs_the_kit(engine: HostEngine) -> None:
    assert said_by(engine, "python", "-c", "import sys; print(sys.prefix)") == [sys.prefix]


def test_the_environment_of_the_order_comes_on_top() -> None:
    engine = HostEngine(environment={"PATH": os.environ["PATH"], "A": "1", "B": "1"}, root=ROOT)
    assert said_by(engine, "sh", "-c", "echo $A $B", B="2") == ["1 2"]


def test_a_command_that_is_not_there_is_named(engine: HostEngine) -> None:
    with pytest.raises(StageError, match="could not be started") as error:
        said_by(engine, "no-such-command")
    assert "no-such-command" in error.value.detail


def test_a_signal_ends_it_with_the_shells_exit_code(engine: HostEngine) -> None:
    order = CommandOrder(image="", command=("sh", "-c", "kill -9 $$"))
    assert engine.run(order, print).exit_code == 137


def test_its_image_is_the_venv_and_the_source(engine: HostEngine, tmp_path: Path) -> None:
    facts = engine.image("any")
    assert facts.id.startswith("host:")
    assert facts.labels["openvino"] == version("openvino")
    assert facts.id != HostEngine(environment={}, root=tmp_path).image("any").id


def test_a_build_gives_the_same_facts(engine: HostEngine) -> None:
    said: list[str] = []
    built = engine.build(BuildOrder(context=ROOT, tag="any"), said.append)
    assert built == engine.image("any")
    assert said == [f"no image is built for any: runs use {sys.executable}"]
