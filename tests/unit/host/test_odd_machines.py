"""Whatever the tools answer, a description comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submission.host import Software, describe_system, host_facts
from submission.policy import load_policy
from tests.fakes.captured_probes import CapturedProbes

POLICY = load_policy("v3.0")
SOFTWARE = Software(openvino="1", loadgen="2", python="3")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ROW_KEYS = st.sampled_from(
    ["field", "data", "children", "name", "type", "size", "rota", "tran", "ifname", "link_type"]
)
FIELD_NAMES = st.sampled_from(
    ["Model name:", "Socket(s):", "CPU(s):", "L2 cache:", "NUMA node0 CPU(s):", "disk", "ether"]
)
VALUES = st.recursive(
    SCALARS | FIELD_NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ROW_KEYS, inner, max_size=4),
    max_leaves=15,
)
TEXTS = st.text(max_size=60) | st.sampled_from(
    ["max\n", "-1\n", "²", "0-", "1-0", "9" * 30, "MemTotal: 1 kB", "processor: 0\ncpu cores: 0"]
)
FILES = [
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self/status",
    "/proc/self/cgroup",
    "/proc/version",
    "/etc/os-release",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/cpu.max",
    "/sys/devices/system/cpu/cpu0/topology/core_id",
    "/sys/devices/system/cpu/cpu0/topology/physical_package_id",
    "/sys/devices/system/cpu/cpu0/cpufreq/base_frequency",
    "/sys/block/sda/size",
    "/sys/class/net/eth0/speed",
    "/sys/class/dmi/id/product_name",
]
FOLDERS = {
    "/sys/devices/system/cpu": ["cpu0", "online"],
    "/sys/devices/system/node": ["node0"],
    "/sys/block": ["sda"],
    "/sys/class/net": ["eth0", "lo"],
}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    lscpu=st.fixed_dictionaries({"lscpu": VALUES}) | VALUES,
    lsblk=st.fixed_dictionaries({"blockdevices": VALUES}) | VALUES,
    links=VALUES,
    dmi=TEXTS,
    files=st.dictionaries(st.sampled_from(FILES), TEXTS),
)
def test_no_answer_of_any_tool_stops_the_description(
    lscpu: Any, lsblk: Any, links: Any, dmi: Any, files: Any
) -> None:
    probes = CapturedProbes(
        {
            "commands": {
                "lscpu -J": json.dumps(lscpu),
                "lsblk -J -b -d -o NAME,TYPE,SIZE,ROTA,TRAN": json.dumps(lsblk),
                "ip -j link": json.dumps(links),
                "dmidecode -t memory": f"Memory Device\n\tSize: {dmi}\n",
            },
            "files": files,
            "folders": FOLDERS,
        }
    )
    values = describe_system(
        policy=POLICY,
        overlay={},
        submitter="D",
        software=SOFTWARE,
        power=True,
        probes=probes,
    ).values
    assert set(POLICY.system_fields.required) <= set(values)
    assert all(value.strip() for value in values.values())
    json.dumps(host_facts(probes).to_json())
