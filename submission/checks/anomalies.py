"""Anomalies in the names and types of a submitter's files, found in one walk over its folders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from submission.checks.words import listed
from submission.loadgen import Unreadable, read_whole
from submission.terms import AnomalyKind
from submission.tree.listing import Folder, Listing

KEPT = 1000
"""At most this many anomalies of a kind are kept; the rest is only counted."""

LFS_HEAD = b"version https://git-lfs"
LFS_BYTES = range(100, 400)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNDECODABLE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Anomaly:
    """One anomaly; ``detail`` depends on the kind: a link's target, a size, colliding names."""

    path: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Anomalies:
    """Anomalies by kind; ``counts`` also counts those beyond the first ``KEPT``."""

    found: Mapping[AnomalyKind, tuple[Anomaly, ...]]
    counts: Mapping[AnomalyKind, int]

    def of(self, kind: AnomalyKind) -> tuple[Anomaly, ...]:
        """The anomalies of a kind, at most ``KEPT``."""
        return self.found.get(kind, ())


def _are_plain(names: str) -> bool:
    """Whether no name of some, with slashes between them, has a dot in front, or odd characters."""
    odd = names.startswith(".") or "/." in names or " " in names
    return not odd and names.isprintable()


class _Collector:
    def __init__(self, listing: Listing, max_file_bytes: int) -> None:
        self.listing = listing
        self.max_file_bytes = max_file_bytes
        self.found: dict[AnomalyKind, list[Anomaly]] = defaultdict(list)
        self.counts: dict[AnomalyKind, int] = defaultdict(int)

    def add(self, kind: AnomalyKind, path: str, detail: str = "") -> None:
        self.counts[kind] += 1
        if len(self.found[kind]) < KEPT:
            self.found[kind].append(Anomaly(path=path, detail=detail))

    def folder(self, path: str, folder: Folder) -> None:
        if folder.error is not None:
            self.add(AnomalyKind.UNREADABLE, path, folder.error)
        if folder.is_empty:
            self.add(AnomalyKind.EMPTY, path)
        if path.endswith("__pycache__"):
            self.add(AnomalyKind.CACHE, path)
        self.name(path)
        self.names(path, folder)
        for name, size in folder.files.items():
            self.file(f"{path}/{name}", size)
        for name, leads_to in folder.links.items():
            self.link(f"{path}/{name}", leads_to)
        for name in folder.others:
            self.add(AnomalyKind.OTHER, f"{path}/{name}")

    def names(self, path: str, folder: Folder) -> None:
        """The names in a folder: one look at all together, for hardly any is worth a word."""
        names = [*folder.folders, *folder.files, *folder.links]
        together = "/".join(names)
        if not _are_plain(together):
            for name in (*folder.files, *folder.links):
                self.name(f"{path}/{name}")
        if len(set(together.casefold().split("/"))) < len(names):
            self.clashes(path, names)

    def link(self, path: str, leads_to: str) -> None:
        kind = AnomalyKind.FOLDER_LINK if leads_to == "folder" else AnomalyKind.FILE_LINK
        self.add(kind, path, leads_to)
        if leads_to == "dangling":
            self.add(AnomalyKind.DANGLING_LINK, path, leads_to)
        if kind is AnomalyKind.FILE_LINK and not self.listing.leads_somewhere(path):
            self.add(AnomalyKind.BROKEN_LINK, path, leads_to)

    def file(self, path: str, size: int) -> None:
        if size > self.max_file_bytes:
            self.add(AnomalyKind.LARGE, path, f"{size} bytes")
        if size in LFS_BYTES and self._is_pointer(path):
            self.add(AnomalyKind.POINTER, path)

    def name(self, path: str) -> None:
        name = path.rpartition("/")[2]
        if name.startswith("."):
            self.add(AnomalyKind.DOT, path)
        if " " in name:
            self.add(AnomalyKind.BLANK, path)
        if not name.isprintable() and (_CONTROL.search(name) or _UNDECODABLE.search(name)):
            detail = "not UTF-8" if _UNDECODABLE.search(name) else "control characters"
            self.add(AnomalyKind.CONTROL, path, detail)

    def clashes(self, path: str, names: list[str]) -> None:
        groups: dict[str, list[str]] = defaultdict(list)
        for name in names:
            groups[name.casefold()].append(name)
        for group in groups.values():
            if len(group) > 1:
                self.add(AnomalyKind.CLASH, f"{path}/{min(group)}", listed(group))

    def _is_pointer(self, path: str) -> bool:
        content = read_whole(self.listing.place(path), LFS_BYTES.stop)
        return not isinstance(content, Unreadable) and content.startswith(LFS_HEAD)


def find_anomalies(listing: Listing, start: str, max_file_bytes: int) -> Anomalies:
    """All anomalies at and below the folder ``start``."""
    collector = _Collector(listing, max_file_bytes)
    for path, folder in listing.below(start):
        collector.folder(path, folder)
    return Anomalies(
        found={kind: tuple(found) for kind, found in collector.found.items()},
        counts=dict(collector.counts),
    )
