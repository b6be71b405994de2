#!/usr/bin/env python3
"""Build the wheel, the source archive and the single file mlperf-kit.pyz, reproducibly.

usage: make_dist.py [FOLDER]     (default: dist; `make dist` calls it with the Python of .venv)

Two builds of one commit give the same bytes: times are those of the commit (or SOURCE_DATE_EPOCH),
names are sorted, and owners and modes of this machine are left out. The single file holds the
package without its laboratory, and bytecode for every Python of KIT_PYTHONS (default: the supported
ones that are found): with another choice of Pythons it is another file.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "NOTICE",
    "README.md",
    "RULES.md",
    "pyproject.toml",
    "submission",
)
COMPLETIONS = Path("submission/cli/completions")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ZIP_EPOCH = 315532800  # 1980-01-01: the first time that a zip archive can say
LEFT_OUT = ("submission/lab/", "submission/cli/lab/")
FILE_MODE, PROGRAM_MODE = 0o644, 0o755
# Readable for old versions of Python, so that they end in three lines.
MAIN = """\
import os
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "error: mlperf-kit needs Python 3.11 or newer\\n"
        "  detail: %s is Python %d.%d\\n"
        "  hint:   name another one: python3.12 %s check TREE\\n"
        % (sys.executable, sys.version_info[0], sys.version_info[1], sys.argv[0])
    )
    sys.exit(2)
here = os.path.dirname(os.path.abspath(__file__))
compiled = os.path.join(here, "cp%d%d" % sys.version_info[:2])
held = sys.version_info[:2] in COMPILED
sys.path[0] = compiled if held else os.path.join(here, "source")

from submission.cli.main import main

sys.exit(main(sys.argv[1:], program=os.path.basename(sys.argv[0])))
"""


def fail(what: str, detail: str, hint: str) -> None:
    sys.stderr.write(f"error: {what}\n  detail: {detail}\n  hint:   {hint}\n")
    sys.exit(2)


def main(folder: Path) -> None:
    """Build all three into ``folder`` and print their sizes and digests."""
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch())
    # sets in constants are written to bytecode in the order of their hashes
    os.environ["PYTHONHASHSEED"] = "0"
    os.umask(0o022)
    compilers = pythons()
    with tempfile.TemporaryDirectory() as work:
        stage, made = Path(work, "stage"), Path(work, "made")
        made.mkdir()
        copy_sources(stage)
        write_completions(stage)
        build("wheel", stage, made)
        build("sdist", stage, made)
        for archive in made.glob("*.tar.gz"):
            rewrite(archive)
        write_single_file(stage, made / "mlperf-kit.pyz", Path(work), compilers)
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(made.iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            print(f"{digest}  {path.name}  {path.stat().st_size / 1e6:.2f} MB")
            shutil.copy2(path, folder / f"{path.name}.part")
            (folder / f"{path.name}.part").replace(folder / path.name)


def epoch() -> int:
    """Seconds since 1970 of the build: SOURCE_DATE_EPOCH, else the time of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct").strip()
    if not given.isdigit():
        fail(
            "the time of the build is not known",
            "this is no checkout of git, and SOURCE_DATE_EPOCH is not set",
            "SOURCE_DATE_EPOCH=SECONDS make dist",
        )
    return max(int(given), ZIP_EPOCH)


