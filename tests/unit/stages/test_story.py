"""What the READMEs of a tree tell a person to type."""

from pathlib import Path

from submission.stages.story import model_mirror
from submission.workspace.profile import load_profile


def test_each_model_is_found_from_the_folder_of_the_kit(repo: Path, tmp_path: Path) -> None:
    profile = load_profile(repo / "measurements/profiles", "jpqd")
    code = tmp_path / "code"
    kit = code / profile.benchmarks[0].model / profile.implementation
    kit.mkdir(parents=True)
    for benchmark in profile.benchmarks:
        folder = code / benchmark.model / profile.implementation / "model"
        assert (kit / model_mirror(profile, benchmark.model)).resolve() == folder
