"""Signatures over a tree's sums or its archive, made and checked by ``ssh-keygen -Y``.

A key that somebody already has (on GitHub, say) is enough, and no network is needed. A signature
lies beside what it signs (``<tree>.sig``, ``<archive>.sig``): a tree cannot hold its own.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError, UsageError
from submission.files import write_bytes
from submission.tree.grammar import SUMS_FILE

NAMESPACE = "mlperf-submission"
TIMEOUT_S = 60
GOOD = re.compile(r"^Good .* signature for (?P<who>\S+) with (?P<key>.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Who signed, and the key in ssh-keygen's words; or ``why`` the signature is not good."""

    who: str = ""
    key: str = ""
    why: str = ""


def signature_file(given: Path) -> Path:
    """Where the signature of a tree or an archive lies."""
    place = given.resolve()
    return place.with_name(f"{place.name}.sig")


def sign(key: Path, given: Path) -> Path:
    """Sign a tree's SHA256SUMS or an archive; returns the signature's file.

    Raises StageError if ssh-keygen is missing or refuses the key.
    """
    done = _keygen("sign", "-f", str(key), "-n", NAMESPACE, content=_content(given))
    if done.returncode or not done.stdout:
        raise StageError(
            f"{given} could not be signed",
            detail=_last(done.stderr) or f"exit code {done.returncode}",
            hint="KEY is a private key of ssh-keygen's, or the public one of a key in ssh-agent",
        )
    target = signature_file(given)
    write_bytes(target, done.stdout)
    return target


def check_signature(signers: Path, given: Path, signature: Path) -> Signed:
    """Whether one of ``signers`` (an allowed-signers file) signed a tree's sums or an archive.

    Raises StageError if ssh-keygen is missing, UsageError if there are no signers.
    """
    demand_signers(signers)
    both = ("-f", str(signers), "-s", str(signature))
    found = _keygen("find-principals", *both, content=b"")
    who = found.stdout.decode(errors="replace").split("\n", maxsplit=1)[0].strip()
    if not who:
        return Signed(why=f"none of the signers in {signers} made it")
    done = _keygen("verify", *both, "-I", who, "-n", NAMESPACE, content=_content(given))
    good = GOOD.search(done.stdout.decode(errors="replace"))
    if done.returncode or good is None:
        return Signed(why=_last(done.stderr or done.stdout) or f"exit code {done.returncode}")
    return Signed(who=good["who"], key=good["key"])


def demand_signers(signers: Path) -> None:
    """Raise UsageError if there is no such file of signers."""
    if not signers.is_file():
        raise UsageError(
            f"there are no signers in {signers}",
            detail="no such file",
            hint="one line a signer: me@example.org ssh-ed25519 AAAA... (man ssh-keygen, "
            "ALLOWED SIGNERS)",
        )


def _content(given: Path) -> bytes:
    path = given / SUMS_FILE if given.is_dir() else given
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"there is nothing to sign in {given}",
            detail=f"{path}: {error.strerror or error}",
            hint="give a tree with its sums, or an archive",
        ) from error


def _keygen(*arguments: str, content: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", *arguments],
            input=content,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StageError(
            "ssh-keygen cannot be run",
            detail=f"{type(error).__name__}: {error}",
            hint="install OpenSSH's client (apt-get install openssh-client); in the image there "
            "is none: verify --signers outside of it",
        ) from error


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
