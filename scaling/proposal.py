"""What to train for a budget: size and tokens, an architecture, a schedule."""

from dataclasses import dataclass

from haybale.scaling.approaches import Approach, Row, side_by_side
from haybale.scaling.architectures import VOCABULARY_SIZE, Architecture, nearest_published
from haybale.scaling.budget import Allocation, Budget, BudgetError
from haybale.scaling.inference import Lifetime, cheapest_over_life
from haybale.scaling.schedule import Schedule, schedule_for
from haybale.scaling.trained_shape import TrainedShape, shape_near, smallest


@dataclass(frozen=True)
class Proposal:
    """A run to train, and how it follows from a budget.

    Attributes:
        budget: What was given.
        rows: What every approach makes of it.
        approach: Whose answer is taken.
        optimum: That answer, compute-optimal.
        inference_tokens: T, that the model will serve.
        allocation: The run: the optimum, or what is as good and with T cheaper in all.
        vocabulary_size: Of the tokenizer.
        published: The published shape of nearest size.
        shape: For the reference trainer; None where the size is outside of its family.
        schedule: Of the run.
    """

    budget: Budget
    rows: tuple[Row, ...]
    approach: Approach
    optimum: Allocation
    inference_tokens: float
    allocation: Allocation
    vocabulary_size: int
    published: Architecture
    shape: TrainedShape | None
    schedule: Schedule

    @property
    def loss(self) -> float | None:
        """Predicted, in nats per token; None for an approach without a law."""
        law = self.approach.law
        return law.loss(self.allocation.params, self.allocation.tokens) if law else None

    @property
    def saved_fraction(self) -> float:
        """Of the FLOPs of training and serving, against the compute-optimal model."""
        served = Lifetime(self.allocation, self.inference_tokens).flops
        return 1.0 - served / Lifetime(self.optimum, self.inference_tokens).flops

    @property
    def least(self) -> Allocation:
        """The smallest shape of the family, and the tokens for it."""
        size = smallest(self.vocabulary_size).parameters(self.vocabulary_size)
        return Budget("params", size).spend(self.approach.frontier)


def propose(
    budget: Budget,
    approach: Approach,
    inference_tokens: float = 0.0,
    vocabulary_size: int = VOCABULARY_SIZE,
) -> Proposal:
    """Plan a run.

    Args:
        budget: FLOPs, parameters or tokens.
        approach: Whose answer to take.
        inference_tokens: T, that the model will read and write when it is used; with it the budget
            says how good the model is to be, and the model becomes smaller.
        vocabulary_size: Of the tokenizer.

    Raises:
        BudgetError: If there is inference and the approach has no law of loss.
    """
    optimum = allocation = budget.spend(approach.frontier)
    if inference_tokens:
        if approach.law is None:
            raise BudgetError(
                f"inference_tokens: approach {approach.name} has no law of loss to hold equal; "
                "take approach 3 or corrected"
            )
        allocation = cheapest_over_life(approach.law, optimum, inference_tokens)
    return Proposal(
        budget=budget,
        rows=side_by_side(budget),
        approach=approach,
        optimum=optimum,
        inference_tokens=inference_tokens,
        allocation=allocation,
        vocabulary_size=vocabulary_size,
        published=nearest_published(allocation.params, vocabulary_size),
        shape=shape_near(allocation.params, vocabulary_size),
        schedule=schedule_for(allocation),
    )


def refuse_below_smallest(proposal: Proposal) -> None:
    """Refuse a budget too small for any architecture.

    Raises:
        BudgetError: With the least budget that suffices.
    """
    least = proposal.least
    if proposal.shape is not None or proposal.allocation.params > least.params:
        return
    shape = smallest(proposal.vocabulary_size)
    fewer = ", or fewer --inference-tokens" if proposal.inference_tokens else ""
    raise BudgetError(
        f"{proposal.budget.quantity}: {proposal.budget.amount:.4g} is for a model of "
        f"{proposal.allocation.params:.3g} parameters, below the smallest architecture, "
        f"{least.params:.3g} ({shape.depth} layers of width {shape.width}, vocabulary of "
        f"{proposal.vocabulary_size}); give at least {least.flops:.3g} FLOPs or "
        f"{least.tokens:.3g} tokens{fewer}; models for a try are smaller: see haybale sweep and "
        "haybale ablate --params"
    )
