"""A training among the processes of torch's launcher: ``ranked_training.py FOLDER BATCH``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[4]))

from submission.lab.jpqd.ranks import joined
from tests.unit.lab.jpqd.tiny import corpus, tiny_config, trainer


def main(folder: str, batch: str) -> None:
    torch.set_num_threads(1)
    config = tiny_config(batch=int(batch), dropout=0.0)
    lines: list[str] = []
    with joined() as ranks:
        own = Path(folder) / f"data-{ranks.rank}"
        own.mkdir(parents=True, exist_ok=True)
        made = trainer(Path(folder), config, ranks=ranks, say=lines.append, corpus=corpus(own))
        made.run()
        name = Path(folder) / f"end-{ranks.rank}-of-{ranks.count}.pt"
        torch.save({"network": made.network.state_dict(), "said": len(lines)}, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
