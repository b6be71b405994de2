"""The image that every measurement runs in."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission import __version__
from submission.container.context import content_files, fingerprint
from submission.container.order import BuildOrder
from submission.errors import KitError
from submission.files import read_json, write_json
from submission.pipeline.stage import Reporter
from submission.stages.base import SharedStage
from submission.workspace.settings import Runner

STEP = re.compile(r"step (\d+) of (\d+)")


def build_context(root: Path) -> tuple[Path, ...]:
    """The files that go into the image; a change of any other leaves it as it is."""
    return tuple(root / name for name in content_files(root))


def build_log(report: Reporter) -> Callable[[str], None]:
    """A receiver of build output: steps become lines and move the bar, the rest shows life."""

    def receive(line: str) -> None:
        step = STEP.match(line)
        if step is None:
            report.progress(None, line.strip())
            return
        report.line(textwrap.shorten(line, width=100, placeholder=" …"))
        report.progress(int(step[1]) / int(step[2]), step[0])

    return receive


@dataclass(frozen=True)
class BuildImage(SharedStage):
    """The image stands in the engine under its name, built from these very files."""

    name = "image"

    def settings(self) -> Mapping[str, Any]:
        """Name, base, runner, another OpenVINO; the package index does not change what is there."""
        settings = self.context.settings
        chosen = {"openvino": settings.openvino} if settings.openvino else {}
        return {
            "image": self.context.workspace.image,
            "base_image": settings.base_image,
            "runner": settings.runner,
            **chosen,
        }

    def inputs(self) -> tuple[Path, ...]:
        return build_context(self.context.workspace.root)

    def outputs(self) -> tuple[Path, ...]:
        """What the image is: id, digest, size, labels."""
        return (self.context.workspace.image_file(),)

    def probe(self) -> str | None:
        """The image may have been removed from the engine, or its name moved to another.

        Of the host, whose packages may have been changed by hand, the same is asked.
        """
        wanted = read_json(self.context.workspace.image_file())["id"]
        try:
            facts = self.context.engine.image(self.context.workspace.image)
        except KitError as error:
            return f"the engine cannot be asked: {error.what}"
        if facts is None:
            return "the image is gone from the engine"
        if facts.id == wanted:
            return None
        if self.context.settings.runner is Runner.HOST:
            return "Python or its packages are others now"
        return "the image's name stands for another image now"

    def run(self, report: Reporter) -> None:
        """Build; the engine's own cache makes an unchanged step quick."""
        settings, image = self.context.settings, self.context.workspace.image
        arguments = {
            "BASE_IMAGE": settings.base_image,
            "VERSION": __version__,
            "REVISION": fingerprint(self.context.workspace.root),
        }
        arguments |= self.context.build_environment()
        if settings.openvino:
            arguments["OPENVINO"] = settings.openvino
        if settings.pip_index_url:
            arguments["PIP_INDEX_URL"] = settings.pip_index_url
        order = BuildOrder(
            context=self.context.workspace.root,
            files=tuple(content_files(self.context.workspace.root)),
            tag=image,
            base_image=settings.base_image,
            build_args=arguments,
        )
        facts = self.context.engine.build(order, build_log(report))
        size = f", {facts.size_bytes / 1e6:.0f} MB" if facts.size_bytes else ""
        report.line(f"{image} is {facts.id}{size}")
        write_json(
            self.context.workspace.image_file(),
            {
                "reference": image,
                "engine": self.context.engine.version(),
                "id": facts.id,
                "digest": facts.digest,
                "size_bytes": facts.size_bytes,
                "labels": dict(facts.labels),
                "fingerprint": fingerprint(self.context.workspace.root),
            },
        )
