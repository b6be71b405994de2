import json
import re
from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.terms import Mode, Scenario
from submission.workspace.folders import Workspace, openvino_lock
from submission.workspace.resolve import check_given, check_make_variables, resolve
from submission.workspace.settings import Runner, settings_table


def settled(
    repo: Path,
    *,
    file: Path | None = None,
    environment: dict[str, str] | None = None,
    arguments: dict[str, Any] | None = None,
) -> Workspace:
    found = resolve(repo, file=file, environment=environment or {}, arguments=arguments or {})
    check_given(found)
    return found


def test_without_any_setting_the_demo_runs_where_it_can(repo: Path) -> None:
    workspace = settled(repo)
    assert (workspace.profile.name, workspace.settings.runner) == ("demo", Runner.AUTO)
    assert workspace.submitter == "Demo"
    assert workspace.out == repo / "out"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    repo: Path, tmp_path: Path
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"submitter": "File", "cpuset": "0", "mirror": "m"}))
    settings = settled(
        repo,
        file=file,
        environment={"SUBMITTER": "Env", "CPUSET": "1"},
        arguments={"submitter": "Word", "cpuset": None},
    ).settings
    assert (settings.submitter, settings.cpuset, settings.mirror) == ("Word", "1", "m")


def test_the_image_is_tagged_with_the_round_of_the_profile(repo: Path, tmp_path: Path) -> None:
    profile = json.loads((repo / "measurements/profiles/demo.json").read_text(encoding="utf-8"))
    path = tmp_path / "measurements/profiles/later.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**profile, "name": "later", "round": "v9.2"}), encoding="utf-8")
    environment = {"PROFILE": "later"}
    image = settled(tmp_path, environment=environment).image
    assert image == "mlperf_inference_datacenter_bert_open:9.2"
    assert settled(tmp_path, environment={**environment, "IMAGE": "mine"}).image == "mine"


@pytest.mark.parametrize("word", ["container", "docker"])
def test_docker_is_another_word_for_a_container(repo: Path, tmp_path: Path, word: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"runner": word}))
    for workspace in (settled(repo, environment={"RUNNER": word}), settled(repo, file=file)):
        assert workspace.settings.runner is Runner.CONTAINER


def test_an_unknown_profile_gets_a_suggestion(repo: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _ = settled(repo, environment={"PROFILE": "dmeo"}).profile
    assert caught.value.hint == 'did you mean "demo"?'


def test_an_unknown_key_in_a_settings_file_gets_a_suggestion(repo: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"submiter": "Me"}')
    with pytest.raises(UsageError) as caught:
        settled(repo, file=file)
    assert 'did you mean "submitter"?' in caught.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUBMITTER", "../up"),
        ("SUBMITTER", "with blank"),
        ("RUNNER", "podman"),
        ("CPUSET", "0-"),
        ("CPUSET", "0-1,9-8"),
        ("MEMORY_BYTES", "8G"),
        ("MEMORY_BYTES", "1"),
        ("OFFLINE", "perhaps"),
        ("BERT_MODEL_DIR", "/no/such/folder"),
        ("SYSTEM_OVERLAY", "/no/such/file"),
    ],
)
def test_a_value_that_cannot_be_is_refused(repo: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError):
        settled(repo, environment={name: value})


