"""What a training starts from, by manifest: base, teacher and questions, fetched and verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.bring import bring, files_folder
from submission.artifacts.catalogue import find_manifest
from submission.artifacts.manifest import MANIFEST, File, Manifest, load_manifest
from submission.artifacts.progress import ReportStep, note, silent
from submission.errors import StageError, UsageError
from submission.files import sha256_of
from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.corpus import Question, held_out, read_qamr, read_squad
from submission.workspace.folders import Workspace

SQUAD_FORM = (".json", ".json.xz")
DEV_SET = "squad"  # what a trained model is scored by, and must never have seen
UPSTREAM = "upstream"  # used by training only; `make models` leaves it alone


@dataclass(frozen=True, kw_only=True)
class Source:
    """A manifest, and the folder that holds its files, whole and verified."""

    manifest: Manifest
    folder: Path

    def path(self, role: str) -> Path:
        """The file of a role; raises UsageError if the manifest names none."""
        return self.folder / self.manifest.role(role).name

    def digests(self) -> dict[str, str]:
        """SHA-256 of each file that is there, by name: some sums are not public."""
        return {file.name: sha256_of(self.folder / file.name) for file in self.manifest.files}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a configuration names; ``dev_set`` is the file to compare with, if present."""

    base: Source
    teacher: Source
    data: Source
    dev_set: Path | None = None

    def digests(self) -> dict[str, dict[str, str]]:
        """Of every file that goes into the training."""
        parts = {"base": self.base, "teacher": self.teacher, "data": self.data}
        return {name: source.digests() for name, source in parts.items()}


@dataclass(frozen=True, kw_only=True)
class QuestionSplit:
    """Those to learn from, and those that select and are never learned from."""

    training: tuple[Question, ...]
    selecting: tuple[Question, ...]


def bring_sources(
    config: JpqdConfig, workspace: Workspace, *, report: ReportStep = silent
) -> Sources:
    """Fetch, verify and join what the configuration names.

    Raises UsageError for a name without a manifest and for data that are the dev set's, StageError
    for what cannot be fetched. Without a manifest of the dev set (a note says so) the data are not
    compared with it.
    """
    names = (config.base, config.teacher, config.data)
    manifests = {name: _manifest(name, workspace.manifests) for name in names}
    manifest, dev_set = manifests[config.data], _dev_set(workspace.manifests, report)
    sums = {file.name: file.checksums.sha256 for file in manifest.files}
    refuse_dev_set(sums, dev_set, manifest)  # before gigabytes are fetched

    def brought(name: str) -> Source:
        bring(workspace, manifests[name], report=report)
        return Source(manifest=manifests[name], folder=files_folder(workspace, manifests[name]))

    base = brought(config.base)
    teacher = base if config.teacher == config.base else brought(config.teacher)
    data = brought(config.data)
    refuse_dev_set(data.digests(), dev_set, manifest)
    folders = (workspace.data_folder(DEV_SET), workspace.fetched_data_folder(DEV_SET))
    there = [folder / dev_set.name for folder in folders] if dev_set else []
    return Sources(
        base=base,
        teacher=teacher,
        data=data,
        dev_set=next((path for path in there if path.is_file()), None),
    )


def _dev_set(manifests: Path, report: ReportStep) -> File | None:
    """The dev set's file by its manifest; None, with a note, where the folder has none."""
    found = _find(DEV_SET, manifests)
    if found is None:
        words = f"no manifest of it in {manifests}: the training data is not compared with it"
        note(report, DEV_SET, words)
        return None
    return load_manifest(found).role("data")


def refuse_dev_set(digests: Mapping[str, str | None], dev_set: File | None, data: Manifest) -> None:
    """Raise UsageError if a file to learn from, by its SHA-256, is the dev set's.

    None stands for a dev set without a manifest: nothing is compared.
    """
    if dev_set is None:
        return
    for name, digest in digests.items():
        if digest is not None and digest == dev_set.checksums.sha256:
            raise UsageError(
                "a model may not be trained on the data that scores it",
                detail=f"{data.name}: {name} is {dev_set.name} of {DEV_SET}, by its SHA-256",
                hint="name other data in the configuration (squad-train, squad-v1.1-train)",
            )


def refuse_dev_contexts(questions: Iterable[Question], dev_set: Path | None) -> None:
    """Raise StageError if a question to learn from is about a text of the dev set.

    Catches what no digest can: the dev set's questions in another file. Nothing is compared with
    None, which stands for a dev set that was not fetched.
    """
    if dev_set is None:
        return
    texts = {_words(question.context) for question in read_squad(dev_set)}
    shared = next((each for each in questions if _words(each.context) in texts), None)
    if shared is not None:
        raise StageError(
            "the training data holds texts of the dev set",
            detail=f"{shared.source}: {shared.context[:80]!r} is in {dev_set}",
            hint="remove them: a model may not be trained on the data that scores it",
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.lower().split())


def read_questions(data: Source, *, limit: int | None = None) -> list[Question]:
    """Every question, file after file in the manifest's order; at most ``limit``, evenly of all."""
    found: list[Question] = []
    for file in data.manifest.files:
        path = data.folder / file.name
        if file.role != "data":
            continue
        if file.name.endswith(SQUAD_FORM):
            found += read_squad(path)
        else:
            found += read_qamr(path, data.path("sentences"))
    if limit is None or limit >= len(found):
        return found
    return [found[place * len(found) // limit] for place in range(limit)]


def divide(questions: Sequence[Question], *, share: float) -> QuestionSplit:
    """Whole contexts are held out; of those only questions in SQuAD's form select."""
    kept = [question for question in questions if not held_out(question, share=share)]
    apart = [question for question in questions if held_out(question, share=share)]
    return QuestionSplit(
        training=tuple(kept),
        selecting=tuple(question for question in apart if question.source.endswith(SQUAD_FORM)),
    )


def _find(name: str, manifests: Path) -> Path | None:
    """The folder with the manifest of that name, if there is one."""
    folders = (place / name for place in _places(manifests))
    return next((folder for folder in folders if (folder / MANIFEST).is_file()), None)


def _places(manifests: Path) -> tuple[Path, ...]:
    return manifests, manifests / UPSTREAM


def _manifest(name: str, manifests: Path) -> Manifest:
    return load_manifest(find_manifest(name, *_places(manifests)))
