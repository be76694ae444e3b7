"""What a plan draws of a corpus, printed for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from haybale.cli.plan_table import table
from haybale.scaling.amounts import amount
from haybale.scaling.laws import MAX_TRIED_EPOCHS
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS

if TYPE_CHECKING:
    from haybale.scaling.data_plan import DataPlan, SubsetPlan
    from haybale.scaling.proposal import Proposal


def data_lines(proposal: "Proposal", data: "DataPlan") -> Iterator[str]:
    """Subsets, what repeats are worth, how long the corpus lasts."""
    yield "the data:"
    head = ["", "weight", "unique", "drawn", "epochs", "worth", "missing", "4 epochs at"]
    yield from table([head, *map(_subset, data.subsets)])
    worth = data.effective_tokens / data.tokens
    law, params = proposal.approach.law, proposal.allocation.params
    cost = ""
    if law and worth < 1:
        before, after = law.loss(params, data.tokens), data.loss(law, params)
        cost = f"; repeats raise the predicted loss from {before:.4f} to {after:.4f}"
    yield f"  worth {amount(data.effective_tokens)} fresh tokens, {worth:.1%}{cost}"
    # A run as long as a corpus lasts has rounded to four epochs, and is no more than that.
    most = NEARLY_FRESH_EPOCHS * (1 + 1e-9)
    often = [subset.name for subset in data.subsets if subset.epochs > most]
    if often:
        yield f"  read more than four times, where repeats begin to cost: {', '.join(often)}"
    else:
        yield "  nothing is read more than four times, where repeats begin to cost"
    if data.subsets[0].epochs > MAX_TRIED_EPOCHS:
        yield f"  none of the runs behind that law went beyond {MAX_TRIED_EPOCHS:,.0f} epochs"
    fresh, repeated = data.run_tokens_at(1.0), data.run_tokens_at(NEARLY_FRESH_EPOCHS)
    yield (
        f"  the corpus lasts for {amount(fresh)} tokens without repeats, for {amount(repeated)} "
        f"with four epochs of {data.subsets[0].name}"
    )


def _subset(subset: "SubsetPlan") -> list[str]:
    return [
        f"  {subset.name}",
        f"{subset.weight:.3f}",
        amount(subset.unique_tokens),
        amount(subset.tokens),
        f"{subset.epochs:.2f}",
        f"{subset.effective_tokens / subset.tokens:.1%}",
        amount(subset.missing_tokens) if subset.missing_tokens else "",
        amount(subset.run_tokens_at(NEARLY_FRESH_EPOCHS)),
    ]
