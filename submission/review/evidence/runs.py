"""Evidence on runs: metadata against logs, models, data, times, latencies and answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from submission.artifacts.manifest import MANIFEST, Manifest
from submission.errors import KitError
from submission.harness.latencies import read_latencies
from submission.loadgen.answers import visible_answers
from submission.loadgen.keys import BUILT, COMPLETED_RATE, PERCENTILES, WANTED, percentile_key
from submission.loadgen.names import SCORE_FILE
from submission.loadgen.squad_text import accuracy_text
from submission.review.evidence.files import joined_sha256
from submission.review.evidence.model import Examined, Statement
from submission.runs.spec import terms_for
from submission.squad.dataset import SQUAD
from submission.squad.question_scores import read_question_scores
from submission.terms import NS_PER_MS, Mode, Scenario
from submission.tree.finished import ClaimedCell

# LoadGen's date has whole seconds; clocks are stepped
CLOCK = timedelta(seconds=2)
# the harness sees a query when LoadGen issues it, LoadGen counts from its schedule
LATENCY_SLACK_NS = 1 * NS_PER_MS
RATE_SHARE = 0.05
# two float32 logits a token, in hex digits
DIGITS_A_TOKEN = 16
# so few samples may be in the same order by chance
MANY = 100
LOG_BEGINS = re.compile(rb'\[\s*\{\s*"seq_id"\s*:\s*\d+\s*,\s*"qsl_idx"')
LOG_ENDS = re.compile(rb"\}\s*\]\s*$")
#: among the sources of a kit that writes the scores of questions
SCORES_MARK = "submission/squad/question_scores.py"
CELL_RUN = ("benchmark", "scenario", "mode")


def runs(subject: Examined) -> Iterator[tuple[ClaimedCell, Mode, str, Mapping[str, Any]]]:
    """(result, mode, path of the metadata, metadata) of every run whose metadata can be read."""
    for cell in subject.tree.cells:
        for mode in Mode:
            try:
                found = cell.metadata(mode)
            except KitError:
                continue  # ``readable`` names it
            yield cell, mode, subject.tree.inside(cell.metadata_file(mode)), found


def readable(subject: Examined) -> Iterator[Statement]:
    """Every run of every result has metadata, about this run, its own round and its profile."""
    for cell in subject.tree.cells:
        for mode in Mode:
            at = subject.tree.inside(cell.metadata_file(mode))
            try:
                found = cell.metadata(mode)
            except KitError as error:
                yield Statement(at, "", error.detail, error.hint)
                continue
            expected = dict(zip(CELL_RUN, (cell.benchmark, cell.scenario, mode), strict=True))
            harness = found["harness"]
            yield Statement(at, "run", found["run"], expected)
            yield Statement(at, "harness.run", harness["run"], expected)
            yield Statement(at, "harness.profile", harness["profile"], found["profile"])
            yield Statement(at, "round", found.get("round", subject.tree.round), subject.tree.round)
            yield Statement(at, "model.name", found["model"]["name"], cell.benchmark)


def models(subject: Examined) -> Iterator[Statement]:
    """The digests of the model that ran against those of the model in the tree."""
    hashed = cache(joined_sha256)  # once for all runs of a model, which may be large
    for cell, _, at, metadata in runs(subject):
        folder, manifest = cell.model()
        names = sorted(file.name for file in manifest.files)
        yield Statement(at, "files of the model", sorted(metadata["model"]["sha256"]), names)
        for file in manifest.files:
            run = metadata["model"]["sha256"].get(file.name, "not given")
            yield Statement(at, f"sha256 of {file.name}", run, hashed(folder, file))
        yield Statement(at, "model.made_up", metadata["model"]["made_up"], manifest.synthetic)


def log_facts(
    cell: ClaimedCell, mode: Mode, metadata: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """(key, value that the harness saw when the run ended, value in the log of the tree).

    Only of keys that are read from logs; a line that was taken out of the log is a difference.
    """
    log, harness = cell.log(mode), metadata["harness"]
    for kind in ("results", "effective"):
        for key, value in harness.get(kind, {}).items():
            if key in WANTED:
                yield key, str(value), str(log.values.get(key, "not in the log"))


def logs(subject: Examined) -> Iterator[Statement]:
    """What the harness recorded of LoadGen's log against the log of the tree."""
    first: dict[int, str] = {}
    for cell, mode, at, metadata in runs(subject):
        harness, log = metadata["harness"], cell.log(mode)
        path = subject.tree.inside(cell.log_file(mode))
        yield Statement(path, "is the log of", first.setdefault(log.fingerprint, path), path)
        for key, value, expected in log_facts(cell, mode, metadata):
            yield Statement(at, key, value, expected)
        recorded = {**harness["results"], **harness["effective"]}
        for key in log.starting("result_", "early_stopping_", "effective_"):
            if key not in recorded:
                yield Statement(at, key, "not recorded by the harness", log.get(key))
        yield Statement(at, "validity", harness["validity"], log.get("result_validity"))
        errors = [f"{error.key}: {error.text}" for error in log.errors]
        yield Statement(at, "loadgen_errors", harness["loadgen_errors"], errors)
        version = str(log.get("loadgen_version")).split(" ")[0]
        yield Statement(at, "version of loadgen", harness["versions"].get("loadgen"), version)
        yield from _sources(subject, cell, mode, version)
        yield Statement(at, "samples", harness["samples"], log.get("qsl_reported_total_count"))
        yield Statement(at, "answered", harness["answered"], harness["issued"])
        yield Statement(at, "issued", harness["issued"], _issued(log, mode, harness))


