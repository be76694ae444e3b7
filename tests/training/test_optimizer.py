import pytest
import torch
from torch import nn

from haybale.training.model import Decoder, ModelSettings
from haybale.training.optimizer import CosineSchedule, build_optimizer, set_learning_rate


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


def test_moments_follow_brown_et_al() -> None:
    # GPT-3, arXiv 2005.14165, appendix B: Adam with 0.9 and 0.95.
    model = nn.Linear(1, 1, bias=False)
    optimizer = build_optimizer(model, learning_rate=0.5, weight_decay=0.0)
    model.weight.grad = torch.ones_like(model.weight)
    optimizer.step()
    state = optimizer.state[model.weight]
    assert state["exp_avg"].item() == pytest.approx(0.1)
    assert state["exp_avg_sq"].item() == pytest.approx(0.05)


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


def test_with_mup_wide_matrices_learn_slower_and_decay_as_fast() -> None:
    # Yang et al. 2022, table 8, Adam: hidden matrices at 1/m of the learning rate, embeddings and
    # gains at all of it. What decays per step, rate times decay, is the same everywhere.
    settings = ModelSettings(depth=1, width=128, heads=2, base_width=32, tie_embeddings=False)
    model = Decoder(settings, vocabulary_size=10)
    optimizer = build_optimizer(model, 1.0, 0.1, settings.width_ratio)
    names = {parameter: name for name, parameter in model.named_parameters()}
    for rate in (1.0, 0.2):
        set_learning_rate(optimizer, rate)
        given = {
            names[parameter]: (group["lr"], group["lr"] * group["weight_decay"])
            for group in optimizer.param_groups
            for parameter in group["params"]
        }
        assert given.keys() == set(names.values())
        for name in ("embedding.weight", "readout.weight"):
            assert given[name] == pytest.approx((rate, 0.1 * rate))
        for name in ("attention_in", "attention_out", "gate_and_up", "down"):
            assert given[f"blocks.0.{name}.weight"] == pytest.approx((rate / 4, 0.1 * rate))
        for name in ("norm.weight", "blocks.0.attention_norm.weight"):
            assert given[name] == (rate, 0)
