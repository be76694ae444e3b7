"""A plan as JSON."""

from typing import TYPE_CHECKING, Any

from haybale.scaling.plan import NEARLY_FRESH_EPOCHS
from haybale.scaling.schedule import FINAL_LEARNING_RATE_FRACTION, SEQUENCE_LENGTH

if TYPE_CHECKING:
    from haybale.scaling.approaches import Row
    from haybale.scaling.budget import Allocation
    from haybale.scaling.data_plan import DataPlan, SubsetPlan
    from haybale.scaling.famous import Comparison
    from haybale.scaling.hardware import Hardware
    from haybale.scaling.proposal import Proposal


def plan_as_json(
    proposal: "Proposal", hardware: "Hardware | None", data: "DataPlan | None"
) -> dict[str, Any]:
    """All of a plan; null for what was not asked for."""
    rows = {row.approach.name: _row(row) for row in proposal.rows}
    corrected = rows.pop("corrected")
    return {
        "budget": {"quantity": proposal.budget.quantity, "amount": proposal.budget.amount},
        "approaches": [{"approach": int(name), **row} for name, row in rows.items()],
        "corrected": corrected,
        "plan": {
            "approach": proposal.approach.name,
            **_allocation(proposal.allocation),
            "loss": proposal.loss,
        },
        "inference": _inference(proposal) if proposal.inference_tokens else None,
        "architecture": _architecture(proposal),
        "schedule": _schedule(proposal),
        "hardware": _hardware(hardware, proposal.allocation.flops) if hardware else None,
        "data": _data(data, proposal) if data else None,
    }


def comparison_as_json(comparison: "Comparison") -> dict[str, Any]:
    """A famous model and what its compute could have bought."""
    return {
        "name": comparison.model.name,
        **_allocation(comparison.model.allocation),
        "loss": comparison.loss,
        "best": {**_allocation(comparison.best), "loss": comparison.best_loss},
    }


def _allocation(allocation: "Allocation") -> dict[str, float]:
    return {
        "params": allocation.params,
        "tokens": allocation.tokens,
        "flops": allocation.flops,
        "tokens_per_parameter": allocation.tokens_per_parameter,
    }


def _row(row: "Row") -> dict[str, Any]:
    return {
        "title": row.approach.title,
        **_allocation(row.allocation),
        "loss": row.loss,
        "exponent": row.approach.frontier.exponent,
        "exponent_interval": row.approach.exponents,
        "params_interval": row.params,
        "tokens_interval": row.tokens,
    }


def _inference(proposal: "Proposal") -> dict[str, Any]:
    return {
        "tokens": proposal.inference_tokens,
        "saved_fraction": proposal.saved_fraction,
        "without": _allocation(proposal.optimum),
    }


def _architecture(proposal: "Proposal") -> dict[str, Any]:
    vocabulary_size, published, shape = (
        proposal.vocabulary_size,
        proposal.published,
        proposal.shape,
    )
    return {
        "vocabulary_size": vocabulary_size,
        "published": {**vars(published), "params": published.parameters(vocabulary_size)},
        "trained": shape
        and {
            **vars(shape),
            "hidden_width": shape.hidden_width,
            "params": shape.parameters(vocabulary_size),
        },
    }


def _schedule(proposal: "Proposal") -> dict[str, Any]:
    schedule = proposal.schedule
    return {
        "sequence_length": SEQUENCE_LENGTH,
        **vars(schedule),
        "batch_tokens": schedule.batch_tokens,
        "tokens": schedule.tokens,
        "cosine_steps": schedule.num_steps,
        "final_learning_rate_fraction": FINAL_LEARNING_RATE_FRACTION,
    }


def _hardware(hardware: "Hardware", flops: float) -> dict[str, Any]:
    hours = hardware.hours(flops)
    return {**vars(hardware), "gpu_hours": hours * hardware.num_gpus, "wall_hours": hours}


def _data(data: "DataPlan", proposal: "Proposal") -> dict[str, Any]:
    law, params = proposal.approach.law, proposal.allocation.params
    return {
        "tokens": data.tokens,
        "effective_tokens": data.effective_tokens,
        "loss_with_repeats": data.loss(law, params) if law else None,
        "missing_tokens": data.missing_tokens,
        "run_tokens_without_repeats": data.run_tokens_at(1.0),
        "run_tokens_at_four_epochs": data.run_tokens_at(NEARLY_FRESH_EPOCHS),
        "subsets": [_subset(subset) for subset in data.subsets],
    }


def _subset(subset: "SubsetPlan") -> dict[str, Any]:
    return {
        **vars(subset),
        "epochs": subset.epochs,
        "effective_tokens": subset.effective_tokens,
        "missing_tokens": subset.missing_tokens,
        "run_tokens_at_four_epochs": subset.run_tokens_at(NEARLY_FRESH_EPOCHS),
    }
