"""What power server and PTDaemon write of a session, made of the samples of its two runs."""

import datetime as dt
import re

from tests.fakes.loadgen_logs import SESSION

FORM = "%m-%d-%Y %H:%M:%S.%f"
PHASES = ("ranging", "testing")
_SAMPLE = re.compile(r"^Time,([^,]+),Watts,([^,]+),Volts,([^,]+),Amps,([^,]+)", re.MULTILINE)


def phases_of(*samples: str) -> dict[str, list[list[float]]]:
    """The four times of each phase, for its samples."""
    found = {}
    for phase, text in zip(PHASES, samples, strict=True):
        times = [found[1] for found in _SAMPLE.finditer(text)]
        begin, end = (
            dt.datetime.strptime(time, FORM).replace(tzinfo=dt.UTC).timestamp()
            for time in (times[0], times[-1])
        )
        found[phase] = [[begin - 13.3, 1.0], [begin - 0.3, 14.0], [end - 0.1, 9.0], [end, 9.1]]
    return found


def commands(ranging: str) -> list[dict[str, str]]:
    """What the server has PTDaemon do."""
    volts, amperes = (
        max(float(found[cell]) for found in _SAMPLE.finditer(ranging)) for cell in (3, 4)
    )
    said = (
        *("SR,V,Auto", "SR,A,Auto", f"Go,1000,0,{SESSION}_ranging", "Stop"),
        *(f"SR,V,{volts:f}", f"SR,A,{amperes * 1.1:f}", f"Go,1000,0,{SESSION}_testing", "Stop"),
        *("SR,V,150.000000", "SR,A,10.000000"),
    )
    return [{"cmd": one, "reply": "done"} for one in said]


def analyzer_log(*samples: str) -> str:
    """ptd_logs.txt: the start of both measurements, and what it states of them."""
    lines = ["Selected power meter 'Yokogawa WT310' from wt310.cpp"]
    for phase, text in zip(PHASES, samples, strict=True):
        found = list(_SAMPLE.finditer(text))
        watts, (first, last) = [float(one[2]) for one in found], (found[0][1], found[-1][1])
        stated = (
            f"Avg watts {sum(watts) / len(watts):f}, min watts {min(watts):f}, max watts"
            f" {max(watts):f}, samples {len(watts)}, errors 0, valid {len(watts)}"
        )
        lines += [
            f"{first}: Go with mark '{SESSION}_{phase}'",
            f"{last}: Completed test",
            f"{last}: {stated}",
        ]
    return "\n".join(lines) + "\n"
