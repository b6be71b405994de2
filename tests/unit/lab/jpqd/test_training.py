"""The whole of it on the smallest models: train, cut, export, and the answers of OpenVINO."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.errors import UsageError  # noqa: E402
from submission.ir.blocks import Role  # noqa: E402
from submission.ir.compiled import CompiledModel, compile_qa  # noqa: E402
from submission.ir.inspect import inspect  # noqa: E402
from submission.ir.model import read_model  # noqa: E402
from submission.ir.names import FEATURES, IrFile  # noqa: E402
from submission.lab.jpqd import export  # noqa: E402
from submission.lab.jpqd.config import JpqdConfig, load_config  # noqa: E402
from submission.lab.jpqd.network import new_network, read_network, shorten  # noqa: E402
from submission.lab.jpqd.schedule import schedule_of  # noqa: E402
from submission.lab.jpqd.states import load_state  # noqa: E402
from submission.lab.jpqd.windows import collate  # noqa: E402
from tests.unit.lab.jpqd.tiny import KINDS, corpus, network, tiny_config, trainer  # noqa: E402

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[4] / "models"
PUBLISHED = {
    "bert-99.9_jpqd-large": "bert",
    "bert-99_jpqd-large": "bert",
    "bert-99_jpqd-base": "bert",
    "bert-99_jpqd-mobilebert": "mobilebert",
}


def compiled(xml: Path) -> CompiledModel:
    qa = read_model(IrFile(xml=xml))
    return compile_qa(qa, qa.model)


def answered(made: Any, folder: Path, name: str) -> tuple[Any, ...]:
    """Logits by torch and by the IR that was read back, and that IR's facts."""
    batch = collate(corpus(folder).held_out)
    inputs = {key: torch.from_numpy(getattr(batch, key)) for key in FEATURES}
    with torch.no_grad():
        found = made.network.eval()(**inputs)
    wanted = torch.stack([found.start_logits, found.end_logits], -1).numpy()
    export.save(export.to_openvino(made.network, name=name), folder / "ir")
    xml = folder / "ir" / "openvino_model.xml"
    got = compiled(xml).answer([getattr(batch, key) for key in FEATURES])
    mask = batch.attention_mask[..., None]
    return wanted * mask, got * mask, inspect(xml)


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_ends_in_a_smaller_ir_that_answers_as_torch_does(
    tmp_path: Path, kind: str
) -> None:
    made = trainer(tmp_path, tiny_config(), kind)
    made.run()
    kept = made.kept
    wanted, got, facts = answered(made, tmp_path, "tiny")
    spread = float(np.abs(wanted).max())
    # OpenVINO multiplies integers where torch multiplies what they stand for
    assert float(np.abs(got - wanted).max()) < 0.05 * spread
    assert set(facts.inputs) == set(FEATURES)
    assert set(facts.outputs) == {"logits"}
    # beside the tables, MobileBERT's embeddings have a linear layer, which stays float
    assert facts.integer_share > {"bert": 0.9, "mobilebert": 0.8}[kind]
    for block in facts.blocks:
        number = block.number
        assert block.heads == len(kept[f"layer {number} heads"])
        assert [each.outputs for each in block.of(Role.FFN_IN)].count(
            len(kept[f"layer {number} FFN"])
        )
        widths = {len(v) for k, v in kept.items() if k.startswith(f"layer {number} FFN")}
        assert {each.outputs for each in block.of(Role.FFN_IN)} == widths
        assert {each.inputs for each in block.of(Role.FFN_OUT)} == widths
    counts = [len(places) for places in kept.values()]
    assert sum(counts) <= 0.8 * sum(gate.count for gate in made.gates)


def padded(batch: Any, by: int) -> Any:
    """The same windows with more padding tokens behind them."""
    longer = {key: np.pad(getattr(batch, key), ((0, 0), (0, by))) for key in FEATURES}
    return dataclasses.replace(batch, **longer)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_moves_no_logit_of_a_real_token(tmp_path: Path, kind: str) -> None:
    made = trainer(tmp_path, tiny_config(), kind)
    made.run()
    export.save(export.to_openvino(made.network, name="tiny"), tmp_path / "ir")
    model = compiled(tmp_path / "ir" / "openvino_model.xml")
    batch = collate(corpus(tmp_path).held_out)
    near, far = padded(batch, 1), padded(batch, 9)
    length = near.input_ids.shape[1] - 1
    found = [
        model.answer([getattr(batch, key) for key in FEATURES])[:, :length] for batch in (near, far)
    ]
    mask = near.attention_mask[:, :length, None]
    assert np.abs((found[0] - found[1]) * mask).max() < 1e-5


def test_weights_of_the_ir_are_integers_on_half_their_range(tmp_path: Path) -> None:
    made = trainer(tmp_path, tiny_config())
    made.run()
    layer = made.network.base_model.encoder.layer[0].intermediate.dense
    weight = layer.rounded().detach() / layer.scales(layer.weight.detach())[:, None]
    model = export.to_openvino(made.network, name="tiny")
    found = [
        node.data
        for node in model.get_ops()
        if node.get_type_name() == "Constant" and node.get_element_type().get_type_name() == "i8"
    ]
    same = [data for data in found if data.shape == tuple(weight.shape)]
    wanted = weight.round().to(torch.int8).numpy()
    assert any(np.array_equal(data, wanted) for data in same)
    inner = [data for data in found if data.shape[0] != 68 and data.ndim == 2]
    assert max(int(np.abs(data.astype(int)).max()) for data in same) == 63
    assert inner


