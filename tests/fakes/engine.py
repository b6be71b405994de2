"""An engine whose commands are Python functions, for tests of whatever gives orders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from submission.container.engine import OnLine
from submission.container.lines import Tail
from submission.container.order import (
    BaseImage,
    BuildOrder,
    CommandOrder,
    CommandOutcome,
    ImageFacts,
)
from submission.errors import StageError
from submission.stages.image import TITLE, TITLE_LABEL

Program = Callable[[CommandOrder, OnLine], int]
"""Plays a command: says lines, returns the exit code; MemoryError plays the OOM killer."""


class FakeEngine:
    """Keeps images and containers in memory; ``programs`` are found by the command's first word.

    ``runs`` and ``builds`` hold every order given. ``containers`` maps the ids of what is
    there now to its labels: tests put leftovers of a killed process into it.
    """

    def __init__(
        self, programs: Mapping[str, Program] | None = None, *, images: tuple[str, ...] = ()
    ) -> None:
        self.programs = dict(programs or {})
        self.images = {ref: _facts(ref, ref) for ref in images}
        self.containers: dict[str, Mapping[str, str]] = {}
        self.runs: list[CommandOrder] = []
        self.builds: list[BuildOrder] = []

    def version(self) -> str:
        return "FakeEngine 1"

    def base(self, reference: str) -> BaseImage:
        facts = self.image(reference)
        return BaseImage(reference=reference, source=reference, id=facts.id if facts else None)

    def image(self, ref: str) -> ImageFacts | None:
        by_id = {facts.id: facts for facts in self.images.values()}
        return self.images.get(ref) or by_id.get(ref)

    def tag(self, image: str, reference: str) -> None:
        found = self.image(image)
        assert found is not None
        self.images[reference] = found

    def build(self, order: BuildOrder, on_line: OnLine) -> ImageFacts:
        """Every line of the Dockerfile is a step that ends well, but for ``RUN false``."""
        self.builds.append(order)
        steps = (order.context / order.dockerfile).read_text().splitlines()
        for number, step in enumerate(steps, start=1):
            on_line(f"step {number} of {len(steps)}: {step}")
            if step == "RUN false":
                raise StageError(
                    f"the image build failed at step {number} of {len(steps)}",
                    detail=f"{step}: returned a non-zero code: 1",
                    hint="make it true",
                )
        self.images[order.tag] = _facts(order.tag, repr((steps, sorted(order.build_args.items()))))
        return self.images[order.tag]

    def run(self, order: CommandOrder, on_line: OnLine) -> CommandOutcome:
        if self.image(order.image) is None:
            raise StageError(
                f"the image {order.image} does not exist",
                detail=f"there are {', '.join(self.images) or 'none'}",
                hint="`make image` builds it",
            )
        self.runs.append(order)
        container = f"fake-{len(self.runs)}"
        self.containers[container] = order.labels
        started_at, tail = datetime.now(UTC), Tail(on_line)
        try:
            exit_code, oom_killed = self.programs[order.command[0]](order, tail), False
        except MemoryError:
            exit_code, oom_killed = 137, True
        finally:
            del self.containers[container]
        return CommandOutcome(
            exit_code=exit_code,
            oom_killed=oom_killed,
            tail=tail.lines,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            container_id=container,
        )

    def reap(self, label: str, value: str) -> list[str]:
        left = [each for each, labels in self.containers.items() if labels.get(label) == value]
        for each in left:
            del self.containers[each]
        return left


def host_path(order: CommandOrder, inside: str) -> Path:
    """Where the host keeps what a command of ``order`` sees at ``inside``."""
    path = PurePosixPath(inside)
    for mount in sorted(order.mounts, key=lambda each: -len(each.target)):
        if path.is_relative_to(mount.target):
            return mount.source / path.relative_to(mount.target)
    raise FileNotFoundError(inside)


def _facts(tag: str, content: str) -> ImageFacts:
    return ImageFacts(
        id=f"sha256:{hashlib.sha256(content.encode()).hexdigest()}",
        tags=(tag,),
        digest=None,
        size_bytes=1,
        labels={TITLE_LABEL: TITLE},
        created=None,
    )
