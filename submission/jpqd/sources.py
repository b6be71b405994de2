"""What a training starts from, by manifest: base, teacher and questions, fetched and verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.errors import UsageError
from submission.files import sha256_of
from submission.jpqd.config import JpqdConfig
from submission.jpqd.corpus import Question, held_out, read_qamr, read_squad
from submission.settings.suggestion import did_you_mean
from submission.weights.fetch import fetch
from submission.weights.manifest import MANIFEST, Manifest, load_manifest
from submission.weights.progress import Tell, silent
from submission.weights.rejoin import rejoin
from submission.weights.sources import Reach

SQUAD_FORM = (".json", ".json.xz")
UPSTREAM = "upstream"  # what is only trained from; nobody wants it of `make models`


@dataclass(frozen=True, kw_only=True)
class Source:
    """A manifest, and the folder that holds its files, whole and verified."""

    manifest: Manifest
    folder: Path

    def path(self, role: str) -> Path:
        """The file of a role; raises UsageError if the manifest names none."""
        return self.folder / self.manifest.role(role).name

    def digests(self) -> dict[str, str]:
        """SHA-256 by name of the file, of what lies there: some sums are not public."""
        return {file.name: sha256_of(self.folder / file.name) for file in self.manifest.files}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """All that a configuration names."""

    base: Source
    teacher: Source
    data: Source

    def digests(self) -> dict[str, dict[str, str]]:
        """Of every file that goes into the training."""
        parts = {"base": self.base, "teacher": self.teacher, "data": self.data}
        return {name: source.digests() for name, source in parts.items()}


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Those to learn from, and those that select and are never learned from."""

    training: tuple[Question, ...]
    selecting: tuple[Question, ...]


def bring(
    config: JpqdConfig, *, manifests: Path, workspace: Path, reach: Reach, tell: Tell = silent
) -> Sources:
    """Fetch, verify and join what the configuration names into ``workspace``.

    Raises UsageError for a name without a manifest, StageError for what cannot be had.
    """

    def model(name: str) -> Source:
        manifest, parts = _manifest(name, manifests), workspace / "parts" / name
        fetch(manifest, parts, reach=reach, tell=tell)
        folder = workspace / "models" / name
        rejoin(manifest, parts, folder, tell=tell)
        return Source(manifest=manifest, folder=folder)

    base = model(config.base)
    teacher = base if config.teacher == config.base else model(config.teacher)
    manifest, folder = _manifest(config.data, manifests), workspace / "data" / config.data
    fetch(manifest, folder, reach=reach, tell=tell)
    return Sources(base=base, teacher=teacher, data=Source(manifest=manifest, folder=folder))


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


def divide(questions: Sequence[Question], *, share: float) -> Questions:
    """Whole contexts are held out; of those only questions in SQuAD's form select."""
    kept = [question for question in questions if not held_out(question, share=share)]
    apart = [question for question in questions if held_out(question, share=share)]
    return Questions(
        training=tuple(kept),
        selecting=tuple(question for question in apart if question.source.endswith(SQUAD_FORM)),
    )


def _manifest(name: str, manifests: Path) -> Manifest:
    places = (manifests, manifests / UPSTREAM)
    for place in places:
        if (place / name / MANIFEST).is_file():
            return load_manifest(place / name)
    known = [path.parent.name for place in places for path in place.glob(f"*/{MANIFEST}")]
    raise UsageError(
        f"there is no manifest of {name}",
        detail=f"{manifests / name / MANIFEST} does not exist, nor {UPSTREAM}/{name}/{MANIFEST}",
        hint=did_you_mean(name, known),
    )
