"""Parts from a hub: the library is asked in a process of its own, as it reads its settings once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submission.artifacts.manifest import Manifest
from tests.fakes.hub_server import Hub, hub_serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
FETCH = """
import sys
from pathlib import Path
from submission.errors import KitError
from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import load_manifest
try:
    done = fetch(load_manifest(Path(sys.argv[1])), Path(sys.argv[2]), offline=len(sys.argv) > 3)
except KitError as error:
    sys.exit(str(error))
print(len(done.fetched))
"""


@pytest.fixture
def hub(parts: Path) -> Iterator[Hub]:
    files = {f"someone/toy/ir/{path.name}": path.read_bytes() for path in parts.iterdir()}
    files |= {f"datasets/{name}": content for name, content in files.items()}
    with hub_serving(Hub(files=files)) as serving_hub:
        yield serving_hub


Fetch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fetch(hub: Hub, toy: Manifest, tmp_path: Path) -> Fetch:
    """Fetch the toy from the hub into ``tmp_path/<target>``."""

    def run(
        target: str, *words: str, source: str = "hf:someone/toy@main:ir/{file}", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        value = json.loads(toy.path.read_text()) | {"sources": [source]}
        toy.path.write_text(json.dumps(value))
        env = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
        env |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "127.0.0.1"}
        return subprocess.run(
            [sys.executable, "-c", FETCH, str(toy.path), str(tmp_path / target), *words],
            env={**env, **settings},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_files_of_a_hub_repository_are_fetched(fetch: Fetch, hub: Hub, tmp_path: Path) -> None:
    done = fetch("t")
    assert (done.stdout, done.stderr) == ("4\n", "")
    assert (tmp_path / "t" / "model.bin_p02").stat().st_size == 500
    assert "HEAD /someone/toy/resolve/main/ir/model.xml" in hub.asked


def test_a_data_set_repository_is_asked_as_one(fetch: Fetch, hub: Hub) -> None:
    assert fetch("t", source="hf:datasets/someone/toy@main:ir/{file}").stdout == "4\n"
    assert "GET /datasets/someone/toy/resolve/main/ir/model.xml" in hub.asked


def test_the_cache_serves_offline(fetch: Fetch, hub: Hub) -> None:
    fetch("t")
    asked = len(hub.asked)
    assert fetch("offline", "offline").stdout == "4\n"
    assert fetch("variable", HF_HUB_OFFLINE="1").stdout == "4\n"
    assert len(hub.asked) == asked


def test_offline_without_a_cache_is_an_error(fetch: Fetch, hub: Hub) -> None:
    done = fetch("t", "offline")
    assert done.returncode == 1
    assert "cannot be fetched" in done.stderr
    assert "Traceback" not in done.stderr
    assert hub.asked == []


def test_a_token_opens_a_gated_repository(fetch: Fetch, hub: Hub) -> None:
    hub.token = "secret"
    assert "cannot be fetched" in fetch("t").stderr
    assert fetch("t", HF_TOKEN="secret").stdout == "4\n"


def test_wrong_bytes_of_a_hub_are_refused(fetch: Fetch, hub: Hub, tmp_path: Path) -> None:
    hub.files["someone/toy/ir/model.xml"] = bytes(40)
    done = fetch("t")
    assert "it has other content: sha256" in done.stderr
    assert not (tmp_path / "t" / "model.xml").exists()


def test_a_file_that_the_hub_has_not_is_named(fetch: Fetch) -> None:
    done = fetch("t", source="hf:someone/toy@main:elsewhere/{file}")
    assert "cannot be fetched" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_that_nobody_serves_is_an_error(fetch: Fetch) -> None:
    done = fetch("t", HF_ENDPOINT="http://127.0.0.1:9")
    assert "cannot be fetched" in done.stderr
    assert "Traceback" not in done.stderr
