import subprocess
import sys
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.pipeline.lock import locked

HOLD = """
import sys
from pathlib import Path
from submission.pipeline.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_in_one_workspace_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(UsageError) as caught, locked(tmp_path):
            pass
        assert str(holder.pid) in caught.value.detail
        holder.kill()
        holder.communicate()
    with locked(tmp_path):
        pass


def test_a_workspace_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"), locked(tmp_path / "file"):
        pass
