"""Evidence on what people read: READMEs with their tables, measurement files, configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.checks.tables import figure, table_rows
from submission.files import read_json
from submission.loadgen import Conf, read_conf
from submission.loadgen.conf import ConfEntry, parse_conf
from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE, SCHEDULED_RATE
from submission.loadgen.settings import ConfLine, mlperf_conf, user_conf
from submission.review.claim import claimed_settings
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import runs
from submission.runs.spec import terms_for
from submission.terms import NS_PER_MS, Mode, Scenario
from submission.tree.finished import ClaimedCell
from submission.tree.grammar import MODEL_MAPPING, README, Area
from submission.tree.texts.labels import EXACT_MATCH, F1, HASH, SEEN_RESULTS

ROW = re.compile(r"^\| (?P<label>[^|]+?) \| (?P<value>(?:[^|\\]|\\.)*?) \|$", re.MULTILINE)
SECTION = re.compile(r"^## ", re.MULTILINE)
RUN_LINE = re.compile(r"^(\S+) to (\S+); LoadGen says: ([^.;]+)[.;]", re.MULTILINE)
TEXT_BLOCK = re.compile(r"^```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
SEEN_LINE = re.compile(r"^([^:\n]{1,60}): (\S+)$", re.MULTILINE)
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
# one that the kit writes: of an image, a file or a log; a person's text may have others
STATED_DIGEST = re.compile(r"(?:sha256:|sha256 `|host:|hash[:=] ?)([0-9a-f]{64})\b")
COUNTS = re.compile(r"\(([\d,]{1,20}) questions, ([\d,]{1,20}) samples\)")
REFERENCE = re.compile(r'"vs reference" compares with ([^\s,]+)')
# figures and ratios; what else begins with a number is no figure of the kit's
PLAIN = re.compile(r"[\d.,]{1,40}x?")
# what a table says where there is no figure
NO_FIGURE = frozenset({"dense", "not run", "no reference", "other data set"})
HEADS = (
    "f1",
    "exact match",
    "of reference f1",
    "server scheduled",
    "server completed",
    "offline [",
)
# columns that make a table one of results
SEVERAL = 3
NOT_SUBMITTABLE = "Not for submission"
NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
# how texts round a setting
SHARE = 1e-4


def settings(subject: Examined) -> Iterator[Statement]:
    """The settings of the tree's own conf files against those that the log says were effective."""
    for cell in subject.tree.cells:
        _, manifest = cell.model()
        policy = subject.tree.policy
        rules = terms_for(policy, cell.benchmark, manifest)
        model = rules.loadgen_model
        claimed = claimed_settings(cell, policy, model)
        written = user_conf(claimed, scenario=cell.scenario, loadgen_model=model, about="")
        yield from _conf(subject, cell.mlperf_conf, mlperf_conf(policy, rules))
        yield from _conf(subject, cell.user_conf, written)
        at, log = subject.tree.inside(cell.user_conf), cell.claimed_log
        for name, value in (
            ("target_qps", claimed.target_qps),
            ("min_duration_ms", claimed.min_duration_ms),
            ("performance_sample_count", claimed.performance_sample_count),
            ("target_latency_ns", claimed.target_latency_ns),
            ("target_latency_percentile", claimed.target_latency_percentile),
        ):
            logged = log.number(f"effective_{name}")
            if value is not None and logged is not None:
                near = abs(value - logged) <= SHARE * abs(logged)
                yield Statement(at, name, logged if near else value, logged)


def _conf(subject: Examined, path: Path, expected: str) -> Iterator[Statement]:
    """The settings of a conf file against those that the kit writes; remarks do not matter."""
    conf, wanted = read_conf(path), parse_conf(expected.encode())
    if isinstance(conf, Conf) and isinstance(wanted, Conf):
        lines = [[str(_line(entry)) for entry in each.entries] for each in (conf, wanted)]
        at, (found, good) = subject.tree.inside(path), lines
        for line in sorted({*found, *good}):
            yield Statement(at, line, found.count(line), good.count(line))


def _line(entry: ConfEntry) -> ConfLine:
    return ConfLine(model=entry.model, scenario=entry.scenario, key=entry.key, value=entry.value)


