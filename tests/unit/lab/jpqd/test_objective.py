"""What is minimized, against formulas worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch comes with the group train")
pytest.importorskip("transformers", reason="transformers comes with the group train")

from submission.lab.jpqd.config import Distillation  # noqa: E402
from submission.lab.jpqd.objective import (  # noqa: E402
    Shares,
    hidden_loss,
    labels_loss,
    logits_loss,
    loss,
)

MASK = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
ALL = Distillation(weight=0.6, temperature=2.0, hidden=1.0)


def answer(seed: int) -> SimpleNamespace:
    torch.manual_seed(seed)
    return SimpleNamespace(
        start_logits=torch.randn(3, 5, requires_grad=True),
        end_logits=torch.randn(3, 5, requires_grad=True),
        hidden_states=[torch.randn(3, 5, 4) for _ in range(3)],
    )


def batch(rows: slice = slice(None)) -> SimpleNamespace:
    first, last = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 4])
    return SimpleNamespace(attention_mask=MASK[rows], first=first[rows], last=last[rows])


def test_a_student_that_is_its_teacher_has_nothing_to_learn_from_it() -> None:
    same = answer(1)
    assert logits_loss(same, same, MASK, 2.0).item() == pytest.approx(0, abs=1e-6)
    assert float(hidden_loss(same, same, MASK)) == 0
    other = answer(2)
    assert logits_loss(same, other, MASK, 2.0).item() > 0.01
    assert float(hidden_loss(same, other, MASK)) > 0.01


def test_a_step_along_the_gradient_brings_the_student_nearer() -> None:
    student, teacher = answer(1), answer(2)
    before = logits_loss(student, teacher, MASK, 2.0)
    before.backward()
    for values in (student.start_logits, student.end_logits):
        values.data -= 0.1 * values.grad
    assert logits_loss(student, teacher, MASK, 2.0) < before


def test_the_gradient_at_one_token_is_by_hand_what_hinton_says() -> None:
    """T * (softmax(z / T) - softmax(v / T)), of start and end by half, a batch's mean."""
    student, teacher = answer(1), answer(2)
    logits_loss(student, teacher, torch.ones_like(MASK), 3.0).backward()
    own, wanted = (torch.softmax(side.start_logits / 3, -1) for side in (student, teacher))
    expected = 3.0 * (own - wanted) / 2 / 3
    torch.testing.assert_close(student.start_logits.grad, expected.detach())


def test_the_temperature_squared_keeps_the_gradient_of_one_size() -> None:
    sizes = []
    for temperature in (20.0, 40.0):
        student = answer(1)
        logits_loss(student, answer(2), MASK, temperature).backward()
        sizes.append(float(student.start_logits.grad.norm()))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


def test_padding_teaches_nothing() -> None:
    student, teacher = answer(1), answer(2)
    value = logits_loss(student, teacher, MASK, 2.0)
    states = hidden_loss(student, teacher, MASK)
    teacher.start_logits.data[0, 4] = 50.0
    for layer in teacher.hidden_states:
        layer[0, 4] = 50.0
    assert logits_loss(student, teacher, MASK, 2.0).item() == pytest.approx(value.item())
    assert float(hidden_loss(student, teacher, MASK)) == pytest.approx(float(states))
    value.backward()
    assert float(student.start_logits.grad[0, 4]) == 0


def test_hidden_states_count_by_the_mean_over_real_tokens_of_the_blocks_alone() -> None:
    student, teacher = answer(1), answer(1)
    student.hidden_states[0] += 9.0  # what goes into the first block is no block's state
    student.hidden_states[1] += 2.0
    assert float(hidden_loss(student, teacher, MASK)) == pytest.approx(2.0**2 / 2)


def test_without_a_teacher_or_its_weight_the_labels_are_all() -> None:
    student = answer(1)
    hard = labels_loss(student, batch().first, batch().last)
    alone = Distillation(weight=0.0, temperature=1.0, hidden=0.0)
    assert torch.equal(loss(student, None, batch(), ALL), hard)
    assert torch.equal(loss(student, answer(2), batch(), alone), hard)


def test_hidden_states_teach_where_the_teachers_logits_do_not() -> None:
    student, teacher, whole = answer(1), answer(2), batch()
    hard, states = (
        labels_loss(student, whole.first, whole.last),
        hidden_loss(student, teacher, MASK),
    )
    found = loss(student, teacher, whole, Distillation(weight=0.0, temperature=1.0, hidden=3.0))
    torch.testing.assert_close(found, hard + 3 * states)


def test_the_weight_divides_between_labels_and_teacher() -> None:
    student, teacher, whole = answer(1), answer(2), batch()
    hard = labels_loss(student, whole.first, whole.last)
    soft = logits_loss(student, teacher, MASK, 2.0)
    states = hidden_loss(student, teacher, MASK)
    found = loss(student, teacher, whole, ALL)
    torch.testing.assert_close(found, 0.4 * hard + 0.6 * soft + states)


def test_the_losses_of_a_batchs_parts_add_up_to_its_own() -> None:
    student, teacher = answer(1), answer(2)
    total = 0.0
    for rows in (slice(0, 2), slice(2, 3)):
        part = batch(rows)
        sides: list[Any] = [
            SimpleNamespace(
                start_logits=side.start_logits[rows],
                end_logits=side.end_logits[rows],
                hidden_states=[layer[rows] for layer in side.hidden_states],
            )
            for side in (student, teacher)
        ]
        tokens = float(part.attention_mask.sum() / MASK.sum())
        shares = Shares(windows=len(part.first) / 3, tokens=tokens)
        total += loss(sides[0], sides[1], part, ALL, shares).item()
    assert total == pytest.approx(loss(student, teacher, batch(), ALL).item(), rel=1e-5)