def git(*words: str) -> str:
    """What git says in the checkout; empty where it cannot be asked."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


def sources() -> Iterator[str]:
    """The files that are built from: those that git knows; outside of git, all but leftovers."""
    listed = git("ls-files", "-z", "--", *SOURCES).split("\0")
    if any(listed):
        if git("status", "--porcelain", "--", *SOURCES):
            print("note: files differ from the commit", file=sys.stderr)
        yield from (name for name in listed if name)
        return
    for name in SOURCES:
        found = ROOT / name
        for path in [found] if found.is_file() else sorted(found.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def copy_sources(stage: Path) -> None:
    for name in sources():
        target = stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(FILE_MODE)


def write_completions(stage: Path) -> None:
    """The scripts for shells, made by the staged package itself."""
    (stage / COMPLETIONS).mkdir()
    code = (
        "import sys; from submission.cli.completion import SHELLS, completion_script; "
        "[open(f'{sys.argv[1]}/{each}', 'w').write(completion_script(each)) for each in SHELLS]"
    )
    run(sys.executable, "-B", "-c", code, str(stage / COMPLETIONS), cwd=stage, what="completion")


def build(kind: str, stage: Path, made: Path) -> None:
    """A wheel or source archive by setuptools, as pip would have it built."""
    code = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    run(sys.executable, "-B", "-c", code, str(made), cwd=stage, what=f"the {kind}")
    shutil.rmtree(stage / "build", ignore_errors=True)


def run(*command: str, cwd: Path, what: str) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        fail(f"{what} could not be built", "see the lines above", "run make setup, then make dist")


def rewrite(archive: Path) -> None:
    """The same members, sorted, of one time and without this machine's owners and modes."""
    out = io.BytesIO()
    when = epoch()
    with (
        tarfile.open(archive) as before,
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=when) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in sorted(before.getmembers(), key=lambda each: each.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, when
            plain.mode = PROGRAM_MODE if member.isdir() else FILE_MODE
            after.addfile(plain, before.extractfile(member) if member.isfile() else None)
    archive.write_bytes(out.getvalue())


def write_single_file(
    stage: Path, target: Path, work: Path, compilers: list[tuple[str, str]]
) -> None:
    """A zip archive that Python runs: sources, and a tree of bytecode for each Python."""
    source = stage / "submission"
    names = [
        path.relative_to(stage).as_posix() for path in sorted(source.rglob("*")) if path.is_file()
    ]
    names = [name for name in names if not name.startswith(LEFT_OUT) and "__pycache__" not in name]
    entries = {f"source/{name}": (stage / name).read_bytes() for name in names}
    compiled = []
    for version, python in compilers:
        tag = "cp" + version.replace(".", "")
        entries |= bytecode(python, tag, names, stage, work / tag)
        major, minor = version.split(".")
        compiled.append((int(major), int(minor)))
    entries["__main__.py"] = f"COMPILED = {compiled!r}\n{MAIN}".encode()
    out = io.BytesIO()
    out.write(b"#!/usr/bin/env python3\n")
    when = time.gmtime(epoch())[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, when)
            info.external_attr = FILE_MODE << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    target.write_bytes(out.getvalue())
    target.chmod(PROGRAM_MODE)


def pythons() -> list[tuple[str, str]]:
    """The Pythons to compile for: version and command."""
    given = os.environ.get("KIT_PYTHONS")
    found: dict[str, str] = {}
    for command in installed() if given is None else given.split():
        version = version_of(command)
        if version in PYTHONS:
            found.setdefault(version, command)
        elif given is not None:
            fail(
                f"{command} cannot compile the single file",
                f"it is {version or 'no Python'}",
                f"KIT_PYTHONS is a list of Python {', '.join(PYTHONS)}",
            )
    print("bytecode for Python", ", ".join(sorted(found)) or "none", file=sys.stderr)
    return sorted(found.items())


def installed() -> Iterator[str]:
    """Commands that may be a Python: this one, those on the PATH, those of pyenv."""
    yield sys.executable
    for version in PYTHONS:
        yield f"python{version}"
        yield from map(str, (Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))


def version_of(command: str) -> str:
    """Such as ``3.12``; empty for what is no Python that runs."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    with contextlib.suppress(OSError):
        done = subprocess.run([command, "-c", code], capture_output=True, text=True, check=False)
        return done.stdout.strip()
    return ""


def bytecode(
    python: str, tag: str, names: list[str], stage: Path, folder: Path
) -> dict[str, bytes]:
    """The package compiled by another Python; its data beside it, where modules look for them."""
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stage / name, target)
    words = ["-m", "compileall", "-q", "-b", "--invalidation-mode", "unchecked-hash"]
    words += ["-s", str(folder), "-p", tag, str(folder)]
    run(python, *words, cwd=folder, what=f"the bytecode for {tag}")
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".py")
    return {f"{tag}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in found}


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("-"):
        print(__doc__)
        sys.exit(0 if sys.argv[1] in ("-h", "--help") else 2)
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