@pytest.mark.parametrize("text", ["", "{", "[]", "\ufeff{}", '{"runner": 1}'])
def test_a_settings_file_that_is_none_is_refused(repo: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        settled(repo, file=file)


@pytest.mark.parametrize(
    ("text", "offline"), [("off", False), ("0", False), ("No", False), ("on", True), ("1", True)]
)
def test_yes_and_no_have_several_spellings(repo: Path, text: str, *, offline: bool) -> None:
    assert settled(repo, environment={"OFFLINE": text}).settings.offline is offline
    assert settled(repo, arguments={"offline": text}).settings.offline is offline


def test_every_setting_has_a_line_in_the_schema_a_variable_and_a_help_text(repo: Path) -> None:
    schema = repo / "submission/workspace/schemas/settings.schema.json"
    rows = settings_table()
    assert set(json.loads(schema.read_text())["properties"]) == set(rows)
    assert len({row.variable for row in rows.values()}) == len(rows)
    assert all(row.help for row in rows.values())


def test_paths_that_are_given_start_at_the_current_folder(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settled(repo, environment={"WORKSPACE": "mine"}).out == tmp_path / "mine"
    assert settled(repo).out == repo / "out"


def test_without_a_checkout_there_is_no_profile(tmp_path: Path) -> None:
    workspace = settled(tmp_path)
    assert workspace.parts_folder("m") == tmp_path / "out/parts/m"
    with pytest.raises(UsageError, match="no checkout"):
        _ = workspace.profile


def test_a_mistyped_make_variable_is_not_ignored() -> None:
    with pytest.raises(UsageError) as caught:
        check_make_variables("PROFILE=demo SUBMITER=Me")
    assert caught.value.hint == 'did you mean "SUBMITTER"?'


def test_every_variable_that_the_makefile_reads_may_be_given(repo: Path) -> None:
    text = (repo / "Makefile").read_text(encoding="utf-8")
    own = {*re.findall(r"^([A-Z_]+)\s*=", text, re.MULTILINE), "MAKEOVERRIDES", "MAKE"}
    read = set(re.findall(r"\$\(([A-Z_]+)\)", text)) - own
    assert {"MODEL", "OFFICIAL_CHECKER"} <= read
    check_make_variables(" ".join(f"{name}=x" for name in read))


def test_known_make_variables_pass() -> None:
    check_make_variables("PROFILE=demo SUBMITTER=Me MODEL=x SCENARIO=Offline MODE=accuracy")


@pytest.mark.parametrize("name", ["demo", "official", "jpqd"])
def test_every_shipped_profile_fits_its_schema(repo: Path, name: str) -> None:
    profile = settled(repo, arguments={"profile": name}).profile
    assert profile.name == name
    for benchmark in profile.benchmarks:
        assert set(benchmark.runs) == {
            (scenario, mode) for scenario in (Scenario.OFFLINE, Scenario.SERVER) for mode in Mode
        }


@pytest.mark.parametrize("name", ["official", "jpqd"])
def test_the_full_profiles_leave_the_rounds_numbers_alone(repo: Path, name: str) -> None:
    for benchmark in settled(repo, arguments={"profile": name}).profile.benchmarks:
        for numbers in benchmark.runs.values():
            assert numbers.min_duration_ms is None
            assert numbers.samples_per_query is None
            assert numbers.target_latency_ms is None
            assert numbers.performance_sample_count is None


def test_a_profile_under_another_name_is_refused(repo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "measurements/profiles"
    folder.mkdir(parents=True)
    text = (repo / "measurements/profiles/demo.json").read_text()
    (folder / "mine.json").write_text(text)
    with pytest.raises(UsageError, match="another name"):
        _ = resolve(tmp_path, environment={}, arguments={"profile": "mine"}).profile


def test_an_unknown_model_gets_a_suggestion(repo: Path) -> None:
    profile = settled(repo).profile
    with pytest.raises(UsageError) as caught:
        profile.benchmark("minilm-sqad")
    assert "minilm-squad" in caught.value.hint
    assert Path(profile.path).name == "demo.json"


def test_a_limit_that_the_host_would_not_keep_is_refused(repo: Path) -> None:
    with pytest.raises(UsageError, match="needs a container engine"):
        settled(repo, environment={"RUNNER": "host", "MEMORY_BYTES": "800000000"})


def test_an_openvino_without_a_lock_is_refused(repo: Path) -> None:
    with pytest.raises(UsageError, match="no lock for OpenVINO 2019") as caught:
        settled(repo, environment={"OPENVINO": "2019.1.0"})
    assert "2025.4.1" in caught.value.detail


def test_every_version_that_is_named_has_a_lock_of_its_own(repo: Path) -> None:
    lines = (repo / "docker" / "openvino-versions.txt").read_text().splitlines()
    for name in (line for line in lines if not line.startswith("#")):
        assert f"openvino=={name}" in openvino_lock(repo, name).read_text()


@pytest.mark.parametrize("name", ["notes", "notes/below"])
def test_a_file_in_the_place_of_the_workspace_is_refused_at_once(
    name: str, repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes").write_text("")
    with pytest.raises(UsageError, match="WORKSPACE is no folder") as caught:
        settled(repo, arguments={"workspace": str(tmp_path / name)})
    assert str(tmp_path / "notes") in caught.value.detail


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("IMAGE", "X Y", "not of the form: the name of an image"),
        ("BASE_IMAGE", "-x", "not of the form: the name of an image"),
        ("OPENVINO", "new", "such as 2025.4.1"),
        ("CPUSET", "all", "such as 0-3,8"),
        ("SUBMITTER", "Me Inc", "not of letters, digits, points, dashes and underscores"),
    ],
)
def test_a_value_of_another_form_is_refused_in_plain_words(
    variable: str, value: str, words: str, repo: Path
) -> None:
    with pytest.raises(UsageError, match=f"the value of {variable}") as caught:
        resolve(repo, environment={variable: value}, arguments={})
    assert words in caught.value.detail
    assert "^" not in caught.value.detail


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("CPUSET", "99999999999999999999", "CPUSET names a processor that no machine has"),
        ("CPUSET", "0-999999999999", "CPUSET names a processor that no machine has"),
        ("SUBMITTER", "A" * 300, "the value of SUBMITTER cannot be used"),
        ("SYSTEM_DESC_ID", "../x", "the value of SYSTEM_DESC_ID cannot be used"),
        ("MODEL", " ", None),
        ("WAIT_FOR_QUIET", "x", "WAIT_FOR_QUIET is not a whole number"),
        ("SHARE_CORES", "maybe", "SHARE_CORES is neither yes nor no"),
        ("SYSTEM_OVERLAY", "/etc", "SYSTEM_OVERLAY names no file"),
        ("BERT_DATA_DIR", __file__, "BERT_DATA_DIR names no folder"),
        ("BERT_MODEL_DIR", __file__, "BERT_MODEL_DIR names no folder"),
        ("MIRROR", "gopher://x", "MIRROR is neither a folder nor a URL"),
        ("WORKSPACE", "/tmp/a\nb", "WORKSPACE has a character that cannot be printed"),
    ],
)
def test_bad_settings_are_refused_before_anything_runs(
    variable: str, value: str, what: str | None, repo: Path
) -> None:
    def settle() -> None:
        workspace = resolve(repo, environment={variable: value}, arguments={})
        check_given(workspace)
        assert workspace.profile

    with pytest.raises(UsageError, match=what) as caught:
        settle()
    assert caught.value.exit_code == 2
    assert "schema" not in f"{caught.value.what}{caught.value.hint}"
    assert len(str(caught.value).splitlines()) == 3
