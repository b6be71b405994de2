"""The reviewer's commands for the READMEs: with the tree's names and mounts, without privileges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from submission.artifacts.private import names_of
from submission.loadgen.names import ACCURACY_FILE
from submission.mounts import DATA, LOGS, TREE
from submission.readmes.source import ReadmeSource
from submission.terms import RunId
from submission.tree.grammar import SUMS_FILE
from submission.tree.texts import ShellCommand
from submission.workspace.folders import DEFAULT_WORKSPACE, run_place

RUN = (
    'docker run --rm --user "$(id -u):$(id -g)" --read-only --tmpfs /tmp --network none \\',
    f'  -v "$PWD":{TREE}:ro \\',
)
LOG = f"{LOGS}/{ACCURACY_FILE}"
CLAIMED = "This tree claims"


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """The result that the commands name, and the figures of its two runs."""

    accuracy: RunId
    performance_seen: str
    accuracy_seen: str


def review_commands(source: ReadmeSource, of: Reviewed) -> tuple[ShellCommand, ...]:
    """check, verify, score, reproduce, info; all are run in the root of the tree."""
    return tuple(_commands(source, of))


def _commands(source: ReadmeSource, of: Reviewed) -> Iterator[ShellCommand]:
    image, profile = source.image, source.profile
    # named, since the tree may be joined with those of other systems
    system = f"--system {source.names.system_desc_id}"
    cell = f"{system} --benchmark {of.accuracy.benchmark} --scenario {of.accuracy.scenario}"
    data, data_words = _data_mount(source)
    waivers = f" --profile {profile.name}"
    yield ShellCommand(
        title=f"Check every rule of the round, from the root of the tree (where {SUMS_FILE} lies)",
        lines=(*RUN, f"  {image} check{waivers if profile.waivers else ''}"),
    )
    yield ShellCommand(
        title="Compare the tree with its sums, the model with its manifest, the sources and the "
        "runs' metadata with what the image was built from; take the image, or its id, from a "
        "source other than this tree: the submitter's registry, or a build of your own from the "
        "kit's own repository (docker images --no-trunc shows the id, info the fingerprint)",
        lines=(*RUN, f"  {image} verify"),
    )
    yield ShellCommand(
        title="Score the whole accuracy log again; LOG is its path (the tree holds its beginning "
        f"and its end only; the submitter has the whole log in {DEFAULT_WORKSPACE}/"
        f"{run_place(profile.name, of.accuracy)}/{ACCURACY_FILE}, or in another WORKSPACE, and "
        "reproduce --keep writes one)" + data_words,
        lines=(*RUN, f'  -v "$LOG":{LOG}:ro \\', *data, f"  {image} score {cell}"),
        seen=of.accuracy_seen,
        seen_is=CLAIMED,
    )
    yield ShellCommand(
        title="Measure this result again, for some seconds: an Offline rate may then differ by "
        "15 %, and Server must keep up with its schedule; without --quick it takes as long as the "
        "claimed run, and rates within 5 % are accepted (--tolerance)" + data_words,
        lines=(*RUN, *data, f"  {image} reproduce {cell} --quick"),
        seen=of.performance_seen,
        seen_is=CLAIMED,
    )
    yield ShellCommand(
        title="See versions, the processor, what OpenVINO would use, and what in the host's "
        "state may spoil a measurement",
        lines=(RUN[0], f"  {image} info"),
    )


def _data_mount(source: ReadmeSource) -> tuple[tuple[str, ...], str]:
    """The mount of a data set that is not in the tree, and its description."""
    if source.data_is_carried():
        return (), ""
    dataset = source.profile.dataset
    manifest = source.manifest(dataset)
    names = names_of(manifest)
    words = f"; SQUAD is a folder with {names} (make data fetches them)"
    if manifest.private:
        words = (
            f"; the questions are private and not in this tree: ask the submitter for {names}, and "
            "put them under these names into a folder, whose path is SQUAD (to measure with the "
            f"kit itself, into models/{dataset}/ of its sources)"
        )
    return (f'  -v "$SQUAD":{DATA}:ro \\',), words
