"""Trees joined and split: a union that loses nothing, and refusals that name both sides."""

import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submission.cli import main
from submission.errors import UsageError
from submission.policy import default_round, load_policy
from submission.tree.contents import NamedTree
from submission.tree.grammar import (
    BY_KIND,
    KIT_MARK,
    MODEL_MAPPING,
    NAMEPLATE,
    README,
    SUMS_FILE,
    Area,
)
from submission.tree.join import join_trees
from submission.tree.shared import mapping_text
from submission.tree.split import split_tree
from submission.tree.sums import sha256sums
from tests.fakes.submission_tree import build

Files = Mapping[str, str]
OWNER = "open/Kit"
DETAIL = "performance/run_1/mlperf_log_detail.txt"


def place(area: Area, *names: str, owner: str = OWNER) -> str:
    return BY_KIND.path(area, owner, *names)


def system(name: str, benchmarks: set[str], *, text: str = "", owner: str = OWNER) -> Files:
    """The files of one system, as a lab lays them out; ``text`` makes its READMEs its own."""
    files = {
        place(Area.SYSTEMS, name, owner=owner): json.dumps({"system_name": name}),
        f"{place(Area.SYSTEMS, owner=owner)}/{name}{NAMEPLATE}": f"plate of {name}\n",
        f"{owner}/{README}": f"# Kit\n\n{text}\n",
        f"{owner}/{MODEL_MAPPING}": mapping_text(dict.fromkeys(benchmarks, "bert-99")),
    }
    for benchmark in benchmarks:
        where = (name, benchmark, "Offline")
        files[f"{place(Area.RESULTS, *where, owner=owner)}/{DETAIL}"] = f"log of {where}"
        files[f"{place(Area.MEASUREMENTS, *where, owner=owner)}/{README}"] = f"how {where}"
        code = place(Area.CODE, benchmark, "kit", owner=owner)
        files[f"{code}/{README}"] = f"# Code of {benchmark}\n\n{text}\n"
        files[f"{code}/run.py"] = "print()\n"
        files[f"{place(Area.CALIBRATION, benchmark, 'kit', owner=owner)}/{README}"] = "weights\n"
    return files


def write(root: Path, files: Files, *, sums: bool = True) -> NamedTree:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    if sums:
        (root / SUMS_FILE).write_text(sha256sums(root), encoding="utf-8")
    return NamedTree(name=root.name, root=root)


def read(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def join(out: Path, *sources: NamedTree, several: bool = False) -> dict[str, bytes]:
    join_trees(sources, out, version=default_round(), several_submitters=several, warn=pytest.fail)
    assert (out / SUMS_FILE).read_text() == sha256sums(out)
    return read(out)


def split(out: Path, source: NamedTree) -> list[NamedTree]:
    names = split_tree(source, out, version=default_round(), warn=pytest.fail)
    assert {path.name for path in out.iterdir()} == set(names)
    return [NamedTree(name=name, root=out / name) for name in names]


MODELS = st.sets(st.sampled_from(["m1", "m2"]), min_size=1)
LABS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.tuples(MODELS, st.sampled_from(["", "own words\n\n## Notes\n\nby hand"])),
    min_size=1,
    max_size=3,
)


