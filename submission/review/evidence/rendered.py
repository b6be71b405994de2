"""Evidence on every word of the READMEs: rendered again from the tree's own data and compared.

The templates are those of the kit that runs here, never the tree's: what a tree says of itself is
not a program to run. A tree that another kit made is left to that kit's image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from filecmp import cmp
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import CALIBRATION, MANIFEST, Manifest, load_manifest
from submission.artifacts.private import is_beside
from submission.container.context import fingerprint
from submission.container.witnesses import profile_of
from submission.errors import KitError, StageError, UsageError
from submission.loadgen.counts import counts_of, settings_count
from submission.loadgen.squad_text import SquadAccuracy
from submission.policy.model import Policy
from submission.readmes.notes import faults, split_notes
from submission.readmes.texts import Texts
from submission.review.claim import claimed_settings
from submission.review.evidence.model import Examined, Statement
from submission.runs.spec import terms_for
from submission.squad.dataset import DEV_QUESTIONS, SQUAD, load_dataset
from submission.squad.question_scores import QuestionScores, read_question_scores
from submission.terms import NS_PER_MS, LoadgenSettings, Mode, RunId, Scenario
from submission.tree.contents import Contents, NamedTree, contents
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.grammar import KIT_MODELS, KIT_PROFILES, LAYOUTS, README, Area
from submission.tree.joined_head import joined_head
from submission.tree.order import SubmissionNames
from submission.tree.parts import is_joined, joined_text, parts_of
from submission.wording import counted
from submission.workspace.profile import Profile, load_profile, profile_names, with_own

#: differing places of one text that are named
SHOWN = 5
#: of a README; comparing takes the square of it
MOST_LINES = 5000
QUESTIONS = re.compile(r"\(([\d,]{1,20}) questions, ")
# LoadGen logs six digits of a rate
SHARE = 1e-5
OWN_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, kw_only=True)
class TreeSource:
    """What a finished tree says of one submission, for its READMEs.

    ``cells`` are the results of one submitter on one system, ``kit`` the folder of the sources.
    """

    tree: FinishedTree
    cells: tuple[ClaimedCell, ...]
    kit: Path

    @property
    def _first(self) -> ClaimedCell:
        return self.cells[0]

    @cached_property
    def names(self) -> SubmissionNames:
        """The names of the folders, in the open division: the kit makes no other."""
        place = self._first.place
        return SubmissionNames(
            layout=LAYOUTS[self.policy.layout],
            submitter=place.submitter,
            system_desc_id=place.system,
            implementation=self.profile.implementation,
        )

    @cached_property
    def profile(self) -> Profile:
        """The profile among the kit's sources that the runs name, or that theirs was made of.

        Raises UsageError if there is none, or if the tree does not hold the results it asks for.
        """
        metadata = self._first.metadata(Mode.PERFORMANCE)
        found = named_profile(
            self.kit / KIT_PROFILES,
            metadata["profile"],
            models=list(dict.fromkeys(cell.benchmark for cell in self.cells)),
            dataset=metadata["dataset"]["name"],
        )
        asked = {(b.model, s) for b in found.benchmarks for s in b.scenarios}
        there = {(cell.benchmark, cell.scenario) for cell in self.cells}
        if asked != there:
            raise UsageError(
                f"results of {metadata['profile']}",
                detail=_results(there),
                hint=f"{_results(asked)}, as its profile says",
            )
        return found

    @property
    def policy(self) -> Policy:
        """What the round fixes."""
        return self.tree.policy

    @cached_property
    def image(self) -> str:
        """The name of the image in the metadata of the first run."""
        run = self.profile.benchmarks[0].run_ids[0]
        name: str = self.metadata(run)["image"]["reference"]
        return name

    @property
    def system(self) -> Mapping[str, str]:
        """The system description; StageError without one."""
        found = self.tree.systems().get(self._first.system)
        if found is None or "system_name" not in found:
            raise StageError(
                self.tree.layout.path(Area.SYSTEMS, self._first.place.owner, self._first.system),
                detail="no description that can be read",
                hint="the machine of the READMEs",
            )
        return found

    def cell(self, benchmark: str, scenario: Scenario) -> ClaimedCell:
        wanted = (benchmark, scenario)
        return next(c for c in self.cells if (c.benchmark, c.scenario) == wanted)

    def manifest(self, name: str) -> Manifest:
        """The manifest in a model's folder, or of a data set among the kit's sources."""
        for cell in self.cells:
            if cell.benchmark == name:
                return cell.model()[1]
        return load_manifest(self.kit / KIT_MODELS / name / MANIFEST)

    def calibration(self, model: str) -> str | None:
        """The model's calibration.md among the kit's sources."""
        path = self.kit / KIT_MODELS / model / CALIBRATION
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def given_texts(self) -> set[str]:
        """The paths of texts that only a person's own folder of models has (BERT_MODEL_DIR).

        The manifest beside such a model is another one than that among the kit's sources.
        """
        found = set()
        for model in dict.fromkeys(cell.benchmark for cell in self.cells):
            own, carried = self.manifest(model).path, self.kit / KIT_MODELS / model / MANIFEST
            converted = carried.is_file() and load_manifest(carried).is_onnx
            if not converted and not (carried.is_file() and cmp(own, carried, shallow=False)):
                found.add(self.names.calibration_readme(model))
        return found

    def metadata(self, run: RunId) -> Mapping[str, Any]:
        """The metadata of a run."""
        return self.cell(run.benchmark, run.scenario).metadata(run.mode)

    def log(self, run: RunId) -> Mapping[str, Any]:
        """The values of a run's detail log."""
        return self.cell(run.benchmark, run.scenario).log(run.mode).values

    def settings(self, run: RunId) -> LoadgenSettings:
        """Of a performance run by its conf files, of an accuracy run by what its log says."""
        cell = self.cell(run.benchmark, run.scenario)
        model = terms_for(self.policy, run.benchmark, self.manifest(run.benchmark)).loadgen_model
        claimed = claimed_settings(cell, self.policy, model)
        if run.mode is Mode.PERFORMANCE:
            return claimed
        return self._logged(run, claimed.target_qps)

    def _logged(self, run: RunId, claimed_qps: float) -> LoadgenSettings:
        log = self.log(run)
        server = run.scenario is Scenario.SERVER
        rate = "server_target_qps" if server else "offline_expected_qps"
        logged_qps = log[f"requested_{rate}"]
        numbers = self.profile.benchmark(run.benchmark).runs[run.scenario, run.mode]
        exact = (q for q in (claimed_qps, numbers.target_qps) if q and _near(q, logged_qps))
        return LoadgenSettings(
            **self.policy.seeds.by_key(),
            **counts_of(run.scenario, log["requested_min_query_count"]),
            performance_sample_count=log["requested_performance_sample_count_override"],
            min_duration_ms=log["requested_min_duration_ms"],
            target_qps=next(exact, logged_qps),
            target_latency_ns=log["requested_server_target_latency_ns"] if server else None,
            target_latency_percentile=log["requested_server_target_latency_percentile"]
            if server
            else None,
        )

    def accuracy(self, benchmark: str, scenario: Scenario) -> SquadAccuracy:
        """F1, exact match and digest of the log, as accuracy.txt claims them."""
        return self.cell(benchmark, scenario).claimed_accuracy

    def question_scores(self, benchmark: str, scenario: Scenario) -> QuestionScores | None:
        """What each question scored, where the tree says so."""
        return read_question_scores(self.cell(benchmark, scenario).question_scores)

    def question_count(self) -> int:
        """The questions of the data set, which the tree mostly carries; else SQuAD's.

        Of other data that is not here nobody can count them, and the README's number is taken.
        """
        manifest = self.manifest(self.profile.dataset)
        path = manifest.path.with_name(manifest.role("data").name)
        if path.is_file():
            return len(load_dataset(path).examples)
        if manifest.name == SQUAD:
            return DEV_QUESTIONS
        text = (self.tree.root / self.names.owner / README).read_text(encoding="utf-8")
        stated = QUESTIONS.search(text)
        return int(stated[1].replace(",", "")) if stated else 0

    def data_is_carried(self) -> bool:
        """Whether the data set's files lie beside its manifest."""
        return is_beside(self.manifest(self.profile.dataset))


