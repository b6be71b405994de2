"""The fields of ``systems/<system_desc_id>.json``, and what would tell those that stay open.

Source: the round's required fields (submission_checker.py v3.0, lines 2391-2428), in the order
that published files have them.
"""

from __future__ import annotations

REQUIRED = (
    "division",
    "submitter",
    "status",
    "system_type",
    "system_name",
    "number_of_nodes",
    "host_processor_model_name",
    "host_processors_per_node",
    "host_processor_core_count",
    "host_processor_frequency",
    "host_processor_caches",
    "host_processor_interconnect",
    "host_memory_capacity",
    "host_memory_configuration",
    "host_storage_capacity",
    "host_storage_type",
    "host_networking",
    "host_networking_topology",
    "accelerators_per_node",
    "accelerator_model_name",
    "accelerator_frequency",
    "accelerator_host_interconnect",
    "accelerator_interconnect",
    "accelerator_interconnect_topology",
    "accelerator_memory_capacity",
    "accelerator_memory_configuration",
    "accelerator_on-chip_memories",
    "cooling",
    "hw_notes",
    "framework",
    "operating_system",
    "other_software_stack",
    "sw_notes",
)

# wanted only where power was measured
POWER = (
    "power_management",
    "filesystem",
    "boot_firmware_version",
    "management_firmware_version",
    "other_hardware",
    "number_of_type_nics_installed",
    "nics_enabled_firmware",
    "nics_enabled_os",
    "nics_enabled_connected",
    "network_speed_mbit",
    "power_supply_quantity_and_rating_watts",
    "power_supply_details",
    "disk_drives",
    "disk_controllers",
)

# wanted only where the SUT is reached over a network
NETWORK = (
    "is_network",
    "network_type",
    "network_media",
    "network_rate",
    "nic_loadgen",
    "number_nic_loadgen",
    "net_software_stack_loadgen",
    "network_protocol",
    "number_connections",
    "nic_sut",
    "number_nic_sut",
    "net_software_stack_sut",
    "network_topology",
)

# named by the rules, though the round's checker does not know them
OPTIONAL = ("host_network_card_count", "host_processor_vcpu_count")

KNOWN = (*REQUIRED, *POWER, *NETWORK, *OPTIONAL)

# what a person can do to learn a field that was not detected
TOLD_BY = {
    "host_processor_model_name": "lscpu",
    "host_processors_per_node": "lscpu",
    "host_processor_core_count": "lscpu",
    "host_processor_frequency": "sudo dmidecode -t processor",
    "host_processor_caches": "lscpu -C",
    "host_processor_interconnect": "the processor's data sheet (lscpu names the processor)",
    "host_memory_capacity": "sudo dmidecode -t memory",
    "host_memory_configuration": "sudo dmidecode -t memory",
    "host_storage_capacity": "lsblk -d -o NAME,SIZE",
    "host_storage_type": "lsblk -d -o NAME,ROTA,TRAN,MODEL",
    "host_networking": "ip link; sudo ethtool <interface>",
    "cooling": "the machine's data sheet, or a look at it",
    "operating_system": "cat /etc/os-release",
    "filesystem": "findmnt /",
    "boot_firmware_version": "sudo dmidecode -s bios-version",
    "management_firmware_version": "sudo ipmitool mc info",
    "number_of_type_nics_installed": "lspci -nn",
    "nics_enabled_firmware": "sudo ethtool -i <interface>",
    "nics_enabled_os": "ip link",
    "nics_enabled_connected": "ip link",
    "network_speed_mbit": "sudo ethtool <interface>",
    "power_supply_quantity_and_rating_watts": "sudo dmidecode -t 39",
    "power_supply_details": "sudo dmidecode -t 39",
    "disk_drives": "lsblk -d -o NAME,SIZE,MODEL",
    "disk_controllers": "lspci -nn",
}
ASK_A_PERSON = "only a person knows: write it into the overlay"
