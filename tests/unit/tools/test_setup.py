import subprocess
import sys


def test_a_folder_that_is_no_virtual_environment_is_not_replaced(repo, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    words = ["sh", repo / "tools/setup.sh", sys.executable, tmp_path, tmp_path / "ready"]
    done = subprocess.run(words, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no virtual environment" in done.stderr
    assert (tmp_path / "thesis.txt").exists()
