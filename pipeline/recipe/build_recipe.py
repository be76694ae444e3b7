"""The recipe of a build: every setting that may change what a corpus holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from haybale.cards.declaration import CardDeclaration
from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.pipeline.decontamination.settings import DecontaminationSettings
from haybale.pipeline.dedup.repeats.settings import RepeatsSettings
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.recipe.id_settings import IdSettings
from haybale.pipeline.recipe.ingest_settings import IngestSettings
from haybale.pipeline.recipe.shard_settings import ShardSettings
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.recipe.tokenizer_settings import TokenizerSettings


@dataclass(frozen=True)
class BuildRecipe:
    """A whole build.

    Sections left out take their defaults; without `dedup` nothing is deduplicated, without
    `repeats` no repeated text is cut, without `decontaminate` no evaluation item is looked for.
    With `ids` a list says who stays in their place.
    """

    name: str
    subsets: tuple[Subset, ...]
    tokenizer: TokenizerSettings
    seed: int = 0
    ingest: IngestSettings = field(default_factory=IngestSettings)
    dedup: DedupSettings | None = None
    repeats: RepeatsSettings | None = None
    decontaminate: DecontaminationSettings | None = None
    ids: IdSettings | None = None
    shards: ShardSettings = field(default_factory=ShardSettings)
    card: CardDeclaration = field(default_factory=CardDeclaration)

    def __post_init__(self) -> None:
        names = [subset.name for subset in self.subsets]
        if not names:
            raise RecipeError("subsets: expected at least one [[subsets]] table, found none")
        for name in names:
            if names.count(name) > 1:
                raise RecipeError(f"subsets: the name {name!r} is given to more than one subset")
        weighted = [subset for subset in self.subsets if subset.weight is not None]
        if weighted and len(weighted) < len(names):
            missing = ", ".join(subset.name for subset in self.subsets if subset.weight is None)
            raise RecipeError(
                f"subsets: give a weight to every subset or to none; not to {missing}"
            )
        for subset in self.subsets:
            if subset.needs_language and not self.ingest.identify_language:
                raise RecipeError(
                    f"subsets.{subset.name}: languages and min_language_score need "
                    "ingest.identify_language = true"
                )

        if self.dedup is not None:
            self._check_policy(self.dedup)
        if self.ids is not None:
            self._check_no_effect()

    def _check_no_effect(self) -> None:
        """Check that nothing else is asked to decide on what lists decide."""
        given = [name for name in ("dedup", "repeats", "decontaminate") if getattr(self, name)]
        given += [
            f"subsets.{subset.name}.classifiers.{subset.best_fraction}.keep_fraction"
            for subset in self.subsets
            if subset.best_fraction is not None
        ]
        if given:
            raise RecipeError(
                f"{given[0]} has no effect with ids, whose lists say who stays and what is cut; "
                f"remove {', '.join(given)}, or ids"
            )

    def _check_policy(self, dedup: DedupSettings) -> None:
        """Check that what decides on survivors is there."""
        names = [subset.name for subset in self.subsets]
        for name in dedup.priority:
            if name not in names:
                raise RecipeError(f"dedup.priority: no subset {name!r}; {nearest(name, names)}")
        if dedup.score is not None:
            known = {name for subset in self.subsets for name in subset.classifiers}
            if not known:
                raise RecipeError("dedup.score: no subset has classifiers, so there are no scores")
            if dedup.score not in known:
                raise RecipeError(
                    f"dedup.score: no classifier {dedup.score!r}; {nearest(dedup.score, known)}"
                )

    def subset(self, name: str) -> Subset:
        """The subset of that name."""
        return next(subset for subset in self.subsets if subset.name == name)

    def weights(self, tokens: Mapping[str, int]) -> dict[str, float]:
        """Share of training tokens per subset that has any; they sum to 1."""
        raw = {
            subset.name: float(tokens[subset.name]) if subset.weight is None else subset.weight
            for subset in self.subsets
            if tokens.get(subset.name)
        }
        total = sum(raw.values())
        return {name: value / total for name, value in raw.items()}
