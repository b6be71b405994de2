"""Reads the power logs of a result and the analyzer's samples of the two runs that it measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from submission.checks.result_facts import PowerFacts, RunFacts
from submission.loadgen import (
    DetailLog,
    Document,
    PowerSamples,
    StatedPower,
    Unreadable,
    has_sha1,
    parse_time,
    read_document,
    read_power_samples,
    read_stated_power,
    sha1_of,
)
from submission.tree.grammar import PERFORMANCE, PERFORMANCE_RUN, POWER, RANGING_RUN
from submission.tree.listing import Listing

VOUCHED_FOLDERS = frozenset(
    run.removeprefix(f"{PERFORMANCE}/") for run in (POWER, RANGING_RUN, PERFORMANCE_RUN)
)
PTD_LOG = "ptd_logs.txt"
DESCRIPTIONS = ("client.json", "server.json")


def power_facts(
    listing: Listing,
    path: str,
    performance: RunFacts | None,
    ranging: RunFacts | None,
    *,
    lenient: bool = False,
) -> PowerFacts:
    """The power facts of a result folder; ``lenient``: see ``read_power_samples``."""
    folder, ranging_folder = f"{path}/{POWER}", f"{path}/{RANGING_RUN}"
    files = listing.files(folder)
    documents = _documents(listing, folder, files)
    testing = _samples(listing, performance, lenient=lenient)
    return PowerFacts(
        folder=folder,
        files=files,
        ranging_folder=ranging_folder,
        ranging_files=listing.files(ranging_folder),
        ranging_exists=listing.folder(ranging_folder) is not None,
        testing=testing,
        ranging=_samples(listing, ranging, lenient=lenient),
        documents=documents,
        altered=tuple(_altered(listing, path, documents)),
        stated=_stated(listing, folder, files, testing),
    )


def _documents(
    listing: Listing, folder: str, files: Mapping[str, int]
) -> dict[str, Document | Unreadable]:
    names = [name for name in DESCRIPTIONS if name in files]
    return {name: read_document(listing.place(f"{folder}/{name}")) for name in names}


def _samples(
    listing: Listing, run: RunFacts | None, *, lenient: bool
) -> PowerSamples | Unreadable | None:
    """The power samples of a run between the times that its log names."""
    if run is None or not isinstance(run.detail, DetailLog) or "spl.txt" not in run.files:
        return None
    begin, end = (parse_time(run.detail.get(key)) for key in ("power_begin", "power_end"))
    if begin is None or end is None:
        return None
    return read_power_samples(listing.place(f"{run.folder}/spl.txt"), begin, end, lenient=lenient)


def _stated(
    listing: Listing,
    folder: str,
    files: Mapping[str, int],
    samples: PowerSamples | Unreadable | None,
) -> StatedPower | None:
    """What PTDaemon's log says of the samples with the mark of these."""
    if PTD_LOG not in files or not isinstance(samples, PowerSamples) or len(samples.marks) != 1:
        return None
    return read_stated_power(listing.place(f"{folder}/{PTD_LOG}"), samples.marks[0])


def _altered(
    listing: Listing, path: str, documents: Mapping[str, Document | Unreadable]
) -> Iterator[tuple[str, str, str, str]]:
    """Files that client or server vouch for by a SHA-1 digest (their choice) that they have not."""
    for name, document in documents.items():
        vouched = document.value.get("results") if isinstance(document, Document) else None
        for below, digest in vouched.items() if isinstance(vouched, dict) else ():
            folder, _, file = below.partition("/")
            whole = f"{path}/{PERFORMANCE}/{folder}"
            if folder not in VOUCHED_FOLDERS or file not in listing.files(whole):
                continue
            place = listing.place(f"{whole}/{file}")
            if not has_sha1(place, str(digest)):
                yield name, below, str(digest), sha1_of(place) or "none, it cannot be read"
