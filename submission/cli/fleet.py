"""The command ``fleet``: makes this machine the head of a Ray cluster, or the node of a system."""

from __future__ import annotations

import argparse
import sys

from submission.campaign.build import DECIDED
from submission.campaign.systems import FORWARDED
from submission.cli.environment import inherited
from submission.cli.options import add_settings, workspace_of
from submission.container.context import fingerprint
from submission.errors import UsageError
from submission.fleet.ray.cluster import parsed_address, ray_home
from submission.fleet.ray.node import (
    FIRST_PORT,
    HEAD,
    NODE_FILE,
    PORTS,
    NodeKit,
    Started,
    start_head,
    start_member,
    stop_node,
)
from submission.terms import Say
from submission.wording import counted, listed_words
from submission.workspace.folders import Workspace
from submission.workspace.settings import settings_table

GOOD = 0
_HIGHEST_PORT = 65535
_SUPERVISOR = "submission.fleet.ray.supervise"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Start or stop, as what, and where."""
    parser.add_argument("action", choices=tuple(_ACTIONS), help="what to do")
    role = parser.add_mutually_exclusive_group()
    role.add_argument(
        "--head",
        metavar="ADDRESS",
        help="start the head of a cluster; ADDRESS, HOST or HOST:PORT, is where systems reach it",
    )
    role.add_argument("--join", metavar="ADDRESS", help="join the cluster whose head is at ADDRESS")
    parser.add_argument(
        "--system",
        metavar="NAME",
        help="with --join: the system that this machine is, as campaigns name it; "
        "with stop: end that node alone",
    )
    parser.add_argument(
        "--node-address",
        metavar="IP",
        help="with --join: how the head reaches this machine (default: as it reaches the head)",
    )
    parser.add_argument(
        "--ports",
        type=int,
        default=FIRST_PORT,
        metavar="FIRST",
        help=f"the first of the {PORTS} ports in a row that it uses (default: %(default)s)",
    )
    add_settings(parser, "workspace")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Raises UsageError for what cannot be, EngineError for a cluster that is not there."""
    return _ACTIONS[args.action](args, workspace_of(args), say=say, warn=warn)


def _start(args: argparse.Namespace, workspace: Workspace, *, say: Say, warn: Say) -> int:
    _demand_role(args)
    makes_token = args.head is not None
    address = parsed_address(args.head if makes_token else args.join)
    ray = ray_home(workspace.root, inherited(), makes_token=makes_token)
    folder = workspace.fleet_folder().absolute()
    if makes_token:
        started = start_head(ray, folder / HEAD, address, first_port=args.ports)
        say(f"the head of a cluster runs at {address} ({started.versions})")
        say(f"port {address.port}, and {_ports(started)}")
        say(f"token: {ray.token}; whoever has it may run anything on every system")
        say("copy it to each system, and there, in a checkout of the same commit:")
        say(f"  mlperf-kit fleet start --join {address} --system NAME")
    else:
        started = start_member(
            ray,
            folder / args.system,
            address,
            system=args.system,
            kit=_kit(workspace),
            first_port=args.ports,
            own_ip=args.node_address,
        )
        say(f"this machine is the system {started.name} of the cluster at {address}")
        say(f"its address: {started.own_address} ({started.versions}); {_ports(started)}")
    warn("note: Ray binds its ports to every address of this machine: let a firewall guard them")
    return GOOD


def _demand_role(args: argparse.Namespace) -> None:
    hint = "fleet start --head ADDRESS, or fleet start --join ADDRESS --system NAME"
    if args.head is None and args.join is None:
        raise UsageError("what is this machine to be?", detail="no --head and no --join", hint=hint)
    if (args.join is None) != (args.system is None):
        detail = "--join without --system" if args.join else "--head with --system"
        raise UsageError("a node joins as one system", detail=detail, hint=hint)
    if args.head is not None and args.node_address is not None:
        raise UsageError("a head has one address", detail="--head with --node-address", hint=hint)
    if not 0 < args.ports <= _HIGHEST_PORT - PORTS:
        raise UsageError(
            f"there are no {PORTS} ports from {args.ports}",
            detail=f"ports end at {_HIGHEST_PORT}",
            hint=f"leave --ports out for {FIRST_PORT}",
        )


def _kit(workspace: Workspace) -> NodeKit:
    """The checkout and the environment, without what a campaign decides for every system."""
    rows = settings_table()
    decided = {rows[key].variable for key in (*DECIDED, *FORWARDED)}
    decided |= {"KIT_MAKE_VARIABLES", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
    return NodeKit(
        program=(sys.executable, "-m", "submission"),
        supervisor=(sys.executable, "-m", _SUPERVISOR),
        root=workspace.root.absolute(),
        environment={k: v for k, v in inherited().items() if k not in decided},
        kit=fingerprint(workspace.root),
    )


def _ports(started: Started) -> str:
    return f"ports {started.ports[0]} to {started.ports[1]}"


def _refuse_of_start(args: argparse.Namespace) -> None:
    """UsageError for what only ``start`` takes: whoever typed it expects another effect."""
    given = {
        "--head": args.head is not None,
        "--join": args.join is not None,
        "--node-address": args.node_address is not None,
        "--ports": args.ports != FIRST_PORT,
    }
    wrong = [option for option, is_given in given.items() if is_given]
    if wrong:
        raise UsageError(
            "fleet stop asks no cluster and takes no address",
            detail=f"{listed_words(wrong)} {'belongs' if len(wrong) == 1 else 'belong'} to "
            "fleet start",
            hint=f"fleet stop --system NAME ends one node, --system {HEAD} the head; fleet stop "
            "alone ends all of them on this machine",
        )


def _stop(args: argparse.Namespace, workspace: Workspace, *, say: Say, warn: Say) -> int:
    del warn
    _refuse_of_start(args)
    folder = workspace.fleet_folder().absolute()
    known = sorted(each.parent.name for each in folder.glob(f"*/{NODE_FILE}"))
    if args.system is not None and args.system not in known:
        raise UsageError(
            f"no node of {args.system} was started here",
            detail=f"those of {folder}: {', '.join(known) or 'none'}",
            hint="fleet stop without --system ends all of them",
        )
    # the head last: nodes leave it in order
    names = [args.system] if args.system else sorted(known, key=lambda name: name == HEAD)
    stopped = [name for name in names if stop_node(folder / name)]
    say(f"stopped {', '.join(stopped)}" if stopped else "nothing of a fleet runs here")
    if len(stopped) < len(names):
        say(f"{counted(len(names) - len(stopped), 'node')} had ended before")
    return GOOD


_ACTIONS = {"start": _start, "stop": _stop}
