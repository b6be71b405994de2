"""``systems/<system_desc_id>.json``: detected fields, overridden by those the user wrote."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from submission.errors import UsageError, nearest
from submission.host.facts import Machine, read_machine
from submission.host.fields import ASK_A_PERSON, WHERE_TO_LOOK
from submission.host.probes import LiveProbes, Probes
from submission.host.wording import ASSUMED_FIELDS, NOT_APPLICABLE, detected_fields, detected_power
from submission.policy import Policy
from submission.terms import Division

NOT_DETECTED = "not detected"
FROM_OVERLAY = "overlay"
DETECTED = "detected"
GIVEN = "given"
ASSUMED = "assumed"
GIVEN_FIELDS = ("division", "submitter")


@dataclass(frozen=True, kw_only=True)
class Software:
    """Versions of what ran the measurements.

    ``container`` is the engine's own version line; one that begins with ``host`` means that no
    container was used, None that it is unknown.
    """

    openvino: str
    loadgen: str
    python: str
    container: str | None = None
    precision: str = "INT8"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A field that was not detected, and where to find its value."""

    field: str
    where_to_look: str

    def __str__(self) -> str:
        return f"{self.field}: {self.where_to_look}"


@dataclass(frozen=True, kw_only=True)
class SystemDescription:
    """All required fields of a round as text, none empty.

    ``sources`` says for every field whether it comes from the ``overlay``, was ``given`` by the
    caller, was ``detected``, is ``assumed`` (true of this kit's SUT unless the overlay says
    otherwise), or is ``not detected``; the last are also in ``missing``.
    """

    values: Mapping[str, str]
    sources: Mapping[str, str]
    missing: tuple[Missing, ...]

    def to_json(self) -> dict[str, str]:
        """The JSON object of ``systems/<system_desc_id>.json``."""
        return dict(self.values)


def installed_software(container: str | None = None) -> Software:
    """The versions installed beside this kit; "not installed here" for a missing package."""
    return Software(
        openvino=_version("openvino"),
        loadgen=_version("mlcommons-loadgen"),
        python=platform.python_version(),
        container=container,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed here"


def describe_system(
    *,
    policy: Policy,
    overlay: Mapping[str, object],
    submitter: str,
    software: Software,
    division: str = Division.OPEN.value,
    power: bool = False,
    probes: Probes | None = None,
) -> SystemDescription:
    """Describe this machine with the fields of the policy's round, in under two seconds.

    ``overlay`` holds the user's fields and overrides detected ones. Power fields are added if
    ``power`` or if the overlay has one, network fields if the overlay has one or the division
    is ``network``. What cannot be read on this machine is missing, never an error. Raises
    UsageError for an overlay field that the round does not know or whose value is neither text
    nor a number.
    """
    written, wanted = checked_overlay(overlay, policy), policy.system_fields
    machine = read_machine(probes or LiveProbes())
    known: dict[str, str | None] = dict(zip(GIVEN_FIELDS, (division, submitter), strict=True))
    known |= detected_fields(
        machine, software_words=_software_words(software, machine), precision=software.precision
    )
    # published files list the fields in the order of detection
    fields = [name for name in known if name in wanted.required]
    fields += [name for name in wanted.required if name not in known]
    if power or any(name in written for name in wanted.power):
        fields += wanted.power
        known |= detected_power(machine)
    if division == "network" or any(name in written for name in wanted.network):
        fields += wanted.network
        known |= {"is_network": "true" if division == "network" else "false"}
    if division == "network":
        # there LoadGen and SUT are separate machines; only the user knows how they are connected
        known["host_networking_topology"] = None
    fields += [name for name in written if name not in fields]
    return _description(fields, written, known)


def checked_overlay(overlay: Mapping[str, object], policy: Policy) -> dict[str, str]:
    """The overlay as text, without blank values.

    Raises UsageError for a field that the round does not know, or a value that is not text.
    """
    written = {}
    for name, value in overlay.items():
        if name not in policy.system_fields.known:
            raise _unknown(name, policy)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise UsageError(
                f"the system overlay's field {name} is not text",
                detail=f"found {value!r}",
                hint="write the value in quotes, as in published system files",
            )
        if str(value).strip():
            written[name] = str(value).strip()
    return written


def _description(
    fields: list[str], written: Mapping[str, str], known: Mapping[str, str | None]
) -> SystemDescription:
    values, sources = {}, {}
    for name in fields:
        found = known.get(name)
        values[name] = written.get(name) or found or NOT_DETECTED
        sources[name] = FROM_OVERLAY if name in written else _source(name, found)
    return SystemDescription(
        values=values,
        sources=sources,
        missing=tuple(
            Missing(field=name, where_to_look=WHERE_TO_LOOK.get(name, ASK_A_PERSON))
            for name in fields
            if sources[name] == NOT_DETECTED
        ),
    )


def _source(name: str, found: str | None) -> str:
    if found is None:
        return NOT_DETECTED
    if name in GIVEN_FIELDS:
        return GIVEN
    return ASSUMED if name in ASSUMED_FIELDS else DETECTED


def _unknown(name: str, policy: Policy) -> UsageError:
    fields = policy.system_fields
    near = nearest(name, fields.known, cutoff=0.5)
    return UsageError(
        f"the system overlay has a field that round {policy.round} does not know: {name}",
        detail=f"it knows {len(fields.known)}: {len(fields.required)} required, the rest optional"
        " or for power and network",
        hint=f"did you mean {near}?" if near else "remove it, or put the fact into hw_notes",
    )


def _software_words(software: Software, machine: Machine) -> dict[str, str]:
    engine = software.container or ""
    stack = [
        f"LoadGen {software.loadgen}",
        f"Python {software.python}",
        f"Linux {machine.kernel}" if machine.kernel else "",
        "" if engine.startswith("host") else engine,
    ]
    return {
        "framework": f"OpenVINO {software.openvino}",
        "other_software_stack": ", ".join(part for part in stack if part),
        "sw_notes": "LoadGen and SUT share one process" + (f"; run by {engine}" if engine else ""),
    }


__all__ = [
    "NOT_APPLICABLE",
    "NOT_DETECTED",
    "Missing",
    "Software",
    "SystemDescription",
    "checked_overlay",
    "describe_system",
]
