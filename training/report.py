"""What a run says of itself: before it begins, after each step, and at its end."""

from dataclasses import dataclass

from haybale.training.evaluate import Validation


@dataclass(frozen=True)
class RunPlan:
    """What a run will take, known before its first step.

    Attributes:
        num_parameters: Of the model, embedding included.
        num_tokens: Of the whole run.
        num_steps: Of the whole run.
        first_step: 0, or where a resumed run goes on.
        flops: 6 per parameter and token.
        epochs: How often the run passes through each subset.
        world_size: Processes that train.
    """

    num_parameters: int
    num_tokens: int
    num_steps: int
    first_step: int
    flops: float
    epochs: dict[str, float]
    world_size: int = 1


@dataclass(frozen=True)
class StepReport:
    """One step, as in `steps.jsonl`.

    Attributes:
        step: From 1.
        tokens: Seen by the model after this step.
        loss: Mean cross-entropy of the step's batch before its update, nats per token.
        learning_rate: Of this step.
        gradient_norm: Of all parameters together, before it was cut.
        tokens_per_second: Of this step, of all processes.
        flops_per_second: That the model's own arithmetic took; see `haybale.training.utilisation`.
        mfu: The same as a share of the devices' peak; None where that is not known.
        data_wait_fraction: Of this step's time, spent waiting for data by the first process.
    """

    step: int
    tokens: int
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens_per_second: float
    flops_per_second: float
    mfu: float | None
    data_wait_fraction: float


@dataclass(frozen=True)
class TrainingResult:
    """A finished run.

    Attributes:
        plan: What it took.
        final_loss: Of the last step, nats per token.
        validation: Of the finished model; None where the recipe asks for none.
    """

    plan: RunPlan
    final_loss: float
    validation: Validation | None
