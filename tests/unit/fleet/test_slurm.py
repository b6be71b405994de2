"""The engine slurm without Slurm: commands that answer as the real ones do, from files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from submission.errors import EngineError, KitError, UsageError
from submission.fleet.protocol import ARCHIVE, CellEnd, CellOrder, Ending
from submission.fleet.slurm.adapter import SlurmFleet, of_a_cell, verdict_on
from submission.fleet.slurm.commands import PROGRAMS, Slurm, SlurmJob
from submission.fleet.slurm.job import END

ROOT = Path(__file__).parents[3]
LIMIT_S = 30.0
PROGRAM = (sys.executable, str(ROOT / "tests" / "fakes" / "cell_program.py"))
NODE = (
    "NodeName={name} Arch=x86_64 CoresPerSocket=1  CPUAlloc=0 AvailableFeatures={features} "
    "ActiveFeatures={features} CPUTot=2 Gres=(null) NodeAddr=127.0.0.1 NodeHostName=localhost "
    "Port=27821 "
    "Version=22.05.8 OS=Linux 6.1.0 #1 SMP PREEMPT_DYNAMIC @0  RealMemory=1 Sockets=2 Boards=1 "
    "State={state} ThreadsPerCore=1 MCS_label=N/A Partitions={partitions}  "
    "BootTime=2026-11-27T19:35:32 ExtSensorsTemp=n/s{more}"
)
PARTITIONS = (
    "PartitionName=sut AllowGroups=ALL AllowAccounts=ALL Default=YES QoS=N/A DefaultTime=NONE "
    "MaxTime=UNLIMITED Nodes=a,b State=UP\n"
    "PartitionName=other AllowGroups=ALL Default=NO MaxTime=UNLIMITED Nodes=c State=UP\n"
)
CONTACT = "Unable to contact slurm controller (connect failure)"


class FakeCluster:
    """What the four commands print lies in ``folder``; what they were given in ``calls``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        (folder / "bin").mkdir()
        for name in PROGRAMS:
            script = folder / "bin" / name
            script.write_text(
                f"#!/bin/sh\ncd {folder}\n"
                f'printf "%s\\n" "{name} $*" >> calls\n'
                f'[ "$1" = --version ] && echo slurm-wlm 22.05.8 && exit\n'
                f"out={name}\n[ {name} = scontrol ] && out=scontrol-$3\n"
                '[ -f "$out.err" ] && cat "$out.err" >&2 && exit 1\ncat "$out"\n',
                encoding="utf-8",
            )
            script.chmod(0o755)
        self.says("scontrol-partition", PARTITIONS)
        self.says("squeue", "")
        self.says("scancel", "")
        self.says("sbatch", "7\n")
        self.nodes()

    def says(self, name: str, text: str) -> None:
        (self.folder / f"{name}.err").unlink(missing_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def fails(self, name: str, text: str) -> None:
        (self.folder / f"{name}.err").write_text(text + "\n", encoding="utf-8")

    def nodes(self, **states: str) -> None:
        known = {"a": "IDLE", "b": "MIXED", "c": "IDLE", **states}
        text = [
            NODE.format(
                name=name,
                features="(null)"
                if name == "b"
                else f"x-{name},{'both' if name in 'ad' else 'v4'}",
                state=state,
                partitions="other" if name == "c" else "sut,all",
                more=" Reason=Not responding [slurm@2026-11-28T11:42:17]"
                if "DOWN" in state
                else "",
            )
            for name, state in known.items()
        ]
        self.says("scontrol-node", "\n".join(text) + "\n")

    def job(self, state: str, *, number: int = 7, reason: str = "None", name: str = "one") -> None:
        """The one job is in that state; its folder is the newest of the cell."""
        folders = sorted((self.inbox / "cells" / name).iterdir())
        self.says("squeue", f"{number}|{state}|{reason}|a|{name}|{folders[-1]}\n")

    def slurm(self) -> Slurm:
        return Slurm({"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"})

    def fleet(
        self,
        *labels: str,
        partition: str | None = None,
        patience_s: float = 60.0,
        settle_s: float = 0.0,
        look_s: float = 0.0,
    ) -> SlurmFleet:
        return SlurmFleet(
            self.slurm(),
            partition=partition,
            labels=labels or ("a",),
            program=PROGRAM,
            root=ROOT,
            environment={"A": "b", "SLURM_JOB_ID": "9", "SBATCH_QOS": "high", "HOSTNAME": "here"},
            inbox=self.inbox,
            kit="k",
            look_s=look_s,
            patience_s=patience_s,
            settle_s=settle_s,
        )

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def submitted(self) -> list[str]:
        return [each for each in self.calls if each.startswith("sbatch --parsable")]


@pytest.fixture
def cluster(tmp_path: Path) -> FakeCluster:
    return FakeCluster(tmp_path)


def order(*steps: str, name: str = "one", system: str = "a", timeout_s: float = 90.0) -> CellOrder:
    arguments = ("--archive", ARCHIVE, *steps)
    return CellOrder(id=name, system=system, arguments=arguments, timeout_s=timeout_s)


def run_there(cluster: FakeCluster, name: str = "one") -> None:
    """What the node does with the job: the cell's command."""
    (folder,) = (cluster.inbox / "cells" / name).iterdir()
    job = (sys.executable, "-m", "submission.fleet.slurm", str(folder), "SLURMD_NODENAME=a")
    assert subprocess.run(job, cwd=ROOT, timeout=LIMIT_S, check=False).returncode == 0


def the_end(fleet: SlurmFleet) -> CellEnd:
    (ended,) = fleet.poll(0)
    assert fleet.poll(0) == []
    return ended


def three_lines(error: pytest.ExceptionInfo[KitError]) -> str:
    assert str(error.value).count("\n") == 2
    return str(error.value)


def test_a_cell_is_a_job_on_the_whole_node_and_comes_back(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    fleet.send(order("say=hi", "where=SLURMD_NODENAME"))
    (call,) = cluster.submitted()
    (folder,) = (cluster.inbox / "cells" / "one").iterdir()
    for option in (
        "--job-name=one",
        "--partition=sut",
        "--nodelist=a",
        "--exclusive",
        "--no-requeue",
        "--export=NIL",
        "--time=3",
        f"--chdir={folder}",
    ):
        assert option in call.split()
    given = folder / "order.json"
    assert given.stat().st_mode & 0o077 == 0
    assert json.loads(given.read_text(encoding="utf-8"))["environment"] == {"A": "b"}
    cluster.job("RUNNING")
    assert fleet.poll(0) == []
    run_there(cluster)
    ended = the_end(fleet)
    assert (ended.kind, ended.exit_code, ended.tail) == (Ending.DONE, 0, ("hi",))
    assert ended.archive == cluster.inbox / "one.tar"
    assert ended.archive.read_text(encoding="utf-8") == "a"
    assert not (cluster.inbox / "cells" / "one").exists()


def test_systems_are_nodes_of_the_partition_by_name_or_feature(cluster: FakeCluster) -> None:
    fleet = cluster.fleet("a", "x-a", "b", "c", "none")
    assert {k: (m.node, m.kit) for k, m in fleet.systems().items()} == {
        "a": ("a", "k"),
        "x-a": ("a", "k"),
        "b": ("b", "k"),
    }
    assert fleet.version() == "slurm-wlm 22.05.8, partition sut"
    assert "c with the label c is not in the partition sut" in fleet.how_to_join("c")
    assert "no node of the partition sut is called none" in fleet.how_to_join("none")


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("IDLE", True),
        ("ALLOCATED+NOT_RESPONDING", True),
        ("IDLE+COMPLETING", True),
        ("MIXED+DRAIN", True),
        ("IDLE~", True),
        ("IDLE+DRAIN", False),
        ("DOWN+NOT_RESPONDING", False),
        ("DOWN*", False),
        ("FUTURE", False),
        ("", False),
    ],
)
def test_which_nodes_are_there(cluster: FakeCluster, state: str, there: bool) -> None:
    cluster.nodes(a=state)
    assert ("a" in cluster.fleet("a").systems()) is there


