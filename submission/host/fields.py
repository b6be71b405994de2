"""Where to look for the fields of a system description that were not detected.

Which fields there are is the round's policy (``system_fields``).
"""

from __future__ import annotations

WHERE_TO_LOOK = {
    "host_processor_model_name": "lscpu",
    "host_processors_per_node": "lscpu",
    "host_processor_core_count": "lscpu",
    "host_processor_frequency": "sudo dmidecode -t processor",
    "host_processor_caches": "lscpu -C",
    "host_processor_interconnect": "the processor's data sheet (lscpu shows its name)",
    "host_memory_capacity": "sudo dmidecode -t memory",
    "host_memory_configuration": "sudo dmidecode -t memory",
    "host_storage_capacity": "lsblk -d -o NAME,SIZE",
    "host_storage_type": "lsblk -d -o NAME,ROTA,TRAN,MODEL",
    "host_networking": "ip link; sudo ethtool <interface>",
    "cooling": "the machine's data sheet, or look at the machine",
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
ASK_A_PERSON = "cannot be detected: write it into the overlay"
