"""Breaks of folders, names, mappings and categories (TRE, BEN)."""

import os

from submission.checks.model import Waiver
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import (
    Break,
    Edit,
    both,
    copied,
    fields,
    folder,
    linked,
    moved,
    prefixed,
    put,
    ran,
    removed,
    sparse,
)

OPEN, CLOSED = "open/Kit", "closed/Kit"
NODE = f"{OPEN}/systems/node.json"
OFFLINE = f"{OPEN}/results/node/sparse-bert/Offline"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 4096\n"
MAPPING = f"{OPEN}/model_mapping.json"
STRANGE = "strange\x07name.txt"


def _pipe(path: str) -> Edit:
    return lambda tree: os.mkfifo(tree.at(path))


def _everywhere(base: str, system: str, old: str, new: str, *areas: str) -> Edit:
    """A benchmark folder under another name in results/, measurements/ and so on."""
    places = [f"{base}/{area}/{system}" for area in ("results", "measurements", *areas)]
    return both(
        *(moved(f"{p}/{old}", f"{p}/{new}") for p in places),
        moved(f"{base}/code/{old}", f"{base}/code/{new}"),
    )


def _scenario(base: str, place: str, old: str, new: str) -> Edit:
    areas = [f"{base}/{area}/{place}" for area in ("results", "measurements")]
    return both(*(moved(f"{p}/{old}", f"{p}/{new}") for p in areas))


def _locked(path: str) -> Edit:
    """A folder without permission to be read; put right again by pytest's clean-up."""

    def edit(tree: SubmissionTree) -> None:
        tree.at(path).mkdir()
        (tree.at(path) / "file").write_text("x")
        tree.at(path).chmod(0)

    return edit


def _same_figures(tree: SubmissionTree) -> None:
    """TEST01's run has the latencies of the performance run, under a date of its own."""
    place = "node/bert-99/Server"
    key = "result_min_latency_ns"
    own = tree.logged[f"{CLOSED}/results/{place}/performance/run_1"]
    ran(f"{CLOSED}/compliance/{place}/TEST01/performance/run_1", **{key: own[key]})(tree)


