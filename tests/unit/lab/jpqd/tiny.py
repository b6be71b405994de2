"""The smallest models, questions and configurations that JPQD can be tried on; made, not stored."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from submission.artifacts.digest import Checksums
from submission.artifacts.manifest import File, Part, write_manifest
from submission.lab.jpqd.config import JpqdConfig, parse_config
from submission.lab.jpqd.corpus import Question
from submission.lab.jpqd.network import new_network
from submission.lab.jpqd.sources import Source
from submission.lab.jpqd.trainer import Corpus, Trainer
from submission.lab.jpqd.windows import TrainingWindow, make_windows

WORDS = [f"word{number}" for number in range(60)]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "is", "?"]
ROLES = {"vocab.txt": "vocab", "model.safetensors": "weights", "made.json": "data"}
KINDS = ("bert", "mobilebert")
OWN = {
    "bert": {},
    "mobilebert": {
        "embedding_size": 16,
        "intra_bottleneck_size": 16,
        "num_feedforward_networks": 3,
        "key_query_shared_bottleneck": True,
    },
}
SETTINGS: dict[str, Any] = {
    "version": 1,
    "model": "tiny",
    "base": "tiny-float",
    "teacher": "tiny-float",
    "data": "made",
    "seed": 7,
    "max_length": 32,
    "overlap": 8,
    "batch": 8,
    "steps": 12,
    "learning_rate": 1e-3,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "dropout": 0.1,
    "freeze_embeddings": True,
    "autocast": None,
    "held_out": 0.1,
    "evaluations": 3,
    "checkpoint_every": 2,
}
DISTILLATION = {"weight": 0.6, "temperature": 2.0, "hidden": 1.0}
ROUNDING = {"half_range": True, "percentile": 0.0001, "batches": 2}
PRUNING: dict[str, Any] = {
    "begin": 0.0,
    "end": 0.5,
    "sparsity": 0.5,
    "score_rate": 0.05,
    "ranking_batches": 2,
    "heads": True,
    "multiple": 4,
}


def tiny_config(
    pruning: Mapping[str, Any] | None = None,
    distillation: Mapping[str, Any] | None = None,
    rounding: Mapping[str, Any] | None = None,
    **settings: Any,
) -> JpqdConfig:
    parts = {
        "pruning": {**PRUNING, **(pruning or {})},
        "distillation": {**DISTILLATION, **(distillation or {})},
        "rounding": {**ROUNDING, **(rounding or {})},
    }
    return parse_config({**SETTINGS, **settings, **parts})


def network(kind: str = "bert", *, seed: int = 1, **own: Any) -> Any:
    """2 blocks of 4 heads and 64 neurons; MobileBERT's are narrower, with 3 FFNs a block."""
    torch.manual_seed(seed)
    made = new_network(
        {
            "model_type": kind,
            "vocab_size": len(SPECIAL) + len(WORDS),
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 64,
            "max_position_embeddings": 64,
            **OWN[kind],
            **own,
        }
    )
    for name, values in made.named_parameters():
        if name.endswith("weight") and values.ndim > 1:
            values.data *= 5  # so that what comes out depends on every layer
    return made


def vocabulary(folder: Path) -> Path:
    path = folder / "vocab.txt"
    path.write_text("\n".join([*SPECIAL, *WORDS]) + "\n", encoding="utf-8")
    return path


def questions(count: int, *, seed: int = 3) -> list[Question]:
    """The answer is the run of one to three words that follows the word that is asked for."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        words = chance.sample(WORDS, chance.randint(8, 24))
        place = chance.randrange(1, len(words) - 3)
        answer = " ".join(words[place : place + chance.randint(1, 3)])
        start = len(" ".join(words[:place])) + 1
        found.append(
            Question(
                text=f"what is {words[place - 1]} ?",
                context=" ".join(words),
                start=start,
                stop=start + len(answer),
                answers=(answer,),
                source="made",
            )
        )
    return found


def windows(folder: Path, count: int, *, seed: int = 3) -> list[TrainingWindow]:
    made = questions(count, seed=seed)
    return make_windows(made, vocabulary(folder), max_length=32, overlap=8)


def corpus(folder: Path) -> Corpus:
    held = questions(8, seed=4)
    return Corpus(
        training=windows(folder, 60),
        held_out=make_windows(held, vocabulary(folder), max_length=32, overlap=8),
        held_out_questions=held,
    )


def trainer(folder: Path, config: JpqdConfig, kind: str = "bert", **others: Any) -> Trainer:
    folder.mkdir(parents=True, exist_ok=True)
    with_teacher = config.distillation.weight > 0
    given = {
        "network": network(kind),
        "teacher": network(kind, seed=2) if with_teacher else None,
        "corpus": None,
        "folder": folder / "run",
        "say": lambda _: None,
        "device": "cpu",
        **others,
    }
    given["corpus"] = given["corpus"] or corpus(folder)
    return Trainer(config, **given)


def stored(folder: Path, kind: str = "bert") -> tuple[Source, Source]:
    """A model of two blocks (tiny-float), 90 questions in SQuAD's form (made), each as files."""
    base, data = folder / "tiny-float", folder / "made"
    network(kind).save_pretrained(base)
    vocabulary(base)
    data.mkdir()
    paragraphs = [{"context": each.context, "qas": [_asked(each)]} for each in questions(90)]
    text = json.dumps({"data": [{"paragraphs": paragraphs}]})
    (data / "made.json").write_text(text, encoding="utf-8")
    return _source(base, "model"), _source(data, "dataset")


def _asked(question: Question) -> dict[str, Any]:
    answers = [{"text": question.answers[0], "answer_start": question.start}]
    return {"question": question.text, "answers": answers}


def _source(folder: Path, kind: str) -> Source:
    """A manifest of what lies in a folder."""
    files = tuple(
        File(name=name, size_bytes=None, checksums=Checksums(), parts=(part,), role=ROLES.get(name))
        for name in sorted(path.name for path in folder.iterdir())
        for part in [Part(name=name, size_bytes=None, checksums=Checksums())]
    )
    about = {"version": 1, "name": folder.name, "kind": kind, "licence": "none", "origin": "made"}
    value = {**about, "sources": ["file:{file}"]}
    return Source(manifest=write_manifest(folder / "manifest.json", value, files), folder=folder)
