from dataclasses import replace
from pathlib import Path
from typing import Any

from submission.container.host_engine import HostEngine
from submission.pipeline.stamp import stamp_path
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.stages.readme import Readme
from submission.workspace.profile import load_profile
from submission.workspace.resolve import resolve

SHARED = ("adopt", "convert", "features", "fetch", "image", "rejoin")


def stages_of(repo: Path, profile: str, **more: str) -> Any:
    workspace = resolve(repo, environment={"PROFILE": profile, **more}, arguments={})
    context = Context(workspace=workspace, connect=lambda: HostEngine(environment={}, root=repo))
    return profile_stages(context)


def test_going_to_and_fro_between_profiles_loses_no_measurement(repo: Path, tmp_path: Path) -> None:
    kept = [
        {stamp_path(tmp_path, s) for s in stages_of(repo, profile) if not s.name.startswith(SHARED)}
        for profile in ("demo", "official")
    ]
    assert kept[0].isdisjoint(kept[1])


def test_a_change_of_facts_renders_the_texts_again(repo: Path) -> None:
    readme = next(stage for stage in stages_of(repo, "demo") if stage.name == "readme")
    workspace = readme.context.workspace
    other = replace(workspace)
    vars(other)["profile"] = replace(workspace.profile, implementation="other")
    assert Readme(replace(readme.context, workspace=other)).settings() != readme.settings()


def test_what_does_not_depend_on_the_profile_is_done_once_for_all(
    repo: Path, tmp_path: Path
) -> None:
    stamps = [
        {stamp_path(tmp_path, s) for s in stages_of(repo, profile) if s.name.startswith(SHARED)}
        for profile in ("demo", "official")
    ]
    names = {path.name for path in stamps[0] & stamps[1]}
    (model,) = (b.model for b in load_profile(repo / "measurements/profiles", "demo").benchmarks)
    assert names == {f"fetch.{model}.json", f"rejoin.{model}.json", "image.json"}
