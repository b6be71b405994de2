"""Reads the power logs of a result and the analyzer's samples of the two runs that it measured."""

from __future__ import annotations

from collections.abc import Mapping

from submission.checks.result_facts import PowerFacts, RunFacts
from submission.loadgen import (
    DetailLog,
    Document,
    PowerSamples,
    Unreadable,
    parse_time,
    read_document,
    read_power_samples,
    sha1_of,
)
from submission.tree.grammar import PERFORMANCE, PERFORMANCE_RUN, POWER, RANGING_RUN
from submission.tree.listing import Listing

DESCRIPTIONS = ("client.json", "server.json")


def power_facts(
    listing: Listing,
    path: str,
    performance: RunFacts | None,
    ranging: RunFacts | None,
    *,
    thorough: bool,
    lenient: bool = False,
) -> PowerFacts:
    """The power facts of a result folder; ``thorough`` adds the digests of its files.

    ``lenient``: see ``read_power_samples``.
    """
    folder, ranging_folder = f"{path}/{POWER}", f"{path}/{RANGING_RUN}"
    files = listing.files(folder)
    return PowerFacts(
        folder=folder,
        files=files,
        ranging_folder=ranging_folder,
        ranging_files=listing.files(ranging_folder),
        ranging_exists=listing.folder(ranging_folder) is not None,
        testing=_samples(listing, performance, lenient=lenient),
        ranging=_samples(listing, ranging, lenient=lenient),
        documents=_documents(listing, folder, files),
        digests=_digests(listing, path) if thorough else {},
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


def _digests(listing: Listing, path: str) -> dict[str, str]:
    """SHA-1 of the files that power client and server vouch for (they chose that digest)."""
    found = {}
    for folder in (POWER, RANGING_RUN, PERFORMANCE_RUN):
        for name in listing.files(f"{path}/{folder}"):
            digest = sha1_of(listing.place(f"{path}/{folder}/{name}"))
            if digest is not None:
                found[f"{folder}/{name}".removeprefix(f"{PERFORMANCE}/")] = digest
    return found
