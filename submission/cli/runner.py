"""Decides where runs happen: in containers of an engine, or on the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from submission.container.engine import Engine
from submission.container.find import FoundEngine, find_engine
from submission.container.host_engine import HostEngine, demand_measuring_packages
from submission.errors import EngineError, KitError
from submission.files import read_json
from submission.terms import Say
from submission.workspace.folders import Workspace
from submission.workspace.settings import AUTO, Runner

_WITHOUT = "RUNNER=host measures without one (the check warns about it)"


@dataclass(frozen=True, kw_only=True)
class SettledRunner:
    """A workspace whose runner is decided: ``container`` or ``host``, never ``auto``.

    ``found`` is the engine; ``refusal`` is the reason if there is none. ``fallback``: the host
    was not requested.
    """

    workspace: Workspace
    environment: Mapping[str, str]
    found: FoundEngine | None = None
    refusal: EngineError | None = None
    fallback: bool = False

    def engine(self) -> Engine:
        """The engine, or the host instead; raises EngineError."""
        if self.found:
            return self.found.engine
        if self.workspace.settings.runner is Runner.CONTAINER and self.refusal:
            raise self.refusal
        return HostEngine(environment=self.environment, root=self.workspace.root)

    def demand(self) -> None:
        """Raise EngineError if nothing can be measured here."""
        if self.workspace.settings.runner is Runner.HOST:
            demand_measuring_packages()
        self.engine()

    def announce(self, warn: Say) -> None:
        """Print which engine is used, or what it means that there is none."""
        if self.found:
            for note in self.found.passed_over:
                warn(f"note: {note}")
            warn(f"engine: {self.found}")
            if _runners(self.workspace) == {Runner.HOST}:
                warn(
                    "note: the existing runs were made on the host; they are measured again "
                    "in containers (RUNNER=host keeps them)"
                )
        elif self.fallback and self.refusal:
            warn(
                "NO CONTAINER ENGINE: these runs happen on the host\n"
                f"  why:    {self.refusal.what}: {self.refusal.detail}\n"
                "  means:  other programs can disturb them; their metadata say `host`, and the "
                "check warns about each\n"
                f"  engine: {self.refusal.hint}; then run the same command again"
            )

    def conclude(self, warn: Say) -> None:
        """Repeat at the end that runs were made on the host for want of an engine."""
        if self.fallback and self.refusal:
            warn(
                "NO CONTAINER ENGINE: these runs happened on the host, not in containers\n"
                f"  engine: {self.refusal.hint}; then run the same command again"
            )


def settle(workspace: Workspace, environment: Mapping[str, str]) -> SettledRunner:
    """Decide where the runs of ``workspace`` happen; does not raise if there is no engine.

    ``auto`` means an engine if one answers, else the host, for a profile that is not meant for
    submission, unless the workspace has runs from containers or settings that need a container.
    """
    settings = workspace.settings
    if settings.runner is Runner.HOST:
        return SettledRunner(workspace=workspace, environment=environment)
    contained = _with_runner(workspace, Runner.CONTAINER)
    try:
        found = find_engine(settings.docker_host, environment)
    except EngineError as error:
        asked_for = settings.runner is Runner.CONTAINER or settings.docker_host
        refusal = _worded(error) if asked_for else _no_fallback(workspace, error)
        if refusal:
            return SettledRunner(workspace=contained, environment=environment, refusal=refusal)
        return SettledRunner(
            workspace=_with_runner(workspace, Runner.HOST),
            environment=environment,
            refusal=error,
            fallback=True,
        )
    return SettledRunner(workspace=contained, environment=environment, found=found)


def _no_fallback(workspace: Workspace, error: EngineError) -> EngineError | None:
    """Why the host must not replace the missing engine; None if it may."""
    settings = workspace.settings
    if workspace.profile.submittable:
        what = f"the profile {settings.profile} is meant for submission, and needs an engine"
        return _worded(error, what)
    for variable, given in (
        ("MEMORY_BYTES", settings.memory_bytes),
        ("OPENVINO", None if settings.openvino == AUTO else settings.openvino),
    ):
        if given is not None:
            return _worded(error, f"{variable} needs a container engine")
    if Runner.CONTAINER in _runners(workspace):
        return EngineError(
            "the existing runs were made in containers, and no engine answers now",
            detail=f"{error.what}: {error.detail}",
            hint="start the engine and run the same command again; RUNNER=host repeats all of "
            "them on the host",
        )
    return None


def _worded(error: EngineError, what: str = "") -> EngineError:
    """``error`` with a hint how to measure without an engine."""
    detail = f"{error.what}: {error.detail}" if what else error.detail
    return EngineError(what or error.what, detail=detail, hint=f"{error.hint}; {_WITHOUT}")


def _runners(workspace: Workspace) -> set[Runner]:
    """The runners of the profile's existing runs."""
    found = set()
    for path in workspace.metadata_files():
        try:
            found.add(Runner(read_json(path)["runner"]))
        except (KitError, OSError, ValueError, LookupError, TypeError):
            continue
    return found


def _with_runner(workspace: Workspace, runner: Runner) -> Workspace:
    return replace(workspace, settings=replace(workspace.settings, runner=runner))
