"""What a run will see of its data, stage by stage, before it begins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from haybale.corpus.errors import RecipeError
from haybale.loaders.mixture.stages import SolvedStage, StagedMixture
from haybale.loaders.opening import OpenCorpus
from haybale.loaders.preview.tables import shares_table, sources_table
from haybale.loaders.preview.truncation import Truncation, truncation
from haybale.loaders.samples.stretches import Layout
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS


@dataclass(frozen=True)
class Share:
    """What one stage takes from one source.

    Attributes:
        stage: Number of the stage.
        source: The subset.
        declared_fraction: Its share of the stage by the weights that were given.
        drawn_fraction: Its share of the stage's samples; another one where caps bind.
        samples: Drawn in the stage.
        tokens: Positions of these, padding included.
        epochs: Passes through the source in the stage.
        total_epochs: Passes from the start of the run to the end of the stage.
        unique_fraction: Of the source's samples, those seen at the end of the stage.
    """

    stage: int
    source: str
    declared_fraction: float
    drawn_fraction: float
    samples: int
    tokens: int
    epochs: float
    total_epochs: float
    unique_fraction: float


@dataclass(frozen=True)
class SourcePreview:
    """A source, and what the whole run takes from it.

    Attributes:
        source: The subset.
        tokens: Tokens it has in the split.
        samples: Samples they make: one epoch.
        epochs: Passes of the run through it; 0.0 if it is left out.
        padding_fraction: Of its samples' positions, those without a token.
        dropped_tokens: Tokens that are in no sample.
        documents: Documents that were looked at, of evenly spaced record batches.
        cut_fraction: Of these, the share that is not whole in one sample; None if there was none.
    """

    source: str
    tokens: int
    samples: int
    epochs: float
    padding_fraction: float
    dropped_tokens: int
    documents: int
    cut_fraction: float | None


@dataclass(frozen=True)
class Preview:
    """What a run will see; `print` shows it as tables.

    Attributes:
        sequence_length: Tokens of a sample.
        samples: Of the run.
        tokens: Their positions, padding included.
        unique_tokens: Of these, those of samples that were not drawn before.
        stages: What each stage takes from each of its sources.
        sources: All subsets of the split, also those left out.
    """

    sequence_length: int
    samples: int
    tokens: int
    unique_tokens: int
    stages: tuple[Share, ...]
    sources: tuple[SourcePreview, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Tables for people."""
        return "\n".join(
            [
                f"{self.tokens:,} tokens in {self.samples:,} samples of {self.sequence_length:,}; "
                f"{self.unique_tokens:,} of them for the first time",
                "",
                *shares_table(self.stages),
                "",
                *sources_table(self.sources),
                *self._repeated(),
            ]
        )

    def _repeated(self) -> list[str]:
        often = [one for one in self.sources if one.epochs > NEARLY_FRESH_EPOCHS]
        if not often:
            return []
        named = ", ".join(f"{one.source} {one.epochs:.2f} times" for one in often)
        return [
            f"note: read {named}; beyond {NEARLY_FRESH_EPOCHS:g} repeated text is worth less than "
            "fresh (haybale plan says how much)"
        ]


def build_preview(
    mixture: StagedMixture,
    declared: Sequence[Mapping[str, float]],
    layouts: Mapping[str, Layout],
    corpus: OpenCorpus,
    sequence_length: int,
    num_samples: int,
) -> Preview:
    """Preview the first samples of a sequence.

    Args:
        mixture: The sequence's.
        declared: Weights of each stage, as they were given.
        layouts: Of each subset of the split.
        corpus: Where the subsets are.
        sequence_length: T.
        num_samples: How far the run goes.

    Raises:
        RecipeError: If the run has no sample, or the stages end before it.
        CorruptShardError: If a shard or packing index is missing.
    """
    end = mixture.num_positions
    if num_samples < 1:
        raise RecipeError(f"tokens: expected at least {sequence_length}, one sample, found fewer")
    if end is not None and num_samples > end:
        raise RecipeError(
            f"tokens: the stages end after {end * sequence_length:,}, and "
            f"{num_samples * sequence_length:,} are asked for; add a stage, or ask for fewer"
        )
    sizes = {name: layout.num_samples for name, layout in layouts.items()}
    counts = dict(zip(mixture.sources, mixture.counts(num_samples), strict=True))
    unique = sum(min(count, sizes[name]) for name, count in counts.items())
    cuts = {
        name: truncation(corpus, name, layout, sequence_length) for name, layout in layouts.items()
    }
    return Preview(
        sequence_length=sequence_length,
        samples=num_samples,
        tokens=num_samples * sequence_length,
        unique_tokens=unique * sequence_length,
        stages=tuple(_shares(mixture, declared, sizes, sequence_length, num_samples)),
        sources=tuple(
            _source(name, layout, counts.get(name, 0), cuts[name])
            for name, layout in layouts.items()
        ),
    )


def _shares(
    mixture: StagedMixture,
    declared: Sequence[Mapping[str, float]],
    sizes: Mapping[str, int],
    sequence_length: int,
    num_samples: int,
) -> Iterable[Share]:
    before = mixture.counts(0)
    for number, (stage, weights) in enumerate(zip(mixture.stages, declared, strict=True)):
        if stage.start >= num_samples:
            return
        end = _end(stage, num_samples)
        after = mixture.counts(end)
        for at, source in enumerate(mixture.sources):
            samples = after[at] - before[at]
            if not samples and not weights.get(source):
                continue
            yield Share(
                stage=number,
                source=source,
                declared_fraction=weights.get(source, 0) / sum(weights.values()),
                drawn_fraction=samples / (end - stage.start),
                samples=samples,
                tokens=samples * sequence_length,
                epochs=samples / sizes[source],
                total_epochs=after[at] / sizes[source],
                unique_fraction=min(1.0, after[at] / sizes[source]),
            )
        before = after


def _end(stage: SolvedStage, num_samples: int) -> int:
    if stage.num_samples is None:
        return num_samples
    return min(num_samples, stage.start + stage.num_samples)


def _source(name: str, layout: Layout, num_drawn: int, cuts: Truncation) -> SourcePreview:
    return SourcePreview(
        source=name,
        tokens=layout.num_tokens,
        samples=layout.num_samples,
        epochs=num_drawn / layout.num_samples if num_drawn else 0.0,
        padding_fraction=cuts.padding_fraction,
        dropped_tokens=cuts.dropped_tokens,
        documents=cuts.documents,
        cut_fraction=cuts.cut_fraction,
    )
