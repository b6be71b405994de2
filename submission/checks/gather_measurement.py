"""Reads the measurements folder of a result and what it points to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, islice

from submission.checks.facts import BenchmarkFacts, SystemFacts
from submission.checks.result_facts import MeasurementFacts
from submission.loadgen import Conf, Document, Unreadable, read_conf, read_document, read_whole
from submission.loadgen.names import MLPERF_CONF, USER_CONF
from submission.tree.grammar import README, RUN_METADATA, Area
from submission.tree.listing import Listing

README_BYTES = 1 << 20
POINTER_BYTES = 4096
READMES_KEPT = 500


def measurement_facts(
    listing: Listing, benchmark: BenchmarkFacts, scenario: str
) -> MeasurementFacts:
    """The facts of one measurements folder."""
    system = benchmark.system
    base = system.submitter.path
    folder = benchmark.place(Area.MEASUREMENTS, scenario)
    files = listing.files(folder)
    name = system.submitter.layout.description_among(files, system.system, scenario)
    document = read_document(listing.place(f"{folder}/{name}")) if name else None
    code = code_paths(listing, benchmark, name, scenario) if name else ()
    weights = _path_in_tree(document)
    facts = MeasurementFacts(
        folder=folder,
        exists=listing.folder(folder) is not None,
        files=files,
        json_name=name,
        document=document,
        mlperf_conf=_conf(listing, folder, files, MLPERF_CONF),
        user_conf=_conf(listing, folder, files, USER_CONF),
        readme=_readme(listing, folder, files),
        code_paths=code,
        code_exists=any(listing.exists(path) for path in code),
        code_has_files=any(_has_files(listing, path) for path in code),
        weights_path=weights,
        weights_reachable=weights is None or _reachable(listing, weights, base, folder),
        runs={
            n: read_document(listing.place(f"{folder}/{n}"))
            for n in RUN_METADATA.values()
            if n in files
        },
    )
    return replace(facts, other_readmes=_readmes(listing, system)) if facts.is_blank else facts


def _readmes(listing: Listing, system: SystemFacts) -> tuple[tuple[str, int], ...]:
    """The first READMEs of the submitter and of its code, with their sizes."""
    submitter = system.submitter
    folders = chain(
        ((path, listing.files(path)) for path in (submitter.path,)),
        ((path, found.files) for path, found in listing.below(submitter.place(Area.CODE))),
    )
    found = (
        (f"{folder}/{name}", size)
        for folder, files in folders
        for name, size in files.items()
        if name.lower().startswith("readme")
    )
    return tuple(islice(found, READMES_KEPT))


def code_paths(
    listing: Listing, benchmark: BenchmarkFacts, name: str, scenario: str
) -> tuple[str, ...]:
    """Where the code may lie: in the folder of the implementation, else in that of the benchmark.

    In place of the benchmark's folder there may be a file that names another folder of code.
    """
    submitter = benchmark.system.submitter
    if submitter.layout.depth(Area.CODE) == 0:
        return (submitter.place(Area.CODE),)
    folder = submitter.place(Area.CODE, benchmark.folder)
    if listing.has_file(folder):
        content = read_whole(listing.place(folder), POINTER_BYTES)
        text = "" if isinstance(content, Unreadable) else content.decode("utf-8", "replace")
        steps = [step for step in text.strip().split("/") if step not in ("", ".")]
        if not steps or ".." in steps or "\x00" in text:
            return ()
        folder = "/".join((submitter.place(Area.CODE), *steps))
    impl = submitter.layout.implementation_of(name, benchmark.system.system, scenario)
    return (f"{folder}/{impl}", folder) if impl else (folder,)


def _conf(
    listing: Listing, folder: str, files: Mapping[str, int], name: str
) -> Conf | Unreadable | None:
    return read_conf(listing.place(f"{folder}/{name}")) if name in files else None


def _readme(listing: Listing, folder: str, files: Mapping[str, int]) -> str | Unreadable | None:
    if README not in files:
        return None
    content = read_whole(listing.place(f"{folder}/{README}"), README_BYTES)
    return content if isinstance(content, Unreadable) else content.decode("utf-8", "replace")


def _has_files(listing: Listing, path: str) -> bool:
    """Whether a file, or a folder with a file somewhere in it, is there."""
    if listing.has_file(path):
        return True
    return any(folder.files for _, folder in listing.below(path))


def _path_in_tree(document: Document | Unreadable | None) -> str | None:
    """What weight_transformations points to, if it looks like a path and not like prose."""
    if not isinstance(document, Document):
        return None
    value = document.value.get("weight_transformations")
    if not isinstance(value, str) or not 0 < len(value) < POINTER_BYTES:
        return None
    words = value.strip()
    if " " in words or "://" in words or "/" not in words or "\x00" in words:
        return None
    return words


def _reachable(listing: Listing, path: str, base: str, folder: str) -> bool:
    """Whether a path exists as seen from the root, the submitter or the folder itself."""
    for start in ("", f"{base}/", f"{folder}/"):
        steps: list[str] = []
        for step in f"{start}{path}".split("/"):
            if step == "..":
                steps = steps[:-1]
            elif step not in ("", "."):
                steps.append(step)
        if listing.exists("/".join(steps)):
            return True
    return False
