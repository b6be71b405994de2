import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pytest

from submission.container.context import content_files
from submission.container.host_engine import HostEngine
from submission.container.order import BuildOrder, CommandOrder, ImageFacts
from submission.container.witnesses import witness_files
from submission.errors import StageError, UsageError
from submission.files import read_json, write_json
from submission.runs.context import Context
from submission.stages.image import TITLE, BuildImage, name_image, openvino_of_runs
from submission.workspace.folders import image_openvino
from submission.workspace.resolve import resolve
from tests.fakes.engine import FakeEngine


class Silent:
    def __getattr__(self, name: str) -> Any:
        return lambda *words: None


def listed(order: CommandOrder, on_line: Callable[[str], None]) -> int:
    """The list of packages that a build leaves in an image."""
    assert order.command == ("cat", "/opt/workdir/sbom.cdx.json")
    on_line('{"components": [')
    on_line(" ]}")
    return 0


@pytest.fixture
def built(repo: Path, tmp_path: Path) -> Callable[..., BuildOrder]:
    """What the engine is asked, with these settings and this environment of the host."""

    def build(environment: dict[str, str], **settings: str) -> BuildOrder:
        settled = resolve(repo, environment={"WORKSPACE": str(tmp_path), **settings}, arguments={})
        engine = FakeEngine({"cat": listed})
        context = Context(
            workspace=settled, connect=lambda: engine, build_environment=lambda: environment
        )
        BuildImage(context).run(Silent())
        return engine.builds[0]

    return build


def test_an_image_is_made_from_the_files_that_its_stage_watches(
    built: Callable[..., BuildOrder], repo: Path
) -> None:
    order = built({})
    assert order.files == (*content_files(repo), *witness_files(repo))
    assert re.fullmatch("mlperf_inference_datacenter_bert_open:3.0-[0-9a-f]{16}", order.tag)


@pytest.mark.slow
def test_a_build_uses_what_the_host_needs_to_reach_the_world(
    built: Callable[..., BuildOrder],
) -> None:
    proxied = {"HTTPS_PROXY": "http://proxy.invalid:912", "PIP_INDEX_URL": "https://a.invalid"}
    assert proxied.items() <= built(proxied).build_args.items()


def test_a_setting_wins_over_the_configuration_of_pip(built: Callable[..., BuildOrder]) -> None:
    order = built({"PIP_INDEX_URL": "https://a.invalid"}, PIP_INDEX_URL="https://b.invalid")
    assert order.build_args["PIP_INDEX_URL"] == "https://b.invalid"


def test_another_package_on_the_host_is_another_image(repo: Path, tmp_path: Path) -> None:
    environment = {"WORKSPACE": str(tmp_path), "RUNNER": "host"}
    settled = resolve(repo, environment=environment, arguments={})
    host = HostEngine(environment={}, root=repo)
    stage = BuildImage(Context(workspace=settled, connect=lambda: host))
    stage.run(Silent())
    assert stage.probe() is None
    record = tmp_path / "host.json"
    record.write_text(record.read_text().replace('"id": "host:', '"id": "host:0'))
    assert stage.probe() == "Python or its packages have changed"


def test_the_name_of_a_foreign_image_is_not_taken(repo: Path, tmp_path: Path) -> None:
    class Other(FakeEngine):
        def image(self, ref: str) -> ImageFacts | None:
            return ImageFacts(
                id="sha256:1", tags=(ref,), digest=None, size_bytes=1, labels={}, created=None
            )

    engine = Other({"cat": listed})
    settings = {"WORKSPACE": str(tmp_path), "IMAGE": "debian:trixie", "RUNNER": "container"}
    settled = resolve(repo, environment=settings, arguments={})
    with pytest.raises(UsageError, match="IMAGE=debian:trixie names an image that is not the"):
        BuildImage(Context(workspace=settled, connect=lambda: engine)).run(Silent())
    assert not engine.builds


def test_the_title_is_that_of_the_dockerfile() -> None:
    dockerfile = Path(__file__).parents[3] / "Dockerfile"
    assert f'org.opencontainers.image.title="{TITLE}"' in dockerfile.read_text()


class Failing(FakeEngine):
    """A build that says two lines and fails."""

    def build(self, order: BuildOrder, on_line: Callable[[str], None]) -> ImageFacts:
        on_line("step 1 of 2: FROM base")
        on_line("E: no mirror")
        raise StageError("the image build failed at step 1 of 2", detail="E", hint="look again")


def stage_with(engine: FakeEngine, repo: Path, out: Path) -> BuildImage:
    settings = {"WORKSPACE": str(out), "RUNNER": "container"}
    return BuildImage(
        Context(workspace=resolve(repo, environment=settings, arguments={}), connect=lambda: engine)
    )


