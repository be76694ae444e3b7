"""The reference trainer: a recipe and a corpus to a model, resumable at every checkpoint."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from haybale.corpus.digests import derive_seed
from haybale.corpus.errors import HaybaleError, ManifestMismatchError, RecipeError
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.batches import Batch
from haybale.loaders.samples.widen import IGNORED_LABEL
from haybale.scaling.flops import training_flops
from haybale.training.checkpoint import (
    NAME,
    check_recipe,
    load_checkpoint,
    plain_recipe,
    save_checkpoint,
)
from haybale.training.evaluate import Validation, Validator
from haybale.training.logs import LOSSES, VALIDATIONS, StepTable
from haybale.training.model import MODEL_FIELDS, Decoder
from haybale.training.optimizer import CosineSchedule, build_optimizer
from haybale.training.recipe import TrainingRecipe
from haybale.training.report import RunPlan, StepReport, TrainingResult


def train(
    recipe: TrainingRecipe,
    data: Path,
    output: Path,
    device: str = "cpu",
    *,
    resume: bool = False,
    on_plan: Callable[[RunPlan], None] | None = None,
    on_step: Callable[[StepReport], None] | None = None,
) -> TrainingResult:
    """Train a model, in bfloat16 on a GPU and in float32 elsewhere.

    A run that was stopped and resumed sees the same tokens in the same order. On a CPU with the
    same number of threads its losses and weights are those of an undisturbed run, bit for bit.

    Args:
        recipe: What to train.
        data: Folder of a finished corpus.
        output: Folder for `checkpoint.pt`, `losses.csv` and `validation.csv`.
        device: As PyTorch names it.
        resume: Go on from the output folder's checkpoint; from the start where it has none yet.
        on_plan: Called once before the first step.
        on_step: Called after each step.

    Raises:
        RecipeError: If recipe, corpus and device do not fit.
        ManifestMismatchError: If the output folder has a run and `resume` is false.
        CheckpointMismatchError: If its checkpoint belongs to another recipe or corpus.
        HaybaleError: If the loss is no longer a number.
    """
    run = _Run(recipe, Path(data), Path(output), _resolve_device(device), resume)
    if on_plan:
        on_plan(run.plan)
    try:
        return run.finish(on_step or (lambda report: None))
    finally:
        run.close()


class _Run:
    """The parts of a run and the step it is at."""

    def __init__(
        self, recipe: TrainingRecipe, data: Path, output: Path, device: torch.device, resume: bool
    ) -> None:
        self.recipe, self.output, self.device = recipe, output, device
        settings = recipe.training
        if not resume and ((output / NAME).exists() or (output / "losses.csv").exists()):
            raise ManifestMismatchError(
                f"{output}: has a training run; go on with it (--resume), or name another folder"
            )
        dataset = TokenDataset(
            data,
            settings.sequence_length,
            seed=settings.seed,
            weights="corpus" if settings.weights is None else settings.weights,
        )
        torch.manual_seed(derive_seed(settings.seed, "model"))
        self.model = Decoder(recipe.model, dataset.token_format.vocabulary_size).to(device)
        self.optimizer = build_optimizer(self.model, settings.learning_rate, settings.weight_decay)
        num_steps = settings.num_steps(self.model.num_parameters)
        warmup = max(1, round(num_steps * settings.warmup_fraction))
        self.schedule = CosineSchedule(
            settings.learning_rate, num_steps, warmup, settings.final_learning_rate_fraction
        )
        self.loader = TokenLoader(
            dataset,
            settings.accumulation_batch,
            rank=0,
            world_size=1,
            device=device,
            num_samples=num_steps * settings.batch_size,
            fields=MODEL_FIELDS,
        )
        self.validator = _build_validator(recipe, data, device)
        self.step, self.loss = 0, math.nan
        output.mkdir(parents=True, exist_ok=True)
        self._restore()
        self.losses = StepTable(output / "losses.csv", LOSSES, self.step)
        self.validations = StepTable(output / "validation.csv", VALIDATIONS, self.step)
        self.plan = self._plan(dataset)

    def finish(self, on_step: Callable[[StepReport], None]) -> TrainingResult:
        settings, batches = self.recipe.training, iter(self.loader)
        validation = None
        while self.step < self.plan.num_steps:
            report = self._take_step(batches)
            self.losses.add(*vars(report).values())
            last = self.step == self.plan.num_steps
            if settings.validate_every and (self.step % settings.validate_every == 0) and not last:
                self._validate()
            if last:
                validation = self._validate()
            if last or self.step % settings.checkpoint_every == 0:
                self._save()
            on_step(report)
        if validation is None and self.validator:  # resumed after its end
            validation = self.validator.measure(self.model)
        return TrainingResult(self.plan, self.loss, validation)

    def close(self) -> None:
        self.losses.close()
        self.validations.close()

    def _take_step(self, batches: Iterator[Batch]) -> StepReport:
        settings = self.recipe.training
        begun = time.perf_counter()
        num_micro = settings.batch_size // settings.accumulation_batch
        taken = [next(batches) for _ in range(num_micro)]
        waited = time.perf_counter() - begun
        learning_rate = self.schedule.learning_rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.loss = self._accumulate(taken)
        if not math.isfinite(self.loss):
            raise HaybaleError(self._divergence(learning_rate))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        taken_seconds = time.perf_counter() - begun
        return StepReport(
            step=self.step,
            tokens=self.step * settings.step_tokens,
            loss=self.loss,
            learning_rate=learning_rate,
            tokens_per_second=round(settings.step_tokens / taken_seconds, 1),
            data_wait_fraction=round(waited / taken_seconds, 4),
        )

    def _accumulate(self, batches: list[Batch]) -> float:
        """Gradients of the mean over all targets of the step, and that mean."""
        targets = [(batch["labels"] != IGNORED_LABEL).sum() for batch in batches]
        num_targets = torch.stack(targets).sum().clamp(min=1)
        total = torch.zeros((), device=self.device)
        for batch, count in zip(batches, targets, strict=True):
            with torch.autocast(self.device.type, torch.bfloat16, self.device.type == "cuda"):
                loss = self.model(**batch) * (count / num_targets)
            loss.backward()
            total += loss.detach()
        return float(total)

    def _divergence(self, learning_rate: float) -> str:
        batch_size = self.recipe.training.batch_size
        first = self.step * batch_size
        return (
            f"step {self.step + 1}: the loss is {self.loss} at learning rate {learning_rate:.3g}, "
            f"on samples {first} to {first + batch_size - 1} of the sequence; lower "
            "training.learning_rate or lengthen training.warmup_fraction, in another folder "
            "(the last checkpoint is from before)"
        )

    def _validate(self) -> Validation | None:
        if not self.validator:
            return None
        validation = self.validator.measure(self.model)
        tokens = self.step * self.recipe.training.step_tokens
        self.validations.add(self.step, tokens, validation.loss, validation.bits_per_byte)
        return validation

    def _save(self) -> None:
        generators = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            generators["cuda"] = torch.cuda.get_rng_state(self.device)
        content = {
            "recipe": plain_recipe(self.recipe),
            "step": self.step,
            "loss": self.loss,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "loader": self.loader.state_dict(),
            "generators": generators,
        }
        save_checkpoint(self.output, content)

    def _restore(self) -> None:
        saved = load_checkpoint(self.output, self.device)
        if saved is None:
            return
        check_recipe(self.recipe, saved["recipe"], self.output / NAME)
        self.loader.load_state_dict(saved["loader"])
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.loss = saved["step"], saved["loss"]
        torch.set_rng_state(saved["generators"]["cpu"].cpu())
        if self.device.type == "cuda" and "cuda" in saved["generators"]:
            torch.cuda.set_rng_state(saved["generators"]["cuda"].cpu(), self.device)

    def _plan(self, dataset: TokenDataset) -> RunPlan:
        num_samples = self.loader.num_samples
        num_tokens = num_samples * dataset.sequence_length
        return RunPlan(
            num_parameters=self.model.num_parameters,
            num_tokens=num_tokens,
            num_steps=self.schedule.num_steps,
            first_step=self.step,
            flops=training_flops(self.model.num_parameters, num_tokens),
            epochs=dataset.epochs(num_samples),
        )


def _build_validator(recipe: TrainingRecipe, data: Path, device: torch.device) -> Validator | None:
    settings = recipe.training
    if settings.validation_samples == 0:
        return None
    return Validator(
        data,
        settings.sequence_length,
        settings.accumulation_batch,
        settings.validation_samples,
        device,
    )


def _resolve_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise RecipeError(f"device: expected one such as cpu or cuda, found {name!r}") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RecipeError(f"device: PyTorch finds no {name}; use cpu, or install a CUDA build")
    return device
