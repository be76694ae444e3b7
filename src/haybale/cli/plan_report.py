"""A plan printed for people."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from haybale.cli.plan_data import data_lines
from haybale.cli.plan_table import scaled, table
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
            f"note: extrapolated; the laws were fitted to runs of {scaled(low)} to {scaled(high)} "
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
            scaled(comparison.model.params),
            scaled(comparison.model.tokens),
            f"{comparison.model.allocation.tokens_per_parameter:.2f}",
            f"{comparison.loss:.3f}",
            scaled(comparison.best.params),
            scaled(comparison.best.tokens),
            f"{comparison.best_loss:.3f}",
        ]
        for comparison in comparisons
    ]
    yield from table([head, *rows])


def _approaches(proposal: "Proposal") -> Iterator[str]:
    yield f"for {_amount(proposal)}, with C = 6ND:"
    yield ""
    head = ["", "params", "10-90 %", "tokens", "10-90 %", "FLOPs", "per param", "loss"]
    yield from table([head, *map(_approach, proposal.rows)])


def _amount(proposal: "Proposal") -> str:
    budget = proposal.budget
    if budget.quantity == "flops":
        return f"{budget.amount:.3g} FLOPs"
    return f"{scaled(budget.amount)} {'parameters' if budget.quantity == 'params' else 'tokens'}"


def _approach(row: "Row") -> list[str]:
    allocation, approach = row.allocation, row.approach
    label = f"approach {approach.name}" if approach.name.isdigit() else approach.name
    return [
        f"{label}: {approach.title}",
        scaled(allocation.params),
        _interval(row.params),
        scaled(allocation.tokens),
        _interval(row.tokens),
        f"{allocation.flops:.3g}",
        f"{allocation.tokens_per_parameter:.1f}",
        f"{row.loss:.3f}" if row.loss else "",
    ]


def _interval(interval: tuple[float, float] | None) -> str:
    if interval is None or interval[0] == interval[1]:
        return ""
    return f"{scaled(interval[0])}-{scaled(interval[1])}"


def _run(proposal: "Proposal", hardware: "Hardware | None") -> Iterator[str]:
    allocation = proposal.allocation
    yield f"the plan, by {_name(proposal.approach)}:"
    loss = f", loss {proposal.loss:.3f}" if proposal.loss else ""
    yield (
        f"  {scaled(allocation.params)} parameters, {scaled(allocation.tokens)} tokens, "
        f"{allocation.flops:.3g} FLOPs{loss}"
    )
    if proposal.inference_tokens:
        yield (
            f"  as good as {scaled(proposal.optimum.params)} parameters on "
            f"{scaled(proposal.optimum.tokens)} tokens; with {scaled(proposal.inference_tokens)} "
            f"tokens served, {proposal.saved_fraction:.1%} fewer FLOPs in all"
        )
    yield _architecture(proposal)
    published = proposal.published
    yield (
        f"  nearest paper  {published.depth} layers, width {published.width}, {published.heads} "
        f"heads of {published.head_width}: "
        f"{scaled(published.parameters(proposal.vocabulary_size))} parameters"
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
            f"  architecture   none: the smallest has {scaled(least.params)} parameters, for "
            f"{scaled(least.tokens)} tokens"
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
