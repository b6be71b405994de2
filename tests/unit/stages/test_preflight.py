"""What later stages would miss is found before the first measurement."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import CALIBRATION
from submission.artifacts.own_data import OwnData, add_data
from submission.artifacts.own_model import OwnModel, add_model
from submission.errors import EngineError, UsageError
from submission.runs.context import Context
from submission.runs.rates import FoundRate, write_rate
from submission.stages.build import profile_stages
from submission.stages.layout import keep_edited
from submission.stages.preflight import find_gaps, refuse_gaps
from submission.tree.build import build_tree
from submission.tree.order import Placement
from submission.workspace.resolve import resolve
from tests.fakes.tiny_model import write_model

ROOT = Path(__file__).parents[3]


def no_engine() -> Any:
    raise EngineError("none", detail="none", hint="none")


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Context]:
    """A context of the model ``own``, whose manifest lacks some keys or has others."""
    manifests = tmp_path / "models"
    folder = add_model(
        manifests,
        OwnModel(xml=write_model(tmp_path / "x.xml"), name="own", sparsity_percent=0.0),
    ).path.parent
    (manifests / "squad-mini").symlink_to(ROOT / "models" / "squad-mini")
    (manifests / "squad").symlink_to(ROOT / "models" / "squad")

    def make(changes: Mapping[str, Any] | None = None, **settings: str) -> Context:
        value = json.loads((folder / "manifest.json").read_text()) | dict(changes or {})
        value = {key: each for key, each in value.items() if each is not None}
        (folder / "manifest.json").write_text(json.dumps(value))
        arguments = {"workspace": str(tmp_path / "out"), "model": "own", **settings}
        workspace = resolve(ROOT, environment={}, arguments=arguments, manifests=manifests)
        return Context(workspace=workspace, connect=no_engine)

    return make


def fatal(context: Context) -> str:
    return "; ".join(f"{gap.what} -> {gap.hint}" for gap in find_gaps(context) if gap.fatal)


def test_a_model_as_it_was_added_is_enough_for_the_demo(made: Callable[..., Context]) -> None:
    context = made()
    refuse_gaps(find_gaps(context))
    assert [gap.fatal for gap in find_gaps(context)] == [False, False, False]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1-node-OpenVINO-INT8", True),
        ("box_bf16", True),
        ("box-fp32", False),
        ("print8", False),
        ("box", False),
    ],
)
def test_a_system_whose_name_says_another_type_of_weights(
    name: str, said: bool, made: Callable[..., Context]
) -> None:
    words = [gap.what for gap in find_gaps(made(system_desc_id=name)) if "is called" in gap.what]
    assert words == ([f"the system is called {name}, and the weights are fp32"] if said else [])


def test_blanks_are_fatal_for_a_submission(made: Callable[..., Context]) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_gaps(find_gaps(made(profile="official")))
    assert '4 "NOT SAID" in manifest.json' in caught.value.detail
    assert f'2 "NOT SAID" in {CALIBRATION}' in caught.value.detail
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"structured_sparsity_percent": None}, 'add "structured_sparsity_percent": 0.0'),
        ({"weight_data_types": None}, 'add "weight_data_types": "int8"'),
        ({"measurement": None}, 'add "measurement": {"input_data_types"'),
        ({"mlperf_model": "bert-98"}, "no benchmark 'bert-98'"),
        ({"mlperf_model": None}, "no benchmark 'own'"),
    ],
)
def test_a_manifest_that_lacks_something(
    changes: Mapping[str, Any], words: str, made: Callable[..., Context]
) -> None:
    assert words in fatal(made(changes))


def test_a_model_without_a_calibration_text(made: Callable[..., Context]) -> None:
    context = made()
    context.manifest("own").path.with_name(CALIBRATION).unlink()
    assert "own: no calibration text" in fatal(context)


def test_processors_that_are_not_there(made: Callable[..., Context]) -> None:
    assert "CPUSET=0,4000-4001 names processors" in fatal(made(cpuset="0,4000-4001"))
    assert not fatal(made(cpuset="0"))


def test_a_rate_that_was_found_with_another_openvino_is_named(
    made: Callable[..., Context], tmp_path: Path
) -> None:
    rate = FoundRate(
        model="own",
        target_qps=9.0,
        bound_ms=1.0,
        percentile=0.9,
        cores=1,
        openvino="2001.1.0",
        queries=9,
        seconds=1.0,
    )
    for known, expected in (("2001.1.0", 0), ("2002.1.0", 1)):
        folder = write_rate(tmp_path, replace(rate, openvino=known)).parent
        context = made(rates=str(folder), runner="container", openvino="2001.1.0")
        found = [gap for gap in find_gaps(context) if "was found with OpenVINO" in gap.what]
        assert [gap.fatal for gap in found] == [False] * expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"color": "red"}', "color"),
        ('{"cooling": ["Air"]}', "field cooling is not text"),
        ("[]", "is not a JSON object"),
        ("{", "cannot be read"),
    ],
)
def test_an_overlay_that_the_description_of_the_system_would_refuse(
    text: str, words: str, made: Callable[..., Context], tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay.json"
    overlay.write_text('{"cooling": "Air"}')
    assert not fatal(made(system_overlay=str(overlay)))
    overlay.write_text(text)
    assert words in fatal(made(system_overlay=str(overlay)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "notes for a README cannot be read"),
        (b"# A title\n", "look like what the kit writes"),
    ],
)
def test_notes_that_a_readme_would_refuse(
    content: bytes,
    words: str,
    made: Callable[..., Context],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("submission.stages.preflight.notes_file", lambda context: tmp_path / "me")
    note = tmp_path / "me" / "own" / "Offline.md"
    note.parent.mkdir(parents=True)
    note.write_text("The room was warm.\n")
    assert not fatal(made())
    note.write_bytes(content)
    assert f"{words}: {note}" in fatal(made())


def test_a_full_disk(made: Callable[..., Context], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("U", (), {"free": 60_000_000})())
    assert "60 MB are free" in fatal(made())


def test_a_folder_of_data_without_the_files(made: Callable[..., Context], tmp_path: Path) -> None:
    assert "BERT_DATA_DIR has no mini-v1.1.json" in fatal(made(data_dir=str(tmp_path)))


def test_questions_that_were_edited_under_their_name(
    made: Callable[..., Context], tmp_path: Path
) -> None:
    mini, file = ROOT / "models/squad-mini", tmp_path / "models/mine/questions.json"
    context = made()
    own = OwnData(file=mini / "mini-v1.1.json", vocab=mini / "vocab.txt", name="mine")
    add_data(tmp_path / "models", own)
    context = made(dataset="mine")
    assert not fatal(context)
    file.write_text(file.read_text().replace("the", "teh", 1))
    said = fatal(context)
    assert f"{file} was changed since its manifest was written" in said
    assert f"add-data {file} --name mine-2, then DATA=mine-2" in said
    with pytest.raises(UsageError) as caught:
        refuse_gaps(find_gaps(context))
    assert caught.value.exit_code == 2
    file.unlink()
    assert "was changed" not in fatal(context)


def test_an_edited_tree_is_kept(tmp_path: Path) -> None:
    tree = tmp_path / "submission"
    assert keep_edited(tree) is None
    build_tree([Placement(target="open/README.md", source=b"ours\n")], tree)
    assert keep_edited(tree) is None
    (tree / "open" / "README.md").write_text("mine\n")
    kept = keep_edited(tree)
    assert kept is not None
    assert kept.name.startswith("submission.edited-")
    assert (kept / "open" / "README.md").read_text() == "mine\n"
    assert not tree.exists()


def test_a_file_beside_those_of_the_tree_is_kept_too(tmp_path: Path) -> None:
    tree = tmp_path / "submission"
    build_tree([Placement(target="open/README.md", source=b"ours\n")], tree)
    (tree / "mine.txt").write_text("mine\n")
    kept = keep_edited(tree)
    assert kept is not None
    assert (kept / "mine.txt").is_file()


def test_notes_that_nothing_reads_are_named(made: Callable[..., Context], tmp_path: Path) -> None:
    context = made()
    root = tmp_path / "kit"
    shutil.copytree(ROOT / "measurements/profiles", root / "measurements/profiles")
    elsewhere = replace(context, workspace=replace(context.workspace, root=root))
    folder = root / "measurements/notes" / context.workspace.system_desc_id
    for name in ("README.md", "own/README.md", "own/Server.md", "own/server.md", "squad-min/x.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("Text.\n")
    found = {gap.what: gap for gap in find_gaps(elsewhere) if "read by nothing" in gap.what}
    at = f"measurements/notes/{context.workspace.system_desc_id}"
    assert list(found) == [
        f"{at}/{name} is read by nothing" for name in ("own/server.md", "squad-min/x.md")
    ]
    assert not any(gap.fatal for gap in found.values())
    assert found[f"{at}/own/server.md is read by nothing"].hint == "own/Server.md is meant?"


def test_notes_for_another_system_alone_are_named(
    made: Callable[..., Context], tmp_path: Path
) -> None:
    context = made()
    root = tmp_path / "kit"
    shutil.copytree(ROOT / "measurements/profiles", root / "measurements/profiles")
    elsewhere = replace(context, workspace=replace(context.workspace, root=root))
    notes = root / "measurements/notes"
    (notes / "lab1").mkdir(parents=True)

    def said() -> list[str]:
        return [gap.what for gap in find_gaps(elsewhere) if "has texts for" in gap.what]

    system = context.workspace.system_desc_id
    assert said() == [f"measurements/notes has texts for lab1, and none for this system, {system}"]
    (notes / system).mkdir()
    assert said() == []


def test_another_submitter_repeats_no_run(made: Callable[..., Context]) -> None:
    """As the note on the placeholder says."""
    unnamed, named = made(profile="official"), made(profile="official", submitter="Me")
    pairs = list(zip(profile_stages(unnamed), profile_stages(named), strict=True))
    changed = {a.name for a, b in pairs if a.settings() != b.settings()}
    assert changed == {"system", "readme", "layout"}
    measuring = [a for a, _ in pairs if a.name.startswith("measure[")]
    assert measuring
    assert not {need for stage in measuring for need in stage.needs} & changed
    assert any("will be Example" in gap.what for gap in find_gaps(unnamed))
    assert not any("will be Example" in gap.what for gap in find_gaps(named))
