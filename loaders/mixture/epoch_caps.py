"""Stages under a cap on how often each source is passed through, solved before training starts.

Stage by stage, each source gets its share of the stage's samples, but no more than its cap leaves.
What it cannot give is shared among the stage's other sources in proportion to their weights, and
again where that exceeds what another one has left ("water-filling"). The samples of each stage are
then known exactly and become its weights, so that no rounding oversteps a cap.

Repeated data is worth less each time: up to about four epochs it is nearly as good as new
(Muennighoff et al. 2023, "Scaling data-constrained language models", arXiv 2305.16264, section 6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from numbers import Real

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.loaders.mixture.stages import SolvedStage

MaxEpochs = float | Mapping[str, float]
"""A cap for every source, or caps by source; a source that is not named has none."""

_Caps = Mapping[str, Fraction]
_PROPOSED = Fraction(1, 100)  # caps that errors propose are multiples of it


def cap_epochs(
    stages: Sequence[SolvedStage],
    sources: Sequence[str],
    num_samples: Mapping[str, int],
    max_epochs: MaxEpochs,
    sequence_length: int,
) -> list[SolvedStage]:
    """The stages with weights that draw at most floor(cap N) samples from a source of N.

    Args:
        stages: All with an end.
        sources: Of the stages' weights.
        num_samples: Samples of one epoch, of all sources there are.
        max_epochs: The caps, over all stages together; any numbers above 0.
        sequence_length: Tokens of a sample, for what errors say.

    Returns:
        Stages whose weights sum to their number of samples: after each, every source has come
        exactly as often as its weights say.

    Raises:
        RecipeError: If a cap cannot be right, a stage is without end, or the caps leave one too
            few samples.
    """
    for at, stage in enumerate(stages):
        if stage.num_samples is None:
            raise RecipeError(
                f"stages[{at}].tokens: max_epochs can only be kept where every stage has an end; "
                "give the number of tokens"
            )
    caps = _exact_caps(max_epochs, num_samples)
    solved, left = _solve(stages, _limits(stages, sources, num_samples, caps))
    if len(solved) == len(stages):
        return solved
    at = len(solved)
    drawn = [number for number, weight in enumerate(stages[at].weights) if weight]
    enough = _enough(stages, sources, num_samples, caps)
    raised = [source for source in sources if caps.get(source, enough) < enough]
    advice = f"raise max_epochs to {float(enough)}"
    if isinstance(max_epochs, Mapping):
        advice += f" for {', '.join(raised)}"
    if left_tokens := sum(left[number] for number in drawn) * sequence_length:
        advice += f", or stages[{at}].tokens to at most {left_tokens}"
    wanted = (stages[at].num_samples or 0) * sequence_length
    names = ", ".join(sources[number] for number in drawn)
    raise RecipeError(
        f"stages[{at}]: max_epochs leaves {left_tokens} of its {wanted} tokens ({names}); {advice}"
    )


def _exact_caps(max_epochs: MaxEpochs, num_samples: Mapping[str, int]) -> dict[str, Fraction]:
    """The caps by source, as they are written: 0.1 is a tenth, not the float beside it."""
    if not isinstance(max_epochs, Mapping):
        max_epochs = {name: max_epochs for name, count in num_samples.items() if count}
    caps: dict[str, Fraction] = {}
    for name, cap in max_epochs.items():
        if name not in num_samples:
            raise RecipeError(f"max_epochs: no subset {name!r}; {nearest(name, num_samples)}")
        if not isinstance(cap, Real) or not 0 < cap < float("inf"):
            raise RecipeError(f"max_epochs.{name}: expected a number above 0, found {cap!r}")
        caps[name] = Fraction(str(cap))
        if caps[name] * num_samples[name] < 1:
            raise RecipeError(
                f"max_epochs.{name}: {cap} epochs of {num_samples[name]} samples are not one "
                "sample; raise it, or leave the subset out of the weights"
            )
    return caps


def _limits(
    stages: Sequence[SolvedStage],
    sources: Sequence[str],
    num_samples: Mapping[str, int],
    caps: _Caps,
) -> list[int]:
    """How many samples each source may give; one without a cap, as many as there are positions."""
    limits = [sum(stage.num_samples or 0 for stage in stages)] * len(sources)
    for number, source in enumerate(sources):
        if source in caps:
            limits[number] = min(limits[number], int(caps[source] * num_samples[source]))
    return limits


def _solve(
    stages: Sequence[SolvedStage], limits: Sequence[int]
) -> tuple[list[SolvedStage], list[int]]:
    """The stages up to the first that cannot be filled, and what each source may still give."""
    solved, left = [], list(limits)
    for stage in stages:
        counts = _shared_out(stage.num_samples or 0, stage.weights, left)
        if counts is None:
            break
        solved.append(replace(stage, weights=tuple(counts)))
        left = [limit - count for limit, count in zip(left, counts, strict=True)]
    return solved, left


def _shared_out(total: int, weights: Sequence[int], limits: Sequence[int]) -> list[int] | None:
    """Whole numbers in proportion to the weights that sum to the total, none above its limit.

    Fractions go by largest remainder; a share with a fraction is below its limit, so that rounding
    it up is within.
    """
    counts = [0] * len(weights)
    open_sources = [source for source, weight in enumerate(weights) if weight]
    while open_sources:
        whole = sum(weights[source] for source in open_sources)
        exhausted = [s for s in open_sources if total * weights[s] > limits[s] * whole]
        if not exhausted:
            break
        for source in exhausted:  # the others' shares only grow, so these stay exhausted
            counts[source] = limits[source]
        total -= sum(limits[source] for source in exhausted)
        open_sources = [source for source in open_sources if source not in exhausted]
    if not open_sources:
        return counts if total == 0 else None
    remainders = {}
    for source in open_sources:
        counts[source], remainders[source] = divmod(total * weights[source], whole)
    missing = sum(remainders.values()) // whole
    for source in sorted(open_sources, key=lambda source: (-remainders[source], source))[:missing]:
        counts[source] += 1
    return counts


def _enough(
    stages: Sequence[SolvedStage],
    sources: Sequence[str],
    num_samples: Mapping[str, int],
    caps: _Caps,
) -> Fraction:
    """The lowest cap that fills all stages once every lower one is raised to it.

    Found by halving: raising caps never leaves a source less for the stages to come.
    """

    def fills(cap: Fraction) -> bool:
        raised = {source: max(cap, lower) for source, lower in caps.items()}
        return len(_solve(stages, _limits(stages, sources, num_samples, raised))[0]) == len(stages)

    low, high = 0, 1  # in steps: too low, and enough
    while not fills(high * _PROPOSED):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if fills(middle * _PROPOSED):
            high = middle
        else:
            low = middle
    return high * _PROPOSED
