"""The action and the hook do in a repository what their files say, run as their runners would."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from submission.policy import load_policy
from tests.fakes.submission_tree import build

yaml = pytest.importorskip("yaml", reason="PyYAML, with which the runner's files are read")

ROOT = Path(__file__).resolve().parents[3]
SCORE = "open/Kit/results/node/sparse-bert/Offline/accuracy/accuracy.txt"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
GIT = ("-c", "user.name=Kit", "-c", "user.email=kit@example.org")
# what the hook's environment is installed from
SOURCES = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "submission")


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def good_tree(root: Path) -> Path:
    build("open", root, load_policy("v3.0"))
    return root


def bad_tree(root: Path) -> Path:
    good_tree(root)
    (root / SCORE).write_text("nothing\n", encoding="utf-8")
    return root


class Job:
    """A job of a workflow in a repository: its workspace, and what the steps left."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self.workspace = workspace
        self.files = {name: folder / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        for path in self.files.values():
            path.touch()
        self.temporary = folder / "temporary"
        self.temporary.mkdir()

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """The steps of the action, as the runner does them with these inputs."""
        known = action()
        assert set(inputs) <= set(known["inputs"])
        values = {f"inputs.{n}": str(each["default"]) for n, each in known["inputs"].items()}
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        values["github.action_path"] = str(ROOT)
        (step,) = known["runs"]["steps"]
        assert (known["runs"]["using"], step["shell"]) == ("composite", "bash")
        assert not EXPRESSION.search(step["run"]), "an input would be code"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{name: str(path) for name, path in self.files.items()},
            **{name: filled(text, values) for name, text in step["env"].items()},
        }
        script = self.temporary / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def outputs(self) -> dict[str, str]:
        lines = self.files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        return self.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")


def filled(text: str, values: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: values[found[1]], text)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Job(tmp_path, workspace)


def test_a_good_tree_passes_and_leaves_every_report(job: Job) -> None:
    good_tree(job.workspace)
    done = job.run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("PASSED: 2 of 2")
    assert job.outputs["exit-code"] == "0"
    reports = Path(job.outputs["reports"])
    assert json.loads((reports / "check.json").read_text(encoding="utf-8"))["passed"] is True
    assert json.loads((reports / "check.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert len((reports / "results.csv").read_text(encoding="utf-8").splitlines()) == 3
    suites = ElementTree.fromstring((reports / "junit.xml").read_text(encoding="utf-8"))
    assert suites.get("failures") == "0"
    assert job.summary.startswith("## MLPerf Inference v3.0\n\nPASSED: 2 of 2")


@pytest.mark.parametrize("folder", ["submission", "a folder; touch pwned", "$(touch pwned)"])
def test_a_bad_tree_fails_with_annotations_at_the_files_of_the_repository(
    job: Job, folder: str
) -> None:
    bad_tree(job.workspace / folder)
    done = job.run(tree=folder, version="v3.0")
    assert done.returncode == 1, done.stderr
    assert job.outputs["exit-code"] == "1"
    assert re.search(
        rf"^::error file={re.escape(folder)}/{SCORE},title=ACC\d+ ", done.stdout, re.MULTILINE
    )
    sarif = json.loads((Path(job.outputs["reports"]) / "check.sarif").read_text(encoding="utf-8"))
    (place, *_) = sarif["runs"][0]["results"][0]["locations"]
    assert not place["physicalLocation"]["artifactLocation"]["uri"].startswith("open/")
    assert "FAILED: 1 of 2 results valid" in job.summary
    assert {path.name for path in job.workspace.iterdir()} == {folder}


def test_waivers_and_strictness_are_passed_on(job: Job) -> None:
    bad_tree(job.workspace / "tree")
    waiver = {"rule": "ACC002", "path": "*", "reason": "a demonstration"}
    (job.workspace / "waivers.json").write_text(json.dumps([waiver]), encoding="utf-8")
    done = job.run(tree="tree", waivers="waivers.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.run(tree="tree").returncode == 1
    conf = job.workspace / "tree/open/Kit/measurements/node/sparse-bert/Offline/user.conf"
    conf.write_text("bert.Offline.target_qps=1\n", encoding="utf-8")
    shutil.copy(
        job.workspace / "tree" / SCORE.replace("Offline", "Server"), job.workspace / "tree" / SCORE
    )
    relaxed, strict = job.run(tree="tree"), job.run(tree="tree", strict="true")
    assert (relaxed.returncode, strict.returncode) == (0, 1), strict.stdout


def test_an_archive_is_checked_and_what_is_no_tree_is_2(job: Job) -> None:
    good_tree(job.workspace / "tree")
    with tarfile.open(job.workspace / "tree.tar.gz", "w:gz") as archive:
        archive.add(job.workspace / "tree", arcname=".")
    assert job.run(tree="tree.tar.gz").returncode == 0
    done = job.run(tree="nowhere")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 3)
    assert job.outputs["exit-code"] == "2"


def git(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *GIT, *words],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_hook_has_what_pre_commit_asks_for() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "python"
    assert hook["entry"].split()[:2] == ["mlperf-kit", "check"]
    assert hook["pass_filenames"] is False
    assert re.search(hook["files"], SCORE)
    assert not re.search(hook["files"], "docs/reopen.md")


@pytest.mark.slow
def test_the_hook_refuses_a_commit_of_a_bad_tree_and_lets_a_good_one_pass(tmp_path: Path) -> None:
    tool = os.environ.get("KIT_PRE_COMMIT") or shutil.which("pre-commit")
    if tool is None:
        pytest.skip("pre-commit is not at hand: put it on PATH, or name it in KIT_PRE_COMMIT")
    kit = tmp_path / "kit"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, kit / name, ignore=ignore)
        else:
            kit.mkdir(exist_ok=True)
            shutil.copy(source, kit / name)
    git(kit, "init", "-q")
    git(kit, "add", "-A")
    assert git(kit, "commit", "-qm", "the kit").returncode == 0
    revision = git(kit, "rev-parse", "HEAD").stdout.strip()

    repository = bad_tree(tmp_path / "repository")
    config = {"repos": [{"repo": str(kit), "rev": revision, "hooks": [{"id": "mlperf-check"}]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(repository, "init", "-q")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    installed = subprocess.run(
        [tool, "install", "--install-hooks"],
        cwd=repository,
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    if "install" in installed.stdout + installed.stderr and installed.returncode == 3:
        pytest.skip(f"pre-commit cannot install the hook: {installed.stdout[-300:]}")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    git(repository, "add", "-A")
    refused = git(repository, "commit", "-m", "a bad tree", **home)
    assert refused.returncode == 1
    assert "FAILED: 1 of 2 results valid" in refused.stderr + refused.stdout
    assert git(repository, "rev-parse", "--verify", "HEAD").returncode != 0

    good_tree(repository)
    git(repository, "add", "-A")
    accepted = git(repository, "commit", "-m", "a good tree", **home)
    assert accepted.returncode == 0, accepted.stderr + accepted.stdout