def named_profile(folder: Path, name: str, *, models: list[str], dataset: str) -> Profile:
    """The profile of that name, or made of one in ``folder`` for the model or data that ran.

    Raises UsageError if none can have that name.
    """
    base = profile_of(name, profile_names(folder))
    if base is not None:
        own = load_profile(folder, base)
        tried = ((None, None), (None, dataset), (models[0], dataset), (models[0], None))
        for model, data in tried:
            made = with_own(own, model=model, dataset=data)
            if made.name == name and {b.model for b in made.benchmarks} == set(models):
                return made
        if base == name:
            return own
    raise UsageError(
        f"profile {name}",
        detail=f"of {', '.join(models)} on {dataset}",
        hint=f"one of {', '.join(profile_names(folder))}, or made of one by MODEL and DATA",
    )


def texts(subject: Examined) -> Iterator[Statement]:
    """Every line of every text that the kit renders; then the notes of people below them.

    A README that was joined is compared part by part, and once more as a whole.
    """
    root, wanted = subject.tree.root, _wanted(subject)
    joined: dict[str, str] = {}
    for path, every in wanted.items():
        text = _text(root / path)
        if text is not None and is_joined(text):
            joined[path] = text
            yield from compared_parts(path, text, every)
        else:
            for expected in dict.fromkeys(expected for _, expected in every):
                yield from compared(path, text, expected)
    if joined:
        tree = contents(NamedTree(name="the tree", root=root), subject.tree.round)
        for path, text in joined.items():
            yield from _whole(path, text, tree)