def _sources(subject: Examined, cell: ClaimedCell, mode: Mode, version: str) -> Iterator[Statement]:
    """The digests that LoadGen logs of its own code, where those of the version are known."""
    known = subject.tree.policy.loadgen_sources.get(version, {})
    logged = cell.log(mode).sources
    at = subject.tree.inside(cell.log_file(mode))
    for name in sorted({*known, *logged}) if known else ():
        found, good = logged.get(name, ""), known.get(name, ())
        # an empty one among the known: a build may lack the file
        expected = found if found in good else " or ".join(filter(None, good)) or "no such file"
        yield Statement(at, f"SHA-1 of LoadGen's {name}", found, expected)


def _issued(log: Any, mode: Mode, harness: Mapping[str, Any]) -> object:
    """The samples of the run by its log; the harness's own number where the log has none."""
    if mode is Mode.ACCURACY:
        return log.get("qsl_reported_total_count")
    queries, size = log.get("result_query_count"), log.get("effective_samples_per_query")
    if not isinstance(queries, int) or not isinstance(size, int):
        return harness["issued"]
    return queries * size


def times(subject: Examined) -> Iterator[Statement]:
    """The times of a run are in order, and LoadGen's date and duration fit between them."""
    yield from one_at_a_time(subject)
    for cell, mode, at, metadata in runs(subject):
        harness, log = metadata["harness"], cell.log(mode)
        moments = [
            ("started", metadata["started"]),
            ("harness.start", harness["start"]),
            ("harness.loadgen_start", harness["loadgen_start"]),
            ("harness.end", harness["end"]),
            ("ended", metadata["ended"]),
        ]
        read = [(name, moment(text)) for name, text in moments]
        for (before, first), (after, second) in pairwise(read):
            in_order = first <= second + CLOCK
            yield Statement(
                at, before, first, first if in_order else f"no later than {after} {second}"
            )
        start, end = read[2][1], read[3][1]
        logged = moment(str(log.get("test_datetime")))
        fits = start - CLOCK <= logged <= end + CLOCK
        yield Statement(
            at, "test_datetime of the log", logged, logged if fits else f"within {start} to {end}"
        )
        built = log.text(BUILT)
        if built:
            since = logged >= moment(built) - CLOCK
            yield Statement(
                at,
                "test_datetime of the log",
                logged,
                logged if since else f"after {built}, when LoadGen was built",
            )
        lasted_ms = max(log.times.values(), default=0.0)
        lasted = timedelta(milliseconds=lasted_ms)
        enough = lasted <= end - start + CLOCK
        yield Statement(at, "duration of the log", lasted, lasted if enough else end - start)