def measurement_files(subject: Examined) -> Iterator[Statement]:
    """Data types, retraining and starting weights against the model's manifest."""
    tree = subject.tree
    for cell in tree.cells:
        names = [path.name for path in cell.measurements.glob("*.json")]
        name = tree.layout.description_among(names, cell.system, cell.place.scenario_folder)
        at = tree.inside(cell.measurements)
        if name is None:
            yield Statement(at, "", "no file", "the file that describes the measurement")
            continue
        describing = [
            each
            for each in names
            if tree.layout.description_among([each], cell.system, cell.place.scenario_folder)
        ]
        stated = read_json(cell.measurements / name)
        folder, manifest = cell.model()
        wanted = tree.layout.description_name(cell.place, folder.parent.name)
        yield Statement(at, "files that describe the measurement", sorted(describing), [wanted])
        known = {
            **manifest.measurement,
            "weight_data_types": manifest.weight_data_types,
            "weight_transformations": _calibration(cell, folder.parent.name),
        }
        for field, value in known.items():
            if value is not None:
                yield Statement(f"{at}/{name}", field, stated.get(field), value)
        yield Statement(f"{at}/{name}", "other fields", sorted(stated.keys() - known.keys()), [])


def _calibration(cell: ClaimedCell, implementation: str) -> str:
    layout, place = cell.tree.layout, cell.place
    folder = layout.path(Area.CALIBRATION, place.owner, cell.benchmark, implementation)
    return f"{folder}/{README}"


def mapping(subject: Examined) -> Iterator[Statement]:
    """The benchmark whose rules a model follows, against the model's manifest."""
    tree = subject.tree
    for owner in dict.fromkeys(cell.place.owner for cell in tree.cells):
        path = tree.root / owner / MODEL_MAPPING
        names = {cell.benchmark for cell in tree.cells if cell.place.owner == owner}
        others = sorted(read_json(path).keys() - names) if path.is_file() else []
        yield Statement(tree.inside(path), "models without results", others, [])
    for cell in tree.cells:
        path = tree.root / cell.place.owner / MODEL_MAPPING
        _, manifest = cell.model()
        if not path.is_file():
            yield Statement(tree.inside(path), "", "no file", "the mapping that the kit writes")
        elif manifest.mlperf_model:
            stated = read_json(path).get(cell.benchmark, cell.benchmark)
            yield Statement(tree.inside(path), cell.benchmark, stated, manifest.mlperf_model)


@dataclass(frozen=True, kw_only=True)
class ReadmeFile:
    """A README and the results that it is about."""

    path: Path
    cells: tuple[ClaimedCell, ...]

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace")


def readmes(subject: Examined) -> Iterator[ReadmeFile]:
    """Those of the submitter, of every code folder, and of every measurement."""
    tree = subject.tree
    owners: dict[str, list[ClaimedCell]] = {}
    for cell in tree.cells:
        owners.setdefault(cell.place.owner, []).append(cell)
    for owner, cells in owners.items():
        yield from _if_there(tree.root / owner / README, cells)
        code = tree.root / tree.layout.path(Area.CODE, owner)
        for path in sorted(code.glob(f"*/*/{README}")):
            yield from _if_there(path, cells)
        for cell in cells:
            yield from _if_there(cell.measurements / README, [cell])


def _if_there(path: Path, cells: Iterable[ClaimedCell]) -> Iterator[ReadmeFile]:
    if path.is_file():
        yield ReadmeFile(path=path, cells=tuple(cells))


def identities(subject: Examined) -> Iterator[Statement]:
    """Every digest in a README is one that metadata, manifests or accuracy.txt have."""
    known = {digest for *_, found in runs(subject) for digest in DIGEST.findall(json.dumps(found))}
    for cell in subject.tree.cells:
        known.add(cell.claimed_accuracy.log_sha256)
    first: dict[tuple[str, ...], str] = {}
    for cell, _, at, found in runs(subject):
        # systems may have images of their own
        image = found["image"]["id"]
        yield Statement(
            at,
            "image.id",
            image,
            first.setdefault((cell.place.owner, cell.system, found["profile"]), image),
        )
    for readme in readmes(subject):
        at = subject.tree.inside(readme.path)
        for digest in STATED_DIGEST.findall(readme.text):
            expected = digest if digest in known else "a digest of the runs' metadata"
            yield Statement(at, "digest", digest, expected)
        banned = all(not found["submittable"] for *_, found in runs(subject))
        if banned:
            yield Statement(at, NOT_SUBMITTABLE, NOT_SUBMITTABLE in readme.text, True)


