"""From a configuration to a trained network, and from that to an IR that answers alike."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
import transformers
from numpy.typing import NDArray

from submission.errors import StageError, UsageError
from submission.ir.compiled import compile_qa
from submission.ir.model import read_model
from submission.ir.names import FEATURES, IrFile
from submission.lab.jpqd.config import JpqdConfig
from submission.lab.jpqd.export import save, to_openvino
from submission.lab.jpqd.network import read_network
from submission.lab.jpqd.ranks import Ranks, joined
from submission.lab.jpqd.schedule import schedule_of
from submission.lab.jpqd.selection import Logits, SelectionScore, evaluate
from submission.lab.jpqd.sources import Sources, divide, read_questions, refuse_dev_contexts
from submission.lab.jpqd.states import TrainingState, load_state, save_state
from submission.lab.jpqd.trainer import Corpus, Trainer
from submission.lab.jpqd.windows import Batch, collate, make_windows
from submission.lab.jpqd.workplace import STATES
from submission.terms import Say

COMPARED = 16  # windows
LARGEST_MEAN = 0.1  # of the logits' spread: what two ways of rounding to 8 bits may differ by
VERSIONS = (torch, transformers, openvino, np)


@dataclass(frozen=True, kw_only=True)
class LogitsDifference:
    """Of OpenVINO's logits from torch's: ``largest``, ``mean``; ``spread``: their deviation."""

    largest: float
    mean: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The IR at ``xml``, and how it came about; ``score``: its own, of the held-out questions."""

    xml: Path
    score: SelectionScore
    difference: LogitsDifference
    curve: tuple[dict[str, float], ...]
    questions: int
    windows: int
    steps: int


def versions() -> dict[str, str]:
    """Of the libraries that a result depends on."""
    return {module.__name__: str(module.__version__) for module in VERSIONS}


def device() -> str:
    """The kind of device that a training here runs on."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def adopt_states(folder: Path, config: JpqdConfig) -> None:
    """Mark the states of ``folder`` as this configuration's.

    Raises UsageError where one of the two is missing that cannot be done without.
    """
    states = {name: load_state(folder / name) for name in STATES}
    last, best = states["state.pt"], states["best.pt"]
    if last is None or (last.best >= 0 and best is None):
        raise UsageError(
            "there is no state to adopt",
            detail=f"{folder}: {' and '.join(n for n, s in states.items() if s is None)} missing",
            hint="put state.pt and best.pt there, or leave --adopt out to train",
        )
    for name, state in states.items():
        if state is not None:
            save_state(folder / name, replace(state, settings=repr(config)))


def train(
    config: JpqdConfig, sources: Sources, folder: Path, say: Say, *, only_export: bool, threads: int
) -> Trained | None:
    """Train from the last state in ``folder`` on, then write ``folder/ir``; None beside the first.

    ``only_export``: raises StageError unless the training is finished.
    """
    torch.set_num_threads(threads)
    _hush()
    with joined() as ranks:
        trainer, corpus = _prepared(config, sources, folder, say, ranks, teach=not only_export)
        total = schedule_of(config, len(corpus.training)).total
        if only_export:
            _check_finished(folder, total)
        trainer.run()
        if not ranks.first:
            return None
    difference = _export(config, trainer.network, corpus, folder / "ir")
    xml = folder / "ir" / "openvino_model.xml"
    return Trained(
        xml=xml,
        score=_score(xml, corpus),
        difference=difference,
        curve=trainer.curve,
        questions=len({window.question for window in corpus.training}),
        windows=len(corpus.training),
        steps=total,
    )


def _prepared(
    config: JpqdConfig, sources: Sources, folder: Path, say: Say, ranks: Ranks, *, teach: bool
) -> tuple[Trainer, Corpus]:
    corpus = _corpus(config, sources)
    sizes = {"to learn from": corpus.training, "held out": corpus.held_out}
    if ranks.first:
        say(", ".join(f"{len(windows)} windows {what}" for what, windows in sizes.items()))
    trainer = Trainer(
        config,
        network=read_network(
            sources.base.folder, first_layers=config.first_layers, seed=config.seed
        ),
        teacher=read_network(sources.teacher.folder) if teach else None,
        corpus=corpus,
        folder=folder,
        say=say,
        ranks=ranks,
    )
    return trainer, corpus


def _corpus(config: JpqdConfig, sources: Sources) -> Corpus:
    questions = read_questions(sources.data, limit=config.questions)
    refuse_dev_contexts(questions, sources.dev_set)
    found = divide(questions, share=config.held_out)
    vocab = sources.base.path("vocab")
    sizes = {"max_length": config.max_length, "overlap": config.overlap}
    return Corpus(
        training=make_windows(found.training, vocab, **sizes),
        held_out=make_windows(found.selecting, vocab, **sizes),
        held_out_questions=found.selecting,
    )


def _check_finished(folder: Path, total: int) -> None:
    state: TrainingState | None = load_state(folder / "state.pt")
    done = 0 if state is None else state.step
    if done < total or not (folder / "best.pt").exists():
        raise StageError(
            "the training is not finished: there is nothing to export",
            detail=f"{folder}: {done} of {total} steps done",
            hint="the same command without --export-only resumes the training",
        )


def _export(config: JpqdConfig, network: Any, corpus: Corpus, folder: Path) -> LogitsDifference:
    """Write the IR; raises StageError if its logits are not the network's."""
    batch = collate(corpus.held_out[:COMPARED])
    wanted = _logits(network, batch)
    with _no_trace_warnings():
        save(to_openvino(network, name=config.model), folder)
    found = _answers(folder / "openvino_model.xml")(batch)
    return compared(np.stack(found, -1), wanted, batch.attention_mask)


def compared(
    found: NDArray[np.float32], wanted: NDArray[np.float32], mask: NDArray[np.int64]
) -> LogitsDifference:
    """How far logits [batch, length, 2] are apart on real tokens; StageError if too far."""
    real = mask > 0
    apart, spread = np.abs(found - wanted)[real], float(wanted[real].std())
    difference = LogitsDifference(
        largest=float(apart.max()), mean=float(apart.mean()), spread=spread
    )
    if not difference.mean <= LARGEST_MEAN * spread:
        raise StageError(
            "the IR and the trained network give different answers",
            detail=f"logits of spread {spread:.3f} differ by {difference.mean:.3f} on average",
            hint="this is a fault of the export; the states are kept",
        )
    return difference


def _logits(network: Any, batch: Batch) -> NDArray[np.float32]:
    network.cpu().eval()
    with torch.no_grad():
        answer = network(**{name: torch.from_numpy(getattr(batch, name)) for name in FEATURES})
    found: NDArray[np.float32] = torch.stack([answer.start_logits, answer.end_logits], -1).numpy()
    return found


def _answers(xml: Path) -> Callable[[Batch], Logits]:
    qa = read_model(IrFile(xml=xml))
    compiled = compile_qa(qa, qa.model)

    def answer(batch: Batch) -> Logits:
        logits = compiled.answer([getattr(batch, name) for name in FEATURES])
        return logits[..., 0].copy(), logits[..., 1].copy()

    return answer


def _score(xml: Path, corpus: Corpus) -> SelectionScore:
    return evaluate(_answers(xml), corpus.held_out, corpus.held_out_questions, size=COMPARED)


def _hush() -> None:
    """No bars and hints of libraries between the lines of a training."""
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()


@contextmanager
def _no_trace_warnings() -> Iterator[None]:
    """Tracing warns of every constant that it makes of a comparison; ``compared`` is the proof."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