def test_the_log_of_a_build_is_kept_with_every_line(repo: Path, tmp_path: Path) -> None:
    engine = FakeEngine({"cat": listed}, images=("debian:bookworm-slim",))
    stage_with(engine, repo, tmp_path).run(Silent())
    log = (tmp_path / "image.log").read_text().splitlines()
    assert log[0].endswith(" mlperf_inference_datacenter_bert_open:3.0")
    assert log[1].startswith("on debian:bookworm-slim has no digest of a registry, only its id")
    steps = (repo / "Dockerfile").read_text().splitlines()
    assert log[2:-1] == [f"step {n} of {len(steps)}: {s}" for n, s in enumerate(steps, start=1)]
    assert log[-1].startswith("built ")
    record = read_json(tmp_path / "image.json")
    base = engine.image("debian:bookworm-slim")
    assert record["base"] == {"reference": "debian:bookworm-slim", "id": base.id, "digest": None}
    label = engine.builds[0].labels["org.opencontainers.image.base.name"]
    assert label == "debian:bookworm-slim"


def test_the_log_of_a_failed_build_is_named_and_leaves_the_last_good_one(
    repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "image.log").write_text("of yesterday\n")
    failing = stage_with(Failing({"cat": listed}), repo, tmp_path)
    with pytest.raises(StageError) as caught:
        failing.run(Silent())
    failed = tmp_path / "image.failed.log"
    assert caught.value.hint == f"every line of the build is in {failed}; look again"
    assert "E: no mirror" in failed.read_text().splitlines()
    assert (tmp_path / "image.log").read_text() == "of yesterday\n"
    stage_with(FakeEngine({"cat": listed}), repo, tmp_path).run(Silent())
    assert not failed.exists()
    assert "of yesterday" not in (tmp_path / "image.log").read_text()
    assert not list(tmp_path.glob("*.part"))


def test_a_password_of_the_package_index_is_not_in_the_log(repo: Path, tmp_path: Path) -> None:
    settings = {
        "WORKSPACE": str(tmp_path),
        "RUNNER": "container",
        "PIP_INDEX_URL": "https://me:secret@index.invalid/simple",
    }
    settled = resolve(repo, environment=settings, arguments={})
    engine = FakeEngine({"cat": listed})
    BuildImage(Context(workspace=settled, connect=lambda: engine)).run(Silent())
    assert "secret" not in (tmp_path / "image.log").read_text()


def test_somebody_s_other_models_are_no_reason_for_another_image(
    repo: Path, tmp_path: Path
) -> None:
    """Else every measurement would be made again when an own model or data set comes or goes."""
    profiles = "measurements/profiles"
    shutil.copytree(repo / profiles, tmp_path / profiles)
    for name in ("minilm-squad_jpqd-50", "squad-mini"):
        path = tmp_path / "models" / name / "manifest.json"
        path.parent.mkdir(parents=True)
        shutil.copy(repo / "models" / name / "manifest.json", path)

    def witnessed() -> object:
        resolved = resolve(repo, environment={"WORKSPACE": str(tmp_path / "out")}, arguments={})
        workspace = replace(resolved, root=tmp_path)
        context = Context(
            workspace=workspace, connect=lambda: HostEngine(environment={}, root=repo)
        )
        return BuildImage(context=context).settings()["witnesses"]

    before = witnessed()
    for name, private in (("mine", True), ("ours", False)):
        write_json(tmp_path / "models" / name / "manifest.json", {"name": name, "private": private})
        assert witnessed() == before


NAME = "mlperf_inference_datacenter_bert_open:3.0"


class Numbered(FakeEngine):
    """Every build gives another image, as of another checkout."""

    def build(self, order: BuildOrder, on_line: Callable[[str], None]) -> ImageFacts:
        facts = replace(super().build(order, on_line), id=f"sha256:{len(self.builds)}")
        self.images[order.tag] = facts
        return facts


def test_a_second_checkout_takes_the_name_and_spoils_nothing(repo: Path, tmp_path: Path) -> None:
    engine = Numbered({"cat": listed})
    first, second = (stage_with(engine, repo, tmp_path / name) for name in ("one", "two"))
    first.run(Silent())
    second.run(Silent())
    assert engine.images[NAME].id == "sha256:2"
    assert first.probe() is None
    assert second.probe() is None
    kept = first.context.workspace.kept_image
    assert (engine.images[kept].id, kept.startswith(f"{NAME}-")) == ("sha256:1", True)
    # `make submission` in the first one: its READMEs name the image by the published name
    (words,) = name_image(first.context)
    assert words.startswith(f"{NAME} is now this workspace's image; before, it was sha256:2: ")
    assert (engine.images[NAME].id, name_image(first.context)) == ("sha256:1", [])
    assert second.probe() is None