def one_at_a_time(subject: Examined) -> Iterator[Statement]:
    """Runs of one model do not overlap: the kit measures one after the other."""
    spans: dict[tuple[str, ...], list[tuple[datetime, datetime, str]]] = {}
    for cell, _, at, metadata in runs(subject):
        span = (moment(metadata["started"]), moment(metadata["ended"]), at)
        # two machines of one kind may measure models at the same time
        spans.setdefault((cell.place.owner, cell.system, cell.benchmark), []).append(span)
    for found in spans.values():
        for (_, ended, first), (started, _, at) in pairwise(sorted(found)):
            apart = ended <= started + CLOCK
            yield Statement(
                at, "started", started, started if apart else f"after {first} ended ({ended})"
            )


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def data(subject: Examined) -> Iterator[Statement]:
    """The digests of the data that ran against the manifest of that name in the kit's sources."""
    first: dict[tuple[str, ...], object] = {}
    for cell, _, at, metadata in runs(subject):
        name, digests = metadata["dataset"]["name"], metadata["dataset"]["sha256"]
        places = [
            place for place in subject.tree.carried_models(name) if (place / MANIFEST).is_file()
        ]
        if not places:
            yield Statement(at, f"data set {name}", "no manifest of that name", "one in models/")
            continue
        manifest = subject.manifest(places[0])
        names = sorted(manifest.role(role).name for role in ("data", "vocab"))
        yield Statement(at, "files of the data set", sorted(digests), names)
        for file in manifest.files:
            if file.checksums.sha256:
                run = digests.get(file.name, "not given")
                yield Statement(at, f"sha256 of {file.name}", run, file.checksums.sha256)
        samples = metadata["harness"]["samples"]
        yield Statement(at, "samples", samples, _samples(cell, manifest) or samples)
        same = first.setdefault(
            (cell.place.owner, cell.system, metadata["profile"]), metadata["dataset"]
        )
        yield Statement(at, "data set", metadata["dataset"], same)


def _samples(cell: ClaimedCell, manifest: Manifest) -> int | None:
    """The samples of a data set: the round's own, or as the manifest says; None if unknown."""
    if manifest.name == SQUAD:
        _, model = cell.model()
        return terms_for(cell.tree.policy, cell.benchmark, model).performance_sample_count
    return manifest.samples


def latencies(subject: Examined) -> Iterator[Statement]:
    """The single latencies against the counts and percentiles of the log."""
    for cell in subject.tree.cells:
        if cell.scenario is not Scenario.SERVER:
            continue
        at, log = subject.tree.inside(cell.latencies), cell.claimed_log
        if not cell.latencies.is_file():
            if cell.metadata(Mode.PERFORMANCE):
                yield Statement(at, "", "no file", "the latencies of the run")
            continue
        found = read_latencies(cell.latencies)
        if found is None:
            yield Statement(at, "", "a file that cannot be read", "the latencies of the run")
            continue
        index, issued, done = found.sample_index, found.issued_ns, found.done_ns
        single = np.sort(done - issued)
        yield Statement(at, "answers", len(single), log.get("result_query_count"))
        total = log.get("qsl_reported_total_count")
        known = bool(len(index) and index.min() >= 0 and index.max() < total)
        yield Statement(at, "sample indices", known, True)
        if not len(single):
            continue
        yield from _percentiles(at, single, log)
        rate = log.number(COMPLETED_RATE)
        span_s = float(done.max() - issued.min()) / 1e9
        if rate and span_s:
            seen = len(single) / span_s
            near = abs(seen / rate - 1) <= RATE_SHARE + 2 / len(single)
            yield Statement(at, "samples a second", seen if not near else rate, rate)


