"""A plan as the recipe that `haybale train` reads."""

from haybale.scaling.budget import BudgetError
from haybale.scaling.proposal import Proposal
from haybale.scaling.schedule import FINAL_LEARNING_RATE_FRACTION, SEQUENCE_LENGTH

_MICRO_BATCH_SIZE = 16


def training_recipe(proposal: Proposal) -> str:
    """TOML: the model's shape and the run's schedule.

    Raises:
        BudgetError: If the trainer's family has no such model.
    """
    shape, schedule = proposal.shape, proposal.schedule
    if shape is None:
        raise BudgetError(
            f"a recipe needs an architecture, and none of the family has "
            f"{proposal.allocation.params:.3g} parameters; leave out --output, or change the budget"
        )
    size = shape.parameters(proposal.vocabulary_size)
    budget, approach = proposal.budget, proposal.approach
    return f"""\
# {size:.4g} parameters, vocabulary of {proposal.vocabulary_size} included.
# Planned for {budget.amount:.4g} {budget.quantity}; approach {approach.name}: {approach.title}.

name = "planned-{size / 1e6:.0f}M"

[model]
depth = {shape.depth}
width = {shape.width}
heads = {shape.heads}

[training]
sequence_length = {SEQUENCE_LENGTH}
batch_size = {schedule.batch_size} # samples per step: {schedule.batch_tokens:,} tokens
# As many as fit on the device at once; changes nothing else.
micro_batch_size = {min(_MICRO_BATCH_SIZE, schedule.batch_size)}
tokens = {schedule.tokens} # {schedule.num_steps:,} steps, and the cosine ends with them
learning_rate = {schedule.learning_rate:g}
warmup_fraction = {schedule.warmup_fraction:g}
final_learning_rate_fraction = {FINAL_LEARNING_RATE_FRACTION:g}
"""