def test_a_node_that_is_down_is_named_with_the_reason(cluster: FakeCluster) -> None:
    cluster.nodes(a="DOWN+NOT_RESPONDING")
    fleet = cluster.fleet()
    fleet.send(order("write=1"))
    assert fleet.poll(0) == []
    assert cluster.submitted() == []
    hint = fleet.how_to_join("a")
    assert "DOWN+NOT_RESPONDING, Not responding [slurm@2026-11-28T11:42:17]" in hint
    cluster.nodes()
    assert fleet.poll(0) == []
    assert len(cluster.submitted()) == 1


def test_a_label_of_two_nodes_is_refused(cluster: FakeCluster) -> None:
    cluster.nodes(d="IDLE")
    with pytest.raises(UsageError) as error:
        cluster.fleet("both")
    assert "2 nodes carry the label both" in three_lines(error)
    assert "a and d" in error.value.detail


def test_a_partition_that_is_not_there(cluster: FakeCluster) -> None:
    with pytest.raises(UsageError) as error:
        cluster.fleet(partition="stu")
    assert 'did you mean "sut"?' in three_lines(error)
    cluster.says("scontrol-partition", PARTITIONS.replace("Default=YES", "Default=NO"))
    with pytest.raises(UsageError, match="no default partition") as error:
        cluster.fleet()
    assert "other and sut" in error.value.hint


