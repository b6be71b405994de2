"""Tables that say what differs from another table."""

import json
from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.policy import load_policy, loader, tables
from submission.policy.tables import Table, TableError, merged, resolve


def base(**entries: Any) -> Table:
    return {"version": 2, "round": "v1", "covers": "all", **entries}


def change(**entries: Any) -> Table:
    return {"version": 2, "round": "v2", "covers": "some", "based_on": "v1", **entries}


def resolved(*of: Table) -> Table:
    """The last of several tables, resolved."""
    known = {table["round"]: table for table in of}
    return resolve(of[-1]["round"], known.__getitem__, tuple(known))


def test_an_object_is_merged_and_anything_else_is_replaced() -> None:
    whole = resolved(
        base(bounds={"a": 1, "b": {"c": 2}}, names=["x"], limit=3),
        change(bounds={"b": {"c": 4, "d": None}}, names=["y"], limit=None),
    )
    assert whole == {
        "version": 2,
        "round": "v2",
        "covers": "some",
        "bounds": {"a": 1, "b": {"c": 4, "d": None}},
        "names": ["y"],
        "limit": None,
    }


def test_keys_and_items_can_be_removed_and_items_added() -> None:
    whole = resolved(
        base(bounds={"a": 1, "b": 2}, names=["x", "y"]),
        change(bounds={"$remove": ["a"], "c": 3}, names={"$remove": ["x"], "$add": ["z"]}),
    )
    assert (whole["bounds"], whole["names"]) == ({"b": 2, "c": 3}, ["y", "z"])


def test_a_key_that_is_removed_can_be_written_again() -> None:
    assert merged({"a": {"b": 1}}, {"$remove": ["a"], "a": {"c": 2}}, "") == {"a": {"c": 2}}


def test_a_table_can_be_based_on_one_that_is_based_on_another() -> None:
    newest = {**change(third=3), "round": "v3", "based_on": "v2"}
    whole = resolved(base(first=1), change(second=2), newest)
    assert (whole["first"], whole["second"], whole["third"]) == (1, 2, 3)
    assert whole["round"] == "v3"


def test_what_a_table_is_based_on_stays_as_it_is() -> None:
    old = base(bounds={"a": {"b": 1}}, names=["x"])
    resolved(old, change(bounds={"a": {"b": 2}}, names={"$add": ["y"]}))
    assert old == base(bounds={"a": {"b": 1}}, names=["x"])


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ((change(),), "v2 is based on 'v1', which has no table"),
        (
            (change(round="v1", based_on="v2"), change()),
            "tables are based on each other: v2 -> v1 -> v2",
        ),
        ((change(based_on="v2"),), "tables are based on each other: v2 -> v2"),
        (
            (base(bounds={"a": 1}), change(bounds={"$remove": ["b"]})),
            "v2.bounds: b is not in the base, so it cannot be removed",
        ),
        (
            (base(names=["x"]), change(names={"$remove": ["y"]})),
            "v2.names: y is not in the base, so it cannot be removed",
        ),
        (
            (base(names=["x"]), change(names={"y": 1})),
            "v2.names: the base has a list here; y cannot change it",
        ),
        (
            (base(bounds={"a": 1}), change(bounds={"$remove": "a"})),
            r"v2.bounds.\$remove: it is not a list",
        ),
    ],
)
def test_changes_that_do_not_fit_are_refused(of: tuple[Table, ...], words: str) -> None:
    with pytest.raises(TableError, match=f"^{words}$"):
        resolved(*of)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "v9.json: Expecting"),
        ("[]", "v9.json: it is not a JSON object"),
        ('{"version": 2, "round": "v9"}', "v9.json: covers is missing"),
        ('{"version": 1, "round": "v9", "covers": ""}', "v9.json: table version 1, not 2"),
        ('{"version": 2, "round": "v8", "covers": ""}', "v9.json: it is of round v8"),
        ('{"version": 2, "version": 2}', "v9.json: version is written twice"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "v9.json").write_text(text)
    with pytest.raises(TableError, match=words):
        tables.resolved_table("v9", tmp_path)


def test_a_table_that_cannot_be_used_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "v9.json").write_text(json.dumps(change(round="v9", based_on="v8")))
    monkeypatch.setattr(loader, "rounds", lambda: ("v9",))
    monkeypatch.setattr(
        loader, "resolved_table", lambda name: tables.resolved_table(name, tmp_path)
    )
    with pytest.raises(UsageError, match="the table of round v9 cannot be used") as raised:
        load_policy("v9")
    assert raised.value.detail == "v9 is based on 'v8', which has no table"


# what is wrong in the newest of three tables, or in the one below it; what is said of it
WRONG = [
    (
        {"v8": {"benchmarks": {"bert-99": {"metrics": []}}}},
        "v8.json, benchmarks.bert-99.metrics: bert-99 has no metric",
    ),
    (
        {"v7": {"benchmarks": {"bert-99": {"metrics": []}}}},
        "v7.json, benchmarks.bert-99.metrics: bert-99 has no metric",
    ),
    (
        {"v7": {"scenarios": {"Server": {"result_unit": ""}}}},
        "v7.json, scenarios.Server: a result of scenario Server has no unit",
    ),
    (
        {"v8": {"benchmarks": {"resnet": {"result_units": {"Server": ""}}}}},
        "v8.json, benchmarks.resnet.result_units.Server: a result of resnet in Server has no unit",
    ),
    (
        {"v8": {"benchmarks": {"resnet": {"sample_counts": {"Interactive": 8}}}}},
        "v8.json, benchmarks.resnet: resnet says something of Interactive, which is not described",
    ),
    (
        {"v7": {"required_scenarios": {"edge": {"llama9": ["Offline"]}}}},
        "v7.json, required_scenarios.edge.llama9: edge requires unknown benchmark llama9",
    ),
    (
        {"v8": {"scenarios": {"Interactive": {"$like": "Server"}}}},
        "v8.json, scenarios.Interactive: nobody runs scenario Interactive",
    ),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_in_a_table_is_said_with_its_file_and_place(
    changes: dict[str, Table], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tables.resolved_table("v3.0")["scenarios"]["Server"]
    base = {"v7": "v3.0", "v8": "v7"}
    for name, based_on in base.items():
        own = changes.get(name, {})
        if "Interactive" in own.get("scenarios", {}):
            own = {"scenarios": {"Interactive": server}}
        table = {"version": 2, "round": name, "covers": "", "based_on": based_on, **own}
        (tmp_path / f"{name}.json").write_text(json.dumps(table))
    (tmp_path / "v3.0.json").write_bytes((tables.FOLDER / "v3.0.json").read_bytes())
    monkeypatch.setattr(loader, "rounds", lambda: ("v8",))
    for name in ("resolved_table", "written_in"):
        original = getattr(tables, name)
        monkeypatch.setattr(loader, name, lambda *args, read=original: read(*args, folder=tmp_path))
    loader.load_policy.cache_clear()
    with pytest.raises(UsageError) as raised:
        load_policy("v8")
    assert raised.value.detail is not None
    assert raised.value.detail.startswith(f"the table of v8 contradicts itself: {words}")
