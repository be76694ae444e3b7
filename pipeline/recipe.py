"""The recipe of a build: every setting that may change what a corpus holds."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from haybale.cards.declaration import CardDeclaration
from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.packing import PACKING_KINDS, PackingKind, check_sequence_lengths
from haybale.corpus.recipe import expand, nearest, parse_section, read_recipe
from haybale.pipeline.classifiers import Classifiers
from haybale.pipeline.decontamination.settings import DecontaminationSettings
from haybale.pipeline.dedup.repeats.settings import RepeatsSettings
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.fetch import fetch
from haybale.pipeline.id_settings import IdSettings
from haybale.pipeline.sources.records import FIELDS
from haybale.quality.classifier.model import TextClassifier
from haybale.quality.classifier.settings import ClassifierSettings
from haybale.quality.extraction import DEFAULT_EXTRACTOR, load_extractor
from haybale.quality.origin import OriginRules, read_origin_list
from haybale.quality.profiles import PROFILE_SUFFIX, Profile, load_profile, read_profile
from haybale.quality.sensitive.word_list import WordList, load_word_list
from haybale.tokenization.train import TokenizerTraining

PersonalDataKind = Literal["email", "phone", "ip", "card"]
MIN_PART_BYTES = 1024
"""A part leaves a dozen files behind: smaller ones would drown their text."""
ORIGIN_LISTS = ("allow_domains", "deny_domains", "opt_out")
"""Settings of a subset that name a file of domains, in the order of OriginRules."""


@dataclass(frozen=True)
class Subset:
    """Where one subset's text comes from and what is asked of it.

    Attributes:
        name: Names folders and shards; letters, digits, `-` and `_`.
        paths: Files and globs, relative to the recipe's file.
        weight: Share of training tokens; relative, normalised over all subsets. Absent everywhere:
            each subset weighs what it has.
        quality: A profile of quality rules by name, or a TOML file that is one; absent: none
            (Gopher filters only MassiveWeb).
        languages: Keep only documents identified as one of these (ISO 639, such as "en").
        min_language_score: Keep only documents identified with at least this confidence.
        format: Reader, where the file names do not tell.
        fields: Renames the fields `text`, `id`, `url`, `timestamp`, `lang`.
        license: Licence of documents that name none.
        classifiers: fastText models that score documents, by a name of your own.
        mask: Kinds of personal data to replace by tokens, of `email`, `phone`, `ip` and `card`.
        licenses: Keep only documents under one of these, such as "cc-by-4.0".
        allow_domains: File of domains; keep only documents from these.
        deny_domains: File of domains; drop documents from these.
        opt_out: File of domains and URLs whose owners said no; drop these documents.
    """

    name: str
    paths: tuple[str, ...]
    weight: float | None = None
    quality: str | None = None
    languages: tuple[str, ...] | None = None
    min_language_score: float | None = None
    format: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    license: str | None = None
    classifiers: Mapping[str, ClassifierSettings] = field(default_factory=dict)
    mask: tuple[PersonalDataKind, ...] = ()
    licenses: tuple[str, ...] | None = None
    allow_domains: str | None = None
    deny_domains: str | None = None
    opt_out: str | None = None

    def __post_init__(self) -> None:
        if not self.name or not all(char.isalnum() or char in "-_" for char in self.name):
            raise RecipeError(f"name {self.name!r}: expected letters, digits, - and _")
        if not self.paths:
            raise RecipeError("paths: expected at least one file or glob, found none")
        if self.weight is not None and not 0 < self.weight < float("inf"):
            raise RecipeError(f"weight: expected a positive number, found {self.weight}")
        if self.min_language_score is not None and not 0 < self.min_language_score <= 1:
            raise RecipeError(
                f"min_language_score: expected a number in (0, 1], found {self.min_language_score}"
            )
        if self.licenses is not None and not self.licenses:
            raise RecipeError("licenses: expected at least one, found none; or leave it out")
        for name in self.fields:
            if name not in FIELDS:
                raise RecipeError(f"fields: unknown field {name!r}; known are {', '.join(FIELDS)}")
        if self.quality is not None and not self.quality.endswith(PROFILE_SUFFIX):
            load_profile(self.quality)

        for name in self.classifiers:
            if not name or not all(char.isalnum() or char == "_" for char in name):
                raise RecipeError(f"classifiers.{name}: expected letters, digits and _ in the name")
        best = [name for name, one in self.classifiers.items() if one.keep_fraction is not None]
        if len(best) > 1:
            raise RecipeError(
                f"classifiers: keep_fraction is given to {' and '.join(best)}; give it to one, of "
                "whose models the ranks are put together"
            )

    @property
    def best_fraction(self) -> str | None:
        """Name of the classifier of which the best fraction is kept."""
        for name, settings in self.classifiers.items():
            if settings.keep_fraction is not None:
                return name
        return None

    @property
    def needs_language(self) -> bool:
        """Whether a rule of this subset asks for the language."""
        return self.languages is not None or self.min_language_score is not None


@dataclass(frozen=True)
class IngestSettings:
    """How input is read.

    Attributes:
        part_bytes: Files are grouped into parts of about this size; a part is the unit of work and
            of resume. A larger file is cut into pieces where its format allows, or is one part.
        max_unreadable_fraction: The build ends in error above this share of unreadable records.
        max_record_bytes: Longer records are unreadable.
        identify_language: Whether to identify languages with fastText.
        language_model: Path of the fastText model; absent: found on this computer.
        extractor: How main content is found in web pages; one of those in
            `haybale.quality.extraction`.
        keep_dropped: A bounded sample of what each rule dropped, or all of it.
        count_people: Whether to count personal data, pronouns and identity terms for the card.
        word_list: JSON file of languages to lists of words, which are counted and drop nothing.
    """

    part_bytes: int = 8 << 20
    max_unreadable_fraction: float = 0.01
    max_record_bytes: int = 256 << 20
    identify_language: bool = True
    language_model: str | None = None
    extractor: str = DEFAULT_EXTRACTOR
    keep_dropped: Literal["sample", "all"] = "sample"
    count_people: bool = True
    word_list: str | None = None

    def __post_init__(self) -> None:
        if self.part_bytes < MIN_PART_BYTES:
            raise RecipeError(
                f"part_bytes: expected at least {MIN_PART_BYTES}, found {self.part_bytes}"
            )
        if self.max_record_bytes < 1:
            raise RecipeError(
                f"max_record_bytes: expected at least 1, found {self.max_record_bytes}"
            )
        if not 0 <= self.max_unreadable_fraction <= 1:
            raise RecipeError(
                "max_unreadable_fraction: expected a number in [0, 1], found "
                f"{self.max_unreadable_fraction}"
            )
        if self.language_model is not None and not self.identify_language:
            raise RecipeError("language_model has no effect with identify_language = false")
        load_extractor(self.extractor)


@dataclass(frozen=True)
class TokenizerSettings:
    """Exactly one of: learn a vocabulary, or take a model.

    Attributes:
        train: What to learn.
        model: Path of a SentencePiece model, relative to the recipe's file.
    """

    train: TokenizerTraining | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        if (self.train is None) == (self.model is None):
            raise RecipeError("expected exactly one of `train` and `model`")


@dataclass(frozen=True)
class ShardSettings:
    """How tokens are cut into shards.

    Attributes:
        target_tokens: A shard is closed once it holds this many.
        validation_fraction: Share of documents (whole families) kept for validation.
        best_fit: Sequence lengths to pack documents into without cutting those that fit.
        document_start: Sequence lengths for which every sequence begins with a document.
        chunk_tokens: Length of the chunks that are listed for models that retrieve (RETRO: 64);
            absent: none are.
    """

    target_tokens: int = 100_000_000
    validation_fraction: float = 0.005
    best_fit: tuple[int, ...] = ()
    document_start: tuple[int, ...] = ()
    chunk_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.target_tokens < 1:
            raise RecipeError(f"target_tokens: expected at least 1, found {self.target_tokens}")
        if not 0 <= self.validation_fraction < 1:
            raise RecipeError(
                f"validation_fraction: expected a number in [0, 1), found "
                f"{self.validation_fraction}"
            )
        for kind in PACKING_KINDS:
            if wrong := check_sequence_lengths(getattr(self, kind)):
                raise RecipeError(f"{kind}: {wrong}")
        if self.chunk_tokens is not None and self.chunk_tokens < 1:
            raise RecipeError(f"chunk_tokens: expected at least 1, found {self.chunk_tokens}")

    @property
    def packings(self) -> tuple[tuple[PackingKind, int], ...]:
        """Kind and sequence length of every packing asked for."""
        return tuple((kind, length) for kind in PACKING_KINDS for length in getattr(self, kind))


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


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe, what was written, and where.

    Attributes:
        recipe: Validated.
        raw: The tables as written, overrides applied, environment variables unexpanded.
        base: Folder that relative paths are relative to; None for workers, whose computers need
            not have it.
        files: Where side files are for workers, by path as written; see `haybale.pipeline.staging`.
    """

    recipe: BuildRecipe
    raw: dict[str, Any]
    base: Path | None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """xxh3-128 of what was written."""
        return digest(canonical_json(self.raw))

    def classifiers(self, subset: Subset) -> Classifiers:
        """The classifiers of a subset.

        Raises:
            RecipeError: If a model's file is missing.
        """
        found = {}
        for name, settings in subset.classifiers.items():
            where = f"subsets.{subset.name}.classifiers.{name}"
            paths = (self.local_file(path, where) for path in settings.models)
            models = tuple(TextClassifier(path, settings.label, where) for path in paths)
            found[name] = (settings, models)
        return found

    def profile(self, subset: Subset) -> Profile | None:
        """The quality rules of a subset.

        Raises:
            RecipeError: If its file is missing or no profile.
        """
        if subset.quality is None:
            return None
        if subset.quality.endswith(PROFILE_SUFFIX):
            where = f"subsets.{subset.name}.quality"
            return read_profile(self.local_file(subset.quality, where))
        return load_profile(subset.quality)

    def origin_rules(self, subset: Subset) -> OriginRules:
        """What a subset asks of licences, domains and who opted out.

        Raises:
            RecipeError: If a list is missing or no list.
        """
        lists = {}
        for setting in ORIGIN_LISTS:
            if path := getattr(subset, setting):
                where = f"subsets.{subset.name}.{setting}"
                urls = setting == "opt_out"
                lists[setting] = read_origin_list(self.local_file(path, where), where, urls=urls)
        return OriginRules(subset.licenses, *map(lists.get, ORIGIN_LISTS))

    def word_list(self) -> WordList | None:
        """The recipe's word list; None where there is none.

        Raises:
            RecipeError: If it is missing or no word list.
        """
        path = self.recipe.ingest.word_list
        return None if path is None else load_word_list(self.local_file(path, "ingest.word_list"))

    def locate(self, path: str, where: str) -> str:
        """An absolute path or URI from one in the recipe."""
        if path in self.files:
            return self.files[path]
        assert self.base is not None, f"{where}: {path} was not staged for workers"
        expanded = expand(path, where)
        return expanded if "://" in expanded else str(self.base / Path(expanded).expanduser())

    def local_file(self, path: str, where: str) -> str:
        """A path on this computer, of a file that the recipe names; fetched if it lies elsewhere.

        Raises:
            RecipeError: If a file elsewhere does not exist.
        """
        return fetch(self.locate(path, where), where)


def load_build_recipe(path: Path, overrides: list[str]) -> LoadedRecipe:
    """Read and validate a recipe.

    Raises:
        RecipeError: On anything that cannot be right.
    """
    return parse_build_recipe(read_recipe(path, overrides), path.absolute().parent)


def parse_build_recipe(
    raw: dict[str, Any], base: Path | None, files: Mapping[str, str] | None = None
) -> LoadedRecipe:
    """Validate raw tables; see `load_build_recipe`."""
    tables = copy.deepcopy(raw)
    for entry in tables.get("subsets", []):
        if isinstance(entry, dict) and isinstance(entry.get("paths"), str):
            raise RecipeError(f"subsets.{entry.get('name')}.paths: expected a list of strings")
    try:
        recipe = parse_section(BuildRecipe, tables, "recipe")
    except RecipeError as error:
        raise RecipeError(str(error).removeprefix("recipe: ").removeprefix("recipe.")) from None
    return LoadedRecipe(recipe, raw, base, files or {})
