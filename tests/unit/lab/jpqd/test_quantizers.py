"""Rounding in the forward pass, and the same numbers in what is exported."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")
np = pytest.importorskip("numpy")

from torch import nn  # noqa: E402

from submission.lab.jpqd.quantizers import (  # noqa: E402
    ActivationQuantizer,
    QuantizedLinear,
    float_only,
    observing,
    round_table,
    table_scales,
)


def layer(limit: int = 63, *, size: tuple[int, int] = (6, 4)) -> QuantizedLinear:
    torch.manual_seed(2)
    return QuantizedLinear(nn.Linear(*size), ActivationQuantizer(percentile=0.0), limit=limit)


def settled(low: float, high: float, **kind: Any) -> ActivationQuantizer:
    made = ActivationQuantizer(percentile=0.0, **kind)
    with observing(made):
        made(torch.tensor([low, high]))
    return made


@pytest.mark.parametrize("limit", [63, 127])
def test_weights_lie_on_the_grid_of_their_row_and_use_all_of_it(limit: int) -> None:
    made = layer(limit)
    levels = made.rounded().detach() / made.scales(made.weight.detach())[:, None]
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-4)
    assert levels.abs().amax(1).round().tolist() == [limit] * 4


def test_rounding_is_by_half_a_step_at_most_and_its_gradient_is_one() -> None:
    made = layer()
    step = made.scales(made.weight.detach())[:, None]
    assert ((made.rounded() - made.weight).abs() <= step / 2 + 1e-6).all()
    made.rounded().sum().backward()
    assert made.weight.grad.tolist() == [[1.0] * 6] * 4


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.2, 5.0), (-7.0, -0.5), (-0.1, 0.1)])
@pytest.mark.parametrize("symmetric", [False, True])
def test_zero_stays_zero(low: float, high: float, symmetric: bool) -> None:
    """Or gates that are off would not be nothing any more."""
    made = settled(low, high, symmetric=symmetric)
    assert made.ready
    assert float(made(torch.zeros(1))) == 0.0


def test_values_are_rounded_to_the_observed_range_and_cut_off_beyond() -> None:
    made = settled(-1.0, 3.0)
    inside = torch.linspace(-1, 3, 50)
    assert float((made(inside) - inside).abs().max()) <= float(made.scale) / 2 + 1e-6
    assert made(torch.tensor([9.0])).item() == pytest.approx(3.0, abs=float(made.scale))


def test_a_symmetric_range_reaches_as_far_to_both_sides() -> None:
    made = settled(-1.0, 3.0, symmetric=True)
    assert int(made.zero) == 0
    assert float(made.scale) == pytest.approx(3.0 / 127)


def test_the_range_is_the_mean_of_what_the_batches_showed() -> None:
    made = ActivationQuantizer(percentile=0.0)
    with observing(made):
        for high in (1.0, 3.0):
            made(torch.tensor([0.0, high]))
    assert float(made.scale) == pytest.approx(2.0 / 255)


def test_percentiles_leave_outliers_out() -> None:
    made = ActivationQuantizer(percentile=0.01)
    with observing(made):
        made(torch.cat([torch.linspace(0, 1, 1000), torch.tensor([1e6])]))
    assert float(made.scale) == pytest.approx(1.0 / 255, rel=0.02)


def test_while_a_range_is_observed_and_before_one_is_known_nothing_is_rounded() -> None:
    made, values = layer(), torch.randn(3, 6)
    plain = nn.functional.linear(values, made.weight, made.bias)
    torch.testing.assert_close(made(values), plain)
    with observing(made):
        torch.testing.assert_close(made(values), plain)
    assert (made(values) - plain).abs().max().item() > 0
    with float_only(made):
        torch.testing.assert_close(made(values), plain)


def test_observing_again_forgets_the_old_range() -> None:
    made = settled(0.0, 100.0)
    with observing(made):
        made(torch.tensor([0.0, 1.0]))
    assert float(made.scale) == pytest.approx(1.0 / 255)


def test_a_range_that_is_loaded_is_known_and_one_that_is_not_is_forgotten() -> None:
    """Also as a part of a model, as a training's state is loaded."""
    known, values = settled(-1.0, 3.0), torch.linspace(-1, 3, 50)
    whole = nn.Sequential(nn.Identity(), ActivationQuantizer())
    assert torch.equal(whole(values), values)
    whole.load_state_dict(nn.Sequential(nn.Identity(), known).state_dict())
    assert torch.equal(whole(values), known(values))
    whole.load_state_dict(nn.Sequential(nn.Identity(), ActivationQuantizer()).state_dict())
    assert torch.equal(whole(values), values)


def test_a_failure_while_observing_leaves_the_old_range() -> None:
    made = settled(0.0, 1.0)
    with pytest.raises(ZeroDivisionError), observing(made):
        raise ZeroDivisionError
    assert made.observing is False
    assert float(made.scale) == pytest.approx(1.0 / 255)


def test_a_table_is_rounded_row_by_row_and_rounding_it_again_changes_nothing() -> None:
    table = nn.Embedding(5, 8)
    before = table.weight.detach().clone()
    round_table(table)
    once = table.weight.detach().clone()
    round_table(table)
    assert 0 < float((once - before).abs().max()) <= float(table_scales(before).max()) / 2 + 1e-6
    torch.testing.assert_close(table.weight.detach(), once, rtol=0, atol=1e-7)
