"""The search for a rate, over a machine that is a function."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from submission.artifacts.manifest import load_manifest
from submission.cli import main
from submission.errors import UsageError
from submission.files import write_json
from submission.harness.entry import read_spec
from submission.lab.bench.find_qps import (
    Bound,
    Clock,
    RateSearch,
    Search,
    _affordable,
    _idle_ms,
    enough_s,
    key_of,
    lengths_of,
    percentile_of,
    rate_place,
)
from submission.lab.bench.result import read_result, result_folder, write_result
from submission.lab.bench.search import SearchStep, Try, bracket, confirmation, found, next_step
from submission.lab.bench.server import Length, ServerCase, run_try
from submission.lab.bench.setup import BenchSetup
from submission.lab.bench.state import SearchState
from submission.lab.bench.subject import (
    Asked,
    Model,
    make_samples,
    padded_plan,
    precision_of,
    write_spec,
)
from submission.runs.tuned import Place
from submission.squad.feature_file import load_features
from submission.terms import Scenario, SutPlan
from submission.workspace.resolve import resolve


def tried(qps: float, *, valid: bool, full: bool = False) -> Try:
    return Try(
        qps=qps,
        full=full,
        valid=valid,
        asked_s=20,
        seconds=25,
        queries=1,
        p50_ms=1.0,
        p90_ms=2.0,
        p99_ms=3.0,
        max_ms=4.0,
    )


def search(reaches: Callable[[SearchStep], bool], start: float) -> list[Try]:
    tries: list[Try] = []
    while step := next_step(tries, start=start, resolution=0.05):
        tries.append(tried(step.qps, valid=reaches(step), full=step.full))
        assert len(tries) < 40
    return tries


@pytest.mark.parametrize("start", [1.0, 70.0, 99.0, 5000.0])
def test_the_edge_is_found_from_anywhere(start: float) -> None:
    tries = search(lambda step: step.qps <= 100, start)
    best = found(tries)
    assert best is not None
    assert 95 <= best.qps <= 100
    assert best is tries[-1]


def test_a_full_run_that_fails_is_stepped_down_from() -> None:
    tries = search(lambda step: step.qps <= (90 if step.full else 100), 80)
    best = found(tries)
    assert best is not None
    assert 87 <= best.qps <= 90
    assert not next(each for each in tries if each.full).valid


def test_each_full_run_that_fails_is_stepped_down_from_twice_as_far() -> None:
    tries, asked = [tried(100, valid=True)], []
    for _ in range(5):
        step = confirmation(tries, 0.05)
        assert step is not None
        asked.append(step.qps)
        tries.append(tried(step.qps, valid=False, full=True))
    powers = [0, 1, 1 + 2, 1 + 2 + 4, 1 + 2 + 4 + 4]
    assert asked == pytest.approx([100 * 0.97**power for power in powers])


def test_full_runs_close_in_from_below_after_a_large_step_down() -> None:
    failed = [tried(qps, valid=False, full=True) for qps in (100, 97)]
    tries = [tried(100, valid=True), *failed, tried(91, valid=True, full=True)]
    assert confirmation(tries, 0.05) == SearchStep(qps=94, full=True)
    assert confirmation([*tries, tried(94, valid=True, full=True)], 0.05) is None
    assert confirmation([*tries, tried(94, valid=False, full=True)], 0.05) is None


def test_a_lucky_run_above_an_unlucky_one_is_not_believed() -> None:
    assert bracket([tried(10, valid=True), tried(20, valid=False), tried(30, valid=True)]) == (
        10,
        20,
    )


def test_a_rate_that_was_confirmed_early_does_not_end_the_search() -> None:
    tries = [tried(10, valid=True), tried(10, valid=True, full=True), tried(20, valid=False)]
    assert next_step(tries, start=1, resolution=0.05) == SearchStep(qps=15, full=False)
    closer = [*tries, tried(19.5, valid=True)]
    assert next_step(closer, start=1, resolution=0.05) == SearchStep(qps=19.5, full=True)


def test_a_confirmed_rate_of_five_digits_is_not_confirmed_again() -> None:
    tries = [tried(10.0001, valid=True), tried(10, valid=True, full=True)]
    assert confirmation(tries, 0.05) is None


@pytest.mark.parametrize(
    ("left_s", "step"),
    [(100, SearchStep(qps=13, full=False)), (50, SearchStep(qps=10, full=True)), (20, None)],
)
def test_the_best_rate_is_confirmed_while_there_is_time_left(
    left_s: float, step: SearchStep | None
) -> None:
    lengths = {True: Length(seconds=30, queries=1), False: Length(seconds=20, queries=1)}
    asked = Search(
        lengths=lengths,
        start=0,
        resolution=0.05,
        clock=Clock(budget_s=left_s),
    )
    assert _affordable([tried(10, valid=True)], asked) == step


def test_a_first_run_that_the_time_does_not_reach_for_is_not_begun() -> None:
    length = Length(seconds=20, queries=500)
    asked = Search(
        lengths={True: length, False: length},
        start=2,
        resolution=0.05,
        clock=Clock(budget_s=150),
    )
    assert _affordable([], asked) is None


@pytest.mark.parametrize("tries", [[], [tried(10, valid=True)], [tried(10, valid=False)]])
def test_a_search_that_ran_out_of_time_says_how_much_is_enough(tries: list[Try]) -> None:
    def search_of(budget_s: float) -> Search:
        lengths = {
            True: Length(seconds=budget_s / 3, queries=1000),
            False: Length(seconds=20, queries=500),
        }
        return Search(lengths=lengths, start=2, resolution=0.05, clock=Clock(budget_s=budget_s))

    assert not _affordable(tries, search_of(30))
    enough = search_of(enough_s(tries, search_of(30)))
    step = _affordable(tries, enough)
    assert step
    then = [*tries, tried(step.qps, valid=True, full=step.full)]
    spent = max(enough.lengths[step.full].at(step.qps) + 15, 0)
    later = replace(enough, clock=Clock(budget_s=enough.clock.budget_s - spent))
    assert step.full or _affordable(then, later)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("130", Bound(ms=130)),
        ("idle4", Bound(idle_times=4)),
        ("stack4", Bound(idle_times=4, idle_of="published-stack")),
    ],
)
def test_a_bound_is_milliseconds_or_idle_latencies(text: str, bound: Bound) -> None:
    assert Bound.read(text) == bound
    assert str(bound) == (f"{text}ms" if bound.ms else text)


@pytest.mark.parametrize("text", ["", "idle", "idle0", "-1", "nan", "inf", "4idle", "stack"])
def test_another_bound_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-qps", f"--bound={text}"]) == 2
    assert "--bound" in capsys.readouterr().err


def test_a_search_resumes_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    SearchState.open(path, {"model": "m"}, 600).add(tried(10, valid=True))
    assert SearchState.open(path, {"model": "m"}, 600).tries == [tried(10, valid=True)]
    assert SearchState.open(path, {"model": "other"}, 600).tries == []


def test_a_full_run_of_a_shorter_search_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    SearchState.open(path, {}, 20).add(tried(10, valid=True, full=True))
    assert len(SearchState.open(path, {}, 20).tries) == 1
    assert SearchState.open(path, {}, 21).tries == []


def test_a_full_run_counts_whatever_part_of_a_second_its_length_has(tmp_path: Path) -> None:
    path, full_s = tmp_path / "state.json", 250 / 3  # kept as 83.3
    one = replace(tried(10, valid=True, full=True), asked_s=round(full_s, 1))
    SearchState.open(path, {}, full_s).add(one)
    assert SearchState.open(path, {}, full_s).tries == [one]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"key": {}, "tries": [{}]}')
    with pytest.raises(UsageError, match="cannot be read"):
        SearchState.open(path, {}, 1)


def test_a_search_without_model_and_budget_asks_before_it_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KIT_MAKE_VARIABLES", raising=False)
    assert main(["find-qps"]) == 2
    said = capsys.readouterr().err
    assert "a search takes up to 1 h" in said
    assert "minilm-squad, minilm-squad-float, minilm-squad_jpqd-50" in said
    assert "find-qps minilm-squad_jpqd-50 --budget 900" in said
    monkeypatch.setenv("KIT_MAKE_VARIABLES", "")
    assert main(["find-qps"]) == 2
    assert "make find-qps MODEL=minilm-squad_jpqd-50 BUDGET_S=900" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            ["find-qps", "minilm-squad"],
            "Server runs of minilm-squad (latency bound 130ms; --bound changes it) for 1 h at",
        ),
        (["find-qps", "--budget", "90"], "changes it) for 1 min 30 s at most"),
        (["tune", "--budget", "90", "--data", "none"], "minilm-squad_jpqd-50 for about 1 min 30 s"),
    ],
)
def test_what_is_measured_and_for_how_long_is_said_first(
    command: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*command, "--data", "none"])
    assert line in capsys.readouterr().err.splitlines()[0]


def test_a_wrong_model_is_refused_before_anything_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["find-qps", "minilm-squd"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: there is no model minilm-squd"
    assert said[2].endswith('did you mean "minilm-squad"?')


def test_a_percentile_is_below_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-qps", "--percentile", "99", "--full", "0"]) == 2
    assert "--full 0.0, --percentile 99.0" in capsys.readouterr().err


PLACE = Place(
    model="m",
    model_key="weights",
    lengths_key="lengths",
    precision="f32",
    cpu_model="cpu",
    cores=2,
    openvino="2024.6.0",
)


@pytest.fixture
def case(repo: Path, tmp_path: Path) -> ServerCase:
    folder = repo / "models/minilm-squad"
    return ServerCase(
        way="ours",
        model=Model(name="m", folder=folder, manifest=load_manifest(folder)),
        place=PLACE,
        features=tmp_path / "features.npz",
        plan=SutPlan(buckets=(128, 384), late_last=True, reason="words"),
        bound_ms=130,
        percentile=0.99,
        folder=tmp_path / result_folder("ours", "130ms", PLACE),
    )


LENGTHS = {True: Length(seconds=600, queries=1000), False: Length(seconds=20, queries=500)}


@pytest.mark.parametrize(("percentile", "queries"), [(0.99, [500, 1000]), (0.999, [5000, 10000])])
def test_runs_have_the_queries_that_their_percentile_needs(
    percentile: float, queries: list[int]
) -> None:
    setup = BenchSetup(workspace=resolve(Path(), environment={}, arguments={}), folder=Path())
    lengths = lengths_of(RateSearch(setup=setup), percentile)
    assert [lengths[full].queries for full in (False, True)] == queries
    named = lengths_of(RateSearch(setup=setup, short_queries=7, queries=8), percentile)
    assert [named[full].queries for full in (False, True)] == [7, 8]


@pytest.mark.parametrize(
    "change",
    [
        {"place": replace(PLACE, model_key="others")},
        {"place": replace(PLACE, openvino="2025.4.1")},
        {"place": replace(PLACE, cores=1)},
        {"plan": SutPlan(buckets=(128, 384))},
        {"plan": SutPlan(buckets=(128, 384), late_last=True, requests=3)},
    ],
)
def test_tries_of_another_machine_model_or_plan_do_not_count(
    case: ServerCase, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "state.json"
    SearchState.open(path, key_of(case, LENGTHS), 600).add(tried(10, valid=True))
    again = replace(case, plan=replace(case.plan, reason="other words"))
    assert len(SearchState.open(path, key_of(again, LENGTHS), 600).tries) == 1
    other = replace(case, **change)  # type: ignore[arg-type]  # fields of several types
    theirs = SearchState.open(path, key_of(other, LENGTHS), 600)
    assert theirs.tries == []
    theirs.add(tried(12, valid=True))
    for each, qps in ((case, 10), (other, 12)):
        (found,) = SearchState.open(path, key_of(each, LENGTHS), 600).tries
        assert found.qps == qps, "of two searches in turn each finds its own tries"


def test_a_result_is_read_for_the_place_that_it_was_measured_on(
    case: ServerCase, tmp_path: Path
) -> None:
    state = SearchState(
        path=tmp_path / "s", key=key_of(case, LENGTHS), tries=[tried(9, valid=True)]
    )
    write_result(case, state, "130ms")
    found = read_result(tmp_path, "ours", "130ms", PLACE)
    assert (found["best"], found["highest_valid_short_qps"]) == (None, 9)
    assert read_result(tmp_path, "ours", "130ms", replace(PLACE, cores=1)) == {}
    assert read_result(tmp_path, "ours", "130ms", replace(PLACE, precision="bf16")) == {}
    assert read_result(tmp_path, "published", "130ms", PLACE) == {}


def test_the_idle_latency_is_that_of_both_ways_here(case: ServerCase, tmp_path: Path) -> None:
    plan = replace(case.plan, buckets=(384,), late_last=False, sort_by_length=False)
    padded = replace(case, plan=replace(plan, inference_precision="bf16"))
    place = asdict(replace(PLACE, precision="bf16"))
    path = tmp_path / "idle.json"
    write_json(path, {"key": {"place": place, "plan": padded.plan_json()}, "idle_ms": 50})
    there = replace(PLACE, precision="bf16")
    ways = (case, replace(padded, way="published"))
    assert [_idle_ms(each, there, path) for each in ways] == [50, 50]


@pytest.mark.parametrize(
    ("asked", "prepared"),
    [
        (Asked(scenario=Scenario.OFFLINE, samples=7), 7),
        (Asked(scenario=Scenario.OFFLINE, samples=10_000), None),
        (Asked(scenario=Scenario.SERVER, samples=7), None),
    ],
)
def test_a_short_pass_prepares_no_more_than_it_runs(
    case: ServerCase, repo: Path, asked: Asked, prepared: int | None
) -> None:
    samples = make_samples(repo / "models/squad-mini", case.folder)
    path = write_spec(case.model, samples, case.plan, asked, case.folder / "run")
    settings = read_spec([str(path)]).settings
    everything = len(load_features(samples))
    assert 7 < everything < 10_000
    assert settings.performance_sample_count == (prepared or everything)


@pytest.mark.parametrize(
    ("way", "name", "precision"),
    [
        ("ours", "m", "f32"),
        ("published", "m", "bf16"),
        ("published", "bert-99_jpqd-mobilebert", "f32"),
    ],
)
def test_a_result_lies_where_the_precision_of_its_way_says(
    case: ServerCase, way: str, name: str, precision: str
) -> None:
    model = replace(case.model, name=name)
    assert precision_of(way, model, "f32") == precision
    if way == "published":
        assert padded_plan(model, case.plan).inference_precision == precision
    place = replace(PLACE, precision=precision)
    assert result_folder(way, "idle4", place) == f"m-{way}-{precision}-idle4"
    roomy = replace(place, memory_bytes=4 * 10**9)
    assert result_folder(way, "idle4", roomy) == f"m-{way}-{precision}-idle4-4GB"


def test_a_rate_that_loadgen_cannot_plan_is_a_try_that_failed(case: ServerCase, repo: Path) -> None:
    samples = make_samples(repo / "models/squad-mini", case.folder)
    step = SearchStep(qps=1e12, full=False)
    one = run_try(replace(case, features=samples), step, Length(seconds=20, queries=1))
    assert (one.valid, one.queries) == (False, 0)
    assert "2e+13" in one.advice


@pytest.mark.parametrize(("name", "asked"), [("bert-99", 0.99), ("bert-99.9", 0.999), (None, 0.99)])
def test_a_model_of_high_accuracy_is_held_to_a_higher_percentile(
    case: ServerCase, name: str | None, asked: float
) -> None:
    manifest = replace(case.model.manifest, mlperf_model=name)
    assert percentile_of(replace(case.model, manifest=manifest)) == asked


def test_the_data_set_that_is_named_is_measured_on(repo: Path, tmp_path: Path) -> None:
    def samples(name: str) -> Path:
        environment = {"DATA": name, "WORKSPACE": str(tmp_path / "out")}
        workspace = resolve(repo, environment=environment, arguments={})
        return BenchSetup(workspace=workspace, folder=tmp_path).samples(said.append)

    said: list[str] = []
    assert samples("squad-mini") == tmp_path / "features-squad-mini.npz"
    assert said == [f"samples from {repo / 'models/squad-mini'}"]
    assert load_features(tmp_path / "features-squad-mini.npz")
    with pytest.raises(UsageError, match="the data set squad is not here"):
        samples("squad")
    with pytest.raises(UsageError, match="there is no manifest of none"):
        samples("none")


def test_where_the_rate_goes_is_said() -> None:
    words = rate_place("mine", 123.456)
    assert '"target_qps": 123.5 in place of "share_of_probed_rate"' in words
    assert "measurements/profiles/NAME.json" in words
