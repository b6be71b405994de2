"""The protocol of what builds images and runs commands for the stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from submission.container.order import (
    BaseImage,
    BuildOrder,
    CommandOrder,
    CommandOutcome,
    ImageFacts,
)

OnLine = Callable[[str], None]
"""Takes one line of output without its end, as soon as it is whole."""


class Engine(Protocol):
    """Builds images and runs orders; all processes of a run have ended when ``run`` returns."""

    def version(self) -> str:
        """Name and version in one line, for the run metadata."""
        ...

    def build(self, order: BuildOrder, on_line: OnLine) -> ImageFacts:
        """The image that was built; raises StageError with the failing step."""
        ...

    def base(self, reference: str) -> BaseImage:
        """What an image would be built on, by digest where one can be had; never raises."""
        ...

    def image(self, ref: str) -> ImageFacts | None:
        """The image of that tag or id; ``None`` if there is none."""
        ...

    def tag(self, image: str, reference: str) -> None:
        """Give the image of that id the name ``reference``, which another one may have had.

        Raises StageError if there is no such image.
        """
        ...

    def run(self, order: CommandOrder, on_line: OnLine) -> CommandOutcome:
        """Run to the end, whatever the exit code; raises StageError if it cannot be run.

        Lines of standard output keep their order, and so do those of standard error; how the
        two are interleaved is not promised.
        """
        ...

    def reap(self, label: str, value: str) -> list[str]:
        """Remove the containers of that label, left by a killed process; returns their ids."""
        ...
