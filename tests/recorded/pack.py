"""Makes the archive of recorded runs: ``python -m tests.recorded.pack OUT``; and opens it."""

import hashlib
import io
import lzma
import sys
import tarfile
from functools import cache
from pathlib import Path

from submission.policy import load_policy
from tests.recorded.runs import RUNS, RealRun

ARCHIVE = Path(__file__).with_name("runs.tar.xz")
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
ANSWERS, DIGEST = "mlperf_log_accuracy.json", "sha256"
KEPT = (DETAIL, SUMMARY, "user.conf", "mlperf.conf")
Files = dict[str, bytes]


@cache
def recorded() -> dict[str, Files]:
    """The files of each run by its name; accuracy logs are truncated as for a submission."""
    found: dict[str, Files] = {name: {} for name in RUNS}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            name, _, file = member.name.partition("/")
            stream = archive.extractfile(member)
            assert stream is not None
            found[name][file] = stream.read()
    return found


def files_of(run: RealRun, folder: Path) -> Files:
    """What is kept of a recorded run."""
    files = {name: (folder / name).read_bytes() for name in KEPT if (folder / name).is_file()}
    answers = (folder / ANSWERS).read_bytes()
    if len(answers) > len("[\n]\n"):
        cut = load_policy(run.round).accuracy_log
        files[DIGEST] = hashlib.sha256(answers).hexdigest().encode()
        if len(answers) > cut.max_bytes:
            mark = cut.ellipsis.encode()
            answers = answers[: cut.head_bytes] + mark + answers[-cut.tail_bytes :]
        files[ANSWERS] = answers
    return files


def pack(out: Path) -> None:
    """Write the archive; the same runs give the same bytes."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        # by name, so that logs of the same samples lie side by side
        for name in sorted(RUNS):
            for file, content in files_of(RUNS[name], out / name).items():
                member = tarfile.TarInfo(f"{name}/{file}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    ARCHIVE.write_bytes(lzma.compress(target.getvalue(), preset=9))


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
