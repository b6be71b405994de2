"""What is off is cut out, and the model answers as before from smaller matrices."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.lab.jpqd.gates import kept_share  # noqa: E402
from submission.lab.jpqd.network import add_gates, gates_of, quantize  # noqa: E402
from submission.lab.jpqd.quantizers import float_only, observing  # noqa: E402
from submission.lab.jpqd.surgery import cut, cut_to  # noqa: E402
from tests.unit.lab.jpqd.tiny import KINDS, network  # noqa: E402

IDS = torch.arange(2 * 14).view(2, 14) % 52 + 8
MASK = torch.ones_like(IDS)
MASK[1, 9:] = 0


def logits(model: Any) -> Any:
    with torch.no_grad():
        found = model.eval()(input_ids=IDS, attention_mask=MASK)
    return torch.stack([found.start_logits, found.end_logits]) * MASK


def masked(kind: str, seed: int, *, rounding: bool = False) -> tuple[Any, Any]:
    model = network(kind, seed=seed)
    sites = add_gates(model, heads=True, multiple=4)
    if rounding:
        quantize(model, percentile=0.0, half_range=False)
        with observing(model):
            logits(model)
    chance = torch.Generator().manual_seed(seed)
    for site in sites:
        site.gate.score.data = torch.randn(site.gate.count, generator=chance)
        site.gate.keep(int(torch.randint(1, site.gate.count, (), generator=chance)))
    return model, sites


def size(model: Any) -> int:
    return sum(values.numel() for values in model.parameters())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_logits_are_the_same_before_and_after_the_cut(kind: str, seed: int) -> None:
    model, sites = masked(kind, seed)
    whole, before, weights = logits(network(kind, seed=seed)), logits(model), size(model)
    share = kept_share([site.gate for site in sites])
    cut(sites)
    torch.testing.assert_close(logits(model), before, rtol=1e-5, atol=2e-5)
    assert float((whole - before).abs().max()) > 5e-3  # what was off did matter
    assert size(model) < weights
    assert share < 1


@pytest.mark.parametrize("kind", KINDS)
def test_matrices_have_the_kept_heads_and_neurons(kind: str) -> None:
    model, sites = masked(kind, 5)
    kept = cut(sites)
    width = 16 if kind == "mobilebert" else 32
    for number, layer in enumerate(model.base_model.encoder.layer):
        heads, neurons = (len(kept[f"layer {number} {what}"]) for what in ("heads", "FFN"))
        assert layer.attention.self.num_attention_heads == heads
        assert layer.attention.self.query.weight.shape[0] == heads * width // 4
        assert layer.attention.output.dense.weight.shape == (width, heads * width // 4)
        assert layer.intermediate.dense.weight.shape[0] == neurons
        assert layer.output.dense.weight.shape == (width, neurons)
        for place, ffn in enumerate(getattr(layer, "ffn", ())):
            assert ffn.output.dense.in_features == len(kept[f"layer {number} FFN {place}"])
    assert list(gates_of(model)) == []


def test_mobileberts_stacked_networks_have_gates_of_their_own() -> None:
    _, sites = masked("mobilebert", 1)
    names = [site.name for site in sites if site.name.startswith("layer 0")]
    assert names == ["layer 0 heads", "layer 0 FFN", "layer 0 FFN 0", "layer 0 FFN 1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(2))
def test_a_cut_beside_the_mask_does_not_pass_for_one(kind: str, place: int) -> None:
    """Heads or FFN of the first block: the neighbour of one that is on is taken instead."""
    model, sites = masked(kind, 5)
    before = logits(model)
    kept = {site.name: site.gate.kept().tolist() for site in sites}
    site = sites[place]
    off = sorted(set(range(site.gate.count)) - set(kept[site.name]))
    kept[site.name][0] = off[0]
    cut_to(sites, kept)
    assert float((logits(model) - before).abs().max()) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_rounded_logits_stay_near_through_the_cut(kind: str) -> None:
    """Not equal: a row's scale is that of the columns that are left."""
    model, sites = masked(kind, 3, rounding=True)
    before = logits(model)
    with float_only(model):
        exact = logits(model)
    cut(sites)
    spread = float(exact.abs().max())
    assert 0 < float((before - exact).abs().max()) < 0.25 * spread
    assert float((logits(model) - before).abs().max()) < 0.15 * spread


def test_a_quantized_layer_stays_one_and_keeps_its_source() -> None:
    model, sites = masked("bert", 3, rounding=True)
    own = model.base_model.encoder.layer[0].attention.self
    source = own.query.source
    cut(sites)
    assert own.query.source is source
    assert own.key.source is own.value.source is source
    assert own.query.limit == 127
