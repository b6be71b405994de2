"""The image that every measurement runs in."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from submission import __version__
from submission.container.context import content_files, fingerprint
from submission.container.order import BuildOrder, CommandOrder, ImageFacts
from submission.container.sbom import OPENVINO_PURL, SBOM_FILE, packages, sbom
from submission.container.witnesses import witness_files, witnesses
from submission.errors import KitError, StageError, UsageError
from submission.files import part_of, write_json
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.stages.base import SharedStage
from submission.workspace.openvino import ChosenVersion
from submission.workspace.settings import AUTO, Runner

STEP = re.compile(r"step (\d+) of (\d+)")


def build_context(root: Path) -> tuple[Path, ...]:
    """The files that go into the image; changes of other files do not rebuild it."""
    return tuple(root / name for name in content_files(root))


def openvino_of_runs(context: Context) -> ChosenVersion:
    """The version that runs use, and why: the one chosen for the image, or the host's own."""
    if context.settings.runner is not Runner.HOST:
        return context.workspace.openvino
    installed = version("openvino")
    lock = f"the one that requirements.txt has for Python {platform.python_version()}"
    return ChosenVersion(version=installed, reason=f"installed on the host, {lock}")


def build_log(report: Reporter) -> Callable[[str], None]:
    """A receiver of build output: a step becomes a share, other output only activity."""

    def receive(line: str) -> None:
        step = STEP.match(line)
        if step is None:
            report.progress(None, line.strip())
            return
        words = textwrap.shorten(line, width=100, placeholder=" …")
        report.progress(int(step[1]) / int(step[2]), words)

    return receive


#: as in the Dockerfile
TITLE_LABEL = "org.opencontainers.image.title"
TITLE = "MLPerf Inference datacenter BERT, open division"