def _wanted(subject: Examined) -> dict[str, list[tuple[str, str]]]:
    """Path -> (system, text) of every text that the kit renders."""
    found: dict[str, list[tuple[str, str]]] = {}
    for source in _sources(subject):
        given = source.given_texts()
        for path, expected in Texts(source).by_path():
            if path not in given:
                found.setdefault(path, []).append((source.names.system_desc_id, expected))
    return found


def compared_parts(at: str, text: str, every: list[tuple[str, str]]) -> Iterator[Statement]:
    """The parts of a joined README, each with a text of its system; the rest is a person's."""
    parts = dict(parts_of(split_notes(text)[0], {system for system, _ in every}, at=at))
    for system, expected in every:
        about = [part for part, systems in parts.items() if system in systems]
        if not about:
            yield Statement(at, f"text about {system}", "no text", "one that the kit writes")
            continue
        own = max(about, key=lambda part: _likeness(part, expected))
        yield from compared(at, own, expected)
        left = parts.pop(own) - {system}
        # the same text may be about several systems
        parts |= {own: left} if left else {}
    for part in parts:
        for fault in faults(part):
            yield Statement(at, "notes of the submitter,", fault, "notes that look like notes")


def _likeness(part: str, expected: str) -> float:
    head, _ = split_notes(part)
    return SequenceMatcher(a=head, b=expected, autojunk=False).quick_ratio()


def _whole(at: str, text: str, tree: Contents) -> Iterator[Statement]:
    """Marks, order and head of a README of several systems, as a join writes them."""
    parts = parts_of(split_notes(text)[0], tree.systems_of(at), at=at)
    systems = frozenset[str]().union(*parts.values())
    yield from compared(at, text, joined_text(parts, joined_head([tree], at, systems), at=at))


def profile_numbers(subject: Examined) -> Iterator[Statement]:
    """What runs were asked for against the numbers of their profile among the kit's sources."""
    for source in _sources(subject, every=True):
        for cell in source.cells:
            for mode in Mode:
                at, value = subject.tree.inside(cell.metadata_file(mode)), cell.metadata(mode)
                yield Statement(at, "submittable", value["submittable"], source.profile.submittable)
        for run in (run for each in source.profile.benchmarks for run in each.run_ids):
            numbers = source.profile.benchmark(run.benchmark).runs[run.scenario, run.mode]
            at = subject.tree.inside(
                source.cell(run.benchmark, run.scenario).metadata_file(run.mode)
            )
            settings, metadata = source.settings(run), source.metadata(run)
            for name, number in asdict(numbers).items():
                wanted = mended_number(metadata, name, number)
                stated = _setting(settings, name)
                if wanted is not None and stated is not None:
                    near = _near(stated, wanted)
                    yield Statement(at, f"{name} of the run", wanted if near else stated, wanted)
            if run.mode is Mode.PERFORMANCE:
                counted = settings_count(settings, run.scenario)
                logged = source.log(run).get("requested_min_query_count")
                yield Statement(at, "min_query_count of the run", counted, logged)


def mended_number(metadata: Mapping[str, Any], name: str, number: float | None) -> float | None:
    """A number of a profile, or by the metadata the rate that was found, and what was mended."""
    if name == "target_qps" and "found_rate" in metadata:
        number = metadata["found_rate"]["target_qps"]
    after = [each["after"] for each in metadata.get("mended", ()) if each["setting"] == name]
    return after[-1] if number is not None and after else number


def _setting(settings: LoadgenSettings, name: str) -> float | None:
    """A number of a profile as the settings have it."""
    if name == "target_latency_ms":
        bound = settings.target_latency_ns
        return None if bound is None else bound / NS_PER_MS
    value: float | None = getattr(settings, name, None)
    return value


def other_kit(subject: Examined) -> str | None:
    """Why nothing was rendered: other sources made the tree."""
    if subject.tree.kit_folders() and subject.tree.cells:
        return "the kit's sources in the tree are not those that run here: their image renders it"
    return None


