"""The engine ray: a Fleet whose nodes are those of a Ray cluster that ``fleet start`` made."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from submission.errors import EngineError, UsageError
from submission.files import part_of
from submission.fleet.command import end_from
from submission.fleet.protocol import CellEnd, CellOrder, Member
from submission.fleet.ray.cluster import DRIVER, Address, RayHome, look_at_cluster

#: how long the driver may take to answer, beside what a poll waits; a head that is gone ends it
#: after 60 s
ANSWER_S = 90.0
CLOSE_S = 30.0
DRIVER_LOG = "ray.log"


class RayFleet:
    """The nodes of the cluster at ``address``, which this machine must be the head of.

    The constructor raises EngineError if the cluster does not answer or is not one of ours.
    """

    def __init__(self, ray: RayHome, address: Address, *, inbox: Path) -> None:
        if not address.is_here:
            raise UsageError(
                "a campaign runs on the machine of its cluster's head",
                detail=f"{address} is another machine",
                hint="run the same command there, or start a head here: mlperf-kit fleet start",
            )
        found = look_at_cluster(ray, address)
        _refuse_twins(found["nodes"])
        self._address = address
        self._inbox = inbox
        self._log = inbox.parent / DRIVER_LOG
        inbox.mkdir(parents=True, exist_ok=True)
        self._unread = b""
        with self._log.open("wb") as log:
            self._driver = subprocess.Popen(
                [ray.python, "-I", DRIVER],
                env=ray.variables(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C reaches the coordinator alone, which then cancels
                start_new_session=True,
            )
        try:
            answer = self._ask(
                do="serve", address=address.for_ray, own_address=address.ip, inbox=str(inbox)
            )
        except BaseException:
            self.close()
            raise
        self._version = f"{answer['version']} at {address}"

    def version(self) -> str:
        """Such as ``ray 2.60.0 at 192.0.2.7:6379``."""
        return self._version

    def systems(self) -> Mapping[str, Member]:
        """The nodes that are there, by label; a label that two nodes carry is no system."""
        found = self._ask(do="systems")["systems"]
        return {
            label: Member(
                system=label,
                node=each["node"],
                kit=each["kit"],
                cores=int(each["cores"]) if each.get("cores") else None,
                gpus=int(each["gpus"]) if each.get("gpus") else None,
            )
            for label, each in found.items()
        }

    def send(self, cell: CellOrder) -> None:
        """Queue the cell on its system."""
        self._ask(do="send", order=asdict(cell))

    def poll(self, wait_s: float) -> list[CellEnd]:
        """The cells that ended, their results in the inbox."""
        ended = self._ask(do="poll", wait_s=wait_s, wait=wait_s)["ended"]
        return [
            end_from(
                end,
                cell_id=end["id"],
                node=end["node"],
                result=part_of(self._inbox / f"{end['id']}.tar"),
                inbox=self._inbox,
            )
            for end in ended
        ]

    def cancel(self, *cell_ids: str) -> None:
        """Take the cells out of their queues, or end their commands on the nodes."""
        for cell_id in cell_ids:
            self._ask(do="cancel", id=cell_id)

    def how_to_join(self, system: str) -> str:
        """The command of the node, in its own checkout."""
        return f"mlperf-kit fleet start --join {self._address} --system {system}"

    def close(self) -> None:
        """End the driver, and with it whatever it has on its way."""
        assert self._driver.stdin
        with suppress(OSError):
            self._driver.stdin.close()
        try:
            self._driver.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            self._driver.wait()
        if self._driver.stdout:
            self._driver.stdout.close()

    def _ask(self, *, wait: float = 0.0, **request: Any) -> dict[str, Any]:
        assert self._driver.stdin
        try:
            self._driver.stdin.write(json.dumps(request).encode() + b"\n")
            self._driver.stdin.flush()
            line = self._line(time.monotonic() + wait + ANSWER_S)
            answer: dict[str, Any] = json.loads(line) if line else {}
        except (OSError, ValueError) as error:
            raise self._silent(f"the way to Ray's process is broken ({error})") from error
        if not line:
            raise self._silent("Ray's process ended")
        if "error" in answer:
            raise self._silent(answer["error"])
        return answer

    def _line(self, until: float) -> bytes:
        """The next line of the driver; empty if it ended."""
        assert self._driver.stdout
        handle = self._driver.stdout.fileno()
        while b"\n" not in self._unread:
            ready, _, _ = select.select([handle], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise self._silent(f"Ray's process said nothing for {ANSWER_S:g} s")
            read = os.read(handle, 1 << 16)
            if not read:
                return b""
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _silent(self, detail: str) -> EngineError:
        return EngineError(
            f"the cluster at {self._address} no longer answers",
            detail=f"{detail}; its words are in {self._log}",
            hint="is the head still up (fleet start --head)? Then run the same command again: what "
            "is done stays done",
        )


def _refuse_twins(nodes: list[dict[str, str]]) -> None:
    """UsageError if two nodes carry one label, since either could be the system."""
    seen: dict[str, str] = {}
    for each in nodes:
        if each["system"] in seen:
            raise UsageError(
                f"two nodes carry the label {each['system']}",
                detail=f"at {seen[each['system']]} and at {each['node']}",
                hint="stop one of them: mlperf-kit fleet stop",
            )
        seen[each["system"]] = each["node"]