def measurement_readmes(subject: Examined) -> Iterator[Statement]:
    """The tables and outputs of a measurement's README: rows, settings, results, times."""
    tree = subject.tree
    for cell in tree.cells:
        path = cell.measurements / README
        at = tree.inside(path)
        if not path.is_file():
            yield Statement(at, "", "no file", "the README of the measurement")
            continue
        head, *rest = SECTION.split(path.read_text(encoding="utf-8", errors="replace"))
        yield from _rows(at, head, _about(cell))
        for mode in Mode:
            for section in rest:
                if section.lower().startswith(f"{mode} run\n"):
                    yield from _run_section(at, section, cell, mode)


def _about(cell: ClaimedCell) -> dict[str, str]:
    metadata = cell.metadata(Mode.PERFORMANCE)
    described = cell.tree.systems().get(cell.system, {})
    _, manifest = cell.model()
    rules = terms_for(cell.tree.policy, cell.benchmark, manifest)
    mapped = manifest.mlperf_model or cell.tree.policy.resolve(cell.benchmark).benchmark
    return {
        "rules of": mapped,
        "LoadGen's model name": f"`{rules.loadgen_model}`",
        "data set": metadata["dataset"]["name"],
        "machine": described.get("system_name", ""),
        **metadata["harness"]["versions"],
    }


def _run_section(at: str, section: str, cell: ClaimedCell, mode: Mode) -> Iterator[Statement]:
    metadata, log = cell.metadata(mode), cell.log(mode)
    for started, ended, verdict in RUN_LINE.findall(section):
        yield Statement(at, f"{mode} run started", _plain(started), metadata["started"])
        yield Statement(at, f"{mode} run ended", _plain(ended), metadata["ended"])
        validity = log.get("result_validity") if mode is Mode.PERFORMANCE else "no errors"
        yield Statement(at, f"{mode} run, LoadGen says", verdict, validity)
    figures = _figures(cell, mode)
    yield from _rows(at, section, figures)
    for block in TEXT_BLOCK.findall(section):
        for label, value in SEEN_LINE.findall(block):
            if label in figures:
                yield Statement(at, f"{mode} run, seen {label}", value, figures[label])
    for label, value in _table(section).items():
        expected = _setting(label, log)
        found = NUMBER.search(value)
        if expected is not None and found:
            near = abs(float(found[0]) - expected) <= SHARE * abs(expected)
            yield Statement(at, f"{mode} run, {label}", expected if near else value, expected)
    seeds = _table(section).get("seeds (QSL, sample index, schedule)")
    if seeds:
        keys = ("qsl", "sample_index", "schedule")
        logged = ", ".join(str(log.get(f"effective_{key}_rng_seed")) for key in keys)
        yield Statement(at, f"{mode} run, seeds", seeds, logged)


SETTINGS: Mapping[str, tuple[str, float]] = {
    "target QPS": ("effective_target_qps", 1),
    "minimum duration": ("effective_min_duration_ms", 1),
    "latency bound": ("effective_target_latency_ns", 1 / NS_PER_MS),
    "percentile of the bound": ("effective_target_latency_percentile", 100),
    "performance sample count": ("effective_performance_sample_count", 1),
}


def _setting(label: str, log: Any) -> float | None:
    key, factor = SETTINGS.get(label, ("", 1))
    value = log.number(key) if key else None
    return None if value is None else value * factor


def _figures(cell: ClaimedCell, mode: Mode) -> dict[str, str]:
    """Label to figure, as the texts give them."""
    if mode is Mode.ACCURACY:
        claimed = cell.claimed_accuracy
        return {F1: str(claimed.f1), EXACT_MATCH: str(claimed.exact_match)}
    labels = SEEN_RESULTS.get(cell.scenario, {})
    log = cell.claimed_log
    return {label: str(log.get(key)) for key, label in labels.items() if key in log.values}


def _table(text: str) -> dict[str, str]:
    """The two-column rows of a text."""
    return {_plain(row["label"]): _plain(row["value"]) for row in ROW.finditer(text)}


def _rows(at: str, text: str, expected: Mapping[str, str]) -> Iterator[Statement]:
    for label, value in _table(text).items():
        if label in expected:
            yield Statement(at, label, value, expected[label])


def _plain(text: str) -> str:
    """Markdown's escapes taken away."""
    return re.sub(r"\\(.)", r"\1", text)