def _percentiles(at: str, single: Any, log: Any) -> Iterator[Statement]:
    wanted = {percentile_key(float(p)): float(p) / 100 for p in PERCENTILES}
    for key, share in {**wanted, "result_max_latency_ns": 1.0, "result_min_latency_ns": 0}.items():
        claimed = log.number(key)
        if claimed is None:
            continue
        seen = int(single[min(int(len(single) * share), len(single) - 1)])
        fits = 0 <= seen <= claimed + LATENCY_SLACK_NS
        yield Statement(at, key, seen if not fits else claimed, claimed)


def no_server(subject: Examined) -> str | None:
    """A tree without Server results has no file of latencies."""
    server = any(cell.scenario is Scenario.SERVER for cell in subject.tree.cells)
    return None if server or not subject.tree.cells else "no Server result, so no latencies"


def answers(subject: Examined) -> Iterator[Statement]:
    """The accuracy logs: in their form, of one scenario each, with answers to known samples."""
    first: dict[tuple[str, ...], str] = {}
    for cell in subject.tree.cells:
        at = subject.tree.inside(cell.accuracy_log)
        if not cell.accuracy_log.is_file():
            yield Statement(at, "", "no file", "the accuracy log")
            continue
        content, claimed = cell.accuracy_log.read_bytes(), cell.claimed_accuracy
        yield from _form(at, cell, content)
        score = cell.accuracy_log.with_name(SCORE_FILE)
        text = accuracy_text(
            exact_match=claimed.exact_match, f1=claimed.f1, log_sha256=claimed.log_sha256
        )
        yield Statement(subject.tree.inside(score), "", score.read_text(encoding="utf-8"), text)
        if _in_own_order(cell):
            place, digest = cell.place, claimed.log_sha256
            log = (place.owner, cell.system, cell.benchmark, digest)
            origin = first.setdefault(log, at)
            yield Statement(at, "has the digest of", origin, at)
        yield from _answers(subject, at, cell, visible_answers(content))


def _form(at: str, cell: ClaimedCell, content: bytes) -> Iterator[Statement]:
    """A log is whole, with the digest in accuracy.txt, or cut as the round says."""
    limits = cell.tree.policy.accuracy_log
    mark = limits.ellipsis.encode()
    cut = len(content) == limits.head_bytes + len(mark) + limits.tail_bytes
    if cut and content[limits.head_bytes :].startswith(mark):
        begins, ends = LOG_BEGINS.match(content), LOG_ENDS.search(content)
        yield Statement(at, "begins and ends as LoadGen writes it", bool(begins and ends), True)
        return
    digest = hashlib.sha256(content).hexdigest()
    yield Statement(at, "sha256 of the whole log", digest, cell.claimed_accuracy.log_sha256)


def _in_own_order(cell: ClaimedCell) -> bool:
    """Whether Offline's answers come in another order than Server's: sorted by length."""
    tree, place = cell.tree, (cell.place.owner, cell.system, cell.benchmark)
    offline = [
        c
        for c in tree.cells
        if (c.place.owner, c.system, c.benchmark) == place and c.scenario is Scenario.OFFLINE
    ]
    asked = [c.metadata(Mode.ACCURACY)["harness"]["plan"]["asked"] for c in offline]
    counts = [c.metadata(Mode.ACCURACY)["harness"]["samples"] for c in offline]
    return all(a.get("sort_by_length") for a in asked) and min(counts, default=MANY) >= MANY


def _answers(
    subject: Examined, at: str, cell: ClaimedCell, shown: Mapping[int, str]
) -> Iterator[Statement]:
    count = cell.log(Mode.ACCURACY).get("qsl_reported_total_count")
    carried = subject.questions(cell)
    lengths = carried.features.lengths if carried else None
    yield Statement(at, "shows an answer", bool(shown), True)
    if lengths is not None:
        yield Statement(at, "samples of the data set", count, len(lengths))
    for index, digits in shown.items():
        if index >= count or (lengths is not None and index >= len(lengths)):
            yield Statement(at, "sample", index, f"below {count}")
            continue
        longest = None if lengths is None else int(lengths[index]) * DIGITS_A_TOKEN
        fits = longest is None or len(digits) <= longest
        yield Statement(
            at,
            f"hex digits of sample {index}",
            len(digits),
            len(digits) if fits else f"at most {longest}",
        )