@settings(max_examples=6, deadline=None)
@given(LABS, st.randoms(use_true_random=False))
def test_a_union_is_commutative_associative_and_idempotent_and_split_undoes_it(
    labs: Mapping[str, tuple[set[str], str]], random: Random
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        sources = [
            write(root / name, system(name, models, text=text and f"{text} {name}"))
            for name, (models, text) in sorted(labs.items())
        ]
        joined = join(root / "joined", *sources)
        shuffled = [*sources, sources[0]]
        random.shuffle(shuffled)
        assert join(root / "again", *shuffled) == joined
        step = sources[0]
        for number, each in enumerate(sources):
            join(root / f"step-{number}", step, each)
            step = NamedTree(name=f"step-{number}", root=root / f"step-{number}")
        assert read(step.root) == joined
        apart = split(root / "apart", step)
        for each, own in zip(apart, sources, strict=True):
            assert read(each.root) == read(own.root), each.name
        assert join(root / "back", *reversed(apart)) == joined


@pytest.mark.parametrize("kind", ["open", "closed", "edge", "network"])
def test_a_good_tree_of_any_kind_joined_with_itself_or_its_systems_is_the_same(
    tmp_path: Path, kind: str
) -> None:
    policy = load_policy(default_round())
    tree = build(kind, tmp_path / "tree", policy)
    source = NamedTree(name="tree", root=tree.root)
    join_trees([source, source], tmp_path / "joined", warn=pytest.fail)
    assert read(tmp_path / "joined") == read(tree.root)
    apart = split(tmp_path / "apart", source)
    join_trees(apart, tmp_path / "back", warn=pytest.fail)
    assert read(tmp_path / "back") == read(tree.root)


def test_what_the_grammar_does_not_know_and_files_of_no_result_stay(tmp_path: Path) -> None:
    others = {
        "README.md": "of the repository\n",
        ".git/HEAD": "ref\n",
        f"{OWNER}/docs/figure.txt": "figure\n",
        place(Area.SYSTEMS, "spare"): "{}",
        f"{place(Area.CODE, 'tools', 'kit')}/x.py": "pass\n",
        "closed/Other/NOTES.md": "nothing measured\n",
    }
    tree = write(
        tmp_path / "t", {**system("a", {"m1"}), **system("b", {"m2"}), **others}, sums=False
    )
    apart = split(tmp_path / "apart", tree)
    for each in apart:
        assert all((each.root / path).is_file() for path in others if not path.startswith("."))
        assert not (each.root / ".git").exists()
    join_trees(apart, tmp_path / "back", version=default_round(), warn=pytest.fail)
    whole = read(tree.root)
    del whole[".git/HEAD"]
    assert read(tmp_path / "back") == whole


def test_a_system_without_the_kit_in_its_own_code_gets_the_folder_that_has_it(
    tmp_path: Path,
) -> None:
    kit = f"{place(Area.CODE, 'm1', 'kit')}/{KIT_MARK}"
    tree = write(tmp_path / "t", {**system("a", {"m1"}), **system("b", {"m2"}), kit: "kit\n"})
    apart = {each.name: each.root for each in split(tmp_path / "apart", tree)}
    assert (apart["b"] / kit).is_file()
    assert not (apart["a"] / place(Area.CODE, "m2")).exists()


Change = Callable[[dict[str, str]], object]
LOG = f"{place(Area.RESULTS, 'a', 'm1', 'Offline')}/{DETAIL}"
CODE = place(Area.CODE, "m1", "kit")


@pytest.mark.parametrize(
    ("change", "what", "where"),
    [
        (
            lambda files: files.update({place(Area.SYSTEMS, "a"): "{}"}),
            "the system a is described in two ways",
            place(Area.SYSTEMS, "a"),
        ),
        (
            lambda files: files.update({LOG: "another run"}),
            "both have the result m1/Offline of a, and not the same one",
            LOG,
        ),
        (
            lambda files: files.update({LOG.replace("run_1", "run_2"): "one more run"}),
            "both have the result m1/Offline of a, and not the same one",
            LOG.replace("run_1", "run_2"),
        ),
        (lambda files: files.update({f"{CODE}/run.py": "pass"}), "one file has two contents", CODE),
        (
            lambda files: files.update({f"{OWNER}/{MODEL_MAPPING}": '{"m1": "resnet"}'}),
            "a model is mapped to two benchmarks",
            MODEL_MAPPING,
        ),
        (
            lambda files: files.update({f"{OWNER}/{MODEL_MAPPING}": "no JSON"}),
            "a model is mapped to two benchmarks",
            MODEL_MAPPING,
        ),
        (
            lambda files: files.update({f"{CODE}/Run.py": "print()\n"}),
            "two names differ in case only",
            f"{CODE}/Run.py",
        ),
        (
            lambda files: files.update({f"{CODE}/run.py/x": files.pop(f"{CODE}/run.py")}),
            "a file of one is a folder of the other",
            f"{CODE}/run.py",
        ),
    ],
)
def test_a_conflict_names_both_sides_and_nothing_is_written(
    tmp_path: Path, change: Change, what: str, where: str
) -> None:
    ours = dict(system("a", {"m1"}))
    theirs = dict(ours)
    change(theirs)
    if "Run.py" in where:
        del theirs[f"{CODE}/run.py"]
    sources = write(tmp_path / "ours", ours), write(tmp_path / "theirs", theirs)
    for pair in (sources, sources[::-1]):
        with pytest.raises(UsageError) as refused:
            join_trees(pair, tmp_path / "out", version=default_round(), warn=pytest.fail)
        assert refused.value.what == f"the trees cannot be joined: {what}"
        for name in ("ours", "theirs", where):
            assert name in refused.value.detail
        assert {path.name for path in tmp_path.iterdir()} == {"ours", "theirs"}


def test_two_versions_of_the_kit_are_refused(tmp_path: Path) -> None:
    kit = {f"{CODE}/{KIT_MARK}": "kit\n"}
    newer = {**kit, f"{CODE}/submission/more.py": "new\n"}
    ours = write(tmp_path / "ours", {**system("a", {"m1"}), **kit})
    theirs = write(tmp_path / "theirs", {**system("b", {"m1"}), **newer})
    with pytest.raises(UsageError, match="different versions of the kit") as refused:
        join(tmp_path / "out", ours, theirs)
    assert refused.value.detail == f"{CODE} in ours and in theirs"


def test_other_submitters_are_refused_unless_they_are_wanted(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", system("a", {"m1"}))
    theirs = write(tmp_path / "theirs", system("a", {"m1"}, owner="open/Other"))
    with pytest.raises(UsageError, match="different submitters") as refused:
        join(tmp_path / "out", ours, theirs)
    assert refused.value.detail == "ours is of Kit, theirs is of Other"
    joined = join(tmp_path / "out", ours, theirs, several=True)
    assert joined.keys() == read(ours.root).keys() | read(theirs.root).keys()


def test_other_rounds_are_refused(tmp_path: Path) -> None:
    files = {}
    for name in ("v3.0", "v2.1"):
        folder = place(Area.MEASUREMENTS, "a", "m1", "Offline")
        metadata = {f"{folder}/run_metadata_performance.json": json.dumps({"round": name})}
        files[name] = write(tmp_path / name, {**system("a", {"m1"}), **metadata})
    for version in (None, "v3.0"):
        with pytest.raises(UsageError, match="of different rounds") as refused:
            join_trees(list(files.values()), tmp_path / "out", version=version, warn=lambda _: None)
        assert refused.value.detail == "v2.1 is of v2.1, v3.0 is of v3.0"


def test_a_tree_that_is_not_as_its_sums_say_is_refused_and_an_edited_text_is_named(
    tmp_path: Path,
) -> None:
    tree = write(tmp_path / "tree", system("a", {"m1"}))
    (tree.root / OWNER / README).write_text("# By hand\n", encoding="utf-8")
    said: list[str] = []
    join_trees([tree], tmp_path / "out", version=default_round(), warn=said.append)
    assert said == ["tree: open/Kit/README.md is changed since SHA256SUMS was written; taken over"]
    assert (tmp_path / "out" / OWNER / README).read_text() == "# By hand\n"
    (tree.root / LOG).write_text("better", encoding="utf-8")
    with pytest.raises(UsageError, match="tree is not as its SHA256SUMS says") as refused:
        join_trees([tree], tmp_path / "new", version=default_round(), warn=said.append)
    assert refused.value.detail == f"{LOG} is changed"


def test_a_place_that_is_in_use_or_in_a_tree_is_refused(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", system("a", {"m1"}))
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out in (tree.root, tree.root / "out", tmp_path, tmp_path / "file"):
        for work in (lambda out: join(out, tree), lambda out: split(out, tree)):
            with pytest.raises(UsageError, match="cannot be written"):
                work(out)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    (tmp_path / "empty").mkdir()
    assert join(tmp_path / "empty", tree) == read(tree.root)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = write(tmp_path / "tree", system("a", {"m1"}))

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("submission.tree.build._write", full)
    assert main(["join", str(tree.root), "-o", str(tmp_path / "out"), "--version", "v3.0"]) == 3
    assert {path.name for path in tmp_path.iterdir()} == {"tree"}


def test_archives_are_joined_as_folders_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = (write(tmp_path / name, system(name, {"m1"})) for name in ("a", "b"))
    expected = join(tmp_path / "folders", ours, theirs)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(ours.root, arcname=".")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for path in sorted(theirs.root.rglob("*")):
            archive.write(path, f"results-main/{path.relative_to(theirs.root)}")
    words = [str(tmp_path / name) for name in ("b.zip", "a.tar.gz")]
    assert main(["join", *words, "-o", str(tmp_path / "out"), "--version", "v3.0"]) == 0
    assert "2 results of 2 systems (a, b)" in capsys.readouterr().out
    assert read(tmp_path / "out") == expected
    command = ["split", str(tmp_path / "out"), "-o", str(tmp_path / "b-only"), "--system", "b"]
    assert main([*command, "--version", "v3.0"]) == 0
    assert read(tmp_path / "b-only" / "b") == read(theirs.root)
    shutil.rmtree(tmp_path / "b-only")
    assert main([*command[:-1], "c"]) == 2
    assert "has no results of the system 'c'" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["cut", "empty", "no tree", "nothing"])
def test_what_is_no_tree_is_named(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good", system("a", {"m1"}))
    bad = tmp_path / "bad"
    if damage == "cut":
        with tarfile.open(bad, "w:gz") as archive:
            archive.add(good.root, arcname=".")
        bad.write_bytes(bad.read_bytes()[:-200])
    elif damage == "empty":
        bad.write_bytes(b"")
    elif damage == "no tree":
        write(bad, {"open/Kit/README.md": "# Kit\n"})
    assert main(["join", str(good.root), str(bad), "-o", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), str(bad) in lines[0]) == (3, True), lines
    assert not (tmp_path / "out").exists()
