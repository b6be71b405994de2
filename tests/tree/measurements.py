"""Breaks of measurements, conf files, code and READMEs (MEA, CNF, DOC)."""

import json

from tests.tree.edits import (
    GONE,
    Break,
    Edit,
    added,
    both,
    fields,
    folder,
    moved,
    prefixed,
    put,
    removed,
    replaced,
)

M = "open/Kit/measurements/node/sparse-bert/Offline"
SERVER = "open/Kit/measurements/node/sparse-bert/Server"
JSON = f"{M}/node_kit_Offline.json"
CLOSED_JSON = "closed/Kit/measurements/node/bert-99/Offline/node_kit_Offline.json"
CODE = "open/Kit/code/sparse-bert"
TABLE = "\n\n| model | F1 | Offline | Server |\n|---|---|---|---|\n| sparse-bert | {} | {} | {} |\n"


def _hosts(performance: dict[str, object], accuracy: dict[str, object]) -> Edit:
    """Run metadata with the machines of both runs."""
    hosts = {"performance": performance, "accuracy": accuracy}
    texts = {mode: json.dumps({"host": host}) for mode, host in hosts.items()}
    return both(*(put(f"{M}/run_metadata_{mode}.json", text) for mode, text in texts.items()))


FILES = (
    Break("no measurements folder", "open", removed(M), "MEA001", "exit 1"),
    Break(
        "a measurements folder in another spelling",
        "open",
        moved(M, f"{M[:-7]}offline"),
        "MEA001 TRE033",
        "exit 1",
    ),
    Break("no README", "open", removed(f"{M}/README.md"), "MEA002"),
    Break("no user.conf", "open", removed(f"{M}/user.conf"), "MEA002"),
    Break("no mlperf.conf", "open", removed(f"{M}/mlperf.conf"), "MEA002"),
    Break("an empty README", "open", put(f"{M}/README.md", ""), "MEA023"),
    Break("a README of blanks", "open", put(f"{M}/README.md", " \n\n"), "MEA023"),
    Break(
        "no README that says anything",
        "open",
        both(put(f"{M}/README.md", ""), put(f"{CODE}/kit/README.md", "See above.\n")),
        "MEA003",
    ),
    Break("a user.conf of zeros", "open", put(f"{M}/user.conf", b"\x00" * 64), "MEA004"),
    Break("an empty user.conf", "open", put(f"{M}/user.conf", ""), "MEA016"),
    Break("no description of the measurement", "open", removed(JSON), "MEA005"),
    Break(
        "a description named after another system",
        "open",
        moved(JSON, f"{M}/other_kit_Offline.json"),
        "MEA005",
    ),
    Break("a description cut short", "open", put(JSON, '{"retraining": "N'), "MEA006", "crash"),
    Break("an empty description", "open", put(JSON, ""), "MEA006", "crash"),
    Break("a description that is a list", "open", put(JSON, "[]"), "MEA006"),
    Break("a description that is null", "open", put(JSON, "null"), "MEA006", "crash"),
    Break("a measurement with a BOM", "open", prefixed(JSON, b"\xef\xbb\xbf"), "MEA017", "crash"),
    Break(
        "a measurement field twice",
        "open",
        replaced(JSON, '"retraining": "No"', '"retraining": "No",\n "retraining": "Yes"'),
        "MEA018",
    ),
    Break("a measurement field is missing", "open", fields(JSON, retraining=GONE), "MEA007"),
    Break("a retrained model in open", "open", fields(JSON, retraining="Yes"), ""),
    Break("a retrained model in closed", "closed", fields(CLOSED_JSON, retraining="Yes"), "MEA024"),
    Break("an empty measurement field", "open", fields(JSON, retraining=""), "MEA008"),
    Break("a measurement field of blanks", "open", fields(JSON, retraining=" "), "MEA008"),
    Break("a name without implementation", "open", moved(JSON, f"{M}/node_Offline.json"), "MEA009"),
    Break(
        "a description of another scenario",
        "open",
        moved(JSON, f"{M}/node_kit_Server.json"),
        "MEA009 MEA010",
    ),
)

