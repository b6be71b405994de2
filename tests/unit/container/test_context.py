import tarfile
from pathlib import Path

import pytest

from submission.container.context import CONTENT, LEFT_OUT, content_files, fingerprint
from submission.container.context_tar import context_tar
from submission.container.order import BuildOrder
from submission.container.witnesses import WITNESSES
from submission.errors import StageError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name in ("Dockerfile", "docker/slim.sh", "submission/a.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_the_image_is_made_from_the_package_and_what_builds_it(context: Path) -> None:
    assert list(content_files(context)) == ["Dockerfile", "docker/slim.sh", "submission/a.py"]


def test_the_fingerprint_is_that_of_the_names_and_contents(context: Path) -> None:
    before = fingerprint(context)
    (context / "README.md").write_text("another text")
    (context / "submission" / "__pycache__").mkdir()
    (context / "submission" / "__pycache__" / "a.cpython-311.pyc").write_text("x")
    assert fingerprint(context) == before
    (context / "submission" / "a.py").rename(context / "submission" / "b.py")
    assert fingerprint(context) != before


def test_one_changed_byte_changes_the_fingerprint(context: Path) -> None:
    before = fingerprint(context)
    (context / "submission" / "a.py").write_text("submission/a.pz")
    assert fingerprint(context) != before


def test_a_build_by_hand_is_sent_the_same() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = tuple(line[1:] for line in lines if line.startswith("!"))
    assert sent == (*CONTENT, *WITNESSES)
    first, *_ = lines
    assert first.startswith("#")
    assert lines[1] == "*"
    assert tuple(line for line in lines[2:] if line[0] not in "!*") == LEFT_OUT
    # a line wins over those before it
    assert lines.index(LEFT_OUT[0]) > lines.index("!submission")


def test_the_laboratory_is_not_in_the_image_and_a_change_of_it_makes_no_other(
    context: Path,
) -> None:
    before = fingerprint(context)
    (context / "submission" / "lab").mkdir()
    (context / "submission" / "lab" / "bench.py").write_text("")
    (context / "submission" / "labels.py").write_text("")
    assert "submission/lab/bench.py" not in content_files(context)
    assert "submission/labels.py" in content_files(context)
    (context / "submission" / "labels.py").unlink()
    assert fingerprint(context) == before
    folders = tuple(f"{name}/" for name in LEFT_OUT)
    assert not any(name.startswith(folders) for name in content_files(ROOT))


def order_of(context: Path) -> BuildOrder:
    return BuildOrder(context=context, tag="x", files=tuple(content_files(context)))


def test_the_tar_holds_what_the_fingerprint_covers(context: Path) -> None:
    with context_tar(order_of(context)) as stream, tarfile.open(fileobj=stream) as tar:
        assert tar.getnames() == list(content_files(context))


def test_the_tar_depends_on_contents_alone(context: Path) -> None:
    order = order_of(context)
    with context_tar(order) as tar:
        before = tar.read()
    (context / "README.md").chmod(0o600)
    (context / "docker" / "slim.sh").touch()
    with context_tar(order) as tar:
        assert tar.read() == before


def test_the_tar_keeps_what_may_be_executed(context: Path) -> None:
    (context / "docker" / "slim.sh").chmod(0o700)
    order = order_of(context)
    with context_tar(order) as stream, tarfile.open(fileobj=stream) as tar:
        modes = {each.name: each.mode for each in tar.getmembers()}
    assert modes["docker/slim.sh"] == 0o755
    assert modes["Dockerfile"] == 0o644


def test_nothing_follows_the_end_mark_of_the_tar(context: Path) -> None:
    with context_tar(BuildOrder(context=context, tag="x")) as stream:
        content = stream.read()
    last_block = content.rstrip(b"\0")
    assert 1024 <= len(content) - len(last_block) < 1024 + 512


def test_a_missing_dockerfile_is_named(tmp_path: Path) -> None:
    order = BuildOrder(context=tmp_path, tag="x")
    with pytest.raises(StageError, match="no Dockerfile") as error, context_tar(order):
        pass
    assert str(tmp_path / "Dockerfile") in error.value.detail