@pytest.mark.parametrize("kind", KINDS)
def test_a_larger_regularization_cuts_more(tmp_path: Path, kind: str) -> None:
    gone = []
    knob = {"sparsity": None, "score_rate": 0.1, "start": 0.3, "ranking_batches": 0}
    for factor in (0.0, 1.0, 100.0):
        pruning = {**knob, "regularization": factor}
        made = trainer(tmp_path / str(factor), tiny_config(pruning), kind)
        made.run()
        gone.append(1 - sum(map(len, made.kept.values())) / sum(g.count for g in made.gates))
        assert min(map(len, made.kept.values())) >= 1
    assert gone[0] < gone[1] < gone[2]
    heads = [len(v) for name, v in made.kept.items() if name.endswith("heads")]
    assert min(heads) >= 1


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    trainer(tmp_path, tiny_config({"sparsity": 0.2}, steps=50, learning_rate=3e-3)).run()
    losses = load_state(tmp_path / "run" / "state.pt").losses
    assert len(losses) == 50
    assert np.mean(losses[-10:]) < 0.85 * np.mean(losses[:10])


def test_the_embeddings_stay_as_they_are_where_they_are_frozen(tmp_path: Path) -> None:
    made = trainer(tmp_path, tiny_config())
    table = made.network.base_model.embeddings.word_embeddings.weight
    before, query = table.clone(), made.network.base_model.encoder.layer[0].attention.self.query
    weight = query.weight.detach().clone()
    made._start()
    made._step(0, corpus(tmp_path).training[:8])
    assert torch.equal(table, before)
    assert not torch.equal(query.weight.detach(), weight)


def test_a_batch_in_parts_gives_the_gradients_of_the_whole(tmp_path: Path) -> None:
    """What does not fit one device is taken one part after the other."""
    ends = []
    for batch, devices in ((8, 1), (2, 4)):
        config = tiny_config(batch=batch, devices=devices, dropout=0.0)
        made = trainer(tmp_path / str(batch), config)
        windows = corpus(tmp_path / str(batch)).training[:8]
        made._learner.network.train()
        made._learner._gradients(windows, 0.0)
        ends.append(torch.cat([p.grad.flatten() for p in made._learner._weights()]))
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-5)


def test_nothing_to_learn_from_and_a_teacher_of_another_shape_are_named(tmp_path: Path) -> None:
    empty = dataclasses.replace(corpus(tmp_path), held_out=[])
    with pytest.raises(UsageError, match="no windows to train on"):
        trainer(tmp_path, tiny_config(), corpus=empty)
    deeper = network(num_hidden_layers=3)
    with pytest.raises(UsageError, match="hidden states do not fit"):
        trainer(tmp_path, tiny_config(), teacher=deeper)


def test_a_model_is_read_again_in_part_and_what_is_none_is_named(tmp_path: Path) -> None:
    network(num_hidden_layers=3).save_pretrained(tmp_path)
    assert len(read_network(tmp_path, first_layers=2).base_model.encoder.layer) == 2
    for count in (0, 4):
        with pytest.raises(UsageError, match="fewer blocks"):
            read_network(tmp_path, first_layers=count)
    with pytest.raises(UsageError, match="cannot be read"):
        read_network(tmp_path / "absent")


def published(name: str) -> JpqdConfig:
    return load_config(MODELS / name / "jpqd.json")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_configuration_trains_a_little_model_of_its_class(
    tmp_path: Path, name: str
) -> None:
    config, kind = published(name), PUBLISHED[name]
    start = network(kind, num_hidden_layers=3)
    shorten(start, 2)
    short = dataclasses.replace(config, epochs=None, steps=4, batch=4, devices=2)
    made = trainer(tmp_path, short, kind, network=start, teacher=network("bert", seed=2))
    before = sum(values.numel() for values in made.network.parameters())
    made.run()
    assert sum(values.numel() for values in made.network.parameters()) < before
    wanted, got, facts = answered(made, tmp_path, name)
    assert float(np.abs(got - wanted).max()) < 0.1 * float(np.abs(wanted).max())
    assert len(facts.blocks) == 2
    assert min(block.heads for block in facts.blocks) >= 1


#: epochs, learning rate, windows a step, distillation temperature, warm-up epochs, factor
RECIPE = {
    "bert-99.9_jpqd-large": (30, 3e-5, 64, 2.0, (5, 15), 0.120),
    "bert-99_jpqd-large": (30, 3e-5, 64, 2.0, (5, 15), 0.160),
    "bert-99_jpqd-base": (15, 3e-5, 16, 2.0, (1, 5), 0.015),
    "bert-99_jpqd-mobilebert": (16, 1e-4, 32, 2.0, (3, 10), 0.020),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_configuration_says_what_the_recipe_says(name: str) -> None:
    config, recipe = published(name), RECIPE[name]
    epochs, rate, size, temperature, warm, factor = recipe
    assert (config.epochs, config.learning_rate, config.step_size) == (epochs, rate, size)
    assert (config.distillation.weight, config.distillation.temperature) == (0.9, temperature)
    assert (config.pruning.regularization, config.pruning.sparsity) == (factor, None)
    schedule = schedule_of(config, 88_000)
    epoch = schedule.total / epochs
    assert (round(schedule.begin / epoch, 2), round(schedule.cut / epoch, 2)) == warm
    assert (config.max_length, config.overlap, config.rounding.half_range) == (384, 128, False)
    samples = 128 if "mobilebert" in name else 32
    assert config.rounding.batches * config.batch == samples
    assert (config.rounding.percentile, config.model) == (0.0001, name)
    assert config.first_layers == (15 if "mobilebert" in name else None)


def test_a_model_of_a_published_size_has_the_structures_of_its_kind() -> None:
    made = new_network({"model_type": "mobilebert", "num_hidden_layers": 1, "vocab_size": 9})
    assert len(made.base_model.encoder.layer[0].ffn) == 3