NAMES = (
    Break("a division in capitals", "open", copied(OPEN, "Closed/Kit"), "TRE001"),
    Break("a folder that is no division", "open", put("opne/readme.txt", "x"), "TRE002"),
    Break("another sum", "open", put("SHA256SUMS", f"{'0' * 64}  {NODE}\n"), "TRE046"),
    Break("sums of other places", "open", put("SHA256SUMS", f"{'0' * 64}  x/{NODE}\n"), ""),
    Break("a list that holds no sums", "open", put("SHA256SUMS", "of another kind\n"), ""),
    Break("a submitter that is a link", "open", linked("open/Other", "Kit"), "TRE003"),
    Break("a file among the submitters", "open", put("open/notes.txt", "x"), "TRE004"),
    Break("a link to a file", "open", linked(f"{OPEN}/code/x", "../x"), "TRE010", "refused"),
    Break("a link to a folder", "open", linked(f"{OPEN}/results/other", "node"), "TRE011"),
    Break("51 MB", "open", sparse(f"{OPEN}/code/big", 52_428_801), "TRE012", "refused"),
    Break("exactly 50 MB", "open", sparse(f"{OPEN}/code/big", 52_428_800), ""),
    Break("a hidden file", "open", put(f"{OPEN}/code/.gitkeep", ""), "TRE013", "refused"),
    Break("a hidden folder", "open", put(f"{OPEN}/.idea/x", ""), "TRE013", "refused"),
    Break("a blank in a name", "open", put(f"{OPEN}/code/a b", ""), "TRE014", "refused"),
    Break("Python's cache", "open", put(f"{OPEN}/code/__pycache__/x", ""), "TRE015", "refused"),
    Break("an empty folder", "open", folder(f"{OPEN}/code/empty"), "TRE016", "refused"),
    Break(
        "two kinds of odd names at once",
        "open",
        both(folder(f"{OPEN}/code/empty"), put(f"{OPEN}/code/.gitkeep", "")),
        "TRE013 TRE016",
        "refused",
    ),
    Break(
        "names that differ by case",
        "open",
        both(put(f"{OPEN}/code/readme", "x"), put(f"{OPEN}/code/README", "x")),
        "TRE017",
    ),
    Break("a control character", "open", put(f"{OFFLINE}/{STRANGE}", "x"), "TRE018 TRE031"),
    Break("a pipe among the results", "open", _pipe(f"{OPEN}/results/node/pipe"), "TRE019"),
    Break(
        "a folder nobody may read", "open", _locked(f"{OPEN}/documents"), "TRE020", needs_user=True
    ),
    Break("a git LFS pointer for evidence", "open", put(f"{OFFLINE}/x.bin", LFS), "TRE021"),
    Break(
        "a git LFS pointer for a log",
        "open",
        put(f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt", LFS),
        "TRE021",
        "refused",
    ),
    Break(
        "a link for a log",
        "open",
        both(
            moved(f"{OFFLINE}/accuracy/accuracy.txt", f"{OPEN}/accuracy.txt"),
            linked(f"{OFFLINE}/accuracy/accuracy.txt", f"{'../' * 6}accuracy.txt"),
        ),
        "TRE010",
        "refused",
    ),
    Break(
        "a link for a folder of measurements",
        "open",
        both(
            moved(f"{OPEN}/measurements/node/sparse-bert", f"{OPEN}/code/settings"),
            linked(f"{OPEN}/measurements/node/sparse-bert", "../../code/settings"),
        ),
        "TRE011",
        "exit 1",
    ),
    Break("a git LFS pointer for code", "open", put(f"{OPEN}/code/x.bin", LFS), "TRE022"),
    Break("a control character in code", "open", put(f"{OPEN}/code/{STRANGE}", "x"), "TRE022"),
    Break("a submitter without results", "open", put("open/Other/README.md", "x"), "TRE030"),
    Break("a file among the systems", "open", put(f"{OPEN}/results/node/log.txt", "x"), "TRE031"),
    Break(
        "a description without results",
        "open",
        copied(f"{OPEN}/systems/node.json", f"{OPEN}/systems/nod.json"),
        "TRE032",
    ),
    Break(
        "measurements without results",
        "open",
        copied(f"{OPEN}/measurements/node/sparse-bert", f"{OPEN}/measurements/node/spare-bert"),
        "TRE033",
    ),
    Break(
        "compliance tests without results",
        "closed",
        copied(f"{CLOSED}/compliance/node", f"{CLOSED}/compliance/other"),
        "TRE033",
    ),
    Break("code without results", "open", put(f"{OPEN}/code/rnnt/x", "x"), "TRE035"),
    Break(
        "the performance log for that of the accuracy run",
        "open",
        copied(f"{OFFLINE}/performance/run_1", f"{OFFLINE}/accuracy"),
        "PRF004 TRE034",
    ),
    Break(
        "the figures of a performance run for those of a compliance test",
        "closed",
        _same_figures,
        "TRE044",
    ),
)

MAPPINGS = (
    Break("a mapping that is no JSON", "open", put(MAPPING, "{"), "TRE040", "crash"),
    Break("a mapping that is a list", "open", put(MAPPING, "[]"), "TRE040", "crash"),
    Break("a mapping with a BOM", "open", prefixed(MAPPING, b"\xef\xbb\xbf"), "TRE040", "crash"),
    Break("a mapping of an unused name", "open", fields(MAPPING, old="bert-98"), "TRE041"),
    Break(
        "a mapping that says other than the name",
        "open",
        fields(MAPPING, **{"bert-99.9_x": "bert-99"}),
        "TRE042",
    ),
    Break(
        "a name that maps to no benchmark",
        "open",
        fields(MAPPING, **{"sparse-bert": "bert-98"}),
        "BEN001",
        "refused",
    ),
    Break("no mapping for the name", "open", removed(MAPPING), "BEN001", "refused"),
)

CATEGORIES = (
    Break(
        "bert-99.9 on an edge system",
        "open",
        both(
            fields(MAPPING, **{"sparse-bert": "bert-99.9"}),
            fields(f"{OPEN}/systems/node.json", system_type="edge"),
        ),
        "ACC008 BEN002",
        "refused",
    ),
    Break(
        "part of a name in closed",
        "closed",
        _everywhere(CLOSED, "node", "bert-99", "bert-99_fast", "compliance"),
        "BEN003",
    ),
    Break(
        "a misspelt name in closed",
        "closed",
        _everywhere(CLOSED, "node", "bert-99", "brt-99", "compliance"),
        "BEN001",
        "refused",
    ),
    Break(
        "a name that is guessed",
        "open",
        _everywhere(OPEN, "node", "sparse-bert", "bert-99_sparse"),
        "BEN004",
    ),
    Break(
        "a required scenario is left out of closed",
        "closed",
        both(
            *(
                removed(f"{CLOSED}/{a}/node/bert-99/Server")
                for a in ("results", "measurements", "compliance")
            )
        ),
        "BEN005",
        "exit 1",
    ),
    Break(
        "a scenario is left out of open",
        "open",
        both(
            *(removed(f"{OPEN}/{a}/node/sparse-bert/Server") for a in ("results", "measurements"))
        ),
        "BEN006",
    ),
    Break(
        "a scenario of another category",
        "closed",
        both(
            *(
                copied(
                    f"{CLOSED}/{a}/node/bert-99/Offline", f"{CLOSED}/{a}/node/bert-99/MultiStream"
                )
                for a in ("results", "measurements", "compliance")
            )
        ),
        "BEN007 PRF005 MEA009 MEA010",
        "refused",
    ),
    Break(
        "a misspelt scenario",
        "open",
        _scenario(OPEN, "node/sparse-bert", "Offline", "Online"),
        "BEN006 BEN008 MEA009",
        "crash",
    ),
    Break(
        "a scenario in two spellings",
        "open",
        both(
            *(
                copied(
                    f"{OPEN}/{a}/node/sparse-bert/Offline", f"{OPEN}/{a}/node/sparse-bert/offline"
                )
                for a in ("results", "measurements")
            )
        ),
        "BEN009 TRE017 MEA009",
    ),
    Break(
        "a benchmark without scenarios",
        "open",
        put(f"{OPEN}/results/node/bert-99/x", "x"),
        "BEN010 TRE031 BEN006",
    ),
)

WAIVERS = (
    Break(
        "a waiver that nothing needs",
        "open",
        put(f"{OPEN}/NOTES.md", "x"),
        "WAV001",
        waivers=(Waiver(rule="PRF008", path="open/*", reason="a demo"),),
    ),
)

BREAKS = (*WAIVERS, *NAMES, *MAPPINGS, *CATEGORIES)
