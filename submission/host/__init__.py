"""What this machine is: the system description."""

from submission.host.describe import Missing, Software, SystemDescription, describe_system
from submission.host.facts import HostFacts, host_facts
from submission.host.probes import LiveProbes, Probes

__all__ = [
    "HostFacts",
    "LiveProbes",
    "Missing",
    "Probes",
    "Software",
    "SystemDescription",
    "describe_system",
    "host_facts",
]