@dataclass(frozen=True)
class BuildImage(SharedStage):
    """The image, built from the present files and tagged in the engine.

    It has the published name, which the image of another checkout may take, and one of this
    workspace alone, by which the engine keeps it. Runs use its id.
    """

    name = "image"

    def settings(self) -> Mapping[str, Any]:
        """Name, base, runner and OpenVINO's version, but not the package index."""
        settings = self.context.settings
        other = self._other_openvino()
        return {
            "image": self.context.workspace.image,
            "base_image": settings.base_image,
            "runner": settings.runner,
            "witnesses": _digest(witnesses(self.context.workspace.root)),
            **({"openvino": other} if other else {}),
        }

    def _other_openvino(self) -> str | None:
        """The version in place of the default lock's; on the host the installed one runs."""
        if self.context.settings.runner is Runner.HOST:
            return None
        return self.context.workspace.other_openvino

    def inputs(self) -> tuple[Path, ...]:
        return build_context(self.context.workspace.root)

    def outputs(self) -> tuple[Path, ...]:
        """What the image is: id, digest, size, labels."""
        return (self.context.workspace.image_file(), self.context.workspace.sbom_file())

    def probe(self) -> str | None:
        """Whether the image was removed from the engine; its name may be another image's.

        On the host engine: whether Python or its packages have changed.
        """
        wanted = self.context.image_id()
        try:
            facts = self.context.engine.image(wanted)
        except KitError as error:
            return f"the engine cannot be asked: {error.what}"
        if facts is None:
            return "the engine no longer has the image"
        return None if facts.id == wanted else "Python or its packages have changed"

    def run(self, report: Reporter) -> None:
        """Build; unchanged steps come from the engine's cache."""
        settings, image = self.context.settings, self.context.workspace.image
        self._refuse_foreign(image)
        base = self.context.engine.base(settings.base_image)
        arguments = {
            "BASE_IMAGE": base.source,
            "VERSION": __version__,
            "REVISION": fingerprint(self.context.workspace.root),
        }
        arguments |= self.context.build_environment()
        other = self._other_openvino()
        if other:
            arguments["OPENVINO"] = other
        if settings.pip_index_url:
            arguments["PIP_INDEX_URL"] = settings.pip_index_url
        order = BuildOrder(
            context=self.context.workspace.root,
            files=(
                *content_files(self.context.workspace.root),
                *witness_files(self.context.workspace.root),
            ),
            tag=self.context.workspace.kept_image,
            base=base,
            build_args=arguments,
            labels=base.labels(),
        )
        facts = self._build(order, report)
        for words in name_image(self.context, facts.id):
            report.line(words)
        base = self.context.engine.base(settings.base_image)
        size = f", {facts.size_bytes / 1e6:.0f} MB" if facts.size_bytes else ""
        report.figure(f"{facts.id[:19]}{size}")
        contents = self._sbom(facts.id)
        installed = packages(contents).get(OPENVINO_PURL)
        chosen = self._chosen(installed)
        report.line(f"OpenVINO {installed}: {chosen['reason']}")
        write_json(self.context.workspace.sbom_file(), contents)
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
                "openvino": installed,
                "openvino_chosen": chosen,
                "base": None if settings.runner is Runner.HOST else base.facts(),
            },
        )

    def _chosen(self, installed: str | None) -> dict[str, str]:
        """The version that was to be installed, and why the one that is; raises UsageError."""
        settings, choice = self.context.settings, openvino_of_runs(self.context)
        if settings.runner is Runner.HOST or installed in {None, choice.version}:
            return asdict(choice)
        if settings.openvino != AUTO:
            raise UsageError(
                f"the image has OpenVINO {installed}, not {choice.version}",
                detail=f"the Python of {settings.base_image} has no build of {choice.version}",
                hint=f"OPENVINO={installed}, or a BASE_IMAGE with Python 3.11 or 3.12",
            )
        reason = f"what the default lock has for the Python of {settings.base_image}"
        return {"version": choice.version, "reason": reason}

    def _build(self, order: BuildOrder, report: Reporter) -> ImageFacts:
        """Build, and keep every line of the engine in a log, of a failed build in another one."""
        if self.context.settings.runner is Runner.HOST:
            return self.context.engine.build(order, build_log(report))
        log = self.context.workspace.build_log_file()
        part, failed = part_of(log), log.with_suffix(".failed.log")
        part.parent.mkdir(parents=True, exist_ok=True)
        show = build_log(report)
        with part.open("w", encoding="utf-8", buffering=1) as stream:
            stream.write(_heading(order, self.context.workspace.image))

            def receive(line: str) -> None:
                stream.write(f"{line}\n")
                show(line)

            try:
                facts = self.context.engine.build(order, receive)
            except StageError as error:
                stream.write(f"{error}\n")
                part.replace(failed)
                hint = f"every line of the build is in {failed}; {error.hint}"
                raise StageError(error.what, detail=error.detail, hint=hint) from error
            stream.write(f"built {facts.id}\n")
        part.replace(log)
        failed.unlink(missing_ok=True)
        return facts

    def _refuse_foreign(self, image: str) -> None:
        """Raise UsageError where the build would take the name of an image that is not ours."""
        settings = self.context.settings
        if settings.runner is Runner.HOST or settings.image is None:
            return
        there = self.context.engine.image(image)
        if there is not None and there.labels.get(TITLE_LABEL) != TITLE:
            raise UsageError(
                f"IMAGE={image} names an image that is not the kit's",
                detail=f"{there.id} has another title; a build would take its name away",
                hint="give a name that is free, or leave IMAGE out",
            )

    def _sbom(self, image: str) -> Any:
        """The list of packages that the build left in the image; the host's own without one."""
        if self.context.settings.runner is Runner.HOST:
            return sbom()
        lines: list[str] = []
        order = CommandOrder(image=image, command=("cat", str(SBOM_FILE)))
        outcome = self.context.engine.run(order, lines.append)
        try:
            if outcome.ok:
                return json.loads("\n".join(lines))
            why = f"exit code {outcome.exit_code}"
        except ValueError as error:
            why = str(error)
        raise StageError(
            "the image does not list its packages",
            detail=f"{SBOM_FILE}: {why}",
            hint="build the image again: make image",
        )


def name_image(context: Context, image_id: str | None = None) -> list[str]:
    """Give the workspace's image (or that of an id) the published name; says what had it before.

    Commands in READMEs use that name. An image that is not the kit's keeps it, and so does one in
    an engine that cannot be asked.
    """
    if context.settings.runner is Runner.HOST:
        return []
    name, known = context.workspace.image, context.known_image_id()
    try:
        image_id = image_id or context.image_id()
        there = context.engine.image(name)
        if there is not None and there.id == image_id:
            return []
        if there is not None and there.labels.get(TITLE_LABEL) != TITLE:
            return [f"{name} is the name of an image that is not the kit's, and is left to it"]
        context.engine.tag(image_id, name)
    except (OSError, ValueError, LookupError, KitError) as error:
        return [f"{name} could not be given to the image: {error}"]
    if there is None or there.id == known:
        return []
    kept = "the workspace that made it keeps it under a name of its own"
    return [f"{name} is now this workspace's image; before, it was {there.id[:19]}: {kept}"]


def _heading(order: BuildOrder, name: str) -> str:
    """What is built, when and on what; not its arguments, which may hold a password."""
    base = f"on {order.base}\n" if order.base else ""
    return f"{datetime.now(UTC).isoformat(timespec='seconds')} {name}\n{base}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