def compared(at: str, text: str | None, expected: str) -> Iterator[Statement]:
    """The lines of a text against those expected; notes at its end only need to look like notes."""
    if text is None:
        yield Statement(at, "", "no file", "a README that the kit writes")
        return
    head, notes = split_notes(text)
    found, wanted = head.rstrip("\n").split("\n"), expected.rstrip("\n").split("\n")
    if len(found) > MOST_LINES:
        yield Statement(at, "", f"{len(found)} lines", f"{len(wanted)} lines")
        return
    matched = SequenceMatcher(a=found, b=wanted, autojunk=False).get_opcodes()
    differing = [
        _differing(at, found[i:j], wanted[k:m], i) for tag, i, j, k, m in matched if tag != "equal"
    ]
    yield from islice(differing, SHOWN)
    if len(differing) > SHOWN:
        yield Statement(at, "", f"{len(differing) - SHOWN} more places that differ", "none")
    equal = sum(j - i for tag, i, j, _, _ in matched if tag == "equal")
    yield from (Statement(at, "", "", "") for _ in range(equal))
    for fault in faults(notes):
        yield Statement(at, "notes of the submitter,", fault, "notes that look like notes")


def _differing(at: str, found: list[str], wanted: list[str], before: int) -> Statement:
    words = ("\\n".join(lines) if lines else "nothing" for lines in (found, wanted))
    return Statement(at, f"line {before + 1}:", *words)


def noted(tree: FinishedTree) -> list[str]:
    """The READMEs with notes of a person, and how long these are; nothing vouches for them."""
    found = []
    for owner in dict.fromkeys(cell.place.owner for cell in tree.cells):
        for path in sorted((tree.root / owner).rglob(README)):
            at = tree.inside(path)
            head, notes = split_notes(_text(path) or "")
            try:
                parts = parts_of(head, {owner}, at=at) if is_joined(head) else ()
            except StageError as error:
                found.append(f"{at}: {error.what}")
                continue
            notes += "".join(split_notes(part)[1] for part in parts)
            if notes:
                found.append(f"{at}: {counted(len(notes.splitlines()), 'line')} by a person")
    return found


def _sources(subject: Examined, *, every: bool = False) -> Iterator[TreeSource]:
    """One for each tree that was laid out, where the kit that runs here made it.

    A joined tree holds several: of each submitter and system, by profile. ``every`` takes those of
    other kits, too.
    """
    running = subject.image.fingerprint if subject.image else _own_sources()
    # the parts of a joined tree mostly share one kit
    made_by = cache(fingerprint)
    for source in _laid_out(subject.tree):
        if every or made_by(source.kit) == running:
            yield source


def _laid_out(tree: FinishedTree) -> Iterator[TreeSource]:
    groups: dict[tuple[str, str, str], list[ClaimedCell]] = {}
    for cell in tree.cells:
        profile = cell.metadata(Mode.PERFORMANCE)["profile"]
        groups.setdefault((cell.place.owner, cell.system, profile), []).append(cell)
    for cells in groups.values():
        whole = _source(tree, cells)
        models = dict.fromkeys(cell.benchmark for cell in cells)
        single = [_source(tree, [c for c in cells if c.benchmark == model]) for model in models]
        if whole is not None and len(models) > 1 and _by_model(whole):
            yield from (source for source in single if source is not None)
        elif whole is not None:
            yield whole


def _source(tree: FinishedTree, cells: list[ClaimedCell]) -> TreeSource | None:
    """These results with the kit beside one of their models, else with one of the submitter's."""
    owner = cells[0].place.owner
    models = dict.fromkeys(cell.benchmark for cell in cells)
    code = [tree.layout.path(Area.CODE, owner, model) for model in models]
    places = [tree.root / folder for folder in (*code, tree.layout.path(Area.CODE, owner))]
    kits = [kit for place in places for kit in tree.kit_folders() if kit.is_relative_to(place)]
    return TreeSource(tree=tree, cells=tuple(cells), kit=kits[0]) if kits else None


def _by_model(whole: TreeSource) -> bool:
    """Whether results of one profile were measured model by model, and their trees joined."""
    place = whole.cells[0].place
    text = _text(whole.tree.root / place.owner / README) or ""
    if not is_joined(text):
        return False
    try:
        expected = Texts(whole).tree()
    except KitError:
        return True
    parts = parts_of(split_notes(text)[0], {place.system}, at=README)
    return not any(part.startswith(expected.rstrip()) for part in parts)


@cache
def _own_sources() -> str:
    return fingerprint(OWN_ROOT)


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def _near(value: float, logged: float) -> bool:
    return abs(value - logged) <= SHARE * abs(logged)


def _results(cells: set[tuple[str, Scenario]]) -> str:
    return ", ".join(f"{benchmark}/{scenario}" for benchmark, scenario in sorted(cells))
