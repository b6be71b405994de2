"""Where runs happen: in containers of the engine that was found, or on the host."""

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
from submission.workspace.settings import Runner

_WITHOUT = "RUNNER=host measures without one (the check warns about it)"


@dataclass(frozen=True, kw_only=True)
class SettledRunner:
    """A workspace whose runner is settled: ``container`` or ``host``, never ``auto``.

    ``found`` is the engine; without one, ``refusal`` says why there is none. ``fallback`` says
    that the host was not asked for.
    """

    workspace: Workspace
    environment: Mapping[str, str]
    found: FoundEngine | None = None
    refusal: EngineError | None = None
    fallback: bool = False

    def engine(self) -> Engine:
        """The engine, or the host in its place; raises EngineError."""
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
        """Say which engine is used, or what it means that none is."""
        if self.found:
            for note in self.found.passed_over:
                warn(f"note: {note}")
            warn(f"engine: {self.found}")
            if _runners(self.workspace) == {Runner.HOST}:
                warn(
                    "note: the runs that are here were made on the host; they are measured again "
                    "in containers (RUNNER=host keeps them)"
                )
        elif self.fallback and self.refusal:
            warn(
                "NO CONTAINER ENGINE: these runs happen on the host\n"
                f"  why:    {self.refusal.what}: {self.refusal.detail}\n"
                "  means:  other programs can disturb them; their metadata say `host`, and the "
                "check warns about each\n"
                f"  engine: {self.refusal.hint}; then give the same command again"
            )

    def conclude(self, warn: Say) -> None:
        """Say again at the end that the host took the place of an engine."""
        if self.fallback and self.refusal:
            warn(
                "NO CONTAINER ENGINE: these runs happened on the host, not in containers\n"
                f"  engine: {self.refusal.hint}; then give the same command again"
            )


def settle(workspace: Workspace, environment: Mapping[str, str]) -> SettledRunner:
    """Where the runs of ``workspace`` happen; asks engines, and never raises for want of one.

    ``auto`` is an engine if one answers. If none does, it is the host for a profile that is not
    meant for submission, unless the workspace holds runs from containers or has settings that
    only a container can keep.
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
    """Why the host must not take the place of an engine that is missing; None if it may."""
    settings = workspace.settings
    if workspace.profile.submittable:
        what = f"the profile {settings.profile} is meant for submission, and needs an engine"
        return _worded(error, what)
    for variable, given in (
        ("MEMORY_BYTES", settings.memory_bytes),
        ("OPENVINO", settings.openvino),
    ):
        if given is not None:
            return _worded(error, f"{variable} needs a container engine")
    if Runner.CONTAINER in _runners(workspace):
        return EngineError(
            "the runs that are here were made in containers, and no engine answers now",
            detail=f"{error.what}: {error.detail}",
            hint="start the engine and give the same command again; RUNNER=host measures all of "
            "them again on the host",
        )
    return None


def _worded(error: EngineError, what: str = "") -> EngineError:
    """``error`` with the way to do without an engine, which its own hint leaves out."""
    detail = f"{error.what}: {error.detail}" if what else error.detail
    return EngineError(what or error.what, detail=detail, hint=f"{error.hint}; {_WITHOUT}")


def _runners(workspace: Workspace) -> set[Runner]:
    """Where the profile's runs that are there were made."""
    found = set()
    for path in workspace.runs_folder().rglob("run_metadata.json"):
        try:
            found.add(Runner(read_json(path)["runner"]))
        except (KitError, OSError, ValueError, LookupError, TypeError):
            continue
    return found


def _with_runner(workspace: Workspace, runner: Runner) -> Workspace:
    return replace(workspace, settings=replace(workspace.settings, runner=runner))
