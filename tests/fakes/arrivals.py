"""LoadGen's schedule of Server queries, gap by gap, and the tables that the checker has of it.

python -m tests.fakes.arrivals SEED [GREATEST_COUNT] writes submission/policy/arrivals/SEED.json
(numpy; about a minute for 600,000,000 gaps).
"""

import base64
import json
import math
import random
import sys
import zlib
from array import array
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path

from submission.checks.relations.arrivals import FIRST_COUNT, FOLDER, GROWTH, UNITS, counts_of

GREATEST = 600_000_000
CHUNK = 1_000_000
WORDS, LAST = 624, 1 << 64


def state_of(seed: int) -> tuple[int, ...]:
    """The state of std::mt19937 behind its constructor."""
    words = [seed & 0xFFFFFFFF]
    for number in range(1, WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + number) & 0xFFFFFFFF)
    return tuple(words)


@lru_cache(maxsize=8)
def sums(seed: int, count: int) -> "array[float]":
    """When each of the first queries arrives, in mean gaps: the sums of 0, 1, ... gaps."""
    source = random.Random()
    source.setstate((3, (*state_of(seed), WORDS), None))
    gaps = (-math.log(1.0 - source.getrandbits(64) / LAST) for _ in range(count))
    return array("d", accumulate(gaps, initial=0.0))


def server_schedule(seed: int, rate: float, duration_ms: int, least: int) -> tuple[int, float, int]:
    """How many queries, when the last of them arrives (seconds), and all gaps (nanoseconds)."""
    enough = int(rate * duration_ms / 1000 * 1.02 + least) + 2000
    found = sums(seed, enough)
    # the last query is the first behind the duration
    count = max(least, bisect_right(found, rate * duration_ms / 1000) + 1)
    return count, found[count - 1] / rate, int(found[count] / rate * 1e9 - count / 2)


def table(seed: int, greatest: int) -> dict[str, object]:
    """The checker's table of a seed."""
    import numpy as np

    source = np.random.RandomState()
    source.set_state(("MT19937", np.array(state_of(seed), dtype=np.uint32), WORDS, 0, 0.0))
    counts = [FIRST_COUNT]
    while counts[-1] < greatest:
        counts.append(counts[-1] + max(1, counts[-1] // GROWTH))
    kept: list[int] = []
    slack, done, total, low = 0.0, 0, 0.0, None
    held = np.zeros(0)
    while len(kept) < len(counts):
        words = source.randint(0, 1 << 32, size=2 * CHUNK, dtype=np.uint32).astype(np.float64)
        uniform = (words[0::2] + words[1::2] * 2.0**32) / 2.0**64
        held = np.concatenate([held, np.cumsum(-np.log1p(-uniform)) + total])
        total = float(held[-1])
        # held[i] is the sum of done + i + 1 gaps
        while len(kept) < len(counts) and counts[len(kept)] <= done + len(held):
            here = counts[len(kept)]
            value = float(held[here - done - 1])
            if low is not None:
                between = held[low[0] - done : here - done - 1]
                share = (np.arange(low[0] + 1, here) - low[0]) / (here - low[0])
                line = low[1] * (1 - share) + value * share
                if len(between):
                    off = float(np.abs(between - line).max())
                    slack = max(slack, off / (here - low[0]) ** 0.5)
            kept.append(round((value - here) * UNITS))
            low = (here, value)
        if low is not None:
            held, done = held[low[0] - done - 1 :], low[0] - 1
    steps = array("i", [kept[0], *(b - a for a, b in pairwise(kept))])
    assert counts_of(len(steps))[-1] == counts[-1]
    text = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()
    return {"seed": seed, "slack": math.ceil(slack * 1000) / 1000, "steps": text}


def main(seed: str, greatest: str = str(GREATEST)) -> None:
    folder = Path(str(FOLDER))
    folder.mkdir(exist_ok=True)
    path = folder / f"{seed}.json"
    path.write_text(json.dumps(table(int(seed), int(greatest)), indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
