"""Small edits of a tree; each returns a function that does it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from submission.checks.model import Waiver
from tests.fakes.loadgen_logs import detail_text
from tests.fakes.submission_tree import DETAIL, SubmissionTree

Edit = Callable[[SubmissionTree], None]
GONE = object()
"""As a value: the key, the field or the line is taken out."""


@dataclass(frozen=True)
class Break:
    """One edit of a good tree, all rules that it must raise, and what the official checker does.

    ``official`` is the worst that it says: ``ok`` (it looks OK, exit 0), ``exit 1`` (all rows are
    there, and the exit code is 1), ``refused``, or ``crash``. ``needs_user``: root sees no fault.
    ``vouched``: power client and server saw the logs as they are now. ``waivers`` go with it;
    ``version`` is the round, empty where the tree is to show it.
    """

    name: str
    kind: str
    edit: Edit
    rules: str
    official: str = "ok"
    needs_user: bool = False
    vouched: bool = True
    waivers: tuple[Waiver, ...] = ()
    version: str = "v3.0"

    def apply(self, tree: SubmissionTree) -> None:
        """Edit a good tree."""
        self.edit(tree)
        if self.vouched:
            tree.vouch()

    @property
    def ids(self) -> set[str]:
        return set(self.rules.split())


def both(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def edit(tree: SubmissionTree) -> None:
        for one in edits:
            one(tree)

    return edit


def ran(folder: str, **changes: Any) -> Edit:
    """A run that LoadGen logged so: both logs say it. A dot in a key is written ``__``.

    A setting in effect was requested so, where LoadGen takes it as it is requested.
    """

    def edit(tree: SubmissionTree) -> None:
        values = tree.logged[folder]
        asked = {
            name: value
            for key, value in changes.items()
            for name in REQUESTED.get(key, (key.replace("effective_", "requested_"),))
            if key.startswith("effective_") and name in values
        }
        tree.run(folder, _changed(values, asked | changes))

    return edit


# What a setting in effect is called where it is requested, if otherwise
REQUESTED = {
    "effective_performance_sample_count": ("requested_performance_sample_count_override",),
    "effective_samples_per_query": ("requested_multi_stream_samples_per_query",),
    "effective_target_latency_ns": ("requested_server_target_latency_ns",),
    "effective_target_latency_percentile": tuple(
        f"requested_{scenario}_target_latency_percentile"
        for scenario in ("server", "single_stream", "multi_stream")
    ),
    "effective_target_qps": ("requested_server_target_qps", "requested_offline_expected_qps"),
}


def edited(folder: str, **changes: Any) -> Edit:
    """Keys of the detail log alone, changed afterwards."""

    def edit(tree: SubmissionTree) -> None:
        tree.write(f"{folder}/{DETAIL}", detail_text(_changed(tree.logged[folder], changes)))

    return edit


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = values | {key.replace("__", "."): value for key, value in changes.items()}
    return {key: value for key, value in merged.items() if value is not GONE}


def fields(path: str, **changes: Any) -> Edit:
    """Fields of a JSON object."""

    def edit(tree: SubmissionTree) -> None:
        value = json.loads(tree.read(path)) | changes
        tree.json(path, {name: entry for name, entry in value.items() if entry is not GONE})

    return edit


def put(path: str, content: str | bytes) -> Edit:
    """A file with that content."""
    return lambda tree: tree.write(path, content)


def added(path: str, text: str) -> Edit:
    """Text behind what a file holds."""
    return lambda tree: tree.write(path, tree.read(path) + text)


def replaced(path: str, old: str, new: str) -> Edit:
    """Another text in a file, which must be there."""

    def edit(tree: SubmissionTree) -> None:
        text = tree.read(path)
        assert old in text, f"{path} does not hold {old!r}"
        tree.write(path, text.replace(old, new))

    return edit


def prefixed(path: str, content: bytes) -> Edit:
    """Bytes before what a file holds."""
    return lambda tree: tree.write(path, content + tree.at(path).read_bytes())


def removed(path: str) -> Edit:
    """A file or a folder is not there, nor a folder that held nothing else."""

    def edit(tree: SubmissionTree) -> None:
        target = tree.at(path)
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        while not any(target.parent.iterdir()):
            target = target.parent
            target.rmdir()

    return edit


def moved(path: str, to: str) -> Edit:
    """A file or a folder under another name."""

    def edit(tree: SubmissionTree) -> None:
        tree.at(to).parent.mkdir(parents=True, exist_ok=True)
        tree.at(path).rename(tree.at(to))

    return edit


def copied(path: str, to: str) -> Edit:
    """A file or a folder once more."""

    def edit(tree: SubmissionTree) -> None:
        source, target = tree.at(path), tree.at(to)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)

    return edit


def linked(path: str, to: str) -> Edit:
    """A symbolic link."""

    def edit(tree: SubmissionTree) -> None:
        tree.at(path).symlink_to(to)

    return edit


def folder(path: str) -> Edit:
    """An empty folder."""
    return lambda tree: tree.at(path).mkdir(parents=True)


def sparse(path: str, size: int) -> Edit:
    """A file of that many bytes, none of which take room."""

    def edit(tree: SubmissionTree) -> None:
        tree.write(path, b"")
        with tree.at(path).open("r+b") as stream:
            stream.truncate(size)

    return edit
