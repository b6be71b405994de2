"""The checker out of a zip archive and without any package, as the single file runs it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.fakes.good_tree import MEASURED, open_division

ROOT = Path(__file__).parents[3]
#: each way to call the checker that reads data of the package, or writes a report
CALLS = (
    ["TREE"],
    ["TREE", "--official"],
    *(["TREE", f"--{form}", "-"] for form in ("json", "csv", "sarif", "junit", "html", "markdown")),
    ["TREE", "--github"],
    ["TREE", "--objections"],
    ["--list-rules"],
    ["--rules-page"],
    ["--explain", "PRF008"],
    ["--coverage"],
    ["--schema", "report"],
)
CHILD = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
import submission.cli
seen = []
for words in json.loads(sys.argv[2]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = submission.cli.main(["check", *words])
    seen.append([words, code, len(out.getvalue()) > 0, err.getvalue()])
print(json.dumps([submission.cli.__file__, seen]))
"""


def test_the_checker_reads_all_its_data_within_an_archive(tmp_path: Path) -> None:
    tree = open_division(tmp_path / "tree")
    (tree / MEASURED / "README.md").write_text("")
    (tree / "open/Kit/code/sparse-bert/kit/README.md").write_text("no words\n")
    archive = tmp_path / "kit.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted((ROOT / "submission").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                packed.write(path, path.relative_to(ROOT))
    calls = [[str(tree) if word == "TREE" else word for word in words] for words in CALLS]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD, str(archive), json.dumps(calls)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    where, seen = json.loads(done.stdout)
    assert where.startswith(str(archive))
    for words, code, said, errors in seen:
        rejected = str(tree) in words and "--official" not in words
        assert (code, said, errors) == (1 if rejected else 0, True, ""), words
