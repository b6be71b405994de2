"""The command ``images``: what the kit keeps in an engine, and the end of what nobody needs."""

from __future__ import annotations

import argparse
from dataclasses import replace

from submission.cli.environment import inherited
from submission.cli.options import add_settings, workspace_of
from submission.container.docker_engine import DockerEngine
from submission.container.find import find_engine
from submission.container.order import ImageFacts
from submission.errors import UsageError
from submission.stages.image import TITLE, TITLE_LABEL
from submission.terminal import aligned
from submission.terms import Say
from submission.wording import counted
from submission.workspace.folders import Workspace
from submission.workspace.settings import Runner, settings_table

_ID_CHARACTERS = 19


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``images [--remove WORKSPACE …] [--remove-unnamed]``."""
    parser.add_argument(
        "--remove",
        nargs="+",
        default=(),
        metavar="WORKSPACE",
        help="folders of workspaces that were deleted: the engine forgets the names by which it "
        "kept their images, and an image that has no other name",
    )
    parser.add_argument(
        "--remove-unnamed",
        action="store_true",
        help="the kit's images without a name: a later build took it, so no workspace keeps them",
    )
    add_settings(parser, "workspace", "docker_host")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """List the kit's images, or remove the names of deleted workspaces; raises EngineError."""
    workspace = workspace_of(args)
    gone = [_deleted(workspace, folder) for folder in args.remove]
    found = find_engine(workspace.settings.docker_host, inherited())
    warn(f"engine: {found}")
    for each in gone:
        _remove(found.engine, each, say)
    images = found.engine.images(TITLE_LABEL, TITLE)
    unnamed = [facts.id for facts in images if not facts.tags]
    if args.remove_unnamed:
        for image in unnamed:
            found.engine.untag(image)
        say(f"removed {counted(len(unnamed), 'image')} without a name")
    if gone or args.remove_unnamed:
        return 0
    for line in aligned(_rows(images, workspace), right=(2,)):
        say(line.rstrip())
    say(f"{counted(len(images) - len(unnamed), 'image')}; --remove WORKSPACE for a deleted one's")
    if unnamed:
        say(f"{counted(len(unnamed), 'image')} without a name (--remove-unnamed)")
    return 0


def _deleted(workspace: Workspace, folder: str) -> Workspace:
    """The workspace that was at ``folder``; UsageError if it is still there."""
    path = settings_table()["workspace"].from_json(folder)
    there = replace(workspace, settings=replace(workspace.settings, workspace=path))
    for runner in (Runner.CONTAINER, Runner.HOST):
        named = replace(there, settings=replace(there.settings, runner=runner))
        if named.image_file().exists():
            raise UsageError(
                f"{path} is a workspace that is there, and its image is in use",
                detail=f"{named.image_file()} exists",
                hint="remove the folder first (make clean, or rm -r), then give this command again",
            )
    return there


def _remove(engine: DockerEngine, gone: Workspace, say: Say) -> None:
    """Take the names of one deleted workspace away; those of others and published ones stay."""
    names = [
        name
        for facts in engine.images(TITLE_LABEL, TITLE)
        for name in facts.tags
        if _keeps(name, gone.id)
    ]
    for name in names:
        engine.untag(name)
        say(f"removed {name}")
    if not names:
        say(f"{gone.out}: the engine keeps no image for it")


def _keeps(name: str, workspace_id: str) -> bool:
    """Whether a name is the one that ``Workspace.kept_image`` gives, whatever IMAGE was."""
    return name.endswith((f"-{workspace_id}", f":{workspace_id}"))


def _rows(images: list[ImageFacts], workspace: Workspace) -> list[tuple[str, str, str, str]]:
    rows = []
    for facts in images:
        size = f"{facts.size_bytes / 1e6:.0f} MB" if facts.size_bytes else ""
        for name in facts.tags:
            whose = "this workspace" if _keeps(name, workspace.id) else ""
            rows.append((name, facts.id[:_ID_CHARACTERS], size, whose))
    return rows