def result_tables(subject: Examined) -> Iterator[Statement]:
    """The figures of READMEs that list results: rates, F1, sparsity, ratios, counts, outputs."""
    for readme in readmes(subject):
        at, text = subject.tree.inside(readme.path), readme.text
        for row in table_rows(text):
            about = {cell for _, cell in row.cells}
            cells = [cell for cell in readme.cells if cell.benchmark in about]
            for header, cell in row.cells if cells else ():
                yield from _cell(at, header, cell, _column(header.lower(), readme, cells))
            # a benchmark without results here has no figures; other tables have none of ours
            known = [h for h, _ in row.cells if _is_column(h.lower())]
            if len(known) >= SEVERAL and not cells:
                yield Statement(at, "row of results", " ".join(about), "of a benchmark of the tree")
        yield from _outputs(at, text, readme)
        for questions, samples in COUNTS.findall(text):
            yield from _counts(subject, at, readme, (questions, samples))


def _cell(at: str, header: str, cell: str, values: list[float]) -> Iterator[Statement]:
    written = figure(cell) if PLAIN.fullmatch(cell) else None
    if written is None or not values:
        if _is_column(header.lower()):
            words = cell if cell.strip().lower() in NO_FIGURE else "a figure that follows from logs"
            yield Statement(at, header, cell, words)
    else:
        agrees = any(written.agrees(value) for value in values)
        words = " or ".join(f"{value:.6g}" for value in values)
        yield Statement(at, header, cell, cell if agrees else words)


def _column(head: str, readme: ReadmeFile, cells: list[ClaimedCell]) -> list[float]:
    """What a column of that header (in small letters) may say of these results."""
    if "sparsity" in head:
        return _sparsities(cells)
    if "vs reference" in head or "of reference f1" in head:
        return _ratios(head, readme, cells)
    if head.startswith("f1"):
        return [each.claimed_accuracy.f1 for each in cells]
    if head.startswith("exact match"):
        return [each.claimed_accuracy.exact_match for each in cells]
    named = (rates for start, rates in COLUMNS.items() if head.startswith(start))
    return next((_rates(cells, *rates) for rates in named), [])


def _is_column(head: str) -> bool:
    return head.startswith(HEADS) or any(words in head for words in ("sparsity", "vs reference"))


COLUMNS = {
    "server scheduled": (Scenario.SERVER, SCHEDULED_RATE),
    "server completed": (Scenario.SERVER, COMPLETED_RATE),
    "offline [": (Scenario.OFFLINE, OFFLINE_RATE),
}


def _rates(cells: Iterable[ClaimedCell], scenario: Scenario, key: str) -> list[float]:
    numbers = [c.claimed_log.number(key) for c in cells if c.scenario is scenario]
    return [float(number) for number in numbers if number is not None]


def _sparsities(cells: Iterable[ClaimedCell]) -> list[float]:
    percents = [cell.model()[1].structured_sparsity_percent for cell in cells]
    return [percent for percent in percents if percent is not None]


def _ratios(head: str, readme: ReadmeFile, cells: list[ClaimedCell]) -> list[float]:
    named = REFERENCE.search(readme.text)
    others = [c for c in readme.cells if named and c.benchmark == _plain(named[1])]
    if head.startswith("of reference"):
        own, base = ([c.claimed_accuracy.f1 for c in each] for each in (cells, others))
    else:
        start = "server completed" if head.startswith("server") else "offline ["
        scenario, key = COLUMNS[start]
        own, base = (_rates(each, scenario, key) for each in (cells, others))
    return [left / right for left in own for right in base if right]


def _outputs(at: str, text: str, readme: ReadmeFile) -> Iterator[Statement]:
    """Outputs in a README are those of some run that it is about."""
    claimed: dict[str, set[str]] = {}
    for cell in readme.cells:
        figures = _figures(cell, Mode.PERFORMANCE) | _figures(cell, Mode.ACCURACY)
        for label, value in (figures | {HASH: cell.claimed_accuracy.log_sha256}).items():
            claimed.setdefault(label, set()).add(value)
    for block in TEXT_BLOCK.findall(text):
        for label, value in SEEN_LINE.findall(block):
            values = claimed.get(label)
            if values:
                expected = value if value in values else " or ".join(sorted(values))
                yield Statement(at, f"output {label}", value, expected)


def _counts(
    subject: Examined, at: str, readme: ReadmeFile, stated: tuple[str, str]
) -> Iterator[Statement]:
    questions, samples = stated
    cell = readme.cells[0]
    count = cell.metadata(Mode.ACCURACY)["harness"]["samples"]
    yield Statement(at, "samples", samples.replace(",", ""), str(count))
    carried = subject.questions(cell)
    if carried is not None:
        count = str(len(carried.dataset.examples))
        yield Statement(at, "questions", questions.replace(",", ""), count)
