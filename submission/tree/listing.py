"""Which folders and files a tree has, found without following a single link."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True, slots=True)
class Folder:
    """One folder: names of sub-folders, sizes of files in bytes, links and other things."""

    folders: list[str] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing at all is in it."""
        return not (self.folders or self.files or self.links or self.others or self.error)


class Listing:
    """The folders of a tree, read when first asked for; paths are relative, with slashes.

    A folder is entered only if its parent lists it as a real folder, so no link is followed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = f"{root}/"
        self._folders: dict[str, Folder] = {"": scan(root)}
        self._missing: set[str] = set()

    def folder(self, path: str) -> Folder | None:
        """A folder of the tree, None if there is none of that path."""
        found = self._folders.get(path)
        if found is not None or path in self._missing:
            return found
        parent, _, name = path.rpartition("/")
        within = self.folder(parent)
        if within is None or name not in within.folders:
            self._missing.add(path)
            return None
        found = self._folders[path] = scan(self.place(path))
        return found

    def place(self, path: str) -> str:
        """Where a path of the tree is on this machine; text, since it is needed very often."""
        return self._base + path

    def children(self, path: str) -> list[str]:
        """The sorted names of the sub-folders; an empty list if there is no such folder."""
        found = self.folder(path)
        return found.folders if found else []

    def files(self, path: str) -> dict[str, int]:
        """The files in a folder with their sizes; empty if there is no such folder."""
        found = self.folder(path)
        return found.files if found else {}

    def has_file(self, path: str) -> bool:
        """Whether a regular file (no link) is there."""
        parent, _, name = path.rpartition("/")
        return name in self.files(parent)

    def exists(self, path: str) -> bool:
        """Whether a real file or folder is there."""
        return self.has_file(path) or self.folder(path) is not None

    def leads_somewhere(self, path: str) -> bool:
        """Whether the text of a link, taken from the root of the tree, names something of the tree.

        So the official checkers ask; a link that is relative to its own folder is broken to them.
        """
        try:
            steps = str(Path(self.place(path)).readlink()).split("/")
        except OSError:
            return False
        found: list[str] = []
        for step in steps:
            if step == ".." and not found:
                return False
            found = found[:-1] if step == ".." else [*found, step] if step != "." else found
        return bool(steps[0]) and self.exists("/".join(found))

    def below(self, path: str) -> Iterator[tuple[str, Folder]]:
        """A folder and all folders in it, in a fixed order, without recursion."""
        waiting = [path]
        while waiting:
            current = waiting.pop()
            found = self.folder(current)
            if found is None:
                continue
            yield current, found
            waiting += [f"{current}/{name}" for name in reversed(found.folders)]

    def forget(self, path: str) -> None:
        """Forget what was read below a folder; it is read again when needed."""
        self._missing.clear()
        waiting = [path]
        while waiting:
            current = waiting.pop()
            found = self._folders.pop(current, None)
            if found is not None and found.folders:
                waiting += [f"{current}/{name}" for name in found.folders]


def scan(path: Path | str) -> Folder:
    """One folder; names in it are sorted, so that two machines see the same order."""
    found = Folder()
    try:
        with os.scandir(path) as entries:
            files, folders = found.files, found.folders
            for entry in entries:
                # most are files
                if entry.is_file(follow_symlinks=False):
                    files[entry.name] = entry.stat(follow_symlinks=False).st_size
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    _sort_in(found, entry)
    except OSError as error:
        found.error = error.strerror or str(error)
    found.folders.sort()
    found.others.sort()
    return found


def _sort_in(found: Folder, entry: os.DirEntry[str]) -> None:
    """What is neither a file nor a folder."""
    if entry.is_symlink():
        found.links[entry.name] = _link_kind(entry)
    else:
        found.others.append(entry.name)


def _link_kind(entry: os.DirEntry[str]) -> str:
    """What the link leads to: ``folder``, ``file`` or ``dangling``; it is not followed."""
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "dangling"
    except OSError:
        return "dangling"
