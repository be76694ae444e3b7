"""From stages as a user writes them to stages in samples and whole weights, or an error."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.loaders.mixture.epoch_caps import MaxEpochs, cap_epochs
from haybale.loaders.mixture.interleaving import MAX_POSITION, whole_weights
from haybale.loaders.mixture.stages import SolvedStage, Stage, StagedMixture


@dataclass(frozen=True)
class SourceSize:
    """What a source has.

    Attributes:
        num_tokens: Tokens.
        num_samples: Samples they make: one epoch.
    """

    num_tokens: int
    num_samples: int


def plan_stages(
    stages: Sequence[Stage],
    sizes: Mapping[str, SourceSize],
    sequence_length: int,
    max_epochs: MaxEpochs | None = None,
) -> StagedMixture:
    """The mixture that the stages describe, over the sources that any of them weights.

    Samples have one length, so shares of samples are shares of tokens.

    Args:
        stages: At least one.
        sizes: Of all sources there are, in the corpus's order.
        sequence_length: Tokens of a sample; a stage's tokens are rounded to whole samples.
        max_epochs: How often at most all stages together may pass through each source, or through
            those named; see `haybale.loaders.mixture.epoch_caps`.

    Raises:
        RecipeError: If a stage cannot be right, or the caps leave it too few samples.
    """
    if not stages:
        raise RecipeError("stages: expected at least one, found none")
    for at, stage in enumerate(stages):
        if not isinstance(stage, Stage) or not isinstance(stage.weights, Mapping):
            raise RecipeError(
                f"stages[{at}]: expected a Stage with weights by subset, found {stage!r}"
            )
    weights = [_whole_weights(stage, f"stages[{at}]", sizes) for at, stage in enumerate(stages)]
    sources = [name for name in sizes if any(of_stage[name] for of_stage in weights)]
    solved: list[SolvedStage] = []
    start = 0
    for at, stage in enumerate(stages):
        is_last = at == len(stages) - 1
        num_samples = _num_samples(stage.tokens, f"stages[{at}].tokens", sequence_length, is_last)
        solved.append(SolvedStage(start, num_samples, tuple(weights[at][s] for s in sources)))
        start += num_samples or 0
    if start > MAX_POSITION:
        raise RecipeError(
            f"stages: {start} samples in all are more than {MAX_POSITION}; give fewer tokens"
        )
    if max_epochs is not None:
        if isinstance(max_epochs, Mapping):
            for name in max_epochs:
                if name in sizes and name not in sources:
                    raise RecipeError(f"max_epochs.{name}: no stage draws from it; leave it out")
        num_samples_of = {name: size.num_samples for name, size in sizes.items()}
        solved = cap_epochs(solved, sources, num_samples_of, max_epochs, sequence_length)
    return StagedMixture(sources, solved)


def _whole_weights(stage: Stage, where: str, sizes: Mapping[str, SourceSize]) -> dict[str, int]:
    """A whole weight for every source, 0 for those that the stage does not name."""
    for name in stage.weights:
        if name not in sizes:
            raise RecipeError(f"{where}.weights: no subset {name!r}; {nearest(name, sizes)}")
    try:
        whole = whole_weights({name: stage.weights.get(name, 0) for name in sizes})
    except RecipeError as error:
        raise RecipeError(f"{where}.{error}") from None
    for name, weight in whole.items():
        if weight and not sizes[name].num_samples:
            longest = sizes[name].num_tokens - 1
            shorter = f"choose a sequence_length of at most {longest}, or " if longest > 0 else ""
            raise RecipeError(
                f"{where}.weights.{name}: {name} has {longest + 1} tokens, too few for one sample; "
                f"{shorter}leave it out"
            )
    return whole


def _num_samples(tokens: int | None, where: str, sequence_length: int, is_last: bool) -> int | None:
    if tokens is None:
        if not is_last:
            raise RecipeError(f"{where}: only the last stage may be without end; give a number")
        return None
    try:
        whole = operator.index(tokens)
    except TypeError:
        raise RecipeError(f"{where}: expected a whole number, found {tokens!r}") from None
    if whole < sequence_length:
        raise RecipeError(
            f"{where}: expected at least {sequence_length}, one sample, found {tokens}"
        )
    return (2 * whole + sequence_length) // (2 * sequence_length)
