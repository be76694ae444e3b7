"""A plan printed for people."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from haybale.cli.plan_data import data_lines
from haybale.cli.plan_table import table
from haybale.scaling.amounts import amount
from haybale.scaling.laws import FITTED_TOKENS
from haybale.scaling.schedule import SEQUENCE_LENGTH

if TYPE_CHECKING:
    from haybale.scaling.approaches import Approach, Row
    from haybale.scaling.data_plan import DataPlan
    from haybale.scaling.famous import Comparison
    from haybale.scaling.hardware import Hardware
    from haybale.scaling.proposal import Proposal
    from haybale.scaling.schedule import Schedule


def plan_lines(
    proposal: "Proposal", hardware: "Hardware | None", data: "DataPlan | None"
) -> Iterator[str]:
    """The approaches, the run, the data."""
    yield from _approaches(proposal)
    yield ""
    yield from _run(proposal, hardware)
    if data:
        yield ""
        yield from data_lines(proposal, data)
    low, high = FITTED_TOKENS
    if not low <= proposal.allocation.tokens <= high:
        yield ""
        yield (
            f"note: extrapolated; the laws were fitted to runs of {amount(low)} to {amount(high)} "
            "tokens, each read once"
        )


def comparison_lines(comparisons: Sequence["Comparison"], approach: "Approach") -> Iterator[str]:
    """Famous models, and what their compute could have bought."""
    yield f"by {_name(approach)}; losses in nats per token, as on the corpus that was fitted"
    yield ""
    head = ["", "params", "tokens", "per param", "loss", "  best: params", "tokens", "loss"]
    rows = [
        [
            comparison.model.name,
            amount(comparison.model.params),
            amount(comparison.model.tokens),
            f"{comparison.model.allocation.tokens_per_parameter:.2f}",
            f"{comparison.loss:.3f}",
            amount(comparison.best.params),
            amount(comparison.best.tokens),
            f"{comparison.best_loss:.3f}",
        ]
        for comparison in comparisons
    ]
    yield from table([head, *rows])


def _approaches(proposal: "Proposal") -> Iterator[str]:
    yield f"for {_budget(proposal)}, with C = 6ND:"
    yield ""
    head = ["", "params", "10-90 %", "tokens", "10-90 %", "FLOPs", "per param", "loss"]
    yield from table([head, *map(_approach, proposal.rows)])
    for approach in (row.approach for row in proposal.rows):
        if approach.is_outside_its_interval:
            yield (
                f"  {approach.label}: its interval is as published, leaves out its own exponent, "
                "and is far too narrow (Besiroglu et al. 2024)"
            )


def _budget(proposal: "Proposal") -> str:
    budget = proposal.budget
    if budget.quantity == "flops":
        return f"{budget.amount:.3g} FLOPs"
    return f"{amount(budget.amount)} {'parameters' if budget.quantity == 'params' else 'tokens'}"


def _approach(row: "Row") -> list[str]:
    allocation, approach = row.allocation, row.approach
    return [
        f"{approach.label}: {approach.title}",
        amount(allocation.params),
        _interval(row.params),
        amount(allocation.tokens),
        _interval(row.tokens),
        f"{allocation.flops:.3g}",
        f"{allocation.tokens_per_parameter:.1f}",
        f"{row.loss:.3f}" if row.loss else "",
    ]


def _interval(interval: tuple[float, float]) -> str:
    if interval[0] == interval[1]:  # what was given
        return ""
    return f"{amount(interval[0])}-{amount(interval[1])}"


def _run(proposal: "Proposal", hardware: "Hardware | None") -> Iterator[str]:
    allocation = proposal.allocation
    yield f"the plan, by {_name(proposal.approach)}:"
    loss = f", loss {proposal.loss:.3f}" if proposal.loss else ""
    yield (
        f"  {amount(allocation.params)} parameters, {amount(allocation.tokens)} tokens, "
        f"{allocation.flops:.3g} FLOPs{loss}"
    )
    if proposal.inference_tokens:
        yield (
            f"  as good as {amount(proposal.optimum.params)} parameters on "
            f"{amount(proposal.optimum.tokens)} tokens; with {amount(proposal.inference_tokens)} "
            f"tokens served, {proposal.saved_fraction:.1%} fewer FLOPs in all"
        )
    yield _architecture(proposal)
    published = proposal.published
    yield (
        f"  nearest paper  {published.depth} layers, width {published.width}, {published.heads} "
        f"heads of {published.head_width}: "
        f"{amount(published.parameters(proposal.vocabulary_size))} parameters"
    )
    if proposal.shape:
        yield from _schedule(proposal.schedule)
    if hardware:
        hours = hardware.hours(allocation.flops)
        yield (
            f"  time           {_time(hours)} on {hardware.num_gpus:,} {hardware.gpu} at "
            f"{hardware.mfu:.0%} of peak; {hours * hardware.num_gpus:,.4g} GPU-hours"
        )


def _architecture(proposal: "Proposal") -> str:
    shape, least = proposal.shape, proposal.least
    if shape is None:
        if proposal.allocation.params > least.params:
            return "  architecture   none: larger than any of the family"
        return (
            f"  architecture   none: the smallest has {amount(least.params)} parameters, for "
            f"{amount(least.tokens)} tokens"
        )
    return (
        f"  architecture   {shape.depth} layers, width {shape.width}, {shape.heads} heads, "
        f"feed-forward {shape.hidden_width}, vocabulary {proposal.vocabulary_size:,}: "
        f"{shape.parameters(proposal.vocabulary_size):,} parameters"
    )


def _schedule(schedule: "Schedule") -> Iterator[str]:
    yield (
        f"  batch          {schedule.batch_size:,} x {SEQUENCE_LENGTH:,} = "
        f"{schedule.batch_tokens:,} tokens"
    )
    yield (
        f"  learning rate  {schedule.learning_rate:g}, warm-up over {schedule.warmup_fraction:.1%} "
        f"of the steps, cosine to a tenth over all {schedule.num_steps:,}"
    )


def _name(approach: "Approach") -> str:
    return f"approach {approach.name}" if approach.name.isdigit() else approach.title


def _time(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.3g} minutes"
    return f"{hours:.3g} hours" if hours < 72 else f"{hours / 24:,.3g} days"