def question_scores(subject: Examined) -> Iterator[Statement]:
    """The scores of single questions: as many as the data set has, and their means."""
    for cell in subject.tree.cells:
        at = subject.tree.inside(cell.question_scores)
        if not cell.question_scores.is_file():
            if subject.wrote(SCORES_MARK):
                yield Statement(at, "", "no file", "a score of each question")
            continue
        found = read_question_scores(cell.question_scores)
        if found is None or not len(found.f1):
            yield Statement(at, "", "a file that cannot be read", "a score of each question")
            continue
        exact_match, f1 = found.means()
        claimed = cell.claimed_accuracy
        yield Statement(at, "mean F1", f1, claimed.f1)
        yield Statement(at, "mean exact match", exact_match, claimed.exact_match)
        good = bool(((found.f1 >= found.exact) & (found.f1 <= 1)).all())
        yield Statement(at, "F1 of each question", good, True)
        carried = subject.questions(cell)
        if carried is not None:
            yield Statement(at, "questions", len(found.f1), len(carried.dataset.examples))


def no_question_scores(subject: Examined) -> str | None:
    """Trees of an earlier kit hold the means alone."""
    if subject.wrote(SCORES_MARK) or not subject.tree.cells:
        return None
    return "no scores of questions: the tree was made by a kit without them"


def machines(subject: Examined) -> Iterator[Statement]:
    """What the harness saw of the machine against the host facts beside it."""
    for _, _, at, metadata in runs(subject):
        seen, host = metadata["harness"]["machine"], metadata["host"]
        for name in ("cpu_model", "kernel"):
            if host.get(name) and seen.get(name):
                yield Statement(at, f"host.{name}", host[name], seen[name])
        allowed = seen.get("affinity")
        if isinstance(allowed, list) and host.get("logical_cpus"):
            fits = len(allowed) <= host["logical_cpus"]
            count = host["logical_cpus"]
            yield Statement(
                at, "host.logical_cpus", count, count if fits else f"at least {len(allowed)}"
            )
        yield from _processor(at, seen, host)
        flags = set(seen.get("cpu_flags", ()))
        if flags:
            claimed = [flag for flag in host.get("flags", ()) if flag not in flags]
            yield Statement(at, "host.flags that the harness did not see", claimed, [])


def _processor(at: str, seen: Mapping[str, Any], host: Mapping[str, Any]) -> Iterator[Statement]:
    """The processor's name, maker, family and flags against each other, as far as given."""
    cpu = seen.get("cpu", {})
    if cpu.get("model name"):
        yield Statement(at, "harness.machine.cpu_model", seen["cpu_model"], cpu["model name"])
    family, model = cpu.get("cpu family"), cpu.get("model")
    if host.get("cpu_generation") and family and model:
        generation = f"family {family}, model {model}"
        yield Statement(at, "host.cpu_generation", host["cpu_generation"], generation)
    maker = cpu.get("vendor_id")
    for other, (words, flags) in MAKERS.items() if maker in MAKERS else ():
        if other != maker:
            named = words.findall(seen["cpu_model"])
            yield Statement(at, f"name of a processor of {maker}", named, [])
            found = sorted(flags & set(seen.get("cpu_flags", ())))
            yield Statement(at, f"flags of a processor of {maker}", found, [])


MAKERS = {
    "GenuineIntel": (
        re.compile(r"\b(?:Intel|Xeon|Pentium)\b", re.IGNORECASE),
        frozenset({"hle", "rtm", "vmx", "ds_cpl", "smx", "pebs"}),
    ),
    "AuthenticAMD": (
        re.compile(r"\b(?:AMD|EPYC|Ryzen|Opteron)\b", re.IGNORECASE),
        frozenset({"sse4a", "svm", "clzero", "topoext", "cmp_legacy"}),
    ),
}
"""Maker of processors -> words of its names, and flags that no other maker's have."""
