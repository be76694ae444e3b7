import pytest
import torch
from torch import nn

from haybale.training.optimizer import CosineSchedule, build_optimizer


def test_the_schedule_warms_up_and_ends_at_a_tenth() -> None:
    schedule = CosineSchedule(peak=1.0, num_steps=110, num_warmup_steps=10)
    assert [schedule.learning_rate(step) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    # Halfway through the cosine it is halfway between 1 and 0.1; at its end it is 0.1.
    assert schedule.learning_rate(10) == pytest.approx(1.0)
    assert schedule.learning_rate(60) == pytest.approx(0.55)
    assert schedule.learning_rate(110) == pytest.approx(0.1)
    assert schedule.learning_rate(500) == pytest.approx(0.1)


def test_the_cosine_falls_from_step_to_step() -> None:
    schedule = CosineSchedule(peak=3e-4, num_steps=50, num_warmup_steps=5)
    rates = [schedule.learning_rate(step) for step in range(5, 51)]
    assert rates == sorted(rates, reverse=True)


def test_only_matrices_decay() -> None:
    model = nn.Sequential(nn.Embedding(3, 4), nn.RMSNorm(4), nn.Linear(4, 2, bias=False))
    optimizer = build_optimizer(model, learning_rate=0.5, weight_decay=0.1)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    # Without a gradient AdamW only shrinks: by learning rate x decay = 0.05.
    embedding, gain, linear = model.parameters()
    torch.testing.assert_close(embedding.detach(), before[0] * 0.95)
    torch.testing.assert_close(linear.detach(), before[2] * 0.95)
    assert torch.equal(gain, before[1])