EVIDENCE = (
    Break("no code", "open", removed(CODE), "MEA011"),
    Break("code elsewhere", "open", moved(f"{CODE}/kit", f"{CODE}/other"), ""),
    Break(
        "a pointer to code", "open", both(moved(CODE, f"{CODE}-2"), put(CODE, "sparse-bert-2")), ""
    ),
    Break(
        "a pointer with a slash behind it",
        "open",
        both(moved(CODE, f"{CODE}-2"), put(CODE, "sparse-bert-2/\n")),
        "",
    ),
    Break("a pointer to nothing", "open", both(removed(CODE), put(CODE, "nothing")), "MEA011"),
    Break(
        "code without files",
        "open",
        both(removed(f"{CODE}/kit"), folder(f"{CODE}/other")),
        "MEA012 TRE016",
        "refused",
    ),
    Break(
        "a write-up that is not there",
        "open",
        fields(JSON, weight_transformations="open/Kit/calibration/how.md"),
        "MEA013",
    ),
    Break(
        "a write-up that is there",
        "open",
        fields(JSON, weight_transformations="open/Kit/code/sparse-bert/kit/README.md"),
        "",
    ),
    Break(
        "a README without command",
        "open",
        put(f"{M}/README.md", "It was measured well. " * 5),
        "MEA014",
    ),
    Break("INT8 without calibration", "open", fields(JSON, weight_data_types="int8"), "MEA015"),
    Break(
        "INT8 with calibration",
        "open",
        both(fields(JSON, weight_data_types="int8"), put("open/Kit/calibration.md", "x")),
        "",
    ),
    Break(
        "a run outside of the container",
        "open",
        put(f"{M}/run_metadata_performance.json", '{"runner": "host"}'),
        "MEA020",
    ),
    Break(
        "a demo",
        "open",
        put(f"{M}/run_metadata_performance.json", '{"submittable": false, "profile": "demo"}'),
        "MEA021",
    ),
    Break(
        "synthetic weights",
        "open",
        put(f"{M}/run_metadata_performance.json", '{"model": {"name": "sparse", "made_up": true}}'),
        "MEA022",
    ),
    Break(
        "a run on a busy machine",
        "open",
        put(
            f"{M}/run_metadata_performance.json",
            '{"harness": {"disturbance": {"others_share": 0.31}}}',
        ),
        "MEA026",
    ),
    Break(
        "a run on a machine that did some housekeeping",
        "open",
        put(
            f"{M}/run_metadata_performance.json",
            '{"harness": {"disturbance": {"others_share": 0.09}}}',
        ),
        "",
    ),
    Break(
        "an accuracy run on another machine",
        "open",
        _hosts({"cpu_model": "A", "sockets": 2}, {"cpu_model": "A", "sockets": 1}),
        "MEA025",
    ),
    Break(
        "an accuracy run on a machine that says more",
        "open",
        _hosts({"cpu_model": "A"}, {"cpu_model": "A", "sockets": 1}),
        "",
    ),
)

CONF = (
    Break("a setting without blanks", "open", added(f"{M}/user.conf", "*.Offline.x=1\n"), "CNF001"),
    Break(
        "a seed of another round",
        "open",
        replaced(f"{M}/mlperf.conf", "10003631887983097364", "14284205019438841327"),
        "CNF002",
    ),
    Break("an empty mlperf.conf", "open", put(f"{M}/mlperf.conf", ""), "MEA016"),
    Break(
        "a rate that was not run",
        "open",
        replaced(f"{SERVER}/user.conf", "Server.target_qps = 500", "Server.target_qps = 750"),
        "CNF003",
    ),
    Break(
        "a count of queries that was not run",
        "open",
        added(f"{SERVER}/user.conf", "*.Server.min_query_count = 100\n"),
        "CNF003",
    ),
    Break(
        "a user.conf of another model",
        "open",
        put(f"{M}/user.conf", "resnet50.Offline.target_qps = 1000\n"),
        "CNF004",
    ),
    Break(
        "a user.conf with a colon",
        "open",
        put(f"{M}/user.conf", "*.Offline.target_qps : 1000\n"),
        "CNF006",
    ),
    Break(
        "a remark behind a value",
        "open",
        put(f"{M}/user.conf", "*.Offline.target_qps = 1000 # as measured\n"),
        "CNF006",
    ),
    Break(
        "a setting under a misspelt key",
        "open",
        put(f"{M}/user.conf", "*.Offline.target_qsp = 1000\n"),
        "CNF001",
    ),
    Break(
        "an octal number",
        "open",
        put(f"{M}/user.conf", "*.Offline.max_duration = 00\n*.Offline.min_duration = 02223700\n"),
        "CNF007",
    ),
    Break(
        "a hexadecimal number",
        "open",
        put(f"{M}/user.conf", "*.Offline.min_duration = 0x927c0\n"),
        "",
    ),
    Break(
        "a setting of the model beside one of the scenario",
        "open",
        put(f"{M}/user.conf", "bert.*.target_qps = 2000\n*.Offline.target_qps = 1000\n"),
        "",
    ),
    Break(
        "the settings of two runs in one file",
        "open",
        added(f"{M}/user.conf", "*.Offline.target_qps = 2000\n"),
        "",
    ),
    Break(
        "a comment in another encoding",
        "open",
        put(f"{M}/user.conf", "# 测试\n*.Offline.target_qps = 1000\n".encode("gb18030")),
        "CNF005",
    ),
    Break(
        "a table with another result",
        "open",
        added(f"{M}/README.md", TABLE.format("90.2", "1199.2", "499.58")),
        "DOC001",
    ),
    Break(
        "a table with another accuracy",
        "open",
        added(f"{M}/README.md", TABLE.format("91.2", "1098.2", "499.58")),
        "DOC001",
    ),
    Break(
        "a table of the submitter with another result",
        "open",
        put("open/Kit/README.md", TABLE.format("90.2", "1098.2", "599.58")),
        "DOC001",
    ),
    Break(
        "a table with these results",
        "open",
        added(f"{M}/README.md", TABLE.format("90.2", "1098.2", "499.58")),
        "",
    ),
)

BREAKS = (*FILES, *EVIDENCE, *CONF)
