"""From what a user says of weights and stages to a mixture over a corpus's subsets."""

from collections.abc import Mapping, Sequence
from typing import Literal

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.loaders.mixture.epoch_caps import MaxEpochs
from haybale.loaders.mixture.interleaving import whole_weights
from haybale.loaders.mixture.plan import SourceSize, plan_stages
from haybale.loaders.mixture.stages import SolvedStage, Stage, StagedMixture

Weights = Mapping[str, float] | Literal["corpus"] | None


def resolve_mixture(
    weights: Weights,
    stages: Sequence[Stage] | None,
    max_epochs: MaxEpochs | None,
    sizes: Mapping[str, SourceSize],
    corpus_weights: Mapping[str, float],
    sequence_length: int,
    split: str,
) -> tuple[StagedMixture, tuple[Mapping[str, float], ...]]:
    """The mixture of a dataset, and the weights of each stage as they were declared.

    Args:
        weights: As `TokenDataset` takes them, as the next two.
        stages: In place of weights.
        max_epochs: Caps.
        sizes: Of all subsets of the split, in the index's order.
        corpus_weights: The manifest's.
        sequence_length: T.
        split: For messages.

    Raises:
        RecipeError: If they cannot be right.
    """
    if stages is not None:
        if weights != "corpus":
            raise RecipeError("weights: each stage has its own; leave weights out, or stages")
        planned = plan_stages(stages, sizes, sequence_length, max_epochs)
        return planned, tuple(stage.weights for stage in stages)
    if max_epochs is not None:
        raise RecipeError(
            "max_epochs: needs a plan with an end; give stages=[Stage(weights, tokens=...)]"
        )
    if weights is None:
        natural = _natural(sizes, sequence_length, split)
        counts = dict(zip(natural.sources, natural.stages[0].weights, strict=True))
        return natural, (counts,)
    if weights == "corpus":
        weights = {name: corpus_weights.get(name, 0.0) for name in sizes}
    if not isinstance(weights, Mapping):
        raise RecipeError(
            f"weights: expected 'corpus', None or a mapping by subset, found {weights!r}"
        )
    _check_names(weights, sizes, split)
    whole = whole_weights({name: weights[name] for name in sizes})
    for name, size in sizes.items():
        if whole[name] and not size.num_samples:
            raise RecipeError(
                f"sequence_length: a sample is {sequence_length} + 1 tokens, and {name} has "
                f"{size.num_tokens} in {split!r}; choose one of at most "
                f"{max(1, size.num_tokens - 1)}, or weights that leave it out (None takes what "
                "there is)"
            )
    return _endless(whole), (weights,)


def _natural(sizes: Mapping[str, SourceSize], sequence_length: int, split: str) -> StagedMixture:
    """Every sample once per epoch, of all sources alike."""
    natural = {name: size.num_samples for name, size in sizes.items() if size.num_samples}
    if not natural:
        longest = max(size.num_tokens for size in sizes.values())
        raise RecipeError(
            f"sequence_length: a sample is {sequence_length} + 1 tokens, and no subset of "
            f"{split!r} has more than {longest}; choose one of at most {max(1, longest - 1)}"
        )
    return _endless(natural)


def _endless(weights: Mapping[str, int]) -> StagedMixture:
    """One stage without end."""
    drawn = {name: weight for name, weight in weights.items() if weight}
    return StagedMixture(list(drawn), [SolvedStage(0, None, tuple(drawn.values()))])


def _check_names(weights: Mapping[str, float], sizes: Mapping[str, SourceSize], split: str) -> None:
    for name in weights:
        if name not in sizes:
            raise RecipeError(f"weights: no subset {name!r} in {split!r}; {nearest(name, sizes)}")
    if missing := [name for name in sizes if name not in weights]:
        raise RecipeError(f"weights: give {', '.join(missing)} one too; 0 leaves a subset out")
