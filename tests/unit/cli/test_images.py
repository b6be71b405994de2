"""``images``: what workspaces keep in an engine, and the removal of what deleted ones left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.cli import main
from submission.workspace.resolve import resolve
from tests.fakes.engine_socket import FakeApi, serving

NAME = "mlperf_inference_datacenter_bert_open:3.0"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """An engine with an image of two workspaces, one without a name, and one named otherwise."""
    monkeypatch.setenv("WORKSPACE", str(tmp_path / "mine"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    served = FakeApi()
    served.listed = {
        "sha256:a": [NAME, kept(tmp_path / "gone"), kept(tmp_path / "mine")],
        "sha256:b": [],
        "sha256:c": [f"mine:{kept(tmp_path / 'gone').rpartition('-')[2]}"],
    }
    with serving(tmp_path / "engine.sock", served) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        yield served


def kept(folder: Path) -> str:
    root = Path(__file__).parents[3]
    workspace = resolve(root, environment={}, arguments={"workspace": str(folder)})
    return workspace.kept_image


def test_the_names_are_listed(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[:-2]] == [
        *api.listed["sha256:a"],
        *api.listed["sha256:c"],
    ]
    assert [line.split()[0] for line in said if "this workspace" in line] == [
        kept(tmp_path / "mine")
    ]
    assert said[-2].startswith("2 images; ")
    assert said[-1] == "1 image without a name (--remove-unnamed)"


def test_only_the_names_of_the_deleted_workspace_are_removed(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", "--remove", str(tmp_path / "gone")]) == 0
    assert api.listed == {"sha256:a": [NAME, kept(tmp_path / "mine")], "sha256:b": []}
    assert main(["images", "--remove", str(tmp_path / "gone")]) == 0
    assert capsys.readouterr().out.endswith("gone: the engine keeps no image for it\n")


@pytest.mark.parametrize("record", ["image.json", "host.json"])
def test_nothing_of_a_workspace_that_is_there_is_removed(
    record: str, api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / record).write_text("{}")
    before = dict(api.listed)
    folders = [str(tmp_path / name) for name in ("gone", "mine")]
    assert main(["images", "--remove", *folders]) == 2
    assert "is a workspace that is there" in capsys.readouterr().err
    assert api.listed == before


def test_images_without_a_name_are_removed(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", "--remove-unnamed"]) == 0
    assert capsys.readouterr().out == "removed 1 image without a name\n"
    assert list(api.listed) == ["sha256:a", "sha256:c"]


def test_without_an_engine_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["images"]) == 4
