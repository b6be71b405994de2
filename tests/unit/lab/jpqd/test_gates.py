"""Scores, masks, and how much goes when."""

from __future__ import annotations

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.lab.jpqd.gates import (  # noqa: E402
    Gate,
    cubic,
    kept_share,
    prune_below,
    prune_to,
    regularization,
    start_scores,
)
from submission.lab.jpqd.network import add_gates  # noqa: E402
from tests.unit.lab.jpqd.tiny import KINDS, network  # noqa: E402


def gate(scores: list[float], *, weights: int = 10, least: int = 1, multiple: int = 1) -> Gate:
    made = Gate(len(scores), width=1, weights=weights, least=least, multiple=multiple)
    made.score.data = torch.tensor(scores)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_a_score_is_the_movement_of_its_weights(kind: str) -> None:
    """Sanh et al. 2020, eq. 3, over a structure: sum of dL/dW * W over what it feeds."""
    model = network(kind).eval()
    sites = add_gates(model, heads=True, multiple=4)
    ids = torch.randint(8, 60, (3, 12))
    answer = model(input_ids=ids, attention_mask=torch.ones_like(ids))
    ((answer.start_logits + 2 * answer.end_logits) ** 2).sum().backward()
    for site in sites:
        weight = getattr(site.columns[0], site.columns[1]).weight
        movement = (weight.grad * weight).detach().sum(0).view(site.gate.count, -1).sum(1)
        assert movement.abs().max() > 0
        torch.testing.assert_close(site.gate.score.grad, movement, rtol=2e-4, atol=1e-3)


def test_a_gate_lets_pass_what_is_on_and_nulls_the_rest() -> None:
    made = Gate(3, width=2, weights=1, least=1, multiple=1)
    made.score.data = torch.tensor([0.3, 0.1, 0.2])
    made.keep(2)
    assert made.kept().tolist() == [0, 2]
    assert made(torch.ones(1, 6)).tolist() == [[1, 1, 0, 0, 1, 1]]


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.33, 0.5, 0.77, 0.9])
def test_at_least_the_asked_sparsity_is_reached_but_not_much_more(sparsity: float) -> None:
    torch.manual_seed(3)
    gates = [gate(torch.randn(8).tolist(), weights=40), gate(torch.randn(64).tolist(), multiple=4)]
    prune_to(gates, sparsity)
    gone = 1 - kept_share(gates)
    assert sparsity - 1e-6 <= gone <= sparsity + 0.12  # rounding up and one head


@pytest.mark.parametrize("seed", range(5))
def test_every_site_keeps_its_least_and_its_multiple(seed: int) -> None:
    torch.manual_seed(seed)
    heads = gate(torch.randn(4).tolist(), weights=100)
    neurons = gate((torch.randn(32) - 5).tolist(), least=8, multiple=8)
    prune_to([heads, neurons], 0.05 + 0.18 * seed)
    assert len(heads.kept()) >= 1
    assert len(neurons.kept()) >= 8
    assert len(neurons.kept()) % 8 == 0


def test_all_gone_is_as_far_as_least_allows() -> None:
    gates = [gate([1.0, 2.0]), gate([3.0] * 8, least=4, multiple=4)]
    prune_to(gates, 1.0)
    assert [len(each.kept()) for each in gates] == [1, 4]


def test_the_highest_scores_stay() -> None:
    made = gate([0.5, -1.0, 2.0, 0.1])
    made.keep(2)
    assert made.kept().tolist() == [0, 2]


def test_among_equal_scores_as_many_stay_as_were_asked_for() -> None:
    made = gate([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], multiple=2)
    made.keep(3)
    assert made.kept().tolist() == [0, 1, 2, 3]


def test_the_cubic_law_is_flat_before_and_after_and_steep_at_first() -> None:
    values = [cubic(step, begin=10, end=20) for step in range(31)]
    assert values[:11] == [0.0] * 11
    assert values[20:] == [1.0] * 11
    assert values[15] == pytest.approx(1 - 0.5**3)
    rises = [b - a for a, b in pairwise(values[10:21])]
    assert rises == sorted(rises, reverse=True)


def test_a_law_without_a_way_jumps() -> None:
    assert [cubic(step, begin=5, end=5) for step in (4, 5)] == [0.0, 1.0]


def test_regularization_drives_scores_below_zero() -> None:
    gates = [gate([0.2] * 6), gate([0.2] * 6, weights=30)]
    optimizer = torch.optim.SGD([each.score for each in gates], lr=10.0)
    for _ in range(40):
        optimizer.zero_grad()
        regularization(gates).backward()
        optimizer.step()
    light, heavy = (float(each.score.detach().max()) for each in gates)
    assert heavy < light < 0.2
    assert heavy < 0


def test_what_is_below_zero_goes_in_the_end_and_the_limit_rises_to_it() -> None:
    made = gate([1.0, -0.5, -2.0, 0.5, -1.0])
    kept = []
    for share in (0.0, 0.6, 1.0):
        prune_below([made], share=share)
        kept.append(made.kept().tolist())
    assert kept == [[0, 1, 2, 3, 4], [0, 1, 3], [0, 3]]


def test_a_site_whose_scores_are_all_below_zero_keeps_its_least() -> None:
    made = gate([-3.0, -1.0, -2.0, -1.0], least=2, multiple=2)
    prune_below([made], share=1.0)
    assert made.kept().tolist() == [1, 3]


def test_scores_start_by_importance_a_weight_centred_with_spread_one() -> None:
    gates = [gate([0.0] * 3, weights=1), gate([0.0] * 3, weights=100)]
    start_scores(gates, [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([100.0, 200.0, 400.0])])
    every = torch.cat([each.score.detach() for each in gates])
    assert float(every.mean()) == pytest.approx(0, abs=1e-6)
    assert float(every.std()) == pytest.approx(1, abs=1e-5)
    assert float(every[0]) == pytest.approx(float(every[3]))
