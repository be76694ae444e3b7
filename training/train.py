"""The training loop: one process or several, resumable at every checkpoint."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed

from haybale.corpus.digests import derive_seed
from haybale.corpus.errors import HaybaleError, ManifestMismatchError
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.batches import Batch
from haybale.loaders.samples.widen import IGNORED_LABEL
from haybale.scaling.flops import training_flops
from haybale.training.checkpoint import NAME, check_recipe, load_checkpoint, save_checkpoint
from haybale.training.documents import without_spare_bounds
from haybale.training.evaluate import Validation, Validator
from haybale.training.logs import STEPS, VALIDATIONS, StepLog
from haybale.training.model import MODEL_FIELDS, Decoder
from haybale.training.optimizer import CosineSchedule, build_optimizer, set_learning_rate
from haybale.training.ranks import (
    Ranks,
    clip_gradients,
    exchange_gradients,
    joined_ranks,
    spread_model,
)
from haybale.training.recipe import TrainingRecipe
from haybale.training.report import RunPlan, StepReport, TrainingResult
from haybale.training.stopping import StopRequest, TrainingStopped, stop_request
from haybale.training.utilisation import peak_flops, squared_lengths, step_flops
from haybale.training.whole_state import spread_state, whole_state

OnPlan = Callable[[RunPlan], None]
OnStep = Callable[[StepReport], None]


def train(
    recipe: TrainingRecipe,
    data: Path,
    output: Path,
    device: str = "cpu",
    *,
    resume: bool = False,
    on_plan: OnPlan | None = None,
    on_step: OnStep | None = None,
) -> TrainingResult:
    """Train a model, in bfloat16 on a GPU and in float32 elsewhere.

    Started by `torchrun`, all its processes train one model together. A run that was stopped and
    resumed, by however many processes, sees the same tokens in the same order. By one, on a CPU
    with the same number of threads, its losses and weights are those of an undisturbed run, bit for
    bit.

    Asked to stop by SIGTERM or SIGINT, it ends the step, writes a checkpoint and raises
    `TrainingStopped`.

    Args:
        recipe: What to train.
        data: Folder of a finished corpus.
        output: Folder for `checkpoint.pt`, `steps.jsonl` and `validations.jsonl`, which the first
            process writes and reads.
        device: As PyTorch names it.
        resume: Go on from the output folder's checkpoint; from the start where it has none yet.
        on_plan: Called once before the first step, in the first process.
        on_step: Called after each step, in the first process.

    Raises:
        RecipeError: If recipe, corpus and device do not fit.
        ManifestMismatchError: If the output folder has a run and `resume` is false.
        CheckpointMismatchError: If its checkpoint belongs to another recipe or corpus.
        HaybaleError: If loss or gradients are no longer numbers.
        StorageError: If a checkpoint cannot be written.
        TrainingStopped: If it was asked to stop; resumed, it goes on from there.
    """
    with joined_ranks(device) as ranks:
        run = _Run(recipe, Path(data), Path(output), ranks, resume)
        try:
            if on_plan and ranks.is_first:
                on_plan(run.plan)
            with stop_request() as request:
                return run.finish(on_step, request)
        finally:
            run.close()


class _Run:
    """The parts of a run and the step it is at."""

    def __init__(
        self, recipe: TrainingRecipe, data: Path, output: Path, ranks: Ranks, resume: bool
    ) -> None:
        self.recipe, self.output, self.ranks = recipe, output, ranks
        settings = recipe.training
        if not resume and ranks.is_first:
            _refuse_second_run(output)
        dataset = TokenDataset(
            data,
            settings.sequence_length,
            seed=settings.seed,
            shuffle=settings.shuffle,
            weights="corpus" if settings.weights is None else settings.weights,
        )
        torch.manual_seed(derive_seed(settings.seed, "model"))
        self.model = Decoder(recipe.model, dataset.token_format.vocabulary_size)
        num_parameters = self.model.num_parameters
        num_steps = settings.num_steps(num_parameters)
        self.schedule = CosineSchedule(
            settings.learning_rate,
            settings.horizon_steps(num_parameters),
            max(1, round(num_steps * settings.warmup_fraction)),
            settings.final_learning_rate_fraction,
        )
        self.loader = TokenLoader(
            dataset,
            settings.rank_batch(ranks.world_size),
            rank=ranks.rank,
            world_size=ranks.world_size,
            device=ranks.device,
            num_samples=num_steps * settings.batch_size,
            fields=MODEL_FIELDS,
        )
        self.validator = _build_validator(recipe, data, ranks)
        self.peak_flops = peak_flops(ranks.device, ranks.world_size)
        if settings.compile:
            # As a whole it would hold back DDP's exchange, and hide from FSDP what it borrows.
            for part in (self.model,) if ranks.world_size == 1 else self.model.blocks:
                part.compile()
        self.spread = spread_model(self.model, ranks, settings.parallel)
        self.optimizer = build_optimizer(
            self.model, settings.learning_rate, settings.weight_decay, recipe.model.width_ratio
        )
        self.step, self.loss, self.is_stopping = 0, math.nan, False
        self._restore()
        self.logs: dict[str, StepLog] = {}
        if ranks.is_first:
            output.mkdir(parents=True, exist_ok=True)
            self.logs = {name: StepLog(output / name, self.step) for name in (STEPS, VALIDATIONS)}
        self.plan = RunPlan(
            num_parameters=num_parameters,
            num_tokens=num_steps * settings.step_tokens,
            num_steps=num_steps,
            first_step=self.step,
            flops=training_flops(num_parameters, num_steps * settings.step_tokens),
            epochs=dataset.epochs(num_steps * settings.batch_size),
            world_size=ranks.world_size,
        )

    def finish(self, on_step: OnStep | None, request: StopRequest) -> TrainingResult:
        settings, batches = self.recipe.training, iter(self.loader)
        validation = None
        while self.step < self.plan.num_steps and not self.is_stopping:
            report = self._take_step(batches, request)
            self._log(STEPS, asdict(report))
            last = self.step == self.plan.num_steps
            if last or (settings.validate_every and self.step % settings.validate_every == 0):
                validation = self._validate()
            if last or self.is_stopping or self.step % settings.checkpoint_every == 0:
                self._save()
            if on_step and self.ranks.is_first:
                on_step(report)
        if self.is_stopping or request.name:
            raise TrainingStopped(self._farewell(request.name))
        if self.step == self.plan.first_step and self.validator:  # resumed after its end
            validation = self.validator.measure(self.spread)
        return TrainingResult(self.plan, self.loss, validation)

    def close(self) -> None:
        del self.spread  # before the process group that it exchanges through
        self.loader.close()
        for log in self.logs.values():
            log.close()

    def _log(self, name: str, line: dict[str, Any]) -> None:
        if name in self.logs:
            self.logs[name].add(line)

    def _take_step(self, batches: Iterator[Batch], request: StopRequest) -> StepReport:
        settings = self.recipe.training
        begun = time.perf_counter()
        num_rounds = settings.batch_size // (self.loader.batch_size * self.ranks.world_size)
        taken = [next(batches) for _ in range(num_rounds)]
        waited = time.perf_counter() - begun
        learning_rate = self.schedule.learning_rate(self.step)
        set_learning_rate(self.optimizer, learning_rate)
        loss, squares = self._accumulate([without_spare_bounds(batch) for batch in taken])
        # Of processes any may have been asked to stop, and all must stop after the same step.
        told = torch.stack([loss, torch.full_like(loss, request.name is not None)])
        self.loss, asked = self.ranks.summed(told).tolist()
        self.is_stopping = asked > 0
        norm = clip_gradients(self.model, settings.max_gradient_norm)
        if not math.isfinite(self.loss + norm):
            raise HaybaleError(self._divergence(norm, learning_rate))
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        seconds = time.perf_counter() - begun
        flops = step_flops(self.model, settings.step_tokens, squares) / seconds
        return StepReport(
            step=self.step,
            tokens=self.step * settings.step_tokens,
            loss=self.loss,
            learning_rate=learning_rate,
            gradient_norm=norm,
            tokens_per_second=round(settings.step_tokens / seconds, 1),
            flops_per_second=round(flops),
            mfu=round(flops / self.peak_flops, 4) if self.peak_flops else None,
            data_wait_fraction=round(waited / seconds, 4),
        )

    def _accumulate(self, batches: list[Batch]) -> tuple[Tensor, int]:
        """Gradients of the mean over all targets of the step.

        Returns:
            This process's part of that mean, and `squared_lengths` of all.
        """
        targets = [(batch["labels"] != IGNORED_LABEL).sum() for batch in batches]
        squares = [squared_lengths(batch["cu_seqlens"]) for batch in batches]
        counts = torch.stack([torch.stack(targets).sum(), torch.stack(squares).sum()])
        num_targets, all_squares = self.ranks.summed(counts).tolist()
        total, device = torch.zeros((), device=self.ranks.device), self.ranks.device.type
        for number, (batch, count) in enumerate(zip(batches, targets, strict=True), 1):
            with exchange_gradients(self.spread, now=number == len(batches)):
                with torch.autocast(device, torch.bfloat16, device == "cuda"):
                    loss = self.spread(**batch) * (count / max(1, num_targets))
                # The exchange takes means over processes, and this is a sum.
                (loss * self.ranks.world_size).backward()
            total += loss.detach()
        return total, all_squares

    def _divergence(self, norm: float, learning_rate: float) -> str:
        batch_size = self.recipe.training.batch_size
        first = self.step * batch_size
        return (
            f"step {self.step + 1}: the loss is {self.loss:.4g} and its gradient's norm {norm:.4g} "
            f"at learning rate {learning_rate:.3g}, on samples {first} to "
            f"{first + batch_size - 1} of the sequence; lower "
            "training.learning_rate or lengthen training.warmup_fraction, in another folder "
            "(the last checkpoint is from before)"
        )

    def _farewell(self, signal: str | None) -> str:
        return (
            f"{signal or 'another process was asked'}: stopped after step {self.step} of "
            f"{self.plan.num_steps}, which {self.output / NAME} holds; resumed, it goes on there"
        )

    def _validate(self) -> Validation | None:
        if not self.validator:
            return None
        validation = self.validator.measure(self.spread)
        tokens = self.step * self.recipe.training.step_tokens
        self._log(VALIDATIONS, {"step": self.step, "tokens": tokens, **asdict(validation)})
        return validation

    def _save(self) -> None:
        state = whole_state(self.model, self.optimizer, self.ranks)
        if state:
            for log in self.logs.values():
                log.sync()
            content = {
                "recipe": asdict(self.recipe),
                "step": self.step,
                "loss": self.loss,
                "loader": self.loader.state_dict(),
            }
            save_checkpoint(self.output, {**content, **state})

    def _restore(self) -> None:
        saved = load_checkpoint(self.output) if self.ranks.is_first else None
        if saved:
            check_recipe(self.recipe, saved["recipe"], self.output / NAME)
        place = [{name: saved[name] for name in ("step", "loss", "loader")} if saved else None]
        if self.ranks.world_size > 1:
            distributed.broadcast_object_list(place, 0)
        if place[0] is None:
            return
        self.step, self.loss = place[0]["step"], place[0]["loss"]
        self.loader.load_state_dict(place[0]["loader"])
        spread_state(saved, self.model, self.optimizer, self.ranks)


def _refuse_second_run(output: Path) -> None:
    if (output / NAME).exists() or (output / STEPS).exists():
        raise ManifestMismatchError(
            f"{output}: has a training run; go on with it (--resume), or name another folder"
        )


def _build_validator(recipe: TrainingRecipe, data: Path, ranks: Ranks) -> Validator | None:
    settings = recipe.training
    if settings.validation_samples == 0:
        return None
    return Validator(
        data,
        settings.sequence_length,
        settings.accumulation_batch,
        settings.validation_samples,
        ranks,
    )
