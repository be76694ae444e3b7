import pytest
import torch

from haybale.scaling.approaches import APPROACHES
from haybale.scaling.budget import Budget, BudgetError
from haybale.scaling.proposal import propose, refuse_below_smallest
from haybale.scaling.training_recipe import training_recipe
from haybale.training.model import Decoder
from haybale.training.recipe import read_training_recipe

CORRECTED = APPROACHES["corrected"]


@pytest.mark.parametrize("flops", [3e17, 1e19, 1e21, 1e23])
@pytest.mark.parametrize("vocabulary_size", [8_000, 32_000])
def test_a_written_recipe_trains_a_model_of_the_size_and_for_the_tokens_planned(
    flops, vocabulary_size, tmp_path
):
    proposal = propose(Budget("flops", flops), CORRECTED, vocabulary_size=vocabulary_size)
    path = tmp_path / "planned.toml"
    path.write_text(training_recipe(proposal), encoding="utf-8")
    recipe = read_training_recipe(path)
    with torch.device("meta"):
        model = Decoder(recipe.model, vocabulary_size)
    size = sum(parameter.numel() for parameter in model.parameters())
    assert size == pytest.approx(proposal.allocation.params, rel=0.05)
    assert 6 * size * recipe.training.tokens == pytest.approx(flops, rel=0.06)
    # The trainer's cosine is as long as its steps.
    assert recipe.training.num_steps(size) == proposal.schedule.num_steps
    assert recipe.training.learning_rate == proposal.schedule.learning_rate


def test_a_budget_below_the_smallest_architecture_is_refused_with_one_that_does():
    proposal = propose(Budget("flops", 1e15), CORRECTED)
    with pytest.raises(BudgetError, match=r"below the smallest architecture, 4\.21e") as refusal:
        refuse_below_smallest(proposal)
    enough = float(str(refusal.value).split("at least ")[1].split(" FLOPs")[0])
    refuse_below_smallest(propose(Budget("flops", enough), CORRECTED))
    with pytest.raises(BudgetError):
        refuse_below_smallest(propose(Budget("flops", enough * 0.8), CORRECTED))


def test_a_model_too_large_for_the_family_has_a_plan_and_no_recipe():
    proposal = propose(Budget("params", 1e12), CORRECTED)
    refuse_below_smallest(proposal)
    assert proposal.shape is None
    with pytest.raises(BudgetError, match="none of the family has 1e\\+12 parameters"):
        training_recipe(proposal)


def test_without_inference_the_plan_is_the_optimum():
    proposal = propose(Budget("flops", 1e21), CORRECTED)
    assert proposal.allocation == proposal.optimum
    assert proposal.saved_fraction == 0


def test_with_inference_the_model_is_as_good_and_smaller():
    alone, served = (propose(Budget("flops", 1e21), CORRECTED, tokens) for tokens in (0, 1e12))
    assert served.loss == pytest.approx(alone.loss)
    assert served.allocation.params < alone.allocation.params
    assert served.shape.parameters(32_000) < alone.shape.parameters(32_000)
    assert served.saved_fraction > 0.1


@pytest.mark.parametrize("name", ["1", "2"])
def test_inference_needs_an_approach_with_a_loss(name):
    with pytest.raises(BudgetError, match=f"approach {name} has no law of loss"):
        propose(Budget("flops", 1e21), APPROACHES[name], 1e12)