def test_an_image_that_was_removed_is_built_again(repo: Path, tmp_path: Path) -> None:
    engine = Numbered({"cat": listed})
    stage = stage_with(engine, repo, tmp_path)
    stage.run(Silent())
    assert name_image(stage.context, "sha256:1") == []
    stage.run(Silent())  # what had the name was this workspace's own
    assert name_image(stage.context) == []
    del engine.images[NAME]
    assert stage.probe() is None
    assert name_image(stage.context) == []
    assert NAME in engine.images
    engine.images.clear()
    assert stage.probe() == "the engine no longer has the image"


def test_the_name_stays_with_a_foreign_image_and_a_silent_engine(
    repo: Path, tmp_path: Path
) -> None:
    engine = Numbered({"cat": listed})
    stage = stage_with(engine, repo, tmp_path)
    stage.run(Silent())
    engine.images[NAME] = replace(engine.images[NAME], id="sha256:0", labels={})
    (words,) = name_image(stage.context)
    assert words.endswith("is left to it")
    assert engine.images[NAME].id == "sha256:0"
    stage.context.workspace.image_file().unlink()
    (words,) = name_image(stage.context)
    assert "could not be given to the image" in words


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ("a:1", "a:1-"),
        ("a", "a:"),
        ("host:5000/a", "host:5000/a:"),
        ("host:5000/a:1", "host:5000/a:1-"),
    ],
)
def test_the_name_that_a_workspace_keeps(repo: Path, tmp_path: Path, image: str, kept: str) -> None:
    settings = {"WORKSPACE": str(tmp_path), "IMAGE": image}
    workspace = resolve(repo, environment=settings, arguments={})
    assert workspace.kept_image == f"{kept}{workspace.id}"


def installing(version: str) -> Callable[[CommandOrder, Callable[[str], None]], int]:
    """A build whose image lists this OpenVINO."""
    purl = f"pkg:pypi/openvino@{version}"
    listing = json.dumps({"components": [{"purl": purl, "version": version}]})

    def say(order: CommandOrder, on_line: Callable[[str], None]) -> int:
        del order
        on_line(listing)
        return 0

    return say


class Versions:
    """Builds of images whose base has a Python that gets OpenVINO ``installed``."""

    def __init__(self, repo: Path, out: Path) -> None:
        self.repo, self.out = repo, out

    def stage(self, installed: str, **settings: str) -> tuple[FakeEngine, BuildImage]:
        given = {"WORKSPACE": str(self.out), "RUNNER": "container", **settings}
        engine = FakeEngine({"cat": installing(installed)})
        workspace = resolve(self.repo, environment=given, arguments={})
        return engine, BuildImage(Context(workspace=workspace, connect=lambda: engine))


@pytest.fixture
def versions(repo: Path, tmp_path: Path) -> Versions:
    return Versions(repo, tmp_path)


def test_another_version_is_another_image_and_its_reason_is_kept(versions: Versions) -> None:
    engine, stage = versions.stage("2025.4.1", OPENVINO="2025.4.1")
    stage.run(Silent())
    assert engine.builds[0].build_args["OPENVINO"] == stage.settings()["openvino"] == "2025.4.1"
    kept = read_json(stage.outputs()[0])
    assert (kept["openvino"], kept["openvino_chosen"]) == (
        "2025.4.1",
        {"version": "2025.4.1", "reason": "given by OPENVINO"},
    )


def test_the_default_given_by_name_is_the_same_image(versions: Versions) -> None:
    default = image_openvino(versions.repo) or ""
    engine, stage = versions.stage(default, OPENVINO=default)
    stage.run(Silent())
    assert "OPENVINO" not in engine.builds[0].build_args
    assert "openvino" not in stage.settings()


def test_a_given_version_that_the_base_image_has_no_build_of_is_refused(
    versions: Versions,
) -> None:
    default = image_openvino(versions.repo) or ""
    _, stage = versions.stage("2025.4.1", OPENVINO=default)
    with pytest.raises(UsageError, match=f"has OpenVINO 2025.4.1, not {default}") as caught:
        stage.run(Silent())
    assert "OPENVINO=2025.4.1" in caught.value.hint


def test_the_python_of_a_base_image_may_need_another_version_than_the_chosen_one(
    versions: Versions,
) -> None:
    default = image_openvino(versions.repo) or ""
    # a processor without VNNI, for which the default is chosen
    _, stage = versions.stage("2025.4.1", ONEDNN_MAX_CPU_ISA="AVX2", BASE_IMAGE="debian:trixie")
    stage.run(Silent())
    kept = read_json(stage.outputs()[0])
    assert (kept["openvino"], kept["openvino_chosen"]) == (
        "2025.4.1",
        {
            "version": default,
            "reason": "what the default lock has for the Python of debian:trixie",
        },
    )


def test_runs_on_the_host_use_what_is_installed(versions: Versions) -> None:
    _, stage = versions.stage("", RUNNER="host", OPENVINO="2025.4.1")
    found = openvino_of_runs(stage.context)
    assert found.version == installed_version("openvino")
    assert found.reason.startswith("installed on the host")
    assert "openvino" not in stage.settings()
