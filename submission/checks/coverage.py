"""What the official checkers and the written rules ask, and which rules of the book ask it.

An answer that begins with ``none: `` says why no rule asks; ``usage: `` is the command line's part.
"""

from __future__ import annotations

NOT_COVERED, BY_USAGE = "none: ", "usage: "

OFFICIAL: tuple[tuple[str, str], ...] = (
    ("the input and the table can be opened", "usage: exit 2"),
    ("a submitter that is named exists; a tree has results", "usage: exit 2"),
    ("top-level folders are divisions", "TRE001 TRE002"),
    ("a submitter has results/", "TRE030"),
    ("no links to files, none to folders", "TRE003 TRE010 TRE011"),
    ("no file over 50 MiB", "TRE012"),
    ("no leading dots, blanks, __pycache__, empty folders", "TRE013 TRE014 TRE015 TRE016"),
    ("stray files at the root, among submitters, in results/", "TRE004 TRE031"),
    ("model_mapping.json can be read, and maps to benchmarks", "TRE040 TRE041 TRE042"),
    (
        "a folder stands for a benchmark, of the category, by its exact name in closed",
        "BEN001 BEN002 BEN003 BEN004",
    ),
    ("required and allowed scenarios, their spelling", "BEN005 BEN006 BEN007 BEN008 BEN009 BEN010"),
    ("a system description is there and is a JSON object", "SYS001 SYS002 SYS003"),
    (
        "status, category, submitter, division, network mode",
        "SYS008 SYS009 SYS010 SYS011 SYS012 SYS013 SYS018 SYS019",
    ),
    (
        "required fields are there, filled, known, of their type",
        "SYS005 SYS006 SYS007 SYS014 SYS015 SYS016 SYS017 SYS004",
    ),
    (
        "measurements: folder, files, description and its fields",
        "MEA001 MEA002 MEA005 MEA006 MEA007 MEA017 MEA018",
    ),
    ("code of a result", "MEA011 MEA012"),
    (
        "systems, measurements, compliance, code, calibration without results",
        "TRE032 TRE033 TRE035",
    ),
    (
        "the environment variable that lets the official checker rename files",
        "none: nothing in the tree is ever written",
    ),
    ("accuracy.txt: there, readable, with the metric", "ACC001 ACC002 ACC003 ACC004 ACC006"),
    ("accuracy target (closed), or how far from it (open)", "ACC007 ACC008"),
    ("digest and truncation of the accuracy log", "ACC009 ACC010 ACC011 ACC024"),
    ("accuracy and performance folders hold their files and no others", "PRF001 LOG010"),
    (
        "detail logs: there, readable, whole, without errors",
        "LOG001 LOG002 LOG003 LOG004 LOG005 LOG006 LOG007 LOG017",
    ),
    ("accuracy run: samples, mode, scenario, seeds", "ACC016 PRF004 PRF005 PRF007 ACC017"),
    ("result_validity", "PRF002 LOG005"),
    ("performance sample count", "PRF006"),
    ("seeds of the round, of TEST05", "PRF007"),
    ("early_stopping_met", "LAT001"),
    ("configured Server latency", "LAT003 LAT006"),
    ("Offline latency constraint", "none: no benchmark of these rounds has one"),
    ("Offline: a query, and its samples", "PRF010 PRF011"),
    ("configured duration", "PRF008"),
    ("the result is there and is a number that can be", "PRF016 PRF017"),
    ("the log's scenario against the folder's, inferred results", "PRF005"),
    ("a network SUT's name", "PRF015"),
    ("keys that are logged twice", "LOG009 LOG016"),
    (
        "power: file lists, times, samples within the run, metric",
        "PWR001 PWR002 PWR003 PWR004 PWR005 PWR006 PWR010 PWR011 PWR012 PWR013 PWR014 PWR015",
    ),
    (
        "power: what client and server say",
        "PWR007 PWR008 PWR009 PWR016 PWR017 PWR018 PWR020 PWR021 PWR022 PWR023 PWR024",
    ),
    ("compliance: folder, tests, runs", "CMP001 CMP002 LOG001"),
    (
        "compliance: verifications, accuracies of TEST01, file lists",
        "CMP003 CMP004 CMP005 CMP006 CMP011 PRF001",
    ),
    ("compliance: logs of TEST01, seeds of TEST05", "CMP007 CMP012 CMP013 PRF007"),
    ("compliance: tests without a run of their own", "CMP021 CMP022"),
    ("token latencies: timed, and within their bounds", "LAT013 LAT014"),
    ("one of Server and Interactive", "BEN011"),
    ("submissions of Endpoints", "PRF040"),
    ("pictures and videos of the accuracy run", "CMP023"),
    ("nameplate power", "SYS020"),
    ("power: analyzer_table.*, power_settings.*", "PWR019"),
)
WRITTEN: tuple[tuple[str, str], ...] = (
    ("600 s, asked for and measured", "PRF008 PRF009 PRF024 PRF025 LOG026 LOG027"),
    (
        "Server tail latency: bound in closed, reported in open",
        "LAT003 LAT004 LAT005 LAT006 LAT007 LAT008 LAT015",
    ),
    ("early stopping by the binomial test", "LAT001 LAT002 LAT009 LAT011 LAT012"),
    ("24,576 samples in one Offline query", "PRF010 PRF022"),
    ("seeds, in accuracy runs too", "PRF007"),
    ("minimum query counts of mlperf.conf", "PRF012 CNF002"),
    ("the whole validation set", "ACC016"),
    (
        "one accuracy run a result: scenario, SUT, LoadGen, machine",
        "PRF005 ACC017 ACC018 ACC019 MEA025 TRE034",
    ),
    ("test modes", "PRF004 PRF003 PRF031"),
    ("an approved, unaltered LoadGen", "LOG007 LOG014 LOG015 LOG028"),
    (
        "accuracy is reported, in open too",
        "ACC003 ACC004 ACC005 ACC020 ACC027 ACC028 ACC029 TRE037",
    ),
    ("five significant figures", "ACC007"),
    ("truncated with SHA-256", "ACC011 ACC012 ACC013 ACC014 ACC015 ACC021 ACC022 ACC023 TRE036"),
    ("meaningful system fields; other names for some", "SYS006 SYS007"),
    ("meaningful measurement fields, name of the file", "MEA008 MEA009 MEA010"),
    ("calibration and weight transformations are written up", "MEA013 MEA015"),
    (
        "a README that lets others repeat the run, a table that agrees with the logs",
        "MEA003 MEA014 MEA023 DOC001",
    ),
    ("compliance_checker_log.txt", "none: nobody hands it in, and nobody asks for it"),
    ("closed: no retraining", "MEA024"),
    ("code that interfaces LoadGen", "MEA012"),
    ("names of closed are exact", "BEN003"),
    ("inferred results on edge systems only", "PRF005"),
    ("tokens a second", "ACC026 PRF033"),
    ("a submission is of one round", "TRE005 TRE006"),
    (
        "summary and detail log are of one run",
        "LOG011 LOG012 LOG013 LOG018 LOG019 LOG020 LOG029 LOG030",
    ),
    (
        "results follow from the log",
        "PRF018 PRF019 PRF021 PRF022 PRF023 PRF026 PRF027 PRF028 PRF029 PRF030 PRF032 LAT010",
    ),
    (
        "LoadGen was not altered: its settings, queries and schedule are its own",
        "LOG021 LOG022 LOG023 LOG024 LOG025",
    ),
    (
        "user.conf and mlperf.conf are what was run",
        "CNF001 CNF002 CNF003 CNF004 CNF005 CNF006 CNF007 MEA016",
    ),
    (
        "compliance tests are as fast as the run, and verified on its logs",
        "CMP010 CMP016 CMP017 CMP018 CMP019 CMP020 CMP024 CMP025 CMP026",
    ),
    ("runs are of their own: no log twice, no latencies twice", "TRE034 TRE044"),
    (
        "files are content, names can be checked out anywhere",
        "TRE017 TRE018 TRE019 TRE020 TRE021 TRE022",
    ),
    (
        "open: a model trained on another data set comes with the closed one too",
        "none: no file says on what a model was trained",
    ),
    (
        "available systems can be bought, preview systems will be",
        "none: only the status itself is in the files (SYS008)",
    ),
    (
        "ECC memory, bandwidth of the network (datacenter, closed)",
        "none: free text for a person; the fields are asked for (SYS005, SYS006)",
    ),
    (
        "no benchmark is detected, nothing is cached, samples are not known beforehand",
        "none: behaviour of code; TEST01, TEST04, TEST05 look for it (CMP001 to 6, 14, 15)",
    ),
)


def named_rules() -> set[str]:
    """Every rule that answers a question of the tables."""
    answers = [answer for _, answer in (*OFFICIAL, *WRITTEN)]
    return {rule for answer in answers for rule in rules_in(answer)}


def rules_in(answer: str) -> tuple[str, ...]:
    """The ids that an answer names; none where it gives a reason instead."""
    return () if answer.startswith((NOT_COVERED, BY_USAGE)) else tuple(answer.split())
