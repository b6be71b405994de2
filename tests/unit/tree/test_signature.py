"""Signatures of sums and archives by ssh-keygen."""

import shutil
import subprocess
from pathlib import Path

import pytest

from submission.errors import StageError, UsageError
from submission.tree.signature import check_signature, sign, signature_file

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")


def key(folder: Path, name: str) -> Path:
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def signers(folder: Path, *keys: Path) -> Path:
    path = folder / "signers"
    publics = [each.with_name(f"{each.name}.pub").read_text() for each in keys]
    path.write_text(
        "".join(f"{each.name}@example.org {p}" for each, p in zip(keys, publics, strict=True))
    )
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "SHA256SUMS").write_text("ab  file\n")
    return tmp_path / "tree"


def test_a_tree_and_an_archive_are_signed_beside_them(tree: Path, tmp_path: Path) -> None:
    own = key(tmp_path, "me")
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(b"archive")
    for given in (tree, archive):
        made = sign(own, given)
        assert made == tmp_path / f"{given.name}.sig" == signature_file(given)
        found = check_signature(signers(tmp_path, own), given, made)
        assert (found.who, found.why) == ("me@example.org", "")
        assert "ED25519" in found.key
    assert sorted(path.name for path in tree.iterdir()) == ["SHA256SUMS"]


def test_an_edited_tree_has_no_good_signature(tree: Path, tmp_path: Path) -> None:
    own = key(tmp_path, "me")
    made = sign(own, tree)
    (tree / "SHA256SUMS").write_text("cd  file\n")
    assert check_signature(signers(tmp_path, own), tree, made).why


def test_the_key_of_somebody_else_is_no_signer_s(tree: Path, tmp_path: Path) -> None:
    own, other = key(tmp_path, "me"), key(tmp_path, "other")
    made = sign(other, tree)
    assert "none of the signers" in check_signature(signers(tmp_path, own), tree, made).why


def test_what_is_wrong_is_said_in_three_lines(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StageError, match="could not be signed"):
        sign(tmp_path / "no key", tree)
    with pytest.raises(UsageError, match="no signers"):
        check_signature(tmp_path / "nobody", tree, tree)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StageError, match="ssh-keygen cannot be run"):
        sign(tmp_path / "key", tree)
