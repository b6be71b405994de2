"""Breaks of system descriptions (SYS)."""

from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import (
    GONE,
    Break,
    Edit,
    both,
    fields,
    moved,
    prefixed,
    put,
    removed,
    replaced,
)

NODE = "open/Kit/systems/node.json"
CLOSED = "closed/Kit/systems/node.json"
NETWORK = "network/Kit/systems/node.json"


def _named(name: str, each: int) -> Edit:
    """The open system under another name, with so many A100 in each of two nodes."""

    def edit(tree: SubmissionTree) -> None:
        model = "NVIDIA A100-SXM-80GB"
        counts = {"number_of_nodes": "2", "accelerators_per_node": str(each)}
        fields(NODE, accelerator_model_name=model, **counts)(tree)
        for area in ("results", "measurements"):
            moved(f"open/Kit/{area}/node", f"open/Kit/{area}/{name}")(tree)
        moved(NODE, f"open/Kit/systems/{name}.json")(tree)
        for path in (tree.root / f"open/Kit/measurements/{name}").rglob("node*.json"):
            path.rename(path.with_name(path.name.replace("node", name, 1)))

    return edit


FILES = (
    Break("no system description", "open", removed(NODE), "SYS001", "refused"),
    Break(
        "a system description in another spelling",
        "open",
        moved(NODE, "open/Kit/systems/Node.json"),
        "SYS001 TRE032",
        "refused",
    ),
    Break(
        "a folder for a system description",
        "open",
        both(removed(NODE), put(f"{NODE}/x", "x")),
        "SYS001",
        "crash",
    ),
    Break("a description cut short", "open", put(NODE, '{"division": "open",'), "SYS002", "crash"),
    Break("an empty description", "open", put(NODE, ""), "SYS002", "crash"),
    Break("a description that is a list", "open", put(NODE, "[]"), "SYS002", "crash"),
    Break("a description in UTF-16", "open", prefixed(NODE, b"\xff\xfe"), "SYS002", "crash"),
    Break("a description with a BOM", "open", prefixed(NODE, b"\xef\xbb\xbf"), "SYS003", "crash"),
)

FIELDS = (
    Break(
        "a field written twice",
        "open",
        replaced(NODE, '"cooling": "some text"', '"cooling": "air",\n "cooling": "water"'),
        "SYS004",
    ),
    Break("a field is missing", "open", fields(NODE, cooling=GONE), "SYS005", "refused"),
    Break(
        "a misspelt field",
        "open",
        fields(NODE, cooling=GONE, coling="air"),
        "SYS005 SYS007",
        "refused",
    ),
    Break("the submitter is missing", "open", fields(NODE, submitter=GONE), "SYS005", "crash"),
    Break("the division is missing", "open", fields(NODE, division=GONE), "SYS005", "refused"),
    Break("an empty field", "open", fields(NODE, cooling=""), "SYS006"),
    Break("a field of blanks", "open", fields(NODE, cooling="  "), "SYS006"),
    Break("a field that is yet to be filled in", "open", fields(NODE, cooling="TBD"), "SYS006"),
    Break("an unknown field", "open", fields(NODE, colour="red"), "SYS007"),
    Break("a count of network cards", "open", fields(NODE, host_network_card_count="1"), ""),
    Break("a field of a power system", "open", fields(NODE, filesystem="ext4"), ""),
    Break("no status", "open", fields(NODE, status=GONE), "SYS008", "crash"),
    Break("a status that is no text", "open", fields(NODE, status=1), "SYS008", "crash"),
    Break("a misspelt status", "open", fields(NODE, status="availible"), "SYS008", "refused"),
    Break("a status in capitals", "open", fields(NODE, status="Available"), ""),
    Break("no category", "open", fields(NODE, system_type=GONE), "SYS009", "refused"),
    Break("a category in capitals", "open", fields(NODE, system_type="Edge"), "SYS009", "refused"),
    Break(
        "a category with a blank",
        "open",
        fields(NODE, system_type="datacenter, edge"),
        "SYS009",
        "refused",
    ),
    Break(
        "both categories",
        "closed",
        fields(CLOSED, system_type="datacenter,edge"),
        "BEN005",
        "exit 1",
    ),
    Break("another submitter", "open", fields(NODE, submitter="Kid"), "SYS010", "refused"),
    Break("a submitter in capitals", "open", fields(NODE, submitter="KIT"), ""),
    Break("another division", "open", fields(NODE, division="closed"), "SYS011", "refused"),
    Break("a division in capitals", "open", fields(NODE, division="Open"), "SYS018", "refused"),
    Break("a division that is no text", "open", fields(NODE, division=1), "SYS011", "refused"),
    Break(
        "an edge system in the network division",
        "network",
        fields(NETWORK, system_type="datacenter,edge"),
        "BEN005 SYS019",
        "exit 1",
    ),
    Break(
        "a network system in closed",
        "closed",
        fields(CLOSED, is_network="true"),
        "PRF015 SYS005 SYS012",
        "refused",
    ),
    Break(
        "no network in network",
        "network",
        fields(NETWORK, is_network=GONE),
        "SYS007 SYS012",
        "refused",
    ),
    Break("is_network as a truth value", "open", fields(NODE, is_network=False), "SYS013", "crash"),
    Break(
        "is_network as a truth value in network",
        "network",
        fields(NETWORK, is_network=True),
        "SYS013",
        "crash",
    ),
    Break(
        "a network field is missing", "network", fields(NETWORK, nic_sut=GONE), "SYS005", "refused"
    ),
    Break("a name that is null", "open", fields(NODE, system_name=None), "SYS006 SYS014", "crash"),
    Break("a framework in a list", "open", fields(NODE, framework=["a"]), "SYS014", "crash"),
    Break(
        "a field that is a list", "open", fields(NODE, host_memory_capacity=["1", "2"]), "SYS015"
    ),
    Break("a quote in a name", "open", fields(NODE, system_name='a "b"'), "SYS016"),
    Break("a comma in a count", "open", fields(NODE, number_of_nodes="1,2"), "SYS016 SYS017"),
    Break("a system that is named after half as many", "open", _named("2xA100_TRT", 4), "SYS021"),
    Break("a system that is named after all of its nodes", "open", _named("A100x8", 4), ""),
    Break("a system with one of those in its name", "open", _named("8xA100", 1), ""),
    Break("a count in words", "open", fields(NODE, number_of_nodes="two"), "SYS017"),
)

BREAKS = (*FILES, *FIELDS)
