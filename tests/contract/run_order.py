"""A process that runs one order until somebody stops it: run_order.py ENGINE LABEL SCRIPT."""

import io
import os
import sys
from pathlib import Path

from submission.container.engine import Engine
from submission.container.host_engine import HostEngine
from submission.container.order import CommandOrder
from submission.errors import UserStopError


def engine_named(name: str) -> Engine:
    if name == "host":
        return HostEngine(environment=os.environ, root=Path(__file__).parents[2])
    from submission.container.find import connect

    return connect(os.environ.get("DOCKER_HOST"), os.environ)


def main(engine: str, label: str, script: str) -> None:
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    order = CommandOrder(
        image="debian:bookworm-slim",
        command=("sh", "-c", script),
        labels={"org.mlperf-kit.test": label},
    )

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    try:
        engine_named(engine).run(order, say)
    except (KeyboardInterrupt, UserStopError) as stop:
        sys.stdout.write(f"stopped by {type(stop).__name__}\n")
        sys.exit(130)


main(*sys.argv[1:])