def test_commands_that_are_not_installed() -> None:
    with pytest.raises(EngineError, match="not installed") as error:
        Slurm({"PATH": "/none"})
    assert error.value.exit_code == 4
    assert "sbatch, squeue, scontrol, scancel" in three_lines(error)


@pytest.mark.parametrize(
    "said",
    [
        f"slurm_load_partitions: {CONTACT}",
        'scontrol: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2"',
        "scontrol: fatal: Could not establish a configuration source",
    ],
)
def test_a_controller_that_does_not_answer(cluster: FakeCluster, said: str) -> None:
    cluster.fails("scontrol-partition", said)
    with pytest.raises(EngineError, match="Slurm does not answer") as error:
        cluster.fleet()
    assert said in error.value.detail.replace("\\", "")
    assert "scontrol ping" in three_lines(error)


def test_a_query_that_is_refused(cluster: FakeCluster) -> None:
    cluster.fails("squeue", "squeue: error: Access/permission denied")
    with pytest.raises(EngineError, match="squeue") as error:
        cluster.fleet(patience_s=-1)
    assert "permission denied" in three_lines(error)


def test_a_controller_that_restarts_is_waited_for(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    fleet.send(order("write=1"))
    cluster.fails("squeue", f"slurm_load_jobs error: {CONTACT}")
    assert fleet.poll(0) == []
    assert set(fleet.systems()) == {"a"}
    run_there(cluster)
    assert the_end(fleet).kind is Ending.DONE
    with pytest.raises(EngineError, match="does not answer"):
        cluster.fleet(patience_s=-1)


def test_a_submission_without_an_answer_is_looked_for_before_the_next(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    cluster.fails("sbatch", f"sbatch: error: Batch job submission failed: {CONTACT}")
    cluster.fails("squeue", f"slurm_load_jobs error: {CONTACT}")
    fleet.send(order("write=1"))
    fleet.poll(0)
    assert len(cluster.submitted()) == 1, "a second job could run beside the first"
    cluster.says("sbatch", "8\n")
    cluster.job("RUNNING")
    assert fleet.poll(0) == []
    assert len(cluster.submitted()) == 1
    run_there(cluster)
    assert the_end(fleet).kind is Ending.DONE


@pytest.mark.parametrize(
    ("state", "reason", "kind", "words"),
    [
        ("NODE_FAIL", "NodeDown", Ending.LOST, "NODE_FAIL (NodeDown)"),
        ("BOOT_FAIL", "None", Ending.LOST, "BOOT_FAIL"),
        ("PREEMPTED", "None", Ending.LOST, "PREEMPTED"),
        ("CANCELLED", "None", Ending.FAILED, "cancelled"),
        ("TIMEOUT", "TimeLimit", Ending.FAILED, "time limit"),
        ("OUT_OF_MEMORY", "OutOfMemory", Ending.FAILED, "ran out of memory"),
        ("FAILED", "NonZeroExitCode", Ending.FAILED, "left nothing (Slurm: FAILED)"),
        ("COMPLETED", "None", Ending.FAILED, "left nothing (Slurm: COMPLETED)"),
        ("PENDING", "PartitionTimeLimit", Ending.FAILED, "PartitionTimeLimit"),
    ],
)
def test_how_a_job_ended_that_wrote_nothing(
    cluster: FakeCluster, state: str, reason: str, kind: Ending, words: str
) -> None:
    fleet = cluster.fleet()
    fleet.send(order("write=1"))
    (folder,) = (cluster.inbox / "cells" / "one").iterdir()
    (folder / "slurm.log").write_text("slurmstepd: error: last words\n", encoding="utf-8")
    cluster.job(state, reason=reason)
    ended = the_end(fleet)
    assert (ended.kind, ended.archive, ended.exit_code, ended.node) == (kind, None, None, "a")
    assert words in ended.reason
    assert ended.tail == ("slurmstepd: error: last words",)
    assert ("scancel 7" in cluster.calls) is (state == "PENDING")


@pytest.mark.parametrize("state", ["PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "COMPLETING"])
def test_a_job_that_may_still_end_well(state: str) -> None:
    job = SlurmJob(id=1, state=state, reason="Resources", node="", name="x", folder=Path("x"))
    assert verdict_on(job) is None


def test_a_job_that_slurm_no_longer_knows_is_lost(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    fleet.send(order("write=1"))
    ended = the_end(fleet)
    assert ended.kind is Ending.LOST
    assert "no longer knows its job 7" in ended.reason


def test_the_last_file_of_a_job_that_slurm_forgot_is_waited_for(cluster: FakeCluster) -> None:
    fleet = cluster.fleet(settle_s=LIMIT_S)
    fleet.send(order("write=10"))
    assert fleet.poll(0.5) == []
    run_there(cluster)
    assert the_end(fleet).kind is Ending.DONE


def test_what_a_cell_wrote_counts_even_if_its_node_failed_then(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    fleet.send(order("write=10"))
    run_there(cluster)
    cluster.job("NODE_FAIL")
    assert the_end(fleet).kind is Ending.DONE


def test_a_result_that_is_cut(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    fleet.send(order("write=10"))
    run_there(cluster)
    (folder,) = (cluster.inbox / "cells" / "one").iterdir()
    (folder / "result.tar").write_bytes(b"cut")
    ended = the_end(fleet)
    assert (ended.kind, ended.reason) == (Ending.FAILED, "its result did not come whole")
    assert list(cluster.inbox.glob("*.*")) == []


def test_a_submission_that_is_refused_is_the_failure_of_its_cell(cluster: FakeCluster) -> None:
    fleet = cluster.fleet()
    cluster.fails("sbatch", "sbatch: error: Batch job submission failed: Invalid account specified")
    fleet.send(order("write=1"))
    ended = the_end(fleet)
    assert (ended.kind, ended.reason) == (Ending.FAILED, "Slurm refused its job")
    assert "Invalid account" in ended.tail[-1]


def adopting(cluster: FakeCluster, before: Callable[[], None]) -> CellEnd:
    """Another coordinator sends the same cell after ``before``; its end."""
    cluster.fleet().send(order("write=3"))
    cluster.job("RUNNING")
    before()
    fleet = cluster.fleet()
    fleet.send(order("write=3"))
    assert len(cluster.submitted()) == 1
    if not list(cluster.inbox.glob(f"cells/one/*/{END}")):
        assert fleet.poll(0) == []
        run_there(cluster)
    return the_end(fleet)


def test_a_job_that_runs_is_adopted(cluster: FakeCluster) -> None:
    assert adopting(cluster, lambda: None).kind is Ending.DONE


def test_a_cell_that_ended_while_nobody_looked_is_taken(cluster: FakeCluster) -> None:
    def ended() -> None:
        run_there(cluster)
        cluster.says("squeue", "")

    assert adopting(cluster, ended).kind is Ending.DONE


def test_a_job_of_another_workspace_is_not_adopted(cluster: FakeCluster) -> None:
    cluster.says("squeue", "5|RUNNING|None|a|one|/elsewhere/inbox/cells/one/x\n")
    cluster.fleet().send(order("write=1"))
    assert len(cluster.submitted()) == 1


def test_cancel_ends_the_job_of_an_earlier_coordinator(cluster: FakeCluster) -> None:
    cluster.fleet().send(order("write=1"))
    cluster.job("RUNNING")
    fleet = cluster.fleet()
    cluster.says("squeue", "")
    fleet.cancel("one")
    fleet.cancel("unknown")
    assert [each for each in cluster.calls if "scancel" in each] == ["scancel 7"]
    assert not (cluster.inbox / "cells" / "one").exists()
    cluster.fails("scancel", "scancel: error: Kill job error on job id 7: Access denied")
    fleet.send(order("write=1"))
    with pytest.raises(EngineError, match="does not cancel job 7"):
        fleet.cancel("one")


def test_many_jobs_are_cancelled_and_waited_for_together(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("submission.fleet.slurm.adapter.CANCEL_S", 0.3)
    systems = [f"n{number}" for number in range(16)]
    cluster.nodes(**dict.fromkeys(systems, "IDLE"))
    fleet = cluster.fleet(*systems)
    jobs = ""
    for number, system in enumerate(systems, 100):
        cluster.says("sbatch", f"{number}\n")
        fleet.send(order("write=1", name=f"of-{system}", system=system))
        (folder,) = (cluster.inbox / "cells" / f"of-{system}").iterdir()
        jobs += f"{number}|RUNNING|None|{system}|of-{system}|{folder}\n"
    cluster.says("squeue", jobs)
    begun = time.monotonic()
    fleet.cancel(*(f"of-{system}" for system in systems))
    assert time.monotonic() - begun < 3, "one wait for all: their ends never come here"
    (call,) = [each for each in cluster.calls if each.startswith("scancel")]
    assert call.split()[1:] == [str(number) for number in range(100, 116)]
    assert list((cluster.inbox / "cells").iterdir()) == []


def test_of_many_jobs_those_that_ended_are_no_refusal(cluster: FakeCluster) -> None:
    ended = "scancel: error: Kill job error on job id 7: Invalid job id specified"
    cluster.fails("scancel", ended)
    cluster.slurm().cancel({7, 8})
    cluster.fails("scancel", f"{ended}\nscancel: error: Kill job error on job id 8: Access denied")
    with pytest.raises(EngineError, match="does not cancel job 7, 8") as error:
        cluster.slurm().cancel({7, 8})
    assert "job id 8: Access denied" in three_lines(error)


def test_a_failed_job_that_slurm_does_not_cancel_takes_no_other_end_with_it(
    cluster: FakeCluster,
) -> None:
    fleet = cluster.fleet("a", "b")
    fleet.send(order("write=1"))
    fleet.send(order("write=1", name="two", system="b"))
    run_there(cluster, "two")
    cluster.job("PENDING", reason="InvalidQOS")
    cluster.fails("scancel", f"scancel: error: {CONTACT}")
    ends = {each.id: each.kind for each in fleet.poll(0)}
    assert ends == {"one": Ending.FAILED, "two": Ending.DONE}


def test_the_folder_of_a_cell_is_listed_once_a_second(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    monkeypatch.setattr("submission.fleet.slurm.adapter._read_end", listed.append)
    fleet = cluster.fleet(look_s=60.0)
    fleet.send(order("write=1"))
    for _ in range(3):
        assert fleet.poll(0.2) == []
    assert len(listed) == 1


def test_a_disk_that_is_full(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        del text
        raise OSError(28, "No space left on device", str(path))

    fleet = cluster.fleet()
    monkeypatch.setattr("submission.fleet.slurm.adapter.write_text", full)
    with pytest.raises(EngineError, match="could not be written") as error:
        fleet.send(order("write=1"))
    assert "No space left on device" in three_lines(error)
    assert cluster.submitted() == []
    assert list((cluster.inbox / "cells").iterdir()) == [], "half an order is left"


def test_a_disk_that_is_full_loses_no_end_of_another_cell(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        del text
        raise OSError(28, "No space left on device", str(path))

    cluster.nodes(b="DOWN")
    fleet = cluster.fleet("a", "b")
    fleet.send(order("write=1"))
    fleet.send(order("write=1", name="two", system="b"))
    run_there(cluster)
    cluster.nodes()
    monkeypatch.setattr("submission.fleet.slurm.adapter.write_text", full)
    assert the_end_of(fleet.poll(0)) == ("one", Ending.DONE)
    with pytest.raises(EngineError, match="could not be written"):
        fleet.poll(0)


def the_end_of(ended: list[CellEnd]) -> tuple[str, Ending]:
    (end,) = ended
    return end.id, end.kind


def started(cluster: FakeCluster, *steps: str) -> tuple[Path, subprocess.Popen[bytes]]:
    """The job's program in the middle of a cell."""
    up = cluster.folder / "up"
    cluster.fleet().send(order(f"touch={up}", *steps))
    (folder,) = (cluster.inbox / "cells" / "one").iterdir()
    words: Sequence[str] = (sys.executable, "-m", "submission.fleet.slurm", str(folder))
    process = subprocess.Popen(words, cwd=ROOT)
    until = time.monotonic() + LIMIT_S
    while not up.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    return folder, process


def test_a_job_that_slurm_ends_stops_its_cell_and_says_no_end(cluster: FakeCluster) -> None:
    late = cluster.folder / "late"
    folder, process = started(cluster, "sleep=20", f"touch={late}")
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 128 + signal.SIGTERM
    assert not late.exists()
    assert not (folder / END).exists()


def test_a_job_that_was_given_up_does_not_bring_its_folder_back(cluster: FakeCluster) -> None:
    gate = cluster.folder / "gate"
    folder, process = started(cluster, f"wait={gate}")
    shutil.rmtree(folder.parent)
    gate.touch()
    assert process.wait(LIMIT_S) == 1
    assert not folder.parent.exists(), "the next start would take its end"


def test_a_job_without_its_folder_says_so(tmp_path: Path) -> None:
    words = (sys.executable, "-m", "submission.fleet.slurm", str(tmp_path / "gone"))
    run = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "No such file" in run.stderr


def test_a_cell_inherits_nothing_of_the_coordinators_own_job() -> None:
    given = {"SLURM_JOB_ID": "1", "SBATCH_EXPORT": "x", "SQUEUE_FORMAT": "x", "PATH": "p"}
    assert of_a_cell({**given, "HOSTNAME": "h"}) == {"PATH": "p"}


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("(null)", 0),
        ("gpu:2", 2),
        ("gpu:a100:4(S:0-1)", 4),
        ("gpu:a100:1,gpu:h100:2,nic:3", 3),
        ("mps:100,gpu:tesla_v100-sxm2:8(S:0-7)", 8),
    ],
)
def test_a_node_says_its_cores_and_gpus(cluster: FakeCluster, gres: str, gpus: int) -> None:
    text = (cluster.folder / "scontrol-node").read_text(encoding="utf-8")
    cluster.says("scontrol-node", text.replace("Gres=(null)", f"Gres={gres}"))
    member = cluster.fleet().systems()["a"]
    assert (member.cores, member.gpus) == (2, gpus)
